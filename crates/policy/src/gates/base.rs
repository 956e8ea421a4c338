use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::image::short_forms;
use crate::pattern::{Pattern, any};
use crate::text::quoted;
use crate::verdict::Evidence;
use plimsoll_types::ImageConfig;

/// The image that the image was built on.
pub(crate) struct Base;

impl Gate for Base {
    fn name(&self) -> &'static str {
        "base"
    }

    fn about(&self) -> &'static str {
        "the base image, as far as the image tells it"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<NotAllowed>(),
                TriggerKind::of::<Unknown>(),
            ]
        }
    }
}

parameters! {
    NotAllowed {
        /// References, in full or as people shorten them, with or without tag.
        names: Option<Vec<Pattern>>,
        /// Digests of base images.
        digests: Option<Vec<Pattern>>,
    }
}

impl Trigger for NotAllowed {
    const NAME: &'static str = "not-allowed";
    const ABOUT: &'static str = "fires when the base image has none of these names and digests, and as something that cannot be \
         told when the image does not say; builders state it in `org.opencontainers.image.base.name` \
         and `.digest`, buildah in the history, and an image built on \
         such a one inherits its labels. Never for sources without a configuration";

    fn problem(&self) -> Option<&'static str> {
        let says_nothing = self.names.is_none() && self.digests.is_none();
        says_nothing.then_some("allows nothing; write `names` or `digests`")
    }

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(config) = &subject.inventory.config else {
            return;
        };
        let stated = Stated::of(config);
        let names = self.names.as_deref().unwrap_or_default();
        let digests = self.digests.as_deref().unwrap_or_default();
        let allowed = stated.forms().iter().any(|form| any(names, form))
            || stated.digest.is_some_and(|digest| any(digests, digest));
        if allowed {
            return;
        }
        let tells = !names.is_empty() && stated.name.is_some()
            || !digests.is_empty() && stated.digest.is_some();
        if !tells {
            return fires.push(unknown());
        }
        let list: Vec<&str> = names.iter().chain(digests).map(Pattern::text).collect();
        let shown = stated.shown();
        fires.push(Fire {
            evidence: Evidence::Config(None),
            about: stated.name.or(stated.digest).unwrap_or_default().to_owned(),
            message: format!("it is built on {shown}; allowed are {}", list.join(", ")),
            advice: Some("build on an allowed image".into()),
        });
    }
}

parameters! { Unknown {} }

impl Trigger for Unknown {
    const NAME: &'static str = "unknown";
    const ABOUT: &'static str = "fires when the image does not tell its base image; never for sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let stated = subject.inventory.config.as_ref().map(Stated::of);
        if stated.is_some_and(|stated| stated.name.is_none() && stated.digest.is_none()) {
            fires.push(unknown());
        }
    }
}

fn unknown() -> Fire {
    Fire {
        evidence: Evidence::Unknown,
        about: String::new(),
        message: "it does not tell its base image".into(),
        advice: Some(
            "label it with `org.opencontainers.image.base.name` and \
             `org.opencontainers.image.base.digest`"
                .into(),
        ),
    }
}

