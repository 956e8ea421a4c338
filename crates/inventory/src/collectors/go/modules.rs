//! The lines of build information as packages.

use super::build_info::BuildInfo;
use super::main_version;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use std::collections::BTreeMap;

/// Version that the toolchain gives to what was built from a directory.
const UNVERSIONED: &str = "(devel)";

#[derive(Clone, Debug, PartialEq, Eq)]
struct Module<'a> {
    path: &'a str,
    version: Option<&'a str>,
    /// Whether a directory stood in for it.
    local: bool,
}

impl<'a> Module<'a> {
    fn read(mut columns: std::str::Split<'a, char>) -> Option<Self> {
        let path = columns.next().filter(|path| !path.is_empty())?;
        let version = columns.next();
        Some(Self {
            path,
            version: version.filter(|version| !version.is_empty() && *version != UNVERSIONED),
            local: false,
        })
    }

    /// What stands in for a module: a directory has no version of its own,
    /// and its path says nothing outside the machine that built it.
    fn replace(&mut self, by: Module<'a>) {
        let local = by.path.starts_with(['.', '/', '\\']) || by.path.get(1..2) == Some(":");
        if local {
            self.version = None;
            self.local = true;
        } else {
            *self = by;
        }
    }
}

pub(super) fn records(info: &BuildInfo) -> Vec<PackageRecord> {
    let mut main: Option<Module<'_>> = None;
    let mut modules: Vec<Module<'_>> = Vec::new();
    let mut settings = BTreeMap::new();
    let mut in_dependencies = false;
    for line in info.modules.lines() {
        let mut columns = line.split('\t');
        match columns.next() {
            Some("mod") => main = Module::read(columns),
            Some("dep") => {
                modules.extend(Module::read(columns));
                in_dependencies = true;
            }
            Some("=>") => {
                let last = if in_dependencies {
                    modules.last_mut()
                } else {
                    main.as_mut()
                };
                if let (Some(last), Some(by)) = (last, Module::read(columns)) {
                    last.replace(by);
                }
            }
            Some("build") => {
                let setting = columns.next().and_then(|setting| setting.split_once('='));
                settings.extend(setting.map(|(key, value)| (key, main_version::unquote(value))));
            }
            _ => {}
        }
    }
    // Built from single files, the module is among its own dependencies.
    let main = main.or_else(|| {
        let at = modules.iter().position(|module| module.version.is_none())?;
        Some(modules.remove(at))
    });
    let mut records = vec![record("stdlib", stdlib(&info.go))];
    if let Some(main) = main {
        let version = main_version::of(main.path, main.version, &settings);
        records.push(record(main.path, version));
    }
    records.extend(modules.into_iter().map(|module| PackageRecord {
        local: module.local,
        ..record(module.path, module.version.map(str::to_owned))
    }));
    records
}

fn record(name: &str, version: Option<String>) -> PackageRecord {
    PackageRecord::new(Ecosystem::Golang, name, version, Confidence::Embedded)
}

/// `go1.22.1 X:boringcrypto`, `go1.26-X:simd`, `go1.22.5 (Red Hat …)` and
/// `go1.22.1-vendor` all name a release; a development version names none.
pub(super) fn stdlib(go: &str) -> Option<String> {
    let text = go.strip_prefix("go")?;
    let release = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !release(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    let stage = ["rc", "beta"].iter().find_map(|stage| {
        let digits = rest.strip_prefix(stage)?;
        let end = digits.find(|c: char| !c.is_ascii_digit());
        rest.get(..stage.len() + end.unwrap_or(digits.len()))
    });
    let version = format!("{number}{}", stage.unwrap_or_default());
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(version)
}
