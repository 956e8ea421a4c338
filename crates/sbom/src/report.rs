//! The report of this program, `plimsoll.report/1` (docs/json.md).

use crate::component::Component;
use crate::draft::Draft;
use crate::properties::Property;
use crate::{Bill, ReadError, json as parsing, list_of, text_of};
use plimsoll_types::{Digest, Distro, Gap, GapKind, Layer, Platform};
use serde::Deserialize;
use serde_json::Value;

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
}

pub(crate) fn read(text: &str) -> Result<Bill, ReadError> {
    let document: Document = parsing::parse(text, FORMAT)?;
    if document.schema != "plimsoll.report/1" {
        return Err(ReadError::broken(
            FORMAT,
            format_args!("`{}` is not plimsoll.report/1", document.schema),
        ));
    }
    let mut draft = Draft::new(FORMAT);
    draft.tells_purls = true;
    image(&document, &mut draft);
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
    Some(Distro {
        id: get("id")?,
        version: get("version"),
        id_like: parsing::texts(value.get("id_like"))
            .into_iter()
            .map(str::to_owned)
            .collect(),
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
