use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What was looked at and what could not be. Every room of the road adds to
/// it; policy may gate on any of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Kinds of fact that were looked for, by collector or feed name.
    pub looked: BTreeSet<String>,
    /// What could not be looked at, sorted.
    pub gaps: BTreeSet<Gap>,
}

impl Coverage {
    /// Adds everything that `other` knows.
    pub fn extend(&mut self, other: Coverage) {
        self.looked.extend(other.looked);
        self.gaps.extend(other.gaps);
    }
}

/// One thing that could not be looked at, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// What: a path from the image root with nesting (`a.jar!/b.jar`), a
    /// namespace, a feed; empty for the image as a whole.
    pub subject: String,
    /// Index of the layer it lies in.
    pub layer: Option<u32>,
    /// One line for people: what was wrong with it.
    pub detail: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.subject.is_empty() {
            write!(f, " {}", self.subject)?;
        }
        if let Some(layer) = self.layer {
            write!(f, " (layer {})", layer + 1)?;
        }
        write!(f, ": {}", self.detail)
    }
}

macro_rules! gap_kinds {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $incomplete:literal;)*) => {
        /// Why something could not be looked at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum GapKind {
            $($(#[$doc])* #[serde(rename = $id)] $variant,)*
        }

        impl GapKind {
            /// Every kind.
            pub const ALL: &'static [GapKind] = &[$(GapKind::$variant),*];

            /// The name used in output and policies.
            pub fn as_str(self) -> &'static str {
                match self { $(GapKind::$variant => $id,)* }
            }

            /// Whether a verdict would rest on too little: whole parts of the
            /// image or of the data are unknown, not just one file.
            pub fn is_incomplete(self) -> bool {
                match self { $(GapKind::$variant => $incomplete,)* }
            }
        }
    };
}

gap_kinds! {
    /// A bound against hostile input was reached and reading stopped there.
    LimitExceeded = "limit-exceeded", true;
    /// A layer could not be read (foreign, encrypted, unknown media type), or a
    /// file of a directory could not be opened.
    LayerUnreadable = "layer-unreadable", true;
    /// Container engines would refuse this image.
    ImageMalformed = "image-malformed", true;
    /// Container engines would disagree about the content of this image.
    ImageAmbiguous = "image-ambiguous", true;
    /// A package database could not be read.
    DatabaseUnreadable = "database-unreadable", true;
    /// A package database that a lower layer had is gone.
    DatabaseRemoved = "database-removed", true;
    /// There are OS packages but no distribution to match them for.
    DistroUnknown = "distro-unknown", true;
    /// There is no advisory data for a namespace that has packages.
    NoAdvisoryData = "no-advisory-data", true;
    /// One file that should hold facts could not be read.
    EvidenceUnreadable = "evidence-unreadable", false;
    /// A package names no version, so nothing can be matched.
    VersionUnknown = "version-unknown", false;
    /// A package of somebody else than the distribution, of which the
    /// advisories of the distribution do not speak.
    ThirdParty = "third-party", false;
    /// A version does not parse in its scheme, so it was not compared.
    VersionUnparsable = "version-unparsable", false;
    /// Bytes follow the compressed stream of a layer, or it lacks its trailer;
    /// engines disagree whether it is valid, but not about its content.
    LayerTrailingData = "layer-trailing-data", false;
    /// History and layers do not line up, so no instruction is named.
    HistoryMismatch = "history-mismatch", false;
}

impl fmt::Display for GapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
