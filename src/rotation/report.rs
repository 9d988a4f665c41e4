//! What people are told: steps, evidence, questions and the ending. Sentences without a single secret value.

use std::fmt;

use super::effect::Connection;
pub use super::end::{EndReason, RotationEnd, RotationOutcome};
pub use super::evidence::RotationEvidence;
use super::labels::{Author, VersionId};
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
    /// The verb, as commands and screens write it.
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

    /// The name in the output.
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

    /// Whether the secret's own rotation function does this step, where it has one.
    pub const fn is_by_function(self) -> bool {
        matches!(
            self,
            Self::Prepare | Self::Claim | Self::Verify | Self::Promote
        )
    }

    /// What it will do, while it has not begun.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Check => "log in with the current password, look for a rotation that is pending",
            Self::Prepare => "store the new value as a further version",
            Self::Claim => "put AWSPENDING on it, read it back",
            Self::Set => "change the password in Neo4j",
            Self::Verify => "log in with the new password on a new connection",
            Self::Promote => "move AWSCURRENT",
            Self::Clean => "take AWSPENDING and labels off",
            Self::Consumers => {
                "close old connections, refresh readers, call a tool through the chain"
            }
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
    /// The name in the output.
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
    /// What the end of the rotation must repeat, a sentence for each: the warnings of a step that ended with warnings.
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

    /// The evidence as one sentence.
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
                formatter.write_str(" went on working with the old password. Close them, so that their owners log in anew?")
            }
            Self::RefreshReaders(readers) => {
                let names: Vec<String> = readers
                    .iter()
                    .map(|one| format!("{} {}", one.name, one.pickup.sentence()))
                    .collect();
                let copies = readers.iter().any(|one| one.pickup == Pickup::Environment);
                let doing = if copies {
                    "Put the new value there, which makes a new version of the runtime, and stop"
                } else {
                    "Stop"
                };
                write!(
                    formatter,
                    "{}. {doing} the sessions that are known, so that they start anew?",
                    names.join("; ")
                )
            }
        }
    }
}

impl fmt::Display for RotationEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CurrentWorks(version) => write!(formatter, "the current password works (version {})", version.short()),
            Self::MustChange => formatter.write_str("Neo4j wants this password changed"),
            Self::NothingPending => formatter.write_str("no rotation pending"),
            Self::FinishedLeftPending(version) => {
                write!(formatter, "AWSPENDING is still on the current version {}: a finished rotation left it", version.short())
            }
            Self::Connected(connections) => write_connections(formatter, connections),
            Self::ConnectionsUnknown(error) => write!(formatter, "who is connected is not known ({error})"),
            Self::Stored(version, label) => write!(formatter, "new value stored as version {} (label {label})", version.short()),
            Self::Taken(version, label) => write!(formatter, "version {} is taken again (label {label})", version.short()),
            Self::Claimed(version) => write!(formatter, "AWSPENDING → {}", version.short()),
            Self::ReadBack => formatter.write_str("read back byte for byte"),
            Self::Administrator(sentence) => formatter.write_str(sentence),
            Self::Created(user, roles) if roles.is_empty() => write!(formatter, "the administrator made user {user}"),
            Self::Created(user, roles) => {
                write!(formatter, "the administrator made user {user} with the roles {}", roles.join(", "))
            }
            Self::SetByAdministrator(user) => write!(formatter, "the administrator set the password of user {user}"),
            Self::NoneAccepted(tried) => {
                write!(formatter, "Neo4j accepts none of the {tried} labelled versions; the administrator sets the password")
            }
            Self::OldUserKept(user) => {
                write!(
                    formatter,
                    "user {user} keeps its password until the next rotation: whoever read AWSCURRENT before goes on"
                )
            }
            Self::ReadersFresh => formatter.write_str("no reader is known that keeps the old value"),
            Self::ReaderLeft(what) => write!(formatter, "goes on with the old value: {what}"),
            Self::ReaderUnknown(what) => write!(formatter, "not found out: {what}"),
            Self::ReadersUnknown(error) => write!(formatter, "who keeps the old value was not found out ({error})"),
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
                "logins are limited because somebody keeps trying a wrong password; Neo4j confirmed the change itself",
            ),
            Self::Promoted(version, None) => write!(formatter, "AWSCURRENT → {}", version.short()),
            Self::Promoted(version, Some(millis)) => {
                write!(formatter, "AWSCURRENT → {}; readers failed for {}", version.short(), Seconds(*millis))
            }
            Self::Cleaned => formatter.write_str("AWSPENDING and our labels are off"),
            Self::Orphans(count) => write!(formatter, "{count} labels of values that were never used are off"),
            Self::Refused(version) => write!(formatter, "version {} does not log in", version.short()),
            Self::Drift(version) => {
                write!(formatter, "Neo4j accepts version {}, which is neither current nor pending", version.short())
            }
            Self::FoundPending(version, author) => {
                write!(formatter, "AWSPENDING is on version {}, {}", version.short(), Whose(author.as_ref()))
            }
            Self::Would(doing) => write!(formatter, "would go on with {doing}"),
            Self::Overtaken => formatter.write_str("somebody else has moved on in the meantime; finding out"),
            Self::Waiting(pause, millis) => {
                write!(formatter, "{pause} ({})", Seconds(i64::try_from(*millis).unwrap_or(i64::MAX)))
            }
            Self::Error(error) => error.fmt(formatter),
            Self::Ended(why) => why.fmt(formatter),
            Self::Closed(1) => formatter.write_str("1 old connection closed"),
            Self::Closed(count) => write!(formatter, "{count} old connections closed"),
            Self::Kept(1) => formatter.write_str("1 old connection stays open and goes on with the old password until it ends"),
            Self::Kept(count) => {
                write!(formatter, "{count} old connections stay open and go on with the old password until they end")
            }
            Self::Refreshed(what) => formatter.write_str(what),
            Self::ChainAnswered(what) => write!(formatter, "the chain answered: {what}"),
            Self::ChainUnproven(why) => write!(formatter, "not proven through the chain: {why}"),
            Self::FunctionStarted(version) => {
                write!(formatter, "the secret's rotation function was started for version {}", version.short())
            }
            Self::FunctionFinished(version) => {
                write!(formatter, "the rotation function made version {} current", version.short())
            }
        }
    }
}

