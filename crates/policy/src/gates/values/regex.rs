use crate::document::{Node, Problems, Value, scalar};
use serde::{Serialize, Serializer};

/// Longest expression, in bytes.
const MAX_LENGTH: usize = 1024;
/// Most memory of a compiled expression.
const MAX_COMPILED: usize = 256 << 10;

/// A regular expression that takes linear time on every text. It may match
/// anywhere unless it says `^` and `$`; classes and case are those of ASCII.
#[derive(Clone, Debug)]
pub(crate) struct Regex(regex::bytes::Regex);

impl Regex {
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        self.0.as_str()
    }

    fn compile(text: &str) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            let length = text.len();
            return Err(format!(
                "it has {length} bytes; at most {MAX_LENGTH} are allowed"
            ));
        }
        let built = regex::bytes::RegexBuilder::new(text)
            .unicode(false)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large when compiled".to_owned(),
            error => {
                // The last line says why; those before draw where.
                let text = error.to_string();
                let why = text.lines().next_back().unwrap_or_default();
                why.trim_start_matches("error: ").to_owned()
            }
        })
    }
}

/// Whether one of `expressions` matches.
pub(crate) fn any_match(expressions: &[Regex], text: &str) -> bool {
    expressions
        .iter()
        .any(|expression| expression.matches(text))
}

impl Serialize for Regex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl Value for Regex {
    fn expected() -> String {
        "a regular expression such as `curl .*\\| *sh`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        if !problems.admit_wildcard(node.place) {
            return None;
        }
        match Self::compile(text) {
            Ok(expression) => Some(expression),
            Err(why) => {
                let shown = node.shown();
                problems.add(
                    node.place,
                    format!("`{field}`: {shown} is no regular expression: {why}"),
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_and_oversized_expressions_are_refused_in_one_line() {
        assert!(Regex::compile("^sudo ").unwrap().matches("sudo true"));
        for text in [
            "(",
            "[z-a]",
            r"(a)\1",
            "(?=a)",
            "a{1000}{1000}",
            &"a".repeat(2000),
        ] {
            let why = Regex::compile(text).unwrap_err();
            assert!(!why.is_empty() && why.lines().count() == 1, "{why}");
        }
    }
}
