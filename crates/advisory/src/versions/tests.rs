use super::*;
use proptest::prelude::*;

type Pair = (&'static str, &'static str, &'static str);

/// `a < b` and `a = b`, each as the ecosystem's own tool orders them.
const PAIRS: &[(Scheme, &[Pair])] = &[
    (
        Scheme::Deb,
        &[
            ("1.0~rc1-1", "<", "1.0-1"),
            ("1.0-1~deb12u1", "<", "1.0-1"),
            ("1.0-1", "<", "1.0-1+deb12u1"),
            ("1.0-1+b1", "<", "1.0-1+deb12u1"),
            ("2.30-1", "<", "1:0.1-1"),
            ("1.2.3", "<", "1.2.3-0.1"),
            ("1.0-1ubuntu2", "<", "1.0-1ubuntu10"),
            ("7.4.052-1", "<", "7.4.629-1"),
            ("1.0a-1", "<", "1.0+dfsg-1"),
            ("1.0~~-1", "<", "1.0~-1"),
            ("1.10", "<", "1.10.0"),
            ("5.4.0-150.167~18.04.1", "<", "5.4.0-150.167"),
            ("1.0.4-2.1build1", "<", "1.0.4-2.1ubuntu0.1"),
            ("2.4.52-1ubuntu4.1", "<", "2.4.52-1ubuntu4.1+esm1"),
        ],
    ),
    (
        Scheme::Rpm,
        &[
            ("1.0~rc1-1", "<", "1.0-1"),
            ("1.0-1", "<", "1.0^20240101-1"),
            ("1.0^20240101-1", "<", "1.0.1-1"),
            ("1.0", "<", "1.0.0"),
            ("1.0a", "<", "1.0.1"),
            ("1.0a", "<", "1.0b"),
            ("5.5p1", "<", "5.5p10"),
            ("2.0.1", "<", "2.0.1a"),
            ("xyz.4", "<", "8"),
            ("0:2.0-1", "<", "1:1.0-1"),
            ("4.18.0-477.el8", "<", "4.18.0-477.10.1.el8_8"),
            ("1.1.1k-5.el8", "<", "1.1.1k-5.el8_5"),
            (
                "2.5.9-110.module_el8.6.0+1187+541216eb",
                "<",
                "2.6.7-107.module+el8.3.0+7847+a0b5ef4a",
            ),
            ("10xyz", "<", "10.1xyz"),
            ("1.0-1.fc38", "<", "1.0-1.fc39"),
            ("3.0.7-18.el9_2", "<", "3.0.7-24.el9"),
        ],
    ),
    (
        Scheme::Apk,
        &[
            ("1.2.3_alpha1-r0", "<", "1.2.3-r0"),
            ("1.2.3_rc1-r0", "<", "1.2.3-r0"),
            ("1.2.3-r0", "<", "1.2.3_p1-r0"),
            ("1.2.3_git20230101-r0", "<", "1.2.3_p1-r0"),
            ("1.2.3-r9", "<", "1.2.3-r10"),
            ("1.2.3-r0", "<", "1.2.3a-r0"),
            ("1.2-r0", "<", "1.2.0-r0"),
            ("1.02-r0", "<", "1.1-r0"),
            ("0.7.1", "<", "0.17"),
            ("1.6_rc1-r0", "<", "1.6-r0"),
            ("8.402.06-r0", "<", "8.442.06-r0"),
            ("1.0_pre1", "<", "1.0_rc1"),
        ],
    ),
    (
        Scheme::Pacman,
        &[
            ("1.0alpha", "<", "1.0"),
            ("1.0", "<", "1.0.alpha"),
            ("1.0-1", "<", "1.0-2"),
            ("2.0", "<", "1:1.0"),
            ("1.0.a", "<", "1.0.1"),
            ("1.0b", "<", "1.0.1"),
            ("1.5.b", "<", "1.5.1"),
            ("1.0", "<", "1.0.0"),
            ("0.9.9", "<", "1.0pre1"),
            ("1.0pre1", "<", "1.0"),
            ("6.7.arch3-1", "<", "6.7.1.arch1-1"),
        ],
    ),
    (
        Scheme::Portage,
        &[
            ("1.0_alpha", "<", "1.0_beta"),
            ("1.0_beta", "<", "1.0_pre"),
            ("1.0_pre", "<", "1.0_rc"),
            ("1.0_rc", "<", "1.0"),
            ("1.0", "<", "1.0_p1"),
            ("1.0", "<", "1.0.0"),
            ("1.01", "<", "1.1"),
            ("1.0", "<", "1.0a"),
            ("1.0a", "<", "1.0.1"),
            ("1.0", "<", "1.0-r1"),
            ("12.2b", "<", "12.2.5"),
        ],
    ),
    (
        Scheme::Semver,
        &[
            ("1.0.0-alpha", "<", "1.0.0-alpha.1"),
            ("1.0.0-alpha.1", "<", "1.0.0-alpha.beta"),
            ("1.0.0-beta.2", "<", "1.0.0-beta.11"),
            ("1.0.0-rc.1", "<", "1.0.0"),
            ("1.0.0-1", "<", "1.0.0-a"),
            ("1.0.0--", "<", "1.0.0-a"),
            ("1.0.0-0", "<", "1.0.0-00a"),
            ("1.2.3-5-Foo", "<", "1.2.3-5-foo"),
            ("0.0.0-20220101000000-abcdefabcdef", "<", "0.1.0"),
            ("1.0.0-beta.99", "<", "1.0.0-beta.a"),
            ("16.0.0-beta.0", "<", "16.1.5"),
        ],
    ),
    (
        Scheme::Pep440,
        &[
            ("1.0.dev1", "<", "1.0a1"),
            ("1.0a1.dev1", "<", "1.0a1"),
            ("1.0a1", "<", "1.0b1"),
            ("1.0rc1", "<", "1.0"),
            ("1.0", "<", "1.0+local"),
            ("1.0+abc", "<", "1.0+1"),
            ("1.0", "<", "1.0.post1"),
            ("1.0.post1.dev2", "<", "1.0.post1"),
            ("2024.1", "<", "1!0.1"),
            ("1.0+ubuntu.1", "<", "1.0+ubuntu.10"),
            ("1.10", "<", "1.10.1"),
            ("4.2rc1", "<", "4.2"),
        ],
    ),
    (
        Scheme::Maven,
        &[
            ("1-alpha-2", "<", "1-beta-1"),
            ("1-beta-1", "<", "1-m1"),
            ("1-m1", "<", "1-rc1"),
            ("1-rc1", "<", "1-SNAPSHOT"),
            ("1-SNAPSHOT", "<", "1"),
            ("1", "<", "1-sp"),
            ("1-sp", "<", "1-abc"),
            ("1-abc", "<", "1-1"),
            ("1-1", "<", "1.1"),
            ("2.0-1", "<", "2.0.1"),
            ("1.0.0-alpha1", "<", "1.0.0-alpha2"),
            ("1.6.1", "<", "1.6.1-hudson-3"),
            ("31.1-android", "<", "31.1-jre"),
            ("9.4.39.v20210325", "<", "9.4.41.v20210516"),
            ("5.3.0.RELEASE", "<", "5.3.1"),
            ("6.1.0rc3", "<", "6.1H.5-beta"),
            ("2.0.1-xyz", "<", "2.0.1-123"),
        ],
    ),
    (
        Scheme::Gem,
        &[
            ("1.0.a", "<", "1.0"),
            ("1.0.0.pre", "<", "1.0.0"),
            ("5.a", "<", "5.0.0.rc2"),
            ("1.8.2.a9", "<", "1.8.2.a10"),
            ("1.2.b", "<", "1.2.b1"),
            ("1.9.3", "<", "1.9.3.1"),
            ("0.0.1.20220404083012", "<", "1.0.0"),
            ("1.0.0-1", "<", "1"),
            ("1.0.0.beta2", "<", "1.0.0.beta11"),
            ("1.freeze", "<", "1"),
            ("7.0.8", "<", "7.0.8.1"),
        ],
    ),
    (
        Scheme::Composer,
        &[
            ("1.0.0-dev", "<", "1.0.0-alpha"),
            ("1.0.0-alpha", "<", "1.0.0-beta"),
            ("1.0.0-beta2", "<", "1.0.0-beta10"),
            ("1.0.0-rc1", "<", "1.0.0"),
            ("1.0.0", "<", "1.0.0-p1"),
            ("1.0.0-a1", "<", "1.0.0-b1"),
            ("v1.9.9", "<", "1.10.0"),
            ("2.0.0-RC1", "<", "2.0.0"),
            ("20100102", "<", "20100203"),
            ("1.2.3.3", "<", "1.2.3.4"),
        ],
    ),
    (
        Scheme::Nuget,
        &[
            ("1.0.0-BETA", "<", "1.0.0-beta2"),
            ("1.0.0-alpha.9", "<", "1.0.0-alpha.10"),
            ("1.0.0-rc", "<", "1.0.0"),
            ("1.0.0.0", "<", "1.0.0.1"),
            ("1.0.0-a", "<", "1.0.0-B"),
            ("1.9", "<", "1.10"),
            ("2.0.0-preview.1", "<", "2.0.0"),
            ("4.3.0", "<", "4.3.1-beta"),
            ("1.0.0-1", "<", "1.0.0-A"),
            ("6.8.0.11012235604", "<", "6.9.0"),
        ],
    ),
    (
        Scheme::Pub,
        &[
            ("1.0.0-pre+1", "<", "1.0.0"),
            ("1.0.0", "<", "1.0.0+1"),
            ("1.0.0+1", "<", "1.0.0+2"),
            ("1.0.0+2", "<", "1.0.0+10"),
            ("1.0.0+9", "<", "1.0.0+a"),
            ("1.0.0+a", "<", "1.0.0+a.1"),
            ("1.0.0-1", "<", "1.0.0-a"),
            ("1.0.0-pre", "<", "1.0.0-pre+1"),
            ("2.0.0-dev.1", "<", "2.0.0"),
            ("1.9.0", "<", "1.10.0"),
        ],
    ),
    (
        Scheme::Cran,
        &[
            ("0.9", "<", "0.75"),
            ("1.0-0", "<", "1.1-0"),
            ("0.1.4", "<", "0.1.18"),
            ("1.2.3", "<", "1.2-4"),
            ("1.0", "<", "1.0.0"),
            ("1.9", "<", "1.10"),
            ("0.99-9", "<", "0.100-1"),
            ("2.0", "<", "2.0-1"),
            ("1.6.0", "<", "1.6-1"),
            ("3.1-152", "<", "3.1-153"),
        ],
    ),
    (
        Scheme::Bitnami,
        &[
            ("1.2.3", "<", "1.2.3-1"),
            ("1.2.3-1", "<", "1.2.3-2"),
            ("1.2.3-9", "<", "1.2.3-10"),
            ("1.2.3-10", "<", "1.2.4"),
            ("1.9.0", "<", "1.10.0-0"),
            ("3.2.4-8", "<", "3.2.4-9"),
            ("8.0.30-2", "<", "8.0.31"),
            ("1.0", "<", "1.0.0-1"),
            ("12.8.1", "<", "12.8.2"),
            ("1.2.0", "<", "1.2.0-1+metadata"),
        ],
    ),
    (
        Scheme::Go,
        &[
            ("v1.2.3", "<", "v1.2.4"),
            (
                "v0.0.0-20220101000000-aaaaaaaaaaaa",
                "<",
                "v0.0.0-20230101000000-bbbbbbbbbbbb",
            ),
            ("v1.2.4-0.20220101000000-aaaaaaaaaaaa", "<", "v1.2.4"),
            ("v1.2.3", "<", "v1.2.4-0.20220101000000-aaaaaaaaaaaa"),
            ("go1.21rc1", "<", "go1.21.0"),
            ("go1.20.14", "<", "go1.21rc2"),
            ("v1.0.0-rc.1.0.20220101000000-aaaaaaaaaaaa", "<", "v1.0.0"),
            ("v2.8.1+incompatible", "<", "v2.8.2+incompatible"),
            ("go1.9.7", "<", "go1.10"),
            (
                "v17.12.0-ce-rc1.0.20200309214505-aa6a9891b09c+incompatible",
                "<",
                "v17.12.0+incompatible",
            ),
        ],
    ),
    (
        Scheme::Jvm,
        &[
            ("1.7.0_80", "<", "1.8.0"),
            ("1.8.0_131", "<", "1.8.0_132"),
            ("1.8.0_131", "<", "9.0.0"),
            ("8.0.4", "<", "8.0.5"),
            ("1.8.0_131", "=", "8.0.131"),
            ("1.8.0_131-b11", "=", "1.8.0_131"),
            ("1.8.0_131-ea", "<", "1.8.0_131"),
            ("11.0.4", "<", "11.0.5"),
            ("9.0.0", "<", "9.1.0"),
            ("1.8.0_80", "<", "1.8.0_131"),
        ],
    ),
    (
        Scheme::Hackage,
        &[
            ("0.11.3.0", "<", "1.0"),
            ("1.0", "<", "1.0.0"),
            ("1.0.0.0", "<", "1.0.1.0"),
            ("0.1.26.0", "<", "0.1.27"),
            ("1.9", "<", "1.10"),
            ("0.9", "<", "0.9.0.1"),
            ("2.0", "<", "2.0.0.1"),
            ("1.2.3", "<", "1.2.3.0"),
            ("0", "<", "0.0"),
            ("1.4.7.8", "<", "1.4.10"),
        ],
    ),
];

#[test]
fn orders_as_the_tools_of_each_ecosystem_do() {
    for (scheme, pairs) in PAIRS {
        for (a, operator, b) in *pairs {
            let expected = if *operator == "<" {
                Ordering::Less
            } else {
                Ordering::Equal
            };
            let name = scheme.as_str();
            assert_eq!(
                scheme.compare(a, b),
                Some(expected),
                "{name}: {a} {operator} {b}"
            );
            assert_eq!(
                scheme.compare(b, a),
                Some(expected.reverse()),
                "{name}: {b}, {a}"
            );
        }
    }
}

#[test]
fn every_scheme_has_a_name_of_its_own() {
    for scheme in Scheme::ALL {
        assert_eq!(Scheme::from_name(scheme.as_str()), Some(*scheme));
    }
}

#[test]
fn branches_and_nonsense_are_no_versions() {
    assert!(Scheme::Composer.parse("dev-main").is_none());
    assert!(Scheme::Composer.parse("1.x-dev").is_some());
    assert!(Scheme::Hex.parse("1.0").is_none());
    assert!(Scheme::Apk.parse("1.0_nonsense1").is_none());
    for scheme in Scheme::ALL {
        assert!(scheme.parse("").is_none());
        assert!(scheme.parse(&"1".repeat(5000)).is_none());
    }
}

#[test]
fn tools_also_order_what_is_no_version() {
    for (scheme, a, expected, b) in [
        (Scheme::Apk, "1.2", Ordering::Greater, "1.2_blah"),
        (Scheme::Apk, "invalid", Ordering::Greater, "1.4.0-r0"),
        (Scheme::Gem, "", Ordering::Equal, "0"),
        (Scheme::Pep440, "0.9-ivysaur", Ordering::Less, "1.0"),
        (Scheme::Pep440, "0", Ordering::Less, "0.dev0"),
        (Scheme::Pep440, "0", Ordering::Equal, "0.0"),
        (Scheme::Composer, "dev-foo", Ordering::Less, "1.26.0"),
        (Scheme::Composer, "3.1.0", Ordering::Less, "3.1.0.post1"),
        (Scheme::Nuget, "1.4.0rc3", Ordering::Greater, "3.0.0.4001"),
        (Scheme::Rpm, "~1", Ordering::Less, ""),
    ] {
        assert_eq!(scheme.compare(a, b), Some(expected), "{a}, {b}");
        assert_eq!(scheme.compare(b, a), Some(expected.reverse()), "{b}, {a}");
    }
}

#[test]
fn matching_takes_one_side_where_tools_disagree() {
    for (scheme, a, expected, b) in [
        (Scheme::Gem, "1.0.0.beta.1", Ordering::Equal, "1.0.0-beta.1"),
        (Scheme::Maven, "12.10.2", Ordering::Equal, "12.10.2.jre11"),
        (Scheme::Maven, "1-1", Ordering::Greater, "1-ga-1"),
        (Scheme::Apk, "1.2.3", Ordering::Equal, "1.2.3-r0"),
        (Scheme::Apk, "1.0", Ordering::Greater, "1.00"),
        (Scheme::Rpm, "1.0", Ordering::Less, "1.0.0"),
        (Scheme::Composer, "20100102", Ordering::Less, "20100102.0"),
        (Scheme::Fuzzy, "1.1", Ordering::Less, "1.1a"),
        (Scheme::Fuzzy, "1.1-a", Ordering::Less, "1.1"),
    ] {
        let (x, y) = (scheme.parse_unflavoured(a), scheme.parse_unflavoured(b));
        assert_eq!(x.unwrap().cmp(&y.unwrap()), expected, "{a}, {b}");
    }
}

/// Time for every reading and comparison of texts that lead into depth.
#[test]
fn long_and_deep_texts_are_read_in_good_time() {
    let started = std::time::Instant::now();
    for piece in [
        "1-", "a1", "1.a-", "0.", "9", "-", "~", "^", "_p1", ".0-", "a.", "!=1,",
    ] {
        let text = format!("1{}", piece.repeat(4000 / piece.len()));
        let other = format!("{text}2");
        for scheme in Scheme::ALL {
            let _ = scheme.compare(&text, &other);
            let _ = scheme.satisfies(&text, &other);
            let _ = scheme.windows(&other);
        }
    }
    assert!(started.elapsed().as_secs() < 20);
}

/// Texts that look like versions often enough to reach every branch.
fn version() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "10",
        "01",
        "99999999999999999999",
        ".",
        "-",
        "_",
        "~",
        "^",
        "+",
        ":",
        "a",
        "rc",
        "alpha",
        "beta",
        "pre",
        "dev",
        "post",
        "p",
        "r1",
        "x",
        "sp",
        "SNAPSHOT",
        "git",
        "!",
        "v",
        "el8",
        "-r0",
        "jre8",
        "é",
        " ",
    ]);
    prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

