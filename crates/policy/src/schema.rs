//! The form of policy documents as JSON Schema, from the same tables that read
//! them.

use crate::document::{FOR_RULES, LastDay, Value};
use crate::gates::{self, OfPackage, Parameter, Parameters};
use crate::hold::Grace;
use crate::image::Images;
use crate::verdict::Action;
use plimsoll_types::{Justification, VexStatus};
use serde_json::{Map, Value as Json, json};

/// JSON Schema (2020-12) of policy documents. It is narrower than the reader
/// in one point: words are lower case.
pub fn schema() -> Json {
    let text = String::schema();
    let names = Vec::<String>::schema();
    let (images, until) = (Images::schema(), LastDay::schema());
    let rules = json!({ "type": ["array", "null"], "items": { "$ref": "#/$defs/rule" } });
    let list = |items: Json| json!({ "type": ["array", "null"], "items": items });
    let mapping = object(
        json!({ "name": text, "images": images, "rule_sets": names }),
        &["name", "images"],
    );
    let allowed = object(
        json!({ "images": images, "reason": text, "by": text, "until": until }),
        &["images", "reason", "by", "until"],
    );
    let denied = object(
        json!({ "images": images, "reason": text }),
        &["images", "reason"],
    );
    let properties = json!({
        "version": { "enum": [1, "1"] },
        "name": text,
        "description": text,
        "extends": names,
        "disable": names,
        "rules": rules,
        "rule_sets": { "type": "object", "additionalProperties": rules },
        "mappings": list(mapping),
        "allowlist": list(entry()),
        "allowed_images": list(allowed),
        "denied_images": list(denied),
        "default_action": Action::schema(),
    });
    let mut schema = object(properties, &["version", "name"]);
    if let Some(members) = schema.as_object_mut() {
        members.insert(
            "$schema".into(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        members.insert("title".into(), "Plimsoll policy".into());
        members.insert(
            "$defs".into(),
            json!({ "rule": rule(), "condition": condition() }),
        );
    }
    schema
}

fn object(properties: Json, required: &[&str]) -> Json {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn rule() -> Json {
    let own = json!({
        "name": String::schema(),
        "action": Action::schema(),
        "advice": String::schema(),
        "more_than": u32::schema(),
        "grace": Grace::schema(),
    });
    json!({
        "type": "object",
        "required": ["name"],
        "properties": own,
        "$ref": "#/$defs/condition",
        "unevaluatedProperties": false,
    })
}

/// One of all triggers, or conditions together.
fn condition() -> Json {
    let mut forms: Vec<Json> = Vec::new();
    for gate in gates::ALL {
        for trigger in gate.triggers() {
            forms.push(form(
                gate.name(),
                trigger.name,
                trigger.about,
                (trigger.parameters)(),
            ));
        }
    }
    let part = json!({
        "type": "array",
        "minItems": 1,
        "items": { "$ref": "#/$defs/condition", "unevaluatedProperties": false },
    });
    let composed = ["all_of", "any_of", "none_of"];
    let properties: Map<String, Json> = composed
        .into_iter()
        .map(|name| (name.to_owned(), part.clone()))
        .collect();
    let any: Vec<Json> = composed
        .into_iter()
        .map(|name| json!({ "required": [name] }))
        .collect();
    forms.push(json!({ "properties": properties, "anyOf": any }));
    json!({ "type": "object", "oneOf": forms })
}

fn form(gate: &str, trigger: &str, about: &str, parameters: Vec<Parameter>) -> Json {
    let needs = parameters.iter().any(|parameter| parameter.required);
    let mut required = vec!["gate", "trigger"];
    if needs {
        required.push("when");
    }
    json!({
        "description": about,
        "properties": {
            "gate": { "const": gate },
            "trigger": { "const": trigger },
            "when": when(parameters),
        },
        "required": required,
    })
}

fn when(parameters: Vec<Parameter>) -> Json {
    let required: Vec<&str> = parameters
        .iter()
        .filter(|parameter| parameter.required)
        .map(|parameter| parameter.name)
        .collect();
    let mut properties = Map::new();
    for parameter in &parameters {
        let mut schema = parameter.schema.clone();
        if let Some(members) = schema.as_object_mut() {
            members.insert("description".into(), parameter.about.clone().into());
        }
        properties.insert(parameter.name.to_owned(), schema);
    }
    object(Json::Object(properties), &required)
}

fn entry() -> Json {
    let text = String::schema();
    let vex = object(
        json!({ "status": VexStatus::schema(), "justification": Justification::schema() }),
        &["status"],
    );
    let selectors = [
        "id",
        "rule",
        "fingerprint",
        "package",
        "version",
        "path",
        "when",
    ];
    let any: Vec<Json> = selectors
        .into_iter()
        .map(|name| json!({ "required": [name] }))
        .collect();
    let mut conditions = OfPackage::parameters();
    conditions.retain(|parameter| !FOR_RULES.contains(&parameter.name));
    let mut entry = object(
        json!({
            "id": text,
            "rule": text,
            "fingerprint": text,
            "package": text,
            "version": text,
            "path": text,
            "images": Images::schema(),
            "reason": text,
            "by": text,
            "until": LastDay::schema(),
            "when": when(conditions),
            "vex": vex,
        }),
        &["reason", "by", "until"],
    );
    if let Some(members) = entry.as_object_mut() {
        members.insert("anyOf".into(), any.into());
    }
    entry
}
