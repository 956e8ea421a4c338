//! Uploads (distribution-spec 1.1, "Pushing blobs", "Pushing manifests").

use super::client::{Client, Scope, encoded, persist};
use super::transport::{Content, Failure, Request, location};
use crate::ImageError;
use crate::digester::Digester;
use plimsoll_types::Digest;
use ureq::http::Method;

/// The body of a request that only begins something.
const NOTHING: &[u8] = &[];

impl Client {
    /// Whether the repository has a blob.
    pub(super) fn has_blob(&self, digest: &Digest) -> Result<bool, ImageError> {
        let url = format!("{}/blobs/{digest}", self.base);
        let request = Request {
            method: Method::HEAD,
            url: &url,
            headers: Vec::new(),
            content: None,
        };
        let answer = self.ask(Scope::Push, &request)?;
        Ok(self.judge(answer.response, &[200, 404])?.status() == 200)
    }

    /// Sends a blob; from the beginning where that fails in passing.
    pub(super) fn push_blob(
        &self,
        digest: &Digest,
        content: &dyn Content,
    ) -> Result<(), ImageError> {
        persist(|| self.upload(digest, content))
    }

    fn upload(&self, digest: &Digest, content: &dyn Content) -> Result<(), Failure> {
        let url = format!("{}/blobs/uploads/", self.base);
        let request = Request {
            method: Method::POST,
            url: &url,
            headers: Vec::new(),
            content: Some(&NOTHING),
        };
        let answer = self.once(Scope::Push, &request)?;
        let place = location(&answer.response, &answer.uri);
        self.judge(answer.response, &[202])?;
        let place = place.ok_or_else(|| {
            ImageError::protocol(&self.name, "the registry does not say where to upload to")
        })?;
        let joint = if place.query().is_some() { '&' } else { '?' };
        let url = format!("{place}{joint}digest={}", encoded(digest.as_str()));
        let request = Request {
            method: Method::PUT,
            url: &url,
            headers: vec![("content-type", "application/octet-stream".to_owned())],
            content: Some(content),
        };
        let answer = self.once_there(Scope::Push, &place, &request)?;
        self.judge(answer.response, &[201])?;
        Ok(())
    }

    /// Puts a manifest under a tag or under its digest, which is returned.
    pub(super) fn push_manifest(
        &self,
        wanted: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, ImageError> {
        let url = format!("{}/manifests/{wanted}", self.base);
        let request = Request {
            method: Method::PUT,
            url: &url,
            headers: vec![("content-type", media_type.to_owned())],
            content: Some(&bytes),
        };
        let answer = self.ask(Scope::Push, &request)?;
        let response = self.judge(answer.response, &[201])?;
        let stated = response.headers().get("docker-content-digest");
        let stated: Option<Digest> = stated.and_then(|v| v.to_str().ok()?.parse().ok());
        let actual = Digester::of(bytes, stated.as_ref());
        match stated {
            Some(stated) if stated != actual => Err(ImageError::DigestMismatch {
                input: self.name.clone(),
                expected: actual.to_string(),
                actual: stated.to_string(),
            }),
            _ => Ok(actual),
        }
    }
}
