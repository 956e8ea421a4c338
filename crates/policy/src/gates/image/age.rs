use crate::Subject;
use crate::day;
use crate::document::Days;
use crate::gates::values::choice;
use crate::gates::{Fire, Trigger, parameters};
use crate::verdict::Evidence;
use jiff::civil::Date;

parameters! {
    TooOld {
        /// How old it may be.
        at_most: Days,
        /// Whether it fires, as something that cannot be told, for an image that states no day, one in the future, or 1970-01-01 or 1980-01-01 as reproducible builds do; `match` when left out.
        undated: Option<Undated>,
    }
}

choice! {
    /// What to do about an image of unknown age.
    Undated { Match = "match", Skip = "skip" }
}

impl Trigger for TooOld {
    const NAME: &'static str = "too-old";
    const ABOUT: &'static str = "fires when the image was made longer ago than this; never for sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(config) = &subject.inventory.config else {
            return;
        };
        let Days(at_most) = self.at_most;
        let advice = Some("build it anew on an up-to-date base image".to_owned());
        match dated(config.created.as_deref(), subject.day()) {
            Ok(created) => {
                let age = day::days(created, subject.day());
                if age > i64::from(at_most) {
                    fires.push(Fire {
                        evidence: Evidence::Config(None),
                        about: String::new(),
                        message: format!(
                            "it was made on {created}, {age} days ago; at most {at_most} are allowed"
                        ),
                        advice,
                    });
                }
            }
            Err(_) if self.undated == Some(Undated::Skip) => {}
            Err(why) => fires.push(Fire {
                evidence: Evidence::Unknown,
                about: "undated".into(),
                message: format!("its age cannot be told: {why}"),
                advice: Some("have the builder state the time, or write `undated: skip`".into()),
            }),
        }
    }
}

/// The day on which the image says it was made, or why that says nothing.
fn dated(created: Option<&str>, today: Date) -> Result<Date, String> {
    let created = created.unwrap_or_default();
    let Some(day) = day::parse(created) else {
        return Err("it states no day on which it was made".to_owned());
    };
    // SOURCE_DATE_EPOCH of 0, and the first day that zip archives know.
    if matches!((day.year(), day.day_of_year()), (..=1970 | 1980, 1)) || day.year() < 1970 {
        return Err(format!("it states {day}, as reproducible builds do"));
    }
    // Clocks of builders may be a little ahead.
    if day::days(today, day) > 1 {
        return Err(format!("it states {day}, which is yet to come"));
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::ImageConfig;

    /// Scenes play on 2026-10-15.
    fn scene(created: Option<&str>) -> Scene {
        Scene::default().with_config(ImageConfig {
            created: created.map(str::to_owned),
            ..ImageConfig::default()
        })
    }

    #[test]
    fn an_old_image_fires() {
        let trigger: TooOld = when("at_most: 90d");
        assert_eq!(
            messages(&trigger, &scene(Some("2026-07-16T23:00:00Z"))),
            ["it was made on 2026-07-16, 91 days ago; at most 90 are allowed"]
        );
    }

    #[test]
    fn an_image_that_states_no_age_cannot_be_told() {
        let trigger: TooOld = when("at_most: 90d");
        for created in [
            None,
            Some("0001-01-01T00:00:00Z"),
            Some("1970-01-01T00:00:01Z"),
            Some("1980-01-01T00:00:01Z"),
            Some("2027-01-01T00:00:00Z"),
            Some("yesterday"),
        ] {
            let fires = fired(&trigger, &scene(created));
            assert!(fires[0].evidence.is_ignorance(), "{created:?}");
        }
    }

    #[test]
    fn young_images_and_those_without_configuration_are_silent() {
        let trigger: TooOld = when("{ at_most: 90d, undated: skip }");
        for created in [
            None,
            Some("2026-07-17T00:00:00Z"),
            Some("2026-10-16T01:00:00Z"),
        ] {
            assert!(
                messages(&trigger, &scene(created)).is_empty(),
                "{created:?}"
            );
        }
        let strict: TooOld = when("at_most: 90d");
        assert!(messages(&strict, &Scene::default()).is_empty());
    }
}
