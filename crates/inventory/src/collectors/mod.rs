//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::Collector;

mod apk;
mod deb822;
mod dpkg;
mod go;
mod go_mod;
mod java;
mod npm;
pub(crate) mod os_release;
mod python;
pub(crate) mod rpm;
mod users;
mod zip;

/// Every collector, in the order in which they are asked.
pub static ALL: &[&dyn Collector] = &[
    &os_release::OsRelease,
    &dpkg::Dpkg,
    &apk::Apk,
    &rpm::Rpm,
    &python::Python,
    &npm::Npm,
    &go::Go,
    &go_mod::GoMod,
    &java::Java,
    &users::Users,
];
