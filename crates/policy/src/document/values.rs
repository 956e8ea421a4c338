use crate::document::fields::{scalar, wrong};
use crate::document::node::{Content, Node};
use crate::document::{Problems, Value};
use crate::text::{one_line, suggestion};
use crate::verdict::{Action, Outcome};
use jiff::civil::Date;
use plimsoll_types::{
    Change, Ecosystem, FindingClass, FixState, GapKind, Justification, Severity, VexStatus,
};
use serde::{Serialize, Serializer};
use serde_json::json;

impl Value for String {
    fn expected() -> String {
        "a text".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": ["string", "number", "boolean"], "minLength": 1 })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        // Folded, because it becomes part of lines for people.
        let text = scalar::<Self>(node, field, problems)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = one_line(&words.join(" "));
        if text.is_empty() {
            problems.add(node.place, format!("`{field}` is empty; write a text"));
            return None;
        }
        Some(text)
    }
}

impl Value for bool {
    fn expected() -> String {
        "`true` or `false`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "boolean" })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        match node.scalar().map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                wrong::<Self>(node, field, "", problems);
                None
            }
        }
    }
}

impl Value for u32 {
    fn expected() -> String {
        "a whole number".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "integer", "minimum": 0 })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let number = scalar::<Self>(node, field, problems)?.parse().ok();
        if number.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        number
    }
}

/// One value counts as a list of one; an empty list would be a rule that never
/// fires, so it is a problem.
impl<T: Value> Value for Vec<T> {
    fn expected() -> String {
        format!("{}, or a list of them", T::expected())
    }

    fn schema() -> serde_json::Value {
        let one = T::schema();
        json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::List(items) if items.is_empty() => {
                problems.add(
                    node.place,
                    format!("`{field}` is an empty list; name something or leave it out"),
                );
                None
            }
            Content::List(items) => {
                let values: Vec<_> = items
                    .iter()
                    .map(|item| T::read(item, field, problems))
                    .collect();
                values.into_iter().collect()
            }
            _ => T::read(node, field, problems).map(|value| vec![value]),
        }
    }
}

macro_rules! words {
    ($($type:ty: $all:expr;)*) => {$(
        impl Value for $type {
            fn expected() -> String {
                $crate::document::one_of($all.iter().map(|word| word.as_str()))
            }

            fn schema() -> serde_json::Value {
                let words: Vec<&str> = $all.iter().map(|word| word.as_str()).collect();
                serde_json::json!({ "enum": words })
            }

            fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
                let word = scalar::<Self>(node, field, problems)?;
                let found = $all.iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
                if found.is_none() {
                    let hint = suggestion(word, $all.iter().map(|known| known.as_str()));
                    problems.add(
                        node.place,
                        format!("`{field}`: unknown value {}{hint}", node.shown()),
                    );
                }
                found.copied()
            }
        }
    )*};
}
pub(crate) use words;

/// The words, or of very many those that come first: the table names all.
pub(crate) fn one_of(words: impl ExactSizeIterator<Item = &'static str>) -> String {
    const MOST: usize = 24;
    let more = if words.len() > MOST { ", …" } else { "" };
    let shown = words.len().min(if more.is_empty() { MOST } else { 8 });
    let words: Vec<_> = words.take(shown).map(|word| format!("`{word}`")).collect();
    format!("one of {}{more}", words.join(", "))
}

words! {
    Action: [Action::Stop, Action::Warn, Action::Go, Action::Info];
    Outcome: Outcome::ALL;
    Severity: Severity::WORST_FIRST;
    FixState: [
        FixState::Fixed,
        FixState::NotFixed,
        FixState::WontFix,
        FixState::Deferred,
        FixState::EndOfLife,
        FixState::UnderInvestigation,
        FixState::Unknown,
    ];
    FindingClass: FindingClass::ALL;
    Ecosystem: Ecosystem::ALL;
    GapKind: GapKind::ALL;
    Change: Change::ALL;
    VexStatus: VexStatus::ALL;
    Justification: Justification::ALL;
}

/// A number of whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Days(pub(crate) u32);

impl Value for Days {
    fn expected() -> String {
        "a time such as `14d` or `2w`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^[0-9]+[dw]$" })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        let days = match text.char_indices().last() {
            Some((end, 'd')) => number(&text[..end]),
            Some((end, 'w')) => number(&text[..end]).and_then(|weeks| weeks.checked_mul(7)),
            _ => None,
        };
        if days.is_none() {
            let hint = match number(text) {
                Some(days) => format!("; did you mean `{days}d`?"),
                None => String::new(),
            };
            wrong::<Self>(node, field, &hint, problems);
        }
        days.map(Days)
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // A hundred years are forever, and keep arithmetic on days in bounds.
    text.parse().ok().filter(|days| digits && *days <= 36_500)
}

/// A CVSS score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Score(pub(crate) f64);

impl Value for Score {
    fn expected() -> String {
        "a score from `0.0` to `10.0`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "number", "minimum": 0, "maximum": 10 })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let score = scalar::<Self>(node, field, problems)?.parse().ok();
        let score = score.filter(|score| (0.0..=10.0).contains(score));
        if score.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        score.map(Score)
    }
}

/// A probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Share(pub(crate) f64);

impl Value for Share {
    fn expected() -> String {
        "a share from `0.0` to `1.0`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "number", "minimum": 0, "maximum": 1 })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let share = scalar::<Self>(node, field, problems)?.parse().ok();
        let share = share.filter(|share| (0.0..=1.0).contains(share));
        if share.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        share.map(Share)
    }
}

/// A risk in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Percent(pub(crate) f64);

impl Value for Percent {
    fn expected() -> String {
        "a number from `0` to `100`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "number", "minimum": 0, "maximum": 100 })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let percent = scalar::<Self>(node, field, problems)?.parse().ok();
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        if percent.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        percent.map(Percent)
    }
}

impl Value for Date {
    fn expected() -> String {
        "a day as `YYYY-MM-DD`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        let day = Date::strptime("%Y-%m-%d", text).ok();
        let day = day.filter(|day| day.to_string() == text);
        if day.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        day
    }
}

/// The last day on which something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastDay {
    Never,
    On(Date),
}

impl LastDay {
    /// Whether `day` is after the last day.
    pub(crate) fn is_over(self, day: Date) -> bool {
        matches!(self, LastDay::On(last) if day > last)
    }

    /// Days from `day` to the last day; `None` without an end.
    pub(crate) fn days_left(self, day: Date) -> Option<i64> {
        match self {
            LastDay::Never => None,
            LastDay::On(last) => Some(crate::day::days(day, last)),
        }
    }

    /// `YYYY-MM-DD`; `None` without an end.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            LastDay::Never => None,
            LastDay::On(last) => Some(last.to_string()),
        }
    }
}

impl Serialize for LastDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(serializer)
    }
}

impl Value for LastDay {
    fn expected() -> String {
        "its last day as `YYYY-MM-DD`, or `never`".into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$" })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        if text.eq_ignore_ascii_case("never") {
            return Some(LastDay::Never);
        }
        let day = Date::strptime("%Y-%m-%d", text)
            .ok()
            .filter(|day| day.to_string() == text);
        if day.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        day.map(LastDay::On)
    }
}
