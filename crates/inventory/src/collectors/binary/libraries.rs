//! Libraries, and tools that carry the name of one.

use super::rule::{Product, Rule, find};

const OPENSSL: Product = Product::new("openssl", &["openssl:openssl"]);
const AWS_LC: Product = Product::new("aws-lc", &["amazon:aws_libcrypto"]);
const LIBRESSL: Product = Product::new("libressl", &["openbsd:libressl"]);
const QT: Product = Product::new("qtbase", &["qt:qt", "qt:qtbase"]);
const FFMPEG: Product = Product::new("ffmpeg", &["ffmpeg:ffmpeg"]);
const KRB5: Product = Product::new("krb5", &["mit:kerberos_5"]);
const HEIMDAL: Product = Product::new("heimdal-krb5", &["heimdal_project:heimdal"]);

pub(super) static RULES: &[Rule] = &[
    Rule::program(
        &["openssl", "libcrypto*.so*", "libssl*.so*"],
        // Those that are compatible say so, and give the version of OpenSSL
        // that they are compatible with, without a date.
        &[
            find(&[&AWS_LC], "AWS-LC ", r"AWS-LC ({V})\)"),
            find(&[&LIBRESSL], "LibreSSL ", r"\x00LibreSSL ({V})\x00"),
            find(
                &[&OPENSSL],
                "OpenSSL ",
                r"[^A-Za-z ]OpenSSL ({V}(?:[a-z]+|-(?:alpha|beta|pre|rc)[0-9]+)?)(?:-fips|-dev)? +(?:[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}|xx XXX)",
            ),
        ],
    )
    .shown(&[
        ("\0OpenSSL 1.0.2k-fips  26 Jan 2017\0", "openssl@1.0.2k"),
        ("\0OpenSSL 1.1.1 (compatible; BoringSSL)\0", ""),
    ]),
    Rule::program(
        &["libQt*Core.so*"],
        &[
            find(&[&QT], "Qt ", r"\x00Qt ({V}) \("),
            find(&[&QT], "QtCore library version ", r"QtCore library version ({V})"),
        ],
    ),
    Rule::program(
        &["ffmpeg", "ffprobe", "libav*.so*", "libswresample*.so*"],
        // Numbers behind `Lavc` and `Lavf` are those of its libraries.
        &[
            find(&[&FFMPEG], "FFmpeg version ", r"FFmpeg version ({W}(?:\.[0-9]+)?)"),
            find(&[&FFMPEG], "%s version ", r"%s version n?({W}(?:\.[0-9]+)?)")
                .known_by(&["FFmpeg developers"]),
        ],
    )
    .shown(&[
        ("\0FFmpeg version 7.1.1\0", "ffmpeg@7.1.1"),
        ("\0Lavc60.31.102\0", ""),
    ]),
    Rule::program(
        &["libkrb5.so*"],
        &[
            find(&[&HEIMDAL], "$Version: Heimdal ", r"\$Version: Heimdal ({V}(?:[a-z]+[0-9]*)?)"),
            find(&[&KRB5], "KRB5_BRAND: krb5-", r"KRB5_BRAND: krb5-[0-9A-Za-z.-]+ ({W}(?:\.[0-9]+)?) [0-9]{8}"),
        ],
    )
    .shown(&[("\0KRB5_BRAND: krb5-1.20.1-final 1.20.1 20221115\0", "krb5@1.20.1")]),
];
