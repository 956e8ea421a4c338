use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of an image configuration that people judge (OCI image-spec
/// `config.md` and Docker's additions).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// `USER`, verbatim; empty means root.
    pub user: String,
    /// `EXPOSE`d ports as `port/protocol`, sorted.
    pub exposed_ports: Vec<String>,
    /// Environment as `NAME=value`.
    pub env: Vec<String>,
    /// Entry point.
    pub entrypoint: Vec<String>,
    /// Command.
    pub cmd: Vec<String>,
    /// Volumes, sorted.
    pub volumes: Vec<String>,
    /// Working directory.
    pub working_dir: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Health check; `None` where the image has none.
    pub healthcheck: Option<Healthcheck>,
    /// `ONBUILD` triggers.
    pub on_build: Vec<String>,
    /// Creation time as stated.
    pub created: Option<String>,
    /// Author as stated.
    pub author: Option<String>,
    /// The build steps, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// A `HEALTHCHECK` instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", command]`.
    pub test: Vec<String>,
}

impl Healthcheck {
    /// Whether it actually checks something.
    pub fn is_active(&self) -> bool {
        self.test.first().is_some_and(|kind| kind != "NONE")
    }
}

/// One build step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The step as the builder recorded it.
    pub created_by: String,
    /// Comment as stated.
    pub comment: String,
    /// Time as stated.
    pub created: Option<String>,
    /// Whether the step made no layer.
    pub empty_layer: bool,
}
