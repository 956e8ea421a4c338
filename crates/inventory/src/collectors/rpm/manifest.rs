//! `container-manifest-1` and `-2`: what image builders leave behind when
//! they remove the rpm database.

use super::header::{KEY, source_package};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

/// Tab-separated: name, version-release, install time, build time, vendor,
/// epoch, size, architecture, epoch as a number, source rpm.
pub(super) fn table_row(line: &str) -> Option<PackageRecord> {
    let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
    let column = |at: usize| {
        let text = columns.get(at).copied()?;
        (!text.is_empty() && text != "(none)").then_some(text)
    };
    let (name, version) = (column(0)?, column(1)?);
    let mut record = record(name, version)?;
    record.vendor = column(4).map(str::to_owned);
    record.arch = column(7).map(str::to_owned);
    // The ninth column is 0 where the package has no epoch.
    record.epoch = match column(5) {
        Some(epoch) => column(8).unwrap_or(epoch).parse().ok(),
        None => column(8)
            .and_then(|epoch| epoch.parse().ok())
            .filter(|epoch| *epoch > 0),
    };
    record.source = column(9).and_then(|file| source_package(file, name, version));
    Some(record)
}

/// `NAME-VERSION-RELEASE.ARCH`, as `rpm -qa` prints it.
pub(super) fn name_line(line: &str) -> Option<PackageRecord> {
    let (rest, arch) = line.trim().rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let mut record = record(name, &format!("{version}-{release}"))?;
    record.arch = Some(arch.to_owned()).filter(|arch| arch != "(none)");
    Some(record)
}

fn record(name: &str, version: &str) -> Option<PackageRecord> {
    if name.is_empty() || name == KEY {
        return None;
    }
    Some(PackageRecord::new(
        Ecosystem::Rpm,
        name,
        Some(version.to_owned()),
        Confidence::Installed,
    ))
}
