use super::{Applied, Vex};
use crate::Matched;
use crate::testing::{deb, inventory, package};
use plimsoll_types::{
    Digest, Ecosystem, Finding, Inventory, Justification, Package, Platform, SourcePackage,
    Suppressed, Suppression, VexStatus,
};
use proptest::prelude::*;

const INDEX: [u8; 32] = [1; 32];
const MANIFEST: [u8; 32] = [2; 32];

/// `docker.io/library/shop:1.4` on Debian 12 with these packages, each of
/// which has `CVE-2024-1`, also called `GHSA-aaaa-bbbb-cccc`.
fn scene(packages: Vec<Package>) -> (Inventory, Matched) {
    let mut inventory = inventory(Some(("debian", "12")), packages);
    let distro = inventory.distro.as_mut().unwrap();
    distro.codename = Some("bookworm".into());
    let image = &mut inventory.image;
    image.reference = Some("docker.io/library/shop:1.4".into());
    image.resolved = Some(Digest::sha256(INDEX));
    image.manifest = Some(Digest::sha256(MANIFEST));
    image.platform = Some(Platform {
        os: "linux".into(),
        architecture: "amd64".into(),
        variant: String::new(),
    });
    let findings = (0..inventory.packages.len()).map(|package| Finding {
        id: "CVE-2024-1".into(),
        aliases: vec!["GHSA-aaaa-bbbb-cccc".into()],
        package,
        ..Finding::default()
    });
    let matched = Matched {
        findings: findings.collect(),
        ..Matched::default()
    };
    (inventory, matched)
}

fn curl() -> Package {
    let mut curl = deb("curl", "7.88.1-10", "curl");
    curl.record.arch = Some("amd64".into());
    curl
}

/// Statements in OpenVEX: product, status, more fields.
fn openvex(statements: &[(&str, &str, &str)]) -> String {
    let statements = statements.iter().map(|(product, status, more)| {
        format!(
            r#"{{"vulnerability":{{"name":"CVE-2024-1"}},"products":[{product}],"status":"{status}"{more}}}"#
        )
    });
    let statements: Vec<_> = statements.collect();
    format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/vex","author":"vendor",
        "timestamp":"2024-05-01T00:00:00Z","version":1,"statements":[{}]}}"#,
        statements.join(",")
    )
}

const WHY: &str = r#","justification":"vulnerable_code_not_present""#;

fn not_affected(product: &str) -> String {
    openvex(&[(product, "not_affected", WHY)])
}

fn id(product: &str) -> String {
    format!(r#"{{"@id":"{product}"}}"#)
}

fn apply(inventory: &Inventory, matched: &mut Matched, documents: &[String]) -> Applied {
    let folder = tempfile::tempdir().unwrap();
    for (at, document) in documents.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at}.json")), document).unwrap();
    }
    let vex = Vex::open(&[folder.path().to_owned()]).unwrap();
    let sum = matched.findings.len() + matched.suppressed.len();
    let applied = vex.apply(inventory, matched).unwrap();
    assert_eq!(sum, matched.findings.len() + matched.suppressed.len());
    applied
}

/// Whether a document makes the finding of each of these packages not count.
fn suppresses(packages: &[Package], document: &str) -> Vec<bool> {
    let (inventory, mut matched) = scene(packages.to_vec());
    apply(&inventory, &mut matched, &[document.to_owned()]);
    let gone = |at: usize| matched.suppressed.iter().any(|s| s.finding.package == at);
    (0..packages.len()).map(gone).collect()
}

fn clears(product: &str) -> bool {
    suppresses(&[curl()], &not_affected(&id(product))) == [true]
}

#[test]
fn a_suppressed_finding_says_who_says_so() {
    let (inventory, mut matched) = scene(vec![curl()]);
    let document = not_affected(&id("pkg:deb/debian/curl"));
    let applied = apply(&inventory, &mut matched, &[document]);
    assert_eq!(applied.warning(), None);
    let suppressed = &matched.suppressed[0];
    assert_eq!(suppressed.reason, Suppression::Vex);
    assert_eq!(
        suppressed.detail,
        "vendor: not_affected (vulnerable_code_not_present) \
         [https://example.org/vex, 2024-05-01T00:00:00Z]"
    );
    let said = suppressed.finding.vex.as_ref().unwrap();
    assert_eq!(
        said.justification,
        Some(Justification::VulnerableCodeNotPresent)
    );
}

