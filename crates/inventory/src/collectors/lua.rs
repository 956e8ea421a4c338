//! Lua rocks: rockspecs, of which only string literals are read, and the
//! place of a `rock_manifest`.

use super::format::Format;
use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Lua;

impl Collector for Lua {
    fn name(&self) -> &'static str {
        "lua"
    }

    fn about(&self) -> &'static str {
        "Lua rocks: *.rockspec, luarocks/rocks*/*/*/rock_manifest"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let name = file.name();
        if name.ends_with(".rockspec") || name == "rock_manifest" && place(file.path).is_some() {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let record = match file.name().strip_suffix(".rockspec") {
            Some(stem) => specification(&text, stem, file.path),
            None => place(file.path).map(|(name, version)| rock(name, version)),
        };
        let record = record.map(|record| Fact::Packages(vec![record]));
        ROCKSPEC.hold(&text, Vec::from_iter(record).into())
    }
}

const ROCKSPEC: Format = Format::of_lines("a specification of a rock", &["--"], &["package"]);

fn rock(name: &str, version: &str) -> PackageRecord {
    let version = Some(version.to_owned());
    PackageRecord::new(Ecosystem::Luarocks, name, version, Confidence::Installed)
}

/// Name and version of `…/rocks-5.4/NAME/VERSION/rock_manifest`.
fn place(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/').skip(1);
    let (version, name, rocks) = (parts.next()?, parts.next()?, parts.next()?);
    rocks.starts_with("rocks").then_some((name, version))
}

fn specification(text: &str, stem: &str, path: &str) -> Option<PackageRecord> {
    let name = assigned(text, "package")?;
    // A computed version stands in the name of the file, too.
    let version = assigned(text, "version").or_else(|| {
        let rest = stem.get(name.len()..)?.strip_prefix('-')?;
        Some(rest.to_owned())
    })?;
    let mut record = rock(&name, &version);
    if !path.split('/').any(|part| part.starts_with("rocks")) {
        // The specification of a project that was not installed.
        record.confidence = Confidence::Declared;
        record.local = true;
    }
    record.licenses = assigned(text, "license").into_iter().collect();
    record.requires = dependencies(text);
    Some(record)
}

/// The string that a line assigns to a variable or field, if it is nothing
/// but a string.
fn assigned(text: &str, key: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| {
        let rest = line
            .trim_start()
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix('=')?;
        let (literal, rest) = literal(rest.trim_start())?;
        let rest = rest.trim_start();
        let whole = rest.is_empty() || rest.starts_with([',', ';']) || rest.starts_with("--");
        (whole && !literal.is_empty()).then(|| literal.to_owned())
    });
    values.next()
}

/// `"…"`, `'…'` or `[[…]]`, and what follows.
fn literal(text: &str) -> Option<(&str, &str)> {
    if let Some(body) = text.strip_prefix("[[") {
        return body.split_once("]]");
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote)
}

/// Names in `dependencies = { "name >= 1.0", … }`, without Lua itself.
fn dependencies(text: &str) -> Vec<String> {
    let table = text
        .split_once("\ndependencies")
        .map(|(_, rest)| rest.trim_start());
    let table = table.and_then(|rest| rest.strip_prefix('=')?.split_once('{'));
    let table = table.and_then(|(_, rest)| rest.split_once('}'));
    let lines = table.map_or("", |(inner, _)| inner).split([',', '\n']);
    let names = lines.filter_map(|line| {
        let (wish, _) = literal(line.trim_start())?;
        let name = wish.split([' ', '>', '<', '=', '~']).next()?;
        (!name.is_empty() && name != "lua").then(|| name.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn a_specification_is_read_and_not_run() {
        let text = "package = 'LPeg'\nversion = '1.0.2-1'\ndescription = {\n  license = \"MIT/X11\",\n}\ndependencies = {\n  \"lua >= 5.1\", \"inspect == 3.1.3\",\n}\n-- end";
        let path = "usr/local/lib/luarocks/rocks-5.4/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec";
        let record = records(&Lua, path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(record.licenses, ["MIT/X11"]);
        assert_eq!(record.requires, ["inspect"]);
        assert!(!record.local);
        let computed = "package = 'x'\nlocal v = '1.0'\nversion = v .. '-1'\n";
        let record = records(&Lua, "src/x-1.0-1.rockspec", computed.as_bytes())
            .unwrap()
            .remove(0);
        assert_eq!(
            (record.full_version().as_str(), record.local),
            ("1.0-1", true)
        );
    }

    #[test]
    fn an_empty_specification_is_nothing_and_no_error() {
        for text in [
            "",
            "   \n\t\n",
            "package = ",
            "-- comment",
            "package = 'x' .. y",
        ] {
            assert_eq!(
                found(&Lua, "x/rocks-5.1/x.rockspec", text.as_bytes()),
                [""; 0]
            );
        }
        let path = "usr/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/rock_manifest";
        assert_eq!(found(&Lua, path, b"rock_manifest = {}"), ["lpeg@1.0.2-1"]);
    }
}
