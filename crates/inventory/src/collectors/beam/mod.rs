//! Packages of Erlang, Elixir and Gleam: what is locked from Hex, and the
//! applications themselves.

mod term;

use super::lock::{LIMIT, is_hex, sorted};
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::format::Format;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;
use std::collections::HashMap;
use term::Term;

pub(crate) struct Beam;

impl Collector for Beam {
    fn name(&self) -> &'static str {
        "beam"
    }

    fn about(&self) -> &'static str {
        "Erlang, Elixir and Gleam: ebin/*.app, mix.lock, rebar.lock, manifest.toml"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "mix.lock" | "rebar.lock" => true,
            // Dependencies are unpacked below these folders.
            "manifest.toml" => !file.path.contains("build/packages/"),
            name => name.ends_with(".app") && file.path.rsplit('/').nth(1) == Some("ebin"),
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
        match file.name() {
            "mix.lock" => named.extend(mix(&text)?),
            "rebar.lock" => {
                named.extend(rebar(&text)?);
                return REBAR.hold(&text, packages(self.name(), named));
            }
            "manifest.toml" => named.extend(gleam(&text)),
            _ => named.extend(application(&text)?),
        }
        Ok(packages(self.name(), named))
    }
}

/// A list in brackets, in a pair with the version of the format since the second.
const REBAR: Format = Format::of_lines("a lock file of rebar3", &["%"], &["[", "{\"1."]);

fn hex(name: &str, version: Option<&str>) -> PackageRecord {
    declared(Ecosystem::Hex, name, version)
}

fn sha256(hash: Option<&str>) -> Vec<String> {
    hash.filter(|hash| is_hex(hash, 32))
        .map(|hash| format!("sha256:{}", hash.to_ascii_lowercase()))
        .into_iter()
        .collect()
}

/// Marks what comes from a repository of sources.
fn from_git(record: &mut PackageRecord, url: &str, commit: &str) {
    let url = format!("git+{url}@{commit}");
    record.qualifiers.insert("vcs_url".to_owned(), url);
}

/// `%{"NAME": {:hex, :PACKAGE, "VERSION", "hash", tools, needs, "repository",
/// "hash of the archive"}, …}`.
fn mix(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let terms = term::read(text)?;
    let entries = terms.first().map(Term::items).unwrap_or_default();
    Ok(entries.iter().filter_map(mix_entry).collect())
}

fn mix_entry(entry: &Term) -> Option<PackageRecord> {
    let (name, locked) = entry.pair()?;
    let parts = locked.items();
    let at = |index: usize| parts.get(index).and_then(Term::text);
    match at(0)? {
        "hex" => {
            let mut record = hex(at(1).unwrap_or(name), at(2));
            record.digests = sha256(at(7));
            let needs = parts.get(5).map(Term::items).unwrap_or_default();
            record.requires = sorted(
                needs
                    .iter()
                    .filter_map(|need| need.items().first()?.text().map(str::to_owned)),
            );
            Some(record)
        }
        "git" => {
            let options = parts.get(3).map(Term::items).unwrap_or_default();
            let option = |wanted: &str| {
                let mut pairs = options.iter().filter_map(Term::pair);
                pairs.find(|(key, _)| *key == wanted)?.1.text()
            };
            // Without these it is whatever the branch was at that time.
            let version = match (option("tag"), option("ref")) {
                (Some(tag), _) => Some(tag),
                (None, Some(_)) => at(2),
                (None, None) => None,
            };
            let mut record = hex(name, version);
            from_git(&mut record, at(1)?, at(2)?);
            Some(record)
        }
        _ => {
            let mut record = hex(name, None);
            record.local = true;
            Some(record)
        }
    }
}

