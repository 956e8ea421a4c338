//! Ranges as people write them: comparisons joined by `,` (and) and `||` (or).

use super::{Scheme, Version};

/// Whether `version` lies in `range`; an empty range holds everything.
pub(super) fn satisfies(scheme: Scheme, version: &str, range: &str) -> Option<bool> {
    let version = scheme.parse(version)?;
    let mut any = false;
    for alternative in range.split("||") {
        let mut all = true;
        for comparison in alternative.split(',').map(str::trim) {
            all &= comparison.is_empty() || holds(scheme, &version, comparison)?;
        }
        any |= all;
    }
    Some(any)
}

fn holds(scheme: Scheme, version: &Version, comparison: &str) -> Option<bool> {
    let end = comparison
        .find(|c| !matches!(c, '<' | '>' | '=' | '!'))
        .unwrap_or(comparison.len());
    let (operator, bound) = comparison.split_at(end);
    let order = version.cmp(&scheme.parse(bound)?);
    Some(match operator {
        "" | "=" | "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        _ => return None,
    })
}
