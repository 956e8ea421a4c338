//! Go modules that only a `go.sum` names.
//!
//! Before Go 1.17 a `go.mod` left out what other modules need, and the sums of
//! what was unpacked are the only list of it. Since then they only add what
//! was once looked at.

use crate::path::{name, parent};
use plimsoll_types::{Ecosystem, Inventory, Package};
use std::collections::{HashMap, HashSet};

pub(super) fn settle(inventory: &mut Inventory) {
    // Names in each `go.mod`, for those that leave something out.
    let mut partial: HashMap<String, HashSet<String>> = HashMap::new();
    for module in places(&inventory.packages, "go.mod") {
        let (folder, package) = module;
        if package.record.name == "stdlib" && is_partial(&package.record.full_version()) {
            partial.insert(folder.to_owned(), HashSet::new());
        }
    }
    for (folder, package) in places(&inventory.packages, "go.mod") {
        if let Some(names) = partial.get_mut(folder) {
            names.insert(package.record.name.clone());
        }
    }
    for packages in [&mut inventory.packages, &mut inventory.removed_packages] {
        packages.retain_mut(|package| {
            if package.record.ecosystem != Ecosystem::Golang {
                return true;
            }
            let module = &package.record.name;
            package.locations.retain(|place| {
                let names = partial.get(parent(&place.path));
                name(&place.path) != "go.sum" || names.is_some_and(|names| !names.contains(module))
            });
            !package.locations.is_empty()
        });
    }
}

/// Go packages with a file of that name, and its folder.
fn places<'a>(
    packages: &'a [Package],
    file: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Package)> {
    packages
        .iter()
        .filter(|package| package.record.ecosystem == Ecosystem::Golang)
        .flat_map(|package| package.locations.iter().map(move |place| (place, package)))
        .filter(move |(place, _)| name(&place.path) == file)
        .map(|(place, package)| (parent(&place.path), package))
}

fn is_partial(release: &str) -> bool {
    let mut parts = release.split('.').map(|part| part.parse::<u32>().ok());
    matches!(
        (parts.next(), parts.next()),
        (Some(Some(1)), Some(Some(..17)))
    )
}

#[cfg(test)]
mod tests {
    use crate::fixture::{archive, facts};

    #[test]
    fn sums_count_where_the_module_file_leaves_something_out() {
        let found = |release: &str| {
            let module = format!("src/go.mod=module m\ngo {release}\nrequire a.b/c v1.0.0\n");
            let sums = "src/go.sum=a.b/c v1.1.0 h1:x=\na.b/d v1.2.0 h1:x=\n";
            let inventory = super::super::merge(&[facts(&archive(&[&module, sums]))]);
            let packages = inventory.packages.iter();
            let modules = packages.filter(|package| package.record.name.starts_with("a.b/"));
            modules
                .map(|p| format!("{}@{}", p.record.name, p.record.full_version()))
                .collect::<Vec<_>>()
        };
        assert_eq!(found("1.16"), ["a.b/c@v1.0.0", "a.b/d@v1.2.0"]);
        assert_eq!(found("1.17"), ["a.b/c@v1.0.0"]);
        assert_eq!(found("1.22.1"), ["a.b/c@v1.0.0"]);
    }
}
