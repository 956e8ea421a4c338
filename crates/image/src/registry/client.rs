//! Requests for manifests and blobs, with the token flow.

use super::{challenge, credentials};
use crate::digester::Digester;
use crate::{ImageError, Options, Reference, limits};
use plimsoll_types::Digest;
use std::io::Read;
use std::sync::Mutex;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";
const TRIES: u32 = 3;

pub(crate) struct Client {
    agent: Agent,
    base: String,
    name: String,
    host: String,
    path: String,
    basic: Option<String>,
    secure: bool,
    insecure: bool,
    authorization: Mutex<Option<String>>,
}

impl Client {
    pub(crate) fn new(reference: &Reference, options: &Options) -> Result<Self, ImageError> {
        let host = reference.host().to_owned();
        let secure = !(options.insecure || is_loopback(&host));
        let mut tls = ureq::tls::TlsConfig::builder();
        if let Some(file) = &options.ca_file {
            let shown = file.display().to_string();
            let pem = std::fs::read(file).map_err(|e| ImageError::io(&shown, &e))?;
            let certs: Vec<_> = ureq::tls::parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(ureq::tls::PemItem::Certificate(c)) => Some(c),
                    _ => None,
                })
                .collect();
            if certs.is_empty() {
                return Err(ImageError::malformed(shown, "holds no PEM certificate"));
            }
            tls = tls.root_certs(certs.into());
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(secure)
            .max_redirects(5)
            .tls_config(tls.build())
            .user_agent("plimsoll")
            .timeout_connect(Some(options.timeout.min(Duration::from_secs(10))))
            .timeout_recv_response(Some(options.timeout))
            .timeout_per_read(Some(options.timeout))
            .build()
            .new_agent();
        let scheme = if secure { "https" } else { "http" };
        Ok(Self {
            agent,
            base: format!("{scheme}://{host}/v2/{}", reference.path),
            name: reference.to_string(),
            basic: credentials::basic(&reference.domain, &reference.path),
            path: reference.path.clone(),
            host,
            secure,
            insecure: options.insecure,
            authorization: Mutex::new(None),
        })
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// The exact bytes of a manifest and their digest.
    pub(crate) fn manifest(
        &self,
        wanted: &str,
        named: Option<&Digest>,
    ) -> Result<(Vec<u8>, Digest), ImageError> {
        let response = self.get(&format!("{}/manifests/{wanted}", self.base), ACCEPT)?;
        let stated = response.headers().get("docker-content-digest");
        let stated: Option<Digest> = stated.and_then(|v| v.to_str().ok()?.parse().ok());
        let bytes = self.small(response)?;
        let expected = named.or(stated.as_ref());
        let actual = Digester::of(&bytes, expected);
        match expected {
            Some(expected) if *expected != actual => Err(ImageError::DigestMismatch {
                input: self.name.clone(),
                expected: expected.to_string(),
                actual: actual.to_string(),
            }),
            _ => Ok((bytes, actual)),
        }
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ImageError> {
        let response = self.get(&format!("{}/blobs/{digest}", self.base), "*/*")?;
        Ok(Box::new(response.into_body().into_reader()))
    }

    fn small(&self, response: Response<Body>) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        response
            .into_body()
            .into_reader()
            .take(limits::MANIFEST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| ImageError::io(&self.name, &e))?;
        if bytes.len() as u64 > limits::MANIFEST_BYTES {
            return Err(ImageError::limit(&self.name, "an answer is over 4 MiB"));
        }
        Ok(bytes)
    }

    fn get(&self, url: &str, accept: &str) -> Result<Response<Body>, ImageError> {
        let held = self
            .authorization
            .lock()
            .map(|a| a.clone())
            .unwrap_or_default();
        let response = self.send(url, accept, held.as_deref())?;
        if response.status() != 401 {
            return self.judge(response);
        }
        let fresh = self.authorize(&response)?;
        if let Ok(mut held) = self.authorization.lock() {
            *held = Some(fresh.clone());
        }
        let response = self.send(url, accept, Some(&fresh))?;
        self.judge(response)
    }

