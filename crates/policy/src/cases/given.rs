use crate::document::{Fields, Node, Problems, Score, Share, Value, read_list, wrong};
use crate::text::quoted;
use jiff::civil::Date;
use plimsoll_types::{
    Confidence, Cvss, Epss, FileEntry, FileKind, Finding, Fix, FixState, Healthcheck, ImageConfig,
    Inventory, KnownExploited, Location, Mode, Package, PackageRecord, PackageUrl, Password,
    Severity, SeverityClaim, User,
};
use std::collections::BTreeMap;

/// An image that is written in a case: what it does not say, the image has
/// not.
pub(super) struct Given {
    pub(super) inventory: Inventory,
    pub(super) findings: Vec<Finding>,
}

impl Value for Given {
    fn expected() -> String {
        "a mapping with `reference`, `user`, `users`, `ports`, `env`, `labels`, `healthcheck`, \
         `packages`, `vulnerabilities`, `files`"
            .into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(node, &format!("`{field}`"), problems)?;
        let mut inventory = Inventory::default();
        let reference = fields.take::<Option<String>>("reference", problems);
        let config = read_config(&mut fields, problems);
        inventory.users = read_list(&mut fields, "users", problems, read_user);
        let packages = fields.take::<Option<Vec<Purl>>>("packages", problems);
        inventory.files = read_list(&mut fields, "files", problems, read_file);
        inventory.files.sort_by(|a, b| a.path.cmp(&b.path));
        for Purl(purl) in packages?.unwrap_or_default() {
            let record = purl.record();
            inventory.distro = inventory.distro.or_else(|| purl.distro());
            inventory.packages.extend(record.map(package));
        }
        let packages = &inventory.packages;
        let findings = read_list(
            &mut fields,
            "vulnerabilities",
            problems,
            |node, problems| read_finding(node, packages, problems),
        );
        fields.finish(problems);
        let reference = reference?;
        inventory.image.name = reference.clone().unwrap_or_else(|| "given".to_owned());
        inventory.image.source = "registry".to_owned();
        inventory.image.secure_channel = true;
        inventory.image.reference = reference;
        inventory.config = Some(config?);
        Some(Self {
            inventory,
            findings,
        })
    }
}

