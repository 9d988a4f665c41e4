//! What a rotation of a client secret asks of the outside, and the answers: plain data without a single value.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::report::{ClientSecretEnd, ClientSecretQuestion};
use crate::rotation::effect::{CallAnswer, EffectError};
use crate::rotation::labels::{LabelChange, Labels, VersionId};

/// The id that Cognito gives to one secret of an app client (`ClientSecretId`). It is not secret.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientSecretId(Arc<str>);

impl ClientSecretId {
    /// Returns an id as Cognito spells it: `<client id>--<time>`.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// Returns the whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last characters, enough to tell two secrets of one client apart.
    pub fn short(&self) -> String {
        let skipped = self.0.chars().count().saturating_sub(6);
        let tail: String = self.0.chars().skip(skipped).collect();
        if skipped > 0 {
            format!("…{tail}")
        } else {
            tail
        }
    }
}

impl SecretChoice {
    /// Returns the other one of the two.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }

    /// `old` or `new`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

impl fmt::Debug for ClientSecretId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for ClientSecretId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One of the two values of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretChoice {
    /// The value in use before the rotation.
    Old,
    /// The value in the journal's AWSPENDING version.
    New,
}

/// What must happen next.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientSecretNext {
    /// Perform this and answer with a [`ClientSecretObservation`].
    Effect(ClientSecretEffect),
    /// Ask the operator and answer with [`ClientSecretObservation::Agreed`].
    Ask(ClientSecretQuestion),
    /// Nothing is left to do.
    Done(ClientSecretEnd),
}

/// One request to the outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientSecretEffect {
    /// `DescribeUserPoolClient` and `ListUserPoolClientSecrets`.
    ReadClient,
    /// `DescribeSecret` and `GetSecretValue` of the journal.
    ReadJournal,
    /// Requests a token with one of the two values.
    Probe(SecretChoice),
    /// `ListOauth2CredentialProviders` and `GetOauth2CredentialProvider`: the providers that use this client.
    FindProviders,
    /// `GetOauth2CredentialProvider` and the value that the provider holds, by its index in the list found.
    ReadProvider(usize),
    /// Finds out whether `UpdateOauth2CredentialProvider`, or `PutSecretValue` for an external secret, is permitted, without
    /// changing anything.
    CheckProvider(usize),
    /// Finds out whether the writes to Cognito and to the journal are permitted, without changing anything.
    CheckPermissions,
    /// `CreateSecret`: the journal, with the old value.
    CreateJournal,
    /// Draws a new value.
    Generate,
    /// `PutSecretValue`: the new value, with this one label.
    PutVersion {
        /// The id chosen when the value was drawn.
        version: VersionId,
        /// A label that no other version has.
        label: String,
    },
    /// `UpdateSecretVersionStage` of the journal: a compare-and-swap of one label.
    MoveStage {
        /// The label.
        stage: String,
        /// Its new holder; none removes the label.
        to: Option<VersionId>,
        /// The holder that it must have now; none means that no other version may have it.
        remove_from: Option<VersionId>,
    },
    /// `AddUserPoolClientSecret` with the new value.
    AddSecret,
    /// `UpdateOauth2CredentialProvider` (a managed secret) or `PutSecretValue` (an external one) with this value.
    UpdateProvider(usize, SecretChoice),
    /// Calls a tool through the gateway or runtime with a new token for this value.
    CallThroughChain(SecretChoice),
    /// Finds the configurations, variables and files that hold the other one of the two values than this one.
    FindHolders(SecretChoice),
    /// Writes this value into the configuration files that hold the other one inline.
    UpdateConfiguration(SecretChoice),
    /// `DeleteUserPoolClientSecret`.
    DeleteSecret(ClientSecretId),
    /// Does nothing for a time.
    Wait {
        /// How long.
        duration: Duration,
        /// Shown to the operator.
        reason: &'static str,
    },
}