/// What an image states of its base.
struct Stated<'a> {
    /// A reference without its digest.
    name: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Stated<'a> {
    fn of(config: &'a ImageConfig) -> Self {
        let label = |name: &str| {
            let value = config.labels.get(name).map(|value| value.trim());
            value.filter(|value| !value.is_empty())
        };
        let reference = label("org.opencontainers.image.base.name").or_else(|| {
            // buildah: the step that it began with.
            let comments = config.history.iter().map(|step| step.comment.trim());
            let mut froms = comments
                .rev()
                .filter_map(|comment| comment.strip_prefix("FROM "));
            froms.next().map(str::trim)
        });
        let (name, within) = match reference {
            Some(reference) => match reference.split_once('@') {
                Some((name, digest)) => (Some(name), Some(digest)),
                None => (Some(reference), None),
            },
            None => (None, None),
        };
        let digest = label("org.opencontainers.image.base.digest").or(within);
        Self { name, digest }
    }

    /// The name in full and as people shorten it, with tag and without.
    fn forms(&self) -> Vec<String> {
        let Some(name) = self.name else {
            return Vec::new();
        };
        let full = match name.split_once('/') {
            Some((host, _)) if host == "localhost" || host.contains(['.', ':']) => name.to_owned(),
            Some(_) => format!("docker.io/{name}"),
            None => format!("docker.io/library/{name}"),
        };
        let bare = match full.rsplit_once(':') {
            Some((bare, tag)) if !tag.contains('/') => bare,
            _ => &full,
        };
        let forms = short_forms(&full).chain(short_forms(bare));
        forms.map(str::to_owned).collect()
    }

    fn shown(&self) -> String {
        let parts = [self.name, self.digest].into_iter().flatten();
        let parts: Vec<&str> = parts.collect();
        quoted(&parts.join("@"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::HistoryEntry;

    fn scene(labels: &[(&str, &str)], comment: &str) -> Scene {
        let labels = labels.iter().map(|(name, value)| {
            (
                format!("org.opencontainers.image.base.{name}"),
                (*value).to_owned(),
            )
        });
        Scene::default().with_config(ImageConfig {
            labels: labels.collect(),
            history: vec![HistoryEntry {
                comment: comment.into(),
                ..HistoryEntry::default()
            }],
            ..ImageConfig::default()
        })
    }

    #[test]
    fn another_base_fires() {
        let trigger: NotAllowed =
            when("{ names: 'registry.example/base/*', digests: 'sha256:aa*' }");
        let other = scene(
            &[
                ("name", "docker.io/library/node:20"),
                ("digest", "sha256:bb"),
            ],
            "",
        );
        assert_eq!(
            messages(&trigger, &other),
            [
                "it is built on `docker.io/library/node:20@sha256:bb`; allowed are \
                 registry.example/base/*, sha256:aa*"
            ]
        );
        let buildah = scene(&[], "FROM quay.io/x/y:1");
        assert_eq!(fired(&trigger, &buildah).len(), 1);
    }

    #[test]
    fn an_allowed_base_is_silent_in_every_spelling() {
        for names in [
            "node",
            "node:20",
            "library/node",
            "docker.io/library/*",
            "node:2?",
        ] {
            let trigger: NotAllowed = when(&format!("names: '{names}'"));
            for scene in [
                scene(&[("name", "docker.io/library/node:20")], ""),
                scene(&[("name", "node:20@sha256:aa")], ""),
                scene(&[], "FROM docker.io/library/node:20"),
            ] {
                assert!(messages(&trigger, &scene).is_empty(), "{names}");
            }
        }
        let trigger: NotAllowed = when("digests: sha256:aa");
        assert!(messages(&trigger, &scene(&[("name", "node@sha256:aa")], "")).is_empty());
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn a_base_that_is_not_told_or_not_so_cannot_be_told() {
        let by_digest: NotAllowed = when("digests: sha256:aa");
        for scene in [scene(&[], ""), scene(&[("name", "node:20")], "")] {
            let fires = fired(&by_digest, &scene);
            assert!(fires[0].evidence.is_ignorance());
        }
    }

    #[test]
    fn unknown_fires_for_an_image_that_tells_nothing() {
        let fires = fired(&when::<Unknown>("{}"), &scene(&[("name", " ")], "imported"));
        assert_eq!(fires[0].message, "it does not tell its base image");
    }

    #[test]
    fn a_base_that_is_told_is_not_unknown() {
        let trigger: Unknown = when("{}");
        assert!(messages(&trigger, &scene(&[("digest", "sha256:aa")], "")).is_empty());
        assert!(messages(&trigger, &scene(&[], "FROM alpine")).is_empty());
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }
}
