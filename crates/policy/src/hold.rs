//! What keeps a reason from having its action: time that was granted, or too
//! few of a kind.

use crate::Subject;
use crate::day;
use crate::document::{Content, Days, Fields, Node, Problems, Value, scalar, words, wrong};
use crate::text::suggestion;
use crate::verdict::{Evidence, Hold, Reason};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

/// How long a rule only warns of what it would stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Grace {
    /// To the end of this day.
    Until(Date),
    /// So long since that moment of each vulnerability; one of which it is not
    /// known has no grace.
    Since {
        #[serde(rename = "for")]
        days: Days,
        from: Clock,
    },
}

/// What a grace period counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Clock {
    /// The vulnerability was published.
    Published,
    /// A version without it was published.
    Fix,
}

impl Clock {
    const ALL: [Self; 2] = [Self::Published, Self::Fix];

    fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Fix => "fix",
        }
    }
}

words! { Clock: Clock::ALL; }

impl Value for Grace {
    fn expected() -> String {
        "a time such as `14d` since publication, `{ for: 14d, from: fix }`, or \
         `{ until: YYYY-MM-DD }`"
            .into()
    }

    fn schema() -> serde_json::Value {
        let (days, until) = (Days::schema(), Date::schema());
        json!({ "anyOf": [
            days,
            {
                "type": "object",
                "properties": { "for": days, "from": Clock::schema() },
                "required": ["for"],
                "additionalProperties": false,
            },
            {
                "type": "object",
                "properties": { "until": until },
                "required": ["until"],
                "additionalProperties": false,
            },
        ] })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        if !matches!(node.content, Content::Map(_)) {
            let days = Days::read(node, field, problems)?;
            let from = Clock::Published;
            return Some(Self::Since { days, from });
        }
        let mut fields = Fields::of(node, &format!("`{field}`"), problems)?;
        let until = fields.take::<Option<Date>>("until", problems);
        let days = fields.take::<Option<Days>>("for", problems);
        let from = fields.take::<Option<Clock>>("from", problems);
        fields.finish(problems);
        match (until?, days?, from?) {
            (Some(until), None, None) => Some(Self::Until(until)),
            (None, Some(days), from) => {
                let from = from.unwrap_or(Clock::Published);
                Some(Self::Since { days, from })
            }
            _ => {
                wrong::<Self>(node, field, "", problems);
                None
            }
        }
    }
}

impl Grace {
    /// What it grants to `reason`, if that has not run out.
    pub(crate) fn hold(self, reason: &Reason, subject: &Subject<'_>) -> Option<Hold> {
        let last = match self {
            Self::Until(last) => last,
            Self::Since { days, from } => from
                .of(reason, subject)?
                .checked_add(i64::from(days.0).days())
                .ok()?,
        };
        (subject.day() <= last).then(|| Hold::Grace {
            until: last.to_string(),
        })
    }
}

impl Clock {
    fn of(self, reason: &Reason, subject: &Subject<'_>) -> Option<Date> {
        let Evidence::Finding(index) = reason.evidence else {
            return None;
        };
        let finding = subject.findings.get(index)?;
        let day = match self {
            Self::Published => finding.published.as_deref(),
            Self::Fix => finding.fix.since.as_deref(),
        };
        day.and_then(day::parse)
    }
}

/// Holds the reasons of a rule that fires only on more things than that. What
/// is not known is never few enough.
pub(crate) fn threshold(more_than: u32, reasons: &mut [Reason]) {
    let is_known = |reason: &Reason| !reason.evidence.is_ignorance();
    let found = reasons
        .iter()
        .filter(|reason| reason.counts() && is_known(reason));
    let found = found.count();
    if found > usize::try_from(more_than).unwrap_or(usize::MAX) {
        return;
    }
    for reason in reasons.iter_mut().filter(|reason| is_known(reason)) {
        reason.hold = Some(Hold::Threshold { found, more_than });
    }
}
