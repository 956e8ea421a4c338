//! Statements applied to what matching found.

use super::graph::Graph;
use super::product::{Matched as Found, Product, Scene};
use super::{Document, Statement, Vex, VexError};
use crate::Matched;
use jiff::Timestamp;
use plimsoll_types::{Finding, Inventory, Suppressed, Suppression, VexStatement, VexStatus};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// What came of applying statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Statements that were read.
    pub statements: usize,
    /// Those of them that are about nothing that was found.
    pub unused: usize,
    /// Those that should say why something is not affected, and do not.
    pub unjustified: usize,
    /// What is wrong with statements that are left out.
    pub faults: Vec<String>,
    /// Files of folders that are no VEX documents.
    pub passed_over: usize,
}

impl Applied {
    /// One line for people, where there is something to say.
    pub fn warning(&self) -> Option<String> {
        let are = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let total = self.statements;
        let fault = self.faults.first().map_or("", String::as_str);
        let told = [
            (self.unused > 0).then(|| {
                format!(
                    "{} of {total} statements match nothing that was found",
                    self.unused
                )
            }),
            are(
                self.unjustified,
                "calls something not affected without saying why",
                "call something not affected without saying why",
            ),
            are(self.faults.len(), "could not be read", "could not be read")
                .map(|text| format!("{text} ({fault})")),
            are(
                self.passed_over,
                "file is no VEX document",
                "files are no VEX documents",
            ),
        ];
        let told: Vec<_> = told.into_iter().flatten().collect();
        (!told.is_empty()).then(|| format!("VEX: {}", told.join("; ")))
    }
}

/// A product of which something is in the image.
struct Present {
    holders: Vec<Found>,
    /// `None` where all of it is meant.
    parts: Option<Found>,
    pinned: bool,
    weight: usize,
}

impl Vex {
    /// Moves findings that statements call not affected or fixed to the
    /// suppressed ones, and notes on the others what is said of them. Nothing
    /// is dropped, and what is suppressed already stays so.
    ///
    /// The version that [`Matched::upgrades`] names is then the lowest that
    /// repairs all that is left of a package.
    ///
    /// # Errors
    /// When it would take too long.
    pub fn apply(&self, inventory: &Inventory, matched: &mut Matched) -> Result<Applied, VexError> {
        let mut search = Search {
            vex: self,
            scene: Scene::of(inventory),
            graph: Graph::of(&inventory.packages),
            inventory,
            by_id: HashMap::new(),
            present: HashMap::new(),
            used: BTreeSet::new(),
        };
        for (document, of) in self.documents.iter().enumerate() {
            for (at, statement) in of.statements.iter().enumerate() {
                for id in &statement.ids {
                    let known = search.by_id.entry(id.as_str()).or_default();
                    known.push((document, at));
                }
            }
        }
        for suppressed in &matched.suppressed {
            search.said(&suppressed.finding)?;
        }
        let mut findings = Vec::new();
        for mut finding in std::mem::take(&mut matched.findings) {
            finding.vex = search.said(&finding)?;
            match &finding.vex {
                Some(said) if said.status.suppresses() => {
                    let detail = said.told();
                    matched.suppressed.push(Suppressed {
                        finding,
                        reason: Suppression::Vex,
                        detail,
                    });
                }
                _ => findings.push(finding),
            }
        }
        matched.findings = findings;
        let key = |suppressed: &Suppressed| {
            let finding = &suppressed.finding;
            (finding.package, finding.id.clone())
        };
        matched.suppressed.sort_by_cached_key(key);
        matched.upgrades = matched.repairs.upgrades(&matched.findings);
        let statements = self
            .documents
            .iter()
            .map(|document| document.statements.len());
        let statements = statements.sum();
        let all = || {
            self.documents
                .iter()
                .flat_map(|document| &document.statements)
        };
        let faults = self.documents.iter().flat_map(|document| {
            let named = |fault: &String| format!("`{}`: {fault}", document.name);
            document.faults.iter().map(named)
        });
        Ok(Applied {
            statements,
            unused: statements - search.used.len(),
            unjustified: all().filter(|statement| statement.unjustified).count(),
            faults: faults.collect(),
            passed_over: self.passed_over,
        })
    }
}

/// Of several statements the greatest counts: the latest, then the one that
/// names the product best, then the one that says the worse.
type Rank = (Option<Timestamp>, usize, VexStatus, Reverse<(usize, usize)>);

