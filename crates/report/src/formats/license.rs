//! Licences as SPDX has them: ids, expressions, and references for whatever
//! is neither.

/// The licences that are told apart as SPDX ids; others are names, which is
/// valid for every licence. Sorted.
const SPDX: &[&str] = &[
    "0BSD",
    "AFL-2.1",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0",
    "Artistic-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-4-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-1.0-only",
    "GPL-1.0-or-later",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "ICU",
    "ISC",
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "NCSA",
    "OFL-1.1",
    "OpenSSL",
    "PHP-3.01",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Ruby",
    "SSPL-1.0",
    "Unicode-3.0",
    "Unlicense",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
    "bzip2-1.0.6",
    "curl",
];

/// Whether it is the SPDX id of a licence that is known here.
pub(super) fn is_id(text: &str) -> bool {
    SPDX.contains(&text)
}

/// Whether it is known ids joined by `AND` and `OR`, with balanced brackets.
pub(super) fn is_expression(text: &str) -> bool {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut depth = 0_usize;
    let mut wants_id = true;
    let mut ids = 0;
    for token in spaced.split_whitespace() {
        match (token, wants_id) {
            ("(", true) => depth += 1,
            (")", false) if depth > 0 => depth -= 1,
            ("AND" | "OR", false) => wants_id = true,
            (id, true) if is_id(id.strip_suffix('+').unwrap_or(id)) => {
                wants_id = false;
                ids += 1;
            }
            _ => return false,
        }
    }
    depth == 0 && !wants_id && ids > 1
}

/// What an expression refers to that is no SPDX licence: references with the
/// names that they stand for.
pub(super) fn references(expression: &str) -> Vec<(&str, &str)> {
    let words = expression.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    words
        .filter_map(|word| Some((word, word.strip_prefix("LicenseRef-")?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_licences_are_told_as_spdx() {
        for yes in ["MIT OR Apache-2.0", "(MIT AND (ISC OR Zlib))"] {
            assert!(is_expression(yes), "{yes}");
        }
        for no in [
            "MIT",
            "MIT OR",
            "(MIT OR ISC",
            "MIT)",
            "MIT or ISC",
            "MIT ISC",
            "GPL OR MIT",
            "",
        ] {
            assert!(!is_expression(no), "{no}");
        }
        assert_eq!(
            references("MIT AND (LicenseRef-odd OR ISC)"),
            [("LicenseRef-odd", "odd")]
        );
    }

    #[test]
    fn every_id_is_in_the_schema() {
        let schema = include_str!("../../tests/schemas/spdx.SNAPSHOT.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let known: Vec<_> = schema["enum"].as_array().unwrap().iter().collect();
        for id in SPDX {
            assert!(known.iter().any(|known| *known == id), "{id}");
        }
    }
}
