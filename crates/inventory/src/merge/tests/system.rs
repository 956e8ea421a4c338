//! Distributions, their databases, and who owns what.

use super::merged;
use plimsoll_types::{Ecosystem, GapKind, Inventory, Package};

const RELEASE: &str = "etc/os-release=ID=debian\nVERSION_ID=12\n";

/// A paragraph of the dpkg database.
fn deb(name: &str, more: &str) -> String {
    format!("Package: {name}\nStatus: install ok installed\nVersion: 1-1\n{more}\n")
}

fn status(paragraphs: &[String]) -> String {
    format!("var/lib/dpkg/status={}", paragraphs.concat())
}

fn package<'i>(inventory: &'i Inventory, name: &str) -> &'i Package {
    let mut packages = inventory.packages.iter();
    packages
        .find(|package| package.record.name == name)
        .unwrap()
}

fn needs(inventory: &Inventory, name: &str) -> Vec<String> {
    let indexes = package(inventory, name).depends_on.iter();
    let needed = indexes.map(|index| &inventory.packages[*index as usize]);
    needed.map(|package| package.record.name.clone()).collect()
}

#[test]
fn what_a_package_needs_is_an_edge_to_what_gives_it() {
    let debs = merged(&[&[&status(&[
        deb("app", "Depends: gone | mta, libc6 (>= 2)\n"),
        deb("exim", "Provides: mta\n"),
        deb("libc6", ""),
    ])]]);
    assert_eq!(needs(&debs, "app"), ["exim", "libc6"]);

    // Packages that have files of their own know only names.
    let arch = merged(&[&[
        "var/lib/pacman/local/gawk-1-1/desc=%NAME%\ngawk\n\n%VERSION%\n1-1\n\n%DEPENDS%\nsh\nglibc>=2\n",
        "var/lib/pacman/local/bash-1-1/desc=%NAME%\nbash\n\n%VERSION%\n1-1\n\n%PROVIDES%\nsh\n",
        "var/lib/pacman/local/glibc-1-1/desc=%NAME%\nglibc\n\n%VERSION%\n1-1\n",
    ]]);
    assert_eq!(needs(&arch, "gawk"), ["bash", "glibc"]);

    let distroless = merged(&[&[
        "var/lib/dpkg/status.d/a=Package: a\nVersion: 1\nDepends: b | c, libssl\n",
        "var/lib/dpkg/status.d/c=Package: c\nVersion: 1\n",
        "var/lib/dpkg/status.d/libssl3=Package: libssl3\nVersion: 1\nProvides: libssl\n",
    ]]);
    assert_eq!(needs(&distroless, "a"), ["c", "libssl3"]);

    let alpine = merged(&[&[
        "lib/apk/db/installed=P:curl\nV:1\nD:so:libz.so.1 ca~=1 !other /bin/sh\n\nP:zlib\nV:1\np:so:libz.so.1=1.3\n\nP:ca\nV:1\n\nP:busybox\nV:1\nF:bin\nR:sh\n\n",
    ]]);
    assert_eq!(needs(&alpine, "curl"), ["ca", "zlib"]);
}

/// Trap 4.
#[test]
fn a_package_in_two_databases_is_one_with_two_evidences() {
    let both = merged(&[&[
        &status(&[deb("a", "Architecture: amd64\n")]),
        "var/lib/dpkg/status.d/a=Package: a\nVersion: 1-1\nArchitecture: amd64\nMaintainer: M\n",
    ]]);
    assert_eq!(both.packages.len(), 1);
    assert_eq!(both.packages[0].locations.len(), 2);
    assert_eq!(both.packages[0].record.vendor.as_deref(), Some("M"));
}

#[test]
fn every_field_of_a_gentoo_package_adds_to_it() {
    let gentoo = merged(&[&[
        "var/db/pkg/dev-lang/python-3.12.1-r1/PF=python-3.12.1-r1\n",
        "var/db/pkg/dev-lang/python-3.12.1-r1/LICENSE=PSF-2\n",
        "var/db/pkg/dev-lang/python-3.12.1-r1/SLOT=3.12\n",
    ]]);
    let [python] = gentoo.packages.as_slice() else {
        panic!()
    };
    assert_eq!(python.record.licenses, ["PSF-2"]);
    assert_eq!(
        python.record.purl(None).unwrap().to_string(),
        "pkg:ebuild/dev-lang/python@3.12.1-r1?slot=3.12"
    );
}

#[test]
fn store_paths_of_nix_are_packages_while_they_are_there() {
    let hash = "h0cnbmfcn93xm5dg2x27ixhag1cwndga";
    let layer = [
        format!("nix/store/{hash}-glibc-2.34-210-bin/lib/a.so"),
        format!("nix/store/{hash}-glibc-2.34-210.drv"),
        format!("nix/store/{hash}-zlib-1.3/lib/b.so"),
    ];
    let layer: Vec<&str> = layer.iter().map(String::as_str).collect();
    let removal = format!("nix/store/.wh.{hash}-zlib-1.3");
    let store = merged(&[&layer, &[&removal]]);
    assert_eq!(store.packages.len(), 1);
    assert_eq!(store.packages[0].record.full_version(), "2.34-210");
    assert_eq!(store.removed_packages[0].record.name, "zlib");
}

