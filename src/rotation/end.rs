//! How a rotation ended, and why.

use super::effect::EffectError;
use super::labels::{Author, VersionId};

/// How it ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RotationOutcome {
    /// The password was changed; secret and database agree.
    Rotated,
    /// A stopped rotation was brought to its end; secret and database agree.
    Resumed,
    /// Secret and database already agreed.
    NothingToDo,
    /// Nothing was written, for a reason.
    Refused,
    /// It stopped; the sentence says how things stand.
    Failed,
}

impl RotationOutcome {
    /// Whether secret and outside agree at the end.
    pub const fn is_success(self) -> bool {
        match self {
            Self::Rotated | Self::Resumed | Self::NothingToDo => true,
            Self::Refused | Self::Failed => false,
        }
    }

    /// The name in the output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotated => "rotated",
            Self::Resumed => "resumed",
            Self::NothingToDo => "nothing-to-do",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RotationEnd {
    /// In one word.
    pub outcome: RotationOutcome,
    /// The version that is current now, or the one in question.
    pub version: Option<VersionId>,
    /// Why.
    pub why: EndReason,
}

/// The reason of an ending.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// All went well.
    Agreed,
    /// A rehearsal ends before the first write.
    Rehearsed,
    /// The operator said no.
    Declined,
    /// The secret is scheduled for deletion.
    Deleted,
    /// The secret has no current version.
    NoCurrent,
    /// There is no previous version to go back to.
    NoPrevious,
    /// The value cannot be rotated.
    Unsuitable(String),
    /// A rotation is pending.
    Pending(VersionId, Option<Author>),
    /// The rotation function's version has no value yet.
    PendingEmpty(VersionId),
    /// A foreign pending version that the database does not accept.
    ForeignNotAccepted(VersionId),
    /// Pending and current name different users or addresses.
    Mismatch(VersionId),
    /// The database does not accept the current version.
    Drift(VersionId),
    /// No labelled version is accepted; so many were tried, and whether an administrator could set one.
    Stuck(usize, bool),
    /// The administrator cannot be used; why. Nothing was written.
    Administrator(String),
    /// The same, found out after AWSPENDING was taken.
    AdministratorLate(String),
    /// The user's password is kept by another system.
    External,
    /// The user may not change its password.
    Forbidden(String),
    /// The server's rules refuse every new password that was drawn.
    Policy(String),
    /// What was read back is not what was stored.
    ReadBackDiffers(VersionId),
    /// Somebody keeps the user locked with wrong passwords.
    Limited,
    /// Somebody else keeps changing labels.
    Unsettled,
    /// The operator asked to stop; it was done where nothing is half done.
    Stopped,
    /// The same, when secret and database agreed already.
    StoppedAfter,
    /// AWSPENDING was taken from us by somebody else.
    Superseded,
    /// The rotation function did not finish in time.
    FunctionUnfinished(VersionId, bool),
    /// AWSPENDING of a foreign version was taken off.
    Released(VersionId),
    /// A call failed for good; `sent` says whether the password may already be the new one.
    Error {
        /// What was being done.
        doing: &'static str,
        /// What happened.
        error: EffectError,
        /// The database may already have the pending password.
        sent: bool,
    },
    /// An answer did not fit the question: a mistake in this program.
    Unexpected,
}

impl EndReason {
    /// Was it the network?
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Error { error, .. } if error.is_transient())
    }
}
