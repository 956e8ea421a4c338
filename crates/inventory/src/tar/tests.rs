use super::*;
use crate::fixture::{STATUS, ended, facts, facts_within, file, header, pax, sum};
use crate::pass::Limits;
use plimsoll_types::GapKind;
use sha2::{Digest, Sha256};

/// Headers and contents of an archive, and how it ended.
fn read(archive: &[u8]) -> (Vec<(Header, Vec<u8>)>, Option<TarError>) {
    let mut reader = TarReader::new(archive);
    let mut entries = Vec::new();
    loop {
        let header = match reader.next() {
            Ok(None) => return (entries, None),
            Ok(Some(header)) => header,
            Err(error) => return (entries, Some(error)),
        };
        let mut content = Vec::new();
        loop {
            let chunk = match reader.chunk() {
                Ok([]) => break,
                Ok(chunk) => chunk,
                Err(error) => return (entries, Some(error)),
            };
            let length = chunk.len();
            content.extend_from_slice(chunk);
            reader.consume(length);
        }
        entries.push((header, content));
    }
}

/// `aaa`, a hole up to 20000, `bb`, a hole up to 40000.
fn whole() -> Vec<u8> {
    let mut content = vec![0; 40_000];
    content[..3].copy_from_slice(b"aaa");
    content[20_000..20_002].copy_from_slice(b"bb");
    content
}

fn old_gnu(pieces: &[(u64, u64)], size: u64, stored: &[u8]) -> Vec<u8> {
    fn put(fields: &mut [u8], pieces: &[(u64, u64)]) {
        for (field, (offset, length)) in fields.chunks_exact_mut(24).zip(pieces) {
            field.copy_from_slice(format!("{offset:011o}\0{length:011o}\0").as_bytes());
        }
    }
    let mut block = header(b"f", b'S', b"", stored.len() as u64);
    block[257..265].copy_from_slice(b"ustar  \0");
    put(&mut block[386..482], pieces);
    block[482] = u8::from(pieces.len() > 4);
    block[483..495].copy_from_slice(format!("{size:011o}\0").as_bytes());
    sum(&mut block);
    let mut out = block.to_vec();
    let mut rest = pieces.get(4..).unwrap_or_default();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(21));
        let mut block = [0; 512];
        put(&mut block[..504], now);
        block[504] = u8::from(!later.is_empty());
        out.extend(block);
        rest = later;
    }
    out.extend(stored);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

#[test]
fn every_form_of_holes_gives_the_file_back() {
    let stored = b"aaabb";
    let records_0_0 = [
        ("GNU.sparse.size", "40000"),
        ("GNU.sparse.numblocks", "2"),
        ("GNU.sparse.offset", "0"),
        ("GNU.sparse.numbytes", "3"),
        ("GNU.sparse.offset", "20000"),
        ("GNU.sparse.numbytes", "2"),
    ];
    let records_0_1 = [
        ("GNU.sparse.size", "40000"),
        ("GNU.sparse.numblocks", "2"),
        ("GNU.sparse.name", "f"),
        ("GNU.sparse.map", "0,3,20000,2"),
    ];
    let records_1_0 = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "f"),
        ("GNU.sparse.realsize", "40000"),
    ];
    let mut map = b"2\n0\n3\n20000\n2\n".to_vec();
    map.resize(512, 0);
    map.extend(stored);
    let inside = "GNUSparseFile.0/f";
    let cases = [
        old_gnu(&[(0, 3), (20_000, 2)], 40_000, stored),
        [pax(b'x', &records_0_0), file("f", b'0', "", stored)].concat(),
        [pax(b'x', &records_0_1), file(inside, b'0', "", stored)].concat(),
        [pax(b'x', &records_1_0), file(inside, b'0', "", &map)].concat(),
    ];
    for (at, case) in cases.into_iter().enumerate() {
        let archive = ended([case, file("next", b'0', "", b"x")].concat());
        let (entries, error) = read(&archive);
        assert!(error.is_none(), "{at}: {error:?}");
        assert_eq!(entries.len(), 2, "{at}");
        assert_eq!(entries[0].0.path, b"f", "{at}");
        assert_eq!(
            (entries[0].0.size, entries[0].0.holes),
            (40_000, 39_995),
            "{at}"
        );
        assert_eq!(entries[0].1, whole(), "{at}");
        assert_eq!(entries[1].1, b"x", "{at}");
    }
}

