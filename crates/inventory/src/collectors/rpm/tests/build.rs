//! Databases built by hand, as small as the formats allow.

/// A header blob: `(tag, type, count, value)`.
pub(super) fn header(entries: &[(u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, kind, count, value) in entries {
        while *kind == 4 && store.len() % 4 != 0 {
            store.push(0);
        }
        for number in [*tag, *kind, u32::try_from(store.len()).unwrap(), *count] {
            index.extend(number.to_be_bytes());
        }
        store.extend(value);
    }
    let mut blob = u32::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
    blob.extend(u32::try_from(store.len()).unwrap().to_be_bytes());
    blob.extend(index);
    blob.extend(store);
    blob
}

pub(super) fn text(tag: u32, value: &str) -> (u32, u32, u32, Vec<u8>) {
    (tag, 6, 1, format!("{value}\0").into_bytes())
}

pub(super) fn texts(tag: u32, values: &[&str]) -> (u32, u32, u32, Vec<u8>) {
    let bytes = values.iter().flat_map(|v| format!("{v}\0").into_bytes());
    (
        tag,
        8,
        u32::try_from(values.len()).unwrap(),
        bytes.collect(),
    )
}

pub(super) fn numbers(tag: u32, values: &[u32]) -> (u32, u32, u32, Vec<u8>) {
    let bytes = values.iter().flat_map(|v| v.to_be_bytes());
    (
        tag,
        4,
        u32::try_from(values.len()).unwrap(),
        bytes.collect(),
    )
}

/// A package with three files, and a description that makes it `size` long.
pub(super) fn package(name: &str, size: usize) -> Vec<u8> {
    let sha = "ab".repeat(32);
    header(&[
        text(1000, name),
        text(1001, "1.2"),
        text(1002, "3.el9"),
        numbers(1003, &[1]),
        text(1005, &"x".repeat(size)),
        text(1011, "Example"),
        text(1014, "MIT"),
        text(1022, "x86_64"),
        (1029, 1, 3, vec![0, 0, 2]),
        texts(1035, &[&sha, "", &sha]),
        numbers(1037, &[0, 1, 0]),
        text(1044, "tool-1.2-3.el9.src.rpm"),
        numbers(1116, &[0, 1, 1]),
        texts(1117, &["tool", "tool.conf", "gone"]),
        texts(1118, &["/usr/bin/", "/etc/"]),
        numbers(5011, &[8]),
        text(5096, "tool:1:2:3"),
    ])
}

pub(super) fn ndb(blobs: &[Vec<u8>]) -> Vec<u8> {
    let pages = (blobs.len() + 2).div_ceil(256);
    let mut file = vec![0; 4096 * pages];
    for slot in file.chunks_exact_mut(16) {
        slot[..4].copy_from_slice(b"Slot");
    }
    file[..32].fill(0);
    file[..4].copy_from_slice(b"RpmP");
    file[12..16].copy_from_slice(&u32::try_from(pages).unwrap().to_le_bytes());
    for (at, blob) in blobs.iter().enumerate() {
        let index = u32::try_from(at + 1).unwrap();
        let offset = u32::try_from(file.len() / 16).unwrap();
        let start = file.len();
        file.extend(b"BlbS");
        for number in [index, 1, u32::try_from(blob.len()).unwrap()] {
            file.extend(number.to_le_bytes());
        }
        file.extend(blob);
        file.resize(file.len().next_multiple_of(16) + 16, 0);
        let blocks = u32::try_from((file.len() - start) / 16).unwrap();
        let slot = 16 * (at + 2);
        for (field, number) in [index, offset, blocks].into_iter().enumerate() {
            let from = slot + 4 + 4 * field;
            file[from..from + 4].copy_from_slice(&number.to_le_bytes());
        }
    }
    file
}

/// A hash file of 512-byte pages: the meta page, one hash page, overflow pages.
pub(super) fn bdb(blobs: &[Vec<u8>], big: bool) -> Vec<u8> {
    let u32s = |n: usize| {
        let n = u32::try_from(n).unwrap();
        if big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let u16s = |n: usize| {
        let n = u16::try_from(n).unwrap();
        if big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mut pages = vec![vec![0_u8; 512], vec![0_u8; 512]];
    let mut items = vec![
        [&[1][..], &u32s(0)].concat(),
        [&[1][..], &u32s(99)].concat(),
    ];
    for (at, blob) in blobs.iter().enumerate() {
        let first = pages.len();
        for (part, chunk) in blob.chunks(512 - 26).enumerate() {
            let mut page = vec![0; 26];
            let last = (part + 1) * (512 - 26) >= blob.len();
            let next = if last { 0 } else { first + part + 1 };
            page[16..20].copy_from_slice(&u32s(next));
            page[22..24].copy_from_slice(&u16s(chunk.len()));
            page[25] = 7;
            page.extend(chunk);
            page.resize(512, 0);
            pages.push(page);
        }
        items.push([&[1][..], &u32s(at + 1)].concat());
        items.push([&[3, 0, 0, 0][..], &u32s(first), &u32s(blob.len())].concat());
    }
    let count = pages.len();
    let page = &mut pages[1];
    let mut end = 512;
    for (at, item) in items.iter().enumerate() {
        end -= item.len();
        page[end..end + item.len()].copy_from_slice(item);
        page[26 + 2 * at..28 + 2 * at].copy_from_slice(&u16s(end));
    }
    page[20..22].copy_from_slice(&u16s(items.len()));
    page[25] = 13;
    let meta = &mut pages[0];
    meta[12..16].copy_from_slice(&u32s(0x0006_1561));
    meta[20..24].copy_from_slice(&u32s(512));
    meta[25] = 8;
    meta[32..36].copy_from_slice(&u32s(count - 1));
    pages.concat()
}

pub(super) fn varint(value: usize) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(value & 0x7f).unwrap()];
    let mut rest = value >> 7;
    while rest > 0 {
        bytes.insert(0, u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    bytes
}

pub(super) fn record(columns: &[(usize, &[u8])]) -> Vec<u8> {
    let kinds: Vec<u8> = columns.iter().flat_map(|(kind, _)| varint(*kind)).collect();
    let mut record = varint(kinds.len() + 1);
    record.extend(kinds);
    record.extend(columns.iter().flat_map(|(_, value)| value.iter().copied()));
    record
}

/// A leaf page with one row a record, its overflow pages from `free` on.
pub(super) fn leaf(records: &[Vec<u8>], start: usize, free: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut page, mut more) = (vec![0_u8; 512], Vec::new());
    let mut end = 512;
    for (at, record) in records.iter().enumerate() {
        let mut cell = [varint(record.len()), varint(at + 1)].concat();
        if record.len() <= 512 - 35 {
            cell.extend(record);
        } else {
            let least = (512 - 12) * 32 / 255 - 23;
            let wanted = least + (record.len() - least) % (512 - 4);
            let local = if wanted <= 512 - 35 { wanted } else { least };
            cell.extend(&record[..local]);
            cell.extend(u32::try_from(free + more.len()).unwrap().to_be_bytes());
            let chunks: Vec<_> = record[local..].chunks(508).collect();
            for (part, chunk) in chunks.iter().enumerate() {
                let next = if part + 1 == chunks.len() {
                    0
                } else {
                    free + more.len() + 1
                };
                let mut page = u32::try_from(next).unwrap().to_be_bytes().to_vec();
                page.extend(*chunk);
                page.resize(512, 0);
                more.push(page);
            }
        }
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(&cell);
        let pointer = start + 8 + 2 * at;
        page[pointer..pointer + 2].copy_from_slice(&u16::try_from(end).unwrap().to_be_bytes());
    }
    page[start] = 0x0d;
    page[start + 5..start + 7].copy_from_slice(&u16::try_from(end).unwrap().to_be_bytes());
    page[start + 3..start + 5]
        .copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
    (page, more)
}

pub(super) fn sqlite_pages(blobs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let rows: Vec<_> = blobs
        .iter()
        .map(|blob| record(&[(0, b""), (12 + 2 * blob.len(), blob)]))
        .collect();
    let (rows, more) = leaf(&rows, 0, 3);
    let mut pages = vec![schema(&["Packages"]), rows];
    pages.extend(more);
    pages
}

/// Tables of a page each, by name, with rows as `record` makes them.
pub(super) fn sqlite_tables(tables: &[(&str, Vec<Vec<u8>>)]) -> Vec<u8> {
    let names: Vec<_> = tables.iter().map(|(name, _)| *name).collect();
    let mut pages = schema(&names);
    for (_, rows) in tables {
        pages.extend(leaf(rows, 0, 0).0);
    }
    pages
}

/// The first page, which says that the tables begin on those after it.
fn schema(tables: &[&str]) -> Vec<u8> {
    let rows = (2_u8..).zip(tables).map(|(root, name)| {
        let name = (13 + 2 * name.len(), name.as_bytes());
        record(&[(23, b"table"), name, name, (1, &[root]), (13, b"")])
    });
    let (mut first, _) = leaf(&rows.collect::<Vec<_>>(), 100, 0);
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&512_u16.to_be_bytes());
    first
}

/// A log with one transaction; big-endian checksums.
pub(super) fn log(pages: &[(u32, Vec<u8>)], commit: bool) -> Vec<u8> {
    fn sum(state: &mut (u32, u32), bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| u32::from_be_bytes(pair[at..at + 4].try_into().unwrap());
            state.0 = state.0.wrapping_add(word(0)).wrapping_add(state.1);
            state.1 = state.1.wrapping_add(word(4)).wrapping_add(state.0);
        }
    }
    let mut file = Vec::new();
    for number in [0x377f_0683_u32, 3_007_000, 512, 0, 7, 8] {
        file.extend(number.to_be_bytes());
    }
    let mut state = (0, 0);
    sum(&mut state, &file);
    file.extend([state.0.to_be_bytes(), state.1.to_be_bytes()].concat());
    for (at, (number, page)) in pages.iter().enumerate() {
        let last = commit && at + 1 == pages.len();
        let head = [number.to_be_bytes(), u32::from(last).to_be_bytes()].concat();
        sum(&mut state, &head);
        sum(&mut state, page);
        file.extend(head);
        for number in [7, 8, state.0, state.1] {
            file.extend(number.to_be_bytes());
        }
        file.extend(page);
    }
    file
}
