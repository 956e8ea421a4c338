//! What people call licences, and the SPDX ids they mean.

/// Names in their bare form (see [`bare`]), sorted, with the id.
const NAMES: &[(&str, &str)] = &[
    ("afl", "AFL-3.0"),
    ("afl2.1", "AFL-2.1"),
    ("apache", "Apache-2.0"),
    ("apache1.1", "Apache-1.1"),
    ("apache2", "Apache-2.0"),
    ("apache2.0", "Apache-2.0"),
    ("apachefoundation2.0", "Apache-2.0"),
    ("apl2.0", "Apache-2.0"),
    ("artistic", "Artistic-1.0"),
    ("artistic1.0", "Artistic-1.0"),
    ("artistic2", "Artistic-2.0"),
    ("artistic2.0", "Artistic-2.0"),
    ("artisticperl", "Artistic-1.0-Perl"),
    ("asl1.1", "Apache-1.1"),
    ("asl2", "Apache-2.0"),
    ("asl2.0", "Apache-2.0"),
    ("boost", "BSL-1.0"),
    ("boost1.0", "BSL-1.0"),
    ("bsd2", "BSD-2-Clause"),
    ("bsd2clause", "BSD-2-Clause"),
    ("bsd3", "BSD-3-Clause"),
    ("bsd3clause", "BSD-3-Clause"),
    ("bsd4clause", "BSD-4-Clause"),
    ("bsdnew", "BSD-3-Clause"),
    ("bsdsimplified", "BSD-2-Clause"),
    ("bzip2", "bzip2-1.0.6"),
    ("cc0", "CC0-1.0"),
    ("cc01.0", "CC0-1.0"),
    ("cc01.0universal", "CC0-1.0"),
    ("ccby3.0", "CC-BY-3.0"),
    ("ccby4.0", "CC-BY-4.0"),
    ("ccbysa3.0", "CC-BY-SA-3.0"),
    ("ccbysa4.0", "CC-BY-SA-4.0"),
    ("cddl", "CDDL-1.0"),
    ("cddl1.0", "CDDL-1.0"),
    ("cddl1.1", "CDDL-1.1"),
    ("commondevelopmentanddistribution1.0", "CDDL-1.0"),
    ("commonpublic1.0", "CPL-1.0"),
    ("cpl", "CPL-1.0"),
    ("eclipse1.0", "EPL-1.0"),
    ("eclipse2.0", "EPL-2.0"),
    ("eclipsedistribution1.0", "BSD-3-Clause"),
    ("eclipsepublic1.0", "EPL-1.0"),
    ("eclipsepublic2.0", "EPL-2.0"),
    ("edl1.0", "BSD-3-Clause"),
    ("epl", "EPL-1.0"),
    ("epl1.0", "EPL-1.0"),
    ("epl2.0", "EPL-2.0"),
    ("expat", "MIT"),
    ("fair", "Fair"),
    ("freebsd", "BSD-2-Clause"),
    ("freetype", "FTL"),
    ("ftl", "FTL"),
    ("gofoundation", "BSD-3-Clause"),
    ("hpnd", "HPND"),
    ("icu", "ICU"),
    ("ijg", "IJG"),
    ("imagemagick", "ImageMagick"),
    ("isc", "ISC"),
    ("iscl", "ISC"),
    ("libpng", "Libpng"),
    ("mit", "MIT"),
    ("mit0", "MIT-0"),
    ("mitexpat", "MIT"),
    ("mitx11", "MIT"),
    ("modifiedbsd", "BSD-3-Clause"),
    ("mozilla1.1", "MPL-1.1"),
    ("mozilla2.0", "MPL-2.0"),
    ("mozillapublic1.1", "MPL-1.1"),
    ("mozillapublic2.0", "MPL-2.0"),
    ("mpl", "MPL-2.0"),
    ("mpl1.0", "MPL-1.0"),
    ("mpl1.1", "MPL-1.1"),
    ("mpl2", "MPL-2.0"),
    ("mpl2.0", "MPL-2.0"),
    ("mspl", "MS-PL"),
    ("ncsa", "NCSA"),
    ("newandsimplifiedbsd", "BSD-3-Clause"),
    ("newbsd", "BSD-3-Clause"),
    ("nvidia", "LicenseRef-NVIDIA"),
    ("ofl", "OFL-1.1"),
    ("ofl1.1", "OFL-1.1"),
    ("openldap", "OLDAP-2.8"),
    ("openldap2.8", "OLDAP-2.8"),
    ("openssl", "OpenSSL"),
    ("perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("perl5", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("php", "PHP-3.01"),
    ("php3.01", "PHP-3.01"),
    ("postgresql", "PostgreSQL"),
    ("psf", "PSF-2.0"),
    ("psf2.0", "PSF-2.0"),
    ("python", "Python-2.0"),
    ("python2.0", "Python-2.0"),
    ("pythonfoundation", "PSF-2.0"),
    ("revisedbsd", "BSD-3-Clause"),
    ("ruby", "Ruby"),
    ("samegnuasperl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("sil1.1", "OFL-1.1"),
    ("silopenfont1.1", "OFL-1.1"),
    ("simplifiedbsd", "BSD-2-Clause"),
    ("sissl", "SISSL"),
    ("sspl", "SSPL-1.0"),
    ("tcl", "TCL"),
    ("ucd", "Unicode-DFS-2016"),
    ("unicode", "Unicode-3.0"),
    ("universalpermissive1.0", "UPL-1.0"),
    ("unlicense", "Unlicense"),
    ("upl", "UPL-1.0"),
    ("upl1.0", "UPL-1.0"),
    ("vim", "Vim"),
    ("w3c", "W3C"),
    ("wtfpl", "WTFPL"),
    ("x11", "X11"),
    ("zlib", "Zlib"),
    ("zliblibpng", "Zlib"),
    ("zope2.1", "ZPL-2.1"),
    ("zopepublic", "ZPL-2.1"),
    ("zpl", "ZPL-2.1"),
    ("zpl2.1", "ZPL-2.1"),
];

/// Parts of licence addresses that tell the licence.
const ADDRESSES: &[(&str, &str)] = &[
    ("apache.org/licenses/license-1.1", "Apache-1.1"),
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("apache.org/licenses/", "Apache-2.0"),
    ("bouncycastle.org/licen", "MIT"),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("gnu.org/licenses/agpl-3.0", "AGPL-3.0-only"),
    ("gnu.org/licenses/gpl-2.0", "GPL-2.0-only"),
    ("gnu.org/licenses/gpl-3.0", "GPL-3.0-only"),
    ("gnu.org/licenses/lgpl-2.1", "LGPL-2.1-only"),
    ("gnu.org/licenses/lgpl-3.0", "LGPL-3.0-only"),
    ("gnu.org/licenses/old-licenses/gpl-2.0", "GPL-2.0-only"),
    ("gnu.org/licenses/old-licenses/lgpl-2.1", "LGPL-2.1-only"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("opensource.org/licenses/apache-2.0", "Apache-2.0"),
    ("opensource.org/licenses/bsd-2-clause", "BSD-2-Clause"),
    ("opensource.org/licenses/bsd-3-clause", "BSD-3-Clause"),
    ("opensource.org/licenses/isc", "ISC"),
    ("opensource.org/licenses/mit", "MIT"),
    ("opensource.org/license/mit", "MIT"),
    ("unlicense.org", "Unlicense"),
];

/// The id of an exact or deprecated SPDX id in any case of letters; deprecated
/// GNU ids become those that say `only` or `or later`.
pub(crate) fn id(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    if let Some(gnu) = gnu_id(text) {
        return Some(gnu);
    }
    let (bare, plus) = match text.strip_suffix('+') {
        Some(bare) => (bare, "+"),
        None => (text, ""),
    };
    let known = spdx::identifiers::LICENSES
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(bare))?;
    Some(format!("{}{plus}", known.name))
}

/// `GPL-2.0`, `GPL-2.0+`, `LGPL-2.1-or-later`, …
fn gnu_id(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let (family, rest) = ["AGPL-", "LGPL-", "GPL-"]
        .iter()
        .find_map(|family| Some((*family, upper.strip_prefix(family)?)))?;
    let (version, later) = match rest {
        rest if rest.ends_with("-ONLY") => (&rest[..rest.len() - 5], false),
        rest if rest.ends_with("-OR-LATER") => (&rest[..rest.len() - 9], true),
        rest if rest.ends_with('+') => (&rest[..rest.len() - 1], true),
        rest => (rest, false),
    };
    gnu(family.trim_end_matches('-'), version, later)
}

/// A GNU licence that exists, in its current spelling.
fn gnu(family: &str, version: &str, later: bool) -> Option<String> {
    let version = match version {
        "" => return gnu(family, if family == "GPL" { "1.0" } else { "2.0" }, true),
        version if version.contains('.') => version.to_owned(),
        version => format!("{version}.0"),
    };
    let suffix = if later { "or-later" } else { "only" };
    let id = format!("{family}-{version}-{suffix}");
    spdx::license_id(&id).map(|id| id.name.to_owned())
}

/// What a name means: an id, or an expression of ids.
pub(crate) fn named(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    if let Some(address) = lower.split_once("://").map(|(_, address)| address) {
        let address = address.trim_start_matches("www.");
        let known = ADDRESSES.iter().find(|(part, _)| address.contains(part))?;
        return Some(known.1.to_owned());
    }
    let bare = bare(&lower);
    if let Ok(at) = NAMES.binary_search_by(|(name, _)| (*name).cmp(bare.as_str())) {
        return Some(NAMES[at].1.to_owned());
    }
    gnu_name(&lower)
}

/// `GPLv2+`, `GNU Lesser General Public License, version 2.1 or later`.
fn gnu_name(lower: &str) -> Option<String> {
    let words = |word: &str| lower.contains(word);
    let family = if words("affero") || words("agpl") {
        "AGPL"
    } else if words("lgpl") || (words("general public") && (words("lesser") || words("library"))) {
        "LGPL"
    } else if words("gpl") || words("general public") {
        "GPL"
    } else {
        return None;
    };
    let mut rest = lower.replace('+', " or later ");
    let length = rest.len();
    for word in [
        "or later",
        "or newer",
        "or-later",
        "or any later",
        "or (at your option) any later",
    ] {
        rest = rest.replace(word, "");
    }
    let later = rest.len() < length;
    // With an exception or together with something else it is another matter.
    let joined = ["exception", " and ", " with ", " or ", "dual", "/"];
    if joined.iter().any(|word| rest.contains(word)) {
        return None;
    }
    let digits = lower.find(|c: char| c.is_ascii_digit());
    let version: String = digits.map_or_else(String::new, |at| {
        let number = lower[at..].chars();
        number
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect()
    });
    gnu(family, version.trim_end_matches('.'), later)
}

/// Letters, digits and dots of a name, without the words that say nothing.
fn bare(lower: &str) -> String {
    const IDLE: &[&str] = &[
        "a", "license", "licence", "licensed", "under", "the", "version", "v", "software", "terms",
        "of", "inc", "ltd", "style", "type", "gnu's",
    ];
    // `The MIT License (MIT)` says it twice.
    let outside = lower.split('(').next().unwrap_or(lower);
    let lower = if outside.trim().is_empty() {
        lower
    } else {
        outside
    };
    let words = lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    let mut bare = String::new();
    for word in words.filter(|word| !word.is_empty() && !IDLE.contains(word)) {
        let number = word.strip_prefix('v').unwrap_or(word);
        let word = if number.starts_with(|c: char| c.is_ascii_digit()) {
            number
        } else {
            word
        };
        bare.push_str(word.trim_end_matches('.'));
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_ids_exist() {
        assert!(
            NAMES.is_sorted_by(|a, b| a.0 < b.0),
            "{:?}",
            NAMES.windows(2).find(|w| w[0].0 >= w[1].0)
        );
        for (_, ids) in NAMES.iter().chain(ADDRESSES) {
            assert!(spdx::Expression::parse(ids).is_ok(), "{ids}");
        }
    }

    #[test]
    fn what_people_write_is_understood() {
        for (text, meant) in [
            ("The Apache Software License, Version 2.0", "Apache-2.0"),
            ("Apache License v2.0", "Apache-2.0"),
            ("Apache 2", "Apache-2.0"),
            ("The MIT License (MIT)", "MIT"),
            ("MIT/X11", "MIT"),
            ("New BSD License", "BSD-3-Clause"),
            ("BSD 3-Clause", "BSD-3-Clause"),
            ("GPLv2+", "GPL-2.0-or-later"),
            ("GPL-2+", "GPL-2.0-or-later"),
            ("GPL+", "GPL-1.0-or-later"),
            ("LGPLv2.1", "LGPL-2.1-only"),
            ("LGPL-3", "LGPL-3.0-only"),
            (
                "GNU Lesser General Public License, version 2.1 or later",
                "LGPL-2.1-or-later",
            ),
            ("GNU Affero General Public License v3", "AGPL-3.0-only"),
            (
                "https://www.apache.org/licenses/LICENSE-2.0.txt",
                "Apache-2.0",
            ),
            ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
            ("perl_5", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ] {
            assert_eq!(named(text).as_deref(), Some(meant), "{text}");
        }
        for text in [
            "Commercial",
            "GPLv2 with exceptions",
            "https://example.org/terms",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn deprecated_ids_become_current_ones() {
        for (text, current) in [
            ("mit", "MIT"),
            ("GPL-2.0", "GPL-2.0-only"),
            ("gpl-2.0+", "GPL-2.0-or-later"),
            ("LGPL-2.1-or-later", "LGPL-2.1-or-later"),
            ("Apache-2.0", "Apache-2.0"),
        ] {
            assert_eq!(id(text).as_deref(), Some(current));
        }
        assert_eq!(id("nonsense"), None);
    }
}
