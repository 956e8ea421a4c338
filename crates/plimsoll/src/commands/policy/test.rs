use super::super::judging::{Judged, Judging};
use super::super::policies;
use super::super::record::Record;
use super::super::source::Access;
use crate::Failure;
use crate::outputs::print;
use clap::Args;
use jiff::tz::TimeZone;
use plimsoll_advisory::Matched;
use plimsoll_policy::{Case, CaseImage, Cases, DataPosition, Document, Policy, trail};
use plimsoll_report::plain;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Files of cases (YAML or JSON)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    access: Access,

    #[command(flatten)]
    judging: Judging,

    /// End with exit code 1 when a rule fires in no case, too
    #[arg(long)]
    require_coverage: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let mut text = String::new();
    let (mut held, mut failed) = (0_u32, 0_u32);
    // How often each rule of each policy fired.
    let mut fired: BTreeMap<(String, String), usize> = BTreeMap::new();
    for path in &arguments.files {
        let cases = read(path)?;
        let policy = match &cases.policy {
            _ if arguments.judging.names_policy() => arguments.judging.policy()?,
            Some(name) => policies::read(&beside(path, name))?.policy,
            None => {
                return Err(Failure::usage(format!(
                    "`{}` names no `policy`; write one, or give `--policy`",
                    path.display()
                )));
            }
        };
        for case in &cases.cases {
            let judged = judge(arguments, path, &cases, case, &policy)?;
            let ran = trail(&policy, &judged.subject(None), &judged.verdict).rules;
            let known = |name: &str| is_guard(name) || ran.iter().any(|ran| ran.name == name);
            if let Some(name) = case.rules().find(|name| !known(name)) {
                return Err(Failure::usage(format!(
                    "`{}`: case `{}` names the rule `{name}`, which the policy has not got",
                    path.display(),
                    case.name
                )));
            }
            for ran in ran {
                let key = (policy.identity().name.clone(), ran.name);
                *fired.entry(key).or_default() += ran.reasons.len();
            }
            let differences = case.differences(&judged.verdict);
            match differences.is_empty() {
                true => held += 1,
                false => failed += 1,
            }
            let word = if differences.is_empty() { "ok" } else { "FAIL" };
            let _ = writeln!(text, "{word:<4}  {}", plain(&case.name));
            for difference in differences {
                let _ = writeln!(text, "      {}", plain(&difference));
            }
        }
    }
    let idle: Vec<&(String, String)> = fired
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(rule, _)| rule)
        .collect();
    let holds = if held == 1 {
        "case holds"
    } else {
        "cases hold"
    };
    let not = if failed == 1 { "does not" } else { "do not" };
    let _ = writeln!(
        text,
        "\n{held} {holds}, {failed} {not}; {} of {} rules fired",
        fired.len() - idle.len(),
        fired.len()
    );
    for (policy, rule) in &idle {
        let _ = writeln!(text, "  never  {} ({})", plain(rule), plain(policy));
    }
    print(text.as_bytes())?;
    let uncovered = arguments.require_coverage && !idle.is_empty();
    Ok(u8::from(failed > 0 || uncovered))
}

fn read(path: &Path) -> Result<Cases, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read: {error}")))?;
    Cases::read(&Document { name, text }).map_err(Failure::usage)
}

/// Names under which built-in guards speak.
fn is_guard(name: &str) -> bool {
    plimsoll_policy::GUARDS.contains(&name)
}

/// What a file of cases names, seen from that file.
fn beside(file: &Path, name: &str) -> String {
    match name.starts_with("builtin:") {
        true => name.to_owned(),
        false => {
            let folder = file.parent().unwrap_or(Path::new(""));
            folder.join(name).display().to_string()
        }
    }
}

fn judge(
    arguments: &Arguments,
    path: &Path,
    cases: &Cases,
    case: &Case,
    policy: &Policy,
) -> Result<Judged, Failure> {
    let now = TimeZone::UTC
        .to_timestamp(cases.as_of.at(0, 0, 0, 0))
        .map_err(Failure::usage)?;
    match &case.image {
        CaseImage::Given(inventory, findings) => {
            let matched = Matched {
                findings: findings.clone(),
                ..Matched::default()
            };
            let data = DataPosition {
                position: "given".to_owned(),
                built: now.to_string(),
            };
            let inventory = inventory.as_ref().clone();
            Ok(Judged::of(
                policy,
                inventory,
                matched,
                Some(data),
                now,
                None,
            ))
        }
        CaseImage::Recorded(name) => {
            let record = Record::read(Path::new(&beside(path, name)))?;
            Ok(record.judge(policy))
        }
        CaseImage::Named(name) => {
            let bench = arguments.judging.open_at(&arguments.access, now)?;
            let mut inventory = arguments.access.inventory(name)?;
            let mut matched = bench.find(&inventory)?;
            let coverage = std::mem::take(&mut matched.coverage);
            inventory.coverage.extend(coverage);
            Ok(Judged::of(
                policy,
                inventory,
                matched,
                bench.data(),
                now,
                None,
            ))
        }
    }
}
