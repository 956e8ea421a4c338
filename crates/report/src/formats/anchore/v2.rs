//! The evaluation of Anchore's second interface.

use super::{Check, Row};
use crate::Report;
use crate::formats::write_json;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

/// `GET /v2/images/{digest}/check?detail=true`.
pub(in crate::formats) fn evaluation(
    report: &Report<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Some(check) = Check::of(report) else {
        return write_json(&json!({"evaluations": []}), out);
    };
    let mapping = check.mapping(Value::Null);
    let allowed = check.written(|of| &of.allowed_image, Value::Null);
    let denied = check.written(|of| &of.denied_image, Value::Null);
    let findings: Vec<Value> = check.rows.iter().map(finding).collect();
    let evaluation = json!({
        "status": check.status(),
        "final_action": check.final_action(),
        "final_action_reason": check.because("denylisted", "allowlisted"),
        "evaluation_time": check.time,
        "evaluation_problems": check.problems(),
        "image_allowlisted": !allowed.is_null(),
        "image_denylisted": !denied.is_null(),
        "image_mapped_to_rule": !mapping.is_null(),
        "matched_allowlisted_image_rule": allowed,
        "matched_denylisted_image_rule": denied,
        "matched_mapping_rule": mapping,
        "number_of_findings": findings.len(),
        "comparison_image_digest": null,
        "details": {
            "policy": check.document(),
            "policy_action": check.policy_action(),
            "findings": findings,
            "remediations": remediations(&check),
        },
    });
    let document = json!({
        "policy_id": check.policy,
        "image_digest": check.digest,
        "evaluated_tag": check.tag,
        "evaluations": [evaluation],
    });
    write_json(&document, out)
}

fn finding(row: &Row<'_>) -> Value {
    let listed = row.listed.as_ref().map(
        |listed| json!({"id": listed.list, "name": listed.name, "matched_rule_id": listed.item}),
    );
    json!({
        "trigger_id": row.trigger_id,
        "gate": row.reason.gate,
        "trigger": row.reason.trigger,
        "message": row.reason.message,
        "action": row.action,
        "policy_id": row.policy,
        "rule_id": row.rule,
        "recommendation": row.reason.advice.as_deref().unwrap_or_default(),
        "allowlisted": listed.is_some(),
        "allowlist_match": listed,
        "inherited_from_base": null,
    })
}

/// What helps, with all that it helps against.
fn remediations(check: &Check<'_>) -> Value {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in check.rows.iter().filter(|row| row.action != "go") {
        if let Some(advice) = row.reason.advice.as_deref() {
            let ids = all.entry(advice).or_default();
            if !ids.contains(&row.trigger_id) {
                ids.push(row.trigger_id);
            }
        }
    }
    let remediations = all.into_iter().map(|(advice, ids)| {
        json!({
            "trigger_ids": ids,
            "suggestions": [{"message": advice, "preferred": true}],
        })
    });
    remediations.collect()
}
