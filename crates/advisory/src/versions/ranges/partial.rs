//! Versions of which the last numbers are missing or wild: `1.2`, `1.x`, `*`.

use crate::versions::number::Number;
use std::cmp::Ordering;

/// Numbers of a whole version.
const WHOLE: usize = 3;

#[derive(Clone, Debug)]
pub(super) struct Partial<'a> {
    /// The numbers in front of the first that is missing or wild.
    pub numbers: Vec<Number>,
    /// What follows a dash.
    pub tail: &'a str,
}

impl<'a> Partial<'a> {
    /// Reads `[v]1.2.3[-tail][+build]`; `None` if a part is neither a number
    /// nor wild.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_start_matches(['v', 'V']);
        let text = text.split('+').next().unwrap_or_default();
        let (core, tail) = text.split_once('-').unwrap_or((text, ""));
        let mut numbers = Vec::new();
        let mut wild = false;
        for part in core.split('.').filter(|_| !core.is_empty()) {
            if matches!(part, "x" | "X" | "*") {
                wild = true;
                continue;
            }
            let number = Number::parse(part)?;
            if !wild {
                numbers.push(number);
            }
        }
        Some(Self { numbers, tail })
    }

    pub fn is_whole(&self) -> bool {
        self.numbers.len() >= WHOLE
    }

    pub fn is_zero(&self) -> bool {
        self.numbers.iter().all(Number::is_zero)
    }

    /// Where the version stands whose numbers are given: before, among or
    /// after all those that begin like this one.
    pub fn place(&self, numbers: &[Number]) -> Ordering {
        place(numbers, &self.numbers)
    }

    /// `~1.2.3`: what begins with `1.2`; `~1` with `1`.
    pub fn tilde(&self, numbers: &[Number]) -> bool {
        let fixed = self.numbers.len().min(2);
        place(numbers, &self.numbers[..fixed]).is_eq()
    }

    /// `~>1.2.3`: what begins with all but its last number.
    pub fn pessimistic(&self, numbers: &[Number]) -> bool {
        let fixed = self.numbers.len().saturating_sub(1).max(1);
        let fixed = fixed.min(self.numbers.len());
        place(numbers, &self.numbers[..fixed]).is_eq()
    }

    /// `^0.2.3`: what begins like it up to the first number that is not zero.
    pub fn caret(&self, numbers: &[Number]) -> bool {
        let nonzero = self.numbers.iter().position(|n| !n.is_zero());
        let fixed = nonzero.map_or(self.numbers.len(), |i| i + 1);
        place(numbers, &self.numbers[..fixed]).is_eq()
    }
}

/// Orders the beginning of a list of numbers against a whole list.
pub(super) fn place(numbers: &[Number], prefix: &[Number]) -> Ordering {
    let zero = Number::default();
    let pairs = prefix.iter().enumerate();
    pairs
        .map(|(i, other)| numbers.get(i).unwrap_or(&zero).cmp(other))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
