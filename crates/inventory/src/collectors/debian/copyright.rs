//! `usr/share/doc/NAME/copyright`: machine-readable where its first field is
//! `Format` (DEP-5), else prose that refers to the common licences.

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::deb822::paragraphs;
use crate::facts::Fact;
use std::collections::BTreeSet;

const LIMIT: u64 = 16 << 20;
const MOST: usize = 200;
const COMMON: &str = "/usr/share/common-licenses/";

pub(crate) struct Copyright;

impl Collector for Copyright {
    fn name(&self) -> &'static str {
        "debian-copyright"
    }

    fn about(&self) -> &'static str {
        "licences of Debian packages: usr/share/doc/*/copyright"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = file.name() == "copyright"
            && file.size <= LIMIT
            && file.path.starts_with("usr/share/doc/")
            && file.path.matches('/').count() == 4;
        match wanted {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let licenses = match paragraphs(&text).next().and_then(|first| first.first()) {
            Some(field) if field.eq_ignore_ascii_case("Format") => stated(&text),
            _ => referred(&text),
        };
        let licenses: Vec<String> = licenses.into_iter().take(MOST).map(str::to_owned).collect();
        let facts = match licenses.is_empty() {
            true => Vec::new(),
            false => vec![Fact::Licenses(licenses)],
        };
        Ok(facts.into())
    }
}

/// First lines of the `License` fields: a name, or names joined by words.
fn stated(text: &str) -> BTreeSet<&str> {
    paragraphs(text)
        .filter_map(|paragraph| paragraph.get("License"))
        .collect()
}

/// Names of common licences that the text refers to.
fn referred(text: &str) -> BTreeSet<&str> {
    let after = text.split(COMMON).skip(1);
    let names = after.map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-+._".contains(c)));
        rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
    });
    names
        .filter(|name| !name.is_empty() && name.len() <= 40)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    fn licenses(text: &str) -> Vec<String> {
        let file = File {
            path: "usr/share/doc/a/copyright",
            mode: Mode(0o644),
            bytes: text.as_bytes(),
            companion: None,
        };
        let facts = Copyright.collect(&file).unwrap().facts;
        facts
            .into_iter()
            .flat_map(|fact| match fact {
                Fact::Licenses(licenses) => licenses,
                _ => Vec::new(),
            })
            .collect()
    }

    /// Trap 27.
    #[test]
    fn only_machine_readable_files_are_read_by_field() {
        let dep5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ or MIT\n text\n\nLicense: GPL-2+\n On Debian: /usr/share/common-licenses/GPL-2.\n";
        assert_eq!(licenses(dep5), ["GPL-2+", "GPL-2+ or MIT"]);
        let prose = "This is x.\nLicense: you may do as it says below, roughly.\n\nSee `/usr/share/common-licenses/LGPL-2.1'. And\n/usr/share/common-licenses/GPL-3.\n";
        assert_eq!(licenses(prose), ["GPL-3", "LGPL-2.1"]);
        assert!(licenses("License: none of this is a field\n").is_empty());
    }
}
