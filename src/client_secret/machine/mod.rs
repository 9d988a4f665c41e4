//! The state machine of a client secret's rotation: its phase, its next effect, and how an answer moves it.
//!
//! Rules that hold everywhere: the new value is stored before Cognito learns it; AWSPENDING is taken by compare-and-swap and is lock
//! and record in one; a secret is removed only by the id that was recorded before the new one existed; a lost answer, a busy or an
//! unreachable token endpoint is no evidence about a value. No phase leaves a holder with a value that Cognito does not accept.

mod errors;
mod finish;
mod forward;
mod look;
mod state;
mod transitions;
mod undo;

use std::sync::Arc;

use self::state::ClientSecretState;
use super::effect::{
    ClientSecretEffect, ClientSecretId, ClientSecretNext, ClientSecretObservation, SecretChoice,
};
use super::phase::{AskPurpose, ClientRead, ClientSecretPhase, LabelMove, ProbePurpose};
use super::report::{
    ClientSecretEnd, ClientSecretEndReason, ClientSecretKind, ClientSecretQuestion,
    ClientSecretReport, ClientSecretStep,
};
use crate::model::Moment;
use crate::rotation::labels::{CURRENT, PENDING, VersionId};
use crate::rotation::report::RotationOutcome;

pub use state::ClientSecretSettings;

/// A rotation of a client secret in progress.
#[derive(Clone, Debug)]
pub struct ClientSecretMachine {
    settings: Arc<ClientSecretSettings>,
    state: ClientSecretState,
    now: Moment,
    /// Time of the answer before the last one: requests since then have had no answer.
    asked_at: Moment,
    /// Evidence of the current step, not yet reported as its end.
    evidence: Vec<String>,
    /// All evidence before the first write, for the question of a resume.
    found: Vec<String>,
    warned: bool,
    warnings: Vec<String>,
    reports: Vec<ClientSecretReport>,
    end: Option<ClientSecretEnd>,
}

impl ClientSecretMachine {
    /// Starts; the first effect reads the app client.
    pub fn new(kind: ClientSecretKind, settings: ClientSecretSettings, now: Moment) -> Self {
        let mut machine = Self {
            settings: Arc::new(settings),
            state: ClientSecretState::new(kind),
            now,
            asked_at: now,
            evidence: Vec::new(),
            found: Vec::new(),
            warned: false,
            warnings: Vec::new(),
            reports: Vec::new(),
            end: None,
        };
        machine.report_start();
        machine
    }

    /// Returns what must happen next. Asking twice without an answer in between gives the same.
    pub fn next(&self) -> ClientSecretNext {
        let state = &self.state;
        if let Some((reason, duration)) = state.pause {
            return ClientSecretNext::Effect(ClientSecretEffect::Wait { duration, reason });
        }
        match state.phase {
            ClientSecretPhase::Done => ClientSecretNext::Done(self.ending()),
            ClientSecretPhase::Ask(purpose) => ClientSecretNext::Ask(self.question(purpose)),
            phase => ClientSecretNext::Effect(self.effect_of(phase)),
        }
    }

    fn question(&self, purpose: AskPurpose) -> ClientSecretQuestion {
        match purpose {
            AskPurpose::Proceed => ClientSecretQuestion::Proceed,
            AskPurpose::GoOn => self.go_on_question(),
            AskPurpose::Configuration if self.state.undoing => {
                ClientSecretQuestion::RestoreConfiguration(self.state.inline.clone())
            }
            AskPurpose::Configuration => {
                ClientSecretQuestion::UpdateConfiguration(self.state.inline.clone())
            }
            AskPurpose::Retire => ClientSecretQuestion::Retire(
                self.state
                    .old
                    .clone()
                    .unwrap_or_else(|| ClientSecretId::new("")),
            ),
        }
    }

