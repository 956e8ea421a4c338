//! Ruby gems as RubyGems keeps them: `*.gemspec` in `specifications` folders,
//! and gem archives (their `metadata.gz`).

use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use flate2::read::GzDecoder;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use std::io::Read;

const LIMIT: u64 = 64 << 20;
const ARCHIVE: u64 = 512 << 20;

pub(crate) struct Ruby;

impl Collector for Ruby {
    fn name(&self) -> &'static str {
        "ruby"
    }

    fn about(&self) -> &'static str {
        "Ruby gems: specifications/*.gemspec, *.gem"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name().ends_with(".gemspec") && is_installed(file.path) {
            Want::Whole { limit: LIMIT }
        } else if file.name().ends_with(".gem") {
            Want::Whole { limit: ARCHIVE }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let record = match file.name().strip_suffix(".gemspec") {
            Some(stem) => specification(&decode(file.bytes), stem),
            None => Some(archived(file.bytes)?),
        };
        let record = record.map(|record| Fact::Packages(vec![record]));
        Ok(Collected::from(Vec::from_iter(record)))
    }
}

fn is_installed(path: &str) -> bool {
    path.split('/').any(|part| part == "specifications")
}

/// The comment that RubyGems puts in front is the safest; then what is
/// assigned, as far as it is a string; then the name of the file.
fn specification(text: &str, stem: &str) -> Option<PackageRecord> {
    let stub = text.lines().find_map(|line| line.strip_prefix("# stub: "));
    let mut stub = stub.unwrap_or_default().split(' ');
    let from_file = of_file(stem);
    let name = stub
        .next()
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    let name = name
        .or_else(|| assigned(text, "name", "").into_iter().next())
        .or_else(|| from_file.map(|(name, _, _)| name.to_owned()))?;
    let version = stub.next().map(str::to_owned);
    let version = version
        .or_else(|| assigned(text, "version", &name).into_iter().next())
        .or_else(|| from_file.map(|(_, version, _)| version.to_owned()));
    let platform = stub.next().map(str::to_owned);
    let platform = platform
        .or_else(|| assigned(text, "platform", &name).into_iter().next())
        .or_else(|| from_file.and_then(|(_, _, platform)| platform.map(str::to_owned)));
    let mut record = gem(&name, version, Confidence::Installed);
    set_platform(&mut record, platform.as_deref());
    for key in ["licenses", "license"] {
        record.licenses.extend(assigned(text, key, &name));
    }
    let authors = ["authors", "author"]
        .iter()
        .flat_map(|key| assigned(text, key, &name));
    let authors: Vec<String> = authors.collect();
    record.vendor = (!authors.is_empty()).then(|| authors.join(", "));
    record.requires = requirements(text);
    Some(record)
}

fn gem(name: &str, version: Option<String>, confidence: Confidence) -> PackageRecord {
    PackageRecord::new(Ecosystem::Gem, name, version, confidence)
}

pub(super) fn set_platform(record: &mut PackageRecord, platform: Option<&str>) {
    if let Some(platform) = platform.filter(|platform| !matches!(*platform, "ruby" | "")) {
        record.qualifiers.insert("platform".into(), platform.into());
    }
}

/// `name-version[-platform]`: the version begins with a digit after a dash.
fn of_file(stem: &str) -> Option<(&str, &str, Option<&str>)> {
    let digit = |at: &usize| {
        let after = stem.as_bytes().get(at + 1);
        after.is_some_and(u8::is_ascii_digit)
    };
    let at = stem.match_indices('-').map(|(at, _)| at).find(digit)?;
    let rest = stem.get(at + 1..)?;
    let (version, platform) = match rest.split_once('-') {
        Some((version, platform)) => (version, Some(platform)),
        None => (rest, None),
    };
    Some((stem.get(..at)?, version, platform))
}

