//! Gates about facts that no scan gathers. Each rule says so; a gate moves to
//! a file of its own once there is something to judge.

use super::{ANY, Facts, Fires, Gate, Trigger};
use crate::anchore::params::{Kind, Parameter, Values, optional, required};
use crate::verdict::Evidence;

/// Secrets in files.
pub(super) const SECRET_SCANS: Gate = Gate {
    name: "secret_scans",
    triggers: &[Trigger {
        names: &["content_regex_checks"],
        parameters: &[
            optional(&["content_regex_name"], Kind::Text),
            optional(&["filename_regex"], Kind::Regex),
            optional(&["match_type"], Kind::OneOf(&["found", "notfound"])),
        ],
        check: |_, _, fires| fires.missing("the image is not searched for secrets"),
    }],
};

/// Malware in files.
pub(super) const MALWARE: Gate = Gate {
    name: "malware",
    triggers: &[
        Trigger {
            names: &["scans"],
            parameters: &[],
            check: |_, _, fires| fires.missing("files are not scanned for malware"),
        },
        Trigger {
            names: &["scan_not_run"],
            parameters: &[],
            check: |_, _, fires| {
                fires.add(Evidence::Image, "No malware scans found for image");
            },
        },
    ],
};

/// The content of files.
pub(super) const RETRIEVED_FILES: Gate = Gate {
    name: "retrieved_files",
    triggers: &[
        Trigger {
            names: &["content_not_available"],
            parameters: &[required(&["path"], Kind::Text)],
            check: content_not_available,
        },
        Trigger {
            names: &["content_regex"],
            parameters: &[
                required(&["path"], Kind::Text),
                required(&["regex"], Kind::Regex),
                required(&["check"], Kind::OneOf(&["match", "no_match"])),
            ],
            check: |_, _, fires| fires.missing("the content of files is not kept"),
        },
    ],
};

/// Differences to the image that had the tag before.
pub(super) const TAG_DRIFT: Gate = Gate {
    name: "tag_drift",
    triggers: &[
        drift(&["packages_added"]),
        drift(&["packages_removed"]),
        drift(&["packages_modified"]),
    ],
};

/// Differences to the repository of the source.
pub(super) const IMAGE_SOURCE_DRIFT: Gate = Gate {
    name: "image_source_drift",
    triggers: &[Trigger {
        names: &[ANY],
        parameters: &[],
        check: |_, _, fires| fires.missing("what the image is compared with is not known"),
    }],
};

/// Results of STIG profiles.
pub(super) const STIG: Gate = Gate {
    name: "stig",
    triggers: &[Trigger {
        names: &[ANY],
        parameters: &[],
        check: |_, _, fires| fires.missing("results of STIG profiles are not known"),
    }],
};

const KINDS: &[Parameter] = &[optional(&["package_type", "package_types"], Kind::List)];

const fn drift(names: &'static [&'static str]) -> Trigger {
    Trigger {
        names,
        parameters: KINDS,
        check: |_, _, fires| fires.missing("what the image is compared with is not known"),
    }
}

/// Of all files only the accounts are kept.
fn content_not_available(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let kept = !facts.subject.inventory.users.is_empty();
    if values.text("path") != Some("/etc/passwd") || !kept {
        fires.add(Evidence::Image, "Cannot locate file in the image analysis");
    }
}
