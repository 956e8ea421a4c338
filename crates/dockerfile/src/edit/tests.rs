use super::{Left, Pin, Step};
use crate::Dockerfile;

fn exactly(one: &str, other: &str) -> bool {
    one == other
}

fn pip() -> Pin<'static> {
    Pin {
        name: "Jinja2",
        separator: "==",
        installed: "2.10",
        target: "2.11.3",
        installers: &[("pip", "install")],
        same: str::eq_ignore_ascii_case,
        in_step: false,
    }
}

fn apt(name: &'static str) -> Pin<'static> {
    Pin {
        name,
        separator: "=",
        installed: "1",
        target: "2",
        installers: &[("apt-get", "install")],
        same: exactly,
        in_step: true,
    }
}

fn patched(text: &str, pins: &[Pin<'_>]) -> (String, Vec<(usize, Left)>) {
    patch(text, pins, &|_| true, true)
}

fn patch(
    text: &str,
    pins: &[Pin<'_>],
    inherited: &dyn Fn(usize) -> bool,
    as_root: bool,
) -> (String, Vec<(usize, Left)>) {
    let step = Step {
        command: &|pins| Some(format!("upgrade {pins:?}")),
        manager: "apt-get",
        inherited,
        as_root,
    };
    let patch = Dockerfile::parse(text).patch(pins, &step, None);
    (patch.text(), patch.left.into_iter().collect())
}

#[test]
fn a_pinned_version_is_the_only_thing_that_changes() {
    let text = "FROM python:3 AS b\nRUN pip install  'jinja2==2.10' x \\\n    # jinja2==2.10\n    jinja2==2.10 ;\nFROM scratch\n";
    let (new, left) = patched(text, &[pip()]);
    assert_eq!(
        new,
        "FROM python:3 AS b\nRUN pip install  'jinja2==2.11.3' x \\\n    # jinja2==2.10\n    jinja2==2.11.3 ;\nFROM scratch\n"
    );
    assert!(left.is_empty());
}

#[test]
fn a_bare_name_is_pinned_where_the_image_installs_it() {
    let text = "FROM a AS build\nRUN pip install jinja2\nFROM b\nRUN python -m x && pip install -U jinja2 && rm jinja2\n";
    let (new, _) = patched(text, &[pip()]);
    assert_eq!(
        new,
        "FROM a AS build\nRUN pip install jinja2\nFROM b\nRUN python -m x && pip install -U jinja2==2.11.3 && rm jinja2\n"
    );
}

#[test]
fn what_is_not_understood_stays_and_is_named() {
    for line in [
        "RUN pip install jinja2==$V",
        "RUN pip install jinja2==2.9",
        "RUN pip install -r requirements.txt",
        "RUN [\"pip\", \"install\", \"jinja2==2.10\"]",
        "RUN <<EOF\npip install jinja2==2.10\nEOF",
        "# RUN pip install jinja2==2.10",
        "ENV X=jinja2==2.10",
    ] {
        let text = format!("FROM a\n{line}\n");
        assert_eq!(
            patched(&text, &[pip()]),
            (text, vec![(0, Left::NotNamed)]),
            "{line}"
        );
    }
}

#[test]
fn inherited_packages_are_upgraded_right_after_their_image() {
    let text = "FROM debian:12 AS base\nARG X\nFROM base\nRUN apt-get install -y curl\nUSER app\n";
    let (new, left) = patched(text, &[apt("openssl"), apt("curl")]);
    assert_eq!(
        new,
        "FROM debian:12 AS base\nRUN upgrade [0]\nARG X\nFROM base\nRUN apt-get install -y curl=2\nUSER app\n"
    );
    assert!(left.is_empty());
}

#[test]
fn packages_of_own_layers_are_upgraded_after_the_last_install() {
    let text = "FROM debian:12\nRUN apt-get install -y a \\\n  b\nRUN <<EOF\nx\nEOF\nUSER app\n";
    let (new, _) = patch(text, &[apt("libc")], &|_| false, true);
    assert!(new.contains("  b\nRUN upgrade [0]\nRUN <<EOF\n"), "{new}");
}

#[test]
fn a_step_that_would_not_run_as_root_is_not_written() {
    let own = |_: usize| false;
    let text = "FROM debian:12\nUSER app\nRUN apt-get install -y a\n";
    let (new, left) = patch(text, &[apt("libc")], &own, true);
    assert_eq!((&*new, &left[..]), (text, &[(0, Left::NotRoot)][..]));
    let text = "FROM hardened:1\nCOPY a /\n";
    let (_, left) = patch(text, &[apt("libc")], &own, false);
    assert_eq!(left, [(0, Left::NotRoot)]);
    let text = "FROM debian:12\nUSER root\nRUN apt-get install -y a\nUSER app\n";
    let (new, _) = patch(text, &[apt("libc")], &own, false);
    assert!(new.contains("-y a\nRUN upgrade [0]\nUSER app"), "{new}");
}

#[test]
fn nothing_is_upgraded_on_scratch() {
    let text = "FROM scratch\nCOPY a /\n";
    assert_eq!(
        patched(text, &[apt("a")]),
        (text.to_owned(), vec![(0, Left::Scratch)])
    );
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    let (new, _) = patched("FROM a\r\nUSER x\r\n", &[apt("a")]);
    assert_eq!(new, "FROM a\r\nRUN upgrade [0]\r\nUSER x\r\n");
    let step = Step {
        command: &|_| Some("upgrade".to_owned()),
        manager: "apt-get",
        inherited: &|_| true,
        as_root: true,
    };
    let patch = Dockerfile::parse("FROM a").patch(&[apt("a")], &step, None);
    assert_eq!(
        patch.diff("Dockerfile"),
        "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,1 +1,2 @@\n-FROM a\n\\ No newline at end of file\n+FROM a\n+RUN upgrade\n"
    );
}

#[test]
fn another_base_image_is_one_word() {
    let step = Step {
        command: &|_| None,
        manager: "apt-get",
        inherited: &|_| true,
        as_root: true,
    };
    let base = Some("debian:12.11-slim");
    let text = "FROM --platform=linux/amd64   debian:12.9-slim  AS base # x\nFROM base\n";
    let patch = Dockerfile::parse(text).patch(&[], &step, base);
    assert_eq!(
        patch.text(),
        "FROM --platform=linux/amd64   debian:12.11-slim  AS base # x\nFROM base\n"
    );
    let text = "ARG BASE=debian\nFROM $BASE\n";
    assert_eq!(
        Dockerfile::parse(text).patch(&[], &step, base).diff("x"),
        ""
    );
}

#[test]
fn a_diff_has_the_lines_around_each_change() {
    let text: String = (1..=20).map(|n| format!("# {n}\n")).collect();
    let text = format!("FROM a\n{text}RUN pip install jinja2==2.10\n# end\n");
    let step = Step {
        command: &|_| Some("upgrade".to_owned()),
        manager: "apt-get",
        inherited: &|_| true,
        as_root: true,
    };
    let patch = Dockerfile::parse(&text).patch(&[pip(), apt("a")], &step, None);
    assert_eq!(
        patch.diff("D"),
        "--- a/D\n+++ b/D\n@@ -1,4 +1,5 @@\n FROM a\n+RUN upgrade\n # 1\n # 2\n # 3\n@@ -19,5 +20,5 @@\n # 18\n # 19\n # 20\n-RUN pip install jinja2==2.10\n+RUN pip install jinja2==2.11.3\n # end\n"
    );
    let text = "ARG A\nARG B\nARG C\nFROM a\n# 1\n# 2\n# 3\n# 4\n";
    let patch = Dockerfile::parse(text).patch(&[apt("a")], &step, None);
    assert_eq!(
        patch.diff("D"),
        "--- a/D\n+++ b/D\n@@ -2,6 +2,7 @@\n ARG B\n ARG C\n FROM a\n+RUN upgrade\n # 1\n # 2\n # 3\n"
    );
    let none = Dockerfile::parse(text).patch(&[], &step, None);
    assert_eq!(none.diff("D"), "");
}
