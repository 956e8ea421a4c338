use serde::{Deserialize, Serialize};

/// What a VEX statement says of a finding, and who says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VexStatement {
    /// The answer.
    pub status: VexStatus,
    /// Why it does not matter, where the statement gives one of the known
    /// reasons.
    pub justification: Option<Justification>,
    /// The statement's own words: impact, notes, action; empty where it has
    /// none.
    pub words: String,
    /// Who says it; empty where the document does not tell.
    pub author: String,
    /// Id of the document; empty where it has none.
    pub document: String,
    /// When it was said, RFC 3339, where known.
    pub time: Option<String>,
}

impl VexStatement {
    /// One line for people: who says so, in which words.
    pub fn told(&self) -> String {
        let author = match self.author.as_str() {
            "" => "a VEX document",
            author => author,
        };
        let mut line = format!("{author}: {}", self.status.as_str());
        if let Some(justification) = self.justification {
            line.push_str(&format!(" ({})", justification.as_str()));
        }
        if !self.words.is_empty() {
            line.push_str(&format!(": {}", self.words));
        }
        let document = (!self.document.is_empty()).then_some(self.document.as_str());
        let source: Vec<_> = document.into_iter().chain(self.time.as_deref()).collect();
        if !source.is_empty() {
            line.push_str(&format!(" [{}]", source.join(", ")));
        }
        line
    }
}

/// Whether a product is affected, in the words of OpenVEX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    /// No action is needed.
    NotAffected,
    /// This version of the product has the repair.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
    /// Something should be done.
    Affected,
}

impl VexStatus {
    /// Every status; of two that contradict each other the later counts.
    pub const ALL: &'static [VexStatus] = &[
        VexStatus::NotAffected,
        VexStatus::Fixed,
        VexStatus::UnderInvestigation,
        VexStatus::Affected,
    ];

    /// The word of OpenVEX.
    pub fn as_str(self) -> &'static str {
        match self {
            VexStatus::NotAffected => "not_affected",
            VexStatus::Fixed => "fixed",
            VexStatus::UnderInvestigation => "under_investigation",
            VexStatus::Affected => "affected",
        }
    }

    /// Whether a finding does not count then.
    pub fn suppresses(self) -> bool {
        matches!(self, VexStatus::NotAffected | VexStatus::Fixed)
    }
}

/// Why a product is not affected: the reasons of OpenVEX, CSAF and SPDX, which
/// are the same, and those of CycloneDX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "their names are all that formats say of them")]
pub enum Justification {
    ComponentNotPresent,
    VulnerableCodeNotPresent,
    VulnerableCodeNotInExecutePath,
    VulnerableCodeCannotBeControlledByAdversary,
    InlineMitigationsAlreadyExist,
    CodeNotPresent,
    CodeNotReachable,
    RequiresConfiguration,
    RequiresDependency,
    RequiresEnvironment,
    ProtectedByCompiler,
    ProtectedAtRuntime,
    ProtectedAtPerimeter,
    ProtectedByMitigatingControl,
}

impl Justification {
    /// Every reason, those of OpenVEX first.
    pub const ALL: &'static [Justification] = &[
        Justification::ComponentNotPresent,
        Justification::VulnerableCodeNotPresent,
        Justification::VulnerableCodeNotInExecutePath,
        Justification::VulnerableCodeCannotBeControlledByAdversary,
        Justification::InlineMitigationsAlreadyExist,
        Justification::CodeNotPresent,
        Justification::CodeNotReachable,
        Justification::RequiresConfiguration,
        Justification::RequiresDependency,
        Justification::RequiresEnvironment,
        Justification::ProtectedByCompiler,
        Justification::ProtectedAtRuntime,
        Justification::ProtectedAtPerimeter,
        Justification::ProtectedByMitigatingControl,
    ];

    /// The word of its format.
    pub fn as_str(self) -> &'static str {
        match self {
            Justification::ComponentNotPresent => "component_not_present",
            Justification::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Justification::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Justification::VulnerableCodeCannotBeControlledByAdversary => {
                "vulnerable_code_cannot_be_controlled_by_adversary"
            }
            Justification::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
            Justification::CodeNotPresent => "code_not_present",
            Justification::CodeNotReachable => "code_not_reachable",
            Justification::RequiresConfiguration => "requires_configuration",
            Justification::RequiresDependency => "requires_dependency",
            Justification::RequiresEnvironment => "requires_environment",
            Justification::ProtectedByCompiler => "protected_by_compiler",
            Justification::ProtectedAtRuntime => "protected_at_runtime",
            Justification::ProtectedAtPerimeter => "protected_at_perimeter",
            Justification::ProtectedByMitigatingControl => "protected_by_mitigating_control",
        }
    }

    /// The reason that a format calls so.
    pub fn of(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|known| known.as_str() == word).copied()
    }

    /// The nearest reason of OpenVEX.
    pub fn in_openvex(self) -> Self {
        match self {
            Justification::CodeNotPresent => Justification::VulnerableCodeNotPresent,
            Justification::CodeNotReachable | Justification::RequiresDependency => {
                Justification::VulnerableCodeNotInExecutePath
            }
            Justification::RequiresConfiguration | Justification::RequiresEnvironment => {
                Justification::VulnerableCodeCannotBeControlledByAdversary
            }
            Justification::ProtectedByCompiler
            | Justification::ProtectedAtRuntime
            | Justification::ProtectedAtPerimeter
            | Justification::ProtectedByMitigatingControl => {
                Justification::InlineMitigationsAlreadyExist
            }
            own => own,
        }
    }

    /// The nearest reason of CycloneDX.
    pub fn in_cyclonedx(self) -> Self {
        match self {
            Justification::ComponentNotPresent | Justification::VulnerableCodeNotPresent => {
                Justification::CodeNotPresent
            }
            Justification::VulnerableCodeNotInExecutePath => Justification::CodeNotReachable,
            Justification::VulnerableCodeCannotBeControlledByAdversary => {
                Justification::RequiresEnvironment
            }
            Justification::InlineMitigationsAlreadyExist => {
                Justification::ProtectedByMitigatingControl
            }
            own => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_word_in_both_formats() {
        for (at, &reason) in Justification::ALL.iter().enumerate() {
            assert_eq!(Justification::of(reason.as_str()), Some(reason));
            assert!(
                Justification::ALL[..5].contains(&reason.in_openvex()),
                "{at}"
            );
            assert!(
                Justification::ALL[5..].contains(&reason.in_cyclonedx()),
                "{at}"
            );
        }
    }
}