fn write_connections(
    formatter: &mut fmt::Formatter<'_>,
    connections: &[Connection],
) -> fmt::Result {
    if connections.is_empty() {
        return formatter.write_str("nobody else is connected as this user");
    }
    let mut agents: Vec<&str> = connections
        .iter()
        .map(|one| one.agent.as_str())
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

/// Milliseconds for people.
struct Seconds(i64);

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{} s", self.0 / 1_000, (self.0 % 1_000) / 100)
    }
}

/// Whose a pending version is, as far as its label says.
struct Whose<'a>(Option<&'a Author>);

impl fmt::Display for Whose<'_> {
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

impl fmt::Display for EndReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreed => formatter.write_str("secret and database agree"),
            Self::Rehearsed => formatter.write_str("dry run: nothing was written"),
            Self::Declined => formatter.write_str("not confirmed: nothing further was changed"),
            Self::Deleted => formatter.write_str("the secret is scheduled for deletion; restore it first (`aws secretsmanager restore-secret`)"),
            Self::NoCurrent => formatter.write_str("the secret has no AWSCURRENT version"),
            Self::NoPrevious => formatter.write_str("the secret has no AWSPREVIOUS version to go back to"),
            Self::Unsuitable(problem) => formatter.write_str(problem),
            Self::Pending(version, author) => write!(
                formatter,
                "a rotation is pending: AWSPENDING is on version {version}, {}; `secrets resume` finds out and ends it",
                Whose(author.as_ref())
            ),
            Self::PendingEmpty(version) => write!(
                formatter,
                "AWSPENDING is on version {version}, which has no value: a rotation function stopped before it stored one, or is about to"
            ),
            Self::ForeignNotAccepted(version) => write!(
                formatter,
                "AWSPENDING is on version {version}, {}; Neo4j does not accept its password, so nothing was changed. Let its owner finish, or take it off with `secrets resume --release`",
                Whose(None)
            ),
            Self::Mismatch(version) => write!(
                formatter,
                "the pending version {version} names another user or address than the current one; this is no rotation of a password"
            ),
            Self::Drift(version) => write!(
                formatter,
                "Neo4j does not accept the current version {version}; nothing was written. `secrets resume` tries the other labelled versions"
            ),
            Self::Stuck(tried, administrated) => write!(
                formatter,
                "Neo4j accepts none of the {tried} labelled versions; somebody has changed the password outside the secret. {}",
                if *administrated {
                    "`secrets resume --reset` lets the administrator set AWSCURRENT's password again"
                } else {
                    "Set it anew as an administrator"
                }
            ),
            Self::Administrator(why) => write!(
                formatter,
                "two users take turns here, and the administrator who sets their passwords cannot be used: {why}. `--single-user` changes the one user's own password instead, with an outage below a second"
            ),
            Self::AdministratorLate(why) => write!(
                formatter,
                "the administrator could not set the other user's password: {why}. Whoever reads the secret is not affected. `secrets resume` goes on when that is mended; `secrets resume --single-user` gives it up and takes AWSPENDING off"
            ),
            Self::External => formatter.write_str("this user's password is kept by another system (LDAP, SSO); it cannot be changed in Neo4j"),
            Self::Forbidden(why) => write!(formatter, "the user may not change its own password ({why})"),
            Self::Policy(why) => write!(formatter, "Neo4j's rules refuse the new passwords ({why}); the old one still works. Configure a longer or wider password"),
            Self::ReadBackDiffers(version) => write!(
                formatter,
                "version {version} reads back differently than it was stored; Neo4j was not touched. `secrets resume` goes on when that is understood"
            ),
            Self::Limited => formatter.write_str(
                "somebody keeps trying a wrong password, so Neo4j refuses every login of this user; stop that consumer, then `secrets resume`",
            ),
            Self::Unsettled => formatter.write_str("somebody else keeps changing this secret; run `secrets resume` when that is over"),
            Self::Stopped => formatter.write_str("stopped as asked; `secrets resume` goes on from here"),
            Self::StoppedAfter => formatter.write_str(
                "stopped as asked, when secret and database agreed; readers were not refreshed and the chain was not called, which `secrets resume` does",
            ),
            Self::Superseded => formatter.write_str("somebody else has rotated in the meantime; secret and database agree, the password is not ours"),
            Self::FunctionUnfinished(version, has_value) => write!(
                formatter,
                "the rotation function has not finished with version {version} ({}); its log group is /aws/lambda/ and its name. `secrets resume` finds out which password Neo4j accepts",
                if *has_value { "it has a value" } else { "it has no value yet" }
            ),
            Self::Released(version) => write!(formatter, "AWSPENDING is off version {version}; secret and database agree"),
            Self::Error { doing, error, sent: true } => write!(
                formatter,
                "{doing}: {error}. Neo4j may already have the pending password: nothing is lost, `secrets resume` on any machine ends it"
            ),
            Self::Error { doing, error, sent: false } => {
                write!(formatter, "{doing}: {error}. The password in Neo4j was not changed")
            }
            Self::Unexpected => formatter.write_str("an answer did not fit its question; this is a mistake in this program. `secrets resume` is safe"),
        }
    }
}
