#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use plimsoll_types::{Ecosystem, GapKind, Inventory, PackageRecord};
use proptest::prelude::*;

fn inventory(text: &str) -> Inventory {
    read(text.as_bytes())
        .unwrap_or_else(|error| panic!("{error}"))
        .inventory
}

/// Packages as `type name@version`.
fn found(text: &str) -> Vec<String> {
    let inventory = inventory(text);
    let told = |record: &PackageRecord| {
        format!(
            "{} {}@{}",
            record.ecosystem,
            record.name,
            record.full_version()
        )
    };
    inventory.packages.iter().map(|p| told(&p.record)).collect()
}

fn cyclonedx(components: &str) -> String {
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{components}]}}"#)
}

fn one(components: &str) -> PackageRecord {
    let mut packages = inventory(&cyclonedx(components)).packages;
    assert_eq!(packages.len(), 1);
    packages.remove(0).record
}

const TRIVY: &str = r#"{
  "bomFormat": "CycloneDX", "specVersion": "1.6",
  "metadata": {"component": {"bom-ref": "i", "type": "container", "name": "shop:1",
    "purl": "pkg:oci/shop@sha256:0101010101010101010101010101010101010101010101010101010101010101?arch=arm64&repository_url=reg.example%2Fshop",
    "properties": [
      {"name": "aquasecurity:trivy:DiffID", "value": "sha256:0202020202020202020202020202020202020202020202020202020202020202"},
      {"name": "aquasecurity:trivy:DiffID", "value": "sha256:0303030303030303030303030303030303030303030303030303030303030303"},
      {"name": "aquasecurity:trivy:ImageID", "value": "sha256:0404040404040404040404040404040404040404040404040404040404040404"}]}},
  "components": [
    {"bom-ref": "os", "type": "operating-system", "name": "redhat", "version": "8.4",
     "properties": [{"name": "aquasecurity:trivy:Class", "value": "os-pkgs"}]},
    {"bom-ref": "lock", "type": "application", "name": "app/package-lock.json",
     "properties": [{"name": "aquasecurity:trivy:Class", "value": "lang-pkgs"}, {"name": "aquasecurity:trivy:Type", "value": "npm"}]},
    {"bom-ref": "a", "type": "library", "group": "@s", "name": "a", "version": "1.0.0", "purl": "pkg:npm/%40s/a@1.0.0"},
    {"bom-ref": "p", "type": "library", "name": "perl-libs", "version": "4:5.26.3-419.el8",
     "purl": "pkg:rpm/redhat/perl-libs@5.26.3-419.el8?arch=x86_64&distro=redhat-8.4&epoch=4",
     "properties": [
      {"name": "aquasecurity:trivy:LayerDiffID", "value": "sha256:0303030303030303030303030303030303030303030303030303030303030303"},
      {"name": "aquasecurity:trivy:FilePath", "value": "var/lib/rpm/Packages"},
      {"name": "aquasecurity:trivy:Modularitylabel", "value": "perl:5.26:1:2"},
      {"name": "aquasecurity:trivy:SrcName", "value": "perl"},
      {"name": "aquasecurity:trivy:SrcVersion", "value": "5.26.3"},
      {"name": "aquasecurity:trivy:SrcRelease", "value": "419.el8"},
      {"name": "aquasecurity:trivy:SrcEpoch", "value": "4"}]}],
  "dependencies": [{"ref": "i", "dependsOn": ["os", "lock"]}, {"ref": "lock", "dependsOn": ["a"]}, {"ref": "os", "dependsOn": ["p"]}]
}"#;

#[test]
fn trivy_says_in_properties_what_package_urls_lack() {
    let inventory = inventory(TRIVY);
    assert_eq!(inventory.distro.as_ref().unwrap().qualifier(), "rhel-8.4");
    assert_eq!(inventory.layers.len(), 2);
    let image = &inventory.image;
    assert_eq!(image.reference.as_deref(), Some("reg.example/shop"));
    assert!(image.manifest.is_some() && image.config.is_some());
    let [perl, a] = inventory.packages.as_slice() else {
        panic!("{:?}", inventory.packages);
    };
    assert_eq!(perl.record.full_version(), "4:5.26.3-419.el8");
    assert_eq!(perl.record.source_name(), "perl");
    assert_eq!(perl.record.modularity.as_deref(), Some("perl:5.26:1:2"));
    assert_eq!(perl.introduced, 1);
    assert_eq!(perl.locations[0].layer, 1);
    assert_eq!(a.record.name, "@s/a");
    // It lies in the lock file that needs it.
    assert_eq!(a.locations[0].path, "app/package-lock.json");
}

