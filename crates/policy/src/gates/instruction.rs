//! Which step of the build history set a fact of the configuration.

use plimsoll_types::ImageConfig;

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
}
