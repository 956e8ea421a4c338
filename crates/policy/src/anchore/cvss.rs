//! Sub-scores of CVSS 3.x vectors (specification sections 7.1 and 8), which
//! rules compare beside the base score.

use plimsoll_types::Cvss;

/// Base, exploitability and impact score of one vector; `None` for what is no
/// vector of version 3.
pub(super) fn scores(cvss: &Cvss) -> Option<[f64; 3]> {
    if !cvss.version.starts_with('3') {
        return None;
    }
    let metric = |name: &str| {
        let mut parts = cvss
            .vector
            .split('/')
            .filter_map(|part| part.split_once(':'));
        parts
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    };
    let of = |name: &str, table: &[(&str, f64)]| {
        let value = metric(name)?;
        let row = table.iter().find(|(known, _)| *known == value)?;
        Some(row.1)
    };
    let changed = metric("S")? == "C";
    let privileges: &[(&str, f64)] = match changed {
        true => &[("N", 0.85), ("L", 0.68), ("H", 0.5)],
        false => &[("N", 0.85), ("L", 0.62), ("H", 0.27)],
    };
    let exploitability = 8.22
        * of("AV", &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?
        * of("AC", &[("L", 0.77), ("H", 0.44)])?
        * of("PR", privileges)?
        * of("UI", &[("N", 0.85), ("R", 0.62)])?;
    let loss = |name| of(name, &[("H", 0.56), ("L", 0.22), ("N", 0.0)]);
    let kept = (1.0 - loss("C")?) * (1.0 - loss("I")?) * (1.0 - loss("A")?);
    let base: f64 = 1.0 - kept;
    let impact = match changed {
        true => 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15),
        false => 6.42 * base,
    };
    Some([cvss.score, tenths(exploitability), tenths(impact.max(0.0))])
}

fn tenths(score: f64) -> f64 {
    (score * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_scores_are_those_that_the_nvd_publishes() {
        // Vector and scores as the NVD shows them.
        for (vector, base, exploitability, impact) in [
            (
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
                10.0,
                3.9,
                6.0,
            ),
            (
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                9.8,
                3.9,
                5.9,
            ),
            (
                "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H",
                5.5,
                1.8,
                3.6,
            ),
            (
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
                6.1,
                2.8,
                2.7,
            ),
        ] {
            let cvss = Cvss {
                version: vector[5..8].into(),
                vector: vector.into(),
                score: base,
            };
            assert_eq!(
                scores(&cvss),
                Some([base, exploitability, impact]),
                "{vector}"
            );
        }
        let two = Cvss {
            version: "2.0".into(),
            vector: "AV:N/AC:L/Au:N/C:P/I:P/A:P".into(),
            score: 7.5,
        };
        assert_eq!(scores(&two), None);
    }
}