/// `{"1.2.0", [{<<"NAME">>, {pkg, <<"PACKAGE">>, <<"VERSION">>}, level}, …]}.`
/// and then hashes; at first only the list.
fn rebar(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let terms = term::read(text)?;
    let locked = match terms.first() {
        Some(Term::Tuple(parts)) => parts.get(1),
        first => first,
    };
    let hashes = terms.get(1).map(Term::items).unwrap_or_default();
    let hashes: HashMap<&str, &Term> = hashes
        .iter()
        .filter_map(Term::pair)
        .filter(|(list, _)| *list == "pkg_hash_ext")
        .flat_map(|(_, list)| list.items().iter().filter_map(Term::pair))
        .collect();
    let entries = locked.map(Term::items).unwrap_or_default();
    let record = |entry: &Term| {
        let [name, source, ..] = entry.items() else {
            return None;
        };
        let name = name.text()?;
        let parts = source.items();
        let at = |index: usize| parts.get(index).and_then(Term::text);
        match at(0)? {
            "pkg" => {
                let mut record = hex(at(1).unwrap_or(name), at(2));
                record.digests = sha256(hashes.get(name).and_then(|hash| hash.text()));
                Some(record)
            }
            "git" | "git_subdir" => {
                let (_, commit) = parts.get(2)?.pair()?;
                let mut record = hex(name, commit.text());
                from_git(&mut record, at(1)?, commit.text()?);
                Some(record)
            }
            _ => None,
        }
    };
    Ok(entries.iter().filter_map(record).collect())
}

/// `{application, NAME, [{vsn, "VERSION"}, {applications, [NEED, …]}, …]}.`
fn application(text: &str) -> Result<Option<PackageRecord>, CollectError> {
    let terms = term::read(text)?;
    let parts = terms.first().map(Term::items).unwrap_or_default();
    let [kind, name, about, ..] = parts else {
        return Err(CollectError::new("it describes no application"));
    };
    let (Some("application"), Some(name)) = (kind.text(), name.text()) else {
        return Err(CollectError::new("it describes no application"));
    };
    let value = |wanted: &str| {
        let mut pairs = about.items().iter().filter_map(Term::pair);
        pairs
            .find(|(key, _)| *key == wanted)
            .map(|(_, value)| value)
    };
    // An atom (`git`) is left for the build to fill in.
    let version = match value("vsn") {
        Some(Term::Text(version)) => Some(version.clone()),
        _ => None,
    };
    let mut record = PackageRecord::new(Ecosystem::Otp, name, version, Confidence::Installed);
    let needs = value("applications").map(Term::items).unwrap_or_default();
    record.requires = sorted(
        needs
            .iter()
            .filter_map(|need| need.text().map(str::to_owned)),
    );
    Ok(Some(record))
}

#[derive(Deserialize)]
struct Manifest {
    packages: Vec<GleamPackage>,
}

#[derive(Deserialize)]
struct GleamPackage {
    name: String,
    version: String,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    source: String,
    repo: Option<String>,
    commit: Option<String>,
    outer_checksum: Option<String>,
}

