//! What a rotation has seen, a sentence for each. No sentence contains a value.

use std::sync::Arc;

use super::effect::{Connection, EffectError, Pause};
use super::end::EndReason;
use super::labels::{Author, VersionId};

/// Something seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationEvidence {
    /// A login with the current version was accepted.
    CurrentWorks(VersionId),
    /// It was accepted, but the server wants the password changed.
    MustChange,
    /// No AWSPENDING that matters.
    NothingPending,
    /// AWSPENDING is still on the current version: a finished rotation.
    FinishedLeftPending(VersionId),
    /// Who is connected as this user now.
    Connected(Vec<Connection>),
    /// The list of connections could not be had.
    ConnectionsUnknown(EffectError),
    /// The new value is stored.
    Stored(VersionId, String),
    /// An existing version is taken instead of a new value.
    Taken(VersionId, String),
    /// AWSPENDING is on it.
    Claimed(VersionId),
    /// It was read back and is what was stored.
    ReadBack,
    /// The administrator logs in, and this is how the two users stand.
    Administrator(String),
    /// The administrator made a user, with these roles.
    Created(Arc<str>, Vec<String>),
    /// The administrator set a user's password.
    SetByAdministrator(Arc<str>),
    /// None of so many labelled versions is accepted.
    NoneAccepted(usize),
    /// The other user keeps its password.
    OldUserKept(Arc<str>),
    /// Nobody is known who keeps the old value.
    ReadersFresh,
    /// A reader goes on with the old value.
    ReaderLeft(String),
    /// Something about a reader could not be found out.
    ReaderUnknown(String),
    /// Readers could not be looked at.
    ReadersUnknown(EffectError),
    /// The database has changed this user's password.
    Changed(Arc<str>),
    /// Whether the password was changed is not known yet.
    ChangeInDoubt(EffectError),
    /// It refused the change, since the old password is not the one given.
    ChangeLost,
    /// It refuses the new password.
    PolicyRefuses(String),
    /// The new password logs in on a new connection.
    Works(VersionId),
    /// The login is limited, but the change itself was confirmed.
    ConfirmedByChange,
    /// AWSCURRENT is on it; readers failed for so long (milliseconds), where that is known.
    Promoted(VersionId, Option<i64>),
    /// Our labels and AWSPENDING are gone.
    Cleaned,
    /// Labels that were never claimed are gone: how many.
    Orphans(usize),
    /// A version does not log in.
    Refused(VersionId),
    /// The database accepts this version although the secret says another.
    Drift(VersionId),
    /// AWSPENDING was found here, prepared by this person.
    FoundPending(VersionId, Option<Author>),
    /// Another has been faster.
    Overtaken,
    /// A rehearsal ends before this.
    Would(&'static str),
    /// A wait.
    Waiting(Pause, u64),
    /// A call failed.
    Error(EffectError),
    /// So many connections were closed.
    Closed(usize),
    /// The operator keeps the old connections.
    Kept(usize),
    /// A consumer was told to read again.
    Refreshed(String),
    /// The call through the chain was answered.
    ChainAnswered(String),
    /// It was not, or proves nothing.
    ChainUnproven(String),
    /// The rotation function was started for this version.
    FunctionStarted(VersionId),
    /// The rotation function has finished.
    FunctionFinished(VersionId),
    /// Why it ended in this step.
    Ended(EndReason),
}

impl RotationEvidence {
    /// Whether the operator must know this although the rotation succeeded: something keeps the old value, or was not proven.
    pub const fn is_warning(&self) -> bool {
        match self {
            Self::ReaderLeft(_)
            | Self::ReaderUnknown(_)
            | Self::ReadersUnknown(_)
            | Self::ConnectionsUnknown(_)
            | Self::Kept(_)
            | Self::ChainUnproven(_)
            | Self::Error(_)
            | Self::MustChange => true,
            Self::CurrentWorks(_)
            | Self::NothingPending
            | Self::FinishedLeftPending(_)
            | Self::Connected(_)
            | Self::Stored(..)
            | Self::Taken(..)
            | Self::Claimed(_)
            | Self::ReadBack
            | Self::Administrator(_)
            | Self::Created(..)
            | Self::SetByAdministrator(_)
            | Self::NoneAccepted(_)
            | Self::OldUserKept(_)
            | Self::ReadersFresh
            | Self::Changed(_)
            | Self::ChangeInDoubt(_)
            | Self::ChangeLost
            | Self::PolicyRefuses(_)
            | Self::Works(_)
            | Self::ConfirmedByChange
            | Self::Promoted(..)
            | Self::Cleaned
            | Self::Orphans(_)
            | Self::Refused(_)
            | Self::Drift(_)
            | Self::FoundPending(..)
            | Self::Overtaken
            | Self::Would(_)
            | Self::Waiting(..)
            | Self::Closed(_)
            | Self::Refreshed(_)
            | Self::ChainAnswered(_)
            | Self::FunctionStarted(_)
            | Self::FunctionFinished(_)
            | Self::Ended(_) => false,
        }
    }
}
