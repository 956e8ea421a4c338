//! Choosing images: what an image is called, and selectors over it.

use crate::document::{Content, Fields, Node, Problems, Value, wrong};
use crate::pattern::{Pattern, any};
use crate::text::quoted;
use plimsoll_types::Inventory;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The names under which an image can be chosen.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    name: &'a str,
    source: &'a str,
    registry: Option<&'a str>,
    /// The repository in full, then as people shorten it.
    repositories: Vec<&'a str>,
    tag: Option<&'a str>,
    digests: Vec<&'a str>,
    labels: Option<&'a BTreeMap<String, String>>,
    /// Whole references, in full and as people shorten them.
    references: Vec<&'a str>,
}

impl<'a> Target<'a> {
    pub(crate) fn of(inventory: &'a Inventory) -> Self {
        let image = &inventory.image;
        let mut target = Target {
            name: &image.name,
            source: &image.source,
            registry: None,
            repositories: Vec::new(),
            tag: None,
            digests: Vec::new(),
            labels: inventory.config.as_ref().map(|config| &config.labels),
            references: vec![image.name.as_str()],
        };
        let digests = [&image.resolved, &image.manifest, &image.config];
        target.digests = digests.into_iter().flatten().map(|d| d.as_str()).collect();
        if let Some(reference) = &image.reference {
            target.add_reference(reference);
        }
        target
    }

    /// Takes a canonical `registry/repository[:tag][@digest]` apart.
    fn add_reference(&mut self, reference: &'a str) {
        let (named, digest) = match reference.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (reference, None),
        };
        let (full, tag) = match named.rsplit_once(':') {
            Some((full, tag)) if !tag.contains('/') => (full, Some(tag)),
            _ => (named, None),
        };
        self.digests.extend(digest);
        self.tag = tag;
        for form in short_forms(full) {
            self.references.push(form);
        }
        for form in short_forms(named) {
            self.references.push(form);
        }
        self.references.push(reference);
        if let Some((registry, repository)) = full.split_once('/') {
            self.registry = Some(registry);
            self.repositories.push(repository);
            if registry == "docker.io" {
                self.repositories
                    .extend(repository.strip_prefix("library/"));
            }
        }
    }
}

/// A full name, and the shorter ones that Docker Hub's images also have.
pub(crate) fn short_forms(full: &str) -> impl Iterator<Item = &str> {
    let without_registry = full.strip_prefix("docker.io/");
    let without_library = without_registry.and_then(|rest| rest.strip_prefix("library/"));
    [Some(full), without_registry, without_library]
        .into_iter()
        .flatten()
}

/// Which images something is about.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Images {
    /// Patterns over whole references and the name that was asked for.
    Named(Vec<Pattern>),
    /// Patterns over the parts of a reference; all that are given must match.
    Selected(Box<Selector>),
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Selector {
    registry: Option<Vec<Pattern>>,
    repository: Option<Vec<Pattern>>,
    tag: Option<Vec<Pattern>>,
    digest: Option<Vec<Pattern>>,
    name: Option<Vec<Pattern>>,
    source: Option<Vec<Pattern>>,
    label: BTreeMap<String, Vec<Pattern>>,
}

/// Images that must not ship whatever the rules say of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeniedImages {
    pub(crate) images: Images,
    pub(crate) reason: String,
}

impl Value for DeniedImages {
    fn expected() -> String {
        "a mapping with `images` and `reason`".into()
    }

    fn read(node: &Node, _field: &str, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "the denied image", problems)?;
        let images = fields.take("images", problems);
        let reason = fields.take("reason", problems);
        fields.finish(problems);
        Some(Self {
            images: images?,
            reason: reason?,
        })
    }
}

impl Images {
    /// Every image.
    pub(crate) fn all() -> Self {
        Images::Named(vec![Pattern::everything()])
    }

    pub(crate) fn matches(&self, target: &Target<'_>) -> bool {
        self.mismatch(target).is_none()
    }

