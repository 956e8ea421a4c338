//! Rules as native ones.

use super::super::bundle::{Rule, Test};
use super::super::params::Values;
use super::{list, literal, quoted};
use plimsoll_types::{FixState, Severity};

/// A rule in native words.
#[derive(Debug, Default)]
pub(super) struct Native {
    pub(super) gate: &'static str,
    pub(super) trigger: &'static str,
    /// `field: value` each.
    pub(super) when: Vec<String>,
    /// What means something else.
    pub(super) remarks: Vec<String>,
}

impl Native {
    fn of(gate: &'static str, trigger: &'static str) -> Self {
        Self {
            gate,
            trigger,
            ..Self::default()
        }
    }

    fn when(mut self, field: &str, value: impl AsRef<str>) -> Self {
        self.when.push(format!("{field}: {}", value.as_ref()));
        self
    }

    fn remark(mut self, remark: &str) -> Self {
        self.remarks.push(remark.to_owned());
        self
    }
}

/// # Errors
/// Why there is none.
pub(super) fn native(rule: &Rule) -> Result<Native, String> {
    let Test::Asks(gate, trigger) = rule.test else {
        return Err("Anchore no longer judges it, and nothing does".to_owned());
    };
    let values = &rule.values;
    let text = |name: &str| values.text(name).unwrap_or_default();
    let allows = matches!(values.text("type"), Some("whitelist" | "allowlist"));
    Ok(match (gate.name, trigger.name()) {
        ("always", _) => Native::of("always", "always"),
        ("ancestry", "allowed_base_image_digest") => Native::of("base", "not-allowed").when(
            "digests",
            list(values.list("base_digest").iter().map(|d| literal(d))),
        ),
        ("ancestry", "allowed_base_image_tag") => Native::of("base", "not-allowed").when(
            "names",
            list(values.list("base_tag").iter().map(|name| literal(name))),
        ),
        ("ancestry", "no_ancestors_analyzed") => Native::of("base", "unknown"),
        ("dockerfile", "instruction") => instruction(values)?,
        ("dockerfile", "effective_user") => {
            let trigger = if allows { "not-allowed" } else { "denied" };
            Native::of("user", trigger).when("users", list(values.list("users")))
        }
        ("dockerfile", "exposed_ports") => {
            let ports = values.numbers("ports");
            match (allows, ports.contains(&0)) {
                (_, true) => Native::of("ports", "not-allowed"),
                (true, false) => Native::of("ports", "not-allowed").when("ports", any(ports)),
                (false, false) => Native::of("ports", "denied").when("ports", any(ports)),
            }
        }
        ("files", "name_match") => {
            let regex = values.regex("regex").map(|regex| regex.text());
            let path = path(regex.unwrap_or_default())?;
            Native::of("files", "path").when("paths", list([path]))
        }
        ("files", "attribute_match") => attributes(values)?,
        ("files", "suid_or_guid_set") => Native::of("files", "setuid")
            .remark("it is about regular files only, not about directories"),
        ("licenses", trigger) => {
            let licenses = values
                .list("licenses")
                .iter()
                .map(|license| literal(license));
            let licenses = match trigger {
                "blacklist_exact_match" => list(licenses),
                _ => list(licenses.map(|license| format!("*{license}*"))),
            };
            Native::of("licenses", "denied")
                .when("licenses", licenses)
                .remark(
                    "it compares SPDX ids, and fires for each package that cannot do without one",
                )
        }
        ("metadata", _) => metadata(values)?,
        ("packages", "required_package") => {
            let native = Native::of("packages", "required");
            let native = native.when("packages", list([literal(text("name"))]));
            match (values.text("version"), values.text("version_match_type")) {
                (None, _) => native,
                (Some(version), Some("minimum")) => {
                    native.when("versions", list([format!(">= {version}")]))
                }
                (Some(version), _) => native.when("versions", list([literal(version)])),
            }
        }
        ("packages", "blacklist") => {
            let native = Native::of("packages", "denied");
            let native = native.when("packages", list([literal(text("name"))]));
            match values.text("version") {
                None => native,
                // With the release of the distribution and without.
                Some(version) => {
                    let version = literal(version);
                    native.when("versions", list([version.clone(), format!("{version}-*")]))
                }
            }
        }
        ("packages", "verify") => verify(values)?,
        ("packages", "metadata") => packages(values)?,
        ("passwd_file", "content_not_available") => Native::of("accounts", "unreadable"),
        ("passwd_file", "blacklist_usernames") => Native::of("accounts", "denied").when(
            "names",
            list(values.list("user_names").iter().map(|name| literal(name))),
        ),
        ("passwd_file", "blacklist_userids") => {
            Native::of("accounts", "denied").when("uids", numbers(values.numbers("user_ids")))
        }
        ("passwd_file", "blacklist_groupids") => {
            Native::of("accounts", "denied").when("gids", numbers(values.numbers("group_ids")))
        }
        ("passwd_file", "blacklist_shells") => Native::of("accounts", "denied").when(
            "shells",
            list(values.list("shells").iter().map(|shell| literal(shell))),
        ),
        ("vulnerabilities", "package") => vulnerabilities(values)?,
        ("vulnerabilities", "stale_feed_data") => {
            let days = values.number("max_days_since_sync").unwrap_or_default();
            Native::of("advisory-data", "stale")
                .when("max_age", format!("{}d", days.min(36_500)))
                .remark("ages are whole days in UTC")
        }
        ("vulnerabilities", "vulnerability_data_unavailable") => Native::of("coverage", "gap")
            .when("kinds", "[no-advisory-data, distro-unknown]")
            .remark("it is about language packages without data, too"),
        ("vulnerabilities", "blacklist") => {
            let ids = values
                .list("vulnerability_ids")
                .iter()
                .map(|id| literal(id));
            let native = Native::of("vulnerabilities", "denied").when("ids", list(ids));
            match values.flag("vendor_only") {
                Some(false) => native,
                _ => native.remark("it fires also for what the vendor will not fix"),
            }
        }
        ("vulnerabilities", "kev_list") => {
            Native::of("vulnerabilities", "package").when("exploited", "true")
        }
        _ => return Err("there is no such native gate".to_owned()),
    })
}

