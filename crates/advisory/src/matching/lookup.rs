//! Packages in, claims whose windows hold their version out.

use super::explain::Mention;
use super::extras::{self, Candidate, Origins};
use super::scope::Place;
use super::search::{Found, Search};
use super::streams::{self, Host};
use crate::advisory::Verdict;
use crate::intake::Description;
use crate::namespace::{Namespace, Subject};
use crate::overlay;
use crate::store::{Corrupt, Extra, Head, Row, Shard, Store, StoreError, Table};
use crate::versions::Version;
use plimsoll_types::{
    Coverage, Distro, Epss, FixState, Gap, GapKind, Inventory, KnownExploited, Lifecycle, Package,
};
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
    pub verdict: Verdict,
    pub fix: FixState,
    /// The window, for people.
    pub range: String,
    /// The same, parsed.
    pub installed: Version,
    /// Every window of the claim.
    pub spans: Vec<Span>,
}

impl Hit {
    /// Whether an overlay says so, whose word outranks the feeds'.
    pub(super) fn is_overlaid(&self) -> bool {
        overlay::is_overlay(&self.head.feed)
    }
}

/// A window as versions, comparable across shards.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub from: Option<Version>,
    /// Whether it begins after that version.
    pub past: bool,
    pub to: End,
}

/// Where a span ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Open,
    /// Before this version, which repairs it.
    Fixed(Version, String),
    /// With this version.
    Through(Version),
    /// Before this version, which is not to be had.
    Before(Version),
}

impl Span {
    pub(super) fn holds(&self, version: &Version) -> bool {
        let begun = self.from.as_ref().is_none_or(|from| match self.past {
            true => from < version,
            false => from <= version,
        });
        let goes_on = match &self.to {
            End::Open => true,
            End::Fixed(end, _) | End::Before(end) => version < end,
            End::Through(last) => version <= last,
        };
        begun && goes_on
    }

