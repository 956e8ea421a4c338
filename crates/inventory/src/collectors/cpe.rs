//! CPE 2.3 names as formatted strings (NIST IR 7695, 6.2), only for products
//! whose names in the dictionary are known.

/// The name of a release of an application, `vendor:product` as in the
/// dictionary. `update` is what NVD keeps apart from the version.
pub(super) fn cpe(product: &str, version: &str, update: Option<&str>) -> String {
    named("a", product, version, update)
}

/// Likewise of an operating system.
pub(super) fn os_cpe(product: &str, version: &str) -> String {
    named("o", product, version, None)
}

fn named(part: &str, product: &str, version: &str, update: Option<&str>) -> String {
    let update = update.map_or_else(|| "*".to_owned(), quoted);
    let version = quoted(version);
    format!("cpe:2.3:{part}:{product}:{version}:{update}:*:*:*:*:*:*")
}

/// A value in which what is not a letter, digit, `.`, `-` or `_` is quoted.
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.to_lowercase().chars() {
        if !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_and_quoted() {
        assert_eq!(
            cpe("erlang:erlang\\/otp", "26.1.2", None),
            "cpe:2.3:a:erlang:erlang\\/otp:26.1.2:*:*:*:*:*:*:*"
        );
        assert_eq!(
            cpe("oracle:jdk", "1.8.0", Some("update352")),
            "cpe:2.3:a:oracle:jdk:1.8.0:update352:*:*:*:*:*:*"
        );
        assert_eq!(
            os_cpe("linux:linux_kernel", "6.5.0+"),
            "cpe:2.3:o:linux:linux_kernel:6.5.0\\+:*:*:*:*:*:*:*"
        );
    }
}
