//! Stores made of documents, for tests.

use crate::{Store, UpdateError, UpdateOptions, UpdateReport, update};
use plimsoll_types::{
    Confidence, Distro, Ecosystem, Inventory, Location, Package, PackageRecord, SourcePackage,
};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Updates the data in `folder` from documents, each in a file of its own.
pub(crate) fn load(folder: &Path, documents: &[&str]) -> Result<UpdateReport, UpdateError> {
    let feeds = tempfile::tempdir().unwrap();
    for (index, document) in documents.iter().enumerate() {
        std::fs::write(feeds.path().join(format!("{index}.json")), document).unwrap();
    }
    let from = [feeds.path().display().to_string()];
    update(folder, &from, &UpdateOptions::default())
}

/// A store of documents.
pub(crate) fn store(documents: &[&str]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), documents).unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// An OSV record about one package.
pub(crate) fn osv(
    id: &str,
    aliases: &[&str],
    ecosystem: &str,
    name: &str,
    events: &str,
    more: &str,
) -> String {
    let aliases: Vec<_> = aliases.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        r#"{{"id":"{id}","modified":"2024-01-01T00:00:00Z","aliases":[{}],"summary":"about {id}"{more},
        "affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},
        "ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}]}}"#,
        aliases.join(",")
    )
}

/// A package that a test may change.
pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
    let record = PackageRecord::new(ecosystem, name, Some(version.into()), Confidence::Installed);
    Package {
        record,
        locations: vec![Location {
            path: "somewhere".into(),
            nested: Vec::new(),
            layer: 1,
            evidence: "test".into(),
        }],
        introduced: 1,
        removed: None,
        owned_by: None,
        license: None,
        depends_on: Vec::new(),
    }
}

/// A binary package of a Debian source package.
pub(crate) fn deb(name: &str, version: &str, source: &str) -> Package {
    let mut package = package(Ecosystem::Deb, name, version);
    package.record.source = Some(SourcePackage {
        name: source.into(),
        version: None,
    });
    package
}

/// An inventory of packages on a distribution.
pub(crate) fn inventory(distro: Option<(&str, &str)>, packages: Vec<Package>) -> Inventory {
    Inventory {
        distro: distro.map(|(id, version)| Distro {
            id: id.into(),
            version: Some(version.into()),
            ..Distro::default()
        }),
        packages,
        ..Inventory::default()
    }
}

/// What a server answers once.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Bytes that the header promises.
    promised: usize,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            status,
            headers: Vec::new(),
            promised: body.len(),
            body,
        }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "")
    }

    /// Closes the connection without a word.
    pub(crate) fn hang_up() -> Self {
        Self::status(0)
    }

    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    /// Promises more than comes.
    pub(crate) fn promising(mut self, length: usize) -> Self {
        self.promised = length;
        self
    }
}

/// A server on the loopback that gives its answers in order, one for each
/// connection, and afterwards none.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(&stream);
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut request).unwrap() == 0 {
                        break;
                    }
                }
                log.lock().unwrap().push(request);
                if answer.status == 0 {
                    continue;
                }
                let mut head = format!(
                    "HTTP/1.1 {} x\r\nContent-Length: {}\r\nConnection: close\r\n",
                    answer.status, answer.promised
                );
                for (name, value) in &answer.headers {
                    head += &format!("{name}: {value}\r\n");
                }
                let _ = (&stream).write_all(format!("{head}\r\n").as_bytes());
                let _ = (&stream).write_all(&answer.body);
            }
        });
        Self { port, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Requests so far, with their headers.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
