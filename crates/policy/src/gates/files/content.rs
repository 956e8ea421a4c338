use crate::Subject;
use crate::gates::values::{Sha256, given};
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{PathPattern, any_path};
use crate::verdict::Evidence;
use plimsoll_types::FileKind;
use std::collections::BTreeSet;

parameters! {
    DeniedContent {
        /// Hashes of content.
        sha256: Vec<Sha256>,
        /// Not files at these paths.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for DeniedContent {
    const NAME: &'static str = "denied-content";
    const ABOUT: &'static str = "fires for each file with one of these contents, whatever it is called, and as something that \
         cannot be told for files whose content was not hashed";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let denied: BTreeSet<&Sha256> = self.sha256.iter().collect();
        let files = subject.inventory.files.iter().enumerate();
        let mut unknown = 0_usize;
        for (index, file) in files.filter(|(_, file)| file.kind == FileKind::File) {
            if !given(&self.except, |except| !any_path(except, &file.path)) {
                continue;
            }
            let Some(digest) = &file.digest else {
                unknown += 1;
                continue;
            };
            if denied.contains(&Sha256(digest.clone())) {
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!("/{} has the denied content {digest}", file.path),
                    advice: Some("find out how it came in, and do not ship it".into()),
                });
            }
        }
        if unknown > 0 {
            let files = if unknown == 1 {
                "file was"
            } else {
                "files were"
            };
            fires.push(Fire {
                evidence: Evidence::Unknown,
                about: "unhashed".into(),
                message: format!("the content of {unknown} {files} not hashed"),
                advice: Some("see the gaps of the report for why".into()),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};

    fn scene() -> Scene {
        let mut scene = Scene::default()
            .with_file("usr/bin/miner", FileKind::File, 0o755)
            .with_file("usr/bin", FileKind::Directory, 0o755);
        scene.inventory.files[0].digest = format!("sha256:{}", "ab".repeat(32)).parse().ok();
        scene
    }

    #[test]
    fn denied_content_fires_under_any_name() {
        let hash = "AB".repeat(32);
        let trigger: DeniedContent = when(&format!("sha256: {hash}"));
        let fires = fired(&trigger, &scene());
        assert_eq!(fires.len(), 1);
        assert_eq!(
            fires[0].message,
            format!(
                "/usr/bin/miner has the denied content sha256:{}",
                "ab".repeat(32)
            )
        );
    }

    #[test]
    fn other_content_is_not_denied() {
        let other: DeniedContent = when(&format!("sha256: sha256:{}", "cd".repeat(32)));
        assert!(messages(&other, &scene()).is_empty());
        let except: DeniedContent = when(&format!(
            "{{ sha256: {}, except: /usr/bin/* }}",
            "ab".repeat(32)
        ));
        assert!(messages(&except, &scene()).is_empty());
    }

    #[test]
    fn content_that_was_not_hashed_cannot_be_told() {
        let mut scene = scene();
        scene.inventory.files[0].digest = None;
        let trigger: DeniedContent = when(&format!("sha256: {}", "ab".repeat(32)));
        let fires = fired(&trigger, &scene);
        assert!(fires[0].evidence.is_ignorance());
        assert_eq!(fires[0].message, "the content of 1 file was not hashed");
    }
}
