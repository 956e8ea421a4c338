//! Requests for manifests and blobs, with the token flow.

use super::credentials::{self, Credentials};
use super::transport::{Answer, Channel, Failure, Request, Transport};
use super::{challenge, transport};
use crate::digester::Digester;
use crate::{ImageError, Options, Reference, limits};
use plimsoll_types::Digest;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use ureq::Body;
use ureq::http::{Response, Uri};

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";
/// Times that what failed in passing is repeated.
const TRIES: u32 = 3;
/// The longest that a registry may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Pull,
    Push,
}

impl Scope {
    fn actions(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
        }
    }
}

/// What is asked of one repository, with the token flow.
pub(crate) struct Client {
    transport: Transport,
    pub(super) base: String,
    pub(super) name: String,
    path: String,
    credentials: Credentials,
    /// For the whole of a manifest, a configuration or a token.
    patience: Duration,
    authorization: Mutex<BTreeMap<Scope, String>>,
    /// Host of the token service that the credentials were kept from.
    kept_from: Mutex<Option<String>>,
}

impl Client {
    pub(crate) fn new(reference: &Reference, options: &Options) -> Result<Self, ImageError> {
        let name = reference.to_string();
        let transport = Transport::connect(&name, reference.host(), options)?;
        let mut found = credentials::find(&reference.domain, &reference.path, &|name| {
            std::env::var_os(name)
        });
        if !transport.is_proved() || options.bound_credentials {
            found = found.for_anybody();
        }
        Ok(Self {
            base: format!("{}/v2/{}", transport.origin(), reference.path),
            transport,
            name,
            credentials: found,
            patience: options.timeout,
            path: reference.path.clone(),
            authorization: Mutex::default(),
            kept_from: Mutex::new(None),
        })
    }

