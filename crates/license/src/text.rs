//! Which licence a text is.
//!
//! A licence is told by sentences that only it has, in a text without case,
//! punctuation and line ends, so that wrapping and copyright lines do not
//! matter. A text that quotes several licences is the one that comes first.

/// Longest text that is read.
const LONGEST: usize = 256 << 10;

/// A licence by what its text says.
struct Sign {
    id: &'static str,
    /// All of these occur.
    says: &'static [&'static str],
    /// None of these do.
    lacks: &'static [&'static str],
}

const fn sign(
    id: &'static str,
    says: &'static [&'static str],
    lacks: &'static [&'static str],
) -> Sign {
    Sign { id, says, lacks }
}

const REDISTRIBUTION: &str = "redistribution and use in source and binary forms with or without modification are permitted provided that the following conditions are met";
const ENDORSE: &str = "to endorse or promote products derived from this software without specific prior written permission";
const ADVERTISING: &str = "all advertising materials mentioning features or use of this software must display the following acknowledg";
const PERMISSION: &str = "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files";
const NOTICE_KEPT: &str = "the above copyright notice and this permission notice shall be included in all copies or substantial portions of the software";
const LATER: &str = "either version 2 of the license or at your option any later version";

/// The signs, more specific ones before those they include.
const SIGNS: &[Sign] = &[
    sign(
        "Apache-2.0",
        &["apache license version 2 0 january 2004"],
        &[],
    ),
    sign(
        "Apache-2.0",
        &["licensed under the apache license version 2 0"],
        &[],
    ),
    sign(
        "Apache-1.1",
        &["the apache software license version 1 1"],
        &[],
    ),
    sign(
        "AGPL-3.0-only",
        &["gnu affero general public license version 3 19 november 2007"],
        &[],
    ),
    sign(
        "LGPL-3.0-only",
        &["gnu lesser general public license version 3 29 june 2007"],
        &[],
    ),
    sign(
        "LGPL-2.1-only",
        &["gnu lesser general public license version 2 1 february 1999"],
        &[],
    ),
    sign(
        "LGPL-2.0-only",
        &["gnu library general public license version 2 june 1991"],
        &[],
    ),
    sign(
        "GPL-3.0-only",
        &["gnu general public license version 3 29 june 2007"],
        &[],
    ),
    sign(
        "GPL-2.0-only",
        &["gnu general public license version 2 june 1991"],
        &[],
    ),
    sign(
        "GPL-2.0-or-later",
        &[
            "terms of the gnu general public license as published by the free software foundation",
            LATER,
        ],
        &[],
    ),
    sign("MPL-2.0", &["mozilla public license version 2 0"], &[]),
    sign("MPL-1.1", &["mozilla public license version 1 1"], &[]),
    sign("EPL-2.0", &["eclipse public license v 2 0"], &[]),
    sign("EPL-1.0", &["eclipse public license v 1 0"], &[]),
    sign(
        "CDDL-1.1",
        &["common development and distribution license", "version 1 1"],
        &[],
    ),
    sign(
        "CDDL-1.0",
        &["common development and distribution license", "version 1 0"],
        &[],
    ),
    sign("EUPL-1.2", &["european union public licence v 1 2"], &[]),
    sign("BSL-1.0", &["boost software license version 1 0"], &[]),
    sign(
        "Unlicense",
        &["this is free and unencumbered software released into the public domain"],
        &[],
    ),
    sign("CC0-1.0", &["cc0 1 0 universal"], &[]),
    sign(
        "CC-BY-4.0",
        &["creative commons attribution 4 0 international"],
        &[],
    ),
    sign(
        "CC-BY-SA-4.0",
        &["creative commons attribution sharealike 4 0 international"],
        &[],
    ),
    sign("OFL-1.1", &["sil open font license version 1 1"], &[]),
    sign("Artistic-2.0", &["the artistic license 2 0"], &[]),
    sign(
        "Artistic-1.0",
        &[
            "the artistic license",
            "the intent of this document is to state the conditions under which a package may be copied",
        ],
        &[],
    ),
    sign(
        "PSF-2.0",
        &["psf license agreement for python"],
        &["beopen com license agreement"],
    ),
    sign(
        "Python-2.0",
        &["psf license agreement", "beopen com license agreement"],
        &[],
    ),
    sign(
        "Zlib",
        &[
            "this software is provided as is without any express or implied warranty",
            "altered source versions must be plainly marked as such",
        ],
        &[],
    ),
    sign(
        "WTFPL",
        &["do what the fuck you want to public license"],
        &[],
    ),
    sign(
        "BlueOak-1.0.0",
        &["blue oak model license version 1 0 0"],
        &[],
    ),
    sign("SSPL-1.0", &["server side public license version 1"], &[]),
    sign("Elastic-2.0", &["elastic license 2 0"], &[]),
    sign("BUSL-1.1", &["business source license 1 1"], &[]),
    sign("Unicode-3.0", &["unicode license v3"], &[]),
    sign(
        "PostgreSQL",
        &[
            "permission to use copy modify and distribute this software and its documentation for any purpose without fee and without a written agreement is hereby granted",
        ],
        &[],
    ),
    sign(
        "ISC",
        &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted provided that the above copyright notice and this permission notice appear in all copies",
        ],
        &[],
    ),
    sign(
        "ISC",
        &[
            "permission to use copy modify and distribute this software for any purpose with or without fee is hereby granted provided that the above copyright notice and this permission notice appear in all copies",
        ],
        &[],
    ),
    sign(
        "0BSD",
        &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted",
        ],
        &["provided that the above copyright notice"],
    ),
    sign(
        "X11",
        &[
            PERMISSION,
            NOTICE_KEPT,
            "shall not be used in advertising or otherwise to promote the sale use or other dealings in this software",
        ],
        &[],
    ),
    sign("MIT", &[PERMISSION, NOTICE_KEPT], &[]),
    sign("MIT-0", &[PERMISSION], &["shall be included in all copies"]),
    sign("BSD-4-Clause", &[REDISTRIBUTION, ADVERTISING, ENDORSE], &[]),
    sign("BSD-3-Clause", &[REDISTRIBUTION, ENDORSE], &[ADVERTISING]),
    sign(
        "BSD-2-Clause",
        &[
            REDISTRIBUTION,
            "redistributions in binary form must reproduce the above copyright notice",
        ],
        &["endorse or promote", ADVERTISING],
    ),
];