#[test]
fn maps_longer_than_a_header_go_on_in_blocks() {
    let pieces: Vec<(u64, u64)> = (0..60).map(|n| (n * 1000, u64::from(n % 7 != 0))).collect();
    let stored = vec![b'x'; pieces.iter().filter(|(_, length)| *length == 1).count()];
    let archive = ended(old_gnu(&pieces, 100_000, &stored));
    let (entries, error) = read(&archive);
    assert!(error.is_none());
    assert_eq!(entries[0].1.len(), 100_000);
    let found: Vec<usize> = (0..100_000)
        .filter(|at| entries[0].1[*at] == b'x')
        .collect();
    let expected: Vec<usize> = (0..60).filter(|n| n % 7 != 0).map(|n| n * 1000).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_database_with_holes_is_read() {
    let archive = ended(
        [
            pax(
                b'x',
                &[
                    ("GNU.sparse.major", "1"),
                    ("GNU.sparse.minor", "0"),
                    ("GNU.sparse.name", "var/lib/dpkg/status"),
                    ("GNU.sparse.realsize", &STATUS.len().to_string()),
                ],
            ),
            file("x", b'0', "", &{
                let mut map = format!("1\n0\n{}\n", STATUS.len()).into_bytes();
                map.resize(512, 0);
                map.extend(STATUS.as_bytes());
                map
            }),
        ]
        .concat(),
    );
    let facts = facts(&archive);
    assert_eq!(facts.evident(), ["var/lib/dpkg/status"]);
    assert_eq!(facts.gap_list(), []);
    let digest: [u8; 32] = Sha256::digest(STATUS).into();
    let entry = facts.entries.last().unwrap();
    assert_eq!(
        (entry.sums.map(|sums| sums.sha256), entry.size),
        (Some(digest), STATUS.len() as u64)
    );
}

#[test]
fn unknown_sparse_records_change_nothing() {
    let status = file("var/lib/dpkg/status", b'0', "", STATUS.as_bytes());
    for records in [
        [("GNU.sparse.nothing", "1")].as_slice(),
        &[("GNU.sparse.major", "2"), ("GNU.sparse.minor", "0")],
        &[("GNU.sparse.name", "elsewhere")],
        &[("GNU.sparse.realsize", "1")],
        &[("path", "")],
        &[("size", "")],
    ] {
        let archive = ended([pax(b'x', records), status.clone()].concat());
        let facts = facts(&archive);
        assert_eq!(facts.evident(), ["var/lib/dpkg/status"], "{records:?}");
        assert_eq!(facts.gap_list(), [], "{records:?}");
    }
    let long_name = [file("././@LongLink", b'L', "", b"\0"), status].concat();
    assert_eq!(facts(&ended(long_name)).evident(), ["var/lib/dpkg/status"]);
}

#[test]
fn a_global_header_moves_nothing() {
    let status = file("var/lib/dpkg/status", b'0', "", STATUS.as_bytes());
    for (record, ambiguous) in [
        (("comment", "x"), false),
        (("path", "elsewhere"), true),
        (("size", "0"), true),
        (("GNU.sparse.map", "0,0"), true),
    ] {
        let archive = ended([pax(b'g', &[record]), status.clone()].concat());
        let facts = facts(&archive);
        assert_eq!(facts.evident(), ["var/lib/dpkg/status"], "{record:?}");
        let said = facts.gap_list() == [(GapKind::ImageAmbiguous, "")];
        assert_eq!(said, ambiguous, "{record:?}");
    }
}

#[test]
fn holes_that_do_not_fit_are_refused() {
    let sparse = |map: &str, blocks: &str, size: &str| {
        let records = [
            ("GNU.sparse.map", map),
            ("GNU.sparse.numblocks", blocks),
            ("GNU.sparse.size", size),
        ];
        ended([pax(b'x', &records), file("f", b'0', "", b"aaabb")].concat())
    };
    assert!(read(&sparse("0,3,10,2", "2", "20")).1.is_none());
    for (map, blocks, size) in [
        ("0,3,10,2", "1", "20"),
        ("0,3,10,2", "2", "11"),
        ("0,3,2,2", "2", "20"),
        ("10,3,0,2", "2", "20"),
        ("0,3,10", "2", "20"),
        ("0,3,10,x", "2", "20"),
        ("0,3,10,18446744073709551615", "2", "20"),
        ("0,3,10,9223372036854775807", "2", "9223372036854775807"),
        ("0,3", "1", "20"),
        ("0,3,10,3", "2", "20"),
    ] {
        let (_, error) = read(&sparse(map, blocks, size));
        assert!(
            matches!(error, Some(TarError::BadSparse(_))),
            "{map} {blocks} {size}: {error:?}"
        );
    }
    let mut map = b"99999999\n".to_vec();
    map.resize(1024, 0);
    let records = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")];
    let (_, error) = read(&[pax(b'x', &records), file("f", b'0', "", &map)].concat());
    assert!(matches!(error, Some(TarError::BadSparse(_))));
}

#[test]
fn holes_beyond_the_budget_are_not_read_and_said_so() {
    let archive = |path: &str| {
        let records = [
            ("GNU.sparse.map", "0,3,999999999990,2"),
            ("GNU.sparse.numblocks", "2"),
            ("GNU.sparse.size", "1000000000000"),
        ];
        let sparse = [pax(b'x', &records), file(path, b'0', "", b"aaabb")].concat();
        ended([sparse, file("next", b'0', "", b"x")].concat())
    };
    let log = facts(&archive("var/log/lastlog"));
    assert_eq!(
        log.gap_list(),
        [(GapKind::EvidenceUnreadable, "var/log/lastlog")]
    );
    assert!(log.entries.iter().any(|entry| entry.path == "next"));
    let status = facts(&archive("var/lib/dpkg/status"));
    assert!(
        status
            .gap_list()
            .contains(&(GapKind::DatabaseUnreadable, "var/lib/dpkg/status"))
    );
    let small = Limits {
        holes: 39_995,
        ..Limits::default()
    };
    let two = [
        old_gnu(&[(0, 3), (20_000, 2)], 40_000, b"aaabb"),
        old_gnu(&[(0, 3), (20_000, 2)], 40_000, b"aaabb"),
    ];
    let facts = facts_within(&ended(two.concat()), &small);
    assert!(
        facts
            .gap_list()
            .contains(&(GapKind::EvidenceUnreadable, "f"))
    );
}

#[test]
fn sizes_that_no_archive_can_have_are_refused() {
    for size in ["18446744073709551615", "9223372036854775808", "-1", "x"] {
        let archive = [pax(b'x', &[("size", size)]), file("f", b'0', "", b"")].concat();
        let (entries, error) = read(&ended(archive));
        assert!(entries.is_empty(), "{size}");
        assert!(matches!(error, Some(TarError::BadHeader(_))), "{size}");
    }
    let archive = [
        pax(b'x', &[("size", "9223372036854775807")]),
        file("f", b'0', "", b""),
    ];
    assert!(matches!(
        read(&ended(archive.concat())).1,
        Some(TarError::Truncated(_))
    ));
    let mut block = header(b"f", b'0', b"", 0);
    block[124..136].copy_from_slice(b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
    sum(&mut block);
    let (_, error) = read(&block);
    assert!(matches!(error, Some(TarError::BadHeader(_))));
}

#[test]
fn zero_bytes_in_front_of_a_number_do_not_end_it() {
    let mut block = header(b"f", b'0', b"", 0);
    block[124..136].copy_from_slice(b"\0\0 000005 \0\0");
    sum(&mut block);
    let mut archive = block.to_vec();
    archive.extend(b"hello");
    archive.resize(1024, 0);
    let (entries, error) = read(&ended(archive));
    assert!(error.is_none());
    assert_eq!(entries[0].1, b"hello");
}

#[test]
fn broken_extended_headers_are_refused() {
    for content in [
        &b"7 path\n"[..],
        b"99 path=x\n",
        b"9 path=xy",
        b"5 =x\n",
        b"path=x\n",
        b"10 path=\0\n",
    ] {
        let archive = [file("pax", b'x', "", content), file("f", b'0', "", b"")].concat();
        let (_, error) = read(&ended(archive));
        assert!(matches!(error, Some(TarError::BadHeader(_))), "{content:?}");
    }
}