    fn effect_of(&self, phase: ClientSecretPhase) -> ClientSecretEffect {
        let state = &self.state;
        match phase {
            // Questions and the end have no effect of their own; `next` does not come here for them.
            ClientSecretPhase::Client(_) | ClientSecretPhase::Ask(_) | ClientSecretPhase::Done => {
                ClientSecretEffect::ReadClient
            }
            ClientSecretPhase::Journal(_) => ClientSecretEffect::ReadJournal,
            ClientSecretPhase::FindProviders => ClientSecretEffect::FindProviders,
            ClientSecretPhase::Probe(
                ProbePurpose::Old | ProbePurpose::Undo | ProbePurpose::UndoLast,
            ) => ClientSecretEffect::Probe(SecretChoice::Old),
            ClientSecretPhase::Probe(
                ProbePurpose::New | ProbePurpose::Last | ProbePurpose::Second,
            ) => ClientSecretEffect::Probe(SecretChoice::New),
            ClientSecretPhase::Provider(_) => ClientSecretEffect::ReadProvider(state.provider),
            ClientSecretPhase::CheckProvider => ClientSecretEffect::CheckProvider(state.provider),
            ClientSecretPhase::CheckPermissions => ClientSecretEffect::CheckPermissions,
            ClientSecretPhase::UpdateProvider => {
                ClientSecretEffect::UpdateProvider(state.provider, self.wanted())
            }
            ClientSecretPhase::CreateJournal => ClientSecretEffect::CreateJournal,
            ClientSecretPhase::Generate => ClientSecretEffect::Generate,
            ClientSecretPhase::Put => match &state.mine {
                Some((version, label)) => ClientSecretEffect::PutVersion {
                    version: version.clone(),
                    label: label.clone(),
                },
                None => ClientSecretEffect::Generate,
            },
            ClientSecretPhase::Add => ClientSecretEffect::AddSecret,
            ClientSecretPhase::Call => ClientSecretEffect::CallThroughChain(self.wanted()),
            ClientSecretPhase::FindHolders => ClientSecretEffect::FindHolders(self.wanted()),
            ClientSecretPhase::UpdateConfiguration => {
                ClientSecretEffect::UpdateConfiguration(self.wanted())
            }
            ClientSecretPhase::Discard => match self.second() {
                Some(second) => ClientSecretEffect::DeleteSecret(second.clone()),
                None => ClientSecretEffect::ReadClient,
            },
            ClientSecretPhase::Retire => match &state.old {
                Some(old) => ClientSecretEffect::DeleteSecret(old.clone()),
                None => ClientSecretEffect::ReadClient,
            },
            ClientSecretPhase::Label(label) => self.label_move(label),
        }
    }

    /// Returns the value that providers and configuration are to take.
    pub(super) const fn wanted(&self) -> SecretChoice {
        if self.state.undoing {
            SecretChoice::Old
        } else {
            SecretChoice::New
        }
    }

    /// Returns the secret at Cognito that is not the old one.
    pub(super) fn second(&self) -> Option<&ClientSecretId> {
        let old = self.state.old.as_ref();
        self.state.secrets.iter().find(|id| Some(*id) != old)
    }

    /// Returns the move of a label.
    fn label_move(&self, label: LabelMove) -> ClientSecretEffect {
        let state = &self.state;
        let pending = state.pending.clone();
        let (label_stage, to, remove_from) = match label {
            LabelMove::Claim => (
                PENDING.to_owned(),
                state.mine.as_ref().map(|(version, _)| version.clone()),
                None,
            ),
            LabelMove::Promote => (
                CURRENT.to_owned(),
                pending,
                state.journal.labels.holder(CURRENT).cloned(),
            ),
            LabelMove::DropOrphan => match &state.mine {
                Some((version, label)) => (label.clone(), None, Some(version.clone())),
                None => (String::new(), None, None),
            },
            LabelMove::Unlabel => match state.loose.first() {
                Some((version, label)) => (label.to_string(), None, Some(version.clone())),
                None => (String::new(), None, None),
            },
            LabelMove::Release | LabelMove::Unpend => (PENDING.to_owned(), None, pending),
            LabelMove::MarkUndo => (self.undo_label(), pending, None),
            LabelMove::UnmarkUndo => {
                let mark = pending
                    .as_ref()
                    .and_then(|pending| state.journal.labels.undo_mark(pending));
                (
                    mark.map_or_else(String::new, ToString::to_string),
                    None,
                    pending,
                )
            }
        };
        ClientSecretEffect::MoveStage {
            stage: label_stage,
            to,
            remove_from,
        }
    }

