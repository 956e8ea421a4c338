//! The words every room of Plimsoll uses: plain values that can be written to
//! disk, compared and tested without the room that made them.
//!
//! Nothing here reads a file, opens a socket or knows a format.

mod capabilities;
mod config;
mod coverage;
mod digest;
mod distro;
mod ecosystem;
mod explanation;
mod file;
mod finding;
mod inventory;
mod ledger;
mod package;
mod purl;
mod severity;
mod users;
mod vendor;
mod vex;

pub use capabilities::Capabilities;
pub use config::{Healthcheck, HistoryEntry, ImageConfig};
pub use coverage::{Coverage, Gap, GapKind};
pub use digest::{Digest, ParseDigestError};
pub use distro::{Distro, Lifecycle};
pub use ecosystem::Ecosystem;
pub use explanation::{Claim, Elsewhere, Explanation, Unsearched};
pub use file::{FileEntry, FileKind, Mode};
pub use finding::{
    Cvss, Epss, Finding, FindingClass, Fix, FixState, KnownExploited, Match, SeverityClaim,
    Suppressed, Suppression,
};
pub use inventory::{ImageIdentity, Inventory, Layer, Platform};
pub use ledger::{Alteration, Change, Ledger};
pub use package::{Confidence, Location, Package, PackageRecord, SourcePackage, canonical};
pub use purl::{PackageUrl, ParsePurlError, pep503};
pub use severity::Severity;
pub use users::{Group, Password, User};
pub use vex::{Justification, VexStatement, VexStatus};
