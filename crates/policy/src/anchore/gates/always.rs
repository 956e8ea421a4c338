use super::{Gate, Trigger};
use crate::verdict::Evidence;

/// Fires whatever the image is.
pub(super) const GATE: Gate = Gate {
    name: "always",
    triggers: &[Trigger {
        names: &["always"],
        parameters: &[],
        check: |_, _, fires| {
            let fire = fires.add(Evidence::Image, "Unconditional trigger match");
            fire.ids.push("always".to_owned());
        },
    }],
};
