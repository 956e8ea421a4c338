use crate::Subject;
use crate::gates::values::Bytes;
use crate::gates::{Fire, Trigger, parameters};
use crate::verdict::Evidence;

parameters! {
    TooLarge {
        /// The most that its layers may have together, uncompressed.
        at_most: Bytes,
    }
}

impl Trigger for TooLarge {
    const NAME: &'static str = "too-large";
    const ABOUT: &'static str = "fires when the layers have more bytes than this, those included that later layers remove; \
         never for sources without layers";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let sizes = subject.inventory.layers.iter().map(|layer| layer.size);
        let size = Bytes(sizes.fold(0, u64::saturating_add));
        if size > self.at_most {
            fires.push(Fire {
                evidence: Evidence::Image,
                about: String::new(),
                message: format!("it has {size}; at most {} are allowed", self.at_most),
                advice: Some("build in one stage and copy what is needed into another".into()),
            });
        }
    }
}

parameters! {
    TooManyLayers {
        /// The most layers that it may have.
        at_most: u32,
    }
}

impl Trigger for TooManyLayers {
    const NAME: &'static str = "too-many-layers";
    const ABOUT: &'static str = "fires when the image has more layers than this";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let layers = subject.inventory.layers.len();
        let is_more = u32::try_from(layers).map_or(true, |layers| layers > self.at_most);
        if is_more {
            fires.push(Fire {
                evidence: Evidence::Image,
                about: String::new(),
                message: format!(
                    "it has {layers} layers; at most {} are allowed",
                    self.at_most
                ),
                advice: Some("join steps, or build in one stage and copy into another".into()),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, messages, when};
    use plimsoll_types::{Digest, Layer};

    fn scene(sizes: &[u64]) -> Scene {
        let digest: Digest = format!("sha256:{}", "ab".repeat(32)).parse().unwrap();
        let mut scene = Scene::default();
        let layers = sizes.iter().map(|&size| Layer {
            diff_id: digest.clone(),
            blob: digest.clone(),
            size,
            instruction: None,
        });
        scene.inventory.layers = layers.collect();
        scene
    }

    #[test]
    fn a_large_image_fires() {
        let trigger: TooLarge = when("at_most: 1GB");
        assert_eq!(
            messages(&trigger, &scene(&[700_000_000, 600_000_000])),
            ["it has 1.3 GB; at most 1.0 GB are allowed"]
        );
    }

    #[test]
    fn an_image_of_just_the_size_is_silent() {
        let trigger: TooLarge = when("at_most: 1000");
        assert!(messages(&trigger, &scene(&[400, 600])).is_empty());
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn one_layer_too_many_fires() {
        let trigger: TooManyLayers = when("at_most: 1");
        assert_eq!(
            messages(&trigger, &scene(&[1, 1])),
            ["it has 2 layers; at most 1 are allowed"]
        );
    }

    #[test]
    fn as_many_layers_as_allowed_are_silent() {
        let trigger: TooManyLayers = when("at_most: 2");
        assert!(messages(&trigger, &scene(&[1, 1])).is_empty());
    }
}
