//! Which package a component is. The package URL says most; where it lacks
//! something, what Syft, Trivy and this program write beside it does.

use crate::component::Component;
use crate::properties;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, PackageUrl, SourcePackage, pep503};

/// A component as a record, with the package URL that it states.
///
/// # Errors
/// One line for people, when nothing names it.
pub(crate) fn of(component: &Component) -> Result<(PackageRecord, Option<PackageUrl>), String> {
    let stated = component.purl.as_deref();
    let purl = match stated.map(str::parse::<PackageUrl>) {
        Some(Err(error)) if component.name.is_none() => return Err(error.to_string()),
        parsed => parsed.and_then(Result::ok),
    };
    let ours = properties::ecosystem(&component.properties);
    let told = purl.as_ref().and_then(PackageUrl::record);
    let ecosystem = ours
        .or(component.ecosystem)
        .or(told.as_ref().map(|record| record.ecosystem))
        .unwrap_or(Ecosystem::Generic);
    let name = name(
        component,
        ecosystem,
        told.as_ref(),
        purl.as_ref(),
        ours.is_some(),
    );
    let Some(name) = name else {
        return Err("it has neither a name nor a package URL".to_owned());
    };
    let mut record = match told {
        Some(told) => PackageRecord { ecosystem, ..told },
        None => PackageRecord::new(ecosystem, "", None, Confidence::Declared),
    };
    record.name = name;
    let own = component.version.as_deref().map(str::trim);
    let own = own.filter(|version| !version.is_empty() && *version != "NOASSERTION");
    if ours.is_some() || component.exact || record.version.is_none() {
        // A range says what is wanted, not what is there.
        let own = own.filter(|version| !version.starts_with(['^', '~', '<', '>', '=', '*']));
        record.version = own.map(str::to_owned).or(record.version);
    }
    properties::split_epoch(&mut record);
    debian_epoch(&mut record, purl.as_ref());
    if record.ecosystem == Ecosystem::Golang && record.name == "stdlib" {
        let bare = |version: String| {
            version
                .strip_prefix("go")
                .map(str::to_owned)
                .unwrap_or(version)
        };
        record.version = record.version.map(bare);
    }
    if ours.is_none() {
        others(component, &mut record);
    }
    let known = record.version.clone();
    let redundant = |source: &SourcePackage| {
        source.name == record.name
            && source
                .version
                .as_ref()
                .is_none_or(|v| Some(v) == known.as_ref())
    };
    if record.source.as_ref().is_some_and(redundant) {
        record.source = None;
    }
    record.vendor.clone_from(&component.vendor);
    record.cpes.clone_from(&component.cpes);
    record.digests.clone_from(&component.digests);
    record.licenses.clone_from(&component.licenses);
    record.development |= component.development;
    Ok((record, purl))
}

fn name(
    component: &Component,
    ecosystem: Ecosystem,
    told: Option<&PackageRecord>,
    purl: Option<&PackageUrl>,
    ours: bool,
) -> Option<String> {
    let own = component.name.as_deref().map(str::trim);
    let own = own.filter(|name| !name.is_empty());
    let joined = own.map(|name| match component.group.as_deref().map(str::trim) {
        Some(group) if !group.is_empty() && ecosystem == Ecosystem::Maven => {
            format!("{group}:{name}")
        }
        Some(group) if !group.is_empty() => format!("{group}/{name}"),
        _ => name.to_owned(),
    });
    if let Some(stated) = component.property("plimsoll:name").filter(|_| ours) {
        return Some(stated.to_owned());
    }
    if ours || component.exact {
        return joined.or_else(|| told.map(|told| told.name.clone()));
    }
    match (told, purl) {
        // The package URL has the normal form; the package's own spelling is
        // what was installed.
        (Some(told), Some(purl)) if ecosystem == Ecosystem::Pypi => Some(match own {
            Some(own) if pep503(own) == purl.name => own.to_owned(),
            _ => told.name.clone(),
        }),
        // `pkg:maven/x@1` without a group.
        (Some(_), Some(purl)) if ecosystem == Ecosystem::Maven && purl.namespace.is_empty() => {
            Some(purl.name.clone())
        }
        (Some(told), _) => Some(told.name.clone()),
        // A type that has no ecosystem here: GitHub actions, images.
        (None, Some(purl)) if purl.namespace.is_empty() => Some(purl.name.clone()),
        (None, Some(purl)) => Some(format!("{}/{}", purl.namespace, purl.name)),
        (None, None) => joined,
    }
}

/// Trivy writes the epoch of Debian versions as a qualifier.
fn debian_epoch(record: &mut PackageRecord, purl: Option<&PackageUrl>) {
    if record.ecosystem != Ecosystem::Deb {
        return;
    }
    record.epoch = None;
    let epoch = purl.and_then(|purl| purl.qualifiers.get("epoch"));
    if let (Some(epoch), Some(version)) = (epoch, &mut record.version)
        && epoch != "0"
        && !version.contains(':')
    {
        *version = format!("{epoch}:{version}");
    }
}

/// Properties of Syft and Trivy where the package URL says nothing.
fn others(component: &Component, record: &mut PackageRecord) {
    let property = |names: [&str; 2]| names.iter().find_map(|name| component.property(name));
    if record.source.is_none() && record.ecosystem.is_os() {
        record.source = trivy_source(component).or_else(|| syft_source(component, record));
    }
    if record.modularity.is_none() {
        let label = property([
            "aquasecurity:trivy:Modularitylabel",
            "syft:metadata:modularityLabel",
        ]);
        record.modularity = label.map(str::to_owned);
    }
    if record.ecosystem.is_os() && record.arch.is_none() {
        let arch = component.property("syft:metadata:architecture");
        record.arch = arch.map(str::to_owned);
    }
    if record.ecosystem == Ecosystem::Rpm && record.epoch.is_none() {
        let epoch = component.property("syft:metadata:epoch");
        record.epoch = epoch.and_then(|epoch| epoch.parse().ok());
    }
    record.development |= component.property("cdx:npm:package:development") == Some("true");
}

fn trivy_source(component: &Component) -> Option<SourcePackage> {
    let get = |name: &str| component.property(&format!("aquasecurity:trivy:{name}"));
    let version = get("SrcVersion").map(|version| {
        let epoch = get("SrcEpoch").filter(|epoch| *epoch != "0");
        let epoch = epoch.map_or(String::new(), |epoch| format!("{epoch}:"));
        let release = get("SrcRelease").map_or(String::new(), |release| format!("-{release}"));
        format!("{epoch}{version}{release}")
    });
    Some(SourcePackage {
        name: get("SrcName")?.to_owned(),
        version,
    })
}

fn syft_source(component: &Component, record: &PackageRecord) -> Option<SourcePackage> {
    let get = |name: &str| component.property(&format!("syft:metadata:{name}"));
    if record.ecosystem == Ecosystem::Rpm {
        return source_rpm(get("sourceRpm")?);
    }
    let name = get("source")
        .or_else(|| get("originPackage"))
        .or_else(|| get("basePackage"))?;
    Some(SourcePackage {
        name: name.to_owned(),
        version: get("sourceVersion").map(str::to_owned),
    })
}

/// `name-version-release.src.rpm`.
pub(crate) fn source_rpm(file: &str) -> Option<SourcePackage> {
    let stem = file
        .strip_suffix(".src.rpm")
        .or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let mut parts = stem.rsplitn(3, '-');
    let (release, version) = (parts.next()?, parts.next()?);
    Some(SourcePackage {
        name: parts.next()?.to_owned(),
        version: Some(format!("{version}-{release}")),
    })
}