fn numbers(numbers: &[u64]) -> String {
    list(numbers.iter().map(u64::to_string))
}

/// Only permissions that a file must have are asked for natively.
fn attributes(values: &Values) -> Result<Native, String> {
    let mode = values.text("mode").unwrap_or_default().trim();
    let mode = u16::from_str_radix(mode.trim_start_matches("0o"), 8);
    match (mode, values.text("mode_op"), values.text("checksum")) {
        (Ok(mode), Some("not_equals"), None) if values.flag("skip_missing") != Some(false) => {
            let path = literal(values.text("filename").unwrap_or_default());
            let native = Native::of("files", "attributes").when("paths", list([path]));
            Ok(native.when("modes", list([format!("{mode:04o}")])))
        }
        _ => Err("native rules ask only whether a file has other permissions".to_owned()),
    }
}

/// Ports of any protocol.
fn any(ports: &[u64]) -> String {
    list(ports.iter().map(|port| format!("{port}/*")))
}

fn instruction(values: &Values) -> Result<Native, String> {
    let text = |name: &str| values.text(name).unwrap_or_default();
    let (keyword, check) = (text("instruction"), text("check"));
    if keyword == "FROM" {
        return Err(
            "history does not tell what the image was built from; see the gate `base`".into(),
        );
    }
    if values.flag("actual_dockerfile_only") == Some(true) {
        return Err("it is about Dockerfiles that were supplied only".to_owned());
    }
    if (keyword, check) == ("HEALTHCHECK", "not_exists") {
        return Ok(Native::of("healthcheck", "missing"));
    }
    let exactly = |text: &str| format!("^{}$", escaped(text));
    let items = text("value").split(',').map(str::trim);
    let (field, matches) = match check {
        "exists" | "not_exists" => ("", Vec::new()),
        "=" => ("matches", vec![exactly(text("value"))]),
        "!=" => ("except", vec![exactly(text("value"))]),
        "like" => ("matches", vec![format!("^(?:{})", text("value"))]),
        "not_like" => ("except", vec![format!("^(?:{})", text("value"))]),
        "in" => ("matches", items.map(exactly).collect()),
        _ => ("except", items.map(exactly).collect()),
    };
    let trigger = if check == "not_exists" {
        "required"
    } else {
        "denied"
    };
    let native = Native::of("instructions", trigger).when("instructions", list([keyword]));
    Ok(match matches.is_empty() {
        true => native,
        false => native.when(field, list(matches)),
    })
}