fn read_config(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<ImageConfig> {
    let user = fields.take::<Option<String>>("user", problems);
    let ports = fields.take::<Option<Vec<String>>>("ports", problems);
    let env = fields.take::<Option<Vec<String>>>("env", problems);
    let healthcheck = fields.take::<Option<bool>>("healthcheck", problems);
    let labels: BTreeMap<String, String> = match fields.node("labels") {
        Some(node) => {
            let entries = node.entries("labels", "texts", problems).iter();
            let read = entries.map(|entry| {
                Some((
                    entry.name.clone(),
                    String::read(&entry.node, "labels", problems)?,
                ))
            });
            read.collect::<Option<_>>()?
        }
        None => BTreeMap::new(),
    };
    Some(ImageConfig {
        user: user?.unwrap_or_default(),
        exposed_ports: ports?.unwrap_or_default(),
        env: env?.unwrap_or_default(),
        labels,
        healthcheck: healthcheck?.unwrap_or(false).then(|| Healthcheck {
            test: vec!["CMD-SHELL".to_owned(), "true".to_owned()],
        }),
        ..ImageConfig::default()
    })
}

fn read_user(node: &Node, problems: &mut Problems) -> Option<User> {
    let mut fields = Fields::of(node, "the user", problems)?;
    let name = fields.take("name", problems);
    let uid = fields.take("uid", problems);
    let gid = fields.take::<Option<u32>>("gid", problems);
    let home = fields.take::<Option<String>>("home", problems);
    let shell = fields.take::<Option<String>>("shell", problems);
    fields.finish(problems);
    let uid = uid?;
    Some(User {
        name: name?,
        uid,
        gid: gid?.unwrap_or(uid),
        home: home?.unwrap_or_default(),
        shell: shell?.unwrap_or_default(),
        password: Password::default(),
    })
}

fn read_file(node: &Node, problems: &mut Problems) -> Option<FileEntry> {
    let mut fields = Fields::of(node, "the file", problems)?;
    let path = fields.take::<String>("path", problems);
    let mode = fields.take::<Option<Octal>>("mode", problems);
    let size = fields.take::<Option<u32>>("size", problems);
    fields.finish(problems);
    Some(FileEntry {
        path: path?.trim_start_matches('/').to_owned(),
        kind: FileKind::File,
        mode: mode?.map_or(Mode(0o644), |Octal(mode)| mode),
        uid: 0,
        gid: 0,
        size: size?.map_or(0, u64::from),
        digest: None,
        layer: 0,
        program: false,
        owner: None,
        capabilities: plimsoll_types::Capabilities::default(),
    })
}

fn package(record: PackageRecord) -> Package {
    Package {
        record: PackageRecord {
            confidence: Confidence::Installed,
            ..record
        },
        locations: vec![Location {
            path: "given".to_owned(),
            nested: Vec::new(),
            layer: 0,
            evidence: "given".to_owned(),
        }],
        introduced: 0,
        removed: None,
        owned_by: None,
        license: None,
        depends_on: Vec::new(),
    }
}

fn read_finding(node: &Node, packages: &[Package], problems: &mut Problems) -> Option<Finding> {
    let mut fields = Fields::of(node, "the vulnerability", problems)?;
    let id = fields.take::<String>("id", problems);
    let place = fields.node("package").map(|node| node.place);
    let package = fields.take::<String>("package", problems);
    let severity = fields.take::<Option<Severity>>("severity", problems);
    let cvss = fields.take::<Option<Score>>("cvss", problems);
    let fixed_in = fields.take::<Option<String>>("fixed_in", problems);
    let fixed_on = fields.take::<Option<Date>>("fixed_on", problems);
    let fix = fields.take::<Option<FixState>>("fix", problems);
    let exploited = fields.take::<Option<bool>>("exploited", problems);
    let epss = fields.take::<Option<Share>>("epss", problems);
    let published = fields.take::<Option<Date>>("published", problems);
    let aliases = fields.take::<Option<Vec<String>>>("aliases", problems);
    fields.finish(problems);
    let name = package?;
    let index = packages.iter().position(|known| known.record.name == name);
    if let (None, Some(place)) = (index, place) {
        problems.add(place, format!("{} is none of `packages`", quoted(&name)));
    }
    let (severity, fixed_in, fixed_on) = (severity?.unwrap_or_default(), fixed_in?, fixed_on?);
    let state = match &fixed_in {
        Some(_) => FixState::Fixed,
        None => FixState::NotFixed,
    };
    let claim = |Score(score): Score| SeverityClaim {
        source: "given".to_owned(),
        severity,
        cvss: Some(Cvss {
            version: "3.1".to_owned(),
            vector: String::new(),
            score,
        }),
    };
    let day = |date: Date| date.to_string();
    Some(Finding {
        id: id?,
        aliases: aliases?.unwrap_or_default(),
        package: index?,
        severity,
        severities: cvss?.map(claim).into_iter().collect(),
        fix: Fix {
            state: fix?.unwrap_or(state),
            versions: fixed_in.into_iter().collect(),
            since: fixed_on.map(day),
            ..Fix::default()
        },
        known_exploited: exploited?.unwrap_or(false).then(|| KnownExploited {
            added: String::new(),
            due: String::new(),
            ransomware: false,
        }),
        epss: epss?.map(|Share(score)| Epss {
            score,
            percentile: score,
            day: String::new(),
        }),
        published: published?.map(day),
        ..Finding::default()
    })
}

/// A package URL with a version, of a type that is known.
struct Purl(PackageUrl);

impl Value for Purl {
    fn expected() -> String {
        "a package URL such as `pkg:npm/left-pad@1.0.0`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let purl = node
            .scalar()
            .and_then(|text| text.parse::<PackageUrl>().ok());
        let purl = purl.filter(|purl| purl.record().is_some());
        if purl.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        purl.map(Purl)
    }
}

/// Permission bits in octal.
struct Octal(Mode);

impl Value for Octal {
    fn expected() -> String {
        "permission bits such as `\"4755\"`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let bits = node
            .scalar()
            .and_then(|text| u16::from_str_radix(text, 8).ok());
        let bits = bits.filter(|bits| *bits <= 0o7777);
        if bits.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        bits.map(|bits| Octal(Mode(bits)))
    }
}
