//! One entry of a bill of materials as the document states it.

use crate::properties::Property;
use plimsoll_types::Ecosystem;

#[derive(Clone, Debug, Default)]
pub(crate) struct Component {
    /// What other parts of the document call it.
    pub reference: String,
    pub kind: Kind,
    /// Where the format has a word for it, besides the package URL.
    pub ecosystem: Option<Ecosystem>,
    /// `name` is the name that the ecosystem's own tools print, so that the
    /// package URL's form of it is not asked.
    pub exact: bool,
    pub group: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
    pub purl: Option<String>,
    pub cpes: Vec<String>,
    /// `algorithm:hex`.
    pub digests: Vec<String>,
    pub licenses: Vec<String>,
    pub vendor: Option<String>,
    pub properties: Vec<Property>,
    pub places: Vec<Place>,
    pub development: bool,
}

impl Component {
    /// The value of the first property of that name.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties_named(name).next()
    }

    pub fn properties_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = name.to_owned();
        let named = self.properties.iter().filter(move |(n, _)| *n == name);
        named
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// What an entry stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A package.
    #[default]
    Package,
    /// A package only if it has a package URL: files, devices, data.
    Thing,
    /// The image, folder or file that the document is about.
    Subject,
    /// A distribution.
    System,
    /// A lock file or folder that groups packages (Trivy); its name is their
    /// place.
    Group,
}

/// Where the document says that a component lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub path: String,
    pub nested: Vec<String>,
    /// A digest of a layer as stored or unpacked.
    pub layer: Option<String>,
}

impl Place {
    /// A place as written, with nesting as in `/a.jar!/b.jar`.
    pub fn of(text: &str, layer: Option<&str>) -> Self {
        let (path, nested) = crate::properties::place(text);
        Self {
            path,
            nested,
            layer: layer.map(str::to_owned),
        }
    }
}
