//! Red Hat's CSAF advisories: one document for each RHSA, with what it fixes.

use crate::feeds::{Feed, csaf, json};
use crate::intake::Intake;

pub(crate) struct RhelAdvisories;

impl Feed for RhelAdvisories {
    fn name(&self) -> &'static str {
        "rhel-advisories"
    }

    fn about(&self) -> &'static str {
        "Red Hat CSAF advisories (RHSA), one document each, with the builds of every stream"
    }

    fn recognises(&self, head: &str) -> bool {
        super::recognises(head, "\"csaf_security_advisory\"")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: csaf::Document = json(document)?;
        super::read(
            self.name(),
            "https://access.redhat.com/errata/",
            &document,
            intake,
        );
        Ok(())
    }
}
