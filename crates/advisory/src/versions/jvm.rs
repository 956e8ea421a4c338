//! Java runtimes: the scheme of JEP 223 and the older `1.X.0_U`, which is
//! `X.0.U` there. Build numbers take no part in the order.

use super::number::{Number, compare_padded, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    numbers: Vec<Number>,
    early_access: bool,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let text = lower.split('+').next().unwrap_or_default();
        let text = text.replacen("-update", "_", 1).replacen("__", "_", 1);
        let (version, tail) = take(&text, |c| c.is_ascii_digit() || matches!(c, '.' | '_'));
        let mut numbers = version
            .split(['.', '_'])
            .map(Number::parse)
            .collect::<Option<Vec<_>>>()?;
        if numbers.len() > 1 && numbers.first() == Number::parse("1").as_ref() {
            numbers.remove(0);
        }
        let words = tail.split('-').filter(|word| !word.is_empty());
        let build = |word: &str| {
            word.strip_prefix('b')
                .is_some_and(|n| Number::parse(n).is_some())
        };
        let mut early_access = false;
        for word in words.filter(|word| !build(word)) {
            match word {
                "ea" => early_access = true,
                "lts" | "internal" => {}
                _ => return None,
            }
        }
        Some(Self {
            numbers,
            early_access,
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.numbers, &other.numbers)
            .then_with(|| other.early_access.cmp(&self.early_access))
    }
}

super::number::order_by_cmp!(Version);
