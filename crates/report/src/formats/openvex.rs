//! OpenVEX 0.2.0 (`openvex/spec`, OPENVEX-SPEC.md): one statement for each id
//! and answer, about the image with its packages as subcomponents, or about
//! the packages where the image has no digest.

use super::TOOL;
use super::vex::{self, Answer, Assessment};
use crate::Report;
use plimsoll_types::VexStatus;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: &'static str,
    timestamp: String,
    version: u32,
    tooling: &'static str,
    statements: Vec<Statement<'a>>,
}

#[derive(Serialize)]
struct Statement<'a> {
    vulnerability: Vulnerability<'a>,
    products: Vec<Product>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact_statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_statement: Option<String>,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    aliases: BTreeSet<&'a str>,
}

#[derive(Serialize)]
struct Product {
    #[serde(rename = "@id")]
    id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subcomponents: Vec<Subcomponent>,
}

#[derive(Serialize)]
struct Subcomponent {
    #[serde(rename = "@id")]
    id: String,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut grouped: BTreeMap<(&str, &Answer), Vec<&Assessment<'_>>> = BTreeMap::new();
    let assessments = vex::assess(report);
    for assessment in &assessments {
        let key = (assessment.finding.id.as_str(), &assessment.answer);
        grouped.entry(key).or_default().push(assessment);
    }
    let product = vex::product(report);
    let statements = grouped.into_iter().map(|((id, answer), group)| {
        let aliases = group
            .iter()
            .flat_map(|assessment| &assessment.finding.aliases);
        let packages = group.iter();
        let packages: BTreeSet<String> = packages
            .filter_map(|assessment| vex::purl(report, assessment.finding))
            .collect();
        statement(
            Vulnerability {
                name: id,
                aliases: aliases.map(String::as_str).collect(),
            },
            products(product.as_deref(), packages),
            answer,
        )
    });
    let mut document = Document {
        context: "https://openvex.dev/ns/v0.2.0",
        id: String::new(),
        author: "plimsoll",
        timestamp: vex::given(report),
        version: 1,
        tooling: TOOL,
        statements: statements.collect(),
    };
    let uuid = super::uuid(&serde_json::to_vec(&document)?);
    document.id = format!("urn:uuid:{uuid}");
    super::write_json(&document, out)
}

fn products(image: Option<&str>, packages: BTreeSet<String>) -> Vec<Product> {
    let packages = packages.into_iter();
    match image {
        Some(image) => vec![Product {
            id: image.to_owned(),
            subcomponents: packages.map(|id| Subcomponent { id }).collect(),
        }],
        None => packages
            .map(|id| Product {
                id,
                subcomponents: Vec::new(),
            })
            .collect(),
    }
}

/// The specification wants a reason for what is not affected, in one of its
/// words or in one's own, and an action for what is affected.
fn statement<'a>(
    vulnerability: Vulnerability<'a>,
    products: Vec<Product>,
    answer: &Answer,
) -> Statement<'a> {
    let words = Some(answer.words.clone()).filter(|words| !words.is_empty());
    let not_affected = answer.status == VexStatus::NotAffected;
    let justification = answer.justification.filter(|_| not_affected);
    let (mut notes, mut impact, mut action) = (None, None, None);
    match answer.status {
        VexStatus::NotAffected if justification.is_none() => {
            impact = words.or_else(|| Some("not affected".to_owned()));
        }
        VexStatus::Affected => action = words,
        _ => notes = words,
    }
    Statement {
        vulnerability,
        products,
        status: answer.status.as_str(),
        status_notes: notes,
        justification: justification.map(|reason| reason.in_openvex().as_str()),
        impact_statement: impact,
        action_statement: action,
    }
}
