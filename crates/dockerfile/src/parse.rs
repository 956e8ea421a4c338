use std::ops::RangeInclusive;

/// A Dockerfile by its lines (Dockerfile reference, "Format").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    /// With their line ends.
    pub(crate) lines: Vec<String>,
    pub(crate) escape: char,
    /// In the order of the file.
    pub instructions: Vec<Instruction>,
    /// In the order of the file.
    pub stages: Vec<Stage>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its keyword in capitals.
    pub keyword: String,
    /// Its lines, from 0, without those of here-documents.
    pub lines: RangeInclusive<usize>,
    /// Its last line, here-documents included.
    pub end: usize,
}

impl Instruction {
    /// Whether here-documents follow it.
    pub(crate) fn has_heredoc(&self) -> bool {
        self.end > *self.lines.end()
    }
}

/// What one `FROM` begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it builds on: an image or an earlier stage, as written.
    pub image: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its instructions, the `FROM` first: indices into
    /// [`Dockerfile::instructions`].
    pub instructions: std::ops::Range<usize>,
}

impl Dockerfile {
    /// Reads any text: lines that are no instruction are none.
    pub fn parse(text: &str) -> Self {
        let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let escape = escape(&lines);
        let mut instructions = Vec::new();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            if is_blank_or_comment(line) {
                at += 1;
                continue;
            }
            let first = at;
            let last = continued(&lines, first, escape);
            let keyword = keyword(line).to_ascii_uppercase();
            let mut end = last;
            if matches!(&*keyword, "RUN" | "COPY" | "ADD") {
                for delimiter in heredocs(lines.get(first..=last).unwrap_or_default()) {
                    end = closed(&lines, end + 1, &delimiter);
                }
            }
            instructions.push(Instruction {
                keyword,
                lines: first..=last,
                end,
            });
            at = end + 1;
        }
        let mut dockerfile = Self {
            lines,
            escape,
            instructions,
            stages: Vec::new(),
        };
        dockerfile.stages = dockerfile.stages();
        dockerfile
    }

    fn stages(&self) -> Vec<Stage> {
        let froms: Vec<usize> = (0..self.instructions.len())
            .filter(|&at| self.instructions[at].keyword == "FROM")
            .collect();
        let ends = froms.iter().skip(1).copied();
        let ends = ends.chain(std::iter::once(self.instructions.len()));
        froms
            .iter()
            .zip(ends)
            .map(|(&from, end)| {
                let words = self.words(&self.instructions[from]);
                let mut words = words.iter().map(|word| word.text.as_str()).skip(1);
                let image = words.find(|word| !word.starts_with("--"));
                let name = match words.next() {
                    Some(word) if word.eq_ignore_ascii_case("as") => words.next(),
                    _ => None,
                };
                Stage {
                    image: image.unwrap_or_default().to_owned(),
                    name: name.map(str::to_owned),
                    instructions: from..end,
                }
            })
            .collect()
    }

    /// The stages that the last one is made of, itself first: each builds on
    /// the next, and the last of them on an image.
    pub fn chain(&self) -> Vec<&Stage> {
        let mut chain = Vec::new();
        let Some((mut at, mut stage)) = self.stages.iter().enumerate().next_back() else {
            return chain;
        };
        loop {
            chain.push(stage);
            // Only earlier stages can be named, so this ends.
            let named = |earlier: &Stage| {
                let name = earlier.name.as_deref();
                name.is_some_and(|name| name.eq_ignore_ascii_case(&stage.image))
            };
            match self.stages[..at].iter().rposition(named) {
                Some(earlier) => (at, stage) = (earlier, &self.stages[earlier]),
                None => return chain,
            }
        }
    }
}

