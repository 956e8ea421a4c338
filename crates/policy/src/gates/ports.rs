use crate::Subject;
use crate::document::{Node, Problems, Value, scalar, wrong};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, instruction, parameters};
use crate::text::quoted;
use crate::verdict::Evidence;
use plimsoll_types::ImageConfig;
use serde::{Serialize, Serializer};
use std::fmt;

/// The ports the image exposes.
pub(crate) struct Ports;

impl Gate for Ports {
    fn name(&self) -> &'static str {
        "ports"
    }

    fn about(&self) -> &'static str {
        "the ports that the image exposes"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Denied>(), TriggerKind::of::<NotAllowed>()] }
    }
}

parameters! {
    Denied {
        /// The ports.
        ports: Vec<PortRange>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires for each exposed port that is one of these";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (config, port) in exposed(subject) {
            let range = PortRange::parse(port);
            let denied = self
                .ports
                .iter()
                .find(|denied| range.as_ref().is_some_and(|range| denied.overlaps(range)));
            if let Some(denied) = denied {
                let message = format!("exposes {}, which is denied ({denied})", shown(port));
                fires.push(fire(config, port, message));
            }
        }
    }
}

parameters! {
    NotAllowed {
        /// The ports; none is allowed when left out.
        ports: Option<Vec<PortRange>>,
    }
}

impl Trigger for NotAllowed {
    const NAME: &'static str = "not-allowed";
    const ABOUT: &'static str = "fires for each exposed port that is none of these";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let allowed = self.ports.as_deref().unwrap_or_default();
        for (config, port) in exposed(subject) {
            let range = PortRange::parse(port);
            let is_allowed = range.is_some_and(|range| allowed.iter().any(|a| a.covers(&range)));
            if !is_allowed {
                let list: Vec<String> = allowed.iter().map(PortRange::to_string).collect();
                let message = match list.is_empty() {
                    true => format!("exposes {}; no port is allowed", shown(port)),
                    false => format!("exposes {}; allowed are {}", shown(port), list.join(", ")),
                };
                fires.push(fire(config, port, message));
            }
        }
    }
}

fn exposed<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a ImageConfig, &'a str)> {
    let config = subject.inventory.config.as_ref();
    config.into_iter().flat_map(|config| {
        let ports = config.exposed_ports.iter();
        ports.map(move |port| (config, port.as_str()))
    })
}

fn shown(port: &str) -> String {
    match PortRange::parse(port) {
        Some(range) => format!("port {range}"),
        None => format!("port {}", quoted(port)),
    }
}

fn fire(config: &ImageConfig, port: &str, message: String) -> Fire {
    let names = |arguments: &str| {
        let mut words = arguments.split(|c: char| c.is_whitespace() || "[]:{}".contains(c));
        words.any(
            |word| match (PortRange::parse(word), PortRange::parse(port)) {
                (Some(written), Some(exposed)) => written.covers(&exposed),
                _ => false,
            },
        )
    };
    let range = PortRange::parse(port);
    let about = range.map_or_else(|| port.to_owned(), |range| range.to_string());
    Fire {
        evidence: Evidence::Config(instruction::last(config, "EXPOSE", names)),
        advice: Some(format!("remove `EXPOSE {about}` and the service behind it")),
        about,
        message,
    }
}

/// `22`, `22/tcp`, `6000-6063/udp`, `22/*`; TCP where no protocol is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortRange {
    first: u16,
    last: u16,
    /// Lower case; `*` for any.
    protocol: String,
}

impl PortRange {
    fn parse(text: &str) -> Option<Self> {
        let (ports, protocol) = text.trim().split_once('/').unwrap_or((text.trim(), "tcp"));
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let port = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u16>().ok().filter(|_| digits)
        };
        let range = Self {
            first: port(first)?,
            last: port(last)?,
            protocol: protocol.to_ascii_lowercase(),
        };
        let known = ["tcp", "udp", "sctp", "*"].contains(&range.protocol.as_str());
        (known && range.first <= range.last).then_some(range)
    }

    fn same_protocol(&self, other: &Self) -> bool {
        self.protocol == "*" || self.protocol == other.protocol
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.same_protocol(other) && self.first <= other.last && other.first <= self.last
    }

    fn covers(&self, other: &Self) -> bool {
        self.same_protocol(other) && self.first <= other.first && other.last <= self.last
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.last != self.first {
            write!(f, "-{}", self.last)?;
        }
        write!(f, "/{}", self.protocol)
    }
}

impl Serialize for PortRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Value for PortRange {
    fn expected() -> String {
        "a port such as `22`, `53/udp`, `6000-6063` or `22/*` (any protocol; `tcp` when left out)"
            .into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let range = Self::parse(scalar::<Self>(node, field, problems)?);
        if range.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        range
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired};
    use plimsoll_types::HistoryEntry;

    fn ranges(texts: &[&str]) -> Vec<PortRange> {
        texts
            .iter()
            .map(|text| PortRange::parse(text).unwrap())
            .collect()
    }

    fn scene(ports: &[&str], history: &str) -> Scene {
        Scene::default().with_config(ImageConfig {
            exposed_ports: ports.iter().map(|port| (*port).to_owned()).collect(),
            history: vec![HistoryEntry {
                created_by: history.into(),
                ..HistoryEntry::default()
            }],
            ..ImageConfig::default()
        })
    }

    #[test]
    fn denied_understands_protocols_and_ranges() {
        let denied = Denied {
            ports: ranges(&["22", "6000-6063", "53/*"]),
        };
        let scene = scene(
            &[
                "22/tcp",
                "22/udp",
                "53/udp",
                "6005/TCP",
                "6060-6070/tcp",
                "80/tcp",
            ],
            "",
        );
        let about: Vec<String> = fired(&denied, &scene)
            .into_iter()
            .map(|f| f.about)
            .collect();
        assert_eq!(about, ["22/tcp", "53/udp", "6005/tcp", "6060-6070/tcp"]);
        assert!(fired(&denied, &Scene::default()).is_empty());
    }

    #[test]
    fn not_allowed_fires_for_the_rest_and_for_what_it_cannot_read() {
        let allowed = NotAllowed {
            ports: Some(ranges(&["80"])),
        };
        let fires = fired(&allowed, &scene(&["443/tcp", "80/tcp", "x/tcp"], ""));
        let messages: Vec<&str> = fires.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "exposes port 443/tcp; allowed are 80/tcp",
                "exposes port `x/tcp`; allowed are 80/tcp"
            ]
        );
        let none = NotAllowed { ports: None };
        assert_eq!(fired(&none, &scene(&["80/tcp"], "")).len(), 1);
        assert!(fired(&none, &scene(&[], "")).is_empty());
    }

    #[test]
    fn the_instruction_is_found_in_every_builder_s_spelling() {
        let denied = Denied {
            ports: ranges(&["22"]),
        };
        for step in [
            "EXPOSE 22",
            "EXPOSE map[22/tcp:{}]",
            "EXPOSE [22/tcp 80/tcp]",
        ] {
            let fires = fired(&denied, &scene(&["22/tcp"], step));
            assert_eq!(fires[0].evidence, Evidence::Config(Some(step.into())));
        }
    }
}
