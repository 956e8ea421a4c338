//! Red Hat's CSAF VEX documents: one for each CVE, with every state.

use crate::feeds::csaf::Document;
use crate::feeds::csaf::rows::Publisher;
use crate::feeds::{Feed, json};
use crate::intake::Intake;

pub(crate) struct RhelVex;

const PUBLISHER: Publisher =
    super::publisher("rhel-vex", "https://access.redhat.com/security/cve/");

impl Feed for RhelVex {
    fn name(&self) -> &'static str {
        PUBLISHER.feed
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
        let document: Document = json(document)?;
        PUBLISHER.read(&document, intake);
        Ok(())
    }
}
