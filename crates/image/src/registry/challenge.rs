//! `WWW-Authenticate` challenges (RFC 9110 section 11.6.1).

use std::collections::BTreeMap;

pub(crate) struct Challenge {
    /// Lower case.
    pub(crate) scheme: String,
    /// Names in lower case.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Every challenge of one header value; quoted commas stay inside a value.
pub(crate) fn parse(value: &str) -> Vec<Challenge> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in value.chars() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ',' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let mut all: Vec<Challenge> = Vec::new();
    for part in &parts {
        let mut part = part.trim();
        let name_end = part.find([' ', '=']).unwrap_or(part.len());
        if !part.is_empty() && !part[name_end..].starts_with('=') {
            let scheme = part[..name_end].to_ascii_lowercase();
            all.push(Challenge {
                scheme,
                parameters: BTreeMap::new(),
            });
            part = part[name_end..].trim();
        }
        if let (Some((name, text)), Some(last)) = (part.split_once('='), all.last_mut()) {
            let text = text.trim().trim_matches('"').replace('\\', "");
            last.parameters
                .insert(name.trim().to_ascii_lowercase(), text);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn several_challenges_and_quoted_commas() {
        let all =
            super::parse(r#"Basic realm="a", BEARER Realm="https://x/t",scope="r:p:pull,push""#);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].scheme, "bearer");
        assert_eq!(all[1].parameters["scope"], "r:p:pull,push");
        assert_eq!(all[1].parameters["realm"], "https://x/t");
    }
}
