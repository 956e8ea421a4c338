//! Homebrew formulae: `Cellar/NAME/VERSION` with a receipt, and the formula
//! that was installed.

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;

const LIMIT: u64 = 4 << 20;

pub(crate) struct Homebrew;

impl Collector for Homebrew {
    fn name(&self) -> &'static str {
        "homebrew"
    }

    fn about(&self) -> &'static str {
        "Homebrew formulae: Cellar/*/*/INSTALL_RECEIPT.json, .brew/*.rb"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let named = file.name() == "INSTALL_RECEIPT.json" || file.name().ends_with(".rb");
        match named && identity(file.path).is_some() {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let Some((name, version)) = identity(file.path) else {
            return Ok(Collected::default());
        };
        let version = Some(version.to_owned());
        let mut record = PackageRecord::new(Ecosystem::Brew, name, version, Confidence::Installed);
        if file.name() == "INSTALL_RECEIPT.json" {
            let receipt: Receipt = serde_json::from_slice(file.bytes).map_err(CollectError::new)?;
            let needed = receipt.runtime_dependencies.unwrap_or_default();
            // A tap stands before the name: `homebrew/core/openssl@3`.
            record.requires = needed
                .into_iter()
                .map(|formula| crate::path::name(&formula.full_name).to_owned())
                .collect();
            record.requires.sort_unstable();
            record.requires.dedup();
        } else {
            let text = String::from_utf8_lossy(file.bytes);
            record.licenses = text.lines().find_map(license).into_iter().collect();
        }
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

/// Name and version of the formula that a file stands at the top of.
fn identity(path: &str) -> Option<(&str, &str)> {
    let at = path.rfind("Cellar/")?;
    if !(at == 0 || path[..at].ends_with('/')) {
        return None;
    }
    let mut parts = path[at + "Cellar/".len()..].split('/');
    let (name, version) = (parts.next()?, parts.next()?);
    let inside = match parts.next()? {
        "INSTALL_RECEIPT.json" => true,
        ".brew" => parts.next()?.strip_suffix(".rb") == Some(name),
        _ => false,
    };
    (inside && parts.next().is_none()).then_some((name, version))
}

/// `license "MIT"` of a formula; what Ruby composes is left out.
fn license(line: &str) -> Option<String> {
    let quoted = line.trim().strip_prefix("license \"")?;
    Some(quoted.split('"').next()?.to_owned())
}

#[derive(Deserialize)]
struct Receipt {
    #[serde(default)]
    runtime_dependencies: Option<Vec<Formula>>,
}

#[derive(Deserialize)]
struct Formula {
    full_name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    #[test]
    fn the_folder_names_the_formula() {
        let path = "home/linuxbrew/.linuxbrew/Cellar/jq/1.7.1";
        let receipt = br#"{"runtime_dependencies":[{"full_name":"oniguruma","version":"6"},{"full_name":"a/b/c","version":"1"}]}"#;
        let found = records(&Homebrew, &format!("{path}/INSTALL_RECEIPT.json"), receipt).unwrap();
        assert_eq!(found[0].requires, ["c", "oniguruma"]);
        assert_eq!(
            (found[0].name.as_str(), found[0].version.as_deref()),
            ("jq", Some("1.7.1"))
        );
        let formula = b"class Jq < Formula\n  license \"MIT\"\nend\n";
        let found = records(&Homebrew, &format!("{path}/.brew/jq.rb"), formula).unwrap();
        assert_eq!(found[0].licenses, ["MIT"]);
        assert_eq!(identity("x/Cellar/jq/1.7.1/lib/jq.rb"), None);
        assert_eq!(identity("x/Cellar/jq/1.7.1/.brew/other.rb"), None);
    }
}
