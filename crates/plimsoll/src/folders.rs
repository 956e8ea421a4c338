//! Where data and caches live.

use crate::Failure;
use std::path::PathBuf;

/// Advisory data: `--data-dir`, else `$PLIMSOLL_DATA_DIR`, else
/// `$XDG_DATA_HOME/plimsoll`, else `~/.local/share/plimsoll`.
///
/// # Errors
/// Without any of them: a folder that everybody may write to could hold
/// anybody's advisories.
pub(crate) fn data(chosen: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    let places = ("PLIMSOLL_DATA_DIR", "XDG_DATA_HOME", ".local/share");
    folder(chosen, places).ok_or_else(|| {
        Failure::usage("there is no home folder for advisory data; set HOME, or give --data-dir")
    })
}

/// Facts of known layers: `--cache-dir`, else `$PLIMSOLL_CACHE_DIR`, else
/// `$XDG_CACHE_HOME/plimsoll`, else `~/.cache/plimsoll`; else none are kept.
pub(crate) fn cache(chosen: Option<&PathBuf>) -> Option<PathBuf> {
    folder(chosen, ("PLIMSOLL_CACHE_DIR", "XDG_CACHE_HOME", ".cache"))
}

fn folder(
    chosen: Option<&PathBuf>,
    (own, base, below_home): (&str, &str, &str),
) -> Option<PathBuf> {
    let variable = |name: &str| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|path| !path.as_os_str().is_empty())
    };
    // The base directory specification ignores relative values.
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    chosen
        .cloned()
        .or_else(|| variable(own))
        .or_else(|| absolute(base).map(|base| base.join("plimsoll")))
        .or_else(|| absolute("HOME").map(|home| home.join(below_home).join("plimsoll")))
}
