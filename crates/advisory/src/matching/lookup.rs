//! Packages in, claims whose windows hold their version out.

use super::gap;
use crate::advisory::Verdict;
use crate::namespace::Namespace;
use crate::store::{Catalogue, Claim, Corrupt, Extra, Head, Inside, Shard, Store, StoreError};
use crate::versions::{Scheme, Version};
use plimsoll_types::{Coverage, FixState, Gap, GapKind, KnownExploited, Package};
use std::collections::BTreeMap;

/// A claim that holds a package's version.
pub(super) struct Hit {
    pub namespace: Namespace,
    /// Name that was searched.
    pub subject: String,
    /// Version that was compared.
    pub version: String,
    pub head: Head,
    pub extra: Extra,
    pub title: String,
    pub verdict: Verdict,
    pub fix: FixState,
    /// The window, for people.
    pub range: String,
    /// The version that ends the window.
    pub fixed: Option<(Version, String)>,
    /// Versions that end later windows of the same claim.
    pub later: Vec<(Version, String)>,
}

/// Shards of a store, opened when first needed.
pub(super) struct Lookup<'a> {
    store: &'a Store,
    shards: BTreeMap<Namespace, Option<Shard>>,
    catalogue: Option<Catalogue>,
    damaged: Vec<Gap>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        let mut lookup = Self {
            store,
            shards: BTreeMap::new(),
            catalogue: None,
            damaged: Vec::new(),
        };
        match store.known_exploited() {
            Some(Ok(catalogue)) => lookup.catalogue = Some(catalogue),
            Some(Err(error)) => lookup.damage("known exploited vulnerabilities", &error),
            None => {}
        }
        lookup
    }

    /// Whether there is data for a namespace.
    pub(super) fn has(&mut self, namespace: &Namespace) -> bool {
        self.open(namespace);
        self.shards.get(namespace).is_some_and(Option::is_some)
    }

    fn open(&mut self, namespace: &Namespace) {
        if self.shards.contains_key(namespace) {
            return;
        }
        let shard = match self.store.shard(namespace) {
            Some(Ok(shard)) => Some(shard),
            Some(Err(error)) => {
                self.damage(&namespace.to_string(), &error);
                None
            }
            None => None,
        };
        self.shards.insert(namespace.clone(), shard);
    }

    fn damage(&mut self, subject: &str, error: &StoreError) {
        self.damaged.push(Gap {
            kind: GapKind::NoAdvisoryData,
            subject: subject.to_owned(),
            layer: None,
            detail: error.to_string(),
        });
    }

    /// Entry of the catalogue of known exploited vulnerabilities.
    pub(super) fn known_exploited(&mut self, cve: &str) -> Option<KnownExploited> {
        match self.catalogue.as_ref()?.get(cve) {
            Ok(known) => known,
            Err(Corrupt) => {
                self.catalogue = None;
                self.corrupt("known exploited vulnerabilities");
                None
            }
        }
    }

    fn corrupt(&mut self, subject: &str) {
        self.damaged.push(Gap {
            kind: GapKind::NoAdvisoryData,
            subject: subject.to_owned(),
            layer: None,
            detail: "the stored data contradicts itself; load it anew with `plimsoll data update`"
                .into(),
        });
    }

    /// Every claim of the namespace, and of its distribution as such, that
    /// holds the package's version.
    pub(super) fn package(
        &mut self,
        namespace: &Namespace,
        package: &Package,
        coverage: &mut Coverage,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        for namespace in std::iter::once(namespace.clone()).chain(namespace.every_release()) {
            self.open(&namespace);
            let Some(Some(shard)) = self.shards.get(&namespace) else {
                continue;
            };
            let search = Search {
                namespace: &namespace,
                shard,
                package,
            };
            let Ok(found) = search.run(coverage) else {
                let name = namespace.to_string();
                self.shards.insert(namespace, None);
                self.corrupt(&name);
                continue;
            };
            hits.extend(found);
        }
        hits
    }

    /// Adds what was searched and what turned out to be damaged.
    pub(super) fn finish(self, coverage: &mut Coverage) {
        coverage.gaps.extend(self.damaged);
        let used = self.shards.iter().filter(|(_, shard)| shard.is_some());
        coverage
            .looked
            .extend(used.map(|(namespace, _)| format!("advisories {namespace}")));
    }
}

/// One package in one shard.
struct Search<'a> {
    namespace: &'a Namespace,
    shard: &'a Shard,
    package: &'a Package,
}

