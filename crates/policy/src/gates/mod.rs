//! The gates: one file and one row in [`ALL`] each.
//!
//! A trigger is a struct of typed parameters, declared with [`parameters!`];
//! its fields and their documentation are what policies may write and what
//! `docs/policy.md` prints.

mod accounts;
mod advisory_data;
mod always;
mod base;
mod coverage;
mod distribution;
mod drift;
mod expression;
mod files;
mod healthcheck;
mod image;
mod instruction;
mod instructions;
mod licenses;
mod package;
mod packages;
mod ports;
mod reference;
mod user;
mod values;
mod vulnerabilities;

pub(crate) use advisory_data::{Missing as DataMissing, Stale as DataStale};
pub(crate) use coverage::Gaps;
pub(crate) use package::is_named;
pub use reference::reference;
pub(crate) use vulnerabilities::{NAME as VULNERABILITIES, OfPackage};

use crate::Subject;
use crate::document::{Fields, Problems};
use crate::verdict::Evidence;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Every gate.
pub(crate) const ALL: &[&dyn Gate] = &[
    &accounts::Accounts,
    &advisory_data::AdvisoryData,
    &always::Always,
    &base::Base,
    &coverage::Coverage,
    &distribution::Distribution,
    &drift::Drift,
    &expression::Expressions,
    &files::Files,
    &healthcheck::Healthcheck,
    &image::Image,
    &instructions::Instructions,
    &licenses::Licenses,
    &packages::Packages,
    &ports::Ports,
    &user::User,
    &vulnerabilities::Vulnerabilities,
];

/// The gates of this build: name and what it judges, in one line.
pub fn gates() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().map(|gate| (gate.name(), gate.about()))
}

/// A kind of fact that can be judged.
pub(crate) trait Gate: Sync {
    /// The name policies use.
    fn name(&self) -> &'static str;
    /// One line for people.
    fn about(&self) -> &'static str;
    /// What can fire.
    fn triggers(&self) -> &'static [TriggerKind];
}

/// A trigger with its parameters, ready to judge.
pub(crate) trait Trigger:
    Parameters + Serialize + fmt::Debug + Send + Sync + 'static
{
    /// The name policies use.
    const NAME: &'static str;
    /// When it fires, in one line.
    const ABOUT: &'static str;

    /// Why the parameters make no rule, though each of them was read.
    fn problem(&self) -> Option<&'static str> {
        None
    }

    /// Reports everything in `subject` that it fires on.
    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>);
}

/// What a trigger found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fire {
    pub(crate) evidence: Evidence,
    /// What it is about, without anything that changes with a rebuild; makes
    /// the fingerprint, except for findings, which have their own.
    pub(crate) about: String,
    /// What is wrong, with the values that decided.
    pub(crate) message: String,
    /// What to do.
    pub(crate) advice: Option<String>,
}

/// A trigger whose type is forgotten.
pub(crate) trait Check: fmt::Debug + Send + Sync {
    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>);
    /// The parameters, for the digest of the policy.
    fn parameters(&self) -> serde_json::Value;
}

impl<T: Trigger> Check for T {
    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        Trigger::fire(self, subject, fires);
    }

    fn parameters(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Row of a gate's table of triggers.
pub(crate) struct TriggerKind {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) parameters: fn() -> Vec<Parameter>,
    pub(crate) read: fn(&mut Fields<'_>, &mut Problems) -> Option<Arc<dyn Check>>,
}

impl TriggerKind {
    pub(crate) const fn of<T: Trigger>() -> Self {
        Self {
            name: T::NAME,
            about: T::ABOUT,
            parameters: T::parameters,
            read: |fields, problems| {
                let check = T::read(fields, problems)?;
                if let Some(problem) = check.problem() {
                    problems.add(fields.place(), format!("{} {problem}", fields.what()));
                    return None;
                }
                Some(Arc::new(check) as Arc<dyn Check>)
            },
        }
    }
}

/// A parameter, for documentation.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: String,
    pub(crate) expected: String,
    pub(crate) schema: serde_json::Value,
    pub(crate) required: bool,
}

/// Typed parameters of a trigger.
pub(crate) trait Parameters: Sized {
    fn parameters() -> Vec<Parameter>;
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self>;
}

/// Declares the parameters of a trigger as a struct. A field of type `Option`
/// may be left out.
macro_rules! parameters {
    ($trigger:ident { $( $(#[doc = $about:literal])+ $field:ident: $kind:ty, )* }) => {
        #[derive(Clone, Debug, serde::Serialize)]
        pub(crate) struct $trigger { $( $(#[doc = $about])+ pub(crate) $field: $kind, )* }

        impl $crate::gates::Parameters for $trigger {
            fn parameters() -> Vec<$crate::gates::Parameter> {
                vec![$( $crate::gates::Parameter {
                    name: stringify!($field),
                    about: concat!($($about),+).trim().to_owned(),
                    expected: <$kind as $crate::document::Field>::expected(),
                    schema: <$kind as $crate::document::Field>::schema(),
                    required: <$kind as $crate::document::Field>::REQUIRED,
                } ),*]
            }

            fn read(
                fields: &mut $crate::document::Fields<'_>,
                problems: &mut $crate::document::Problems,
            ) -> Option<Self> {
                // All are read before any is missed, so that all problems show.
                $( let $field = fields.take::<$kind>(stringify!($field), problems); )*
                let _ = (fields, problems);
                Some(Self { $( $field: $field?, )* })
            }
        }
    };
}
pub(crate) use parameters;

#[cfg(test)]
mod tests;
