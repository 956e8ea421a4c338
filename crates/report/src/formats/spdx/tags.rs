//! The document as lines of tags and values.

use super::{Annotation, Document, PackageEntry};
use std::fmt::Write;

pub(super) fn of(document: &Document) -> String {
    let mut out = String::new();
    let mut line = |tag: &str, value: &str| tag_line(&mut out, tag, value);
    line("SPDXVersion", document.spdx_version);
    line("DataLicense", document.data_license);
    line("SPDXID", document.spdxid);
    line("DocumentName", &document.name);
    line("DocumentNamespace", &document.document_namespace);
    for creator in &document.creation_info.creators {
        line("Creator", creator);
    }
    line("Created", &document.creation_info.created);
    annotations(&mut out, document.spdxid, &document.annotations);
    for entry in &document.packages {
        package(&mut out, entry);
    }
    for extracted in &document.has_extracted_licensing_infos {
        out.push('\n');
        tag_line(&mut out, "LicenseID", &extracted.license_id);
        text(&mut out, "ExtractedText", &extracted.extracted_text);
        tag_line(&mut out, "LicenseName", &extracted.name);
    }
    out.push('\n');
    for relationship in &document.relationships {
        let _ = writeln!(
            out,
            "Relationship: {} {} {}",
            relationship.spdx_element_id,
            relationship.relationship_type,
            relationship.related_spdx_element
        );
    }
    out
}

fn package(out: &mut String, entry: &PackageEntry) {
    out.push('\n');
    tag_line(out, "PackageName", &entry.name);
    tag_line(out, "SPDXID", &entry.spdxid);
    let some = |out: &mut String, tag: &str, value: Option<&String>| {
        if let Some(value) = value {
            tag_line(out, tag, value);
        }
    };
    some(out, "PackageVersion", entry.version_info.as_ref());
    some(out, "PackageSupplier", entry.supplier.as_ref());
    tag_line(out, "PackageDownloadLocation", entry.download_location);
    let purpose = entry.primary_package_purpose.replace('_', "-");
    tag_line(out, "PrimaryPackagePurpose", &purpose);
    tag_line(out, "FilesAnalyzed", &entry.files_analyzed.to_string());
    for checksum in &entry.checksums {
        let _ = writeln!(
            out,
            "PackageChecksum: {}: {}",
            checksum.algorithm, checksum.checksum_value
        );
    }
    if let Some(info) = &entry.source_info {
        text(out, "PackageSourceInfo", info);
    }
    tag_line(out, "PackageLicenseConcluded", &entry.license_concluded);
    tag_line(out, "PackageLicenseDeclared", &entry.license_declared);
    tag_line(out, "PackageCopyrightText", entry.copyright_text);
    for reference in &entry.external_refs {
        let _ = writeln!(
            out,
            "ExternalRef: {} {} {}",
            reference.reference_category, reference.reference_type, reference.reference_locator
        );
    }
    annotations(out, &entry.spdxid, &entry.annotations);
}

fn annotations(out: &mut String, about: &str, annotations: &[Annotation]) {
    for annotation in annotations {
        tag_line(out, "Annotator", &annotation.annotator);
        tag_line(out, "AnnotationDate", &annotation.annotation_date);
        tag_line(out, "AnnotationType", annotation.annotation_type);
        tag_line(out, "SPDXREF", about);
        text(out, "AnnotationComment", &annotation.comment);
    }
}

/// A value is one line, and nothing in it may reach a terminal.
fn tag_line(out: &mut String, tag: &str, value: &str) {
    let words: Vec<_> = value.split(char::is_control).collect();
    let _ = writeln!(out, "{tag}: {}", crate::plain::plain(&words.join(" ")));
}

fn text(out: &mut String, tag: &str, value: &str) {
    let value = crate::plain::plain(value).replace("</text>", "< /text>");
    let _ = writeln!(out, "{tag}: <text>{value}</text>");
}