#[test]
fn copyright_files_tell_licences_also_through_a_link() {
    let image = merged(&[&[
        &status(&[deb("a", ""), deb("a-dev", ""), deb("b", "")]),
        "usr/share/doc/a/copyright=Format: x\n\nFiles: *\nLicense: MIT\n",
        "usr/share/doc/a-dev->a",
    ]]);
    assert_eq!(package(&image, "a").license.as_deref(), Some("MIT"));
    assert_eq!(package(&image, "a-dev").record.licenses, ["MIT"]);
    assert_eq!(package(&image, "b").license, None);
}

const PYTHON: &str = "usr/lib/python3/dist-packages/x-1.dist-info/METADATA=Name: x\nVersion: 1\n";
const PYTHON_SUM: &str =
    "cb27ebca01e90f42fdead0ebd80a1001  usr/lib/python3/dist-packages/x-1.dist-info/METADATA\n";

/// Traps 5 and 12.
#[test]
fn a_file_list_of_a_lower_layer_still_counts() {
    let image = merged(&[
        &[
            RELEASE,
            &status(&[deb("python3-x", "")]),
            &format!("var/lib/dpkg/info/python3-x.md5sums={PYTHON_SUM}"),
            PYTHON,
        ],
        &[&status(&[deb("python3-x", ""), deb("new", "")])],
    ]);
    assert_eq!(package(&image, "x").owned_by.as_deref(), Some("python3-x"));
    let upgraded = merged(&[
        &[
            RELEASE,
            &status(&[deb("python3-x", "")]),
            &format!("var/lib/dpkg/info/python3-x.md5sums={PYTHON_SUM}"),
            PYTHON,
        ],
        &[&format!("{PYTHON}Summary: rewritten\n")],
    ]);
    assert_eq!(package(&upgraded, "x").owned_by, None);
}

/// Traps 7 and 8.
#[test]
fn what_a_third_party_package_owns_is_nobody_elses_word() {
    let image = |maintainer: &str| {
        merged(&[&[
            RELEASE,
            &status(&[deb("tool", &format!("Maintainer: {maintainer}\n"))]),
            &format!("var/lib/dpkg/info/tool.md5sums={PYTHON_SUM}"),
            PYTHON,
        ]])
    };
    let docker = image("Docker <support@docker.com>");
    assert_eq!(package(&docker, "x").owned_by, None);
    let debian = image("Team <team+python@tracker.debian.org>");
    assert_eq!(package(&debian, "x").owned_by.as_deref(), Some("tool"));
}

/// Trap 14.
#[test]
fn who_lists_a_path_itself_wins_over_who_reaches_it_by_a_link() {
    let sum = |path: &str| format!("cb27ebca01e90f42fdead0ebd80a1001  {path}\n");
    let image = merged(&[&[
        RELEASE,
        &status(&[deb("a-links", ""), deb("b-owns", "")]),
        "usr/share/x->../lib/python3/dist-packages/x-1.dist-info",
        &format!(
            "var/lib/dpkg/info/a-links.md5sums={}",
            sum("usr/share/x/METADATA")
        ),
        &format!("var/lib/dpkg/info/b-owns.md5sums={PYTHON_SUM}"),
        PYTHON,
    ]]);
    assert_eq!(package(&image, "x").owned_by.as_deref(), Some("b-owns"));
}

/// Trap 56.
#[test]
fn packages_tell_the_distribution_where_no_file_does() {
    let version = "Package: a\nStatus: install ok installed\nVersion: 1-1+deb12u3\n\n";
    let image = merged(&[&[
        &format!("var/lib/dpkg/status={version}"),
        "bin/busybox=BusyBox v1.36.1 ",
    ]]);
    let distro = image.distro.as_ref().unwrap();
    assert_eq!(
        (distro.id.as_str(), distro.version.as_deref()),
        ("debian", Some("12"))
    );
    assert!(distro.inferred);
    let stated = merged(&[&[
        &format!("var/lib/dpkg/status={version}"),
        "etc/os-release=ID=mine\n",
    ]]);
    assert_eq!(
        stated.distro.as_ref().map(|distro| distro.inferred),
        Some(false)
    );
    // Alpine has a busybox as well, so beside packages it says nothing.
    let unknown = merged(&[&[&status(&[deb("a", "")]), "bin/busybox=BusyBox v1.36.1 "]]);
    assert_eq!(unknown.distro, None);
    let busybox = merged(&[&["bin/busybox=BusyBox v1.36.1 "]]);
    assert_eq!(
        busybox.distro.map(|distro| distro.id).as_deref(),
        Some("busybox")
    );
}

