//! The state machine of a rotation: where it stands, what it asks for next, and how an answer moves it.
//!
//! Two compare-and-swaps carry it: moving a staging label and `ALTER CURRENT USER SET PASSWORD FROM … TO …`. Rules that hold everywhere:
//! a pending value is rolled forward, never replaced unless the database has refused it for good; a lost answer, an unreachable or a
//! limited database is no evidence about a password; after two wrong logins a lock window is waited out before each further one.

mod change;
mod check;
mod cleanup;
mod effects;
mod errors;
mod forward;
mod managed;
mod phase;
mod recover;
mod state;
mod transitions;

use std::sync::Arc;

use super::effect::{
    Observation, ReadAnswer, RotationEffect, RotationNext, SecretFacts, VersionFacts,
};
use super::labels::{Labels, VersionId};
use crate::model::LoginAnswer;

use super::report::{
    EndReason, Neo4jEvidence, RotationEnd, RotationEvidence, RotationKind, RotationOutcome,
    RotationQuestion, RotationReport, RotationStep,
};

use phase::{LabelsRead, LoginPurpose, RotationAsk, RotationPhase, VersionRead};
use state::MachineState;
pub use state::RotationSettings;

/// A rotation under way.
#[derive(Clone, Debug)]
pub struct RotationMachine {
    settings: Arc<RotationSettings>,
    state: MachineState,
    now: i64,
    /// When the last question was put: the time of the answer before it.
    asked_at: i64,
    /// Evidence of the step that runs, not yet reported as its end.
    evidence: Vec<RotationEvidence>,
    /// All evidence before the first write, for the question that comes before that.
    found: Vec<RotationEvidence>,
    warned: bool,
    reports: Vec<RotationReport>,
    /// When the database took the new password, for the length of the outage.
    changed_at: Option<i64>,
}

impl RotationMachine {
    /// Begins; the first thing asked for is a look at the secret.
    pub fn start(kind: RotationKind, settings: RotationSettings, now: i64) -> Self {
        let state = MachineState::new(kind);
        let mut machine = Self {
            settings: Arc::new(settings),
            state,
            now,
            asked_at: now,
            evidence: Vec::new(),
            found: Vec::new(),
            warned: false,
            reports: Vec::new(),
            changed_at: None,
        };
        machine.report_start();
        machine
    }

    /// Returns what must happen next. Asking twice without an answer in between gives the same.
    pub fn next(&self) -> RotationNext {
        let state = &self.state;
        if let Some((reason, millis)) = state.pause {
            return RotationNext::Effect(RotationEffect::Wait { millis, reason });
        }
        match state.phase {
            RotationPhase::Done => RotationNext::Done(self.ending()),
            RotationPhase::Ask(ask) => RotationNext::Ask(self.question(ask)),
            phase => RotationNext::Effect(self.effect_at(phase)),
        }
    }

    fn question(&self, ask: RotationAsk) -> RotationQuestion {
        match ask {
            RotationAsk::Proceed => RotationQuestion::Proceed,
            RotationAsk::FinishForeign => RotationQuestion::FinishForeign(self.chosen()),
            RotationAsk::ReleaseForeign => RotationQuestion::ReleaseForeign(self.chosen()),
            RotationAsk::GoOn => self.go_on_question(),
            RotationAsk::CloseConnections => self.close_question(),
            RotationAsk::RefreshReaders => self.refresh_question(),
        }
    }

    /// Takes an answer in; returns what people shall be told.
    pub fn on(&mut self, observation: Observation, now: i64) -> Vec<RotationReport> {
        self.asked_at = self.now;
        self.now = now;
        match observation {
            Observation::Waited => {
                if self.state.pause.take().is_none() {
                    self.state.logins.must_wait.clear();
                }
            }
            Observation::Failed(error) => self.failed(error),
            answer => {
                self.state.retry.tries = 0;
                self.state.retry.since = None;
                self.answered(answer);
            }
        }
        std::mem::take(&mut self.reports)
    }

