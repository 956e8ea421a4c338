//! One line per package.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;

use fixture::Case;

#[test]
fn packages_of_the_image() {
    insta::assert_snapshot!(fixture::pass().render("table"));
}

#[test]
fn removed_packages_are_marked() {
    let case = Case {
        all_layers: true,
        ..fixture::pass()
    };
    insta::assert_snapshot!(case.render("table"));
}
