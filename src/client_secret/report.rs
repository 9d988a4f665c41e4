//! Steps, questions and the end of a rotation of a client secret, for people. No sentence contains a value.

use std::fmt;

use super::effect::ClientSecretId;
use crate::model::Moment;
use crate::rotation::effect::EffectError;
use crate::rotation::labels::{Author, VersionId};
use crate::rotation::report::{NOT_CONFIRMED, RotationOutcome, StepState};

/// What is done to the client secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientSecretKind {
    /// A new secret.
    #[default]
    Rotate,
    /// Find out where a rotation stopped, and finish it.
    Resume,
    /// Back to the old secret, while it still exists.
    Rollback,
}

impl ClientSecretKind {
    /// Returns the verb, as commands and screens write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Resume => "resume",
            Self::Rollback => "roll back",
        }
    }

    /// Returns the steps that it takes.
    pub const fn steps(self) -> &'static [ClientSecretStep] {
        match self {
            Self::Rotate | Self::Resume => &ClientSecretStep::ALL,
            Self::Rollback => &ClientSecretStep::OF_ROLLBACK,
        }
    }
}

/// The steps as the operator sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientSecretStep {
    /// Reads client, journal and providers; nothing is written.
    Check,
    /// Stores the new value in Secrets Manager.
    Prepare,
    /// Adds it at Cognito.
    Add,
    /// Requests a token with it.
    Verify,
    /// Updates the credential providers.
    Provider,
    /// Calls through the chain.
    Prove,
    /// Updates the configuration.
    Configuration,
    /// Removes the old secret at Cognito.
    Retire,
    /// Removes AWSPENDING and labels.
    Clean,
}

impl ClientSecretStep {
    /// All steps in their order.
    pub const ALL: [Self; 9] = [
        Self::Check,
        Self::Prepare,
        Self::Add,
        Self::Verify,
        Self::Provider,
        Self::Prove,
        Self::Configuration,
        Self::Retire,
        Self::Clean,
    ];

    /// The steps of a roll back.
    pub const OF_ROLLBACK: [Self; 7] = [
        Self::Check,
        Self::Prepare,
        Self::Provider,
        Self::Prove,
        Self::Configuration,
        Self::Retire,
        Self::Clean,
    ];

    /// Returns the name in the output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Prepare => "prepare",
            Self::Add => "add",
            Self::Verify => "verify",
            Self::Provider => "provider",
            Self::Prove => "prove",
            Self::Configuration => "file",
            Self::Retire => "remove",
            Self::Clean => "clean",
        }
    }

    /// Returns what it will do, before it has begun.
    pub const fn description(self, kind: ClientSecretKind) -> &'static str {
        match (kind, self) {
            (ClientSecretKind::Rollback, Self::Prepare) => {
                "mark the rotation as rolled back, so that no other operator continues it"
            }
            (ClientSecretKind::Rollback, Self::Provider) => {
                "give the old secret to each credential provider of this client, wait for READY"
            }
            (ClientSecretKind::Rollback, Self::Configuration) => {
                "put the old secret back into the configuration, if you agree"
            }
            (ClientSecretKind::Rollback, Self::Retire) => {
                "remove the new secret at Cognito; tokens that it gave stay valid"
            }
            (ClientSecretKind::Rollback, Self::Clean) => {
                "remove AWSPENDING and labels in Secrets Manager"
            }
            (_, step) => step.description_of_rotation(),
        }
    }

    const fn description_of_rotation(self) -> &'static str {
        match self {
            Self::Check => "read the app client, its providers and the journal; request a token",
            Self::Prepare => "store a new value in Secrets Manager, with AWSPENDING on it",
            Self::Add => "add it at Cognito as the client's second secret",
            Self::Verify => "request a token with the new secret",
            Self::Provider => "give it to each credential provider of this client, wait for READY",
            Self::Prove => "call a tool through the gateway with a new token",
            Self::Configuration => "replace the secret in the configuration, if you agree",
            Self::Retire => "remove the old secret at Cognito; tokens that it gave stay valid",
            Self::Clean => "make the new version current in Secrets Manager, remove AWSPENDING",
        }
    }

    /// Returns what this step proves where it ends well, for a report; none where it proves nothing by itself.
    pub const fn proves(self) -> Option<&'static str> {
        match self {
            Self::Verify => Some("Cognito accepts the new secret"),
            Self::Provider => Some("credential providers hold the new secret"),
            Self::Prove => Some("calls through the chain work with a new token"),
            Self::Retire => Some("the old secret is removed at Cognito"),
            Self::Check | Self::Prepare | Self::Add | Self::Configuration | Self::Clean => None,
        }
    }
}

