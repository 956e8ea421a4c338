//! Launchers of Java runtimes. Where the runtime has a `release` file, that
//! one is better evidence, and the merge drops what is found here.

use super::rule::{Product, Rule, find};

const GRAALVM: Product = Product::java(
    "oracle",
    "graalvm",
    &["oracle:graalvm", "oracle:graalvm_for_jdk"],
);
const ZULU: Product = Product::java("azul", "zulu", &["azul:zulu"]);
const OPENJDK: Product = Product::java("oracle", "openjdk", &["oracle:openjdk"]);
const JRE: Product = Product::java("oracle", "jre", &["oracle:jre"]);
const JDK: Product = Product::java("oracle", "jdk", &["oracle:jdk"]);
const IBM_JAVA: Product = Product::java("ibm", "java", &["ibm:java"]);
const IBM_SDK: Product = Product::java("ibm", "java_sdk", &["ibm:java_sdk"]);

/// The launcher that every runtime has, and those that only kits have.
macro_rules! launcher {
    ($files:expr, $oracle:ident, $ibm:ident) => {
        Rule::program(
            $files,
            &[
                find(
                    &[&GRAALVM],
                    "-jvmci-",
                    r"\x00([0-9][0-9.]+\+[0-9]+-jvmci-[0-9.]+-b[0-9]+)\x00",
                ),
                find(
                    &[&ZULU],
                    "java",
                    r"\x00(?:java|jdb|javac)\x00+[0-9]+[.0-9]*\x00+([0-9]+\.?[^\x00]+)\x00",
                )
                .below("zulu"),
                find(
                    &[&ZULU],
                    "",
                    r"\x00((?:{V}|[0-9]+\+)[-._+a-zA-Z0-9]*)\x00",
                )
                .below("zulu"),
                find(
                    &[&OPENJDK],
                    "openjdk",
                    r"\x00openjdk\x00+(?:java|jdb|javac)\x00+[0-9]+[.0-9]*\x00+([0-9]+[.+_][^\x00]+)\x00",
                ),
                // On arm64 the order is the other one.
                find(
                    &[&OPENJDK],
                    "openjdk",
                    r"\x00[0-9]+\.[0-9]+\x00+([0-9]+[.+_][^\x00]+)\x00+openjdk\x00+(?:java|jdb|javac)",
                ),
                find(
                    &[&$ibm],
                    "java",
                    r"\x00java\x00.{0,300}?\x00([0-9]+[-._a-zA-Z0-9]+)\x00",
                )
                .below("/ibm/"),
                find(&[&$ibm], "-foreman_", r"\x00({V}-foreman_[0-9_]+-b[0-9]+)\x00"),
                find(&[&OPENJDK], "", r"\x00((?:{V}|[0-9]+(?:\.[0-9]+)?\+)[-._+a-zA-Z0-9]*)\x00")
                    .known_by(&["openjdk"]),
                find(&[&$oracle], "", r"\x00({V}[-._+a-zA-Z0-9]*)\x00").known_by(&["\0java\0", "\0jdb\0", "\0javac\0"]),
            ],
        )
    };
}

pub(super) static RULES: &[Rule] = &[
    launcher!(&["java"], JRE, IBM_JAVA).shown(&[
        (
            "\0openjdk\0java\x001.8\x001.8.0_352-b08\0",
            "openjdk@1.8.0_352-b08",
        ),
        (
            "\x000.0\0\0\0\x0011.0.22+7\0\0\0openjdk\0java\0",
            "openjdk@11.0.22+7",
        ),
        (
            "\0java\x001.8\0\0\x001.8.0-foreman_2022_09_22_15_30-b00\0",
            "java@1.8.0-foreman_2022_09_22_15_30-b00",
        ),
        ("\0java\x000.0\x0019.0.1+10-21\0", "jre@19.0.1+10-21"),
        ("\x001.2.3\0", ""),
    ]),
    launcher!(&["jdb", "javac"], JDK, IBM_SDK).shown(&[
        ("\0java\x001.8\x001.8.0_451-b10\0", "jdk@1.8.0_451-b10"),
        (
            "\0openjdk\0java\0-J-ms8m\0\x001.8\0\x001.8.0_352-b08\0",
            "openjdk@1.8.0_352-b08",
        ),
    ]),
];
