//! Build steps as people wrote them, from what builders recorded.

use plimsoll_types::{Gap, GapKind, HistoryEntry};

/// The instruction behind a history line: classic builder, BuildKit, buildah
/// and podman forms; anything else comes back as it is.
pub(crate) fn instruction(created_by: &str) -> String {
    let mut text = created_by.trim();
    text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    if let Some(rest) = text.strip_prefix("/bin/sh -c #(nop)") {
        return rest.trim().to_owned();
    }
    let run = text.strip_prefix("RUN ").unwrap_or(text);
    if let Some(command) = shell_command(run) {
        return format!("RUN {command}");
    }
    text.to_owned()
}

/// The command behind `[|n ARG=value …] /bin/sh -c command`.
fn shell_command(text: &str) -> Option<&str> {
    let text = match text.strip_prefix('|') {
        Some(_) => &text[text.find("/bin/sh -c ")?..],
        None => text,
    };
    text.strip_prefix("/bin/sh -c ").map(str::trim)
}

/// The instruction of each of `layers` layers; all `None`, with a gap, when
/// the history does not line up with them.
pub(crate) fn by_layer(
    history: &[HistoryEntry],
    layers: usize,
) -> (Vec<Option<String>>, Option<Gap>) {
    let steps: Vec<_> = history.iter().filter(|entry| !entry.empty_layer).collect();
    if steps.len() == layers {
        let instructions = steps
            .iter()
            .map(|step| Some(instruction(&step.created_by)).filter(|text| !text.is_empty()))
            .collect();
        return (instructions, None);
    }
    let gap = (!history.is_empty()).then(|| Gap {
        kind: GapKind::HistoryMismatch,
        subject: String::new(),
        layer: None,
        detail: format!(
            "the history names {} layers and the image has {layers}, so no instruction is named",
            steps.len()
        ),
    });
    (vec![None; layers], gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_builder_form_reads_as_the_instruction() {
        for (line, expected) in [
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", "CMD [\"bash\"]"),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            ("RUN /bin/sh -c make # buildkit", "RUN make"),
            ("|1 A=b /bin/sh -c make", "RUN make"),
            ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN make"),
            ("COPY app /app # buildkit", "COPY app /app"),
            ("umoci raw add-layer", "umoci raw add-layer"),
        ] {
            assert_eq!(instruction(line), expected);
        }
    }

    #[test]
    fn a_history_that_does_not_line_up_names_nothing() {
        let step = |empty_layer| HistoryEntry {
            empty_layer,
            ..HistoryEntry::default()
        };
        let (lines, gap) = by_layer(&[step(false), step(true)], 2);
        assert_eq!(lines, [None, None]);
        assert!(gap.is_some());
        assert!(by_layer(&[step(false), step(true)], 1).1.is_none());
    }
}
