//! The result shapes that tools of Anchore parse.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;

use fixture::Case;
use plimsoll_policy::{Action, Allowance, Evaluation, Evidence, ListItem, Origin, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Judged by a bundle: a stop that an item covers, a warning, a rule that
/// could not be judged, and a note.
fn bundled() -> Case {
    let reason = |rule: &str, action, evidence, message: &str| {
        let mut reason = fixture::reason(rule, action, evidence, message);
        reason.legacy_id = Some(format!("id of {message}"));
        reason
    };
    let mut covered = reason("p/1", Action::Stop, Evidence::Image, "covered");
    covered.allowed = Some(Allowance {
        reason: "ours".to_owned(),
        by: None,
        until: None,
        vex: None,
        item: Some(ListItem {
            list: "w".to_owned(),
            name: "accepted".to_owned(),
            item: "7".to_owned(),
        }),
    });
    let mut warning = reason("p/2", Action::Warn, Evidence::Image, "warned");
    warning.advice = Some("mend it".to_owned());
    let unknown = reason("p/3", Action::Go, Evidence::Unknown, "not judged");
    let note = fixture::reason("bundle", Action::Info, Evidence::Image, "a note");
    let mut case = fixture::fail();
    let mut verdict =
        fixture::verdict(Outcome::Warn, vec![covered, warning, unknown, note]).unwrap();
    let origin = |rule: &str| Origin {
        policy: "p".to_owned(),
        rule: rule.to_owned(),
    };
    let rules = ["1", "2", "3"].map(|rule| (format!("p/{rule}"), origin(rule)));
    verdict.evaluation = Some(Box::new(Evaluation {
        bundle: "b".to_owned(),
        tag: "docker.io/nginx:1".to_owned(),
        mapping: Some(json!({"name": "m"})),
        allowed_image: None,
        denied_image: None,
        rules: BTreeMap::from(rules),
        document: Some(r#"{"id":"b"}"#.into()),
    }));
    case.verdict = Some(verdict);
    case
}

fn json_of(case: &Case, format: &str) -> Value {
    serde_json::from_str(&case.render(format)).unwrap()
}

/// The only value of an object.
fn only(value: &Value) -> &Value {
    let object = value.as_object().unwrap();
    assert_eq!(object.len(), 1);
    object.values().next().unwrap()
}

#[test]
fn a_check_is_read_by_position() {
    let document = json_of(&bundled(), "anchore-v1");
    let check = &only(only(&document[0]))[0];
    assert_eq!(
        only(&document[0])
            .as_object()
            .unwrap()
            .keys()
            .next()
            .unwrap(),
        "docker.io/nginx:1"
    );
    assert_eq!(check["status"], "pass");
    assert_eq!(check["policyId"], "b");
    assert_eq!(check["last_evaluation"], "2026-11-24T00:00:00Z");
    assert_eq!(check["detail"]["policy"], json!({"id": "b"}));
    let result = &check["detail"]["result"];
    assert_eq!(result["final_action"], "warn");
    assert_eq!(result["final_action_reason"], "policy_evaluation");
    assert_eq!(result["matched_mapping_rule"], json!({"name": "m"}));
    assert_eq!(result["matched_blacklisted_images_rule"], json!(false));
    let problems = result["evaluation_problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0]["severity"], "error");
    assert_eq!(problems[1]["details"], "a note");

    let id = result["image_id"].as_str().unwrap();
    assert!(!id.contains(':'));
    let table = &result["result"][id]["result"];
    assert_eq!(table["row_count"], 3);
    assert_eq!(table["final_action"], "warn");
    let row = &table["rows"][0];
    assert_eq!(row[1], "docker.io/nginx:1");
    assert_eq!(row[2], "id of covered");
    assert_eq!(row[6], "go");
    assert_eq!(
        row[7],
        json!({"whitelist_id": "w", "whitelist_name": "accepted", "matched_rule_id": "7"})
    );
    assert_eq!(row[8], "p");
    assert_eq!(table["rows"][1][6], "warn");
    assert_eq!(table["rows"][1][7], json!(false));
    assert_eq!(table["header"].as_array().unwrap().len(), 9);

    let gates = json_of(&bundled(), "anchore-gates-json");
    assert_eq!(&only(&gates)["result"], table);
}

#[test]
fn image_lists_decide_last() {
    let mut case = bundled();
    let verdict = case.verdict.as_mut().unwrap();
    verdict.outcome = Outcome::Fail;
    let denial = fixture::reason("denied-images", Action::Stop, Evidence::Image, "denied");
    verdict.reasons.push(denial);
    verdict.evaluation.as_mut().unwrap().denied_image = Some(json!({"name": "x"}));
    let one = json_of(&case, "anchore-v1");
    let result = &only(only(&one[0]))[0]["detail"]["result"];
    assert_eq!(result["final_action"], "stop");
    assert_eq!(result["final_action_reason"], "blacklisted");
    assert_eq!(result["matched_blacklisted_images_rule"]["name"], "x");
    let id = result["image_id"].as_str().unwrap();
    assert_eq!(result["result"][id]["result"]["final_action"], "warn");
    let two = json_of(&case, "anchore-v2");
    let evaluation = &two["evaluations"][0];
    assert_eq!(evaluation["status"], "fail");
    assert_eq!(evaluation["final_action_reason"], "denylisted");
    assert_eq!(evaluation["image_denylisted"], true);
    assert_eq!(evaluation["details"]["policy_action"], "warn");
}

#[test]
fn an_evaluation_names_rules_and_items() {
    let document = json_of(&bundled(), "anchore-v2");
    assert_eq!(document["policy_id"], "b");
    assert_eq!(document["evaluated_tag"], "docker.io/nginx:1");
    let evaluation = &document["evaluations"][0];
    assert_eq!(evaluation["number_of_findings"], 3);
    assert_eq!(evaluation["image_mapped_to_rule"], true);
    let findings = &evaluation["details"]["findings"];
    assert_eq!(findings[0]["rule_id"], "1");
    assert_eq!(findings[0]["allowlisted"], true);
    assert_eq!(
        findings[0]["allowlist_match"],
        json!({"id": "w", "name": "accepted", "matched_rule_id": "7"})
    );
    assert_eq!(findings[1]["allowlist_match"], Value::Null);
    assert_eq!(
        evaluation["details"]["remediations"],
        json!([{
            "trigger_ids": ["id of warned"],
            "suggestions": [{"message": "mend it", "preferred": true}],
        }])
    );
}

#[test]
fn native_verdicts_have_the_shapes_too() {
    let case = fixture::fail();
    let document = json_of(&case, "anchore-v1");
    let check = &only(only(&document[0]))[0];
    assert_eq!(check["status"], "fail");
    let result = &check["detail"]["result"];
    assert_eq!(result["final_action"], "stop");
    let id = result["image_id"].as_str().unwrap();
    let rows = result["result"][id]["result"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), case.verdict.as_ref().unwrap().reasons.len());
    assert!(
        rows.iter()
            .any(|row| row[7]["whitelist_name"] == "team-shop")
    );
    // Nothing was judged: nothing is said.
    let mut case = case;
    case.verdict = None;
    assert_eq!(json_of(&case, "anchore-v1"), json!([]));
    assert_eq!(json_of(&case, "anchore-gates-json"), json!({}));
}
