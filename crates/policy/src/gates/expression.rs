use crate::Subject;
use crate::day;
use crate::document::{Node, Problems, Value, scalar};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::text::{quoted, suggestion};
use crate::verdict::Evidence;
use cel::common::ast::{EntryExpr, Expr};
use cel::{Context, IdedExpr, Program};
use plimsoll_types::{Finding, FixState, Package};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use std::fmt;
use std::sync::Arc;

/// What no other gate asks: an expression over the facts, in CEL
/// (<https://github.com/google/cel-spec>).
pub(crate) struct Expressions;

impl Gate for Expressions {
    fn name(&self) -> &'static str {
        "expression"
    }

    fn about(&self) -> &'static str {
        "what an expression in CEL says of the facts"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<OfImage>(),
                TriggerKind::of::<OfPackage>(),
                TriggerKind::of::<OfVulnerability>(),
            ]
        }
    }
}

parameters! {
    OfImage {
        /// What must hold of `image`, `packages` and `vulnerabilities`.
        holds: Expression<ForImage>,
        /// What to say; the expression when left out.
        message: Option<String>,
    }
}

parameters! {
    OfPackage {
        /// What must hold of `pkg` and `image`.
        holds: Expression<ForPackage>,
        /// What to say; the expression when left out.
        message: Option<String>,
    }
}

parameters! {
    OfVulnerability {
        /// What must hold of `vulnerability`, `pkg` and `image`.
        holds: Expression<ForVulnerability>,
        /// What to say; the expression when left out.
        message: Option<String>,
    }
}

impl Trigger for OfImage {
    const NAME: &'static str = "image";
    const ABOUT: &'static str =
        "fires when the expression holds of the image as a whole, and when it cannot be evaluated";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let packages: Vec<Json> = subject.inventory.packages.iter().map(package).collect();
        let findings = subject.findings.iter();
        let vulnerabilities: Vec<Json> = findings
            .map(|finding| vulnerability(finding, subject))
            .collect();
        let facts = [
            ("image", image(subject)),
            ("packages", packages.into()),
            ("vulnerabilities", vulnerabilities.into()),
        ];
        let said = self.holds.ask(&self.message, &facts);
        fires.extend(said.map(|said| fire(Evidence::Image, String::new(), "", said, &self.holds)));
    }
}

impl Trigger for OfPackage {
    const NAME: &'static str = "package";
    const ABOUT: &'static str =
        "fires for each package of which the expression holds or cannot be evaluated";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let image = image(subject);
        for (index, of) in subject.inventory.packages.iter().enumerate() {
            let facts = [("image", image.clone()), ("pkg", package(of))];
            if let Some(said) = self.holds.ask(&self.message, &facts) {
                let record = &of.record;
                let about = format!("{} {}", record.ecosystem, record.canonical_name());
                let of = format!("{} {}: ", record.name, record.full_version());
                let evidence = Evidence::Package(index);
                fires.push(fire(evidence, about, &of, said, &self.holds));
            }
        }
    }
}

impl Trigger for OfVulnerability {
    const NAME: &'static str = "vulnerability";
    const ABOUT: &'static str =
        "fires for each vulnerability of which the expression holds or cannot be evaluated";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let image = image(subject);
        for (index, finding) in subject.findings.iter().enumerate() {
            let Some(of) = subject.inventory.packages.get(finding.package) else {
                continue;
            };
            let facts = [
                ("image", image.clone()),
                ("pkg", package(of)),
                ("vulnerability", vulnerability(finding, subject)),
            ];
            if let Some(said) = self.holds.ask(&self.message, &facts) {
                let record = &of.record;
                let of = format!(
                    "{} {}: {}: ",
                    record.name,
                    record.full_version(),
                    finding.id
                );
                let evidence = Evidence::Finding(index);
                fires.push(fire(evidence, String::new(), &of, said, &self.holds));
            }
        }
    }
}

fn fire<S>(
    evidence: Evidence,
    about: String,
    of: &str,
    said: Result<String, String>,
    holds: &Expression<S>,
) -> Fire {
    let (evidence, said) = match said {
        Ok(said) => (evidence, said),
        Err(why) => (Evidence::Unknown, why),
    };
    Fire {
        evidence,
        // Two expressions about the same thing are two matters.
        about: format!("{about} {}", holds.text).trim().to_owned(),
        message: format!("{of}{said}"),
        advice: None,
    }
}

