use crate::parse::{Dockerfile, Instruction, is_blank_or_comment};

/// A word of an instruction, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) line: usize,
    /// Byte in the line.
    pub(crate) start: usize,
}

/// Whether a character parts words. Quotes do, so that `'a==1'` is `a==1`.
fn parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')')
}

/// Whether a word ends a command.
pub(crate) fn ends_command(word: &str) -> bool {
    matches!(word, ";" | "|" | "&")
}

impl Dockerfile {
    /// The words of an instruction, without comments, continuation characters
    /// and here-documents. Operators of the shell are words of their own.
    pub(crate) fn words(&self, instruction: &Instruction) -> Vec<Word> {
        let mut words = Vec::new();
        let lines = self.lines.iter().enumerate();
        let lines = lines
            .skip(*instruction.lines.start())
            .take(instruction.lines.end() - instruction.lines.start() + 1);
        for (line, text) in lines.filter(|(_, text)| !is_blank_or_comment(text)) {
            let text = text.trim_end();
            let text = text.strip_suffix(self.escape).unwrap_or(text);
            let mut start = None;
            for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
                let operator = matches!(c, ';' | '&' | '|');
                if !parts(c) && !operator {
                    start.get_or_insert(at);
                    continue;
                }
                if let Some(start) = start.take() {
                    words.push(Word {
                        text: text[start..at].to_owned(),
                        line,
                        start,
                    });
                }
                if operator {
                    words.push(Word {
                        text: c.to_string(),
                        line,
                        start: at,
                    });
                }
            }
        }
        words
    }
}

/// The words of a `RUN`, command by command, without assignments and `sudo`
/// in front.
pub(crate) fn commands(words: &[Word]) -> impl Iterator<Item = &[Word]> {
    // The keyword and its flags (`--mount=…`) come first.
    let flags = words.iter().skip(1);
    let skipped = 1 + flags.take_while(|word| word.text.starts_with("--")).count();
    let words = words.get(skipped..).unwrap_or_default();
    words
        .split(|word| ends_command(&word.text))
        .filter(|command| !command.is_empty())
        .map(|command| {
            let before = command.iter().take_while(|word| {
                let assignment = word.text.split_once('=');
                let is_name = |name: &str| {
                    !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
                };
                word.text == "sudo" || assignment.is_some_and(|(name, _)| is_name(name))
            });
            &command[before.count()..]
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_apart_and_stand_where_they_stood() {
        let text = "RUN --mount=type=cache,target=/x A=1 apt-get install -y 'a=1' \\\n  # no\n  b;pip install c&&d\n";
        let dockerfile = Dockerfile::parse(text);
        let words = dockerfile.words(&dockerfile.instructions[0]);
        let found: Vec<String> = commands(&words)
            .map(|command| {
                let words: Vec<_> = command.iter().map(|word| &*word.text).collect();
                words.join(" ")
            })
            .collect();
        assert_eq!(found, ["apt-get install -y a=1 b", "pip install c", "d"]);
        for word in &words {
            let line = &dockerfile.lines[word.line];
            assert!(line[word.start..].starts_with(&word.text));
        }
    }
}
