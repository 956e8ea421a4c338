//! The check result of Anchore's first interface, and the table in it alone as
//! the Jenkins plugin keeps it (`anchore_gates.json`).

use super::{Check, Row};
use crate::Report;
use crate::formats::write_json;
use serde_json::{Value, json};
use std::io;

/// Columns by position; tools read them so.
const HEADER: [&str; 9] = [
    "Image_Id",
    "Repo_Tag",
    "Trigger_Id",
    "Gate",
    "Trigger",
    "Check_Output",
    "Gate_Action",
    "Whitelisted",
    "Policy_Id",
];

/// `GET /v1/images/{digest}/check?detail=true`.
pub(in crate::formats) fn check(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(check) = Check::of(report) else {
        return write_json(&json!([]), out);
    };
    let seconds = check
        .time
        .parse()
        .map_or(0, |time: jiff::Timestamp| time.as_second());
    let mut table = table(&check);
    for (name, empty) in [
        ("policy_data", json!([])),
        ("whitelist_data", json!([])),
        ("policy_name", json!("")),
        ("whitelist_names", json!([])),
    ] {
        table[name] = empty;
    }
    let evaluation = json!({
        "status": check.status(),
        "policyId": check.policy,
        "last_evaluation": check.time,
        "detail": {
            "policy": check.document(),
            "result": {
                "image_id": check.image_id,
                "tag": check.tag,
                "user_id": "plimsoll",
                "bundle": check.document(),
                "matched_mapping_rule": check.mapping(json!(false)),
                "matched_whitelisted_images_rule":
                    check.written(|of| &of.allowed_image, json!(false)),
                "matched_blacklisted_images_rule":
                    check.written(|of| &of.denied_image, json!(false)),
                "final_action": check.final_action(),
                "final_action_reason": check.because("blacklisted", "whitelisted"),
                "created_at": seconds,
                "last_modified": seconds,
                "evaluation_problems": check.problems(),
                "result": table,
            },
        },
    });
    let document = json!([{check.digest: {&check.tag: [evaluation]}}]);
    write_json(&document, out)
}

/// The table by image.
pub(in crate::formats) fn gates(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let table = Check::of(report).map_or_else(|| json!({}), |check| table(&check));
    write_json(&table, out)
}

fn table(check: &Check<'_>) -> Value {
    let rows: Vec<Value> = check.rows.iter().map(|row| cells(check, row)).collect();
    json!({
        check.image_id: {
            "result": {
                "header": HEADER,
                "row_count": rows.len(),
                "rows": rows,
                "final_action": check.policy_action(),
            },
        },
    })
}

fn cells(check: &Check<'_>, row: &Row<'_>) -> Value {
    let listed = match &row.listed {
        None => json!(false),
        Some(listed) => json!({
            "whitelist_id": listed.list,
            "whitelist_name": listed.name,
            "matched_rule_id": listed.item,
        }),
    };
    json!([
        check.image_id,
        check.tag,
        row.trigger_id,
        row.reason.gate,
        row.reason.trigger,
        row.reason.message,
        row.action,
        listed,
        row.policy,
    ])
}
