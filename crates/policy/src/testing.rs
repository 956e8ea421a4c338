//! Small images to judge in tests. They are judged on 2026-10-15.

use crate::document::{Fields, Node, Problems, Value};
use crate::gates::{Fire, Parameters, Trigger};
use crate::pattern::{PathPattern, Pattern};
use crate::verdict::DataPosition;
use crate::{Baseline, Subject};
use plimsoll_types::{
    Confidence, Ecosystem, FileEntry, FileKind, Finding, Gap, GapKind, ImageConfig, Inventory,
    Lifecycle, Location, Mode, Package, PackageRecord, Password, Severity, Suppressed, User,
};

pub(crate) struct Scene {
    pub(crate) inventory: Inventory,
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: Vec<Suppressed>,
    pub(crate) data: Option<DataPosition>,
    pub(crate) lifecycle: Option<Lifecycle>,
    pub(crate) now: String,
    pub(crate) baseline: Option<Baseline>,
}

impl Default for Scene {
    fn default() -> Self {
        let mut inventory = Inventory::default();
        inventory.image.name = "shop".into();
        inventory.image.source = "registry".into();
        inventory.image.reference = Some("registry.example/shop/api:1.4.2".into());
        Scene {
            inventory,
            findings: Vec::new(),
            suppressed: Vec::new(),
            data: None,
            lifecycle: None,
            now: "2026-10-15T12:00:00Z".into(),
            baseline: None,
        }
        .with_data("2026-10-14T03:00:00Z")
    }
}

impl Scene {
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            inventory: &self.inventory,
            findings: &self.findings,
            suppressed: &self.suppressed,
            data: self.data.clone(),
            lifecycle: self.lifecycle.as_ref(),
            now: self.now.parse().unwrap(),
            baseline: self.baseline.as_ref(),
        }
    }

    /// Judged against what another image has.
    pub(crate) fn against(mut self, other: &Scene) -> Self {
        self.baseline = Some(Baseline::of("other", &other.inventory, &other.findings));
        self
    }

    pub(crate) fn at(mut self, now: &str) -> Self {
        self.now = now.into();
        self
    }

    pub(crate) fn without_data(mut self) -> Self {
        self.data = None;
        self
    }

    pub(crate) fn with_data(mut self, built: &str) -> Self {
        self.data = Some(DataPosition {
            position: "p".into(),
            built: built.into(),
        });
        self
    }

    pub(crate) fn with_config(mut self, config: ImageConfig) -> Self {
        self.inventory.config = Some(config);
        self
    }

    pub(crate) fn with_gap(mut self, kind: GapKind, subject: &str) -> Self {
        self.inventory.coverage.gaps.insert(Gap {
            kind,
            subject: subject.into(),
            layer: None,
            detail: "broken".into(),
        });
        self
    }

    pub(crate) fn with_user(mut self, name: &str, uid: u32) -> Self {
        self.inventory.users.push(User {
            name: name.into(),
            uid,
            gid: uid,
            home: "/".into(),
            shell: "/bin/sh".into(),
            password: Password::Locked,
        });
        self
    }

    pub(crate) fn with_file(mut self, path: &str, kind: FileKind, mode: u16) -> Self {
        self.inventory.files.push(FileEntry {
            path: path.into(),
            kind,
            mode: Mode(mode),
            uid: 0,
            gid: 0,
            size: 0,
            digest: None,
            layer: 0,
            program: false,
            owner: None,
            capabilities: plimsoll_types::Capabilities::default(),
        });
        self
    }

    pub(crate) fn with_package(mut self, ecosystem: Ecosystem, name: &str, version: &str) -> Self {
        let version = Some(version.to_owned());
        self.inventory.packages.push(Package {
            record: PackageRecord::new(ecosystem, name, version, Confidence::Installed),
            locations: vec![Location {
                path: format!("place/of/{name}"),
                nested: Vec::new(),
                layer: 0,
                evidence: "test".into(),
            }],
            introduced: 0,
            removed: None,
            owned_by: None,
            license: None,
            depends_on: Vec::new(),
        });
        self
    }

    pub(crate) fn with_finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }
}

pub(crate) fn finding(id: &str, package: usize, severity: Severity) -> Finding {
    Finding {
        id: id.into(),
        package,
        severity,
        ..Finding::default()
    }
}

pub(crate) fn fired<T: Trigger>(trigger: &T, scene: &Scene) -> Vec<Fire> {
    let mut fires = Vec::new();
    Trigger::fire(trigger, &scene.subject(), &mut fires);
    fires
}

/// A trigger with these parameters, as a policy writes them.
pub(crate) fn when<T: Parameters>(text: &str) -> T {
    let mut problems = Problems::default();
    let node = Node::parse(text, &mut problems).unwrap();
    let mut fields = Fields::of(&node, "when", &mut problems).unwrap();
    let trigger = T::read(&mut fields, &mut problems);
    fields.finish(&mut problems);
    assert!(problems.is_empty(), "{}", problems.into_error());
    trigger.unwrap()
}

pub(crate) fn messages<T: Trigger>(trigger: &T, scene: &Scene) -> Vec<String> {
    let fires = fired(trigger, scene).into_iter();
    fires.map(|fire| fire.message).collect()
}

pub(crate) fn patterns(texts: &[&str]) -> Option<Vec<Pattern>> {
    read(texts)
}

pub(crate) fn paths(texts: &[&str]) -> Option<Vec<PathPattern>> {
    read(texts)
}

fn read<T: Value>(texts: &[&str]) -> Option<Vec<T>> {
    let mut problems = Problems::default();
    let text = serde_json::to_string(texts).unwrap();
    let node = Node::parse(&text, &mut problems).unwrap();
    let values = Vec::read(&node, "test", &mut problems);
    assert!(problems.is_empty(), "{}", problems.into_error());
    values
}
