//! `plimsoll policy`: does my policy do what I think?

mod explain;
mod gates;
mod import;
mod init;
mod lint;
mod schema;
mod test;
mod what_if;

use crate::Failure;
use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a policy to start from
    Init(init::Arguments),
    /// Everything that is wrong with a policy, and what in it has no effect
    Lint(lint::Arguments),
    /// Judge made-up or real images and compare with what is expected
    Test(test::Arguments),
    /// Which mapping judges an image and why, and what each rule found
    Explain(explain::Arguments),
    /// Which recorded images another policy would judge otherwise
    WhatIf(what_if::Arguments),
    /// Rewrite the policy or ignore file of another tool, and say what means something else here
    Import(import::Arguments),
    /// What rules can be about: gates, triggers and parameters
    Gates(gates::Arguments),
    /// The form of policies as JSON Schema
    Schema,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.verb {
        Verb::Init(arguments) => init::run(arguments),
        Verb::Lint(arguments) => lint::run(arguments),
        Verb::Test(arguments) => test::run(arguments),
        Verb::Explain(arguments) => explain::run(arguments),
        Verb::WhatIf(arguments) => what_if::run(arguments),
        Verb::Import(arguments) => import::run(arguments),
        Verb::Gates(arguments) => gates::run(arguments),
        Verb::Schema => schema::run(),
    }
}
