//! Java packages that Maven projects declare (`pom.xml`), and those of
//! archives that were unpacked (`META-INF/maven`).

use super::format::Format;
use super::java::Coordinates;
use super::lock::{LIMIT, edge, sorted};
use super::pom::Pom;
use super::text::decode;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

pub(crate) struct Maven;

impl Collector for Maven {
    fn name(&self) -> &'static str {
        "maven"
    }

    fn about(&self) -> &'static str {
        "Java packages of Maven: pom.xml, META-INF/maven of unpacked archives"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            // That of a packed project says what it was built with.
            "pom.xml" => !is_unpacked(file.path),
            "pom.properties" => is_unpacked(file.path),
            _ => false,
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut named = Vec::new();
        let text = decode(file.bytes);
        if file.name() == "pom.properties" {
            named.extend(Coordinates::read(file.bytes).map(|known| {
                let name = format!("{}:{}", known.group, known.artifact);
                PackageRecord::new(
                    Ecosystem::Maven,
                    name,
                    Some(known.version),
                    Confidence::Embedded,
                )
            }));
        } else {
            named.extend(records(&Pom::read(&text)?));
        }
        FORMAT.hold(&text, packages(self.name(), named))
    }
}

const FORMAT: Format = Format::of_keys("a description of a Maven project", &["project"]);

fn is_unpacked(path: &str) -> bool {
    path.starts_with("META-INF/maven/") || path.contains("/META-INF/maven/")
}

fn records(pom: &Pom) -> Vec<PackageRecord> {
    let mut needs = Vec::new();
    let mut records = Vec::new();
    for dependency in pom.dependencies() {
        let name = format!("{}:{}", dependency.group, dependency.artifact);
        let mut record = declared(Ecosystem::Maven, &name, dependency.version.as_deref());
        let scope = dependency.scope.as_deref();
        record.development = scope == Some("test");
        record.local = scope == Some("system");
        if let Some(classifier) = dependency.classifier {
            record
                .qualifiers
                .insert("classifier".to_owned(), classifier);
        }
        needs.push(edge(&name, dependency.version.as_deref()));
        records.push(record);
    }
    if let (Some(group), Some(artifact)) = (pom.group(), pom.artifact()) {
        let name = format!("{group}:{artifact}");
        let mut own = declared(Ecosystem::Maven, name, pom.version().as_deref());
        own.local = true;
        own.licenses = pom.licenses();
        own.requires = sorted(needs);
        records.push(own);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    #[test]
    fn a_project_needs_what_it_declares() {
        let text = "<project><groupId>g</groupId><artifactId>app</artifactId><version>1</version><dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.12</version><scope>test</scope></dependency><dependency><groupId>x</groupId><artifactId>y</artifactId><version>${unknown}</version></dependency></dependencies></project>";
        let records = records(&Maven, "src/pom.xml", text.as_bytes()).unwrap();
        let names: Vec<_> = records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect();
        assert_eq!(names, ["junit:junit@4.12", "x:y@", "g:app@1"]);
        assert!(records[0].development && records[2].local);
        assert_eq!(records[2].requires, ["junit:junit@4.12", "x:y"]);
    }

    #[test]
    fn an_unpacked_archive_is_what_it_was() {
        let path = "app/META-INF/maven/g/a/pom.properties";
        let text = b"groupId=g\nartifactId=a\nversion=1.2\n";
        assert_eq!(found(&Maven, path, text), ["g:a@1.2"]);
        let wants = |path| Maven.wants(&FileHead::new(path, 1, Mode(0o644), b""));
        assert_eq!(wants("app/META-INF/maven/g/a/pom.xml"), Want::No);
        assert_eq!(wants("app/pom.properties"), Want::No);
    }

    #[test]
    fn a_parent_that_is_the_project_itself_ends() {
        let text = "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>${project.version}</version><relativePath>pom.xml</relativePath></parent><artifactId>a</artifactId></project>";
        assert_eq!(found(&Maven, "pom.xml", text.as_bytes()), ["g:a@"]);
    }
}
