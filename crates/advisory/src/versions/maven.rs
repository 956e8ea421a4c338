//! Maven: `ComparableVersion` as of 3.9, with one difference where versions
//! are sorted: a word always opens a list of its own, where Maven lets only
//! the last one do so. Without it the order has cycles among odd versions.

use super::number::Number;
use std::cmp::Ordering;

/// Known qualifiers in order; the empty one is the release.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

#[derive(Clone, Debug)]
pub(super) struct Version(Vec<Item>);

#[derive(Clone, Debug)]
enum Item {
    Number(Number),
    Word(Box<str>),
    List(Vec<Item>),
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        Some(Self(parse(text, Nesting::Always)))
    }
}

/// Orders any two texts exactly as `ComparableVersion` does, cycles included.
pub(super) fn compare_any(a: &str, b: &str) -> Ordering {
    lists(&parse(a, Nesting::Last), &parse(b, Nesting::Last))
}

/// Which words open a list of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Always,
    Last,
}

/// The lists that are open. All of them are closed at the end, so each is the
/// last item of the one before.
struct Lists {
    open: Vec<Vec<Item>>,
    nesting: Nesting,
}

impl Lists {
    fn add(&mut self, item: Item) {
        if self.nesting == Nesting::Always && matches!(item, Item::Word(_)) {
            self.nest();
        }
        if let Some(list) = self.open.last_mut() {
            list.push(item);
        }
    }

    /// Opens a list, unless the innermost is still empty. The outermost is
    /// for numbers where words always nest.
    fn nest(&mut self) {
        let outermost = self.open.len() == 1 && self.nesting == Nesting::Always;
        if outermost || self.open.last().is_some_and(|list| !list.is_empty()) {
            self.open.push(Vec::new());
        }
    }

    fn close(mut self) -> Vec<Item> {
        let mut inner: Option<Vec<Item>> = None;
        while let Some(mut list) = self.open.pop() {
            list.extend(inner.take().map(Item::List));
            inner = Some(normalized(list, self.nesting));
        }
        inner.unwrap_or_default()
    }
}

fn parse(text: &str, nesting: Nesting) -> Vec<Item> {
    let text = text.to_lowercase();
    let mut lists = Lists {
        open: vec![Vec::new()],
        nesting,
    };
    let mut start = 0;
    let mut in_number = false;
    for (i, c) in text.bytes().enumerate() {
        match c {
            b'.' | b'-' => {
                lists.add(item(&text[start..i], in_number, false));
                start = i + 1;
                if c == b'-' {
                    lists.nest();
                }
            }
            c => {
                let digit = c.is_ascii_digit();
                if digit != in_number && i > start {
                    // `.rc1` is `-rc1`, as `.rc` is `-rc` at the end.
                    if digit {
                        lists.nest();
                    }
                    lists.add(item(&text[start..i], in_number, digit));
                    start = i;
                    lists.nest();
                }
                in_number = digit;
            }
        }
    }
    if start < text.len() {
        if !in_number {
            lists.nest();
        }
        lists.add(item(&text[start..], in_number, false));
    }
    lists.close()
}

/// Nothing is zero. Some letters are short for qualifiers if a number follows.
fn item(text: &str, number: bool, number_follows: bool) -> Item {
    if text.is_empty() {
        return Item::Number(Number::default());
    }
    if number && let Some(number) = Number::parse(text) {
        return Item::Number(number);
    }
    let word = match text {
        "a" if number_follows => "alpha",
        "b" if number_follows => "beta",
        "m" if number_follows => "milestone",
        "cr" => "rc",
        "ga" | "final" | "release" => "",
        word => word,
    };
    Item::Word(word.into())
}

/// Drops what equals nothing at the end of a list and in front of lists.
fn normalized(mut list: Vec<Item>, nesting: Nesting) -> Vec<Item> {
    for i in (0..list.len()).rev() {
        match &list[i] {
            // Without it, the list behind would come to stand in its place.
            Item::Number(_) | Item::Word(_)
                if i == 0 && nesting == Nesting::Always && begins_with_number(&list) =>
            {
                break;
            }
            Item::Number(number) if number.is_zero() => {}
            Item::Word(word) if word.is_empty() => {}
            Item::List(inner) if inner.is_empty() => {}
            Item::List(_) => continue,
            _ => break,
        }
        list.remove(i);
    }
    // What only holds a list is that list; Maven has no such rule.
    match list.pop() {
        Some(Item::List(inner)) if list.is_empty() && nesting == Nesting::Always => inner,
        last => {
            list.extend(last);
            list
        }
    }
}

/// Whether the list within a list does.
fn begins_with_number(list: &[Item]) -> bool {
    match list.get(1) {
        Some(Item::List(inner)) => matches!(inner.first(), Some(Item::Number(_))),
        _ => false,
    }
}

/// Known qualifiers by position, others after them by text.
fn qualifier(word: &str) -> (usize, &str) {
    match QUALIFIERS.iter().position(|known| *known == word) {
        Some(position) => (position, ""),
        None => (QUALIFIERS.len(), word),
    }
}

/// Order of an item against the end of the other version.
fn against_nothing(item: &Item) -> Ordering {
    match item {
        Item::Number(number) => number.cmp(&Number::default()),
        Item::Word(word) => qualifier(word).cmp(&qualifier("")),
        Item::List(list) => list
            .iter()
            .map(against_nothing)
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal),
    }
}

/// Numbers before lists before words, from the newest.
fn compare(a: &Item, b: &Item) -> Ordering {
    match (a, b) {
        (Item::Number(a), Item::Number(b)) => a.cmp(b),
        (Item::Number(_), _) => Ordering::Greater,
        (_, Item::Number(_)) => Ordering::Less,
        (Item::List(a), Item::List(b)) => lists(a, b),
        (Item::List(_), _) => Ordering::Greater,
        (_, Item::List(_)) => Ordering::Less,
        (Item::Word(a), Item::Word(b)) => qualifier(a).cmp(&qualifier(b)),
    }
}

fn lists(a: &[Item], b: &[Item]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|i| match (a.get(i), b.get(i)) {
            (Some(a), Some(b)) => compare(a, b),
            (Some(a), None) => against_nothing(a),
            (None, Some(b)) => against_nothing(b).reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        lists(&self.0, &other.0)
    }
}

super::number::order_by_cmp!(Version);
