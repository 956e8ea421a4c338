use plimsoll_types::Platform;
use std::path::PathBuf;
use std::time::Duration;

/// How an image is found and fetched.
#[derive(Clone, Debug)]
pub struct Options {
    /// The platform to take from an index; the host's where `None`.
    pub platform: Option<Platform>,
    /// Whether the registry's host may have a certificate that does not hold,
    /// or speak plain HTTP where nobody speaks TLS. Loopback may do the latter
    /// in any case. Other hosts that it leads to stay verified.
    pub insecure: bool,
    /// Whether any use of the network is an error.
    pub offline: bool,
    /// PEM file with certificate authorities to trust in addition to the
    /// built-in ones. Anything in it that is no certificate is an error.
    pub ca_file: Option<PathBuf>,
    /// Whether credentials are used only where they name this registry, since
    /// it is not the one that the user is asking for.
    pub bound_credentials: bool,
    /// Longest wait for a response header or for the next bytes of a body.
    /// Connecting waits at most 10 s of it.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            platform: None,
            insecure: false,
            offline: false,
            ca_file: None,
            bound_credentials: false,
            timeout: Duration::from_secs(60),
        }
    }
}
