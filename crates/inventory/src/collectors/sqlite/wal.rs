//! The write-ahead log of SQLite (file format, section 4): pages that are
//! newer than those of the database.

use crate::collectors::integers::Order::{self, Big, Little};
use std::collections::HashMap;

const HEADER: usize = 32;
const FRAME: usize = 24;

/// The newest committed version of each page. As SQLite does, a log is read
/// up to the first frame that does not belong to it.
pub(super) fn committed(log: &[u8]) -> HashMap<u32, &[u8]> {
    read(log).unwrap_or_default()
}

fn read(log: &[u8]) -> Option<HashMap<u32, &[u8]>> {
    let order = match Big.u32(log, 0)? {
        0x377f_0682 => Little,
        0x377f_0683 => Big,
        _ => return None,
    };
    let page = Big.size(log, 8)?;
    if !(512..=65536).contains(&page) || !page.is_power_of_two() {
        return None;
    }
    let salts = log.get(16..24)?;
    let mut sum = checksum(order, (0, 0), log.get(..24)?);
    if (Big.u32(log, 24)?, Big.u32(log, 28)?) != sum {
        return None;
    }
    let (mut pages, mut pending) = (HashMap::new(), HashMap::new());
    for frame in log.get(HEADER..)?.chunks_exact(FRAME + page) {
        let (header, content) = frame.split_at_checked(FRAME)?;
        sum = checksum(order, sum, header.get(..8)?);
        sum = checksum(order, sum, content);
        let stated = (Big.u32(header, 16)?, Big.u32(header, 20)?);
        if header.get(8..16)? != salts || stated != sum {
            break;
        }
        pending.insert(Big.u32(header, 0)?, content);
        if Big.u32(header, 4)? != 0 {
            pages.extend(pending.drain());
        }
    }
    Some(pages)
}

fn checksum(order: Order, (mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let word = |at| order.u32(pair, at).unwrap_or(0);
        first = first.wrapping_add(word(0)).wrapping_add(second);
        second = second.wrapping_add(word(4)).wrapping_add(first);
    }
    (first, second)
}
