//! The policies that come with the program.

use crate::document::Document;
use crate::text::suggestion;

/// What the names of built-in policies begin with.
const PREFIX: &str = "builtin:";

/// A built-in policy.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// Its name, without `builtin:`.
    pub name: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// The document, with comments.
    pub text: &'static str,
}

/// Every built-in policy, the one that judges where none is given first.
pub const PACKS: &[Pack] = &[
    Pack {
        name: "starter",
        about: "stops what must not ship and warns about what should be mended",
        text: include_str!("packs/starter.yaml"),
    },
    Pack {
        name: "best-practices",
        about: "how images should be built, what should be in them, what they should run as",
        text: include_str!("packs/best-practices.yaml"),
    },
    Pack {
        name: "strict",
        about: "stops on all that best-practices warns of, and on more",
        text: include_str!("packs/strict.yaml"),
    },
    Pack {
        name: "cis-docker",
        about: "CIS Docker Benchmark 1.6, section 4",
        text: include_str!("packs/cis-docker.yaml"),
    },
    Pack {
        name: "nist-800-190",
        about: "NIST SP 800-190, section 4.1",
        text: include_str!("packs/nist-800-190.yaml"),
    },
];

impl Pack {
    /// The document that `reference` names as a built-in policy; `None` where
    /// it names something else.
    pub fn fetch(reference: &str) -> Option<Result<Document, String>> {
        let name = reference.strip_prefix(PREFIX)?;
        let Some(pack) = Self::named(name) else {
            let hint = suggestion(name, PACKS.iter().map(|pack| pack.name));
            return Some(Err(format!("there is no such built-in policy{hint}")));
        };
        Some(Ok(Document {
            name: reference.to_owned(),
            text: pack.text.to_owned(),
        }))
    }

    /// The pack of that name, with or without `builtin:`.
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        PACKS.iter().find(|pack| pack.name == name)
    }
}
