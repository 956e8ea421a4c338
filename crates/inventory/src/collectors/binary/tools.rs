//! Programs for people and scripts.

use super::rule::{Product, Rule, find};

const BUSYBOX: Product = Product::new("busybox", &["busybox:busybox"]);
const UTIL_LINUX: Product = Product::new("util-linux", &["kernel:util-linux"]);
const BASH: Product = Product::new("bash", &["gnu:bash"]);
const COMPOSER: Product = Product::new("composer", &["getcomposer:composer"]);
const WP_CLI: Product = Product::new("wp-cli", &["wp-cli:wp-cli"]);
const CURL: Product = Product::new("curl", &["haxx:curl"]);
const OPENLDAP: Product = Product::new("openldap", &["openldap:openldap"]);
const ZSTD: Product = Product::new("zstd", &["facebook:zstandard"]);
const XZ: Product = Product::new("xz", &["tukaani:xz"]);
const GZIP: Product = Product::new("gzip", &["gnu:gzip"]);
const JQ: Product = Product::new("jq", &["jqlang:jq"]);
const CHROME: Product = Product::new("chrome", &["google:chrome"]);
const FIREFOX: Product = Product::new("firefox", &["mozilla:firefox"]);

pub(super) static RULES: &[Rule] = &[
    // Its other names are hard links in some images, of which the first is
    // the file.
    Rule::program(
        &["busybox", "[", "[["],
        &[find(&[&BUSYBOX], "BusyBox v", r"BusyBox v({V})")],
    ),
    Rule::program(
        &["getopt"],
        &[find(&[&UTIL_LINUX], "util-linux ", r"\x00util-linux ({W}(?:\.[0-9]+)?(?:-rc[0-9]+)?)\x00")],
    )
    .shown(&[("\0util-linux 2.37.4\0", "util-linux@2.37.4")]),
    Rule::program(
        &["bash"],
        &[find(
            &[&BASH],
            "@(#)Bash version ",
            r"@\(#\)Bash version ({V})\([0-9]+\) [a-z0-9]+ GNU",
        )],
    ),
    Rule::script(
        &["composer", "composer.phar", "composer-*", "composer?"],
        &[find(
            &[&COMPOSER],
            "pretty_version",
            r"'pretty_version'\s*=>\s*'({V}(?:-?(?:alpha|beta|RC)[0-9]+)?)'",
        )],
    )
    .shown(&[(
        "#!/usr/bin/env php\n<?php 'root' => array('name' => 'composer/composer', 'pretty_version' => '2.7.1',",
        "composer@2.7.1",
    )]),
    Rule::script(
        &["wp", "wp-cli.phar"],
        &[find(&[&WP_CLI], "wp-cli/wp-cli ", r"wp-cli/wp-cli v?({V})")],
    ),
    Rule::program(
        &["curl"],
        &[find(&[&CURL], "curl/", r"(?:lib|[^A-Za-z_/])curl/({V})")],
    )
    .shown(&[("\0curl/8.5.0\0", "curl@8.5.0"), ("\0libcurl/8.6.0 OpenSSL", "curl@8.6.0")]),
    Rule::program(
        &["ldapsearch"],
        &[find(&[&OPENLDAP], "$OpenLDAP: ldapsearch ", r"\$OpenLDAP: ldapsearch ({V})")],
    ),
    Rule::program(
        &["zstd"],
        &[find(&[&ZSTD], "", r"\x00v({V})\x00").known_by(&["*** supports: zstd", "Zstandard CLI"])],
    )
    .shown(&[("\0v1.5.6\0", "")]),
    Rule::program(
        &["xz"],
        &[find(&[&XZ], "xz (XZ Utils) ", r"\x00xz \(XZ Utils\) ({V}(?:alpha|beta)?)\x00")],
    )
    .shown(&[("\0xz (XZ Utils) 5.4.5\0", "xz@5.4.5")]),
    Rule::program(
        &["gzip"],
        &[find(&[&GZIP], "", r"\x00({W})\x00").known_by(&["%s: %s: not in gzip format"])],
    )
    .shown(&[
        ("\x001.12\0\n%s: %s: not in gzip format\n\0", "gzip@1.12"),
        ("BusyBox v1.37.0 multi-call binary\n\x001.0\0not in gzip format", ""),
    ]),
    Rule::program(
        &["jq"],
        &[find(&[&JQ], "", r"\x00([0-9]\.[0-9]+(?:\.[0-9]+)?(?:rc[0-9]+)?)\x00")
            .known_by(&[
            "jq:",
            "jq -",
            "jq-%s",
            "jq_",
            "JQ_COLORS",
            "%s [OPTIONS] FILTER",
            "jsonargs",
            "raw-output",
        ])],
    )
    .shown(&[("\x001.7.1\0jq - commandline JSON processor", "jq@1.7.1"), ("\x001.7.1\0", "")]),
    Rule::program(
        &["chrome"],
        &[find(&[&CHROME], "Default", r"\x00([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)\x00Default")],
    ),
    Rule::text(
        &["application.ini"],
        &[find(
            &[&FIREFOX],
            "Name=Firefox",
            r"\nName=Firefox\r?\n[^\[]{0,1000}?\bVersion=([0-9][0-9A-Za-z.]*)",
        )],
    )
    .shown(&[("[App]\nName=Thunderbird\nVersion=115.0\n", "")]),
];
