//! .NET: what was published, what is locked, and the assemblies themselves.

mod assembly;
mod bundle;
mod deps_json;
mod locks;
mod version_resource;

pub(crate) use assembly::Assemblies;
pub(crate) use deps_json::DepsJson;
pub(crate) use locks::NugetLocks;

/// A shared framework whose folder a path lies in: its name and version
/// (`…/shared/Microsoft.NETCore.App/8.0.1/…`).
fn framework(path: &str) -> Option<(&str, &str)> {
    let (folders, _) = path.rsplit_once('/')?;
    let mut parts = folders.rsplit('/');
    loop {
        let version = parts.next()?;
        let mut above = parts.clone();
        if let (Some(name), Some("shared")) = (above.next(), above.next())
            && name.starts_with("Microsoft.")
            && name.ends_with(".App")
            && version.starts_with(|c: char| c.is_ascii_digit())
        {
            return Some((name, version));
        }
    }
}

/// A managed library of that name and version.
#[cfg(test)]
pub(crate) fn library(name: &str, version: &str) -> Vec<u8> {
    let strings = [
        ("InternalName", name),
        ("ProductName", name),
        ("FileVersion", version),
    ];
    version_resource::build::library(true, &strings)
}

/// A name without what a build adds to it: `Humanizer (net8.0)`.
fn plain(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frameworks_lie_in_folders_of_their_own() {
        let path = "usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/System.Net.Http.dll";
        assert_eq!(framework(path), Some(("Microsoft.NETCore.App", "8.0.1")));
        let locale = "d/shared/Microsoft.WindowsDesktop.App/8.0.1/de/X.resources.dll";
        assert_eq!(
            framework(locale),
            Some(("Microsoft.WindowsDesktop.App", "8.0.1"))
        );
        assert_eq!(framework("app/shared/x.dll"), None);
        assert_eq!(framework("x.dll"), None);
    }
}