    /// Asks to stop as soon as that leaves nothing half done: at once, or when AWSCURRENT has followed the database. Answers whether
    /// it has stopped.
    pub fn stop(&mut self) -> bool {
        if self.state.phase != RotationPhase::Done && !self.is_between() {
            if self.state.progress.promoted {
                self.end(self.good_outcome(), EndReason::StoppedAfter);
            } else if self.is_unconfirmed() {
                self.end(RotationOutcome::Refused, EndReason::Declined);
            } else {
                self.end(RotationOutcome::Failed, EndReason::Stopped);
            }
        }
        self.state.phase == RotationPhase::Done
    }

    /// Returns whether the operator has agreed to nothing yet, so that nothing was written.
    fn is_unconfirmed(&self) -> bool {
        match self.state.kind {
            RotationKind::Resume => !self.state.consent.permitted,
            RotationKind::Rotate | RotationKind::Rollback => !self.state.progress.underway,
        }
    }

    /// Returns what has been reported since the start or the last answer.
    pub fn take_reports(&mut self) -> Vec<RotationReport> {
        std::mem::take(&mut self.reports)
    }

    /// Returns the step that runs.
    pub fn step(&self) -> RotationStep {
        self.state.step
    }

    /// Is something half done: may the database already have a password that is not current, or are labels still to be taken off?
    pub fn is_between(&self) -> bool {
        let ahead = self.state.progress.sent && !self.state.progress.promoted;
        let untidy = self.state.progress.promoted
            && !self.state.progress.cleaned
            && self.state.consent.permitted;
        (ahead || untidy) && self.state.phase != RotationPhase::Done
    }

    /// Will the secret name the other one of two users?
    pub fn is_alternating(&self) -> bool {
        self.state.target.alternate
            || (self.state.kind == RotationKind::Rollback && self.takes_turns())
    }

    /// Returns the labels as last read.
    pub fn labels(&self) -> &Labels {
        &self.state.seen.labels
    }

    /// Returns the version that this rotation is to make current: its own, or the one found; the current one before that is known.
    pub fn chosen_version(&self) -> Option<&VersionId> {
        let state = &self.state;
        state
            .target
            .mine
            .as_ref()
            .or(state.target.chosen.as_ref())
            .or(state.seen.base.as_ref())
    }

    /// Returns the current version as last read.
    pub fn current(&self) -> Option<&VersionId> {
        self.state.seen.base.as_ref()
    }