fn image(subject: &Subject<'_>) -> Json {
    let inventory = subject.inventory;
    let config = inventory.config.clone().unwrap_or_default();
    let platform = inventory.image.platform.clone().unwrap_or_default();
    let names = config.env.iter().filter_map(|line| line.split('=').next());
    let environment: Vec<&str> = names.collect();
    let distribution = inventory.distro.as_ref();
    let layers = &inventory.layers;
    json!({
        "name": inventory.image.name,
        "reference": inventory.image.reference.as_deref().unwrap_or_default(),
        "source": inventory.image.source,
        "secure_channel": inventory.image.secure_channel,
        "os": platform.os,
        "architecture": platform.architecture,
        "user": config.user,
        "ports": config.exposed_ports,
        "environment": environment,
        "labels": config.labels,
        "entrypoint": config.entrypoint,
        "command": config.cmd,
        "volumes": config.volumes,
        "working_dir": config.working_dir,
        "created": config.created.unwrap_or_default(),
        "healthcheck": config.healthcheck.is_some_and(|check| check.is_active()),
        "layers": layers.len(),
        "size": layers.iter().map(|layer| layer.size).sum::<u64>(),
        "distribution": distribution.map_or("", |distro| distro.id.as_str()),
        "release": distribution.and_then(|distro| distro.version.as_deref()).unwrap_or_default(),
    })
}

fn package(package: &Package) -> Json {
    let record = &package.record;
    let paths: Vec<&str> = package
        .locations
        .iter()
        .map(|place| place.path.as_str())
        .collect();
    json!({
        "name": record.name,
        "version": record.full_version(),
        "ecosystem": record.ecosystem.as_str(),
        "os": record.ecosystem.is_os(),
        "source": record.source_name(),
        "arch": record.arch.as_deref().unwrap_or_default(),
        "license": package.license.as_deref().unwrap_or_default(),
        "vendor": record.vendor.as_deref().unwrap_or_default(),
        "owner": package.owned_by.as_deref().unwrap_or_default(),
        "development": record.development,
        "paths": paths,
        "layer": package.introduced,
    })
}

fn vulnerability(finding: &Finding, subject: &Subject<'_>) -> Json {
    let published = finding.published.as_deref().and_then(day::parse);
    let fixed = finding.fix.since.as_deref().and_then(day::parse);
    let age = |date| day::days(date, subject.day());
    let epss = finding.epss.as_ref();
    let name = subject.inventory.packages.get(finding.package);
    json!({
        "id": finding.id,
        "aliases": finding.aliases,
        "package": name.map_or("", |package| package.record.name.as_str()),
        "kind": finding.class.as_str(),
        "severity": finding.severity.as_str(),
        "cvss": finding.cvss().map_or(-1.0, |cvss| cvss.score),
        "vector": finding.cvss().map_or("", |cvss| cvss.vector.as_str()),
        "exploited": finding.known_exploited.is_some(),
        "epss": epss.map_or(-1.0, |epss| epss.score),
        "epss_percentile": epss.map_or(-1.0, |epss| epss.percentile),
        "risk": finding.risk,
        "disputed": finding.disputed,
        "fix": finding.fix.state.as_str(),
        "has_fix": finding.fix.state == FixState::Fixed || !finding.fix.versions.is_empty(),
        "fixed_in": finding.fix.versions,
        "days_since_published": published.map_or(-1, age),
        "days_since_fixed": fixed.map_or(-1, age),
    })
}

/// Longest expression, in bytes: its parser and its evaluation recurse.
const MAX_LENGTH: usize = 2048;
/// Loops inside loops, at most: each multiplies the time by the packages.
const MAX_LOOPS: usize = 2;
/// Longest error of an evaluation that is shown, in characters.
const MAX_SHOWN: usize = 200;

/// What an expression can be about.
pub(crate) trait Scope: Clone + fmt::Debug + Send + Sync + 'static {
    /// Names, each with the facts of one such thing; and whether it is a list
    /// of them.
    const NAMES: &'static [(&'static str, &'static [&'static str])];
}