    /// The version that repairs it.
    pub(super) fn fix(&self) -> Option<(&Version, &str)> {
        match &self.to {
            End::Fixed(version, text) => Some((version, text)),
            End::Open | End::Through(_) | End::Before(_) => None,
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
    lifecycles: Option<Table<Lifecycle>>,
    place: Place,
    host: Host,
    /// Repositories beside the usual ones that the image has switched on.
    extras: Vec<String>,
    damaged: Vec<Gap>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(store: &'a Store, inventory: &Inventory, host: Host) -> Self {
        let mut damaged = Vec::new();
        Self {
            store,
            shards: BTreeMap::new(),
            known_exploited: table(store, &mut damaged),
            epss: table(store, &mut damaged),
            descriptions: table(store, &mut damaged),
            lifecycles: table(store, &mut damaged),
            place: Place::of(inventory),
            host,
            extras: {
                let distro = inventory.distro.as_ref();
                distro.map_or_else(Vec::new, |distro| distro.extras.clone())
            },
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

    /// Until when a release of a distribution is looked after; where nobody
    /// else says so, as its own files state it.
    pub(super) fn lifecycle(&mut self, distro: &Distro) -> Option<Lifecycle> {
        let version = distro.version.as_deref()?;
        let id = match distro.id.as_str() {
            "centos" if distro.pretty.contains("Stream") => "centos-stream",
            id => id,
        };
        let lengths = version.match_indices('.').map(|(at, _)| at);
        let lengths = lengths.collect::<Vec<_>>().into_iter().rev();
        for length in std::iter::once(version.len()).chain(lengths) {
            let key = format!("{id}:{}", version.get(..length)?);
            let known = row(&mut self.lifecycles, &key, &mut self.damaged);
            if known.is_some() {
                return known;
            }
        }
        distro.support_end.as_ref().map(|end| Lifecycle {
            name: match distro.pretty.as_str() {
                "" => distro.qualifier(),
                pretty => pretty.to_owned(),
            },
            release: version.to_owned(),
            security_until: Some(end.clone()),
            source: distro.source.clone(),
            ..Lifecycle::default()
        })
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
        let mut all = Found::default();
        let mut decided = BTreeSet::new();
        let usual = match namespace.has_extras() {
            true => self.repositories(namespace, package, coverage),
            false => vec![namespace.clone()],
        };
        let namespaces = channel.cloned().into_iter().chain(usual);
        for namespace in namespaces.chain(namespace.every_release()) {
            let searched = self.search(&namespace, package, |search| {
                let ids = match channel == Some(&namespace) {
                    true => search.ids(|_| true)?,
                    false => BTreeSet::new(),
                };
                Ok((search.run(coverage)?, ids))
            });
            let Some((mut found, ids)) = searched else {
                continue;
            };
            found.drop(&decided);
            decided.extend(ids);
            all.extend(found);
        }
        if namespace.has_streams() {
            self.of_streams(namespace, package, &mut all);
            streams::settle(&mut all.hits, &all.repaired, self.host);
        }
        if let Some(origin) = namespace.rebuilt_from() {
            self.disclosed(namespace, &origin, package, &mut all.hits);
        }
        all.hits
    }

    /// The channels of a distribution that there is data for.
    pub(super) fn channels(&self, home: &Namespace) -> Vec<Namespace> {
        let shards = self.store.status().shards.iter();
        let namespaces = shards.filter_map(|shard| Namespace::named(&shard.namespace));
        let own = |other: &Namespace| other.without_channel().as_ref() == Some(home);
        namespaces.filter(own).collect()
    }

    /// The repositories that a package may have come from, all of which are
    /// searched.
    fn repositories(
        &mut self,
        home: &Namespace,
        package: &Package,
        coverage: &mut Coverage,
    ) -> Vec<Namespace> {
        let mut candidates = Vec::new();
        for namespace in std::iter::once(home.clone()).chain(self.channels(home)) {
            let fixed = self.search(&namespace, package, |search| search.fixes());
            if let Some(fixed) = fixed.filter(|fixed| !fixed.is_empty()) {
                candidates.push(Candidate { namespace, fixed });
            }
        }
        let installed = package.record.full_version();
        let Origins {
            namespaces,
            undecided,
        } = extras::origins(candidates, &installed, &self.extras);
        if !undecided.is_empty() {
            let others: Vec<_> = undecided.iter().map(Namespace::to_string).collect();
            let detail = format!(
                "nothing tells which repository it is from, so what {} says was not compared",
                others.join(", ")
            );
            let gap = super::gap(GapKind::VersionUnparsable, package, detail);
            coverage.gaps.insert(gap);
        }
        namespaces
    }

    /// Says which channels and repositories the image is attached to where
    /// nothing of their kind was loaded. Single ones may have no advisories.
    pub(super) fn missing_channels(
        &self,
        home: &Namespace,
        attached: Option<&Namespace>,
        coverage: &mut Coverage,
    ) {
        let mut missing = Vec::new();
        let shards = || self.store.status().shards.iter();
        let mut known = shards().filter_map(|shard| Namespace::named(&shard.namespace));
        if let Some(channel) = attached
            && !known.any(|other| other.is_channel_of(channel))
        {
            missing.push(channel.to_string());
        }
        if home.has_extras() && self.channels(home).is_empty() {
            let extras = self.extras.iter();
            missing.extend(extras.map(|extra| format!("{home}:{extra}")));
        }
        if home.is_of("alpine") {
            let branches = self.extras.iter();
            coverage.gaps.extend(branches.map(|branch| Gap {
                kind: GapKind::ThirdParty,
                subject: format!("alpine:{branch}"),
                layer: None,
                detail: format!(
                    "the image's repositories name this branch as well; nothing tells which packages are from it, so all were matched as those of {home}"
                ),
            }));
        }
        let gaps = missing.into_iter().map(|subject| Gap {
            kind: GapKind::NoAdvisoryData,
            subject,
            layer: None,
            detail: "the image is attached to this channel, of whose kind there is no data; load a feed that covers it with `plimsoll data update`".into(),
        });
        coverage.gaps.extend(gaps);
    }

    /// Adds what the channels of the minor release that a package is built for
    /// call repaired: such a build has the fix on whatever host.
    fn of_streams(&mut self, namespace: &Namespace, package: &Package, all: &mut Found) {
        let version = package.record.version.as_deref().unwrap_or_default();
        let streams = streams::minor(version).map(|minor| namespace.streams(minor));
        for stream in streams.into_iter().flatten() {
            let found = self.search(&stream, package, |search| {
                search.run(&mut Coverage::default())
            });
            all.repaired.extend(found.unwrap_or_default().repaired);
        }
    }

    /// Adds what the vendor says that a rebuild's packages come from, where
    /// the rebuild itself says nothing: fixes are the rebuild's to ship.
    fn disclosed(
        &mut self,
        own: &Namespace,
        origin: &Namespace,
        package: &Package,
        hits: &mut Vec<Hit>,
    ) {
        let name = &package.record.name;
        if name.ends_with("-debuginfo") || name.ends_with("-debugsource") {
            return;
        }
        let mut ignored = Coverage::default();
        let found = self.search(origin, package, |search| {
            let search = Search {
                rebuilt: true,
                ..*search
            };
            search.run(&mut ignored)
        });
        let Some(mut found) = found.filter(|found| !found.hits.is_empty()) else {
            return;
        };
        self.of_streams(origin, package, &mut found);
        streams::settle(&mut found.hits, &found.repaired, self.host);
        let said = self.search(own, package, |search| {
            let own = search.ids(|subject| !subject.is_source())?;
            found.drop(&own);
            // A sibling from the same source may tell for all of them.
            let siblings = search.ids(Subject::is_source)?;
            let ids = found.hits.iter().flat_map(|hit| hit.head.ids());
            let wanted = ids.filter(|id| siblings.contains(*id)).map(str::to_owned);
            let wanted: BTreeSet<_> = wanted.collect();
            found.drop(&siblings);
            search.siblings(&wanted)
        });
        hits.extend(said.unwrap_or_default().hits);
        for mut hit in found.hits {
            hit.lose_fix();
            hits.push(hit);
        }
    }

    /// Searches a shard, which is given up once it contradicts itself; `None`
    /// without one.
    fn search<T>(
        &mut self,
        namespace: &Namespace,
        package: &Package,
        search: impl FnOnce(&Search<'_>) -> Result<T, Corrupt>,
    ) -> Option<T> {
        self.open(namespace);
        let shard = self.shards.get(namespace)?.as_ref()?;
        let found = search(&Search {
            namespace,
            rebuilt: false,
            whoever: false,
            shard,
            package,
            place: &self.place,
        });
        if found.is_err() {
            self.shards.insert(namespace.clone(), None);
            self.damaged.push(corrupt(&namespace.to_string()));
        }
        found.ok()
    }

    /// The rows of a namespace that are about a vulnerability of one of these
    /// ids.
    pub(super) fn mentions(
        &mut self,
        namespace: &Namespace,
        ids: &BTreeSet<String>,
    ) -> Vec<Mention> {
        self.open(namespace);
        let Some(Some(shard)) = self.shards.get(namespace) else {
            return Vec::new();
        };
        let search = || -> Result<Vec<Mention>, Corrupt> {
            let mut mentions = Vec::new();
            for name in shard.names() {
                let (name, claims) = name?;
                for claim in claims {
                    let head = shard.head(&shard.claim(claim)?)?;
                    if head.ids().any(|id| ids.contains(id)) || ids.contains(&head.record) {
                        mentions.push(Mention {
                            namespace: namespace.clone(),
                            name: name.to_owned(),
                            claim,
                            head,
                        });
                    }
                }
            }
            Ok(mentions)
        };
        let found = search();
        if found.is_err() {
            self.shards.insert(namespace.clone(), None);
            self.damaged.push(corrupt(&namespace.to_string()));
        }
        found.unwrap_or_default()
    }

    /// What a row says of a package by one of its names.
    pub(super) fn told(
        &mut self,
        mention: &Mention,
        package: &Package,
        subject: &Subject,
    ) -> Option<plimsoll_types::Claim> {
        self.search(&mention.namespace, package, |search| {
            search.told(mention, subject)
        })
    }

    /// The windows of a row.
    pub(super) fn windows(&self, mention: &Mention) -> Vec<String> {
        let shard = self.shards.get(&mention.namespace).and_then(Option::as_ref);
        let windows = shard.and_then(|shard| {
            let claim = shard.claim(mention.claim).ok()?;
            let windows = shard.windows(&claim).filter_map(Result::ok);
            Some(
                windows
                    .filter_map(|window| shard.range(&window).ok())
                    .collect(),
            )
        });
        windows.unwrap_or_default()
    }

    /// The text of a row's record; empty where it has none.
    pub(super) fn text(&self, mention: &Mention) -> String {
        let shard = self.shards.get(&mention.namespace).and_then(Option::as_ref);
        let text = shard.and_then(|shard| shard.text(&shard.claim(mention.claim).ok()?).ok());
        text.unwrap_or_default().details
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
