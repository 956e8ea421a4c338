//! What a container sees, case by case: two layers and the view that engines
//! give of them.

mod system;

use crate::facts::{Evidence, Fact, LayerFacts};
use crate::fixture::{STATUS, archive, facts, has_gap};
use crate::pass::{Limits, read_layer};
use plimsoll_types::{
    Change, Confidence, Ecosystem, FileKind, Gap, GapKind, Inventory, PackageRecord, Password,
};

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

const DPKG: &str = "var/lib/dpkg/status=Package: hi\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n";
/// MD5 of `hi`.
const SUMS: &str = "var/lib/dpkg/info/hi.md5sums=49f68a5c8493ec2c0bf489821c21fc3b  usr/bin/hi\n49f68a5c8493ec2c0bf489821c21fc3b  usr/share/man/hi.1\n49f68a5c8493ec2c0bf489821c21fc3b  lib/hi.so\n";

fn altered(layers: &[&[&str]]) -> Vec<(String, Change, Option<u32>)> {
    let merged = merged(layers);
    assert_eq!(merged.packages.len(), 1);
    let altered = merged.alterations.into_iter();
    altered.map(|a| (a.path, a.change, a.layer)).collect()
}

#[test]
fn files_are_compared_with_the_record_of_their_package() {
    let base: &[&str] = &[
        DPKG,
        SUMS,
        "usr/bin/hi=hi",
        "lib->usr/lib",
        "usr/lib/hi.so=hi",
    ];
    assert_eq!(altered(&[base]), []);
    assert_eq!(
        altered(&[base, &["usr/bin/hi=HI"]]),
        [("usr/bin/hi".into(), Change::Content, Some(1))]
    );
    assert_eq!(
        altered(&[base, &["usr/lib/.wh.hi.so", "usr/bin/hi->/bin/sh"]]),
        [
            ("usr/bin/hi".into(), Change::Kind, Some(1)),
            ("usr/lib/hi.so".into(), Change::Missing, None),
        ]
    );
}

#[test]
fn the_ledger_tells_what_belongs_to_packages() {
    let mut merged = merged(&[&[
        DPKG,
        SUMS,
        "usr/bin/hi=hi",
        r#"app/node_modules/a/package.json={"name":"a","version":"1"}"#,
        "app/node_modules/a/lib/x.js=12345",
        "app/main.js=123",
        "opt/tool=\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0",
    ]]);
    let ledger = merged.ledger();
    assert_eq!((ledger.files, ledger.unowned_files), (7, 2));
    assert_eq!(ledger.unowned_programs, 1);
    merged.files.retain(|file| file.owner.is_none());
    assert_eq!(
        view(&merged)
            .split_whitespace()
            .filter(|p| !p.ends_with('/'))
            .collect::<Vec<_>>(),
        ["app/main.js", "opt/tool"]
    );
}

fn status(packages: &[&str]) -> String {
    let paragraphs = packages.iter().map(|package| {
        let (name, version) = package.split_once('@').unwrap();
        format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
    });
    format!("var/lib/dpkg/status={}", paragraphs.collect::<String>())
}

/// `name@version:layer`, and `-name@version:layer` for removed ones.
fn brought(layers: &[&[&str]]) -> Vec<String> {
    let merged = merged(layers);
    let shown = |sign: &str, package: &plimsoll_types::Package| {
        let record = &package.record;
        format!(
            "{sign}{}@{}:{}",
            record.name,
            record.full_version(),
            package.introduced
        )
    };
    let present = merged.packages.iter().map(|package| shown("", package));
    let removed = merged
        .removed_packages
        .iter()
        .map(|package| shown("-", package));
    present.chain(removed).collect()
}

