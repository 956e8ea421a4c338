//! The image configuration (OCI image-spec `config.md`, Docker's additions).

use crate::{ImageError, limits};
use plimsoll_types::{Digest, Healthcheck, HistoryEntry, ImageConfig, Platform};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    config: Option<Run>,
    #[serde(default)]
    rootfs: Option<RootFs>,
    #[serde(default)]
    history: Option<Vec<Step>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Run {
    user: Option<String>,
    exposed_ports: Option<BTreeMap<String, Value>>,
    env: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    volumes: Option<BTreeMap<String, Value>>,
    working_dir: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    healthcheck: Option<Check>,
    on_build: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Check {
    #[serde(default)]
    test: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Option<Vec<Digest>>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    created_by: Option<String>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    empty_layer: Option<bool>,
}

/// What the configuration says.
pub(crate) struct Parsed {
    pub(crate) config: ImageConfig,
    pub(crate) platform: Option<Platform>,
    pub(crate) diff_ids: Vec<Digest>,
}

/// Parses a configuration for an image of `layers` layers.
pub(crate) fn parse(input: &str, bytes: &[u8], layers: usize) -> Result<Parsed, ImageError> {
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|e| ImageError::malformed(input, format!("image configuration: {e}")))?;
    let diff_ids = document.rootfs.and_then(|r| r.diff_ids).unwrap_or_default();
    if layers > limits::LAYERS {
        return Err(ImageError::limit(
            input,
            format!("{layers} layers are more than 512"),
        ));
    }
    if diff_ids.len() != layers {
        let names = diff_ids.len();
        let reason = format!("the configuration names {names} diff ids for {layers} layers");
        return Err(ImageError::malformed(input, reason));
    }
    let platform = document
        .os
        .zip(document.architecture)
        .map(|(os, architecture)| Platform {
            os,
            architecture,
            variant: document.variant.unwrap_or_default(),
        });
    let run = document.config.unwrap_or_default();
    let keys = |map: Option<BTreeMap<String, Value>>| map.unwrap_or_default().into_keys().collect();
    let config = ImageConfig {
        user: run.user.unwrap_or_default(),
        exposed_ports: keys(run.exposed_ports),
        env: run.env.unwrap_or_default(),
        entrypoint: run.entrypoint.unwrap_or_default(),
        cmd: run.cmd.unwrap_or_default(),
        volumes: keys(run.volumes),
        working_dir: run.working_dir.unwrap_or_default(),
        labels: run.labels.unwrap_or_default(),
        healthcheck: run
            .healthcheck
            .and_then(|c| c.test)
            .filter(|test| !test.is_empty())
            .map(|test| Healthcheck { test }),
        on_build: run.on_build.unwrap_or_default(),
        created: document.created,
        author: document.author,
        history: document
            .history
            .unwrap_or_default()
            .into_iter()
            .map(step)
            .collect(),
    };
    Ok(Parsed {
        config,
        platform,
        diff_ids,
    })
}

fn step(step: Step) -> HistoryEntry {
    HistoryEntry {
        created_by: step.created_by.unwrap_or_default(),
        comment: step.comment.unwrap_or_default(),
        created: step.created,
        empty_layer: step.empty_layer.unwrap_or(false),
    }
}
