//! Go modules of executables, from the build information that the Go linker
//! leaves in them.

mod build_info;
mod main_version;
mod modules;
#[cfg(test)]
mod tests;

use crate::collector::{CollectError, CollectGap, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::GapKind;

/// Executables of Go are large; what is above this is hardly one.
const LIMIT: u64 = 512 << 20;

pub(crate) struct Go;

impl Collector for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn about(&self) -> &'static str {
        "Go modules and the standard library in executables: build information"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if is_executable(file.magic) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut collected = Collected::default();
        for info in build_info::find(file.bytes)? {
            collected
                .facts
                .push(Fact::Packages(modules::records(&info)));
        }
        let head = file.bytes.get(..512).unwrap_or(file.bytes);
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

/// Whether the first bytes are those of a linked ELF, PE or Mach-O file.
fn is_executable(magic: &[u8]) -> bool {
    match magic {
        [0x7f, b'E', b'L', b'F', ..] => {
            let kind = match magic.get(5) {
                Some(2) => magic.get(17),
                _ => magic.get(16),
            };
            // Executables and shared objects; not object files, kernel
            // modules and core dumps.
            // What is cut off before that is asked for, so that it is said.
            matches!(kind, Some(2 | 3) | None)
        }
        [b'M', b'Z', ..] => true,
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => true,
        // Class files of Java have the same magic, and a version of at least
        // 45 where universal binaries have a small count.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, count, ..] => *count < 45,
        _ => false,
    }
}
