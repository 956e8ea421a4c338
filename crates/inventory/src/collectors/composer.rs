//! PHP packages of Composer: what it installed (`installed.json`, versions 1
//! and 2, `installed.php`) and what it locked (`composer.lock`).

use super::format::Format;
use super::packages;
use super::php::{Token, tokens};
use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;

const LIMIT: u64 = 64 << 20;

/// Arrays in arrays that are followed.
const DEPTH: usize = 64;

pub(crate) struct Composer;

impl Collector for Composer {
    fn name(&self) -> &'static str {
        "composer"
    }

    fn about(&self) -> &'static str {
        "PHP packages: vendor/composer/installed.json, installed.php, composer.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "installed.json" => file.path_ends_with("composer/installed.json"),
            "installed.php" => file.path_ends_with("composer/installed.php"),
            // A package that was installed from its repository may hold one.
            "composer.lock" => !file.path.split('/').any(|part| part == "vendor"),
            _ => false,
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let records = match file.name() {
            "installed.php" => runtime(&text),
            name => listed(&text, name == "composer.lock")?,
        };
        // Composer's first version installed a bare list.
        let bare = text.trim_start().starts_with('[');
        let collected = packages(self.name(), records);
        match bare {
            true => Ok(collected),
            false => FORMAT.hold(&text, collected),
        }
    }
}

const FORMAT: Format = Format::of_keys("a list of packages of Composer", &["packages", "versions"]);

fn listed(text: &str, lock: bool) -> Result<Vec<PackageRecord>, CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let list = |key: &str| {
        let list = json.get(key).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    };
    // Version 1 of the installed list is an array.
    let entries = json
        .as_array()
        .map_or_else(|| list("packages"), Vec::as_slice);
    let development = list("dev-package-names");
    let confidence = if lock {
        Confidence::Declared
    } else {
        Confidence::Installed
    };
    let entries = entries.iter().map(|entry| (entry, false));
    let entries = entries.chain(list("packages-dev").iter().map(|entry| (entry, true)));
    let records = entries.filter_map(|(entry, only_development)| {
        let mut record = package(entry, confidence)?;
        let named = |name: &Value| name.as_str() == Some(record.name.as_str());
        record.development = only_development || development.iter().any(named);
        Some(record)
    });
    Ok(records.collect())
}

fn package(entry: &Value, confidence: Confidence) -> Option<PackageRecord> {
    let name = entry.get("name")?.as_str()?;
    let version = entry.get("version").and_then(Value::as_str);
    let mut record = PackageRecord::new(
        Ecosystem::Composer,
        name,
        version.map(str::to_owned),
        confidence,
    );
    let license = entry.get("license");
    let licenses = license.and_then(Value::as_array).map(Vec::as_slice);
    let licenses = licenses.or_else(|| license.map(std::slice::from_ref));
    let licenses = licenses
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str);
    record.licenses = licenses.map(str::to_owned).collect();
    // Platform requirements (`php`, `ext-json`) have no vendor.
    let required = entry.get("require").and_then(Value::as_object);
    let required = required.into_iter().flat_map(|map| map.keys());
    record.requires = required
        .filter(|name| name.contains('/'))
        .cloned()
        .collect();
    let dist = entry.get("dist");
    let of = |key: &str| dist.and_then(|dist| dist.get(key)?.as_str());
    record.local = of("type") == Some("path");
    let digest = of("shasum").filter(|sum| !sum.is_empty());
    record.digests = digest
        .map(|sum| format!("sha1:{sum}"))
        .into_iter()
        .collect();
    Some(record)
}