    /// Why `target` is not among them, in one line; `None` where it is.
    pub(crate) fn mismatch(&self, target: &Target<'_>) -> Option<String> {
        match self {
            Images::Named(patterns) => {
                let matches = one_of(patterns, &target.references, &target.digests);
                let called = target.references.last().copied().unwrap_or(target.name);
                (!matches).then(|| format!("{} does not match {}", texts(patterns), quoted(called)))
            }
            Images::Selected(selector) => selector.mismatch(target),
        }
    }

    /// Whether it is every image.
    pub(crate) fn is_everything(&self) -> bool {
        match self {
            Images::Named(patterns) => patterns.iter().any(Pattern::is_everything),
            Images::Selected(_) => false,
        }
    }
}

fn texts(patterns: &[Pattern]) -> String {
    let texts: Vec<String> = patterns
        .iter()
        .map(|pattern| quoted(pattern.text()))
        .collect();
    texts.join(", ")
}

impl Selector {
    fn mismatch(&self, target: &Target<'_>) -> Option<String> {
        type Part<'a> = (&'a str, &'a Option<Vec<Pattern>>, &'a [&'a str]);
        let parts: [Part<'_>; 6] = [
            ("registry", &self.registry, target.registry.as_slice()),
            ("repository", &self.repository, &target.repositories),
            ("tag", &self.tag, target.tag.as_slice()),
            ("digest", &self.digest, &target.digests),
            ("name", &self.name, &[target.name]),
            ("source", &self.source, &[target.source]),
        ];
        for (part, patterns, values) in parts {
            let Some(patterns) = patterns else { continue };
            if one_of(patterns, values, &[]) {
                continue;
            }
            let texts = texts(patterns);
            return Some(match values.first() {
                Some(value) => format!("`{part}` {texts} does not match {}", quoted(value)),
                None => format!("`{part}` {texts}: the image has none"),
            });
        }
        self.label.iter().find_map(|(name, patterns)| {
            let value = target.labels.and_then(|labels| labels.get(name));
            match value {
                // A label chooses by being there, even where any value will do.
                None => Some(format!("the image has no label {}", quoted(name))),
                Some(value) if any(patterns, value) => None,
                Some(value) => Some(format!(
                    "label {} {} does not match {}",
                    quoted(name),
                    texts(patterns),
                    quoted(value)
                )),
            }
        })
    }
}

/// Whether a pattern matches a value. What is not there is matched by the
/// pattern for everything only, so that `*` chooses images without reference.
fn one_of(patterns: &[Pattern], values: &[&str], more: &[&str]) -> bool {
    patterns.iter().any(|pattern| {
        pattern.is_everything()
            || values
                .iter()
                .chain(more)
                .any(|value| pattern.matches(value))
    })
}

impl Value for Images {
    fn expected() -> String {
        "a pattern such as `docker.io/shop/*`, `\"*\"` for every image, a list of patterns, or a \
         mapping with `registry`, `repository`, `tag`, `digest`, `label`, `name`, `source`"
            .into()
    }

