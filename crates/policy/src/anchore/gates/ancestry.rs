use super::{Facts, Fires, Gate, Trigger};
use crate::anchore::params::{Kind, Values, required};
use crate::verdict::Evidence;

/// What the image was built on, by its own labels.
pub(super) const GATE: Gate = Gate {
    name: "ancestry",
    triggers: &[
        Trigger {
            names: &["allowed_base_image_digest"],
            parameters: &[required(&["base_digest"], Kind::List)],
            check: |values, facts, fires| allowed(values.list("base_digest"), DIGEST, facts, fires),
        },
        Trigger {
            names: &["allowed_base_image_tag"],
            parameters: &[required(&["base_tag"], Kind::List)],
            check: |values, facts, fires| allowed(values.list("base_tag"), NAME, facts, fires),
        },
        Trigger {
            names: &["denylist_ancestor_image_digest"],
            parameters: &[required(&["ancestor_digest"], Kind::List)],
            check: |values, facts, fires| {
                denied(values.list("ancestor_digest"), DIGEST, facts, fires);
            },
        },
        Trigger {
            names: &["denylist_ancestor_image_tag"],
            parameters: &[required(&["ancestor_tag"], Kind::List)],
            check: |values, facts, fires| denied(values.list("ancestor_tag"), NAME, facts, fires),
        },
        Trigger {
            names: &["no_ancestors_analyzed"],
            parameters: &[],
            check: no_ancestors,
        },
    ],
};

const DIGEST: &str = "org.opencontainers.image.base.digest";
const NAME: &str = "org.opencontainers.image.base.name";

fn label<'a>(name: &str, facts: &Facts<'a>) -> Option<&'a str> {
    let config = facts.subject.inventory.config.as_ref()?;
    let value = config.labels.get(name)?.trim();
    (!value.is_empty()).then_some(value)
}

/// An unknown base is not an allowed one.
fn allowed(list: &[String], name: &str, facts: &Facts<'_>, fires: &mut Fires) {
    let base = label(name, facts);
    if base.is_some_and(|base| list.iter().any(|allowed| is(allowed, base))) {
        return;
    }
    let message = match base {
        Some(base) => format!("the base image {base} is not allowed"),
        None => format!("the base image is not known (no label {name}), so it is not allowed"),
    };
    fires.add(Evidence::Config(None), message);
}

fn denied(list: &[String], name: &str, facts: &Facts<'_>, fires: &mut Fires) {
    match label(name, facts) {
        Some(base) if list.iter().any(|denied| is(denied, base)) => {
            fires.add(
                Evidence::Config(None),
                format!("the image is built on {base}, which is denied"),
            );
        }
        // The base may have a base, of which the labels do not speak; the list
        // is about all of them, so only a hit is certain.
        Some(_) => {}
        None => fires.missing(&format!(
            "the ancestors of the image are not known (no label {name})"
        )),
    }
}

fn no_ancestors(_: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    if label(DIGEST, facts).is_none() && label(NAME, facts).is_none() {
        fires.add(Evidence::Config(None), "no ancestor of the image is known");
    }
}

/// The same image, also where one of them has the registry and the other not.
fn is(listed: &str, base: &str) -> bool {
    let short = |name: &str| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        name.strip_prefix("library/").unwrap_or(name).to_owned()
    };
    let digest = base.rsplit_once('@').map(|(_, digest)| digest);
    listed == base || Some(listed) == digest || short(listed) == short(base)
}
