//! Any content under a path that a collector asks for: the first byte picks
//! the path, the rest is the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_inventory::collector::{File, FileHead, Want};
use plimsoll_inventory::collectors;
use plimsoll_types::Mode;

const PATHS: &[&str] = &[
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/x",
    "var/lib/dpkg/info/x.md5sums",
    "var/lib/dpkg/info/x.list",
    "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "var/lib/rpmmanifest/container-manifest-2",
    "usr/lib/python3/site-packages/x-1.dist-info/METADATA",
    "usr/lib/python3/site-packages/x-1.dist-info/RECORD",
    "usr/lib/python3/site-packages/x-1.egg-info/PKG-INFO",
    "usr/lib/python3/site-packages/x-1.egg",
    "app/node_modules/x/package.json",
    "app/x.jar",
    "app/x.war",
    "usr/bin/x",
    "src/go.mod",
    "src/vendor/modules.txt",
    "x.cdx.json",
    "opt/bitnami/x/.spdx-x.spdx",
    "x.bom.xml",
    "etc/os-release",
    "etc/debian_version",
    "etc/passwd",
    "etc/group",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let path = PATHS[usize::from(*choice) % PATHS.len()];
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