/// One line of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecretReport {
    /// The step.
    pub step: ClientSecretStep,
    /// Its state.
    pub state: StepState,
    /// When.
    pub at: Moment,
    /// What was seen, a sentence for each.
    pub evidence: Vec<String>,
}

/// The words with which the evidence of a call begins that was answered.
pub(super) const CHAIN_ANSWERED: &str = "the chain answered";

impl ClientSecretReport {
    /// Returns whether a call went through the deployment's whole chain.
    pub fn proves_chain(&self) -> bool {
        self.step == ClientSecretStep::Prove
            && self
                .evidence
                .iter()
                .any(|evidence| evidence.starts_with(CHAIN_ANSWERED))
    }
}

/// What only the operator can decide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientSecretQuestion {
    /// The plan was shown: begin?
    Proceed,
    /// A resume has found this, and would go on with that.
    GoOn {
        /// What was found.
        found: String,
        /// What it would go on with.
        doing: &'static str,
    },
    /// These files hold the old secret inline: replace it there?
    UpdateConfiguration(Vec<String>),
    /// Every known holder has the new secret: remove the old one?
    Retire(ClientSecretId),
    /// A roll back would put the old secret back into these files.
    RestoreConfiguration(Vec<String>),
}

impl fmt::Display for ClientSecretQuestion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proceed => formatter.write_str("Rotate the client secret now?"),
            Self::GoOn { found, doing } => {
                write!(formatter, "{found}. Finish the rotation? Next: {doing}.")
            }
            Self::UpdateConfiguration(files) => write!(
                formatter,
                "{} holds the old secret inline. Replace it there?",
                files.join(", ")
            ),
            Self::RestoreConfiguration(files) => write!(
                formatter,
                "{} holds the new secret inline. Put the old one back there?",
                files.join(", ")
            ),
            Self::Retire(id) => write!(
                formatter,
                "Every known holder has the new secret. Remove the old one ({}) at Cognito? A caller that is not known here and still uses it fails from then on.",
                id.short()
            ),
        }
    }
}

/// How a rotation of a client secret ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSecretEnd {
    /// The outcome in one word.
    pub outcome: RotationOutcome,
    /// The journal's version in question.
    pub version: Option<VersionId>,
    /// Why.
    pub reason: ClientSecretEndReason,
    /// What was not proven, or is left to do; a sentence for each.
    pub warnings: Vec<String>,
}

/// Why a rotation of a client secret ended.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientSecretEndReason {
    /// Cognito, providers and configuration have one and the same secret.
    Agreed,
    /// No rotation was pending, and only labels were left to remove.
    Idle,
    /// As `Agreed`, but the old secret still exists, because something holds it.
    OldKept(ClientSecretId),
    /// As `RolledBack`, but the new secret still exists, because something holds it.
    NewKept(ClientSecretId),
    /// A dry run ends before the first write.
    Rehearsed,
    /// The operator said no.
    Declined,
    /// The operator asked to stop.
    Stopped,
    /// This client's secret cannot be rotated here.
    Client(String),
    /// The journal cannot be used.
    Journal(String),
    /// A rotation is pending.
    Pending(VersionId, Option<Author>),
    /// Two secrets exist and no rotation is pending: each with its age and author, as far as they are known.
    TwoSecrets(Vec<String>),
    /// The old secret is in use again, and the new one was removed.
    RolledBack,
    /// No rotation is pending, so there is nothing to roll back.
    NothingToRollBack,
    /// The old secret was removed, so a rotation can no longer be rolled back.
    TooLate,
    /// The token endpoint refuses the secret that is known here.
    OldRefused,
    /// A provider holds a secret that is neither the old nor the new one.
    ProviderDiffers(String),
    /// A provider cannot be updated in its status.
    ProviderNotReady(String),
    /// Two secrets exist, and the token endpoint does not accept the pending one: the second is not from this rotation.
    SecondIsForeign(ClientSecretId),
    /// Cognito still lists the old secret alone after the new one was added several times.
    NotAdded,
    /// The token endpoint does not accept the pending secret, and the old one is gone.
    NewRefused,
    /// Another operator has rotated in the meantime.
    Superseded,
    /// AWSPENDING was refused, and no version is seen to have it.
    Unsettled,
    /// A request failed for good.
    Error {
        /// What was being done.
        doing: &'static str,
        /// What happened.
        error: EffectError,
        /// Something had been written before.
        written: bool,
    },
    /// An answer did not fit its request: a defect of this program.
    Unexpected,
}

impl ClientSecretEndReason {
    /// Returns whether the operator said no before anything was written.
    pub const fn is_declined(&self) -> bool {
        matches!(self, Self::Declined)
    }

    /// Returns whether the network or a busy service was the cause.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Error { error, .. } if error.is_transient())
    }
}

/// The command that finishes a rotation.
const RESUME: &str = "`client-secret resume`";

