mod age;
mod config;
mod origin;
mod size;

use crate::gates::{Gate, TriggerKind};

/// The image as a whole.
pub(crate) struct Image;

impl Gate for Image {
    fn name(&self) -> &'static str {
        "image"
    }

    fn about(&self) -> &'static str {
        "size, age, origin and configuration of the image"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<size::TooLarge>(),
                TriggerKind::of::<size::TooManyLayers>(),
                TriggerKind::of::<age::TooOld>(),
                TriggerKind::of::<origin::PlatformNotAllowed>(),
                TriggerKind::of::<origin::InsecureChannel>(),
                TriggerKind::of::<origin::MutableReference>(),
                TriggerKind::of::<config::LabelMissing>(),
                TriggerKind::of::<config::LabelDenied>(),
                TriggerKind::of::<config::EnvironmentDenied>(),
                TriggerKind::of::<config::VolumeDenied>(),
                TriggerKind::of::<config::EntrypointMissing>(),
            ]
        }
    }
}
