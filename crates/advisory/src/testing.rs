//! Stores made of documents, for tests.

use crate::{Store, UpdateError, UpdateOptions, UpdateReport, update};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plimsoll_types::{
    Confidence, Distro, Ecosystem, Inventory, Location, Package, PackageRecord, SourcePackage,
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
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

/// A row of a CSAF document: status, CPE of the platform, purl of the
/// component, category and details of the remediation.
pub(crate) type CsafRow<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// One of Red Hat's VEX documents. Its product ids tell nothing, as they need
/// not.
pub(crate) fn vex(cve: &str, rows: &[CsafRow<'_>]) -> String {
    let mut branches = Vec::new();
    let mut relations = Vec::new();
    let mut statuses: std::collections::BTreeMap<&str, Vec<String>> = Default::default();
    let mut remediations = Vec::new();
    let mut flags = Vec::new();
    for (index, (status, cpe, purl, category, details)) in rows.iter().enumerate() {
        branches.push(format!(
            r#"{{"category":"product_name","name":"p","product":{{"product_id":"p{index}","product_identification_helper":{{"cpe":"{cpe}"}}}}}},
            {{"category":"architecture","name":"a","branches":[{{"category":"product_version","name":"c","product":{{"product_id":"c:{index}","product_identification_helper":{{"purl":"{purl}"}}}}}}]}}"#
        ));
        relations.push(format!(
            r#"{{"category":"default_component_of","full_product_name":{{"product_id":"full-{index}"}},"product_reference":"c:{index}","relates_to_product_reference":"p{index}"}}"#
        ));
        statuses
            .entry(status)
            .or_default()
            .push(format!("\"full-{index}\""));
        let ids = format!(r#""product_ids":["full-{index}"]"#);
        match *category {
            "" => {}
            "flag" => flags.push(format!(r#"{{"label":"{details}",{ids}}}"#)),
            category => remediations.push(format!(
                r#"{{"category":"{category}","details":"{details}","date":"2024-05-06T00:00:00+00:00","url":"https://access.redhat.com/errata/{details}",{ids}}}"#
            )),
        }
    }
    let statuses: Vec<_> = statuses
        .iter()
        .map(|(status, ids)| format!(r#""{status}":[{}]"#, ids.join(",")))
        .collect();
    format!(
        r#"{{"document":{{"aggregate_severity":{{"namespace":"https://access.redhat.com/security/updates/classification/","text":"Moderate"}},
        "category":"csaf_vex","publisher":{{"namespace":"https://www.redhat.com"}},
        "tracking":{{"id":"{cve}","status":"final","current_release_date":"2024-06-01T00:00:00+00:00"}}}},
        "product_tree":{{"branches":[{}],"relationships":[{}]}},
        "vulnerabilities":[{{"cve":"{cve}","title":"about {cve}","product_status":{{{}}},"remediations":[{}],"flags":[{}]}}]}}"#,
        branches.join(","),
        relations.join(","),
        statuses.join(","),
        remediations.join(","),
        flags.join(","),
    )
}

/// A pair of keys as OpenSSL writes them: private, public.
pub(crate) fn keys(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let der = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
    let write = |label: &str, bytes: &[u8]| {
        let path = folder.join(format!("{name} {label}"));
        let body = STANDARD.encode(bytes);
        let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        std::fs::write(&path, text).unwrap();
        path
    };
    // What precedes a public key (RFC 8410).
    let prefix = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let public = [&prefix, pair.public_key().as_ref()].concat();
    (
        write("PRIVATE KEY", der.as_ref()),
        write("PUBLIC KEY", &public),
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

/// A binary package with the epoch of its version, and the name and version of
/// its source rpm.
pub(crate) fn rpm(name: &str, version: &str, source: (&str, &str)) -> Package {
    let (epoch, version) = match version.split_once(':') {
        Some((epoch, version)) => (epoch.parse().ok(), version),
        None => (None, version),
    };
    let mut package = package(Ecosystem::Rpm, name, version);
    package.record.epoch = epoch;
    package.record.arch = Some("x86_64".into());
    package.record.source = Some(SourcePackage {
        name: source.0.into(),
        version: Some(source.1.into()),
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
