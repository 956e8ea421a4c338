//! FIRST's exploit prediction scores: a comment line with model and day, a
//! header, one line for each CVE.

use super::{Feed, Upstream};
use crate::intake::Intake;
use plimsoll_types::Epss;

pub(crate) struct EpssScores;

impl Feed for EpssScores {
    fn name(&self) -> &'static str {
        "epss"
    }

    fn about(&self) -> &'static str {
        "FIRST exploit prediction scores (EPSS), CSV"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with("#model_version:") || head.starts_with("cve,epss,percentile")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let mirrors = [
            "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
            "https://epss.cyentia.com/epss_scores-current.csv.gz",
        ];
        vec![Upstream::one(self.name(), &mirrors)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
        let mut lines = text.lines();
        let model = lines.next().unwrap_or_default();
        let date = model.split_once("score_date:").map(|(_, date)| date);
        let day = date
            .and_then(|date| date.get(..10))
            .ok_or("its first line states no `score_date`")?;
        if lines.next() != Some("cve,epss,percentile") {
            return Err("its columns are not `cve,epss,percentile`".into());
        }
        for (number, line) in lines.enumerate() {
            let (cve, epss) = row(line, day).ok_or_else(|| format!("line {}", number + 3))?;
            intake.scored(self.name(), cve, epss);
        }
        intake.newest(self.name(), date.unwrap_or_default());
        Ok(())
    }
}

fn row<'a>(line: &'a str, day: &str) -> Option<(&'a str, Epss)> {
    let mut fields = line.split(',');
    let share = |text: Option<&str>| {
        let share: f64 = text?.parse().ok()?;
        (0.0..=1.0).contains(&share).then_some(share)
    };
    let cve = fields.next().filter(|cve| cve.starts_with("CVE-"))?;
    let epss = Epss {
        score: share(fields.next())?,
        percentile: share(fields.next())?,
        day: day.to_owned(),
    };
    fields.next().is_none().then_some((cve, epss))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    const HEAD: &str = "#model_version:v2025.03.14,score_date:2026-11-02T12:55:00Z\n";

    #[test]
    fn a_score_keeps_the_day_that_it_is_of() {
        let text = format!("{HEAD}cve,epss,percentile\nCVE-2021-44228,0.94358,0.99960\n");
        assert_eq!(feeds::of(text.as_bytes()).unwrap().name(), "epss");
        let mut intake = Intake::default();
        EpssScores.read(text.as_bytes(), &mut intake).unwrap();
        let epss = &intake.tables.epss["CVE-2021-44228"];
        assert_eq!((epss.score, epss.day.as_str()), (0.94358, "2026-11-02"));
    }

    #[test]
    fn a_cut_or_changed_file_is_refused_as_a_whole() {
        for text in [
            "#model_version:v1\ncve,epss,percentile\n".to_owned(),
            format!("{HEAD}cve,score\n"),
            format!("{HEAD}cve,epss,percentile\nCVE-2021-1,0.5,0.5\nCVE-2021-2,0.9"),
            format!("{HEAD}cve,epss,percentile\nCVE-2021-1,7,0.5\n"),
        ] {
            let mut intake = Intake::default();
            assert!(
                EpssScores.read(text.as_bytes(), &mut intake).is_err(),
                "{text}"
            );
        }
    }
}
