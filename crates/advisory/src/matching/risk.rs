//! Exploitation, severity and catalogue in one number, by the formula that
//! Grype publishes, so that numbers compare.

use plimsoll_types::{Epss, KnownExploited, Severity, SeverityClaim};

/// Risk of a finding, 0.0 to 100.0.
///
/// `threat × severity × catalogue`, at most 1, in percent. Threat is 1 for
/// what is known to be exploited, else the EPSS probability. Severity is the
/// word's score, averaged with the mean of the CVSS base scores where there
/// are any, out of 10. The catalogue raises it by a twentieth, by a tenth where
/// ransomware uses it.
pub(super) fn risk(
    severity: Severity,
    claims: &[SeverityClaim],
    epss: Option<&Epss>,
    exploited: Option<&KnownExploited>,
) -> f64 {
    let threat = match exploited {
        Some(_) => 1.0,
        None => epss.map_or(0.0, |epss| epss.score),
    };
    let word = match severity {
        Severity::Negligible => 0.5,
        Severity::Low => 3.0,
        Severity::High => 7.5,
        Severity::Critical => 9.0,
        Severity::Medium | Severity::Unknown => 5.0,
    };
    let scores = claims.iter().filter_map(|claim| claim.cvss.as_ref());
    let scores: Vec<f64> = scores.map(|cvss| cvss.score).filter(|s| *s > 0.0).collect();
    let graded = if scores.is_empty() {
        word
    } else {
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        f64::midpoint(word, mean)
    };
    let catalogue = match exploited {
        Some(known) if known.ransomware => 1.1,
        Some(_) => 1.05,
        None => 1.0,
    };
    let risk = (threat * graded / 10.0 * catalogue).min(1.0) * 100.0;
    // A tenth of a percent is more than the estimates are worth.
    (risk * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Cvss;

    #[test]
    fn the_worked_examples_of_the_formula() {
        let claims = [SeverityClaim {
            source: "nvd".into(),
            severity: Severity::High,
            cvss: Some(Cvss {
                version: "3.1".into(),
                vector: String::new(),
                score: 9.8,
            }),
        }];
        let epss = Epss {
            score: 0.5,
            percentile: 0.9,
            day: "2026-01-01".into(),
        };
        let known = |ransomware| KnownExploited {
            added: String::new(),
            due: String::new(),
            ransomware,
        };
        assert_eq!(risk(Severity::High, &claims, Some(&epss), None), 43.3);
        let ransom = risk(Severity::High, &claims, Some(&epss), Some(&known(true)));
        assert_eq!(ransom, 95.2);
        assert_eq!(risk(Severity::High, &claims, None, None), 0.0);
        let worst = risk(Severity::Critical, &[], None, Some(&known(true)));
        assert_eq!(worst, 99.0);
    }
}
