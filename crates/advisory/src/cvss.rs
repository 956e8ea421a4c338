//! CVSS scores computed from vectors (FIRST: v2.0, v3.0, v3.1, v4.0).

use plimsoll_types::{Cvss, Severity};

/// The base score of a vector (v4.0: with the threat metric where it has
/// one); `None` for text that is no CVSS vector.
pub fn score(vector: &str) -> Option<Cvss> {
    let vector = vector.trim().trim_matches(['(', ')']);
    let parsed: cvss::Cvss = vector.parse().ok()?;
    let (version, score) = match &parsed {
        cvss::Cvss::CvssV20(vector) => ("2.0", vector.score().value()),
        cvss::Cvss::CvssV30(vector) => ("3.0", vector.base_score().value()),
        cvss::Cvss::CvssV31(vector) => ("3.1", vector.base_score().value()),
        cvss::Cvss::CvssV40(vector) => ("4.0", vector.score().value()),
        _ => return None,
    };
    Some(Cvss {
        version: version.to_owned(),
        vector: vector.to_owned(),
        score,
    })
}

/// What a base score is made of, 0.0 to 10.0, to one decimal as NVD prints it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SubScores {
    /// How easily the flaw is exploited.
    pub exploitability: f64,
    /// What comes of it.
    pub impact: f64,
}

/// The sub-scores of a vector; `None` for text that is no CVSS vector, and for
/// v4.0, which has none.
pub fn sub_scores(vector: &str) -> Option<SubScores> {
    let vector = vector.trim().trim_matches(['(', ')']);
    let (exploitability, impact) = match vector.parse().ok()? {
        cvss::Cvss::CvssV20(parsed) => (parsed.exploitability().value(), parsed.impact().value()),
        cvss::Cvss::CvssV30(parsed) | cvss::Cvss::CvssV31(parsed) => {
            let base = parsed.impact().value();
            // The equation of v3 for a changed scope (specification, 7.1).
            let impact = match vector.split('/').any(|metric| metric == "S:C") {
                true => 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15),
                false => 6.42 * base,
            };
            (parsed.exploitability().value(), impact)
        }
        _ => return None,
    };
    let tenths = |score: f64| (score.clamp(0.0, 10.0) * 10.0).round() / 10.0;
    Some(SubScores {
        exploitability: tenths(exploitability),
        impact: tenths(impact),
    })
}

/// The word for a score: the bands of the CVSS specifications, for v2.0 those
/// of NVD, which know no critical.
pub fn severity(cvss: &Cvss) -> Severity {
    let score = cvss.score;
    match cvss.version.as_str() {
        "2.0" if score >= 7.0 => Severity::High,
        "2.0" if score < 4.0 => Severity::Low,
        _ if score >= 9.0 => Severity::Critical,
        _ if score >= 7.0 => Severity::High,
        _ if score >= 4.0 => Severity::Medium,
        _ if score > 0.0 => Severity::Low,
        _ => Severity::Negligible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_scores_are_those_that_nvd_prints() {
        for (vector, exploitability, impact) in [
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 10.0, 6.4),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 3.9, 6.0),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 3.9, 5.9),
            ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", 1.8, 3.6),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", 3.9, 0.0),
        ] {
            let found = sub_scores(vector).unwrap();
            let expected = SubScores {
                exploitability,
                impact,
            };
            assert_eq!(found, expected, "{vector}");
        }
        let v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
        for vector in [v4, "", "9.8"] {
            assert_eq!(sub_scores(vector), None, "{vector}");
        }
    }

    #[test]
    fn scores_every_version() {
        for (vector, version, expected, severity) in [
            ("AV:N/AC:L/Au:N/C:C/I:C/A:C", "2.0", 10.0, Severity::High),
            (
                "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                "3.0",
                9.8,
                Severity::Critical,
            ),
            (
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
                "3.1",
                10.0,
                Severity::Critical,
            ),
            (
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
                "3.1",
                0.0,
                Severity::Negligible,
            ),
            (
                "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
                "4.0",
                9.3,
                Severity::Critical,
            ),
        ] {
            let found = score(vector).unwrap();
            assert_eq!(
                (found.version.as_str(), found.score),
                (version, expected),
                "{vector}"
            );
            assert_eq!(super::severity(&found), severity, "{vector}");
        }
        for nonsense in ["", "9.8", "CVSS:3.1/AV:X", "CVSS:9.0/AV:N/AC:L"] {
            assert!(score(nonsense).is_none(), "{nonsense}");
        }
    }
}
