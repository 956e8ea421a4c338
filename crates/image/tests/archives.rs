//! Archives and layouts as the tools in use write them.
#![allow(clippy::unwrap_used)]

mod fixture;

use fixture::*;
use plimsoll_image::ImageError;

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// `manifest.json` of a Docker archive.
fn docker_manifest(config: &str, layer: &str, tags: &str) -> Vec<u8> {
    format!(r#"[{{"Config":"{config}","RepoTags":{tags},"Layers":["{layer}"]}}]"#).into_bytes()
}

#[test]
fn legacy_docker_save() {
    let folder = tempfile::tempdir().unwrap();
    let tar_layer = layer();
    let config = config(&sha256(&tar_layer), "amd64");
    let name = format!("{}.json", sha256(&config));
    let bytes = archive(&[
        ("abc/VERSION".into(), b"1.0".to_vec()),
        ("abc/layer.tar".into(), tar_layer),
        (name.clone(), config),
        (
            "manifest.json".into(),
            docker_manifest(&name, "abc/layer.tar", r#"["shop/api:1.4"]"#),
        ),
        ("repositories".into(), b"{}".to_vec()),
    ]);
    let path = file(&folder, "a.tar", &bytes);
    let image = read(&format!("docker-archive:{path}"));
    assert_eq!(image.config.as_ref().unwrap().user, "app");
    assert_eq!(image.identity.source, "docker-archive");
    // Known by its content, also behind gzip.
    read(&path);
    read(&file(&folder, "a.tar.gz", &gzip(&bytes)));
    read(&format!("docker-archive:{path}:shop/api:1.4"));
    assert!(open(&format!("docker-archive:{path}:other:1")).is_err());
}

#[test]
fn podman_save_links_layers_and_writes_dot_slash() {
    let folder = tempfile::tempdir().unwrap();
    let tar_layer = layer();
    let config = config(&sha256(&tar_layer), "amd64");
    let name = format!("{}.json", sha256(&config));
    let manifest = docker_manifest(&name, "v1/layer.tar", "null");
    let bytes = tar(&[
        ("./real.tar".into(), Entry::File(&tar_layer)),
        ("./v1/layer.tar".into(), Entry::Link("../real.tar")),
        (format!("./{name}"), Entry::File(&config)),
        ("./manifest.json".into(), Entry::File(&manifest)),
    ]);
    read(&file(&folder, "b.tar", &bytes));
    let escape = tar(&[
        ("v1/layer.tar".into(), Entry::Link("../../../../etc/passwd")),
        (name, Entry::File(&config)),
        ("manifest.json".into(), Entry::File(&manifest)),
    ]);
    assert!(
        open(&file(&folder, "escape.tar", &escape))
            .and_then(|image| image.layer(0).map(drop))
            .is_err()
    );
}

#[test]
fn docker_save_since_25_is_both_and_keeps_registry_digests_only_when_complete() {
    let folder = tempfile::tempdir().unwrap();
    let Blobs {
        layer,
        config,
        manifest,
    } = blobs("amd64");
    let docker = docker_manifest(
        &format!("blobs/sha256/{}", sha256(&config)),
        &format!("blobs/sha256/{}", sha256(&layer)),
        r#"["shop/api:1.4"]"#,
    );
    let index = [descriptor(OCI_MANIFEST, &manifest, "")];
    let mut files = layout(&index, &[&layer, &config, &manifest]);
    files.push(("manifest.json".into(), docker));
    let image = read(&file(&folder, "whole.tar", &archive(&files)));
    assert_eq!(image.identity.manifest.unwrap().hex(), sha256(&manifest));
    // Without the OCI manifest's blob the Docker side still works.
    files.retain(|(path, _)| !path.ends_with(&sha256(&manifest)));
    let image = read(&file(&folder, "partial.tar", &archive(&files)));
    assert_eq!(image.identity.manifest, None);
}

/// An archive with both documents, each naming its own image of one layer.
fn both(docker: &Blobs, oci: &Blobs, tags: &str) -> Vec<(String, Vec<u8>)> {
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", sha256(bytes));
    let index = [descriptor(OCI_MANIFEST, &oci.manifest, "")];
    let mut files = layout(&index, &[&oci.layer, &oci.config, &oci.manifest]);
    for bytes in [&docker.layer, &docker.config] {
        files.push((blob(bytes), bytes.clone()));
    }
    let manifest = docker_manifest(&blob(&docker.config), &blob(&docker.layer), tags);
    files.push(("manifest.json".into(), manifest));
    files
}

fn details(image: &plimsoll_image::Image) -> Vec<&str> {
    assert!(image.notes.iter().all(|gap| gap.kind.is_incomplete()));
    image.notes.iter().map(|gap| &*gap.detail).collect()
}

#[test]
fn an_archive_whose_documents_disagree_is_ambiguous_and_its_prefix_honoured() {
    let folder = tempfile::tempdir().unwrap();
    let (clean, other) = (blobs("amd64"), blobs_of(&tar(&[]), "amd64"));
    let path = file(
        &folder,
        "a.tar",
        &archive(&both(&other, &clean, r#"["shop/api:1.4"]"#)),
    );
    for (prefix, config) in [
        ("docker-archive:", &other.config),
        ("oci-archive:", &clean.config),
        ("", &clean.config),
    ] {
        let image = open(&format!("{prefix}{path}")).unwrap();
        let read = image.identity.config.as_ref().unwrap();
        assert_eq!(read.hex(), sha256(config), "{prefix}");
        let notes = details(&image);
        assert_eq!(notes.len(), 1, "{prefix}");
        for config in [&other.config, &clean.config] {
            assert!(notes[0].contains(&sha256(config)), "{prefix} {}", notes[0]);
        }
        assert!(notes[0].contains("other layers"), "{}", notes[0]);
    }
}

#[test]
fn documents_that_share_a_configuration_but_not_the_layers_disagree() {
    let folder = tempfile::tempdir().unwrap();
    let image = blobs("amd64");
    let swapped = Blobs {
        layer: gzip(&tar(&[])),
        ..blobs("amd64")
    };
    let path = file(&folder, "a.tar", &archive(&both(&swapped, &image, "null")));
    let notes = open(&path).unwrap();
    assert_eq!(details(&notes).len(), 1);
}

#[test]
fn a_second_document_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let image = blobs("amd64");
    for (document, prefix) in [
        ("index.json", "docker-archive:"),
        ("oci-layout", ""),
        ("manifest.json", ""),
        ("manifest.json", "oci-archive:"),
    ] {
        let mut files = both(&image, &image, "null");
        files
            .iter_mut()
            .filter(|(name, _)| name == document)
            .for_each(|(_, bytes)| *bytes = b"{}".to_vec());
        let path = file(&folder, "a.tar", &archive(&files));
        let image = open(&format!("{prefix}{path}")).unwrap();
        assert_eq!(details(&image).len(), 1, "{document} {prefix}");
    }
}

#[test]
fn documents_that_agree_leave_no_note() {
    let folder = tempfile::tempdir().unwrap();
    let image = blobs("amd64");
    let tags = r#"["shop/api:1.4","shop/api:latest"]"#;
    let mut files = both(&image, &image, tags);
    // One image with two names is two entries of the index.
    let named = |tag: &str| {
        let more = format!(
            r#","annotations":{{"io.containerd.image.name":"docker.io/shop/api:{tag}","org.opencontainers.image.ref.name":"{tag}"}}"#
        );
        descriptor(OCI_MANIFEST, &image.manifest, &more)
    };
    files.retain(|(name, _)| name != "index.json");
    files.extend(
        layout(&[named("1.4"), named("latest")], &[])
            .into_iter()
            .filter(|(name, _)| name == "index.json"),
    );
    let path = file(&folder, "a.tar", &archive(&files));
    for request in [
        path.clone(),
        format!("docker-archive:{path}"),
        format!("oci-archive:{path}"),
        format!("{path}:shop/api:1.4"),
        format!("docker-archive:{path}:1.4"),
        format!("oci-archive:{path}:docker.io/shop/api:latest"),
        format!("oci-archive:{path}:@1"),
    ] {
        assert_eq!(details(&read(&request)), Vec::<&str>::new(), "{request}");
    }
    // Other platforms of the index may be absent; the saved one still counts.
    let arm = blobs("arm64");
    let other = blobs_of(&tar(&[]), "arm64");
    for (index, notes) in [(&arm, 0), (&other, 1)] {
        let platform =
            |arch: &str| format!(r#","platform":{{"os":"linux","architecture":"{arch}"}}"#);
        let inner = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{},{}]}}"#,
            descriptor(OCI_MANIFEST, b"absent", &platform("amd64")),
            descriptor(OCI_MANIFEST, &index.manifest, &platform("arm64")),
        );
        let mut files = both(&arm, index, "null");
        files.retain(|(name, _)| name != "index.json");
        files.extend(layout(
            &[descriptor(OCI_INDEX, inner.as_bytes(), "")],
            &[inner.as_bytes()],
        ));
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|(name, _)| seen.insert(name.clone()));
        let path = file(&folder, "arm.tar", &archive(&files));
        let image = open(&format!("docker-archive:{path}")).unwrap();
        if cfg!(target_arch = "x86_64") {
            assert_eq!(details(&image).len(), notes);
        }
    }
}