/// Files of that name mean other things elsewhere.
fn gleam(text: &str) -> Vec<PackageRecord> {
    let Ok(manifest) = toml::from_str::<Manifest>(text) else {
        return Vec::new();
    };
    let record = |package: GleamPackage| {
        let mut record = hex(&package.name, Some(&package.version));
        record.requires = sorted(package.requirements);
        match (package.source.as_str(), package.repo, package.commit) {
            ("hex", ..) => record.digests = sha256(package.outer_checksum.as_deref()),
            ("git", Some(repo), Some(commit)) => from_git(&mut record, &repo, &commit),
            _ => record.local = true,
        }
        record
    };
    manifest.packages.into_iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn a_mix_lock_names_packages_and_where_they_come_from() {
        let hash = "ab".repeat(32);
        let text = format!(
            r#"%{{
  "credo": {{:hex, :credo, "1.6.6", "f5", [:mix], [{{:bunt, "~> 0.2.0", [hex: :bunt, repo: "hexpm", optional: false]}}], "hexpm", "{hash}"}},
  "enacl": {{:git, "https://example.org/enacl.git", "2f50ba62", [ref: "2f50"]}},
  "esaml": {{:git, "https://example.org/esaml.git", "4294a3ac", []}},
  "local_dep": {{:path, "../local_dep", []}},
}}"#
        );
        let records = records(&Beam, "mix.lock", text.as_bytes()).unwrap();
        let names: Vec<_> = records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect();
        assert_eq!(
            names,
            ["credo@1.6.6", "enacl@2f50ba62", "esaml@", "local_dep@"]
        );
        assert_eq!(records[0].requires, ["bunt"]);
        assert_eq!(records[0].digests, [format!("sha256:{hash}")]);
        assert_eq!(
            records[1].qualifiers["vcs_url"],
            "git+https://example.org/enacl.git@2f50ba62"
        );
        assert!(records[3].local);
    }

    #[test]
    fn backslashes_in_strings_are_escapes() {
        let text = "{application, 'rabbit', [\n\t{description, \"a \\\"quoted\\\" \\\\ name\"}, %% 50MB }\n\t{vsn, \"3.12.10\"},\n\t{env, [{x, fun m:f/1}, {y, #{a => 1}}, {z, $\\n}, {w, -1.5e3}]},\n\t{applications, [kernel, stdlib]}]}.\n";
        let record = records(&Beam, "lib/rabbit/ebin/rabbit.app", text.as_bytes())
            .unwrap()
            .remove(0);
        assert_eq!(
            (record.name.as_str(), record.full_version().as_str()),
            ("rabbit", "3.12.10")
        );
        assert_eq!(record.requires, ["kernel", "stdlib"]);
        let unfilled = "{application, x, [{vsn, git}]}.";
        assert_eq!(found(&Beam, "x/ebin/x.app", unfilled.as_bytes()), ["x@"]);
        assert!(application("[].").is_err());
    }

    #[test]
    fn rebar_locks_have_two_forms() {
        let new = "{\"1.2.0\",\n[{<<\"idna\">>,{pkg,<<\"idna\">>,<<\"6.1.1\">>},0},\n {<<\"x\">>,{git,\"https://example.org/x\",{ref,\"abc\"}},1}]}.\n[{pkg_hash,[{<<\"idna\">>, <<\"8A\">>}]},\n{pkg_hash_ext,[{<<\"idna\">>, <<\"92376EB7894412ED19AC475E4A86F7B413C1B9FBB5BD16DCCD57934157944CEA\">>}]}].\n";
        let record = records(&Beam, "rebar.lock", new.as_bytes())
            .unwrap()
            .remove(0);
        assert_eq!(
            record.digests,
            ["sha256:92376eb7894412ed19ac475e4a86f7b413c1b9fbb5bd16dccd57934157944cea"]
        );
        assert_eq!(
            found(&Beam, "rebar.lock", new.as_bytes()),
            ["idna@6.1.1", "x@abc"]
        );
        let old = "[{<<\"idna\">>,{pkg,<<\"idna\">>,<<\"5.0\">>},0}].\n";
        assert_eq!(found(&Beam, "rebar.lock", old.as_bytes()), ["idna@5.0"]);
        assert_eq!(found(&Beam, "rebar.lock", b"[].\n"), [""; 0]);
    }

    #[test]
    fn gleam_shares_its_file_name_with_others() {
        let text = "packages = [\n  { name = \"gleam_stdlib\", version = \"0.34.0\", build_tools = [\"gleam\"], requirements = [], otp_app = \"gleam_stdlib\", source = \"hex\", outer_checksum = \"1FB8\" },\n  { name = \"mine\", version = \"1.0.0\", build_tools = [\"gleam\"], requirements = [\"gleam_stdlib\"], source = \"local\", path = \"../mine\" },\n]\n";
        let records = records(&Beam, "app/manifest.toml", text.as_bytes()).unwrap();
        assert_eq!(records[0].full_version(), "0.34.0");
        assert!(records[1].local);
        assert_eq!(records[1].requires, ["gleam_stdlib"]);
        assert_eq!(found(&Beam, "etc/manifest.toml", b"[x]\ny = 1\n"), [""; 0]);
    }
}
