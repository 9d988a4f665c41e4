//! The state machine of a rotation: where it stands, what it asks for next, and how an answer moves it.
//!
//! Two compare-and-swaps carry it: moving a staging label and `ALTER CURRENT USER SET PASSWORD FROM … TO …`. Rules that hold everywhere:
//! a pending value is rolled forward, never replaced unless the database has refused it for good; a lost answer, an unreachable or a
//! limited database is no evidence about a password; after two wrong logins a lock window is waited out before each further one.

mod check;
#[cfg(test)]
mod explore;
mod finish;
mod forward;
mod managed;
mod recover;
mod speak;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::effect::{Connection, Effect, LoginAnswer, Next, Observation, Pause, ReadAnswer, SecretFacts, Trouble, VersionFacts};
use super::labels::{self, Labels, VersionId};
use super::report::{Ending, Evidence, Kind, Outcome, Question, Report, Step, Why};

/// How patient and how careful a rotation is. Times in milliseconds unless said otherwise.
#[derive(Clone, Debug)]
pub struct Settings {
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
    /// Labels of values that were never claimed are taken off after so many seconds.
    pub orphan_seconds: i64,
    /// Stop before the first write.
    pub rehearse: bool,
    /// A foreign AWSPENDING whose value the database does not accept may be taken off.
    pub release_foreign: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            operator: "unknown".to_owned(),
            lock_millis: 5_000,
            jitter_millis: 150,
            settle_millis: 2_500,
            equal_reads: 3,
            tries: 8,
            patience_millis: 40_000,
            retry_millis: 400,
            limited_tries: 30,
            policy_tries: 2,
            laps: 10,
            managed_millis: 2_000,
            managed_looks: 90,
            orphan_seconds: 3_600,
            rehearse: false,
            release_foreign: false,
        }
    }
}

/// A rotation under way.
#[derive(Clone, Debug)]
pub struct Machine {
    settings: Arc<Settings>,
    state: State,
    now: i64,
    /// Evidence of the step that runs, not yet reported as its end.
    evidence: Vec<Evidence>,
    warned: bool,
    reports: Vec<Report>,
    /// When the database took the new password, for the length of the outage.
    changed_at: Option<i64>,
}

/// Everything that decides what happens next. Equal states behave equally, which is what the exploration counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    kind: Kind,
    place: Place,
    step: Step,
    pause: Option<(Pause, u64)>,
    /// Writes have begun, or this is a resume: whatever is unclear is found out, not refused.
    underway: bool,
    /// The last read of the labels.
    labels: Labels,
    managed: bool,
    readable: BTreeMap<VersionId, VersionFacts>,
    /// AWSCURRENT as last read: what the next compare-and-swap compares with.
    base: Option<VersionId>,
    /// The version that shall become current.
    chosen: Option<VersionId>,
    /// Whose password the database is known to accept before the change.
    from: Option<VersionId>,
    /// A version stored by this process.
    mine: Option<VersionId>,
    /// The version that this process set out to make current.
    goal: Option<VersionId>,
    prepared_label: Option<String>,
    sent_label: Option<String>,
    /// Versions whose password the database has refused for good.
    unusable: Vec<(VersionId, String)>,
    /// AWSPENDING may have been ours at some time: not every claim was answered by a definite no.
    claimed: bool,
    /// This process has sent a change of password whose effect may still come.
    sent: bool,
    /// The database itself has confirmed the change.
    changed: bool,
    /// The chosen version has logged in.
    verified: bool,
    promoted: bool,
    /// The operator has agreed to finish what another program began.
    agreed: bool,
    /// The operator has seen that nothing is pending once already.
    quiet: bool,
    /// What is still to be probed in this round.
    suspects: Vec<VersionId>,
    /// Rounds of probing with equal labels and no version accepted.
    rounds: u8,
    round_labels: Labels,
    tried: usize,
    wrong: u8,
    limited: u8,
    must_wait: bool,
    tries: u8,
    since: Option<i64>,
    laps: u8,
    policy: u8,
    looks: u16,
    /// Labels still to be taken off.
    loose: Vec<(VersionId, Arc<str>)>,
    /// Connections of consumers, to be closed.
    connections: Vec<Connection>,
    ending: Option<Ending>,
}

/// Which effect is next, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    // check
    Survey,
    ReadCurrent,
    ReadPrevious,
    CheckLogin,
    CheckConnections,
    Proceed,
    // prepare
    ClearFinished,
    Generate,
    Put,
    LabelChosen,
    // claim
    Claim,
    ClaimLook,
    ReadBack,
    Replace,
    // set
    Mark,
    BeforeSet,
    Alter,
    AfterPolicy,
    // verify, promote
    Verify,
    Promote,
    PromoteLook,
    // recover
    Compare,
    Probe,
    AgreeFinish,
    AgreeRelease,
    LabelForeign,
    // give up cleanly
    DropOrphan,
    Release,
    // clean
    Unpend,
    Tidy,
    Unlabel,
    // consumers
    ListConnections,
    AskClose,
    Kill,
    Refresh,
    Call,
    // the secret's own rotation function
    ManagedStart,
    ManagedWatch,
    ManagedExplain,
    Done,
}

