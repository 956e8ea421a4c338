//! Gates that Anchore no longer judges, and what took their place. Anchore
//! accepts such rules and does nothing, so an image passes them; here they are
//! judged by their replacement.

use crate::document::{Content, Node, Place};

/// A rule as it is judged now.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) gate: &'static str,
    pub(super) trigger: &'static str,
    pub(super) params: Vec<(String, Node)>,
}

/// What becomes of a rule.
pub(super) enum Fate {
    /// Its gate is alive, or unknown.
    Kept,
    /// These rules take its place.
    Replaced(Vec<Replacement>),
    /// Nothing takes its place.
    Gone,
}

/// The gates and what replaced them.
const GATES: &[(&str, Option<&str>)] = &[
    ("anchoresec", Some("vulnerabilities")),
    ("pkgcheck", Some("packages")),
    ("pkgblacklist", Some("packages")),
    ("dockerfilecheck", Some("dockerfile")),
    ("filecheck", Some("files")),
    ("fileparse_passwd", Some("passwd_file")),
    ("gemcheck", Some("ruby_gems")),
    ("npmcheck", Some("npms")),
    ("metadatacheck", Some("metadata")),
    ("licblacklist", Some("licenses")),
    ("secretcheck", Some("secret_scans")),
    ("suiddiff", None),
    ("imagecheck", None),
    ("pkgdiff", None),
];

/// The gate that judges now what `gate` did; `None` for gates that are alive,
/// and `Some(None)` for those that nothing replaced.
pub(super) fn successor(gate: &str) -> Option<Option<&'static str>> {
    let mut gates = GATES.iter();
    let row = gates.find(|(name, _)| name.eq_ignore_ascii_case(gate))?;
    Some(row.1)
}

/// What judges a rule now; of the old parameters only the meaning is kept.
pub(super) fn fate(gate: &str, trigger: &str, params: &[(String, &Node)], place: Place) -> Fate {
    let gate = gate.to_ascii_lowercase();
    let trigger = trigger.to_ascii_lowercase();
    if successor(&gate) == Some(None) {
        return Fate::Gone;
    }
    let old = Old { params, place };
    let rules = match gate.as_str() {
        "anchoresec" => old.vulnerabilities(&trigger),
        "pkgcheck" | "pkgblacklist" => old.packages(&trigger),
        "dockerfilecheck" => old.dockerfile(&trigger),
        "filecheck" => old.files(&trigger),
        "fileparse_passwd" => old.accounts(&trigger),
        "gemcheck" => old.registry("ruby_gems", trigger.trim_start_matches("gem")),
        "npmcheck" => old.registry("npms", trigger.trim_start_matches("npm")),
        "metadatacheck" => old.metadata(&trigger),
        "licblacklist" => old.licenses(&trigger),
        "secretcheck" => old.secrets(&trigger),
        _ => return Fate::Kept,
    };
    rules.map_or(Fate::Kept, Fate::Replaced)
}

struct Old<'a> {
    params: &'a [(String, &'a Node)],
    place: Place,
}

