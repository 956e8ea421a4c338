//! Ruby gems that Bundler locked: `Gemfile.lock` and its kin.

use super::format::Format;
use super::npm_lock::without_user;
use super::ruby::set_platform;
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord};
use std::collections::BTreeMap;

const LIMIT: u64 = 64 << 20;

pub(crate) struct GemfileLock;

impl Collector for GemfileLock {
    fn name(&self) -> &'static str {
        "gemfile-lock"
    }

    fn about(&self) -> &'static str {
        "Ruby gems that Bundler locked: Gemfile.lock, gems.locked"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let name = file.name();
        let locked = name == "gems.locked"
            || name
                .strip_suffix(".lock")
                .is_some_and(|name| name.starts_with("Gemfile") || name.ends_with(".gemfile"));
        if locked && !is_in_gem(file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let mut unread = 0;
        let collected = packages(self.name(), read(&text, &mut unread));
        FORMAT.hold_lines(self.name(), &text, collected, unread)
    }
}

const FORMAT: Format = Format::of_lines(
    "a lock file of Bundler",
    &["#"],
    &[
        "GEM",
        "GIT",
        "PATH",
        "PLATFORMS",
        "DEPENDENCIES",
        "BUNDLED WITH",
    ],
);

/// Gems ship their developers' lock files: `gems/NAME-VERSION/Gemfile.lock`.
fn is_in_gem(path: &str) -> bool {
    let mut parts = path.split('/').skip_while(|part| *part != "gems").skip(1);
    parts.next().is_some_and(|gem| {
        let mut parts = gem.split('-').skip(1);
        parts.any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    })
}

fn read(text: &str, unread: &mut usize) -> Vec<PackageRecord> {
    let mut records: Vec<PackageRecord> = Vec::new();
    let mut digests: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let (mut section, mut specs) = ("", false);
    let (mut remote, mut revision) = ("", "");
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        match indent {
            0 => {
                // Sections are named in capitals, not by marks of a conflict.
                let name = |c: char| c.is_ascii_uppercase() || c == ' ';
                *unread += usize::from(!content.chars().all(name));
                (section, specs, remote, revision) = (content, false, "", "");
            }
            2 if section == "CHECKSUMS" => {
                if let Some((gem, digest)) = content.split_once(" sha256=") {
                    let digest = digest.split(',').next().unwrap_or(digest);
                    digests.extend(gem_of(gem).map(|(name, version, _)| {
                        (
                            (name, version.unwrap_or_default()),
                            format!("sha256:{digest}"),
                        )
                    }));
                }
            }
            2 => match content.split_once(':') {
                Some(("specs", _)) => specs = true,
                Some(("remote", value)) => remote = value.trim(),
                Some(("revision", value)) => revision = value.trim(),
                _ => {}
            },
            4 if specs => {
                let Some((name, version, platform)) = gem_of(content) else {
                    continue;
                };
                let mut record = declared(Ecosystem::Gem, name, version);
                set_platform(&mut record, platform);
                record.local = section == "PATH";
                if section == "GIT" {
                    let url = format!("git+{}@{revision}", without_user(remote));
                    record.qualifiers.insert("vcs_url".into(), url);
                }
                records.push(record);
            }
            // What a gem asks for is no package, only an edge.
            6 if specs => {
                let name = content.split(' ').next().unwrap_or(content);
                if let Some(record) = records.last_mut() {
                    record.requires.push(name.trim_end_matches('!').to_owned());
                }
            }
            _ => {}
        }
    }
    for record in &mut records {
        let key = (
            record.name.as_str(),
            record.version.as_deref().unwrap_or_default(),
        );
        record.digests = digests.get(&key).cloned().into_iter().collect();
    }
    records
}

/// `name (version[-platform])`
fn gem_of(text: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let Some((name, rest)) = text.split_once(" (") else {
        return Some((text, None, None)).filter(|(name, _, _)| !name.contains(' '));
    };
    let version = rest.split(')').next()?;
    Some(match version.split_once('-') {
        Some((version, platform)) => (name, Some(version), Some(platform)),
        None => (name, Some(version), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    #[test]
    fn every_source_counts_and_constraints_do_not() {
        let text = "GIT
  remote: https://github.com/hanami/controller.git
  revision: 027d
  specs:
    hanami (2.0.0.alpha1)
      rack (~> 2.0)

PATH
  remote: vendor/gem/own
  specs:
    own (1.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.15.4-x86_64-linux)
      racc (~> 1.4)
    rack (2.2.3)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  hanami!

CHECKSUMS
  rack (2.2.3) sha256=00

BUNDLED WITH
   2.2.28
";
        let records = read(text, &mut 0);
        let names: Vec<_> = records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect();
        assert_eq!(
            names,
            [
                "hanami@2.0.0.alpha1",
                "own@1.0",
                "nokogiri@1.15.4",
                "rack@2.2.3"
            ]
        );
        assert_eq!(
            records[0].qualifiers["vcs_url"],
            "git+https://github.com/hanami/controller.git@027d"
        );
        assert_eq!(records[0].requires, ["rack"]);
        assert!(records[1].local);
        assert_eq!(records[2].qualifiers["platform"], "x86_64-linux");
        assert_eq!(records[3].digests, ["sha256:00"]);
    }

    #[test]
    fn lock_files_of_gems_are_their_developers() {
        for (path, wanted) in [
            ("app/Gemfile.lock", true),
            ("app/gemfiles/rails_7.gemfile.lock", true),
            ("app/vendor/gems/own/Gemfile.lock", true),
            ("usr/local/bundle/gems/rack-2.2.3/Gemfile.lock", false),
            ("app/yarn.lock", false),
        ] {
            let want = GemfileLock.wants(&FileHead::new(path, 1, Mode(0o644), b""));
            assert_eq!(want != Want::No, wanted, "{path}");
        }
        assert_eq!(
            read("GEM\n  remote: x\n\nDEPENDENCIES\n  a\n", &mut 0).len(),
            0
        );
    }
}
