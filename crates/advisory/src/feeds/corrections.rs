//! Corrections of records by the user, in YAML: what is wrong with what feeds
//! say of a vulnerability in a package, who says so, and why. They come only
//! with an overlay, which outranks feeds.

use super::{Feed, lines, yaml};
use crate::advisory::{Advisory, Affected, Module, Scope, Upper, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use crate::versions::Scheme;
use plimsoll_types::{FixState, Severity, SeverityClaim};
use serde::Deserialize;
use std::cmp::Ordering;

pub(crate) struct Corrections;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    corrections: Vec<Correction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Correction {
    /// Any id of the vulnerability.
    id: String,
    namespace: String,
    /// The name that advisories of the namespace use.
    package: String,
    state: Option<State>,
    /// Ranges to which the state is limited.
    #[serde(default)]
    versions: Vec<String>,
    /// The version that repairs it.
    fixed: Option<String>,
    severity: Option<String>,
    reason: String,
    by: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum State {
    NotAffected,
    Affected,
    Withdrawn,
}

impl Feed for Corrections {
    fn name(&self) -> &'static str {
        "corrections"
    }

    fn about(&self) -> &'static str {
        "your own corrections of what feeds say, with `plimsoll data overlay add`"
    }

    fn recognises(&self, head: &str) -> bool {
        let first = lines(head).next();
        first.is_some_and(|line| line.starts_with("corrections:"))
    }

    /// One broken entry costs all: whoever wrote it is there to mend it.
    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        if !intake.is_of_overlay() {
            return Err("corrections are taken by `plimsoll data overlay add`".to_owned());
        }
        let document: Document = yaml(document)?;
        let mut read = Vec::new();
        for (index, correction) in document.corrections.into_iter().enumerate() {
            let id = correction.id.clone();
            let advisory = correction.read();
            read.push(advisory.map_err(|why| format!("entry {} (`{id}`): {why}", index + 1))?);
        }
        for advisory in read {
            intake.merge(advisory);
        }
        Ok(())
    }
}

impl Correction {
    fn read(self) -> Result<Advisory, String> {
        for (field, text) in [
            ("id", &self.id),
            ("package", &self.package),
            ("reason", &self.reason),
            ("by", &self.by),
        ] {
            if text.trim().is_empty() {
                return Err(format!("`{field}` is empty"));
            }
        }
        let namespace = Namespace::named(&self.namespace)
            .ok_or_else(|| format!("`{}` is no namespace, see `data status`", self.namespace))?;
        let scheme = namespace.scheme();
        let words = format!("{} ({})", self.reason.trim(), self.by.trim());
        let row = |verdict, windows| Affected {
            verdict,
            because: Some(words.clone()),
            // Whoever writes it knows which package is meant.
            scope: Scope {
                module: Module::Any,
                ..Scope::default()
            },
            ..Affected::new(namespace.clone(), self.package.trim(), windows)
        };
        let mut affected = Vec::new();
        match (self.state, &self.fixed) {
            (None, None) if self.versions.is_empty() && self.severity.is_some() => {}
            (None, None) => {
                return Err("nothing is said of it: give `state`, `fixed` or `severity`".into());
            }
            (Some(State::Withdrawn), None) if self.versions.is_empty() => {
                affected.push(Affected {
                    because: Some(format!("withdrawn: {words}")),
                    ..row(Verdict::NotAffected, vec![Window::ALL])
                });
            }
            (Some(State::NotAffected), None) => {
                let windows = match self.versions.is_empty() {
                    true => vec![Window::ALL],
                    false => windows(scheme, &self.versions)?,
                };
                affected.push(row(Verdict::NotAffected, windows));
            }
            (None | Some(State::Affected), fixed) => {
                let mut windows = windows(scheme, &self.versions)?;
                if let Some(fixed) = fixed {
                    if !windows.is_empty() {
                        return Err("`fixed` and `versions` say the same; give one".into());
                    }
                    scheme
                        .parse(fixed)
                        .ok_or_else(|| no_version(scheme, fixed))?;
                    windows.push(Window::before(fixed));
                }
                if windows.is_empty() {
                    windows.push(Window::ALL);
                }
                let rest = others(scheme, &windows);
                affected.push(row(Verdict::Affected, windows));
                if !rest.is_empty() {
                    affected.push(row(Verdict::NotAffected, rest));
                }
            }
            (Some(State::NotAffected | State::Withdrawn), _) => {
                return Err(
                    "this `state` goes without `fixed`, and `withdrawn` is about every version"
                        .into(),
                );
            }
        }
        if let Some(word) = &self.severity {
            let severity =
                Severity::from_word(word).ok_or_else(|| format!("`{word}` is no severity"))?;
            affected.push(Affected {
                severity: Some(SeverityClaim {
                    source: self.by.trim().to_owned(),
                    severity,
                    cvss: None,
                }),
                fix: FixState::Unknown,
                ..row(Verdict::Rated, vec![Window::ALL])
            });
        }
        let id = self.id.trim().to_owned();
        Ok(Advisory {
            feed: Corrections.name().to_owned(),
            record: id.clone(),
            id,
            affected,
            ..Advisory::default()
        })
    }
}

fn no_version(scheme: Scheme, text: &str) -> String {
    format!("`{text}` is no {} version", scheme.as_str())
}

fn windows(scheme: Scheme, ranges: &[String]) -> Result<Vec<Window>, String> {
    let mut windows = Vec::new();
    for range in ranges {
        let intervals = scheme.windows(range);
        let intervals = intervals
            .ok_or_else(|| format!("`{range}` is no range of {} versions", scheme.as_str()))?;
        windows.extend(intervals.into_iter().map(Window::from));
    }
    Ok(windows)
}