impl Machine {
    /// Begins; the first thing asked for is a look at the secret.
    pub fn start(kind: Kind, settings: Settings, now: i64) -> Self {
        let state = State {
            kind,
            place: Place::Survey,
            step: Step::Check,
            pause: None,
            underway: kind == Kind::Resume,
            labels: Labels::default(),
            managed: false,
            readable: BTreeMap::new(),
            base: None,
            chosen: None,
            from: None,
            mine: None,
            goal: None,
            prepared_label: None,
            sent_label: None,
            unusable: Vec::new(),
            claimed: false,
            sent: false,
            changed: false,
            verified: false,
            promoted: false,
            agreed: false,
            quiet: false,
            suspects: Vec::new(),
            rounds: 0,
            round_labels: Labels::default(),
            tried: 0,
            wrong: 0,
            limited: 0,
            must_wait: false,
            tries: 0,
            since: None,
            laps: 0,
            policy: 0,
            looks: 0,
            loose: Vec::new(),
            connections: Vec::new(),
            ending: None,
        };
        let mut machine = Self {
            settings: Arc::new(settings),
            state,
            now,
            evidence: Vec::new(),
            warned: false,
            reports: Vec::new(),
            changed_at: None,
        };
        machine.report_start();
        machine
    }

    /// What must happen next. Asking twice without an answer in between gives the same.
    pub fn next(&self) -> Next {
        let state = &self.state;
        if let Some((reason, millis)) = state.pause {
            return Next::Effect(Effect::Wait { millis, reason });
        }
        match state.place {
            Place::Done => Next::Done(self.ending()),
            Place::Proceed => Next::Ask(Question::Proceed),
            Place::AgreeFinish => Next::Ask(Question::FinishForeign(self.chosen())),
            Place::AgreeRelease => Next::Ask(Question::ReleaseForeign(self.chosen())),
            Place::AskClose => Next::Ask(self.close_question()),
            place => Next::Effect(self.effect_at(place)),
        }
    }

    /// Takes an answer in; returns what people shall be told.
    pub fn on(&mut self, observation: Observation, now: i64) -> Vec<Report> {
        self.now = now;
        match observation {
            Observation::Waited => {
                if self.state.pause.take().is_none() {
                    self.state.must_wait = false;
                }
            }
            Observation::Failed(trouble) => self.failed(trouble),
            answer => {
                self.state.tries = 0;
                self.state.since = None;
                self.answered(answer);
            }
        }
        std::mem::take(&mut self.reports)
    }

    /// What has been reported since the start or the last answer.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// The step that runs.
    pub fn step(&self) -> Step {
        self.state.step
    }

    /// May the database already have a password that is not current? Then a forced end should say so.
    pub fn is_between(&self) -> bool {
        self.state.sent && !self.state.promoted && self.state.place != Place::Done
    }

    /// The labels as last read.
    pub fn labels(&self) -> &Labels {
        &self.state.labels
    }

    /// The current version as last read.
    pub fn current(&self) -> Option<&VersionId> {
        self.state.base.as_ref()
    }

    fn effect_at(&self, place: Place) -> Effect {
        let state = &self.state;
        match place {
            Place::Survey
            | Place::ClaimLook
            | Place::BeforeSet
            | Place::PromoteLook
            | Place::Tidy
            | Place::ManagedWatch
            // Questions and the end are no effects; `next` never asks for one there.
            | Place::Proceed
            | Place::AgreeFinish
            | Place::AgreeRelease
            | Place::AskClose
            | Place::Done => Effect::DescribeSecret,
            Place::ReadCurrent => read(state.base.as_ref()),
            Place::ReadPrevious | Place::ReadBack | Place::ManagedExplain => read(state.chosen.as_ref()),
            Place::Compare => read(self.unread().as_ref()),
            Place::CheckLogin => self.login(state.base.as_ref()),
            Place::Verify => self.login(state.chosen.as_ref()),
            Place::AfterPolicy => self.login(state.from.as_ref()),
            Place::Probe => self.login(state.suspects.first()),
            Place::CheckConnections => Effect::ListConnections { version: given(state.base.as_ref()) },
            Place::ListConnections => Effect::ListConnections { version: self.chosen() },
            Place::Kill => Effect::KillConnections { version: self.chosen(), ids: state.connections.iter().map(|one| one.id.clone()).collect() },
            Place::Generate => Effect::GeneratePassword { like: given(state.base.as_ref()) },
            Place::Put => Effect::PutVersion { version: given(state.mine.as_ref()), label: state.prepared_label.clone().unwrap_or_default() },
            Place::Alter => Effect::AlterPassword { from: given(state.from.as_ref()), to: self.chosen() },
            Place::Refresh => Effect::RefreshConsumers,
            Place::Call => Effect::CallThroughChain,
            Place::ManagedStart => Effect::StartManagedRotation,
            Place::ClearFinished
            | Place::LabelChosen
            | Place::Claim
            | Place::Replace
            | Place::Mark
            | Place::Promote
            | Place::LabelForeign
            | Place::DropOrphan
            | Place::Release
            | Place::Unpend
            | Place::Unlabel => self.label_move(place),
        }
    }

