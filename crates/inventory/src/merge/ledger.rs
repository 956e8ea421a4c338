//! Which package each file belongs to, and which files are not what their
//! package's record says.

use super::Visible;
use crate::facts::{Fact, OwnedFile};
use crate::path::{name, parent};
use plimsoll_types::{
    Alteration, Change, Confidence, Ecosystem, FileEntry, FileKind, Package, canonical,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The owners of files, by path.
#[derive(Default)]
pub(super) struct Ledger {
    files: HashMap<String, u32>,
    /// Folders that belong to one package as a whole.
    folders: HashMap<String, u32>,
    pub alterations: Vec<Alteration>,
}

/// What one package says of one file.
struct Claim<'a> {
    package: u32,
    file: &'a OwnedFile,
}

impl Ledger {
    /// `declaring` are paths that name packages and hold none.
    pub fn new(visible: &Visible<'_>, declaring: &HashSet<&str>, packages: &[Package]) -> Self {
        let mut ledger = Self::default();
        let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        for (at, package) in packages.iter().enumerate() {
            for place in &package.locations {
                if place.nested.is_empty()
                    && package.record.confidence != Confidence::Declared
                    && !declaring.contains(place.path.as_str())
                {
                    ledger.files.entry(place.path.clone()).or_insert(index(at));
                    if let Some(folder) = folder(package.record.ecosystem, &place.path) {
                        ledger.folders.insert(folder.to_owned(), index(at));
                    }
                }
            }
        }
        // By the folder of their evidence, too: one package may be installed
        // in several places, in several versions.
        let mut names: HashMap<(Ecosystem, Cow<'_, str>), u32> = HashMap::new();
        let mut places: HashMap<(Ecosystem, Cow<'_, str>, &str), u32> = HashMap::new();
        for (at, package) in packages.iter().enumerate().rev() {
            let ecosystem = package.record.ecosystem;
            let name = package.record.canonical_name();
            for place in &package.locations {
                places.insert((ecosystem, name.clone(), parent(&place.path)), index(at));
            }
            names.insert((ecosystem, name), index(at));
        }
        let mut claims: BTreeMap<String, Vec<Claim<'_>>> = BTreeMap::new();
        let mut directories: HashMap<&str, String> = HashMap::new();
        for (_, evidence) in visible.evidence() {
            for fact in &evidence.facts {
                let Fact::Owned(owners) = fact else { continue };
                for owner in owners {
                    let called = canonical(owner.ecosystem, &owner.package);
                    let here = (owner.ecosystem, called.clone(), parent(&evidence.path));
                    let known = places.get(&here);
                    let known = known.or_else(|| names.get(&(owner.ecosystem, called)));
                    let Some(&package) = known else { continue };
                    // The list itself is part of what the package brought.
                    ledger.files.entry(evidence.path.clone()).or_insert(package);
                    // What the distribution repackaged has its record there.
                    let repackaged = usize::try_from(package)
                        .ok()
                        .and_then(|index| packages.get(index))
                        .is_some_and(|package| package.owned_by.is_some());
                    for file in owner.files.iter().filter(|_| !repackaged) {
                        if let Some(folder) = file.path.strip_suffix('/') {
                            ledger.folders.insert(folder.to_owned(), package);
                            continue;
                        }
                        let directory = parent(&file.path);
                        let real = directories.entry(directory).or_insert_with(|| {
                            let real = visible.tree.real(directory);
                            real.unwrap_or_else(|| directory.to_owned())
                        });
                        let path = match real.as_str() {
                            "" => name(&file.path).to_owned(),
                            real => format!("{real}/{}", name(&file.path)),
                        };
                        note(claims.entry(path).or_default(), package, file);
                    }
                }
            }
        }
        let mut altered = BTreeSet::new();
        for (path, claims) in claims {
            if let Some(change) = change(visible, &path, &claims) {
                altered.insert(Alteration {
                    package: claims[0].package,
                    change,
                    layer: visible
                        .tree
                        .layer_of(&path)
                        .and_then(|layer| u32::try_from(layer).ok()),
                    path: path.clone(),
                });
            }
            if visible.tree.entry(&path).is_some() {
                ledger.files.insert(path, claims[0].package);
            }
        }
        ledger.alterations = altered.into_iter().collect();
        ledger
    }

    /// Writes each file's owner down.
    pub fn enter(&self, files: &mut [FileEntry]) {
        for file in files.iter_mut().filter(|file| file.kind == FileKind::File) {
            file.owner = self.files.get(&file.path).copied().or_else(|| {
                let mut at = parent(&file.path);
                while !at.is_empty() {
                    if let Some(&owner) = self.folders.get(at) {
                        return Some(owner);
                    }
                    at = parent(at);
                }
                None
            });
        }
    }
}

/// Adds what a package says of a file. Where it says it in two places, what
/// says more counts: that the file may change, its digest, at last its name.
fn note<'f>(claims: &mut Vec<Claim<'f>>, package: u32, file: &'f OwnedFile) {
    let rank = |file: &OwnedFile| (file.config, file.digest.is_some());
    match claims.iter_mut().find(|claim| claim.package == package) {
        Some(known) if rank(known.file) < rank(file) => known.file = file,
        Some(_) => {}
        None => claims.push(Claim { package, file }),
    }
}

/// The folder that a package has for itself, by its evidence.
fn folder(ecosystem: Ecosystem, evidence: &str) -> Option<&str> {
    let folder = parent(evidence);
    let own = match ecosystem {
        // Not that of an archive among others.
        Ecosystem::Npm => name(evidence) == "package.json",
        // A plugin may be a single file.
        Ecosystem::Wordpress => name(folder) != "plugins",
        Ecosystem::Cran | Ecosystem::Jvm => true,
        _ => false,
    };
    (own && !folder.is_empty()).then_some(folder)
}

/// What is wrong with a file, if nobody who claims it agrees with what is
/// there. Where changes are expected (configuration, what slim images leave
/// out) nothing is wrong.
fn change(visible: &Visible<'_>, path: &str, claims: &[Claim<'_>]) -> Option<Change> {
    let stated: Vec<_> = claims
        .iter()
        .filter(|claim| !claim.file.config)
        .filter_map(|claim| claim.file.digest.as_ref())
        .collect();
    if stated.len() < claims.len() {
        return None;
    }
    let Some(entry) = visible.tree.entry(path) else {
        let left_out =
            is_documentation(path) || visible.tree.entry(&format!("{path}.distrib")).is_some();
        return (!left_out).then_some(Change::Missing);
    };
    if entry.kind != FileKind::File {
        return Some(Change::Kind);
    }
    let sums = entry.sums?;
    let answers: Vec<_> = stated.iter().map(|digest| sums.agree(digest)).collect();
    answers
        .iter()
        .all(|agrees| *agrees == Some(false))
        .then_some(Change::Content)
}

/// What package managers are told to leave out of slim images.
fn is_documentation(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "usr/share/doc/",
        "usr/share/man/",
        "usr/share/info/",
        "usr/share/locale/",
        "usr/share/lintian/",
        "usr/share/linda/",
        "usr/share/groff/",
        "usr/share/doc-base/",
        "usr/share/gtk-doc/",
        "usr/share/help/",
        "usr/share/omf/",
        "usr/share/bug/",
    ];
    // Images of Python are often freed of bytecode and tests.
    let spared = path.contains("/tests/") || path.contains("/test/") || path.ends_with(".pyc");
    spared || FOLDERS.iter().any(|folder| path.starts_with(folder))
}