/// What versions of each scheme are made of: beginnings, then the rest.
const REALISTIC: &[(Scheme, &str, &str)] = &[
    (
        Scheme::Deb,
        "1 0:1 1:0 1.0",
        "0 1 10 01 . ~ - a + rc +deb12u1",
    ),
    (Scheme::Rpm, "1 0:1 1:0 a:1", "0 1 10 01 . ~ ^ - a el8 _ +"),
    (
        Scheme::Apk,
        "1 0 1.0",
        ".0 .1 .01 .001 a _rc1 _p _p1 ~ab -r0 -r1",
    ),
    (Scheme::Pacman, "1 1:0 1.0", "0 1 10 .1 - a rc _1 +1"),
    (
        Scheme::Portage,
        "1 0 1.0",
        ".0 .1 .01 .10 a _rc _p1 _pre2 -r0 -r1",
    ),
    (
        Scheme::Semver,
        "1.0.0 v1 1.0",
        ".1 -a -1 -a.1 .x rc .10 .beta +b",
    ),
    (
        Scheme::Pep440,
        "1 0 1!0 v1.0",
        ".0 .1 a1 rc1 .post1 .dev1 -1 +l +1.a",
    ),
    (
        Scheme::Maven,
        "1 1.0 0",
        "0 1 . - a alpha rc ga sp final x jre8",
    ),
    (Scheme::Gem, "1 1.0 0", ".0 .1 .a b -1 -rc .pre .10"),
    (
        Scheme::Composer,
        "1 1.0 20100102 2010-01",
        ".0 .1 -RC1 -dev -p1 a1 -02",
    ),
    (Scheme::Nuget, "1 1.0.0", ".0 .1 -a -A.1 -1 +b"),
    (Scheme::Pub, "1 1.0.0", ".0 .1 -a -1 +b +1"),
    (Scheme::Cran, "1 1.0", ".0 .1 -1 .10"),
    (Scheme::Hackage, "1 1.0", ".0 .1 .10"),
    (Scheme::Hex, "1.0.0 1.0.1", "-a -1 .1 +b"),
    (Scheme::Bitnami, "1 1.0.0", ".0 .1 -a -1 -0 +b"),
    (
        Scheme::Go,
        "v1.0.0 go1 go1.21 1",
        ".0 .1 -a rc1 beta2 +b -0.2022",
    ),
    (Scheme::Jvm, "1.8.0 8 1", "_1 .1 -ea -b1 +b -update1"),
    (
        Scheme::Fuzzy,
        "1 v1 a 1.0",
        ".0 .1 -a a -1 _1 rc -rc.1 +b post x",
    ),
];

