//! What triggers ask about the image, found once for all rules.

use super::dockerfile::{self, Line};
use crate::Subject;
use jiff::Timestamp;
use plimsoll_types::{Ecosystem, FileEntry, ImageConfig, Package, PackageRecord};
use std::cell::OnceCell;
use std::collections::HashMap;

pub(in crate::anchore) struct Facts<'a> {
    pub(in crate::anchore) subject: &'a Subject<'a>,
    lines: OnceCell<Vec<Line>>,
    names: OnceCell<HashMap<&'a str, Vec<usize>>>,
    paths: OnceCell<HashMap<&'a str, usize>>,
}

impl<'a> Facts<'a> {
    pub(in crate::anchore) fn of(subject: &'a Subject<'a>) -> Self {
        Self {
            subject,
            lines: OnceCell::new(),
            names: OnceCell::new(),
            paths: OnceCell::new(),
        }
    }

    /// The configuration of the image. `Err` says why a rule cannot be judged
    /// without; `Ok(None)` where there is nothing to judge.
    pub(super) fn config(&self) -> Result<Option<&'a ImageConfig>, &'static str> {
        let inventory = self.subject.inventory;
        match (&inventory.config, inventory.image.source.as_str()) {
            (Some(config), _) => Ok(Some(config)),
            // What was never an image has no user and no ports.
            (None, "dir" | "pkg") => Ok(None),
            (None, _) => Err("the source does not have the configuration of the image"),
        }
    }

    /// The instructions that made the image, as its history tells them.
    pub(super) fn lines(&self, config: &ImageConfig) -> &[Line] {
        self.lines.get_or_init(|| dockerfile::lines(config))
    }

    /// The files of the image; `Err` says why a rule cannot be judged.
    pub(super) fn files(&self) -> Result<&'a [FileEntry], &'static str> {
        let inventory = self.subject.inventory;
        match (inventory.files.is_empty(), inventory.layers.is_empty()) {
            (true, true) => Err("the source does not have the files of the image"),
            _ => Ok(&inventory.files),
        }
    }

    /// The file at a path with leading slash, with its index.
    pub(super) fn file(&self, path: &str) -> Option<(usize, &'a FileEntry)> {
        let files = &self.subject.inventory.files;
        let paths = self.paths.get_or_init(|| {
            let files = files.iter().enumerate();
            files.map(|(at, file)| (file.path.as_str(), at)).collect()
        });
        let at = *paths.get(path.strip_prefix('/')?)?;
        Some((at, files.get(at)?))
    }

    /// Packages of that name, by index.
    pub(super) fn packages(&self, name: &str) -> impl Iterator<Item = (usize, &'a Package)> {
        let packages = &self.subject.inventory.packages;
        let names = self.names.get_or_init(|| {
            let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
            for (at, package) in packages.iter().enumerate() {
                names.entry(&package.record.name).or_default().push(at);
            }
            names
        });
        let found = names.get(name).cloned().unwrap_or_default();
        let found = found.into_iter();
        found.filter_map(|at| Some((at, packages.get(at)?)))
    }

    /// Whether `moment`, a time or a day, lies at least so many days back;
    /// `None` where it is no time.
    pub(super) fn is_past(&self, moment: &str, days: u64) -> Option<bool> {
        let moment = match moment.parse::<Timestamp>() {
            Ok(moment) => moment,
            Err(_) => format!("{moment}T00:00:00Z").parse().ok()?,
        };
        let days = i64::try_from(days).ok()?;
        let least = self.subject.now.as_second() - days.saturating_mul(86_400);
        Some(moment.as_second() <= least)
    }
}

/// What Anchore calls the kind of a package.
pub(super) fn package_type(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Deb => "dpkg",
        Ecosystem::Apk => "APKG",
        Ecosystem::Golang => "go",
        Ecosystem::Maven => "java",
        Ecosystem::Pypi => "python",
        other => other.as_str(),
    }
}

/// Whether Anchore counts packages of the kind among the operating system's:
/// all that it does not know otherwise.
pub(super) fn is_os(ecosystem: Ecosystem) -> bool {
    let kind = package_type(ecosystem);
    let languages = [
        "java", "python", "npm", "gem", "composer", "nuget", "binary", "go",
    ];
    !languages.contains(&kind)
}

/// The version without the release of the distribution.
pub(super) fn without_release(record: &PackageRecord) -> String {
    let version = record.version.as_deref().unwrap_or_default();
    let version = match record.ecosystem.is_os() {
        true => version
            .rsplit_once('-')
            .map_or(version, |(version, _)| version),
        false => version,
    };
    version.to_owned()
}
