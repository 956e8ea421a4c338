//! Credentials from the environment and the files container tools write.

use crate::limits;
use base64::Engine;
use serde_json::Value;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Where variables of the environment come from.
pub(crate) type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// What there is to log in to one registry with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// The value of a Basic `Authorization` header.
    pub(crate) basic: Option<String>,
    /// Whether `basic` is for whichever registry is asked, by no name.
    pub(crate) unbound: bool,
    /// A token service that the user names as this registry's own.
    pub(crate) realm: Option<String>,
    /// Why there is nothing, where something was meant for this registry.
    pub(crate) unused: Option<String>,
}

impl Credentials {
    /// What may go to a host that has not proved to be the one that was asked:
    /// only what is meant for the host by its name.
    pub(crate) fn for_anybody(mut self) -> Self {
        if self.unbound {
            self.basic = None;
            self.unused = Some("credentials go nowhere without verified TLS unless PLIMSOLL_REGISTRY_HOST names the registry".into());
        }
        self
    }
}

/// The credentials for a repository: from the environment, else from the first
/// file that has some.
///
/// `PLIMSOLL_REGISTRY_USERNAME` and `_PASSWORD` are for the registry that
/// `PLIMSOLL_REGISTRY_HOST` names, else for whichever the image is asked of.
pub(crate) fn find(domain: &str, path: &str, environment: &Environment<'_>) -> Credentials {
    let text = |name: &str| environment(name)?.into_string().ok();
    let text = |name: &str| text(name).filter(|v| !v.is_empty());
    let named = text("PLIMSOLL_REGISTRY_HOST");
    let mine = named.as_deref().map(|named| is_host(named, domain));
    let mut found = Credentials {
        realm: text("PLIMSOLL_REGISTRY_REALM").filter(|_| mine == Some(true)),
        ..Credentials::default()
    };
    let pair = text("PLIMSOLL_REGISTRY_USERNAME").zip(text("PLIMSOLL_REGISTRY_PASSWORD"));
    match (pair, mine) {
        (Some((user, password)), None | Some(true)) => {
            let pair = format!("{user}:{password}");
            found.basic = Some(base64::engine::general_purpose::STANDARD.encode(pair));
            found.unbound = mine.is_none();
            return found;
        }
        (Some(_), Some(false)) => {
            found.unused = Some("PLIMSOLL_REGISTRY_HOST names another registry".into());
        }
        (None, _) => {}
    }
    for file in files(environment) {
        match read(&file).map(|document| in_document(&document, domain, path)) {
            Ok(Held::Basic(value)) => {
                found.basic = Some(value);
                found.unused = None;
                return found;
            }
            Ok(Held::Unused(what)) => {
                let shown = file.display();
                found
                    .unused
                    .get_or_insert(format!("{what} in `{shown}` is not supported"));
            }
            Ok(Held::Nothing) => {}
            Err(None) => {}
            Err(Some(why)) => {
                let shown = file.display();
                found
                    .unused
                    .get_or_insert(format!("`{shown}` cannot be read: {why}"));
            }
        }
    }
    found
}

