use crate::Subject;
use crate::document::{Node, Problems, Value, one_of, scalar};
use crate::gates::instruction::{Instruction, KEYWORDS};
use crate::gates::values::{Regex, any_match, given};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::text::{quoted, suggestion};
use crate::verdict::Evidence;
use serde::Serialize;

/// What the image was built by.
pub(crate) struct Instructions;

impl Gate for Instructions {
    fn name(&self) -> &'static str {
        "instructions"
    }

    fn about(&self) -> &'static str {
        "the instructions that built the image, as its history tells them, base image included"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Denied>(), TriggerKind::of::<Required>()] }
    }
}

parameters! {
    Denied {
        /// Keywords, in any case.
        instructions: Vec<Keyword>,
        /// Only those whose arguments one of these matches; for `RUN`, the command without its shell.
        matches: Option<Vec<Regex>>,
        /// Not those whose arguments one of these matches.
        except: Option<Vec<Regex>>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires for each such instruction, and as something that cannot be told for an image without \
         history or with layers that it does not tell of; never for sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let history = match History::of(subject) {
            Some(Ok(history)) => history,
            Some(Err(why)) => return fires.push(untold(&why)),
            None => return,
        };
        let denied = |instruction: &&Instruction| {
            chosen(instruction, &self.instructions, &self.matches)
                && given(&self.except, |except| {
                    !any_match(except, &instruction.arguments)
                })
        };
        fires.extend(
            history
                .instructions
                .iter()
                .filter(denied)
                .map(|instruction| {
                    let shown = instruction.shown();
                    Fire {
                        message: format!("{} is denied", quoted(&shown)),
                        evidence: Evidence::Config(Some(shown)),
                        about: instruction.about(),
                        advice: Some("write the step otherwise".into()),
                    }
                }),
        );
        if history.untold > 0 {
            let layers = if history.untold == 1 {
                "layer"
            } else {
                "layers"
            };
            fires.push(untold(&format!(
                "nothing tells what made {} {layers} of it",
                history.untold
            )));
        }
    }
}

parameters! {
    Required {
        /// Keywords, in any case.
        instructions: Vec<Keyword>,
        /// Only those whose arguments one of these matches; for `RUN`, the command without its shell.
        matches: Option<Vec<Regex>>,
    }
}

impl Trigger for Required {
    const NAME: &'static str = "required";
    const ABOUT: &'static str = "fires when the image was built without any such instruction, and as something that cannot be \
         told for an image without history; never for sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let history = match History::of(subject) {
            Some(Ok(history)) => history,
            Some(Err(why)) => return fires.push(untold(&why)),
            None => return,
        };
        let mut instructions = history.instructions.iter();
        if instructions.any(|step| chosen(step, &self.instructions, &self.matches)) {
            return;
        }
        let names: Vec<&str> = self.instructions.iter().map(|keyword| keyword.0).collect();
        let names = names.join(" or ");
        let matching = self
            .matches
            .iter()
            .flatten()
            .map(|regex| quoted(regex.text()));
        let matching: Vec<String> = matching.collect();
        let about = match matching.is_empty() {
            true => names.clone(),
            false => format!("{names} that matches {}", matching.join(" or ")),
        };
        fires.push(Fire {
            evidence: Evidence::Config(None),
            message: format!("there is no {about}"),
            about,
            advice: Some(format!("add such a {names}")),
        });
    }
}

fn chosen(instruction: &Instruction, keywords: &[Keyword], matches: &Option<Vec<Regex>>) -> bool {
    keywords
        .iter()
        .any(|keyword| keyword.0 == instruction.keyword)
        && given(matches, |matches| {
            any_match(matches, &instruction.arguments)
        })
}

/// The history of an image, as far as it tells of instructions.
struct History {
    instructions: Vec<Instruction>,
    /// Layers of which it says nothing at all.
    untold: usize,
}

impl History {
    /// `None` for a source without configuration, an error where the history
    /// tells nothing.
    fn of(subject: &Subject<'_>) -> Option<Result<Self, String>> {
        let steps = &subject.inventory.config.as_ref()?.history;
        if steps.is_empty() {
            return Some(Err("it has no build history".to_owned()));
        }
        let read = steps.iter().map(|step| Instruction::read(&step.created_by));
        let instructions: Vec<Instruction> = read.flatten().collect();
        if instructions.is_empty() {
            let first = steps.iter().map(|step| step.created_by.trim());
            let first = first.filter(|step| !step.is_empty()).take(1);
            let by = first
                .map(quoted)
                .next()
                .unwrap_or_else(|| "nothing".to_owned());
            return Some(Err(format!(
                "its build history tells of no instruction but of {by}"
            )));
        }
        let silent = steps.iter().filter(|step| !step.empty_layer);
        let untold = silent
            .filter(|step| step.created_by.trim().is_empty())
            .count();
        Some(Ok(Self {
            instructions,
            untold,
        }))
    }
}

