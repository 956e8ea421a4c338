//! Photon OS's OVAL: fixes only, one row for each binary package.

use super::patches::{self, Vendor};
use crate::feeds::Feed;
use crate::intake::Intake;

pub(crate) struct PhotonOval;

const PHOTON: Vendor = Vendor {
    feed: "photon-oval",
    source: "photon",
    platform: "Photon OS ",
    distro: "photon",
};

impl Feed for PhotonOval {
    fn name(&self) -> &'static str {
        PHOTON.feed
    }

    fn about(&self) -> &'static str {
        "Photon OS OVAL (PHSA), fixes only"
    }

    fn recognises(&self, head: &str) -> bool {
        super::recognises(head, "oval:com.vmware.phsa:")
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        patches::read(&PHOTON, document, intake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn an_advisory_names_its_cves_and_builds() {
        let document = br#"<oval_definitions><definitions><definition class="patch" id="oval:com.vmware.phsa:def:1"><metadata>
            <title>PHSA-2020:00001 sqlite Security Update. (Important)</title>
            <reference ref_id="PHSA:00001:3.0:0036" ref_url="https://example.org/phsa" source="PHSA"/>
            <reference ref_id="CVE:00001:CVE-2019-16168" source="CVE"/>
            <advisory><severity>Important</severity><issued date="2019-10-23"/></advisory></metadata>
            <criteria operator="AND"><criterion comment="Photon OS 3 is installed"/><criteria operator="OR">
            <criteria operator="AND"><criterion comment="sqlite-libs is earlier than 0:3.27.2-5.ph3"/></criteria></criteria></criteria>
            </definition></definitions></oval_definitions>"#;
        assert_eq!(feeds::of(document).unwrap().name(), "photon-oval");
        let mut intake = Intake::default();
        PhotonOval.read(document, &mut intake).unwrap();
        let [advisory] = &intake.advisories().collect::<Vec<_>>()[..] else {
            panic!()
        };
        assert_eq!(
            (advisory.record.as_str(), advisory.id.as_str()),
            ("PHSA-2020:00001", "CVE-2019-16168")
        );
        let [row] = advisory.affected.as_slice() else {
            panic!()
        };
        assert_eq!(row.namespace.to_string(), "photon:3.0");
        assert_eq!(
            (row.package.as_str(), row.fixed_on.as_deref()),
            ("sqlite-libs", Some("2019-10-23"))
        );
    }
}
