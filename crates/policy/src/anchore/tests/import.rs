use super::*;
use crate::import;
use crate::testing::finding;
use plimsoll_types::{Ecosystem, Severity};

/// Every rule that has a native counterpart, and items of all kinds.
fn large() -> Value {
    let package = |more: Value| {
        let mut params = json!({"package_type": "all"});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        rule("vulnerabilities", "package", "STOP", params)
    };
    let instruction = |keyword: &str, check: &str, value: &str| {
        let params = json!({"instruction": keyword, "check": check, "value": value});
        rule("dockerfile", "instruction", "WARN", params)
    };
    let rules = json!([
        package(
            json!({"severity_comparison": ">=", "severity": "high", "fix_available": "true",
            "max_days_since_fix": "30", "package_path_exclude": ".*\\.jar"})
        ),
        package(json!({"cvss_v3_base_score": "7.5", "cvss_v3_base_score_comparison": "<"})),
        package(
            json!({"vendor_cvss_v3_base_score": "7", "vendor_cvss_v3_impact_score": "3.1",
            "vendor_only": "false", "max_days_since_creation": "9", "package_type": "os"})
        ),
        rule(
            "vulnerabilities",
            "stale_feed_data",
            "WARN",
            json!({"max_days_since_sync": "2"})
        ),
        rule(
            "vulnerabilities",
            "vulnerability_data_unavailable",
            "WARN",
            json!({})
        ),
        rule(
            "vulnerabilities",
            "blacklist",
            "STOP",
            json!({"vulnerability_ids": "CVE-1,CVE-2"})
        ),
        rule("vulnerabilities", "kev_list", "STOP", json!({})),
        rule(
            "dockerfile",
            "effective_user",
            "STOP",
            json!({"users": "root", "type": "blacklist"})
        ),
        rule(
            "dockerfile",
            "exposed_ports",
            "STOP",
            json!({"ports": "22", "type": "blacklist"})
        ),
        rule(
            "dockerfile",
            "exposed_ports",
            "STOP",
            json!({"ports": "0", "type": "blacklist"})
        ),
        instruction("HEALTHCHECK", "not_exists", ""),
        instruction("RUN", "like", ".*sudo.*"),
        instruction("ENV", "not_in", "A=b, C=d"),
        instruction("LABEL", "not_exists", ""),
        rule("files", "suid_or_guid_set", "WARN", json!({})),
        rule("files", "name_match", "STOP", json!({"regex": ".*id_rsa$"})),
        rule(
            "licenses",
            "blacklist_partial_match",
            "WARN",
            json!({"licenses": "GPL"})
        ),
        rule(
            "metadata",
            "attribute",
            "WARN",
            json!({"attribute": "size", "check": ">", "value": "1gb"})
        ),
        rule(
            "packages",
            "blacklist",
            "STOP",
            json!({"name": "sudo", "version": "1.0"})
        ),
        rule(
            "packages",
            "required_package",
            "STOP",
            json!({"name": "sudo"})
        ),
        rule(
            "packages",
            "required_package",
            "STOP",
            json!({"name": "bash", "version": "5", "version_match_type": "minimum"})
        ),
        rule(
            "packages",
            "verify",
            "STOP",
            json!({"only_directories": "/usr", "check": "changed"})
        ),
        rule(
            "packages",
            "metadata",
            "STOP",
            json!({"name": "x", "version": "2", "version_comparison": "<"})
        ),
        rule(
            "ancestry",
            "allowed_base_image_tag",
            "STOP",
            json!({"base_tag": "debian:12"})
        ),
        rule("passwd_file", "content_not_available", "WARN", json!({})),
        rule(
            "passwd_file",
            "blacklist_usernames",
            "WARN",
            json!({"user_names": "ftp,games"})
        ),
        rule(
            "passwd_file",
            "blacklist_userids",
            "WARN",
            json!({"user_ids": "0,14"})
        ),
        rule(
            "passwd_file",
            "blacklist_groupids",
            "WARN",
            json!({"group_ids": 14})
        ),
        rule(
            "passwd_file",
            "blacklist_shells",
            "WARN",
            json!({"shells": "/bin/sh"})
        ),
        rule(
            "files",
            "attribute_match",
            "WARN",
            json!({"filename": "/etc/x", "mode": "0600", "mode_op": "not_equals"})
        ),
        rule("always", "always", "GO", json!({})),
        rule("secret_scans", "content_regex_checks", "STOP", json!({})),
        rule("anchoresec", "vulncritical", "STOP", json!({})),
    ]);
    let mut document = bundle(rules);
    document["whitelists"] = json!([{"id": "w", "name": "accepted", "items": [
        {"id": "1", "gate": "vulnerabilities", "trigger_id": "CVE-1+openssl"},
        {"id": "2", "gate": "vulnerabilities", "trigger_id": "*+zlib*", "expires_on": "2027-01-31T00:00:00Z"},
        {"id": "3", "gate": "vulnerabilities", "trigger_id": "CVE-1+left-pad-1.0.jar"},
        {"id": "4", "gate": "vulnerabilities", "trigger_id": "CVE-2021-*+x"},
        {"id": "5", "gate": "packages", "trigger_id": "e918be24d1d14b2bd044c6f51a942dfb"},
        {"id": "6", "gate": "files", "trigger_id": "91192388289daa4ffb2844ac9fbd709f"},
        {"id": "7", "gate": "always", "trigger_id": "*"},
    ]}]);
    let mut shop = mapping("v*", "p", json!(["w"]));
    shop["registry"] = json!("docker.io");
    shop["repository"] = json!("shop/*");
    let mut regexp = mapping("regexp:v[0-9]", "p", json!([]));
    regexp["name"] = json!("by regexp");
    document["mappings"] = json!([shop, regexp, mapping("*", "p", json!([]))]);
    document["blacklisted_images"] = json!([{
        "name": "old", "registry": "*", "repository": "old*", "image": {"type": "tag", "value": "*"},
    }]);
    document
}

