use super::*;
use plimsoll_types::{Mode, PackageRecord};
use proptest::prelude::*;

const MODULES: &str = "path\texample.org/tool/cmd/tool\nmod\texample.org/tool\t(devel)\t\ndep\texample.org/a\tv1.2.3\th1:x=\ndep\texample.org/b\tv1.0.0\n=>\texample.org/fork\tv1.1.0\th1:y=\ndep\texample.org/c\tv1.0.0\n=>\t../c\t(devel)\t\nbuild\t-ldflags=\"-s -X 'example.org/tool/cmd.Version=2.0.1' -X other.someVersionPrefix=9.9.9\"\n";

/// A program of one segment whose data begins at `address` 0x1000.
fn elf(data: &[u8], big: bool) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1 + u8::from(big), 1];
    file.resize(16, 0);
    let mut push = |value: u64, width: usize| {
        let bytes = value.to_be_bytes();
        let bytes = &bytes[8 - width..];
        match big {
            true => file.extend(bytes),
            false => file.extend(bytes.iter().rev()),
        }
    };
    for (value, width) in [
        (2, 2),
        (62, 2),
        (1, 4),
        (0x1000, 8),
        (64, 8),
        (0, 8),
        (0, 4),
    ] {
        push(value, width);
    }
    for value in [64, 56, 1, 64, 0, 0] {
        push(value, 2);
    }
    let size = data.len() as u64;
    for (value, width) in [
        (1, 4),
        (6, 4),
        (128, 8),
        (0x1000, 8),
        (0x1000, 8),
        (size, 8),
        (size, 8),
        (16, 8),
    ] {
        push(value, width);
    }
    file.resize(128, 0);
    file.extend(data);
    file
}

fn framed(modules: &str) -> Vec<u8> {
    [&[b'<'; 16][..], modules.as_bytes(), &[b'>'; 16]].concat()
}

fn inline(go: &str, modules: &str) -> Vec<u8> {
    let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
    data.resize(32, 0);
    for text in [go.as_bytes(), &framed(modules)] {
        let length = text.len();
        data.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        data.push(u8::try_from(length >> 7).unwrap());
        data.extend(text);
    }
    data
}

fn pointers(go: &str, modules: &str, big: bool) -> Vec<u8> {
    let word = |value: usize| {
        let value = value as u64;
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let modules = framed(modules);
    let mut data = b"\xff Go buildinf:\x08".to_vec();
    data.push(u8::from(big));
    // Two pointers to two string headers to two strings.
    let text = 0x1000 + 64;
    for value in [
        0x1020,
        0x1030,
        text,
        go.len(),
        text + go.len(),
        modules.len(),
    ] {
        data.extend(word(value));
    }
    data.extend(go.as_bytes());
    data.extend(modules);
    data
}

fn collect(bytes: &[u8]) -> Result<Collected, CollectError> {
    Go.collect(&File {
        path: "usr/bin/tool",
        mode: Mode(0o755),
        bytes,
        companion: None,
    })
}

fn names(bytes: &[u8]) -> Vec<String> {
    let collected = collect(bytes).unwrap();
    let packages = collected.facts.iter().flat_map(|fact| match fact {
        Fact::Packages(packages) => packages.clone(),
        _ => Vec::new(),
    });
    packages
        .map(|p: PackageRecord| format!("{}@{}", p.name, p.full_version()))
        .collect()
}

const EXPECTED: [&str; 5] = [
    "example.org/tool@v2.0.1",
    "stdlib@1.22.1",
    "example.org/a@v1.2.3",
    "example.org/fork@v1.1.0",
    "example.org/c@",
];

#[test]
fn both_encodings_and_byte_orders_are_read() {
    let go = "go1.22.1 X:boringcrypto";
    assert_eq!(names(&elf(&inline(go, MODULES), false)), EXPECTED);
    assert_eq!(names(&elf(&inline(go, MODULES), true)), EXPECTED);
    assert_eq!(names(&elf(&pointers(go, MODULES, false), false)), EXPECTED);
    assert_eq!(names(&elf(&pointers(go, MODULES, true), true)), EXPECTED);
}

/// A Mach-O program with the build information in a section of its own.
fn mach_o(data: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut words = |words: &[u32]| file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    words(&[0xfeed_facf, 0x0100_0007, 3, 2, 1, 152, 0, 0, 0x19, 152]);
    let name = |text: &[u8]| {
        let mut name = text.to_vec();
        name.resize(16, 0);
        name
    };
    file.extend(name(b"__DATA"));
    let size = data.len() as u64;
    let mut longs = |longs: &[u64]| file.extend(longs.iter().flat_map(|long| long.to_le_bytes()));
    longs(&[0x1000, size, 192, size, 3 << 32 | 3, 1]);
    file.extend(name(b"__go_buildinfo"));
    file.extend(name(b"__DATA"));
    let mut longs = |longs: &[u64]| file.extend(longs.iter().flat_map(|long| long.to_le_bytes()));
    longs(&[0x1000, size, 192, 0, 0, 0]);
    file.resize(192, 0);
    file.extend(data);
    file
}

#[test]
fn every_architecture_of_a_universal_program_is_read() {
    let programs = [
        mach_o(&inline("go1.22.1", "path\ta\ndep\texample.org/a\tv1.2.3\n")),
        mach_o(&inline("go1.22.1", "path\ta\ndep\texample.org/b\tv1.2.3\n")),
    ];
    let mut file = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2];
    let mut offset = 4096_u32;
    for (kind, program) in [(7_u32, &programs[0]), (12, &programs[1])] {
        let size = u32::try_from(program.len()).unwrap();
        for word in [0x0100_0000 | kind, 0, offset, size, 12] {
            file.extend(word.to_be_bytes());
        }
        offset += 4096;
    }
    for (index, program) in programs.iter().enumerate() {
        file.resize(4096 * (index + 1), 0);
        file.extend(program);
    }
    let expected = [
        "stdlib@1.22.1",
        "example.org/a@v1.2.3",
        "stdlib@1.22.1",
        "example.org/b@v1.2.3",
    ];
    assert_eq!(names(&file), expected);
}

