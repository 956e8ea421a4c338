//! `plimsoll data`: advisory data, its age and its update.

use super::source::Connection;
use super::{overlay, set};
use crate::outputs::{print, say};
use crate::{Failure, folders, progress};
use clap::{Args, Subcommand};
use plimsoll_advisory::{PublishOptions, PullOptions, Store, UpdateOptions, import, renew, update};
use plimsoll_image::authorities;
use plimsoll_report::plain;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,

    /// Where advisory data lives [env: PLIMSOLL_DATA_DIR]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Renew feeds, each in place of what it said before: from upstream, or
    /// with `--from` from files in upstream's format, or all of it at once
    /// from a registry
    Update {
        /// Feeds to fetch (`plimsoll list feeds`), for example `debian-tracker`,
        /// `osv/PyPI` or all of `osv`; every feed when none is named
        #[arg(value_name = "FEED", conflicts_with = "from")]
        feeds: Vec<String>,

        /// Folder, file or URL that holds feeds; may be given many times. Or
        /// `oci://HOST/REPOSITORY[:TAG|@DIGEST]`: what `data publish` put there
        #[arg(long, value_name = "DIR|FILE|URL|oci://…", num_args = 1..)]
        from: Vec<String>,

        #[command(flatten)]
        vouching: Vouching,

        /// Of a registry, fetch only what every scan needs; shards that are
        /// not here come when an image needs them
        #[arg(long)]
        on_demand: bool,

        #[command(flatten)]
        connection: Connection,

        /// Fetch `https://HOST/PATH` from URL/HOST/PATH instead
        #[arg(
            long,
            value_name = "URL",
            env = "PLIMSOLL_FEED_MIRROR",
            conflicts_with = "from"
        )]
        mirror: Option<String>,

        /// Take feeds that bring far fewer records than they had
        #[arg(long)]
        allow_shrinking: bool,

        /// Drop what is there first
        #[arg(long)]
        from_scratch: bool,
    },
    /// Print feeds, records and age
    Status,
    /// Print the sets of data that scans can go back to (`--data-as-of`)
    History,
    /// Print what one set of data says differently than another, claim by claim
    Diff {
        /// Moment (2026-11-24, or any beginning of RFC 3339) or beginning of a
        /// position
        #[arg(value_name = "BEFORE")]
        before: String,

        /// Likewise; the current data when not given
        #[arg(value_name = "AFTER")]
        after: Option<String>,

        /// As JSON, one array
        #[arg(long)]
        json: bool,
    },
    /// Print every claim about a vulnerability or a package, in every namespace
    Search {
        /// An id (CVE, GHSA, a feed's own) or the name of a package
        #[arg(value_name = "ID|NAME")]
        text: String,
    },
    /// Private advisories and corrections, which outrank the feeds and outlive
    /// updates
    Overlay {
        #[command(subcommand)]
        verb: overlay::Verb,
    },
    /// Write all data into one file, for machines without a network
    Export {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// Private key to sign with (Ed25519, PEM)
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Put exported data in place of what is there
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,

        #[command(flatten)]
        vouching: Vouching,
    },
    /// Put all data under a tag of a registry, for `data update --from oci://…`
    Publish {
        /// `HOST/REPOSITORY[:TAG]`
        #[arg(value_name = "REFERENCE")]
        reference: String,

        /// Private key to sign with (Ed25519, PEM)
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,

        /// Take along feeds whose terms forbid passing them on (Wolfi,
        /// Chainguard, MinimOS)
        #[arg(long)]
        with_restricted: bool,

        #[command(flatten)]
        connection: Connection,
    },
}

/// Who vouches for data that came as a whole.
#[derive(Args)]
struct Vouching {
    /// Public key that the data must be signed with (Ed25519, PEM); may be
    /// given many times
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,

