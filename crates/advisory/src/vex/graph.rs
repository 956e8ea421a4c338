//! What depends on what, asked from below: whether a package can only be
//! reached through others.

use super::VexError;
use plimsoll_types::Package;

/// Comparisons and steps that applying statements may take.
const MAX_STEPS: usize = 100_000_000;

pub(super) struct Graph {
    /// For each package those that depend on it.
    dependents: Vec<Vec<usize>>,
    /// Whether a package may be used without any other: nothing depends on it,
    /// or only what it depends on itself, or it is one of the distribution.
    entry: Vec<bool>,
    steps: usize,
}

impl Graph {
    pub(super) fn of(packages: &[Package]) -> Self {
        let mut dependents = vec![Vec::new(); packages.len()];
        let edges = |package: &Package| {
            let edges = package.depends_on.iter();
            let edges = edges.filter_map(|&to| usize::try_from(to).ok());
            edges.collect::<Vec<_>>()
        };
        for (index, package) in packages.iter().enumerate() {
            for to in edges(package) {
                if let Some(known) = dependents.get_mut(to) {
                    known.push(index);
                }
            }
        }
        let own = |index: usize| {
            packages
                .get(index)
                .is_some_and(|p| p.record.ecosystem.is_os())
        };
        let mut entry: Vec<bool> = dependents
            .iter()
            .enumerate()
            .map(|(index, dependents)| dependents.is_empty() || own(index))
            .collect();
        let mut reached = entry.clone();
        let mut left: Vec<usize> = (0..packages.len()).filter(|&index| entry[index]).collect();
        while let Some(index) = left.pop() {
            for to in packages.get(index).map(edges).unwrap_or_default() {
                if let Some(seen) = reached.get_mut(to).filter(|seen| !**seen) {
                    *seen = true;
                    left.push(to);
                }
            }
        }
        // A ring that nothing leads into can be entered anywhere.
        for (entry, reached) in entry.iter_mut().zip(reached) {
            *entry |= !reached;
        }
        Self {
            dependents,
            entry,
            steps: 0,
        }
    }

    /// Counts work.
    pub(super) fn step(&mut self, steps: usize) -> Result<(), VexError> {
        self.steps = self.steps.saturating_add(steps);
        match self.steps > MAX_STEPS {
            true => Err(VexError::TooMuch),
            false => Ok(()),
        }
    }

    /// Whether every path from the image to `package` goes through one of
    /// `gates`, which are sorted; the package itself may be one.
    pub(super) fn is_behind(&mut self, package: usize, gates: &[usize]) -> Result<bool, VexError> {
        self.step(1)?;
        if gates.binary_search(&package).is_ok() {
            return Ok(true);
        }
        if gates.is_empty() || self.is_entry(package) {
            return Ok(false);
        }
        let mut seen = std::collections::HashSet::from([package]);
        let mut left = vec![package];
        while let Some(index) = left.pop() {
            let dependents = self.dependents.get(index).cloned().unwrap_or_default();
            self.step(1 + dependents.len())?;
            for above in dependents {
                if gates.binary_search(&above).is_ok() || !seen.insert(above) {
                    continue;
                }
                if self.is_entry(above) {
                    return Ok(false);
                }
                left.push(above);
            }
        }
        Ok(true)
    }

    fn is_entry(&self, package: usize) -> bool {
        self.entry.get(package).copied().unwrap_or(true)
    }
}
