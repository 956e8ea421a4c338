//! What a container sees, case by case: two layers and the view that engines
//! give of them.

use crate::fixture::{STATUS, archive, facts, has_gap};
use crate::pass::{Limits, read_layer};
use plimsoll_types::{Confidence, FileKind, Gap, GapKind, Inventory};

fn merged(layers: &[&[&str]]) -> Inventory {
    let layers: Vec<_> = layers
        .iter()
        .map(|entries| facts(&archive(entries)))
        .collect();
    super::merge(&layers)
}

fn view(inventory: &Inventory) -> String {
    let shown = inventory.files.iter().map(|file| match &file.kind {
        FileKind::Directory => format!("{}/", file.path),
        FileKind::Symlink(target) => format!("{}->{target}", file.path),
        _ => file.path.clone(),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn engines_and_the_merge_see_the_same() {
    let cases: &[(&[&str], &[&str], &str)] = &[
        (&["a/x", "a/y"], &["a/.wh.x"], "a/ a/y"),
        (&["a/x"], &["a/.wh..wh..opq", "a/n"], "a/ a/n"),
        (&["a/x"], &["a/n", "a/.wh..wh..opq"], "a/ a/n"),
        (&["a/s/x"], &["a/s/n", "a/.wh..wh..opq"], "a/ a/s/ a/s/n"),
        (&["x"], &[".wh.x", "x=new"], "x"),
        (&["etc/passwd"], &["etc/.wh..wh..opqX"], "etc/ etc/passwd"),
        (&["a/x", "a/.wh.gone", "a/.wh..wh..opq"], &["z"], "a/ a/x z"),
        (&["a/x"], &["a=file"], "a"),
        (&["a=file"], &["a/n"], "a/ a/n"),
        (&["t/keep", "l->t"], &["l/", "l/n"], "l/ l/n t/ t/keep"),
        (&["t/keep", "l/x"], &["l->t"], "l->t t/ t/keep"),
        (&["t/keep", "l->t"], &["l/n"], "l/ l/n t/ t/keep"),
        (
            &["t/keep", "l->t"],
            &["l/", "l/.wh..wh..opq", "l/n"],
            "l/ l/n t/ t/keep",
        ),
        (&["t/keep", "l->t"], &["l/.wh.keep"], "l/ t/ t/keep"),
        (&["/abs"], &[], "abs"),
        (&["a/../b"], &[], "b"),
        (&["../../esc"], &[], "esc"),
        (&["./x"], &["./.wh.x"], ""),
        (&["x", "h=>x"], &[".wh.x"], "h"),
        (&["x"], &[".wh.x", "h=>x"], ""),
        (&["a/x"], &["a/x@"], "a/"),
        (&["p/q/r"], &[], "p/ p/q/ p/q/r"),
        (&["x"], &[".wh.x=payload"], ""),
        (&["x"], &[".wh.x/"], ""),
        (&["x"], &[".wh.x->y"], ""),
        (&["t/", "l->t", "l/n"], &[], "l->t t/ t/n"),
        (&["t/", "l->/t", "l/n"], &[], "l->/t t/ t/n"),
        (&["a//b", "./a/./c"], &[], "a/ a/b a/c"),
    ];
    for (lower, upper, expected) in cases {
        assert_eq!(
            view(&merged(&[lower, upper])),
            *expected,
            "{lower:?} {upper:?}"
        );
    }
}

#[test]
fn what_engines_refuse_is_said() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["x"], &["x=new", ".wh.x"]),
        (&["a/x"], &["a/.wh."]),
        (&["x=1", "x=2"], &[]),
        (&["x", "x/", "x/n"], &[]),
        (&["x"], &["h=>x"]),
        (&["h=>missing"], &[]),
    ];
    for (lower, upper) in cases {
        let inventory = merged(&[lower, upper]);
        let malformed = |kind| kind == GapKind::ImageMalformed;
        assert!(
            inventory
                .coverage
                .gaps
                .iter()
                .any(|gap| malformed(gap.kind)),
            "{lower:?} {upper:?}"
        );
    }
}

#[test]
fn a_hard_link_keeps_the_content_it_was_made_of() {
    let inventory = merged(&[&["x=c", "h=>x"], &["x=new"]]);
    let digest = |path: &str| {
        inventory
            .files
            .iter()
            .find(|file| file.path == path)
            .and_then(|file| file.digest.clone())
    };
    assert_ne!(digest("x"), digest("h"));
    assert_eq!(
        inventory
            .files
            .iter()
            .find(|f| f.path == "h")
            .map(|f| (f.size, f.layer)),
        Some((1, 0))
    );
}

