//! Languages: interpreters, compilers and their libraries.

use super::rule::{Product, Rule, find};

const PYTHON: Product = Product::new(
    "python",
    &["python:python", "python_software_foundation:python"],
);
const PYPY: Product = Product::new("pypy", &["pypy:pypy"]);
const GO: Product = Product::go("go", "cmd/go", &["golang:go"]);
const JULIA: Product = Product::new("julia", &["julialang:julia"]);
const NODE: Product = Product::new("node", &["nodejs:node.js"]);
const DENO: Product = Product::new("deno", &["deno:deno"]);
const BUN: Product = Product::new("bun", &["oven-sh:bun"]);
const PERL: Product = Product::new("perl", &["perl:perl"]);
const PHP: Product = Product::new("php", &["php:php"]);
const RUST: Product = Product::new("rust", &["rust-lang:rust"]);
const RUBY: Product = Product::new("ruby", &["ruby-lang:ruby"]);
const ERLANG: Product = Product::new("erlang", &["erlang:erlang\\/otp"]);
const ELIXIR: Product = Product::new("elixir", &["elixir-lang:elixir"]);
const SWIPL: Product = Product::new("swipl", &["swi-prolog:swi-prolog"]);
const DART: Product = Product::new("dart", &["dart:dart_software_development_kit"]);
const GHC: Product = Product::new("haskell/ghc", &["haskell:ghc"]);
const CABAL: Product = Product::new("haskell/cabal", &["haskell:cabal"]);
const STACK: Product = Product::new("haskell/stack", &["haskell:stack"]);
const GCC: Product = Product::new("gcc", &["gnu:gcc"]);

