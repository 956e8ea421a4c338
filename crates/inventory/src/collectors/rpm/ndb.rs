//! `Packages.db`: the ndb format of rpm.

use super::Rows;
use crate::collector::CollectError;
use crate::collectors::integers::Order::Little;

const SLOT_PAGE: usize = 4096;
const BLOCK: usize = 16;
const SLOT: &[u8] = b"Slot";

pub(super) fn rows(bytes: &[u8]) -> Result<Rows, CollectError> {
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
    if pages == 0 || end > bytes.len() || !bytes.len().is_multiple_of(BLOCK) {
        rows.damage("it has fewer pages than it says");
    }
    let end = end.min(bytes.len());
    let slots = bytes.get(..end).unwrap_or_default();
    // The header takes the place of the first two slots.
    for slot in slots.chunks_exact(BLOCK).skip(2) {
        if slot.get(..4) != Some(SLOT) {
            rows.damage("a slot is damaged");
            continue;
        }
        // Free slots point nowhere.
        if Little.u32(slot, 8) == Some(0) {
            continue;
        }
        match blob(bytes, slot, end) {
            Some(blob) => rows.push(blob),
            None => rows.damage("a slot leads to no package"),
        }
    }
    let content = bytes.get(end..).unwrap_or_default();
    // Room that packages leave is filled with zeros.
    if content.starts_with(SLOT) || rows.count == 0 && content.iter().any(|byte| *byte != 0) {
        rows.damage("it has slots or packages beyond its slot pages");
    }
    Ok(rows)
}

/// The header blob behind a slot; blobs come after all slots.
fn blob<'a>(bytes: &'a [u8], slot: &[u8], slots: usize) -> Option<&'a [u8]> {
    let index = Little.u32(slot, 4).filter(|index| *index != 0)?;
    let start = Little.size(slot, 8)?.checked_mul(BLOCK)?;
    if start < slots {
        return None;
    }
    let length = Little.size(slot, 12)?.checked_mul(BLOCK)?;
    let range = bytes.get(start..start.checked_add(length)?)?;
    if range.get(..4) != Some(b"BlbS") || Little.u32(range, 4) != Some(index) {
        return None;
    }
    let length = Little.size(range, 12)?;
    range.get(BLOCK..BLOCK.checked_add(length)?)
}
