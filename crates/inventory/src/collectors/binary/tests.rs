use super::*;
use crate::fixture::{elf_with, found, records};
use std::fmt::Write as _;

/// The name of a file of this row, and content that looks like it.
fn sample(rule: &Rule, text: &str) -> (String, Vec<u8>) {
    let name = rule.files[0].replace(['*', '?'], "3");
    let mut bytes = text.as_bytes().to_vec();
    if rule.content == Content::Program && !bytes.contains(&0) {
        bytes.push(0);
    }
    (format!("opt/app/{name}"), bytes)
}

#[test]
fn every_row_finds_what_it_shows() {
    for rule in TABLES.iter().flat_map(|rules| rules.iter()) {
        for (text, expected) in rule.shown {
            let (path, bytes) = sample(rule, text);
            assert_eq!(
                found(&Binary, &path, &bytes).join(" "),
                *expected,
                "{path}: {text:?}"
            );
        }
    }
}

#[test]
fn every_pattern_compiles_and_has_a_group_for_each_product() {
    let mut wrong = String::new();
    for find in TABLES
        .iter()
        .flat_map(|rules| rules.iter())
        .flat_map(|rule| rule.finds)
    {
        let groups = search::compile(find.pattern).map(|pattern| pattern.captures_len() - 1);
        if groups != Some(find.products.len()) {
            writeln!(wrong, "{}: {groups:?}", find.pattern).unwrap();
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn names_are_compared_as_in_a_shell() {
    for (name, pattern, like) in [
        ("libpython3.7m.so.1.0", "libpython*.so*", true),
        ("libpython3.7m.a", "libpython*.so*", false),
        ("python3.11", "python?.??", true),
        ("python3.1", "python?.??", false),
        ("libQt6Core.so.6.so", "libQt*Core.so*", true),
        ("", "*", true),
    ] {
        assert_eq!(is_like(name, pattern), like, "{name} {pattern}");
    }
}

#[test]
fn only_known_names_cost_anything() {
    let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0";
    let wants = |path, magic: &[u8]| {
        Binary.wants(&FileHead::new(
            path,
            1 << 16,
            plimsoll_types::Mode(0o755),
            magic,
        )) != Want::No
    };
    assert!(wants("usr/bin/node", program));
    assert!(wants("usr/bin/node.exe", b"MZ\0"));
    assert!(!wants("usr/bin/unknown", program));
    assert!(!wants("usr/bin/java", b"a text that explains java"));
    assert!(!wants("usr/bin/python3.11", b"#!/bin/sh\nexec pyenv"));
    assert!(wants("usr/bin/composer", b"#!/usr/bin/env php"));
}

#[test]
fn python_goes_by_the_name_of_its_file() {
    let text = b"\x002.7.18\0\x003.11.2+\0<prefix>/lib/pythonX.X\0";
    assert_eq!(
        found(&Binary, "usr/bin/python3.11", text),
        ["python@3.11.2+"]
    );
    assert_eq!(
        found(&Binary, "usr/lib/libpython2.7.so.1.0", text),
        ["python@2.7.18"]
    );
    assert!(found(&Binary, "usr/bin/python3.1", text).is_empty());
    assert!(found(&Binary, "usr/bin/python3.12", text).is_empty());
}

#[test]
fn an_applet_of_busybox_is_no_gzip() {
    let text = b"BusyBox v1.37.0 (2024-01-01) multi-call binary\n\x001.0\0";
    assert!(found(&Binary, "bin/gzip", text).is_empty());
    assert_eq!(found(&Binary, "bin/busybox", text), ["busybox@1.37.0"]);
}

#[test]
fn aws_lc_is_not_the_openssl_that_it_is_compatible_with() {
    let text = b"\0OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\0";
    assert_eq!(found(&Binary, "usr/bin/openssl", text), ["aws-lc@1.69.0"]);
}

#[test]
fn valkey_under_the_name_of_redis_is_valkey() {
    let text = b"\0\0valkey9.0.0buildkitsandbox-1764887574000000000\0";
    assert_eq!(
        found(&Binary, "usr/bin/redis-server", text),
        ["valkey@9.0.0"]
    );
}

#[test]
fn the_release_of_a_mariadb_build_is_no_version() {
    let text = b"\0/usr/src/mariadb-11.8.5-2-redhat-x86_64/client\0";
    assert_eq!(found(&Binary, "usr/bin/mysql", text), ["mariadb@11.8.5"]);
}

#[test]
fn versions_of_vendored_parts_are_not_those_of_ingress_nginx() {
    let text = b"\0v1.19.0\x00x\0\0\x02v1.9.6\0\0\x01";
    let expected = ["nginx-ingress-controller@1.9.6"];
    assert_eq!(found(&Binary, "nginx-ingress-controller", text), expected);
}

#[test]
fn swi_prolog_is_not_erlang() {
    let text = b"\0/tmp/src/swipl-9.3.8/src\0";
    let records = records(&Binary, "usr/bin/swipl", text).unwrap();
    let expected = "cpe:2.3:a:swi-prolog:swi-prolog:9.3.8:*:*:*:*:*:*:*";
    assert_eq!(records[0].cpes, [expected]);
}

#[test]
fn the_toolchain_is_not_the_product() {
    let text = b"\0go1.17.5\0\x001.17.5\0\x000.0.0\0\x002.6.0-rc1\0";
    assert_eq!(
        found(&Binary, "usr/bin/traefik", text),
        ["traefik@2.6.0-rc1"]
    );
}

/// A program with build information of Go and other text.
fn built_by_go(modules: &str, text: &[u8]) -> Vec<u8> {
    let framed = [&[b'<'; 16][..], modules.as_bytes(), &[b'>'; 16]].concat();
    let mut info = b"\xff Go buildinf:\x08\x02".to_vec();
    info.resize(32, 0);
    for text in [&b"go1.22.1"[..], &framed] {
        info.push(u8::try_from(text.len() & 0x7f).unwrap() | 0x80);
        info.push(u8::try_from(text.len() >> 7).unwrap());
        info.extend(text);
    }
    [elf_with(".go.buildinfo", &info), text.to_vec()].concat()
}

#[test]
fn build_information_of_go_outweighs_what_stands_near_it() {
    let main =
        "path\tgithub.com/traefik/traefik/v2/cmd/traefik\nmod\tgithub.com/traefik/traefik/v2\t";
    let text = b"\0\x001.9.0\0";
    // The record of the module has it.
    let stamped = built_by_go(&format!("{main}v2.6.0-rc1\t\n"), text);
    assert!(found(&Binary, "usr/bin/traefik", &stamped).is_empty());
    let unversioned = built_by_go(&format!("{main}(devel)\t\n"), text);
    assert_eq!(
        found(&Binary, "usr/bin/traefik", &unversioned),
        ["traefik@1.9.0"]
    );
    let other = built_by_go(
        "path\texample.org/traefik\nmod\texample.org/traefik\t(devel)\t\n",
        text,
    );
    assert!(found(&Binary, "usr/bin/traefik", &other).is_empty());
    let toolchain = built_by_go("path\tcmd/go\n", b"\0go1.4\0");
    assert_eq!(
        found(&Binary, "usr/local/go/bin/go", &toolchain),
        ["go@1.22.1"]
    );
}

#[test]
fn a_program_without_any_trace_of_go_is_no_product_of_it() {
    let program = [program_of_c(), b"\0\x001.9.0\0".to_vec()].concat();
    assert!(found(&Binary, "usr/bin/vault", &program).is_empty());
}

/// An ELF file with one segment.
fn program_of_c() -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    file.resize(32, 0);
    file.extend(64_u64.to_le_bytes());
    file.resize(52, 0);
    file.extend([64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    file.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    for long in [0_u64, 0x1000, 0x1000, 120, 120, 16] {
        file.extend(long.to_le_bytes());
    }
    file
}

#[test]
fn java_runtimes_have_their_makers_in_the_package_url() {
    let text = b"\0openjdk\0java\x001.8\x001.8.0_352-b08\0";
    let records = records(&Binary, "usr/bin/java", text).unwrap();
    let record = &records[0];
    assert_eq!(record.ecosystem, Ecosystem::Jvm);
    assert_eq!(
        record.purl.as_deref(),
        Some("pkg:generic/oracle/openjdk@1.8.0_352-b08")
    );
    assert_eq!(
        record.cpes,
        ["cpe:2.3:a:oracle:openjdk:1.8.0:update352:*:*:*:*:*:*"]
    );
}

#[test]
fn a_zulu_is_told_by_its_path() {
    let text = b"\0openjdk\0java\x000.0\x0011.0.17+8-LTS\0";
    assert_eq!(
        found(&Binary, "usr/lib/jvm/zulu11/bin/java", text),
        ["zulu@11.0.17+8-LTS"]
    );
}

#[test]
fn names_of_modules_are_names_of_products() {
    let expected = ["cpe:2.3:a:hashicorp:vault:1.14.3:*:*:*:*:*:*:*"];
    let vault = "github.com/hashicorp/vault";
    assert_eq!(cpes_of_module(vault, Some("v1.14.3")), expected);
    assert!(cpes_of_module("github.com/hashicorp/vaultx", Some("v1")).is_empty());
    assert!(cpes_of_module("github.com/elastic/beats/v7", Some("v7.1.0")).is_empty());
}

#[test]
fn a_version_may_lie_anywhere_in_a_large_file() {
    let mut bytes = vec![0; 300_000];
    for at in [1, 90_000, 250_000] {
        bytes[at..at + 8].copy_from_slice(b"Bun vX.1");
    }
    bytes[250_020..250_030].copy_from_slice(b"Bun v1.1.0");
    assert_eq!(found(&Binary, "usr/bin/bun", &bytes), ["bun@1.1.0"]);
}