impl Old<'_> {
    fn node(&self, text: &str) -> Node {
        Node {
            place: self.place,
            content: Content::Text(text.to_owned()),
        }
    }

    fn rule(
        &self,
        gate: &'static str,
        trigger: &'static str,
        params: &[(&str, &str)],
    ) -> Replacement {
        let params = params.iter();
        let params = params.map(|(name, value)| ((*name).to_owned(), self.node(value)));
        Replacement {
            gate,
            trigger,
            params: params.collect(),
        }
    }

    /// The value of a parameter whose name contains `word`, in any case.
    fn value(&self, word: &str) -> Option<&str> {
        let mut params = self.params.iter();
        let found = params.find(|(name, _)| name.to_ascii_uppercase().contains(word));
        found.and_then(|(_, node)| node.scalar())
    }

    /// The value of the only parameter, whatever it is called.
    fn only(&self) -> &str {
        let first = self.params.first();
        first
            .and_then(|(_, node)| node.scalar())
            .unwrap_or_default()
    }

    /// `name|version` or `name`, with commas between them.
    fn named(&self, gate: &'static str, trigger: &'static str) -> Vec<Replacement> {
        let items = self.params.iter().filter_map(|(_, node)| node.scalar());
        let items = items.flat_map(|text| text.split(','));
        let items = items.map(str::trim).filter(|item| !item.is_empty());
        let rules = items.map(|item| match item.split_once('|') {
            Some((name, version)) => {
                self.rule(gate, trigger, &[("name", name), ("version", version)])
            }
            None => self.rule(gate, trigger, &[("name", item)]),
        });
        rules.collect()
    }

    fn vulnerabilities(&self, trigger: &str) -> Option<Vec<Replacement>> {
        const GATE: &str = "vulnerabilities";
        let (comparison, severity) = match trigger {
            "feedoutofdate" => {
                let days = self.value("MAXAGE").unwrap_or_default();
                let params = [("max_days_since_sync", days)];
                return Some(vec![self.rule(GATE, "stale_feed_data", &params)]);
            }
            "unsupporteddistro" => {
                return Some(vec![self.rule(GATE, "vulnerability_data_unavailable", &[])]);
            }
            "vulnunknown" => ("<=", "negligible"),
            "vulnlow" => ("=", "low"),
            "vulnmedium" => ("=", "medium"),
            "vulnhigh" => ("=", "high"),
            "vulncritical" => ("=", "critical"),
            _ => return None,
        };
        let mut params = vec![
            ("package_type", "all"),
            ("severity_comparison", comparison),
            ("severity", severity),
        ];
        params.extend(self.value("FIX").map(|value| ("fix_available", value)));
        Some(vec![self.rule(GATE, "package", &params)])
    }

    fn packages(&self, trigger: &str) -> Option<Vec<Replacement>> {
        const GATE: &str = "packages";
        Some(match trigger {
            "verify" => {
                let mut params = Vec::new();
                params.extend(self.value("PKG").map(|value| ("only_packages", value)));
                params.extend(self.value("DIR").map(|value| ("only_directories", value)));
                params.extend(self.value("CHECK").map(|value| ("check", value)));
                vec![self.rule(GATE, "verify", &params)]
            }
            "pkgnotpresent" => self.named(GATE, "required_package"),
            "pkgfullmatch" | "pkgnamematch" => self.named(GATE, "blacklist"),
            _ => return None,
        })
    }

    fn dockerfile(&self, trigger: &str) -> Option<Vec<Replacement>> {
        const GATE: &str = "dockerfile";
        let instruction = |keyword: &str, check: &str, value: Option<&str>| {
            let mut params = vec![("instruction", keyword), ("check", check)];
            params.extend(value.map(|value| ("value", value)));
            vec![self.rule(GATE, "instruction", &params)]
        };
        let lists = |trigger: &'static str, field: &str| {
            let rules = self.params.iter().map(|(name, node)| {
                let name = name.to_ascii_uppercase();
                let allowed = name.contains("ALLOW") || name.contains("WHITE");
                let kind = if allowed { "whitelist" } else { "blacklist" };
                let value = node.scalar().unwrap_or_default();
                self.rule(GATE, trigger, &[(field, value), ("type", kind)])
            });
            rules.collect()
        };
        Some(match trigger {
            "effectiveuser" => lists("effective_user", "users"),
            "expose" => lists("exposed_ports", "ports"),
            "directivecheck" => {
                let keywords = self.value("DIRECTIVE").unwrap_or_default().split(',');
                let check = self
                    .params
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case("CHECK"));
                let check = check
                    .and_then(|(_, node)| node.scalar())
                    .unwrap_or_default();
                let value = self.value("VALUE");
                keywords
                    .flat_map(|keyword| instruction(keyword.trim(), check, value))
                    .collect()
            }
            "nofrom" => instruction("FROM", "not_exists", None),
            "fromscratch" => instruction("FROM", "=", Some("scratch")),
            "notag" => instruction("FROM", "not_like", Some(".+:.+")),
            "sudo" => instruction("RUN", "like", Some(".*sudo.*")),
            "volumepresent" => instruction("VOLUME", "exists", None),
            "nohealthcheck" => instruction("HEALTHCHECK", "not_exists", None),
            "nodockerfile" => vec![self.rule(GATE, "no_dockerfile_provided", &[])],
            _ => return None,
        })
    }

    fn files(&self, trigger: &str) -> Option<Vec<Replacement>> {
        const GATE: &str = "files";
        let only = self.only();
        Some(vec![match trigger {
            "contentmatch" if only.is_empty() => self.rule(GATE, "content_regex_match", &[]),
            "contentmatch" => self.rule(GATE, "content_regex_match", &[("regex_name", only)]),
            "filenamematch" => self.rule(GATE, "name_match", &[("regex", only)]),
            "suidsgidcheck" => self.rule(GATE, "suid_or_guid_set", &[]),
            _ => return None,
        }])
    }

    fn accounts(&self, trigger: &str) -> Option<Vec<Replacement>> {
        const GATE: &str = "passwd_file";
        let only = self.only();
        Some(vec![match trigger {
            "filenotstored" => self.rule(GATE, "content_not_available", &[]),
            "usernamematch" => self.rule(GATE, "blacklist_usernames", &[("user_names", only)]),
            "useridmatch" => self.rule(GATE, "blacklist_userids", &[("user_ids", only)]),
            "groupidmatch" => self.rule(GATE, "blacklist_groupids", &[("group_ids", only)]),
            "shellmatch" => self.rule(GATE, "blacklist_shells", &[("shells", only)]),
            "pentrymatch" => self.rule(GATE, "blacklist_full_entry", &[("entry", only)]),
            _ => return None,
        }])
    }

    fn registry(&self, gate: &'static str, trigger: &str) -> Option<Vec<Replacement>> {
        let gems = gate == "ruby_gems";
        let of = |gem, npm| if gems { gem } else { npm };
        let trigger = match trigger {
            "notlatest" => of("newer_version_found_in_feed", "newer_version_in_feed"),
            "notofficial" => of("not_found_in_feed", "unknown_in_feeds"),
            "badversion" => of("version_not_found_in_feed", "version_not_in_feeds"),
            "nofeed" => "feed_data_unavailable",
            "pkgfullmatch" | "pkgnamematch" => {
                return Some(self.named(gate, of("blacklist", "blacklisted_name_version")));
            }
            _ => return None,
        };
        Some(vec![self.rule(gate, trigger, &[])])
    }

    fn metadata(&self, trigger: &str) -> Option<Vec<Replacement>> {
        if trigger != "attributecheck" {
            return None;
        }
        let check = self
            .params
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("CHECK"));
        let check = check
            .and_then(|(_, node)| node.scalar())
            .unwrap_or_default();
        let attributes = self.value("ATTRIBUTE").unwrap_or_default().split(',');
        let rules = attributes.map(|attribute| {
            let mut params = vec![("attribute", attribute.trim()), ("check", check)];
            params.extend(self.value("VALUE").map(|value| ("value", value)));
            self.rule("metadata", "attribute", &params)
        });
        Some(rules.collect())
    }

    fn licenses(&self, trigger: &str) -> Option<Vec<Replacement>> {
        let trigger = match trigger {
            "licfullmatch" => "blacklist_exact_match",
            "licsubmatch" => "blacklist_partial_match",
            _ => return None,
        };
        Some(vec![self.rule(
            "licenses",
            trigger,
            &[("licenses", self.only())],
        )])
    }

    fn secrets(&self, trigger: &str) -> Option<Vec<Replacement>> {
        let only = self.only();
        let field = match trigger {
            "contentmatch" => "content_regex_name",
            "filenamematch" => "filename_regex",
            _ => return None,
        };
        let params = [(field, only)];
        let params = if only.is_empty() {
            &[][..]
        } else {
            &params[..]
        };
        Some(vec![self.rule(
            "secret_scans",
            "content_regex_checks",
            params,
        )])
    }
}