#[test]
fn a_prefix_names_the_document_that_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let image = blobs("amd64");
    for (prefix, gone) in [("docker", "manifest.json"), ("oci", "index.json")] {
        let mut files = both(&image, &image, "null");
        files.retain(|(name, _)| name != gone);
        let path = file(&folder, "a.tar", &archive(&files));
        let error = open(&format!("{prefix}-archive:{path}")).err().unwrap();
        assert!(error.to_string().contains(gone), "{error}");
        read(&path);
    }
}

#[test]
fn a_name_that_two_images_carry_chooses_neither() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (blobs("amd64"), blobs_of(&tar(&[]), "amd64"));
    let name = r#","annotations":{"org.opencontainers.image.ref.name":"1.4"}"#;
    let index = [&one, &two].map(|image| descriptor(OCI_MANIFEST, &image.manifest, name));
    write(
        folder.path(),
        &layout(&index, &[&one.manifest, &two.manifest]),
    );
    let error = open(&format!("oci-dir:{}:1.4", folder.path().display()));
    assert!(matches!(error.err(), Some(ImageError::Several { .. })));
}

#[test]
fn a_docker_archive_is_named_by_its_only_tag() {
    let folder = tempfile::tempdir().unwrap();
    let tar_layer = layer();
    let config = config(&sha256(&tar_layer), "amd64");
    let name = format!("{}.json", sha256(&config));
    for (tags, selector, reference) in [
        (
            r#"["nginx:1.27"]"#,
            "",
            Some("docker.io/library/nginx:1.27"),
        ),
        (
            r#"["registry.example/shop/api:1.4"]"#,
            "",
            Some("registry.example/shop/api:1.4"),
        ),
        (
            r#"["a/b:1","docker.io/a/b:1"]"#,
            "",
            Some("docker.io/a/b:1"),
        ),
        (r#"["a/b:1","a/b:2"]"#, "", None),
        (r#"["a/b:1","a/b:2"]"#, ":a/b:2", Some("docker.io/a/b:2")),
        (r#"["a/b:1"]"#, ":@0", Some("docker.io/a/b:1")),
        ("null", "", None),
        (r#"["not A name"]"#, "", None),
    ] {
        let bytes = archive(&[
            ("l.tar".into(), tar_layer.clone()),
            (name.clone(), config.clone()),
            (
                "manifest.json".into(),
                docker_manifest(&name, "l.tar", tags),
            ),
        ]);
        let path = file(&folder, "a.tar", &bytes);
        let image = open(&format!("docker-archive:{path}{selector}")).unwrap();
        assert_eq!(image.identity.reference.as_deref(), reference, "{tags}");
    }
}

#[test]
fn an_oci_layout_is_named_by_what_is_a_full_name() {
    let image = blobs("amd64");
    for (annotations, reference) in [
        (
            r#""io.containerd.image.name":"docker.io/shop/api:1.4","org.opencontainers.image.ref.name":"1.4""#,
            Some("docker.io/shop/api:1.4"),
        ),
        (
            r#""org.opencontainers.image.ref.name":"quay.io/shop/api:1.4""#,
            Some("quay.io/shop/api:1.4"),
        ),
        (
            r#""org.opencontainers.image.ref.name":"nginx:1.27""#,
            Some("docker.io/library/nginx:1.27"),
        ),
        (r#""org.opencontainers.image.ref.name":"1.4""#, None),
        (r#""org.opencontainers.image.ref.name":"latest""#, None),
        ("", None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let more = format!(r#","annotations":{{{annotations}}}"#);
        let index = [descriptor(OCI_MANIFEST, &image.manifest, &more)];
        let files = layout(&index, &[&image.manifest, &image.config, &image.layer]);
        write(folder.path(), &files);
        let image = open(&format!("oci-dir:{}", folder.path().display())).unwrap();
        assert_eq!(image.identity.reference.as_deref(), reference);
    }
}

#[test]
fn oci_layouts_with_nested_indexes_select_the_platform() {
    let folder = tempfile::tempdir().unwrap();
    let (amd, arm) = (blobs("amd64"), blobs("arm64"));
    let platform = |arch: &str| format!(r#","platform":{{"os":"linux","architecture":"{arch}"}}"#);
    let inner = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{},{},{}]}}"#,
        descriptor(OCI_MANIFEST, &arm.manifest, &platform("arm64")),
        descriptor(OCI_MANIFEST, &amd.manifest, &platform("amd64")),
        descriptor(
            OCI_MANIFEST,
            b"attestation",
            &platform("unknown").replace("linux", "unknown")
        ),
    )
    .into_bytes();
    let index = [descriptor(
        OCI_INDEX,
        &inner,
        r#","annotations":{"org.opencontainers.image.ref.name":"1.4"}"#,
    )];
    let files = layout(
        &index,
        &[
            &inner,
            &amd.manifest,
            &amd.config,
            &amd.layer,
            &arm.manifest,
            &arm.config,
            &arm.layer,
        ],
    );
    write(folder.path(), &files);
    let path = folder.path().display().to_string();
    let image = read(&format!("oci-dir:{path}:1.4"));
    let here = if cfg!(target_arch = "aarch64") {
        "linux/arm64"
    } else {
        "linux/amd64"
    };
    assert_eq!(image.identity.platform.as_ref().unwrap().to_string(), here);
    assert_eq!(image.identity.resolved.unwrap().hex(), sha256(&inner));
    read(&path);
    read(&format!(
        "oci-archive:{}",
        file(&folder, "f.tar", &archive(&files))
    ));
}

/// The notes of a layout whose index holds the first entry and these.
fn notes_with(others: &[(&str, &[u8])]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let image = blobs("amd64");
    let platform = r#","platform":{"os":"linux","architecture":"amd64"}"#;
    let mut entries = vec![descriptor(OCI_MANIFEST, &image.manifest, platform)];
    let mut all = vec![&image.manifest[..], &image.config, &image.layer];
    for (more, bytes) in others {
        entries.push(descriptor(OCI_MANIFEST, bytes, more));
        all.push(bytes);
    }
    let inner = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
        entries.join(",")
    );
    all.push(inner.as_bytes());
    let index = [descriptor(OCI_INDEX, inner.as_bytes(), "")];
    write(folder.path(), &layout(&index, &all));
    let options = plimsoll_image::Options {
        platform: Some(plimsoll_types::Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
            variant: String::new(),
        }),
        ..Default::default()
    };
    let request = format!("oci-dir:{}", folder.path().display());
    let image = plimsoll_image::Image::open(&request, &options).unwrap();
    assert_eq!(
        image.identity.manifest.unwrap().hex(),
        sha256(&blobs("amd64").manifest)
    );
    let ambiguous = |gap: &plimsoll_types::Gap| gap.kind.is_incomplete();
    assert!(image.notes.iter().all(ambiguous));
    image.notes.into_iter().map(|gap| gap.detail).collect()
}

#[test]
fn a_second_image_for_the_platform_is_told() {
    let amd64 = r#","platform":{"os":"linux","architecture":"amd64"}"#;
    let zstd =
        format!(r#"{amd64},"annotations":{{"io.github.containers.compression.zstd":"true"}}"#);
    // A label does not stop engines that look at the platform only.
    let disguised =
        format!(r#"{amd64},"annotations":{{"vnd.docker.reference.type":"attestation-manifest"}}"#);
    for more in [amd64, &zstd, &disguised] {
        let notes = notes_with(&[(more, b"other")]);
        assert_eq!(notes.len(), 1, "{more}");
        assert!(notes[0].contains(&sha256(b"other")), "{}", notes[0]);
    }
}

#[test]
fn attestations_other_platforms_and_repeats_are_no_second_image() {
    let image = blobs("amd64");
    let amd64 = r#","platform":{"os":"linux","architecture":"amd64"}"#;
    let unknown = r#","platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#;
    let notes = notes_with(&[
        (amd64, &image.manifest),
        (unknown, b"attestation"),
        (r#","artifactType":"application/x""#, b"artifact"),
        (
            r#","platform":{"os":"linux","architecture":"arm64"}"#,
            b"arm",
        ),
    ]);
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn several_images_are_listed_and_chosen_by_name_or_number() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (blobs("amd64"), blobs("arm64"));
    let name =
        |name: &str| format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{name}"}}"#);
    let index = [
        descriptor(OCI_MANIFEST, &one.manifest, &name("one")),
        descriptor(OCI_MANIFEST, &two.manifest, &name("two")),
    ];
    write(
        folder.path(),
        &layout(
            &index,
            &[
                &one.manifest,
                &one.config,
                &one.layer,
                &two.manifest,
                &two.config,
            ],
        ),
    );
    let path = folder.path().display().to_string();
    let error = open(&format!("oci-dir:{path}")).err().unwrap().to_string();
    assert!(error.contains("one") && error.contains("two"), "{error}");
    assert_eq!(
        read(&format!("oci-dir:{path}:two"))
            .identity
            .platform
            .unwrap()
            .architecture,
        "arm64"
    );
    assert_eq!(
        read(&format!("oci-dir:{path}:@0"))
            .identity
            .platform
            .unwrap()
            .architecture,
        "amd64"
    );
}

#[test]
fn wrong_digests_and_missing_blobs_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let Blobs {
        layer,
        config,
        manifest,
    } = blobs("amd64");
    let index = [descriptor(OCI_MANIFEST, &manifest, "")];
    let files = layout(&index, &[&layer, &config, &manifest]);
    let without = |digest: &str| -> Vec<(String, Vec<u8>)> {
        files
            .iter()
            .filter(|(path, _)| !path.ends_with(digest))
            .cloned()
            .collect()
    };
    let gone = file(&folder, "gone.tar", &archive(&without(&sha256(&layer))));
    let error = open(&gone)
        .and_then(|image| image.layer(0).map(drop))
        .unwrap_err()
        .to_string();
    assert!(error.contains(&sha256(&layer)), "{error}");

    let mut wrong = without(&sha256(&layer));
    wrong.push((
        format!("blobs/sha256/{}", sha256(&layer)),
        gzip(b"something else"),
    ));
    let image = open(&file(&folder, "wrong.tar", &archive(&wrong))).unwrap();
    let error = image.layer(0).unwrap().finish().unwrap_err();
    assert!(
        matches!(error, ImageError::DigestMismatch { .. }),
        "{error}"
    );
}

#[test]
fn a_directory_is_one_layer_that_never_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("etc")).unwrap();
    std::fs::write(folder.path().join("etc/os-release"), "ID=test\n").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("etc/link")).unwrap();
    let image = open(&format!("dir:{}", folder.path().display())).unwrap();
    assert!(image.config.is_none());
    let mut stream = image.layer(0).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
    let verified = stream.finish().unwrap();
    assert_eq!(verified.diff_id.hex(), sha256(&bytes));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("etc/os-release") && text.contains("etc/link"));
    assert!(!text.contains("root:"), "the link was followed");
}

/// A Docker archive with `more` entries, each with its own kind of header, in
/// front of those of the image.
fn with_raw(more: &[u8]) -> Vec<u8> {
    let tar_layer = layer();
    let config = config(&sha256(&tar_layer), "amd64");
    let name = format!("{}.json", sha256(&config));
    let manifest = docker_manifest(&name, "abc/layer.tar", "null");
    let rest = archive(&[
        ("abc/layer.tar".into(), tar_layer),
        (name, config),
        ("manifest.json".into(), manifest),
    ]);
    [more, &rest].concat()
}

#[test]
fn what_engines_refuse_in_an_archive_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pax = |kind: u8, record: &str| raw("pax", kind, record.len() as u64, record.as_bytes());
    let plain = raw("x", b'0', 0, b"");
    let other = raw("manifest.json", b'0', 2, b"[]");
    for (what, more) in [
        (
            "PAX size",
            [pax(b'x', "29 size=18446744073709551615\n"), plain.clone()].concat(),
        ),
        (
            "PAX size near the end of numbers",
            [pax(b'x', "28 size=9223372036854775807\n"), plain.clone()].concat(),
        ),
        ("broken PAX", [pax(b'x', "5 a=b\n"), plain.clone()].concat()),
        (
            "two PAX headers",
            [
                pax(b'x', "9 size=0\n"),
                pax(b'x', "9 size=0\n"),
                plain.clone(),
            ]
            .concat(),
        ),
        (
            "sparse",
            [pax(b'x', "22 GNU.sparse.major=1\n"), plain.clone()].concat(),
        ),
        ("lone zero block", [vec![0; 512], plain.clone()].concat()),
        ("two manifests", other.clone()),
        ("two manifests", raw("/manifest.json", b'0', 2, b"[]")),
    ] {
        let error = open(&file(&folder, "a.tar", &with_raw(&more))).err();
        assert!(
            matches!(error, Some(ImageError::Malformed { .. })),
            "{what}: {error:?}"
        );
    }
}

#[test]
fn archives_are_walked_as_engines_walk_them() {
    let folder = tempfile::tempdir().unwrap();
    let pax = |kind: u8, record: &str| raw("pax", kind, record.len() as u64, record.as_bytes());
    for (what, more) in [
        // A reader that skips what a link announces loses the next entry.
        ("link with a size", raw("link", b'2', 4096, b"")),
        (
            "global path and size",
            [
                pax(b'g', "14 path=other\n11 size=99\n"),
                raw("x", b'0', 0, b""),
            ]
            .concat(),
        ),
        (
            "PAX size",
            [pax(b'x', "12 size=600\n"), raw("x", b'0', 0, &[7; 600])].concat(),
        ),
    ] {
        println!("{what}");
        read(&file(&folder, "a.tar", &with_raw(&more)));
    }
}
