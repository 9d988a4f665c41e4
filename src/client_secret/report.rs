//! Steps, questions and the end of a rotation of a client secret, for people. No sentence contains a value.

use std::fmt;

use super::effect::ClientSecretId;
use crate::model::Moment;
use crate::rotation::effect::EffectError;
use crate::rotation::labels::{Author, VersionId};
use crate::rotation::report::{RotationOutcome, StepState};

/// What is done to the client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientSecretKind {
    /// A new secret.
    Rotate,
    /// Find out where a rotation stopped, and finish it.
    Resume,
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

    /// The name in the output.
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

    /// What it will do, before it has begun.
    pub const fn description(self) -> &'static str {
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
    /// Two secrets exist and no rotation is pending.
    TwoSecrets(Vec<ClientSecretId>),
    /// The token endpoint refuses the secret that is known here.
    OldRefused,
    /// A provider holds a secret that is neither the old nor the new one.
    ProviderDiffers(String),
    /// A provider cannot be updated in its status.
    ProviderNotReady(String),
    /// Two secrets exist, and the token endpoint does not accept the pending one: the second is not from this rotation.
    SecondIsForeign(ClientSecretId),
    /// The token endpoint does not accept the pending secret, and the old one is gone.
    NewRefused,
    /// Another operator has rotated in the meantime.
    Superseded,
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
    /// Whether the network or a busy service was the cause.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Error { error, .. } if error.is_transient())
    }
}

/// The command that finishes a rotation.
const RESUME: &str = "`client-secret resume`";

impl fmt::Display for ClientSecretEndReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreed => formatter.write_str("Cognito and every known holder have the same secret"),
            Self::Idle => formatter.write_str("no rotation is pending at Cognito or in the journal"),
            Self::OldKept(id) => write!(
                formatter,
                "the new secret is in use; the old one ({}) still exists at Cognito, and {RESUME} removes it",
                id.short()
            ),
            Self::Rehearsed => formatter.write_str("dry run: nothing was written"),
            Self::Declined => formatter.write_str("not confirmed: nothing further was changed"),
            Self::Stopped => write!(formatter, "stopped as asked; both secrets work, and {RESUME} goes on from here"),
            Self::Client(problem) | Self::Journal(problem) => formatter.write_str(problem),
            Self::Pending(version, author) => {
                write!(formatter, "a rotation is pending (version {}", version.short())?;
                if let Some(author) = author {
                    write!(formatter, ", begun by {}", author.operator)?;
                }
                write!(formatter, "); {RESUME} finishes it")
            }
            Self::TwoSecrets(ids) => {
                let ids: Vec<String> = ids.iter().map(ClientSecretId::short).collect();
                write!(
                    formatter,
                    "the client has two secrets ({}) and no rotation of this program is pending; remove the one that is not used (`aws cognito-idp delete-user-pool-client-secret`)",
                    ids.join(", ")
                )
            }
            Self::OldRefused => formatter.write_str(
                "the token endpoint refuses the client secret that is known here; nothing was written",
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
                "the second secret ({}) is not from this rotation: the token endpoint does not accept the pending value; nothing was removed",
                id.short()
            ),
            Self::NewRefused => formatter.write_str(
                "the token endpoint does not accept the pending secret, and the old one is gone; set a new secret at Cognito and in its providers",
            ),
            Self::Superseded => formatter.write_str("another operator has rotated in the meantime; this rotation changed nothing further"),
            Self::Error { doing, error, written: true } => write!(
                formatter,
                "{doing}: {error}. A secret that works is stored in Secrets Manager; {RESUME} goes on from here, on any machine"
            ),
            Self::Error { doing, error, written: false } => {
                write!(formatter, "{doing}: {error}. Nothing was written")
            }
            Self::Unexpected => write!(formatter, "an answer did not fit its request, which is a defect of this program; {RESUME} is safe"),
        }
    }
}
