//! Names by which the parts of one document refer to each other.

use plimsoll_types::Package;
use std::collections::{HashMap, HashSet};

/// The names that are taken.
#[derive(Default)]
pub(super) struct References {
    taken: HashSet<String>,
    /// The last number of a name that is taken.
    numbers: HashMap<String, u32>,
}

impl References {
    /// `wanted`, or with a number at its end where that is taken.
    pub fn take(&mut self, wanted: String) -> String {
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        let number = self.numbers.entry(wanted.clone()).or_insert(1);
        loop {
            *number += 1;
            let reference = format!("{wanted}#{number}");
            if self.taken.insert(reference.clone()) {
                return reference;
            }
        }
    }

    pub fn of_package(&mut self, package: &Package, purl: Option<&str>) -> String {
        let record = &package.record;
        let unnamed = || {
            format!(
                "{}:{}@{}",
                record.ecosystem,
                record.name,
                record.full_version()
            )
        };
        self.take(purl.map_or_else(unnamed, str::to_owned))
    }
}

/// A hash of a name, in hex, for forms whose names have few characters.
pub(super) fn short(reference: &str) -> String {
    blake3::hash(reference.as_bytes()).to_hex()[..16].to_owned()
}
