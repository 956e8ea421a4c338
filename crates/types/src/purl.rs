use crate::{Confidence, Distro, Ecosystem, PackageRecord, SourcePackage};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A package URL (`pkg:type/namespace/name@version?qualifiers#subpath`),
/// written and read as the package-url specification says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageUrl {
    /// Lower-case type.
    pub kind: String,
    /// Namespace segments joined by `/`; empty when there is none.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Version, decoded.
    pub version: Option<String>,
    /// Qualifiers, decoded, by key.
    pub qualifiers: BTreeMap<String, String>,
    /// Subpath, decoded; empty when there is none.
    pub subpath: String,
}

/// A string that is not a package URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a package URL: {reason}")]
pub struct ParsePurlError {
    input: String,
    reason: &'static str,
}

impl PackageUrl {
    pub(crate) fn of(record: &PackageRecord, distro: Option<&Distro>) -> Option<Self> {
        if record.local {
            return None;
        }
        if let Some(stated) = &record.purl {
            return stated.parse().ok();
        }
        let mut purl = PackageUrl {
            kind: record.ecosystem.purl_type().to_owned(),
            version: record.version.clone(),
            ..Self::default()
        };
        let (namespace, name) = match record.ecosystem {
            Ecosystem::Maven => record.name.split_once(':')?,
            e if e.is_os() && e != Ecosystem::Portage => ("", record.name.as_str()),
            _ => record.name.rsplit_once('/').unwrap_or(("", &record.name)),
        };
        purl.namespace = namespace.to_owned();
        purl.name = match record.ecosystem {
            Ecosystem::Pypi => pep503(name),
            Ecosystem::Composer => {
                purl.namespace.make_ascii_lowercase();
                name.to_ascii_lowercase()
            }
            _ => name.to_owned(),
        };
        if record.ecosystem.is_os() {
            if let Some(distro) = distro.filter(|distro| !distro.is_foreign(record.ecosystem)) {
                if !matches!(
                    record.ecosystem,
                    Ecosystem::Portage | Ecosystem::Opkg | Ecosystem::Cos
                ) {
                    purl.namespace = distro.purl_namespace(record.ecosystem);
                }
                purl.qualifiers.insert("distro".into(), distro.qualifier());
            }
            if let Some(arch) = &record.arch {
                purl.qualifiers.insert("arch".into(), arch.clone());
            }
            if let Some(epoch) = record.epoch {
                purl.qualifiers.insert("epoch".into(), epoch.to_string());
            }
            if let Some(source) = &record.source {
                purl.qualifiers
                    .insert("upstream".into(), upstream(record, source));
            }
        }
        let own = record.qualifiers.iter();
        purl.qualifiers
            .extend(own.map(|(key, value)| (key.clone(), value.clone())));
        Some(purl)
    }

    /// The record that this package URL describes; `None` for a type that has
    /// no ecosystem here.
    pub fn record(&self) -> Option<PackageRecord> {
        let ecosystem = Ecosystem::from_purl_type(&self.kind)?;
        let name = match ecosystem {
            Ecosystem::Maven => format!("{}:{}", self.namespace, self.name),
            e if (e.is_os() && e != Ecosystem::Portage) || self.namespace.is_empty() => {
                self.name.clone()
            }
            _ => format!("{}/{}", self.namespace, self.name),
        };
        let mut record =
            PackageRecord::new(ecosystem, name, self.version.clone(), Confidence::Declared);
        record.qualifiers = self.qualifiers.clone();
        if ecosystem.is_os() {
            for implied in ["arch", "distro", "epoch", "upstream"] {
                record.qualifiers.remove(implied);
            }
            record.arch = self.qualifiers.get("arch").cloned();
            record.epoch = self.qualifiers.get("epoch").and_then(|e| e.parse().ok());
            record.source = self.qualifiers.get("upstream").map(|upstream| {
                if ecosystem == Ecosystem::Rpm {
                    let stem = upstream.strip_suffix(".src.rpm").unwrap_or(upstream);
                    let mut parts = stem.rsplitn(3, '-');
                    match (parts.next(), parts.next(), parts.next()) {
                        (Some(release), Some(version), Some(name)) => SourcePackage {
                            name: name.to_owned(),
                            version: Some(format!("{version}-{release}")),
                        },
                        _ => SourcePackage {
                            name: stem.to_owned(),
                            version: None,
                        },
                    }
                } else {
                    match upstream.split_once('@') {
                        Some((name, version)) => SourcePackage {
                            name: name.to_owned(),
                            version: Some(version.to_owned()),
                        },
                        None => SourcePackage {
                            name: upstream.clone(),
                            version: None,
                        },
                    }
                }
            });
        }
        Some(record)
    }
}

