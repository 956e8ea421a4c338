//! Paragraphs of `Field: value` lines (deb-control(5); RFC 822 headers), as
//! dpkg and Python metadata write them. Not a collector itself.

/// One paragraph. Field names compare without case.
#[derive(Debug, Default)]
pub(super) struct Paragraph<'a> {
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Paragraph<'a> {
    /// The first value of a field, first line only, trimmed; `None` if absent
    /// or empty.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value of a field that may stand more than once.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.fields
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
            .filter(|value| !value.is_empty())
    }

    fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// The paragraphs of a text, separated by blank lines. Lines that are neither
/// a field nor a continuation are skipped.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = Paragraph<'_>> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    std::iter::from_fn(move || {
        let mut paragraph = Paragraph::default();
        for line in lines.by_ref() {
            if line.trim().is_empty() {
                if paragraph.is_empty() {
                    continue;
                }
                return Some(paragraph);
            }
            if line.starts_with([' ', '\t']) {
                continue;
            }
            if let Some((name, value)) = line.split_once(':') {
                paragraph.fields.push((name.trim(), value.trim()));
            }
        }
        (!paragraph.is_empty()).then_some(paragraph)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_end_at_blank_lines_and_names_ignore_case() {
        let text = "\n\nPACKAGE: a\nDescription: x\n more: text\n\n \nPackage: b\nPackage: c";
        let found: Vec<_> = paragraphs(text).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].get("package"), Some("a"));
        assert_eq!(found[0].get("more"), None);
        assert_eq!(found[1].all("Package").collect::<Vec<_>>(), ["b", "c"]);
    }
}
