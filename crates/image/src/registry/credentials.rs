//! Credentials from the environment and the files container tools write.

use base64::Engine;
use serde_json::Value;
use std::env::var_os;
use std::path::PathBuf;

/// The value of a Basic `Authorization` header for a repository, if any.
pub(crate) fn basic(domain: &str, path: &str) -> Option<String> {
    let text = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let names = ("PLIMSOLL_REGISTRY_USERNAME", "PLIMSOLL_REGISTRY_PASSWORD");
    if let (Some(user), Some(password)) = (text(names.0), text(names.1)) {
        let pair = format!("{user}:{password}");
        return Some(base64::engine::general_purpose::STANDARD.encode(pair));
    }
    files().into_iter().find_map(|file| {
        let document: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        in_document(&document, domain, path)
    })
}

fn files() -> Vec<PathBuf> {
    let under = |name: &str, rest: &str| var_os(name).map(|dir| PathBuf::from(dir).join(rest));
    let docker = under("DOCKER_CONFIG", "config.json");
    [
        var_os("REGISTRY_AUTH_FILE").map(PathBuf::from),
        under("XDG_RUNTIME_DIR", "containers/auth.json"),
        under("HOME", ".config/containers/auth.json"),
        docker.or_else(|| under("HOME", ".docker/config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The most specific `auths` entry: namespaces first, then the host.
fn in_document(document: &Value, domain: &str, path: &str) -> Option<String> {
    let auths = document.get("auths")?.as_object()?;
    let whole = format!("{domain}/{path}");
    let mut keys: Vec<&str> = vec![&whole];
    keys.extend(
        whole
            .rmatch_indices('/')
            .filter_map(|(at, _)| whole.get(..at)),
    );
    keys.into_iter().find_map(|wanted| {
        let (_, entry) = auths.iter().find(|(key, _)| plain(key) == wanted)?;
        entry
            .get("auth")?
            .as_str()
            .filter(|a| !a.is_empty())
            .map(str::to_owned)
    })
}

fn plain(key: &str) -> &str {
    let key = key
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let key = key
        .trim_end_matches('/')
        .trim_end_matches("/v1")
        .trim_end_matches("/v2");
    if key == "index.docker.io" {
        "docker.io"
    } else {
        key
    }
}
