//! Any document as VEX, applied to findings of an image.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_advisory::{Matched, Vex};
use plimsoll_types::{Digest, Finding, PackageUrl};

fuzz_target!(|data: &[u8]| {
    let Ok(vex) = Vex::read("vex.json", data) else {
        return;
    };
    let packages = [
        "pkg:deb/debian/curl@7.88.1?arch=amd64&distro=debian-12&upstream=curl",
        "pkg:rpm/redhat/samba@4.18-1.el9?arch=x86_64&epoch=1&distro=rhel-9.4",
        "pkg:npm/a@1.0.0",
        "pkg:npm/%40s/b@1.0.0",
        "pkg:golang/stdlib@1.20.14",
    ];
    let purls: Vec<PackageUrl> = packages.iter().flat_map(|text| text.parse()).collect();
    let records = purls.iter().filter_map(PackageUrl::record).collect();
    let mut inventory = plimsoll_inventory::of_packages("fuzz", "pkg", records);
    inventory.distro = purls.first().and_then(PackageUrl::distro);
    inventory.image.reference = Some("docker.io/library/shop:1.4".into());
    inventory.image.manifest = Some(Digest::sha256([1; 32]));
    for package in &mut inventory.packages {
        package.depends_on = vec![3, 4];
    }
    let findings = (0..inventory.packages.len()).map(|package| Finding {
        id: "CVE-2024-1".into(),
        aliases: vec!["GHSA-aaaa-bbbb-cccc".into()],
        package,
        ..Finding::default()
    });
    let mut matched = Matched {
        findings: findings.collect(),
        ..Matched::default()
    };
    let before = matched.findings.len();
    if let Ok(applied) = vex.apply(&inventory, &mut matched) {
        assert_eq!(before, matched.findings.len() + matched.suppressed.len());
        let _ = applied.warning();
    }
});