/// Trap 54.
#[test]
fn debian_has_its_point_release_in_another_file() {
    let image = merged(&[&[
        "etc/os-release=ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n",
        "etc/debian_version=13.5\n",
    ]]);
    assert_eq!(image.distro.unwrap().version.as_deref(), Some("13.5"));
}

#[test]
fn a_distribution_without_a_name_is_unknown() {
    let image = merged(&[&[
        "usr/lib/os-release=VERSION_ID=8\n",
        &status(&[deb("a", "")]),
    ]]);
    let distro = image.distro.as_ref().unwrap();
    assert_eq!((distro.id.as_str(), distro.qualifier().as_str()), ("", ""));
    let mut gaps = image.coverage.gaps.iter();
    assert!(gaps.any(|gap| gap.kind == GapKind::DistroUnknown));
    let named = merged(&[&[
        "usr/lib/os-release=VERSION_ID=8\n",
        "etc/alpine-release=3.19.1\n",
    ]]);
    assert_eq!(named.distro.unwrap().id, "alpine");
}

#[test]
fn a_copied_database_keeps_its_own_kind_and_no_distribution() {
    let image = merged(&[&[
        "etc/os-release=ID=alpine\nVERSION_ID=3.19\n",
        &status(&[deb("a", "")]),
    ]]);
    let copied = &image.packages[0].record;
    assert_eq!(copied.ecosystem, Ecosystem::Deb);
    assert_eq!(
        copied.purl(image.distro.as_ref()).unwrap().to_string(),
        "pkg:deb/a@1-1"
    );
}

#[test]
fn a_plain_list_says_no_less_than_checksums_beside_it() {
    let image = merged(&[&[
        RELEASE,
        &status(&[deb("python3-x", "")]),
        "var/lib/dpkg/info/python3-x.list=/usr/lib/python3/dist-packages/x-1.dist-info/METADATA\n",
        &format!("var/lib/dpkg/info/python3-x.md5sums={PYTHON_SUM}"),
        &format!("{PYTHON}Summary: rewritten\n"),
    ]]);
    assert_eq!(image.alterations.len(), 1);
}

#[test]
fn repositories_and_products_say_which_channel_an_image_is_attached_to() {
    let channel = |release: &str, more: &[&str]| {
        let release = format!("etc/os-release={release}\n");
        let mut entries = vec![release.as_str()];
        entries.extend(more);
        let distro = merged(&[&entries]).distro.unwrap();
        (distro.channel, distro.extras)
    };
    let named = |name: &str| (Some(name.to_owned()), Vec::new());
    let eus = "etc/yum.repos.d/redhat.repo=[rhel-8-for-x86_64-baseos-eus-rpms]\nenabled=1\n";
    assert_eq!(channel("ID=rhel\nVERSION_ID=8.4", &[eus]), named("eus"));
    // What an image of another distribution has lying about is not its own.
    assert_eq!(channel("ID=fedora\nVERSION_ID=40", &[eus]), (None, vec![]));
    let ltss = "etc/products.d/SLES-LTSS.prod=<product><name>SLES-LTSS</name></product>";
    assert_eq!(channel("ID=sles\nVERSION_ID=15.3", &[ltss]), named("ltss"));
    let docker = "etc/yum.repos.d/amzn2-extras.repo=[amzn2extra-docker]\nenabled=1\n";
    let extras = vec!["docker".to_owned()];
    assert_eq!(channel("ID=amzn\nVERSION_ID=2", &[docker]), (None, extras));
    // The image was detached again, and kept what it had got.
    let bash = "var/lib/dpkg/status=Package: bash\nStatus: install ok installed\nVersion: 4.4-5ubuntu1+esm1\n\n";
    assert_eq!(
        channel("ID=ubuntu\nVERSION_ID=18.04", &[bash]),
        named("esm")
    );
    assert!(merged(&[&[eus]]).distro.is_none());
}

/// Trap 43 of matching.
#[test]
fn packages_of_alpine_come_from_the_branch_of_its_repositories() {
    let branch = |repositories: &[&str]| {
        let release = "etc/os-release=ID=alpine\nVERSION_ID=3.18.4\n";
        let lines = repositories
            .iter()
            .map(|branch| format!("https://dl-cdn.alpinelinux.org/alpine/{branch}/main\n"));
        let file = format!("etc/apk/repositories={}", lines.collect::<String>());
        let distro = merged(&[&[release, &file]]).distro.unwrap();
        assert_eq!(distro.version.as_deref(), Some("3.18.4"));
        (distro.channel, distro.extras)
    };
    assert_eq!(branch(&["v3.18"]), (None, vec![]));
    assert_eq!(branch(&["edge"]), (Some("edge".to_owned()), vec![]));
    assert_eq!(branch(&["v3.18", "edge"]), (None, vec!["edge".to_owned()]));
}