fn files(environment: &Environment<'_>) -> Vec<PathBuf> {
    let under = |name: &str, rest: &str| environment(name).map(|dir| PathBuf::from(dir).join(rest));
    let docker = under("DOCKER_CONFIG", "config.json");
    [
        environment("REGISTRY_AUTH_FILE").map(PathBuf::from),
        under("XDG_RUNTIME_DIR", "containers/auth.json"),
        under("HOME", ".config/containers/auth.json"),
        docker.or_else(|| under("HOME", ".docker/config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A file of credentials; the error is `None` where there is no such file.
fn read(file: &Path) -> Result<Value, Option<String>> {
    let io = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => None,
        _ => Some(e.to_string()),
    };
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|f| f.take(limits::AUTH_BYTES + 1).read_to_end(&mut bytes))
        .map_err(io)?;
    if bytes.len() as u64 > limits::AUTH_BYTES {
        return Err(Some("it is over 1 MiB".into()));
    }
    // The parser's message may quote what is in the file.
    serde_json::from_slice(&bytes).map_err(|_| Some("it is not JSON".into()))
}

enum Held {
    Basic(String),
    /// Something for this registry that cannot be used.
    Unused(String),
    Nothing,
}

/// The most specific `auths` entry: namespaces first, then the host.
fn in_document(document: &Value, domain: &str, path: &str) -> Held {
    let whole = format!("{domain}/{path}");
    let mut keys: Vec<&str> = vec![&whole];
    keys.extend(
        whole
            .rmatch_indices('/')
            .filter_map(|(at, _)| whole.get(..at)),
    );
    let filled = |value: &Value| {
        let text = value.as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let table = |name: &str| document.get(name).and_then(Value::as_object);
    let entries = || {
        keys.iter().filter_map(|wanted| {
            let mut all = table("auths")?.iter();
            all.find(|(key, _)| plain(key) == *wanted)
                .map(|(_, entry)| entry)
        })
    };
    let in_entry = |name: &str| entries().find_map(|entry| filled(entry.get(name)?));
    if let Some(value) = in_entry("auth") {
        return Held::Basic(value);
    }
    for token in ["identitytoken", "registrytoken"] {
        if in_entry(token).is_some() {
            return Held::Unused(format!("the `{token}` for it"));
        }
    }
    let own = table("credHelpers").and_then(|helpers| {
        let mut all = helpers.iter();
        let (_, name) = all.find(|(key, _)| plain(key) == domain)?;
        filled(name)
    });
    match own.or_else(|| filled(document.get("credsStore")?)) {
        Some(name) => Held::Unused(format!("the credential helper `{name}`")),
        None => Held::Nothing,
    }
}

/// Whether a user names this registry's host.
fn is_host(named: &str, domain: &str) -> bool {
    let normal = |host: &str| {
        let host = host.trim().to_ascii_lowercase();
        let host = plain(&host);
        match host.strip_suffix(":443").unwrap_or(host) {
            "registry-1.docker.io" => "docker.io".to_owned(),
            host => host.to_owned(),
        }
    };
    normal(named) == normal(domain)
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

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: &str = "dXNlcjp3b3Jk";

    fn found(domain: &str, variables: &[(&str, &str)]) -> Credentials {
        let environment = |name: &str| {
            let mut all = variables.iter();
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        };
        find(domain, "shop/api", &environment)
    }

    fn with_file(text: &str) -> Credentials {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, text).unwrap();
        let folder = folder.path().display().to_string();
        found("r.example:5000", &[("DOCKER_CONFIG", &folder)])
    }

    #[test]
    fn a_pair_in_the_environment_is_bound_to_the_host_that_is_named() {
        let pair = [
            ("PLIMSOLL_REGISTRY_USERNAME", "user"),
            ("PLIMSOLL_REGISTRY_PASSWORD", "word"),
            ("PLIMSOLL_REGISTRY_REALM", "git.example"),
        ];
        let with = |domain: &str, host: &str| {
            found(
                domain,
                &[&pair[..], &[("PLIMSOLL_REGISTRY_HOST", host)]].concat(),
            )
        };
        for (domain, host) in [
            ("r.example", "r.example"),
            ("r.example", "https://R.example/"),
            ("r.example", "r.example:443"),
            ("r.example:5000", "r.example:5000"),
            ("docker.io", "index.docker.io"),
            ("docker.io", "registry-1.docker.io"),
        ] {
            let found = with(domain, host);
            assert_eq!(found.basic.as_deref(), Some(PAIR), "{host}");
            assert_eq!(found.realm.as_deref(), Some("git.example"), "{host}");
        }
        for (domain, host) in [
            ("evil.example", "r.example"),
            ("r.example:5000", "r.example"),
            ("r.example", "r.example:5000"),
            ("r.example.evil.example", "r.example"),
        ] {
            let found = with(domain, host);
            assert_eq!((found.basic, found.realm), (None, None), "{domain}");
            assert!(found.unused.unwrap().contains("another registry"));
        }
        // Without a host the pair is for the registry that is asked, and no
        // token service elsewhere can be listed.
        let found = found("r.example", &pair);
        assert_eq!(found.basic.as_deref(), Some(PAIR));
        assert_eq!(found.realm, None);
        let unproved = found.for_anybody();
        assert_eq!(unproved.basic, None);
        assert!(unproved.unused.unwrap().contains("PLIMSOLL_REGISTRY_HOST"));
        assert!(with("r.example", "r.example").for_anybody().basic.is_some());
    }

    #[test]
    fn what_is_configured_but_not_asked_is_told() {
        for (text, word) in [
            (r#"{"credsStore":"desktop"}"#, "desktop"),
            (
                r#"{"auths":{"r.example:5000":{}},"credsStore":"desktop"}"#,
                "desktop",
            ),
            (
                r#"{"credHelpers":{"r.example:5000":"own"},"credsStore":"desktop"}"#,
                "`own`",
            ),
            (
                r#"{"auths":{"r.example:5000":{"identitytoken":"secret"}}}"#,
                "identitytoken",
            ),
            ("secret", "not JSON"),
        ] {
            let found = with_file(text);
            assert_eq!(found.basic, None);
            let unused = found.unused.unwrap();
            assert!(
                unused.contains(word) && unused.contains("config.json"),
                "{unused}"
            );
            assert!(!unused.contains("secret"), "{unused}");
        }
        let entry =
            format!(r#"{{"auths":{{"r.example:5000":{{"auth":"{PAIR}"}}}},"credsStore":"x"}}"#);
        assert_eq!(with_file(&entry).basic.as_deref(), Some(PAIR));
        assert_eq!(with_file(&entry).unused, None);
        for text in ["{}", r#"{"credHelpers":{"other.example":"own"}}"#] {
            assert_eq!(with_file(text), Credentials::default());
        }
    }
}
