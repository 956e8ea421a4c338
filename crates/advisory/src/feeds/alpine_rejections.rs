//! Alpine's list of what the security team found not to concern its packages,
//! on any branch (YAML: package → ids). It outweighs the security database.

use super::{Feed, Upstream, lines, yaml};
use crate::advisory::{Advisory, Affected, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use std::collections::BTreeMap;

pub(crate) struct AlpineRejections;

impl Feed for AlpineRejections {
    fn name(&self) -> &'static str {
        "alpine-rejections"
    }

    fn about(&self) -> &'static str {
        "Alpine security rejections, YAML, one document for each repository"
    }

    /// `package:` and below it `- CVE-…`, as no other feed begins.
    fn recognises(&self, head: &str) -> bool {
        let mut lines = lines(head);
        let (Some(package), Some(id)) = (lines.next(), lines.next()) else {
            return false;
        };
        let name = package.strip_suffix(':').unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.+\"'".contains(c);
        !name.is_empty()
            && name.chars().all(is_name)
            && id.trim_start().strip_prefix("- ").is_some_and(|id| {
                let id = id.trim_matches(['"', '\'', ' ']);
                id.starts_with("CVE-") && !id.contains(':')
            })
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let project = "https://gitlab.alpinelinux.org/alpine/security/security-rejections";
        let lists = ["main", "community"];
        let lists = lists.map(|list| vec![format!("{project}/-/raw/master/{list}.yaml")]);
        vec![Upstream::many(self.name(), lists)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let packages: BTreeMap<String, Option<Vec<String>>> = yaml(document)?;
        let Some(every) = Namespace::distro("alpine", "") else {
            return Ok(());
        };
        for (package, ids) in packages {
            for id in ids.unwrap_or_default() {
                let rejected = Affected {
                    verdict: Verdict::NotAffected,
                    because: Some("rejected by the security team".to_owned()),
                    ..Affected::new(every.clone(), &package, vec![Window::ALL])
                };
                intake.merge(Advisory {
                    feed: self.name().to_owned(),
                    record: id.clone(),
                    url: Some(format!("https://security.alpinelinux.org/vuln/{id}")),
                    id,
                    affected: vec![rejected],
                    ..Advisory::default()
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{inventory, package, store};
    use plimsoll_types::{Ecosystem, Suppression};

    const SECDB: &str = r#"{"apkurl":"x","distroversion":"v3.19","reponame":"main","packages":[
        {"pkg":{"name":"busybox","secfixes":{"1.37.0-r1":["CVE-2024-1"]}}}]}"#;
    const REJECTIONS: &str = "# reviewed\nbusybox:\n  - CVE-2024-1\nnginx:\n  - CVE-2024-2\n";

    #[test]
    fn a_rejection_outweighs_the_database_of_every_branch() {
        assert_eq!(
            feeds::of(REJECTIONS.as_bytes()).unwrap().name(),
            "alpine-rejections"
        );
        let (_folder, store) = store(&[SECDB, REJECTIONS]);
        let busybox = package(Ecosystem::Apk, "busybox", "1.36.1-r0");
        let matched = find(
            &inventory(Some(("alpine", "3.19.1")), vec![busybox]),
            &store,
        );
        assert!(matched.findings.is_empty());
        assert_eq!(matched.suppressed[0].reason, Suppression::NotAffected);
    }
}
