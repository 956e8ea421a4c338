//! OCaml packages: what opam installed, and the description of a package
//! (<https://opam.ocaml.org/doc/Manual.html>).

use super::format::Format;
use super::lock::{LIMIT, sorted};
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

pub(crate) struct Opam;

impl Collector for Opam {
    fn name(&self) -> &'static str {
        "opam"
    }

    fn about(&self) -> &'static str {
        "OCaml packages: .opam-switch/switch-state, opam, *.opam"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "switch-state" => file.path_ends_with(".opam-switch/switch-state"),
            // Repositories hold what could be installed.
            name => {
                (name == "opam" || name.ends_with(".opam"))
                    && !file.path.contains(".opam/repo/")
                    && !file.magic.starts_with(b"\x7fELF")
            }
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let mut named = Vec::new();
        if file.name() == "switch-state" {
            named.extend(state(&text));
            return STATE.hold(&text, packages(self.name(), named));
        }
        named.extend(description(file.path, &text));
        let collected = packages(self.name(), named);
        // Elsewhere other files have that name as well.
        match file.path.contains(".opam/") {
            true => DESCRIPTION.hold(&text, collected),
            false => Ok(collected),
        }
    }
}

const DESCRIPTION: Format = Format::of_lines(
    "a description of an opam package",
    &["#"],
    &["opam-version"],
);
const STATE: Format = Format::of_lines(
    "the state of an opam switch",
    &["#"],
    &["opam-version:", "installed:", "compiler:", "roots:"],
);

/// What a switch has: the list `installed`, or a list of nothing else.
fn state(text: &str) -> Vec<PackageRecord> {
    let installed = values(text, "installed");
    let plain = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.contains([' ', ':', '"']));
    let names: Vec<&str> = match installed.is_empty() {
        true => plain.collect(),
        false => installed,
    };
    let record = |text: &&str| {
        let (name, version) = text.split_once('.')?;
        let mut record = declared(Ecosystem::Opam, name, Some(version));
        record.confidence = Confidence::Installed;
        Some(record)
    };
    names.iter().filter_map(record).collect()
}

/// The description of one package. Fields that it leaves out stand in its
/// path: `NAME.VERSION/opam`, `NAME/opam`, `NAME.opam`.
fn description(path: &str, text: &str) -> Option<PackageRecord> {
    let mut parts = path.rsplit('/');
    let file = parts.next()?;
    let folder = parts.next().unwrap_or_default();
    let above = parts.next().unwrap_or_default();
    let from_path = match file.strip_suffix(".opam") {
        Some(name) => (name, None),
        None => match folder.split_once('.') {
            Some((name, version)) => (name, Some(version)),
            None => (folder, None),
        },
    };
    let value = |field: &str| values(text, field).into_iter().next();
    let name = value("name").unwrap_or(from_path.0);
    let version = value("version").or(from_path.1);
    value("opam-version")?;
    let mut record = declared(Ecosystem::Opam, name, version);
    let installed = matches!(above, "packages" | "lib") && file == "opam";
    match installed {
        true => record.confidence = Confidence::Installed,
        false => record.local = true,
    }
    record.licenses = values(text, "license")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let needs = values(text, "depends").into_iter().map(str::to_owned);
    record.requires = sorted(needs);
    Some(record)
}

/// The strings of a field, without those in the braces of a condition.
fn values<'a>(text: &'a str, field: &str) -> Vec<&'a str> {
    let mut lines = text.split_inclusive('\n');
    let mut at = 0;
    let start = lines.find_map(|line| {
        let here = at;
        at += line.len();
        let rest = line.strip_prefix(field)?.trim_start();
        rest.starts_with(':')
            .then_some(here + line.len() - rest.len() + 1)
    });
    let Some(rest) = start.and_then(|start| text.get(start..)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let (mut lists, mut conditions) = (0_u32, 0_u32);
    let mut parts = rest.split('"');
    while let Some(outside) = parts.next() {
        for character in outside.chars() {
            match character {
                '[' => lists += 1,
                ']' => lists = lists.saturating_sub(1),
                '{' => conditions += 1,
                '}' => conditions = conditions.saturating_sub(1),
                // A single value ends with its line.
                '\n' if lists == 0 && conditions == 0 && !found.is_empty() => return found,
                _ => continue,
            }
            if character == ']' && lists == 0 {
                return found;
            }
        }
        if let Some(inside) = parts.next()
            && conditions == 0
        {
            found.push(inside);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn a_switch_lists_what_is_installed() {
        let path = "root/.opam/default/.opam-switch/switch-state";
        let text = "opam-version: \"2.0\"\ncompiler: [\"ocaml-base-compiler.4.14.0\"]\nroots: [\"dune.3.7.2\"]\ninstalled: [\n  \"dune.3.7.2\"\n  \"ocamlfind.1.9.6\"\n]\n";
        assert_eq!(
            found(&Opam, path, text.as_bytes()),
            ["dune@3.7.2", "ocamlfind@1.9.6"]
        );
        let list = "# list\ndune.3.7.2\n\ncore_kernel.0.15.1 # comment\n";
        assert_eq!(
            found(&Opam, path, list.as_bytes()),
            ["dune@3.7.2", "core_kernel@0.15.1"]
        );
    }

    #[test]
    fn what_a_description_leaves_out_stands_in_its_path() {
        let text = "opam-version: \"2.0\"\nlicense: \"MIT\"\ndepends: [\n  \"ocaml\" {>= \"4.08\"}\n  \"dune\" {build & >= \"2.0\"}\n]\nbuild: [\"dune\" \"build\"]\n";
        let path = "root/.opam/x/.opam-switch/packages/cmdliner.1.2.0/opam";
        let record = records(&Opam, path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(
            (record.name.as_str(), record.full_version().as_str()),
            ("cmdliner", "1.2.0")
        );
        assert_eq!(record.requires, ["dune", "ocaml"]);
        assert_eq!(record.licenses, ["MIT"]);
        assert!(!record.local);
        let record = records(&Opam, "src/app.opam", text.as_bytes())
            .unwrap()
            .remove(0);
        assert!(record.local);
        assert_eq!(found(&Opam, "etc/opam", b"other"), [""; 0]);
    }
}
