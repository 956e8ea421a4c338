//! The same sources read by this program and by Syft in one run: who found
//! what, how long it took, and how much memory.

use crate::bench::{measured_to, program};
use anyhow::{Context, Result, ensure};
use clap::Args;
use plimsoll_types::PackageUrl;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What to read, as both programs write it: `dir:/usr`, `docker-archive:x.tar`
    #[arg(required = true)]
    sources: Vec<String>,

    /// The Syft program
    #[arg(long, default_value = "syft", value_name = "FILE")]
    syft: PathBuf,

    /// Differences of each kind that are printed
    #[arg(long, default_value_t = 20)]
    most: usize,
}

/// Packages as `name@version`, by package URL type.
type Found = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let ours = program()?;
    let folder = tempfile::tempdir()?;
    for source in &arguments.sources {
        let mut plimsoll = Command::new(&ours);
        plimsoll.args(["sbom", "--no-cache", "--offline", "-o", "json", source]);
        let mut syft = Command::new(&arguments.syft);
        syft.args(["scan", "-q", "-o", "syft-json", source]);
        syft.env("SYFT_CHECK_FOR_APP_UPDATE", "false");
        let a = reading(&mut plimsoll, &folder.path().join("a"), "packages")?;
        let b = reading(&mut syft, &folder.path().join("b"), "artifacts")?;
        println!("{source}");
        println!("  plimsoll  {a}");
        println!("  syft      {b}");
        print(&a.found, &b.found, arguments.most);
    }
    Ok(true)
}

struct Reading {
    seconds: f64,
    megabytes: u64,
    found: Found,
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let packages: usize = self.found.values().map(BTreeSet::len).sum();
        write!(
            f,
            "{:.2} s, {} MB at most, {packages} packages",
            self.seconds, self.megabytes
        )
    }
}

fn reading(command: &mut Command, out: &Path, list: &str) -> Result<Reading> {
    let (time, memory) = measured_to(command, Some(out))?;
    let text = std::fs::read_to_string(out)?;
    let name = command.get_program().to_owned();
    let document: Value =
        serde_json::from_str(&text).with_context(|| format!("output of {}", name.display()))?;
    let packages = document[list].as_array();
    ensure!(packages.is_some(), "{} lists no {list}", name.display());
    let mut found = Found::new();
    for package in packages.into_iter().flatten() {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let (kind, identity) = match text("purl").parse::<PackageUrl>() {
            Ok(purl) => {
                let space = if purl.namespace.is_empty() || is_distribution(&purl.kind) {
                    String::new()
                } else {
                    format!("{}/", purl.namespace)
                };
                let version = purl.version.unwrap_or_default();
                (purl.kind, format!("{space}{}@{version}", purl.name))
            }
            Err(_) => (
                "none".to_owned(),
                format!("{}@{}", text("name"), text("version")),
            ),
        };
        found.entry(kind).or_default().insert(identity);
    }
    Ok(Reading {
        seconds: time.as_secs_f64(),
        megabytes: memory >> 10,
        found,
    })
}

/// Types whose namespace is the distribution, which the two may spell apart.
fn is_distribution(kind: &str) -> bool {
    matches!(kind, "deb" | "rpm" | "apk" | "alpm")
}

fn print(a: &Found, b: &Found, most: usize) {
    let none = BTreeSet::new();
    let kinds: BTreeSet<_> = a.keys().chain(b.keys()).collect();
    println!(
        "  {:18} {:>6} {:>9} {:>10}",
        "type", "both", "only here", "only Syft"
    );
    for kind in kinds {
        let (a, b) = (a.get(kind).unwrap_or(&none), b.get(kind).unwrap_or(&none));
        let ours: Vec<_> = a.difference(b).collect();
        let theirs: Vec<_> = b.difference(a).collect();
        let both = a.intersection(b).count();
        println!(
            "  {kind:18} {both:>6} {:>9} {:>10}",
            ours.len(),
            theirs.len()
        );
        for (sign, list) in [("+", ours), ("-", theirs)] {
            for package in list.iter().take(most) {
                println!("      {sign} {package}");
            }
            if list.len() > most {
                println!("      {sign} .. {} more", list.len() - most);
            }
        }
    }
}
