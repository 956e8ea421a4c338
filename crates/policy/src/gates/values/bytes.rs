use crate::document::{Node, Problems, Value, scalar, wrong};
use serde::Serialize;
use std::fmt;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Bytes(pub(crate) u64);

/// Longest first, so that `GiB` is not read as `B`.
const UNITS: &[(&str, u64)] = &[
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

impl Bytes {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let units = UNITS.iter();
        let mut units = units.filter_map(|(unit, size)| Some((lower.strip_suffix(unit)?, *size)));
        let (number, size) = units.next().unwrap_or((&lower, 1));
        let number = number.trim();
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|_| digits)?;
        number.checked_mul(size).map(Self)
    }
}

impl Value for Bytes {
    fn expected() -> String {
        "a size such as `500MB` or `1GiB`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let bytes = Self::parse(scalar::<Self>(node, field, problems)?);
        if bytes.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        bytes
    }
}

/// In the largest decimal unit, to one tenth.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = [
            (1_000_000_000_000, "TB"),
            (1_000_000_000, "GB"),
            (1_000_000, "MB"),
            (1_000, "kB"),
        ];
        match decimal.iter().find(|(size, _)| self.0 >= *size) {
            Some((size, unit)) => {
                let (whole, tenth) = (self.0 / size, self.0 % size / (size / 10));
                write!(f, "{whole}.{tenth} {unit}")
            }
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_and_binary_units_are_told_apart() {
        for (text, bytes) in [
            ("12", 12),
            ("12b", 12),
            ("500MB", 500_000_000),
            ("1 GiB", 1 << 30),
            ("2kB", 2_000),
        ] {
            assert_eq!(Bytes::parse(text), Some(Bytes(bytes)), "{text}");
        }
        for text in ["", "MB", "-1", "1.5GB", "1XB", "99999999999999TB"] {
            assert_eq!(Bytes::parse(text), None, "{text}");
        }
        assert_eq!(Bytes(1_290_000_000).to_string(), "1.2 GB");
        assert_eq!(Bytes(999).to_string(), "999 bytes");
    }
}
