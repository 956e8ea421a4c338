//! Requirements files (pip's requirements file format) and the requirements in
//! them (the dependency specifiers specification).

use super::{from_repository, only_digest, package};
use plimsoll_types::PackageRecord;

/// What is pinned; `unread` counts the lines that require nothing.
pub(super) fn read(text: &str, name: &str, unread: &mut usize) -> Vec<PackageRecord> {
    const DEVELOPMENT: &[&str] = &[
        "dev",
        "develop",
        "development",
        "test",
        "tests",
        "testing",
        "lint",
        "docs",
        "doc",
    ];
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let development = words.any(|word| DEVELOPMENT.contains(&word));
    let mut records = Vec::new();
    let mut whole = String::new();
    for line in text.lines() {
        if let Some(start) = line.strip_suffix('\\') {
            whole += start;
            whole.push(' ');
            continue;
        }
        whole += line;
        records.extend(line_of(&whole, unread));
        whole.clear();
    }
    records.extend(line_of(&whole, unread));
    for record in &mut records {
        record.development = development;
    }
    records
}

fn line_of(line: &str, unread: &mut usize) -> Option<PackageRecord> {
    let line = without_comment(line).trim();
    let line = match line
        .strip_prefix("-e")
        .or_else(|| line.strip_prefix("--editable"))
    {
        Some(target) => target.trim_start_matches('=').trim(),
        None => line,
    };
    if line.starts_with('-') {
        return None;
    }
    let mut parts = line.split(" --");
    let requirement = parts.next().unwrap_or_default();
    let Some(mut record) = one(requirement) else {
        *unread += usize::from(!is_requirement(requirement));
        return None;
    };
    let hashes = parts
        .filter_map(|option| option.strip_prefix("hash="))
        .map(str::trim);
    record.digests = only_digest(hashes);
    Some(record)
}

/// Whether that asks for a package, if not for one version of it: a name and
/// what may follow it, or the way to a file, of which a template may be part.
fn is_requirement(text: &str) -> bool {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
    let (name, rest) = text
        .split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""));
    let follows = ["[", "(", "==", "<", ">", "!=", "~=", ";", "@"];
    let rest = rest.trim_start();
    let named =
        !name.is_empty() && (rest.is_empty() || follows.iter().any(|f| rest.starts_with(f)));
    let one_word = !text.contains(char::is_whitespace) && !text.starts_with('<');
    let way = text.starts_with(['.', '/']) || one_word && text.contains(['/', '\\']);
    text.is_empty() || named || way || text.contains("${") || text.contains("://")
}

/// A comment begins the line or follows a blank.
fn without_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let begins = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        before.is_none_or(u8::is_ascii_whitespace)
    };
    let at = line.match_indices('#').map(|(at, _)| at).find(begins);
    at.and_then(|at| line.get(..at)).unwrap_or(line)
}

/// The package that a requirement pins, or takes from an address.
pub(crate) fn one(requirement: &str) -> Option<PackageRecord> {
    let requirement = requirement.trim();
    if let Some((scheme, _)) = requirement.split_once("://")
        && !scheme.contains([' ', '@'])
    {
        return address(requirement, None);
    }
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at_checked(end)?;
    let rest = rest.trim_start();
    // Extras are no part of the name.
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    if let Some(url) = rest.strip_prefix('@') {
        return address(url.trim(), Some(name));
    }
    let specifiers = rest.split(';').next().unwrap_or_default();
    let specifiers = specifiers
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')');
    package(name, Some(specifiers.split(',').find_map(pin)?))
}

/// The version of `==` or `===`, unless it is a pattern.
fn pin(specifier: &str) -> Option<&str> {
    let specifier = specifier.trim();
    let version = specifier
        .strip_prefix("===")
        .or_else(|| specifier.strip_prefix("=="))?;
    let version = version.split_whitespace().next()?;
    let sound = !version.contains(['*', '$', '{', '%']);
    sound.then_some(version)
}

/// A wheel names its package and version (`name-1.0-py3-none-any.whl`), a
/// repository only what `#egg=` says.
fn address(url: &str, name: Option<&str>) -> Option<PackageRecord> {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let url = url.split(" ;").next().unwrap_or(url).trim();
    let mut fragment = fragment.split('&');
    let egg = fragment.find_map(|part| part.strip_prefix("egg="));
    let egg = egg.and_then(|egg| egg.split(['[', ' ', ';']).next());
    let file = url.rsplit('/').next().unwrap_or_default();
    if let Some(wheel) = file.strip_suffix(".whl") {
        let mut parts = wheel.split('-');
        let (first, version) = (parts.next()?, parts.next()?);
        return package(name.unwrap_or(first), Some(version));
    }
    let mut record = package(name.or(egg)?, None)?;
    record.local = url.starts_with("file:");
    if url.starts_with("git+") {
        // A revision follows the path, a password precedes the host.
        let at = url
            .rfind('@')
            .filter(|&at| url.get(at..).is_some_and(|rest| !rest.contains('/')));
        let (repository, revision) = at.map_or((url, None), |at| {
            let (repository, revision) = url.split_at(at);
            (repository, revision.get(1..))
        });
        from_repository(&mut record, repository, revision);
    }
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let records = read(text, "requirements.txt", &mut 0);
        records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect()
    }

    #[test]
    fn only_an_exact_pin_is_a_version() {
        for (line, expected) in [
            ("urllib3===1.26.20", "urllib3@1.26.20"),
            ("x==1.2.3+gcr.2", "x@1.2.3+gcr.2"),
            ("pkg == 1!2.0.0", "pkg@1!2.0.0"),
            ("a>=1,==1.2", "a@1.2"),
            ("celery[redis, pytest]==4.4.7", "celery@4.4.7"),
            (
                "Some_Project ==5.4 ; python_version < '3.8'",
                "Some_Project@5.4",
            ),
            ("a (==1.0)", "a@1.0"),
            ("a==1.0 # comment", "a@1.0"),
            ("a==1.0 --hash=sha256:00 \\", "a@1.0"),
        ] {
            assert_eq!(found(line), [expected], "{line}");
        }
        for line in [
            "a>=1",
            "a~=1.1",
            "a!=3.5",
            "a==2.*",
            "a",
            "a; b == 'c'",
            "#a==1",
            "-r x==1.txt",
            "",
            "==1",
            "a==${V}",
        ] {
            assert_eq!(found(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn addresses_name_packages_too() {
        let text = "-e git+https://user:pw@github.com/o/r.git@v1#egg=pkg&subdirectory=x
https://host/a_b-1.2-py3-none-any.whl
c @ https://host/c-2.0-py3-none-any.whl
d @ git+ssh://git@host/d.git
e @ file:///src/e
./local
";
        assert_eq!(found(text), ["pkg@", "a_b@1.2", "c@2.0", "d@", "e@"]);
        let records = read(text, "requirements.txt", &mut 0);
        assert_eq!(
            records[0].qualifiers["vcs_url"],
            "git+https://github.com/o/r.git@v1"
        );
        assert!(records[4].local);
        assert_eq!(records[3].qualifiers["vcs_url"], "git+ssh://host/d.git");
    }

    #[test]
    fn lines_go_on_and_files_tell_their_purpose() {
        let text = "a==1 \\\n    --hash=sha256:00\nb==1 --hash=sha256:01 \\\n --hash=sha256:02\n";
        let records = read(text, "requirements-dev.txt", &mut 0);
        assert_eq!(records[0].digests, ["sha256:00"]);
        assert_eq!(records[1].digests, [""; 0]);
        assert!(records.iter().all(|record| record.development));
    }
}
