//! Which packages of a lock file only development needs.

use std::collections::{BTreeMap, BTreeSet};

/// Keys of a lock file and the keys that each leads to.
#[derive(Default)]
pub(super) struct Graph<'a> {
    pub edges: BTreeMap<&'a str, Vec<String>>,
    /// What the project needs to run.
    pub runtime: Vec<String>,
    /// What it needs besides, to be built or tested.
    pub development: Vec<String>,
}

impl Graph<'_> {
    /// What development leads to and running does not.
    pub fn only_development(&self) -> BTreeSet<&str> {
        let runtime = self.reach(&self.runtime);
        let mut development = self.reach(&self.development);
        development.retain(|key| !runtime.contains(key));
        development
    }

    fn reach<'s>(&'s self, roots: &'s [String]) -> BTreeSet<&'s str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = roots.iter().map(String::as_str).collect();
        while let Some(key) = open.pop() {
            if reached.insert(key)
                && let Some(next) = self.edges.get(key)
            {
                open.extend(next.iter().map(String::as_str));
            }
        }
        reached
    }
}
