use super::{Facts, Fires, Gate, Trigger};
use crate::anchore::params::{Kind, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_types::{FileEntry, FileKind};

/// The files of the image.
pub(super) const GATE: Gate = Gate {
    name: "files",
    triggers: &[
        Trigger {
            names: &["content_regex_match"],
            parameters: &[optional(&["regex_name"], Kind::Text)],
            check: |_, _, fires| fires.missing("the content of files is not searched"),
        },
        Trigger {
            names: &["name_match"],
            parameters: &[required(&["regex"], Kind::Regex)],
            check: name_match,
        },
        Trigger {
            names: &["attribute_match"],
            parameters: &[
                required(&["filename"], Kind::Text),
                optional(&["checksum_algorithm"], Kind::OneOf(&["sha256"])),
                optional(&["checksum"], Kind::Text),
                optional(&["checksum_match"], Kind::OneOf(OPERATIONS)),
                optional(&["mode"], Kind::Text),
                optional(&["mode_op"], Kind::OneOf(OPERATIONS)),
                optional(&["skip_missing"], Kind::Bool),
            ],
            check: attribute_match,
        },
        Trigger {
            names: &["suid_or_guid_set"],
            parameters: &[],
            check: suid_or_guid_set,
        },
    ],
};

const OPERATIONS: &[&str] = &["equals", "not_equals"];

fn name_match(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let (Some(regex), files) = (values.regex("regex"), facts.files()) else {
        return;
    };
    let files = match files {
        Ok(files) => files,
        Err(why) => return fires.missing(why),
    };
    for (index, file) in files.iter().enumerate() {
        let path = format!("/{}", file.path);
        if regex.matches(&path) {
            let message = format!(
                "Application of regex matched file found in container: file={path} regexp={}",
                regex.text()
            );
            fires.add(Evidence::File(index), message);
        }
    }
}

fn attribute_match(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    if let Err(why) = facts.files() {
        return fires.missing(why);
    }
    let path = values.text("filename").unwrap_or_default();
    let Some((index, file)) = facts.file(path) else {
        if values.flag("skip_missing") == Some(false) {
            let message = format!("filename={path} and skip_missing=False");
            fires.add(Evidence::Image, message);
        }
        return;
    };
    let mut message = format!("filename={path}");
    let mut conditions = 0;
    if let Some(wanted) = values.text("checksum") {
        let digest = file.digest.as_ref().map(|digest| digest.as_str());
        let digest = digest.unwrap_or_default();
        let found = digest.strip_prefix("sha256:").unwrap_or(digest);
        let operation = values.text("checksum_match").unwrap_or("equals");
        if found.eq_ignore_ascii_case(wanted.trim()) != (operation == "equals") {
            return;
        }
        conditions += 1;
        message.push_str(&format!(
            " and checksum={found} op={operation} specified_checksum={wanted}"
        ));
    }
    if let Some(wanted) = values.text("mode") {
        let Ok(mode) = u32::from_str_radix(wanted.trim().trim_start_matches("0o"), 8) else {
            return fires.missing(&format!("`mode` is `{wanted}`, which is no octal number"));
        };
        let found = u32::from(file.mode.0);
        let operation = values.text("mode_op").unwrap_or("equals");
        if (found == mode) != (operation == "equals") {
            return;
        }
        conditions += 1;
        message.push_str(&format!(
            " and mode={found:#o} op={operation} specified_mode={mode:#o}"
        ));
    }
    if conditions > 0 {
        fires.add(Evidence::File(index), message);
    }
}

fn suid_or_guid_set(_: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let files = match facts.files() {
        Ok(files) => files,
        Err(why) => return fires.missing(why),
    };
    for (index, file) in files.iter().enumerate() {
        if file.mode.setuid() || file.mode.setgid() {
            let path = format!("/{}", file.path);
            let message = format!(
                "SUID or SGID found set on file {path}. Mode: {:#o}",
                with_type(file)
            );
            let fire = fires.add(Evidence::File(index), message);
            fire.advice = Some(format!("chmod a-s {}", crate::text::shell_word(&path)));
        }
    }
}

/// The mode with the bits of the file type, as `stat` has it.
fn with_type(file: &FileEntry) -> u32 {
    let kind = match file.kind {
        FileKind::File => 0o100_000,
        FileKind::Directory => 0o040_000,
        FileKind::Symlink(_) => 0o120_000,
        FileKind::CharDevice => 0o020_000,
        FileKind::BlockDevice => 0o060_000,
        FileKind::Fifo => 0o010_000,
        FileKind::Socket => 0o140_000,
    };
    kind | u32::from(file.mode.0)
}