#[test]
fn programs_of_aix_are_read() {
    let data = inline("go1.22.1", MODULES);
    let mut file = vec![0x01, 0xf7, 0, 1];
    file.resize(16, 0);
    file.extend([0, 0, 0x10, 0x02, 0, 0, 0, 0]);
    file.extend(b".data\0\0\0");
    for long in [0x1000, 0x1000, data.len() as u64, 96, 0, 0, 0] {
        file.extend(long.to_be_bytes());
    }
    file.extend(0x40_u32.to_be_bytes());
    file.resize(96, 0);
    file.extend(data);
    assert_eq!(names(&file), EXPECTED);
}

#[test]
fn trimmed_builds_name_their_version_in_a_symbol() {
    use crate::fixture::{Section, elf};
    let info = inline("go1.22.1", "path\tm/cmd\nmod\texample.org/m\t(devel)\t\n");
    let strings = b"\0main.version.str\0example.org/m.goVersion.str\0";
    let mut symbols = vec![0; 24];
    for (name, address, size) in [(1_u32, 0x2000_u64, 7_u64), (18, 0x2008, 5)] {
        symbols.extend(name.to_le_bytes());
        symbols.extend([0x11, 0, 2, 0]);
        symbols.extend(address.to_le_bytes());
        symbols.extend(size.to_le_bytes());
    }
    let section = |name, kind, address, link, data| Section {
        name,
        kind,
        address,
        link,
        data,
    };
    let file = elf(&[
        section(".go.buildinfo", 1, 0x1000, 0, &info),
        section(".data", 1, 0x2000, 0, b"v3.1.4\0\x009.9.9\0"),
        section(".symtab", 2, 0, 4, &symbols),
        section(".strtab", 3, 0, 0, strings),
    ]);
    assert_eq!(names(&file), ["example.org/m@v3.1.4", "stdlib@1.22.1"]);
}

#[test]
fn a_directory_that_stands_in_for_a_module_is_local() {
    let facts = collect(&elf(&inline("go1.22.1", MODULES), false))
        .unwrap()
        .facts;
    let Fact::Packages(packages) = &facts[0] else {
        unreachable!()
    };
    let of = |name: &str| packages.iter().find(|record| record.name == name).unwrap();
    assert!(of("example.org/c").local && of("example.org/c").purl(None).is_none());
    assert!(!of("example.org/fork").local);
    assert_eq!(
        of("stdlib").cpes,
        ["cpe:2.3:a:golang:go:1.22.1:*:*:*:*:*:*:*"]
    );
}

#[test]
fn what_a_directory_stands_in_for_has_no_package_url() {
    let collected = collect(&elf(&inline("go1.22.1", MODULES), false)).unwrap();
    let packages = collected.facts.into_iter().flat_map(|fact| match fact {
        Fact::Packages(packages) => packages,
        _ => Vec::new(),
    });
    let records: Vec<_> = packages.collect();
    let purls = records
        .iter()
        .map(|record| (record.name.as_str(), record.purl(None).is_some()));
    let without: Vec<_> = purls.filter(|(_, purl)| !purl).collect();
    assert_eq!(without, [("example.org/c", false)]);
}

#[test]
fn the_magic_alone_proves_nothing() {
    let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
    data.resize(64, 0xff);
    data.extend(inline("go1.20", ""));
    assert_eq!(names(&elf(&data, false)), ["stdlib@1.20"]);
    assert!(names(&elf(b"no Go in here", false)).is_empty());
}

