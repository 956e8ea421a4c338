use super::facts::without_release;
use super::{Facts, Fires, Gate, Trigger, holds};
use crate::anchore::params::{Anchored, Kind, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_advisory::versions::Scheme;
use plimsoll_types::{Change, PackageRecord};
use std::cmp::Ordering;

/// Which packages are in the image, and whether they are whole.
pub(super) const GATE: Gate = Gate {
    name: "packages",
    triggers: &[
        Trigger {
            names: &["required_package"],
            parameters: &[
                required(&["name"], Kind::Text),
                optional(&["version"], Kind::Text),
                optional(&["version_match_type"], Kind::OneOf(&["exact", "minimum"])),
            ],
            check: required_package,
        },
        Trigger {
            names: &["verify"],
            parameters: &[
                optional(&["only_packages"], Kind::List),
                optional(&["only_directories"], Kind::List),
                optional(&["check"], Kind::OneOf(&["changed", "missing"])),
            ],
            check: verify,
        },
        Trigger {
            names: &["blacklist", "denylist"],
            parameters: &[
                required(&["name"], Kind::Text),
                optional(&["version"], Kind::Text),
            ],
            check: blacklist,
        },
        Trigger {
            names: &["metadata"],
            parameters: &[
                optional(&["name"], Kind::Text),
                optional(&["name_comparison"], Kind::OneOf(COMPARISONS)),
                optional(&["version"], Kind::Text),
                optional(&["version_comparison"], Kind::OneOf(COMPARISONS)),
            ],
            check: metadata,
        },
    ],
};

const COMPARISONS: &[&str] = &["=", "!=", "<", ">", "<=", ">=", "like", "not_like"];

/// The version in every form that a document may have it in.
fn versions(record: &PackageRecord) -> [String; 3] {
    [
        record.version.clone().unwrap_or_default(),
        record.full_version(),
        without_release(record),
    ]
}

fn required_package(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let name = values.text("name").unwrap_or_default();
    let version = values.text("version");
    let minimum = values.text("version_match_type") == Some("minimum");
    let mut found = None;
    for (index, package) in facts.packages(name) {
        let record = &package.record;
        let full = record.full_version();
        let fits = |wanted: &str| match minimum {
            true => {
                let order = Scheme::of(record.ecosystem).compare(&full, wanted);
                order.is_some_and(Ordering::is_ge)
            }
            false => versions(record).iter().take(2).any(|own| own == wanted),
        };
        if version.is_none_or(fits) {
            return;
        }
        found.get_or_insert((index, record));
    }
    let (evidence, message) = match (found, version) {
        (Some((index, record)), Some(wanted)) => {
            let own = record.version.as_deref().unwrap_or_default();
            let message = match minimum {
                true => format!(
                    "Required min-version input package ({name}) is present ({own}), but is lower \
                     version than what is specified in policy ({wanted})"
                ),
                // It is the name that Anchore Engine shows at the end.
                false => format!(
                    "Required input package ({name}) is present ({own}), but not at the version \
                     specified in policy ({name})"
                ),
            };
            (Evidence::Package(index), message)
        }
        (_, Some(wanted)) => (
            Evidence::Image,
            format!("Required input package ({name},{wanted}) is not present in container image"),
        ),
        (_, None) => (
            Evidence::Image,
            format!("Required input package ({name}) is not present in container image"),
        ),
    };
    fires.add(evidence, message).advice = Some(format!("install {name}"));
}

fn verify(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    if let Err(why) = facts.files() {
        return fires.missing(why);
    }
    let inventory = facts.subject.inventory;
    let (names, folders) = (
        values.list("only_packages"),
        values.list("only_directories"),
    );
    for altered in &inventory.alterations {
        let index = usize::try_from(altered.package).unwrap_or(usize::MAX);
        let Some(package) = inventory.packages.get(index) else {
            continue;
        };
        let name = &package.record.name;
        let path = format!("/{}", altered.path);
        let status = match altered.change {
            Change::Missing => "missing",
            Change::Content | Change::Kind => "changed",
        };
        let wanted = (names.is_empty() || names.contains(name))
            && (folders.is_empty() || folders.iter().any(|folder| path.starts_with(folder)))
            && values.text("check").is_none_or(|check| check == status);
        if wanted {
            let message = format!(
                "VERIFY check against package db for package '{name}' failed on entry '{path}' \
                 with status: '{status}'"
            );
            let evidence = match facts.file(&path) {
                Some((index, _)) => Evidence::File(index),
                None => Evidence::Package(index),
            };
            fires.add(evidence, message);
        }
    }
}

fn blacklist(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let name = values.text("name").unwrap_or_default();
    for (index, package) in facts.packages(name) {
        let message = match values.text("version") {
            None => format!("Package is blacklisted: {name}"),
            Some(version) if versions(&package.record).iter().any(|own| own == version) => {
                format!("Package is blacklisted: {name}-{version}")
            }
            Some(_) => continue,
        };
        let fire = fires.add(Evidence::Package(index), message);
        fire.advice = Some(format!("remove {name}"));
    }
}

fn metadata(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let comparison = |field: &str| values.text(field).unwrap_or("=");
    let (name_is, version_is) = (
        comparison("name_comparison"),
        comparison("version_comparison"),
    );
    let regex = |field: &str, comparison: &str| match values.text(field) {
        Some(text) if comparison.ends_with("like") => Anchored::compile(text).map(Some),
        _ => Ok(None),
    };
    let (name_regex, version_regex) = match (regex("name", name_is), regex("version", version_is)) {
        (Ok(name), Ok(version)) => (name, version),
        (Err(why), _) | (_, Err(why)) => return fires.missing(&format!("a pattern is not {why}")),
    };
    if values.text("name").is_none() && values.text("version").is_none() {
        return fires.missing("the parameter `name` or `version` is needed");
    }
    for (index, package) in facts.subject.inventory.packages.iter().enumerate() {
        let record = &package.record;
        let name_fits = values.text("name").is_none_or(|wanted| {
            fits(
                &record.name,
                wanted,
                name_is,
                name_regex.as_ref(),
                |one, other| Some(one.cmp(other)),
            )
        });
        let version_fits = values.text("version").is_none_or(|wanted| {
            let order = |one: &str, other: &str| Scheme::of(record.ecosystem).compare(one, other);
            let full = record.full_version();
            fits(&full, wanted, version_is, version_regex.as_ref(), order)
        });
        if name_fits && version_fits {
            let message = format!(
                "package {} {} is denied",
                record.name,
                record.full_version()
            );
            fires.add(Evidence::Package(index), message);
        }
    }
}

fn fits(
    own: &str,
    wanted: &str,
    comparison: &str,
    regex: Option<&Anchored>,
    order: impl Fn(&str, &str) -> Option<Ordering>,
) -> bool {
    match (comparison, regex) {
        ("like", Some(regex)) => regex.matches(own),
        ("not_like", Some(regex)) => !regex.matches(own),
        // What does not compare is not passed over.
        _ => order(own, wanted).is_none_or(|order| holds(comparison, order)),
    }
}
