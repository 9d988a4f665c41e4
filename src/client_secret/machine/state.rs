//! What a rotation of a client secret remembers between two answers, and its settings.

use std::sync::Arc;
use std::time::Duration;

use crate::client_secret::effect::{ClientSecretId, JournalFacts};
use crate::client_secret::phase::{ClientRead, ClientSecretPhase};
use crate::client_secret::report::{ClientSecretKind, ClientSecretStep};
use crate::model::Moment;
use crate::rotation::labels::VersionId;

/// How patient and how careful a rotation of a client secret is.
#[derive(Clone, Debug)]
pub struct ClientSecretSettings {
    /// Who rotates: part of the labels.
    pub operator: String,
    /// Stop before the first write.
    pub rehearse: bool,
    /// Leave the old secret at Cognito.
    pub keep_old: bool,
    /// How often one request is repeated.
    pub tries: u8,
    /// For how long one request is repeated.
    pub patience: Duration,
    /// First pause between tries; doubled up to eight times of it.
    pub retry: Duration,
    /// Between reads that may lag behind a write.
    pub settle: Duration,
    /// How many such reads.
    pub settle_rounds: u8,
    /// Between reads of a provider that is UPDATING.
    pub provider_poll: Duration,
    /// How many such reads.
    pub provider_polls: u8,
    /// Longer than a request may take: after this time, no write is on its way that another operator sent before the rotation was
    /// marked as rolled back, or that this process sent without an answer.
    pub drain: Duration,
    /// Labels of values that were never used are removed when they are older than this.
    pub orphan_age: Duration,
}

impl Default for ClientSecretSettings {
    fn default() -> Self {
        Self {
            operator: "unknown".to_owned(),
            rehearse: false,
            keep_old: false,
            tries: 6,
            patience: Duration::from_secs(30),
            retry: Duration::from_millis(500),
            settle: Duration::from_secs(3),
            settle_rounds: 8,
            provider_poll: Duration::from_secs(1),
            provider_polls: 45,
            drain: Duration::from_secs(15),
            orphan_age: Duration::from_hours(1),
        }
    }
}

/// Everything that decides what happens next. Equal states behave equally, which is what the exploration counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientSecretState {
    pub(super) kind: ClientSecretKind,
    pub(super) phase: ClientSecretPhase,
    pub(super) step: ClientSecretStep,
    /// A wait before the phase's effect, and its reason.
    pub(super) pause: Option<(&'static str, Duration)>,
    /// The operator has agreed to writes.
    pub(super) permitted: bool,
    /// The phase whose write waits for the operator of a resume.
    pub(super) held: Option<ClientSecretPhase>,
    /// The write that follows after the journal was read once more.
    pub(super) guarded: Option<ClientSecretPhase>,
    /// How often that write has failed.
    pub(super) guarded_tries: u8,
    /// The rotation is rolled back: providers and configuration take the old value, and the new secret is removed.
    pub(super) undoing: bool,
    /// A write was attempted.
    pub(super) written: bool,
    /// The client's secrets as last read, the oldest first.
    pub(super) secrets: Vec<ClientSecretId>,
    /// The same with age and author.
    pub(super) described: Vec<String>,
    /// The journal as last read.
    pub(super) journal: JournalFacts,
    /// The secret to be removed.
    pub(super) old: Option<ClientSecretId>,
    /// The version that holds the new value.
    pub(super) pending: Option<VersionId>,
    /// The version that this process drew, and its label.
    pub(super) mine: Option<(VersionId, String)>,
    /// Credential providers of this client.
    pub(super) providers: Vec<Arc<str>>,
    /// Index of the one in question.
    pub(super) provider: usize,
    /// It was updated by this process.
    pub(super) provider_updated: bool,
    /// Files that hold the old value inline.
    pub(super) inline: Vec<String>,
    /// Why the old secret stays, a sentence for each.
    pub(super) keep: Vec<String>,
    /// Labels still to be removed.
    pub(super) loose: Vec<(VersionId, Arc<str>)>,
    /// Repeated reads that may lag behind a write.
    pub(super) rounds: u8,
    /// Tries of the current request.
    pub(super) tries: u8,
    /// Since when requests have had no answer.
    pub(super) silent_since: Option<Moment>,
    /// The end that follows after labels were removed.
    pub(super) giving_up: bool,
    /// Secret and holders agree already: only labels are left.
    pub(super) settled: bool,
}

impl ClientSecretState {
    pub(super) fn new(kind: ClientSecretKind) -> Self {
        Self {
            kind,
            phase: ClientSecretPhase::Client(ClientRead::First),
            step: ClientSecretStep::Check,
            pause: None,
            permitted: false,
            held: None,
            guarded: None,
            guarded_tries: 0,
            undoing: false,
            written: false,
            secrets: Vec::new(),
            described: Vec::new(),
            journal: JournalFacts::default(),
            old: None,
            pending: None,
            mine: None,
            providers: Vec::new(),
            provider: 0,
            provider_updated: false,
            inline: Vec::new(),
            keep: Vec::new(),
            loose: Vec::new(),
            rounds: 0,
            tries: 0,
            silent_since: None,
            giving_up: false,
            settled: false,
        }
    }
}