    fn ending(&self) -> RotationEnd {
        self.state.ending.clone().unwrap_or(RotationEnd {
            outcome: RotationOutcome::Failed,
            version: None,
            why: EndReason::Unexpected,
        })
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
            Observation::Administrator(administrator) => self.administrator_seen(administrator),
            Observation::Set(set) => self.set(set),
            Observation::Readers { stale, unknown } => self.readers_found(stale, unknown),
            Observation::Refreshed { done, left } => self.refreshed(done, left),
            Observation::Called(call) => self.called(call),
            Observation::Started { version } => self.managed_started(version),
            Observation::Agreed(yes) => self.agreed(yes),
            Observation::Waited | Observation::Failed(_) => {}
        }
    }

    fn described(&mut self, facts: &SecretFacts) {
        self.state.seen.labels = facts.labels.clone();
        self.state.seen.managed = facts.managed;
        let RotationPhase::Labels(read) = self.state.phase else {
            return self.unexpected();
        };
        if facts.deleted && matches!(read, LabelsRead::AfterClaim | LabelsRead::BeforeSet) {
            // A secret that goes away takes with it whatever the database would be changed to.
            let outcome = if self.state.progress.sent {
                RotationOutcome::Failed
            } else {
                RotationOutcome::Refused
            };
            return self.end(outcome, EndReason::Deleted);
        }
        match read {
            LabelsRead::Survey => self.surveyed(facts),
            LabelsRead::AfterClaim => self.claim_seen(),
            LabelsRead::BeforeSet => self.seen_before_set(),
            LabelsRead::AfterPromote => self.promotion_seen(),
            LabelsRead::Tidy => self.tidied(),
            LabelsRead::Function => self.managed_seen(),
        }
    }

    fn read_answered(&mut self, read: ReadAnswer) {
        let RotationNext::Effect(RotationEffect::ReadVersion { version }) = self.next() else {
            return self.unexpected();
        };
        match read {
            ReadAnswer::Value(facts) => {
                self.state
                    .seen
                    .readable
                    .insert(version.clone(), facts.clone());
                self.value_read(&version, &facts);
            }
            ReadAnswer::Empty => self.found_empty(version),
        }
    }

    fn value_read(&mut self, version: &VersionId, facts: &VersionFacts) {
        match self.state.phase {
            RotationPhase::Read(read) => match read {
                VersionRead::Current => self.current_read(facts),
                VersionRead::Previous => self.previous_read(facts),
                VersionRead::Back => self.read_back(facts),
                VersionRead::Compare => self.compared(version, facts),
                VersionRead::Before => self.before_read(Some(facts)),
                VersionRead::Function => self.managed_explained(Some(facts)),
            },
            RotationPhase::Alter => self.source_read(Some(facts)),
            RotationPhase::Login(LoginPurpose::Probe) => self.suspect_read(facts),
            // The version was read so that its password can be sent; the login follows.
            RotationPhase::Login(
                LoginPurpose::Current
                | LoginPurpose::Verify
                | LoginPurpose::StillWorks
                | LoginPurpose::AfterPolicy,
            ) => {}
            RotationPhase::Labels(_)
            | RotationPhase::CheckAdministrator
            | RotationPhase::Connections(_)
            | RotationPhase::Ask(_)
            | RotationPhase::Generate
            | RotationPhase::Put
            | RotationPhase::Move(_)
            | RotationPhase::SetByAdministrator
            | RotationPhase::Kill
            | RotationPhase::FindReaders
            | RotationPhase::Refresh
            | RotationPhase::Call
            | RotationPhase::ManagedStart
            | RotationPhase::Done => self.unexpected(),
        }
    }

    fn login_answered(&mut self, answer: LoginAnswer) {
        match answer {
            LoginAnswer::Accepted | LoginAnswer::MustChange => {
                if let Some(user) = self.user_asked() {
                    self.state.logins.wrong.remove(&user);
                    self.state.logins.must_wait.remove(&user);
                }
                self.state.logins.limited = 0;
                if answer == LoginAnswer::MustChange {
                    self.note(Neo4jEvidence::MustChange);
                }
                self.accepted();
            }
            LoginAnswer::WrongPassword => {
                self.count_wrong();
                self.state.logins.limited = 0;
                self.refused();
            }
            LoginAnswer::RateLimited => self.limited(),
        }
    }

    /// One more login of the user just asked for that was, or may have been, wrong.
    fn count_wrong(&mut self) {
        let Some(user) = self.user_asked() else {
            return;
        };
        let wrong = self
            .state
            .logins
            .wrong
            .entry(Arc::clone(&user))
            .or_default();
        *wrong = wrong.saturating_add(1).min(2);
        if *wrong >= 2 {
            self.state.logins.must_wait.insert(user);
        }
    }

    /// Returns whose login the effect is that is being answered.
    fn user_asked(&self) -> Option<Arc<str>> {
        match self.next() {
            RotationNext::Effect(
                RotationEffect::Login { version }
                | RotationEffect::AlterPassword { from: version, .. },
            ) => self
                .facts_of(Some(&version))
                .map(|facts| Arc::clone(&facts.user)),
            RotationNext::Effect(_) | RotationNext::Ask(_) | RotationNext::Done(_) => None,
        }
    }

    fn unexpected(&mut self) {
        self.end(RotationOutcome::Failed, EndReason::Unexpected);
    }
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
