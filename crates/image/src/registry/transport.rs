//! Connections: how the registry's host is spoken to, and where redirects and
//! token realms may lead.

use super::roots;
use crate::{ImageError, Options};
use std::io::{self, ErrorKind, Read};
use std::time::Duration;
use ureq::http::{self, Method, Response, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, SendBody};

const REDIRECTS: usize = 5;

/// What protects the bytes between the registry and us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// TLS with a certificate that holds.
    Verified,
    /// TLS with whoever answered.
    Unverified,
    /// Nothing.
    Plain,
}

pub(crate) struct Transport {
    name: String,
    host: String,
    channel: Channel,
    insecure: bool,
    strict: Agent,
    lenient: Agent,
}

/// Why there was no answer.
enum Refusal {
    /// Whoever is there does not speak TLS.
    NotTls(ImageError),
    /// It speaks TLS, but its certificate does not hold.
    Untrusted(ImageError),
    /// Worth another try.
    Passing(ImageError),
    Other(ImageError),
}

impl Refusal {
    fn error(self) -> ImageError {
        match self {
            Self::NotTls(e) | Self::Untrusted(e) | Self::Passing(e) | Self::Other(e) => e,
        }
    }
}

/// A failed request.
pub(crate) struct Failure {
    pub(crate) error: ImageError,
    /// How long to wait, at least, before the same may succeed; `None` where
    /// it will not.
    pub(crate) again: Option<Duration>,
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self { error, again: None }
    }
}

/// What is sent; it is opened anew for each try.
pub trait Content {
    /// Its length in bytes.
    fn length(&self) -> u64;

    /// Opens it at its beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Content for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(*self))
    }
}

/// What is asked.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Option<&'a dyn Content>,
}

impl<'a> Request<'a> {
    pub(crate) fn get(url: &'a str, accept: &str) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: vec![("accept", accept.to_owned())],
            content: None,
        }
    }
}

/// What was answered, and which URL did it after all redirects.
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) uri: Uri,
}

