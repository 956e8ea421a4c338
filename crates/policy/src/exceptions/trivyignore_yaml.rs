//! `.trivyignore.yaml`: lists of ids by what was looked for, each with paths,
//! package URLs, an end and a statement.

use super::entry::{ALIASES, ENDS, Exception, last_day, list, purl_pattern};
use super::{ExceptionFormat, Import};
use crate::document::{Fields, Node, Problems, read_list};
use crate::text::quoted;
use plimsoll_types::PackageUrl;

pub(super) const FORMAT: ExceptionFormat = ExceptionFormat {
    id: "trivyignore-yaml",
    about: "`.trivyignore.yaml` of Trivy",
    is: |file, text| {
        let named = [".trivyignore.yaml", ".trivyignore.yml"];
        named.iter().any(|name| file.ends_with(name))
            || text
                .lines()
                .any(|line| line.starts_with("vulnerabilities:"))
    },
    read,
};

/// What else can be in it, and where that is said natively.
const OTHERS: &[(&str, &str)] = &[
    ("misconfigurations", "misconfigurations are not looked for"),
    ("secrets", "secrets are not looked for by the ids of Trivy"),
    (
        "licenses",
        "licences are accepted in the rules of the gate `licenses`",
    ),
];

fn read(text: &str, import: &mut Import, problems: &mut Problems) {
    let Some(node) = Node::parse(text, problems) else {
        return;
    };
    if node.is_empty() {
        return;
    }
    let Some(mut fields) = Fields::of(&node, "the ignore file", problems) else {
        return;
    };
    read_list(
        &mut fields,
        "vulnerabilities",
        problems,
        |node, problems| finding(node, import, problems),
    );
    for &(section, why) in OTHERS {
        read_list(&mut fields, section, problems, |node, problems| {
            let mut fields = Fields::of(node, "the entry", problems)?;
            let id = fields.take::<String>("id", problems)?;
            let line = Some(node.place.line);
            import.left_out(line, &format!("{} in `{section}`", quoted(&id)), why);
            Some(())
        });
    }
    fields.finish(problems);
}

fn finding(node: &Node, import: &mut Import, problems: &mut Problems) -> Option<()> {
    let mut fields = Fields::of(node, "the entry", problems)?;
    let id = fields.take::<String>("id", problems);
    let paths = fields.take::<Option<Vec<String>>>("paths", problems);
    let purls = fields.take::<Option<Vec<String>>>("purls", problems);
    let end = fields.node("expired_at");
    let reason = fields.take::<Option<String>>("statement", problems);
    fields.finish(problems);
    let line = Some(node.place.line);
    let mut exception = Exception {
        line,
        id: Some(id?),
        reason: reason?,
        ..Exception::default()
    };
    if let Some(end) = end {
        exception.until = end.scalar().and_then(last_day);
        if exception.until.is_none() {
            let shown = end.shown();
            problems.add(
                end.place,
                format!("`expired_at`: {shown} is not a day as `YYYY-MM-DD`"),
            );
            return None;
        }
        import.note(ENDS);
    }
    let mut patterns = Vec::new();
    for purl in purls?.unwrap_or_default() {
        let purl: PackageUrl = match purl.parse() {
            Ok(purl) => purl,
            Err(why) => {
                problems.add(node.place, format!("`purls`: {why}"));
                return None;
            }
        };
        if !purl.qualifiers.is_empty() {
            import.note(QUALIFIERS);
        }
        match purl_pattern(&purl) {
            Ok(pattern) => patterns.push(pattern),
            Err(why) => {
                import.left_out(line, &format!("{} of `{purl}`", exception.shown()), &why);
                if patterns.is_empty() {
                    return None;
                }
            }
        }
    }
    if !patterns.is_empty() {
        exception.when.push(format!("purls: {}", list(patterns)));
    }
    let paths = paths?.unwrap_or_default();
    if !paths.is_empty() {
        import.note(PATHS);
        exception.when.push(format!("paths: {}", list(paths)));
    }
    import.note(ALIASES);
    import.add(&exception);
    Some(())
}

pub(super) const QUALIFIERS: &str =
    "qualifiers of package URLs are compared as they are spelled here, such as `distro=debian-12`";

const PATHS: &str = "`paths` are places of packages in the image here; Trivy also compares them \
     with the names that it gives to results";