fn realistic() -> impl Strategy<Value = (Scheme, [String; 3])> {
    prop::sample::select(REALISTIC).prop_flat_map(|(scheme, beginnings, pieces)| {
        let beginnings: Vec<_> = beginnings.split(' ').collect();
        let pieces: Vec<_> = pieces.split(' ').collect();
        let version = (
            prop::sample::select(beginnings),
            prop::collection::vec(prop::sample::select(pieces), 0..5),
        );
        let version =
            version.prop_map(|(beginning, pieces)| format!("{beginning}{}", pieces.concat()));
        (Just(scheme), prop::array::uniform3(version))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_order_is_total((a, b, c) in (version(), version(), version())) {
        for scheme in Scheme::ALL {
            let (Some(a), Some(b), Some(c)) = (scheme.parse(&a), scheme.parse(&b), scheme.parse(&c)) else {
                continue;
            };
            prop_assert_eq!(a.cmp(&a), Ordering::Equal);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse(), "{:?} {:?}", &a, &b);
            if a <= b && b <= c {
                prop_assert!(a <= c, "{:?} {:?} {:?}", &a, &b, &c);
            }
        }
    }

    #[test]
    fn every_order_is_total_among_realistic_versions((scheme, texts) in realistic()) {
        let [a, b, c] = texts.each_ref().map(|text| scheme.parse(text));
        let (Some(a), Some(b), Some(c)) = (a, b, c) else {
            return Ok(());
        };
        prop_assert_eq!(a.cmp(&a), Ordering::Equal);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse(), "{:?}", &texts);
        if a <= b && b <= c {
            prop_assert!(a <= c, "{:?}", &texts);
            prop_assert!(a != c || (a == b && b == c), "{:?}", &texts);
        }
    }

    #[test]
    fn no_text_is_too_odd(text in ".{0,40}") {
        for scheme in Scheme::ALL {
            let _ = scheme.satisfies(&text, &text);
            let _ = scheme.compare(&text, "1");
            let _ = scheme.windows(&text);
            let _ = satisfies_npm(&text, &text);
        }
    }
}
