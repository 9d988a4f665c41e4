//! Moving from phase to phase, and the reports about it.

use crate::model::Moment;

use super::super::effect::{Pause, RotationNext};
use super::super::report::{
    EndReason, RotationEnd, RotationEvidence, RotationKind, RotationOutcome, RotationQuestion,
    RotationReport, StepState,
};
use super::phase::{LabelsRead, RotationAsk};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// Goes to a phase; where that belongs to another step, the old one ends and the new one begins.
    pub(super) fn go(&mut self, phase: RotationPhase) {
        if phase.spec().writes && (self.settings.rehearse || !self.state.consent.permitted) {
            return self.hold(phase);
        }
        self.state.phase = phase;
        self.state.retry.tries = 0;
        let Some(step) = phase.spec().step else {
            return;
        };
        if step != self.state.step {
            self.report_end();
            self.state.step = step;
            self.report_start();
        }
    }

    /// Stands before the first write: a rehearsal ends here, and the operator of a resume is asked.
    fn hold(&mut self, phase: RotationPhase) {
        self.state.phase = phase;
        let doing = if let RotationNext::Effect(effect) = self.next() {
            effect.doing()
        } else {
            "going on"
        };
        if self.settings.rehearse {
            self.note(RotationEvidence::Would(doing));
            return self.end(RotationOutcome::NothingToDo, EndReason::Rehearsed);
        }
        self.state.consent.held = Some(phase);
        self.state.phase = RotationPhase::Ask(RotationAsk::GoOn);
    }

    /// Returns what was found, and what comes next: for the operator of a resume.
    pub(super) fn go_on_question(&self) -> RotationQuestion {
        let found: Vec<String> = self.found.iter().map(ToString::to_string).collect();
        let mut ahead = self.clone();
        ahead.state.phase = self
            .state
            .consent
            .held
            .unwrap_or(RotationPhase::Labels(LabelsRead::Survey));
        let doing = if let RotationNext::Effect(effect) = ahead.next() {
            effect.doing()
        } else {
            "going on"
        };
        RotationQuestion::GoOn(found.join(" · "), doing)
    }

    /// The operator of a resume has seen what was found.
    pub(super) fn gone_on(&mut self, yes: bool) {
        let Some(phase) = self.state.consent.held.take().filter(|_| yes) else {
            return self.end(RotationOutcome::Refused, EndReason::Declined);
        };
        self.state.consent.permitted = true;
        self.go(phase);
    }

    /// Something seen, told now and again at the end of the step.
    pub(super) fn note(&mut self, evidence: impl Into<RotationEvidence>) {
        let evidence = evidence.into();
        self.say(evidence.clone());
        if !self.state.consent.permitted {
            self.found.push(evidence.clone());
        }
        self.evidence.push(evidence);
    }

    /// Something that makes the step end with a warning.
    pub(super) fn warn(&mut self, evidence: impl Into<RotationEvidence>) {
        self.warned = true;
        self.note(evidence);
    }

    /// Something seen, told now only.
    pub(super) fn say(&mut self, evidence: impl Into<RotationEvidence>) {
        self.report(StepState::Running, vec![evidence.into()]);
    }

    pub(super) fn report_wait(&mut self, pause: Pause, millis: u64) {
        self.report(
            StepState::Waiting,
            vec![RotationEvidence::Waiting(pause, millis)],
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

    fn report(&mut self, state: StepState, evidence: Vec<RotationEvidence>) {
        self.reports.push(RotationReport {
            step: self.state.step,
            state,
            at: Moment::from_millis(self.now),
            evidence,
        });
    }

    /// Ends, whatever is left to do.
    pub(super) fn end(&mut self, outcome: RotationOutcome, why: EndReason) {
        let good = matches!(
            outcome,
            RotationOutcome::Rotated | RotationOutcome::Resumed | RotationOutcome::NothingToDo
        );
        // A question that is answered with no ends the step before it as it was: its checks did not fail.
        if good || why == EndReason::Declined {
            self.report_end();
        } else {
            let mut evidence = std::mem::take(&mut self.evidence);
            evidence.push(RotationEvidence::Ended(why.clone()));
            self.report(StepState::Failed, evidence);
        }
        let version = if good {
            self.state.seen.base.clone()
        } else {
            self.state
                .target
                .chosen
                .clone()
                .or_else(|| self.state.seen.base.clone())
        };
        self.state.pause = None;
        self.state.ending = Some(RotationEnd {
            outcome,
            version,
            why,
        });
        self.state.phase = RotationPhase::Done;
    }

    /// The good end of what was begun.
    pub(super) fn end_well(&mut self) {
        self.end(self.good_outcome(), EndReason::Agreed);
    }

    pub(super) fn good_outcome(&self) -> RotationOutcome {
        match self.state.kind {
            RotationKind::Rotate | RotationKind::Rollback => RotationOutcome::Rotated,
            RotationKind::Resume => RotationOutcome::Resumed,
        }
    }
}