/// Strings of `s.KEY = …`; none where one of them is computed, unless it only
/// repeats the name.
fn assigned(text: &str, key: &str, name: &str) -> Vec<String> {
    let value = text.lines().enumerate().find_map(|(at, line)| {
        let (_, rest) = line.trim_start().split_once('.').filter(|(variable, _)| {
            variable
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_')
        })?;
        let rest = rest.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        // A list may go on over several lines.
        let open = rest.trim_start().starts_with('[') && !rest.contains(']');
        let more = text.lines().skip(at + 1).take(if open { 50 } else { 0 });
        let mut value = rest.to_owned();
        for line in more {
            value += line;
            if line.contains(']') {
                break;
            }
        }
        Some(value)
    });
    let strings = strings(value.as_deref().unwrap_or_default());
    let resolved = strings.into_iter().map(|text| resolve(&text, name));
    resolved.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn resolve(text: &str, name: &str) -> Option<String> {
    if !text.contains("#{") {
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    let (before, rest) = text.split_once("#{")?;
    let (expression, after) = rest.split_once('}')?;
    let simple = expression.ends_with(".name") && !name.is_empty() && !after.contains("#{");
    simple.then(|| format!("{before}{name}{after}"))
}

/// String literals of a line: `"…"`, `'…'`, `%q<…>`.
fn strings(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '%', '#']) {
        let Some(from) = rest.get(at..) else { break };
        let (body, close) = match from.as_bytes() {
            [b'#', ..] => break,
            [b'%', b'q' | b'Q', b'<', ..] => (from.get(3..), '>'),
            [b'%', b'q' | b'Q', b'(', ..] => (from.get(3..), ')'),
            [b'%', ..] => {
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
            [quote, ..] => (from.get(1..), char::from(*quote)),
            [] => break,
        };
        let mut literal = String::new();
        let mut characters = body.unwrap_or_default().char_indices();
        let mut end = None;
        while let Some((at, c)) = characters.next() {
            if c == close {
                end = Some(at + c.len_utf8());
                break;
            }
            match c {
                '\\' => literal.extend(escaped(&mut characters)),
                c => literal.push(c),
            }
        }
        let Some(end) = end else { break };
        found.push(literal);
        rest = body.and_then(|body| body.get(end..)).unwrap_or_default();
    }
    found
}

/// What stands after a backslash; `u00e9` is a character by its number.
fn escaped(characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    match characters.next()?.1 {
        'u' => {
            let digits: String = characters.clone().take(4).map(|(_, c)| c).collect();
            let number = u32::from_str_radix(&digits, 16).ok()?;
            characters.nth(3)?;
            char::from_u32(number)
        }
        'n' | 't' => Some(' '),
        c => Some(c),
    }
}

/// Newer files call what runs need `runtime`; older ones mix the rest in.
fn requirements(text: &str) -> Vec<String> {
    let of = |call: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split_once(call));
        let names = lines.filter_map(|(_, arguments)| strings(arguments).into_iter().next());
        names.collect()
    };
    let mut names = of(".add_runtime_dependency");
    if names.is_empty() {
        names = of(".add_dependency");
    }
    names.sort();
    names.dedup();
    names
}

/// A gem is a tar archive; `metadata.gz` is its specification in YAML.
fn archived(bytes: &[u8]) -> Result<PackageRecord, CollectError> {
    let stored = member(bytes, "metadata.gz")
        .ok_or_else(|| CollectError::new("it holds no specification"))?;
    let mut text = String::new();
    let mut content = GzDecoder::new(stored).take(LIMIT);
    content
        .read_to_string(&mut text)
        .map_err(CollectError::new)?;
    let field = |key: &str| {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        value.map(|value| value.trim().trim_matches(['"', '\'']))
    };
    let name = field("name").ok_or_else(|| CollectError::new("its specification names no gem"))?;
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("  version:"));
    let version = version.map(|version| version.trim().trim_matches(['"', '\'']).to_owned());
    let mut record = gem(name, version, Confidence::Declared);
    set_platform(&mut record, field("platform"));
    let licenses = text.lines().skip_while(|line| *line != "licenses:").skip(1);
    let licenses = licenses.map_while(|line| line.strip_prefix("- "));
    record.licenses = licenses
        .map(|license| license.trim_matches(['"', '\'']).to_owned())
        .collect();
    Ok(record)
}