    /// Take data whose signature nobody checks
    #[arg(long)]
    unsigned: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let folder = folders::data(arguments.data_dir.as_ref())?;
    let text = match &arguments.verb {
        Verb::Update {
            from,
            vouching,
            on_demand,
            connection,
            allow_shrinking,
            from_scratch,
            ..
        } if from.iter().any(|from| set::reference(from).is_some()) => {
            let [place] = from.as_slice() else {
                return Err(Failure::usage(
                    "a set of data in a registry takes the place of everything; give no other --from beside it",
                ));
            };
            let options = PullOptions {
                trusted: vouching.trust.clone(),
                unsigned: vouching.unsigned,
                on_demand: *on_demand,
                from_scratch: *from_scratch,
                allow_shrinking: *allow_shrinking,
            };
            let reference = set::reference(place).unwrap_or_default();
            set::take(&folder, reference, &options, connection)?.to_string()
        }
        Verb::Update {
            vouching,
            on_demand,
            ..
        } if *on_demand || vouching.unsigned || !vouching.trust.is_empty() => {
            return Err(Failure::usage(
                "--trust, --unsigned and --on-demand are for data of a registry; name it with --from oci://HOST/REPOSITORY",
            ));
        }
        Verb::Update {
            feeds,
            from,
            mirror,
            connection,
            allow_shrinking,
            from_scratch,
            ..
        } => {
            let authorities = match &connection.ca_file {
                Some(file) => Some(authorities(Some(file)).map_err(Failure::usage)?),
                None => None,
            };
            let options = UpdateOptions {
                mirror: mirror
                    .clone()
                    .or_else(|| std::env::var("PLIMSOLL_FEED_MIRROR").ok()),
                authorities,
                allow_shrinking: *allow_shrinking,
                from_scratch: *from_scratch,
            };
            feeds_into(&folder, feeds, from, &options)?
        }
        Verb::Status => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            let waiting = match store.waiting() {
                0 => String::new(),
                count => format!("files that are not here until an image needs them {count}\n"),
            };
            format!("{}{waiting}", store.status())
        }
        Verb::History => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            let snapshots = store.snapshots().into_iter().map(|snapshot| {
                let position = snapshot.position.get(..16).unwrap_or_default();
                format!("{}  {position}\n", snapshot.since)
            });
            snapshots.collect()
        }
        Verb::Diff {
            before,
            after,
            json,
        } => {
            let before = Store::open_at(&folder, before).map_err(Failure::unjudged)?;
            let after = match after {
                Some(after) => Store::open_at(&folder, after),
                None => Store::open(&folder),
            };
            let after = after.map_err(Failure::unjudged)?;
            let changes = before.changes(&after).map_err(Failure::unjudged)?;
            if *json {
                let text = serde_json::to_string_pretty(&changes).map_err(Failure::unjudged)?;
                text + "\n"
            } else {
                let lines = changes
                    .iter()
                    .map(|change| plain(&change.to_string()) + "\n");
                let count = format!("{} claims differ\n", changes.len());
                lines.chain([count]).collect()
            }
        }
        Verb::Search { text } => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            let found = store.search(text).map_err(Failure::unjudged)?;
            if found.is_empty() {
                return Err(Failure::unjudged(format!("no claim is about `{text}`")));
            }
            let lines = found.iter().map(|claim| plain(claim) + "\n");
            lines.collect()
        }
        Verb::Overlay { verb } => overlay::run(&folder, verb)?,
        Verb::Export { file, key } => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            store
                .export(file, key.as_deref())
                .map_err(Failure::unjudged)?;
            let position = store.status().position.get(..16).unwrap_or_default();
            format!("position {position} is in {}\n", file.display())
        }
        Verb::Import { file, vouching } => {
            let status = import(&folder, file, &vouching.trust, vouching.unsigned);
            status.map_err(Failure::unjudged)?.to_string()
        }
        Verb::Publish {
            reference,
            key,
            with_restricted,
            connection,
        } => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            let options = PublishOptions {
                key: key.clone(),
                restricted: *with_restricted,
            };
            let published = set::publish(&store, reference, &options, connection)?;
            if !published.left_out.is_empty() {
                say(&format!(
                    "plimsoll: left out, since their terms forbid passing them on: {}; --with-restricted takes them along",
                    plain(&published.left_out.join(", "))
                ));
            }
            published.to_string()
        }
    };
    print(text.as_bytes())?;
    Ok(0)
}

/// Renews feeds, from upstream or from files.
fn feeds_into(
    folder: &Path,
    feeds: &[String],
    from: &[String],
    options: &UpdateOptions,
) -> Result<String, Failure> {
    let renewed = if from.is_empty() {
        let line = progress::Line::new("feeds");
        renew(folder, feeds, options, &|feed| {
            line.say(&format!("fetching {feed}"))
        })
    } else {
        update(folder, from, options)
    };
    match renewed {
        Ok(report) if report.is_whole() => Ok(report.to_string()),
        Ok(report) => {
            print(report.to_string().as_bytes())?;
            Err(Failure::unjudged(
                "some of the data could not be renewed; what is named above stays as it was",
            ))
        }
        Err(error) if error.is_usage() => Err(Failure::usage(error)),
        Err(error) => Err(Failure::unjudged(format!(
            "{error}; the data stays as it was"
        ))),
    }
}
