use crate::Ecosystem;
use serde::{Deserialize, Serialize};

/// The distribution an image is built on, as its own files state it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distro {
    /// `ID` of os-release, lower case.
    pub id: String,
    /// `VERSION_ID`; `None` for rolling distributions.
    pub version: Option<String>,
    /// `ID_LIKE`, in order.
    pub id_like: Vec<String>,
    /// `VERSION_CODENAME`.
    pub codename: Option<String>,
    /// `PRETTY_NAME`, else the id and version.
    pub pretty: String,
    /// The file that said so, from the image root.
    pub source: String,
}

impl Distro {
    /// The os-release id of a distribution that package URLs and scanners also
    /// call otherwise.
    pub fn id_of(name: &str) -> String {
        let name = name.to_ascii_lowercase();
        let id = match name.as_str() {
            "redhat" => "rhel",
            "alma" => "almalinux",
            "amazon" => "amzn",
            "oracle" => "ol",
            "cbl-mariner" => "mariner",
            "opensuse.leap" => "opensuse-leap",
            "opensuse.tumbleweed" => "opensuse-tumbleweed",
            "suse" | "suse linux enterprise server" => "sles",
            "slem" => "sle-micro",
            other => other,
        };
        id.to_owned()
    }

    /// Value of the package URL qualifier `distro`.
    pub fn qualifier(&self) -> String {
        match (&self.version, &self.codename) {
            (Some(version), _) => format!("{}-{version}", self.id),
            (None, Some(codename)) => format!("{}-{codename}", self.id),
            (None, None) => self.id.clone(),
        }
    }

    /// The package URL namespace of this distribution's packages.
    pub fn purl_namespace(&self, ecosystem: Ecosystem) -> String {
        match (ecosystem, self.id.as_str()) {
            (Ecosystem::Rpm, "rhel") => "redhat".into(),
            (Ecosystem::Rpm, id) if id.starts_with("sle") => "suse".into(),
            (Ecosystem::Rpm, id) if id.starts_with("opensuse") => "opensuse".into(),
            (_, id) => id.to_owned(),
        }
    }
}
