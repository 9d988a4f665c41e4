//! What a rotation remembers between two answers, and its settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::effect::{Connection, Pause, VersionFacts};
use super::super::labels::{Labels, VersionId};
use super::super::readers::SecretReader;
use super::super::report::{RotationEnd, RotationKind, RotationStep};
use super::phase::{LabelsRead, RotationPhase};

/// How patient and how careful a rotation is. Times in milliseconds unless said otherwise.
#[derive(Clone, Debug)]
pub struct RotationSettings {
    /// Who rotates: part of the labels.
    pub operator: String,
    /// Neo4j's `dbms.security.auth_lock_time`.
    pub lock_millis: u64,
    /// Added to each wait, drawn once, so that several operators do not wake together.
    pub jitter_millis: u64,
    /// Between reads of labels that must agree before anything is concluded from an absence.
    pub settle_millis: u64,
    /// How many equal reads prove that no labelled version is accepted.
    pub equal_reads: u8,
    /// How often one call is tried again.
    pub tries: u8,
    /// For how long one call is tried again.
    pub patience_millis: i64,
    /// First pause between tries; doubled up to eight times of it.
    pub retry_millis: u64,
    /// How often a limited login is asked again.
    pub limited_tries: u8,
    /// How many new passwords are drawn when the server's rules refuse one.
    pub policy_tries: u8,
    /// How often a rotation may find itself overtaken before it gives up.
    pub laps: u8,
    /// Between looks at a rotation function at work.
    pub managed_millis: u64,
    /// How many such looks.
    pub managed_looks: u16,
    /// Labels of values that were never claimed are taken off after this many seconds.
    pub orphan_seconds: i64,
    /// Stop before the first write.
    pub rehearse: bool,
    /// A foreign AWSPENDING whose value the database does not accept may be taken off.
    pub release_foreign: bool,
    /// Change the one user's password even where an administrator is named.
    pub single_user: bool,
    /// Where no labelled version is accepted, the administrator may set the password of the current one again.
    pub reset: bool,
}

impl Default for RotationSettings {
    fn default() -> Self {
        Self {
            operator: "unknown".to_owned(),
            lock_millis: 5_000,
            jitter_millis: 150,
            settle_millis: 2_500,
            equal_reads: 3,
            tries: 8,
            patience_millis: 30_000,
            retry_millis: 400,
            limited_tries: 30,
            policy_tries: 2,
            laps: 10,
            managed_millis: 2_000,
            managed_looks: 90,
            orphan_seconds: 3_600,
            rehearse: false,
            release_foreign: false,
            single_user: false,
            reset: false,
        }
    }
}

/// Everything that decides what happens next. Equal states behave equally, which is what the exploration counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MachineState {
    /// What was asked for.
    pub(super) kind: RotationKind,
    /// The effect or question that is next.
    pub(super) phase: RotationPhase,
    /// The step that runs, as the operator sees it.
    pub(super) step: RotationStep,
    /// A wait before it.
    pub(super) pause: Option<(Pause, u64)>,
    /// What the last reads of the secret said.
    pub(super) seen: SecretSeen,
    /// The version that shall become current, and how the database gets its password.
    pub(super) target: RotationTarget,
    /// What has been reached so far.
    pub(super) progress: RotationProgress,
    /// What the operator has agreed to.
    pub(super) consent: OperatorConsent,
    /// Finding out which labelled version the database accepts.
    pub(super) search: PasswordSearch,
    /// Wrong logins, and the pauses that they cost.
    pub(super) logins: LoginLimits,
    /// Requests without an answer.
    pub(super) retry: RetryCount,
    /// Labels, connections and readers that are still to be looked after.
    pub(super) consumers: ConsumersLeft,
    /// How often the labels were read while the rotation function works.
    pub(super) looks: u16,
    /// The end that follows after labels were taken off, or that was reached.
    pub(super) ending: Option<RotationEnd>,
}

/// What the last reads of the secret said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct SecretSeen {
    /// Its labels.
    pub(super) labels: Labels,
    /// A rotation function is set and switched on.
    pub(super) managed: bool,
    /// The versions that were read.
    pub(super) readable: BTreeMap<VersionId, VersionFacts>,
    /// AWSCURRENT as last read: what the next compare-and-swap compares with.
    pub(super) base: Option<VersionId>,
}

