//! Maven: `ComparableVersion` as of 3.9, with one difference: a word always
//! opens a list of its own, where Maven does so only for the last one. Without
//! it the order has cycles among odd versions and nothing could be sorted.

use super::number::{Number, take};
use std::cmp::Ordering;

/// Known qualifiers in order; the empty one is the release.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

#[derive(Clone, Debug)]
pub(super) struct Version(Vec<Item>);

#[derive(Clone, Debug)]
enum Item {
    Number(Number),
    Word(Box<str>),
    /// A word directly followed by a number, as `rc1`.
    Combination(Box<str>, Number),
    List(Vec<Item>),
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let lower = text.to_lowercase();
        Some(Self(parse(&lower)))
    }
}

fn parse(text: &str) -> Vec<Item> {
    // Every list is closed at the end, so open ones form a stack.
    let mut stack: Vec<Vec<Item>> = vec![Vec::new()];
    let mut start = 0;
    let (mut in_number, mut combination) = (false, false);
    let bytes = text.as_bytes();
    let push = |stack: &mut Vec<Vec<Item>>, item| {
        if let Some(list) = stack.last_mut() {
            list.push(item);
        }
    };
    let open = |stack: &mut Vec<Vec<Item>>| {
        if stack.len() == 1 || stack.last().is_some_and(|list| !list.is_empty()) {
            stack.push(Vec::new());
        }
    };
    for (i, &c) in bytes.iter().enumerate() {
        match c {
            b'.' => {
                let part = item(&text[start..i], in_number, combination);
                if matches!(part, Item::Word(_)) {
                    open(&mut stack);
                }
                push(&mut stack, part);
                combination = false;
                start = i + 1;
            }
            b'-' => {
                if i == start {
                    push(&mut stack, Item::Number(Number::default()));
                } else {
                    let number_follows = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
                    if !in_number && number_follows {
                        combination = true;
                        continue;
                    }
                    let part = item(&text[start..i], in_number, combination);
                    if matches!(part, Item::Word(_)) {
                        open(&mut stack);
                    }
                    push(&mut stack, part);
                }
                start = i + 1;
                open(&mut stack);
                combination = false;
            }
            c if c.is_ascii_digit() => {
                if !in_number && i > start {
                    combination = true;
                    open(&mut stack);
                }
                in_number = true;
            }
            _ => {
                if in_number && i > start {
                    let part = item(&text[start..i], true, combination);
                    push(&mut stack, part);
                    start = i;
                    open(&mut stack);
                    combination = false;
                }
                in_number = false;
            }
        }
    }
    if start < text.len() {
        if !in_number {
            open(&mut stack);
        }
        let part = item(&text[start..], in_number, combination);
        push(&mut stack, part);
    }
    let mut inner: Option<Vec<Item>> = None;
    while let Some(mut list) = stack.pop() {
        if let Some(inner) = inner.take() {
            list.push(Item::List(inner));
        }
        inner = Some(normalized(list));
    }
    inner.unwrap_or_default()
}

fn item(text: &str, number: bool, combination: bool) -> Item {
    if text.is_empty() {
        return Item::Number(Number::default());
    }
    if combination {
        let (word, digits) = take(text, |c| !c.is_ascii_digit());
        let word = match word.trim_end_matches('-') {
            "a" => "alpha",
            "b" => "beta",
            "m" => "milestone",
            word => word,
        };
        return Item::Combination(
            alias(word).into(),
            Number::parse(digits).unwrap_or_default(),
        );
    }
    if number && let Some(number) = Number::parse(text) {
        return Item::Number(number);
    }
    Item::Word(alias(text).into())
}

fn alias(word: &str) -> &str {
    if word == "cr" { "rc" } else { word }
}

/// Drops what equals nothing at the end of the list and before qualifiers.
fn normalized(mut list: Vec<Item>) -> Vec<Item> {
    for i in (0..list.len()).rev() {
        let null = match &list[i] {
            Item::Number(number) => number.is_zero(),
            Item::Word(word) => qualifier(word) == qualifier(""),
            Item::Combination(..) => false,
            Item::List(inner) => inner.is_empty(),
        };
        let droppable = match list.get(i + 1) {
            None | Some(Item::Word(_)) => true,
            Some(Item::List(inner)) => !matches!(inner.first(), Some(Item::Number(_))),
            Some(_) => false,
        };
        if null && droppable {
            list.remove(i);
        }
    }
    // What only holds a list is that list.
    match list.pop() {
        Some(Item::List(inner)) if list.is_empty() => inner,
        last => {
            list.extend(last);
            list
        }
    }
}

/// Known qualifiers by position, others after them by text.
fn qualifier(word: &str) -> (usize, &str) {
    let word = match word {
        "ga" | "final" | "release" => "",
        word => word,
    };
    match QUALIFIERS.iter().position(|known| *known == word) {
        Some(position) => (position, ""),
        None => (QUALIFIERS.len(), word),
    }
}

fn words(a: &str, b: &str) -> Ordering {
    qualifier(a).cmp(&qualifier(b))
}

/// Order of an item against the end of the other version.
fn against_nothing(item: &Item) -> Ordering {
    match item {
        Item::Number(number) => number.cmp(&Number::default()),
        Item::Word(word) | Item::Combination(word, _) => words(word, ""),
        Item::List(list) => list
            .iter()
            .map(against_nothing)
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal),
    }
}

fn compare(a: &Item, b: &Item) -> Ordering {
    match (a, b) {
        (Item::Number(a), Item::Number(b)) => a.cmp(b),
        (Item::Number(_), _) => Ordering::Greater,
        (_, Item::Number(_)) => Ordering::Less,
        (Item::Word(a), Item::Word(b)) => words(a, b),
        (Item::Word(a), Item::Combination(b, _)) => words(a, b).then(Ordering::Less),
        (Item::Combination(a, _), Item::Word(b)) => words(a, b).then(Ordering::Greater),
        (Item::Combination(a, m), Item::Combination(b, n)) => words(a, b).then_with(|| m.cmp(n)),
        (Item::List(a), Item::List(b)) => lists(a, b),
        (Item::List(_), _) => Ordering::Greater,
        (_, Item::List(_)) => Ordering::Less,
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
