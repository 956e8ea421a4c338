use super::{Facts, Fires, Gate, LIST_TYPES, Trigger, python_list};
use crate::anchore::params::{Anchored, Kind, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_types::ImageConfig;

/// How the image was built, by its configuration and history.
pub(super) const GATE: Gate = Gate {
    name: "dockerfile",
    triggers: &[
        Trigger {
            names: &["instruction"],
            parameters: &[
                required(&["instruction"], Kind::OneOf(INSTRUCTIONS)),
                required(&["check"], Kind::OneOf(CHECKS)),
                optional(&["value"], Kind::Text),
                ACTUAL_ONLY,
            ],
            check: instruction,
        },
        Trigger {
            names: &["effective_user"],
            parameters: &[
                required(&["users"], Kind::List),
                required(&["type"], Kind::OneOf(LIST_TYPES)),
            ],
            check: effective_user,
        },
        Trigger {
            names: &["exposed_ports"],
            parameters: &[
                required(&["ports"], Kind::Numbers),
                required(&["type"], Kind::OneOf(LIST_TYPES)),
                ACTUAL_ONLY,
            ],
            check: exposed_ports,
        },
        Trigger {
            names: &["no_dockerfile_provided"],
            parameters: &[],
            // No scan is given one.
            check: |_, _, fires| {
                let message = "Image was not analyzed with an actual Dockerfile";
                fires.add(Evidence::Image, message);
            },
        },
    ],
};

const ACTUAL_ONLY: crate::anchore::params::Parameter =
    optional(&["actual_dockerfile_only"], Kind::Bool);

const INSTRUCTIONS: &[&str] = &[
    "ADD",
    "ARG",
    "COPY",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "USER",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "VOLUME",
    "WORKDIR",
];

const CHECKS: &[&str] = &[
    "=",
    "!=",
    "exists",
    "not_exists",
    "like",
    "not_like",
    "in",
    "not_in",
];

/// An instruction.
#[derive(Debug)]
pub(super) struct Line {
    keyword: &'static str,
    arguments: String,
}

/// The instructions of all builders' histories, the first a `FROM scratch` as
/// in Anchore's; where history tells nothing of a setting, the configuration
/// does.
pub(super) fn lines(config: &ImageConfig) -> Vec<Line> {
    let mut lines = vec![Line {
        keyword: "FROM",
        arguments: "scratch".to_owned(),
    }];
    for step in &config.history {
        let created_by = step.created_by.trim();
        if created_by.is_empty() {
            continue;
        }
        let line = created_by.split_once("#(nop)");
        let line = line.map_or(created_by, |(_, rest)| rest).trim();
        let line = line.trim_end_matches("# buildkit").trim_end();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let keyword = INSTRUCTIONS.iter().find(|known| **known == word);
        lines.push(match keyword {
            Some(&"EXPOSE") => Line {
                keyword: "EXPOSE",
                arguments: ports_of(rest).join(" "),
            },
            Some(keyword) => Line {
                keyword,
                arguments: rest.trim().to_owned(),
            },
            None => Line {
                keyword: "RUN",
                arguments: line.to_owned(),
            },
        });
    }
    let json = |words: &[String]| serde_json::to_string(words).unwrap_or_default();
    let health = config.healthcheck.as_ref();
    let health = health.filter(|check| check.is_active());
    let labels = config.labels.iter();
    let labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let settings: [(&'static str, Vec<String>); 10] = [
        ("USER", Vec::from_iter(some(&config.user))),
        ("WORKDIR", Vec::from_iter(some(&config.working_dir))),
        (
            "EXPOSE",
            Vec::from_iter(some(&config.exposed_ports.join(" "))),
        ),
        ("VOLUME", config.volumes.clone()),
        ("ENV", config.env.clone()),
        ("LABEL", labels),
        ("ONBUILD", config.on_build.clone()),
        (
            "HEALTHCHECK",
            Vec::from_iter(health.map(|check| check.test.join(" "))),
        ),
        (
            "ENTRYPOINT",
            Vec::from_iter((!config.entrypoint.is_empty()).then(|| json(&config.entrypoint))),
        ),
        (
            "CMD",
            Vec::from_iter((!config.cmd.is_empty()).then(|| json(&config.cmd))),
        ),
    ];
    for (keyword, values) in settings {
        if !lines.iter().any(|line| line.keyword == keyword) {
            lines.extend(
                values
                    .into_iter()
                    .map(|arguments| Line { keyword, arguments }),
            );
        }
    }
    lines
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `22/tcp 80`, or `map[22/tcp:{}]` as builders write it into the history.
fn ports_of(arguments: &str) -> Vec<String> {
    let arguments = arguments.trim();
    let inner = arguments
        .strip_prefix("map[")
        .and_then(|rest| rest.strip_suffix(']'));
    let words = inner.unwrap_or(arguments).split_whitespace();
    words
        .map(|word| {
            word.trim_end_matches(":{}")
                .trim_matches(['[', ']'])
                .to_owned()
        })
        .collect()
}

fn instruction(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let config = match facts.config() {
        Ok(Some(config)) if values.flag("actual_dockerfile_only") != Some(true) => config,
        Ok(_) => return,
        Err(why) => return fires.missing(why),
    };
    let keyword = values.text("instruction").unwrap_or_default();
    let check = values.text("check").unwrap_or_default();
    let value = values.text("value");
    let needs_value = !matches!(check, "exists" | "not_exists");
    let regex = match (check, value) {
        ("like" | "not_like", Some(value)) => match Anchored::compile(value) {
            Ok(regex) => Some(regex),
            Err(why) => return fires.missing(&format!("`value` is not {why}")),
        },
        (_, None) if needs_value => {
            return fires.missing(&format!("`{check}` needs the parameter `value`"));
        }
        _ => None,
    };
    let value = value.unwrap_or_default();
    let listed = |text: &str| value.split(',').any(|item| item.trim() == text);
    let lines = facts
        .lines(config)
        .iter()
        .filter(|line| line.keyword == keyword);
    let mut found = false;
    for line in lines {
        found = true;
        let text = line.arguments.as_str();
        let like = || regex.as_ref().is_some_and(|regex| regex.matches(text));
        let hit = match check {
            "=" => text == value,
            "!=" => text != value,
            "exists" => true,
            "like" => like(),
            "not_like" => !like(),
            "in" => listed(text),
            "not_in" => !listed(text),
            _ => false,
        };
        if hit {
            let message = format!(
                "Dockerfile directive '{keyword}' check '{check}' matched against '{value}' for line '{text}'"
            );
            let evidence = Evidence::Config(Some(format!("{keyword} {text}")));
            fires.add(evidence, message);
        }
    }
    if !found && check == "not_exists" {
        let message = format!(
            "Dockerfile directive '{keyword}' not found, matching condition 'not_exists' check"
        );
        let fire = fires.add(Evidence::Config(None), message);
        fire.advice = Some(format!("add a {keyword} instruction"));
    }
}

fn effective_user(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let config = match facts.config() {
        Ok(Some(config)) => config,
        Ok(None) => return,
        Err(why) => return fires.missing(why),
    };
    let written = config.user.trim();
    let name = written
        .split_once(':')
        .map_or(written, |(user, _)| user)
        .trim();
    let user = if name.is_empty() { "root" } else { name };
    let ids = ids(user, facts);
    let is = |listed: &String| {
        listed == user || self::ids(listed, facts).iter().any(|id| ids.contains(id))
    };
    let listed = values.list("users").iter().any(is);
    let evidence = || Evidence::Config(some(written).map(|user| format!("USER {user}")));
    match (is_allowlist(values), listed) {
        (true, false) => {
            let message =
                format!("User {user} found as effective user, which is not on the allowed list");
            fires.add(evidence(), message);
        }
        (false, true) => {
            // The text has the spelling of Anchore Engine.
            let message =
                format!("User {user} found as effective user, which is explicity not allowed");
            let fire = fires.add(evidence(), message);
            fire.advice = Some("choose another USER".to_owned());
        }
        _ => {}
    }
}

/// The uids of a name or number; a name that stands twice hides none.
fn ids(user: &str, facts: &Facts<'_>) -> Vec<i64> {
    if let Ok(id) = user.parse() {
        return vec![id];
    }
    let users = facts.subject.inventory.users.iter();
    let mut ids: Vec<i64> = users
        .filter(|known| known.name == user)
        .map(|known| i64::from(known.uid))
        .collect();
    if ids.is_empty() && user == "root" {
        ids.push(0);
    }
    ids
}

fn is_allowlist(values: &Values) -> bool {
    matches!(values.text("type"), Some("whitelist" | "allowlist"))
}

/// An exposed port as Anchore would show it.
struct Port {
    first: u64,
    last: u64,
    /// As the instruction has it, where history tells.
    shown: String,
    /// In the other form.
    other: String,
}

fn exposed(config: &ImageConfig, facts: &Facts<'_>) -> Vec<Port> {
    let lines = facts
        .lines(config)
        .iter()
        .filter(|line| line.keyword == "EXPOSE");
    let written: Vec<&str> = lines
        .flat_map(|line| line.arguments.split_whitespace())
        .collect();
    let ports = config.exposed_ports.iter().map(|port| {
        let (numbers, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        let number = |text: &str, default| text.trim().parse().unwrap_or(default);
        let bare = protocol == "tcp" && written.contains(&numbers);
        let full = format!("{numbers}/{protocol}");
        let (shown, other) = match bare {
            true => (numbers.to_owned(), full),
            false => (full, numbers.to_owned()),
        };
        Port {
            // What is no number may be any port.
            first: number(first, 0),
            last: number(last, u64::from(u16::MAX)),
            shown,
            other,
        }
    });
    ports.collect()
}

fn exposed_ports(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let config = match facts.config() {
        Ok(Some(config)) if values.flag("actual_dockerfile_only") != Some(true) => config,
        Ok(_) => return,
        Err(why) => return fires.missing(why),
    };
    let listed = values.numbers("ports");
    let ports = exposed(config, facts);
    let (list, word) = match is_allowlist(values) {
        true => ("ALLOWEDPORTS", "not in"),
        false => ("DENIEDPORTS", "in"),
    };
    if listed.contains(&0) {
        if !ports.is_empty() {
            let shown: Vec<String> = ports.iter().map(|port| port.shown.clone()).collect();
            let message = format!(
                "Dockerfile exposes network ports but policy sets {list}=0: {}",
                python_list(&shown)
            );
            fires.add(Evidence::Config(None), message);
        }
        return;
    }
    for port in &ports {
        let fires_on = match is_allowlist(values) {
            true => !(port.first..=port.last).all(|number| listed.contains(&number)),
            false => listed
                .iter()
                .any(|number| (port.first..=port.last).contains(number)),
        };
        if fires_on {
            let message = |port: &str| {
                format!("Dockerfile exposes port ({port}) which is {word} policy file {list} list")
            };
            let evidence = Evidence::Config(Some(format!("EXPOSE {}", port.shown)));
            let fire = fires.add(evidence, message(&port.shown));
            fire.also.push(message(&port.other));
            fire.advice = Some(format!("remove `EXPOSE {}`", port.shown));
        }
    }
}
