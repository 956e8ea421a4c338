//! A shard: the claims of one namespace, mapped and read in place.
//!
//! Names are sorted and lead to claims. A claim's windows are pairs of
//! numbers: version `i` of the table, which is sorted by the namespace's
//! order, stands at `2 * rank + 1`, and whatever lies before it at `2 * rank`.
//! So an installed version is placed once by binary search, and every window
//! of every claim is two comparisons of integers.

use super::sections::{Corrupt, Sections};
use crate::advisory::{Scope, Verdict};
use crate::versions::{Scheme, Version};
use plimsoll_types::{FindingClass, FixState, SeverityClaim};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::ops::Range;

pub(super) const SECTIONS: usize = 12;
pub(super) const NAMES: usize = 0;
pub(super) const NAME_ENDS: usize = 1;
pub(super) const VERSIONS: usize = 2;
pub(super) const VERSION_ENDS: usize = 3;
pub(super) const CLAIMS: usize = 4;
pub(super) const WINDOWS: usize = 5;
pub(super) const HEADS: usize = 6;
pub(super) const HEAD_ENDS: usize = 7;
pub(super) const EXTRAS: usize = 8;
pub(super) const EXTRA_ENDS: usize = 9;
pub(super) const BLOCKS: usize = 10;
pub(super) const BLOCK_ENDS: usize = 11;

/// Numbers in a row of names: end, first claim.
pub(super) const NAME: usize = 2;
/// Numbers in a row of versions: end, rank.
pub(super) const VERSION: usize = 2;
/// Numbers in a row of claims: head, first window, windows, verdict and fix
/// state, extra (0 is none).
pub(super) const CLAIM: usize = 5;
/// Numbers in a row of windows: low, high, version that fixes.
pub(super) const WINDOW: usize = 3;

/// A number that stands for nothing: no upper bound, no fixing version.
pub(super) const NONE: u32 = u32::MAX;
/// Records in one block of text.
pub(super) const BLOCK: usize = 64;
/// Bytes that one block of text may inflate to.
pub(super) const MAX_BLOCK: usize = 64 << 20;

/// What matching and judging need of an advisory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub feed: String,
    pub record: String,
    pub id: String,
    pub class: FindingClass,
    pub disputed: bool,
    pub aliases: Vec<String>,
    pub severities: Vec<SeverityClaim>,
    /// One line for people; may be empty.
    pub title: String,
    pub url: Option<String>,
    pub published: Option<String>,
}

impl Head {
    /// The vulnerability's id and its other ids.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.id)
            .chain(&self.aliases)
            .map(String::as_str)
    }
}

/// What few claims have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Extra {
    pub severity: Option<SeverityClaim>,
    pub advisories: Vec<String>,
    pub fixed_on: Option<String>,
    pub because: Option<String>,
    pub scope: Scope,
}

/// Text for people, in compressed blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    pub details: String,
}

/// What an advisory says of one name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub head: u32,
    pub verdict: Verdict,
    pub fix: FixState,
    windows: (u32, u32),
    extra: u32,
}

/// A window that holds a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub low: u32,
    pub high: u32,
    /// Index of the version that fixes it.
    pub fixed: Option<u32>,
}

impl Inside {
    /// Whether it begins after a version instead of with it.
    pub(crate) fn is_past(&self) -> bool {
        self.low > 0 && self.low.is_multiple_of(2)
    }

    /// Whether it ends before a version instead of with it.
    pub(crate) fn is_before(&self) -> bool {
        self.high != u32::MAX && !self.high.is_multiple_of(2)
    }
}

/// One mapped shard.
pub(crate) struct Shard {
    sections: Sections<SECTIONS>,
    scheme: Scheme,
}

impl Shard {
    pub(crate) fn new(sections: Sections<SECTIONS>, scheme: Scheme) -> Self {
        Self { sections, scheme }
    }

    /// Every name, with the claims filed under it.
    pub(crate) fn names(&self) -> impl Iterator<Item = Result<(&str, Range<u32>), Corrupt>> {
        (0..self.sections.rows::<NAME>(NAME_ENDS)).map(|index| {
            let name = self.sections.text::<NAME>(NAME_ENDS, NAMES, index)?;
            Ok((name, self.claims_of(index)?))
        })
    }

    /// The claims filed under a name.
    pub(crate) fn claims(&self, name: &str) -> Result<Range<u32>, Corrupt> {
        let found = self
            .sections
            .search::<NAME>(NAME_ENDS, NAMES, name.as_bytes())?;
        let Ok(index) = found else {
            return Ok(0..0);
        };
        self.claims_of(index)
    }

    fn claims_of(&self, index: u32) -> Result<Range<u32>, Corrupt> {
        let [_, start] = self.sections.row::<NAME>(NAME_ENDS, index)?;
        let end = match self.sections.row::<NAME>(NAME_ENDS, index + 1) {
            Ok([_, end]) => end,
            Err(Corrupt) => self.sections.rows::<CLAIM>(CLAIMS),
        };
        Ok(start..end)
    }

