//! `plimsoll.remedy/1` (docs/fix.md).

use super::how::{self, Manager};
use super::{Remedy, stops};
use plimsoll_policy::{Upgrade, Verdict};
use plimsoll_types::Package;
use serde_json::{Value, json};

impl Remedy<'_> {
    /// The whole of it for machines.
    pub fn json(&self) -> String {
        let image = &self.report.inventory.image;
        let uncured = self.uncured();
        let uncured = uncured.iter().map(|(finding, index, package)| {
            json!({
                "id": finding.id,
                "severity": finding.severity.as_str(),
                "package": package.record.name,
                "version": package.record.full_version(),
                "type": package.record.ecosystem.as_str(),
                "layer": package.introduced,
                "fix": finding.fix.state.as_str(),
                "needed_by": self.dependents(*index),
                "until": self.until(),
            })
        });
        let others = self.others();
        let others = others.iter().map(|reason| {
            json!({"rule": reason.rule, "message": reason.message, "advice": reason.advice})
        });
        let base = self.base.map(|base| {
            json!({
                "name": base.name,
                "layers": base.layers,
                "guessed": base.name.is_none(),
                "other": base.other,
                "own_layers_only": outcome(&base.own.verdict),
            })
        });
        crate::formats::json_text(&json!({
            "schema": "plimsoll.remedy/1",
            "image": {
                "name": image.name,
                "reference": image.reference,
                "manifest": image.manifest.as_ref().map(|digest| digest.as_str()),
                "config": image.config.as_ref().map(|digest| digest.as_str()),
            },
            "before": self.report.verdict.map(outcome),
            "after": outcome(&self.after.verdict),
            "base": base,
            "upgrades": self.upgrades.iter().map(|u| self.upgrade(u)).collect::<Vec<_>>(),
            "uncured": uncured.collect::<Vec<_>>(),
            "others": others.collect::<Vec<_>>(),
        }))
    }

    fn upgrade(&self, upgrade: &Upgrade) -> Value {
        let packages = self.packages(upgrade);
        let first = packages.first();
        let ecosystem = first.map(|package| package.record.ecosystem);
        let manager = ecosystem.and_then(|kind| Manager::of(kind, self.report.inventory));
        let targets: Vec<_> = packages
            .iter()
            .map(|package| (*package, upgrade.target.as_str()))
            .collect();
        let cures = upgrade.cures.iter();
        let cures = cures.filter_map(|index| self.report.findings.get(*index));
        let mut cures: Vec<_> = cures.map(|finding| finding.id.as_str()).collect();
        cures.sort_unstable();
        cures.dedup();
        json!({
            "packages": packages.iter().map(|package| self.package(package)).collect::<Vec<_>>(),
            "type": ecosystem.map(|kind| kind.as_str()),
            "target": upgrade.target,
            "cures": cures,
            "gone": upgrade.gone,
            "new": upgrade.new,
            "inherited": self.is_inherited(upgrade),
            "command": manager.and_then(|manager| manager.command(&targets)),
            "how": first
                .filter(|package| !package.record.ecosystem.is_os())
                .map(|package| how::words(package, &upgrade.target)),
        })
    }

    fn package(&self, package: &Package) -> Value {
        let places = package.locations.iter();
        json!({
            "name": package.record.name,
            "version": package.record.full_version(),
            "layer": package.introduced,
            "instruction": self.report.instruction(package.introduced),
            "paths": places.map(|place| &place.path).collect::<Vec<_>>(),
        })
    }
}

fn outcome(verdict: &Verdict) -> Value {
    json!({
        "outcome": verdict.outcome.as_str(),
        "exit_code": verdict.outcome.exit_code(),
        "stops": stops(verdict).count(),
    })
}
