//! `plimsoll.difference/1` (docs/diff.md).

use super::{Difference, Known, PackageChange, Side};
use plimsoll_types::{Layer, Package};
use serde_json::{Value, json};

impl Difference<'_> {
    /// The whole of it for machines.
    pub fn json(&self) -> String {
        crate::formats::json_text(&self.value())
    }

    pub(super) fn value(&self) -> Value {
        let findings = self.findings.as_ref().map(|findings| {
            let list = |list: &[Known<'_>]| list.iter().map(finding).collect::<Vec<_>>();
            json!({
                "new": list(&findings.new),
                "worse": list(&findings.worse),
                "gone": list(&findings.gone),
                "still": list(&findings.still),
            })
        });
        let settings = self.settings.iter().map(|setting| {
            json!({"name": setting.name, "before": setting.before, "after": setting.after})
        });
        json!({
            "schema": "plimsoll.difference/1",
            "before": side(&self.before),
            "after": side(&self.after),
            "packages": self.packages.iter().map(change).collect::<Vec<_>>(),
            "findings": findings,
            "layers": {
                "shared": self.shared,
                "before": self.own(&self.before),
                "after": self.own(&self.after),
            },
            "settings": settings.collect::<Vec<_>>(),
        })
    }

    /// The layers of a side that the other has not got.
    fn own(&self, side: &Side<'_>) -> Vec<Value> {
        let layers = side.inventory.layers.iter().enumerate().skip(self.shared);
        let layer = |(index, layer): (usize, &Layer)| {
            json!({
                "index": index,
                "diff_id": layer.diff_id.as_str(),
                "size": layer.size,
                "instruction": layer.instruction,
            })
        };
        layers.map(layer).collect()
    }
}

fn side(side: &Side<'_>) -> Value {
    let image = &side.inventory.image;
    json!({
        "name": image.name,
        "reference": image.reference,
        "manifest": image.manifest.as_ref().map(|digest| digest.as_str()),
        "config": image.config.as_ref().map(|digest| digest.as_str()),
        "outcome": side.outcome.map(|outcome| outcome.as_str()),
        "stops": side.stops,
        "packages": side.inventory.packages.len(),
        "findings": side.findings.map(<[_]>::len),
        "bytes": bytes(side),
    })
}

/// Uncompressed bytes of all layers.
pub(super) fn bytes(side: &Side<'_>) -> u64 {
    let sizes = side.inventory.layers.iter().map(|layer| layer.size);
    sizes.fold(0, u64::saturating_add)
}

fn change(change: &PackageChange<'_>) -> Value {
    let (package, before, after) = match change {
        PackageChange::Added(to) => (to, None, Some(*to)),
        PackageChange::Removed(from) => (from, Some(*from), None),
        PackageChange::Changed { from, to, .. } => (to, Some(*from), Some(*to)),
    };
    let version = |package: Option<&Package>| package.and_then(version);
    json!({
        "change": change.as_str(),
        "name": package.record.name,
        "type": package.record.ecosystem.as_str(),
        "before": version(before),
        "after": version(after),
        "layer": package.introduced,
    })
}

fn version(package: &Package) -> Option<String> {
    Some(package.record.full_version()).filter(|version| !version.is_empty())
}

fn finding(Known { finding, package }: &Known<'_>) -> Value {
    let record = &package.record;
    json!({
        "id": finding.id,
        "severity": finding.severity.as_str(),
        "exploited": finding.known_exploited.is_some(),
        "package": record.name,
        "version": version(package),
        "type": record.ecosystem.as_str(),
        "layer": package.introduced,
        "fixed_in": finding.fix.versions,
        "title": finding.title,
        "fingerprint": finding.fingerprint(record),
    })
}
