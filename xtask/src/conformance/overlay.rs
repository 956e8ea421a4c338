//! `<case>.tar` with `<engine>.view.txt`: what a container sees. Where engines
//! agree, the inventory must show the same; where one refuses the image, it
//! must be called malformed; where they differ, malformed or ambiguous.

use super::{Score, images};
use anyhow::{Context, Result};
use plimsoll_types::{FileKind, GapKind, Inventory};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files that engines put over the image's own when they start a container.
const MOUNTED: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];

/// Engines that combine layers; plain extraction is not one.
const ENGINES: [&str; 4] = ["docker20", "docker28c", "podman43", "podman54"];

type View = Option<BTreeSet<String>>;

pub(crate) fn run(folder: &Path) -> Result<Score> {
    let mut views: BTreeMap<String, Vec<View>> = BTreeMap::new();
    for engine in ENGINES {
        let file = folder.join(format!("{engine}.view.txt"));
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for line in text.lines() {
            if let Some((case, view)) = line.split_once(" | ") {
                views.entry(case.to_owned()).or_default().push(parse(view));
            }
        }
    }
    let mut score = Score::default();
    for file in images::sorted(folder)?
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "tar"))
    {
        let case = file
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default();
        let problem = match images::inventory(file) {
            Err(error) => Some(format!("was not read: {error:#}")),
            Ok(inventory) => judge(&inventory, views.get(case).map_or(&[][..], Vec::as_slice)),
        };
        score.case(case, problem);
    }
    Ok(score)
}

fn parse(view: &str) -> View {
    let refused = view.starts_with("LOADERR") || view.starts_with("refused");
    (!refused).then(|| {
        let entries = view
            .split(' ')
            .filter(|entry| !entry.is_empty() && *entry != "dockerenv=");
        // A link is listed by name and by name and target.
        let links: BTreeSet<&str> = entries
            .clone()
            .filter_map(|entry| entry.split_once("->"))
            .map(|(name, _)| name)
            .collect();
        entries
            .filter(|entry| !links.contains(entry) && !is_mounted(entry))
            .map(|entry| match entry.split_once('=') {
                Some((path, content)) => format!("{path}={}", hash(content.as_bytes())),
                None => entry.to_owned(),
            })
            .collect()
    })
}

fn judge(inventory: &Inventory, views: &[View]) -> Option<String> {
    let has = |kind| inventory.coverage.gaps.iter().any(|gap| gap.kind == kind);
    let malformed = has(GapKind::ImageMalformed);
    if views.iter().any(Option::is_none) {
        return (!malformed).then(|| "an engine refuses it, but it is not called malformed".into());
    }
    let distinct: BTreeSet<_> = views.iter().flatten().collect();
    // Cases that not every engine has a view of are those that differ by the
    // store an engine keeps its layers in.
    let partial = views.len() < ENGINES.len() && has(GapKind::ImageAmbiguous);
    if distinct.len() > 1 || partial {
        return (!malformed && !has(GapKind::ImageAmbiguous))
            .then(|| "engines differ, but it is not called ambiguous".into());
    }
    let expected = distinct.into_iter().next()?;
    let shown = show(inventory);
    (shown != *expected).then(|| format!("shows {shown:?}, engines show {expected:?}"))
}

fn show(inventory: &Inventory) -> BTreeSet<String> {
    let files = inventory.files.iter().map(|file| {
        let path = file.path.trim_start_matches('.').replace('\n', "\\n");
        match &file.kind {
            FileKind::Directory => format!("{path}/"),
            FileKind::Symlink(target) => format!("{path}->{target}"),
            _ => format!(
                "{path}={}",
                file.digest.as_ref().map_or("", |digest| digest.hex())
            ),
        }
    });
    files.filter(|entry| !is_mounted(entry)).collect()
}

fn is_mounted(entry: &str) -> bool {
    let path = entry.split('=').next().unwrap_or_default();
    MOUNTED.contains(&path)
}

fn hash(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