#[test]
fn a_package_belongs_to_the_layer_where_its_unbroken_run_began() {
    let layers = [
        status(&["a@1", "b@1", "c@1"]),
        status(&["a@1", "b@2"]),
        status(&["a@1", "b@2", "c@1", "d@1"]),
        "etc/motd=hello".to_owned(),
    ];
    let layers: Vec<[&str; 1]> = layers.iter().map(|layer| [layer.as_str()]).collect();
    let layers: Vec<&[&str]> = layers.iter().map(|layer| layer.as_slice()).collect();
    assert_eq!(
        brought(&layers),
        ["a@1:0", "b@2:1", "c@1:2", "d@1:2", "-b@1:0"]
    );
}

#[test]
fn the_second_name_of_a_file_survives_the_first() {
    let package = r#"node_modules/a/package.json={"name":"a","version":"1"}"#;
    let link = "node_modules/b/package.json=>node_modules/a/package.json";
    assert_eq!(
        brought(&[&[package, link], &["node_modules/a/.wh.package.json"]]),
        ["a@1:0"]
    );
    let both = merged(&[&[package, link]]);
    assert_eq!(both.packages[0].locations.len(), 2);
}

#[test]
fn a_folder_that_became_a_link_hides_what_was_in_it() {
    let package = r#"app/node_modules/a/package.json={"name":"a","version":"1"}"#;
    assert_eq!(brought(&[&[package], &["app->/srv"]]), ["-a@1:0"]);
}

#[test]
fn one_package_in_two_databases_is_one_package() {
    let layers: &[&[&str]] = &[
        &[&status(&["a@1"])],
        &["var/lib/dpkg/status.d/a=Package: a\nVersion: 1\n"],
    ];
    let merged = merged(layers);
    assert_eq!(merged.packages.len(), 1);
    assert_eq!(merged.packages[0].locations.len(), 2);
}

#[test]
fn a_program_of_the_distribution_is_no_package_of_its_own() {
    let status = format!("var/lib/dpkg/status={STATUS}");
    let list = "var/lib/dpkg/info/a.list=/.\n/usr/bin/openssl\n";
    let program = "usr/bin/openssl=\0OpenSSL 3.0.2 15 Mar 2022\0";
    let names = |upper: &[&str]| {
        let packages = merged(&[&[&status, list, program], upper]).packages;
        let names = packages.into_iter().map(|package| package.record.name);
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&[]), "a");
    assert_eq!(names(&[program]), "a openssl");
    let copy = program.replace("usr/bin", "opt");
    assert_eq!(names(&[&copy]), "a openssl");
}

/// Names of packages, with those of the file that declares them.
fn names(inventory: &Inventory) -> Vec<&str> {
    let packages = inventory.packages.iter();
    packages.map(|p| p.record.name.as_str()).collect()
}

const LOCK: &str = r#"app/package-lock.json={"packages":{"":{},"node_modules/a":{"version":"1.0.0","integrity":"sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY="},"node_modules/dev":{"version":"1.0.0","dev":true}}}"#;
const INSTALLED: &str = r#"app/node_modules/a/package.json={"name":"a","version":"1.0.0"}"#;