struct Search<'a> {
    vex: &'a Vex,
    scene: Scene<'a>,
    graph: Graph,
    inventory: &'a Inventory,
    /// Statements by id, as numbers of document and statement.
    by_id: HashMap<&'a str, Vec<(usize, usize)>>,
    /// What of a statement's products is in the image.
    present: HashMap<(usize, usize), Vec<Present>>,
    used: BTreeSet<(usize, usize)>,
}

impl Search<'_> {
    /// What is said of a finding, by the statement that counts.
    fn said(&mut self, finding: &Finding) -> Result<Option<VexStatement>, VexError> {
        let ids = std::iter::once(&finding.id).chain(&finding.aliases);
        let candidates: BTreeSet<(usize, usize)> = ids
            .filter_map(|id| self.by_id.get(id.to_ascii_uppercase().as_str()))
            .flatten()
            .copied()
            .collect();
        let mut about: Vec<(Rank, (&Document, &Statement))> = Vec::new();
        let vex = self.vex;
        for at in candidates {
            let Some(document) = vex.documents.get(at.0) else {
                continue;
            };
            let Some(statement) = document.statements.get(at.1) else {
                continue;
            };
            let Some(weight) = self.weight(at, statement, finding.package)? else {
                continue;
            };
            self.used.insert(at);
            let time = statement.time.or(document.time);
            let rank = (time, weight, statement.status, Reverse(at));
            about.push((rank, (document, statement)));
        }
        // Of one time a document's own later version counts. Different
        // documents may share an id, so older ones are still heard.
        let mut newest: HashMap<(&str, Option<Timestamp>), &[u64]> = HashMap::new();
        for ((time, ..), (document, _)) in &about {
            let known = newest.entry((&document.id, *time)).or_default();
            *known = (*known).max(&document.version);
        }
        about.retain(|((time, ..), (document, _))| {
            let newest = newest.get(&(document.id.as_str(), *time));
            document.id.is_empty() || newest.is_none_or(|newest| *newest == document.version)
        });
        let best = about.into_iter().max_by_key(|(rank, _)| *rank);
        Ok(
            best.map(|((time, ..), (document, statement))| VexStatement {
                status: statement.status,
                justification: statement.justification,
                words: statement.words.clone(),
                author: document.author.clone(),
                document: document.id.clone(),
                time: time.map(|time| time.to_string()),
            }),
        )
    }

    /// How well a statement's products name a package; `None` where it is not
    /// about it.
    fn weight(
        &mut self,
        at: (usize, usize),
        statement: &Statement,
        package: usize,
    ) -> Result<Option<usize>, VexError> {
        if !self.present.contains_key(&at) {
            let present = self.present(statement)?;
            self.present.insert(at, present);
        }
        let Some(products) = self.present.get(&at) else {
            return Ok(None);
        };
        let record = self
            .inventory
            .packages
            .get(package)
            .map(|package| &package.record);
        let is_os = record.is_some_and(|record| record.ecosystem.is_os());
        let graph = &mut self.graph;
        let mut covers =
            |found: &Found| -> Result<bool, VexError> {
                Ok(found.image
                    || found.distro && is_os
                    || graph.is_behind(package, &found.packages)?)
            };
        let mut weight = None;
        'products: for product in products {
            for found in product.holders.iter().chain(&product.parts) {
                if !covers(found)? {
                    continue 'products;
                }
            }
            // A repair is in the version that has it.
            if statement.status == VexStatus::Fixed && !product.pinned {
                continue;
            }
            weight = weight.max(Some(product.weight));
        }
        Ok(weight)
    }

    fn present(&mut self, statement: &Statement) -> Result<Vec<Present>, VexError> {
        let mut present = Vec::new();
        for product in &statement.products {
            present.extend(self.of_product(product)?);
        }
        Ok(present)
    }

    fn of_product(&mut self, product: &Product) -> Result<Option<Present>, VexError> {
        let mut holders = Vec::new();
        for holder in &product.holders {
            self.graph.step(self.scene.effort(holder))?;
            let found = self.scene.find(holder);
            if found.is_nothing() {
                return Ok(None);
            }
            holders.push(found);
        }
        let mut parts = Found::default();
        for part in &product.subcomponents {
            self.graph.step(self.scene.effort(part))?;
            parts.join(self.scene.find(part));
        }
        let all = product.subcomponents.is_empty();
        if holders.is_empty() || !all && parts.is_nothing() {
            return Ok(None);
        }
        let pinned = holders.iter().any(|found| found.pinned) || !all && parts.pinned;
        let weights = holders.iter().map(|found| found.weight);
        Ok(Some(Present {
            weight: weights.sum::<usize>() + if all { 0 } else { parts.weight },
            holders,
            pinned,
            parts: (!all).then_some(parts),
        }))
    }
}