    fn schema() -> serde_json::Value {
        let patterns = Vec::<Pattern>::schema();
        let parts = ["registry", "repository", "tag", "digest", "name", "source"];
        let mut properties: serde_json::Map<String, serde_json::Value> = parts
            .into_iter()
            .map(|part| (part.to_owned(), patterns.clone()))
            .collect();
        let labels = json!({ "type": "object", "additionalProperties": patterns });
        properties.insert("label".to_owned(), labels);
        json!({ "anyOf": [
            patterns,
            {
                "type": "object",
                "properties": properties,
                "minProperties": 1,
                "additionalProperties": false,
            },
        ] })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        if !matches!(node.content, Content::Map(_)) {
            return Vec::read(node, field, problems).map(Images::Named);
        }
        let mut fields = Fields::of(node, &format!("`{field}`"), problems)?;
        let registry = fields.take("registry", problems);
        let repository = fields.take("repository", problems);
        let tag = fields.take("tag", problems);
        let digest = fields.take("digest", problems);
        let name = fields.take("name", problems);
        let source = fields.take("source", problems);
        let label = match fields.node("label") {
            Some(node) => read_labels(node, problems),
            None => Some(BTreeMap::new()),
        };
        let says_nothing = fields.is_empty();
        fields.finish(problems);
        let selector = Selector {
            registry: registry?,
            repository: repository?,
            tag: tag?,
            digest: digest?,
            name: name?,
            source: source?,
            label: label?,
        };
        if says_nothing {
            wrong::<Self>(node, field, "", problems);
            return None;
        }
        Some(Images::Selected(Box::new(selector)))
    }
}

fn read_labels(node: &Node, problems: &mut Problems) -> Option<BTreeMap<String, Vec<Pattern>>> {
    let Content::Map(entries) = &node.content else {
        let shown = node.shown();
        problems.add(
            node.place,
            format!("`label`: {shown} is not a mapping of label names to patterns"),
        );
        return None;
    };
    entries
        .iter()
        .map(|entry| {
            Some((
                entry.name.clone(),
                Vec::read(&entry.node, "label", problems)?,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::{ImageConfig, ImageIdentity};

    fn images(text: &str) -> Images {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).unwrap();
        Images::read(&node, "images", &mut problems)
            .unwrap_or_else(|| panic!("{}", problems.into_error()))
    }

    fn nginx() -> Inventory {
        Inventory {
            image: ImageIdentity {
                name: "nginx".into(),
                source: "registry".into(),
                reference: Some("docker.io/library/nginx:1.27".into()),
                resolved: format!("sha256:{}", "ab".repeat(32)).parse().ok(),
                ..ImageIdentity::default()
            },
            config: Some(ImageConfig {
                labels: [("team".to_owned(), "shop".to_owned())].into(),
                ..ImageConfig::default()
            }),
            ..Inventory::default()
        }
    }

    fn directory() -> Inventory {
        Inventory {
            image: ImageIdentity {
                name: "/srv/rootfs".into(),
                source: "dir".into(),
                ..ImageIdentity::default()
            },
            ..Inventory::default()
        }
    }

    #[test]
    fn references_match_in_full_and_as_people_shorten_them() {
        let inventory = nginx();
        let target = Target::of(&inventory);
        for text in [
            "nginx",
            "nginx:1.*",
            "library/nginx",
            "docker.io/library/*",
            "docker.io/**",
            "docker.io/library/nginx:1.27",
            "\"*\"",
            "sha256:abab*",
            "{registry: docker.io, repository: nginx, tag: ['1.26', '1.27']}",
            "{repository: library/nginx}",
            "{label: {team: shop}, source: registry}",
        ] {
            assert!(images(text).matches(&target), "{text}");
        }
        for text in [
            "quay.io/**",
            "nginx:1.26",
            "docker.io/*",
            "{registry: docker.io, tag: '2*'}",
            "{label: {owner: '*'}}",
        ] {
            assert!(!images(text).matches(&target), "{text}");
        }
    }

    #[test]
    fn a_registry_with_a_port_is_not_a_tag() {
        let mut inventory = nginx();
        inventory.image.reference = Some("localhost:5000/shop/api".into());
        let target = Target::of(&inventory);
        assert!(images("{registry: 'localhost:5000', repository: shop/api}").matches(&target));
        assert_eq!(target.tag, None);
    }

    #[test]
    fn images_without_a_reference_are_chosen_by_name_and_source() {
        let inventory = directory();
        let target = Target::of(&inventory);
        for text in [
            "\"*\"",
            "{source: dir}",
            "{name: /srv/*}",
            "{repository: '*'}",
            "/srv/**",
        ] {
            assert!(images(text).matches(&target), "{text}");
        }
        assert!(!images("{repository: '**'}").matches(&target));
    }
}