impl Transport {
    /// Settles how to speak to a registry's host. TLS that holds is the rule;
    /// plain HTTP is spoken to loopback and, by request, to any host, where
    /// nobody speaks TLS; a certificate that does not hold is passed over by
    /// request only.
    pub(crate) fn connect(name: &str, host: &str, options: &Options) -> Result<Self, ImageError> {
        let roots = roots::with(options.ca_file.as_deref())?;
        let mut transport = Self {
            name: name.into(),
            host: host.into(),
            channel: Channel::Verified,
            insecure: options.insecure,
            strict: agent(options, Some(roots)),
            lenient: agent(options, None),
        };
        if options.insecure || is_loopback(host) {
            transport.channel = transport.probe()?;
        }
        Ok(transport)
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    /// Whether the host that answers is the one that was asked: it proved it,
    /// or it is this one.
    pub(crate) fn is_proved(&self) -> bool {
        self.channel == Channel::Verified || is_loopback(&self.host)
    }

    /// The registry's host with its scheme.
    pub(crate) fn origin(&self) -> String {
        let scheme = match self.channel {
            Channel::Verified | Channel::Unverified => "https",
            Channel::Plain => "http",
        };
        format!("{scheme}://{}", self.host)
    }

    fn probe(&self) -> Result<Channel, ImageError> {
        let url = format!("https://{}/v2/", self.host);
        let ask = |agent: &Agent| agent.get(&url).call().map_err(|e| self.refusal(e));
        let refusal = match ask(&self.strict) {
            Ok(_) => return Ok(Channel::Verified),
            Err(refusal) => refusal,
        };
        match refusal {
            Refusal::NotTls(_) => Ok(Channel::Plain),
            Refusal::Untrusted(_) if self.insecure => match ask(&self.lenient) {
                Ok(_) => Ok(Channel::Unverified),
                Err(refusal) => Err(refusal.error()),
            },
            refusal => Err(refusal.error()),
        }
    }

    /// Whether user credentials may go to a token service. Its registry names
    /// it, so a hostile one could name any; they go home, to the services that
    /// are known to belong to a registry, and to `listed`.
    pub(crate) fn may_have_credentials(&self, realm: &Uri, listed: Option<&str>) -> bool {
        let Some(host) = realm.host() else {
            return false;
        };
        let tls = realm.scheme_str() == Some("https");
        if self.is_home(realm) {
            return tls || self.channel == Channel::Plain || self.insecure;
        }
        let known = [
            ("registry-1.docker.io", "auth.docker.io"),
            ("registry.gitlab.com", "gitlab.com"),
        ];
        let default_port = realm.port_u16().is_none_or(|port| port == 443);
        let at_known = known.contains(&(self.host.as_str(), host)) && default_port;
        tls && (at_known || listed.is_some_and(|listed| is_listed(realm, listed)))
    }

    fn is_home(&self, uri: &Uri) -> bool {
        uri.host()
            .is_some_and(|host| host.eq_ignore_ascii_case(without_port(&self.host)))
    }

    /// Sends a request. Redirects are followed by hand, because what a host
    /// may be spoken to with depends on which one it is.
    pub(crate) fn send(
        &self,
        request: &Request<'_>,
        authorization: Option<&str>,
    ) -> Result<Answer, Failure> {
        let protocol = |reason: &str| Failure::from(ImageError::protocol(&self.name, reason));
        let mut uri: Uri = request
            .url
            .parse()
            .map_err(|_| protocol("a URL is broken"))?;
        let mut authorization = authorization;
        for _ in 0..=REDIRECTS {
            let response = self.hop(request, &uri, authorization)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { response, uri });
            }
            // The others may turn any method into GET.
            if !matches!(status, 307 | 308) && !request.method.is_safe() {
                return Err(protocol("a redirect would lose what is sent"));
            }
            let next =
                location(&response, &uri).ok_or_else(|| protocol("a redirect leads nowhere"))?;
            if uri.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                return Err(protocol("a redirect leads from https to plain http"));
            }
            if origin(&next) != origin(&uri) {
                authorization = None;
            }
            uri = next;
        }
        Err(protocol("more than 5 redirects"))
    }

    /// Sends a request to one URL.
    fn hop(
        &self,
        request: &Request<'_>,
        uri: &Uri,
        authorization: Option<&str>,
    ) -> Result<Response<Body>, Failure> {
        let agent = self.agent(uri)?;
        let mut builder = http::Request::builder()
            .method(&request.method)
            .uri(uri)
            .header("accept-encoding", "identity");
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(value) = authorization {
            builder = builder.header("authorization", value);
        }
        let broken = |_| ImageError::protocol(&self.name, "a header is broken");
        let answer = match request.content {
            None => agent.run(builder.body(SendBody::none()).map_err(broken)?),
            Some(content) => {
                builder = builder.header("content-length", content.length().to_string());
                let opened = content.open();
                let mut opened = opened.map_err(|e| ImageError::io(&self.name, &e))?;
                let body = SendBody::from_reader(&mut opened);
                agent.run(builder.body(body).map_err(broken)?)
            }
        };
        answer.map_err(|e| match self.refusal(e) {
            Refusal::Other(error) => Failure::from(error),
            refusal => {
                let error = refusal.error();
                let passing = matches!(error, ImageError::Unreachable { .. });
                let again = passing.then_some(Duration::ZERO);
                Failure { error, again }
            }
        })
    }

    /// Who speaks to a host; an error where nobody may.
    fn agent(&self, uri: &Uri) -> Result<&Agent, ImageError> {
        let home = self.is_home(uri);
        let plain = self.channel == Channel::Plain || self.insecure && home;
        match uri.scheme_str() {
            Some("https") if home && self.insecure && self.channel != Channel::Verified => {
                Ok(&self.lenient)
            }
            Some("https") => Ok(&self.strict),
            Some("http") if plain => Ok(&self.strict),
            _ => {
                let reason = format!(
                    "`{}` would be asked without TLS",
                    uri.host().unwrap_or_default()
                );
                Err(ImageError::protocol(&self.name, reason))
            }
        }
    }

    fn refusal(&self, error: ureq::Error) -> Refusal {
        let input = self.name.clone();
        let tls = |error: &rustls::Error| match error {
            rustls::Error::InvalidMessage(_) => Refusal::NotTls(ImageError::protocol(
                &input,
                "its registry does not speak TLS",
            )),
            rustls::Error::InvalidCertificate(why) => {
                let reason = format!(
                    "the certificate of its host does not hold ({why}); trust its authority with --ca-file"
                );
                Refusal::Untrusted(ImageError::protocol(&input, reason))
            }
            other => Refusal::Other(ImageError::protocol(&input, format!("TLS: {other}"))),
        };
        let unreachable = |reason: String| ImageError::Unreachable {
            input: input.clone(),
            reason,
        };
        match &error {
            ureq::Error::Timeout(_) => Refusal::Other(ImageError::Timeout { input }),
            ureq::Error::Rustls(e) => tls(e),
            ureq::Error::Io(e) => {
                let inner = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
                match (inner, e.kind()) {
                    (Some(e), _) => tls(e),
                    (
                        None,
                        ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionReset
                        | ErrorKind::ConnectionAborted
                        | ErrorKind::BrokenPipe
                        | ErrorKind::UnexpectedEof,
                    ) => Refusal::NotTls(unreachable(e.to_string())),
                    (None, _) => Refusal::Passing(unreachable(e.to_string())),
                }
            }
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
                Refusal::Other(unreachable(error.to_string()))
            }
            // It names the URL, whose query may hold a signature.
            ureq::Error::BadUri(_) => {
                Refusal::Other(ImageError::protocol(input, "a URL is broken"))
            }
            other => Refusal::Other(ImageError::protocol(&input, other)),
        }
    }
}

