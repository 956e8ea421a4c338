//! What a policy is expected to say, case by case.

mod given;

use crate::document::{Document, Fields, Node, PolicyError, Problems, read_list};
use crate::text::quoted;
use crate::verdict::{Hold, Outcome, Reason, Verdict};
use given::Given;
use jiff::civil::Date;
use plimsoll_types::{Finding, Inventory};
use std::collections::BTreeSet;

/// A file of cases.
#[derive(Clone, Debug)]
pub struct Cases {
    /// The policy that judges, as it is written: a path seen from the file.
    pub policy: Option<String>,
    /// The day on which everything is judged (UTC).
    pub as_of: Date,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// One image and what is expected of its verdict.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, for people.
    pub name: String,
    /// What is judged.
    pub image: CaseImage,
    expect: Option<Outcome>,
    fires: Vec<String>,
    silent: Vec<String>,
}

/// Where the image of a case comes from.
#[derive(Clone, Debug)]
pub enum CaseImage {
    /// Read as `scan` reads it.
    Named(String),
    /// What a scan recorded: a path seen from the file.
    Recorded(String),
    /// Written in the case, with its vulnerabilities.
    Given(Box<Inventory>, Vec<Finding>),
}

impl Cases {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// Everything that is wrong with it, by place.
    pub fn read(document: &Document) -> Result<Self, PolicyError> {
        let mut problems = Problems::of(&document.name);
        let cases = Node::parse(&document.text, &mut problems)
            .and_then(|node| read_cases(&node, &mut problems));
        match cases {
            Some(cases) if problems.is_empty() => Ok(cases),
            _ => Err(problems.into_error()),
        }
    }
}

impl Case {
    /// Rules it names, of which none may be missing in the policy.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.fires.iter().chain(&self.silent).map(String::as_str)
    }

    /// What `verdict` is otherwise than expected, one line each.
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut differences = Vec::new();
        if let Some(expected) = self.expect
            && expected != verdict.outcome
        {
            differences.push(format!(
                "expected {}, the verdict is {}",
                expected.as_str(),
                verdict.outcome.as_str()
            ));
        }
        let is_few = |reason: &Reason| matches!(reason.hold, Some(Hold::Threshold { .. }));
        let reasons = verdict.reasons.iter();
        let counting = reasons.filter(|reason| reason.counts() && !is_few(reason));
        let fired: BTreeSet<&str> = counting.map(|reason| reason.rule.as_str()).collect();
        for rule in self
            .fires
            .iter()
            .filter(|rule| !fired.contains(rule.as_str()))
        {
            differences.push(format!("{} is expected to fire and does not", quoted(rule)));
        }
        for rule in self
            .silent
            .iter()
            .filter(|rule| fired.contains(rule.as_str()))
        {
            let reason = verdict.reasons.iter().find(|reason| reason.rule == *rule);
            let message = reason.map_or("", |reason| &reason.message);
            differences.push(format!("{} fires: {message}", quoted(rule)));
        }
        differences
    }
}

fn read_cases(node: &Node, problems: &mut Problems) -> Option<Cases> {
    let mut fields = Fields::of(node, "the file of cases", problems)?;
    let policy = fields.take("policy", problems);
    let as_of = fields.take::<Date>("as_of", problems);
    if !fields.is_present("cases") {
        fields.missing("cases", "a list of cases", problems);
    }
    let place = fields.node("cases").map(|node| node.place);
    let cases = read_list(&mut fields, "cases", problems, read_case);
    if let (true, true, Some(place)) = (cases.is_empty(), problems.is_empty(), place) {
        problems.add(place, "`cases` is empty, so nothing is tested; write some");
    }
    fields.finish(problems);
    Some(Cases {
        policy: policy?,
        as_of: as_of?,
        cases,
    })
}

fn read_case(node: &Node, problems: &mut Problems) -> Option<Case> {
    let mut fields = Fields::of(node, "the case", problems)?;
    let name = fields.take::<String>("name", problems);
    if let Some(name) = &name {
        fields.rename(format!("case {}", quoted(name)));
    }
    let named = fields.take::<Option<String>>("image", problems);
    let recorded = fields.take::<Option<String>>("record", problems);
    let given = fields.take::<Option<Given>>("given", problems);
    let expect = fields.take::<Option<Outcome>>("expect", problems);
    let fires = fields.take::<Option<Vec<String>>>("fires", problems);
    let silent = fields.take::<Option<Vec<String>>>("silent", problems);
    let (what, place) = (fields.what().to_owned(), fields.place());
    fields.finish(problems);
    let image = match (named?, recorded?, given?) {
        (Some(name), None, None) => CaseImage::Named(name),
        (None, Some(path), None) => CaseImage::Recorded(path),
        (None, None, Some(given)) => CaseImage::Given(Box::new(given.inventory), given.findings),
        _ => {
            let message = format!("{what} needs one of `image`, `record` and `given`");
            problems.add(place, message);
            return None;
        }
    };
    let (expect, fires, silent) = (expect?, fires?, silent?);
    if expect.is_none() && fires.is_none() && silent.is_none() {
        problems.add(
            place,
            format!("{what} expects nothing; write `expect`, `fires` or `silent`"),
        );
        return None;
    }
    Some(Case {
        name: name?,
        image,
        expect,
        fires: fires.unwrap_or_default(),
        silent: silent.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;