#[test]
fn a_statement_about_an_alias_is_about_the_finding() {
    for vulnerability in [
        r#"{"name":"ghsa-aaaa-bbbb-cccc"}"#,
        r#"{"name":"VENDOR-1","aliases":["CVE-2024-1"]}"#,
        r#"{"@id":"https://nvd.nist.gov/vuln/detail/CVE-2024-1"}"#,
        r#""CVE-2024-1""#,
    ] {
        let document = not_affected(&id("pkg:deb/debian/curl"));
        let document = document.replace(r#"{"name":"CVE-2024-1"}"#, vulnerability);
        assert_eq!(suppresses(&[curl()], &document), [true], "{vulnerability}");
    }
}

#[test]
fn an_image_goes_by_its_digests() {
    let hex = |bytes: [u8; 32]| Digest::sha256(bytes).hex().to_owned();
    let (index, manifest) = (hex(INDEX), hex(MANIFEST));
    for (product, expected) in [
        (format!("pkg:oci/other@sha256%3A{index}"), true),
        (format!("pkg:oci/shop@sha256:{manifest}?arch=amd64"), true),
        (
            format!("pkg:oci/shop@sha256:{manifest}?arch=x86_64&tag=9"),
            true,
        ),
        (format!("pkg:oci/shop@sha256:{index}?arch=arm64"), false),
        (format!("pkg:docker/shop@sha256:{manifest}"), true),
        (format!("registry.example/a@sha256:{manifest}"), true),
        (format!("pkg:oci/shop@sha256:{}", hex([9; 32])), false),
    ] {
        assert_eq!(clears(&product), expected, "{product}");
    }
}

#[test]
fn an_image_without_a_digest_goes_by_repository_and_tag() {
    for (product, expected) in [
        ("pkg:oci/shop?repository_url=docker.io/library/shop", true),
        ("pkg:oci/shop?repository_url=index.docker.io/library", true),
        (
            "pkg:oci/shop?repository_url=registry-1.docker.io/library/shop&tag=1.4",
            true,
        ),
        (
            "pkg:oci/shop?repository_url=docker.io/library/shop&tag=1.5",
            false,
        ),
        ("pkg:oci/shop?repository_url=quay.io/library/shop", false),
        ("pkg:oci/library%2Fshop", true),
        ("pkg:oci/hop", false),
        ("pkg:docker/shop", true),
        ("pkg:docker/library/shop@1.4", true),
        ("pkg:docker/shop@1.5", false),
        ("pkg:docker/shop?repository_url=quay.io", false),
        ("docker://shop:1.4", true),
    ] {
        assert_eq!(clears(product), expected, "{product}");
    }
}

#[test]
fn a_package_has_every_part_that_is_stated() {
    for (product, expected) in [
        ("pkg:deb/debian/curl", true),
        ("pkg:deb/curl", true),
        ("pkg:deb/debian/curl@7.88.1-10", true),
        ("pkg:deb/debian/curl@7.88.1-11", false),
        ("pkg:deb/ubuntu/curl", false),
        ("pkg:deb/debian/curl?arch=arm64", false),
        ("pkg:deb/debian/curl?arch=amd64&distro=debian-12", true),
        ("pkg:deb/debian/curl?distro=bookworm", true),
        ("pkg:deb/debian/curl?distro=debian-11", false),
        (
            "pkg:deb/debian/curl?os_name=debian&os_version=12&os_distro=bookworm",
            true,
        ),
        ("pkg:deb/debian/curl?os_name=debian&os_version=13", false),
        ("pkg:deb/debian/curl?unheard=of", false),
        ("pkg:deb/debian/curl#sub/path", false),
        ("pkg:npm/curl", false),
        ("https://example.org/curl", false),
    ] {
        assert_eq!(clears(product), expected, "{product}");
    }
}

#[test]
fn names_are_compared_as_their_ecosystems_do() {
    let of = |ecosystem, name, product| {
        let document = not_affected(&id(product));
        suppresses(&[package(ecosystem, name, "1.0.0")], &document) == [true]
    };
    assert!(of(Ecosystem::Pypi, "Foo_Bar", "pkg:pypi/foo-bar@1.0.0"));
    assert!(of(Ecosystem::Golang, "stdlib", "pkg:golang/stdlib@v1.0.0"));
    assert!(of(Ecosystem::Nuget, "Foo.Bar", "pkg:nuget/foo.bar"));
    assert!(of(Ecosystem::Maven, "g:a", "pkg:maven/g/a@1.0.0?type=jar"));
    assert!(of(Ecosystem::Npm, "@s/a", "pkg:npm/%40s/a"));
    assert!(!of(Ecosystem::Npm, "@s/a", "pkg:npm/a"));
}

#[test]
fn a_source_package_stands_for_what_was_built_from_it() {
    let mut library = deb("libcurl4", "7.88.1-10", "curl");
    let source = |version: &str| {
        let product = format!("pkg:deb/debian/curl@{version}?arch=source");
        not_affected(&id(&product))
    };
    assert_eq!(suppresses(&[library.clone()], &source("7.88.1-10")), [true]);
    library.record.source = Some(SourcePackage {
        name: "curl".into(),
        version: Some("7.88.1-9".into()),
    });
    assert_eq!(
        suppresses(&[library.clone()], &source("7.88.1-10")),
        [false]
    );
    let binary = not_affected(&id("pkg:deb/debian/curl"));
    assert_eq!(suppresses(&[library], &binary), [false]);
}

#[test]
fn subcomponents_limit_a_statement_to_parts_of_the_product() {
    let packages = [curl(), deb("zlib1g", "1", "zlib")];
    let product = |image: &str| {
        format!(
            r#"{{"@id":"{image}","subcomponents":[{{"@id":"pkg:deb/debian/zlib1g"}},{{"@id":"pkg:deb/debian/absent"}}]}}"#
        )
    };
    let document = not_affected(&product("pkg:docker/shop"));
    assert_eq!(suppresses(&packages, &document), [false, true]);
    let document = not_affected(&product("pkg:docker/other"));
    assert_eq!(suppresses(&packages, &document), [false, false]);
    let whole = not_affected(&id("pkg:docker/shop"));
    assert_eq!(suppresses(&packages, &whole), [true, true]);
}

/// npm packages by name, with what they depend on.
fn graph(edges: &[(&str, &[u32])]) -> Vec<Package> {
    let packages = edges.iter().map(|(name, depends_on)| Package {
        depends_on: depends_on.to_vec(),
        ..package(Ecosystem::Npm, name, "1.0.0")
    });
    packages.collect()
}

#[test]
fn a_librarys_statement_counts_where_all_paths_lead_through_it() {
    let within = r#"{"@id":"pkg:npm/a","subcomponents":[{"@id":"pkg:npm/b"}]}"#;
    let document = not_affected(within);
    let only = graph(&[("app", &[1]), ("a", &[2]), ("b", &[])]);
    assert_eq!(suppresses(&only, &document), [false, false, true]);
    let around = graph(&[("app", &[1, 3]), ("a", &[2]), ("b", &[]), ("c", &[2])]);
    assert!(!suppresses(&around, &document)[2]);
    // Nothing leads to `b` but a ring of its own.
    let ring = graph(&[("a", &[]), ("b", &[2]), ("c", &[1])]);
    assert!(!suppresses(&ring, &document)[1]);
    let further = graph(&[("a", &[1]), ("b", &[2]), ("c", &[1, 3]), ("d", &[])]);
    assert_eq!(suppresses(&further, &document), [false, true, true, true]);
}

#[test]
fn distribution_packages_are_not_hidden_behind_each_other() {
    let mut packages = [curl(), deb("libcurl4", "1", "curl")];
    packages[0].depends_on = vec![1];
    let document = not_affected(&id("pkg:deb/debian/curl"));
    assert_eq!(suppresses(&packages, &document), [true, false]);
}

#[test]
fn the_latest_statement_counts() {
    let product = id("pkg:deb/debian/curl");
    let at = |day: &str| format!(r#","timestamp":"2024-06-{day}T00:00:00Z""#);
    let (early, late) = (at("01"), at("02"));
    let cleared = |first: &str, second: &str| {
        let document = openvex(&[
            (&product, "not_affected", &format!("{WHY}{first}")),
            (&product, "affected", second),
        ]);
        suppresses(&[curl()], &document) == [true]
    };
    assert!(cleared(&late, &early));
    assert!(!cleared(&early, &late));
    // The document's own time stands in, and is the earliest.
    assert!(cleared(&early, ""));
    assert!(!cleared("", &early));
    // Of contradictions the worse.
    assert!(!cleared("", ""));
}

#[test]
fn of_one_time_the_more_specific_product_counts() {
    let cleared = |clear: &str, affected: &str| {
        let document = openvex(&[
            (&id(clear), "not_affected", WHY),
            (&id(affected), "affected", ""),
        ]);
        suppresses(&[curl()], &document) == [true]
    };
    let exact = "pkg:deb/debian/curl@7.88.1-10";
    assert!(cleared(exact, "pkg:deb/debian/curl"));
    assert!(!cleared("pkg:deb/debian/curl", exact));
    assert!(cleared("pkg:deb/debian/curl", "pkg:docker/shop"));
}

#[test]
fn of_one_time_the_later_version_of_a_document_counts() {
    let (inventory, mut matched) = scene(vec![curl()]);
    let old = not_affected(&id("pkg:deb/debian/curl@7.88.1-10"));
    let new = openvex(&[(&id("pkg:deb/debian/curl"), "affected", "")]);
    let new = new.replace(r#""version":1"#, r#""version":2"#);
    apply(&inventory, &mut matched, &[old, new]);
    assert_eq!(matched.findings.len(), 1);
}

/// All documents of Docker Hardened Images do.
#[test]
fn documents_that_share_an_id_are_all_heard() {
    let (inventory, mut matched) = scene(vec![curl(), deb("zlib1g", "1", "zlib")]);
    let curl = not_affected(&id("pkg:deb/debian/curl"));
    let zlib = not_affected(&id("pkg:deb/debian/zlib1g"));
    let zlib = zlib.replace(r#""version":1"#, r#""version":2"#);
    apply(&inventory, &mut matched, &[curl, zlib]);
    assert_eq!(matched.suppressed.len(), 2);
}

#[test]
fn fixed_counts_for_the_version_it_names() {
    let fixed = |product: &str| suppresses(&[curl()], &openvex(&[(product, "fixed", "")]));
    assert_eq!(fixed(&id("pkg:deb/debian/curl@7.88.1-10")), [true]);
    assert_eq!(fixed(&id("pkg:deb/debian/curl@7.88.1-9")), [false]);
    assert_eq!(fixed(&id("pkg:deb/debian/curl")), [false]);
    assert_eq!(fixed(&id("pkg:docker/shop@1.4")), [true]);
    assert_eq!(fixed(&id("pkg:docker/shop")), [false]);
    let part =
        r#"{"@id":"pkg:docker/shop","subcomponents":[{"@id":"pkg:deb/debian/curl@7.88.1-10"}]}"#;
    assert_eq!(fixed(part), [true]);
}

#[test]
fn other_answers_are_noted_on_the_finding() {
    for (status, more) in [
        (
            VexStatus::Affected,
            r#","action_statement":"Upgrade\n to 8.""#,
        ),
        (
            VexStatus::UnderInvestigation,
            r#","status_notes":"Upgrade to 8.""#,
        ),
    ] {
        let (inventory, mut matched) = scene(vec![curl()]);
        let product = id("pkg:deb/debian/curl");
        apply(
            &inventory,
            &mut matched,
            &[openvex(&[(&product, status.as_str(), more)])],
        );
        let said = matched.findings[0].vex.as_ref().unwrap();
        assert_eq!(
            (said.status, said.words.as_str()),
            (status, "Upgrade to 8.")
        );
    }
}

#[test]
fn what_is_suppressed_already_stays_so() {
    let (inventory, mut matched) = scene(vec![curl()]);
    matched.suppressed = vec![Suppressed {
        finding: matched.findings.remove(0),
        reason: Suppression::NotAffected,
        detail: "the vendor".into(),
    }];
    let before = matched.clone();
    let affected = openvex(&[(&id("pkg:deb/debian/curl"), "affected", "")]);
    assert_eq!(apply(&inventory, &mut matched, &[affected]).unused, 0);
    assert_eq!(matched, before);
}

#[test]
fn upgrades_repair_what_is_left_and_are_forgotten_where_nothing_is() {
    let record = |id: &str, fixed: &str| {
        let events = format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#);
        crate::testing::osv(id, &[], "Debian:12", "curl", &events, "")
    };
    let records = [record("CVE-2024-1", "9.0-1"), record("CVE-2024-2", "8.0-1")];
    let (_folder, store) = crate::testing::store(&[&records[0], &records[1]]);
    let inventory = inventory(Some(("debian", "12")), vec![curl()]);
    let mut matched = crate::find(&inventory, &store);
    assert_eq!(matched.upgrades[&0], "9.0-1");
    let denied = not_affected(&id("pkg:deb/debian/curl"));
    apply(&inventory, &mut matched, std::slice::from_ref(&denied));
    assert_eq!(matched.upgrades[&0], "8.0-1");
    let other = denied.replace("CVE-2024-1", "CVE-2024-2");
    apply(&inventory, &mut matched, &[other]);
    assert!(matched.upgrades.is_empty());
}

#[test]
fn what_is_wrong_with_statements_is_said_in_one_line() {
    let (inventory, mut matched) = scene(vec![curl()]);
    let product = id("pkg:deb/debian/curl");
    let document = openvex(&[
        (&product, "not_affected", r#","status_notes":"trust me""#),
        (&id("pkg:deb/debian/other"), "affected", ""),
        (&product, "harmless", ""),
        ("17", "fixed", ""),
    ]);
    let documents = [document, r#"{"registry":"of documents"}"#.to_owned()];
    let warning = apply(&inventory, &mut matched, &documents)
        .warning()
        .unwrap();
    assert_eq!(matched.suppressed.len(), 1);
    for part in [
        "1 of 2 statements match nothing that was found",
        "1 calls something not affected without saying why",
        "2 could not be read (`",
        "0.json`: statement 3: `harmless` is no status)",
        "1 file is no VEX document",
    ] {
        assert!(warning.contains(part), "{warning}");
    }
    assert_eq!(warning.lines().count(), 1);
}

#[test]
fn a_broken_document_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    for (text, told) in [
        ("{\"statements\":[", "EOF while parsing"),
        ("{\"statements\":7}", "expected a list"),
        ("{}", "it is not OpenVEX, CSAF, CycloneDX or SPDX 3"),
        ("[1]", "it is not OpenVEX"),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Vex::open(std::slice::from_ref(&file))
            .unwrap_err()
            .to_string();
        assert!(error.contains("a.json") && error.contains(told), "{error}");
    }
    let error = Vex::open(&[folder.path().join("absent")]).unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
}

/// CSAF about Samba in two releases of an enterprise distribution.
fn csaf(status: &str, release: &str, purl: &str) -> String {
    format!(
        r#"{{"document":{{"csaf_version":"2.0","category":"csaf_vex","publisher":{{"name":"RH"}},
        "tracking":{{"id":"CVE-2024-1","version":"3","current_release_date":"2024-05-01T00:00:00+00:00"}}}},
        "product_tree":{{"branches":[{{"category":"vendor","name":"RH","branches":[
          {{"category":"product_name","name":"EL","product":{{"name":"EL","product_id":"el",
            "product_identification_helper":{{"cpe":"cpe:/o:redhat:enterprise_linux:{release}"}}}}}},
          {{"category":"product_version","name":"samba","product":{{"name":"samba","product_id":"samba",
            "product_identification_helper":{{"purl":"{purl}"}}}}}}]}}],
          "relationships":[{{"category":"default_component_of","product_reference":"samba",
            "relates_to_product_reference":"el","full_product_name":{{"name":"x","product_id":"el:samba"}}}},
            {{"category":"default_component_of","product_reference":"ring",
            "relates_to_product_reference":"ring","full_product_name":{{"name":"x","product_id":"ring"}}}}],
          "product_groups":[{{"group_id":"g","product_ids":["el:samba"]}}]}},
        "vulnerabilities":[{{"cve":"CVE-2024-1","product_status":{{"{status}":["el:samba","ring","absent"]}},
          "flags":[{{"label":"vulnerable_code_not_present","group_ids":["g"]}}],
          "threats":[{{"category":"impact","details":"Moderate","product_ids":["el:samba"]}}],
          "remediations":[{{"category":"vendor_fix","details":"Update it.","product_ids":["el:samba"]}}]}}]}}"#
    )
}

fn samba() -> (Inventory, Matched) {
    let mut samba = package(Ecosystem::Rpm, "samba", "4.18-1.el9");
    samba.record.arch = Some("x86_64".into());
    let (mut inventory, matched) = scene(vec![samba]);
    let distro = inventory.distro.as_mut().unwrap();
    (distro.id, distro.version) = ("rhel".into(), Some("9.4".into()));
    (inventory, matched)
}

#[test]
fn csaf_is_about_components_of_releases() {
    let said = |status: &str, release: &str, purl: &str| {
        let (inventory, mut matched) = samba();
        apply(&inventory, &mut matched, &[csaf(status, release, purl)]);
        let mut all = matched
            .suppressed
            .into_iter()
            .map(|s| s.finding)
            .chain(matched.findings);
        all.next().unwrap().vex
    };
    let bare = "pkg:rpm/redhat/samba";
    let cleared = said("known_not_affected", "9", bare).unwrap();
    assert_eq!(cleared.status, VexStatus::NotAffected);
    assert_eq!(
        cleared.justification,
        Some(Justification::VulnerableCodeNotPresent)
    );
    assert_eq!(cleared.words, "");
    assert_eq!(said("known_not_affected", "8", bare), None);
    assert_eq!(said("known_not_affected", "9.2", bare), None);
    assert_eq!(said("fixed", "9", bare), None);
    let built = "pkg:rpm/redhat/samba@4.18-1.el9?arch=x86_64";
    assert_eq!(said("fixed", "9", built).unwrap().status, VexStatus::Fixed);
    let affected = said("known_affected", "9", bare).unwrap();
    assert_eq!(
        (affected.status, affected.words.as_str()),
        (VexStatus::Affected, "Update it.")
    );
    let looking = said("under_investigation", "9", bare).unwrap();
    assert_eq!(looking.status, VexStatus::UnderInvestigation);
}

/// CycloneDX with an analysis of a component; `root` is what it is about.
fn cyclonedx(state: &str, root: &str, reference: &str) -> String {
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:1","version":1,
        "metadata":{{"timestamp":"2024-05-01T00:00:00Z"{root}}},
        "components":[{{"type":"library","bom-ref":"c","name":"curl","purl":"pkg:deb/debian/curl@7.88.1-10"}}],
        "vulnerabilities":[{{"id":"GHSA-aaaa-bbbb-cccc","references":[{{"id":"CVE-2024-1"}}],
          "analysis":{{"state":"{state}","justification":"code_not_reachable","detail":"never called"}},
          "affects":[{{"ref":"{reference}"}}]}},{{"id":"CVE-2024-2","affects":[]}}]}}"#
    )
}