/// `installed.php`, by which a program asks for its packages: an array of
/// literals. What a package only provides or replaces has no version there.
fn runtime(text: &str) -> Vec<PackageRecord> {
    let mut records: Vec<PackageRecord> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let (mut key, mut last) = (String::new(), String::new());
    let mut root = String::new();
    for token in tokens(text) {
        match token {
            Token::Open if path.len() >= DEPTH => break,
            Token::Open => path.push(std::mem::take(&mut key)),
            Token::Close => {
                path.pop();
            }
            Token::Arrow => key = std::mem::take(&mut last),
            Token::Text(text) => {
                last.clone_from(&text);
                let place: Vec<&str> = path.iter().map(String::as_str).collect();
                match (place.as_slice(), key.as_str()) {
                    (["", "root"], "name") => root = text,
                    (["", "versions", name], "pretty_version") => {
                        let version = Some(text);
                        records.push(PackageRecord::new(
                            Ecosystem::Composer,
                            *name,
                            version,
                            Confidence::Installed,
                        ));
                    }
                    _ => continue,
                }
                key.clear();
            }
            Token::Word(word) => {
                if key == "dev_requirement"
                    && let [_, _, name] = path.as_slice()
                    && let Some(record) = records.last_mut().filter(|record| record.name == *name)
                {
                    record.development = word == "true";
                }
                key.clear();
            }
        }
    }
    records.retain(|record| record.name != root);
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;
    use plimsoll_types::Mode;

    #[test]
    fn both_forms_of_the_list_are_read() {
        let one = r#"[{"name":"behat/mink","version":"v1.8.1","license":["MIT"],"dist":{"type":"zip","shasum":"00"},"require":{"php":">=5","symfony/css-selector":"^2"}}]"#;
        let two = format!(r#"{{"packages":{one},"dev":true,"dev-package-names":["behat/mink"]}}"#);
        for (text, development) in [(one, false), (two.as_str(), true)] {
            let record = records(
                &Composer,
                "app/vendor/composer/installed.json",
                text.as_bytes(),
            )
            .unwrap()
            .remove(0);
            assert_eq!(
                (record.full_version().as_str(), record.development),
                ("v1.8.1", development)
            );
            assert_eq!(record.requires, ["symfony/css-selector"]);
            assert_eq!(record.digests, ["sha1:00"]);
            assert_eq!(record.confidence, Confidence::Installed);
        }
    }

    #[test]
    fn a_lock_keeps_development_apart() {
        let text = r#"{"packages":[{"name":"a/b","version":"1.0"},{"name":"own/lib","version":"dev-main","dist":{"type":"path"}}],
            "packages-dev":[{"name":"c/d","version":"2.0","license":"MIT"}]}"#;
        let found = records(&Composer, "app/composer.lock", text.as_bytes()).unwrap();
        let flags: Vec<_> = found
            .iter()
            .map(|r| (r.name.as_str(), r.development, r.local))
            .collect();
        assert_eq!(
            flags,
            [
                ("a/b", false, false),
                ("own/lib", false, true),
                ("c/d", true, false)
            ]
        );
        let head = FileHead::new("app/vendor/a/b/composer.lock", 1, Mode(0o644), b"");
        assert_eq!(Composer.wants(&head), Want::No);
    }

    #[test]
    fn the_list_for_programs_is_as_good() {
        let text = "<?php return array(
    'root' => array('name' => 'own/app', 'pretty_version' => 'dev-main', 'dev' => true),
    'versions' => array(
        'own/app' => array('pretty_version' => 'dev-main', 'reference' => null, 'dev_requirement' => false),
        'pear/log' => array(
            'pretty_version' => '1.13.3',
            'version' => '1.13.3.0',
            'install_path' => __DIR__ . '/../pear/log',
            'aliases' => array(),
            'dev_requirement' => true,
        ),
        'psr/log-implementation' => array('dev_requirement' => false, 'provided' => array(0 => '1.0')),
    ),
);";
        let found = records(
            &Composer,
            "app/vendor/composer/installed.php",
            text.as_bytes(),
        )
        .unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|r| (r.name.as_str(), r.full_version(), r.development))
            .collect();
        assert_eq!(names, [("pear/log", "1.13.3".to_owned(), true)]);
    }
}
