use super::*;

fn error(document: &Value) -> String {
    read(document).unwrap_err()
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_where() {
    let text = r#"{
  "id": "b", "version": "1_0", "name": "b",
  "policies": [
    {"id": "p", "version": "1_0", "rules": [
      {"gate": "dockerfil", "trigger": "instruction", "action": "STOP", "params": []},
      {"gate": "dockerfile", "trigger": "instrucion", "action": "STOP", "params": []},
      {"gate": "dockerfile", "trigger": "exposed_ports", "action": "HALT",
       "params": [{"name": "ports", "value": "22"}]},
      {"gate": "dockerfile", "trigger": "exposed_ports", "action": "stop",
       "params": [{"name": "ports", "value": "22,x"}, {"name": "type", "value": "none"},
                  {"name": "port", "value": 1}]},
      {"gate": "files", "trigger": "name_match", "action": "GO",
       "params": [{"name": "regex", "value": "(?=x)"}]},
      {"gate": "always", "trigger": "always", "action": "GO"}
    ]},
    {"id": "p", "version": "1_0", "rules": []}
  ],
  "whitelists": [{"id": "w", "version": "1_0", "items": [
    {"gate": "always", "trigger_id": "x", "expires_on": "soon"},
    {"gate": "always", "trigger_id": "regexp:["}
  ]}],
  "mappings": [
    {"name": "m", "registry": "*", "repository": "*", "image": {"type": "tag", "value": "*"},
     "policy_id": "p", "policy_ids": ["p"], "whitelist_ids": []},
    {"name": "n", "registry": "*", "repository": "*", "image": {"type": "name", "value": "*"},
     "whitelist_ids": ["v"]},
    {"name": "o", "registry": "*", "repository": "*", "image": {"type": "tag", "value": "*"},
     "policy_id": "q"}
  ]
}"#;
    let error = Policy::parse(text, "b.json").unwrap_err().to_string();
    for line in [
        "b.json:5:7: rule 1 of `p`: unknown gate `dockerfil`; did you mean `dockerfile`?",
        "b.json:6:7: rule 2 of `p`: the gate `dockerfile` has no trigger `instrucion`; did you mean `instruction`?",
        "b.json:7:68: `action`: `HALT` is not `STOP`, `WARN` or `GO`",
        "b.json:10:46: rule 4 of `p`: `ports`: `22,x` is not a list of numbers, `1,2,3`",
        "b.json:10:81: rule 4 of `p`: `type`: `none` is not one of `whitelist`, `blacklist`, `allowlist`, `denylist`",
        "b.json:11:45: rule 4 of `p`: unknown parameter `port`; did you mean `ports`?",
        "b.json:13:46: rule 5 of `p`: `regex`: `(?=x)` is not a regular expression that is matched in linear time",
        "b.json:14:7: rule 6 of `p` has no `params`; write `[]` where there are none",
        "b.json:16:12: there is more than one policy `p`",
        "b.json:19:57: item 1 of `w`: `expires_on`: `soon` is not a time",
        "b.json:20:5: item 2 of `w`: `trigger_id`: `regexp:[` is not a regular expression",
        "b.json:24:38: mapping `m` has both `policy_id` and `policy_ids`; write one of them",
        "b.json:25:73: `image` of mapping `n`: `type` is `name`; write `tag`, `digest` or `id`",
        "b.json:25:5: mapping `n` has no `policy_ids`; write a list of ids",
        "b.json:27:5: mapping `o` has no `whitelist_ids`; write `[]` where there are none",
        "mapping `o`: unknown policy `q`",
    ] {
        assert!(error.contains(line), "{line}\n\n{error}");
    }
}

#[test]
fn versions_that_are_not_known_are_refused() {
    for version in ["2_0", "1.0", "3"] {
        let mut document = bundle(json!([]));
        document["version"] = json!(version);
        let error = error(&document);
        assert!(
            error.contains("bundles are read in the versions `1_0` and `2`"),
            "{error}"
        );
    }
    // Versions of inner parts vary in the field.
    let mut document = bundle(json!([]));
    document["policies"][0]["version"] = json!("1.0.0");
    assert!(read(&document).is_ok());
}

#[test]
fn numbers_truth_values_and_lists_stand_for_their_texts() {
    let params = |ports: Value, only: Value| {
        json!([rule(
            "Dockerfile",
            "Exposed_Ports",
            "Stop",
            json!({"ports": ports, "TYPE": "BlackList", "actual_dockerfile_only": only}),
        )])
    };
    for (ports, only) in [
        (json!("22, 80"), json!("False")),
        (json!([22, "80"]), json!(false)),
        (json!(22), json!(null)),
    ] {
        let scene = Scene::default().with_config(exposing("22"));
        let verdict = verdict(&bundle(params(ports, only)), &scene);
        assert_eq!(findings(&verdict).len(), 1);
    }
}

#[test]
fn unknown_fields_are_noted_in_the_old_form_and_wrong_in_the_new() {
    let mut document = bundle(json!([]));
    document["policies"][0]["owner"] = json!("x");
    let noted = verdict(&document, &Scene::default());
    assert!(
        noted.reasons[0]
            .message
            .ends_with("the field `owner` of policy `p` is not known")
    );
    document["version"] = json!("2");
    assert!(error(&document).contains("unknown field `owner` in rule set `p`"));
}

#[test]
fn rules_for_repositories_of_source_are_not_asked() {
    let mut document = bundle(json!([rule("always", "always", "STOP", json!({}))]));
    document["policies"][0]["artifact_type"] = json!("source");
    assert!(findings(&verdict(&document, &Scene::default())).is_empty());
}

#[test]
fn a_bundle_is_bounded() {
    let item = json!({"gate": "g", "trigger_id": "x"});
    let mut document = bundle(json!([]));
    document["whitelists"] = json!([{"id": "w", "items": vec![item; 200_001]}]);
    assert!(error(&document).contains("more than 200000 rules, items and mappings"));
}

#[test]
fn a_native_policy_is_no_bundle() {
    let native = r#"{"version": 1, "name": "n", "rules": [], "mappings": []}"#;
    let policy = Policy::parse(native, "n.json").unwrap();
    assert!(policy.bundle().is_none());
    let broken = r#"{"policies": [}"#;
    let error = Policy::parse(broken, "b.json").unwrap_err().to_string();
    assert_eq!(error, "b.json:1:15: this is no JSON: a value is expected");
}
