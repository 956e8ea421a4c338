//! Red Hat's CSAF VEX documents: one for each CVE, with every state.

use crate::feeds::{Feed, csaf, json};
use crate::intake::Intake;

pub(crate) struct RhelVex;

impl Feed for RhelVex {
    fn name(&self) -> &'static str {
        "rhel-vex"
    }

    fn about(&self) -> &'static str {
        "Red Hat CSAF VEX, one document for each CVE, with what is not affected and what will not be fixed"
    }

    fn recognises(&self, head: &str) -> bool {
        super::recognises(head, "\"csaf_vex\"")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: csaf::Document = json(document)?;
        super::read(
            self.name(),
            "https://access.redhat.com/security/cve/",
            &document,
            intake,
        );
        Ok(())
    }
}
