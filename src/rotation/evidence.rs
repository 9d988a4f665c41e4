//! What a rotation has seen, a sentence for each. No sentence contains a value.

use std::fmt;
use std::sync::Arc;

use super::effect::{Connection, EffectError, Pause};
use super::end::EndReason;
use super::labels::{Author, VersionId};

/// Something seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationEvidence {
    /// In the secret.
    Secret(SecretEvidence),
    /// In Neo4j.
    Neo4j(Neo4jEvidence),
    /// At those who read the secret.
    Consumers(ConsumerEvidence),
    /// A rehearsal ends before this.
    Would(&'static str),
    /// A wait.
    Waiting(Pause, u64),
    /// A call failed.
    Error(EffectError),
    /// Why it ended in this step.
    Ended(EndReason),
}

/// Something seen in the secret: its versions and labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretEvidence {
    /// No AWSPENDING that matters.
    NothingPending,
    /// AWSPENDING is still on the current version: a finished rotation.
    FinishedLeftPending(VersionId),
    /// The new value is stored.
    Stored(VersionId, String),
    /// An existing version is taken instead of a new value.
    Taken(VersionId, String),
    /// AWSPENDING is on it.
    Claimed(VersionId),
    /// It was read back and is what was stored.
    ReadBack,
    /// AWSCURRENT is on it; new logins failed for so long (milliseconds), where that is known.
    Promoted(VersionId, Option<i64>),
    /// Our labels and AWSPENDING are gone.
    Cleaned,
    /// Labels that were never claimed are gone: how many.
    Orphans(usize),
    /// AWSPENDING was found here, prepared by this person.
    FoundPending(VersionId, Option<Author>),
    /// Another has been faster.
    Overtaken,
    /// The rotation function was started for this version.
    FunctionStarted(VersionId),
    /// The rotation function has finished.
    FunctionFinished(VersionId),
}

/// Something that Neo4j has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Neo4jEvidence {
    /// A login with the current version was accepted.
    CurrentWorks(VersionId),
    /// It was accepted, but the server wants the password changed.
    MustChange,
    /// The administrator logs in, and this is how the two users stand.
    Administrator(String),
    /// The administrator made a user, with these roles.
    Created(Arc<str>, Vec<String>),
    /// The administrator set a user's password.
    SetByAdministrator(Arc<str>),
    /// None of this many labelled versions is accepted.
    NoneAccepted(usize),
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
    /// A version does not log in.
    Refused(VersionId),
    /// The database accepts this version although the secret says another.
    Drift(VersionId),
}

/// Something seen at those who read the secret, or through the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerEvidence {
    /// Who is connected as this user now.
    Connected(Vec<Connection>),
    /// The list of connections could not be had.
    ConnectionsUnknown(EffectError),
    /// The other user keeps its password.
    OldUserKept(Arc<str>),
    /// No reader is known that keeps the old value.
    ReadersFresh,
    /// A reader goes on with the old value.
    ReaderLeft(String),
    /// Something about a reader could not be found out.
    ReaderUnknown(String),
    /// Readers could not be looked at.
    ReadersUnknown(EffectError),
    /// So many connections were closed.
    Closed(usize),
    /// The operator keeps the old connections.
    Kept(usize),
    /// A consumer was told to read again.
    Refreshed(String),
    /// The call through the chain was answered.
    ChainAnswered(String),
    /// Runtimes that read the secret answered when they were called themselves: the deployment's endpoint does not lead to them.
    RuntimesAnswered(String),
    /// The call was answered, but nothing that uses this secret is known behind the deployment's endpoint.
    ChainElsewhere(String),
    /// It was not, or proves nothing.
    ChainUnproven(String),
}

impl From<SecretEvidence> for RotationEvidence {
    fn from(evidence: SecretEvidence) -> Self {
        Self::Secret(evidence)
    }
}

impl From<Neo4jEvidence> for RotationEvidence {
    fn from(evidence: Neo4jEvidence) -> Self {
        Self::Neo4j(evidence)
    }
}

impl From<ConsumerEvidence> for RotationEvidence {
    fn from(evidence: ConsumerEvidence) -> Self {
        Self::Consumers(evidence)
    }
}

impl RotationEvidence {
    /// Returns whether the operator must know this although the rotation succeeded: something keeps the old value, or was not proven.
    pub const fn is_warning(&self) -> bool {
        match self {
            Self::Neo4j(evidence) => matches!(evidence, Neo4jEvidence::MustChange),
            Self::Consumers(evidence) => evidence.is_warning(),
            Self::Error(_) => true,
            Self::Secret(_) | Self::Would(_) | Self::Waiting(..) | Self::Ended(_) => false,
        }
    }