    /// Whether whoever answers has proved to be the host that was asked.
    pub(crate) fn is_secure(&self) -> bool {
        self.transport.channel() == Channel::Verified
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
        let mut reader = response.into_body().into_reader();
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 << 10];
        // Whoever drips is as good as silent, although something always comes.
        let start = Instant::now();
        loop {
            let read = reader
                .read(&mut chunk)
                .map_err(|e| ImageError::io(&self.name, &e))?;
            if read == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&chunk[..read]);
            if bytes.len() as u64 > limits::MANIFEST_BYTES {
                return Err(ImageError::limit(&self.name, "an answer is over 4 MiB"));
            }
            if start.elapsed() > self.patience {
                let input = self.name.clone();
                return Err(ImageError::Timeout { input });
            }
        }
    }

    fn get(&self, url: &str, accept: &str) -> Result<Response<Body>, ImageError> {
        let answer = self.ask(Scope::Pull, &Request::get(url, accept))?;
        self.judge(answer.response, &[200])
    }

    /// Asks until there is an answer that another try would not change.
    pub(super) fn ask(&self, scope: Scope, request: &Request<'_>) -> Result<Answer, ImageError> {
        persist(|| self.once(scope, request))
    }

    /// Asks once, and once more with the token that is asked for.
    pub(super) fn once(&self, scope: Scope, request: &Request<'_>) -> Result<Answer, Failure> {
        let held = self.held(scope);
        let answer = self.transport.send(request, held.as_deref())?;
        if answer.response.status() != 401 {
            return self.settled(answer);
        }
        let fresh = self.authorize(scope, &answer.response)?;
        if let Ok(mut held) = self.authorization.lock() {
            held.insert(scope, fresh.clone());
        }
        let answer = self.transport.send(request, Some(&fresh))?;
        self.settled(answer)
    }

    /// Asks a URL that the registry named, which need not be its own: only
    /// its own gets what opens it.
    pub(super) fn once_there(
        &self,
        scope: Scope,
        uri: &Uri,
        request: &Request<'_>,
    ) -> Result<Answer, Failure> {
        let home: Option<Uri> = self.base.parse().ok();
        if home.is_some_and(|home| transport::origin(&home) == transport::origin(uri)) {
            return self.once(scope, request);
        }
        let answer = self.transport.send(request, None)?;
        self.settled(answer)
    }

    fn held(&self, scope: Scope) -> Option<String> {
        let held = self.authorization.lock().ok()?;
        held.get(&scope).cloned()
    }

    /// An answer that another try would not change.
    fn settled(&self, answer: Answer) -> Result<Answer, Failure> {
        let status = answer.response.status();
        let stated = answer.response.headers().get("retry-after");
        let stated = stated.and_then(|value| value.to_str().ok());
        let input = self.name.clone();
        let error = match status.as_u16() {
            429 => {
                let when = stated.map_or("later".into(), |a| match a.parse::<u64>() {
                    Ok(seconds) => format!("in {seconds} s"),
                    Err(_) => format!("after {a}"),
                });
                ImageError::RateLimited { input, when }
            }
            408 | 425 | 500.. => ImageError::Transient {
                input,
                reason: status.to_string(),
            },
            _ => return Ok(answer),
        };
        // A date is an answer for people, and a long wait is theirs to decide.
        let again = match stated.map(str::parse) {
            None => Some(Duration::ZERO),
            Some(Ok(seconds)) => Some(Duration::from_secs(seconds)).filter(|w| *w <= LONGEST_WAIT),
            Some(Err(_)) => None,
        };
        Err(Failure { error, again })
    }

    pub(super) fn judge(
        &self,
        response: Response<Body>,
        expected: &[u16],
    ) -> Result<Response<Body>, ImageError> {
        let input = self.name.clone();
        let status = response.status();
        match status.as_u16() {
            code if expected.contains(&code) => Ok(response),
            401 | 403 => Err(self.denied(status.as_str())),
            404 => Err(ImageError::not_found(
                input,
                "such image or blob in the registry; check the name and the tag",
            )),
            _ => Err(ImageError::protocol(
                input,
                format!("unexpected answer {status}"),
            )),
        }
    }

    /// Why access is denied, with what kept credentials from being used.
    fn denied(&self, reason: &str) -> ImageError {
        let kept_from = self.kept_from.lock().ok().and_then(|host| host.clone());
        let unused = match (&self.credentials, kept_from) {
            (
                Credentials {
                    basic: None,
                    unused,
                    ..
                },
                _,
            ) => unused.clone(),
            (_, Some(host)) => Some(format!(
                "its token service is at `{host}`, which credentials are kept from unless PLIMSOLL_REGISTRY_HOST and PLIMSOLL_REGISTRY_REALM name both"
            )),
            (_, None) => None,
        };
        let reason = unused.map_or(reason.into(), |unused| format!("{reason}; {unused}"));
        ImageError::Auth {
            input: self.name.clone(),
            reason,
        }
    }

    /// The `Authorization` value that answers a 401.
    fn authorize(&self, scope: Scope, response: &Response<Body>) -> Result<String, Failure> {
        let challenges: Vec<_> = response
            .headers()
            .get_all("www-authenticate")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        let Some(bearer) = challenges.iter().find(|c| c.scheme == "bearer") else {
            let basic = challenges.iter().any(|c| c.scheme == "basic");
            return match &self.credentials.basic {
                Some(value) if basic => Ok(format!("Basic {value}")),
                _ => Err(self.denied("credentials are needed").into()),
            };
        };
        let realm = bearer
            .parameters
            .get("realm")
            .ok_or_else(|| self.denied("no token realm"))?;
        let broken = || ImageError::protocol(&self.name, "the token realm is no URL");
        let realm: Uri = realm.parse().map_err(|_| broken())?;
        if realm.scheme_str() != Some("https") && self.is_secure() {
            let reason = "the token realm is not https";
            return Err(ImageError::protocol(&self.name, reason).into());
        }
        let listed = self.credentials.realm.as_deref();
        let trusted = self.transport.may_have_credentials(&realm, listed);
        if let Ok(mut kept_from) = self.kept_from.lock() {
            *kept_from = realm.host().filter(|_| !trusted).map(str::to_owned);
        }
        let basic = self.credentials.basic.as_ref().filter(|_| trusted);
        let basic = basic.map(|basic| format!("Basic {basic}"));
        let mut url = realm.to_string();
        url.push(if realm.query().is_some() { '&' } else { '?' });
        if let Some(service) = bearer.parameters.get("service") {
            url.push_str(&format!("service={}&", encoded(service)));
        }
        let scope = format!("repository:{}:{}", self.path, scope.actions());
        url.push_str(&format!("scope={}", encoded(&scope)));
        let request = Request::get(&url, "application/json");
        let answer = self.transport.send(&request, basic.as_deref())?;
        let body = self.small(self.judge(self.settled(answer)?.response, &[200])?)?;
        let token: serde_json::Value = serde_json::from_slice(&body)
            .map_err(|e| ImageError::protocol(&self.name, format!("token service: {e}")))?;
        let text = token
            .get("token")
            .or_else(|| token.get("access_token"))
            .and_then(|t| t.as_str());
        Ok(format!(
            "Bearer {}",
            text.ok_or_else(|| self.denied("the token service gave no token"))?
        ))
    }
}

/// Repeats what fails in passing.
pub(super) fn persist<T>(what: impl Fn() -> Result<T, Failure>) -> Result<T, ImageError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match what() {
            Ok(value) => return Ok(value),
            Err(Failure {
                again: Some(wait), ..
            }) if tried <= TRIES => {
                std::thread::sleep(wait.max(Duration::from_millis(100 << tried)));
            }
            Err(failure) => return Err(failure.error),
        }
    }
}

/// Text as a value of a query.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
        out
    })
}
