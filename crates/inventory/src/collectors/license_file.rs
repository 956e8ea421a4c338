//! Licence files: which licence the text is.

use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;

const LIMIT: u64 = 512 << 10;

pub(crate) struct LicenseFile;

impl Collector for LicenseFile {
    fn name(&self) -> &'static str {
        "license-file"
    }

    fn about(&self) -> &'static str {
        "Licence texts: LICENSE, LICENCE, COPYING, UNLICENSE and the like"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        // What is larger than any licence is something else, and no gap.
        if is_license(file.name()) && file.size <= LIMIT {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let id = plimsoll_license::classify(&decode(file.bytes));
        let fact = id.map(|id| Fact::LicenseText(id.to_owned()));
        Ok(Collected::from(Vec::from_iter(fact)))
    }
}

/// `LICENSE`, `LICENSE-MIT`, `COPYING.LESSER`, `mit-license.txt`, and no source
/// files that are called so.
fn is_license(name: &str) -> bool {
    let starts = |word: &str| {
        name.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if !(starts("licen") || starts("copying") || starts("unlicense") || starts("mit-licen")) {
        return false;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let prose = ["", "md", "txt", "rst", "markdown", "lesser"];
    prose.iter().any(|known| ending.eq_ignore_ascii_case(known))
        || ending.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    #[test]
    fn texts_are_read_and_sources_are_not() {
        for (name, expected) in [
            ("LICENSE", true),
            ("license.md", true),
            ("LICENSE-APACHE", true),
            ("LICENSE.APACHE2", true),
            ("LICENSE-2.0", true),
            ("COPYING.LESSER", true),
            ("license.js", false),
            ("licensing.py", false),
            ("README", false),
        ] {
            assert_eq!(is_license(name), expected, "{name}");
        }
    }

    #[test]
    fn the_fact_is_the_id() {
        let file = File {
            path: "node_modules/a/LICENSE",
            mode: Mode(0o644),
            bytes: b"Mozilla Public License Version 2.0",
            companion: None,
        };
        assert_eq!(
            LicenseFile.collect(&file).unwrap().facts,
            [Fact::LicenseText("MPL-2.0".into())]
        );
    }
}
