//! Maven project files (the POM reference), as far as one file tells: values
//! inherited from a parent stand in another one. Not a collector itself.

use super::xml::Element;
use crate::collector::CollectError;
use std::collections::HashMap;

/// Values in values, and how long a value gets.
const DEPTH: usize = 16;
const LENGTH: usize = 1024;

pub(super) struct Pom {
    root: Element,
    properties: HashMap<String, String>,
    /// Versions of `dependencyManagement`, by group and artifact.
    managed: HashMap<(String, String), Option<String>>,
}

/// What a project needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub group: String,
    pub artifact: String,
    /// `None` where another file decides, or a range leaves it open.
    pub version: Option<String>,
    pub scope: Option<String>,
    pub classifier: Option<String>,
}

impl Pom {
    pub fn read(text: &str) -> Result<Self, CollectError> {
        let root = Element::read(text)?;
        if root.name != "project" {
            return Err(CollectError::new("it is no Maven project"));
        }
        let properties = root
            .child("properties")
            .map_or(&[][..], |list| &list.children);
        let properties = properties
            .iter()
            .map(|property| {
                (
                    property.name.clone(),
                    property.text().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        let mut pom = Self {
            root,
            properties,
            managed: HashMap::new(),
        };
        let managed = pom.root.child("dependencyManagement");
        let managed: Vec<_> = managed
            .into_iter()
            .flat_map(|managed| managed.list("dependencies", "dependency"))
            .filter_map(|element| pom.dependency(element))
            .map(|dependency| ((dependency.group, dependency.artifact), dependency.version))
            .collect();
        pom.managed.extend(managed);
        Ok(pom)
    }

    pub fn group(&self) -> Option<String> {
        self.inherited("groupId")
    }

    pub fn artifact(&self) -> Option<String> {
        self.resolved(self.root.text_of("artifactId")?)
    }

    pub fn version(&self) -> Option<String> {
        self.inherited("version")
    }

    /// Names of licences, or where their texts are.
    pub fn licenses(&self) -> Vec<String> {
        self.root
            .list("licenses", "license")
            .filter_map(|license| license.text_of("name").or_else(|| license.text_of("url")))
            .map(str::to_owned)
            .collect()
    }

    /// What the project itself needs; what is only managed or belongs to a
    /// plugin or profile is not.
    pub fn dependencies(&self) -> Vec<Dependency> {
        self.root
            .list("dependencies", "dependency")
            .filter_map(|element| self.dependency(element))
            .map(|mut dependency| {
                if dependency.version.is_none() {
                    let key = (dependency.group.clone(), dependency.artifact.clone());
                    dependency.version = self.managed.get(&key).cloned().flatten();
                }
                dependency
            })
            .collect()
    }

    fn dependency(&self, element: &Element) -> Option<Dependency> {
        let value = |name: &str| self.resolved(element.text_of(name)?);
        Some(Dependency {
            group: value("groupId")?,
            artifact: value("artifactId")?,
            version: value("version").and_then(exact),
            scope: value("scope"),
            classifier: value("classifier"),
        })
    }

    /// A value that the parent gives where the project has none.
    fn inherited(&self, name: &str) -> Option<String> {
        let own = self.root.text_of(name);
        self.resolved(own.or_else(|| self.root.child("parent")?.text_of(name))?)
    }

    /// The text with every `${…}` replaced; `None` if one is not known here.
    fn resolved(&self, text: &str) -> Option<String> {
        self.replaced(text, DEPTH)
    }

    fn replaced(&self, text: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once("${") {
            let (name, after) = inside.split_once('}')?;
            resolved.push_str(before);
            resolved.push_str(&self.replaced(self.property(name)?, depth)?);
            rest = after;
            if resolved.len() > LENGTH {
                return None;
            }
        }
        resolved.push_str(rest);
        (resolved.len() <= LENGTH).then_some(resolved)
    }

    fn property(&self, name: &str) -> Option<&str> {
        if let Some(value) = self.properties.get(name) {
            return Some(value);
        }
        let name = name
            .strip_prefix("project.")
            .or_else(|| name.strip_prefix("pom."))
            .unwrap_or(name);
        let parent = || self.root.child("parent");
        match name {
            "groupId" | "version" => self.root.text_of(name).or_else(|| parent()?.text_of(name)),
            "artifactId" => self.root.text_of(name),
            _ => parent()?.text_of(name.strip_prefix("parent.")?),
        }
    }
}

/// `[1.0]` is one version; other ranges are decided elsewhere.
fn exact(version: String) -> Option<String> {
    let inside = version
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let version = inside.map_or(version.as_str(), str::trim);
    (!version.contains(['[', ']', '(', ')', ','])).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_the_file_its_parent_and_properties() {
        let pom = Pom::read(
            "<project><parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>1.0</version></parent>\
             <artifactId>app</artifactId><licenses><license><name>MIT</name></license></licenses>\
             <properties><a>${b}.1</a><b>2</b><loop>${loop}</loop></properties>\
             <dependencyManagement><dependencies>\
             <dependency><groupId>m</groupId><artifactId>m</artifactId><version>${a}</version></dependency>\
             </dependencies></dependencyManagement><dependencies>\
             <dependency><groupId>${project.groupId}</groupId><artifactId>lib</artifactId><version>${project.parent.version}</version></dependency>\
             <dependency><groupId>m</groupId><artifactId>m</artifactId><scope>test</scope></dependency>\
             <dependency><groupId>g</groupId><artifactId>loop</artifactId><version>${loop}</version></dependency>\
             <dependency><groupId>g</groupId><artifactId>gone</artifactId><version>${gone}</version></dependency>\
             <dependency><groupId>g</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>\
             <dependency><groupId>g</groupId><artifactId>one</artifactId><version>[1.5]</version></dependency>\
             <dependency><groupId>${gone}</groupId><artifactId>x</artifactId></dependency>\
             </dependencies></project>",
        )
        .unwrap();
        assert_eq!(pom.group().as_deref(), Some("org.example"));
        assert_eq!(pom.version().as_deref(), Some("1.0"));
        assert_eq!(pom.licenses(), ["MIT"]);
        let dependencies = pom.dependencies();
        let named: Vec<_> = dependencies
            .iter()
            .map(|d| {
                format!(
                    "{}:{}@{}",
                    d.group,
                    d.artifact,
                    d.version.as_deref().unwrap_or("")
                )
            })
            .collect();
        assert_eq!(
            named,
            [
                "org.example:lib@1.0",
                "m:m@2.1",
                "g:loop@",
                "g:gone@",
                "g:range@",
                "g:one@1.5"
            ]
        );
    }

    #[test]
    fn a_value_that_doubles_itself_ends() {
        let mut properties = String::from("<p0>xxxxxxxxxx</p0>");
        for at in 1..15 {
            let last = at - 1;
            properties += &format!("<p{at}>${{p{last}}}${{p{last}}}</p{at}>");
        }
        let text = format!(
            "<project><version>${{p14}}</version><properties>{properties}</properties></project>"
        );
        assert_eq!(Pom::read(&text).unwrap().version(), None);
    }
}
