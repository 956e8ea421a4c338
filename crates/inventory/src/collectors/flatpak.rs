//! Flatpak applications: the AppStream metadata that they export.

use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

const LIMIT: u64 = 16 << 20;

pub(crate) struct Flatpak;

impl Collector for Flatpak {
    fn name(&self) -> &'static str {
        "flatpak"
    }

    fn about(&self) -> &'static str {
        "Flatpak applications: flatpak/app/**/metainfo/*.metainfo.xml"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let named = file.name().ends_with(".metainfo.xml") || file.name().ends_with(".appdata.xml");
        match named && file.path.contains("flatpak/app/") {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let component = component(&decode(file.bytes))?;
        if component.id.is_empty() {
            return Err(CollectError::new("it names no component"));
        }
        let mut record = PackageRecord::new(
            Ecosystem::Flatpak,
            component.id,
            component.version,
            Confidence::Installed,
        );
        record.licenses = component.license.into_iter().collect();
        record.vendor = component.developer;
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

#[derive(Default)]
struct Component {
    id: String,
    license: Option<String>,
    developer: Option<String>,
    version: Option<String>,
    /// When that version came out.
    date: String,
}

fn component(text: &str) -> Result<Component, CollectError> {
    let mut reader = Reader::from_str(text);
    let mut component = Component::default();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event().map_err(CollectError::new)? {
            Event::Start(tag) => {
                component.release(&path, &tag);
                if path.len() == 64 {
                    return Err(CollectError::new("it is nested too deeply"));
                }
                path.push(tag.name().as_ref().to_owned());
            }
            Event::Empty(tag) => component.release(&path, &tag),
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let text = text.trim();
                match path.as_slice() {
                    _ if text.is_empty() => {}
                    [_, "id"] if component.id.is_empty() => {
                        // Old metadata names the desktop file.
                        component.id = text.trim_end_matches(".desktop").to_owned();
                    }
                    [_, "project_license"] => component.license = Some(text.to_owned()),
                    [_, "developer_name"] if component.developer.is_none() => {
                        component.developer = Some(text.to_owned());
                    }
                    _ => {}
                }
            }
            Event::Eof => return Ok(component),
            _ => {}
        }
    }
}

impl Component {
    /// Notes the newest release: by date, else the first.
    fn release(&mut self, path: &[String], tag: &BytesStart<'_>) {
        let in_releases = matches!(path, [_, releases] if releases == "releases");
        if !in_releases || tag.name().as_ref() != "release" {
            return;
        }
        let value = |name: &str| {
            let attribute = tag.try_get_attribute(name).ok()??;
            Some(attribute.value.into_owned())
        };
        let date = value("date")
            .or_else(|| value("timestamp"))
            .unwrap_or_default();
        if let Some(version) = value("version")
            && (self.version.is_none() || date > self.date)
        {
            (self.version, self.date) = (Some(version), date);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    const PATH: &str =
        "var/lib/flatpak/app/org.gimp.GIMP/x/export/share/metainfo/org.gimp.GIMP.metainfo.xml";

    #[test]
    fn the_newest_release_is_the_version() {
        let text = br#"<?xml version="1.0"?><component type="desktop"><id>org.gimp.GIMP.desktop</id>
            <provides><id>gimp</id></provides><project_license>GPL-3.0+</project_license><releases>
            <release version="2.10.36" date="2023-11-05"/><release version="2.10.38" date="2024-05-02"><p>x</p></release>
            </releases></component>"#;
        let records = records(&Flatpak, PATH, text).unwrap();
        assert_eq!(records[0].name, "org.gimp.GIMP");
        assert_eq!(records[0].version.as_deref(), Some("2.10.38"));
        assert_eq!(records[0].licenses, ["GPL-3.0+"]);
        assert_eq!(
            found(&Flatpak, PATH, b"<component><id>a</id></component>"),
            ["a@"]
        );
        assert!(crate::fixture::records(&Flatpak, PATH, b"<component/>").is_err());
        assert!(crate::fixture::records(&Flatpak, PATH, b"<a".repeat(9).as_slice()).is_err());
    }
}
