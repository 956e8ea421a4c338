//! PHP packages of PEAR and PECL: the registry's serialised records.

use super::php::unserialize;
use super::purl;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;

const LIMIT: u64 = 64 << 20;
const PEAR: &str = "pear.php.net";

pub(crate) struct Pear;

impl Collector for Pear {
    fn name(&self) -> &'static str {
        "pear"
    }

    fn about(&self) -> &'static str {
        "PEAR and PECL packages: php/.registry/**/*.reg"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let registered =
            file.name().ends_with(".reg") && file.path.split('/').any(|part| part == ".registry");
        if registered {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let value = unserialize(file.bytes)
            .ok_or_else(|| CollectError::new("it is no serialised record"))?;
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        // `package` in the records of PEAR before its version 1.4.
        let name = text("name").or(text("package"));
        let name = name.ok_or_else(|| CollectError::new("it names no package"))?;
        let version = value.get("version");
        let version = version.and_then(|version| {
            version
                .as_str()
                .or_else(|| version.get("release")?.as_str())
        });
        let channel = text("channel")
            .or_else(|| channel(file.path))
            .unwrap_or(PEAR);
        let ecosystem = match channel {
            "pecl.php.net" => Ecosystem::Pecl,
            _ => Ecosystem::Pear,
        };
        let version = version.map(str::to_owned);
        let mut record = PackageRecord::new(ecosystem, name, version, Confidence::Installed);
        let license = value
            .get("license")
            .or_else(|| value.get("release_license"));
        let license = license.and_then(|license| {
            license
                .as_str()
                .or_else(|| license.get("_content")?.as_str())
        });
        record.licenses = license.map(str::to_owned).into_iter().collect();
        if ecosystem == Ecosystem::Pear {
            record.purl = Some(purl("pear", channel, name, record.version.as_deref()));
        }
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

/// `.registry/.channel.pecl.php.net/x.reg`
fn channel(path: &str) -> Option<&str> {
    path.split('/')
        .find_map(|part| part.strip_prefix(".channel."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    #[test]
    fn the_channel_tells_extensions_from_libraries() {
        let record = |path: &str, text: &str| {
            let path = format!("usr/local/lib/php/.registry/{path}");
            let record = records(&Pear, &path, text.as_bytes()).unwrap().remove(0);
            record.purl(None).unwrap().to_string()
        };
        let stated = r#"a:3:{s:4:"name";s:5:"redis";s:7:"channel";s:12:"pecl.php.net";s:7:"version";a:1:{s:7:"release";s:5:"5.3.7";}}"#;
        assert_eq!(record("redis.reg", stated), "pkg:pecl/redis@5.3.7");
        let bare = r#"a:2:{s:4:"name";s:3:"Log";s:7:"version";s:5:"1.1.0";}"#;
        assert_eq!(record("log.reg", bare), "pkg:pear/pear.php.net/Log@1.1.0");
        assert_eq!(
            record(".channel.pecl.php.net/log.reg", bare),
            "pkg:pecl/Log@1.1.0"
        );
        assert!(records(&Pear, "x/.registry/x.reg", b"nothing").is_err());
    }
}
