use plimsoll_types::Platform;
use std::path::PathBuf;
use std::time::Duration;

/// How an image is found and fetched.
#[derive(Clone, Debug)]
pub struct Options {
    /// The platform to take from an index; the host's where `None`.
    pub platform: Option<Platform>,
    /// Whether plain HTTP and unverified TLS are allowed beyond loopback.
    pub insecure: bool,
    /// Whether any use of the network is an error.
    pub offline: bool,
    /// PEM file with the certificate authorities to trust instead of the
    /// built-in ones.
    pub ca_file: Option<PathBuf>,
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
            timeout: Duration::from_secs(60),
        }
    }
}
