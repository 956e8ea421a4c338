use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{PathPattern, any_path};
use crate::verdict::Evidence;
use plimsoll_types::{Gap, GapKind};

/// What could not be looked at.
pub(crate) struct Coverage;

impl Gate for Coverage {
    fn name(&self) -> &'static str {
        "coverage"
    }

    fn about(&self) -> &'static str {
        "what could not be looked at"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Gaps>()] }
    }
}

parameters! {
    Gaps {
        /// Only these kinds of gap; when left out, the kinds that leave whole
        /// parts of the image or of the data unknown.
        kinds: Option<Vec<GapKind>>,
        /// Only gaps at these paths.
        paths: Option<Vec<PathPattern>>,
    }
}

impl Trigger for Gaps {
    const NAME: &'static str = "gap";
    const ABOUT: &'static str = "fires for each thing that could not be looked at";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let gaps = &subject.inventory.coverage.gaps;
        fires.extend(gaps.iter().filter(|gap| self.wants(gap)).map(fire));
    }
}

impl Gaps {
    fn wants(&self, gap: &Gap) -> bool {
        let kind = match &self.kinds {
            Some(kinds) => kinds.contains(&gap.kind),
            None => gap.kind.is_incomplete(),
        };
        let paths = self.paths.as_deref();
        kind && paths.is_none_or(|paths| any_path(paths, &gap.subject))
    }
}

fn fire(gap: &Gap) -> Fire {
    Fire {
        evidence: Evidence::Gap(gap.clone()),
        about: format!("{} {}", gap.kind, gap.subject),
        message: gap.to_string(),
        advice: Some(advice(gap.kind).to_owned()),
    }
}

fn advice(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NoAdvisoryData => {
            "add a feed for it with `plimsoll data update --from FOLDER_OR_URL`; where none \
             exists, a rule on the gate `coverage` says what that means"
        }
        GapKind::LimitExceeded => {
            "find out what makes this so large; it is not what an image should hold"
        }
        GapKind::LayerUnreadable
        | GapKind::ImageMalformed
        | GapKind::ImageAmbiguous
        | GapKind::LayerTrailingData
        | GapKind::HistoryMismatch => "build and push the image anew",
        GapKind::DatabaseUnreadable | GapKind::DatabaseRemoved => {
            "keep the package database in the image as the package manager wrote it"
        }
        GapKind::DistroUnknown => "keep /etc/os-release in the image",
        GapKind::EvidenceUnreadable => "mend or remove the file",
        GapKind::ThirdParty => "ask its vendor for advisories, or take the distribution's package",
        GapKind::VersionUnknown | GapKind::VersionUnparsable => {
            "check this package by hand, or build it so that it states its version"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired};

    fn gaps(kinds: Option<Vec<GapKind>>) -> Gaps {
        Gaps { kinds, paths: None }
    }

    #[test]
    fn fires_for_incomplete_kinds_unless_told_which() {
        let scene = Scene::default()
            .with_gap(GapKind::LayerUnreadable, "")
            .with_gap(GapKind::VersionUnknown, "app/x.jar");
        let fires = fired(&gaps(None), &scene);
        assert_eq!(fires.len(), 1);
        assert!(fires[0].message.starts_with("layer-unreadable"));
        let fires = fired(&gaps(Some(vec![GapKind::VersionUnknown])), &scene);
        assert!(fires[0].message.starts_with("version-unknown app/x.jar"));
        assert!(fired(&gaps(None), &Scene::default()).is_empty());
    }
}