    fn label_move(&self, place: Place) -> Effect {
        let state = &self.state;
        let chosen = state.chosen.clone();
        let (label, to, remove_from) = match place {
            Place::ClearFinished => (labels::PENDING.to_owned(), None, state.base.clone()),
            Place::Claim => (labels::PENDING.to_owned(), chosen, None),
            Place::Replace => (labels::PENDING.to_owned(), state.mine.clone(), chosen),
            Place::Promote => (labels::CURRENT.to_owned(), chosen, state.base.clone()),
            Place::Release | Place::Unpend => (labels::PENDING.to_owned(), None, chosen),
            Place::Mark => (state.sent_label.clone().unwrap_or_default(), chosen, None),
            Place::DropOrphan => (state.prepared_label.clone().unwrap_or_default(), None, state.mine.clone()),
            Place::Unlabel => match state.loose.first() {
                Some((version, label)) => (label.to_string(), None, Some(version.clone())),
                None => (String::new(), None, None),
            },
            _ => (state.prepared_label.clone().unwrap_or_default(), chosen, None),
        };
        Effect::MoveStage { stage: label, to, remove_from }
    }

    /// A version must have been read before its password can be used.
    fn login(&self, version: Option<&VersionId>) -> Effect {
        let version = given(version);
        if !self.state.readable.contains_key(&version) {
            return Effect::ReadVersion { version };
        }
        if self.state.must_wait {
            let (reason, millis) = self.login_pause();
            return Effect::Wait { millis, reason };
        }
        Effect::Login { version }
    }

    fn chosen(&self) -> VersionId {
        given(self.state.chosen.as_ref())
    }

    fn ending(&self) -> Ending {
        self.state.ending.clone().unwrap_or(Ending { outcome: Outcome::Failed, version: None, why: Why::Unexpected })
    }

    fn answered(&mut self, answer: Observation) {
        match answer {
            Observation::Described(facts) => self.described(&facts),
            Observation::Read(read) => self.read_answered(read),
            Observation::Generated { version } => self.generated(version),
            Observation::Stored => self.stored(),
            Observation::Moved => self.moved(),
            Observation::Conflict => self.conflicted(),
            Observation::Login(login) => self.login_answered(login),
            Observation::Altered(altered) => self.altered(altered),
            Observation::Connections(connections) => self.connections_listed(connections),
            Observation::Killed(count) => self.killed(count),
            Observation::Refreshed(done) => self.refreshed(done),
            Observation::Called(call) => self.called(call),
            Observation::Started { version } => self.managed_started(version),
            Observation::Agreed(yes) => self.agreed(yes),
            Observation::Waited | Observation::Failed(_) => {}
        }
    }

    fn described(&mut self, facts: &SecretFacts) {
        self.state.labels = facts.labels.clone();
        self.state.managed = facts.managed;
        match self.state.place {
            Place::Survey => self.surveyed(facts),
            Place::ClaimLook => self.claim_seen(),
            Place::BeforeSet => self.seen_before_set(),
            Place::PromoteLook => self.promotion_seen(),
            Place::Tidy => self.tidied(),
            Place::ManagedWatch => self.managed_seen(),
            _ => self.unexpected(),
        }
    }

    fn read_answered(&mut self, read: ReadAnswer) {
        let Next::Effect(Effect::ReadVersion { version }) = self.next() else { return self.unexpected() };
        match read {
            ReadAnswer::Value(facts) => {
                self.state.readable.insert(version.clone(), facts.clone());
                match self.state.place {
                    Place::ReadCurrent => self.current_read(&facts),
                    Place::ReadPrevious => self.previous_read(&facts),
                    Place::ReadBack => self.read_back(&facts),
                    Place::Compare => self.compared(&version, &facts),
                    Place::Probe => self.suspect_read(&facts),
                    Place::ManagedExplain => self.managed_explained(Some(&facts)),
                    // A login place reads first and then logs in.
                    _ => {}
                }
            }
            ReadAnswer::Empty => self.found_empty(version),
        }
    }

