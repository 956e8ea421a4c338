//! Any content under a path that a collector asks for: the first byte picks
//! the path, the rest is the file. `PLIMSOLL_FUZZ_PART=2/8` keeps to the second
//! eighth of the paths, so that each has its share of a short run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_inventory::collector::{File, FileHead, Want};
use plimsoll_inventory::collectors;
use plimsoll_types::Mode;
use std::sync::OnceLock;


fn paths() -> &'static [&'static str] {
    static PART: OnceLock<Vec<&str>> = OnceLock::new();
    PART.get_or_init(|| {
        let paths: Vec<&str> = include_str!("../../crates/inventory/tests/paths.txt").lines().collect();
        let Ok(text) = std::env::var("PLIMSOLL_FUZZ_PART") else {
            return paths;
        };
        let (part, of) = text.split_once('/').expect("PART/OF");
        let (part, of): (usize, usize) = (part.parse().expect("PART"), of.parse().expect("OF"));
        let mut parts = paths.chunks(paths.len().div_ceil(of));
        parts.nth(part - 1).expect("no such part").to_vec()
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let paths = paths();
    let path = paths[usize::from(*choice) % paths.len()];
    let mode = Mode(0o755);
    let magic = &bytes[..bytes.len().min(512)];
    let head = FileHead::new(path, bytes.len() as u64, mode, magic);
    for collector in collectors::ALL {
        if collector.wants(&head) == Want::No {
            continue;
        }
        // The tail also stands for the companion, where one is asked for.
        let (main, tail) = bytes.split_at(bytes.len() - bytes.len() / 4);
        let companion = matches!(collector.wants(&head), Want::WithCompanion { .. });
        let _ = collector.collect(&File {
            path,
            mode,
            bytes: if companion { main } else { bytes },
            companion: companion.then_some(tail),
        });
    }
});
