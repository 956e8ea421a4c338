//! Packages in, claims whose windows hold their version out.

use super::gap;
use super::scope::{Fit, Place};
use crate::advisory::Verdict;
use crate::intake::Description;
use crate::namespace::Namespace;
use crate::store::{Claim, Corrupt, Extra, Head, Inside, Row, Shard, Store, StoreError, Table};
use crate::versions::{Scheme, Version};
use plimsoll_types::{Coverage, Epss, FixState, Gap, GapKind, Inventory, KnownExploited, Package};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The same, parsed.
    pub installed: Version,
    /// Every window of the claim.
    pub spans: Vec<Span>,
}

/// A window as versions, comparable across shards.
pub(super) struct Span {
    pub from: Option<Version>,
    /// Whether it begins after that version.
    pub past: bool,
    pub to: End,
}

/// Where a span ends.
pub(super) enum End {
    Open,
    /// Before this version, which repairs it.
    Fixed(Version, String),
    /// With this version.
    Through(Version),
}

impl Span {
    pub(super) fn holds(&self, version: &Version) -> bool {
        let begun = self.from.as_ref().is_none_or(|from| match self.past {
            true => from < version,
            false => from <= version,
        });
        let goes_on = match &self.to {
            End::Open => true,
            End::Fixed(end, _) => version < end,
            End::Through(last) => version <= last,
        };
        begun && goes_on
    }

    /// The version that repairs it.
    pub(super) fn fix(&self) -> Option<(&Version, &str)> {
        match &self.to {
            End::Fixed(version, text) => Some((version, text)),
            End::Open | End::Through(_) => None,
        }
    }
}

