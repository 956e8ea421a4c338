/// Why an image or one of its layers could not be read. Every message is one
/// line that names the input.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ImageError {
    /// The reference does not follow the grammar.
    #[error(transparent)]
    Reference(#[from] crate::ParseReferenceError),
    /// The operating system refused a read.
    #[error("cannot read `{input}`: {reason}")]
    Io {
        /// File or entry.
        input: String,
        /// What the system said.
        reason: String,
    },
    /// The bytes are not what the format asks for.
    #[error("`{input}` is damaged or no image: {reason}; fetch or build it again")]
    Malformed {
        /// File, entry or document.
        input: String,
        /// What is wrong.
        reason: String,
    },
    /// A file, blob, tag or platform that should be there is not.
    #[error("`{input}`: there is no {what}")]
    NotFound {
        /// Where it was looked for.
        input: String,
        /// What was looked for, with a hint.
        what: String,
    },
    /// The image is for another platform than the one asked for.
    #[error("`{input}`: there is no image for {wanted}, it is for {own}; choose with `--platform`")]
    Platform {
        /// The image.
        input: String,
        /// What was asked for.
        wanted: String,
        /// What there is.
        own: String,
    },
    /// The input holds several images and none was chosen.
    #[error("`{input}` holds several images, choose one with `:name:tag` or `:@N`: {names}")]
    Several {
        /// The archive or layout.
        input: String,
        /// The images as `@N name`.
        names: String,
    },
    /// Bytes do not have the digest that names them.
    #[error("`{input}` is damaged: expected {expected}, got {actual}; fetch or build it again")]
    DigestMismatch {
        /// What was read.
        input: String,
        /// The digest or size it was named with.
        expected: String,
        /// The digest or size it has.
        actual: String,
    },
    /// A bound against hostile input was reached.
    #[error("`{input}`: {reason}")]
    Limit {
        /// What was read.
        input: String,
        /// Which bound.
        reason: String,
    },
    /// The kind of image is not supported.
    #[error("`{input}` is not supported: {reason}")]
    Unsupported {
        /// The image.
        input: String,
        /// Why.
        reason: String,
    },
    /// The registry or the token service refused the credentials.
    #[error("`{input}`: access denied ({reason}); log in or check that the repository exists")]
    Auth {
        /// The reference or host.
        input: String,
        /// What was answered.
        reason: String,
    },
    /// The registry asks to come back later.
    #[error("`{input}`: rate limited by the registry; try again {when}, or log in")]
    RateLimited {
        /// The reference or host.
        input: String,
        /// When, as the registry said it.
        when: String,
    },
    /// The registry failed although the request was repeated.
    #[error("`{input}`: the registry fails ({reason}); try again later")]
    Transient {
        /// The reference or host.
        input: String,
        /// Last answer.
        reason: String,
    },
    /// No connection to the registry came about.
    #[error("`{input}`: the registry cannot be reached ({reason}); check its name and the network")]
    Unreachable {
        /// The reference or host.
        input: String,
        /// What the system said.
        reason: String,
    },
    /// Nothing came in the time allowed.
    #[error("`{input}`: no answer in time; check the host and the network, or allow more time")]
    Timeout {
        /// The reference or host.
        input: String,
    },
    /// The registry broke the protocol or cannot be reached safely.
    #[error("`{input}`: {reason}")]
    Protocol {
        /// The reference or host.
        input: String,
        /// What is wrong.
        reason: String,
    },
    /// The file of certificate authorities cannot be used.
    #[error("`{input}` cannot be used as CA certificates: {reason}")]
    CaFile {
        /// The file.
        input: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The network is needed but was forbidden.
    #[error("`{input}` needs the network, which offline mode forbids; use a local archive")]
    Offline {
        /// The reference.
        input: String,
    },
}

impl ImageError {
    /// Whether the request itself is wrong, rather than what it names.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Reference(_) | Self::Several { .. } | Self::CaFile { .. }
        )
    }

    pub(crate) fn io(input: impl ToString, error: &std::io::Error) -> Self {
        let input = input.to_string();
        if let Some(inner) = error.get_ref().and_then(|e| e.downcast_ref::<ImageError>()) {
            return inner.clone();
        }
        if error.kind() == std::io::ErrorKind::TimedOut {
            return Self::Timeout { input };
        }
        Self::Io {
            input,
            reason: error.to_string(),
        }
    }

    pub(crate) fn malformed(input: impl ToString, reason: impl ToString) -> Self {
        Self::Malformed {
            input: input.to_string(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn not_found(input: impl ToString, what: impl ToString) -> Self {
        Self::NotFound {
            input: input.to_string(),
            what: what.to_string(),
        }
    }

    pub(crate) fn limit(input: impl ToString, reason: impl ToString) -> Self {
        Self::Limit {
            input: input.to_string(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn unsupported(input: impl ToString, reason: impl ToString) -> Self {
        Self::Unsupported {
            input: input.to_string(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn protocol(input: impl ToString, reason: impl ToString) -> Self {
        Self::Protocol {
            input: input.to_string(),
            reason: reason.to_string(),
        }
    }
}
