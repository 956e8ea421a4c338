//! The instructions of a Dockerfile as the build history tells them.

use plimsoll_types::ImageConfig;

/// The keywords that a history can have; `FROM` makes no step.
pub(super) const KEYWORDS: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// An instruction as its author wrote it, as far as the builder kept that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) keyword: &'static str,
    /// What follows; for `RUN` without the shell and the build arguments.
    pub(super) arguments: String,
}

impl Instruction {
    /// Reads a step of any builder; `None` for what is no instruction.
    pub(super) fn read(created_by: &str) -> Option<Self> {
        let line = instruction(created_by);
        // The classic builder records commands without their keyword.
        let (keyword, rest) = match command(line) {
            Some(command) => ("RUN", command),
            None => {
                let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                let mut keywords = KEYWORDS.iter();
                let keyword = keywords.find(|known| known.eq_ignore_ascii_case(word))?;
                (*keyword, rest.trim())
            }
        };
        let arguments = match keyword {
            "RUN" => command(rest).unwrap_or(rest).to_owned(),
            "EXPOSE" => ports(rest),
            _ => rest.to_owned(),
        };
        Some(Self { keyword, arguments })
    }

    /// For people: without the values of variables, which may be secret.
    pub(super) fn shown(&self) -> String {
        let hides = matches!(self.keyword, "ENV" | "ARG");
        match self.arguments.split_once('=').filter(|_| hides) {
            Some((name, _)) => format!("{} {name}=…", self.keyword),
            None => format!("{} {}", self.keyword, self.arguments)
                .trim_end()
                .to_owned(),
        }
    }

    /// For fingerprints: without the digests of what was copied.
    pub(super) fn about(&self) -> String {
        let words = self.arguments.split_whitespace().map(|word| {
            let mut kinds = ["file:", "dir:", "multi:"].into_iter();
            kinds.find(|kind| word.starts_with(kind)).unwrap_or(word)
        });
        let words: Vec<&str> = words.collect();
        format!("{} {}", self.keyword, words.join(" "))
    }
}

/// The last `keyword` instruction of the history whose arguments are wanted.
pub(super) fn last(
    config: &ImageConfig,
    keyword: &str,
    wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    config.history.iter().rev().find_map(|step| {
        let line = instruction(&step.created_by);
        let (word, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        (word.eq_ignore_ascii_case(keyword) && wanted(arguments.trim())).then(|| line.to_owned())
    })
}

/// The step without the shell prefix of the classic builder and without the
/// note that BuildKit leaves.
fn instruction(created_by: &str) -> &str {
    let line = created_by.trim();
    let line = line.split_once("#(nop)").map_or(line, |(_, rest)| rest);
    line.trim().trim_end_matches("# buildkit").trim_end()
}

/// What a shell was told to run: `|1 VERSION=2 /bin/sh -c make` ran `make`.
/// `None` for text that begins with no shell.
fn command(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    for shell in ["cmd /s /c ", "powershell -command "] {
        if lower.starts_with(shell) {
            return text.get(shell.len()..).map(str::trim_start);
        }
    }
    let arguments = text
        .strip_prefix('|')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if arguments.is_none() && !text.starts_with('/') {
        return None;
    }
    let mut at_shell = false;
    let mut rest = text;
    // Words up to the one that hands over the command: a path, then options.
    while let Some((word, after)) = rest.split_once(' ') {
        if at_shell && word.starts_with('-') && !word.starts_with("--") && word.ends_with('c') {
            return Some(after.trim_start());
        }
        let is_option = word.starts_with('-') || word == "pipefail";
        at_shell = word.starts_with('/') || at_shell && is_option;
        if !at_shell && arguments.is_none() {
            return None;
        }
        rest = after;
    }
    None
}

/// `map[80/tcp:{} 53/udp:{}]` as it was written.
fn ports(text: &str) -> String {
    match text
        .strip_prefix("map[")
        .and_then(|text| text.strip_suffix(']'))
    {
        Some(list) => list.replace(":{}", ""),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::HistoryEntry;

    #[test]
    fn builders_write_the_same_instruction_differently() {
        for (step, expected) in [
            ("/bin/sh -c #(nop)  USER nginx", "USER nginx"),
            ("USER nginx", "USER nginx"),
            ("USER nginx # buildkit", "USER nginx"),
        ] {
            let config = ImageConfig {
                history: vec![HistoryEntry {
                    created_by: step.into(),
                    ..HistoryEntry::default()
                }],
                ..ImageConfig::default()
            };
            assert_eq!(last(&config, "USER", |_| true).as_deref(), Some(expected));
            assert_eq!(last(&config, "EXPOSE", |_| true), None);
        }
    }

    #[test]
    fn steps_of_every_builder_are_read() {
        for (step, keyword, arguments) in [
            // The classic builder and buildah.
            ("/bin/sh -c #(nop)  CMD [\"nginx\"]", "CMD", "[\"nginx\"]"),
            ("/bin/sh -c #(nop) EXPOSE 80", "EXPOSE", "80"),
            (
                "/bin/sh -c #(nop)  EXPOSE map[80/tcp:{} 53/udp:{}]",
                "EXPOSE",
                "80/tcp 53/udp",
            ),
            ("/bin/sh -c apt-get update", "RUN", "apt-get update"),
            ("|2 A=1 B=x y /bin/sh -c make all", "RUN", "make all"),
            ("/bin/bash -o pipefail -c curl x | sh", "RUN", "curl x | sh"),
            ("/bin/bash -euxo pipefail -c true", "RUN", "true"),
            (
                "/bin/sh -c #(nop) COPY dir:0ab1 in /app ",
                "COPY",
                "dir:0ab1 in /app",
            ),
            ("cmd /S /C dir", "RUN", "dir"),
            ("cmd /S /C #(nop) USER app", "USER", "app"),
            // BuildKit.
            (
                "RUN /bin/sh -c apt-get update # buildkit",
                "RUN",
                "apt-get update",
            ),
            ("RUN |1 V=2 /bin/sh -c make # buildkit", "RUN", "make"),
            ("COPY /src /dst # buildkit", "COPY", "/src /dst"),
            ("EXPOSE map[22/tcp:{}]", "EXPOSE", "22/tcp"),
            ("USER nginx", "USER", "nginx"),
            // kaniko.
            ("RUN apt-get update", "RUN", "apt-get update"),
            ("run apt-get update", "RUN", "apt-get update"),
        ] {
            let read = Instruction::read(step).unwrap_or_else(|| panic!("{step}"));
            assert_eq!(
                (read.keyword, read.arguments.as_str()),
                (keyword, arguments),
                "{step}"
            );
        }
        for step in [
            "",
            "jib-gradle-plugin:3.4.0",
            "bazel build //image",
            "# debian.sh --arch 'amd64' out/ 'bookworm'",
            "/bin/true",
            "|x",
        ] {
            assert_eq!(Instruction::read(step), None, "{step}");
        }
    }

    #[test]
    fn values_and_digests_stay_out_of_what_is_shown() {
        let read = |step| Instruction::read(step).unwrap();
        assert_eq!(read("ENV TOKEN=hunter2").shown(), "ENV TOKEN=…");
        assert_eq!(read("COPY file:0ab1 in /app").about(), "COPY file: in /app");
    }
}