impl PackageUrl {
    /// The distribution that an OS package's `distro` qualifier names (Docker
    /// Scout: `os_name` and `os_version`), with the namespace as its id where
    /// the qualifier has none.
    pub fn distro(&self) -> Option<Distro> {
        if !Ecosystem::from_purl_type(&self.kind)?.is_os() {
            return None;
        }
        let qualifier = |key| self.qualifiers.get(key).map_or("", String::as_str);
        let (name, version) = (qualifier("os_name"), qualifier("os_version"));
        let scout = format!("{name}-{version}");
        let qualifier = match qualifier("distro") {
            "" if !name.is_empty() && !version.is_empty() => &scout,
            qualifier => qualifier,
        };
        let (id, version) = match qualifier.rsplit_once('-') {
            Some((id, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
                (id, Some(version.to_owned()))
            }
            // `distro=12` as some tools write it.
            _ if qualifier.starts_with(|c: char| c.is_ascii_digit()) => {
                (self.namespace.as_str(), Some(qualifier.to_owned()))
            }
            _ if qualifier.is_empty() => (self.namespace.as_str(), None),
            _ => (qualifier, None),
        };
        (!id.is_empty()).then(|| Distro {
            id: Distro::id_of(id),
            pretty: version
                .as_ref()
                .map_or_else(|| id.to_owned(), |v| format!("{id} {v}")),
            version,
            source: "package URL".to_owned(),
            ..Distro::default()
        })
    }
}

fn upstream(record: &PackageRecord, source: &SourcePackage) -> String {
    match (&source.version, record.ecosystem) {
        (Some(version), Ecosystem::Rpm) => format!("{}-{version}.src.rpm", source.name),
        (Some(version), _) => format!("{}@{version}", source.name),
        (None, _) => source.name.clone(),
    }
}

/// A Python name in its normal form (PEP 503): lower case, runs of `-`, `_` and `.` become one `-`.
pub fn pep503(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

impl fmt::Display for PackageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}", self.kind)?;
        for segment in self.namespace.split('/').filter(|s| !s.is_empty()) {
            f.write_str("/")?;
            encode(f, segment)?;
        }
        f.write_str("/")?;
        encode(f, &self.name)?;
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encode(f, version)?;
        }
        let mut separator = '?';
        for (key, value) in self.qualifiers.iter().filter(|(_, v)| !v.is_empty()) {
            write!(f, "{separator}{key}=")?;
            encode(f, value)?;
            separator = '&';
        }
        if !self.subpath.is_empty() {
            f.write_str("#")?;
            for (i, segment) in self.subpath.split('/').enumerate() {
                if i > 0 {
                    f.write_str("/")?;
                }
                encode(f, segment)?;
            }
        }
        Ok(())
    }
}

fn encode(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => {
                write!(f, "{}", byte as char)?;
            }
            _ => write!(f, "%{byte:02X}")?,
        }
    }
    Ok(())
}

