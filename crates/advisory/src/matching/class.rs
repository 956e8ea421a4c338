//! Records of several feeds that tell of the same vulnerability.

use super::lookup::Hit;
use std::collections::BTreeMap;

/// Groups the hits of one package by their ids and aliases.
pub(super) fn group(hits: Vec<Hit>) -> Vec<Vec<Hit>> {
    let mut parents: Vec<usize> = (0..hits.len()).collect();
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, hit) in hits.iter().enumerate() {
        let ids = std::iter::once(&hit.head.id).chain(&hit.head.aliases);
        for id in ids {
            let other = *owners.entry(id).or_insert(index);
            let (a, b) = (root(&parents, other), root(&parents, index));
            // The smaller index leads, whatever the order of ids.
            parents[a.max(b)] = a.min(b);
        }
    }
    let roots: Vec<usize> = (0..hits.len()).map(|index| root(&parents, index)).collect();
    let mut classes: BTreeMap<usize, Vec<Hit>> = BTreeMap::new();
    for (hit, root) in hits.into_iter().zip(roots) {
        classes.entry(root).or_default().push(hit);
    }
    classes.into_values().collect()
}

fn root(parents: &[usize], mut index: usize) -> usize {
    while parents[index] != index {
        index = parents[index];
    }
    index
}
