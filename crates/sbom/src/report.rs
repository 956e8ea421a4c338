//! The report of this program, `plimsoll.report/1` (docs/json.md).

use crate::component::Component;
use crate::draft::Draft;
use crate::properties::Property;
use crate::{Bill, ReadError, json as parsing, list_of, text_of};
use plimsoll_types::{
    Digest, Distro, Finding, Fix, FixState, Gap, GapKind, Healthcheck, ImageConfig, Inventory,
    KnownExploited, Layer, Platform, Severity,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FORMAT: &str = "plimsoll report";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    schema: String,
    image: Value,
    layers: Value,
    distro: Value,
    packages: Vec<Value>,
    coverage: Value,
    config: Value,
    verdict: Value,
    counts: Value,
    findings: Vec<Value>,
}

/// A report at its word: what was found and judged when it was written.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The image, with as much of its configuration as reports tell.
    pub inventory: Inventory,
    /// Its vulnerabilities; `None` where nothing was matched.
    pub findings: Option<Vec<Finding>>,
    /// The outcome by name; `None` where nothing was judged.
    pub outcome: Option<String>,
    /// The rules that stopped it.
    pub stops: BTreeSet<String>,
}

pub(crate) fn recorded(text: &str) -> Result<Recorded, ReadError> {
    let document: Document = parsing::parse(text, FORMAT)?;
    let mut inventory = of(&document)?.inventory;
    inventory.config = config(&document.config);
    let counted = document.counts.get("findings");
    let findings = match counted.is_some_and(Value::is_object) {
        true => Some(findings(&document.findings, &inventory)?),
        false => None,
    };
    let stops = list_of(&document.verdict, "reasons")
        .iter()
        .filter(|reason| {
            let is = |key: &str, wanted: &str| text_of(reason, key) == Some(wanted);
            let allowed = reason.get("allowed").is_some_and(Value::is_object);
            is("action", "stop") && !allowed && reason.get("known") != Some(&Value::Bool(true))
        });
    Ok(Recorded {
        findings,
        outcome: text_of(&document.verdict, "outcome").map(str::to_owned),
        stops: stops
            .filter_map(|reason| text_of(reason, "rule").map(str::to_owned))
            .collect(),
        inventory,
    })
}

/// Findings with the packages that they are about.
///
/// # Errors
/// When one is about no package of the report: leaving it out would make it
/// new wherever the report is compared with.
fn findings(stated: &[Value], inventory: &Inventory) -> Result<Vec<Finding>, ReadError> {
    let mut packages: BTreeMap<_, usize> = BTreeMap::new();
    for (index, package) in inventory.packages.iter().enumerate() {
        let record = &package.record;
        let key = (
            record.ecosystem.as_str(),
            &*record.name,
            record.full_version(),
        );
        packages.entry(key).or_insert(index);
    }
    let mut findings = Vec::with_capacity(stated.len());
    for finding in stated {
        let text = |key: &str| text_of(finding, key).unwrap_or_default();
        let key = (text("type"), text("package"), text("version").to_owned());
        let package = *packages.get(&key).ok_or_else(|| {
            let what = format!("{} is about no package of it", text("id"));
            ReadError::broken(FORMAT, what)
        })?;
        let get = |value: &Value, key: &str| text_of(value, key).unwrap_or_default().to_owned();
        let exploited = finding.get("exploited").filter(|entry| entry.is_object());
        let fix = finding.get("fix").unwrap_or(&Value::Null);
        findings.push(Finding {
            id: text("id").to_owned(),
            aliases: owned(finding, "aliases"),
            package,
            severity: severity(text("severity")),
            fix: Fix {
                state: serde_json::from_value::<FixState>(
                    fix.get("state").cloned().unwrap_or_default(),
                )
                .unwrap_or_default(),
                versions: owned(fix, "versions"),
                advisories: owned(fix, "advisories"),
                since: text_of(fix, "since").map(str::to_owned),
            },
            known_exploited: exploited.map(|entry| KnownExploited {
                added: get(entry, "added"),
                due: get(entry, "due"),
                ransomware: entry.get("ransomware") == Some(&Value::Bool(true)),
            }),
            title: text("title").to_owned(),
            ..Finding::default()
        });
    }
    Ok(findings)
}

fn severity(word: &str) -> Severity {
    let mut all = Severity::WORST_FIRST.into_iter();
    all.find(|severity| severity.as_str() == word)
        .unwrap_or_default()
}

/// Of the environment only the names are told.
fn config(value: &Value) -> Option<ImageConfig> {
    value.is_object().then(|| ImageConfig {
        user: text_of(value, "user").unwrap_or_default().to_owned(),
        exposed_ports: owned(value, "exposed_ports"),
        env: owned(value, "env_names"),
        entrypoint: owned(value, "entrypoint"),
        cmd: owned(value, "cmd"),
        volumes: owned(value, "volumes"),
        working_dir: text_of(value, "working_dir").unwrap_or_default().to_owned(),
        healthcheck: value
            .get("healthcheck")
            .filter(|test| test.is_array())
            .map(|_| Healthcheck {
                test: owned(value, "healthcheck"),
            }),
        on_build: owned(value, "on_build"),
        ..ImageConfig::default()
    })
}

pub(crate) fn read(text: &str) -> Result<Bill, ReadError> {
    of(&parsing::parse(text, FORMAT)?)
}