impl FromStr for PackageUrl {
    type Err = ParsePurlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason| ParsePurlError {
            input: text.chars().take(200).collect(),
            reason,
        };
        let rest = text
            .strip_prefix("pkg:")
            .ok_or_else(|| wrong("it does not begin with `pkg:`"))?;
        let rest = rest.trim_start_matches('/');
        let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (path, version) = match rest.rsplit_once('@') {
            // An `@` before the last slash belongs to an unencoded npm scope.
            Some((path, version)) if !version.contains('/') && !path.ends_with('/') => {
                (path, Some(version))
            }
            _ => (rest, None),
        };
        let (kind, path) = path
            .split_once('/')
            .ok_or_else(|| wrong("it has no name"))?;
        let path = path.trim_matches('/');
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let decode = |part: &str| decode(part).ok_or_else(|| wrong("a percent escape is broken"));
        let name = decode(name)?;
        if kind.is_empty() || name.is_empty() {
            return Err(wrong("it has no type or no name"));
        }
        let mut qualifiers = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| wrong("a qualifier has no `=`"))?;
            let legal = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
            if key.is_empty() || !key.bytes().all(legal) {
                return Err(wrong("a qualifier has no proper name"));
            }
            // A qualifier without a value is as good as none (specification).
            if !value.is_empty() {
                qualifiers.insert(key.to_ascii_lowercase(), decode(value)?);
            }
        }
        let kind = kind.to_ascii_lowercase();
        let legal = |b: u8| b.is_ascii_alphanumeric() || b".+-".contains(&b);
        if !kind.bytes().all(legal) {
            return Err(wrong("its type has characters that no type has"));
        }
        let name = if kind == "pypi" { pep503(&name) } else { name };
        Ok(PackageUrl {
            namespace: segments(&decode(namespace)?),
            name,
            version: version.map(decode).transpose()?.filter(|v| !v.is_empty()),
            qualifiers,
            subpath: segments(&decode(subpath)?),
            kind,
        })
    }
}

/// A path without empty segments and such that lead elsewhere.
fn segments(path: &str) -> String {
    let segments = path.split('/').filter(|s| !matches!(*s, "" | "." | ".."));
    segments.collect::<Vec<_>>().join("/")
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_specification_forms() {
        for text in [
            "pkg:npm/%40angular/core@12.3.1",
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc",
            "pkg:golang/github.com/a/b/v2@v2.0.1#cmd/x",
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        ] {
            assert_eq!(text.parse::<PackageUrl>().unwrap().to_string(), text);
        }
        let loose: PackageUrl = "pkg:npm/@scope/name@1.0".parse().unwrap();
        assert_eq!(
            (loose.namespace.as_str(), loose.name.as_str()),
            ("@scope", "name")
        );
        assert_eq!(loose.version.as_deref(), Some("1.0"));
        assert_eq!(
            "pkg:pypi/Foo_Bar@1".parse::<PackageUrl>().unwrap().name,
            "foo-bar"
        );
        let odd: PackageUrl = "pkg:golang//a//b/c@1#/x/../y/".parse().unwrap();
        assert_eq!(odd.to_string(), "pkg:golang/a/b/c@1#x/y");
        for bad in [
            "npm/x",
            "pkg:npm",
            "pkg:npm/",
            "pkg:npm/x@%zz",
            "pkg:n m/x",
            "pkg:npm/x?a b=1",
        ] {
            assert!(bad.parse::<PackageUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn distributions_go_by_many_names() {
        for (text, expected) in [
            ("pkg:rpm/redhat/a@1?distro=redhat-8.4", "rhel-8.4"),
            ("pkg:rpm/alma/a@1?distro=alma-9.1", "almalinux-9.1"),
            ("pkg:rpm/oracle/a@1?distro=8", "ol-8"),
            (
                "pkg:alpine/a@1?os_name=alpine&os_version=3.16",
                "alpine-3.16",
            ),
            ("pkg:deb/debian/a@1", "debian"),
        ] {
            let purl: PackageUrl = text.parse().unwrap();
            assert_eq!(purl.distro().unwrap().qualifier(), expected, "{text}");
        }
    }

    #[test]
    fn an_rpm_keeps_epoch_and_source() {
        let purl: PackageUrl =
            "pkg:rpm/redhat/perl-libs@5.26.3-419.el8?epoch=4&upstream=perl-5.26.3-419.el8.src.rpm"
                .parse()
                .unwrap();
        let record = purl.record().unwrap();
        assert_eq!(record.full_version(), "4:5.26.3-419.el8");
        assert_eq!(record.source_name(), "perl");
    }
}
