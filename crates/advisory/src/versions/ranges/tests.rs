use crate::versions::{Bound, Interval, Scheme, satisfies_npm};

type Case = (&'static str, &'static str, bool);

fn check(scheme: Scheme, cases: &[Case]) {
    for (version, range, expected) in cases {
        let name = scheme.as_str();
        let found = scheme.satisfies(version, range);
        assert_eq!(found, Some(*expected), "{name}: {version} in {range}");
    }
}

#[test]
fn comparisons_join_into_ranges() {
    let range = "> 0.1.0, < 0.5.0 || >= 1.0.0, < 2.0.0";
    for scheme in [Scheme::Deb, Scheme::Apk, Scheme::Semver, Scheme::Fuzzy] {
        let cases = [
            ("0.0.1", range, false),
            ("0.2.0", range, true),
            ("1.0.0", range, true),
            ("2.0.0", range, false),
            ("2.0.0", "", true),
        ];
        check(scheme, &cases);
        assert_eq!(scheme.satisfies("1.0.0", ">< 1"), None);
    }
}

#[test]
fn npm_leaves_out_prereleases_that_a_range_does_not_name() {
    for (version, range, expected) in [
        ("1.2.9", "~1.2.3", true),
        ("1.3.0", "~1.2.3", false),
        ("0.2.9", "^0.2.3", true),
        ("0.3.0", "^0.2.3", false),
        ("1.9.9", "1 - 2", true),
        ("2.9.9", "1 - 2", true),
        ("1.5.0", "1.x || >=2.5.0", true),
        ("2.0.0-beta.1", "<2.0.0", false),
        ("1.2.3-beta.2", ">1.2.3-beta.1", true),
        ("1.2.4-beta.2", ">1.2.3-beta.1", false),
    ] {
        let found = satisfies_npm(version, range);
        assert_eq!(found, Some(expected), "{version} in {range}");
    }
    assert_eq!(satisfies_npm("1.2.3", "!1.0.0"), None);
    assert_eq!(satisfies_npm("1.2", "*"), None);
}

#[test]
fn missing_numbers_are_wild_unless_the_range_is_an_advisorys() {
    check(
        Scheme::Semver,
        &[
            ("1.1.5", ">1.1", false),
            ("1.1.5", "> 1.1", true),
            ("1.1.5", "=1.1", true),
            ("1.1.5", "<=1.1", true),
            ("4.1.1", "!=4.1", false),
            ("2.*", "2.1.1", true),
            ("1.2.1-alpha.1", "^1.2.0", false),
            ("1.0.0-rc.1", "< 1.0.0", true),
        ],
    );
}

#[test]
fn a_bitnami_revision_counts_where_the_bound_has_one() {
    check(
        Scheme::Bitnami,
        &[
            ("2.3.1-1", "= 2.3.1", true),
            ("2.3.1-1", ">2.3.1", false),
            ("1.2.3-2", ">1.2.3-1", true),
            ("1.2.1-1", "^1.2.0-0", true),
            ("0.0.0-1", ">=0.0.0-2", false),
        ],
    );
}

#[test]
fn composer_bounds_begin_at_their_development_state() {
    check(
        Scheme::Composer,
        &[
            ("1.2.3-beta", "^1.2.3", true),
            ("2.0.0-alpha", "^1.2.3", false),
            ("1.0.0beta", "<1", false),
            ("1.4.7", "~1.0", true),
            ("1.2.9", "1.2.*", true),
            ("2.1.0", "1.2.x || 2.x", true),
            ("2.0.9", "1.0 - 2.0", true),
            ("dev-main", "dev-main", true),
        ],
    );
}

#[test]
fn hex_requirements_are_joined_by_words() {
    check(
        Scheme::Hex,
        &[
            ("3.6.0", "~> 3.5", true),
            ("4.0.0", "~> 3.5", false),
            ("0.3.0-dev", "~> 0.2.0", false),
            ("0.9.3", "> 0.9.0 and < 0.10.0", true),
            ("0.9.6", "0.9.1 or 0.9.3", false),
        ],
    );
}

#[test]
fn python_specifiers_leave_out_what_belongs_to_the_bound() {
    check(
        Scheme::Pep440,
        &[
            ("2.0a1", "<2", false),
            ("2.0.post1", ">2", false),
            ("2.0+cu118", "==2.0", true),
            ("2.0", "==2.0+cu118", false),
            ("1.4.9", "~=1.4.2", true),
            ("1.5", "~=1.4.2", false),
            ("2.1rc1", "==2.1.*", true),
            ("1.3.4", ">= 1.0, != 1.3.4.*, < 2.0", false),
        ],
    );
    assert_eq!(Scheme::Pep440.satisfies("1.0", "~=1"), None);
}

