//! Ignore files of other tools as entries of the allowlist. What has no native
//! counterpart is left out rather than widened, and said.

mod entry;
mod grype;
mod osv_scanner;
mod trivyignore;
mod trivyignore_yaml;
mod vex;

use crate::document::{Node, PolicyError, Problems, read_entry};
use crate::text::one_line;
use entry::Exception;
use std::collections::BTreeSet;
use std::path::Path;

/// Largest document that is read, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// A form in which another tool is told what to pass over.
#[derive(Debug)]
pub struct ExceptionFormat {
    /// What it is called on the command line.
    pub id: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Whether a file of that name, without its folder, and that text is one.
    is: fn(&str, &str) -> bool,
    read: fn(&str, &mut Import, &mut Problems),
}

/// Every form, the surest to be told by name first.
pub const EXCEPTION_FORMATS: &[ExceptionFormat] = &[
    trivyignore::FORMAT,
    osv_scanner::FORMAT,
    vex::FORMAT,
    trivyignore_yaml::FORMAT,
    grype::FORMAT,
];

/// What an ignore file says, natively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceptions {
    /// The field `allowlist` of a policy, YAML, with the remarks as comments.
    pub allowlist: String,
    /// What is not in it, or means something else; one line each.
    pub remarks: Vec<String>,
}

impl ExceptionFormat {
    /// The form of a file, by its name or its content.
    pub fn of(name: &str, text: &str) -> Option<&'static Self> {
        let file = file_name(name);
        EXCEPTION_FORMATS
            .iter()
            .find(|format| (format.is)(file, text))
    }

    /// Rewrites a document of this form. `name` stands for it in errors: the
    /// path it was read from.
    ///
    /// # Errors
    /// Everything that is wrong with the document.
    pub fn import(&self, text: &str, name: &str) -> Result<Exceptions, PolicyError> {
        let mut problems = Problems::of(name);
        let mut import = Import {
            file: file_name(name).to_owned(),
            entries: String::new(),
            remarks: Vec::new(),
            said: BTreeSet::new(),
        };
        if text.len() > MAX_BYTES {
            let size = text.len();
            problems.add_without_place(format!(
                "the document has {size} bytes; at most {MAX_BYTES} are read"
            ));
        } else {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            (self.read)(text, &mut import, &mut problems);
        }
        if !problems.is_empty() {
            return Err(problems.into_error());
        }
        import.finish(problems)
    }
}

fn file_name(name: &str) -> &str {
    let file = Path::new(name).file_name();
    file.and_then(|file| file.to_str()).unwrap_or(name)
}

/// Entries and remarks while a document is read.
struct Import {
    /// The document's name, without its folder.
    file: String,
    entries: String,
    remarks: Vec<String>,
    /// Remarks on the whole document.
    said: BTreeSet<&'static str>,
}

impl Import {
    /// Adds an entry, unless the reader of policies would refuse it.
    fn add(&mut self, exception: &Exception) {
        let entry = exception.written(&self.file);
        let mut problems = Problems::default();
        let node = Node::parse(&entry, &mut problems);
        let items = node.as_ref().map(Node::items).unwrap_or_default();
        for item in items {
            read_entry(item, &BTreeSet::new(), &mut problems);
        }
        if problems.is_empty() {
            self.entries.push_str(&entry);
        } else {
            let error = problems.into_error();
            let why: Vec<&str> = error.messages().collect();
            self.left_out(exception.line, &exception.shown(), &why.join("; "));
        }
    }

    /// Says that something of the document is not in the allowlist, and why.
    fn left_out(&mut self, line: Option<u64>, what: &str, why: &str) {
        let place = line
            .map(|line| format!("line {line}: "))
            .unwrap_or_default();
        let remark = format!("{place}{what}: left out: {why}");
        self.remarks.push(one_line(&remark));
    }

    /// Says something of the whole document, once.
    fn note(&mut self, remark: &'static str) {
        if self.said.insert(remark) {
            self.remarks.push(remark.to_owned());
        }
    }

    fn finish(self, mut problems: Problems) -> Result<Exceptions, PolicyError> {
        let mut allowlist = String::new();
        for remark in &self.remarks {
            allowlist.push_str("# ");
            allowlist.push_str(remark);
            allowlist.push('\n');
        }
        if self.entries.is_empty() {
            allowlist.push_str("allowlist: []\n");
        } else {
            allowlist.push_str("allowlist:\n");
            allowlist.push_str(&self.entries);
        }
        // Each entry is fine by itself; together they may still be too much.
        if let Some(node) = Node::parse(&self.entries, &mut problems) {
            for item in node.items() {
                read_entry(item, &BTreeSet::new(), &mut problems);
            }
        }
        if !problems.is_empty() {
            let why = problems.into_error();
            let why = why.messages().next().unwrap_or_default().to_owned();
            let mut problems = Problems::of(&self.file);
            problems.add_without_place(format!("it is too much for one allowlist: {why}"));
            return Err(problems.into_error());
        }
        Ok(Exceptions {
            allowlist,
            remarks: self.remarks,
        })
    }
}

#[cfg(test)]
mod tests;
