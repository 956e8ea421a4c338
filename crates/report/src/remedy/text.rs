//! A remedy for people: the answer, then what to do in own layers and in the
//! base image, then what no upgrade cures.

use super::how::{self, Manager, Target};
use super::{Base, Remedy, stops};
use crate::group::{label, name};
use crate::plain::{count, fit, one_line, plain, shorten, wrap};
use crate::report::closing_words;
use plimsoll_policy::{Outcome, Upgrade};
use plimsoll_types::{Ecosystem, FixState, Package};
use std::collections::BTreeSet;

const WIDTH: usize = 100;
/// Names in a list.
const NAMES: usize = 5;

impl Remedy<'_> {
    /// The whole of it for people.
    pub fn text(&self) -> String {
        let mut page = Page::default();
        self.write_head(&mut page);
        let (base, own): (Vec<_>, Vec<_>) = self
            .upgrades
            .iter()
            .partition(|upgrade| self.is_inherited(upgrade));
        let mut number = 1..;
        self.write_upgrades("Upgrade in your layers", &own, &mut number, &mut page);
        if let Some(known) = self.base {
            self.write_base(&known, &base, &mut number, &mut page);
        }
        self.write_uncured(&mut page);
        self.write_result(&mut page);
        page.text
    }

    fn write_head(&self, page: &mut Page) {
        let Some(verdict) = self.report.verdict else {
            return;
        };
        let image = plain(&self.report.inventory.image.name);
        let policy = plain(&verdict.policy.name);
        let (old, new) = (verdict.outcome, self.after.verdict.outcome);
        let changes = self.changes();
        page.line(match changes {
            0 => format!("{}  {image}   policy {policy}", old.word()),
            number if old == new => {
                let changes = count(number, "change");
                format!(
                    "{} even with {changes}  {image}   policy {policy}",
                    old.word()
                )
            }
            number => {
                let changes = count(number, "change");
                let (old, new) = (old.word(), new.word());
                format!("{old} -> {new} with {changes}  {image}   policy {policy}")
            }
        });
        let indent = "      ";
        page.line(match (is_green(old), changes) {
            (true, _) => format!("{indent}nothing stops this image"),
            (false, 0) => format!("{indent}no upgrade takes away what stops it"),
            (false, _) if is_green(new) => format!("{indent}nothing stops it any more then"),
            (false, _) => format!("{indent}{}", left_over(stops(&self.after.verdict).count())),
        });
    }

    fn changes(&self) -> usize {
        let other = self.base.and_then(|base| base.other);
        self.upgrades.len() + usize::from(other.is_some())
    }

    fn write_upgrades(
        &self,
        title: &str,
        upgrades: &[&Upgrade],
        number: &mut impl Iterator<Item = usize>,
        page: &mut Page,
    ) {
        if upgrades.is_empty() {
            return;
        }
        page.section(title);
        for upgrade in upgrades {
            let packages = self.packages(upgrade);
            let Some(first) = packages.first() else {
                continue;
            };
            let at = number.next().unwrap_or_default();
            let names: Vec<_> = packages.iter().map(|package| name(package)).collect();
            page.line(format!(
                "{at:>3}  {} {} -> {}  {}",
                fit(&names, ", ", 40),
                plain(&first.record.full_version()),
                plain(&upgrade.target),
                effect(upgrade)
            ));
            for line in wrap(&self.place(first), WIDTH - 5) {
                page.line(format!("     {line}"));
            }
            if !first.record.ecosystem.is_os() {
                let words = one_line(&how::words(first, &upgrade.target));
                for line in wrap(&words, WIDTH - 5) {
                    page.line(format!("     {line}"));
                }
            }
        }
        for (manager, targets) in self.commands(upgrades) {
            match manager.and_then(|manager| manager.command(&targets)) {
                Some(command) => page.line(format!("  run  {command}")),
                None => {
                    page.line("  run  the package manager of the image: no command is known here")
                }
            }
        }
    }

    /// The packages of a distribution by what upgrades them.
    fn commands<'u>(&'u self, upgrades: &[&'u Upgrade]) -> Vec<(Option<Manager>, Vec<Target<'u>>)> {
        let mut commands: Vec<(Ecosystem, Vec<Target<'_>>)> = Vec::new();
        for upgrade in upgrades {
            for package in self.packages(upgrade) {
                let ecosystem = package.record.ecosystem;
                if !ecosystem.is_os() {
                    continue;
                }
                let target = (package, upgrade.target.as_str());
                match commands.iter_mut().find(|(known, _)| *known == ecosystem) {
                    Some((_, targets)) => targets.push(target),
                    None => commands.push((ecosystem, vec![target])),
                }
            }
        }
        let inventory = self.report.inventory;
        let commands = commands.into_iter();
        commands
            .map(|(ecosystem, targets)| (Manager::of(ecosystem, inventory), targets))
            .collect()
    }

    fn place(&self, package: &Package) -> String {
        let mut place = Vec::new();
        if !self.report.inventory.layers.is_empty() {
            let text = self.report.instruction(package.introduced).map(one_line);
            let label = format!(
                "layer {} {}",
                package.introduced + 1,
                text.unwrap_or_default()
            );
            place.push(shorten(label.trim_end(), 60));
        }
        if let (false, Some(first)) = (package.record.ecosystem.is_os(), package.locations.first())
        {
            let more = match package.locations.len() {
                1 => String::new(),
                number => format!(" and {} more", number - 1),
            };
            place.push(format!("{}{more}", plain(&first.to_string())));
        }
        place.join(", ")
    }

    fn write_base(
        &self,
        base: &Base<'_>,
        upgrades: &[&Upgrade],
        number: &mut impl Iterator<Item = usize>,
        page: &mut Page,
    ) {
        let layers = match base.layers {
            1 => "layer 1".to_owned(),
            layers => format!("layers 1 to {layers}"),
        };
        let name = match base.name {
            Some(name) => format!("{}, {layers}", plain(name)),
            None => format!("{layers}, as the build history shows"),
        };
        if let Some(other) = base.other {
            page.section("Base image");
            let at = number.next().unwrap_or_default();
            page.line(format!(
                "{at:>3}  FROM {}  in place of {name}",
                plain(other)
            ));
        }
        if upgrades.is_empty() {
            return;
        }
        let title = match base.other {
            None => format!("Upgrade in the base image ({name})"),
            Some(_) => "Upgrade in the new base image".to_owned(),
        };
        self.write_upgrades(&title, upgrades, number, page);
        if base.other.is_none() {
            page.line("  or  build on a newer base image that has them; try one with --new-base");
            let own = &base.own.verdict;
            let left = match stops(own).count() {
                0 => String::new(),
                left => format!(", {}", left_over(left)),
            };
            page.line(format!(
                "      without any of these, with your layers repaired: {}{left}",
                own.outcome.word()
            ));
        }
    }

    fn write_uncured(&self, page: &mut Page) {
        let uncured = self.uncured();
        let others = self.others();
        if uncured.is_empty() && others.is_empty() {
            return;
        }
        page.section("No upgrade cures");
        for (finding, index, package) in &uncured {
            let needed: Vec<_> = self.dependents(*index).iter().map(|n| plain(n)).collect();
            let needed = match needed.len() {
                0 => "nothing in the image is known to need it".to_owned(),
                number if number > NAMES => {
                    format!(
                        "{} and {} more need it",
                        needed[..NAMES].join(", "),
                        number - NAMES
                    )
                }
                1 => format!("{} needs it", needed[0]),
                _ => format!("{} need it", needed.join(", ")),
            };
            let id = plain(&finding.id);
            let line = format!(
                "{} ({id}, {}): {needed}",
                label(package),
                state(finding.fix.state)
            );
            for (at, line) in wrap(&line, WIDTH - 4).into_iter().enumerate() {
                page.line(format!("{}{line}", if at == 0 { "  " } else { "    " }));
            }
        }
        if let Some((finding, _, package)) = uncured.first() {
            page.line(
                "  remove what is not needed, or accept it for a time in the policy's allowlist:",
            );
            page.line(format!(
                "    - {{id: {}, package: {:?}, reason: .., by: .., until: {}}}",
                plain(&finding.id),
                plain(&package.record.name),
                self.until()
            ));
        }
        let mut said = BTreeSet::new();
        for reason in others {
            let advice = reason.advice.as_deref().map(plain);
            let advice = advice.map_or(String::new(), |advice| format!("; {advice}"));
            let line = format!(
                "{}: {}{advice}",
                plain(&reason.rule),
                plain(&reason.message)
            );
            if said.insert(line.clone()) {
                for (at, line) in wrap(&line, WIDTH - 4).into_iter().enumerate() {
                    page.line(format!("{}{line}", if at == 0 { "  " } else { "    " }));
                }
            }
        }
    }

    fn write_result(&self, page: &mut Page) {
        if self.changes() == 0 {
            return;
        }
        page.text.push('\n');
        let now = self.report.verdict.map(closing_words);
        let now = now.map_or(String::new(), |now| format!("   (now {now})"));
        page.line(format!("Then  {}{now}", closing_words(&self.after.verdict)));
        let new: usize = self.upgrades.iter().map(|upgrade| upgrade.new).sum();
        if new > 0 {
            let findings = count(new, "finding");
            page.line(format!(
                "      the new versions bring {findings} of their own"
            ));
        }
    }
}

fn is_green(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Pass | Outcome::Warn)
}

fn left_over(number: usize) -> String {
    match number {
        1 => "1 reason to stop stays".to_owned(),
        number => format!("{number} reasons to stop stay"),
    }
}

fn effect(upgrade: &Upgrade) -> String {
    let gone = count(upgrade.gone, "finding");
    let stops = match upgrade.cures.len() {
        number if number == upgrade.gone => String::new(),
        number => format!(
            ", {number} of them {}",
            if number == 1 { "stops" } else { "stop" }
        ),
    };
    format!("{gone} gone{stops}")
}

fn state(state: FixState) -> &'static str {
    match state {
        FixState::Unknown => "no fix is known",
        FixState::Fixed => "fixed, in a version that stops too",
        FixState::NotFixed => "not fixed yet",
        FixState::WontFix => "will not be fixed",
        FixState::Deferred => "fix deferred",
        FixState::EndOfLife => "out of support",
        FixState::UnderInvestigation => "under investigation",
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(plain(text.as_ref()).trim_end());
        self.text.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.text.push('\n');
        self.line(title);
    }
}
