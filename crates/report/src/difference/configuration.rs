//! What changed in the configuration, as far as rules look at it.

use plimsoll_types::{ImageConfig, Inventory};

/// A setting with another value; `None` where it is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name that `docs/diff.md` has for it.
    pub name: &'static str,
    /// As it was.
    pub before: Option<String>,
    /// As it is.
    pub after: Option<String>,
}

/// Every setting that changed; none where a side has no configuration.
pub(super) fn settings(before: &Inventory, after: &Inventory) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut add = |name, before: Option<String>, after: Option<String>| {
        if before != after {
            settings.push(Setting {
                name,
                before,
                after,
            });
        }
    };
    let distro = |side: &Inventory| side.distro.as_ref().map(|distro| distro.pretty.clone());
    let platform = |side: &Inventory| side.image.platform.as_ref().map(ToString::to_string);
    add("distro", distro(before), distro(after));
    add("platform", platform(before), platform(after));
    let (Some(old), Some(new)) = (&before.config, &after.config) else {
        return settings;
    };
    for (name, value) in VALUES {
        add(name, value(old), value(new));
    }
    settings
}

type Value = fn(&ImageConfig) -> Option<String>;

const VALUES: &[(&str, Value)] = &[
    ("user", |config| text(&config.user)),
    ("exposed_ports", |config| {
        text(&config.exposed_ports.join(" "))
    }),
    ("healthcheck", |config| {
        config
            .healthcheck
            .as_ref()
            .and_then(|check| words(&check.test))
    }),
    ("entrypoint", |config| words(&config.entrypoint)),
    ("cmd", |config| words(&config.cmd)),
    // Values may be secret.
    ("env_names", |config| {
        let name = |variable: &String| {
            let name = variable.split_once('=').map(|(name, _)| name);
            name.unwrap_or(variable).to_owned()
        };
        let mut names: Vec<_> = config.env.iter().map(name).collect();
        names.sort();
        text(&names.join(" "))
    }),
    ("volumes", |config| text(&config.volumes.join(" "))),
    ("working_dir", |config| text(&config.working_dir)),
    ("on_build", |config| words(&config.on_build)),
];

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn words(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| format!("{words:?}"))
}
