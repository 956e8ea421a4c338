//! The group of an artifact whose archive does not state it. Whatever is found
//! here is a guess.

use super::metadata::Manifest;

/// Groups of artifacts whose archives point elsewhere or nowhere. A trailing
/// `*` stands for the rest of a name; the first row that fits decides.
const KNOWN: &[(&str, &str)] = &[
    ("guava", "com.google.guava"),
    ("guava-*", "com.google.guava"),
    ("gson", "com.google.code.gson"),
    ("jsr305", "com.google.code.findbugs"),
    ("protobuf-java*", "com.google.protobuf"),
    ("j2objc-annotations", "com.google.j2objc"),
    ("jackson-core-asl", "org.codehaus.jackson"),
    ("jackson-mapper-asl", "org.codehaus.jackson"),
    ("jackson-jaxrs", "org.codehaus.jackson"),
    ("jackson-xc", "org.codehaus.jackson"),
    ("jackson-dataformat-*", "com.fasterxml.jackson.dataformat"),
    ("jackson-datatype-*", "com.fasterxml.jackson.datatype"),
    ("jackson-module-*", "com.fasterxml.jackson.module"),
    ("jackson-core", "com.fasterxml.jackson.core"),
    ("jackson-databind", "com.fasterxml.jackson.core"),
    ("jackson-annotations", "com.fasterxml.jackson.core"),
    ("log4j", "log4j"),
    ("log4j-over-slf4j", "org.slf4j"),
    ("log4j-*", "org.apache.logging.log4j"),
    ("jcl-over-slf4j", "org.slf4j"),
    ("jul-to-slf4j", "org.slf4j"),
    ("slf4j-*", "org.slf4j"),
    ("logback-*", "ch.qos.logback"),
    ("commons-lang3", "org.apache.commons"),
    ("commons-text", "org.apache.commons"),
    ("commons-compress", "org.apache.commons"),
    ("commons-collections4", "org.apache.commons"),
    ("commons-configuration2", "org.apache.commons"),
    ("commons-csv", "org.apache.commons"),
    ("commons-dbcp2", "org.apache.commons"),
    ("commons-pool2", "org.apache.commons"),
    ("commons-exec", "org.apache.commons"),
    ("commons-math*", "org.apache.commons"),
    ("commons-beanutils", "commons-beanutils"),
    ("commons-codec", "commons-codec"),
    ("commons-collections", "commons-collections"),
    ("commons-configuration", "commons-configuration"),
    ("commons-digester", "commons-digester"),
    ("commons-fileupload", "commons-fileupload"),
    ("commons-httpclient", "commons-httpclient"),
    ("commons-io", "commons-io"),
    ("commons-lang", "commons-lang"),
    ("commons-logging", "commons-logging"),
    ("commons-net", "commons-net"),
    ("commons-pool", "commons-pool"),
    ("commons-validator", "commons-validator"),
    ("httpclient", "org.apache.httpcomponents"),
    ("httpcore*", "org.apache.httpcomponents"),
    ("httpmime", "org.apache.httpcomponents"),
    ("httpclient5*", "org.apache.httpcomponents.client5"),
    ("spring-boot*", "org.springframework.boot"),
    ("spring-security-*", "org.springframework.security"),
    ("spring-ldap-*", "org.springframework.ldap"),
    ("spring-data-*", "org.springframework.data"),
    ("spring-cloud-*", "org.springframework.cloud"),
    ("spring-*", "org.springframework"),
    ("bcprov-*", "org.bouncycastle"),
    ("bcpkix-*", "org.bouncycastle"),
    ("bcpg-*", "org.bouncycastle"),
    ("bcmail-*", "org.bouncycastle"),
    ("bcutil-*", "org.bouncycastle"),
    ("junit", "junit"),
    ("joda-time", "joda-time"),
    ("mysql-connector-java", "mysql"),
    ("mysql-connector-j", "com.mysql"),
    ("postgresql", "org.postgresql"),
    ("snakeyaml", "org.yaml"),
    ("xstream", "com.thoughtworks.xstream"),
    ("kafka_*", "org.apache.kafka"),
    ("kafka-*", "org.apache.kafka"),
    ("zookeeper", "org.apache.zookeeper"),
    ("netty-*", "io.netty"),
    ("derby*", "org.apache.derby"),
    ("ant", "org.apache.ant"),
    ("ant-*", "org.apache.ant"),
    ("velocity", "org.apache.velocity"),
    ("xercesImpl", "xerces"),
    ("xalan", "xalan"),
    ("jsch", "com.jcraft"),
    ("jna*", "net.java.dev.jna"),
    ("h2", "com.h2database"),
    ("jbcrypt", "org.mindrot"),
    ("scala-*", "org.scala-lang"),
    ("kotlin-*", "org.jetbrains.kotlin"),
];

/// Artifacts that moved: the name, also followed by `-`, the first major
/// version in the new group, the old group, the new one.
const MOVED: &[(&str, u32, &str, &str)] = &[
    ("groovy", 4, "org.codehaus.groovy", "org.apache.groovy"),
    ("asm", 4, "asm", "org.ow2.asm"),
    ("dom4j", 2, "dom4j", "org.dom4j"),
];

/// Roots of names that are domains turned around, beside country codes.
const ROOTS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "info", "biz", "dev", "app", "cloud", "tech", "software",
    "javax", "jakarta",
];

