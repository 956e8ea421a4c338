//! Which images a mapping or an image list is about.

use super::params::Anchored;
use crate::Subject;
use crate::document::{Fields, Node, Problems};
use crate::text::quoted;
use serde::Serialize;

/// A text in which `*` stands for anything, slashes included, or a regular
/// expression after `regexp:`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Pattern {
    Glob(String),
    Regexp(Anchored),
}

impl Pattern {
    /// # Errors
    /// Why it is no pattern, after `… is not`.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        match text.strip_prefix("regexp:") {
            Some(regexp) => Anchored::compile(regexp).map(Pattern::Regexp),
            None => Ok(Pattern::Glob(text.to_owned())),
        }
    }

    /// Whether it matches anything, also what is not there.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Pattern::Glob(glob) if !glob.is_empty() && glob.bytes().all(|b| b == b'*'))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Glob(glob) => glob_matches(glob, text),
            Pattern::Regexp(regexp) => regexp.matches(text),
        }
    }
}

/// Whether `glob` matches the whole of `text`.
fn glob_matches(glob: &str, text: &str) -> bool {
    let Some((head, rest)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match text.find(part) {
            // The leftmost place leaves most to what follows.
            Some(at) => text = text.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    text.ends_with(tail)
}

/// Registry, repository, and a tag, digest or id.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Images {
    registry: Pattern,
    repository: Pattern,
    image: Image,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", content = "value", rename_all = "lowercase")]
enum Image {
    Tag(Pattern),
    Digest(String),
    Id(String),
}

/// The names that an image has.
#[derive(Debug)]
pub(super) struct Target<'a> {
    registry: Option<&'a str>,
    /// In full, and as Docker Hub's own images are called there.
    repositories: Vec<&'a str>,
    tag: Option<&'a str>,
    digests: Vec<&'a str>,
    id: Option<&'a str>,
}

impl<'a> Target<'a> {
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        let image = &subject.inventory.image;
        let digests = [&image.resolved, &image.manifest];
        let mut digests: Vec<&str> = digests.into_iter().flatten().map(|d| d.as_str()).collect();
        let reference = image.reference.as_deref().unwrap_or_default();
        let (named, digest) = reference.split_once('@').unwrap_or((reference, ""));
        digests.extend((!digest.is_empty()).then_some(digest));
        let (full, tag) = match named.rsplit_once(':') {
            Some((full, tag)) if !tag.contains('/') => (full, Some(tag)),
            _ => (named, None),
        };
        let (registry, repository) = full.split_once('/').unzip();
        let official = repository.and_then(|name: &str| name.strip_prefix("library/"));
        Self {
            registry,
            repositories: repository.into_iter().chain(official).collect(),
            tag,
            digests,
            id: image.config.as_ref().map(|digest| digest.as_str()),
        }
    }

    /// The image's name with registry and tag, as result forms show it.
    pub(super) fn full_tag(&self) -> String {
        match (self.registry, self.repositories.last(), self.tag) {
            (Some(registry), Some(repository), Some(tag)) => {
                format!("{registry}/{repository}:{tag}")
            }
            _ => "*/*:*".to_owned(),
        }
    }
}

impl Images {
    /// Reads `registry`, `repository` and `image`.
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let registry = pattern(fields, "registry", problems);
        let repository = pattern(fields, "repository", problems);
        let Some(node) = fields.node("image") else {
            fields.missing("image", "`{\"type\": \"tag\", \"value\": \"*\"}`", problems);
            return None;
        };
        let what = format!("`image` of {}", fields.what());
        let mut inner = Fields::of(node, &what, problems)?;
        let kind = inner.take::<String>("type", problems);
        let kind_place = inner.node("type").map_or(node.place, |node| node.place);
        let image = match kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("tag") => pattern(&mut inner, "value", problems).map(Image::Tag),
            Some("digest") => inner.take("value", problems).map(Image::Digest),
            Some("id") => inner.take("value", problems).map(Image::Id),
            Some(_) => {
                inner.node("value");
                let shown = quoted(&kind.unwrap_or_default());
                let message = format!("{what}: `type` is {shown}; write `tag`, `digest` or `id`");
                problems.add(kind_place, message);
                None
            }
            None => None,
        };
        Some(Self {
            registry: registry?,
            repository: repository?,
            image: image?,
        })
    }

    pub(super) fn matches(&self, target: &Target<'_>) -> bool {
        let digits = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
        let named = one_of(&self.registry, target.registry.as_slice())
            && one_of(&self.repository, &target.repositories);
        named
            && match &self.image {
                Image::Tag(tag) => one_of(tag, target.tag.as_slice()),
                Image::Digest(wanted) => target.digests.contains(&wanted.as_str()),
                Image::Id(wanted) => target.id.is_some_and(|id| digits(id) == digits(wanted)),
            }
    }

    /// The patterns for an image by tag, or a digest or id.
    pub(super) fn parts(&self) -> (&Pattern, &Pattern, Result<&Pattern, &str>) {
        let image = match &self.image {
            Image::Tag(tag) => Ok(tag),
            Image::Digest(digest) | Image::Id(digest) => Err(digest.as_str()),
        };
        (&self.registry, &self.repository, image)
    }
}

/// What is not there is matched by `*` only.
fn one_of(pattern: &Pattern, values: &[&str]) -> bool {
    pattern.is_everything() || values.iter().any(|value| pattern.matches(value))
}

fn pattern(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<Pattern> {
    let text = fields.take::<String>(name, problems)?;
    let node: Option<&Node> = fields.node(name);
    // Docker Hub by its other name.
    let text = match (name, text.as_str()) {
        ("registry", "dockerhub") => "docker.io".to_owned(),
        _ => text,
    };
    match Pattern::of(&text) {
        Ok(pattern) => Some(pattern),
        Err(why) => {
            let place = node.map_or(fields.place(), |node| node.place);
            problems.add(place, format!("`{name}`: {} is not {why}", quoted(&text)));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything_and_a_regexp_begins_at_the_start() {
        let matches = |pattern: &str, text: &str| Pattern::of(pattern).unwrap().matches(text);
        assert!(matches("*", "a/b"));
        assert!(matches("shop/*", "shop/team/api"));
        assert!(matches("*+openssl", "CVE-1+openssl"));
        assert!(matches("CVE-*+*", "CVE-1+x"));
        assert!(matches("a*a", "aa"));
        assert!(!matches("a*a", "a"));
        assert!(!matches("a*b*c", "acb"));
        assert!(!matches("v1.*", "v10"));
        assert!(matches("regexp:v[0-9]+", "v1-rc"));
        assert!(!matches("regexp:[0-9]+", "v1"));
        assert!(Pattern::of("regexp:(?=x)").is_err());
    }
}