#[test]
fn epochs_of_debian_are_part_of_the_version() {
    let zlib = one(
        r#"{"type":"library","name":"zlib1g","version":"1:1.2.13.dfsg-1","purl":"pkg:deb/debian/zlib1g@1.2.13.dfsg-1?arch=amd64&distro=debian-12.1&epoch=1",
        "properties":[{"name":"aquasecurity:trivy:SrcName","value":"zlib"},{"name":"aquasecurity:trivy:SrcVersion","value":"1.2.13.dfsg"},{"name":"aquasecurity:trivy:SrcRelease","value":"1"},{"name":"aquasecurity:trivy:SrcEpoch","value":"1"}]}"#,
    );
    assert_eq!(zlib.version.as_deref(), Some("1:1.2.13.dfsg-1"));
    assert_eq!(zlib.epoch, None);
    assert_eq!(zlib.source_name(), "zlib");
}

#[test]
fn names_are_those_of_the_ecosystem() {
    let components = r#"
        {"type":"library","name":"Jinja2","version":"2.10","purl":"pkg:pypi/jinja2@2.10"},
        {"type":"library","group":"org.x","name":"y","version":"1","purl":"pkg:maven/org.x/y@1"},
        {"type":"library","name":"GEOS","version":"3.8.3","purl":"pkg:bitnami/geos@3.8.3"},
        {"type":"library","name":"b","version":"v1.0.0","purl":"pkg:golang/github.com/a/b@v1.0.0"},
        {"type":"library","name":"stdlib","version":"go1.22.1","purl":"pkg:golang/stdlib@go1.22.1"},
        {"type":"library","name":"checkout","version":"v4","purl":"pkg:github/actions/checkout@v4"},
        {"type":"framework","group":"acme","name":"thing","version":"1"},
        {"type":"file","name":"/bin/sh"}"#;
    assert_eq!(
        found(&cyclonedx(components)),
        [
            "pypi Jinja2@2.10",
            "golang github.com/a/b@v1.0.0",
            "golang stdlib@1.22.1",
            "maven org.x:y@1",
            "bitnami geos@3.8.3",
            "generic acme/thing@1",
            "generic actions/checkout@v4",
        ]
    );
}

#[test]
fn what_cannot_be_understood_is_a_gap() {
    let inventory = inventory(&cyclonedx(
        r#"{"type":"library","bom-ref":"7f","version":"1"},{"type":"library","name":"a","purl":"pkg:npm/a@1"}, 7, null, {"type": 3}"#,
    ));
    assert_eq!(inventory.packages.len(), 1);
    let gaps = &inventory.coverage.gaps;
    assert!(
        gaps.iter()
            .any(|gap| gap.subject == "7f" && gap.kind == GapKind::EvidenceUnreadable)
    );
}

#[test]
fn dependencies_become_edges() {
    let document = r#"{"bomFormat":"CycloneDX","specVersion":"1.4","components":[
        {"type":"library","bom-ref":"1","name":"b","purl":"pkg:npm/b@1"},
        {"type":"library","bom-ref":"2","name":"a","purl":"pkg:npm/a@1","components":[
            {"type":"library","bom-ref":"3","name":"c","purl":"pkg:npm/c@1"}]}],
        "dependencies":[{"ref":"2","dependsOn":["1","3","2","gone"]}]}"#;
    let bill = read(document.as_bytes()).unwrap();
    assert_eq!(bill.inventory.packages[0].depends_on, [1, 2]);
    assert_eq!(bill.main, Some(0));
}