#[test]
fn what_a_lock_file_names_and_nobody_installed_is_not_in_the_image() {
    let inventory = merged(&[&[LOCK], &[INSTALLED]]);
    assert_eq!(names(&inventory), ["a"]);
    let a = &inventory.packages[0];
    assert_eq!(a.record.confidence, Confidence::Installed);
    // The lock file stays as evidence, but what it brought is only its word.
    assert_eq!((a.locations.len(), a.introduced), (2, 1));
    assert_eq!(a.record.digests.len(), 1);
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
fn gems_of_repositories_are_known_from_the_lock_file_only() {
    let inventory = merged(&[&[
        "app/Gemfile.lock=GIT\n  remote: https://h/g.git\n  revision: 12\n  specs:\n    g (1.0)\n\nGEM\n  remote: x\n  specs:\n    a (1.0)\n    b (1.0)\n    test (1.0)\n",
        "usr/lib/gems/specifications/a-1.0.gemspec=# stub: a 1.0 ruby lib\n",
        "usr/lib/gems/specifications/b-1.0.gemspec=# stub: b 1.0 ruby lib\n",
    ]]);
    assert_eq!(names(&inventory).len(), 4);
    let more = merged(&[&[
        "app/Gemfile.lock=GIT\n  remote: https://h/g.git\n  revision: 12\n  specs:\n    g (1.0)\n\nGEM\n  remote: x\n  specs:\n    a (1.0)\n    test (1.0)\n",
        "app/vendor/bundle/specifications/a-1.0.gemspec=# stub: a 1.0 ruby lib\n",
    ]]);
    assert_eq!(names(&more), ["a", "g"]);
}

#[test]
fn one_vendored_copy_does_not_answer_for_all_requirements() {
    let inventory = merged(&[&[
        "app/requirements.txt=a==1\nb==1\nc==1\nd==1\n",
        "app/vendor/a-1.dist-info/METADATA=Name: a\nVersion: 1\n",
    ]]);
    assert_eq!(names(&inventory), ["a", "b", "c", "d"]);
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

/// An SPDX document of packages by their package URLs.
fn bill(purls: &[&str]) -> String {
    let packages: Vec<_> = purls
        .iter()
        .enumerate()
        .map(|(at, purl)| {
            format!(
                r#"{{"SPDXID":"SPDXRef-{at}","name":"{at}","externalRefs":[{{"referenceType":"purl","referenceLocator":"{purl}"}}]}}"#
            )
        })
        .collect();
    let packages = packages.join(",");
    format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{packages}],"relationships":[]}}"#)
}

#[test]
fn the_database_wins_over_the_bill_of_materials() {
    let database = "lib/apk/db/installed=P:ssl_client\nV:1.36.1-r0\nA:x86_64\no:busybox\n\n";
    for purl in [
        "pkg:apk/wolfi/ssl_client@1.36.1-r0?arch=x86_64",
        // Without the architecture it is still that package.
        "pkg:apk/wolfi/ssl_client@1.36.1-r0",
    ] {
        let path = "var/lib/db/sbom/ssl_client-1.36.1-r0.spdx.json";
        let bill = format!("{path}={}", bill(&[purl]));
        for layers in [
            &[&[database, &*bill][..]][..],
            &[&[&*bill][..], &[database]],
        ] {
            let inventory = merged(layers);
            assert_eq!(inventory.packages.len(), 1, "{purl}");
            let package = &inventory.packages[0];
            assert_eq!(package.record.source_name(), "busybox");
            let paths: Vec<_> = package.locations.iter().map(|l| l.path.as_str()).collect();
            assert_eq!(paths, ["lib/apk/db/installed", path]);
        }
    }
}

#[test]
fn what_a_bill_says_of_another_version_or_architecture_stays() {
    let database = "lib/apk/db/installed=P:a\nV:1-r0\nA:x86_64\n\n";
    let purls = ["pkg:apk/wolfi/a@2-r0", "pkg:apk/wolfi/a@1-r0?arch=aarch64"];
    let bill = format!("a.spdx.json={}", bill(&purls));
    assert_eq!(merged(&[&[database, &bill]]).packages.len(), 3);
}

#[test]
fn a_bill_spells_names_in_the_normal_form() {
    let metadata = "lib/site-packages/Foo_Bar-1.dist-info/METADATA=Name: Foo_Bar\nVersion: 1\n\n";
    let bill = format!("app/bom.json={}", bill(&["pkg:pypi/foo-bar@1"]));
    let inventory = merged(&[&[metadata, &bill]]);
    assert_eq!(inventory.packages.len(), 1);
    assert_eq!(inventory.packages[0].record.name, "Foo_Bar");
}