pub(super) static RULES: &[Rule] = &[
    Rule::program(
        &["python?.?", "python?.??", "libpython*.so*", "libpython*.dylib"],
        // Several versions stand in one file, so its name must agree.
        &[
            find(
                &[&PYTHON],
                "",
                r"\x00({V}(?:(?:a|b|rc)[0-9]+)?\+?)\x00",
            )
            .named(),
            // Linkers keep a text as the end of a longer one, here of a path.
            find(
                &[&PYTHON],
                "",
                r"[-/]({V}(?:(?:a|b|rc)[0-9]+)?\+?)\x00",
            )
            .named(),
        ],
    ),
    Rule::program(
        &["libpypy*.so*"],
        &[find(&[&PYPY], "[PyPy ", r"\[PyPy ({V})")],
    )
    .shown(&[("\0[PyPy 7.3.14 with GCC 10.2.1]", "pypy@7.3.14")]),
    Rule::program(
        &["go"],
        &[find(
            &[&GO],
            "go1.",
            r"go(1\.[0-9]+(?:\.[0-9]+|(?:alpha|beta|rc)[0-9]+)?)\x00",
        )],
    )
    .shown(&[("\0go1.4rc2\0", "go@1.4rc2")]),
    Rule::text(
        &["VERSION", "VERSION.cache"],
        &[find(
            &[&GO],
            "go1.",
            r"\A(?:devel )?go(1\.[0-9]+(?:\.[0-9]+|(?:alpha|beta|rc)[0-9]+|-[0-9a-f]{6,})?)(?:\s|\z)",
        )],
    )
    .shown(&[("go1.23.4\ntime 2024-11-27T21:00:00Z\n", "go@1.23.4"), ("for go1.23.4\n", "")]),
    Rule::program(
        &["julia", "libjulia.so*", "libjulia-internal.so*"],
        &[
            find(&[&JULIA], "__init__", r"\x00__init__\x00+({V}(?:-[a-z0-9]+)?)\x00"),
            find(&[&JULIA], "", r"\x00({V}(?:-[a-z0-9]+)?)\x00branch\x00"),
            find(
                &[&JULIA],
                "verify_methods",
                r"\x00({V}(?:-[a-z0-9]+)?)\x00.{0,100}verify_methods",
            ),
            find(
                &[&JULIA],
                "julia version",
                r"\x00({V}(?:-[a-z0-9]+)?)\x00.{0,100}julia version",
            ),
            find(&[&JULIA], "", r"(?:#kw#|ObjectIdDict|require)\x00+({V}(?:-[a-z0-9]+)?)\x00"),
        ],
    )
    .shown(&[
        ("\0__init__\x001.9.4\0verify", "julia@1.9.4"),
        ("\x001.0.5\0julia version %s\n", "julia@1.0.5"),
    ]),
    Rule::program(
        &["node"],
        &[
            find(&[&NODE], "node.js/v", r"node\.js/v({V})"),
            find(&[&NODE], "", r"\x00(?:node )?v([0456]\.[0-9]+\.[0-9]+)\x00")
                .known_by(&[
                "node.", "node_", "NODE_", "node::", "nodejs", "uv_", "v8", "http_parser",
                "moduleLoadList",
            ]),
        ],
    )
    .shown(&[
        ("\0node.js/v22.9.0\0", "node@22.9.0"),
        ("\0v4.9.1\0NODE_PATH\0", "node@4.9.1"),
        ("\0v4.9.1\0", ""),
    ]),
    Rule::program(
        &["deno"],
        &[
            find(&[&DENO], "Deno/", r"Deno/({V})"),
            find(&[&DENO], "release/v", r"deno-[0-9a-f]{40}release/v({V})"),
            find(&[&DENO], "deno-canary/", r"deno-canary/[0-9a-f]{40}({V})"),
            find(&[&DENO], "", r"deno-[0-9a-f]{40}({V})"),
            find(&[&DENO], "", r"({V})[0-9a-f]{40}DENO"),
        ],
    )
    .shown(&[("deno-0123456789abcdef0123456789abcdef01234567release/v1.30.0x", "deno@1.30.0")]),
    Rule::program(
        &["bun"],
        &[
            find(&[&BUN], "Bun v", r"Bun v({V})"),
            find(&[&BUN], "", r"bun ({V})"),
            find(&[&BUN], "", r"bun-({V})"),
        ],
    ),
    Rule::program(
        &["perl", "perl5*"],
        &[find(
            &[&PERL],
            "/perl",
            r"/perl[0-9]?/(?:(?:site|vendor)_perl/)?(5\.[0-9]+\.[0-9]+)",
        )],
    )
    .shown(&[("\0/usr/local/lib/perl5/site_perl/5.38.0/x86_64\0", "perl@5.38.0")]),
    Rule::program(
        &["php", "php-cgi", "php?", "php??", "php?.?", "php-fpm*", "libphp*.so"],
        &[find(
            &[&PHP],
            "X-Powered-By: PHP/",
            r"X-Powered-By: PHP/({V}(?:(?:alpha|beta|RC)[0-9]+|-dev)?)",
        )],
    )
    .shown(&[("\0X-Powered-By: PHP/8.3.0RC2\0", "php@8.3.0RC2")]),
    Rule::program(
        &["libstd-????????????????.so", "libstd-????????????????.dylib"],
        &[
            find(
                &[&RUST],
                "rustc version ",
                r"rustc version ({V}(?:-(?:beta|nightly)[.0-9]*)?) \([0-9a-f]+ [0-9-]{10}\)",
            ),
            find(&[&RUST], "", r"c ({V}) \([0-9a-f]{7,12} [0-9]{4}-[0-9]{2}-[0-9]{2}\)"),
        ],
    ),
    Rule::program(
        &["ruby", "libruby*.so*"],
        &[find(
            &[&RUBY],
            "",
            r"ruby ({V}(?:p|preview|rc|dev)?[0-9]*) \([0-9]{4}-",
        )],
    )
    .shown(&[
        ("\0ruby 3.4.0preview1 (2024-05-16 master 9d69619623)", "ruby@3.4.0preview1"),
        ("\0ruby 3.4.0dev (2024-09-15T01:06:11Z master 532af89e3b)", "ruby@3.4.0dev"),
    ]),
    Rule::program(
        &["erlexec", "beam.smp", "liberts_internal.a"],
        &[
            find(
                &[&ERLANG],
                "/erts/",
                r"/src/otp(?:_src_|-)({W}(?:\.[0-9]+){0,2}(?:-rc[0-9]+)?)/erts/",
            ),
            find(
                &[&ERLANG],
                "Erlang/OTP",
                r"\x00({W}(?:\.[0-9]+){0,2}(?:-rc[0-9]+)?)\x00+Erlang/OTP",
            ),
            find(
                &[&ERLANG],
                "Erlang/OTP",
                r"Erlang/OTP.{1,150}?\x00({W}(?:\.[0-9]+){0,2}(?:-rc[0-9]+)?)\x00",
            ),
        ],
    )
    .shown(&[(
        "\0Erlang/OTP 17%s [erts-6.4.1.6] [kernel-poll:%s]\x0017.5.6.9\0\0",
        "erlang@17.5.6.9",
    )]),
    Rule::script(
        &["elixir"],
        &[find(
            &[&ELIXIR],
            "ELIXIR_VERSION=",
            r"ELIXIR_VERSION=({V}(?:-[a-z0-9]+(?:\.[0-9]+)?)?)",
        )],
    ),
    Rule::text(
        &["elixir.app"],
        &[find(
            &[&ELIXIR],
            "{vsn,",
            r#"\{application,\s*elixir,.{0,200}\{vsn,\s*"({V}(?:-[a-z0-9]+(?:\.[0-9]+)?)?)"\}"#,
        )],
    ),
    Rule::program(
        &["swipl"],
        &[find(&[&SWIPL], "swipl-", r"swipl-({V})/")],
    ),
    Rule::program(
        &["dart"],
        &[find(
            &[&DART],
            "",
            r"\x00({V}(?:-[0-9]+(?:\.[0-9]+)?\.(?:beta|dev))?) \((?:stable|beta|dev)\)",
        )],
    )
    .shown(&[("\x003.6.0-216.1.beta (beta) (Tue", "dart@3.6.0-216.1.beta")]),
    Rule::program(
        &["ghc*"],
        &[
            find(&[&GHC], "GHC ", r"\x00GHC ({V})\x00"),
            find(
                &[&GHC],
                "libHSghc-",
                r"\x00libHSghc-({V})-(?:[a-zA-Z0-9]+-)?ghc[0-9.]+\.so\x00",
            ),
        ],
    ),
    Rule::program(
        &["cabal"],
        &[
            find(&[&CABAL], "Cabal-", r"\x00Cabal-({V}(?:\.[0-9]+)?)-"),
            find(&[&CABAL], "cabal-install-", r"cabal-install-({V}(?:\.[0-9]+)?)-[a-zA-Z0-9]+\x00"),
        ],
    )
    .shown(&[("\0/opt/ghc-7.10.2/cabal-install-1.22.6.0-AfxbHivcmw40\0", "haskell/cabal@1.22.6.0")]),
    Rule::program(
        &["stack"],
        &[find(&[&STACK], "Version", r"Version\s*({V}),\s*Git")],
    )
    .shown(&[("\0Version 2.15.3, Git revision 8fdb", "haskell/stack@2.15.3")]),
    // Every object that gcc made says so; only gcc itself is meant.
    Rule::program(
        &["gcc"],
        &[find(&[&GCC], "GCC: (GNU) ", r"GCC: \(GNU\) ({V})")],
    )
    .shown(&[("\0GCC: (GNU) 12.3.0\0", "gcc@12.3.0")]),
];