impl ClientSecretEndReason {
    /// Returns the sentence, where it is always the same.
    const fn fixed(&self) -> Option<&'static str> {
        Some(match self {
            Self::Agreed => "Cognito and every known holder have the same secret",
            Self::Idle => "no rotation is pending at Cognito or in the journal",
            Self::Rehearsed => "dry run: nothing was written",
            Self::Declined => NOT_CONFIRMED,
            Self::Stopped => {
                "stopped as asked; both secrets work, and `client-secret resume` goes on from here"
            }
            Self::RolledBack => {
                "the old secret is in use again, and the new one is removed at Cognito"
            }
            Self::NothingToRollBack => {
                "no rotation of the client secret is pending: a secret that was removed at Cognito cannot be used again, so rotate it again instead"
            }
            Self::TooLate => {
                "the old secret was removed at Cognito, so the rotation can no longer be rolled back; `client-secret resume` finishes it"
            }
            Self::OldRefused => {
                "the token endpoint refuses the client secret that is known here; nothing further was written"
            }
            Self::NewRefused => {
                "the token endpoint does not accept the pending secret, and the old one is gone; set a new secret at Cognito and in its providers"
            }
            Self::NotAdded => {
                "Cognito does not list the new secret, although it was asked several times to add it; the old one works, and `client-secret resume` goes on from here"
            }
            Self::Superseded => {
                "another operator has gone on with this rotation, or rolls it back; this process changed nothing further"
            }
            Self::Unsettled => {
                "Secrets Manager refused AWSPENDING for the new value, and does not show which version has it; the old secret works, and `client-secret resume` goes on from here"
            }
            Self::Unexpected => {
                "an answer did not fit its request, which is a defect of this program; `client-secret resume` is safe"
            }
            Self::OldKept(_)
            | Self::NewKept(_)
            | Self::Client(_)
            | Self::Journal(_)
            | Self::Pending(..)
            | Self::TwoSecrets(_)
            | Self::ProviderDiffers(_)
            | Self::ProviderNotReady(_)
            | Self::SecondIsForeign(_)
            | Self::Error { .. } => return None,
        })
    }
}

/// Returns who began a rotation, as far as its label says.
fn begun_by(author: Option<&Author>) -> String {
    author.map_or_else(String::new, |author| {
        format!(", begun by {}", author.operator)
    })
}

/// Returns what an error leaves behind.
const fn written_words(written: bool) -> &'static str {
    if written {
        "A secret that works is stored in Secrets Manager; `client-secret resume` goes on from here, on any machine"
    } else {
        "Nothing was written"
    }
}

impl fmt::Display for ClientSecretEndReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OldKept(id) => write!(
                formatter,
                "the new secret is in use; the old one ({}) still exists at Cognito, and {RESUME} removes it",
                id.short()
            ),
            Self::NewKept(id) => write!(
                formatter,
                "the old secret is in use again; the new one ({}) still exists at Cognito, and {RESUME} removes it",
                id.short()
            ),
            Self::Client(problem) | Self::Journal(problem) => formatter.write_str(problem),
            Self::Pending(version, author) => write!(
                formatter,
                "a rotation is pending (version {}{}); {RESUME} finishes it",
                version.short(),
                begun_by(author.as_ref())
            ),
            Self::TwoSecrets(secrets) => write!(
                formatter,
                "the client has two secrets ({}) and no rotation of this program is pending; remove the one that is not used (`aws cognito-idp delete-user-pool-client-secret`)",
                secrets.join("; ")
            ),
            Self::ProviderDiffers(name) => write!(
                formatter,
                "credential provider {name} holds another secret than Cognito accepts; nothing was written"
            ),
            Self::ProviderNotReady(name) => write!(
                formatter,
                "credential provider {name} is not READY; nothing further was written, {RESUME} goes on when it is"
            ),
            Self::SecondIsForeign(id) => write!(
                formatter,
                "the second secret ({}) is not from this rotation: the token endpoint does not accept the pending value. It was added by hand, or a late request added the secret of the rotation before a second time. Nothing was removed: if nothing uses it, remove it at Cognito (`aws cognito-idp delete-user-pool-client-secret`), then {RESUME} goes on",
                id.short()
            ),
            Self::Error {
                doing,
                error,
                written,
            } => {
                write!(formatter, "{doing}: {error}. {}", written_words(*written))
            }
            Self::Agreed
            | Self::Idle
            | Self::Rehearsed
            | Self::Declined
            | Self::Stopped
            | Self::RolledBack
            | Self::NothingToRollBack
            | Self::TooLate
            | Self::OldRefused
            | Self::NewRefused
            | Self::NotAdded
            | Self::Superseded
            | Self::Unsettled
            | Self::Unexpected => formatter.write_str(self.fixed().unwrap_or_default()),
        }
    }
}
