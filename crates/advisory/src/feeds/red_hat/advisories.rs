//! Red Hat's CSAF advisories: one document for each RHSA, with what it fixes.

use crate::feeds::csaf::Document;
use crate::feeds::csaf::rows::Publisher;
use crate::feeds::{Feed, json};
use crate::intake::Intake;

pub(crate) struct RhelAdvisories;

const PUBLISHER: Publisher =
    super::publisher("rhel-advisories", "https://access.redhat.com/errata/");

impl Feed for RhelAdvisories {
    fn name(&self) -> &'static str {
        PUBLISHER.feed
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
        let document: Document = json(document)?;
        PUBLISHER.read(&document, intake);
        Ok(())
    }
}