/// Shards of a store, opened when first needed.
pub(super) struct Lookup<'a> {
    store: &'a Store,
    shards: BTreeMap<Namespace, Option<Shard>>,
    known_exploited: Option<Table<KnownExploited>>,
    epss: Option<Table<Epss>>,
    descriptions: Option<Table<Description>>,
    place: Place,
    damaged: Vec<Gap>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(store: &'a Store, inventory: &Inventory) -> Self {
        let mut damaged = Vec::new();
        Self {
            store,
            shards: BTreeMap::new(),
            known_exploited: table(store, &mut damaged),
            epss: table(store, &mut damaged),
            descriptions: table(store, &mut damaged),
            place: Place::of(inventory),
            damaged,
        }
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
                self.damaged.push(damage(&namespace.to_string(), &error));
                None
            }
            None => None,
        };
        self.shards.insert(namespace.clone(), shard);
    }

    /// Whether there is data for a namespace that cannot be used.
    pub(super) fn is_damaged(&self, namespace: &Namespace) -> bool {
        let name = namespace.to_string();
        self.damaged.iter().any(|gap| gap.subject == name)
    }

    /// Entry of the catalogue of known exploited vulnerabilities.
    pub(super) fn known_exploited(&mut self, cve: &str) -> Option<KnownExploited> {
        row(&mut self.known_exploited, cve, &mut self.damaged)
    }

    /// How likely a vulnerability is to be exploited.
    pub(super) fn epss(&mut self, cve: &str) -> Option<Epss> {
        row(&mut self.epss, cve, &mut self.damaged)
    }

    /// What the catalogue of vulnerabilities says of one.
    pub(super) fn description(&mut self, cve: &str) -> Option<Description> {
        row(&mut self.descriptions, cve, &mut self.damaged)
    }

    /// Every claim of the namespace, and of its distribution as such, that
    /// holds the package's version. What the channel that the image is
    /// attached to says of a vulnerability replaces what the others say of it.
    pub(super) fn package(
        &mut self,
        namespace: &Namespace,
        channel: Option<&Namespace>,
        package: &Package,
        coverage: &mut Coverage,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut decided = BTreeSet::new();
        let namespaces = channel.cloned().into_iter();
        let namespaces = namespaces.chain([namespace.clone()]);
        for namespace in namespaces.chain(namespace.every_release()) {
            self.open(&namespace);
            let Some(Some(shard)) = self.shards.get(&namespace) else {
                continue;
            };
            let search = Search {
                namespace: &namespace,
                shard,
                package,
                place: &self.place,
            };
            let Ok(found) = search.run(coverage) else {
                let name = namespace.to_string();
                self.shards.insert(namespace, None);
                self.damaged.push(corrupt(&name));
                continue;
            };
            let of_channel = channel == Some(&namespace);
            if of_channel && let Ok(ids) = search.ids() {
                decided = ids;
            }
            hits.extend(
                found
                    .into_iter()
                    .filter(|hit| of_channel || !hit.head.ids().any(|id| decided.contains(id))),
            );
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
    place: &'a Place,
}

fn table<T: Row>(store: &Store, damaged: &mut Vec<Gap>) -> Option<Table<T>> {
    match store.table()? {
        Ok(table) => Some(table),
        Err(error) => {
            damaged.push(damage(T::ABOUT, &error));
            None
        }
    }
}

/// A row of a table, which is given up once it contradicts itself.
fn row<T: Row>(table: &mut Option<Table<T>>, cve: &str, damaged: &mut Vec<Gap>) -> Option<T> {
    match table.as_ref()?.get(cve) {
        Ok(row) => row,
        Err(Corrupt) => {
            *table = None;
            damaged.push(corrupt(T::ABOUT));
            None
        }
    }
}

fn damage(subject: &str, error: &StoreError) -> Gap {
    Gap {
        kind: GapKind::NoAdvisoryData,
        subject: subject.to_owned(),
        layer: None,
        detail: error.to_string(),
    }
}

fn corrupt(subject: &str) -> Gap {
    Gap {
        kind: GapKind::NoAdvisoryData,
        subject: subject.to_owned(),
        layer: None,
        detail: "the stored data contradicts itself; load it anew with `plimsoll data update`"
            .into(),
    }
}

impl Search<'_> {
    /// The ids of every vulnerability that is spoken of, whatever the version.
    fn ids(&self) -> Result<BTreeSet<String>, Corrupt> {
        let mut ids = BTreeSet::new();
        for subject in self.namespace.subjects(&self.package.record) {
            for index in self.shard.claims(&subject.name)? {
                let head = self.shard.head(&self.shard.claim(index)?)?;
                ids.extend(head.ids().map(str::to_owned));
            }
        }
        Ok(ids)
    }

    fn run(&self, coverage: &mut Coverage) -> Result<Vec<Hit>, Corrupt> {
        let scheme = self.namespace.scheme();
        let mut hits = Vec::new();
        for subject in self.namespace.subjects(&self.package.record) {
            let text = &subject.version;
            let claims = self.shard.claims(&subject.name)?;
            if claims.is_empty() {
                continue;
            }
            let Some(version) = scheme.parse_unflavoured(text) else {
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
            let unreleased = scheme == Scheme::Go && is_unreleased(text);
            let (mut undecided, mut streamless) = (0, 0);
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
                if !subject.takes(extra.scope.role) {
                    continue;
                }
                let bound = inside.fixed.map(|fixed| self.shard.version_text(fixed));
                let bound = bound.transpose()?;
                match self.place.fits(&extra.scope, &self.package.record, bound) {
                    Fit::Yes => {
                        hits.push(self.hit(
                            &subject.name,
                            (text, &version),
                            &claim,
                            extra,
                            inside,
                            &windows,
                        )?);
                    }
                    Fit::No => {}
                    Fit::StreamUnknown => streamless += 1,
                }
            }
            if streamless > 0 {
                let detail = format!(
                    "`{text}` is of a module whose stream is not known, so {streamless} advisories could not be decided"
                );
                coverage
                    .gaps
                    .insert(gap(GapKind::VersionUnparsable, self.package, detail));
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

    fn hit(
        &self,
        subject: &str,
        (version, installed): (&str, &Version),
        claim: &Claim,
        extra: Extra,
        inside: &Inside,
        windows: &[Inside],
    ) -> Result<Hit, Corrupt> {
        let spans = windows.iter().map(|window| self.span(window));
        let spans = spans.collect::<Result<_, _>>()?;
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
            installed: installed.clone(),
            spans,
        })
    }

    fn span(&self, window: &Inside) -> Result<Span, Corrupt> {
        let scheme = self.namespace.scheme();
        let parse = |text: &str| scheme.parse_unflavoured(text).ok_or(Corrupt);
        let from = self.shard.bound(window.low)?;
        let to = match window.fixed {
            Some(fixed) => {
                let text = self.shard.version_text(fixed)?;
                End::Fixed(parse(text)?, text.to_owned())
            }
            None if window.high == u32::MAX => End::Open,
            None => {
                let last = self.shard.bound(window.high.saturating_sub(1))?;
                End::Through(parse(last.ok_or(Corrupt)?)?)
            }
        };
        Ok(Span {
            from: from.map(parse).transpose()?,
            past: is_past(window),
            to,
        })
    }

    /// `>= 2.0, < 2.3`.
    fn range(&self, window: &Inside) -> Result<String, Corrupt> {
        let mut parts = Vec::new();
        if let Some(from) = self.shard.bound(window.low)? {
            let sign = if is_past(window) { ">" } else { ">=" };
            parts.push(format!("{sign} {from}"));
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

/// Whether a window begins after a version instead of with it.
fn is_past(window: &Inside) -> bool {
    window.low > 0 && window.low.is_multiple_of(2)
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
pub(super) fn title(summary: &str, details: &str) -> String {
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
