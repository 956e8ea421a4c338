//! What a row of the tables says.

/// Something with a name and releases.
#[derive(Debug)]
pub(super) struct Product {
    pub name: &'static str,
    /// Its names in the CPE dictionary, `vendor:product`.
    pub cpes: &'static [&'static str],
    /// The Go module or command that it is, where it is written in Go.
    pub module: Option<&'static str>,
    /// Who makes it, where it is a Java runtime.
    pub vendor: Option<&'static str>,
}

impl Product {
    pub const fn new(name: &'static str, cpes: &'static [&'static str]) -> Self {
        Self {
            name,
            cpes,
            module: None,
            vendor: None,
        }
    }

    /// A product written in Go. Its build information is asked first, and its
    /// word is final on what the program is.
    pub const fn go(
        name: &'static str,
        module: &'static str,
        cpes: &'static [&'static str],
    ) -> Self {
        Self {
            module: Some(module),
            ..Self::new(name, cpes)
        }
    }

    /// A Java runtime.
    pub const fn java(
        vendor: &'static str,
        name: &'static str,
        cpes: &'static [&'static str],
    ) -> Self {
        Self {
            vendor: Some(vendor),
            ..Self::new(name, cpes)
        }
    }
}

/// A kind of file and the products that it may be.
pub(super) struct Rule {
    /// Names of the files, in which `*` is any text and `?` any character.
    pub files: &'static [&'static str],
    pub content: Content,
    /// In this order; the first that is found counts.
    pub finds: &'static [Find],
    /// Content, and what is found in it.
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested with them"))]
    pub shown: &'static [(&'static str, &'static str)],
}

/// What a file must look like from its first bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Not text.
    Program,
    /// That, or a script of any interpreter.
    Script,
    /// Anything.
    Text,
}

impl Rule {
    pub const fn program(files: &'static [&'static str], finds: &'static [Find]) -> Self {
        Self {
            files,
            content: Content::Program,
            finds,
            shown: &[],
        }
    }

    pub const fn script(files: &'static [&'static str], finds: &'static [Find]) -> Self {
        Self {
            content: Content::Script,
            ..Self::program(files, finds)
        }
    }

    pub const fn text(files: &'static [&'static str], finds: &'static [Find]) -> Self {
        Self {
            content: Content::Text,
            ..Self::program(files, finds)
        }
    }

    /// With what it finds, as `name@version` in the order of groups.
    pub const fn shown(self, shown: &'static [(&'static str, &'static str)]) -> Self {
        Self { shown, ..self }
    }
}

/// One place where the version of a product may stand.
pub(super) struct Find {
    /// One product for each group of the pattern.
    pub products: &'static [&'static Product],
    /// Text that stands within 1 KiB of the version or is part of the
    /// pattern; empty where there is none.
    pub near: &'static str,
    /// A pattern of bytes in which `{V}` is three numbers, `{W}` two, and dots
    /// match everything.
    pub pattern: &'static str,
    /// Texts of which the file holds one anywhere; none are needed if empty.
    pub known_by: &'static [&'static str],
    /// Text in the path of the file.
    pub below: &'static str,
    /// Whether the version begins with the one in the name of the file.
    pub named: bool,
}

pub(super) const fn find(
    products: &'static [&'static Product],
    near: &'static str,
    pattern: &'static str,
) -> Find {
    Find {
        products,
        near,
        pattern,
        known_by: &[],
        below: "",
        named: false,
    }
}

impl Find {
    pub const fn known_by(self, known_by: &'static [&'static str]) -> Self {
        Self { known_by, ..self }
    }

    pub const fn below(self, below: &'static str) -> Self {
        Self { below, ..self }
    }

    pub const fn named(self) -> Self {
        Self {
            named: true,
            ..self
        }
    }
}
