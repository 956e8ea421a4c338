//! Security databases of Alpine and of the distributions made like it: one
//! document for each branch and repository, which lists fixed issues only.
//! JSON today, YAML in older copies.

use super::{Feed, Upstream, json, lines, yaml};
use crate::advisory::{Advisory, Affected, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct AlpineSecdb;

/// The last branch 3.N that is fetched.
const LATEST: u32 = 23;

#[derive(Deserialize)]
struct Document {
    /// Branch of Alpine; the rolling ones have none.
    #[serde(default)]
    distroversion: String,
    #[serde(default)]
    urlprefix: String,
    /// `null` for a repository that has none.
    #[serde(default)]
    packages: Option<Vec<Row>>,
}

/// Rolling distributions by where their packages are: host, name here.
const ROLLING: &[(&str, &str)] = &[
    ("packages.wolfi.dev", "wolfi"),
    ("packages.cgr.dev", "chainguard"),
    ("packages.mini.dev", "minimos"),
];

#[derive(Deserialize)]
struct Row {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// `null` for packages without fixes.
    #[serde(default)]
    secfixes: Option<BTreeMap<String, Option<Vec<String>>>>,
}

impl Feed for AlpineSecdb {
    fn name(&self) -> &'static str {
        "alpine-secdb"
    }

    fn about(&self) -> &'static str {
        "security databases of Alpine, Wolfi, Chainguard and MinimOS, JSON or YAML"
    }

    fn recognises(&self, head: &str) -> bool {
        match head.strip_prefix('{') {
            Some(head) => {
                head.contains("\"packages\"")
                    && head.contains("\"reponame\"")
                    && (head.contains("\"secfixes\"") || head.contains("\"apkurl\""))
            }
            None => {
                let has = |key| lines(head).any(|line| line.starts_with(key));
                has("reponame:") && has("packages:")
            }
        }
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let branches = (3..=LATEST).map(|minor| format!("v3.{minor}"));
        let documents = branches.chain(["edge".to_owned()]).flat_map(|branch| {
            let repository = |name| {
                vec![format!(
                    "https://secdb.alpinelinux.org/{branch}/{name}.json"
                )]
            };
            [repository("main"), repository("community")]
        });
        vec![
            Upstream::many(self.name(), documents),
            Upstream::one(
                "wolfi-secdb",
                &["https://packages.wolfi.dev/os/security.json"],
            ),
            Upstream::one(
                "chainguard-secdb",
                &["https://packages.cgr.dev/chainguard/security.json"],
            ),
            Upstream::one(
                "minimos-secdb",
                &["https://packages.mini.dev/advisories/secdb/security.json"],
            ),
        ]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let first = document.iter().find(|byte| !byte.is_ascii_whitespace());
        let document: Document = match first {
            Some(b'{' | 0xef) => json(document)?,
            _ => yaml(document)?,
        };
        let rolling = || {
            let mut known = ROLLING.iter();
            let (_, name) = known.find(|(host, _)| document.urlprefix.contains(host))?;
            Some((format!("{name}-secdb"), Namespace::distro(name, "")?))
        };
        let (feed, namespace) = if document.distroversion.is_empty() {
            let Some(known) = rolling() else {
                intake.skipped(self.name(), "of a distribution that is not known here");
                return Ok(());
            };
            known
        } else {
            let namespace = Namespace::alpine(&document.distroversion)
                .ok_or_else(|| format!("`{}` is no branch", document.distroversion))?;
            (self.name().to_owned(), namespace)
        };
        for Row { pkg } in document.packages.unwrap_or_default() {
            for (version, entries) in pkg.secfixes.unwrap_or_default() {
                for entry in entries.unwrap_or_default() {
                    let (ids, advisories) = ids(&entry);
                    if ids.is_empty() {
                        intake.skipped(&feed, "an entry without an id");
                    }
                    for id in ids {
                        let affected = affected(&namespace, &pkg.name, &version, &advisories);
                        let page = feed == self.name();
                        let page =
                            page.then(|| format!("https://security.alpinelinux.org/vuln/{id}"));
                        intake.merge(Advisory {
                            feed: feed.clone(),
                            record: id.clone(),
                            id,
                            url: page,
                            affected: vec![affected],
                            ..Advisory::default()
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

/// A fix ends a window; the version zero says that none was ever needed.
fn affected(
    namespace: &Namespace,
    package: &str,
    version: &str,
    advisories: &[String],
) -> Affected {
    let (verdict, window) = match version {
        "0" => (Verdict::NotAffected, Window::ALL),
        version => (Verdict::Affected, Window::before(version)),
    };
    Affected {
        verdict,
        advisories: advisories.to_vec(),
        ..Affected::new(namespace.clone(), package, vec![window])
    }
}

/// The vulnerabilities of one entry, and other ids of the same fix: `CVE-2019-17349
/// XSA-295`. Entries are written by hand, with remarks.
fn ids(entry: &str) -> (Vec<String>, Vec<String>) {
    let found = entry.split_whitespace().filter_map(id);
    let (cves, others): (Vec<_>, Vec<_>) = found.partition(|id| id.starts_with("CVE-"));
    match cves.is_empty() {
        true => (others, Vec::new()),
        false => (cves, others),
    }
}

fn id(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let word = word
        .strip_suffix(".patch")
        .unwrap_or(word)
        .replace('_', "-");
    let (kind, number) = word.split_once('-')?;
    let digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    if kind.len() == 4 && kind.bytes().all(|byte| byte.is_ascii_digit()) && digit(number) {
        return Some(format!("CVE-{word}"));
    }
    let named = kind.starts_with(|c: char| c.is_ascii_alphabetic()) && digit(number);
    named.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn a_fix_ends_a_window_and_zero_says_never() {
        let document = br#"{"apkurl":"x","distroversion":"v3.19","reponame":"main","packages":[
            {"pkg":{"name":"xen","secfixes":{"4.18.0-r1":["CVE-2023-1 XSA-295","XSA-300"],"0":["CVE-2022-2"]}}},
            {"pkg":{"name":"none","secfixes":null}}]}"#;
        assert_eq!(feeds::of(document).unwrap().name(), "alpine-secdb");
        let mut intake = Intake::default();
        AlpineSecdb.read(document, &mut intake).unwrap();
        let advisories: Vec<_> = intake.advisories().collect();
        let ids: Vec<_> = advisories.iter().map(|a| a.id.as_str()).collect();
        assert_eq!(ids, ["CVE-2022-2", "CVE-2023-1", "XSA-300"]);
        assert_eq!(advisories[0].affected[0].verdict, Verdict::NotAffected);
        assert_eq!(advisories[1].affected[0].advisories, ["XSA-295"]);
        assert_eq!(
            advisories[1].affected[0].namespace.to_string(),
            "alpine:3.19"
        );
    }

    #[test]
    fn remarks_in_an_entry_are_no_ids() {
        let cve = |text: &str| ids(text).0;
        assert_eq!(cve("CVE-2017-2616 (+ regression fix)"), ["CVE-2017-2616"]);
        assert_eq!(cve("CVE_2019-2426"), ["CVE-2019-2426"]);
        assert_eq!(cve("CVE 2018-16859"), ["CVE-2018-16859"]);
        assert_eq!(cve("CVE-2017-13041 (ICMP6)"), ["CVE-2017-13041"]);
        assert!(cve("CVE-????-?????").is_empty());
        let both = ids("CVE-2019-17349 XSA-295");
        assert_eq!(both.1, ["XSA-295"]);
    }

    #[test]
    fn rolling_distributions_are_told_by_where_their_packages_are() {
        let document = br#"{"apkurl":"x","reponame":"os","urlprefix":"https://packages.wolfi.dev","packages":[
            {"pkg":{"name":"lib","secfixes":{"0":["GHSA-aaaa-2bbb-cccc"],"1.2-r1":["CVE-2023-1"]}}}]}"#;
        assert_eq!(feeds::of(document).unwrap().name(), "alpine-secdb");
        let mut intake = Intake::default();
        AlpineSecdb.read(document, &mut intake).unwrap();
        let namespaces: Vec<_> = intake
            .advisories()
            .map(|a| a.affected[0].namespace.to_string())
            .collect();
        assert_eq!(namespaces, ["wolfi", "wolfi"]);
        assert!(intake.tallies.contains_key("wolfi-secdb"));
        let stranger = String::from_utf8_lossy(document).replace("wolfi.dev", "example.org");
        let mut intake = Intake::default();
        AlpineSecdb.read(stranger.as_bytes(), &mut intake).unwrap();
        assert_eq!(intake.advisories().count(), 0);
    }

    #[test]
    fn older_copies_are_yaml() {
        let document = b"---\ndistroversion: v3.15\nreponame: main\nurlprefix: x\npackages:\n- pkg:\n    name: zlib\n    secfixes:\n      1.2.12-r0:\n      - CVE-2018-25032\n      '0':\n      - CVE-2019-1\n";
        assert_eq!(feeds::of(document).unwrap().name(), "alpine-secdb");
        let mut intake = Intake::default();
        AlpineSecdb.read(document, &mut intake).unwrap();
        assert_eq!(intake.advisories().count(), 2);
    }
}