#[test]
fn cyclonedx_speaks_of_components_of_what_it_is_about() {
    let said = |document: &str| {
        let (inventory, mut matched) = scene(vec![curl()]);
        apply(&inventory, &mut matched, &[document.to_owned()]);
        let mut all = matched
            .suppressed
            .into_iter()
            .map(|s| s.finding)
            .chain(matched.findings);
        all.next().unwrap().vex
    };
    for (state, status) in [
        ("not_affected", VexStatus::NotAffected),
        ("false_positive", VexStatus::NotAffected),
        ("resolved", VexStatus::Fixed),
        ("resolved_with_pedigree", VexStatus::Fixed),
        ("exploitable", VexStatus::Affected),
        ("in_triage", VexStatus::UnderInvestigation),
    ] {
        let said = said(&cyclonedx(state, "", "c")).unwrap();
        assert_eq!(said.status, status, "{state}");
        assert_eq!(said.justification, Some(Justification::CodeNotReachable));
        assert_eq!(said.words, "never called");
    }
    let root = |component: &str| {
        let root = format!(r#","component":{{"bom-ref":"r",{component}}}"#);
        said(&cyclonedx("not_affected", &root, "c")).is_some()
    };
    assert!(root(r#""type":"container","name":"shop:1.4""#));
    assert!(!root(r#""type":"container","name":"quay.io/a/shop:1.4""#));
    let digest = Digest::sha256(MANIFEST);
    assert!(root(&format!(
        r#""type":"container","name":"x","version":"{digest}""#
    )));
    assert!(root(&format!(
        r#""type":"container","name":"x","purl":"pkg:oci/x@{digest}""#
    )));
    assert!(!root(
        r#""type":"application","name":"x","purl":"pkg:npm/absent@1""#
    ));
    assert!(root(r#""type":"application","name":"just a name""#));
    for reference in [
        "pkg:deb/debian/curl",
        "urn:cdx:1/1#c",
        "urn:cdx:2/1#pkg%3Adeb/debian/curl%407.88.1-10",
    ] {
        assert!(
            said(&cyclonedx("not_affected", "", reference)).is_some(),
            "{reference}"
        );
    }
}

#[test]
fn spdx_3_relates_vulnerabilities_to_products() {
    let document = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
        {"type":"CreationInfo","@id":"_:c","created":"2024-05-01T00:00:00Z","createdBy":["urn:o"]},
        {"type":"Organization","spdxId":"urn:o","name":"vendor","creationInfo":"_:c"},
        {"type":"SpdxDocument","spdxId":"urn:d","creationInfo":"_:c"},
        {"type":"software_Package","spdxId":"urn:p","software_packageUrl":"pkg:deb/debian/curl","creationInfo":"_:c"},
        {"type":"security_Vulnerability","spdxId":"urn:v","creationInfo":"_:c",
         "externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"cve","identifier":"CVE-2024-1"}]},
        {"type":"security_VexNotAffectedVulnAssessmentRelationship","spdxId":"urn:r","from":"urn:v","to":["urn:p"],
         "relationshipType":"doesNotAffect","security_justificationType":"vulnerableCodeNotInExecutePath",
         "security_publishedTime":"2024-06-01T00:00:00Z","creationInfo":"_:c"}]}"#;
    let (inventory, mut matched) = scene(vec![curl()]);
    apply(&inventory, &mut matched, &[document.to_owned()]);
    let said = matched.suppressed[0].finding.vex.as_ref().unwrap();
    assert_eq!(said.author, "vendor");
    assert_eq!(said.time.as_deref(), Some("2024-06-01T00:00:00Z"));
    assert_eq!(
        said.justification,
        Some(Justification::VulnerableCodeNotInExecutePath)
    );
}

#[test]
fn an_attestation_is_read_for_what_it_holds() {
    let document = not_affected(&id("pkg:deb/debian/curl"));
    let attestation = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns","predicate":{document}}}"#
    );
    assert_eq!(suppresses(&[curl()], &attestation), [true]);
}

#[test]
fn relationships_that_double_end() {
    let doubled: Vec<_> = (1..60)
        .map(|at| {
            let before = at - 1;
            format!(
                r#"{{"product_reference":"{before}","relates_to_product_reference":"{before}","full_product_name":{{"product_id":"{at}"}}}}"#
            )
        })
        .collect();
    let document = format!(
        r#"{{"document":{{"csaf_version":"2.0"}},"product_tree":{{"full_product_names":[{{"product_id":"0"}}],
        "relationships":[{}]}},"vulnerabilities":[{{"cve":"CVE-1","product_status":{{"fixed":["59"]}}}}]}}"#,
        doubled.join(",")
    );
    let vex = Vex::read("a", document.as_bytes()).unwrap();
    assert!(vex.documents[0].statements[0].products.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_documents_do_no_harm(at in 0usize..2000, with in any::<char>(), which in 0usize..3) {
        let document = match which {
            0 => not_affected(&id("pkg:deb/debian/curl")),
            1 => csaf("known_not_affected", "9", "pkg:rpm/redhat/samba"),
            _ => cyclonedx("not_affected", "", "c"),
        };
        let mut chars: Vec<char> = document.chars().collect();
        let at = at % chars.len();
        chars[at] = with;
        let text: String = chars.into_iter().collect();
        let (inventory, mut matched) = scene(vec![curl()]);
        if let Ok(vex) = Vex::read("a", text.as_bytes()) {
            vex.apply(&inventory, &mut matched).unwrap();
            prop_assert_eq!(matched.findings.len() + matched.suppressed.len(), 1);
        }
    }
}

#[test]
fn a_document_without_statements_is_one_all_the_same() {
    for statements in ["", r#","statements":[]"#, r#","statements":null"#] {
        let (inventory, mut matched) = scene(vec![curl()]);
        let before = matched.clone();
        let document = format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://x.org/1","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1{statements}}}"#
        );
        let applied = apply(&inventory, &mut matched, &[document]);
        assert_eq!(applied.warning(), None, "{statements}");
        assert_eq!(matched, before);
    }
}
