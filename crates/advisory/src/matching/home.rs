//! Where a package is looked up, if anywhere.

use super::streams::Host;
use crate::namespace::Namespace;
use plimsoll_types::{Confidence, Distro, Inventory, Package};

/// What an image says of where its packages come from.
pub(super) struct Origin<'a> {
    stated: Option<&'a Distro>,
    /// The namespace of its distribution.
    pub distro: Option<Namespace>,
    /// The channel that it is attached to.
    pub channel: Option<Namespace>,
}

/// Where a package is looked up.
pub(super) enum Home {
    Namespace(Namespace),
    /// Part of the project itself: a package of a registry that has its name
    /// is another one.
    Local,
    /// Of a database that another distribution wrote.
    Foreign,
    /// Made by somebody else than the distribution.
    ThirdParty,
    /// Of a distribution without advisories, or none.
    Nowhere,
    /// A manifest that asks for a range installs nothing.
    Requested,
}

impl<'a> Origin<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let stated = inventory.distro.as_ref();
        Self {
            stated,
            distro: stated.and_then(Namespace::of_distro),
            channel: stated.and_then(Namespace::of_attached),
        }
    }

    pub(super) fn host(&self) -> Host {
        let version = self.stated.and_then(|distro| distro.version.as_deref());
        Host::of(version, self.channel.is_some())
    }

    pub(super) fn home(&self, package: &Package) -> Home {
        let record = &package.record;
        let ecosystem = record.ecosystem;
        if record.local {
            return Home::Local;
        }
        if self
            .stated
            .is_some_and(|distro| distro.is_foreign(ecosystem))
        {
            return Home::Foreign;
        }
        if ecosystem.is_os() && record.is_third_party(self.stated) {
            return Home::ThirdParty;
        }
        let namespace = if ecosystem.is_os() {
            let native = |distro: &&Namespace| distro.ecosystem() == ecosystem;
            match self.distro.as_ref().filter(native) {
                Some(namespace) => namespace.clone(),
                None => return Home::Nowhere,
            }
        } else {
            Namespace::of_package(record)
        };
        let declared = record.confidence == Confidence::Declared && !package.locations.is_empty();
        if record.version.is_none() && declared {
            return Home::Requested;
        }
        Home::Namespace(namespace)
    }

    /// The namespaces that say something of a package at home in `home`, in
    /// which the last word is not looked for.
    pub(super) fn related(&self, home: &Namespace) -> Vec<Namespace> {
        let os = home.ecosystem().is_os();
        let channel = self.channel.clone().filter(|_| os);
        let origin = home.rebuilt_from();
        let all = channel.into_iter().chain([home.clone()]);
        all.chain(home.every_release()).chain(origin).collect()
    }
}
