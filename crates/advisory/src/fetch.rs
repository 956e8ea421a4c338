//! Downloads from upstream: conditional, resumed, retried, from several
//! mirrors. What comes is a file on disk or a reason; nothing is half there.

use crate::input::{Input, InputError, failed};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// Bytes that one download may have.
const MAX_DOWNLOAD: u64 = 4 << 30;
/// Seconds without any answer before a download is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Times that one mirror is asked.
const TRIES: u32 = 5;
/// The longest that a server may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What is remembered of a document to ask for it again only if it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// What became of a request.
pub(crate) enum Fetched {
    New(Input, Seen),
    /// It is what was seen before.
    Unchanged,
}

/// Why no mirror has a document.
enum Refusal {
    /// It says that there is none.
    Gone(String),
    Other(String),
}

/// Asks servers.
pub(crate) struct Fetcher {
    agent: Agent,
    /// Where the hosts are mirrored: `https://HOST/PATH` is at `BASE/HOST/PATH`.
    mirror: Option<String>,
    /// The first pause between two tries; each is twice as long as the one
    /// before.
    pause: Duration,
}

/// Why there is no document yet.
enum Failure {
    /// The same request may succeed after this long.
    Passing(Duration, String),
    /// There is no such document here.
    Gone(String),
    /// This mirror does not have it.
    Final(String),
}

/// A download under way, over several requests.
struct Partial {
    file: File,
    length: u64,
    seen: Seen,
}

impl Fetcher {
    /// `authorities` take the place of the built-in ones. Proxies are those of
    /// the environment.
    pub(crate) fn new(mirror: Option<&str>, authorities: Option<RootCerts>) -> Self {
        let mut tls = TlsConfig::builder();
        if let Some(authorities) = authorities {
            tls = tls.root_certs(authorities);
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self {
            agent,
            mirror: mirror.map(|base| base.trim_end_matches('/').to_owned()),
            pause: Duration::from_secs(1),
        }
    }

    /// Without pauses between tries.
    #[cfg(test)]
    pub(crate) fn hasty(mirror: &str) -> Self {
        Self {
            pause: Duration::ZERO,
            ..Self::new(Some(mirror), None)
        }
    }

    /// Fetches a document from the first of `urls` that has it, unless it is
    /// what `seen` tells.
    ///
    /// # Errors
    /// When no mirror has it: why, mirror by mirror.
    pub(crate) fn get(&self, urls: &[&str], seen: Option<&Seen>) -> Result<Fetched, InputError> {
        match self.ask(urls, seen) {
            Ok(fetched) => Ok(fetched),
            Err(Refusal::Gone(reason) | Refusal::Other(reason)) => {
                Err(failed(urls.first().copied().unwrap_or_default(), reason))
            }
        }
    }

    /// Fetches a document that may not exist; `None` where the server says so.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(crate) fn find(&self, url: &str) -> Result<Option<(Input, Seen)>, InputError> {
        match self.ask(&[url], None) {
            Ok(Fetched::New(input, seen)) => Ok(Some((input, seen))),
            Err(Refusal::Gone(_)) => Ok(None),
            Err(Refusal::Other(reason)) => Err(failed(url, reason)),
            Ok(Fetched::Unchanged) => Err(failed(url, "answered nothing")),
        }
    }

    /// `Gone` where every mirror says so.
    fn ask(&self, urls: &[&str], seen: Option<&Seen>) -> Result<Fetched, Refusal> {
        let (mut reasons, mut gone) = (Vec::new(), true);
        for url in urls {
            let refusal = match self.from(url, seen) {
                Ok(fetched) => return Ok(fetched),
                Err(refusal) => refusal,
            };
            let (Refusal::Gone(reason) | Refusal::Other(reason)) = &refusal;
            reasons.push(format!("{}: {reason}", self.place(url)));
            gone &= matches!(refusal, Refusal::Gone(_));
        }
        let reasons = reasons.join("; ");
        Err(match gone {
            true => Refusal::Gone(reasons),
            false => Refusal::Other(reasons),
        })
    }

    /// Where a URL is really asked for.
    fn place(&self, url: &str) -> String {
        match (&self.mirror, url.split_once("://")) {
            (Some(base), Some((_, rest))) => format!("{base}/{rest}"),
            _ => url.to_owned(),
        }
    }