/// An agent that follows no redirect; without `roots` it verifies nothing.
fn agent(options: &Options, roots: Option<RootCerts>) -> Agent {
    let tls = TlsConfig::builder().disable_verification(roots.is_none());
    let tls = match roots {
        Some(roots) => tls.root_certs(roots),
        None => tls,
    };
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .tls_config(tls.build())
        .user_agent("plimsoll")
        .timeout_connect(Some(options.timeout.min(Duration::from_secs(10))))
        .timeout_recv_response(Some(options.timeout))
        .timeout_per_read(Some(options.timeout))
        .build()
        .new_agent()
}

/// Where an answer of `uri` leads.
pub(crate) fn location(response: &Response<Body>, uri: &Uri) -> Option<Uri> {
    let location = response.headers().get("location")?;
    resolve(uri, location.to_str().ok()?)
}

/// Where a `Location` leads from a URL (RFC 3986 section 5.2, without dot
/// segments, which servers resolve). `None` for what is no HTTP URL.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    let whole = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location
        .split(['/', '?'])
        .next()
        .is_some_and(|s| s.contains(':'))
    {
        location.to_owned()
    } else {
        let folder = from
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let uri: Uri = whole.parse().ok()?;
    let names_a_user = uri.authority()?.as_str().contains('@');
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    (http && !names_a_user && uri.host().is_some_and(|h| !h.is_empty())).then_some(uri)
}

/// Scheme, host and port, which `Authorization` belongs to.
pub(crate) fn origin(uri: &Uri) -> (Option<String>, Option<String>, u16) {
    let port = match uri.scheme_str() {
        Some("http") => 80,
        _ => 443,
    };
    (
        uri.scheme_str().map(str::to_owned),
        uri.host().map(str::to_ascii_lowercase),
        uri.port_u16().unwrap_or(port),
    )
}

/// Whether a URL is at a listed `host[:port]`.
fn is_listed(uri: &Uri, listed: &str) -> bool {
    let uri_host = uri.host().unwrap_or_default();
    let port = listed
        .strip_prefix(without_port(listed))
        .and_then(|rest| rest.strip_prefix(':'));
    without_port(listed).eq_ignore_ascii_case(uri_host)
        && port.unwrap_or("443") == uri.port_u16().unwrap_or(443).to_string()
}