#[test]
fn archives_that_engines_accept_are_read_to_their_end() {
    let whole = archive(&["x=1"]);
    assert_eq!(view(&super::merge(&[facts(&whole[..1024])])), "x");
    assert_eq!(view(&super::merge(&[facts(&[])])), "");
    let two = [whole.clone(), archive(&["y=2"])].concat();
    assert_eq!(view(&super::merge(&[facts(&two)])), "x");
}

#[test]
fn a_broken_archive_keeps_what_came_before_and_says_so() {
    let whole = archive(&["x=1", "y=22222"]);
    for cut in [512 + 512 + 100, 512 + 512 + 512 + 2] {
        let inventory = super::merge(&[facts(&whole[..cut])]);
        assert!(view(&inventory).starts_with('x'), "{cut}");
        assert!(
            inventory
                .coverage
                .gaps
                .iter()
                .any(|gap| gap.kind == GapKind::ImageMalformed)
        );
    }
    assert!(read_layer(&b"not a tar archive at all"[..], &Limits::default()).is_err());
}

#[test]
fn files_of_the_distribution_fill_each_other_in() {
    let cases: &[(&[&str], &str)] = &[
        (
            &[
                "etc/os-release=ID=debian\nVERSION_ID=13\n",
                "etc/debian_version=13.5\n",
            ],
            "debian 13.5",
        ),
        (
            &[
                "etc/os-release=ID=debian\nVERSION_ID=12\n",
                "etc/debian_version=13.5\n",
            ],
            "debian 12",
        ),
        (
            &["etc/os-release=ID=debian\n", "etc/debian_version=10.8\n"],
            "debian 10.8",
        ),
        (
            &[
                "etc/os-release=ID=ubuntu\nVERSION_ID=22.04\n",
                "etc/debian_version=22.5\n",
            ],
            "ubuntu 22.04",
        ),
    ];
    for (entries, expected) in cases {
        let distro = merged(&[entries]).distro.unwrap();
        let found = format!("{} {}", distro.id, distro.version.unwrap_or_default());
        assert_eq!(found, *expected);
    }
}

#[test]
fn a_database_behind_a_link_is_read_or_missed() {
    let status = format!("opt/pkgdb/status={STATUS}");
    let single = format!("opt/pkgs/a={STATUS}");
    let hidden: &[(&[&str], &[&str], &str)] = &[
        (
            &["var/lib/dpkg->/opt/pkgdb", &status],
            &[],
            "var/lib/dpkg/status",
        ),
        (
            &["var/lib/dpkg/status->/opt/pkgdb/status", &status],
            &[],
            "var/lib/dpkg/status",
        ),
        (
            &["a->../../opt", "var/lib/dpkg->/a/pkgdb"],
            &[&status],
            "var/lib/dpkg/status",
        ),
        (
            &["var/lib/dpkg/status.d->/opt/pkgs", &single],
            &[],
            "var/lib/dpkg/status.d/a",
        ),
        (
            &["var/lib/dpkg/status.d/b->../../../../opt/pkgs/a", &single],
            &[],
            "var/lib/dpkg/status.d/b",
        ),
        (
            &["lib/apk/db/installed->/i", "i=P:a\nV:1\n\n"],
            &[],
            "lib/apk/db/installed",
        ),
        (
            &["var/lib/rpm->/opt/rpmdb", "opt/rpmdb/Packages=x"],
            &[],
            "var/lib/rpm/Packages",
        ),
        (
            &["var/lib/rpm/rpmdb.sqlite-wal->/opt/wal", "opt/wal=x"],
            &[],
            "var/lib/rpm/rpmdb.sqlite-wal",
        ),
        (
            &[
                "var/lib/dpkg/status->/x/lib/dpkg/info/a.list",
                "x/lib/dpkg/info/a.list=/bin\n",
            ],
            &[],
            "var/lib/dpkg/status",
        ),
    ];
    for (lower, upper, place) in hidden {
        let gaps = merged(&[lower, upper]).coverage.gaps;
        assert!(
            has_gap(&gaps, GapKind::DatabaseUnreadable, place),
            "{place}: {gaps:?}"
        );
    }
    let moved = format!("usr/lib/dpkg/status={STATUS}");
    let seen: &[&[&str]] = &[
        &["var/lib/dpkg->../../usr/lib/dpkg", &moved],
        &["lib->usr/lib", "usr/lib/apk/db/installed=P:a\nV:1\n\n"],
        &["var/lib/dpkg->/nowhere"],
        &["var/lib/dpkg->dpkg"],
        &["var/lib/dpkg/status->/empty", "empty="],
        &["var/lib/dpkg/status.d->/opt", "opt/"],
    ];
    for entries in seen {
        let gaps = merged(&[entries]).coverage.gaps;
        let unread = |gap: &&Gap| gap.kind == GapKind::DatabaseUnreadable;
        assert_eq!(gaps.iter().find(unread), None, "{entries:?}");
    }
}

