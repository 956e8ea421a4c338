use crate::document::{Node, Problems, Value, scalar, wrong};
use crate::pattern::Pattern;
use plimsoll_advisory::versions::{Scheme, Version};
use serde::{Serialize, Serializer};
use std::cmp::Ordering;

/// Versions: those that a pattern matches, or those between bounds in the
/// order of the ecosystem (`>= 1.2, < 2`).
#[derive(Clone, Debug)]
pub(crate) enum Versions {
    Matching(Pattern),
    Within { text: String, bounds: Vec<Bound> },
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    operator: Operator,
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Two characters before one.
const OPERATORS: &[(&str, Operator)] = &[
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("!=", Operator::NotEqual),
    ("==", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=", Operator::Equal),
];

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
        }
    }
}

/// What comes of asking whether a version is one of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Inside,
    Outside,
    /// It cannot be told, and why.
    Unknown(String),
}

impl Versions {
    /// Whether `version`, empty where there is none, is one of `conditions`.
    pub(crate) fn compare(conditions: &[Self], scheme: Scheme, version: &str) -> Comparison {
        let mut unknown = None;
        for condition in conditions {
            match condition.holds(scheme, version) {
                Ok(true) => return Comparison::Inside,
                Ok(false) => {}
                Err(why) => unknown = Some(why),
            }
        }
        unknown.map_or(Comparison::Outside, Comparison::Unknown)
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Matching(pattern) => pattern.text(),
            Self::Within { text, .. } => text,
        }
    }

    fn holds(&self, scheme: Scheme, version: &str) -> Result<bool, String> {
        match self {
            Self::Matching(pattern) if pattern.is_everything() => Ok(true),
            _ if version.is_empty() => Err("it states no version".to_owned()),
            Self::Matching(pattern) => Ok(pattern.matches(version)),
            Self::Within { bounds, .. } => {
                let mut all = true;
                for bound in bounds {
                    all &= bound.holds(scheme, version)?;
                }
                Ok(all)
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let bounds: Option<Vec<Bound>> = text.split(',').map(Bound::parse).collect();
        Some(Self::Within {
            text: text.to_owned(),
            bounds: bounds?,
        })
    }
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut operators = OPERATORS.iter();
        let (version, operator) = operators
            .find_map(|(written, operator)| Some((text.strip_prefix(written)?, *operator)))?;
        let version = version.trim();
        let is_version = !version.is_empty() && !version.contains(is_no_part);
        is_version.then(|| Self {
            operator,
            version: version.to_owned(),
        })
    }

    fn holds(&self, scheme: Scheme, version: &str) -> Result<bool, String> {
        let read = |text: &str| -> Result<Version, String> {
            let parsed = scheme.parse_unflavoured(text);
            parsed.ok_or_else(|| {
                format!("`{text}` is no version of the scheme `{}`", scheme.as_str())
            })
        };
        let bound = read(&self.version)?;
        // People leave out the epoch, which would make every bound lower than
        // every version that has one.
        let installed = match self.version.contains(':') {
            true => version,
            false => without_epoch(scheme, version),
        };
        Ok(self.operator.holds(read(installed)?.cmp(&bound)))
    }
}

/// What stands in no version: rather a mistake than a rule that never fires.
fn is_no_part(c: char) -> bool {
    c.is_whitespace() || "<>=!*?".contains(c)
}

fn without_epoch(scheme: Scheme, version: &str) -> &str {
    match scheme {
        Scheme::Deb | Scheme::Rpm | Scheme::Pacman => match version.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => rest,
            _ => version,
        },
        _ => version,
    }
}

impl Serialize for Versions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl Value for Versions {
    fn expected() -> String {
        "bounds such as `>= 1.2, < 2`, or a pattern such as `1.2.*`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?.trim();
        if !text.starts_with(['<', '>', '=', '!', '~', '^']) {
            return Pattern::read(node, field, problems).map(Self::Matching);
        }
        let versions = Self::parse(text);
        if versions.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        versions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(condition: &str, scheme: Scheme, version: &str) -> Comparison {
        let condition = Versions::parse(condition).unwrap();
        Versions::compare(&[condition], scheme, version)
    }

    #[test]
    fn bounds_follow_the_order_of_the_ecosystem() {
        for (condition, scheme, version, expected) in [
            ("< 1.10", Scheme::Semver, "1.9.0", Comparison::Inside),
            ("< 1.9", Scheme::Semver, "1.10.0", Comparison::Outside),
            (
                ">= 1.2, < 2",
                Scheme::Pep440,
                "1.2.post1",
                Comparison::Inside,
            ),
            (">= 1.2, < 2", Scheme::Pep440, "2.0", Comparison::Outside),
            ("< 2", Scheme::Deb, "2~rc1-1", Comparison::Inside),
            ("!= 1.0", Scheme::Semver, "1.0.0", Comparison::Outside),
            ("=1.0", Scheme::Semver, "1.0.0", Comparison::Inside),
        ] {
            assert_eq!(
                compare(condition, scheme, version),
                expected,
                "{condition} {version}"
            );
        }
    }

    #[test]
    fn a_bound_without_epoch_is_about_the_version_behind_it() {
        assert_eq!(compare("< 1.2", Scheme::Deb, "1:1.1-1"), Comparison::Inside);
        assert_eq!(
            compare(">= 1.2", Scheme::Rpm, "1:1.1-1"),
            Comparison::Outside
        );
        assert_eq!(
            compare("< 0:1.2", Scheme::Deb, "1:1.1-1"),
            Comparison::Outside
        );
    }

    #[test]
    fn what_does_not_compare_is_unknown() {
        let nonsense = compare("< 1.2", Scheme::Semver, "latest build");
        assert!(matches!(nonsense, Comparison::Unknown(_)), "{nonsense:?}");
        let none = compare("< 1.2", Scheme::Semver, "");
        assert_eq!(none, Comparison::Unknown("it states no version".into()));
    }

    #[test]
    fn mistakes_are_no_bounds() {
        for text in ["<", "< 1 2", "^1.2", "~> 1.2", ">= 1.*", "< 1,", "=> 1"] {
            assert!(Versions::parse(text).is_none(), "{text}");
        }
    }
}
