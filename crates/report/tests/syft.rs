//! The JSON of Syft as its schema wants it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;
mod schema;

#[test]
fn it_is_valid() {
    let validator = schema::validator("syft-16.1.13.schema.json");
    for case in [fixture::everything(), fixture::fail(), fixture::pass()] {
        let document = schema::check(&validator, &case.render("syft-json"));
        let artifacts = document["artifacts"].as_array().unwrap();
        let java = artifacts
            .iter()
            .find(|a| a["type"] == "java-archive")
            .unwrap();
        assert_eq!(java["name"], "log4j-core");
        assert_eq!(
            java["locations"][0]["fullPath"],
            "/app/shop.jar!/BOOT-INF/lib/log4j-core-2.14.1.jar"
        );
    }
    let mut small = fixture::everything();
    small.inventory.packages.truncate(2);
    small.inventory.packages[0].depends_on = vec![1];
    insta::assert_snapshot!(small.render("syft-json"));
}
