//! Packagist: versions as Composer normalises them, four numbers or a date,
//! a stability and its numbers. Branches other than `1.x-dev` have no order.

use super::number::{Number, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    numbers: Vec<Number>,
    stability: Stability,
    counter: Vec<Number>,
    /// A development state of what stands before it.
    dev: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stability {
    Dev,
    Alpha,
    Beta,
    Candidate,
    Stable,
    Patch,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let text = lower.split(['#', '@', '+']).next().unwrap_or_default();
        let text = text.strip_prefix('v').unwrap_or(text);
        if let Some(branch) = text.strip_suffix("-dev").filter(|b| b.contains(['x', '*'])) {
            return Self::branch(branch);
        }
        let mut numbers = Vec::new();
        let mut rest = text;
        let mut dashed = false;
        loop {
            let (digits, tail) = take(rest, |c| c.is_ascii_digit());
            numbers.push(Number::parse(digits)?);
            rest = tail;
            // Dates are also written with dashes.
            let separator: &[char] = if text.len() >= 10 && numbers.len() < 3 && is_year(text) {
                &['.', '-', ':']
            } else {
                &['.']
            };
            match tail.strip_prefix(separator) {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => {
                    dashed |= !tail.starts_with('.');
                    rest = next;
                }
                _ => break,
            }
        }
        // Dates stay as long as they are.
        let (first, _) = take(text, |c| c.is_ascii_digit());
        if first.len() <= 5 && !dashed {
            numbers.resize(4.max(numbers.len()), Number::default());
        }
        let (rest, dev) = match rest.strip_suffix("dev") {
            Some(rest) => (rest.strip_suffix(['.', '-']).unwrap_or(rest), true),
            None => (rest, false),
        };
        let tail = rest.strip_prefix(['.', '_', '-']).unwrap_or(rest);
        let (word, tail) = take(tail, |c| c.is_ascii_lowercase());
        let stability = match word {
            "" | "stable" => Stability::Stable,
            "alpha" | "a" => Stability::Alpha,
            "beta" | "b" => Stability::Beta,
            "rc" => Stability::Candidate,
            "patch" | "pl" | "p" => Stability::Patch,
            _ => return None,
        };
        let parts = tail.split(['.', '-']).filter(|part| !part.is_empty());
        let counter = parts.map(Number::parse).collect::<Option<Vec<_>>>()?;
        Some(match stability {
            Stability::Stable if !counter.is_empty() => return None,
            Stability::Stable if dev => Self {
                numbers,
                stability: Stability::Dev,
                counter,
                dev: false,
            },
            stability => Self {
                numbers,
                stability,
                counter,
                dev,
            },
        })
    }

    pub fn is_stable(&self) -> bool {
        self.stability == Stability::Stable
    }

    /// `1.2.x`: after every version that it can still bring forth.
    fn branch(text: &str) -> Option<Self> {
        let mut numbers = Vec::new();
        for part in text.split('.') {
            match part {
                "x" | "*" => break,
                digits => numbers.push(Number::parse(digits)?),
            }
        }
        numbers.resize(4.max(numbers.len()), Number::parse("9999999")?);
        Some(Self {
            numbers,
            stability: Stability::Dev,
            counter: Vec::new(),
            dev: false,
        })
    }
}

/// Orders texts of which one may be no version, as PHP's `version_compare`.
pub(super) fn compare_any(a: &str, b: &str) -> Ordering {
    let (a, b) = (php_parts(a), php_parts(b));
    for (x, y) in a.iter().zip(&b) {
        let order = match (Number::parse(x), Number::parse(y)) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => php_form(x).cmp(&php_form(y)),
        };
        if order.is_ne() {
            return order;
        }
    }
    // A number goes on to something newer, a word is measured by itself.
    let end = php_form("0");
    let next = |parts: &[String], other: usize| {
        parts.get(other).map(|part| match Number::parse(part) {
            Some(_) => Ordering::Greater,
            None => php_form(part).cmp(&end),
        })
    };
    next(&a, b.len())
        .or_else(|| next(&b, a.len()).map(Ordering::reverse))
        .unwrap_or(Ordering::Equal)
}

/// Runs of digits and of anything else, between dots, dashes, underscores and
/// plus signs.
fn php_parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in text.split(['.', '-', '_', '+']).filter(|p| !p.is_empty()) {
        let mut rest = piece;
        while !rest.is_empty() {
            let numeric = rest.starts_with(|c: char| c.is_ascii_digit());
            let (part, tail) = take(rest, |c| c.is_ascii_digit() == numeric);
            parts.push(part.to_owned());
            rest = tail;
        }
    }
    parts
}

/// Rank of a part by what it begins with; words that are not known are oldest.
fn php_form(part: &str) -> u8 {
    const FORMS: [(&str, u8); 6] = [
        ("dev", 1),
        ("a", 2),
        ("b", 3),
        ("RC", 4),
        ("rc", 4),
        ("p", 6),
    ];
    if Number::parse(part).is_some() {
        return 5;
    }
    let known = FORMS.iter().find(|(form, _)| part.starts_with(form));
    known.map_or(0, |(_, rank)| *rank)
}

fn is_year(text: &str) -> bool {
    let (digits, _) = take(text, |c| c.is_ascii_digit());
    digits.len() == 4
}

/// What goes on with numbers is newer, unless the other is a patch there.
fn numbers(a: &Version, b: &Version) -> Ordering {
    let common = a.numbers.len().min(b.numbers.len());
    let order = a.numbers[..common].cmp(&b.numbers[..common]);
    order.then_with(|| match a.numbers.len().cmp(&b.numbers.len()) {
        Ordering::Less if a.stability == Stability::Patch => Ordering::Greater,
        Ordering::Greater if b.stability == Stability::Patch => Ordering::Less,
        order => order,
    })
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        numbers(self, other)
            .then_with(|| self.stability.cmp(&other.stability))
            .then_with(|| self.counter.cmp(&other.counter))
            .then_with(|| other.dev.cmp(&self.dev))
    }
}

super::number::order_by_cmp!(Version);
