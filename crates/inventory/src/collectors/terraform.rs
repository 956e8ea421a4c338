//! Terraform providers that a `.terraform.lock.hcl` names
//! (<https://developer.hashicorp.com/terraform/language/files/dependency-lock>).

use super::format::Format;
use super::lock::LIMIT;
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord};

pub(crate) struct Terraform;

impl Collector for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn about(&self) -> &'static str {
        "Terraform providers that sources declare: .terraform.lock.hcl"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == ".terraform.lock.hcl" {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        FORMAT.hold(&text, packages(self.name(), providers(&text)))
    }
}

const FORMAT: Format = Format::of_lines("a lock file of Terraform", &["#", "//"], &["provider "]);

/// Blocks `provider "HOST/NAMESPACE/NAME" { version = "VERSION" … }`, as
/// Terraform itself writes them.
fn providers(text: &str) -> Vec<PackageRecord> {
    let mut records: Vec<PackageRecord> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("provider ") {
            let name = rest.split('"').nth(1).unwrap_or_default();
            records.push(declared(Ecosystem::Terraform, name, None));
        } else if let Some((key, value)) = line.split_once('=')
            && key.trim() == "version"
            && let Some(record) = records.last_mut()
        {
            record.version = value.split('"').nth(1).map(str::to_owned);
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::found;

    #[test]
    fn each_provider_has_a_block() {
        let text = "# made by init\nprovider \"registry.terraform.io/hashicorp/aws\" {\n  version     = \"5.72.1\"\n  constraints = \"> 5.72.0\"\n  hashes = [\n    \"h1:jhd5=\",\n  ]\n}\n\nprovider \"registry.opentofu.org/x/y\" {\n  version = \"1.0.0\"\n}\n";
        assert_eq!(
            found(&Terraform, "src/.terraform.lock.hcl", text.as_bytes()),
            [
                "registry.terraform.io/hashicorp/aws@5.72.1",
                "registry.opentofu.org/x/y@1.0.0"
            ]
        );
    }
}