#[test]
fn following_links_of_an_image_has_a_budget() {
    let layer = facts(&archive(&["a->b/c", "b/c/"]));
    let mut tree = super::Tree::new(100);
    tree.apply(0, &layer);
    assert_eq!(tree.real("a").as_deref(), Some("b/c"));
    assert_eq!(tree.real("a"), None);
    assert!(tree.is_spent());
}

#[test]
fn a_licence_file_speaks_for_the_package_that_declares_nothing() {
    let mozilla = "Mozilla Public License Version 2.0";
    let merged = merged(&[&[
        r#"node_modules/a/package.json={"name":"a","version":"1"}"#,
        &format!("node_modules/a/LICENSE={mozilla}"),
        r#"node_modules/b/package.json={"name":"b","version":"1","license":"GPL-2.0"}"#,
        &format!("node_modules/b/LICENSE={mozilla}"),
        r#"node_modules/c/package.json={"name":"c","version":"1"}"#,
    ]]);
    let licenses: Vec<_> = merged
        .packages
        .iter()
        .map(|package| package.license.as_deref())
        .collect();
    assert_eq!(licenses, [Some("MPL-2.0"), Some("GPL-2.0-only"), None]);
}

/// Names of packages, with those of the file that declares them.
fn names(inventory: &Inventory) -> Vec<&str> {
    let packages = inventory.packages.iter();
    packages.map(|p| p.record.name.as_str()).collect()
}

const LOCK: &str = r#"app/package-lock.json={"packages":{"":{},"node_modules/a":{"version":"1.0.0"},"node_modules/dev":{"version":"1.0.0","dev":true}}}"#;
const INSTALLED: &str = r#"app/node_modules/a/package.json={"name":"a","version":"1.0.0"}"#;

#[test]
fn what_a_lock_file_names_and_nobody_installed_is_not_in_the_image() {
    let inventory = merged(&[&[LOCK], &[INSTALLED]]);
    assert_eq!(names(&inventory), ["a"]);
    let a = &inventory.packages[0];
    assert_eq!(a.record.confidence, Confidence::Installed);
    // The lock file stays as evidence, but what it brought is only its word.
    assert_eq!((a.locations.len(), a.introduced), (2, 1));
    assert_eq!(inventory.coverage.gaps.len(), 0);
}

#[test]
fn a_lock_file_alone_is_the_only_word_there_is() {
    assert_eq!(names(&merged(&[&[LOCK]])), ["a", "dev"]);
    // Another project's packages say nothing of this one's.
    let other = r#"opt/node_modules/b/package.json={"name":"b","version":"1.0.0"}"#;
    assert_eq!(names(&merged(&[&[LOCK, other]])), ["a", "b", "dev"]);
    // Nor does a package of this tree that it does not name.
    let stray = r#"app/tool/node_modules/b/package.json={"name":"b","version":"1.0.0"}"#;
    assert_eq!(names(&merged(&[&[LOCK, stray]])), ["a", "b", "dev"]);
}

#[test]
fn packages_installed_elsewhere_fulfil_a_lock_file_for_the_most_part() {
    let lock = "app/requirements.txt=a==1\nB_c==1\nd==1\n";
    let installed =
        |name: &str| format!("usr/lib/{name}-1.dist-info/METADATA=Name: {name}\nVersion: 1\n");
    let (a, b) = (installed("A"), installed("b.c"));
    assert_eq!(names(&merged(&[&[lock, &a, &b]])), ["A", "b.c"]);
    assert_eq!(names(&merged(&[&[lock, &a]])).len(), 3);
}

#[test]
fn a_lock_file_is_no_copy_that_nobody_owns() {
    let status = format!("var/lib/dpkg/status={STATUS}");
    let inventory = merged(&[&[
        "etc/os-release=ID=debian\nVERSION_ID=12\n",
        &status,
        "var/lib/dpkg/info/a.list=/usr/lib/x-1.dist-info/METADATA\n",
        "usr/lib/x-1.dist-info/METADATA=Name: x\nVersion: 1\n",
        "app/requirements.txt=x==1\n",
    ]]);
    let x = inventory.packages.iter().find(|p| p.record.name == "x");
    assert_eq!(x.unwrap().owned_by.as_deref(), Some("a"));
}
