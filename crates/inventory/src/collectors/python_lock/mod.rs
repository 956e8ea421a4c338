//! Python packages that lock files and manifests name. Only what pins a
//! version names a package; a range is a wish.

mod manifest;
mod pipfile;
mod requirements;
mod tables;

use super::npm_lock::without_user;
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::format::{Format, lines_unread};
use plimsoll_types::{Ecosystem, PackageRecord};
pub(super) use requirements::one as requirement;

const LIMIT: u64 = 64 << 20;

pub(crate) struct PythonLock;

impl Collector for PythonLock {
    fn name(&self) -> &'static str {
        "python-lock"
    }

    fn about(&self) -> &'static str {
        "Python packages that lock files and manifests name: requirements*.txt, constraints.txt, poetry.lock, Pipfile.lock, uv.lock, pdm.lock, pylock*.toml, pyproject.toml, setup.py, setup.cfg"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if kind(file.name()).is_some() && !is_foreign(file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let records = match kind(file.name()) {
            Some(Kind::Requirements) => {
                let mut unread = 0;
                let records = requirements::read(&text, file.name(), &mut unread);
                // What is not pinned is understood as well.
                let mut collected = packages(self.name(), records);
                collected.gaps.extend(lines_unread(self.name(), unread));
                return Ok(collected);
            }
            Some(Kind::Poetry) => tables::poetry(&text)?,
            Some(Kind::Uv) => tables::uv(&text)?,
            Some(Kind::Pdm) => tables::pdm(&text)?,
            Some(Kind::Pylock) => tables::pylock(&text)?,
            Some(Kind::Pipfile) => pipfile::read(&text)?,
            Some(Kind::Setup) => manifest::setup(&text),
            Some(Kind::SetupCfg) => {
                let collected = packages(self.name(), manifest::setup_cfg(&text));
                return SETUP_CFG.hold(&text, collected);
            }
            Some(Kind::Pyproject) => manifest::pyproject(&text)?,
            None => Vec::new(),
        };
        Ok(packages(self.name(), records))
    }
}

const SETUP_CFG: Format = Format::of_lines("a setup.cfg", &["#", ";"], &["["]);

enum Kind {
    Requirements,
    Poetry,
    Uv,
    Pdm,
    Pylock,
    Pipfile,
    Setup,
    SetupCfg,
    Pyproject,
}

fn kind(name: &str) -> Option<Kind> {
    match name {
        "poetry.lock" => Some(Kind::Poetry),
        "uv.lock" => Some(Kind::Uv),
        "pdm.lock" => Some(Kind::Pdm),
        "Pipfile.lock" => Some(Kind::Pipfile),
        "setup.py" => Some(Kind::Setup),
        "setup.cfg" => Some(Kind::SetupCfg),
        "pyproject.toml" => Some(Kind::Pyproject),
        name if name.ends_with(".txt") => {
            let named = name.contains("requirements") || name.starts_with("constraints");
            named.then_some(Kind::Requirements)
        }
        // `uv lock --script x.py` writes the same format.
        name if name.ends_with(".py.lock") => Some(Kind::Uv),
        name if name.starts_with("pylock.") && name.ends_with(".toml") => Some(Kind::Pylock),
        _ => None,
    }
}

/// What installed packages ship says nothing of what is installed.
fn is_foreign(path: &str) -> bool {
    path.split('/')
        .any(|part| matches!(part, "site-packages" | "dist-packages" | "node_modules"))
}

fn package(name: &str, version: Option<&str>) -> Option<PackageRecord> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let named = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(legal);
    named.then(|| declared(Ecosystem::Pypi, name, version))
}

/// Notes a repository and the commit of it that was taken.
fn from_repository(record: &mut PackageRecord, url: &str, commit: Option<&str>) {
    let url = url.strip_prefix("git+").unwrap_or(url);
    let (url, _) = url.split_once(['?', '#']).unwrap_or((url, ""));
    let commit = commit.map(|commit| format!("@{commit}"));
    let url = format!("git+{}{}", without_user(url), commit.unwrap_or_default());
    record.qualifiers.insert("vcs_url".into(), url);
}

/// `sha256:hex`, where a record has one artifact and so one digest.
fn only_digest<'a>(mut hashes: impl Iterator<Item = &'a str>) -> Vec<String> {
    match (hashes.next(), hashes.next()) {
        (Some(one), None) if one.contains(':') => vec![one.to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::found;

    #[test]
    fn each_file_is_read_by_its_name() {
        let table = "[[package]]\nname = 'a'\nversion = '1'\n";
        for (path, text) in [
            ("app/requirements.txt", "a==1"),
            ("app/dev-requirements.txt", "a==1"),
            ("app/constraints.txt", "a==1"),
            ("app/poetry.lock", table),
            ("app/uv.lock", table),
            ("app/tool.py.lock", table),
            ("app/pdm.lock", table),
            (
                "app/pylock.toml",
                "[[packages]]\nname = 'a'\nversion = '1'\n",
            ),
            (
                "app/pylock.dev.toml",
                "[[packages]]\nname = 'a'\nversion = '1'\n",
            ),
            ("app/Pipfile.lock", r#"{"default":{"a":{"version":"==1"}}}"#),
            ("app/setup.py", "setup(install_requires=['a==1'])"),
            ("app/setup.cfg", "[options]\ninstall_requires = a==1\n"),
            ("app/pyproject.toml", "[project]\ndependencies = ['a==1']\n"),
        ] {
            assert_eq!(found(&PythonLock, path, text.as_bytes()), ["a@1"], "{path}");
        }
        assert!(is_foreign(
            "usr/lib/python3/site-packages/x/requirements.txt"
        ));
    }
}