#[test]
fn a_gem_requirement_ends_before_the_prereleases_of_the_next_release() {
    check(
        Scheme::Gem,
        &[
            ("1.5", "~> 1.4", true),
            ("1.5", "~> 1.4.4", false),
            ("2.0.a", "~> 1.0", false),
            ("5.0.0.rc2", "~> 5.a", true),
            ("1.2.0-x86_64-linux", "= 1.2.0", true),
            ("1.6", ">= 1.4 <= 1.6 != 1.5", true),
        ],
    );
}

#[test]
fn dart_and_nuget_name_bounds_in_their_own_way() {
    let dart = [("1.9.0", "^1.2.0", true), ("2.0.0", "^1.2.0", false)];
    check(Scheme::Pub, &dart);
    let nuget = [("1.9", "[1.2,2.0)", true), ("2.0", "[1.2,2.0)", false)];
    check(Scheme::Nuget, &nuget);
}

#[test]
fn a_bare_maven_version_only_recommends() {
    check(
        Scheme::Maven,
        &[
            ("2.0", "1.0", true),
            ("2.0.16", "(,1.0],[2.0,2.1)", true),
            ("2.1", "(,1.0],[2.0,2.1)", false),
            ("1.0.0", "[1.0]", true),
            ("1.0-SNAPSHOT", "< 1.0", true),
        ],
    );
    assert_eq!(Scheme::Maven.satisfies("1.0", "[1.0"), None);
}

#[test]
fn an_rpm_epoch_or_release_counts_where_both_sides_have_one() {
    check(
        Scheme::Rpm,
        &[
            ("3:4.19.0-1.el7", "< 4.21.0-1.el7", true),
            ("3:4.19.0-1.el7", "< 0:4.21.0-1.el7", false),
            ("4.19.0-1.el7", "= 4.19.0", true),
            ("4.19.0-2.el7", "> 4.19.0-1.el7", true),
        ],
    );
}

/// `>= a, < b` and the like, for reading.
fn shown(scheme: Scheme, range: &str) -> Option<String> {
    let bound = |bound: &Bound, sign: char| {
        let equal = if bound.inclusive { "=" } else { "" };
        format!("{sign}{equal}{}", bound.version)
    };
    let shown = |interval: &Interval| {
        let from = interval.from.as_ref().map(|from| bound(from, '>'));
        let to = interval.to.as_ref().map(|to| bound(to, '<'));
        let bounds: Vec<_> = from.into_iter().chain(to).collect();
        bounds.join(" ")
    };
    let windows = scheme.windows(range)?;
    Some(windows.iter().map(shown).collect::<Vec<_>>().join(" | "))
}

#[test]
fn windows_are_the_bounds_that_an_advisory_writes() {
    for (scheme, range, expected) in [
        (Scheme::Semver, ">= 1.0, < 2", ">=1.0 <2"),
        (Scheme::Semver, "< 1.2", "<1.2"),
        (Scheme::Semver, "= 4.0.1", ">=4.0.1 <=4.0.1"),
        (Scheme::Semver, ">= 0, <= 1.2", "<=1.2"),
        (Scheme::Gem, "~> 1.2.3, >= 1.2.5", ">=1.2.5 <1.3.0"),
        (Scheme::Gem, "~> 1.2.3 || >= 4", ">=1.2.3 <1.3.0 | >=4"),
        (Scheme::Semver, "^0.2.3", ">=0.2.3 <0.3.0"),
        (Scheme::Semver, "~1.9", ">=1.9 <1.10"),
        (Scheme::Composer, "~1.9", ">=1.9 <2.0"),
        (Scheme::Pep440, "~=2!1.4.2", ">=2!1.4.2 <2!1.5.0"),
        (Scheme::Semver, "1.9.*", ">=1.9 <1.10"),
        (Scheme::Semver, ">1, !=1.5, <2", ">1 <1.5 | >1.5 <2"),
        (Scheme::Semver, ">= 2, < 1", ""),
        (Scheme::Maven, "[1.0,2.0),[3,)", ">=1.0 <2.0 | >=3"),
    ] {
        let found = shown(scheme, range);
        assert_eq!(found.as_deref(), Some(expected), "{range}");
    }
    for unreadable in ["", "up to 1.2", ">< 1", "< 1.2 or so", "[1.0"] {
        assert_eq!(Scheme::Semver.windows(unreadable), None, "{unreadable}");
    }
}

#[test]
fn windows_keep_the_prereleases_that_package_managers_leave_out() {
    for (scheme, range, version) in [
        (Scheme::Semver, "<2.0.0", "2.0.0-beta.1"),
        (Scheme::Pep440, "<2", "2.0a1"),
        (Scheme::Pep440, ">1.1.1-pre1,<1.1.1", "1.1.1-pre2"),
        (Scheme::Deb, ">= 0", "0:0~0-0"),
    ] {
        let windows = scheme.windows(range).unwrap();
        let inside = windows
            .iter()
            .any(|w| w.contains(scheme, version) == Some(true));
        assert!(inside, "{version} in {range}");
    }
}
