use super::entry::last_day;
use super::{EXCEPTION_FORMATS, ExceptionFormat, Exceptions};
use crate::testing::{Scene, finding};
use crate::{Policy, judge};
use plimsoll_types::{Ecosystem, FixState, Severity};
use proptest::prelude::*;

fn import(name: &str, text: &str) -> Exceptions {
    let format = ExceptionFormat::of(name, text).unwrap();
    let imported = format.import(text, name);
    imported.unwrap_or_else(|error| panic!("{error}"))
}

fn refused(name: &str, text: &str) -> String {
    let format = ExceptionFormat::of(name, text).unwrap();
    format.import(text, name).unwrap_err().to_string()
}

/// A policy in which every vulnerability stops, but for what is accepted.
fn policy(exceptions: &Exceptions) -> Policy {
    let text = format!(
        "version: 1\nname: test\nrules:\n  - {{ name: all, gate: vulnerabilities, trigger: package }}\n{}",
        exceptions.allowlist
    );
    Policy::parse(&text, "test").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The vulnerabilities that still count, in order.
fn counting(exceptions: &Exceptions, scene: &Scene) -> Vec<String> {
    let verdict = judge(&policy(exceptions), &scene.subject());
    let reasons = verdict.reasons.iter();
    let reasons = reasons.filter(|reason| reason.counts() && reason.rule == "all");
    let findings = reasons.filter_map(|reason| match reason.evidence {
        crate::Evidence::Finding(index) => Some(scene.findings[index].id.clone()),
        _ => None,
    });
    findings.collect()
}

/// An image with packages of these ecosystems, names, versions and places, of
/// which each has the vulnerability `CVE-2026-` and its number.
fn scene(packages: &[(Ecosystem, &str, &str, &str)]) -> Scene {
    let mut scene = Scene::default();
    for (index, (ecosystem, name, version, place)) in packages.iter().enumerate() {
        scene = scene.with_package(*ecosystem, name, version);
        let package = scene.inventory.packages.last_mut().unwrap();
        package
            .locations
            .iter_mut()
            .for_each(|l| l.path = (*place).to_owned());
        let id = format!("CVE-2026-{index}");
        scene = scene.with_finding(finding(&id, index, Severity::High));
    }
    scene
}

fn shop() -> Scene {
    scene(&[
        (
            Ecosystem::Npm,
            "left-pad",
            "1.0.0",
            "app/node_modules/left-pad/package.json",
        ),
        (Ecosystem::Pypi, "flask", "2.0", "srv/flask/METADATA"),
        (
            Ecosystem::Npm,
            "ws",
            "8.0.0",
            "srv/node_modules/ws/package.json",
        ),
    ])
}

#[test]
fn lines_of_trivyignore_keep_their_reasons_and_ends() {
    let text = "\
# Header about the file

# Nobody calls it
# from outside
CVE-2026-0
CVE-2026-1 exp:2026-10-16

CVE-2026-2 exp:2026-10-15 # too late
AVD-DS-0002
CVE-2026-9 exp:soon
";
    let imported = import("x/.trivyignore", text);
    assert_eq!(
        imported.allowlist.split_once("allowlist:").unwrap().1,
        "
  - id: CVE-2026-0
    reason: \"Nobody calls it from outside\"
    by: \".trivyignore (imported)\"
    until: never
  - id: CVE-2026-1
    reason: \"Nobody calls it from outside\"
    by: \".trivyignore (imported)\"
    until: 2026-10-15
  - id: CVE-2026-2
    reason: \"too late\"
    by: \".trivyignore (imported)\"
    until: 2026-10-14
"
    );
    assert_eq!(imported.remarks.len(), 4, "{:?}", imported.remarks);
    let told = |part: &str| {
        imported
            .remarks
            .iter()
            .any(|remark| remark.starts_with(part))
    };
    assert!(
        told("line 9: `AVD-DS-0002`: left out"),
        "{:?}",
        imported.remarks
    );
    assert!(told("line 10: `CVE-2026-9`: left out: its end `soon`"));
    // It is 2026-10-15: what ends on this day no longer holds.
    assert_eq!(counting(&imported, &shop()), ["CVE-2026-2"]);
}

#[test]
fn what_gives_no_reason_says_so() {
    let imported = import(".trivyignore", "CVE-2026-0\n");
    let reason = "reason: \"accepted in .trivyignore, which gives no reason\"";
    assert!(
        imported.allowlist.contains(reason),
        "{}",
        imported.allowlist
    );
}

#[test]
fn ends_are_the_last_whole_day() {
    for (moment, expected) in [
        ("2026-10-16", "2026-10-15"),
        ("2026-10-16T00:00:00Z", "2026-10-15"),
        ("2026-10-16T00:00:00+02:00", "2026-10-14"),
        ("2026-10-16T12:00:00Z", "2026-10-15"),
        ("2026-10-16T23:59:59Z", "2026-10-16"),
        ("2026-10-16T07:32:00", "2026-10-15"),
        ("2026-10-16 07:32:00", "2026-10-15"),
    ] {
        let day = last_day(moment).map(|day| day.to_string());
        assert_eq!(day.as_deref(), Some(expected), "{moment}");
    }
    assert_eq!(last_day("soon"), None);
    assert_eq!(last_day("-9999-01-01"), None);
}

#[test]
fn trivyignore_yaml_limits_entries_to_paths_and_package_urls() {
    let text = "
vulnerabilities:
  - id: CVE-2026-0
    paths: ['app/**']
    statement: only in the build
    expired_at: 2027-01-01
  - id: CVE-2026-1
    purls: ['pkg:pypi/flask@2.1']
  - id: CVE-2026-2
    purls: ['pkg:npm/ws', 'pkg:npm/other@1?arch=x']
misconfigurations:
  - id: AVD-DS-0001
licenses:
  - id: GPL-3.0
";
    let imported = import(".trivyignore.yaml", text);
    assert_eq!(counting(&imported, &shop()), ["CVE-2026-1"]);
    assert!(imported.allowlist.contains("until: 2026-12-31"));
    let remarks = imported.remarks.join("\n");
    assert!(remarks.contains("line 12: `AVD-DS-0001` in `misconfigurations`: left out"));
    assert!(remarks.contains("`GPL-3.0` in `licenses`"), "{remarks}");
    let error = refused(
        ".trivyignore.yaml",
        "vulnerabilities:\n  - id: CVE-1\n    expired_at: soon\n    path: x\n",
    );
    assert!(
        error.contains(".trivyignore.yaml:3:17: `expired_at`: `soon`"),
        "{error}"
    );
    assert!(error.contains(":4:5: unknown field `path`"), "{error}");
}

#[test]
fn package_urls_with_qualifiers_are_compared_as_sets() {
    let mut scene = scene(&[(Ecosystem::Deb, "zlib1g", "1.2", "var/lib/dpkg/status")]);
    let record = &mut scene.inventory.packages[0].record;
    record.arch = Some("amd64".into());
    scene.inventory.distro = Some(plimsoll_types::Distro {
        id: "debian".into(),
        version: Some("12".into()),
        ..Default::default()
    });
    for (purl, is_accepted) in [
        ("pkg:deb/debian/zlib1g@1.2?arch=amd64", true),
        ("pkg:deb/debian/zlib1g?distro=debian-12", true),
        (
            "pkg:deb/debian/zlib1g@1.2?distro=debian-12&arch=amd64",
            true,
        ),
        ("pkg:deb/debian/zlib1g@1.2", true),
        ("pkg:deb/debian/zlib1g?arch=arm64", false),
        ("pkg:deb/debian/zlib1g?distro=debian-1", false),
        ("pkg:deb/debian/zlib?arch=amd64", false),
    ] {
        let text = format!("vulnerabilities: [{{ id: CVE-2026-0, purls: ['{purl}'] }}]");
        let imported = import(".trivyignore.yaml", &text);
        assert_eq!(
            counting(&imported, &scene).is_empty(),
            is_accepted,
            "{purl}"
        );
    }
}

#[test]
fn rules_of_grype_keep_every_condition_or_are_left_out() {
    let text = "
only-fixed: true
output: table
ignore:
  - vulnerability: CVE-2026-0
    include-aliases: true
    reason: not reachable
    package: { name: left-.*, version: 1.0.0, type: npm, location: '**/node_modules/**' }
  - vulnerability: CVE-2026-1
    namespace: github:language:python
  - package: { name: ws, language: javascript }
    fix-state: wont-fix
  - package: { name: 'fl[a-z]*sk' }
  - vex-status: not_affected
  - {}
";
    let imported = import(".grype.yaml", text);
    let mut shop = shop();
    assert_eq!(counting(&imported, &shop), ["CVE-2026-1", "CVE-2026-2"]);
    shop.findings[2].fix.state = FixState::WontFix;
    assert_eq!(counting(&imported, &shop), ["CVE-2026-1"]);
    let remarks = imported.remarks.join("\n");
    for part in [
        "`only-fixed`: left out: write `fix_available: true`",
        "line 9: `CVE-2026-1`: left out: entries have no counterpart of `namespace`",
        "`fl[a-z]*sk`: left out: no pattern",
        "give them with `--vex`",
        "the rule: left out: it ignores nothing",
        "do not go beyond a slash",
    ] {
        assert!(remarks.contains(part), "{part}\n{remarks}");
    }
}

#[test]
fn a_package_that_grype_ignores_is_accepted_for_its_vulnerabilities_only() {
    let imported = import(".grype.yaml", "ignore:\n  - package: { name: ws }\n");
    assert!(
        imported
            .allowlist
            .contains("when: { kinds: [vulnerability, malware] }")
    );
    assert_eq!(counting(&imported, &shop()), ["CVE-2026-0", "CVE-2026-1"]);
}

#[test]
fn artifacts_that_grype_names_without_their_groups_are_found() {
    let scene = scene(&[
        (Ecosystem::Maven, "org.apache:log4j-core", "2.14.1", "a.jar"),
        (
            Ecosystem::Maven,
            "org.apache:my-log4j-core",
            "2.14.1",
            "b.jar",
        ),
    ]);
    for (package, left) in [
        ("{ name: log4j-core }", 1),
        ("{ name: log4j-.*, language: java }", 1),
        ("{ name: log4j-core, type: npm }", 2),
        ("{ name: '.*' }", 0),
    ] {
        let imported = import(
            ".grype.yaml",
            &format!("ignore: [{{ package: {package} }}]"),
        );
        assert_eq!(counting(&imported, &scene).len(), left, "{package}");
    }
}

#[test]
fn osv_scanner_ignores_vulnerabilities_and_packages_until_a_day() {
    let text = r#"
[[IgnoredVulns]]
id = "CVE-2026-0"
ignoreUntil = 2027-01-01
reason = """
Not
reachable"""

[[PackageOverrides]]
name = "flask"
ecosystem = "PyPI"
ignore = true
effectiveUntil = 2026-10-15T12:00:00Z

[[PackageOverrides]]
name = "ws"
ecosystem = "npm"
vulnerability.ignore = true
license.override = ["MIT"]

[[PackageOverrides]]
name = "ws"
group = "dev"
ignore = true
"#;
    let imported = import("osv-scanner.toml", text);
    assert!(imported.allowlist.contains("reason: \"Not reachable\""));
    assert!(imported.allowlist.contains("until: 2026-12-31"));
    assert!(imported.allowlist.contains("ecosystems: [npm]"));
    // Its end is past.
    assert_eq!(counting(&imported, &shop()), ["CVE-2026-1"]);
    let remarks = imported.remarks.join("\n");
    assert!(
        remarks.contains("line 15: `license` of `ws`: left out"),
        "{remarks}"
    );
    assert!(remarks.contains("line 21: `ws`: left out: entries do not choose packages by group"));
    let error = refused("osv-scanner.toml", "[[IgnoredVulns]]\nid = 1\n");
    assert!(error.starts_with("osv-scanner.toml:2:6: "), "{error}");
    let error = refused(
        "osv-scanner.toml",
        "[[IgnoredVulns]]\nid = 'x'\nignoreUntil = 'soon'\n",
    );
    assert!(
        error.contains("osv-scanner.toml:1:1: `ignoreUntil`: `soon`"),
        "{error}"
    );
}

fn openvex(statements: &str) -> String {
    format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/vex","author":"ana@example.org",
        "timestamp":"2026-05-01T00:00:00Z","version":1,"statements":[{statements}]}}"#
    )
}