fn of(document: &Document) -> Result<Bill, ReadError> {
    if document.schema != "plimsoll.report/1" {
        return Err(ReadError::broken(
            FORMAT,
            format_args!("`{}` is not plimsoll.report/1", document.schema),
        ));
    }
    let mut draft = Draft::new(FORMAT);
    draft.tells_purls = true;
    image(document, &mut draft);
    draft.inventory.distro = distro(&document.distro);
    coverage(&document.coverage, &mut draft);
    for (at, package) in document.packages.iter().enumerate() {
        draft.add(Component {
            reference: at.to_string(),
            ..component(package)
        });
        for to in list_of(package, "depends_on") {
            draft.edge(&at.to_string(), &to.to_string());
        }
    }
    Ok(draft.finish())
}

fn image(document: &Document, draft: &mut Draft) {
    let stated = &document.image;
    let image = &mut draft.inventory.image;
    let digest = |key: &str| text_of(stated, key)?.parse::<Digest>().ok();
    image.name = text_of(stated, "name").unwrap_or_default().to_owned();
    image.reference = text_of(stated, "reference").map(str::to_owned);
    image.resolved = digest("resolved");
    image.manifest = digest("manifest");
    image.config = digest("config");
    image.platform = stated.get("platform").and_then(|platform| {
        Some(Platform {
            os: text_of(platform, "os")?.to_owned(),
            architecture: text_of(platform, "architecture")?.to_owned(),
            variant: text_of(platform, "variant").unwrap_or_default().to_owned(),
        })
    });
    let blobs = list_of(stated, "blobs");
    let layers = document.layers.as_array().into_iter().flatten().enumerate();
    draft.inventory.layers = layers
        .filter_map(|(index, layer)| {
            let diff_id: Digest = text_of(layer, "diff_id")?.parse().ok()?;
            let blob = blobs.get(index).and_then(Value::as_str);
            Some(Layer {
                blob: blob
                    .and_then(|blob| blob.parse().ok())
                    .unwrap_or_else(|| diff_id.clone()),
                diff_id,
                size: layer.get("size").and_then(Value::as_u64).unwrap_or(0),
                instruction: text_of(layer, "instruction").map(str::to_owned),
            })
        })
        .collect();
}

fn distro(value: &Value) -> Option<Distro> {
    let get = |key: &str| text_of(value, key).map(str::to_owned);
    let list = |key: &str| {
        let texts = parsing::texts(value.get(key)).into_iter();
        texts.map(str::to_owned).collect()
    };
    Some(Distro {
        id: get("id")?,
        version: get("version"),
        id_like: list("id_like"),
        extras: list("extras"),
        codename: get("codename"),
        pretty: get("pretty").unwrap_or_default(),
        source: get("source").unwrap_or_default(),
        support_end: get("support_end"),
        channel: get("channel"),
        inferred: value.get("inferred") == Some(&Value::Bool(true)),
        ..Distro::default()
    })
}

fn coverage(value: &Value, draft: &mut Draft) {
    let coverage = &mut draft.inventory.coverage;
    let looked = parsing::texts(value.get("looked")).into_iter();
    coverage.looked.extend(looked.map(str::to_owned));
    for gap in list_of(value, "gaps") {
        let kind = text_of(gap, "kind");
        let known = GapKind::ALL.iter().find(|k| Some(k.as_str()) == kind);
        coverage.gaps.extend(known.map(|&kind| Gap {
            kind,
            subject: text_of(gap, "subject").unwrap_or_default().to_owned(),
            layer: number(gap, "layer"),
            detail: text_of(gap, "detail").unwrap_or_default().to_owned(),
        }));
    }
}

fn number(value: &Value, key: &str) -> Option<u32> {
    u32::try_from(value.get(key)?.as_u64()?).ok()
}

fn component(package: &Value) -> Component {
    let get = |key: &str| text_of(package, key).map(str::to_owned);
    Component {
        name: get("name"),
        version: get("version"),
        purl: get("purl"),
        vendor: get("vendor"),
        licenses: owned(package, "licenses"),
        cpes: owned(package, "cpes"),
        digests: owned(package, "digests"),
        development: package.get("development") == Some(&Value::Bool(true)),
        properties: properties(package),
        ..Component::default()
    }
}

fn owned(value: &Value, key: &str) -> Vec<String> {
    let texts = parsing::texts(value.get(key)).into_iter();
    texts.map(str::to_owned).collect()
}

/// Its fields under the names that other formats have them by.
fn properties(package: &Value) -> Vec<Property> {
    let mut out = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        out.extend(value.map(|value| (format!("plimsoll:{name}"), value)));
    };
    let text = |value: &Value, key: &str| text_of(value, key).map(str::to_owned);
    add("type", text(package, "type"));
    add("confidence", text(package, "confidence"));
    add("ownedBy", text(package, "owned_by"));
    add("licenseExpression", text(package, "license"));
    add("arch", text(package, "arch"));
    add(
        "layer:index",
        number(package, "layer").map(|n| n.to_string()),
    );
    add(
        "removed:layer:index",
        number(package, "removed").map(|n| n.to_string()),
    );
    if let Some(source) = package.get("source") {
        add("source:name", text(source, "name"));
        add("source:version", text(source, "version"));
    }
    for (at, location) in list_of(package, "locations").iter().enumerate() {
        let name = format!("location:{at}");
        add(&format!("{name}:path"), text(location, "path"));
        add(&format!("{name}:evidence"), text(location, "evidence"));
        add(
            &format!("{name}:layer"),
            number(location, "layer").map(|n| n.to_string()),
        );
        for (depth, inner) in parsing::texts(location.get("nested"))
            .into_iter()
            .enumerate()
        {
            add(&format!("{name}:nested:{depth}"), Some(inner.to_owned()));
        }
    }
    out
}
