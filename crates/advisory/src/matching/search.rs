//! One package in one shard: which claims hold its version.

use super::explain::Mention;
use super::gap;
use super::lookup::{End, Hit, Span};
use super::scope::{Fit, Place};
use super::streams;
use crate::advisory::Verdict;
use crate::namespace::{Namespace, Subject};
use crate::store::{Claim, Corrupt, Inside, Shard};
use crate::versions::{Scheme, Version};
use plimsoll_types::{Coverage, GapKind, Package};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What a search found.
#[derive(Default)]
pub(super) struct Found {
    pub hits: Vec<Hit>,
    /// Vulnerabilities that the installed build has the fix of its own minor
    /// release for.
    pub repaired: BTreeSet<String>,
}

impl Found {
    /// Drops what was decided elsewhere.
    pub(super) fn drop(&mut self, decided: &BTreeSet<String>) {
        let open = |hit: &Hit| !hit.head.ids().any(|id| decided.contains(id));
        self.hits.retain(|hit| hit.is_overlaid() || open(hit));
    }

    pub(super) fn extend(&mut self, other: Found) {
        self.hits.extend(other.hits);
        self.repaired.extend(other.repaired);
    }
}

/// One package in one shard.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub namespace: &'a Namespace,
    /// Somebody else built the package.
    pub rebuilt: bool,
    /// Rows count whoever's name they use.
    pub whoever: bool,
    pub shard: &'a Shard,
    pub package: &'a Package,
    pub place: &'a Place,
}

/// A version of a package, and where it stands among the bounds of a shard.
struct Installed {
    text: String,
    version: Version,
    place: u32,
}

