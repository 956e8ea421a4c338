//! Any text where people write something: references, package URLs,
//! versions, ranges, vectors, licences, policies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_advisory::cvss;
use plimsoll_advisory::versions::Scheme;
use plimsoll_image::Reference;
use plimsoll_policy::Policy;
use plimsoll_types::{Digest, PackageUrl};

fuzz_target!(|text: &str| {
    let _ = text.parse::<Reference>();
    let _ = text.parse::<Digest>();
    let _ = cvss::score(text);
    let _ = plimsoll_license::classify(text);
    if let Some(expression) = plimsoll_license::expression(&[text]) {
        assert!(plimsoll_license::Licenses::parse(&expression).is_some(), "{expression}");
    }
    let _ = Policy::parse(text, "policy.yaml");
    if let Ok(purl) = text.parse::<PackageUrl>() {
        let again = purl.to_string().parse::<PackageUrl>();
        assert_eq!(again.as_ref(), Ok(&purl), "{purl}");
    }
    let (a, b) = text.split_once('\n').unwrap_or((text, text));
    for scheme in Scheme::ALL {
        let (order, back) = (scheme.compare(a, b), scheme.compare(b, a));
        assert_eq!(order, back.map(std::cmp::Ordering::reverse), "{scheme:?}");
        let _ = scheme.satisfies(a, b);
    }
});