/// Every version that lies in none of these windows, whose bounds are versions.
fn others(scheme: Scheme, windows: &[Window]) -> Vec<Window> {
    // A place between versions: before the first, or before or after one.
    type Place = Option<(String, bool)>;
    let order = |a: &Place, b: &Place| match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some((a, past)), Some((b, past_other))) => {
            let versions = scheme.parse(a).cmp(&scheme.parse(b));
            versions.then(past.cmp(past_other))
        }
    };
    let mut bounds: Vec<(Place, Option<Place>)> = windows
        .iter()
        .map(|window| {
            let from = window.from.clone().map(|version| (version, window.past));
            let to = match &window.to {
                Upper::Open => None,
                Upper::Fixed(version) | Upper::Before(version) => {
                    Some(Some((version.clone(), false)))
                }
                Upper::Through(version) => Some(Some((version.clone(), true))),
            };
            (from, to)
        })
        .collect();
    bounds.sort_by(|a, b| order(&a.0, &b.0));
    let mut others = Vec::new();
    let mut reached: Place = None;
    for (from, to) in bounds {
        if order(&reached, &from).is_lt()
            && let Some((version, past)) = &from
        {
            others.push(Window {
                from: reached.as_ref().map(|(version, _)| version.clone()),
                past: reached.as_ref().is_some_and(|(_, past)| *past),
                to: match past {
                    true => Upper::Through(version.clone()),
                    false => Upper::Before(version.clone()),
                },
            });
        }
        match to {
            None => return others,
            Some(to) if order(&reached, &to).is_lt() => reached = to,
            Some(_) => {}
        }
    }
    let (from, past) = reached.map_or((None, false), |(version, past)| (Some(version), past));
    others.push(Window {
        from,
        past,
        to: Upper::Open,
    });
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Advisory>, String> {
        let mut intake = Intake::of("overlay/mine");
        assert!(Corrections.recognises(text), "{text}");
        Corrections.read(text.as_bytes(), &mut intake)?;
        Ok(intake.advisories().collect())
    }

    fn entry(more: &str) -> String {
        format!(
            "# ours\ncorrections:\n  - id: CVE-2024-1\n    namespace: npm\n    package: lunary\n    reason: it is about the server\n    by: Jo\n{more}"
        )
    }

    #[test]
    fn every_statement_has_a_form() {
        let all = |from: Option<&str>, past, to| Window {
            from: from.map(str::to_owned),
            past,
            to,
        };
        let open = |from, past| all(Some(from), past, Upper::Open);
        for (more, expected) in [
            (
                "    state: not-affected\n",
                vec![(Verdict::NotAffected, vec![Window::ALL])],
            ),
            (
                "    state: withdrawn\n",
                vec![(Verdict::NotAffected, vec![Window::ALL])],
            ),
            (
                "    severity: low\n",
                vec![(Verdict::Rated, vec![Window::ALL])],
            ),
            (
                "    state: affected\n",
                vec![(Verdict::Affected, vec![Window::ALL])],
            ),
            (
                "    fixed: 1.4.26\n",
                vec![
                    (Verdict::Affected, vec![Window::before("1.4.26")]),
                    (Verdict::NotAffected, vec![open("1.4.26", false)]),
                ],
            ),
            (
                "    state: affected\n    versions: ['>= 2, <= 3', '> 4, < 5']\n",
                vec![
                    (
                        Verdict::Affected,
                        vec![
                            all(Some("2"), false, Upper::Through("3".into())),
                            all(Some("4"), true, Upper::Fixed("5".into())),
                        ],
                    ),
                    (
                        Verdict::NotAffected,
                        vec![
                            all(None, false, Upper::Before("2".into())),
                            all(Some("3"), true, Upper::Through("4".into())),
                            open("5", false),
                        ],
                    ),
                ],
            ),
        ] {
            let advisories = read(&entry(more)).unwrap();
            let rows = &advisories[0].affected;
            let rows: Vec<_> = rows
                .iter()
                .map(|r| (r.verdict, r.windows.clone()))
                .collect();
            assert_eq!(rows, expected, "{more}");
            let words = advisories[0].affected[0].because.clone().unwrap();
            assert!(words.ends_with("it is about the server (Jo)"), "{words}");
        }
    }

    #[test]
    fn what_is_unclear_is_refused_with_its_place() {
        for (more, why) in [
            ("", "nothing is said of it"),
            ("    state: perhaps\n", "perhaps"),
            (
                "    state: withdrawn\n    fixed: '2'\n",
                "goes without `fixed`",
            ),
            ("    fixed: one\n", "`one` is no"),
            ("    state: affected\n    versions: ['<>']\n", "is no range"),
            ("    severity: awful\n", "`awful` is no severity"),
            ("    until: tomorrow\n", "until"),
        ] {
            let error = read(&entry(more)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let nowhere = entry("    severity: low\n").replace("npm", "nmp");
        let error = read(&nowhere).unwrap_err();
        assert!(
            error.contains("entry 1 (`CVE-2024-1`): `nmp` is no namespace"),
            "{error}"
        );
        let unsigned = entry("    severity: low\n").replace("by: Jo", "by: ''");
        assert!(read(&unsigned).unwrap_err().contains("`by` is empty"));
    }

    #[test]
    fn without_an_overlay_they_are_refused() {
        let text = entry("    severity: low\n");
        let error = Corrections.read(text.as_bytes(), &mut Intake::default());
        assert!(error.unwrap_err().contains("data overlay add"));
    }
}
