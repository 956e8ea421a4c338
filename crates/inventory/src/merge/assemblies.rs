//! Assemblies of .NET packages.
//!
//! An application's `deps.json` names its packages and the assemblies of
//! each; the assemblies name themselves, by other versions. What such a list
//! claims is one more place of the package, not a package of its own.

use super::Visible;
use crate::facts::Fact;
use plimsoll_types::{Ecosystem, Location, Package};
use std::collections::HashMap;

pub(super) fn claim(visible: &Visible<'_>, packages: &mut Vec<Package>) {
    // Assembly → the list that claims it, and the package that it names.
    let mut claims: HashMap<&str, (&str, &str)> = HashMap::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            let Fact::Listed(owners) = fact else { continue };
            for owner in owners {
                for file in &owner.files {
                    claims
                        .entry(&file.path)
                        .or_insert((&evidence.path, &owner.package));
                }
            }
        }
    }
    if claims.is_empty() {
        return;
    }
    let is_one = |package: &Package| {
        matches!(
            package.record.ecosystem,
            Ecosystem::Nuget | Ecosystem::Generic
        )
    };
    let mut named: HashMap<(String, String), usize> = HashMap::new();
    for (index, package) in packages
        .iter()
        .enumerate()
        .filter(|(_, package)| is_one(package))
    {
        for location in package
            .locations
            .iter()
            .filter(|location| location.nested.is_empty())
        {
            let key = (location.path.clone(), package.record.name.clone());
            named.entry(key).or_insert(index);
        }
    }
    let mut moved: Vec<(usize, Location)> = Vec::new();
    for package in packages.iter_mut().filter(|package| is_one(package)) {
        package.locations.retain(|location| {
            let Some((list, name)) = claims.get(location.path.as_str()) else {
                return true;
            };
            match named.get(&((*list).to_owned(), (*name).to_owned())) {
                Some(owner) => {
                    moved.push((*owner, location.clone()));
                    false
                }
                None => true,
            }
        });
    }
    for (owner, location) in moved {
        if let Some(package) = packages.get_mut(owner) {
            package.locations.push(location);
        }
    }
    packages.retain_mut(|package| {
        package.locations.sort();
        package.locations.dedup();
        !package.locations.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use crate::collectors::dotnet::library;
    use crate::fixture::{archive, ended, entry, facts, file};

    #[test]
    fn an_assembly_that_a_list_claims_is_no_second_package() {
        let deps = r#"app/app.deps.json={"runtimeTarget":{"name":"t"},"targets":{"t":{"System.Data.SqlClient/4.8.5":{"runtime":{"lib/net8.0/System.Data.SqlClient.dll":{"fileVersion":"4.700.22.51706"}}}}},"libraries":{"System.Data.SqlClient/4.8.5":{"type":"package"}}}"#;
        let listed = library("System.Data.SqlClient", "4.700.22.51706");
        let other = library("Other", "1.2.3");
        let layer = [
            entry(deps),
            file("app/System.Data.SqlClient.dll", b'0', "", &listed),
            file("app/Other.dll", b'0', "", &other),
        ];
        let upper = archive(&[]);
        let inventory = super::super::merge(&[facts(&ended(layer.concat())), facts(&upper)]);
        let packages: Vec<_> = inventory
            .packages
            .iter()
            .map(|p| {
                (
                    p.record.name.as_str(),
                    p.record.full_version(),
                    p.locations.len(),
                )
            })
            .collect();
        assert_eq!(
            packages,
            [
                ("Other", "1.2.3".to_owned(), 1),
                ("System.Data.SqlClient", "4.8.5".to_owned(), 2),
            ]
        );
    }
}
