//! Gates about what registries say of packages. There is no such data; what
//! needs none is judged.

use super::{Facts, Fires, Gate, Trigger};
use crate::anchore::params::{Kind, Parameter, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_types::Ecosystem;

/// Packages of npm.
pub(super) const NPMS: Gate = Gate {
    name: "npms",
    triggers: &[
        unknown(&["newer_version_in_feed"]),
        unknown(&["unknown_in_feeds"]),
        unknown(&["version_not_in_feeds"]),
        Trigger {
            names: &["blacklisted_name_version"],
            parameters: NAMED,
            check: |values, facts, fires| denied(values, Ecosystem::Npm, "NPM", facts, fires),
        },
        Trigger {
            names: &["feed_data_unavailable"],
            parameters: &[],
            check: |_, _, fires| unavailable("NPM", "npm", fires),
        },
    ],
};

/// Packages of RubyGems.
pub(super) const RUBY_GEMS: Gate = Gate {
    name: "ruby_gems",
    triggers: &[
        unknown(&["newer_version_found_in_feed"]),
        unknown(&["not_found_in_feed"]),
        unknown(&["version_not_found_in_feed"]),
        Trigger {
            names: &["blacklist", "denylist"],
            parameters: NAMED,
            check: |values, facts, fires| denied(values, Ecosystem::Gem, "Gem", facts, fires),
        },
        Trigger {
            names: &["feed_data_unavailable"],
            parameters: &[],
            check: |_, _, fires| unavailable("Gem", "gem", fires),
        },
    ],
};

const NAMED: &[Parameter] = &[
    required(&["name"], Kind::Text),
    optional(&["version"], Kind::Text),
];

/// A trigger that cannot be judged.
const fn unknown(names: &'static [&'static str]) -> Trigger {
    Trigger {
        names,
        parameters: &[],
        check: |_, _, fires| fires.missing("what the registry has is not known"),
    }
}

fn unavailable(word: &str, feed: &str, fires: &mut Fires) {
    let message = format!(
        "{word} packages are present but the anchore {feed} feed is not available - will be \
         unable to perform checks that require feed data"
    );
    fires.add(Evidence::Data, &message);
}

fn denied(values: &Values, ecosystem: Ecosystem, word: &str, facts: &Facts<'_>, fires: &mut Fires) {
    let name = values.text("name").unwrap_or_default();
    let version = values.text("version");
    let packages = facts.packages(name);
    let mut packages = packages.filter(|(_, package)| {
        let record = &package.record;
        record.ecosystem == ecosystem
            && version.is_none_or(|version| record.version.as_deref() == Some(version))
    });
    if let Some((index, _)) = packages.next() {
        let version = version.map(|version| format!("-{version}"));
        let message = format!(
            "{word} Package is blacklisted: {name}{}",
            version.unwrap_or_default()
        );
        fires.add(Evidence::Package(index), message);
    }
}
