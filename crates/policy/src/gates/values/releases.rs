use super::{Comparison, Versions};
use crate::document::{Content, Node, Problems, Value, wrong};
use crate::pattern::Pattern;
use plimsoll_advisory::versions::Scheme;
use plimsoll_types::Distro;
use serde::{Serialize, Serializer};

/// Distributions by their os-release `ID`, and for each which releases.
#[derive(Clone, Debug)]
pub(crate) struct Releases(Vec<(Pattern, Option<Vec<Versions>>)>);

impl Releases {
    /// Whether a distribution is one of these.
    pub(crate) fn compare(&self, distro: &Distro) -> Comparison {
        let mut answer = Comparison::Outside;
        for (id, versions) in &self.0 {
            let known = id.literal().map(Distro::id_of);
            if !id.matches(&distro.id) && known.as_ref() != Some(&distro.id) {
                continue;
            }
            let version = distro.version.as_deref().unwrap_or_default();
            let compared = match versions {
                Some(versions) => Versions::compare(versions, Scheme::Fuzzy, version),
                None => return Comparison::Inside,
            };
            match compared {
                Comparison::Inside => return Comparison::Inside,
                Comparison::Outside => {}
                unknown => answer = unknown,
            }
        }
        answer
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let all = self.0.iter().map(|(id, versions)| {
            let versions = versions.iter().flatten().map(Versions::text);
            let versions: Vec<&str> = versions.collect();
            let space = if versions.is_empty() { "" } else { " " };
            format!("{}{space}{}", id.text(), versions.join(" or "))
        });
        let all: Vec<String> = all.collect();
        all.join(", ")
    }
}

impl Serialize for Releases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Value for Releases {
    fn expected() -> String {
        "ids such as `alpine`, or a mapping of ids to releases such as `{ debian: \"< 12\" }`"
            .into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let ids = Vec::<Pattern>::read(node, field, problems)?;
            return Some(Self(ids.into_iter().map(|id| (id, None)).collect()));
        };
        if entries.is_empty() {
            wrong::<Self>(node, field, "", problems);
            return None;
        }
        let read = entries.iter().map(|entry| {
            let name = Node {
                place: entry.place,
                content: Content::Text(entry.name.clone()),
            };
            let id = Pattern::read(&name, field, problems);
            let versions = Vec::<Versions>::read(&entry.node, field, problems);
            Some((id?, Some(versions?)))
        });
        let read: Vec<_> = read.collect();
        let all: Option<Vec<_>> = read.into_iter().collect();
        all.map(Self)
    }
}