#[test]
fn several_bills_of_one_image_do_not_hide_each_other() {
    let one = format!(
        "a/x.cdx.spdx.json={}",
        bill(&["pkg:npm/a@1", "pkg:npm/c@1"])
    );
    let two = format!(
        "b/x.cdx.spdx.json={}",
        bill(&["pkg:npm/b@1", "pkg:npm/c@1"])
    );
    let inventory = merged(&[&[&one, &two]]);
    let names = inventory.packages.iter().map(|p| p.record.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(inventory.packages[2].locations.len(), 2);
}

#[test]
fn a_folder_of_bitnami_belongs_to_its_component() {
    let path = "opt/bitnami/redis/.spdx-redis.spdx";
    let bill = format!("{path}={}", bill(&["pkg:bitnami/redis@7.4.0-0"]));
    let program = "/redis-server=\x7fELF\0\x007.4.0buildkitsandbox-1690000000000000000\0";
    let inside = format!("opt/bitnami/redis/bin{program}");
    // The program is a sign of the component, and stands for itself elsewhere.
    let packages = |entry: &str| merged(&[&[&bill, entry]]).packages.len();
    assert_eq!(packages(&inside), 1);
    assert_eq!(packages(&format!("usr/bin{program}")), 2);
    let inventory = merged(&[&[&bill, &inside, "opt/y=y"]]);
    let owned = inventory.files.iter().filter(|file| file.owner == Some(0));
    let owned: Vec<_> = owned.map(|file| file.path.as_str()).collect();
    assert_eq!(owned, [path, "opt/bitnami/redis/bin/redis-server"]);
}

#[test]
fn files_of_a_distribution_are_checked_and_lock_files_own_nothing() {
    let record = "usr/lib/b_c-1.dist-info/RECORD=b_c/x.py,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3\nb_c/y.py,sha256=AAAAv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3\n";
    let inventory = merged(&[&[
        LOCK,
        INSTALLED,
        "app/index.js=1",
        "usr/lib/b_c-1.dist-info/METADATA=Name: B.c\nVersion: 1\n",
        record,
        "usr/lib/b_c/x.py=abc",
        "usr/lib/b_c/y.py=abc",
    ]]);
    let owner = |path: &str| {
        let file = inventory.files.iter().find(|file| file.path == path);
        let owner = file.unwrap().owner.and_then(|at| usize::try_from(at).ok());
        owner.map(|at| inventory.packages[at].record.name.as_str())
    };
    assert_eq!(owner("usr/lib/b_c/x.py"), Some("B.c"));
    assert_eq!(owner("app/node_modules/a/package.json"), Some("a"));
    assert_eq!(owner("app/package-lock.json"), None);
    assert_eq!(owner("app/index.js"), None);
    let altered: Vec<_> = inventory
        .alterations
        .iter()
        .map(|a| a.path.as_str())
        .collect();
    assert_eq!(altered, ["usr/lib/b_c/y.py"]);
}

#[test]
fn each_installed_copy_of_a_package_keeps_its_own_record() {
    let sum = "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3";
    let copy = |folder: &str, version: &str| {
        [
            format!("{folder}/b-{version}.dist-info/METADATA=Name: b\nVersion: {version}\n"),
            format!("{folder}/b-{version}.dist-info/RECORD=b/x.py,{sum}\n"),
            format!("{folder}/b/x.py=abc"),
        ]
    };
    let (one, two) = (copy("usr/lib", "1"), copy("opt/v", "2"));
    let entries: Vec<&str> = one.iter().chain(&two).map(String::as_str).collect();
    let inventory = merged(&[&entries]);
    let owner = |path: &str| {
        let file = inventory.files.iter().find(|file| file.path == path);
        let owner = file.unwrap().owner.and_then(|at| usize::try_from(at).ok());
        owner.map(|at| inventory.packages[at].record.full_version())
    };
    assert_eq!(owner("usr/lib/b/x.py").as_deref(), Some("1"));
    assert_eq!(owner("opt/v/b/x.py").as_deref(), Some("2"));
}

#[test]
fn a_file_that_names_a_package_twice_does_not_hide_it() {
    let record = |local| {
        let version = Some("1".to_owned());
        let mut record = PackageRecord::new(Ecosystem::Npm, "a", version, Confidence::Declared);
        record.local = local;
        record
    };
    for order in [[true, false], [false, true]] {
        let mut layer = facts(&archive(&[LOCK]));
        layer.evidence[0].facts = vec![Fact::Packages(order.map(record).into())];
        let inventory = super::merge(&[layer]);
        assert_eq!(inventory.packages.len(), 1);
        assert!(!inventory.packages[0].record.local, "{order:?}");
    }
}

#[test]
fn what_one_reader_of_a_file_no_longer_names_another_still_may() {
    let record = PackageRecord::new(Ecosystem::Npm, "a", Some("1".into()), Confidence::Declared);
    let says = |collector: &str, records: Vec<PackageRecord>| Evidence {
        path: "x".into(),
        collector: collector.into(),
        facts: vec![Fact::Packages(records)],
    };
    let (mut lower, mut upper) = (facts(&archive(&["x=1"])), facts(&archive(&["x=2"])));
    lower.evidence = vec![
        says("one", vec![record.clone()]),
        says("two", vec![record.clone()]),
    ];
    upper.evidence = vec![says("one", vec![record]), says("two", Vec::new())];
    let inventory = super::merge(&[lower, upper]);
    assert_eq!(inventory.packages.len(), 1);
    assert_eq!(inventory.packages[0].introduced, 0);
}

#[test]
fn what_the_system_brought_does_not_answer_for_a_file_at_the_root() {
    let wanted = "requirements.txt=setuptools==65.5.0\nrequests==2.19.1\ndjango==3.2\n";
    let there = |folder: &str| {
        let path = format!("{folder}/setuptools-65.5.0.dist-info/METADATA");
        let metadata = format!("{path}=Name: setuptools\nVersion: 65.5.0\n");
        let inventory = merged(&[&[wanted, &metadata]]);
        inventory.packages.len()
    };
    assert_eq!(there("usr/lib/python3/site-packages"), 3);
    // The project's own environment does.
    assert_eq!(there(".venv/lib/python3/site-packages"), 1);
}

#[test]
fn accounts_are_protected_as_the_visible_shadow_file_says() {
    let passwd =
        "etc/passwd=root:x:0:0::/:/bin/sh\nnobody:*:65534:65534::/:\nguest::1000:1000::/:\n";
    let shadow = |root: &str| format!("etc/shadow=root:{root}:19000::::::\nnobody::19000::::::\n");
    let words = |layers: &[&[&str]]| -> Vec<Password> {
        let users = merged(layers).users;
        users.iter().map(|user| user.password).collect()
    };
    let (open, locked) = (shadow(""), shadow("!"));
    // A field that does not point to the shadow file decides by itself.
    let rest = [Password::Locked, Password::None];
    assert_eq!(
        words(&[&[passwd], &[&open]]),
        [&[Password::None][..], &rest].concat()
    );
    assert_eq!(
        words(&[&[passwd, &open], &[&locked]]),
        [&[Password::Locked][..], &rest].concat()
    );
    assert_eq!(
        words(&[&[passwd, &open], &["etc/.wh.shadow"]]),
        [&[Password::Shadowed][..], &rest].concat()
    );
}

#[test]
fn a_file_keeps_the_capabilities_of_its_attribute_until_it_is_written_anew() {
    let attribute = "\u{1}\0\0\u{2}\0\u{20}\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let key = "SCHILY.xattr.security.capability";
    let mut ping = crate::fixture::pax(b'x', &[(key, attribute)]);
    ping.extend(crate::fixture::file("bin/ping", b'0', "", b"x"));
    ping.extend(crate::fixture::file("bin/ls", b'0', "", b"x"));
    let lower = facts(&crate::fixture::ended(ping));
    let given = |layers: &[LayerFacts]| -> Vec<String> {
        let files = super::merge(layers).files;
        files
            .iter()
            .flat_map(|file| file.capabilities.names())
            .collect()
    };
    assert_eq!(given(std::slice::from_ref(&lower)), ["cap_net_raw"]);
    let upper = facts(&archive(&["bin/ping=y"]));
    assert!(given(&[lower, upper]).is_empty());
}
