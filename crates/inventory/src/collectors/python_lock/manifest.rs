//! Manifests of projects: `pyproject.toml` (PEP 621, PEP 735, Poetry),
//! `setup.cfg` and `setup.py` (setuptools). A script is not run: only what
//! stands in it as a string counts.

use super::tables::table;
use super::{package, requirement};
use crate::collector::CollectError;
use plimsoll_types::PackageRecord;
use toml::{Table, Value};

/// Strings of one script that are looked at.
const STRINGS: usize = 100_000;

pub(super) fn pyproject(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let manifest = table(text)?;
    let at = |path: &[&str]| {
        let first = manifest.get(*path.first()?)?;
        path.iter()
            .skip(1)
            .try_fold(first, |value, key| value.get(*key))
    };
    let mut records = Vec::new();
    let mut take = |values: Option<&Value>, development: bool| {
        let found = strings(values).into_iter().filter_map(requirement);
        records.extend(found.map(|record| for_development(record, development)));
    };
    take(at(&["project", "dependencies"]), false);
    take(at(&["project", "optional-dependencies"]), false);
    take(at(&["dependency-groups"]), true);
    let mut take = |values: Option<&Value>, development: bool| {
        let tables = values.and_then(Value::as_table);
        let found = tables
            .into_iter()
            .flatten()
            .filter_map(|(name, wish)| poetry(name, wish));
        records.extend(found.map(|record| for_development(record, development)));
    };
    take(at(&["tool", "poetry", "dependencies"]), false);
    take(at(&["tool", "poetry", "dev-dependencies"]), true);
    let groups = at(&["tool", "poetry", "group"]).and_then(Value::as_table);
    for group in groups.into_iter().flat_map(Table::values) {
        take(group.get("dependencies"), true);
    }
    Ok(records)
}

fn for_development(mut record: PackageRecord, development: bool) -> PackageRecord {
    record.development = development;
    record
}

/// Strings of a list, or of a table of lists.
fn strings(values: Option<&Value>) -> Vec<&str> {
    match values {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::Table(groups)) => groups
            .values()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
        _ => Vec::new(),
    }
}

/// Poetry takes a bare version as it is.
fn poetry(name: &str, wish: &Value) -> Option<PackageRecord> {
    let wish = wish.as_str().or_else(|| wish.get("version")?.as_str())?;
    let version = wish.trim_start_matches('=').trim();
    let exact = version.starts_with(|c: char| c.is_ascii_digit())
        && !version.contains(['*', ',', '|', ' ', '<', '>']);
    (exact && name != "python").then(|| package(name, Some(version)))?
}

pub(super) fn setup_cfg(text: &str) -> Vec<PackageRecord> {
    const REQUIREMENTS: &[&str] = &["install_requires", "setup_requires", "tests_require"];
    let (mut section, mut key) = ("", "");
    let mut records = Vec::new();
    for line in text.lines() {
        let content = line.trim();
        if content.starts_with(['#', ';']) {
            continue;
        }
        let continued = line.starts_with([' ', '\t']);
        let value = if let Some(name) = content.strip_prefix('[').filter(|_| !continued) {
            section = name.trim_end_matches(']');
            continue;
        } else if continued {
            content
        } else {
            let (name, value) = content.split_once(['=', ':']).unwrap_or((content, ""));
            key = name.trim();
            value
        };
        let wanted = match section {
            "options" => REQUIREMENTS.contains(&key),
            section => section == "options.extras_require",
        };
        if wanted && let Some(record) = requirement(value) {
            records.push(for_development(record, key == "tests_require"));
        }
    }
    records
}

pub(super) fn setup(text: &str) -> Vec<PackageRecord> {
    let literals = literals(text).filter(|literal| !literal.contains(['%', '{', '\n']));
    literals
        .filter_map(requirement)
        .filter(|record| record.version.is_some())
        .collect()
}

/// String literals of a script, without those that are computed.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let next = move || {
        loop {
            let at = rest.find(['"', '\'', '#'])?;
            let (before, from) = rest.split_at_checked(at)?;
            if from.starts_with('#') {
                rest = from.split_once('\n')?.1;
                continue;
            }
            let one = from.get(..1)?;
            let triple = one.repeat(3);
            let quote = if from.starts_with(&triple) {
                &triple
            } else {
                one
            };
            let body = from.get(quote.len()..)?;
            let end = body.find(quote)?;
            let literal = body.get(..end)?;
            rest = body.get(end + quote.len()..)?;
            // `f"…"` is computed.
            if !before.ends_with(['f', 'F']) {
                return Some(literal);
            }
        }
    };
    std::iter::from_fn(next).take(STRINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(records: &[PackageRecord]) -> Vec<String> {
        let name = |r: &PackageRecord| format!("{}@{}", r.name, r.full_version());
        records.iter().map(name).collect()
    }

    #[test]
    fn a_script_is_read_and_not_run() {
        let text = "from setuptools import setup
# 'comment==1'
VERSION = '1.0'
setup(
    name='app', version=VERSION,
    description=\"\"\"Says 'quoted==1'.\"\"\",
    install_requires=['a==1.0', \"b == v0.7\", 'c>=1', 'd==%s' % VERSION, f'e=={VERSION}'],
)
";
        assert_eq!(names(&setup(text)), ["a@1.0", "b@v0.7"]);
        assert_eq!(names(&setup("x = 'a==1")), [""; 0]);
    }

    #[test]
    fn options_list_requirements_one_a_line() {
        let text = "[metadata]\nname = app\nversion = 1.0\n[options]\ninstall_requires =\n    a==1.0\n    # b==1\n    c>=1\npackages = d==1\n[options.extras_require]\nx = e==2; python_version>'3'\n";
        assert_eq!(names(&setup_cfg(text)), ["a@1.0", "e@2"]);
    }

    #[test]
    fn pins_of_a_project_are_declared() {
        let text = r#"
[project]
dependencies = ["a==1.0", "b>=2"]
[project.optional-dependencies]
x = ["c==3"]
[dependency-groups]
dev = ["d==4", {include-group = "x"}]
[tool.poetry.dependencies]
python = "3.9"
e = "8.1.3"
f = "^1.0"
g = { version = "2.0", extras = ["x"] }
[tool.poetry.group.test.dependencies]
h = "1"
"#;
        let records = pyproject(text).unwrap();
        assert_eq!(
            names(&records),
            ["a@1.0", "c@3", "d@4", "e@8.1.3", "g@2.0", "h@1"]
        );
        let development = records.iter().filter(|r| r.development).count();
        assert_eq!(development, 2);
    }
}
