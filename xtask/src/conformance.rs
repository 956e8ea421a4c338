//! Runs a corpus through the public face of the room it judges, prints every
//! miss, and ends with one line `SUITE: N of M`.

mod images;
mod matching;
mod overlay;
mod packages;
mod table;
mod vectors;
mod versions;

use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Name of the suite, or `all`
    suite: String,

    /// Folder that holds the corpus
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,

    /// Print only the last line of each suite
    #[arg(short, long)]
    quiet: bool,
}

/// Outcome of one suite.
#[derive(Default)]
pub(crate) struct Score {
    passed: usize,
    total: usize,
    /// Cases that were missed, and in what way.
    misses: Vec<(String, String)>,
}

impl Score {
    /// Counts one case; `problem` says why it was missed.
    pub(crate) fn case(&mut self, id: &str, problem: Option<String>) {
        self.total += 1;
        match problem {
            None => self.passed += 1,
            Some(problem) => self.misses.push((id.to_owned(), problem)),
        }
    }
}

type Suite = fn(&Path) -> Result<Score>;

/// Every suite, with its folder in the corpus.
const SUITES: &[(&str, &str, Suite)] = &[
    ("packages", "packages", packages::run),
    ("images", "packages/images", images::run),
    ("overlay", "overlay", overlay::run),
    ("versions", "versions", versions::run),
    ("cvss", "cvss", vectors::run),
    ("matching", "matching", matching::run),
];

/// Scores that must not fall, `suite number`, one a line.
const FLOORS: &str = include_str!("../conformance-floors.txt");

/// Cases that are missed for a reason, `suite case reason`, one a line.
const REASONS: &str = include_str!("../conformance-misses.txt");

/// Whether every suite that ran reached its floor.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let chosen: Vec<_> = SUITES
        .iter()
        .filter(|(name, ..)| arguments.suite == "all" || arguments.suite == *name)
        .collect();
    if chosen.is_empty() {
        let known: Vec<_> = SUITES.iter().map(|(name, ..)| *name).collect();
        bail!(
            "there is no suite `{}`; use one of {} or all",
            arguments.suite,
            known.join(", ")
        );
    }
    let mut held = true;
    for (name, folder, suite) in chosen {
        let folder = arguments.corpus.join(folder);
        let score =
            suite(&folder).with_context(|| format!("suite {name}, {}", folder.display()))?;
        if !arguments.quiet {
            for (id, problem) in &score.misses {
                let reason = reason(name, id).unwrap_or("no reason is known");
                println!("miss {id}: {problem} ({reason})");
            }
        }
        let floor = floor(name);
        if score.passed < floor {
            held = false;
            println!("{name} fell below its floor of {floor}");
        }
        println!("{name}: {} of {}", score.passed, score.total);
    }
    Ok(held)
}

fn floor(suite: &str) -> usize {
    FLOORS
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == suite)
        .and_then(|(_, number)| number.trim().parse().ok())
        .unwrap_or(0)
}

fn reason(suite: &str, case: &str) -> Option<&'static str> {
    REASONS.lines().find_map(|line| {
        let rest = line.strip_prefix(suite)?.strip_prefix(' ')?;
        rest.strip_prefix(case)?.strip_prefix(' ')
    })
}
