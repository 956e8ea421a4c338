use crate::allowlist::Entry;
use crate::document::{Fields, LastDay, Node, Problems, unknown};
use crate::gates::{OfPackage, Parameters};
use crate::image::Images;
use crate::verdict::Assessment;
use plimsoll_types::{Justification, VexStatus};
use std::collections::BTreeSet;

/// An entry of the allowlist.
pub(crate) fn read_entry(
    node: &Node,
    rules: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<Entry> {
    let mut fields = Fields::of(node, "the allowlist entry", problems)?;
    let id = fields.take("id", problems);
    let rule = fields.take::<Option<String>>("rule", problems);
    let fingerprint = fields.take("fingerprint", problems);
    let package = fields.take("package", problems);
    let version = fields.take("version", problems);
    let path = fields.take("path", problems);
    let images = fields.take::<Option<Images>>("images", problems);
    let reason = fields.take("reason", problems);
    let by = fields.take("by", problems);
    let until = fields.take::<LastDay>("until", problems);
    let when = fields.node("when").map(|node| read_when(node, problems));
    if let (Some(Some(name)), Some(node)) = (&rule, fields.node("rule"))
        && !rules.contains(name)
    {
        unknown(
            "rule",
            name,
            node.place,
            rules.iter().map(String::as_str),
            problems,
        );
    }
    let vex = fields
        .node("vex")
        .map(|node| read_assessment(node, problems));
    let place = fields.place();
    fields.finish(problems);
    let entry = Entry {
        id: id?,
        rule: rule?,
        fingerprint: fingerprint?,
        package: package?,
        version: version?,
        path: path?,
        images: images?.unwrap_or_else(Images::all),
        reason: reason?,
        by: by?,
        until: until?,
        when: match when {
            Some(when) => Some(Box::new(when?)),
            None => None,
        },
        spot: problems.spot(place),
        vex: match vex {
            Some(assessment) => Some(assessment?),
            None => None,
        },
    };
    if entry.is_about_everything() {
        problems.add(
            place,
            "the allowlist entry accepts everything; write at least one of `id`, `rule`, \
             `fingerprint`, `package`, `version`, `path`, `when`",
        );
    }
    Some(entry)
}

/// Conditions that take what is not known for a match: right for a rule, wrong
/// for an exception from one.
pub(crate) const FOR_RULES: [&str; 5] = [
    "exploited_due_within",
    "fixed_for",
    "package_versions",
    "published_for",
    "unscored",
];

fn read_when(node: &Node, problems: &mut Problems) -> Option<OfPackage> {
    let mut fields = Fields::of(node, "`when` of the allowlist entry", problems)?;
    for name in FOR_RULES {
        if let Some(node) = fields.node(name) {
            let message = format!(
                "`{name}` is for rules: of what is not known it fires, so an exception cannot rest on it"
            );
            problems.add(node.place, message);
        }
    }
    let when = OfPackage::read(&mut fields, problems);
    fields.finish(problems);
    when
}

fn read_assessment(node: &Node, problems: &mut Problems) -> Option<Assessment> {
    let mut fields = Fields::of(node, "`vex` of the allowlist entry", problems)?;
    let status = fields.take::<VexStatus>("status", problems);
    let justification = fields.take::<Option<Justification>>("justification", problems);
    fields.finish(problems);
    let assessment = Assessment {
        status: status?,
        justification: justification?,
    };
    if assessment.justification.is_some() && assessment.status != VexStatus::NotAffected {
        problems.add(
            node.place,
            "`justification` is for what is `not_affected`; leave it out",
        );
    }
    Some(assessment)
}

/// An image that is let through whatever the rules say of it.
pub(super) fn read_allowed_image(node: &Node, problems: &mut Problems) -> Option<Entry> {
    let mut fields = Fields::of(node, "the allowed image", problems)?;
    let spot = problems.spot(fields.place());
    let images = fields.take::<Images>("images", problems);
    let reason = fields.take("reason", problems);
    let by = fields.take("by", problems);
    let until = fields.take::<LastDay>("until", problems);
    fields.finish(problems);
    Some(Entry {
        id: None,
        rule: None,
        fingerprint: None,
        package: None,
        version: None,
        path: None,
        when: None,
        vex: None,
        spot,
        images: images?,
        reason: reason?,
        by: by?,
        until: until?,
    })
}