impl Search<'_> {
    fn run(&self, coverage: &mut Coverage) -> Result<Vec<Hit>, Corrupt> {
        let scheme = self.namespace.scheme();
        let mut hits = Vec::new();
        for (subject, text) in self.namespace.subjects(&self.package.record) {
            let claims = self.shard.claims(&subject)?;
            if claims.is_empty() {
                continue;
            }
            let Some(version) = scheme.parse_unflavoured(&text) else {
                let detail = format!(
                    "`{text}` is no {} version, so {} advisories were not compared",
                    scheme.as_str(),
                    claims.len()
                );
                coverage
                    .gaps
                    .insert(gap(GapKind::VersionUnparsable, self.package, detail));
                continue;
            };
            let place = self.shard.place(&version)?;
            let unreleased = scheme == Scheme::Go && is_unreleased(&text);
            let mut undecided = 0;
            for index in claims {
                let claim = self.shard.claim(index)?;
                let windows = self.shard.windows(&claim).collect::<Result<Vec<_>, _>>()?;
                let Some(inside) = windows.iter().find(|w| w.low <= place && place < w.high) else {
                    continue;
                };
                if unreleased && !self.comparable(inside)? {
                    undecided += 1;
                    continue;
                }
                let extra = self.shard.extra(&claim)?;
                if self.fits(inside, &extra)? {
                    hits.push(self.hit(&subject, &text, &claim, extra, inside, &windows)?);
                }
            }
            if undecided > 0 {
                let detail = format!(
                    "`{text}` was never released, so {undecided} advisories could not be decided"
                );
                coverage
                    .gaps
                    .insert(gap(GapKind::VersionUnparsable, self.package, detail));
            }
        }
        Ok(hits)
    }

    /// Whether the bounds say anything about a commit that no release names:
    /// every version is affected, or the bound is such a commit too.
    fn comparable(&self, window: &Inside) -> Result<bool, Corrupt> {
        Ok(match window.fixed {
            Some(fixed) => is_unreleased(self.shard.version_text(fixed)?),
            None => window.low == 0 && window.high == u32::MAX,
        })
    }

    /// Claims about an rpm module apply to packages of that stream, others to
    /// packages outside of modules.
    fn fits(&self, window: &Inside, extra: &Extra) -> Result<bool, Corrupt> {
        let installed = self
            .package
            .record
            .modularity
            .as_deref()
            .filter(|label| !label.is_empty());
        if let Some(module) = &extra.module {
            let same = |label: &str| {
                label
                    .strip_prefix(module.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            };
            return Ok(installed.is_some_and(same));
        }
        let Some(fixed) = window.fixed else {
            return Ok(true);
        };
        let modular = self.shard.version_text(fixed)?.contains(".module");
        Ok(modular == installed.is_some() || self.namespace.scheme() != Scheme::Rpm)
    }

    fn hit(
        &self,
        subject: &str,
        version: &str,
        claim: &Claim,
        extra: Extra,
        inside: &Inside,
        windows: &[Inside],
    ) -> Result<Hit, Corrupt> {
        let fixes = |window: &Inside| -> Result<Option<(Version, String)>, Corrupt> {
            let Some(fixed) = window.fixed else {
                return Ok(None);
            };
            let text = self.shard.version_text(fixed)?;
            let version = self
                .namespace
                .scheme()
                .parse_unflavoured(text)
                .ok_or(Corrupt)?;
            Ok(Some((version, text.to_owned())))
        };
        let later = windows.iter().filter(|window| window.low >= inside.high);
        let later = later.map(fixes).collect::<Result<Vec<_>, _>>()?;
        let text = self.shard.text(claim)?;
        Ok(Hit {
            namespace: self.namespace.clone(),
            subject: subject.to_owned(),
            version: version.to_owned(),
            head: self.shard.head(claim)?,
            extra,
            title: title(&text.title, &text.details),
            verdict: claim.verdict,
            fix: crate::store::state(inside.fixed, claim.fix),
            range: self.range(inside)?,
            fixed: fixes(inside)?,
            later: later.into_iter().flatten().collect(),
        })
    }

    /// `>= 2.0, < 2.3`.
    fn range(&self, window: &Inside) -> Result<String, Corrupt> {
        let mut parts = Vec::new();
        if let Some(from) = self.shard.bound(window.low)? {
            parts.push(format!(">= {from}"));
        }
        match window.fixed {
            Some(fixed) => parts.push(format!("< {}", self.shard.version_text(fixed)?)),
            None if window.high == u32::MAX => {}
            None => {
                let last = self.shard.bound(window.high.saturating_sub(1))?;
                parts.extend(last.map(|last| format!("<= {last}")));
            }
        }
        Ok(if parts.is_empty() {
            "every version".to_owned()
        } else {
            parts.join(", ")
        })
    }
}

/// `v0.0.0-20220308185742-91533d04e894`: a commit of a line that the version
/// does not tell (reference: Go modules, pseudo-versions).
fn is_unreleased(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let Some((time, _)) = version
        .strip_prefix("0.0.0-")
        .and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    time.len() == 14 && time.bytes().all(|byte| byte.is_ascii_digit())
}

/// The summary, else the first sentence of the details, on one line.
fn title(summary: &str, details: &str) -> String {
    const LONGEST: usize = 160;
    let text = if summary.trim().is_empty() {
        details
    } else {
        summary
    };
    let line = text
        .split(['\n', '\r'])
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("");
    let sentence = line.split_once(". ").map_or(line, |(first, _)| first);
    let clean: String = sentence.chars().filter(|c| !c.is_control()).collect();
    match clean.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", clean[..end].trim_end()),
        None => clean,
    }
}
