//! JSON with comments and trailing commas.

/// The same as strict JSON: comments become blanks, commas before a closing
/// bracket are dropped.
pub(super) fn strict(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    // A comma that waits to see what follows it, and the blanks after it.
    let mut comma = false;
    while let Some(c) = characters.next() {
        match c {
            '/' if characters.peek() == Some(&'/') => {
                characters.by_ref().find(|&c| c == '\n');
                out.push('\n');
            }
            '/' if characters.peek() == Some(&'*') => {
                characters.next();
                let mut last = ' ';
                characters
                    .by_ref()
                    .find(|&c| std::mem::replace(&mut last, c) == '*' && c == '/');
                out.push(' ');
            }
            ',' => {
                if comma {
                    out.push(',');
                }
                comma = true;
            }
            c if c.is_whitespace() => out.push(c),
            c => {
                if std::mem::take(&mut comma) && !matches!(c, '}' | ']') {
                    out.push(',');
                }
                out.push(c);
                if c == '"' {
                    string(&mut characters, &mut out);
                }
            }
        }
    }
    out
}

fn string(characters: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(c) = characters.next() {
        out.push(c);
        match c {
            '\\' => out.extend(characters.next()),
            '"' => break,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::strict;

    #[test]
    fn comments_and_trailing_commas_go_and_strings_stay() {
        let text = "{ // a, }\n \"u\": \"http://x,}\\\"/*\", /* , */ \"l\": [1, 2 , /**/ ],\n}";
        let value: serde_json::Value = serde_json::from_str(&strict(text)).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"u": "http://x,}\"/*", "l": [1, 2]})
        );
        assert!(serde_json::from_str::<serde_json::Value>(&strict("[1,,2]")).is_err());
        assert_eq!(strict("/*"), " ");
    }
}
