//! The state machine of a rotation: where it stands, what it asks for next, and how an answer moves it.
//!
//! Two compare-and-swaps carry it: moving a staging label and `ALTER CURRENT USER SET PASSWORD FROM … TO …`. Rules that hold everywhere:
//! a pending value is rolled forward, never replaced unless the database has refused it for good; a lost answer, an unreachable or a
//! limited database is no evidence about a password; after two wrong logins a lock window is waited out before each further one.

mod check;
mod cleanup;
mod effects;
mod errors;
mod forward;
mod managed;
mod recover;
mod state;
mod transitions;

use std::sync::Arc;

use super::effect::{Effect, LoginAnswer, Next, Observation, ReadAnswer, SecretFacts};
use super::labels::{Labels, VersionId};
use super::report::{Ending, Evidence, Kind, Outcome, Question, Report, Step, Why};

pub use state::Settings;
use state::{Place, State};

/// A rotation under way.
#[derive(Clone, Debug)]
pub struct Machine {
    settings: Arc<Settings>,
    state: State,
    now: i64,
    /// When the last question was put: the time of the answer before it.
    asked_at: i64,
    /// Evidence of the step that runs, not yet reported as its end.
    evidence: Vec<Evidence>,
    /// All evidence before the first write, for the question that comes before that.
    found: Vec<Evidence>,
    warned: bool,
    reports: Vec<Report>,
    /// When the database took the new password, for the length of the outage.
    changed_at: Option<i64>,
}

impl Machine {
    /// Begins; the first thing asked for is a look at the secret.
    pub fn start(kind: Kind, settings: Settings, now: i64) -> Self {
        let state = State::new(kind);
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
            Place::AskGoOn => Next::Ask(self.go_on_question()),
            Place::AskClose => Next::Ask(self.close_question()),
            Place::AskRefresh => Next::Ask(self.refresh_question()),
            place => Next::Effect(self.effect_at(place)),
        }
    }

    /// Takes an answer in; returns what people shall be told.
    pub fn on(&mut self, observation: Observation, now: i64) -> Vec<Report> {
        self.asked_at = self.now;
        self.now = now;
        match observation {
            Observation::Waited => {
                if self.state.pause.take().is_none() {
                    self.state.must_wait.clear();
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

    /// Asks to stop as soon as that leaves nothing half done: at once, or when AWSCURRENT has followed the database. Answers whether
    /// it has stopped.
    pub fn stop(&mut self) -> bool {
        if self.state.place != Place::Done && !self.is_between() {
            if self.state.promoted {
                self.end(self.good_outcome(), Why::StoppedAfter);
            } else {
                self.end(Outcome::Failed, Why::Stopped);
            }
        }
        self.state.place == Place::Done
    }

    /// What has been reported since the start or the last answer.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// The step that runs.
    pub fn step(&self) -> Step {
        self.state.step
    }

    /// Is something half done: may the database already have a password that is not current, or are labels still to be taken off?
    pub fn is_between(&self) -> bool {
        let ahead = self.state.sent && !self.state.promoted;
        let untidy = self.state.promoted && !self.state.cleaned && self.state.permitted;
        (ahead || untidy) && self.state.place != Place::Done
    }

    /// Will the secret name the other one of two users?
    pub fn is_alternating(&self) -> bool {
        self.state.alternate || (self.state.kind == Kind::Rollback && self.takes_turns())
    }

    /// The labels as last read.
    pub fn labels(&self) -> &Labels {
        &self.state.labels
    }

    /// The current version as last read.
    pub fn current(&self) -> Option<&VersionId> {
        self.state.base.as_ref()
    }

    fn ending(&self) -> Ending {
        self.state.ending.clone().unwrap_or(Ending {
            outcome: Outcome::Failed,
            version: None,
            why: Why::Unexpected,
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
        self.state.labels = facts.labels.clone();
        self.state.managed = facts.managed;
        if facts.deleted && matches!(self.state.place, Place::ClaimLook | Place::BeforeSet) {
            // A secret that goes away takes with it whatever the database would be changed to.
            let outcome = if self.state.sent {
                Outcome::Failed
            } else {
                Outcome::Refused
            };
            return self.end(outcome, Why::Deleted);
        }
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
        let Next::Effect(Effect::ReadVersion { version }) = self.next() else {
            return self.unexpected();
        };
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
                    Place::Alter => self.source_read(Some(&facts)),
                    Place::ReadBefore => self.before_read(Some(&facts)),
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
                if let Some(user) = self.user_asked() {
                    self.state.wrong.remove(&user);
                    self.state.must_wait.remove(&user);
                }
                self.state.limited = 0;
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

    /// One more login of the user just asked for that was, or may have been, wrong.
    fn count_wrong(&mut self) {
        let Some(user) = self.user_asked() else {
            return;
        };
        let wrong = self.state.wrong.entry(Arc::clone(&user)).or_default();
        *wrong = wrong.saturating_add(1).min(2);
        if *wrong >= 2 {
            self.state.must_wait.insert(user);
        }
    }

    /// Whose login the effect is that is being answered.
    fn user_asked(&self) -> Option<Arc<str>> {
        match self.next() {
            Next::Effect(
                Effect::Login { version } | Effect::AlterPassword { from: version, .. },
            ) => self
                .facts_of(Some(&version))
                .map(|facts| Arc::clone(&facts.user)),
            Next::Effect(_) | Next::Ask(_) | Next::Done(_) => None,
        }
    }

    fn unexpected(&mut self) {
        self.end(Outcome::Failed, Why::Unexpected);
    }
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