/// Names with dots that the code of an archive goes by, from all sources.
pub(super) fn guess(
    artifact: &str,
    version: Option<&str>,
    manifest: &Manifest,
    code: Option<&str>,
) -> String {
    if let Some(group) = known(artifact, version) {
        return group.to_owned();
    }
    let value = |name: &str| manifest.get(name);
    let vendor = ["Group-Id", "Implementation-Vendor-Id"]
        .iter()
        .filter_map(|name| value(name))
        .find(|id| is_reverse_domain(id));
    let symbolic = value("Bundle-SymbolicName").and_then(|name| name.split(';').next());
    let exports = value("Export-Package").and_then(exported);
    let code = code.or(exports.as_deref());
    let bundle = symbolic.and_then(|name| of_bundle(name.trim(), artifact, code));
    match (vendor, bundle) {
        // `org.apache` as the vendor of `org.apache.commons`.
        (Some(vendor), Some(bundle)) if is_below(&bundle, vendor) => return bundle,
        (Some(vendor), _) => return vendor.to_owned(),
        (None, Some(bundle)) => return bundle,
        (None, None) => {}
    }
    let domain = [
        "Bundle-Vendor",
        "Implementation-Vendor",
        "Specification-Vendor",
    ]
    .iter()
    .filter_map(|name| value(name))
    .find_map(of_domain);
    // Names of modules and classes go deeper than groups, so they count only
    // where the artifact shows up in them.
    let names = ["Automatic-Module-Name", "Bundle-Activator", "Main-Class"];
    domain
        .or_else(|| {
            names
                .iter()
                .filter_map(|name| value(name))
                .find_map(|name| up_to_artifact(name, artifact))
        })
        .or_else(|| of_code(code?, artifact))
        .unwrap_or_else(|| artifact.to_owned())
}

fn known(artifact: &str, version: Option<&str>) -> Option<&'static str> {
    let moved = MOVED.iter().find(|(name, ..)| {
        artifact
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    if let Some((_, first, old, new)) = moved {
        let major = version?.split('.').next()?.parse::<u32>().ok()?;
        return Some(if major < *first { old } else { new });
    }
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => artifact.starts_with(start),
        None => artifact == pattern,
    };
    let (_, group) = KNOWN.iter().find(|(pattern, _)| fits(pattern))?;
    Some(group)
}

fn is_reverse_domain(name: &str) -> bool {
    let mut parts = name.split('.');
    let root = parts.next().unwrap_or_default();
    let root = ROOTS.contains(&root)
        || (root.len() == 2 && root.bytes().all(|byte| byte.is_ascii_lowercase()));
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    root && parts.clone().next().is_some() && parts.all(part)
}

/// Bundle plugins make the name of the group and what of the artifact the
/// group does not say already.
fn of_bundle(name: &str, artifact: &str, code: Option<&str>) -> Option<String> {
    if !is_reverse_domain(name) {
        return None;
    }
    if let Some(group) = name
        .strip_suffix(artifact)
        .and_then(|rest| rest.strip_suffix('.'))
    {
        // `com.google.guava` is a group, `com.beust.jcommander` is a group and
        // an artifact: there the code lives under the whole name.
        let own = code.is_none_or(|code| is_below(code, name));
        let several = artifact.contains(['-', '_', '.'])
            || group
                .rsplit('.')
                .next()
                .is_some_and(|last| last.eq_ignore_ascii_case(artifact));
        return if is_reverse_domain(group) && (own || several) {
            Some(group.to_owned())
        } else {
            Some(name.to_owned())
        };
    }
    up_to_artifact(name, artifact).or_else(|| of_code(name, artifact))
}

/// Whether two names with dots share one as their beginning.
fn is_below(name: &str, above: &str) -> bool {
    name.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `org.jctools.core` with `jctools-core`: the group ends where the artifact
/// begins.
fn up_to_artifact(name: &str, artifact: &str) -> Option<String> {
    let first = artifact.split(['-', '_']).next()?;
    let parts: Vec<&str> = name.split('.').collect();
    let at = parts
        .iter()
        .skip(1)
        .position(|part| part.eq_ignore_ascii_case(first))?;
    let group = parts.get(..at + 2)?.join(".");
    is_reverse_domain(&group).then_some(group)
}

/// A package without the words of the artifact at its end.
fn of_code(name: &str, artifact: &str) -> Option<String> {
    if let Some(group) = up_to_artifact(name, artifact) {
        return Some(group);
    }
    let mut parts: Vec<&str> = name.split('.').collect();
    while parts.len() > 2
        && parts.last().is_some_and(|last| {
            artifact
                .split(['-', '_', '.'])
                .any(|word| word.eq_ignore_ascii_case(last))
        })
    {
        parts.pop();
    }
    let group = parts.join(".");
    is_reverse_domain(&group).then_some(group)
}

/// Vendors that sign with their domain: `SLF4J.ORG`.
fn of_domain(vendor: &str) -> Option<String> {
    let vendor = vendor.to_ascii_lowercase();
    let (name, root) = vendor.rsplit_once('.')?;
    let group = format!("{root}.{name}");
    (!name.contains('.') && is_reverse_domain(&group)).then_some(group)
}

/// What all exported packages have in common.
fn exported(value: &str) -> Option<String> {
    let mut quoted = false;
    let clauses = value.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let packages = clauses.filter_map(|clause| clause.split(';').next());
    common(packages.map(str::trim))
}

fn common<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut shared: Vec<&str> = names.next()?.split('.').collect();
    for name in names {
        let length = shared
            .iter()
            .zip(name.split('.'))
            .take_while(|(a, b)| **a == *b)
            .count();
        shared.truncate(length);
    }
    (!shared.is_empty()).then(|| shared.join("."))
}
