//! A remedy as edits of a Dockerfile.

use super::Remedy;
use super::how::{self, Manager, Target};
use crate::group::label;
use crate::plain::plain;
use plimsoll_dockerfile::{Dockerfile, Pin, Step};
use plimsoll_types::Package;

impl Remedy<'_> {
    /// The edits of the Dockerfile `text`, called `name`, as a unified diff,
    /// and one line on each upgrade that is left out.
    pub fn patch(&self, text: &str, name: &str) -> (String, Vec<String>) {
        let mut wanted: Vec<(&Package, String, &str)> = Vec::new();
        for upgrade in self.upgrades {
            for package in self.packages(upgrade) {
                wanted.push((package, package.record.full_version(), &upgrade.target));
            }
        }
        let inventory = self.report.inventory;
        let manager = |package: &Package| Manager::of(package.record.ecosystem, inventory);
        let mut pins: Vec<Pin<'_>> = Vec::new();
        let mut owners: Vec<usize> = Vec::new();
        let mut left = Vec::new();
        for (index, (package, installed, target)) in wanted.iter().enumerate() {
            match how::pin(package, installed, target, manager(package)) {
                Some(pin) => {
                    pins.push(pin);
                    owners.push(index);
                }
                None => left.push(format!(
                    "{} -> {}: {}",
                    label(package),
                    plain(target),
                    plain(&how::words(package, target))
                )),
            }
        }
        let of = |pin: usize| owners.get(pin).and_then(|&index| wanted.get(index));
        let managers = wanted.iter().filter_map(|(package, ..)| manager(package));
        let the_one = managers.clone().next();
        let inherited = |pin: usize| {
            let layers = self.base.map_or(0, |base| base.layers);
            of(pin).is_some_and(|(package, ..)| {
                usize::try_from(package.introduced).is_ok_and(|layer| layer < layers)
            })
        };
        let command = |pins: &[usize]| {
            let targets = pins.iter().filter_map(|&pin| of(pin));
            let targets: Vec<Target<'_>> = targets
                .map(|(package, _, target)| (*package, *target))
                .collect();
            the_one?.command(&targets)
        };
        let step = Step {
            command: &command,
            manager: the_one.map_or("", Manager::program),
            inherited: &inherited,
            as_root: inventory.config.as_ref().is_none_or(|config| {
                let user = config.user.split(':').next().unwrap_or_default();
                matches!(user, "" | "root" | "0")
            }),
        };
        let base = self.base.and_then(|base| base.other);
        let patch = Dockerfile::parse(text).patch(&pins, &step, base);
        for (&pin, why) in &patch.left {
            if let Some((package, _, target)) = of(pin) {
                let upgrade = format!("{} -> {}", label(package), plain(target));
                let words = match package.record.ecosystem.is_os() {
                    true => String::new(),
                    false => format!("; {}", plain(&how::words(package, target))),
                };
                left.push(format!("{upgrade}: {}{words}", why.as_str()));
            }
        }
        (patch.diff(name), left)
    }
}
