//! Moving from phase to phase, and reporting it.

use std::time::Duration;

use super::ClientSecretMachine;
use crate::client_secret::effect::ClientSecretNext;
use crate::client_secret::phase::{AskPurpose, ClientRead, ClientSecretPhase, JournalRead};
use crate::client_secret::report::{
    ClientSecretEnd, ClientSecretEndReason, ClientSecretKind, ClientSecretQuestion,
    ClientSecretReport,
};
use crate::rotation::labels::PENDING;
use crate::rotation::report::{RotationOutcome, StepState};

impl ClientSecretMachine {
    /// Enters a phase; if it belongs to another step, the current step ends and that one begins.
    pub(super) fn go(&mut self, phase: ClientSecretPhase) {
        let spec = phase.spec();
        if spec.writes && !self.state.permitted {
            return self.hold(phase);
        }
        self.state.phase = phase;
        self.state.tries = 0;
        if let Some(step) = spec.step.filter(|step| *step != self.state.step) {
            self.state.guarded_tries = 0;
            self.report_end();
            self.state.step = step;
            self.report_start();
        }
    }

    /// Reads the journal once more, and then makes this write: only while this rotation is still the pending one.
    pub(super) fn guard(&mut self, write: ClientSecretPhase) {
        self.state.guarded = Some(write);
        self.go(ClientSecretPhase::Journal(JournalRead::Guard));
    }

    /// The journal was read directly before a write.
    pub(super) fn guard_seen(&mut self) {
        let labels = &self.state.journal.labels;
        let is_ours = self.state.pending.as_ref().is_some_and(|pending| {
            labels.holder(PENDING) == Some(pending)
                && labels.is_undone(pending) == self.state.undoing
        });
        match self.state.guarded.take().filter(|_| is_ours) {
            Some(write) => self.go(write),
            None => self.end(RotationOutcome::Failed, ClientSecretEndReason::Superseded),
        }
    }

    /// Before the first write: a dry run ends here, and the operator of a resume is asked.
    fn hold(&mut self, phase: ClientSecretPhase) {
        if self.settings.rehearse {
            self.state.phase = phase;
            let doing = self.doing();
            self.note(format!("would go on with {doing}"));
            return self.end(
                RotationOutcome::NothingToDo,
                ClientSecretEndReason::Rehearsed,
            );
        }
        self.state.held = Some(phase);
        self.state.phase = ClientSecretPhase::Ask(AskPurpose::GoOn);
    }

    /// Returns the question of a resume: what was found, and what comes next.
    pub(super) fn go_on_question(&self) -> ClientSecretQuestion {
        let mut ahead = self.clone();
        ahead.state.phase = self
            .state
            .held
            .unwrap_or(ClientSecretPhase::Client(ClientRead::First));
        ClientSecretQuestion::GoOn {
            found: self.found.join(" · "),
            doing: ahead.doing(),
        }
    }

    /// Returns what the current phase does, in words.
    pub(super) fn doing(&self) -> &'static str {
        match self.next() {
            ClientSecretNext::Effect(effect) => effect.doing(),
            ClientSecretNext::Ask(_) | ClientSecretNext::Done(_) => "going on",
        }
    }

    /// The operator has answered a question.
    pub(super) fn agreed(&mut self, yes: bool) {
        let ClientSecretPhase::Ask(purpose) = self.state.phase else {
            return self.unexpected();
        };
        match purpose {
            AskPurpose::Proceed if !yes => {
                self.end(RotationOutcome::Refused, ClientSecretEndReason::Declined);
            }
            AskPurpose::Proceed if self.settings.rehearse => {
                self.end(
                    RotationOutcome::NothingToDo,
                    ClientSecretEndReason::Rehearsed,
                );
            }
            AskPurpose::Proceed => {
                self.state.permitted = true;
                match self.state.kind {
                    ClientSecretKind::Rollback => self.mark_undo(),
                    ClientSecretKind::Rotate | ClientSecretKind::Resume => self.begin_writing(),
                }
            }
            AskPurpose::GoOn => match self.state.held.take().filter(|_| yes) {
                Some(phase) => {
                    self.state.permitted = true;
                    if phase.is_guarded() {
                        return self.guard(phase);
                    }
                    self.go(phase);
                }
                None => self.end(RotationOutcome::Refused, ClientSecretEndReason::Declined),
            },
            AskPurpose::Configuration => self.configuration_agreed(yes),
            AskPurpose::Retire => self.retire_agreed(yes),
        }
    }

    /// Records evidence: reported now, and again at the end of the step.
    pub(super) fn note(&mut self, evidence: impl Into<String>) {
        let evidence = evidence.into();
        if self.evidence.contains(&evidence) {
            return;
        }
        self.report(StepState::Running, vec![evidence.clone()]);
        if !self.state.permitted {
            self.found.push(evidence.clone());
        }
        self.evidence.push(evidence);
    }

    /// Records evidence that makes the step end with a warning; the end repeats it.
    pub(super) fn warn(&mut self, evidence: impl Into<String>) {
        let evidence = evidence.into();
        self.warned = true;
        if !self.warnings.contains(&evidence) {
            self.warnings.push(evidence.clone());
        }
        self.note(evidence);
    }

    pub(super) fn wait_for(&mut self, reason: &'static str, duration: Duration) {
        self.state.pause = Some((reason, duration));
        let seconds = duration.as_secs_f64();
        self.report(
            StepState::Waiting,
            vec![format!("{reason} ({seconds:.1} s)")],
        );
    }

    pub(super) fn report_start(&mut self) {
        self.report(StepState::Started, Vec::new());
    }

    fn report_end(&mut self) {
        let state = if self.warned {
            StepState::Warning
        } else {
            StepState::Done
        };
        self.warned = false;
        let evidence = std::mem::take(&mut self.evidence);
        self.report(state, evidence);
    }

    fn report(&mut self, state: StepState, evidence: Vec<String>) {
        self.reports.push(ClientSecretReport {
            step: self.state.step,
            state,
            at: self.now,
            evidence,
        });
    }

    /// Ends, whatever is left to do.
    pub(super) fn end(&mut self, outcome: RotationOutcome, reason: ClientSecretEndReason) {
        // A question that is answered with no ends the step before it as it was: its checks did not fail.
        if outcome.is_success() || reason == ClientSecretEndReason::Declined {
            self.report_end();
        } else {
            let mut evidence = std::mem::take(&mut self.evidence);
            evidence.push(reason.to_string());
            self.report(StepState::Failed, evidence);
        }
        self.state.pause = None;
        self.state.phase = ClientSecretPhase::Done;
        self.end = Some(ClientSecretEnd {
            outcome,
            version: self.state.pending.clone(),
            reason,
            warnings: self.warnings.clone(),
        });
    }

    /// Returns the outcome of a rotation that has reached its end.
    pub(super) fn good_outcome(&self) -> RotationOutcome {
        match self.state.kind {
            ClientSecretKind::Rotate | ClientSecretKind::Rollback => RotationOutcome::Rotated,
            ClientSecretKind::Resume => RotationOutcome::Resumed,
        }
    }
}