impl ClientSecretEffect {
    /// Returns the operation that changes something outside; none for what only reads.
    pub const fn write_operation(&self) -> Option<&'static str> {
        match self {
            Self::CreateJournal => Some("CreateSecret"),
            Self::PutVersion { .. } => Some("PutSecretValue"),
            Self::MoveStage { .. } => Some("UpdateSecretVersionStage"),
            Self::AddSecret => Some("AddUserPoolClientSecret"),
            Self::UpdateProvider(..) => Some("UpdateOauth2CredentialProvider"),
            Self::UpdateConfiguration(_) => Some("configuration"),
            Self::DeleteSecret(_) => Some("DeleteUserPoolClientSecret"),
            Self::ReadClient
            | Self::ReadJournal
            | Self::Probe(_)
            | Self::FindProviders
            | Self::ReadProvider(_)
            | Self::CheckProvider(_)
            | Self::CheckPermissions
            | Self::Generate
            | Self::CallThroughChain(_)
            | Self::FindHolders(_)
            | Self::Wait { .. } => None,
        }
    }

    /// Returns the version of the journal that it writes, where it writes one.
    pub fn written_version(&self) -> Option<&VersionId> {
        let (_, to, from) = self.stage_change()?;
        to.or(from)
    }

    /// Returns the staging label of the journal that it puts, moves or takes off.
    pub fn label_move(&self) -> Option<LabelChange> {
        let (label, to, from) = self.stage_change()?;
        Some(LabelChange::new(label, to, from))
    }

    /// Returns the staging label that it changes, the version that gets it and the one that loses it.
    fn stage_change(&self) -> Option<(&str, Option<&VersionId>, Option<&VersionId>)> {
        match self {
            Self::PutVersion { version, label } => Some((label, Some(version), None)),
            Self::MoveStage {
                stage,
                to,
                remove_from,
            } => Some((stage, to.as_ref(), remove_from.as_ref())),
            Self::CreateJournal
            | Self::AddSecret
            | Self::UpdateProvider(..)
            | Self::UpdateConfiguration(_)
            | Self::DeleteSecret(_)
            | Self::ReadClient
            | Self::ReadJournal
            | Self::Probe(_)
            | Self::FindProviders
            | Self::ReadProvider(_)
            | Self::CheckProvider(_)
            | Self::CheckPermissions
            | Self::Generate
            | Self::CallThroughChain(_)
            | Self::FindHolders(_)
            | Self::Wait { .. } => None,
        }
    }

    /// Returns what it does, in words.
    pub const fn doing(&self) -> &'static str {
        match self {
            Self::ReadClient => "reading the app client",
            Self::ReadJournal => "reading the journal in Secrets Manager",
            Self::Probe(SecretChoice::Old) => "requesting a token with the old secret",
            Self::Probe(SecretChoice::New) => "requesting a token with the new secret",
            Self::FindProviders => "finding the credential providers of this client",
            Self::ReadProvider(_) => "reading the credential provider",
            Self::CheckProvider(_) => "checking the permission to update the credential provider",
            Self::CheckPermissions => {
                "checking the permissions to write to Cognito and Secrets Manager"
            }
            Self::CreateJournal => "creating the journal in Secrets Manager",
            Self::Generate => "drawing a new secret",
            Self::PutVersion { .. } => "storing the new secret in Secrets Manager",
            Self::MoveStage { .. } => "moving a label of the journal",
            Self::AddSecret => "adding the new secret at Cognito",
            Self::UpdateProvider(..) => "updating the credential provider",
            Self::CallThroughChain(_) => "calling through the chain",
            Self::FindHolders(SecretChoice::New) => {
                "finding configurations that hold the old secret"
            }
            Self::FindHolders(SecretChoice::Old) => {
                "finding configurations that hold the new secret"
            }
            Self::UpdateConfiguration(_) => "updating the configuration",
            Self::DeleteSecret(_) => "removing a secret at Cognito",
            Self::Wait { .. } => "waiting",
        }
    }
}