/// The SPDX id of the licence that a text is; of several the first one.
/// `None` for a text that is none of the known.
pub fn classify(text: &str) -> Option<&'static str> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let words = words(&text[..end]);
    let find = |sentence: &str| memchr::memmem::find(words.as_bytes(), sentence.as_bytes());
    let mut best: Option<(usize, &'static str)> = None;
    for sign in SIGNS {
        let Some(first) = sign.says.first().and_then(|sentence| find(sentence)) else {
            continue;
        };
        let fits = sign.says.iter().all(|sentence| find(sentence).is_some())
            && sign.lacks.iter().all(|sentence| find(sentence).is_none());
        if fits && best.is_none_or(|(at, _)| first < at) {
            best = Some((first, sign.id));
        }
    }
    best.map(|(_, id)| id)
}

/// Lower-case words with one blank between them.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !c.is_ascii() && c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = "The MIT License (MIT)\n\nCopyright (c) 2020 A. Person\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation files (the \"Software\"), to deal\nin the Software without restriction.\n\nThe above copyright notice and this permission notice shall be included in\nall copies or substantial portions of the Software.\n";

    #[test]
    fn a_text_is_told_by_its_sentences() {
        assert_eq!(classify(MIT), Some("MIT"));
        let bsd = "* Redistribution and use in source and binary forms, with or without\n * modification, are permitted provided that the following conditions are\n * met: 1. Redistributions of source code ... 2. Redistributions in binary form must reproduce the above copyright notice";
        assert_eq!(classify(bsd), Some("BSD-2-Clause"));
        let three = format!(
            "{bsd} 3. Neither the name of X may be used to endorse or promote products derived from this software without specific prior written permission."
        );
        assert_eq!(classify(&three), Some("BSD-3-Clause"));
        assert_eq!(
            classify(
                "                                 Apache License\n                           Version 2.0, January 2004"
            ),
            Some("Apache-2.0")
        );
        assert_eq!(classify("all rights reserved"), None);
    }

    #[test]
    fn of_several_licences_the_first_is_the_package_s_own() {
        let bundled = format!(
            "{MIT}\n\nThis package contains z, which is under the\nApache License\nVersion 2.0, January 2004"
        );
        assert_eq!(classify(&bundled), Some("MIT"));
    }

    #[test]
    fn every_id_exists_and_every_sentence_is_in_bare_form() {
        for sign in SIGNS {
            assert!(spdx::license_id(sign.id).is_some(), "{}", sign.id);
            for sentence in sign.says.iter().chain(sign.lacks) {
                assert_eq!(words(sentence), *sentence);
            }
        }
    }
}
