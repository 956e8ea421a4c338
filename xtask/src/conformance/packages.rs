//! `expected.tsv`: one root file system a case, and the packages in it.

use super::{Score, images, table};
use anyhow::{Context, Result, ensure};
use plimsoll_types::{Ecosystem, Inventory, PackageRecord};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

pub(crate) fn run(folder: &Path) -> Result<Score> {
    let mut score = Score::default();
    for row in table::read(&folder.join("expected.tsv"))? {
        let [id, input, ecosystem, mode, _, expected, optional, ..] = row.as_slice() else {
            continue;
        };
        let problem = match inventory(&folder.join(input)) {
            Err(error) => Some(format!("{error:#}")),
            Ok(inventory) => {
                let found = if ecosystem == "distro" {
                    distro(&inventory)
                } else {
                    packages(&inventory, ecosystem)
                };
                let expected = list(folder, expected)?;
                let optional = list(folder, optional)?;
                compare(&found, &expected, &optional, mode == "exact")
            }
        };
        score.case(
            id,
            problem.map(|problem| format!("[{ecosystem}] {problem}")),
        );
    }
    Ok(score)
}

fn inventory(input: &Path) -> Result<Inventory> {
    if input.is_dir() {
        return directory(input);
    }
    let folder = tempfile::tempdir()?;
    let status = Command::new("tar")
        .arg("--zstd")
        .arg("-xf")
        .arg(input)
        .arg("-C")
        .arg(folder.path())
        .status();
    ensure!(
        status.with_context(|| "tar")?.success(),
        "`{}` does not unpack",
        input.display()
    );
    directory(folder.path())
}

fn directory(path: &Path) -> Result<Inventory> {
    images::inventory(Path::new(&format!("dir:{}", path.display())))
}

fn list(folder: &Path, text: &str) -> Result<BTreeSet<String>> {
    let text = match text.strip_prefix("file:") {
        Some(file) => {
            std::fs::read_to_string(folder.join(file)).with_context(|| file.to_owned())?
        }
        None => text.replace(';', "\n"),
    };
    Ok(text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

fn distro(inventory: &Inventory) -> BTreeSet<String> {
    let name = |distro: &plimsoll_types::Distro| {
        let id = Some(distro.id.as_str()).filter(|id| !id.is_empty());
        let version = distro.version.as_deref();
        format!("{}@{}", id.unwrap_or("?"), version.unwrap_or("?"))
    };
    inventory.distro.iter().map(name).collect()
}

fn packages(inventory: &Inventory, ecosystem: &str) -> BTreeSet<String> {
    let records = inventory.packages.iter().map(|package| &package.record);
    records
        .filter(|record| belongs(record.ecosystem, ecosystem) && record.version.is_some())
        .map(|record| format!("{}@{}", name(record, ecosystem), record.full_version()))
        .collect()
}

/// Whether the corpus counts an ecosystem to a family. Most families are one
/// ecosystem; some are a kind of evidence that names packages of others.
fn belongs(ecosystem: Ecosystem, family: &str) -> bool {
    match family {
        "embedded-sbom" | "elf-note" => true,
        "maven-artifact" => ecosystem == Ecosystem::Maven,
        "snap" => matches!(ecosystem, Ecosystem::Snap | Ecosystem::Deb),
        // An environment file also lists what pip is to install.
        "conda" => matches!(ecosystem, Ecosystem::Conda | Ecosystem::Pypi),
        "chisel" => ecosystem == Ecosystem::Deb,
        "pear" => matches!(ecosystem, Ecosystem::Pear | Ecosystem::Pecl),
        "binary" => matches!(ecosystem, Ecosystem::Binary | Ecosystem::Jvm),
        family => ecosystem.as_str() == family,
    }
}

fn name(record: &PackageRecord, ecosystem: &str) -> String {
    match (record.ecosystem, ecosystem) {
        (Ecosystem::Maven, "maven-artifact") => record
            .name
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .to_owned(),
        (Ecosystem::Pypi, _) => record.purl(None).map_or_else(String::new, |purl| purl.name),
        _ => record.name.clone(),
    }
}

fn compare(
    found: &BTreeSet<String>,
    expected: &BTreeSet<String>,
    optional: &BTreeSet<String>,
    exact: bool,
) -> Option<String> {
    let missing: Vec<_> = expected.difference(found).collect();
    let extra: Vec<_> = found
        .iter()
        .filter(|f| !expected.contains(*f) && !optional.contains(*f))
        .collect();
    if missing.is_empty() && (!exact || extra.is_empty()) {
        return None;
    }
    let few = |list: &[&String]| {
        list.iter()
            .take(3)
            .map(|s| s.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    Some(format!(
        "{} missing ({}), {} invented ({})",
        missing.len(),
        few(&missing),
        if exact { extra.len() } else { 0 },
        if exact { few(&extra) } else { String::new() },
    ))
}