/// The version that shall become current, and how the database gets its password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RotationTarget {
    /// The version that shall become current.
    pub(super) chosen: Option<VersionId>,
    /// Whose password the database is known to accept before the change.
    pub(super) from: Option<VersionId>,
    /// A version stored by this process.
    pub(super) mine: Option<VersionId>,
    /// The version that this process set out to make current.
    pub(super) goal: Option<VersionId>,
    /// The new value is for the other one of two users.
    pub(super) alternate: bool,
    /// The administrator sets the password, whoever's it is.
    pub(super) by_administrator: bool,
    /// The last password of the other user was refused: only the administrator can set it.
    pub(super) source_refused: bool,
    /// The version that the two labels are named after.
    pub(super) labels_of: Option<VersionId>,
    /// The label under which the new value is stored.
    pub(super) prepared_label: Option<String>,
    /// The label that says that the password may have been sent to Neo4j.
    pub(super) sent_label: Option<String>,
    /// Versions whose password the database has refused for good.
    pub(super) unusable: Vec<(VersionId, String)>,
    /// How many new passwords the server's rules have refused.
    pub(super) policy: u8,
}

/// What has been reached so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RotationProgress {
    /// Writes have begun, or this is a resume: whatever is unclear is found out, not refused.
    pub(super) underway: bool,
    /// AWSPENDING may have been ours at some time: not every claim was answered by a definite no.
    pub(super) claimed: bool,
    /// This process has sent a change of password whose effect may still come.
    pub(super) sent: bool,
    /// The database itself has confirmed the change.
    pub(super) changed: bool,
    /// The chosen version has logged in.
    pub(super) verified: bool,
    /// AWSCURRENT is on the chosen version.
    pub(super) promoted: bool,
    /// AWSPENDING and our labels are off.
    pub(super) cleaned: bool,
}

/// What the operator has agreed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct OperatorConsent {
    /// Writes are permitted: the operator of a resume is asked before the first one.
    pub(super) permitted: bool,
    /// The phase whose write waits for that answer.
    pub(super) held: Option<RotationPhase>,
    /// The operator has agreed to finish what another program began.
    pub(super) agreed: bool,
}

/// Finding out which labelled version the database accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PasswordSearch {
    /// What is still to be probed in this round.
    pub(super) suspects: Vec<VersionId>,
    /// Rounds of probing with equal labels and no version accepted.
    pub(super) rounds: u8,
    /// The labels at the first of those rounds.
    pub(super) round_labels: Labels,
    /// Logins refused in those rounds.
    pub(super) tried: usize,
    /// The operator has seen that nothing is pending once already.
    pub(super) quiet: bool,
    /// How often this rotation has found itself overtaken.
    pub(super) laps: u8,
}

/// Wrong logins, and the pauses that they cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct LoginLimits {
    /// Wrong logins of each user since its last success: the server counts them so.
    pub(super) wrong: BTreeMap<Arc<str>, u8>,
    /// How often a login was limited in a row.
    pub(super) limited: u8,
    /// Users whose lock window is waited out before they log in again.
    pub(super) must_wait: BTreeSet<Arc<str>>,
}

/// Requests without an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RetryCount {
    /// Tries of the current request.
    pub(super) tries: u8,
    /// When the requests began that have had no answer since.
    pub(super) since: Option<i64>,
}

/// Labels, connections and readers that are still to be looked after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ConsumersLeft {
    /// Labels still to be taken off.
    pub(super) loose: Vec<(VersionId, Arc<str>)>,
    /// Connections of consumers, to be closed.
    pub(super) connections: Vec<Connection>,
    /// Readers that keep the old value and can be refreshed.
    pub(super) readers: Vec<SecretReader>,
    /// AWSCURRENT had been moved before this process looked.
    pub(super) found_promoted: bool,
    /// The promotion was from one user to the other: this is the one that keeps its password.
    pub(super) kept_user: Option<Arc<str>>,
}

impl MachineState {
    pub(super) fn new(kind: RotationKind) -> Self {
        let is_resume = kind == RotationKind::Resume;
        Self {
            kind,
            phase: RotationPhase::Labels(LabelsRead::Survey),
            step: RotationStep::Check,
            pause: None,
            seen: SecretSeen::default(),
            target: RotationTarget::default(),
            progress: RotationProgress {
                underway: is_resume,
                ..RotationProgress::default()
            },
            consent: OperatorConsent {
                permitted: !is_resume,
                ..OperatorConsent::default()
            },
            search: PasswordSearch::default(),
            logins: LoginLimits::default(),
            retry: RetryCount::default(),
            consumers: ConsumersLeft::default(),
            looks: 0,
            ending: None,
        }
    }
}