#[test]
fn xml_says_the_same_as_json() {
    let document = r#"<?xml version="1.0"?>
<b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.3" version="1">
  <b:metadata><b:tools><b:tool><b:name>x</b:name></b:tool></b:tools></b:metadata>
  <b:components>
    <b:component type="library" bom-ref="1">
      <b:supplier><b:name>A &amp; B</b:name></b:supplier>
      <b:name>a</b:name><b:version>1</b:version>
      <b:hashes><b:hash alg="SHA-1">AB</b:hash></b:hashes>
      <b:licenses><b:license><b:id>MIT</b:id></b:license></b:licenses>
      <b:purl>pkg:npm/a@1</b:purl>
      <b:properties><b:property name="cdx:npm:package:development">true</b:property></b:properties>
    </b:component>
    <b:component type="library" bom-ref="2"><b:name>b</b:name><b:purl><![CDATA[pkg:npm/b@2]]></b:purl></b:component>
  </b:components>
  <b:dependencies><b:dependency ref="1"><b:dependency ref="2"/></b:dependency></b:dependencies>
</b:bom>"#;
    let packages = inventory(document).packages;
    let a = &packages[0];
    assert_eq!(a.record.vendor.as_deref(), Some("A & B"));
    assert_eq!(a.record.digests, ["sha1:ab"]);
    assert_eq!(a.record.licenses, ["MIT"]);
    assert!(a.record.development);
    assert_eq!(a.depends_on, [1]);
    assert_eq!(packages[1].record.name, "b");
}

#[test]
fn entities_of_a_document_are_not_expanded() {
    let document = r#"<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library">
<name>x&b;</name></component></components></bom>"#;
    assert_eq!(found(document), ["generic x@"]);
}

#[test]
fn spdx_of_syft_shows_evidence_as_relationships() {
    let document = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT",
      "packages":[
        {"SPDXID":"SPDXRef-DocumentRoot-Image-alpine","name":"alpine","versionInfo":"3.20","primaryPackagePurpose":"CONTAINER"},
        {"SPDXID":"SPDXRef-P","name":"ssl_client","versionInfo":"1.36.1-r0","supplier":"Person: A B (a@example.org)",
         "licenseDeclared":"GPL-2.0-only","sourceInfo":"acquired package info from APK DB: /lib/apk/db/installed",
         "checksums":[{"algorithm":"SHA1","checksumValue":"AB"}],
         "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl",
           "referenceLocator":"pkg:apk/alpine/ssl_client@1.36.1-r0?arch=x86_64&upstream=busybox&distro=alpine-3.20.1"}]}],
      "files":[{"SPDXID":"SPDXRef-F","fileName":"lib/apk/db/installed","comment":"layerID: sha256:01"}],
      "relationships":[
        {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-DocumentRoot-Image-alpine"},
        {"spdxElementId":"SPDXRef-P","relationshipType":"OTHER","relatedSpdxElement":"SPDXRef-F","comment":"evident-by: indicates"}]}"#;
    let inventory = inventory(document);
    assert_eq!(inventory.image.name, "alpine");
    assert_eq!(
        inventory.distro.as_ref().unwrap().qualifier(),
        "alpine-3.20.1"
    );
    let package = &inventory.packages[0];
    assert_eq!(package.record.source_name(), "busybox");
    assert_eq!(
        package.record.vendor.as_deref(),
        Some("A B <a@example.org>")
    );
    assert_eq!(package.record.digests, ["sha1:ab"]);
    assert_eq!(package.locations[0].path, "lib/apk/db/installed");
}

#[test]
fn github_wraps_and_writes_ranges() {
    let document = r#"{"sbom":{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3","packages":[
      {"SPDXID":"SPDXRef-com.github.o-r","name":"com.github.o/r","versionInfo":"main",
       "externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:github/o/r@main"}]},
      {"SPDXID":"SPDXRef-npm-a","name":"npm:a","versionInfo":"^ 1.2","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a"}]},
      {"SPDXID":"SPDXRef-npm-b","name":"npm:b","versionInfo":"2.0.0","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/b@2.0.0"}]}],
      "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-com.github.o-r"}]}}"#;
    assert_eq!(found(document), ["npm a@", "npm b@2.0.0"]);
}

#[test]
fn attestations_hold_documents() {
    let document = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{}}}"#,
        r#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1"}]}"#
    );
    assert_eq!(found(&document), ["generic a@1"]);
}