    /// Processes an answer; returns what people are told.
    pub fn on(
        &mut self,
        observation: ClientSecretObservation,
        now: Moment,
    ) -> Vec<ClientSecretReport> {
        self.asked_at = self.now;
        self.now = now;
        // A write that was definitely refused has changed nothing.
        let is_refusal =
            matches!(&observation, ClientSecretObservation::Failed(error) if !error.is_in_doubt());
        self.state.written |=
            self.state.pause.is_none() && self.state.phase.spec().writes && !is_refusal;
        match observation {
            ClientSecretObservation::Waited => self.state.pause = None,
            ClientSecretObservation::Failed(error) => self.failed(error),
            answer => {
                self.state.tries = 0;
                self.state.silent_since = None;
                self.answered(answer);
            }
        }
        std::mem::take(&mut self.reports)
    }

    fn answered(&mut self, answer: ClientSecretObservation) {
        match answer {
            ClientSecretObservation::Client(facts) => self.client_read(facts),
            ClientSecretObservation::Journal(facts) => self.journal_read(facts),
            ClientSecretObservation::Probed(accepted) => self.probed(accepted),
            ClientSecretObservation::Providers(names) => self.providers_found(names),
            ClientSecretObservation::Provider(facts) => self.provider_read(&facts),
            ClientSecretObservation::Permitted => self.permitted(),
            ClientSecretObservation::Stored => self.stored(),
            ClientSecretObservation::Generated(version) => self.generated(version),
            ClientSecretObservation::Moved => self.moved(),
            ClientSecretObservation::Conflict => self.conflicted(),
            ClientSecretObservation::Added(id) => self.added(&id),
            ClientSecretObservation::Updated => self.provider_updated(),
            ClientSecretObservation::Called(call) => self.called(call),
            ClientSecretObservation::Holders { inline, others } => {
                self.holders_found(inline, others);
            }
            ClientSecretObservation::Written { done, left } => {
                self.configuration_written(&done, left);
            }
            ClientSecretObservation::Deleted => {
                self.go(ClientSecretPhase::Client(if self.state.undoing {
                    ClientRead::AfterDiscard
                } else {
                    ClientRead::AfterRetire
                }));
            }
            ClientSecretObservation::Agreed(yes) => self.agreed(yes),
            ClientSecretObservation::Waited | ClientSecretObservation::Failed(_) => {}
        }
    }

    /// Stops at once: no phase leaves a holder without a secret that works. Returns whether it has ended.
    pub fn stop(&mut self) -> bool {
        if self.state.phase != ClientSecretPhase::Done {
            if self.state.permitted {
                self.end(RotationOutcome::Failed, ClientSecretEndReason::Stopped);
            } else {
                self.end(RotationOutcome::Refused, ClientSecretEndReason::Declined);
            }
        }
        true
    }

    /// Returns what has been reported since the start or the last answer.
    pub fn take_reports(&mut self) -> Vec<ClientSecretReport> {
        std::mem::take(&mut self.reports)
    }

    /// Returns whether the next effect changes something outside.
    pub fn is_writing(&self) -> bool {
        self.state.pause.is_none() && self.state.phase.spec().writes
    }

    /// Returns the current step.
    pub fn step(&self) -> ClientSecretStep {
        self.state.step
    }

    /// Returns whether the rotation is rolled back.
    pub const fn is_undoing(&self) -> bool {
        self.state.undoing
    }

    /// Returns the secret that is to be replaced.
    pub fn old(&self) -> Option<&ClientSecretId> {
        self.state.old.as_ref()
    }

    /// Returns the providers of this client, as found.
    pub fn providers(&self) -> &[Arc<str>] {
        &self.state.providers
    }

    /// Returns the journal's version in question.
    pub fn version(&self) -> Option<&VersionId> {
        self.state.pending.as_ref()
    }

    fn ending(&self) -> ClientSecretEnd {
        self.end.clone().unwrap_or(ClientSecretEnd {
            outcome: RotationOutcome::Failed,
            version: None,
            reason: ClientSecretEndReason::Unexpected,
            warnings: Vec::new(),
        })
    }

    fn unexpected(&mut self) {
        self.end(RotationOutcome::Failed, ClientSecretEndReason::Unexpected);
    }
}

#[cfg(test)]
mod explore;