    /// Returns what this evidence proves, for a report; none where it proves nothing by itself.
    pub const fn proves(&self) -> Option<&'static str> {
        match self {
            Self::Secret(SecretEvidence::ReadBack) => {
                Some("Secrets Manager holds the new value as it was drawn")
            }
            Self::Neo4j(Neo4jEvidence::Works(_) | Neo4jEvidence::ConfirmedByChange) => {
                Some("Neo4j accepts the new password")
            }
            Self::Consumers(
                ConsumerEvidence::ChainAnswered(_) | ConsumerEvidence::RuntimesAnswered(_),
            ) => Some("what reads the secret works with the new password"),
            Self::Secret(_)
            | Self::Neo4j(_)
            | Self::Consumers(_)
            | Self::Would(_)
            | Self::Waiting(..)
            | Self::Error(_)
            | Self::Ended(_) => None,
        }
    }
}

impl ConsumerEvidence {
    const fn is_warning(&self) -> bool {
        match self {
            Self::ConnectionsUnknown(_)
            | Self::ReaderLeft(_)
            | Self::ReaderUnknown(_)
            | Self::ReadersUnknown(_)
            | Self::Kept(_)
            | Self::ChainUnproven(_) => true,
            Self::Connected(_)
            | Self::OldUserKept(_)
            | Self::ReadersFresh
            | Self::Closed(_)
            | Self::Refreshed(_)
            | Self::ChainAnswered(_)
            | Self::RuntimesAnswered(_)
            | Self::ChainElsewhere(_) => false,
        }
    }
}

impl fmt::Display for RotationEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(evidence) => evidence.fmt(formatter),
            Self::Neo4j(evidence) => evidence.fmt(formatter),
            Self::Consumers(evidence) => evidence.fmt(formatter),
            Self::Would(doing) => write!(formatter, "would go on with {doing}"),
            Self::Waiting(pause, millis) => {
                write!(
                    formatter,
                    "{pause} ({})",
                    Milliseconds(i64::try_from(*millis).unwrap_or(i64::MAX))
                )
            }
            Self::Error(error) => error.fmt(formatter),
            Self::Ended(why) => why.fmt(formatter),
        }
    }
}

impl fmt::Display for SecretEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingPending => formatter.write_str("no rotation pending"),
            Self::FinishedLeftPending(version) => {
                write!(
                    formatter,
                    "AWSPENDING is still on the current version {}: a finished rotation left it",
                    version.short()
                )
            }
            Self::Stored(version, label) => write!(
                formatter,
                "new value stored as version {} (label {label})",
                version.short()
            ),
            Self::Taken(version, label) => write!(
                formatter,
                "version {} is taken again (label {label})",
                version.short()
            ),
            Self::Claimed(version) => write!(formatter, "AWSPENDING → {}", version.short()),
            Self::ReadBack => formatter.write_str("read back byte for byte"),
            Self::Promoted(version, outage) => write_promoted(formatter, version, *outage),
            Self::Cleaned => formatter.write_str("AWSPENDING and our labels are off"),
            Self::Orphans(count) => write!(
                formatter,
                "{count} labels of values that were never used are off"
            ),
            Self::FoundPending(version, author) => {
                write!(
                    formatter,
                    "AWSPENDING is on version {}, {}",
                    version.short(),
                    PendingOwner(author.as_ref())
                )
            }
            Self::Overtaken => formatter.write_str(
                "another operator has changed the labels in the meantime; reading them again",
            ),
            Self::FunctionStarted(version) => {
                write!(
                    formatter,
                    "the secret's rotation function was started for version {}",
                    version.short()
                )
            }
            Self::FunctionFinished(version) => {
                write!(
                    formatter,
                    "the rotation function made version {} current",
                    version.short()
                )
            }
        }
    }
}

impl fmt::Display for Neo4jEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CurrentWorks(version) => write!(formatter, "the current password works (version {})", version.short()),
            Self::MustChange => formatter.write_str("Neo4j wants this password changed"),
            Self::Administrator(sentence) => formatter.write_str(sentence),
            Self::Created(user, roles) if roles.is_empty() => write!(formatter, "the administrator made user {user}"),
            Self::Created(user, roles) => {
                write!(formatter, "the administrator made user {user} with the roles {}", roles.join(", "))
            }
            Self::SetByAdministrator(user) => write!(formatter, "the administrator set the password of user {user}"),
            Self::NoneAccepted(tried) => {
                write!(formatter, "Neo4j accepts none of the {tried} labelled versions; the administrator sets the password")
            }
            Self::Changed(user) => write!(formatter, "Neo4j confirmed ALTER CURRENT USER by {user}"),
            Self::ChangeInDoubt(error) => {
                write!(formatter, "whether Neo4j has changed the password is in doubt ({error}); finding out")
            }
            Self::ChangeLost => {
                formatter.write_str("Neo4j refused the change: the old password is no longer the one in the secret; finding out")
            }
            Self::PolicyRefuses(why) => write!(formatter, "Neo4j refuses the new password ({why})"),
            Self::Works(version) => write!(formatter, "a new connection logs in with version {}", version.short()),
            Self::ConfirmedByChange => formatter.write_str(
                "logins are limited because a client keeps trying a wrong password; Neo4j confirmed the change itself",
            ),
            Self::Refused(version) => write!(formatter, "version {} does not log in", version.short()),
            Self::Drift(version) => {
                write!(formatter, "Neo4j accepts version {}, which is neither current nor pending", version.short())
            }
        }
    }
}