#[test]
fn built_from_files_the_module_is_a_dependency() {
    let modules =
        "path\tcommand-line-arguments\ndep\texample.org/m\t(devel)\t\ndep\texample.org/a\tv1.2.3\n";
    let found = names(&elf(&inline("go1.20", modules), false));
    assert_eq!(
        found,
        ["example.org/m@", "stdlib@1.20", "example.org/a@v1.2.3"]
    );
}

#[test]
fn major_versions_stay_in_the_package_url() {
    let modules = "path\ta\ndep\tgithub.com/a/b/v2\tv2.1.0\t\n";
    let facts = collect(&elf(&inline("go1.22.1", modules), false)).unwrap();
    let Fact::Packages(packages) = &facts.facts[0] else {
        unreachable!()
    };
    let purl = packages[1].purl(None).unwrap().to_string();
    assert_eq!(purl, "pkg:golang/github.com/a/b/v2@v2.1.0");
}

#[test]
fn text_in_the_program_is_no_version_of_its_module() {
    let info = inline("go1.22.1", "path\ta\nmod\texample.org/m\t(devel)\t\n");
    let data = [info.as_slice(), b"\0version 3.45.1\0v3.45.1\0"].concat();
    assert_eq!(
        names(&elf(&data, false)),
        ["example.org/m@", "stdlib@1.22.1"]
    );
}

#[test]
fn the_release_of_the_toolchain_is_cut_out() {
    for (go, expected) in [
        ("go1.22.1", Some("1.22.1")),
        ("go1.22 X:nocoverageredesign", Some("1.22")),
        ("go1.26.1-X:simd", Some("1.26.1")),
        ("go1.23rc2", Some("1.23rc2")),
        ("go1.22.5 (Red Hat 1.22.5-1.el9)", Some("1.22.5")),
        ("go1.22.5-bigcorp", Some("1.22.5")),
        ("devel go1.24-abcdef Mon", None),
    ] {
        assert_eq!(modules::stdlib(go).as_deref(), expected, "{go}");
    }
}

#[test]
fn the_main_version_comes_from_where_it_is_sure() {
    let of = |stamped: Option<&str>, settings: &[(&'static str, &str)]| {
        let settings = settings
            .iter()
            .map(|(k, v)| (*k, (*v).to_owned()))
            .collect();
        main_version::of("example.org/m", stamped, &settings, &[])
    };
    let flags = |flags| [("-ldflags", flags)];
    assert_eq!(
        of(Some("v1.0.0"), &flags("-X main.version=2.0.0")).unwrap(),
        "v1.0.0"
    );
    let pseudo = Some("v0.0.0-20240101000000-0123456789ab+dirty");
    assert_eq!(
        of(pseudo, &flags("-X main.version=v2.0.0")).unwrap(),
        "v2.0.0"
    );
    assert_eq!(of(pseudo, &[]).as_deref(), pseudo);
    assert_eq!(
        of(None, &flags("-X=main.version=2.0.0-rc1")).unwrap(),
        "v2.0.0-rc1"
    );
    assert_eq!(
        of(None, &flags("-X main.version=1.0 -X a/cmd.Version=2.0")),
        None
    );
    assert_eq!(
        of(
            None,
            &flags("-X a/b.version=1.0 -X example.org/m/x.Tag=2.0")
        )
        .unwrap(),
        "v2.0"
    );
    assert_eq!(
        of(None, &flags("-X main.version=dev -X main.goversion=1.2")),
        None
    );
    let vcs = [
        ("vcs.time", "2024-03-02T01:02:03Z"),
        ("vcs.revision", "0123456789abcdef0123"),
    ];
    assert_eq!(
        of(None, &vcs).unwrap(),
        "v0.0.0-20240302010203-0123456789ab"
    );
}

#[test]
fn what_is_cut_off_is_said() {
    assert!(collect(b"\x7fELF\n").is_err());
    assert!(names(b"MZ for DOS").is_empty());
}

#[test]
fn packed_programs_are_said_to_be() {
    let collected = collect(&elf(b"UPX!", false)).unwrap();
    assert_eq!(collected.gaps.len(), 1);
}

#[test]
fn every_prefix_is_survived() {
    for data in [
        inline("go1.20", MODULES),
        pointers("go1.15", MODULES, false),
    ] {
        let file = elf(&data, false);
        for end in 0..file.len() {
            let _ = collect(&file[..end]);
        }
    }
}

proptest! {
    #[test]
    fn changed_bytes_are_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        for data in [inline("go1.20", MODULES), pointers("go1.15", MODULES, false)] {
            let mut file = elf(&data, false);
            for (at, byte) in &changes {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            let _ = collect(&file);
        }
    }
}
