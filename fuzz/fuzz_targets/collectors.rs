//! Any content under a path that a collector asks for: the first byte picks
//! the path, the rest is the file. `PLIMSOLL_FUZZ_PART=2/8` keeps to the second
//! eighth of the paths, so that each has its share of a short run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_inventory::collector::{File, FileHead, Want};
use plimsoll_inventory::collectors;
use plimsoll_types::Mode;
use std::sync::OnceLock;

const PATHS: &[&str] = &[
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/x",
    "var/lib/dpkg/info/x.md5sums",
    "var/lib/dpkg/info/x.list",
    "usr/share/doc/x/copyright",
    "srv/x.deb",
    "usr/lib/opkg/status",
    "usr/lib/opkg/info/x.control",
    "var/lib/pacman/local/x-1-1/desc",
    "var/lib/pacman/local/x-1-1/files",
    "var/lib/pacman/local/x-1-1/mtree",
    "var/db/pkg/x/y-1/CONTENTS",
    "var/lib/chisel/manifest.wall",
    "etc/cos-package-info.json",
    "usr/share/bottlerocket/application-inventory.json",
    "nix/var/nix/db/db.sqlite",
    "snap/x/1/meta/snap.yaml",
    "snap/manifest.yaml",
    "var/lib/flatpak/app/x/metainfo/x.metainfo.xml",
    "opt/homebrew/Cellar/x/1/INSTALL_RECEIPT.json",
    "opt/bitnami/.bitnami_components.json",
    "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "var/lib/rpmmanifest/container-manifest-2",
    "srv/x.rpm",
    "usr/lib/python3/site-packages/x-1.dist-info/METADATA",
    "usr/lib/python3/site-packages/x-1.dist-info/RECORD",
    "usr/lib/python3/site-packages/x-1.egg-info/PKG-INFO",
    "usr/lib/python3/site-packages/x-1.egg",
    "usr/lib/python3/site-packages/x-1.egg-info/installed-files.txt",
    "app/requirements.txt",
    "app/poetry.lock",
    "app/uv.lock",
    "app/pdm.lock",
    "app/pylock.toml",
    "app/Pipfile.lock",
    "app/pyproject.toml",
    "app/setup.cfg",
    "app/setup.py",
    "opt/conda/conda-meta/x-1-0.json",
    "app/environment.yml",
    "app/node_modules/x/package.json",
    "app/package-lock.json",
    "app/yarn.lock",
    "app/.pnp.cjs",
    "app/.pnp.data.json",
    "app/.yarn/cache/x-npm-1.zip",
    "app/pnpm-lock.yaml",
    "app/bun.lock",
    "app/deno.lock",
    "usr/lib/ruby/gems/specifications/x-1.gemspec",
    "usr/lib/ruby/gems/cache/x-1.gem",
    "app/Gemfile.lock",
    "app/vendor/composer/installed.json",
    "app/vendor/composer/installed.php",
    "app/composer.lock",
    "usr/share/php/.registry/x.reg",
    "srv/wp-includes/version.php",
    "srv/wp-content/plugins/x/x.php",
    "srv/wp-content/themes/x/style.css",
    "usr/lib/R/library/x/DESCRIPTION",
    "app/renv.lock",
    "usr/lib/luarocks/rocks-5.4/x/1-1/x-1-1.rockspec",
    "usr/lib/luarocks/rocks-5.4/x/1-1/rock_manifest",
    "usr/lib/perl5/.meta/x-1/install.json",
    "usr/lib/perl5/.meta/x-1/MYMETA.json",
    "usr/lib/perl5/auto/x/.packlist",
    "usr/lib/swi-prolog/pack/x/pack.pl",
    "app/Manifest.toml",
    "root/.julia/packages/x/abcde/Project.toml",
    "app/x.jar",
    "app/x.war",
    "usr/bin/x",
    "usr/bin/mysqld",
    "usr/bin/traefik",
    "usr/bin/java",
    "usr/bin/python3.11",
    "usr/lib/jvm/17/release",
    "usr/lib/modules/6/x.ko",
    "usr/lib/modules/6/x.ko.xz",
    "boot/vmlinuz-6",
    "usr/lib/php/20220829/x.so",
    "models/x.gguf",
    "models/x.safetensors",
    "src/go.mod",
    "src/go.sum",
    "src/vendor/modules.txt",
    "app/x.zip",
    "src/pom.xml",
    "app/META-INF/maven/g/a/pom.properties",
    "src/gradle.lockfile",
    "src/gradle/verification-metadata.xml",
    "src/build.sbt.lock",
    "src/maven_install.json",
    "src/dependency-tree.txt",
    "app/x.deps.json",
    "usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/Microsoft.NETCore.App.deps.json",
    "app/x.dll",
    "src/packages.lock.json",
    "src/obj/project.assets.json",
    "src/packages.config",
    "src/Directory.Packages.props",
    "src/paket.lock",
    "src/libman.json",
    "root/.nuget/packages/x/1.0/x.nuspec",
    "root/.nuget/packages/x/1.0/x.1.0.nupkg",
    "src/Cargo.lock",
    "src/conan.lock",
    "src/conanfile.txt",
    "root/.conan/data/x/1.0/_/_/package/0/conaninfo.txt",
    "src/vcpkg.json",
    "src/vcpkg_installed/vcpkg/status",
    "src/mix.lock",
    "src/rebar.lock",
    "src/manifest.toml",
    "usr/lib/erlang/lib/x/ebin/x.app",
    "src/pubspec.lock",
    "src/Package.resolved",
    "src/Podfile.lock",
    "src/stack.yaml",
    "src/stack.yaml.lock",
    "src/cabal.project.freeze",
    "usr/lib/ghc/package.conf.d/x.conf",
    "root/.opam/x/.opam-switch/switch-state",
    "root/.opam/x/lib/x/opam",
    "opt/spack/x/.spack/spec.json",
    "src/nimble.lock",
    "src/elm.json",
    "src/.terraform.lock.hcl",
    "src/Chart.lock",
    "x.cdx.json",
    "opt/bitnami/x/.spdx-x.spdx",
    "x.bom.xml",
    "etc/os-release",
    "etc/debian_version",
    "etc/apk/repositories",
    "var/lib/ubuntu-advantage/status.json",
    "bin/busybox",
    "etc/passwd",
    "etc/group",
];

fn paths() -> &'static [&'static str] {
    static PART: OnceLock<&[&str]> = OnceLock::new();
    PART.get_or_init(|| {
        let Ok(text) = std::env::var("PLIMSOLL_FUZZ_PART") else {
            return PATHS;
        };
        let (part, of) = text.split_once('/').expect("PART/OF");
        let (part, of): (usize, usize) = (part.parse().expect("PART"), of.parse().expect("OF"));
        PATHS.chunks(PATHS.len().div_ceil(of)).nth(part - 1).expect("no such part")
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let paths = paths();
    let path = paths[usize::from(*choice) % paths.len()];
    let mode = Mode(0o755);
    let magic = &bytes[..bytes.len().min(512)];
    let head = FileHead::new(path, bytes.len() as u64, mode, magic);
    for collector in collectors::ALL {
        if collector.wants(&head) == Want::No {
            continue;
        }
        // The tail also stands for the companion, where one is asked for.
        let (main, tail) = bytes.split_at(bytes.len() - bytes.len() / 4);
        let companion = matches!(collector.wants(&head), Want::WithCompanion { .. });
        let _ = collector.collect(&File {
            path,
            mode,
            bytes: if companion { main } else { bytes },
            companion: companion.then_some(tail),
        });
    }
});
