//! Paragraphs of `Field: value` lines (deb-control(5); RFC 822 headers), as
//! dpkg and Python metadata write them. Not a collector itself.

/// One paragraph. Field names compare without case.
#[derive(Debug, Default)]
pub(super) struct Paragraph<'a> {
    /// Names, and values with their continuation lines.
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Paragraph<'a> {
    /// The first value of a field, first line only, trimmed; `None` if absent
    /// or empty.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value of a field that may stand more than once, first lines only.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.fields
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.lines().next().unwrap_or_default().trim())
            .filter(|value| !value.is_empty())
    }

    /// Every line of the first value of a field, trimmed, without empty ones.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let field = self
            .fields
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        let lines = field.map_or("", |(_, value)| *value).lines();
        lines.map(str::trim).filter(|line| !line.is_empty())
    }

    /// The name of the field that stands first.
    pub fn first(&self) -> Option<&'a str> {
        self.fields.first().map(|(name, _)| *name)
    }
}

/// The paragraphs of a text, separated by blank lines. Lines that are neither
/// a field nor a continuation are skipped.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = Paragraph<'_>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut paragraph = Paragraph::default();
        // Where the value of the last field begins, while it may go on.
        let mut open = None;
        while at < text.len() {
            let rest = &text[at..];
            let line = rest.split_inclusive('\n').next().unwrap_or(rest);
            let start = at;
            at += line.len();
            if line.trim().is_empty() {
                if paragraph.fields.is_empty() {
                    continue;
                }
                return Some(paragraph);
            }
            if line.starts_with([' ', '\t']) {
                if let (Some(begin), Some(field)) = (open, paragraph.fields.last_mut()) {
                    field.1 = &text[begin..at];
                }
                continue;
            }
            open = line.find(':').map(|colon| {
                let begin = start + colon + 1;
                paragraph
                    .fields
                    .push((line[..colon].trim(), &text[begin..at]));
                begin
            });
        }
        (!paragraph.fields.is_empty()).then_some(paragraph)
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
        assert_eq!(found[0].get("description"), Some("x"));
        assert_eq!(
            found[0].lines("Description").collect::<Vec<_>>(),
            ["x", "more: text"]
        );
        assert_eq!(found[0].first(), Some("PACKAGE"));
        assert_eq!(found[1].all("Package").collect::<Vec<_>>(), ["b", "c"]);
    }
}
