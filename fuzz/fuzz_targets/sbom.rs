//! Any document as a bill of materials, and what comes of it written in every
//! format and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_report::{Chosen, FORMATS, Report};
use std::collections::BTreeMap;

fuzz_target!(|data: &[u8]| {
    let Ok(bill) = plimsoll_sbom::read(data) else {
        return;
    };
    let report = Report {
        inventory: &bill.inventory,
        findings: &[],
        suppressed: &[],
        upgrades: &BTreeMap::new(),
        verdict: None,
        data: None,
        lifecycle: None,
        now: Default::default(),
        source_date: None,
        all: true,
        all_layers: true,
    };
    for format in FORMATS {
        let Some(chosen) = Chosen::of(format.name) else {
            continue;
        };
        let mut out = Vec::new();
        if chosen.render(&report, &mut out).is_ok() && !format.versions.is_empty() && format.name != "openvex" {
            let again = plimsoll_sbom::read(&out);
            assert!(again.is_ok(), "{}: {again:?}", format.name);
        }
    }
});
