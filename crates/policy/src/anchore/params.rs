//! Parameters of triggers: what they are called, what they may hold, and their
//! values as they are read. Documents write texts; numbers, truth values and
//! lists of JSON are understood as well.

use crate::document::{Content, Node, Problems};
use crate::text::{quoted, suggestion};
use regex::bytes::{Regex, RegexBuilder};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// One parameter of a trigger.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name, then others that mean the same.
    pub(super) names: &'static [&'static str],
    pub(super) required: bool,
    pub(super) kind: Kind,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Bool,
    Number,
    Float,
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// Texts with commas between them.
    List,
    Numbers,
    /// A regular expression that is tried at the beginning of a text.
    Regex,
}

/// A parameter that must be there.
pub(super) const fn required(names: &'static [&'static str], kind: Kind) -> Parameter {
    Parameter {
        names,
        required: true,
        kind,
    }
}

/// A parameter that may be left out.
pub(super) const fn optional(names: &'static [&'static str], kind: Kind) -> Parameter {
    Parameter {
        names,
        required: false,
        kind,
    }
}

/// The parameters of a rule by their first names.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Values(BTreeMap<&'static str, Value>);

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Bool(bool),
    Number(u64),
    Float(f64),
    Word(&'static str),
    List(Vec<String>),
    Numbers(Vec<u64>),
    Regex(Anchored),
}

impl Values {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Text(text) => Some(text),
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn float(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    pub(super) fn numbers(&self, name: &str) -> &[u64] {
        match self.0.get(name) {
            Some(Value::Numbers(list)) => list,
            _ => &[],
        }
    }

    pub(super) fn regex(&self, name: &str) -> Option<&Anchored> {
        match self.0.get(name)? {
            Value::Regex(regex) => Some(regex),
            _ => None,
        }
    }
}

/// Reads the `params` of a rule, which `what` names in messages.
pub(super) fn read(
    written: &[(String, &Node)],
    known: &'static [Parameter],
    what: &str,
    rule: &Node,
    problems: &mut Problems,
) -> Values {
    let mut values = Values::default();
    for (name, node) in written {
        let is = |parameter: &&Parameter| {
            let mut names = parameter.names.iter();
            names.any(|known| known.eq_ignore_ascii_case(name))
        };
        let Some(parameter) = known.iter().find(is) else {
            let names = known
                .iter()
                .filter_map(|known| known.names.first().copied());
            let hint = suggestion(name, names);
            let name = quoted(name);
            problems.add(
                node.place,
                format!("{what}: unknown parameter {name}{hint}"),
            );
            continue;
        };
        let Some(first) = parameter.names.first() else {
            continue;
        };
        if matches!(node.content, Content::Null) {
            continue;
        }
        match parameter.kind.read(node, problems) {
            Ok(value) => {
                if values.0.insert(first, value).is_some() {
                    problems.add(
                        node.place,
                        format!("{what}: the parameter `{first}` stands twice"),
                    );
                }
            }
            Err(expected) => problems.add(
                node.place,
                format!("{what}: `{first}`: {} is not {expected}", node.shown()),
            ),
        }
    }
    for parameter in known.iter().filter(|parameter| parameter.required) {
        let Some(first) = parameter.names.first() else {
            continue;
        };
        let is_wrong = written.iter().any(|(name, node)| {
            !matches!(node.content, Content::Null)
                && parameter.names.iter().any(|n| n.eq_ignore_ascii_case(name))
        });
        if !values.0.contains_key(first) && !is_wrong {
            problems.add(
                rule.place,
                format!("{what} has no parameter `{first}`, which it needs"),
            );
        }
    }
    values
}

impl Kind {
    /// What to write, on error.
    fn read(self, node: &Node, problems: &mut Problems) -> Result<Value, String> {
        let scalar = node.scalar().map(str::trim);
        let needs = |expected: &str| expected.to_owned();
        match self {
            Kind::Text => {
                let text = node.scalar().ok_or_else(|| needs("a text"))?;
                Ok(Value::Text(text.to_owned()))
            }
            Kind::Bool => match scalar.map(str::to_ascii_lowercase).as_deref() {
                Some("true") => Ok(Value::Bool(true)),
                Some("false") => Ok(Value::Bool(false)),
                _ => Err(needs("`true` or `false`")),
            },
            Kind::Number => number(scalar)
                .map(Value::Number)
                .ok_or_else(|| needs("a whole number")),
            Kind::Float => {
                let number = scalar.and_then(|text| text.parse().ok());
                let number = number.filter(|number: &f64| number.is_finite());
                number.map(Value::Float).ok_or_else(|| needs("a number"))
            }
            Kind::OneOf(words) => {
                let word = scalar.and_then(|text| {
                    let mut words = words.iter();
                    words.find(|word| word.eq_ignore_ascii_case(text))
                });
                word.map(|word| Value::Word(word))
                    .ok_or_else(|| format!("one of `{}`", words.join("`, `")))
            }
            Kind::List => Ok(Value::List(
                texts(node).ok_or_else(|| needs("a list, `a,b,c`"))?,
            )),
            Kind::Numbers => {
                let texts = texts(node).ok_or_else(|| needs("a list of numbers, `1,2,3`"))?;
                let numbers = texts.iter().map(|text| number(Some(text)));
                let numbers: Option<Vec<u64>> = numbers.collect();
                numbers
                    .map(Value::Numbers)
                    .ok_or_else(|| needs("a list of numbers, `1,2,3`"))
            }
            Kind::Regex => {
                let text = node.scalar().ok_or_else(|| needs("a regular expression"))?;
                if !problems.admit_wildcard(node.place) {
                    return Err(needs("read: there are too many patterns"));
                }
                Anchored::compile(text).map(Value::Regex)
            }
        }
    }
}

fn number(text: Option<&str>) -> Option<u64> {
    let text = text?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // As days, more are not told apart from forever, and overflow.
    text.parse().ok().filter(|n| digits && *n <= 1 << 40)
}

/// The items of a list in JSON or with commas; what is empty is left out.
fn texts(node: &Node) -> Option<Vec<String>> {
    let items: Vec<&str> = match &node.content {
        Content::List(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Node::scalar).collect();
            texts?
        }
        _ => node.scalar()?.split(',').collect(),
    };
    let items = items.into_iter().map(str::trim);
    Some(items.filter(|i| !i.is_empty()).map(str::to_owned).collect())
}

/// A regular expression as Python's `re.match` takes it: from the beginning,
/// not to the end. It is matched in time linear to the text.
#[derive(Clone, Debug)]
pub(super) struct Anchored {
    text: String,
    regex: Regex,
}

impl Anchored {
    /// # Errors
    /// Why it is none, after `… is not`.
    pub(super) fn compile(text: &str) -> Result<Self, String> {
        // Bytes: what `.` stands for is then not bound to the Unicode tables.
        let regex = RegexBuilder::new(&format!("^(?:{text})"))
            .unicode(false)
            .size_limit(1 << 18)
            .dfa_size_limit(1 << 18)
            .build()
            .map_err(|error| {
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default().trim().to_owned();
                let why = why.strip_prefix("error: ").unwrap_or(&why);
                format!("a regular expression that is matched in linear time: {why}")
            })?;
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Serialize for Anchored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
