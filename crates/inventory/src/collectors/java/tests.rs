use super::file_name::{FileName, split};
use super::*;
use crate::collectors::zip::build::zip;
use plimsoll_types::{Confidence, GapKind, Mode, PackageRecord};
use proptest::prelude::*;

/// The same archive with all that counts in zip64 records.
fn widened(archive: &[u8]) -> Vec<u8> {
    let end = archive.len() - 22;
    let field = |at: usize| u32::from_le_bytes(archive[end + at..end + at + 4].try_into().unwrap());
    let mut file = archive[..end].to_vec();
    file.extend(b"PK\x06\x06");
    file.extend(44_u64.to_le_bytes());
    file.extend([0; 28]);
    file.extend(u64::from(field(12)).to_le_bytes());
    file.extend(u64::from(field(16)).to_le_bytes());
    file.extend(b"PK\x06\x07\0\0\0\0");
    file.extend((end as u64).to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([0xff; 12]);
    file.extend([0; 2]);
    file
}

fn collect(name: &str, bytes: &[u8]) -> Result<Collected, CollectError> {
    Java.collect(&File {
        path: &format!("opt/{name}"),
        mode: Mode(0o644),
        bytes,
        companion: None,
    })
}

fn records(name: &str, bytes: &[u8]) -> Vec<PackageRecord> {
    let facts = collect(name, bytes).unwrap().facts;
    let packages = facts.into_iter().flat_map(|fact| match fact {
        Fact::Packages(packages) => packages,
        _ => Vec::new(),
    });
    packages.collect()
}

fn names(name: &str, bytes: &[u8]) -> Vec<String> {
    records(name, bytes)
        .iter()
        .map(|p| format!("{}@{}", p.name, p.full_version()))
        .collect()
}

const POM: &[u8] = b"#Generated\nversion=1.0\ngroupId = org.example\nartifactId: app";
const LIB: &[u8] = b"groupId=org.example\r\nartifactId=lib\r\nversion=2.0\r\n";
const POM_PATH: &str = "META-INF/maven/org.example/app/pom.properties";
const LIB_PATH: &str = "META-INF/maven/org.example/lib/pom.properties";

fn manifest(lines: &str) -> Vec<u8> {
    let text = format!("Manifest-Version: 1.0\r\n{}", lines.replace('\n', "\r\n"));
    zip(&[("META-INF/MANIFEST.MF", text.as_bytes())])
}

#[test]
fn archives_in_archives_are_read_with_their_way() {
    let lib = zip(&[(LIB_PATH, LIB)]);
    let inner = zip(&[("x", b""), ("lib/lib.jar", &lib)]);
    let app = zip(&[(POM_PATH, POM), ("BOOT-INF/lib/inner.jar", &inner)]);
    let found = records("app.jar", &app);
    let lib = found.iter().find(|p| p.name == "org.example:lib").unwrap();
    assert_eq!(lib.nested, ["BOOT-INF/lib/inner.jar", "lib/lib.jar"]);
    let own = found.iter().find(|p| p.name == "org.example:app").unwrap();
    assert_eq!(
        (own.nested.len(), own.confidence),
        (0, Confidence::Embedded)
    );
    // A start script in front moves everything; zip64 changes the records.
    let script = [b"#!/bin/sh\nexec java -jar $0\n".as_slice(), &app].concat();
    assert_eq!(names("app.jar", &script), names("app.jar", &app));
    assert_eq!(names("app.jar", &widened(&app)), names("app.jar", &app));
    let script = [b"#!/bin/sh\n".as_slice(), &widened(&app)].concat();
    assert_eq!(names("app.jar", &script), names("app.jar", &app));
}

#[test]
fn shaded_contents_are_packages_of_their_own() {
    let app = zip(&[(POM_PATH, POM), (LIB_PATH, LIB)]);
    let found = records("app-1.0.jar", &app);
    let nested: Vec<_> = found
        .iter()
        .map(|p| (p.name.as_str(), p.nested.clone()))
        .collect();
    assert_eq!(
        nested,
        [
            ("org.example:app", vec![]),
            ("org.example:lib", vec![LIB_PATH.to_owned()])
        ]
    );
}

#[test]
fn a_jar_that_shades_one_library_is_still_itself() {
    let text =
        b"Bundle-SymbolicName: com.google.inject\nBundle-Name: guice\nBundle-Version: 4.2.3\n";
    let jar = zip(&[("META-INF/MANIFEST.MF", text), (LIB_PATH, LIB)]);
    let found = names("guice.jar", &jar);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.contains(&"com.google.inject:guice@4.2.3".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_broken_archive_inside_costs_only_itself() {
    let app = zip(&[
        (POM_PATH, POM),
        ("lib/a.jar", b"nonsense"),
        ("lib/b.jar", &zip(&[(LIB_PATH, LIB)])),
    ]);
    let collected = collect("app.jar", &app).unwrap();
    assert_eq!(names("app.jar", &app).len(), 2);
    assert_eq!(collected.gaps.len(), 1);
    assert_eq!(collected.gaps[0].nested, ["lib/a.jar"]);
    assert!(collect("app.jar", b"nonsense").is_err());
}

#[test]
fn depth_and_expansion_have_bounds_that_are_said() {
    let mut deep = zip(&[(POM_PATH, POM)]);
    for _ in 0..20 {
        deep = zip(&[("nested.jar", &deep)]);
    }
    let collected = collect("deep.jar", &deep).unwrap();
    assert!(collected.facts.is_empty());
    assert_eq!(collected.gaps[0].kind, GapKind::LimitExceeded);

    let zeros = vec![0; 70 << 20];
    let bomb = zip(&[(POM_PATH, POM), ("a.jar", &zeros), (LIB_PATH, LIB)]);
    let collected = collect("bomb.jar", &bomb).unwrap();
    assert_eq!(collected.gaps[0].kind, GapKind::LimitExceeded);
    assert_eq!(names("bomb.jar", &bomb).len(), 2);
}

#[test]
fn manifests_are_read_over_their_wrapped_lines() {
    let wrapped = "Bundle-SymbolicName: net.openhft.chroni\n cle-bytes;singleton:=true\nBundle-Version: 2.20.111\n\nName: x/\nImplementation-Version: 9\n";
    assert_eq!(
        names("chronicle-bytes-2.20.111.jar", &manifest(wrapped)),
        ["net.openhft:chronicle-bytes@2.20.111"]
    );
    let weaver =
        "Weave-Classes: org.spring.X\nImplementation-Title: spring\nImplementation-Version: 3\n";
    assert!(names("spring-3.jar", &manifest(weaver)).is_empty());
}

#[test]
fn groups_are_taken_from_where_they_show() {
    for (file, lines, expected) in [
        (
            "app.jar",
            "Implementation-Vendor-Id: com.example\nImplementation-Title: tool\nImplementation-Version: 1.0.0\n",
            "com.example:tool@1.0.0",
        ),
        (
            "jctools-core-3.1.0.jar",
            "Bundle-SymbolicName: org.jctools.core\n",
            "org.jctools:jctools-core@3.1.0",
        ),
        (
            "HdrHistogram-2.1.9.jar",
            "Bundle-SymbolicName: org.hdrhistogram.HdrHistogram\nExport-Package: org.HdrHistogram;version=\"2,1\"\n",
            "org.hdrhistogram:HdrHistogram@2.1.9",
        ),
        (
            "jcommander-1.30.jar",
            "Bundle-SymbolicName: com.beust.jcommander\nExport-Package: com.beust.jcommander,com.beust.jcommander.converters\n",
            "com.beust:jcommander@1.30",
        ),
        (
            "netty-tcnative-x-2.0.36.Final.jar",
            "Automatic-Module-Name: io.netty.tcnative.x\n",
            "io.netty:netty-tcnative-x@2.0.36.Final",
        ),
        (
            "sample-api-1.7.jar",
            "Bundle-Vendor: SAMPLE.ORG\n",
            "org.sample:sample-api@1.7",
        ),
        (
            "derby-10.1.jar",
            "Bundle-Activator: org.apache.derby.osgi.EmbeddedActivator\n",
            "org.apache.derby:derby@10.1",
        ),
        (
            "reactor-netty-core-1.1.0.jar",
            "Bundle-SymbolicName: io.projectreactor.netty.reactor-netty-core\n",
            "io.projectreactor.netty:reactor-netty-core@1.1.0",
        ),
        (
            "jackson-mapper-asl-1.9.13.jar",
            "Bundle-SymbolicName: jackson-mapper-asl\n",
            "org.codehaus.jackson:jackson-mapper-asl@1.9.13",
        ),
        (
            "spring-ldap-core-2.4.1.jar",
            "",
            "org.springframework.ldap:spring-ldap-core@2.4.1",
        ),
        ("groovy-4.0.33.jar", "", "org.apache.groovy:groovy@4.0.33"),
        ("groovy-3.0.1.jar", "", "org.codehaus.groovy:groovy@3.0.1"),
        (
            "thing-1.0.jar",
            "Automatic-Module-Name: com.foo.bar\n",
            "thing:thing@1.0",
        ),
        (
            "git.hpi",
            "Short-Name: git\nPlugin-Version: 5.2.1\nImplementation-Version: 9\n",
            "org.jenkins-ci.plugins:git@5.2.1",
        ),
    ] {
        assert_eq!(names(file, &manifest(lines)), [expected]);
    }
    let classes = zip(&[
        ("org/other/Tool.class", b""),
        ("org/other/inner/A.class", b""),
        ("META-INF/versions/9/module-info.class", b""),
    ]);
    assert_eq!(names("tool-1.jar", &classes), ["org.other:tool@1"]);
    let pom = zip(&[("META-INF/maven/org.example/app/pom.xml", b"")]);
    assert_eq!(names("app-1.2.jar", &pom), ["org.example:app@1.2"]);
}

#[test]
fn file_names_split_where_the_version_begins() {
    for (stem, artifact, version) in [
        ("kafka_2.13-3.2.2", "kafka_2.13", Some("3.2.2")),
        (
            "spring-data-r2dbc-1.1.0.RELEASE",
            "spring-data-r2dbc",
            Some("1.1.0.RELEASE"),
        ),
        ("guava-31.1-jre", "guava", Some("31.1-jre")),
        ("log4j-1.2-api-2.17.1", "log4j-1.2-api", Some("2.17.1")),
        (
            "hadoop-shaded-guava-1.1.0-SNAPSHOT",
            "hadoop-shaded-guava",
            Some("1.1.0-SNAPSHOT"),
        ),
        ("foo-1.0-beta-2", "foo", Some("1.0-beta-2")),
        (
            "java-cup-runtime-11b-20160615",
            "java-cup-runtime",
            Some("11b-20160615"),
        ),
        (
            "netty-epoll-4.1.58.Final-linux-x86_64",
            "netty-epoll",
            Some("4.1.58.Final"),
        ),
        ("lib-1.0-sources", "lib", Some("1.0")),
        ("1-555680818", "1-555680818", None),
        ("app", "app", None),
    ] {
        assert_eq!(split(stem, &[]), FileName { artifact, version }, "{stem}");
    }
    let bundle = split("org.eclipse.core_3.7.0.v2011", &["3.7.0.v2011"]);
    assert_eq!(bundle.artifact, "org.eclipse.core");
}

#[test]
fn a_section_about_the_packages_inside_gives_only_a_version() {
    let text = b"Manifest-Version: 1.0\n\nName: org/apache/tools/ant/\nImplementation-Title: other\nImplementation-Version: 1.10.9\n";
    let jar = zip(&[
        ("META-INF/MANIFEST.MF", text),
        ("org/apache/tools/ant/Main.class", b""),
    ]);
    assert_eq!(names("ant.jar", &jar), ["org.apache.ant:ant@1.10.9"]);
    let bare = zip(&[("org/apache/activemq/artemis/A.class", b"")]);
    let record = records("artemis-commons-2.31.0.jar", &bare).remove(0);
    assert_eq!(record.full_version(), "2.31.0");
    assert_eq!(record.confidence, Confidence::Guessed);
}

#[test]
fn an_archive_that_nothing_names_is_said_to_be() {
    let collected = collect("1-555680818.jar", &manifest("")).unwrap();
    assert!(collected.facts.is_empty());
    assert_eq!(collected.gaps.len(), 1);
    let collected = collect(
        "app.war",
        &zip(&[("groupId/pom.properties", b"groupId=a\n")]),
    );
    assert!(collected.unwrap().facts.is_empty());
}

#[test]
fn jars_are_known_by_name_or_by_their_start() {
    let head = |path, magic| FileHead::new(path, 1, Mode(0o644), magic);
    let jar = manifest("");
    assert_ne!(Java.wants(&head("a/b.JAR", b"#!/bin/sh")), Want::No);
    assert_ne!(Java.wants(&head("a/b.bin", &jar)), Want::No);
    assert_eq!(Java.wants(&head("a/b.rar", b"Rar!\x1a\x07")), Want::No);
    assert_eq!(Java.wants(&head("a/.jar", b"")), Want::No);
    assert_ne!(Java.wants(&head("a/b.zip", b"PK\x03\x04")), Want::No);
    assert_eq!(Java.wants(&head("a/b.zip", b"")), Want::No);
}

#[test]
fn a_project_file_says_what_the_properties_leave_out() {
    const PARENT: &str = "<parent><groupId>org.example</groupId><artifactId>p</artifactId><version>3.0</version></parent>";
    let pom = format!(
        "<project>{PARENT}<artifactId>app</artifactId><licenses><license><name>EPL-2.0</name></license></licenses>\
         <dependencies><dependency><groupId>g</groupId><artifactId>need</artifactId></dependency>\
         <dependency><groupId>g</groupId><artifactId>t</artifactId><scope>test</scope></dependency></dependencies></project>"
    );
    let properties: &[u8] = b"artifactId=app\n";
    let path = "META-INF/maven/org.example/app/pom.xml";
    let jar = zip(&[(POM_PATH, properties), (path, pom.as_bytes())]);
    let found = records("app.jar", &jar);
    assert_eq!(names("app.jar", &jar), ["org.example:app@3.0"]);
    assert_eq!(found[0].licenses, ["EPL-2.0"]);
    assert_eq!(found[0].requires, ["g:need"]);
    // Where the properties are complete, they decide.
    let jar = zip(&[(POM_PATH, POM), (path, pom.as_bytes())]);
    assert_eq!(names("app.jar", &jar), ["org.example:app@1.0"]);
    assert_eq!(records("app.jar", &jar)[0].licenses, ["EPL-2.0"]);
}

#[test]
fn each_archive_has_its_own_digest() {
    let lib = zip(&[(LIB_PATH, LIB)]);
    let app = zip(&[(POM_PATH, POM), ("BOOT-INF/lib/lib-2.0.jar", &lib)]);
    let found = records("app.jar", &app);
    let digest = |bytes: &[u8]| {
        use sha1::Digest;
        format!(
            "sha1:{}",
            crate::collectors::lock::hex(&sha1::Sha1::digest(bytes))
        )
    };
    assert_eq!(found[0].digests, [digest(&app)]);
    assert_eq!(found[1].digests, [digest(&lib)]);
    // What was shaded into an archive is no archive.
    let shaded = records("app-1.0.jar", &zip(&[(POM_PATH, POM), (LIB_PATH, LIB)]));
    assert!(shaded[1].digests.is_empty());
}

#[test]
fn what_a_file_is_for_stands_behind_its_version() {
    let qualified = |name: &str| {
        let record = records(name, &manifest("Bundle-License: Apache-2.0;link=x,MIT\n")).remove(0);
        assert_eq!(record.licenses, ["Apache-2.0", "MIT"]);
        record.purl(None).unwrap().to_string()
    };
    assert_eq!(
        qualified("guava-31.1-jre-sources.jar"),
        "pkg:maven/com.google.guava/guava@31.1-jre?classifier=sources"
    );
    assert_eq!(
        qualified("guava-31.1-jre.jar"),
        "pkg:maven/com.google.guava/guava@31.1-jre"
    );
    assert_eq!(qualified("app-1.0.war"), "pkg:maven/app/app@1.0?type=war");
}

#[test]
fn archives_of_anything_are_opened_for_what_they_hold() {
    let lib = zip(&[(LIB_PATH, LIB)]);
    let package = zip(&[("readme.txt", b"x"), ("dist/lib-2.0.jar", &lib)]);
    let collected = collect("dist.zip", &package).unwrap();
    assert_eq!(names("dist.zip", &package), ["org.example:lib@2.0"]);
    assert!(collected.gaps.is_empty());
    let module = [b"JM\x01\0".as_slice(), &package].concat();
    assert_eq!(names("java.base.jmod", &module), ["org.example:lib@2.0"]);
}

#[test]
fn tar_archives_are_opened_for_the_jars_in_them() {
    use std::io::Write;
    let lib = zip(&[(LIB_PATH, LIB)]);
    let entries = [
        crate::fixture::file("./dist/readme.jar.txt", b'0', "", b"x"),
        crate::fixture::file("./dist/lib-2.0.jar", b'0', "", &lib),
        crate::fixture::file("dist/broken.jar", b'0', "", b"nonsense"),
    ];
    let mut tar = crate::fixture::ended(entries.concat());
    // The fixture writes the form before `ustar`.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let packed = gzip.finish().unwrap();
    for name in ["dist.tgz", "dist.tar.gz"] {
        let collected = collect(name, &packed).unwrap();
        assert_eq!(names(name, &packed), ["org.example:lib@2.0"]);
        assert_eq!(records(name, &packed)[0].nested, ["dist/lib-2.0.jar"]);
        assert_eq!(collected.gaps.len(), 1);
    }
    // What was read before the end of the budget stays.
    let zeros = vec![0; 70 << 20];
    let bomb = [
        crate::fixture::file("lib-2.0.jar", b'0', "", &lib),
        crate::fixture::file("zeros", b'0', "", &zeros),
    ];
    let bomb = zstd::encode_all(bomb.concat().as_slice(), 1).unwrap();
    let collected = collect("bomb.tar.zst", &bomb).unwrap();
    assert_eq!(collected.facts.len(), 1);
    assert_eq!(collected.gaps[0].kind, GapKind::LimitExceeded);
    let packed = zstd::encode_all(tar.as_slice(), 1).unwrap();
    assert_eq!(names("dist.tar.zst", &packed), ["org.example:lib@2.0"]);
    let app = zip(&[(POM_PATH, POM), ("dist.tar.zst", &packed)]);
    assert_eq!(names("app.jar", &app).len(), 2);
    let head = |path, magic| FileHead::new(path, 1, Mode(0o644), magic);
    assert_eq!(Java.wants(&head("man/x.1.gz", b"\x1f\x8b")), Want::No);
    assert_ne!(Java.wants(&head("x.tar.gz", b"\x1f\x8b")), Want::No);
    tar[257..262].copy_from_slice(b"ustar");
    assert_ne!(Java.wants(&head("x.tar", &tar)), Want::No);
}

#[test]
fn equal_artifacts_of_different_groups_are_two_packages() {
    let one = b"groupId=com.sun.xml.bind\nartifactId=jaxb-core\nversion=2.3.0\n";
    let other = b"groupId=org.glassfish.jaxb\nartifactId=jaxb-core\nversion=2.3.0\n";
    let jar = zip(&[
        (
            "META-INF/maven/com.sun.xml.bind/jaxb-core/pom.properties",
            one,
        ),
        (
            "META-INF/maven/org.glassfish.jaxb/jaxb-core/pom.properties",
            other,
        ),
    ]);
    assert_eq!(
        names("jaxb-core-2.3.0.jar", &jar),
        [
            "com.sun.xml.bind:jaxb-core@2.3.0",
            "org.glassfish.jaxb:jaxb-core@2.3.0"
        ]
    );
}

fn sample() -> Vec<u8> {
    let lib = zip(&[
        ("META-INF/MANIFEST.MF", b"Bundle-Version: 1\n"),
        (LIB_PATH, LIB),
    ]);
    zip(&[(POM_PATH, POM), ("lib/lib-1.jar", &lib)])
}

#[test]
fn every_prefix_is_survived() {
    for file in [sample(), widened(&sample())] {
        for end in 0..file.len() {
            let _ = collect("app-1.0.jar", &file[..end]);
        }
    }
}

proptest! {
    #[test]
    fn changed_bytes_are_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        for mut file in [sample(), widened(&sample())] {
            for (at, byte) in &changes {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            let _ = collect("app-1.0.jar", &file);
        }
    }

    #[test]
    fn any_name_and_manifest_is_survived(stem in ".*", lines in ".*") {
        let _ = collect(&format!("{stem}.jar"), &manifest(&lines));
    }
}
