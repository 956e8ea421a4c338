use crate::Subject;
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{Pattern, any};
use crate::text::quoted;
use crate::verdict::Evidence;

parameters! {
    PlatformNotAllowed {
        /// Platforms as `os/architecture[/variant]`; without a variant any will do.
        platforms: Vec<Pattern>,
    }
}

impl Trigger for PlatformNotAllowed {
    const NAME: &'static str = "platform-not-allowed";
    const ABOUT: &'static str = "fires when the image is for none of these platforms, and as something that cannot be told when \
         it states none; never for sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let allowed: Vec<&str> = self.platforms.iter().map(Pattern::text).collect();
        let allowed = allowed.join(", ");
        let image = &subject.inventory.image;
        match &image.platform {
            Some(platform) => {
                let whole = platform.to_string();
                let bare = format!("{}/{}", platform.os, platform.architecture);
                if !any(&self.platforms, &whole) && !any(&self.platforms, &bare) {
                    fires.push(Fire {
                        evidence: Evidence::Image,
                        about: whole.clone(),
                        message: format!("it is for {whole}; allowed are {allowed}"),
                        advice: Some("choose another with `--platform`".into()),
                    });
                }
            }
            None if subject.inventory.config.is_some() => fires.push(Fire {
                evidence: Evidence::Unknown,
                about: String::new(),
                message: format!("it states no platform; allowed are {allowed}"),
                advice: Some("build it for a stated platform".into()),
            }),
            None => {}
        }
    }
}

parameters! { InsecureChannel {} }

impl Trigger for InsecureChannel {
    const NAME: &'static str = "insecure-channel";
    const ABOUT: &'static str = "fires when the bytes came over a connection that anybody on the way could change, and no digest \
         was asked for";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let image = &subject.inventory.image;
        if !image.secure_channel && !names_digest(&image.name) {
            fires.push(Fire {
                evidence: Evidence::Image,
                about: String::new(),
                message: format!(
                    "{} came over an unprotected connection",
                    quoted(&image.name)
                ),
                advice: Some("serve the registry over TLS, or ask for a digest".into()),
            });
        }
    }
}

parameters! { MutableReference {} }

impl Trigger for MutableReference {
    const NAME: &'static str = "mutable-reference";
    const ABOUT: &'static str = "fires when an image of a registry was asked for by its tag, which may name another tomorrow";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let image = &subject.inventory.image;
        if image.source == "registry" && !names_digest(&image.name) {
            let digest = image.resolved.as_ref().or(image.manifest.as_ref());
            fires.push(Fire {
                evidence: Evidence::Image,
                about: String::new(),
                message: format!("{} was asked for by its tag", quoted(&image.name)),
                advice: digest
                    .map(|digest| format!("pin it: `{}@{digest}`", untagged(&image.name))),
            });
        }
    }
}

fn names_digest(name: &str) -> bool {
    name.split_once('@')
        .is_some_and(|(_, digest)| digest.contains(':'))
}

fn untagged(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::{ImageConfig, Platform};

    fn platform(variant: &str) -> Scene {
        let mut scene = Scene::default().with_config(ImageConfig::default());
        scene.inventory.image.platform = Some(Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
            variant: variant.into(),
        });
        scene
    }

    #[test]
    fn another_platform_fires_and_an_unstated_one_cannot_be_told() {
        let trigger: PlatformNotAllowed = when("platforms: [linux/amd64, linux/arm64/v9]");
        assert_eq!(
            messages(&trigger, &platform("v8")),
            ["it is for linux/arm64/v8; allowed are linux/amd64, linux/arm64/v9"]
        );
        let unstated = Scene::default().with_config(ImageConfig::default());
        assert!(fired(&trigger, &unstated)[0].evidence.is_ignorance());
    }

    #[test]
    fn a_platform_of_any_variant_is_allowed_without_one() {
        for platforms in ["linux/arm64", "linux/*", "linux/arm64/v8"] {
            let trigger: PlatformNotAllowed = when(&format!("platforms: {platforms}"));
            assert!(
                messages(&trigger, &platform("v8")).is_empty(),
                "{platforms}"
            );
            assert!(messages(&trigger, &Scene::default()).is_empty());
        }
    }

    fn asked(name: &str, source: &str, secure: bool) -> Scene {
        let mut scene = Scene::default();
        scene.inventory.image.name = name.into();
        scene.inventory.image.source = source.into();
        scene.inventory.image.secure_channel = secure;
        scene.inventory.image.resolved = format!("sha256:{}", "ab".repeat(32)).parse().ok();
        scene
    }

    #[test]
    fn an_unprotected_connection_fires() {
        let scene = asked("localhost:5000/a:1", "registry", false);
        assert_eq!(
            messages(&when::<InsecureChannel>("{}"), &scene),
            ["`localhost:5000/a:1` came over an unprotected connection"]
        );
    }

    #[test]
    fn protected_and_pinned_images_are_silent() {
        let pinned = format!("localhost:5000/a@sha256:{}", "ab".repeat(32));
        let trigger: InsecureChannel = when("{}");
        assert!(messages(&trigger, &asked("a:1", "registry", true)).is_empty());
        assert!(messages(&trigger, &asked(&pinned, "registry", false)).is_empty());
    }

    #[test]
    fn a_tag_fires_with_the_digest_to_pin() {
        let fires = fired(
            &when::<MutableReference>("{}"),
            &asked("localhost:5000/a:1", "registry", true),
        );
        assert_eq!(
            fires[0].message,
            "`localhost:5000/a:1` was asked for by its tag"
        );
        let digest = format!("sha256:{}", "ab".repeat(32));
        assert_eq!(
            fires[0].advice,
            Some(format!("pin it: `localhost:5000/a@{digest}`"))
        );
    }

    #[test]
    fn digests_and_files_do_not_move() {
        let trigger: MutableReference = when("{}");
        for scene in [
            asked("a:1@sha256:abc", "registry", true),
            asked("a.tar", "docker-archive", true),
        ] {
            assert!(messages(&trigger, &scene).is_empty());
        }
    }
}
