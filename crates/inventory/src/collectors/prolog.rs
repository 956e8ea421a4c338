//! Packs of SWI-Prolog: the facts in `pack.pl`.

use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Prolog;

impl Collector for Prolog {
    fn name(&self) -> &'static str {
        "prolog"
    }

    fn about(&self) -> &'static str {
        "SWI-Prolog packs: pack.pl"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "pack.pl" {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let (Some(name), version) = (fact(&text, "name"), fact(&text, "version")) else {
            return Ok(Collected::default());
        };
        let version = version.map(str::to_owned);
        let mut record =
            PackageRecord::new(Ecosystem::Swiplpack, name, version, Confidence::Installed);
        record.vendor = fact(&text, "author").map(str::to_owned);
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

/// The first argument of `key('value', …).`
fn fact<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut values = text.lines().filter_map(|line| {
        let argument = line
            .trim_start()
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix('(')?;
        let argument = argument.trim_start();
        let quote = argument.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let value = match quote {
            Some(quote) => argument.get(1..)?.split(quote).next()?,
            None => argument.split([')', ',']).next()?.trim(),
        };
        (!value.is_empty()).then_some(value)
    });
    values.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::found;

    #[test]
    fn facts_name_the_pack() {
        let text = "name(hdt).\n% version('9').\nversion( '0.5.2' ).\nauthor( 'Jan', 'a@b' ).\n";
        assert_eq!(
            found(&Prolog, "pack/hdt/pack.pl", text.as_bytes()),
            ["hdt@0.5.2"]
        );
        assert_eq!(found(&Prolog, "x/pack.pl", b":- use_module(x)."), [""; 0]);
    }
}
