//! How a rotation ended, and why.

use std::fmt;

use super::effect::EffectError;
use super::evidence::PendingOwner;
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
    /// Returns whether secret and outside agree at the end.
    pub const fn is_success(self) -> bool {
        match self {
            Self::Rotated | Self::Resumed | Self::NothingToDo => true,
            Self::Refused | Self::Failed => false,
        }
    }

    /// Returns the name in JSON and in the audit file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotated => "rotated",
            Self::Resumed => "resumed",
            Self::NothingToDo => "nothing-to-do",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// Returns the same for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NothingToDo => "nothing to do",
            Self::Rotated | Self::Resumed | Self::Refused | Self::Failed => self.as_str(),
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
    /// The user may not change its password.
    Forbidden(String),
    /// The server's rules refuse every new password that was drawn.
    Policy(String),
    /// What was read back is not what was stored.
    ReadBackDiffers(VersionId),
    /// A client keeps the user locked with wrong passwords.
    Limited,
    /// Another program keeps changing labels.
    Unsettled,
    /// The operator asked to stop; it was done where nothing is half done.
    Stopped,
    /// The same, when secret and database agreed already.
    StoppedAfter,
    /// AWSPENDING was taken by another operator.
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
    /// Returns whether the operator said no before anything was written.
    pub fn is_declined(&self) -> bool {
        matches!(self, Self::Declined)
    }

    /// Was it the network?
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Error { error, .. } if error.is_transient())
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreed => formatter.write_str("secret and database agree"),
            Self::Rehearsed => formatter.write_str("dry run: nothing was written"),
            Self::Declined => formatter.write_str(NOT_CONFIRMED),
            Self::Deleted => formatter.write_str(DELETED),
            Self::NoCurrent => formatter.write_str("the secret has no AWSCURRENT version"),
            Self::NoPrevious => formatter.write_str(NO_PREVIOUS),
            Self::Unsuitable(problem) => formatter.write_str(problem),
            Self::Pending(version, author) => write_pending(formatter, version, author.as_ref()),
            Self::PendingEmpty(version) => write_empty(formatter, version),
            Self::ForeignNotAccepted(version) => write_foreign(formatter, version),
            Self::Mismatch(version) => write_mismatch(formatter, version),
            Self::Drift(version) => write_drift(formatter, version),
            Self::Stuck(tried, administrated) => write_stuck(formatter, *tried, *administrated),
            Self::Administrator(why) => write_administrator(formatter, why),
            Self::AdministratorLate(why) => write_administrator_late(formatter, why),
            Self::Forbidden(why) => {
                write!(
                    formatter,
                    "the user may not change its own password ({why})"
                )
            }
            Self::Policy(why) => write_policy(formatter, why),
            Self::ReadBackDiffers(version) => write_read_back(formatter, version),
            Self::Limited => formatter.write_str(LIMITED),
            Self::Unsettled => formatter.write_str(UNSETTLED),
            Self::Stopped => {
                formatter.write_str("stopped as asked; `secrets resume` goes on from here")
            }
            Self::StoppedAfter => formatter.write_str(STOPPED_AFTER),
            Self::Superseded => formatter.write_str(SUPERSEDED),
            Self::FunctionUnfinished(version, has_value) => {
                write_function(formatter, version, *has_value)
            }
            Self::Released(version) => {
                write!(
                    formatter,
                    "AWSPENDING is off version {version}; secret and database agree"
                )
            }
            Self::Error { doing, error, sent } => write_error(formatter, doing, error, *sent),
            Self::Unexpected => formatter.write_str(UNEXPECTED),
        }
    }
}

/// The operator said no, or left the plan, before anything was written.
pub const NOT_CONFIRMED: &str = "not confirmed; nothing was changed";
const DELETED: &str =
    "the secret is scheduled for deletion; restore it first (`aws secretsmanager restore-secret`)";
const NO_PREVIOUS: &str = "the secret has no AWSPREVIOUS version to go back to";
const LIMITED: &str = "a client keeps trying a wrong password, so Neo4j refuses every login of this user; stop that consumer, \
                       then `secrets resume`";
const UNSETTLED: &str =
    "another program keeps changing this secret; run `secrets resume` when that is over";