/// A text that regular expressions take as it is.
fn escaped(text: &str) -> String {
    let mut regex = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            regex.push('\\');
        }
        regex.push(c);
    }
    regex
}

/// A pattern for what simple regular expressions match.
fn path(regex: &str) -> Result<String, String> {
    let refuse = || format!("`{regex}` is no simple pattern of paths");
    let body = regex.strip_suffix('$');
    let (body, open) = (body.unwrap_or(regex), body.is_none());
    let body = body.strip_prefix('^').unwrap_or(body);
    let mut pattern = String::new();
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' if chars.next_if_eq(&'*').is_some() => pattern.push('*'),
            '.' | '*' | '+' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                return Err(refuse());
            }
            '\\' => match chars.next() {
                Some(c) if c.is_ascii_punctuation() => pattern.push_str(&literal(&c.to_string())),
                _ => return Err(refuse()),
            },
            c => pattern.push(c),
        }
    }
    // It is tried at the beginning only, so anything may follow.
    if open && !pattern.ends_with('*') {
        pattern.push('*');
    }
    Ok(pattern.replace('*', "{*,*/**/*}"))
}

fn metadata(values: &Values) -> Result<Native, String> {
    let text = |name: &str| values.text(name).unwrap_or_default();
    let (attribute, check, value) = (text("attribute"), text("check"), text("value").trim());
    let items = || value.split(',').map(str::trim);
    Ok(match (attribute, check) {
        ("size", ">" | ">=") => {
            let value = value.to_ascii_uppercase();
            let digits = value
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(value.len());
            let (number, unit) = value.split_at(digits);
            let unit = match unit {
                "" => "B",
                "KB" => "KiB",
                "MB" => "MiB",
                "GB" => "GiB",
                _ => return Err(format!("there is no native size for `{value}`")),
            };
            Native::of("image", "too-large")
                .when("at_most", quoted(&format!("{number}{unit}")))
                .remark("it adds up the layers, what later ones remove included")
        }
        ("layer_count", ">" | ">=") => {
            let number: u32 = value
                .parse()
                .map_err(|_| format!("`{value}` is no number"))?;
            let most = if check == ">" {
                number
            } else {
                number.saturating_sub(1)
            };
            Native::of("image", "too-many-layers").when("at_most", most.to_string())
        }
        ("architecture", "!=" | "not_in") => {
            let platforms = items().map(|item| format!("*/{}", literal(item)));
            Native::of("image", "platform-not-allowed").when("platforms", list(platforms))
        }
        ("os_type", "!=" | "not_in") => {
            let platforms = items().map(|item| format!("{}/*", literal(item)));
            Native::of("image", "platform-not-allowed").when("platforms", list(platforms))
        }
        _ => return Err(format!("no native gate asks for `{attribute} {check}`")),
    })
}

fn verify(values: &Values) -> Result<Native, String> {
    if !values.list("only_packages").is_empty() {
        return Err("native rules choose files by path, not by package".to_owned());
    }
    let mut native = Native::of("files", "altered");
    match values.text("check") {
        Some("missing") => native = native.when("changes", "missing"),
        Some(_) => native = native.when("changes", "[content, kind]"),
        None => {}
    }
    let folders = values.list("only_directories");
    if !folders.is_empty() {
        let paths = folders
            .iter()
            .map(|folder| format!("{}/**", literal(folder.trim_end_matches('/'))));
        native = native.when("paths", list(paths));
    }
    Ok(native.remark("configuration and documentation are left aside"))
}

fn packages(values: &Values) -> Result<Native, String> {
    let text = |name: &str| values.text(name);
    let mut native = Native::of("packages", "denied");
    match (text("name"), text("name_comparison").unwrap_or("=")) {
        (None, _) => {}
        (Some(name), "=") => native = native.when("packages", list([literal(name)])),
        (Some(name), "!=") => native = native.when("except", list([literal(name)])),
        (_, comparison) => return Err(format!("native names are not compared by `{comparison}`")),
    }
    match (text("version"), text("version_comparison").unwrap_or("=")) {
        (None, _) => {}
        (_, "like" | "not_like") => {
            return Err("native versions have no regular expressions".to_owned());
        }
        (Some(version), comparison) => {
            native = native.when("versions", list([format!("{comparison} {version}")]));
        }
    }
    Ok(native)
}

