//! `.trivyignore`: an id on each line, `exp:YYYY-MM-DD` behind it, comments.

use super::entry::{ALIASES, ENDS, Exception, last_day};
use super::{ExceptionFormat, Import};
use crate::document::Problems;
use crate::text::quoted;

pub(super) const FORMAT: ExceptionFormat = ExceptionFormat {
    id: "trivyignore",
    about: "`.trivyignore` of Trivy",
    is: |file, _| file.ends_with(".trivyignore") || file == "trivyignore",
    read,
};

fn read(text: &str, import: &mut Import, _: &mut Problems) {
    // The comment above ids is their reason, up to an empty line.
    let mut above = String::new();
    let mut is_used = false;
    for (line, text) in (1u64..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() {
            above.clear();
            continue;
        }
        if let Some(comment) = text.strip_prefix('#') {
            if is_used {
                above.clear();
                is_used = false;
            }
            above.push(' ');
            above.push_str(comment.trim_start_matches('#'));
            continue;
        }
        is_used = true;
        let (stated, beside) = text.split_once('#').unwrap_or((text, ""));
        let mut words = stated.split_whitespace();
        let Some(id) = words.next() else { continue };
        if let Err(why) = vulnerability(id) {
            import.left_out(Some(line), &quoted(id), why);
            continue;
        }
        let end = text.split_whitespace().skip(1);
        let end = end.filter_map(|word| word.strip_prefix("exp:")).next();
        let until = match end {
            Some(end) if end.len() == 10 => last_day(end),
            _ => None,
        };
        if let (Some(end), None) = (end, until) {
            let why = format!("its end {} is no day as `YYYY-MM-DD`", quoted(end));
            import.left_out(Some(line), &quoted(id), &why);
            continue;
        }
        if until.is_some() {
            import.note(ENDS);
        }
        import.note(ALIASES);
        let beside = beside.split_whitespace();
        let beside: Vec<&str> = beside.filter(|word| !word.starts_with("exp:")).collect();
        let reason = match beside.is_empty() {
            true => above.clone(),
            false => beside.join(" "),
        };
        import.add(&Exception {
            line: Some(line),
            id: Some(id.to_owned()),
            reason: Some(reason),
            until,
            ..Exception::default()
        });
    }
}

/// What ids of vulnerabilities begin with. Misconfigurations, secrets and
/// licences stand in the same list.
const PREFIXES: &[&str] = &[
    "CVE", "GHSA", "GO", "RUSTSEC", "PYSEC", "MAL", "OSV", "GMS", "NSWG", "GLAD", "TEMP", "DSA",
    "DLA", "DTSA", "DEBIAN", "USN", "LSN", "UBUNTU", "RHSA", "RHBA", "RHEA", "ELSA", "ELBA",
    "ALSA", "ALBA", "ALEA", "RLSA", "RXSA", "ALAS", "ALAS2", "ALAS2022", "ALAS2023", "SUSE",
    "OPENSUSE", "PHSA", "ASA", "AVG", "MGASA", "CGA", "BIT", "ALPINE", "AZL", "ECHO", "MINI",
    "JLSEC", "HSEC", "RSEC", "PSF", "EEF", "BELL", "EUVD", "CNVD", "CNNVD", "BDU", "JVNDB", "GSD",
    "SNYK", "PHP",
];

/// Whether an id is one of a vulnerability.
pub(super) fn vulnerability(id: &str) -> Result<(), &'static str> {
    let prefix = id.split(['-', ':']).next().unwrap_or_default();
    if prefix.len() < id.len() {
        let mut known = PREFIXES.iter();
        if known.any(|known| known.eq_ignore_ascii_case(prefix)) {
            return Ok(());
        }
    }
    Err("it is no vulnerability, and the allowlist accepts no other check of Trivy by its id")
}
