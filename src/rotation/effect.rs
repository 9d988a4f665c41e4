//! What the rotation asks of the world, and what the world answers: plain data without a single secret value.
//!
//! Versions stand for the values they hold; whoever performs the effects keeps the values.

use std::fmt;
use std::sync::Arc;

pub use super::effect_error::{EffectError, EffectErrorClass};

use super::labels::{LabelChange, Labels, VersionId};
use super::readers::SecretReader;
use super::report::{RotationEnd, RotationQuestion};
use crate::model::{AlterAnswer, LoginAnswer};

/// What must happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationNext {
    /// Perform this and answer with an [`Observation`].
    Effect(RotationEffect),
    /// Ask the operator and answer with [`Observation::Agreed`].
    Ask(RotationQuestion),
    /// Nothing is left to do.
    Done(RotationEnd),
}

/// One call to the outside, in the imperative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationEffect {
    /// Read labels and settings of the secret.
    DescribeSecret,
    /// Read one version's value and keep it; answer what kind of value it is.
    ReadVersion {
        /// Which one.
        version: VersionId,
    },
    /// Draw a new password and make a new secret text of it that otherwise equals the text of `like`.
    GeneratePassword {
        /// The version whose text is the pattern.
        like: VersionId,
        /// For the other one of two users in alternation.
        alternate: bool,
    },
    /// Store the generated text under its version id, with this one label. The same call twice is one call.
    PutVersion {
        /// The id chosen when the password was generated.
        version: VersionId,
        /// A label that no other version carries.
        label: String,
    },
    /// `UpdateSecretVersionStage`: a compare-and-swap on one label.
    MoveStage {
        /// The label.
        stage: String,
        /// Its new holder; none takes it off.
        to: Option<VersionId>,
        /// The holder that it must have now; none means that nobody else may hold it.
        remove_from: Option<VersionId>,
    },
    /// Open a NEW connection to the database with this version's user and password.
    Login {
        /// Whose password.
        version: VersionId,
    },
    /// `ALTER CURRENT USER SET PASSWORD FROM … TO …` in a session opened with `from`: a compare-and-swap on the password.
    AlterPassword {
        /// The version whose password is proven.
        from: VersionId,
        /// The version whose password is set.
        to: VersionId,
    },
    /// Log in as the administrator whom this version names, and look for the other user.
    CheckAdministrator {
        /// The current version.
        version: VersionId,
        /// The versions with a label: one of them must be of the other user where that exists, else it is somebody else's.
        labelled: Vec<VersionId>,
    },
    /// As that administrator, make this version's user exist with this version's password. No compare-and-swap: only for a user
    /// whose present password nobody knows, or who does not exist.
    SetByAdministrator {
        /// The version whose user and password are set.
        version: VersionId,
        /// The version whose user is the pattern for roles, and which names the administrator.
        like: VersionId,
    },
    /// List the other connections of this user.
    ListConnections {
        /// Log in with this version.
        version: VersionId,
    },
    /// Close connections that the operator has agreed to close.
    KillConnections {
        /// Log in with this version.
        version: VersionId,
        /// Their ids as listed.
        ids: Vec<String>,
    },
    /// Find out who keeps the old value.
    FindReaders {
        /// The version that was current before, where that is known.
        from: Option<VersionId>,
        /// The version that is current now.
        to: VersionId,
    },
    /// Make a reader that keeps the old value take the new one: update its runtime, stop its sessions.
    RefreshReader {
        /// Who.
        reader: SecretReader,
        /// The version that was current before, where that is known.
        from: Option<VersionId>,
        /// The version that is current now.
        to: VersionId,
    },
    /// One Cypher call through the gateway or runtime.
    CallThroughChain,
    /// Start the secret's own rotation function.
    StartManagedRotation,
    /// Do nothing for so long.
    Wait {
        /// Milliseconds.
        millis: u64,
        /// Shown to the operator.
        reason: Pause,
    },
}