fn vulnerabilities(values: &Values) -> Result<Native, String> {
    let mut native = Native::of("vulnerabilities", "package");
    match values.text("package_type") {
        Some("os") => native = native.when("class", "os"),
        Some("non-os") => native = native.when("class", "language"),
        _ => {}
    }
    let comparison = values.text("severity_comparison").unwrap_or(">");
    let wanted = values.text("severity").unwrap_or("unknown");
    let rank = |severity: &Severity| *severity;
    let wanted = Severity::WORST_FIRST
        .into_iter()
        .find(|severity| severity.as_str() == wanted)
        .unwrap_or_default();
    let severities: Vec<&str> = Severity::WORST_FIRST
        .iter()
        .filter(|severity| super::super::gates::holds(comparison, rank(severity).cmp(&wanted)))
        .map(|severity| severity.as_str())
        .collect();
    match severities.len() {
        0 => return Err("no severity is so".to_owned()),
        6 => {}
        _ => native = native.when("severity", format!("[{}]", severities.join(", "))),
    }
    native = scores(values, native)?;
    if let Some(fixed) = values.flag("fix_available") {
        native = native.when("fix_available", fixed.to_string());
    }
    if values.flag("vendor_only") != Some(false) {
        let states = [
            FixState::Fixed,
            FixState::NotFixed,
            FixState::Deferred,
            FixState::EndOfLife,
            FixState::UnderInvestigation,
            FixState::Unknown,
        ];
        let states = states.map(|state| state.as_str()).join(", ");
        native = native.when("fix", format!("[{states}]"));
    }
    if let Some(days) = values.number("max_days_since_creation") {
        native = native
            .when("published_for", format!("{}d", days.min(36_500)))
            .remark("`max_days_since_creation` counts from publication, not from the first scan");
    }
    if let (Some(days), Some(true)) = (
        values.number("max_days_since_fix"),
        values.flag("fix_available"),
    ) {
        native = native
            .when("fixed_for", format!("{}d", days.min(36_500)))
            .remark(
                "`max_days_since_fix` counts from when the fix is known, not from the first scan",
            );
    }
    if let Some(regex) = values.regex("package_path_exclude") {
        native = match path(regex.text()) {
            Ok(path) => native.when("except_paths", list([path])),
            Err(why) => native.remark(&format!("`package_path_exclude` is left out: {why}")),
        };
    }
    Ok(native)
}

/// Native rules compare one vector, NVD's or the vendors'.
fn scores(values: &Values, mut native: Native) -> Result<Native, String> {
    let mut source = None;
    for (prefix, from) in [("cvss_v3", "nvd"), ("vendor_cvss_v3", "vendor")] {
        for (part, least) in [
            ("base", "cvss_at_least"),
            ("exploitability", "exploitability_at_least"),
            ("impact", "impact_at_least"),
        ] {
            let name = format!("{prefix}_{part}_score");
            let Some(score) = values.float(&name) else {
                continue;
            };
            if source.is_some_and(|source| source != from) {
                return Err("native rules compare scores of one source".to_owned());
            }
            if source.is_none() {
                native = native
                    .when("cvss_source", from)
                    .when("cvss_version", "\"3\"");
            }
            source = Some(from);
            let comparison = format!("{name}_comparison");
            let comparison = values.text(&comparison).unwrap_or(">=");
            // Scores have one digit.
            let next = ((score * 10.0).floor() + 1.0) / 10.0;
            let score = score.clamp(0.0, 10.0);
            native = match comparison {
                ">=" => native.when(least, format!("{score:?}")),
                ">" if next <= 10.0 => native.when(least, format!("{next:?}")),
                "<" if part == "base" => native
                    .when("cvss_below", format!("{score:?}"))
                    .when("unscored", "match"),
                "<=" if part == "base" && next <= 10.0 => native
                    .when("cvss_below", format!("{next:?}"))
                    .when("unscored", "match"),
                "=" if part == "base" && next <= 10.0 => native
                    .when(least, format!("{score:?}"))
                    .when("cvss_below", format!("{next:?}")),
                _ => return Err(format!("`{name} {comparison}` has no native counterpart")),
            };
        }
    }
    Ok(native)
}
