//! WordPress, its plugins and its themes, by their file headers (the plugin
//! and theme handbooks of WordPress).

use super::format::Format;
use super::purl;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 64 << 20;
/// WordPress itself looks no further.
const HEADER: usize = 8 << 10;

pub(crate) struct Wordpress;

impl Collector for Wordpress {
    fn name(&self) -> &'static str {
        "wordpress"
    }

    fn about(&self) -> &'static str {
        "WordPress, plugins and themes: wp-includes/version.php, wp-content/plugins/*/*.php, wp-content/themes/*/style.css"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if Part::of(file.name(), file.path).is_some() {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let head = file.bytes.get(..HEADER).unwrap_or(file.bytes);
        let text = String::from_utf8_lossy(head);
        let record = match Part::of(file.name(), file.path) {
            Some(Part::Core) => {
                let facts = core(&text).map(|record| Fact::Packages(vec![record]));
                return VERSION.hold(&text, Vec::from_iter(facts).into());
            }
            Some(Part::Plugin(slug)) => described(&text, "Plugin Name", "wordpress-plugin", slug),
            Some(Part::Theme(slug)) => described(&text, "Theme Name", "wordpress-theme", slug),
            None => None,
        };
        let record = record.map(|record| Fact::Packages(vec![record]));
        Ok(Collected::from(Vec::from_iter(record)))
    }
}

const VERSION: Format = Format::of_lines("the version of a WordPress", &[], &[]);

enum Part<'a> {
    Core,
    Plugin(&'a str),
    Theme(&'a str),
}

impl<'a> Part<'a> {
    fn of(name: &str, path: &'a str) -> Option<Self> {
        if name == "version.php" && path.ends_with("wp-includes/version.php") {
            return Some(Part::Core);
        }
        if !(name.ends_with(".php") || name == "style.css") {
            return None;
        }
        let (_, inner) = path.rsplit_once("wp-content/")?;
        let mut parts = inner.split('/');
        match (parts.next()?, parts.next()?, parts.next(), parts.next()) {
            ("plugins", slug, Some(_), None) if name.ends_with(".php") => Some(Part::Plugin(slug)),
            // A plugin may be one file.
            ("plugins", file, None, None) => Some(Part::Plugin(file.strip_suffix(".php")?)),
            ("themes", slug, Some("style.css"), None) => Some(Part::Theme(slug)),
            _ => None,
        }
    }
}

fn core(text: &str) -> Option<PackageRecord> {
    let (_, rest) = text.split_once("$wp_version")?;
    let version = rest.split(['\'', '"']).nth(1)?;
    let mut record = record("WordPress", version);
    record.purl = Some(purl("generic", "", "wordpress", Some(version)));
    if version
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '.')
    {
        let cpe = format!("cpe:2.3:a:wordpress:wordpress:{version}:*:*:*:*:*:*:*");
        record.cpes.push(cpe);
    }
    Some(record)
}

fn described(text: &str, key: &str, kind: &str, slug: &str) -> Option<PackageRecord> {
    let (name, version) = (field(text, key)?, field(text, "Version")?);
    let mut record = record(name, version);
    record.vendor = field(text, "Author").map(str::to_owned);
    record.licenses = field(text, "License")
        .map(str::to_owned)
        .into_iter()
        .collect();
    record.purl = Some(purl(kind, "", slug, Some(version)));
    Some(record)
}

fn record(name: &str, version: &str) -> PackageRecord {
    let version = Some(version.to_owned());
    PackageRecord::new(Ecosystem::Wordpress, name, version, Confidence::Installed)
}

/// A line `Key: value` of a comment.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text.split(['\n', '\r']);
    let mut values = lines.filter_map(|line| {
        let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let start = line
            .get(..key.len())
            .filter(|start| start.eq_ignore_ascii_case(key))?;
        let value = line.get(start.len()..)?.strip_prefix(':')?;
        let value = value.split("*/").next()?.trim();
        (!value.is_empty()).then_some(value)
    });
    values.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;
    use plimsoll_types::Mode;

    #[test]
    fn headers_name_plugins_and_themes() {
        let record = |path: &str, text: &str| {
            let found = records(&Wordpress, path, text.as_bytes()).unwrap();
            found
                .into_iter()
                .next()
                .map(|r| (r.name.clone(), r.purl(None).unwrap().to_string()))
        };
        let found = record(
            "var/www/wp-content/plugins/akismet/akismet.php",
            "<?php\n/*\nPlugin Name:Akismet Anti-spam: Spam Protection\nVersion: 5.3\n*/",
        );
        let expected = (
            "Akismet Anti-spam: Spam Protection",
            "pkg:wordpress-plugin/akismet@5.3",
        );
        assert_eq!(found, Some((expected.0.into(), expected.1.into())));
        let found = record(
            "wp-content/themes/twenty/style.css",
            "/*\n * Theme Name: Twenty\n * Version: 2.1 */",
        );
        assert_eq!(
            found,
            Some(("Twenty".into(), "pkg:wordpress-theme/twenty@2.1".into()))
        );
        let found = record(
            "srv/wp-includes/version.php",
            "<?php\n$wp_version = '6.4.2';",
        );
        assert_eq!(
            found,
            Some(("WordPress".into(), "pkg:generic/wordpress@6.4.2".into()))
        );
        assert_eq!(
            record("wp-content/plugins/a/b.php", "<?php // Version: 1"),
            None
        );
    }

    #[test]
    fn only_the_files_where_headers_stand_are_opened() {
        for path in [
            "wp-content/plugins/a/inc/b.php",
            "wp-content/themes/a/b.php",
            "plugins/a/a.php",
            "wp-content/plugins/a/style.css",
        ] {
            let want = Wordpress.wants(&FileHead::new(path, 1, Mode(0o644), b""));
            assert_eq!(want, Want::No, "{path}");
        }
    }
}
