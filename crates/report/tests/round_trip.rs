//! What every format keeps: written and read again it is the same inventory.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;

use fixture::{Case, package};
use plimsoll_report::FORMATS;
use plimsoll_types::{Ecosystem, Inventory, Package};
use proptest::prelude::*;

/// Every format in every version that holds a bill of materials.
fn formats() -> Vec<String> {
    let is_bill = |name: &str| !name.ends_with("vex");
    let formats = FORMATS
        .iter()
        .filter(|format| !format.versions.is_empty() && is_bill(format.name));
    let versioned = formats.flat_map(|format| {
        let versions = format.versions.iter();
        versions.map(|version| format!("{}@{version}", format.name))
    });
    versioned.collect()
}

fn again(case: &Case, format: &str) -> Inventory {
    let text = case.render(format);
    plimsoll_sbom::read(text.as_bytes())
        .unwrap_or_else(|error| panic!("{format}: {error}"))
        .inventory
}

/// What no format says: the names behind the edges, and the nesting of the
/// first piece of evidence, which its location repeats.
fn comparable(packages: &[Package]) -> Vec<Package> {
    let mut packages = packages.to_vec();
    for package in &mut packages {
        package.record.requires.clear();
        package.record.nested.clear();
    }
    packages
}

fn sorted(case: &mut Case) {
    let packages = &mut case.inventory.packages;
    let edges: Vec<(String, Vec<String>)> = packages
        .iter()
        .map(|package| {
            let needs = package
                .depends_on
                .iter()
                .map(|&to| packages[to as usize].record.name.clone());
            (package.record.name.clone(), needs.collect())
        })
        .collect();
    packages.sort_by(|a, b| a.record.identity().cmp(&b.record.identity()));
    for (name, needs) in edges {
        let indexes = needs.iter().map(|need| {
            packages
                .iter()
                .position(|p| p.record.name == *need)
                .unwrap() as u32
        });
        let mut indexes: Vec<u32> = indexes.collect();
        indexes.sort_unstable();
        packages
            .iter_mut()
            .find(|p| p.record.name == name)
            .unwrap()
            .depends_on = indexes;
    }
}

#[test]
fn every_format_keeps_the_inventory() {
    let mut case = fixture::everything();
    sorted(&mut case);
    for format in formats() {
        let read = again(&case, &format);
        let inventory = &case.inventory;
        let pairs = comparable(&read.packages).into_iter();
        for (read, written) in pairs.zip(comparable(&inventory.packages)) {
            assert_eq!(read, written, "{format}");
        }
        assert_eq!(read.packages.len(), inventory.packages.len(), "{format}");
        assert_eq!(
            comparable(&read.removed_packages),
            comparable(&inventory.removed_packages),
            "{format}"
        );
        assert_eq!(read.distro, inventory.distro, "{format}");
        assert_eq!(read.layers, inventory.layers, "{format}");
        let mut image = inventory.image.clone();
        image.source = "sbom".to_owned();
        assert_eq!(read.image, image, "{format}");
        let mut looked = inventory.coverage.clone();
        looked.looked.insert("sbom".to_owned());
        assert_eq!(read.coverage, looked, "{format}");
    }
}

#[test]
fn a_conversion_of_a_conversion_is_the_same() {
    let mut case = fixture::everything();
    sorted(&mut case);
    case.inventory = again(&case, "cyclonedx");
    let direct = case.render("spdx-json@3.0");
    for format in formats() {
        let mut over = fixture::everything();
        over.inventory = again(&case, &format);
        over.inventory.config.clone_from(&case.inventory.config);
        let (over, direct) = (over.render("spdx-json@3.0"), &direct);
        let mut lines = over.lines().zip(direct.lines());
        // The ids hold a hash of everything.
        let first = lines.find(|(over, direct)| over != direct && !over.contains("urn:uuid:"));
        assert_eq!(first, None, "{format}");
        assert_eq!(over, *direct, "{format}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_name_and_version_comes_back(
        name in "[A-Za-z0-9][A-Za-z0-9._ +~@%-]{0,12}[A-Za-z0-9]",
        version in "[0-9][0-9A-Za-z.+~_-]{0,10}",
        license in "[ -~]{1,20}",
        path in "[ -~]{1,20}",
    ) {
        let mut case = fixture::pass();
        case.inventory.packages.clear();
        for ecosystem in Ecosystem::ALL {
            let mut one = package(*ecosystem, name.trim(), &version, 2, &path);
            one.record.licenses = vec![license.trim().to_owned()];
            one.record.licenses.retain(|license| !license.is_empty());
            one.license = plimsoll_license::expression(&one.record.licenses);
            if *ecosystem == Ecosystem::Maven {
                one.record.name = format!("org.example:{name}");
            }
            case.inventory.packages.push(one);
        }
        sorted(&mut case);
        for format in formats() {
            let read = again(&case, &format);
            prop_assert_eq!(comparable(&read.packages), comparable(&case.inventory.packages), "{}", format);
        }
    }
}
