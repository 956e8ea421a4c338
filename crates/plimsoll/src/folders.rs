//! Where data and caches live.

use std::path::PathBuf;

/// Advisory data: `--data-dir`, else `$PLIMSOLL_DATA_DIR`, else
/// `$XDG_DATA_HOME/plimsoll`, else `~/.local/share/plimsoll`.
pub(crate) fn data(chosen: Option<&PathBuf>) -> PathBuf {
    chosen
        .cloned()
        .unwrap_or_else(|| base("XDG_DATA_HOME", ".local/share").join("plimsoll"))
}

/// Facts of known layers: `--cache-dir`, else `$XDG_CACHE_HOME/plimsoll`, else
/// `~/.cache/plimsoll`.
pub(crate) fn cache(chosen: Option<&PathBuf>) -> PathBuf {
    chosen
        .cloned()
        .unwrap_or_else(|| base("XDG_CACHE_HOME", ".cache").join("plimsoll"))
}

fn base(variable: &str, below_home: &str) -> PathBuf {
    // The base directory specification ignores relative values.
    match std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
    {
        Some(path) => path,
        None => std::env::var_os("HOME")
            .map_or_else(std::env::temp_dir, PathBuf::from)
            .join(below_home),
    }
}
