use plimsoll_types::Digest;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// An image reference in its canonical parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Registry host with port, `docker.io` where none was given.
    pub domain: String,
    /// Repository, with `library/` for short Docker Hub names.
    pub path: String,
    /// Tag; `latest` where neither tag nor digest was given.
    pub tag: Option<String>,
    /// Digest, which decides what is fetched.
    pub digest: Option<Digest>,
}

/// Why a text is not an image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image reference: {reason}")]
pub struct ParseReferenceError {
    text: String,
    reason: String,
}

impl Reference {
    /// The host that serves the distribution API for this domain.
    pub(crate) fn host(&self) -> &str {
        match self.domain.as_str() {
            "docker.io" => "registry-1.docker.io",
            domain => domain,
        }
    }

    /// What a manifest is asked for by: the digest, else the tag.
    pub(crate) fn wanted(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_else(|| "latest".into()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason: String| ParseReferenceError {
            text: text.chars().take(300).collect(),
            reason,
        };
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong("it is an image id; name a repository".into()));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (
                rest,
                Some(digest.parse::<Digest>().map_err(|e| wrong(e.to_string()))?),
            ),
            None => (text, None),
        };
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].rfind(':') {
            Some(colon) => (&rest[..slash + colon], Some(&rest[slash + colon + 1..])),
            None => (rest, None),
        };
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(wrong(format!("`{tag}` is not a tag")));
        }
        if name.is_empty() || name.len() > 255 {
            return Err(wrong("a name has 1 to 255 characters".into()));
        }
        let is_domain = |part: &str| {
            part == "localhost"
                || part.contains(['.', ':'])
                || part.bytes().any(|b| b.is_ascii_uppercase())
        };
        let (domain, path) = match name.split_once('/') {
            Some((first, rest)) if is_domain(first) => (first, rest),
            _ => ("docker.io", name),
        };
        let domain = if domain == "index.docker.io" {
            "docker.io"
        } else {
            domain
        };
        if !is_host(domain) {
            return Err(wrong(format!("`{domain}` is not a host")));
        }
        for part in path.split('/') {
            if part.bytes().any(|b| b.is_ascii_uppercase()) {
                return Err(wrong(format!("`{part}` has upper-case letters")));
            }
            if !is_component(part) {
                return Err(wrong(format!(
                    "`{part}` is not a part of a repository name"
                )));
            }
        }
        let path = match domain {
            "docker.io" if !path.contains('/') => format!("library/{path}"),
            _ => path.to_owned(),
        };
        let tag = match (tag, &digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.map(str::to_owned),
        };
        Ok(Self {
            domain: domain.to_owned(),
            path,
            tag,
            digest,
        })
    }
}

/// Whether a name in an archive is the one that a user wrote: in full, as a
/// tag alone, or in another spelling of the same reference.
pub(crate) fn is_called(name: &str, text: &str) -> bool {
    let same = || {
        let (name, text) = (name.parse::<Reference>(), text.parse::<Reference>());
        matches!((name, text), (Ok(name), Ok(text)) if name == text)
    };
    name == text || name.ends_with(&format!(":{text}")) || same()
}

/// The canonical form of the one reference among these names. It is what an
/// archive says about itself: a name to choose a policy by, proof of nothing.
pub(crate) fn only(names: impl Iterator<Item = Reference>) -> Option<String> {
    let mut names: BTreeSet<Reference> = names.collect();
    match names.len() {
        1 => names.pop_first().map(|name| name.to_string()),
        _ => None,
    }
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

fn is_host(domain: &str) -> bool {
    let (host, port) = match domain
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((address, port)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            match port.strip_prefix(':') {
                Some(port) => ("", Some(port)),
                None if port.is_empty() => ("", None),
                None => return false,
            }
        }
        None => match domain.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (domain, None),
        },
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (domain.starts_with('[') || host.split('.').all(label))
        && port.is_none_or(|p| p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok())
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(part: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = part.bytes().next().is_some_and(word) && part.bytes().last().is_some_and(word);
    ends && part
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

/// Which of several images are meant: `@N` by position, else by name; all of
/// them where nothing is asked for.
pub(crate) fn meant<T>(
    entries: &[T],
    selector: Option<&str>,
    is_called: impl Fn(&T, &str) -> bool,
) -> Vec<usize> {
    let number = |text: &str| text.strip_prefix('@')?.parse::<usize>().ok();
    let all = 0..entries.len();
    match selector {
        None => all.collect(),
        Some(text) => match number(text) {
            Some(at) => all.filter(|index| *index == at).collect(),
            None => all
                .filter(|index| is_called(&entries[*index], text))
                .collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_canonical() {
        let hex = "ab".repeat(32);
        for (text, canonical) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("index.docker.io/foo/x:1", "docker.io/foo/x:1"),
            ("localhost", "docker.io/library/localhost:latest"),
            ("localhost/x", "localhost/x:latest"),
            ("host:5000/x", "host:5000/x:latest"),
            ("name:5000", "docker.io/library/name:5000"),
            ("[::1]:5000/a/b_c__d--e", "[::1]:5000/a/b_c__d--e:latest"),
            (
                &format!("x@sha256:{hex}"),
                &format!("docker.io/library/x@sha256:{hex}"),
            ),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn wrong_references_are_refused() {
        let id = "ab".repeat(32);
        for text in [
            "",
            "a/B",
            "x:",
            "x@md5:00",
            &id,
            "a//b",
            "a_-b",
            "h:99999/x",
            "-h.io/x",
            "a/..",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