    pub(crate) fn claim(&self, index: u32) -> Result<Claim, Corrupt> {
        let [head, window, windows, states, extra] = self.sections.row::<CLAIM>(CLAIMS, index)?;
        Ok(Claim {
            head,
            windows: (window, window.checked_add(windows).ok_or(Corrupt)?),
            verdict: *VERDICTS.get((states & 3) as usize).ok_or(Corrupt)?,
            fix: *STATES.get((states >> 2) as usize).ok_or(Corrupt)?,
            extra,
        })
    }

    /// Where a version stands among the bounds of the shard.
    pub(crate) fn place(&self, version: &Version) -> Result<u32, Corrupt> {
        let (mut low, mut high) = (0, self.sections.rows::<VERSION>(VERSION_ENDS));
        while low < high {
            let middle = low + (high - low) / 2;
            let order = self.version(middle)?.cmp(version);
            match order {
                std::cmp::Ordering::Equal => return Ok(2 * self.rank(middle)? + 1),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        match low.checked_sub(1) {
            Some(before) => Ok(2 * self.rank(before)? + 2),
            None => Ok(0),
        }
    }

    fn rank(&self, index: u32) -> Result<u32, Corrupt> {
        let [_, rank] = self.sections.row::<VERSION>(VERSION_ENDS, index)?;
        if rank > NONE / 4 {
            Err(Corrupt)
        } else {
            Ok(rank)
        }
    }

    fn version(&self, index: u32) -> Result<Version, Corrupt> {
        let text = self.version_text(index)?;
        self.scheme.parse_unflavoured(text).ok_or(Corrupt)
    }

    /// A bound as its feed spells it.
    pub(crate) fn version_text(&self, index: u32) -> Result<&str, Corrupt> {
        self.sections.text::<VERSION>(VERSION_ENDS, VERSIONS, index)
    }

    /// The windows of a claim, in order.
    pub(crate) fn windows(
        &self,
        claim: &Claim,
    ) -> impl Iterator<Item = Result<Inside, Corrupt>> + '_ {
        (claim.windows.0..claim.windows.1).map(|index| {
            let [low, high, fixed] = self.sections.row::<WINDOW>(WINDOWS, index)?;
            Ok(Inside {
                low,
                high,
                fixed: (fixed != NONE).then_some(fixed),
            })
        })
    }

    /// The text of the version that a place stands at or just after; `None`
    /// before every version.
    pub(crate) fn bound(&self, place: u32) -> Result<Option<&str>, Corrupt> {
        let Some(rank) = place.checked_sub(1).map(|p| p / 2) else {
            return Ok(None);
        };
        let (mut low, mut high) = (0, self.sections.rows::<VERSION>(VERSION_ENDS));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.rank(middle)? < rank {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.version_text(low).map(Some)
    }

    /// A window for people: `>= 2.0, < 2.3`.
    pub(crate) fn range(&self, window: &Inside) -> Result<String, Corrupt> {
        let mut parts = Vec::new();
        if let Some(from) = self.bound(window.low)? {
            let sign = if window.is_past() { ">" } else { ">=" };
            parts.push(format!("{sign} {from}"));
        }
        match window.fixed {
            Some(fixed) => parts.push(format!("< {}", self.version_text(fixed)?)),
            None if window.high == u32::MAX => {}
            None if window.is_before() => {
                let end = self.bound(window.high)?;
                parts.extend(end.map(|end| format!("< {end}")));
            }
            None => {
                let last = self.bound(window.high.saturating_sub(1))?;
                parts.extend(last.map(|last| format!("<= {last}")));
            }
        }
        Ok(if parts.is_empty() {
            "every version".to_owned()
        } else {
            parts.join(", ")
        })
    }

    pub(crate) fn head(&self, claim: &Claim) -> Result<Head, Corrupt> {
        decode(self.sections.item::<1>(HEAD_ENDS, HEADS, claim.head)?)
    }

    pub(crate) fn extra(&self, claim: &Claim) -> Result<Extra, Corrupt> {
        match claim.extra.checked_sub(1) {
            Some(index) => decode(self.sections.item::<1>(EXTRA_ENDS, EXTRAS, index)?),
            None => Ok(Extra::default()),
        }
    }

    pub(crate) fn text(&self, claim: &Claim) -> Result<Text, Corrupt> {
        let block = claim.head / BLOCK as u32;
        let packed = self.sections.item::<1>(BLOCK_ENDS, BLOCKS, block)?;
        let bytes = zstd::bulk::decompress(packed, MAX_BLOCK).map_err(|_| Corrupt)?;
        let texts: Vec<Text> = decode(&bytes)?;
        texts
            .into_iter()
            .nth(claim.head as usize % BLOCK)
            .ok_or(Corrupt)
    }
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Corrupt> {
    postcard::from_bytes(bytes).map_err(|_| Corrupt)
}

/// Verdicts by their number in a claim.
pub(super) const VERDICTS: [Verdict; 4] = [
    Verdict::Affected,
    Verdict::NotAffected,
    Verdict::UnderInvestigation,
    Verdict::Rated,
];

/// Fix states by their number in a claim.
pub(super) const STATES: [FixState; 7] = [
    FixState::Unknown,
    FixState::Fixed,
    FixState::NotFixed,
    FixState::WontFix,
    FixState::Deferred,
    FixState::EndOfLife,
    FixState::UnderInvestigation,
];
