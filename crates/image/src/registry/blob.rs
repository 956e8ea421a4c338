//! Blobs as streams that go on after a cut and end only in what was named.

use super::client::{Client, Scope};
use super::transport::Request;
use crate::ImageError;
use crate::digester::Digester;
use plimsoll_types::Digest;
use std::io::{self, Read};
use ureq::http::Response;
use ureq::{Body, BodyReader};

/// Times that one stream may be cut.
const CUTS: u32 = 5;

/// A blob under way. Its last byte is followed by the end only if all of them
/// have the digest and the size that were asked for.
pub struct Blob<'a> {
    client: &'a Client,
    digest: Digest,
    size: u64,
    /// Bytes that came.
    length: u64,
    cuts: u32,
    body: BodyReader<'static>,
    digester: Option<Digester>,
}

impl<'a> Blob<'a> {
    pub(super) fn open(client: &'a Client, digest: &Digest, size: u64) -> Result<Self, ImageError> {
        let response = ask(client, digest, 0)?;
        Ok(Self {
            client,
            digest: digest.clone(),
            size,
            length: 0,
            cuts: 0,
            body: response.into_body().into_reader(),
            digester: Some(Digester::like(Some(digest))),
        })
    }

    /// Goes on where the stream was cut.
    fn resume(&mut self, reason: &str) -> Result<(), ImageError> {
        self.cuts += 1;
        if self.cuts > CUTS {
            return Err(ImageError::Unreachable {
                input: self.client.name.clone(),
                reason: format!("a blob was cut {CUTS} times: {reason}"),
            });
        }
        let response = ask(self.client, &self.digest, self.length)?;
        let whole = response.status() == 200;
        self.body = response.into_body().into_reader();
        if whole {
            // Who ignores the range begins anew; the digest holds all together.
            let mut known = (&mut self.body).take(self.length);
            io::copy(&mut known, &mut io::sink())
                .map_err(|e| ImageError::io(&self.client.name, &e))?;
        }
        Ok(())
    }

    fn mismatch(&self, expected: impl ToString, actual: impl ToString) -> io::Error {
        io::Error::other(ImageError::DigestMismatch {
            input: self.client.name.clone(),
            expected: expected.to_string(),
            actual: actual.to_string(),
        })
    }
}

fn ask(client: &Client, digest: &Digest, from: u64) -> Result<Response<Body>, ImageError> {
    let url = format!("{}/blobs/{digest}", client.base);
    let mut request = Request::get(&url, "*/*");
    if from > 0 {
        request.headers.push(("range", format!("bytes={from}-")));
    }
    let answer = client.ask(Scope::Pull, &request)?;
    let partial: &[u16] = if from > 0 { &[200, 206] } else { &[200] };
    let response = client.judge(answer.response, partial)?;
    let range = response.headers().get("content-range");
    let range = range.and_then(|range| range.to_str().ok());
    let fits = range.is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
    if response.status() == 206 && !fits {
        let reason = "the registry goes on with other bytes than those asked for";
        return Err(ImageError::protocol(&client.name, reason));
    }
    Ok(response)
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let cut = match self.body.read(buffer) {
                Ok(0) if self.length < self.size => "it ended early".to_owned(),
                Ok(0) => {
                    let Some(digester) = self.digester.take() else {
                        return Ok(0);
                    };
                    let actual = digester.finish();
                    return match actual == self.digest {
                        true => Ok(0),
                        false => Err(self.mismatch(&self.digest, actual)),
                    };
                }
                Ok(read) => {
                    self.length += read as u64;
                    if self.length > self.size {
                        return Err(self.mismatch(format!("{} bytes", self.size), "more"));
                    }
                    if let (Some(digester), Some(bytes)) = (&mut self.digester, buffer.get(..read))
                    {
                        digester.update(bytes);
                    }
                    return Ok(read);
                }
                Err(error) => error.to_string(),
            };
            self.resume(&cut).map_err(io::Error::other)?;
        }
    }
}