const STOPPED_AFTER: &str = "stopped as asked, when secret and database agreed; readers were not refreshed and the chain was not \
                             called, which `secrets resume` does";
const SUPERSEDED: &str = "another operator has rotated in the meantime; secret and database agree, the password is not ours";
const UNEXPECTED: &str = "an answer did not fit its question; this is a mistake in this program. `secrets resume` is safe";

fn write_pending(
    formatter: &mut fmt::Formatter<'_>,
    version: &VersionId,
    author: Option<&Author>,
) -> fmt::Result {
    write!(
        formatter,
        "a rotation is pending: AWSPENDING is on version {version}, {}; `secrets resume` finds out and ends it",
        PendingOwner(author)
    )
}

fn write_empty(formatter: &mut fmt::Formatter<'_>, version: &VersionId) -> fmt::Result {
    write!(
        formatter,
        "AWSPENDING is on version {version}, which has no value: a rotation function stopped before it stored one, or is about to"
    )
}

fn write_foreign(formatter: &mut fmt::Formatter<'_>, version: &VersionId) -> fmt::Result {
    write!(
        formatter,
        "AWSPENDING is on version {version}, {}; Neo4j does not accept its password, so nothing was changed. Let its owner finish, or take it off with `secrets resume --release`",
        PendingOwner(None)
    )
}

fn write_mismatch(formatter: &mut fmt::Formatter<'_>, version: &VersionId) -> fmt::Result {
    write!(
        formatter,
        "the pending version {version} names another user or address than the current one; this is no rotation of a password"
    )
}

fn write_drift(formatter: &mut fmt::Formatter<'_>, version: &VersionId) -> fmt::Result {
    write!(
        formatter,
        "Neo4j does not accept the current version {version}; nothing was written. `secrets resume` tries the other labelled versions"
    )
}

fn write_stuck(
    formatter: &mut fmt::Formatter<'_>,
    tried: usize,
    administrated: bool,
) -> fmt::Result {
    let way = if administrated {
        "`secrets resume --reset` lets the administrator set AWSCURRENT's password again"
    } else {
        "Set it again as an administrator of Neo4j"
    };
    write!(
        formatter,
        "Neo4j accepts none of the {tried} labelled versions; the password was changed outside the secret. {way}"
    )
}

fn write_administrator(formatter: &mut fmt::Formatter<'_>, why: &str) -> fmt::Result {
    write!(
        formatter,
        "two users take turns here, and the administrator who sets their passwords cannot be used: {why}. `--single-user` changes the one user's own password instead, with an outage below a second"
    )
}

fn write_administrator_late(formatter: &mut fmt::Formatter<'_>, why: &str) -> fmt::Result {
    write!(
        formatter,
        "the administrator could not set the other user's password: {why}. Readers of the secret are not affected. `secrets resume` goes on when that is mended; `secrets resume --single-user` gives it up and takes AWSPENDING off"
    )
}

fn write_policy(formatter: &mut fmt::Formatter<'_>, why: &str) -> fmt::Result {
    write!(
        formatter,
        "Neo4j's rules refuse the new passwords ({why}); the old one still works. Configure a longer or wider password"
    )
}

fn write_read_back(formatter: &mut fmt::Formatter<'_>, version: &VersionId) -> fmt::Result {
    write!(
        formatter,
        "version {version} reads back differently than it was stored; Neo4j was not touched. `secrets resume` goes on when that is understood"
    )
}

fn write_function(
    formatter: &mut fmt::Formatter<'_>,
    version: &VersionId,
    has_value: bool,
) -> fmt::Result {
    let value = if has_value {
        "it has a value"
    } else {
        "it has no value yet"
    };
    write!(
        formatter,
        "the rotation function has not finished with version {version} ({value}); its log group is /aws/lambda/ and its name. `secrets resume` finds out which password Neo4j accepts"
    )
}

fn write_error(
    formatter: &mut fmt::Formatter<'_>,
    doing: &str,
    error: &EffectError,
    sent: bool,
) -> fmt::Result {
    let database = if sent {
        "Neo4j may already have the pending password: nothing is lost, `secrets resume` on any machine ends it"
    } else {
        "The password in Neo4j was not changed"
    };
    write!(formatter, "{doing}: {error}. {database}")
}
