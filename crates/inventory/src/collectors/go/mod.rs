//! Go modules of executables, from the build information that the Go linker
//! leaves in them.

mod build_info;
mod main_version;
mod modules;
#[cfg(test)]
mod tests;

use super::executable::wanted;
use crate::collector::{CollectError, CollectGap, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
pub(super) use modules::Built;
use plimsoll_types::GapKind;

pub(crate) struct Go;

impl Collector for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn about(&self) -> &'static str {
        "Go modules and the standard library in executables: build information"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        wanted(file)
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut collected = Collected::default();
        for info in build_info::find(file.bytes)? {
            let built = modules::read(&info);
            let records = built.main.into_iter().chain(built.rest).collect();
            collected.facts.push(Fact::Packages(records));
        }
        let head = file.bytes.get(..1024).unwrap_or(file.bytes);
        if collected.facts.is_empty() && memchr::memmem::find(head, b"UPX!").is_some() {
            collected.gaps.push(CollectGap {
                kind: GapKind::EvidenceUnreadable,
                nested: Vec::new(),
                detail: "it is packed with UPX, so what it was built from cannot be seen".into(),
            });
        }
        Ok(collected)
    }
}

/// What Go programs in a file were built from; nothing where it is broken, as
/// that is said once.
pub(super) fn built(bytes: &[u8]) -> Vec<Built> {
    let found = build_info::find(bytes).unwrap_or_default();
    found.iter().map(modules::read).collect()
}
