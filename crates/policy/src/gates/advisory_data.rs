use crate::Subject;
use crate::day;
use crate::document::Days;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::verdict::Evidence;
use jiff::civil::Date;

/// Whether the advisory data is there and fresh.
pub(crate) struct AdvisoryData;

impl Gate for AdvisoryData {
    fn name(&self) -> &'static str {
        "advisory-data"
    }

    fn about(&self) -> &'static str {
        "whether there is advisory data, and how old it is"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Missing>(), TriggerKind::of::<Stale>()] }
    }
}

parameters! { Missing {} }

impl Trigger for Missing {
    const NAME: &'static str = "missing";
    const ABOUT: &'static str = "fires when there is no advisory data at all";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        if subject.data.is_none() {
            fires.push(Fire {
                evidence: Evidence::Data,
                about: String::new(),
                message: "there is no advisory data, so vulnerabilities are unknown".into(),
                advice: Some(
                    "run `plimsoll data update --from FOLDER_OR_URL`, or scan with `--advisories FOLDER`"
                        .into(),
                ),
            });
        }
    }
}

parameters! {
    Stale {
        /// The age up to which data may be used, in whole days.
        max_age: Days,
    }
}

impl Trigger for Stale {
    const NAME: &'static str = "stale";
    const ABOUT: &'static str =
        "fires when the oldest feed in the data was taken too long ago, or at an unknown time";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(data) = &subject.data else { return };
        let Days(max_age) = self.max_age;
        let message = match age(&data.built, subject.day()) {
            Some(age) if (0..=i64::from(max_age)).contains(&age) => return,
            Some(age) if age < 0 => format!(
                "the advisory data is dated {}, which is in the future",
                data.built
            ),
            Some(age) => format!(
                "the advisory data is {age} days old (of {}); at most {max_age} are allowed",
                data.built
            ),
            None => format!(
                "the age of the advisory data is unknown: `{}` is not a time",
                data.built
            ),
        };
        fires.push(Fire {
            evidence: Evidence::Data,
            about: String::new(),
            message,
            advice: Some("run `plimsoll data update --from FOLDER_OR_URL`".into()),
        });
    }
}

/// Whole days from the day of `built` to `today`. Clocks may differ by a day
/// before the data counts as taken in the future.
fn age(built: &str, today: Date) -> Option<i64> {
    let age = day::days(day::parse(built)?, today);
    Some(if age == -1 { 0 } else { age })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired};

    #[test]
    fn missing_fires_without_data_only() {
        assert_eq!(
            fired(&Missing {}, &Scene::default().without_data()).len(),
            1
        );
        assert!(fired(&Missing {}, &Scene::default()).is_empty());
    }

    #[test]
    fn stale_fires_after_the_last_allowed_day() {
        let stale = Stale { max_age: Days(5) };
        let built = |day: &str| Scene::default().with_data(&format!("{day}T23:59:59Z"));
        // Scenes play on 2026-10-15.
        for fresh in ["2026-10-16", "2026-10-15", "2026-10-10"] {
            assert!(fired(&stale, &built(fresh)).is_empty(), "{fresh}");
        }
        let fires = fired(&stale, &built("2026-10-09"));
        assert_eq!(
            fires[0].message,
            "the advisory data is 6 days old (of 2026-10-09T23:59:59Z); at most 5 are allowed"
        );
        assert!(fires[0].evidence.is_ignorance());
        assert!(
            fired(&stale, &built("2026-10-18"))[0]
                .message
                .contains("future")
        );
        assert!(
            fired(&stale, &Scene::default().with_data("soon"))[0]
                .message
                .contains("unknown")
        );
        assert!(fired(&stale, &Scene::default().without_data()).is_empty());
    }
}