const IMAGE: &[&str] = &[
    "architecture",
    "command",
    "created",
    "distribution",
    "entrypoint",
    "environment",
    "healthcheck",
    "labels",
    "layers",
    "name",
    "os",
    "ports",
    "reference",
    "release",
    "secure_channel",
    "size",
    "source",
    "user",
    "volumes",
    "working_dir",
];
const PACKAGE: &[&str] = &[
    "arch",
    "development",
    "ecosystem",
    "layer",
    "license",
    "name",
    "os",
    "owner",
    "paths",
    "source",
    "vendor",
    "version",
];
const VULNERABILITY: &[&str] = &[
    "aliases",
    "cvss",
    "days_since_fixed",
    "days_since_published",
    "disputed",
    "epss",
    "epss_percentile",
    "exploited",
    "fix",
    "fixed_in",
    "has_fix",
    "id",
    "kind",
    "package",
    "risk",
    "severity",
    "vector",
];

/// The image as a whole.
#[derive(Clone, Debug)]
pub(crate) struct ForImage;
/// One package at a time.
#[derive(Clone, Debug)]
pub(crate) struct ForPackage;
/// One vulnerability at a time.
#[derive(Clone, Debug)]
pub(crate) struct ForVulnerability;

impl Scope for ForImage {
    const NAMES: &'static [(&'static str, &'static [&'static str])] = &[
        ("image", IMAGE),
        ("packages", &[]),
        ("vulnerabilities", &[]),
    ];
}

impl Scope for ForPackage {
    const NAMES: &'static [(&'static str, &'static [&'static str])] =
        &[("image", IMAGE), ("pkg", PACKAGE)];
}

impl Scope for ForVulnerability {
    const NAMES: &'static [(&'static str, &'static [&'static str])] = &[
        ("image", IMAGE),
        ("pkg", PACKAGE),
        ("vulnerability", VULNERABILITY),
    ];
}

/// An expression that is true or false.
#[derive(Clone, Debug)]
pub(crate) struct Expression<S> {
    text: String,
    program: Arc<Program>,
    scope: std::marker::PhantomData<S>,
}

impl<S> Serialize for Expression<S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        self.text.serialize(serializer)
    }
}