/// What was seen. One kind of answer for each effect, and [`ClientSecretObservation::Failed`] for every one of them.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientSecretObservation {
    /// To `ReadClient`.
    Client(AppClientFacts),
    /// To `ReadJournal`.
    Journal(JournalFacts),
    /// To `Probe`: whether the token endpoint accepts the value.
    Probed(bool),
    /// To `FindProviders`: names, in a fixed order.
    Providers(Vec<Arc<str>>),
    /// To `ReadProvider`.
    Provider(ProviderFacts),
    /// To `CheckProvider` and `CheckPermissions`: the permission is there, or nothing speaks against it.
    Permitted,
    /// To `CreateJournal` and `PutVersion`.
    Stored,
    /// To `Generate`: the id of the version to be stored.
    Generated(VersionId),
    /// To `MoveStage`.
    Moved,
    /// To `CreateJournal`, `MoveStage`, `AddSecret` and `UpdateProvider`: a definite no, because something else is there, or
    /// because the provider is UPDATING.
    Conflict,
    /// To `AddSecret`: the id of the new secret.
    Added(ClientSecretId),
    /// To `UpdateProvider`.
    Updated,
    /// To `CallThroughChain`.
    Called(CallAnswer),
    /// To `FindHolders`.
    Holders {
        /// Files that hold the old value inline and can be updated.
        inline: Vec<String>,
        /// Other places that hold the old value, a sentence for each.
        others: Vec<String>,
    },
    /// To `UpdateConfiguration`: what was not updated, a sentence for each.
    Written {
        /// The files updated.
        done: Vec<String>,
        /// The others, and why.
        left: Vec<String>,
    },
    /// To `DeleteSecret`.
    Deleted,
    /// To `Wait`.
    Waited,
    /// To a question.
    Agreed(bool),
    /// To any effect: no answer, or an error.
    Failed(EffectError),
}

impl ClientSecretObservation {
    /// Returns what became of a write, for the audit record: in one word, and why where it was not done.
    pub fn write_result(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Failed(error) if error.is_in_doubt() => ("in-doubt", Some(error.to_string())),
            Self::Failed(error) => ("failed", Some(error.to_string())),
            Self::Conflict => (
                "refused",
                Some("something else is there, or an update is in progress".to_owned()),
            ),
            Self::Written { left, .. } if !left.is_empty() => ("failed", Some(left.join("; "))),
            Self::Written { .. }
            | Self::Client(_)
            | Self::Journal(_)
            | Self::Probed(_)
            | Self::Providers(_)
            | Self::Provider(_)
            | Self::Permitted
            | Self::Stored
            | Self::Generated(_)
            | Self::Moved
            | Self::Added(_)
            | Self::Updated
            | Self::Called(_)
            | Self::Holders { .. }
            | Self::Deleted
            | Self::Waited
            | Self::Agreed(_) => ("done", None),
        }
    }

    /// Returns the request id of a failure.
    pub fn request_id(&self) -> Option<&str> {
        let Self::Failed(error) = self else {
            return None;
        };
        error.failure().request_id.as_deref()
    }
}

/// What Cognito says about an app client, without values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AppClientFacts {
    /// Its secrets, the oldest first.
    pub secrets: Vec<ClientSecretId>,
    /// The same with age and author, where there are two: `…7f3c, 61d old, added by role/ops`.
    pub described: Vec<String>,
    /// Why this client's secret cannot be rotated here.
    pub problem: Option<String>,
}

/// What Secrets Manager says about the journal, without values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct JournalFacts {
    /// The secret exists.
    pub exists: bool,
    /// Labels of all versions.
    pub labels: Labels,
    /// The old secret's id, as the AWSPENDING version names it.
    pub pending_old: Option<ClientSecretId>,
    /// Why the journal cannot be used.
    pub problem: Option<String>,
}

/// Which value a credential provider holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderHolding {
    /// The old one.
    Old,
    /// The new one.
    New,
    /// Neither.
    Other,
    /// It could not be read.
    Unknown,
}

/// What can be done with a credential provider in its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderState {
    /// READY, or a service that names no status.
    Ready,
    /// An update is in progress.
    Updating,
    /// The last update or the creation failed.
    Failed,
}

/// What AgentCore says about a credential provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderFacts {
    /// Its status, as far as it matters here.
    pub state: ProviderState,
    /// Which value it holds.
    pub holds: ProviderHolding,
}