#[test]
fn what_is_written_is_a_policy_and_what_is_not_is_said() {
    let imported = import(&large().to_string(), "b.json").unwrap();
    let policy = Policy::parse(&imported.policy, "native.yaml");
    assert!(
        policy.is_ok(),
        "{}\n{}",
        policy.unwrap_err(),
        imported.policy
    );
    let remarks = imported.remarks.join("\n");
    for remark in [
        "(secret_scans.content_regex_checks): left out: there is no such native gate",
        "mapping `by regexp`: left out: native patterns have no regular expressions",
        "item `CVE-2021-*+x` of `accepted`: left out: ids of native entries have no wildcards",
        "item `91192388289daa4ffb2844ac9fbd709f` of `accepted`: left out: what it stands for",
        "an image that no mapping is for passes in Anchore and stops here",
        "who accepted an item is not known",
        "is judged as `vulnerabilities.package`",
    ] {
        assert!(remarks.contains(remark), "{remark}\n\n{remarks}");
    }
    for remark in &imported.remarks {
        let said = imported.policy.contains(&format!("# {remark}"));
        assert!(said || remark.contains("no mapping is for"), "{remark}");
    }
    assert!(imported.policy.contains("until: 2027-01-30"));
    assert!(imported.policy.contains("repository: \"shop/**\""));
}

#[test]
fn both_judge_alike() {
    let params = json!({"package_type": "os", "severity_comparison": ">", "severity": "medium"});
    let mut document = bundle(json!([
        rule("vulnerabilities", "package", "STOP", params),
        rule(
            "dockerfile",
            "exposed_ports",
            "WARN",
            json!({"ports": "22", "type": "blacklist"})
        ),
    ]));
    document["whitelists"] = json!([{"id": "w", "name": "w", "items": [
        {"gate": "vulnerabilities", "trigger_id": "CVE-1+zlib1g"},
    ]}]);
    document["mappings"] = json!([mapping("*", "p", json!(["w"]))]);
    let imported = import(&document.to_string(), "b.json").unwrap();
    let native = Policy::parse(&imported.policy, "native.yaml").unwrap();
    let scene = |id: &str, severity| {
        Scene::default()
            .with_config(exposing("22"))
            .with_package(Ecosystem::Deb, "zlib1g", "1.2-1")
            .with_finding(finding(id, 0, severity))
    };
    for (id, severity) in [
        ("CVE-1", Severity::High),
        ("CVE-2", Severity::High),
        ("CVE-2", Severity::Medium),
    ] {
        let scene = scene(id, severity);
        let here = judge(&native, &scene.subject()).outcome;
        assert_eq!(here, verdict(&document, &scene).outcome, "{id} {severity}");
    }
}