impl fmt::Display for ConsumerEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(connections) => write_connections(formatter, connections),
            Self::ConnectionsUnknown(error) => {
                write!(formatter, "who is connected is not known ({error})")
            }
            Self::OldUserKept(user) => {
                write!(
                    formatter,
                    "user {user} keeps its password until the next rotation: readers of the former AWSCURRENT go on"
                )
            }
            Self::ReadersFresh => {
                formatter.write_str("no reader is known that keeps the old value")
            }
            Self::ReaderLeft(what) => write!(formatter, "goes on with the old value: {what}"),
            Self::ReaderUnknown(what) => write!(formatter, "not found out: {what}"),
            Self::ReadersUnknown(error) => write!(
                formatter,
                "who keeps the old value was not found out ({error})"
            ),
            Self::Closed(1) => formatter.write_str("1 old connection closed"),
            Self::Closed(count) => write!(formatter, "{count} old connections closed"),
            Self::Kept(1) => formatter.write_str(
                "1 old connection stays open and goes on with the old password until it ends",
            ),
            Self::Kept(count) => {
                write!(
                    formatter,
                    "{count} old connections stay open and go on with the old password until they end"
                )
            }
            Self::Refreshed(what) => formatter.write_str(what),
            Self::ChainAnswered(what) | Self::RuntimesAnswered(what) => {
                write!(formatter, "the chain answered: {what}")
            }
            Self::ChainElsewhere(what) => write!(
                formatter,
                "proven by the login alone: the chain answered ({what}), but nothing that reads this secret is known there"
            ),
            Self::ChainUnproven(why) => write!(formatter, "not proven through the chain: {why}"),
        }
    }
}

fn write_promoted(
    formatter: &mut fmt::Formatter<'_>,
    version: &VersionId,
    outage: Option<i64>,
) -> fmt::Result {
    write!(formatter, "AWSCURRENT → {}", version.short())?;
    match outage {
        Some(millis) if millis > 0 => {
            write!(
                formatter,
                "; new logins failed for {}",
                Milliseconds(millis)
            )
        }
        Some(_) | None => Ok(()),
    }
}

/// Writes how many other connections there are, and of which programs.
pub(super) fn write_connections(
    formatter: &mut fmt::Formatter<'_>,
    connections: &[Connection],
) -> fmt::Result {
    if connections.is_empty() {
        return formatter.write_str("no other connection of this user");
    }
    let mut agents: Vec<&str> = connections
        .iter()
        .map(|connection| connection.agent.as_str())
        .filter(|agent| !agent.is_empty())
        .collect();
    agents.sort_unstable();
    agents.dedup();
    let plural = if connections.len() == 1 {
        "connection"
    } else {
        "connections"
    };
    write!(
        formatter,
        "{} other {plural} of this user",
        connections.len()
    )?;
    if agents.is_empty() {
        Ok(())
    } else {
        write!(formatter, " ({})", agents.join(", "))
    }
}

/// Milliseconds for people: below a second as milliseconds.
pub struct Milliseconds(pub i64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            millis @ ..1_000 => write!(formatter, "{millis} ms"),
            millis => write!(formatter, "{}.{} s", millis / 1_000, (millis % 1_000) / 100),
        }
    }
}

/// Whose a pending version is, as far as its label says.
pub(super) struct PendingOwner<'a>(pub(super) Option<&'a Author>);

impl fmt::Display for PendingOwner<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(author) => {
                let since = jiff::Timestamp::from_second(author.unix_seconds)
                    .map_or_else(|_| author.unix_seconds.to_string(), |at| at.to_string());
                write!(formatter, "prepared by {} with this program at {since}", author.operator)
            }
            None => {
                formatter.write_str("put there by another program or a rotation function: it carries no label of this program")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_in_milliseconds_and_not_at_all_where_none_was_measured() {
        let promoted = |millis| {
            SecretEvidence::Promoted(VersionId::new("4704dfba-dbbd"), Some(millis)).to_string()
        };
        assert_eq!(promoted(0), "AWSCURRENT → 4704dfba…");
        assert_eq!(
            promoted(37),
            "AWSCURRENT → 4704dfba…; new logins failed for 37 ms"
        );
        assert!(promoted(2_340).ends_with("for 2.3 s"));
    }

    #[test]
    fn a_call_that_does_not_use_the_secret_proves_nothing() {
        let elsewhere = ConsumerEvidence::ChainElsewhere("read-cypher in 9 ms".into());
        assert!(
            elsewhere.to_string().contains("proven by the login alone"),
            "{elsewhere}"
        );
        assert_eq!(RotationEvidence::from(elsewhere).proves(), None);
        let answered = ConsumerEvidence::ChainAnswered("read-cypher in 9 ms".into());
        assert!(RotationEvidence::from(answered).proves().is_some());
    }
}