fn member<'a>(mut bytes: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    const BLOCK: usize = 512;
    loop {
        let (header, rest) = bytes.split_at_checked(BLOCK)?;
        let name = header.get(..100)?.split(|&byte| byte == 0).next()?;
        let size = std::str::from_utf8(header.get(124..135)?).ok()?;
        let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).ok()?;
        if name == wanted.as_bytes() {
            return rest.get(..size);
        }
        bytes = rest.get(size.checked_next_multiple_of(BLOCK)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ended, file, found, records};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const SPEC: &str = "usr/lib/ruby/gems/3.2.0/specifications/default/";

    #[test]
    fn the_stub_says_what_is_installed() {
        let text = "# -*- encoding: utf-8 -*-
# stub: nokogiri 1.15.4 x86_64-linux lib
Gem::Specification.new do |s|
  s.name = \"no\".freeze
  s.authors = [\"Mike Dalessio\".freeze, \"Aaron\".freeze]
  s.licenses = [\"MIT\".freeze,\"Ruby\".freeze]
  s.add_runtime_dependency(%q<racc>.freeze, [\"~> 1.4\".freeze])
  s.add_development_dependency(%q<rake>.freeze)
";
        let path = format!("{SPEC}nokogiri-1.15.4-x86_64-linux.gemspec");
        let record = records(&Ruby, &path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(
            record.purl(None).unwrap().to_string(),
            "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux"
        );
        assert_eq!(record.licenses, ["MIT", "Ruby"]);
        assert_eq!(record.vendor.as_deref(), Some("Mike Dalessio, Aaron"));
        assert_eq!(record.requires, ["racc"]);
    }

    #[test]
    fn computed_strings_are_never_taken_literally() {
        let text = "Gem::Specification.new do |spec|
  spec.name = 'a-b' # comment
  spec.version = \"#{A::VERSION}\"
  spec.license = \"#{spec.name} license\"
  spec.author = \"Andr\\u00e9 #{x}\"
";
        let path = format!("{SPEC}a-b-1.0.gemspec");
        let record = records(&Ruby, &path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(record.full_version(), "1.0");
        assert_eq!(record.licenses, ["a-b license"]);
        assert_eq!(record.vendor, None);
        assert_eq!(
            strings(r#""Andr\u00e9", %q<x>.freeze # "no""#),
            ["André", "x"]
        );
    }

    #[test]
    fn without_anything_else_the_file_names_the_gem() {
        let path = |name: &str| format!("{SPEC}{name}");
        assert_eq!(
            found(&Ruby, &path("json-2.6.3.gemspec"), b""),
            ["json@2.6.3"]
        );
        assert_eq!(
            of_file("a-1-b-2.0-java"),
            Some(("a", "1", Some("b-2.0-java")))
        );
        assert_eq!(of_file("plain"), None);
    }

    #[test]
    fn an_archive_tells_its_specification() {
        let yaml = "--- !ruby/object:Gem::Specification\nname: x\nversion: !ruby/object:Gem::Version\n  version: 1.2.3\nplatform: java\nlicenses:\n- MIT\nmetadata: {}\n";
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(yaml.as_bytes()).unwrap();
        let stored = encoder.finish().unwrap();
        let gem = ended(
            [
                file("data.tar.gz", b'0', "", b"x"),
                file("metadata.gz", b'0', "", &stored),
            ]
            .concat(),
        );
        let record = records(&Ruby, "vendor/cache/x-1.2.3-java.gem", &gem)
            .unwrap()
            .remove(0);
        assert_eq!(
            (record.name.as_str(), record.full_version().as_str()),
            ("x", "1.2.3")
        );
        assert_eq!(
            (record.licenses, record.qualifiers.len()),
            (vec!["MIT".to_owned()], 1)
        );
        assert!(records(&Ruby, "x.gem", b"no").is_err());
    }
}
