//! Extensions of PHP: the `zend_module_entry` that every one has, with its
//! name and version (`Zend/zend_modules.h`).

use super::cpe::cpe;
use super::executable::{at, is_linked, objects};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use object::{File as ObjectFile, Object, ObjectSymbol};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use std::ops::RangeInclusive;

const LIMIT: u64 = 64 << 20;
/// Where the pointers to name and version stand in an entry of 64 bits.
const NAME_AT: u64 = 32;
const VERSION_AT: u64 = 88;
/// The interface is numbered by its day.
const INTERFACES: RangeInclusive<u32> = 20_000_000..=21_000_000;
/// Relocations and symbols that are looked at.
const MOST: usize = 200_000;

/// Extensions of the sources of PHP, which have its version.
const BUNDLED: &[&str] = &[
    "bcmath",
    "bz2",
    "calendar",
    "ctype",
    "curl",
    "dba",
    "dom",
    "enchant",
    "exif",
    "ffi",
    "fileinfo",
    "filter",
    "ftp",
    "gd",
    "gettext",
    "gmp",
    "iconv",
    "imap",
    "intl",
    "json",
    "ldap",
    "mbstring",
    "mysqli",
    "mysqlnd",
    "odbc",
    "pcntl",
    "pdo",
    "pdo_dblib",
    "pdo_firebird",
    "pdo_mysql",
    "pdo_odbc",
    "pdo_pgsql",
    "pdo_sqlite",
    "pgsql",
    "phar",
    "posix",
    "pspell",
    "readline",
    "session",
    "shmop",
    "simplexml",
    "snmp",
    "soap",
    "sockets",
    "sodium",
    "sqlite3",
    "sysvmsg",
    "sysvsem",
    "sysvshm",
    "tidy",
    "tokenizer",
    "xml",
    "xmlreader",
    "xmlrpc",
    "xmlwriter",
    "xsl",
    "zip",
    "zlib",
];

pub(crate) struct PhpExtension;

impl Collector for PhpExtension {
    fn name(&self) -> &'static str {
        "php-extension"
    }

    fn about(&self) -> &'static str {
        "Extensions of PHP: names and versions inside"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let is_placed = || file.path.contains("/php") || file.path.contains("/extensions/");
        if file.name().ends_with(".so") && is_placed() && is_linked(file.magic) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        // Whoever reads build information of Go says what is broken.
        let objects = objects(file.bytes).unwrap_or_default();
        let Some((name, version)) = objects.first().and_then(entry) else {
            return Ok(Collected::default());
        };
        let bundled = BUNDLED.contains(&name.to_lowercase().as_str());
        let record = if !bundled {
            let version = Some(version);
            PackageRecord::new(Ecosystem::Pecl, name, version, Confidence::Embedded)
        } else if is_of_php(&version) {
            let cpe = cpe("php:php", &version, None);
            let version = Some(version);
            let mut php =
                PackageRecord::new(Ecosystem::Binary, "php", version, Confidence::Embedded);
            php.cpes = vec![cpe];
            php
        } else {
            // Bundled, with a number of its own.
            return Ok(Collected::default());
        };
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

fn is_of_php(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']);
    let major = numbers.next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| (5..100).contains(&major)) && numbers.count() >= 2
}

/// Name and version of the extension.
fn entry(object: &ObjectFile<'_>) -> Option<(String, String)> {
    if !object.is_64() || !object.is_little_endian() {
        return None;
    }
    let symbols = object.dynamic_symbols().chain(object.symbols());
    let mut entries = symbols.take(MOST).filter(|symbol| {
        symbol.size() > VERSION_AT
            && symbol
                .name()
                .is_ok_and(|name| name.ends_with("_module_entry"))
    });
    let address = entries.next()?.address();
    let head = at(object, address, 8)?;
    let interface = head.get(4..8)?.try_into().ok().map(u32::from_le_bytes)?;
    if !INTERFACES.contains(&interface) {
        return None;
    }
    let name = text(object, address.checked_add(NAME_AT)?)?;
    let version = text(object, address.checked_add(VERSION_AT)?)?;
    Some((name, version))
}

/// The text that a pointer in the file leads to, once it is loaded.
fn text(object: &ObjectFile<'_>, pointer: u64) -> Option<String> {
    let mut relocations = object.dynamic_relocations()?.take(MOST);
    let relocated = relocations.find(|(offset, _)| *offset == pointer);
    let address = match relocated {
        Some((_, relocation)) => u64::try_from(relocation.addend()).ok()?,
        None => u64::from_le_bytes(at(object, pointer, 8)?.try_into().ok()?),
    };
    let bytes = (1..=64).map_while(|length| {
        let bytes = at(object, address, length)?;
        bytes.last().copied().filter(|byte| *byte != 0)
    });
    let text = String::from_utf8(bytes.collect()).ok()?;
    let sane = |c: char| c.is_ascii_graphic() || c == ' ';
    (!text.is_empty() && text.chars().all(sane)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Section, elf, found};

    const PATH: &str = "usr/local/lib/php/extensions/no-debug-non-zts-20220829/x.so";

    fn extension(name: &str, version: &str, interface: u32) -> Vec<u8> {
        let mut data = vec![168, 0, 0, 0];
        data.extend(interface.to_le_bytes());
        data.resize(168, 0);
        data.extend(name.as_bytes());
        data.push(0);
        let version_at = 0x1000 + data.len() as u64;
        data.extend(version.as_bytes());
        data.push(0);
        let mut symbols = vec![0; 24];
        symbols.extend(1_u32.to_le_bytes());
        symbols.extend([0x11, 0, 1, 0]);
        symbols.extend(0x1000_u64.to_le_bytes());
        symbols.extend(168_u64.to_le_bytes());
        let mut relocations = Vec::new();
        for (offset, address) in [(NAME_AT, 0x1000 + 168), (VERSION_AT, version_at)] {
            for long in [0x1000 + offset, 8, address] {
                relocations.extend(long.to_le_bytes());
            }
        }
        let section = |name, kind, address, link, data| Section {
            name,
            kind,
            address,
            link,
            data,
        };
        elf(&[
            section(".data", 1, 0x1000, 0, &data),
            section(".dynsym", 11, 0, 3, &symbols),
            section(".dynstr", 3, 0, 0, b"\0redis_module_entry\0"),
            section(".rela.dyn", 4, 0, 2, &relocations),
        ])
    }

    #[test]
    fn an_extension_says_what_it_is() {
        let file = extension("redis", "6.0.2", 20_220_829);
        assert_eq!(found(&PhpExtension, PATH, &file), ["redis@6.0.2"]);
        let file = extension("bcmath", "8.2.1", 20_220_829);
        assert_eq!(found(&PhpExtension, PATH, &file), ["php@8.2.1"]);
        let file = extension("zip", "1.21.1", 20_220_829);
        assert!(found(&PhpExtension, PATH, &file).is_empty());
    }

    #[test]
    fn other_modules_are_none() {
        let file = extension("redis", "6.0.2", 7);
        assert!(found(&PhpExtension, PATH, &file).is_empty());
        for end in 20..file.len() {
            found(&PhpExtension, PATH, &file[..end]);
        }
    }
}