#[test]
fn tags_and_values_are_read_with_their_texts() {
    let document = "SPDXVersion: SPDX-2.2\nSPDXID: SPDXRef-DOCUMENT\n##### Package: a\n\nPackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1\nPackageComment: <text>PackageName: no\nPackageVersion: 9</text>\nPackageChecksum: SHA256: 00\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\n\nPackageName: b\nSPDXID: SPDXRef-b\nExternalRef: PACKAGE_MANAGER purl pkg:npm/b@2\nRelationship: SPDXRef-b DEPENDENCY_OF SPDXRef-a\n";
    assert_eq!(found(document), ["npm a@1", "npm b@2"]);
    assert_eq!(inventory(document).packages[0].depends_on, [1]);
    assert!(read(b"SPDXVersion: SPDX-2.2\nPackageName: <text>a\n").is_err());
}

#[test]
fn version_3_is_a_graph() {
    let document = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
      {"type":"SpdxDocument","spdxId":"urn:d","rootElement":["urn:a"]},
      {"type":"Organization","spdxId":"urn:o","name":"O"},
      {"type":"software_Package","spdxId":"urn:a","name":"a","software_packageVersion":"1","software_packageUrl":"pkg:npm/a@1","suppliedBy":"urn:o",
       "verifiedUsing":[{"type":"Hash","algorithm":"sha3_256","hashValue":"00"}]},
      {"type":"software_Package","spdxId":"urn:b","name":"b","externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"packageUrl","identifier":"pkg:npm/b@2"}]},
      {"type":"simplelicensing_LicenseExpression","spdxId":"urn:l","simplelicensing_licenseExpression":"MIT"},
      {"type":"Relationship","spdxId":"urn:r","from":"urn:a","relationshipType":"hasDeclaredLicense","to":["urn:l"]},
      {"type":"LifecycleScopedRelationship","spdxId":"urn:s","from":"urn:a","relationshipType":"dependsOn","to":["urn:b"],"scope":"development"}]}"#;
    let bill = read(document.as_bytes()).unwrap();
    let [a, b] = bill.inventory.packages.as_slice() else {
        panic!("{:?}", bill.inventory.packages);
    };
    assert_eq!(a.record.vendor.as_deref(), Some("O"));
    assert_eq!(a.record.licenses, ["MIT"]);
    assert_eq!(a.record.digests, ["sha3-256:00"]);
    assert_eq!(a.depends_on, [1]);
    assert!(b.record.development);
    assert_eq!(bill.main, Some(0));
}

#[test]
fn syft_tells_more_in_its_own_form() {
    let document = r#"{"artifacts":[
       {"id":"1","name":"x","version":"1.0","type":"java-archive","purl":"pkg:maven/org.x/x@1.0",
        "locations":[{"path":"/app.war","layerID":"sha256:0202020202020202020202020202020202020202020202020202020202020202","annotations":{"evidence":"primary"}}],
        "licenses":[{"value":"Apache 2","spdxExpression":"","type":"declared"}],
        "metadata":{"virtualPath":"/app.war:WEB-INF/lib/x.jar","digest":[{"algorithm":"sha1","value":"ab"}]}},
       {"id":"2","name":"perl-libs","version":"4:5.26.3-419.el8","type":"rpm","purl":"pkg:rpm/redhat/perl-libs@5.26.3-419.el8?arch=x86_64&epoch=4&upstream=perl-5.26.3-419.el8.src.rpm",
        "locations":[{"path":"/var/lib/rpm/Packages","layerID":"sha256:0101010101010101010101010101010101010101010101010101010101010101"}],
        "licenses":["GPL+"],"metadata":{"epoch":4,"architecture":"x86_64","sourceRpm":"perl-5.26.3-419.el8.src.rpm","modularityLabel":"perl:5.26:1:2","vendor":"Red Hat, Inc."}},
       {"id":"3","name":"Foo_Bar","version":"1","type":"python","purl":"pkg:pypi/foo-bar@1",
        "locations":[{"path":"/a/METADATA","annotations":{"evidence":"primary"}},{"path":"/a/RECORD","annotations":{"evidence":"supporting"}}]}],
      "artifactRelationships":[{"parent":"3","child":"1","type":"dependency-of"}],
      "source":{"type":"image","metadata":{"userInput":"shop:1","layers":[
        {"digest":"sha256:0101010101010101010101010101010101010101010101010101010101010101","size":5},
        {"digest":"sha256:0202020202020202020202020202020202020202020202020202020202020202","size":6}]}},
      "distro":{"id":"rhel","versionID":"8.4","prettyName":"RHEL"},
      "descriptor":{"name":"syft"},"schema":{"version":"16.1.0"}}"#;
    let inventory = inventory(document);
    let [rpm, python, java] = inventory.packages.as_slice() else {
        panic!("{:?}", inventory.packages);
    };
    assert_eq!(rpm.record.full_version(), "4:5.26.3-419.el8");
    assert_eq!(rpm.record.vendor.as_deref(), Some("Red Hat, Inc."));
    assert_eq!(rpm.record.source_name(), "perl");
    assert_eq!(python.record.name, "Foo_Bar");
    assert_eq!(python.locations.len(), 1);
    assert_eq!(java.record.name, "org.x:x");
    assert_eq!(java.locations[0].to_string(), "/app.war!/WEB-INF/lib/x.jar");
    assert_eq!(java.introduced, 1);
    assert_eq!(java.depends_on, [1]);
    assert_eq!(rpm.record.ecosystem, Ecosystem::Rpm);
}

