//! Perl distributions: what installers keep of them (`install.json`,
//! `MYMETA.json`, `.packlist`) and the metadata of CPAN (`META.json`).

use super::format::Format;
use super::text::decode;
use super::{MOST_FILES, declared, purl, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Fact, OwnedFile, Ownership};
use crate::path::{join, parent};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;

const LIMIT: u64 = 64 << 20;

pub(crate) struct Perl;

impl Collector for Perl {
    fn name(&self) -> &'static str {
        "perl"
    }

    fn about(&self) -> &'static str {
        "Perl distributions: .meta/*/install.json, META.json, MYMETA.json, .packlist"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "install.json" => is_kept(file.path),
            "META.json" | "MYMETA.json" => true,
            ".packlist" => module(file.path).is_some(),
            _ => false,
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        if file.name() == ".packlist" {
            return LIST.hold(&text, owned(&text, file.path));
        }
        let json: Value = serde_json::from_str(&text).map_err(CollectError::new)?;
        let record = match file.name() {
            "install.json" => installed(&json),
            _ => described(&json, is_kept(file.path)),
        };
        let record = record.map(|record| Fact::Packages(vec![record]));
        META.hold(&text, Vec::from_iter(record).into())
    }
}

const LIST: Format = Format::of_lines("a list of files of a module", &["#"], &[]);
const META: Format = Format::of_keys("metadata of a distribution of CPAN", &["name"]);

/// cpanminus keeps the metadata of what it installed in `.meta`.
fn is_kept(path: &str) -> bool {
    path.split('/').any(|part| part == ".meta")
}

/// The name in it may be that of a module; the distribution is in `dist`, and
/// its author in the path below CPAN's `authors/id`.
fn installed(json: &Value) -> Option<PackageRecord> {
    let text = |key: &str| json.get(key).and_then(Value::as_str);
    let version = text("version")?;
    let dist = text("dist")
        .and_then(|dist| dist.rsplit_once('-'))
        .map(|(name, _)| name.to_owned());
    let name = dist.or_else(|| text("name").map(|name| name.replace("::", "-")))?;
    let mut record = distribution(&name, version, Confidence::Installed);
    let author = text("pathname").and_then(|path| path.split('/').nth(2));
    record.purl = author.map(|author| purl("cpan", author, &name, Some(version)));
    Some(record)
}

/// Other archives than CPAN have files of that name.
fn described(json: &Value, kept: bool) -> Option<PackageRecord> {
    let specification = json
        .get("meta-spec")
        .and_then(|spec| spec.get("url")?.as_str());
    if specification.is_some_and(|url| !url.to_ascii_lowercase().contains("cpan")) {
        return None;
    }
    let text = |key: &str| json.get(key).and_then(Value::as_str);
    let version = json.get("version").and_then(super::yaml::scalar)?;
    let confidence = if kept {
        Confidence::Installed
    } else {
        Confidence::Declared
    };
    let mut record = distribution(text("name")?, &version, confidence);
    let licenses = json.get("license").and_then(Value::as_array);
    let licenses = licenses.into_iter().flatten().filter_map(Value::as_str);
    record.licenses = licenses
        .filter(|license| *license != "unknown")
        .map(str::to_owned)
        .collect();
    let authors = json.get("author").and_then(Value::as_array);
    record.vendor = authors
        .and_then(|list| list.first()?.as_str())
        .map(str::to_owned);
    let required = json
        .get("prereqs")
        .and_then(|all| all.get("runtime")?.get("requires")?.as_object());
    // Modules; most distributions have the name of their first one.
    let required = required.into_iter().flat_map(|map| map.keys());
    let required = required
        .filter(|name| *name != "perl")
        .map(|name| name.replace("::", "-"));
    record.requires = required.collect();
    record.requires.sort();
    Some(record)
}

fn distribution(name: &str, version: &str, confidence: Confidence) -> PackageRecord {
    let mut record = declared(Ecosystem::Cpan, name, Some(version));
    record.confidence = confidence;
    record
}

/// `…/auto/Foo/Bar/.packlist` belongs to Foo-Bar. It lists files and states no
/// version, so it is not a package of its own.
fn module(path: &str) -> Option<String> {
    let (_, inner) = parent(path).rsplit_once("/auto/")?;
    Some(inner.replace('/', "-"))
}

fn owned(text: &str, path: &str) -> Collected {
    let mut collected = Collected::default();
    let Some(package) = module(path) else {
        return collected;
    };
    // Attributes may follow the path.
    let paths = text.lines().filter_map(|line| line.split(" type=").next());
    let mut files: Vec<OwnedFile> = paths
        .filter(|path| path.starts_with('/'))
        .take(MOST_FILES + 1)
        .map(|path| OwnedFile::new(join("", path)))
        .collect();
    if files.len() > MOST_FILES {
        files.truncate(MOST_FILES);
        collected.gaps.push(too_many("perl"));
    }
    collected.facts.push(Fact::Owned(vec![Ownership {
        ecosystem: Ecosystem::Cpan,
        package,
        arch: None,
        files,
    }]));
    collected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    #[test]
    fn what_an_installer_kept_is_installed() {
        let path = "usr/local/lib/perl5/site_perl/5.36.0/x86_64-linux-gnu/.meta/Module-Build-Tiny-0.039/install.json";
        let text = r#"{"name":"Module::Build::Tiny","version":"0.039","dist":"Module-Build-Tiny-0.039","pathname":"L/LE/LEONT/Module-Build-Tiny-0.039.tar.gz"}"#;
        let record = records(&Perl, path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(record.confidence, Confidence::Installed);
        assert_eq!(
            record.purl(None).unwrap().to_string(),
            "pkg:cpan/LEONT/Module-Build-Tiny@0.039"
        );
    }

    #[test]
    fn metadata_of_other_archives_is_not_cpans() {
        let text = r#"{"name":"URI","version":"5.34","license":["perl_5"],"meta-spec":{"url":"http://search.cpan.org/perldoc?CPAN::Meta::Spec"},
            "prereqs":{"runtime":{"requires":{"perl":"5.008001","MIME::Base64":"2"}}}}"#;
        let record = records(&Perl, "x/META.json", text.as_bytes())
            .unwrap()
            .remove(0);
        assert_eq!(record.requires, ["MIME-Base64"]);
        assert_eq!(record.licenses, ["perl_5"]);
        let pgxn = r#"{"name":"pair","version":"0.1.2","meta-spec":{"url":"http://pgxn.org/meta/spec.txt"}}"#;
        assert_eq!(found(&Perl, "x/META.json", pgxn.as_bytes()), [""; 0]);
    }

    #[test]
    fn a_packing_list_owns_files() {
        let path = "usr/lib/perl5/auto/Foo/Bar/.packlist";
        let text = b"/usr/lib/perl5/Foo/Bar.pm\n/usr/bin/foo type=file\n";
        let file = File {
            path,
            mode: Mode(0),
            bytes: text,
            companion: None,
        };
        let facts = Perl.collect(&file).unwrap().facts;
        let [Fact::Owned(owners)] = facts.as_slice() else {
            panic!()
        };
        assert_eq!(
            (owners[0].package.as_str(), owners[0].files[1].path.as_str()),
            ("Foo-Bar", "usr/bin/foo")
        );
    }
}
