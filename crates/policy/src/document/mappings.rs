use crate::document::{Fields, Node, Problems, read_list, unknown};
use crate::policy::Mapping;
use crate::text::quoted;
use std::collections::BTreeSet;

/// The mappings that a document writes; `None` where it writes none.
pub(super) fn read(
    fields: &mut Fields<'_>,
    sets: &[String],
    problems: &mut Problems,
) -> Option<Vec<Mapping>> {
    if !fields.is_present("mappings") {
        return None;
    }
    let mut names = BTreeSet::new();
    let mappings = read_list(fields, "mappings", problems, |node, problems| {
        let mapping = read_mapping(node, sets, problems)?;
        if !names.insert(mapping.name.clone()) {
            let name = quoted(&mapping.name);
            let message = format!("there is more than one mapping {name}; name each mapping once");
            problems.add(node.place, message);
        }
        Some(mapping)
    });
    Some(mappings)
}

fn read_mapping(node: &Node, sets: &[String], problems: &mut Problems) -> Option<Mapping> {
    let mut fields = Fields::of(node, "the mapping", problems)?;
    let name = fields.take::<String>("name", problems);
    if let Some(name) = &name {
        fields.rename(format!("mapping {}", quoted(name)));
    }
    let images = fields.take("images", problems);
    let place = fields.node("rule_sets").map(|node| node.place);
    let rule_sets = fields.take::<Option<Vec<String>>>("rule_sets", problems);
    if let (Some(Some(wanted)), Some(place)) = (&rule_sets, place) {
        for set in wanted.iter().filter(|set| !sets.contains(set)) {
            unknown(
                "rule set",
                set,
                place,
                sets.iter().map(String::as_str),
                problems,
            );
        }
    }
    fields.finish(problems);
    Some(Mapping {
        spot: problems.spot(node.place),
        name: name?,
        images: images?,
        rule_sets: rule_sets?.unwrap_or_else(|| sets.to_vec()),
    })
}
