//! The certificate authorities that servers are checked against.

use crate::{ImageError, limits};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use ureq::tls::{Certificate, PemItem, RootCerts};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The built-in authorities and those of a PEM file. A file that holds
/// anything else is an error: a certificate that is skipped in silence is
/// found missing at the worst time.
///
/// # Errors
/// When the file cannot be read or holds anything but certificates.
pub fn with(file: Option<&Path>) -> Result<RootCerts, ImageError> {
    let Some(file) = file else {
        return Ok(RootCerts::WebPki);
    };
    let wrong = |reason: String| ImageError::CaFile {
        input: file.display().to_string(),
        reason,
    };
    let mut pem = Vec::new();
    File::open(file)
        .and_then(|f| f.take(limits::CA_BYTES + 1).read_to_end(&mut pem))
        .map_err(|e| wrong(e.to_string()))?;
    if pem.len() as u64 > limits::CA_BYTES {
        return Err(wrong("it is over 4 MiB".into()));
    }
    let own = parse(&pem).map_err(wrong)?;
    let usual = TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| Certificate::from_der(der));
    Ok(usual.chain(own).into())
}

fn parse(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut certificates = Vec::new();
    let mut store = rustls::RootCertStore::empty();
    for item in ureq::tls::parse_pem(pem) {
        let number = certificates.len() + 1;
        match item {
            Ok(PemItem::Certificate(certificate)) => {
                store
                    .add(certificate.der().to_vec().into())
                    .map_err(|e| format!("certificate {number} is none: {e}"))?;
                certificates.push(certificate);
            }
            Ok(_) => return Err(format!("item {number} is not a certificate")),
            Err(e) => return Err(format!("item {number} is broken: {e}")),
        }
    }
    // The parser passes over kinds that it does not know.
    let begun = pem.split(|b| *b == b'\n');
    let begun = begun.filter(|line| line.starts_with(b"-----BEGIN"));
    match begun.count() {
        0 => Err("it holds no PEM certificate".into()),
        count if count != certificates.len() => {
            Err("it holds something else than certificates".into())
        }
        _ => Ok(certificates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = include_str!("../../tests/tls/ca.pem");
    const KEY: &str = include_str!("../../tests/tls/server.key");

    #[test]
    fn authorities_come_in_addition_to_the_usual_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, format!("# ours\n{CA}\n{CA}")).unwrap();
        let RootCerts::Specific(all) = with(Some(&file)).unwrap() else {
            panic!("the roots are not listed");
        };
        assert_eq!(all.len(), TLS_SERVER_ROOT_CERTS.len() + 2);
    }

    #[test]
    fn any_bad_item_is_an_error() {
        let broken_der = CA.replacen("MII", "AAA", 1);
        let cut = &CA[..CA.len() - 30];
        let unknown = CA.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        for (what, second) in [
            ("not DER", broken_der.as_str()),
            ("cut off", cut),
            ("another kind", &unknown),
            ("a key", KEY),
            (
                "not base64",
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            ),
        ] {
            assert!(parse(format!("{CA}{second}").as_bytes()).is_err(), "{what}");
        }
        assert!(parse(b"").is_err());
        assert_eq!(parse(CA.as_bytes()).unwrap().len(), 1);
    }
}
