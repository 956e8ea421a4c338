mod denied;
mod package;
mod score;

pub(crate) use package::OfPackage;

use crate::gates::{Gate, TriggerKind};
use denied::Denied;

/// What advisories say about the packages.
pub(crate) struct Vulnerabilities;

/// Name of the gate that needs advisory data.
pub(crate) const NAME: &str = "vulnerabilities";

impl Gate for Vulnerabilities {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "known vulnerabilities of the packages"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<OfPackage>(), TriggerKind::of::<Denied>()] }
    }
}
