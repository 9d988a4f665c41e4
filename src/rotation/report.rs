//! What people are told: steps, evidence, questions and the ending. Sentences without a single secret value.

use std::fmt;

use super::effect::Connection;
pub use super::end::{EndReason, NOT_CONFIRMED, RotationEnd, RotationOutcome};
use super::evidence::write_connections;
pub use super::evidence::{
    ConsumerEvidence, Milliseconds, Neo4jEvidence, RotationEvidence, SecretEvidence,
};
use super::labels::VersionId;
use super::readers::{Pickup, SecretReader};
use crate::model::Moment;

/// What is done to the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RotationKind {
    /// A new password.
    #[default]
    Rotate,
    /// Find out where a rotation stopped and bring it to its end.
    Resume,
    /// Back to the previous password.
    Rollback,
}

impl RotationKind {
    /// Returns the verb, as commands and screens write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Resume => "resume",
            Self::Rollback => "roll back",
        }
    }
}

/// The steps as the operator sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RotationStep {
    /// Read-only: does the current password work, is nothing pending?
    Check,
    /// Store the new value beside the current one.
    Prepare,
    /// Take AWSPENDING: lock and record.
    Claim,
    /// Change the password in Neo4j.
    Set,
    /// Log in with it.
    Verify,
    /// Move AWSCURRENT.
    Promote,
    /// Take AWSPENDING and our labels off.
    Clean,
    /// Old connections, caches, a call through the chain.
    Consumers,
}

impl RotationStep {
    /// In their order.
    pub const ALL: [Self; 8] = [
        Self::Check,
        Self::Prepare,
        Self::Claim,
        Self::Set,
        Self::Verify,
        Self::Promote,
        Self::Clean,
        Self::Consumers,
    ];

    /// Returns the name in the output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Prepare => "prepare",
            Self::Claim => "claim",
            Self::Set => "set",
            Self::Verify => "verify",
            Self::Promote => "promote",
            Self::Clean => "clean",
            Self::Consumers => "consumers",
        }
    }

    /// Returns whether the secret's own rotation function does this step, where it has one.
    pub const fn is_by_function(self) -> bool {
        matches!(
            self,
            Self::Prepare | Self::Claim | Self::Verify | Self::Promote
        )
    }

    /// Returns what it will do, while it has not begun.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Check => "log in as now, look for a pending rotation",
            Self::Prepare => "store the new value as a further version",
            Self::Claim => "put AWSPENDING on it, read it back",
            Self::Set => "change the password in Neo4j",
            Self::Verify => "log in with the new password on a new connection",
            Self::Promote => "move AWSCURRENT",
            Self::Clean => "take AWSPENDING and labels off",
            Self::Consumers => "close connections, refresh readers, call a tool",
        }
    }
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepState {
    /// It has begun.
    Started,
    /// Something was seen while it runs.
    Running,
    /// It waits, and says for what.
    Waiting,
    /// It has ended well.
    Done,
    /// It has ended, and something could not be proven.
    Warning,
    /// The rotation has ended in this step.
    Failed,
}

impl StepState {
    /// Returns the name in the output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }

    /// Is the step over?
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Warning | Self::Failed)
    }
}

/// One line of the protocol for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationReport {
    /// The step.
    pub step: RotationStep,
    /// How it stands now.
    pub state: StepState,
    /// When.
    pub at: Moment,
    /// What was seen.
    pub evidence: Vec<RotationEvidence>,
}

impl RotationReport {
    /// Returns whether a call went through the deployment's whole chain.
    pub fn proves_chain(&self) -> bool {
        self.evidence.iter().any(|evidence| {
            matches!(
                evidence,
                RotationEvidence::Consumers(
                    ConsumerEvidence::ChainAnswered(_) | ConsumerEvidence::ChainElsewhere(_)
                )
            )
        })
    }

    /// Returns what the end of the rotation must repeat, a sentence for each: the warnings of a step that ended with warnings.
    pub fn warnings(&self) -> Vec<String> {
        if self.state != StepState::Warning {
            return Vec::new();
        }
        self.evidence
            .iter()
            .filter(|evidence| evidence.is_warning())
            .map(ToString::to_string)
            .collect()
    }

    /// Returns the evidence as one sentence.
    pub fn sentence(&self) -> String {
        let parts: Vec<String> = self.evidence.iter().map(ToString::to_string).collect();
        parts.join(" · ")
    }
}

/// What only the operator can decide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RotationQuestion {
    /// The plan was shown: go on and write?
    Proceed,
    /// A resume has found this, and would go on with that.
    GoOn(String, &'static str),
    /// AWSPENDING is of another program, and the database accepts its value: make it current?
    FinishForeign(VersionId),
    /// AWSPENDING is of another program, and the database does not accept its value: take it off?
    ReleaseForeign(VersionId),
    /// These connections are still authenticated with the old password: close them?
    CloseConnections(Vec<Connection>),
    /// These readers keep the old value: update their runtimes and stop their sessions?
    RefreshReaders(Vec<SecretReader>),
}

impl fmt::Display for RotationQuestion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proceed => formatter.write_str("Change the password now?"),
            Self::GoOn(found, doing) => write!(
                formatter,
                "{found}. Bring it to its end? It goes on with {doing}."
            ),
            Self::FinishForeign(version) => write!(
                formatter,
                "AWSPENDING is on version {}, which this program did not prepare, and Neo4j accepts it. Make it the current one?",
                version.short()
            ),
            Self::ReleaseForeign(version) => write!(
                formatter,
                "AWSPENDING is on version {}, which this program did not prepare, and Neo4j does not accept it. Take AWSPENDING off?",
                version.short()
            ),
            Self::CloseConnections(connections) => {
                write_connections(formatter, connections)?;
                formatter.write_str(if connections.len() == 1 {
                    " went on working with the old password. Close it, so that its owner logs in again?"
                } else {
                    " went on working with the old password. Close them, so that their owners log in again?"
                })
            }
            Self::RefreshReaders(readers) => {
                let names: Vec<String> = readers
                    .iter()
                    .map(|reader| format!("{} {}", reader.name, reader.pickup.sentence()))
                    .collect();
                let copies = readers
                    .iter()
                    .any(|reader| reader.pickup == Pickup::Environment);
                let doing = if copies {
                    "Put the new value there, which makes a new version of the runtime, and stop"
                } else {
                    "Stop"
                };
                write!(
                    formatter,
                    "{}. {doing} the sessions that are known, so that they start again?",
                    names.join("; ")
                )
            }
        }
    }
}
