//! Bundles judged as Anchore judges them (reference cases), and what is said
//! of bundles that cannot be read.

mod conformance;
mod gates;
mod ids;
mod import;
mod reader;

use crate::testing::Scene;
use crate::{Policy, Reason, Verdict, judge};
use plimsoll_types::{HistoryEntry, ImageConfig};
use serde_json::{Value, json};

/// A bundle of one policy with these rules for every image.
fn bundle(rules: Value) -> Value {
    json!({
        "id": "b", "version": "1_0", "name": "test",
        "policies": [{"id": "p", "version": "1_0", "name": "p", "rules": rules}],
        "whitelists": [],
        "mappings": [mapping("*", "p", json!([]))],
        "whitelisted_images": [], "blacklisted_images": [],
    })
}

fn mapping(tag: &str, policy: &str, lists: Value) -> Value {
    json!({
        "id": format!("{tag} {policy}"), "name": format!("{tag} {policy}"),
        "registry": "*", "repository": "*",
        "image": {"type": "tag", "value": tag},
        "policy_ids": [policy], "whitelist_ids": lists,
    })
}

/// A rule; `params` is an object of texts.
fn rule(gate: &str, trigger: &str, action: &str, params: Value) -> Value {
    let params = params.as_object().unwrap().iter();
    let params: Vec<Value> = params
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({"id": "r", "gate": gate, "trigger": trigger, "action": action, "params": params})
}

fn read(document: &Value) -> Result<Policy, String> {
    Policy::parse(&document.to_string(), "b.json").map_err(|error| error.to_string())
}

fn verdict(document: &Value, scene: &Scene) -> Verdict {
    judge(&read(document).unwrap(), &scene.subject())
}

/// What the rules of a bundle found, guards and notes aside.
fn findings(verdict: &Verdict) -> Vec<&Reason> {
    let rules = &verdict.evaluation.as_ref().unwrap().rules;
    let reasons = verdict.reasons.iter();
    reasons
        .filter(|reason| rules.contains_key(&reason.rule))
        .collect()
}

/// What one rule finds.
fn found(gate: &str, trigger: &str, params: Value, scene: &Scene) -> Vec<Reason> {
    let verdict = verdict(&bundle(json!([rule(gate, trigger, "STOP", params)])), scene);
    findings(&verdict).into_iter().cloned().collect()
}

/// An image with these build steps.
fn built(steps: &[&str]) -> ImageConfig {
    let history = steps.iter().map(|step| HistoryEntry {
        created_by: (*step).to_owned(),
        ..HistoryEntry::default()
    });
    ImageConfig {
        history: history.collect(),
        ..ImageConfig::default()
    }
}

/// An image that exposes a port, as the classic builder records it.
fn exposing(written: &str) -> ImageConfig {
    let ports = written
        .split_whitespace()
        .map(|port| match port.contains('/') {
            true => port.to_owned(),
            false => format!("{port}/tcp"),
        });
    ImageConfig {
        exposed_ports: ports.collect(),
        ..built(&[&format!("/bin/sh -c #(nop)  EXPOSE {written}")])
    }
}
