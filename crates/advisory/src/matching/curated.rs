//! What feeds say of a whole source or product, and is known not to be true
//! of some of its parts. Each row says why; nothing is dropped by it, only
//! set apart.

use plimsoll_types::{Ecosystem, PackageRecord, Suppression};

struct Row {
    /// Ids that it is about; none is every id.
    ids: &'static [&'static str],
    ecosystem: Ecosystem,
    source: &'static str,
    name: fn(&str) -> bool,
    reason: Suppression,
    detail: &'static str,
}

const HEADERS: &str = "it holds headers of the kernel, and containers use the kernel of the host";
const LOG4J: &[&str] = &[
    "CVE-2021-44228",
    "CVE-2021-45046",
    "GHSA-jfh8-c2jp-5v3q",
    "GHSA-7rjr-3q55-vv33",
];

const ROWS: &[Row] = &[
    Row {
        ids: &[],
        ecosystem: Ecosystem::Deb,
        source: "linux",
        name: is_deb_headers,
        reason: Suppression::KernelHeaders,
        detail: HEADERS,
    },
    Row {
        ids: &[],
        ecosystem: Ecosystem::Rpm,
        source: "kernel",
        name: |name| {
            matches!(name, "kernel-headers" | "kernel-devel") || name.starts_with("kernel-devel-")
        },
        reason: Suppression::KernelHeaders,
        detail: HEADERS,
    },
    Row {
        ids: &[],
        ecosystem: Ecosystem::Apk,
        source: "linux-headers",
        name: |name| name == "linux-headers",
        reason: Suppression::KernelHeaders,
        detail: HEADERS,
    },
    Row {
        ids: &[],
        ecosystem: Ecosystem::Rpm,
        source: "",
        name: |name| name.ends_with("-filesystem"),
        reason: Suppression::OtherPart,
        detail: "it holds folders and no code",
    },
    Row {
        ids: &["CVE-2023-45853"],
        ecosystem: Ecosystem::Deb,
        source: "zlib",
        name: |name| name.starts_with("zlib1g"),
        reason: Suppression::OtherPart,
        detail: "the flaw is in minizip, which is not built into this package",
    },
    Row {
        ids: LOG4J,
        ecosystem: Ecosystem::Maven,
        source: "",
        name: |name| {
            name.starts_with("org.apache.logging.log4j:")
                && name != "org.apache.logging.log4j:log4j-core"
        },
        reason: Suppression::OtherPart,
        detail: "the flaw is in log4j-core, not in its interfaces and bridges",
    },
    Row {
        ids: &["CVE-2015-5237", "CVE-2021-22570"],
        ecosystem: Ecosystem::Golang,
        source: "",
        name: |name| name == "google.golang.org/protobuf" || name == "github.com/golang/protobuf",
        reason: Suppression::OtherPart,
        detail: "the flaw is in the C++ implementation",
    },
];

/// Why a vulnerability, known by `ids`, does not concern a package.
pub(super) fn reason<'a>(
    package: &PackageRecord,
    ids: impl Iterator<Item = &'a str> + Clone,
) -> Option<(Suppression, &'static str)> {
    let row = ROWS.iter().find(|row| {
        row.ecosystem == package.ecosystem
            && (row.name)(&package.name)
            && (row.source.is_empty() || package.source_name().starts_with(row.source))
            && (row.ids.is_empty() || ids.clone().any(|id| row.ids.contains(&id)))
    })?;
    Some((row.reason, row.detail))
}

/// `linux-libc-dev`, `linux-kbuild-6.1`, `linux-headers-6.1.0-13-amd64`. What
/// holds programs (`linux-perf`, `bpftool`) is not among them.
fn is_deb_headers(name: &str) -> bool {
    name == "linux-libc-dev"
        || name.starts_with("linux-libc-dev-")
        || name.starts_with("linux-kbuild-")
        || name.starts_with("linux-") && name.contains("headers-")
}
