//! Tab-separated tables with a header row.

use anyhow::{Context, Result};
use std::path::Path;

/// The rows of a table, each as its columns.
pub(crate) fn read(path: &Path) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let rows = text
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(rows
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect())
}