/// The host of `host[:port]`, an IPv6 address with its brackets.
fn without_port(host: &str) -> &str {
    match host.find(']') {
        Some(end) => host.get(..=end).unwrap_or(host),
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = without_port(host).trim_matches(['[', ']']);
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(host: &str, channel: Channel, insecure: bool) -> Transport {
        let options = Options::default();
        Transport {
            name: "x".into(),
            host: host.into(),
            channel,
            insecure,
            strict: agent(&options, Some(RootCerts::WebPki)),
            lenient: agent(&options, None),
        }
    }

    #[test]
    fn locations_are_resolved_and_strange_ones_refused() {
        let from: Uri = "https://r.example:5000/v2/a/blobs/x?q".parse().unwrap();
        for (location, url) in [
            ("/b?c=d#e", Some("https://r.example:5000/b?c=d")),
            ("//cdn.example/b", Some("https://cdn.example/b")),
            ("http://cdn.example/b", Some("http://cdn.example/b")),
            ("y?a:b", Some("https://r.example:5000/v2/a/blobs/y?a:b")),
            ("ftp://cdn.example/b", None),
            ("https://user:word@cdn.example/b", None),
            ("file:/etc/passwd", None),
        ] {
            let resolved = resolve(&from, location).map(|uri| uri.to_string());
            assert_eq!(resolved.as_deref(), url, "{location}");
        }
    }

    #[test]
    fn credentials_go_home_and_to_known_and_listed_services() {
        let sent = |host: &str, realm: &str, listed: Option<&str>| {
            let transport = transport(host, Channel::Verified, false);
            transport.may_have_credentials(&realm.parse().unwrap(), listed)
        };
        for (host, realm, listed) in [
            ("r.example", "https://r.example/token", None),
            ("r.example:5000", "https://r.example/token", None),
            ("registry-1.docker.io", "https://auth.docker.io/token", None),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth", None),
            ("r.example", "https://git.example/jwt", Some("git.example")),
            (
                "r.example",
                "https://git.example:8443/jwt",
                Some("git.example:8443"),
            ),
        ] {
            assert!(sent(host, realm, listed), "{realm}");
        }
        for (host, realm, listed) in [
            ("r.example", "https://evil.example/token", None),
            ("r.example", "http://r.example/token", None),
            ("r.example", "https://r.example.evil.example/token", None),
            ("r.example", "https://auth.docker.io/token", None),
            ("registry-1.docker.io", "http://auth.docker.io/token", None),
            (
                "registry-1.docker.io",
                "https://auth.docker.io:444/token",
                None,
            ),
            ("r.example", "http://git.example/jwt", Some("git.example")),
            (
                "r.example",
                "https://git.example:8443/jwt",
                Some("git.example"),
            ),
            ("r.example", "https://evil.example/jwt", Some("git.example")),
        ] {
            assert!(!sent(host, realm, listed), "{realm}");
        }
    }

    #[test]
    fn only_the_registrys_host_is_spoken_to_without_verification() {
        let lenient = |channel, insecure, url: &str| {
            let transport = transport("r.example:5000", channel, insecure);
            let agent = transport.agent(&url.parse().unwrap()).ok()?;
            let tls = agent.config().tls_config();
            Some(tls.disable_verification())
        };
        use Channel::{Plain, Unverified, Verified};
        for (channel, insecure, url, expected) in [
            (Verified, false, "https://r.example:5000/", Some(false)),
            (Verified, false, "http://r.example:5000/", None),
            (Verified, false, "http://cdn.example/", None),
            (Unverified, true, "https://r.example:5000/", Some(true)),
            (Unverified, true, "https://cdn.example/", Some(false)),
            (Unverified, true, "http://cdn.example/", None),
            (Plain, true, "https://cdn.example/", Some(false)),
            (Plain, true, "http://cdn.example/", Some(false)),
            (Plain, false, "https://r.example:5000/", Some(false)),
        ] {
            assert_eq!(
                lenient(channel, insecure, url),
                expected,
                "{channel:?} {url}"
            );
        }
    }

    #[test]
    fn hosts_are_loopback_by_address_or_name() {
        for host in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.9:80",
            "[::1]:5000",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "r.example", "10.0.0.1", "[::2]:1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
