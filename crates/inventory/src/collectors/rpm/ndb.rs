//! `Packages.db`: the ndb format of rpm (packages reference, 12.3).

use super::Rows;
use super::integers::Order::Little;
use crate::collector::CollectError;
use std::borrow::Cow;

const SLOT_PAGE: usize = 4096;
const BLOCK: usize = 16;

pub(super) fn rows(bytes: &[u8]) -> Result<Rows<'_>, CollectError> {
    if bytes.get(..4) != Some(b"RpmP") {
        return Err(CollectError::new("it is not an ndb package database"));
    }
    if Little.u32(bytes, 4) != Some(0) {
        return Err(CollectError::new("its ndb version is not 0"));
    }
    let pages = Little
        .size(bytes, 12)
        .ok_or_else(|| CollectError::new("the ndb header is cut off"))?;
    let end = pages.saturating_mul(SLOT_PAGE);
    let mut rows = Rows::new(bytes.len());
    if end > bytes.len() {
        rows.damage("the slot pages are cut off");
    }
    let slots = bytes.get(..end.min(bytes.len())).unwrap_or_default();
    // The header takes the place of the first two slots.
    for slot in slots.chunks_exact(BLOCK).skip(2) {
        let index = Little.u32(slot, 4).unwrap_or(0);
        if slot.get(..4) != Some(b"Slot") || index == 0 {
            continue;
        }
        match blob(bytes, slot, index) {
            Some(blob) => rows.push(Cow::Borrowed(blob)),
            None => rows.damage("a slot leads to no package"),
        }
    }
    Ok(rows)
}

fn blob<'a>(bytes: &'a [u8], slot: &[u8], index: u32) -> Option<&'a [u8]> {
    let start = Little.size(slot, 8)?.checked_mul(BLOCK)?;
    let length = Little.size(slot, 12)?.checked_mul(BLOCK)?;
    let range = bytes.get(start..start.checked_add(length)?)?;
    if range.get(..4) != Some(b"BlbS") || Little.u32(range, 4) != Some(index) {
        return None;
    }
    let length = Little.size(range, 12)?;
    range.get(BLOCK..BLOCK.checked_add(length)?)
}