impl RotationEffect {
    /// Returns the operation of AWS or Neo4j that changes something outside; none for what only reads.
    pub const fn write_operation(&self) -> Option<&'static str> {
        match self {
            Self::PutVersion { .. } => Some("PutSecretValue"),
            Self::MoveStage { .. } => Some("UpdateSecretVersionStage"),
            Self::AlterPassword { .. } => Some("ALTER CURRENT USER"),
            Self::SetByAdministrator { .. } => Some("ALTER USER"),
            Self::KillConnections { .. } => Some("dbms.killConnections"),
            Self::RefreshReader { .. } => Some("UpdateAgentRuntime and StopRuntimeSession"),
            Self::StartManagedRotation => Some("RotateSecret"),
            Self::DescribeSecret
            | Self::ReadVersion { .. }
            | Self::GeneratePassword { .. }
            | Self::Login { .. }
            | Self::CheckAdministrator { .. }
            | Self::ListConnections { .. }
            | Self::FindReaders { .. }
            | Self::CallThroughChain
            | Self::Wait { .. } => None,
        }
    }

    /// Returns whether it changes something outside.
    pub const fn is_write(&self) -> bool {
        self.write_operation().is_some()
    }

    /// Returns the version that it writes, where it writes one.
    pub fn written_version(&self) -> Option<&VersionId> {
        match self {
            Self::PutVersion { version, .. } | Self::SetByAdministrator { version, .. } => {
                Some(version)
            }
            Self::MoveStage {
                to, remove_from, ..
            } => to.as_ref().or(remove_from.as_ref()),
            Self::AlterPassword { to, .. } | Self::RefreshReader { to, .. } => Some(to),
            Self::DescribeSecret
            | Self::ReadVersion { .. }
            | Self::GeneratePassword { .. }
            | Self::Login { .. }
            | Self::CheckAdministrator { .. }
            | Self::ListConnections { .. }
            | Self::KillConnections { .. }
            | Self::FindReaders { .. }
            | Self::CallThroughChain
            | Self::StartManagedRotation
            | Self::Wait { .. } => None,
        }
    }

    /// Returns the staging label that it puts, moves or takes off.
    pub fn label_move(&self) -> Option<LabelChange> {
        match self {
            Self::PutVersion { version, label } => {
                Some(LabelChange::new(label, Some(version), None))
            }
            Self::MoveStage {
                stage,
                to,
                remove_from,
            } => Some(LabelChange::new(stage, to.as_ref(), remove_from.as_ref())),
            Self::AlterPassword { .. }
            | Self::SetByAdministrator { .. }
            | Self::RefreshReader { .. }
            | Self::DescribeSecret
            | Self::ReadVersion { .. }
            | Self::GeneratePassword { .. }
            | Self::Login { .. }
            | Self::CheckAdministrator { .. }
            | Self::ListConnections { .. }
            | Self::KillConnections { .. }
            | Self::FindReaders { .. }
            | Self::CallThroughChain
            | Self::StartManagedRotation
            | Self::Wait { .. } => None,
        }
    }

    /// Returns what it does, in words.
    pub const fn doing(&self) -> &'static str {
        match self {
            Self::DescribeSecret => "reading the secret's labels",
            Self::ReadVersion { .. } => "reading a version of the secret",
            Self::GeneratePassword { .. } => "drawing a password",
            Self::PutVersion { .. } => "storing the new value",
            Self::MoveStage { .. } => "moving a label of the secret",
            Self::Login { .. } => "logging in to Neo4j",
            Self::AlterPassword { .. } => "changing the password in Neo4j",
            Self::ListConnections { .. } => "listing connections",
            Self::KillConnections { .. } => "closing connections",
            Self::CheckAdministrator { .. } => "logging in as the administrator",
            Self::SetByAdministrator { .. } => "setting the password as the administrator",
            Self::FindReaders { .. } => "finding out who keeps the old value",
            Self::RefreshReader { .. } => "refreshing a reader",
            Self::CallThroughChain => "calling through the chain",
            Self::StartManagedRotation => "starting the rotation function",
            Self::Wait { .. } => "waiting",
        }
    }
}

/// Why the rotation waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pause {
    /// Two wrong logins: a third would lock the user for everybody.
    LockWindow,
    /// The database refuses every login because wrong passwords were tried.
    Limited,
    /// One read of labels is no proof; they are read again.
    Settle,
    /// The call failed and is tried again.
    Retry,
    /// The rotation function is at work.
    Managed,
}

impl fmt::Display for Pause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LockWindow => "two logins were refused; a third would lock the user, so its lock time is waited out",
            Self::Limited => "Neo4j refuses every login of this user for now, because a client keeps trying a wrong password",
            Self::Settle => "one read of the labels is no proof; reading again",
            Self::Retry => "no answer that says anything; trying again",
            Self::Managed => "the rotation function is at work",
        })
    }
}

