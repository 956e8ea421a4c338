//! Names of products in the Common Platform Enumeration (NIST IR 7695):
//! formatted strings of 2.3 and URIs of 2.2.

use plimsoll_types::Ecosystem;

/// A product, its version and what it is limited to. `*` is anything, `-` is
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cpe {
    /// `a` application, `o` operating system, `h` hardware.
    pub part: String,
    pub vendor: String,
    product: String,
    pub version: String,
    pub update: String,
    pub edition: String,
    pub target_software: String,
}

impl Cpe {
    /// Reads either form; `None` for what is neither or names no product.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mut parts, places) = if let Some(text) = text.strip_prefix("cpe:2.3:") {
            (split(text), [7, 8])
        } else {
            let text = text.strip_prefix("cpe:/")?;
            let parts = text.split(':').map(|part| match part {
                "" => "*".to_owned(),
                part => percent_decoded(part),
            });
            // URIs pack editions into the sixth part, which is rare.
            (parts.collect(), [usize::MAX, usize::MAX])
        };
        let mut take = |index: usize| match parts.get_mut(index) {
            Some(part) => std::mem::take(part).to_lowercase(),
            None => "*".to_owned(),
        };
        let [edition, target_software] = places.map(&mut take);
        let cpe = Self {
            part: take(0),
            vendor: take(1),
            product: take(2),
            version: take(3),
            update: take(4),
            edition,
            target_software,
        };
        let named = |text: &str| !matches!(text, "" | "*" | "-");
        (named(&cpe.vendor) && named(&cpe.product)).then_some(cpe)
    }

    /// `vendor:product`.
    pub(crate) fn product(&self) -> String {
        format!("{}:{}", self.vendor, self.product)
    }

    /// Whether packages of an ecosystem can be it: applications, and Linux
    /// where a kernel is installed.
    pub(crate) fn is_software(&self, ecosystem: Ecosystem) -> bool {
        match self.part.as_str() {
            "a" => true,
            "o" => ecosystem == Ecosystem::Kernel && self.product() == "linux:linux_kernel",
            _ => false,
        }
    }
}

/// The parts of a formatted string, without their quotes.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match (quoted, c) {
            (false, '\\') => quoted = true,
            (false, ':') => parts.push(String::new()),
            _ => {
                quoted = false;
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    parts
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let digits = behind.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        let decoded = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
        match (first, decoded) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_product() {
        let of = |text| Cpe::parse(text).unwrap();
        let cpe = of("cpe:2.3:a:erlang:erlang\\/otp:26.1.2:rc1:*:*:lts:linux:*:*");
        assert_eq!(cpe.product(), "erlang:erlang/otp");
        assert_eq!(
            (cpe.version.as_str(), cpe.update.as_str()),
            ("26.1.2", "rc1")
        );
        assert_eq!(
            (cpe.edition.as_str(), cpe.target_software.as_str()),
            ("lts", "linux")
        );
        let uri = of("cpe:/a:erlang:erlang%2fotp:26.1.2");
        assert_eq!(uri.product(), cpe.product());
        assert_eq!(uri.update, "*");
        assert_eq!(Cpe::parse("cpe:2.3:a:*:*:1"), None);
        assert_eq!(Cpe::parse("pkg:npm/x"), None);
    }
}
