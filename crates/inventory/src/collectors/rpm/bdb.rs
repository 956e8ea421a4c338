//! `Packages`: a Berkeley DB hash file.
//!
//! Every hash page is looked at, whatever bucket it belongs to; overflow
//! chains are followed only from items. Free pages keep the headers of
//! removed packages and must not be read.

use super::Rows;
use crate::collector::CollectError;
use crate::collectors::integers::Order;
use std::borrow::Cow;

const MAGIC: u32 = 0x0006_1561;
const PAGE_HEADER: usize = 26;
const HASH_META: u8 = 8;
const HASH_UNSORTED: u8 = 2;
const HASH_SORTED: u8 = 13;
const OVERFLOW: u8 = 7;
const INLINE: u8 = 1;
const OFF_PAGE: u8 = 3;

pub(super) fn rows(bytes: &[u8]) -> Result<Rows, CollectError> {
    let file = Hash::open(bytes)?;
    let mut rows = Rows::new(bytes.len());
    if file.last.checked_add(1) != Some(file.pages()) || !bytes.len().is_multiple_of(file.page) {
        rows.damage("it has more or fewer pages than it says");
    }
    let mut visited = vec![false; file.pages()];
    let mut overflow = false;
    // Those that it does not own up to as well: it is damaged anyway.
    for number in 1..file.pages() {
        let Some(page) = file.page(number) else { break };
        overflow |= page.get(25) == Some(&OVERFLOW);
        if !matches!(page.get(25), Some(&(HASH_UNSORTED | HASH_SORTED))) {
            continue;
        }
        let entries = usize::from(file.order.u16(page, 20).unwrap_or(0));
        for pair in 0..entries / 2 {
            let (Some(key), Some(value)) =
                (file.item(page, 2 * pair), file.item(page, 2 * pair + 1))
            else {
                rows.damage("a hash page is damaged");
                break;
            };
            // Record 0 counts the others.
            if matches!(key, [INLINE, number @ ..] if number.iter().all(|byte| *byte == 0)) {
                continue;
            }
            match file.value(value, &mut visited) {
                Some(header) => rows.push(&header),
                None => rows.damage("an overflow chain is damaged"),
            }
        }
    }
    if rows.count == 0 && overflow {
        rows.damage("it has pages of content and no rows");
    }
    Ok(rows)
}

struct Hash<'a> {
    bytes: &'a [u8],
    order: Order,
    page: usize,
    last: usize,
}

impl<'a> Hash<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, CollectError> {
        let order = [Order::Little, Order::Big]
            .into_iter()
            .find(|order| order.u32(bytes, 12) == Some(MAGIC))
            .ok_or_else(|| CollectError::new("it is not a Berkeley DB hash file"))?;
        let page = order.size(bytes, 20).unwrap_or(0);
        if !(512..=65536).contains(&page) || !page.is_power_of_two() {
            return Err(CollectError::new("its page size makes no sense"));
        }
        if bytes.get(24) != Some(&0) || bytes.get(25) != Some(&HASH_META) {
            return Err(CollectError::new("it is encrypted or not a hash file"));
        }
        let last = order.size(bytes, 32).unwrap_or(0);
        Ok(Self {
            bytes,
            order,
            page,
            last,
        })
    }

    fn pages(&self) -> usize {
        self.bytes.len() / self.page
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(self.page)?;
        self.bytes.get(start..start.checked_add(self.page)?)
    }

    /// Items fill a page from its end: each reaches to where the one before
    /// it begins.
    fn item(&self, page: &'a [u8], index: usize) -> Option<&'a [u8]> {
        let offset = |index: usize| {
            let at = self.order.u16(page, PAGE_HEADER + 2 * index)?;
            Some(usize::from(at))
        };
        let end = match index.checked_sub(1) {
            Some(before) => offset(before)?,
            None => page.len(),
        };
        page.get(offset(index)?..end)
    }

    fn value(&self, item: &'a [u8], visited: &mut [bool]) -> Option<Cow<'a, [u8]>> {
        match item {
            [INLINE, rest @ ..] => Some(Cow::Borrowed(rest)),
            [OFF_PAGE, ..] => {
                let first = self.order.size(item, 4)?;
                let length = self.order.size(item, 8)?;
                self.chain(first, length, visited).map(Cow::Owned)
            }
            _ => None,
        }
    }

    /// A page belongs to one chain only, which bounds all chains together.
    fn chain(&self, first: usize, length: usize, visited: &mut [bool]) -> Option<Vec<u8>> {
        let mut content = Vec::with_capacity(length.min(self.bytes.len()));
        let mut next = first;
        while next != 0 {
            let seen = visited.get_mut(next)?;
            if std::mem::replace(seen, true) {
                return None;
            }
            let page = self.page(next)?;
            if page.get(25) != Some(&OVERFLOW) {
                return None;
            }
            let used = usize::from(self.order.u16(page, 22)?);
            content.extend_from_slice(page.get(PAGE_HEADER..PAGE_HEADER + used)?);
            next = self.order.size(page, 16)?;
        }
        (content.len() == length).then_some(content)
    }
}