impl Search<'_> {
    /// The ids of every vulnerability that is spoken of under names that
    /// count, whatever the version.
    pub(super) fn ids(
        &self,
        counts: impl Fn(&Subject) -> bool,
    ) -> Result<BTreeSet<String>, Corrupt> {
        let mut ids = BTreeSet::new();
        let subjects = self.namespace.subjects(&self.package.record);
        for subject in subjects.iter().filter(|subject| counts(subject)) {
            for index in self.shard.claims(&subject.name)? {
                let head = self.shard.head(&self.shard.claim(index)?)?;
                ids.extend(head.ids().map(str::to_owned));
            }
        }
        Ok(ids)
    }

    /// The versions that repaired something under the package's own name.
    pub(super) fn fixes(&self) -> Result<BTreeSet<String>, Corrupt> {
        let mut fixes = BTreeSet::new();
        let subjects = self.namespace.subjects(&self.package.record);
        for subject in subjects.iter().filter(|subject| !subject.is_source()) {
            for index in self.shard.claims(&subject.name)? {
                for window in self.shard.windows(&self.shard.claim(index)?) {
                    if let Some(fixed) = window?.fixed {
                        fixes.insert(self.shard.version_text(fixed)?.to_owned());
                    }
                }
            }
        }
        Ok(fixes)
    }

    pub(super) fn run(&self, coverage: &mut Coverage) -> Result<Found, Corrupt> {
        let mut found = Found::default();
        for subject in self.namespace.subjects(&self.package.record) {
            self.subject(&subject, None, coverage, &mut found)?;
        }
        Ok(found)
    }

    /// What is said of the package that has the source's name, by the source's
    /// version, of the `wanted` vulnerabilities.
    pub(super) fn siblings(&self, wanted: &BTreeSet<String>) -> Result<Found, Corrupt> {
        let mut found = Found::default();
        let subjects = self.namespace.subjects(&self.package.record);
        let search = Search {
            whoever: true,
            ..*self
        };
        for subject in subjects.iter().filter(|subject| subject.is_source()) {
            search.subject(subject, Some(wanted), &mut Coverage::default(), &mut found)?;
        }
        Ok(found)
    }

    /// Searches one name; with `wanted` for these vulnerabilities only.
    fn subject(
        &self,
        subject: &Subject,
        wanted: Option<&BTreeSet<String>>,
        coverage: &mut Coverage,
        found: &mut Found,
    ) -> Result<(), Corrupt> {
        let scheme = self.namespace.scheme();
        // Raspberry Pi OS puts an epoch and a suffix of its own around Debian's
        // version, which hide every repair.
        let downstream = subject.version.split_once("+rpt");
        let downstream = downstream.filter(|_| scheme == Scheme::Deb);
        let text = match downstream {
            Some((version, _)) => version.split_once(':').map_or(version, |(_, rest)| rest),
            None => subject.version.as_str(),
        };
        let claims = self.shard.claims(&subject.name)?;
        if claims.is_empty() {
            return Ok(());
        }
        let Some(stated) = self.installed(text.to_owned())? else {
            let detail = format!(
                "`{text}` is no {} version, so {} advisories were not compared",
                scheme.as_str(),
                claims.len()
            );
            coverage
                .gaps
                .insert(gap(GapKind::VersionUnparsable, self.package, detail));
            return Ok(());
        };
        // The name of a source rpm holds no epoch.
        let epochless = scheme == Scheme::Rpm && subject.is_source() && !text.contains(':')
            || downstream.is_some();
        let mut by_epoch: BTreeMap<&str, Installed> = BTreeMap::new();
        let unreleased = scheme == Scheme::Go && is_unreleased(text);
        let (mut undecided, mut streamless) = (0, 0);
        for index in claims {
            let claim = self.shard.claim(index)?;
            if let Some(wanted) = wanted
                && !self.shard.head(&claim)?.ids().any(|id| wanted.contains(id))
            {
                continue;
            }
            let windows = self.shard.windows(&claim).collect::<Result<Vec<_>, _>>()?;
            let installed = match self.epoch(&windows)?.filter(|_| epochless) {
                None => &stated,
                Some(epoch) => {
                    if !by_epoch.contains_key(epoch) {
                        let text = format!("{epoch}:{text}");
                        let installed = self.installed(text)?.ok_or(Corrupt)?;
                        by_epoch.insert(epoch, installed);
                    }
                    by_epoch.get(epoch).unwrap_or(&stated)
                }
            };
            let place = installed.place;
            let inside = windows.iter().find(|w| w.low <= place && place < w.high);
            let Some(inside) = inside else {
                if let Some(fixed) = self.repairs(&claim, &windows, installed)?
                    && self.fits(subject, &claim, Some(fixed))? == Fit::Yes
                {
                    found.repaired.insert(self.shard.head(&claim)?.id);
                }
                continue;
            };
            if unreleased && !self.comparable(inside)? {
                undecided += 1;
                continue;
            }
            let bound = inside.fixed.map(|fixed| self.shard.version_text(fixed));
            let bound = bound.transpose()?;
            if bound.is_some_and(|bound| self.is_rebuild(&installed.text, bound)) {
                continue;
            }
            match self.fits(subject, &claim, bound)? {
                Fit::Yes => {
                    let name = &subject.name;
                    let hit = self.hit(name, installed, &claim, inside, &windows)?;
                    found.hits.push(hit);
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
        Ok(())
    }

    /// Whether a claim is about the package under that name.
    fn fits(&self, subject: &Subject, claim: &Claim, bound: Option<&str>) -> Result<Fit, Corrupt> {
        let scope = self.shard.extra(claim)?.scope;
        if !self.whoever && !subject.takes(scope.role) {
            return Ok(Fit::No);
        }
        let denies = claim.verdict == Verdict::NotAffected;
        Ok(self.place.fits(&scope, &self.package.record, bound, denies))
    }

    fn installed(&self, text: String) -> Result<Option<Installed>, Corrupt> {
        let Some(version) = self.namespace.scheme().parse_unflavoured(&text) else {
            return Ok(None);
        };
        Ok(Some(Installed {
            place: self.shard.place(&version)?,
            text,
            version,
        }))
    }

    /// The epoch of the bounds, where they have one.
    fn epoch(&self, windows: &[Inside]) -> Result<Option<&str>, Corrupt> {
        for window in windows {
            let bound = match window.fixed {
                Some(fixed) => Some(self.shard.version_text(fixed)?),
                None => self.shard.bound(window.low)?,
            };
            let epoch = bound.and_then(|bound| bound.split_once(':'));
            if let Some((epoch, _)) = epoch {
                return Ok(Some(epoch));
            }
        }
        Ok(None)
    }

    /// The fix of its own minor release that the installed build has.
    fn repairs(
        &self,
        claim: &Claim,
        windows: &[Inside],
        installed: &Installed,
    ) -> Result<Option<&str>, Corrupt> {
        if !self.namespace.has_streams() || claim.verdict != Verdict::Affected {
            return Ok(None);
        }
        let [window] = windows else {
            return Ok(None);
        };
        let fixed = window.fixed.filter(|_| installed.place >= window.high);
        let fixed = fixed.map(|fixed| self.shard.version_text(fixed));
        let fixed = fixed.transpose()?;
        Ok(fixed.filter(|fixed| streams::repairs(fixed, &installed.text)))
    }

    /// Whether a module's build is the fixed one or a later one, made by
    /// another builder.
    fn is_rebuild(&self, installed: &str, fixed: &str) -> bool {
        let (cut, cut_fix) = (
            streams::without_counter(installed),
            streams::without_counter(fixed),
        );
        let modular = cut != installed && cut_fix != fixed;
        modular
            && (self.rebuilt || !streams::built_alike(installed, fixed))
            && self
                .namespace
                .scheme()
                .compare(cut, cut_fix)
                .is_some_and(Ordering::is_ge)
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
        installed: &Installed,
        claim: &Claim,
        inside: &Inside,
        windows: &[Inside],
    ) -> Result<Hit, Corrupt> {
        let spans = windows.iter().map(|window| self.span(window));
        let spans = spans.collect::<Result<_, _>>()?;
        Ok(Hit {
            namespace: self.namespace.clone(),
            subject: subject.to_owned(),
            version: installed.text.clone(),
            head: self.shard.head(claim)?,
            extra: self.shard.extra(claim)?,
            verdict: claim.verdict,
            fix: crate::store::state(inside.fixed, claim.fix),
            range: self.shard.range(inside)?,
            installed: installed.version.clone(),
            spans,
        })
    }

    /// What a row says of the package by one of its names, whether or not that
    /// makes it a hit.
    pub(super) fn told(
        &self,
        mention: &Mention,
        subject: &Subject,
    ) -> Result<plimsoll_types::Claim, Corrupt> {
        let claim = self.shard.claim(mention.claim)?;
        let extra = self.shard.extra(&claim)?;
        let windows = self.shard.windows(&claim).collect::<Result<Vec<_>, _>>()?;
        let installed = self.installed(subject.version.clone())?;
        let inside = |window: &Inside| {
            let place = installed.as_ref().map(|installed| installed.place);
            place.is_some_and(|place| window.low <= place && place < window.high)
        };
        let holding = windows.iter().find(|window| inside(window));
        let bound = holding.and_then(|window| window.fixed);
        let bound = bound
            .map(|fixed| self.shard.version_text(fixed))
            .transpose()?;
        let fit = self.fits(subject, &claim, bound)?;
        let not_about = if installed.is_none() {
            let scheme = self.namespace.scheme().as_str();
            Some(format!("`{}` is no {scheme} version", subject.version))
        } else if !subject.takes(extra.scope.role) {
            Some("it speaks of another package of that name".to_owned())
        } else {
            match fit {
                Fit::Yes => None,
                Fit::No => Some(Place::misfit(&extra.scope)),
                Fit::StreamUnknown => Some(
                    "it is about a stream of a module, and which one is installed is not known"
                        .to_owned(),
                ),
            }
        };
        let mut shown = Vec::new();
        for window in &windows {
            shown.push((self.shard.range(window)?, inside(window)));
        }
        let verdict = match claim.verdict {
            Verdict::Affected => "affected",
            Verdict::NotAffected => "not-affected",
            Verdict::UnderInvestigation => "under-investigation",
            Verdict::Rated => "rated",
        };
        let head = &mention.head;
        Ok(plimsoll_types::Claim {
            package: 0,
            feed: head.feed.clone(),
            record: head.record.clone(),
            namespace: self.namespace.to_string(),
            subject: subject.name.clone(),
            version: subject.version.clone(),
            verdict: verdict.to_owned(),
            windows: shown,
            not_about,
            because: extra.because,
            fix: crate::store::state(holding.and_then(|w| w.fixed), claim.fix)
                .as_str()
                .to_owned(),
            advisories: extra.advisories,
            fixed_on: extra.fixed_on,
            published: head.published.clone(),
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
            None if window.is_before() => {
                let end = self.shard.bound(window.high)?;
                End::Before(parse(end.ok_or(Corrupt)?)?)
            }
            None => {
                let last = self.shard.bound(window.high.saturating_sub(1))?;
                End::Through(parse(last.ok_or(Corrupt)?)?)
            }
        };
        Ok(Span {
            from: from.map(parse).transpose()?,
            past: window.is_past(),
            to,
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
