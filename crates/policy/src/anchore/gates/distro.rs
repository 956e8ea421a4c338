use super::{COMPARISONS, Facts, Fires, Gate, Trigger, holds};
use crate::anchore::params::{Kind, Values, required};
use crate::verdict::Evidence;
use plimsoll_advisory::versions::Scheme;
use plimsoll_types::Distro;

/// The distribution that the image is made of.
pub(super) const GATE: Gate = Gate {
    name: "distro",
    triggers: &[Trigger {
        names: &["deny"],
        parameters: &[
            required(&["distro"], Kind::Text),
            required(&["version"], Kind::Text),
            required(&["check"], Kind::OneOf(COMPARISONS)),
        ],
        check: deny,
    }],
};

fn deny(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let Some(distro) = &facts.subject.inventory.distro else {
        return;
    };
    let (wanted, version) = (values.text("distro"), values.text("version"));
    let (wanted, version) = (wanted.unwrap_or_default(), version.unwrap_or_default());
    if Distro::id_of(wanted.trim()) != distro.id {
        return;
    }
    let check = values.text("check").unwrap_or_default();
    match &distro.version {
        // Releases are numbers with dots, for which dpkg's order will do.
        Some(found)
            if Scheme::Deb
                .compare(found, version.trim())
                .is_none_or(|order| holds(check, order)) =>
        {
            let message = format!(
                "{} {found} is denied ({wanted} {check} {version})",
                distro.id
            );
            fires.add(Evidence::Image, message);
        }
        Some(_) => {}
        None => fires.missing(&format!(
            "the image does not say which release of {wanted} it is"
        )),
    }
}
