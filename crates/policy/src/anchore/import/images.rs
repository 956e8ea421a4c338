use super::super::images::{Images, Pattern};
use super::{literal, quoted};

/// A selector of images in YAML.
///
/// # Errors
/// Why there is none.
pub(super) fn native(images: &Images) -> Result<String, String> {
    let (registry, repository, image) = images.parts();
    let mut fields = Vec::new();
    let mut add = |name: &str, pattern: &Pattern| {
        if !pattern.is_everything() {
            fields.push(format!("{name}: {}", quoted(&glob(pattern)?)));
        }
        Ok::<_, String>(())
    };
    add("registry", registry)?;
    add("repository", repository)?;
    match image {
        Ok(tag) => add("tag", tag)?,
        Err(digest) => {
            let digest = match digest.contains(':') {
                true => digest.to_owned(),
                false => format!("sha256:{digest}"),
            };
            fields.push(format!("digest: {}", quoted(&digest)));
        }
    }
    Ok(match fields.is_empty() {
        true => "\"*\"".to_owned(),
        false => format!("{{ {} }}", fields.join(", ")),
    })
}

/// `*` of Anchore crosses slashes.
pub(super) fn glob(pattern: &Pattern) -> Result<String, String> {
    let Pattern::Glob(glob) = pattern else {
        return Err("native patterns have no regular expressions".to_owned());
    };
    let parts: Vec<String> = glob.split('*').map(literal).collect();
    Ok(match &parts[..] {
        [start, end] if end.is_empty() && start.ends_with('/') => format!("{start}**"),
        _ => parts.join("{*,*/**/*}"),
    })
}
