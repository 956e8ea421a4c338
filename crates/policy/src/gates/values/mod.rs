//! Kinds of values that only gates read.

mod bytes;
mod hash;
mod ids;
mod mode;
mod regex;
mod releases;
mod versions;

pub(crate) use bytes::Bytes;
pub(crate) use hash::Sha256;
pub(crate) use ids::IdRange;
pub(crate) use mode::Permissions;
pub(crate) use regex::{Regex, any_match};
pub(crate) use releases::Releases;
pub(crate) use versions::{Comparison, Versions};

/// Declares an enum of the words that a parameter may have.
macro_rules! choice {
    ($(#[doc = $doc:literal])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        pub(crate) enum $name { $( #[serde(rename = $word)] $variant ),* }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        const _: () = {
            use $crate::document::{Node, Problems, Value, scalar, words};
            use $crate::text::suggestion;
            words! { $name: $name::ALL; }
        };
    };
}
pub(crate) use choice;

/// Whether a condition holds; one that was left out does.
pub(crate) fn given<T>(condition: &Option<T>, holds: impl Fn(&T) -> bool) -> bool {
    condition.as_ref().is_none_or(holds)
}