#[test]
fn what_a_distribution_installed_stays_its_own_in_syfts_form() {
    let document = r#"{"artifacts":[
       {"id":"1","name":"python3-pip","version":"23.0.1+dfsg-1","type":"deb","purl":"pkg:deb/debian/python3-pip@23.0.1%2Bdfsg-1"},
       {"id":"2","name":"pip","version":"23.0.1","type":"python","purl":"pkg:pypi/pip@23.0.1"},
       {"id":"3","name":"app","version":"1","type":"python","purl":"pkg:pypi/app@1"}],
      "artifactRelationships":[
       {"parent":"1","child":"2","type":"ownership-by-file-overlap"},
       {"parent":"3","child":"1","type":"ownership-by-file-overlap"},
       {"parent":"2","child":"3","type":"ownership-by-file-overlap"},
       {"parent":"9","child":"3","type":"ownership-by-file-overlap"}],
      "descriptor":{"name":"syft"},"schema":{"version":"16.1.0"}}"#;
    let packages = inventory(document).packages;
    let owners = packages
        .iter()
        .map(|p| (p.record.name.as_str(), p.owned_by.as_deref()));
    let owners: Vec<_> = owners.collect();
    assert_eq!(
        owners,
        [
            ("python3-pip", None),
            ("app", None),
            ("pip", Some("python3-pip"))
        ]
    );
}

#[test]
fn shells_of_windows_write_utf_16() {
    let text = cyclonedx(r#"{"type":"library","name":"a","purl":"pkg:npm/a@1"}"#);
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(&bytes).unwrap().inventory.packages.len(), 1);
    let marked = format!("\u{feff}{text}");
    assert_eq!(read(marked.as_bytes()).unwrap().format, "CycloneDX");
}

#[test]
fn strangers_are_told_from_broken_documents() {
    for text in [
        "",
        "x",
        "{}",
        "[]",
        "{\"packages\":[]}",
        "<html/>",
        "# notes\n",
    ] {
        assert_eq!(
            read(text.as_bytes()).unwrap_err(),
            ReadError::Unknown,
            "{text}"
        );
    }
    for text in [
        "{",
        "{\"bomFormat\":\"CycloneDX\"",
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\">",
    ] {
        let broken = matches!(read(text.as_bytes()), Err(ReadError::Broken { .. }));
        assert!(broken, "{text}");
    }
    let deep = format!(
        "{{\"bomFormat\":1,\"components\":{}1{}}}",
        "[".repeat(9999),
        "]".repeat(9999)
    );
    assert!(read(deep.as_bytes()).is_err());
    let xml = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\">";
    assert!(read(format!("{xml}{}", "<a>".repeat(9999)).as_bytes()).is_err());
}

proptest! {
    #[test]
    fn every_beginning_of_a_document_is_survived(end in 0..TRIVY.len()) {
        let _ = read(&TRIVY.as_bytes()[..end]);
    }

    #[test]
    fn any_member_may_be_anything(key in "[a-z@A-Z]{1,12}", number in any::<i32>()) {
        for top in ["bomFormat", "spdxVersion", "@graph", "artifacts"] {
            let text = format!(r#"{{"{top}":[{number}],"schema":1,"{key}":{number},"components":[{{"{key}":[1]}}],"packages":[{{"{key}":2}}]}}"#);
            let _ = read(text.as_bytes());
        }
    }
}
