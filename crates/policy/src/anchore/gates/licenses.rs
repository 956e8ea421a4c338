use super::facts::package_type;
use super::{Facts, Fires, Gate, Trigger};
use crate::anchore::params::{Kind, Parameter, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_types::Package;
use std::collections::BTreeSet;

/// Under which licences packages are.
pub(super) const GATE: Gate = Gate {
    name: "licenses",
    triggers: &[
        Trigger {
            names: &["blacklist_exact_match", "denylist_exact_match"],
            parameters: PARAMETERS,
            check: |values, facts, fires| {
                denied(values, facts, fires, "LICFULLMATCH", |license, listed| {
                    license == listed
                });
            },
        },
        Trigger {
            names: &["blacklist_partial_match", "denylist_partial_match"],
            parameters: PARAMETERS,
            check: |values, facts, fires| {
                denied(values, facts, fires, "LICSUBMATCH", |license, listed| {
                    license.contains(listed)
                });
            },
        },
    ],
};

const PARAMETERS: &[Parameter] = &[
    required(&["licenses"], Kind::List),
    optional(&["package_type"], Kind::Text),
];

/// Anchore makes one finding of all hits.
fn denied(
    values: &Values,
    facts: &Facts<'_>,
    fires: &mut Fires,
    word: &str,
    matches: fn(&str, &str) -> bool,
) {
    let wanted = values.text("package_type").filter(|kind| *kind != "all");
    let is_wanted = |package: &&Package| {
        let ecosystem = package.record.ecosystem;
        wanted.is_none_or(|wanted| match wanted {
            "os" => super::facts::is_os(ecosystem),
            "non-os" => !ecosystem.is_os(),
            kind => {
                let own = package_type(ecosystem);
                own.eq_ignore_ascii_case(kind) || ecosystem.as_str().eq_ignore_ascii_case(kind)
            }
        })
    };
    let mut hits: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for package in facts.subject.inventory.packages.iter().filter(is_wanted) {
        for license in names(package) {
            let mut listed = values.list("licenses").iter();
            let hit = format!("{}({license})", package.record.name);
            if listed.any(|listed| matches(&license, listed)) && seen.insert(hit.clone()) {
                hits.push(hit);
            }
        }
    }
    if !hits.is_empty() {
        let message = format!(
            "{word} Packages are installed that have blacklisted licenses: {}",
            hits.join(", ")
        );
        fires.add(Evidence::Image, message);
    }
}

/// What the licences of a package are called: the words that it declares, then
/// whole declarations and SPDX ids, so that names with blanks are found too.
fn names(package: &Package) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim_matches(['(', ')']);
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    for declared in &package.record.licenses {
        declared.split_whitespace().for_each(&mut add);
        add(declared.trim());
    }
    for word in package
        .license
        .iter()
        .flat_map(|text| text.split_whitespace())
    {
        if !matches!(word, "AND" | "OR" | "WITH") {
            add(word);
        }
    }
    names
}
