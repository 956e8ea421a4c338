use super::*;
use crate::testing::{Answer, Server};

fn content(fetched: Fetched) -> Option<(Vec<u8>, Seen)> {
    let Fetched::New(mut input, seen) = fetched else {
        return None;
    };
    let mut content = Vec::new();
    let read = input.documents(|document| {
        content = document.content.unwrap();
        Ok(())
    });
    read.unwrap();
    Some((content, seen))
}

const URL: &str = "https://example.org/feed.json";

#[test]
fn a_document_that_did_not_change_is_not_sent_again() {
    let server = Server::start(vec![
        Answer::ok("one").with("ETag", "\"1\""),
        Answer::status(304),
    ]);
    let fetcher = Fetcher::hasty(&server.url());
    let (text, seen) = content(fetcher.get(&[URL], None).unwrap()).unwrap();
    assert_eq!(text, b"one");
    assert_eq!(seen.etag.as_deref(), Some("\"1\""));
    assert!(content(fetcher.get(&[URL], Some(&seen)).unwrap()).is_none());
    let asked = server.asked();
    assert!(
        asked[0].starts_with("GET /example.org/feed.json "),
        "{asked:?}"
    );
    assert!(
        asked[1].to_lowercase().contains("if-none-match: \"1\""),
        "{asked:?}"
    );
}

#[test]
fn a_busy_or_broken_server_is_asked_again() {
    let server = Server::start(vec![
        Answer::status(429).with("Retry-After", "0"),
        Answer::status(500),
        Answer::hang_up(),
        Answer::ok("late"),
    ]);
    let fetcher = Fetcher::hasty(&server.url());
    let (text, _) = content(fetcher.get(&[URL], None).unwrap()).unwrap();
    assert_eq!(text, b"late");
}

#[test]
fn half_a_document_is_completed_and_never_used() {
    let server = Server::start(vec![
        Answer::ok("first half").with("ETag", "\"1\"").promising(20),
        Answer::new(206, " last half").with("ETag", "\"1\""),
    ]);
    let fetcher = Fetcher::hasty(&server.url());
    let (text, _) = content(fetcher.get(&[URL], None).unwrap()).unwrap();
    assert_eq!(text, b"first half last half");
    let asked = server.asked()[1].to_lowercase();
    assert!(
        asked.contains("range: bytes=10-") && asked.contains("if-range: \"1\""),
        "{asked}"
    );
    // It changed in between: the whole of it comes.
    let server = Server::start(vec![
        Answer::ok("first half").with("ETag", "\"1\"").promising(20),
        Answer::ok("new").with("ETag", "\"2\""),
    ]);
    let fetcher = Fetcher::hasty(&server.url());
    let (text, _) = content(fetcher.get(&[URL], None).unwrap()).unwrap();
    assert_eq!(text, b"new");
}

#[test]
fn the_next_mirror_is_asked_where_one_has_nothing() {
    let server = Server::start(vec![Answer::status(404), Answer::ok("mirrored")]);
    let fetcher = Fetcher::hasty(&server.url());
    let urls = [URL, "https://mirror.example.org/feed.json"];
    let (text, _) = content(fetcher.get(&urls, None).unwrap()).unwrap();
    assert_eq!(text, b"mirrored");
}

#[test]
fn what_no_mirror_has_is_told_mirror_by_mirror() {
    let answers = std::iter::repeat_n(Answer::status(503), 5);
    let server = Server::start(answers.chain([Answer::status(404)]).collect());
    let fetcher = Fetcher::hasty(&server.url());
    let urls = [URL, "https://mirror.example.org/feed.json"];
    let Err(error) = fetcher.get(&urls, None) else {
        panic!("there is nothing");
    };
    let reason = error.reason.unwrap();
    assert!(
        reason.contains("503 Service Unavailable, 5 times"),
        "{reason}"
    );
    assert!(
        reason.contains("mirror.example.org/feed.json: answered 404"),
        "{reason}"
    );
}

/// A server that speaks TLS, with the certificate of an authority of our own.
fn secure(body: &'static str) -> String {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use std::io::{BufRead, BufReader};
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../../../image/tests/tls/server.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../image/tests/tls/server.key"));
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(std::sync::Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(connection, stream));
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    format!("https://127.0.0.1:{port}")
}

#[test]
fn an_authority_that_is_named_is_trusted_and_no_other() {
    let server = secure("feed");
    let refused = Fetcher::hasty(&server).get(&[URL], None).err().unwrap();
    let reason = refused.reason.unwrap();
    assert!(reason.contains("--ca-file"), "{reason}");
    let pem = include_bytes!("../../../image/tests/tls/ca.pem");
    let authority = ureq::tls::Certificate::from_pem(pem).unwrap();
    let fetcher = Fetcher::new(Some(&server), Some([authority].into_iter().into()));
    let (text, _) = content(fetcher.get(&[URL], None).unwrap()).unwrap();
    assert_eq!(text, b"feed");
}