    fn send(
        &self,
        url: &str,
        accept: &str,
        auth: Option<&str>,
    ) -> Result<Response<Body>, ImageError> {
        let mut tried = 0;
        loop {
            let mut request = self
                .agent
                .get(url)
                .header("accept", accept)
                .header("accept-encoding", "identity");
            if let Some(auth) = auth {
                request = request.header("authorization", auth);
            }
            tried += 1;
            let input = self.name.clone();
            let failure = match request.call() {
                Ok(response) if response.status().is_server_error() => ImageError::Transient {
                    input,
                    reason: response.status().to_string(),
                },
                Ok(response) => return Ok(response),
                Err(ureq::Error::Timeout(_)) => return Err(ImageError::Timeout { input }),
                Err(ureq::Error::Io(e)) => ImageError::Unreachable {
                    input,
                    reason: e.to_string(),
                },
                Err(e) => return Err(ImageError::protocol(&self.name, e)),
            };
            if tried > TRIES {
                return Err(failure);
            }
            std::thread::sleep(Duration::from_millis(100 << tried));
        }
    }

    fn judge(&self, response: Response<Body>) -> Result<Response<Body>, ImageError> {
        let input = self.name.clone();
        let status = response.status();
        match status.as_u16() {
            200 => Ok(response),
            401 | 403 => Err(ImageError::Auth {
                input,
                reason: status.to_string(),
            }),
            404 => Err(ImageError::not_found(input, "image or blob")),
            429 => {
                let after = response
                    .headers()
                    .get("retry-after")
                    .and_then(|v| v.to_str().ok());
                let when = after.map_or("later".into(), |a| match a.parse::<u64>() {
                    Ok(seconds) => format!("in {seconds} s"),
                    Err(_) => format!("after {a}"),
                });
                Err(ImageError::RateLimited { input, when })
            }
            _ => Err(ImageError::protocol(
                input,
                format!("unexpected answer {status}"),
            )),
        }
    }

    /// The `Authorization` value that answers a 401.
    fn authorize(&self, response: &Response<Body>) -> Result<String, ImageError> {
        let denied = |reason: &str| ImageError::Auth {
            input: self.name.clone(),
            reason: reason.into(),
        };
        let challenges: Vec<_> = response
            .headers()
            .get_all("www-authenticate")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        let Some(bearer) = challenges.iter().find(|c| c.scheme == "bearer") else {
            let basic = challenges.iter().any(|c| c.scheme == "basic");
            return match &self.basic {
                Some(value) if basic => Ok(format!("Basic {value}")),
                _ => Err(denied("credentials are needed")),
            };
        };
        let realm = bearer
            .parameters
            .get("realm")
            .ok_or_else(|| denied("no token realm"))?;
        if self.secure && !realm.starts_with("https://") {
            return Err(ImageError::protocol(
                &self.name,
                "the token realm is not https",
            ));
        }
        let mut query = Vec::new();
        if let Some(service) = bearer.parameters.get("service") {
            query.push(("service", service.clone()));
        }
        query.push(("scope", format!("repository:{}:pull", self.path)));
        let mut request = self.agent.get(realm.as_str()).query_pairs(query);
        // A hostile registry can name any realm; credentials go only home.
        if let Some(basic) = self.basic.as_ref().filter(|_| self.is_trusted_realm(realm)) {
            request = request.header("authorization", format!("Basic {basic}"));
        }
        let response = request.call().map_err(|e| match e {
            ureq::Error::Timeout(_) => ImageError::Timeout {
                input: self.name.clone(),
            },
            e => ImageError::protocol(&self.name, format!("token service: {e}")),
        })?;
        let body = self.small(self.judge(response)?)?;
        let token: serde_json::Value = serde_json::from_slice(&body)
            .map_err(|e| ImageError::protocol(&self.name, format!("token service: {e}")))?;
        let text = token
            .get("token")
            .or_else(|| token.get("access_token"))
            .and_then(|t| t.as_str());
        Ok(format!(
            "Bearer {}",
            text.ok_or_else(|| denied("the token service gave no token"))?
        ))
    }

    fn is_trusted_realm(&self, realm: &str) -> bool {
        let Ok(uri) = realm.parse::<ureq::http::Uri>() else {
            return false;
        };
        let home = self
            .host
            .rsplit_once(':')
            .map_or(self.host.as_str(), |(host, _)| host);
        let scheme = uri.scheme_str() == Some("https") || !self.secure || self.insecure;
        scheme
            && uri.host().is_some_and(|host| {
                host == home || (home == "registry-1.docker.io" && host == "auth.docker.io")
            })
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