/// What was seen. One kind of answer for each effect, and [`Observation::Failed`] for every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// To `DescribeSecret`.
    Described(SecretFacts),
    /// To `ReadVersion`.
    Read(ReadAnswer),
    /// To `GeneratePassword`: the id under which the new text will be stored.
    Generated {
        /// Chosen by whoever holds the value.
        version: VersionId,
    },
    /// To `PutVersion`: stored, or already stored with the same value.
    Stored,
    /// To `MoveStage`: done.
    Moved,
    /// To `MoveStage` and `StartManagedRotation`: the service's definite no, the label is elsewhere.
    Conflict,
    /// To `Login`.
    Login(LoginAnswer),
    /// To `AlterPassword`.
    Altered(AlterAnswer),
    /// To `ListConnections`: without our own.
    Connections(Vec<Connection>),
    /// To `KillConnections`: how many were closed.
    Killed(usize),
    /// To `CheckAdministrator`.
    Administrator(AdministratorAnswer),
    /// To `SetByAdministrator`.
    Set(SetAnswer),
    /// To `FindReaders`.
    Readers {
        /// Those that keep the old value.
        stale: Vec<SecretReader>,
        /// What could not be found out, a sentence for each.
        unknown: Vec<String>,
    },
    /// To `RefreshReader`: what was done, a sentence for each, and what could not be done.
    Refreshed {
        /// Done.
        done: Vec<String>,
        /// Not done, and why.
        left: Vec<String>,
    },
    /// To `CallThroughChain`.
    Called(CallAnswer),
    /// To `StartManagedRotation`.
    Started {
        /// The version that the function will fill.
        version: VersionId,
    },
    /// To `Wait`.
    Waited,
    /// To a question.
    Agreed(bool),
    /// To anything: no answer, or one that is no answer to the question.
    Failed(EffectError),
}

impl Observation {
    /// Returns what became of a write, for the audit record: in one word, and why where it was not done.
    pub fn write_result(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Failed(error) if error.is_in_doubt() => ("in-doubt", Some(error.to_string())),
            Self::Failed(error) => ("failed", Some(error.to_string())),
            Self::Conflict => (
                "refused",
                Some("the label is on another version".to_owned()),
            ),
            Self::Altered(AlterAnswer::WrongOld) => (
                "refused",
                Some("the old password is not accepted".to_owned()),
            ),
            Self::Altered(AlterAnswer::Same) => (
                "refused",
                Some("the password is this one already".to_owned()),
            ),
            Self::Altered(AlterAnswer::NotLeader) => (
                "refused",
                Some("this member of the cluster is not the leader".to_owned()),
            ),
            Self::Altered(AlterAnswer::Policy(why) | AlterAnswer::Forbidden(why))
            | Self::Set(SetAnswer::Policy(why) | SetAnswer::Unfit(why)) => {
                ("refused", Some(why.clone()))
            }
            Self::Refreshed { left, .. } if !left.is_empty() => ("failed", Some(left.join("; "))),
            Self::Altered(AlterAnswer::Done)
            | Self::Set(SetAnswer::Created(_) | SetAnswer::Changed)
            | Self::Refreshed { .. }
            | Self::Described(_)
            | Self::Read(_)
            | Self::Generated { .. }
            | Self::Stored
            | Self::Moved
            | Self::Login(_)
            | Self::Connections(_)
            | Self::Killed(_)
            | Self::Administrator(_)
            | Self::Readers { .. }
            | Self::Called(_)
            | Self::Started { .. }
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

/// What DescribeSecret says that matters here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretFacts {
    /// Labels of all versions.
    pub labels: Labels,
    /// A rotation function is set and switched on.
    pub managed: bool,
    /// The secret is scheduled for deletion.
    pub deleted: bool,
}

/// What a version holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReadAnswer {
    /// A value.
    Value(VersionFacts),
    /// The version has labels but no value (yet).
    Empty,
}

/// What matters of a version's value, without the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionFacts {
    /// The user: the same in both versions of a rotation, or the other one of two in alternation.
    pub user: Arc<str>,
    /// Where the database is: the same in both versions of a rotation.
    pub address: Arc<str>,
    /// An administrator is known who may set passwords.
    pub administrated: bool,
    /// The text equals, byte for byte, the one that was generated for this version by this process.
    pub as_prepared: bool,
    /// Why this value cannot be rotated.
    pub problem: Option<Arc<str>>,
}

/// What was found out as the administrator, before anything is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdministratorAnswer {
    /// The administrator logs in; a sentence about the two users.
    Ready(String),
    /// It cannot do what is needed; why.
    Unfit(String),
}

/// What the database said to the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetAnswer {
    /// The user is new; with these roles beside everybody's.
    Created(Vec<String>),
    /// The user was there, and has the password now.
    Changed,
    /// The server's rules refuse the new password, definitely and for ever.
    Policy(String),
    /// The administrator cannot do it: its login is refused, a right is missing, none is named.
    Unfit(String),
}

/// One connection of the rotated user, as `dbms.listConnections` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// For `dbms.killConnections`.
    pub id: String,
    /// `bolt`, `http`, …
    pub connector: String,
    /// "Go Driver/6.2.0".
    pub agent: String,
    /// Where it comes from.
    pub address: String,
}

/// What a call through the chain proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallAnswer {
    /// Answered; the sentence says by what.
    Answered(String),
    /// Runtimes that are not behind the deployment's endpoint answered themselves; the sentence says by what.
    ByRuntimes(String),
    /// Answered, but nothing that uses this secret is known there; the sentence says by what.
    Elsewhere(String),
    /// The chain answered that the credentials are wrong, or failed otherwise.
    Refused(String),
    /// There is no chain to call, or none is known.
    Unknown(String),
}