/// The parser directive `escape`, which may only stand at the top.
fn escape(lines: &[String]) -> char {
    for line in lines {
        let Some((name, value)) = line
            .trim()
            .strip_prefix('#')
            .and_then(|directive| directive.split_once('='))
        else {
            break;
        };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

pub(crate) fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

fn keyword(line: &str) -> &str {
    let line = line.trim_start();
    let end = line.find(|c: char| c.is_whitespace()).unwrap_or(line.len());
    &line[..end]
}

/// The last line of the instruction that begins with line `first`. Comments
/// and blank lines do not end it.
fn continued(lines: &[String], first: usize, escape: char) -> usize {
    let mut last = first;
    let mut open = ends_open(&lines[first], escape);
    for (at, line) in lines.iter().enumerate().skip(first + 1) {
        if !open {
            break;
        }
        if is_blank_or_comment(line) {
            continue;
        }
        last = at;
        open = ends_open(line, escape);
    }
    last
}

fn ends_open(line: &str, escape: char) -> bool {
    line.trim_end().ends_with(escape)
}

/// The delimiters of the here-documents that lines announce: `<<EOF`,
/// `<<-"EOF"`. `<<<` is none.
fn heredocs(lines: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines.iter().filter(|line| !is_blank_or_comment(line)) {
        let mut rest = line.as_str();
        while let Some(at) = rest.find("<<") {
            let after = &rest[at + 2..];
            if after.starts_with('<') {
                rest = after.trim_start_matches('<');
                continue;
            }
            let word = after.strip_prefix('-').unwrap_or(after);
            let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''));
            let word = quote.map_or(word, |_| &word[1..]);
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
            let end = word.find(|c| !is_name(c)).unwrap_or(word.len());
            if end > 0 {
                found.push(word[..end].to_owned());
            }
            rest = after;
        }
    }
    found
}

/// The line that ends a here-document whose text begins with line `from`; the
/// last line where none does.
fn closed(lines: &[String], from: usize, delimiter: &str) -> usize {
    let ends = |line: &String| line.trim_end().trim_start_matches('\t') == delimiter;
    let rest = lines.iter().enumerate().skip(from);
    let mut rest = rest.filter(|(_, line)| ends(line));
    let last = lines.len().saturating_sub(1);
    rest.next().map_or(last, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keywords(text: &str) -> Vec<String> {
        let instructions = Dockerfile::parse(text).instructions.into_iter();
        instructions
            .map(|instruction| instruction.keyword)
            .collect()
    }

    #[test]
    fn continuations_comments_and_blank_lines_belong_to_an_instruction() {
        let text = "# c\nfrom a\n\nRUN one \\\n  # why\n\n  && two \\  \n  && three\nUSER x\n";
        let parsed = Dockerfile::parse(text);
        assert_eq!(keywords(text), ["FROM", "RUN", "USER"]);
        assert_eq!(parsed.instructions[1].lines, 3..=7);
    }

    #[test]
    fn the_escape_character_can_be_another() {
        let text = "# escape=`\nFROM a\nRUN dir c:\\\nRUN one `\n two\n";
        let parsed = Dockerfile::parse(text);
        assert_eq!(keywords(text), ["FROM", "RUN", "RUN"]);
        assert_eq!(parsed.instructions[2].lines, 3..=4);
    }

    #[test]
    fn here_documents_hold_no_instructions() {
        let text = "FROM a\nRUN <<EOF cat > x\nFROM b\nEOF\nCOPY <<-'A' <<B /x/\nUSER 1\n\tA\nUSER 2\nB\nRUN cat <<<EOF\nUSER 3\n";
        assert_eq!(keywords(text), ["FROM", "RUN", "COPY", "RUN", "USER"]);
        assert!(Dockerfile::parse(text).instructions[1].has_heredoc());
    }

    #[test]
    fn the_last_stage_leads_to_the_image_it_is_built_on() {
        let text = "FROM --platform=$BUILDPLATFORM golang:1 AS build\nRUN x\nFROM debian:12 as base\nFROM base AS app\nCOPY --from=build /a /a\nFROM app\n";
        let parsed = Dockerfile::parse(text);
        let images: Vec<_> = parsed.chain().iter().map(|s| &*s.image).collect();
        assert_eq!(images, ["app", "base", "debian:12"]);
        assert_eq!(parsed.stages[0].image, "golang:1");
        assert_eq!(parsed.stages[0].name.as_deref(), Some("build"));
        // A stage of its own name is an image.
        let parsed = Dockerfile::parse("FROM debian AS debian\n");
        assert_eq!(parsed.chain().len(), 1);
        assert!(Dockerfile::parse("").chain().is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(FROM a\n|RUN <<E\n|E\n|a \\\\\n|# x\n|\\PC{0,9}\n|\n){0,12}") {
            let parsed = Dockerfile::parse(&text);
            prop_assert_eq!(parsed.lines.concat(), text);
            let mut last = None;
            for instruction in &parsed.instructions {
                prop_assert!(last.is_none_or(|last| last < *instruction.lines.start()));
                last = Some(instruction.end);
            }
        }
    }
}
