//! `plimsoll fix`: what is the smallest change that turns an image green?

use super::judging::Judging;
use super::source::Source;
use crate::Failure;
use crate::outputs::{print, say};
use clap::{Args, ValueEnum};
use plimsoll_advisory::versions::Scheme;
use plimsoll_inventory::{built_on, inherited, rebased};
use plimsoll_policy::{Means, Subject, outlook, repair};
use plimsoll_report::{Base, Remedy, plain};
use plimsoll_types::Inventory;
use std::cell::RefCell;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    judging: Judging,

    /// The image that it was built on; without it the build history tells
    /// which layers were inherited, where it can
    #[arg(long, value_name = "IMAGE")]
    base: Option<String>,

    /// Try another image in place of the one that it was built on
    #[arg(long, value_name = "IMAGE")]
    new_base: Option<String>,

    /// Print the edits of this Dockerfile as a unified diff; what it cannot
    /// say goes to standard error
    #[arg(long, value_name = "DOCKERFILE", conflicts_with = "output")]
    patch: Option<PathBuf>,

    /// Output format
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let dockerfile = match &arguments.patch {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("`{}` cannot be read: {error}", path.display()))
        })?),
        None => None,
    };
    let access = &arguments.source.access;
    let bench = arguments.judging.open(access)?;
    let judged = bench.judge(arguments.source.inventory()?, None)?;
    let layers = layers(arguments, &judged.inventory)?;
    let other = match (&arguments.new_base, layers) {
        (None, _) => None,
        (Some(name), Some(layers)) => {
            let base = access.inventory(name)?;
            Some(bench.judge(rebased(&judged.inventory, layers, &base), None)?)
        }
        (Some(_), None) => {
            return Err(Failure::usage(
                "which layers were inherited is not known; name the image with `--base`",
            ));
        }
    };
    let failure = RefCell::new(None);
    let find = |inventory: &Inventory| match bench.try_find(inventory) {
        Ok((matched, _)) => (matched.findings, matched.suppressed),
        Err(error) => {
            failure.replace(Some(error));
            (Vec::new(), Vec::new())
        }
    };
    let order = |ecosystem, one: &str, other: &str| Scheme::of(ecosystem).compare(one, other);
    let means = Means {
        find: &find,
        order: &order,
    };
    // With another base it is that image which is repaired.
    let start = other.as_ref().unwrap_or(&judged);
    let subject = Subject {
        inventory: &start.inventory,
        findings: &start.matched.findings,
        suppressed: &start.matched.suppressed,
        data: start.data.clone(),
        lifecycle: start.matched.lifecycle.as_ref(),
        now: bench.now,
        baseline: None,
    };
    let policy = &bench.policy;
    let upgrades = repair(policy, &subject, &start.verdict, means);
    let after = outlook(policy, &subject, &upgrades, means);
    let layers = match (layers, &arguments.new_base) {
        (Some(layers), Some(_)) => {
            let own = judged.inventory.layers.len() - layers;
            Some(start.inventory.layers.len() - own)
        }
        (layers, _) => layers,
    };
    let of_own = upgrades.iter().filter(|upgrade| {
        let mut packages = upgrade.packages.iter();
        !packages.all(|index| {
            let package = start.inventory.packages.get(*index);
            let layer = package.and_then(|package| usize::try_from(package.introduced).ok());
            layer.zip(layers).is_some_and(|(layer, base)| layer < base)
        })
    });
    let own = outlook(policy, &subject, of_own, means);
    if let Some(failure) = failure.into_inner() {
        return Err(failure);
    }
    let mut report = start.report();
    report.verdict = Some(&judged.verdict);
    let remedy = Remedy {
        report,
        upgrades: &upgrades,
        after: &after,
        base: layers.map(|layers| Base {
            layers,
            name: arguments.base.as_deref(),
            own: &own,
            other: arguments.new_base.as_deref(),
        }),
    };
    match (&arguments.patch, &dockerfile) {
        (Some(path), Some(text)) => {
            let name = path.display().to_string();
            let name = name.strip_prefix("./").unwrap_or(&name);
            let (diff, left) = remedy.patch(text, name.trim_start_matches('/'));
            print(diff.as_bytes())?;
            for line in left {
                say(&format!(
                    "plimsoll: not in the Dockerfile: {}",
                    plain(&line)
                ));
            }
        }
        _ => match arguments.output {
            Format::Text => print(remedy.text().as_bytes())?,
            Format::Json => print(remedy.json().as_bytes())?,
        },
    }
    say(&plimsoll_report::closing_line(&after.verdict));
    Ok(after.verdict.outcome.exit_code())
}

/// How many layers from the bottom were inherited, where that is known.
fn layers(arguments: &Arguments, inventory: &Inventory) -> Result<Option<usize>, Failure> {
    let Some(name) = &arguments.base else {
        return Ok(inherited(inventory));
    };
    let base = arguments.source.access.inventory(name)?;
    match built_on(inventory, &base) {
        Some(layers) => Ok(Some(layers)),
        None => Err(Failure::usage(format!(
            "the image was not built on `{name}`: it does not have all of its layers"
        ))),
    }
}
