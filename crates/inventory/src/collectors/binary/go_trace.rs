//! What Go says of a program that it may have built.

use super::rule::Product;
use crate::collectors::executable::objects;
use crate::collectors::go::{self, Built};
use memchr::memmem;
use object::{Object, ObjectSegment};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Places that name a release of Go, of which so many are looked at.
const MOST: usize = 10_000;

/// The traces of Go in a file, looked for when first asked.
pub(super) struct GoTrace<'a> {
    bytes: &'a [u8],
    built: OnceCell<Vec<Built>>,
    releases: OnceCell<BTreeSet<&'a [u8]>>,
    is_foreign: OnceCell<bool>,
}

/// The word of the build information on a product.
pub(super) enum Word {
    /// It is the product, and the record of the module has its version.
    Told,
    /// It is the product in this version.
    Version(String),
    /// It is another program.
    Other,
    /// There is no build information, or no version in it.
    Unknown,
}

impl<'a> GoTrace<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            built: OnceCell::new(),
            releases: OnceCell::new(),
            is_foreign: OnceCell::new(),
        }
    }

    pub fn says(&self, product: &Product) -> Word {
        let built = self.built.get_or_init(|| go::built(self.bytes));
        if built.is_empty() {
            return if *self.is_foreign.get_or_init(|| self.is_foreign()) {
                Word::Other
            } else {
                Word::Unknown
            };
        }
        let mut word = Word::Other;
        for built in built {
            match &built.main {
                Some(main) if product.is_module(&main.name) => match &main.version {
                    Some(version) if !version.starts_with("v0.0.0-") => return Word::Told,
                    _ => word = Word::Unknown,
                },
                // The toolchain is no module of its own: its release is it.
                _ if product.is_module(&built.command) => {
                    let release = built.rest.first().and_then(|std| std.version.clone());
                    return release.map_or(Word::Unknown, Word::Version);
                }
                _ => {}
            }
        }
        word
    }

    /// Whether the file has the parts of a program, but none that Go makes.
    fn is_foreign(&self) -> bool {
        let files = objects(self.bytes).unwrap_or_default();
        let mut segments = files.iter().flat_map(|file| file.segments());
        segments.any(|segment| segment.size() > 0)
            && memmem::find(self.bytes, b"Go build").is_none()
            && self.releases().is_empty()
    }

    /// Whether this is the version of Go rather than of what it built.
    pub fn is_toolchain(&self, version: &str) -> bool {
        self.releases().contains(version.as_bytes())
    }

    fn releases(&self) -> &BTreeSet<&'a [u8]> {
        self.releases.get_or_init(|| {
            let places = memmem::find_iter(self.bytes, b"go1.").take(MOST);
            places
                .filter_map(|at| {
                    let text = self.bytes.get(at + 2..)?;
                    let number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
                    let length = text.iter().take(16).take_while(|byte| number(byte)).count();
                    text.get(..length)
                })
                .filter(|release| release.len() > 2)
                .collect()
        })
    }
}

impl Product {
    /// Whether Go builds it, unlike the parts of Go itself.
    pub fn is_built_by_go(&self) -> bool {
        self.module
            .is_some_and(|module| !module.starts_with("cmd/"))
    }

    /// Whether a Go module, of any major version, or a command is this.
    pub fn is_module(&self, path: &str) -> bool {
        let rest = self.module.and_then(|module| path.strip_prefix(module));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