fn untold(why: &str) -> Fire {
    Fire {
        evidence: Evidence::Unknown,
        about: "untold".into(),
        message: format!("its instructions cannot be told: {why}"),
        advice: Some("build it with a builder that records its steps".into()),
    }
}

/// A keyword of a Dockerfile, in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Keyword(&'static str);

impl Value for Keyword {
    fn expected() -> String {
        one_of(KEYWORDS.iter().copied())
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let word = scalar::<Self>(node, field, problems)?;
        let found = KEYWORDS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(word));
        if found.is_none() {
            // Words are compared in lower case.
            let known: Vec<String> = KEYWORDS.iter().map(|word| word.to_lowercase()).collect();
            let hint = suggestion(word, known.iter().map(String::as_str));
            let shown = node.shown();
            problems.add(
                node.place,
                format!("`{field}`: unknown value {shown}{hint}"),
            );
        }
        found.copied().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::{HistoryEntry, ImageConfig};

    fn scene(steps: &[&str]) -> Scene {
        let entry = |step: &&str| HistoryEntry {
            created_by: (*step).to_owned(),
            ..HistoryEntry::default()
        };
        Scene::default().with_config(ImageConfig {
            history: steps.iter().map(entry).collect(),
            ..ImageConfig::default()
        })
    }

    const STEPS: &[&str] = &[
        "/bin/sh -c #(nop) ADD file:0ab1 in / ",
        "RUN |1 V=1 /bin/sh -c curl -s https://x/y | sh # buildkit",
        "ENV TOKEN=hunter2",
        "/bin/sh -c sudo make install",
    ];

    #[test]
    fn a_denied_instruction_fires_from_every_builder() {
        for (conditions, expected) in [
            (
                "{ instructions: run, matches: 'curl .*\\| *sh' }",
                "`RUN curl -s https://x/y | sh` is denied",
            ),
            (
                "{ instructions: RUN, matches: ['^sudo '] }",
                "`RUN sudo make install` is denied",
            ),
            (
                "instructions: [add, volume]",
                "`ADD file:0ab1 in /` is denied",
            ),
            (
                "{ instructions: ENV, matches: hunter }",
                "`ENV TOKEN=…` is denied",
            ),
        ] {
            let fires = fired(&when::<Denied>(conditions), &scene(STEPS));
            assert_eq!(fires.len(), 1, "{conditions}");
            assert_eq!(fires[0].message, expected);
            assert!(!format!("{:?}", fires[0].evidence).contains("hunter2"));
        }
    }

    #[test]
    fn other_instructions_are_not_denied() {
        for conditions in [
            "instructions: VOLUME",
            "{ instructions: RUN, matches: '^make' }",
            "{ instructions: RUN, except: '.' }",
        ] {
            assert!(messages(&when::<Denied>(conditions), &scene(STEPS)).is_empty());
        }
        assert!(messages(&when::<Denied>("instructions: RUN"), &Scene::default()).is_empty());
    }

    #[test]
    fn a_missing_instruction_fires() {
        assert_eq!(
            messages(
                &when::<Required>("instructions: HEALTHCHECK"),
                &scene(STEPS)
            ),
            ["there is no HEALTHCHECK"]
        );
        let trigger: Required = when("{ instructions: [user, run], matches: '^adduser' }");
        assert_eq!(
            messages(&trigger, &scene(STEPS)),
            ["there is no USER or RUN that matches `^adduser`"]
        );
    }

    #[test]
    fn a_required_instruction_that_is_there_is_silent() {
        let trigger: Required = when("{ instructions: run, matches: install$ }");
        assert!(messages(&trigger, &scene(STEPS)).is_empty());
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn an_image_without_history_cannot_be_told() {
        let denied: Denied = when("instructions: RUN");
        let required: Required = when("instructions: RUN");
        for (steps, expected) in [
            (&[][..], "it has no build history"),
            (
                &["", "jib-maven-plugin:3.4.0"][..],
                "its build history tells of no instruction but of `jib-maven-plugin:3.4.0`",
            ),
        ] {
            let expected = format!("its instructions cannot be told: {expected}");
            for fires in [
                fired(&denied, &scene(steps)),
                fired(&required, &scene(steps)),
            ] {
                assert_eq!(fires.len(), 1);
                assert!(fires[0].evidence.is_ignorance());
                assert_eq!(fires[0].message, expected);
            }
        }
        let partly = scene(&["", "USER app"]);
        assert_eq!(
            messages(&denied, &partly),
            ["its instructions cannot be told: nothing tells what made 1 layer of it"]
        );
    }
}