    fn login_answered(&mut self, answer: LoginAnswer) {
        match answer {
            LoginAnswer::Accepted | LoginAnswer::MustChange => {
                self.state.wrong = 0;
                self.state.limited = 0;
                self.state.must_wait = false;
                if answer == LoginAnswer::MustChange {
                    self.note(Evidence::MustChange);
                }
                self.accepted();
            }
            LoginAnswer::Wrong => {
                self.count_wrong();
                self.state.limited = 0;
                self.refused();
            }
            LoginAnswer::Limited => self.limited(),
            LoginAnswer::External => self.end(Outcome::Refused, Why::External),
        }
    }

    fn count_wrong(&mut self) {
        self.state.wrong = self.state.wrong.saturating_add(1).min(2);
        self.state.must_wait = self.state.wrong >= 2;
    }

    /// After two wrong logins, or while logins are limited: how long until the next one.
    fn login_pause(&self) -> (Pause, u64) {
        let settings = &self.settings;
        match self.state.limited {
            0 => (Pause::LockWindow, settings.lock_millis + settings.jitter_millis),
            1 => (Pause::Limited, settings.lock_millis + settings.jitter_millis),
            // Whoever locks the user tries again and again: the gap after each lock is short, and tries inside a lock do not count.
            _ => (Pause::Limited, settings.retry_millis + settings.jitter_millis),
        }
    }

    fn limited(&mut self) {
        if self.state.place == Place::Verify && self.state.changed && !self.state.promoted {
            self.note(Evidence::ConfirmedByChange);
            return self.go(Place::Promote);
        }
        self.state.limited = self.state.limited.saturating_add(1);
        if self.state.limited > self.settings.limited_tries {
            return self.end(Outcome::Failed, Why::Limited);
        }
        let (pause, millis) = self.login_pause();
        self.wait_for(pause, millis);
    }

    /// A call without a usable answer.
    fn failed(&mut self, trouble: Trouble) {
        if trouble == Trouble::InDoubt && matches!(self.next(), Next::Effect(Effect::Login { .. })) {
            // The server may have heard it, and it may have been wrong.
            self.count_wrong();
        }
        match self.state.place {
            Place::Alter => return self.alter_failed(trouble),
            Place::Promote if trouble == Trouble::InDoubt => return self.go(Place::PromoteLook),
            Place::Claim | Place::Replace if trouble == Trouble::InDoubt => return self.claim_in_doubt(),
            Place::CheckConnections | Place::ListConnections | Place::Kill | Place::Refresh | Place::Call => {
                return self.consumer_trouble(trouble);
            }
            Place::ManagedStart if trouble == Trouble::InDoubt => return self.go(Place::ManagedWatch),
            _ => {}
        }
        match trouble {
            Trouble::InDoubt | Trouble::Unreachable(_) | Trouble::Throttled => self.try_again(trouble),
            Trouble::NotFound | Trouble::Denied(_) | Trouble::Expired(_) | Trouble::Refused(_) => self.give_up(trouble),
        }
    }

    fn try_again(&mut self, trouble: Trouble) {
        let since = *self.state.since.get_or_insert(self.now);
        if self.state.tries >= self.settings.tries || self.now - since > self.settings.patience_millis {
            return self.give_up(trouble);
        }
        let factor = 1_u64 << self.state.tries.min(3);
        self.state.tries += 1;
        self.say(Evidence::Trouble(trouble));
        self.wait_for(Pause::Retry, self.settings.retry_millis * factor + self.settings.jitter_millis);
    }

    fn give_up(&mut self, trouble: Trouble) {
        let sent = self.state.sent && !self.state.promoted;
        let network = matches!(trouble, Trouble::InDoubt | Trouble::Unreachable(_) | Trouble::Throttled);
        let outcome = if self.state.underway || network { Outcome::Failed } else { Outcome::Refused };
        self.end(outcome, Why::Trouble { trouble, sent });
    }

    fn wait_for(&mut self, pause: Pause, millis: u64) {
        self.state.pause = Some((pause, millis));
        self.report_wait(pause, millis);
    }

    fn unexpected(&mut self) {
        self.end(Outcome::Failed, Why::Unexpected);
    }
}

fn read(version: Option<&VersionId>) -> Effect {
    Effect::ReadVersion { version: given(version) }
}

/// A place is only entered when its version is known; an empty id would be refused by the service, not taken for another.
fn given(version: Option<&VersionId>) -> VersionId {
    version.cloned().unwrap_or_else(|| VersionId::new(""))
}
