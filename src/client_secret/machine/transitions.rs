//! Moving from phase to phase, and reporting it.

use std::time::Duration;

use super::ClientSecretMachine;
use crate::client_secret::effect::ClientSecretNext;
use crate::client_secret::phase::{AskPurpose, ClientRead, ClientSecretPhase};
use crate::client_secret::report::{
    ClientSecretEnd, ClientSecretEndReason, ClientSecretKind, ClientSecretQuestion,
    ClientSecretReport,
};
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
            self.report_end();
            self.state.step = step;
            self.report_start();
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

    /// The question of a resume: what was found, and what comes next.
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

    /// What the current phase does, in words.
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
                self.begin_writing();
            }
            AskPurpose::GoOn => match self.state.held.take().filter(|_| yes) {
                Some(phase) => {
                    self.state.permitted = true;
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
        if outcome.is_success() {
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

    /// The outcome of a rotation that has reached its end.
    pub(super) fn good_outcome(&self) -> RotationOutcome {
        match self.state.kind {
            ClientSecretKind::Rotate => RotationOutcome::Rotated,
            ClientSecretKind::Resume => RotationOutcome::Resumed,
        }
    }
}