    fn from(&self, url: &str, seen: Option<&Seen>) -> Result<Fetched, Refusal> {
        let place = self.place(url);
        let mut partial: Option<Partial> = None;
        let mut pause = self.pause;
        for attempt in 1.. {
            let failure = match self.once(&place, seen, &mut partial) {
                Ok(None) => return Ok(Fetched::Unchanged),
                Ok(Some(Partial { file, seen, .. })) => {
                    let input = Input::downloaded(url, file, SystemTime::now());
                    return Ok(Fetched::New(input, seen));
                }
                Err(failure) => failure,
            };
            match failure {
                Failure::Passing(wait, _) if attempt < TRIES => {
                    std::thread::sleep(wait.max(pause));
                    pause *= 2;
                }
                Failure::Passing(_, reason) => {
                    return Err(Refusal::Other(format!("{reason}, {attempt} times")));
                }
                Failure::Gone(reason) => return Err(Refusal::Gone(reason)),
                Failure::Final(reason) => return Err(Refusal::Other(reason)),
            }
        }
        Err(Refusal::Other("never asked".into()))
    }

    /// One request: the rest of what is there already, or all of it.
    fn once(
        &self,
        place: &str,
        seen: Option<&Seen>,
        partial: &mut Option<Partial>,
    ) -> Result<Option<Partial>, Failure> {
        let passing =
            |error: &dyn std::fmt::Display| Failure::Passing(Duration::ZERO, error.to_string());
        let mut request = self.agent.get(place);
        match partial {
            Some(Partial { length, seen, .. }) if seen.etag.is_some() && *length > 0 => {
                request = request.header(header::RANGE, format!("bytes={length}-"));
                let etag = seen.etag.clone().unwrap_or_default();
                request = request.header(header::IF_RANGE, etag);
            }
            _ => {
                *partial = None;
                if let Some(etag) = seen.and_then(|seen| seen.etag.as_deref()) {
                    request = request.header(header::IF_NONE_MATCH, etag);
                } else if let Some(date) = seen.and_then(|seen| seen.last_modified.as_deref()) {
                    request = request.header(header::IF_MODIFIED_SINCE, date);
                }
            }
        }
        let mut response = request.call().map_err(|error| match untrusted(&error) {
            Some(why) => Failure::Final(format!(
                "the certificate of its host does not hold ({why}); trust its authority with --ca-file"
            )),
            None => match error {
                ureq::Error::BadUri(_) | ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
                    Failure::Final(error.to_string())
                }
                other => passing(&other),
            },
        })?;
        let status = response.status();
        match status {
            StatusCode::NOT_MODIFIED if seen.is_some() => return Ok(None),
            StatusCode::OK => {
                *partial = Some(Partial {
                    file: tempfile::tempfile().map_err(|e| Failure::Final(e.to_string()))?,
                    length: 0,
                    seen: seen_of(&response),
                });
            }
            StatusCode::PARTIAL_CONTENT if partial.is_some() => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                return Err(Failure::Passing(
                    wait(&response),
                    format!("answered {status}"),
                ));
            }
            status if status.is_server_error() => {
                return Err(Failure::Passing(
                    wait(&response),
                    format!("answered {status}"),
                ));
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(Failure::Gone(format!("answered {status}")));
            }
            status => return Err(Failure::Final(format!("answered {status}"))),
        }
        let Some(there) = partial.as_mut() else {
            return Err(Failure::Final("answered nothing".into()));
        };
        receive(&mut response, there)?;
        Ok(partial.take())
    }
}

/// Why a certificate does not hold, where that is what is wrong.
fn untrusted(error: &ureq::Error) -> Option<String> {
    let error = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
        _ => None,
    };
    match error? {
        rustls::Error::InvalidCertificate(why) => Some(why.to_string()),
        _ => None,
    }
}

/// Appends what comes to what is there.
fn receive(response: &mut Response<Body>, there: &mut Partial) -> Result<(), Failure> {
    let disk = |error: io::Error| Failure::Final(error.to_string());
    there
        .file
        .seek(SeekFrom::Start(there.length))
        .map_err(disk)?;
    let mut body = response
        .body_mut()
        .with_config()
        .limit(MAX_DOWNLOAD)
        .reader();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match body.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) => return Err(Failure::Passing(Duration::ZERO, error.to_string())),
        };
        there.length += read as u64;
        if there.length > MAX_DOWNLOAD {
            return Err(Failure::Final("it is longer than 4 GiB".into()));
        }
        there.file.write_all(&buffer[..read]).map_err(disk)?;
    }
}

fn text(response: &Response<Body>, name: header::HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

fn seen_of(response: &Response<Body>) -> Seen {
    Seen {
        etag: text(response, header::ETAG),
        last_modified: text(response, header::LAST_MODIFIED),
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3).
fn wait(response: &Response<Body>) -> Duration {
    let Some(after) = text(response, header::RETRY_AFTER) else {
        return Duration::ZERO;
    };
    let seconds = after.parse().ok().or_else(|| {
        let until = jiff::fmt::rfc2822::parse(&after).ok()?.timestamp();
        let left = until.as_second() - jiff::Timestamp::now().as_second();
        u64::try_from(left).ok()
    });
    Duration::from_secs(seconds.unwrap_or(0)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests;
