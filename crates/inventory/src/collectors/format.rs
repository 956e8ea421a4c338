//! What a file must show to be what its name promises, where nothing was found
//! in it: a list of no packages says so in the words of its format, and what
//! does not is a gap, not silence. Not a collector itself.

use crate::collector::{CollectError, CollectGap, Collected};
use crate::facts::Fact;
use plimsoll_types::GapKind;

/// A format, told by what its files hold even if they name no package.
pub(super) struct Format {
    /// As people call a file of it, with the article.
    name: &'static str,
    /// What lines begin with that say nothing.
    comments: &'static [&'static str],
    marks: Marks,
}

enum Marks {
    /// What lines begin with.
    Lines(&'static [&'static str]),
    /// Keys (JSON, YAML, TOML, PHP) and elements (XML), at any depth.
    Keys(&'static [&'static str]),
}

impl Format {
    /// A format of lines, some of which begin with one of `marks`. Without
    /// marks, only comments and blank lines may name no package.
    pub const fn of_lines(
        name: &'static str,
        comments: &'static [&'static str],
        marks: &'static [&'static str],
    ) -> Self {
        let marks = Marks::Lines(marks);
        Self {
            name,
            comments,
            marks,
        }
    }

    /// A format of keys and values that has one of `keys`.
    pub const fn of_keys(name: &'static str, keys: &'static [&'static str]) -> Self {
        Self {
            name,
            comments: &["#"],
            marks: Marks::Keys(keys),
        }
    }

    /// What was collected from the text, if that is anything or the text may
    /// well say nothing.
    pub fn hold(&self, text: &str, collected: Collected) -> Result<Collected, CollectError> {
        if !is_silent(&collected) || self.is_blank(text) || self.is_marked(text) {
            return Ok(collected);
        }
        Err(CollectError(format!("it is not {}", self.name)))
    }

    /// The same of a format so strict that each line is known for what it is,
    /// but for `unread` ones.
    pub fn hold_lines(
        &self,
        collector: &str,
        text: &str,
        collected: Collected,
        unread: usize,
    ) -> Result<Collected, CollectError> {
        let mut collected = self.hold(text, collected)?;
        collected.gaps.extend(lines_unread(collector, unread));
        Ok(collected)
    }

    fn is_blank(&self, text: &str) -> bool {
        text.lines().map(str::trim).all(|line| {
            line.is_empty() || self.comments.iter().any(|begin| line.starts_with(begin))
        })
    }

    fn is_marked(&self, text: &str) -> bool {
        match self.marks {
            Marks::Lines(marks) => text
                .lines()
                .map(str::trim_start)
                .any(|line| marks.iter().any(|mark| line.starts_with(mark))),
            Marks::Keys(keys) => keys.iter().any(|key| has_key(text, key)),
        }
    }
}

/// So many lines of a file that nothing was made of, if any.
pub(super) fn lines_unread(collector: &str, unread: usize) -> Option<CollectGap> {
    (unread > 0).then(|| CollectGap {
        kind: GapKind::EvidenceUnreadable,
        nested: Vec::new(),
        detail: format!("{collector}: lines that were not understood: {unread}"),
    })
}

fn is_silent(collected: &Collected) -> bool {
    let is_empty = |fact: &Fact| match fact {
        Fact::Packages(packages) => packages.is_empty(),
        Fact::Owned(owners) | Fact::Listed(owners) => {
            owners.iter().all(|owner| owner.files.is_empty())
        }
        Fact::Users(users) => users.is_empty(),
        Fact::Groups(groups) => groups.is_empty(),
        Fact::Passwords(passwords) => passwords.is_empty(),
        _ => false,
    };
    collected.gaps.is_empty() && collected.facts.iter().all(is_empty)
}

/// `key:`, `"key":`, `key =`, `'key' =>` or `<key`.
fn has_key(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + key.len()..).unwrap_or_default();
        let element = after.starts_with(|c: char| c.is_whitespace() || "/>".contains(c));
        let whole = before.is_none_or(|c| c.is_whitespace() || "\"'{,".contains(c));
        before == Some('<') && element
            || whole
                && after
                    .trim_start_matches(['"', '\''])
                    .trim_start()
                    .starts_with([':', '='])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: Format = Format::of_lines("a list", &["#"], &["LIST"]);
    const KEYS: Format = Format::of_keys("a lock", &["packages"]);

    fn holds(format: &Format, text: &str) -> bool {
        format.hold(text, Collected::default()).is_ok()
    }

    #[test]
    fn a_list_of_nothing_says_so() {
        assert!(holds(&LINES, "") && holds(&LINES, "\n # x\n") && holds(&LINES, "LIST\n x\n"));
        assert!(!holds(&LINES, "lorem ipsum\n# x\n"));
        for text in [
            "{\"packages\":{}}",
            "packages: []",
            "{packages = {}}",
            "['packages' => []]",
            "<packages/>",
            "<packages>\n",
        ] {
            assert!(holds(&KEYS, text), "{text}");
        }
        for text in [
            "{}",
            "our packages",
            "<p>packages: 0</p>",
            "\"subpackages\": 1",
        ] {
            assert!(!holds(&KEYS, text), "{text}");
        }
    }

    #[test]
    fn an_empty_list_of_packages_is_no_excuse_but_a_gap_is() {
        let nothing = || Collected::from(vec![Fact::Packages(Vec::new())]);
        let error = LINES.hold("x", nothing()).unwrap_err();
        assert_eq!(error.to_string(), "it is not a list");
        assert_eq!(LINES.hold("LIST", nothing()), Ok(nothing()));
        let lost = LINES.hold_lines("x", "LIST\n?", nothing(), 1).unwrap();
        assert_eq!(lost.gaps[0].detail, "x: lines that were not understood: 1");
        assert!(LINES.hold("?", lost).is_ok());
    }
}