#[test]
fn vex_statements_become_entries_for_images_and_packages() {
    let statement = |id: &str, product: &str, more: &str| {
        format!(r#"{{"vulnerability":{{"name":"{id}"}},"products":[{product}],{more}}}"#)
    };
    let api = r#"{"@id":"pkg:oci/api?repository_url=registry.example/shop/api&tag=1.4.2",
        "subcomponents":[{"@id":"pkg:npm/left-pad@1.0.0"}]}"#;
    let why = r#""status":"not_affected","justification":"vulnerable_code_not_present","impact_statement":"never built""#;
    let text = openvex(
        &[
            statement("CVE-2026-0", api, why),
            statement(
                "CVE-2026-1",
                r#"{"@id":"pkg:pypi/flask"}"#,
                r#""status":"fixed""#,
            ),
            statement(
                "CVE-2026-2",
                r#"{"@id":"pkg:npm/ws@8.0.0"}"#,
                r#""status":"fixed""#,
            ),
            statement(
                "CVE-2026-2",
                r#"{"@id":"pkg:npm/x"}"#,
                r#""status":"affected""#,
            ),
        ]
        .join(","),
    );
    let imported = import("shop.json", &text);
    let lines = "
  - id: CVE-2026-0
    images: { registry: \"registry.example\", repository: \"shop/api\", tag: \"1.4.2\" }
    when: { purls: [\"pkg:npm/left-pad@1.0.0\"] }
    vex: { status: not_affected, justification: vulnerable_code_not_present }
    reason: \"never built\"
    by: \"ana@example.org\"
    until: never
";
    assert!(imported.allowlist.contains(lines), "{}", imported.allowlist);
    assert_eq!(counting(&imported, &shop()), ["CVE-2026-1"]);
    let remarks = imported.remarks.join("\n");
    assert!(remarks.contains("CVE-2026-1: left out: it says `fixed` and not in which version"));
    let mut other = shop();
    other.inventory.image.reference = Some("registry.example/shop/web:1.4.2".into());
    assert_eq!(counting(&imported, &other), ["CVE-2026-0", "CVE-2026-1"]);
}

#[test]
fn a_later_vex_statement_takes_an_earlier_one_back() {
    let one = |status: &str, time: &str| {
        format!(
            r#"{{"vulnerability":{{"name":"CVE-2026-0"}},"products":[{{"@id":"pkg:npm/left-pad"}}],
            "status":"{status}","impact_statement":"x","timestamp":"{time}"}}"#
        )
    };
    for (first, second, is_accepted) in [
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", false),
        ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", true),
        ("2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z", false),
    ] {
        let both = [one("not_affected", first), one("affected", second)].join(",");
        let imported = import("a.json", &openvex(&both));
        let is_gone = !counting(&imported, &shop()).contains(&"CVE-2026-0".to_owned());
        assert_eq!(is_gone, is_accepted, "{first} {second}");
    }
}

#[test]
fn forms_are_told_by_name_and_content() {
    for (name, text, form) in [
        ("ci/.trivyignore", "", Some("trivyignore")),
        (".trivyignore.yaml", "", Some("trivyignore-yaml")),
        ("x.yaml", "vulnerabilities:\n", Some("trivyignore-yaml")),
        ("config.yaml", "ignore:\n", Some("grype")),
        ("/x/.grype.yaml", "", Some("grype")),
        ("x.toml", "[[IgnoredVulns]]", Some("osv-scanner")),
        ("x.json", "{\"bomFormat\":\"CycloneDX\"}", Some("vex")),
        ("x.json", "{\"policies\":[]}", None),
        ("x.yaml", "version: 1", None),
    ] {
        assert_eq!(
            ExceptionFormat::of(name, text).map(|f| f.id),
            form,
            "{name}"
        );
    }
}

#[test]
fn nothing_accepted_is_an_empty_allowlist() {
    for format in EXCEPTION_FORMATS.iter().filter(|format| format.id != "vex") {
        let imported = format.import("", "x").unwrap();
        assert_eq!(imported.allowlist, "allowlist: []\n", "{}", format.id);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_whatever_the_words(
        id in "\\PC{1,12}", words in "\\PC{0,20}", path in "\\PC{1,9}", name in "\\PC{1,9}",
    ) {
        let json = |text: &str| serde_json::to_string(text).unwrap();
        let (id, words, path, name) = (json(&id), json(&words), json(&path), json(&name));
        let yaml = format!("vulnerabilities: [{{ id: {id}, statement: {words}, paths: [{path}] }}]");
        let grype = format!("ignore: [{{ vulnerability: {id}, reason: {words}, package: {{ name: {name}, version: {name} }} }}]");
        for (file, text) in [(".trivyignore.yaml", yaml), (".grype.yaml", grype)] {
            if let Ok(imported) = ExceptionFormat::of(file, &text).unwrap().import(&text, file) {
                policy(&imported);
            }
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,120}", lines in prop::collection::vec("(CVE-1|#|ignore:| - vulnerability: x|\\[\\[IgnoredVulns\\]\\]|id = 'x'|exp:2026-01-0)\\PC{0,6}", 0..6)) {
        for text in [text, lines.join("\n")] {
            for format in EXCEPTION_FORMATS {
                if let Ok(imported) = format.import(&text, "x") {
                    policy(&imported);
                }
            }
        }
    }
}
