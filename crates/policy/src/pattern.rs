use crate::document::{Node, Problems, Value, scalar};
use globset::{GlobBuilder, GlobMatcher};
use serde::{Serialize, Serializer};

/// Longest pattern, in bytes.
const MAX_LENGTH: usize = 1024;

/// A text with wildcards that is matched as a whole: `*` and `?` stay within
/// one path component, `**` stands for any number of components, `[a-z]` and
/// `{a,b}` choose. A lone `*` matches everything.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    Everything,
    Literal,
    Glob(GlobMatcher),
}

impl Pattern {
    /// The pattern that matches everything, absent values included.
    pub(crate) fn everything() -> Self {
        Self {
            text: "*".to_owned(),
            matcher: Matcher::Everything,
        }
    }

    /// Whether it matches everything, even what is not there.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self.matcher, Matcher::Everything)
    }

    /// Whether it matches the whole of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Everything => true,
            Matcher::Literal => self.text == text,
            Matcher::Glob(glob) => glob.is_match(text),
        }
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The only text that it matches, if there is but one.
    pub(crate) fn literal(&self) -> Option<&str> {
        matches!(self.matcher, Matcher::Literal).then_some(&self.text)
    }

    /// What everything that it matches begins with.
    pub(crate) fn prefix(&self) -> &str {
        let end = self.text.find(['*', '?', '[', ']', '{', '}', '\\']);
        &self.text[..end.unwrap_or(self.text.len())]
    }

    fn compile(text: &str) -> Result<Self, String> {
        let matcher = if text == "*" {
            Matcher::Everything
        } else if !has_wildcard(text) {
            Matcher::Literal
        } else {
            let glob = GlobBuilder::new(text)
                .literal_separator(true)
                .empty_alternates(true)
                .backslash_escape(true)
                .build()
                .map_err(|error| error.kind().to_string())?;
            Matcher::Glob(glob.compile_matcher())
        };
        Ok(Self {
            text: text.to_owned(),
            matcher,
        })
    }

    fn read_text(node: &Node, field: &str, text: &str, problems: &mut Problems) -> Option<Self> {
        if text.is_empty() {
            problems.add(
                node.place,
                format!("`{field}` is empty; write `*` to match everything"),
            );
            return None;
        }
        if text.len() > MAX_LENGTH {
            problems.add(
                node.place,
                format!(
                    "`{field}`: the pattern has {} bytes; at most {MAX_LENGTH} are allowed",
                    text.len()
                ),
            );
            return None;
        }
        if has_wildcard(text) && !problems.admit_wildcard(node.place) {
            return None;
        }
        match Self::compile(text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let shown = node.shown();
                problems.add(
                    node.place,
                    format!("`{field}`: {shown} is no pattern: {why}; put `\\` before a character that is meant literally"),
                );
                None
            }
        }
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', ']', '{', '}', '\\'])
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Value for Pattern {
    fn expected() -> String {
        "a pattern such as `openssl*`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        Self::read_text(node, field, text, problems)
    }
}

/// A pattern for paths from the image root, written with or without the
/// leading slash.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PathPattern(Pattern);

impl PathPattern {
    /// Whether it matches `path`, which has no leading slash.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.0.matches(path)
    }

    /// As it is compared: without the leading slash.
    pub(crate) fn text(&self) -> &str {
        self.0.text()
    }
}

impl Value for PathPattern {
    fn expected() -> String {
        "a path pattern such as `/usr/bin/*`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        let text = text.strip_prefix('/').unwrap_or(text);
        Pattern::read_text(node, field, text, problems).map(Self)
    }
}

/// Whether one of `patterns` matches.
pub(crate) fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// Whether one of `patterns` matches a path without leading slash.
pub(crate) fn any_path(patterns: &[PathPattern], path: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::compile(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_star_stays_within_a_component_unless_it_is_alone() {
        assert!(matches("*", "docker.io/library/nginx:1.27"));
        assert!(matches("shop/*", "shop/api"));
        assert!(!matches("shop/*", "shop/team/api"));
        assert!(matches("shop/**", "shop/team/api"));
        assert!(matches("**/api", "api"));
        assert!(matches("{usr/,}bin/su", "bin/su"));
        assert!(matches("{usr/,}bin/su", "usr/bin/su"));
        assert!(!matches("openssl", "openssl3"));
        assert!(matches(r"bin/\[", "bin/["));
    }

    #[test]
    fn broken_patterns_are_refused() {
        assert!(Pattern::compile("[a").is_err());
        assert!(Pattern::compile("{a").is_err());
    }
}
