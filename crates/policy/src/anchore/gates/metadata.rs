use super::{Facts, Fires, Gate, Trigger, holds};
use crate::anchore::params::{Anchored, Kind, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_advisory::versions::Scheme;
use plimsoll_types::{FileKind, Inventory};
use std::cmp::Ordering;

/// What the image says of itself.
pub(super) const GATE: Gate = Gate {
    name: "metadata",
    triggers: &[Trigger {
        names: &["attribute"],
        parameters: &[
            required(&["attribute"], Kind::OneOf(ATTRIBUTES)),
            required(&["check"], Kind::OneOf(CHECKS)),
            optional(&["value"], Kind::Text),
        ],
        check: attribute,
    }],
};

const ATTRIBUTES: &[&str] = &[
    "size",
    "architecture",
    "os_type",
    "distro",
    "distro_version",
    "like_distro",
    "layer_count",
];

const CHECKS: &[&str] = &[
    "=",
    "!=",
    ">",
    "<",
    ">=",
    "<=",
    "exists",
    "not_exists",
    "like",
    "not_like",
    "in",
    "not_in",
];

fn attribute(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let name = values.text("attribute").unwrap_or_default();
    let check = values.text("check").unwrap_or_default();
    let found = match found(name, facts.subject.inventory) {
        Ok(found) => found,
        Err(why) => return fires.missing(why),
    };
    let is_number = matches!(name, "size" | "layer_count");
    let wanted = values.text("value").unwrap_or_default();
    let number = |text: &str| match name {
        "size" => bytes(text),
        _ => text.trim().parse().ok(),
    };
    let hit = match check {
        "exists" => Ok(!found.is_empty() && found != "0"),
        "not_exists" => Ok(found.is_empty() || found == "0"),
        _ if values.text("value").is_none() => Err("the parameter `value` is needed".to_owned()),
        "like" | "not_like" => Anchored::compile(wanted)
            .map(|regex| regex.matches(&found) == (check == "like"))
            .map_err(|why| format!("`value` is not {why}")),
        "in" | "not_in" => {
            let same = |item: &str| match is_number {
                true => number(item).map(|n| n.to_string()).as_deref() == Some(&found),
                false => item.trim() == found,
            };
            Ok(wanted.split(',').any(same) == (check == "in"))
        }
        _ if is_number => match (number(wanted), found.parse::<u64>()) {
            (Some(wanted), Ok(found)) => Ok(holds(check, found.cmp(&wanted))),
            _ => Err(format!("`value` is `{wanted}`, which is no {name}")),
        },
        _ => Ok(holds(check, compare(name, &found, wanted))),
    };
    match hit {
        Ok(true) => {
            let wanted = match is_number && !matches!(check, "like" | "not_like" | "in" | "not_in")
            {
                true => number(wanted).map_or(String::new(), |number| number.to_string()),
                false => wanted.to_owned(),
            };
            let message = format!(
                "Attribute check for attribute: '{name}' check: '{check}' check_value: '{wanted}' \
                 matched image value: '{found}'"
            );
            fires.add(Evidence::Image, message);
        }
        Ok(false) => {}
        Err(why) => fires.missing(&why),
    }
}

/// Releases of distributions in their order, all else as text.
fn compare(name: &str, found: &str, wanted: &str) -> Ordering {
    match name {
        "distro_version" => {
            let order = Scheme::Deb.compare(found, wanted);
            order.unwrap_or_else(|| found.cmp(wanted))
        }
        _ => found.cmp(wanted),
    }
}

fn found(name: &str, inventory: &Inventory) -> Result<String, &'static str> {
    let platform = inventory.image.platform.as_ref();
    let distro = inventory.distro.as_ref();
    Ok(match name {
        "size" => size(inventory)
            .ok_or("the source does not have the files of the image")?
            .to_string(),
        "layer_count" => inventory.layers.len().to_string(),
        "architecture" => platform.map_or(String::new(), |known| known.architecture.clone()),
        "os_type" => platform.map_or(String::new(), |known| known.os.clone()),
        "distro" => distro.map_or(String::new(), |distro| distro.id.clone()),
        "distro_version" => distro
            .and_then(|distro| distro.version.clone())
            .unwrap_or_default(),
        "like_distro" => distro.map_or(String::new(), |distro| distro.id_like.join(",")),
        _ => String::new(),
    })
}

/// Bytes of an archive of all files: a header for each, content in blocks.
fn size(inventory: &Inventory) -> Option<u64> {
    if inventory.files.is_empty() {
        let layers = inventory.layers.iter().map(|layer| layer.size);
        return (!inventory.layers.is_empty()).then(|| layers.sum());
    }
    let files = inventory.files.iter().map(|file| match file.kind {
        FileKind::File => 512 + file.size.div_ceil(512) * 512,
        _ => 512,
    });
    Some(files.fold(1024, u64::saturating_add))
}

/// `200`, `200kb`, `1 GB`: units of 1024.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let factor: u64 = match unit.trim() {
        "" | "b" => 1,
        "kb" => 1 << 10,
        "mb" => 1 << 20,
        "gb" => 1 << 30,
        "tb" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}