impl<S> Expression<S> {
    /// What to say, if it holds or (`Err`) cannot be evaluated.
    fn ask(
        &self,
        message: &Option<String>,
        facts: &[(&'static str, Json)],
    ) -> Option<Result<String, String>> {
        let mut context = Context::default();
        let failed = |why: String| {
            let why: String = why.chars().take(MAX_SHOWN).collect();
            Some(Err(format!(
                "{} cannot be evaluated: {why}",
                quoted(&self.text)
            )))
        };
        for (name, fact) in facts {
            if let Err(error) = context.add_variable(*name, fact) {
                return failed(error.to_string());
            }
        }
        match self.program.execute(&context) {
            Ok(cel::Value::Bool(false)) => None,
            Ok(cel::Value::Bool(true)) => {
                let holds = || format!("{} holds", quoted(&self.text));
                Some(Ok(message.clone().unwrap_or_else(holds)))
            }
            Ok(_) => failed("it is neither true nor false".to_owned()),
            Err(error) => failed(error.to_string()),
        }
    }
}

impl<S: Scope> Value for Expression<S> {
    fn expected() -> String {
        "an expression in CEL".into()
    }

    fn schema() -> Json {
        json!({ "type": "string", "maxLength": MAX_LENGTH })
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = scalar::<Self>(node, field, problems)?;
        if text.len() > MAX_LENGTH {
            let length = text.len();
            problems.add(
                node.place,
                format!(
                    "`{field}`: the expression has {length} bytes; at most {MAX_LENGTH} are allowed"
                ),
            );
            return None;
        }
        let program = match Program::compile(text) {
            Ok(program) => program,
            Err(errors) => {
                let error = errors.errors.first();
                let (line, column) = error.map_or((1, 1), |error| error.pos);
                let message = error.map_or("it does not parse", |error| error.msg.as_str());
                problems.add(
                    node.place,
                    format!("`{field}`: {} is no expression: {message} (its line {line}, character {column})", quoted(text)),
                );
                return None;
            }
        };
        let mut names: Vec<(String, Option<&[&str]>)> = S::NAMES
            .iter()
            .map(|(name, facts)| ((*name).to_owned(), (!facts.is_empty()).then_some(*facts)))
            .collect();
        if let Err(why) = check(program.expression(), &mut names, 0) {
            problems.add(node.place, format!("`{field}`: {}: {why}", quoted(text)));
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            program: Arc::new(program),
            scope: std::marker::PhantomData,
        })
    }
}

/// Names in scope, each with its facts where they are known.
type Names<'a> = Vec<(String, Option<&'a [&'a str]>)>;

/// Finds names and facts that do not exist, and loops that go too deep.
fn check(expression: &IdedExpr, names: &mut Names<'_>, loops: usize) -> Result<(), String> {
    match &expression.expr {
        Expr::Ident(name) => match names.iter().any(|(known, _)| known == name) {
            true => Ok(()),
            false => Err(unknown(
                "name",
                name,
                names.iter().map(|(known, _)| known.as_str()),
            )),
        },
        Expr::Select(select) => {
            if let Expr::Ident(name) = &select.operand.expr
                && let Some((_, Some(facts))) = names.iter().rev().find(|(known, _)| known == name)
                && !facts.contains(&select.field.as_str())
            {
                let what = format!("fact of `{name}`");
                return Err(unknown(&what, &select.field, facts.iter().copied()));
            }
            check(&select.operand, names, loops)
        }
        Expr::Call(call) => {
            let parts = call.target.as_deref().into_iter().chain(&call.args);
            parts
                .into_iter()
                .try_for_each(|part| check(part, names, loops))
        }
        Expr::List(list) => list
            .elements
            .iter()
            .try_for_each(|part| check(part, names, loops)),
        Expr::Map(map) => map
            .entries
            .iter()
            .try_for_each(|entry| entries(&entry.expr, names, loops)),
        Expr::Struct(made) => made
            .entries
            .iter()
            .try_for_each(|entry| entries(&entry.expr, names, loops)),
        Expr::Comprehension(comprehension) => {
            if loops == MAX_LOOPS {
                return Err(format!("more than {MAX_LOOPS} loops stand in each other"));
            }
            check(&comprehension.iter_range, names, loops)?;
            check(&comprehension.accu_init, names, loops)?;
            let outer = names.len();
            let own = [&comprehension.iter_var, &comprehension.accu_var];
            let own = own.into_iter().chain(&comprehension.iter_var2);
            names.extend(own.map(|name| (name.clone(), None)));
            let inside = [
                &comprehension.loop_cond,
                &comprehension.loop_step,
                &comprehension.result,
            ];
            let checked = inside
                .into_iter()
                .try_for_each(|part| check(part, names, loops + 1));
            names.truncate(outer);
            checked
        }
        Expr::Literal(_) | Expr::Unspecified => Ok(()),
    }
}

fn entries(entry: &EntryExpr, names: &mut Names<'_>, loops: usize) -> Result<(), String> {
    match entry {
        EntryExpr::StructField(field) => check(&field.value, names, loops),
        EntryExpr::MapEntry(entry) => {
            check(&entry.key, names, loops)?;
            check(&entry.value, names, loops)
        }
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    // Names that the parser makes are nobody's.
    let known = known.filter(|name| !name.starts_with(['@', '_']));
    format!("unknown {what} {}{}", quoted(name), suggestion(name, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, finding, fired, when};
    use plimsoll_types::{Ecosystem, ImageConfig, Severity};

    fn scene() -> Scene {
        Scene::default()
            .with_config(ImageConfig {
                user: "app".into(),
                env: vec!["TOKEN=abc".into()],
                labels: [("team".to_owned(), "shop".to_owned())].into(),
                ..ImageConfig::default()
            })
            .with_package(Ecosystem::Npm, "left-pad", "1.0.0")
            .with_package(Ecosystem::Pypi, "Django", "3.0")
            .with_finding(finding("CVE-2026-0001", 0, Severity::High))
            .with_finding(finding("CVE-2026-0002", 1, Severity::Low))
    }

    fn messages<T: Trigger>(text: &str) -> Vec<String> {
        let trigger = when::<T>(&format!("holds: {text:?}"));
        let fires = fired(&trigger, &scene()).into_iter();
        fires.map(|fire| fire.message).collect()
    }

    #[test]
    fn expressions_of_the_image_count_and_combine() {
        for text in [
            "vulnerabilities.filter(v, v.severity == 'high').size() > 0 && image.user != 'root'",
            "image.labels.team == 'shop' && 'TOKEN' in image.environment",
            "packages.exists(p, p.ecosystem == 'pypi' && p.name.startsWith('Dj'))",
        ] {
            assert_eq!(
                messages::<OfImage>(text),
                [format!("{} holds", quoted(text))]
            );
        }
    }

    #[test]
    fn an_image_of_which_nothing_holds_is_not_named() {
        for text in [
            "packages.all(p, p.name.matches('^[a-z-]+$'))",
            "size(packages) == 3",
        ] {
            assert_eq!(messages::<OfImage>(text), Vec::<String>::new());
        }
    }

    #[test]
    fn expressions_of_packages_name_them() {
        assert_eq!(
            messages::<OfPackage>("pkg.name == 'Django' && !image.healthcheck"),
            ["Django 3.0: `pkg.name == 'Django' && !image.healthcheck` holds"]
        );
    }

    #[test]
    fn packages_of_which_nothing_holds_are_not_named() {
        assert_eq!(messages::<OfPackage>("pkg.os"), Vec::<String>::new());
    }

    #[test]
    fn expressions_of_vulnerabilities_name_them() {
        assert_eq!(
            messages::<OfVulnerability>(
                "vulnerability.severity == 'high' && pkg.ecosystem == 'npm'"
            ),
            [
                "left-pad 1.0.0: CVE-2026-0001: `vulnerability.severity == 'high' && pkg.ecosystem == 'npm'` holds"
            ]
        );
    }

    #[test]
    fn a_vulnerability_without_a_score_is_below_every_score() {
        assert_eq!(
            messages::<OfVulnerability>("vulnerability.cvss > 9.0"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_cannot_be_evaluated_fires_and_says_why() {
        let label = messages::<OfImage>("image.labels.owner == 'x'");
        assert_eq!(
            label,
            ["`image.labels.owner == 'x'` cannot be evaluated: No such key: owner"]
        );
        let number = messages::<OfImage>("size(packages)");
        assert_eq!(
            number,
            ["`size(packages)` cannot be evaluated: it is neither true nor false"]
        );
        assert_eq!(
            messages::<OfImage>("has(image.labels.owner) && image.labels.owner == 'x'"),
            Vec::<String>::new()
        );
    }

    fn problem(text: &str) -> String {
        let document = format!(
            "version: 1\nname: p\nrules:\n  - name: r\n    gate: expression\n    trigger: package\n    when: {{ holds: {text:?} }}\n"
        );
        let error = crate::Policy::parse(&document, "p")
            .unwrap_err()
            .to_string();
        error
            .strip_prefix("p:7:20: `holds`: ")
            .unwrap_or(&error)
            .to_owned()
    }

    #[test]
    fn mistakes_are_found_when_the_policy_is_read() {
        for (text, expected) in [
            (
                "pgk.name == 'x'",
                "`pgk.name == 'x'`: unknown name `pgk`; known are image, pkg",
            ),
            (
                "pkg.nam == 'x'",
                "`pkg.nam == 'x'`: unknown fact of `pkg` `nam`; did you mean `name`?",
            ),
            (
                "pkg.paths.exists(p, q == 'x')",
                "`pkg.paths.exists(p, q == 'x')`: unknown name `q`; known are image, pkg, p",
            ),
        ] {
            assert_eq!(problem(text), expected);
        }
        assert!(problem("pkg.name ==").contains("is no expression: "));
        let loops = "pkg.paths.all(a, pkg.paths.all(b, pkg.paths.all(c, true)))";
        assert!(problem(loops).ends_with("more than 2 loops stand in each other"));
        let long = format!("true{}", " && true".repeat(300));
        assert!(problem(&long).contains("at most 2048 are allowed"));
    }

    #[test]
    fn deep_expressions_neither_overflow_nor_hang() {
        let deep = [
            format!("{}true", "!".repeat(2000)),
            format!("{}true{}", "(".repeat(1000), ")".repeat(1000)),
            format!("true{}", "&&true".repeat(300)),
            format!("{}1{} == [1]", "[".repeat(900), "]".repeat(900)),
            format!("{}true", "true?".repeat(300)),
            "true?true:".repeat(200) + "true",
        ];
        for text in deep {
            let document = format!(
                "version: 1\nname: p\nrules:\n  - {{ name: r, gate: expression, trigger: image, when: {{ holds: {text:?} }} }}\n"
            );
            if let Ok(policy) = crate::Policy::parse(&document, "p") {
                crate::judge(&policy, &scene().subject());
            }
        }
    }
}
