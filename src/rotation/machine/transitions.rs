//! Moving from place to place, and telling people about it.

use crate::model::Moment;

use super::super::effect::{Pause, RotationNext};
use super::super::report::{
    EndReason, RotationEnd, RotationEvidence, RotationKind, RotationOutcome, RotationQuestion,
    RotationReport, StepState,
};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// Goes to a place; where that belongs to another step, the old one ends and the new one begins.
    pub(super) fn go(&mut self, place: RotationPhase) {
        if place.spec().writes && (self.settings.rehearse || !self.state.permitted) {
            return self.hold(place);
        }
        self.state.place = place;
        self.state.tries = 0;
        let Some(step) = place.spec().step else {
            return;
        };
        if step != self.state.step {
            self.report_end();
            self.state.step = step;
            self.report_start();
        }
    }

    /// Stands before the first write: a rehearsal ends here, and the operator of a resume is asked.
    fn hold(&mut self, place: RotationPhase) {
        self.state.place = place;
        let doing = if let RotationNext::Effect(effect) = self.next() {
            effect.doing()
        } else {
            "going on"
        };
        if self.settings.rehearse {
            self.note(RotationEvidence::Would(doing));
            return self.end(RotationOutcome::NothingToDo, EndReason::Rehearsed);
        }
        self.state.held = Some(place);
        self.state.place = RotationPhase::AskGoOn;
    }

    /// What was found, and what comes next: for the operator of a resume.
    pub(super) fn go_on_question(&self) -> RotationQuestion {
        let found: Vec<String> = self.found.iter().map(ToString::to_string).collect();
        let mut ahead = self.clone();
        ahead.state.place = self.state.held.unwrap_or(RotationPhase::Survey);
        let doing = if let RotationNext::Effect(effect) = ahead.next() {
            effect.doing()
        } else {
            "going on"
        };
        RotationQuestion::GoOn(found.join(" · "), doing)
    }

    /// The operator of a resume has seen what was found.
    pub(super) fn gone_on(&mut self, yes: bool) {
        let Some(place) = self.state.held.take().filter(|_| yes) else {
            return self.end(RotationOutcome::Refused, EndReason::Declined);
        };
        self.state.permitted = true;
        self.go(place);
    }

    /// Something seen, told now and again at the end of the step.
    pub(super) fn note(&mut self, evidence: RotationEvidence) {
        self.say(evidence.clone());
        if !self.state.permitted {
            self.found.push(evidence.clone());
        }
        self.evidence.push(evidence);
    }

    /// Something that makes the step end with a warning.
    pub(super) fn warn(&mut self, evidence: RotationEvidence) {
        self.warned = true;
        self.note(evidence);
    }

    /// Something seen, told now only.
    pub(super) fn say(&mut self, evidence: RotationEvidence) {
        self.report(StepState::Running, vec![evidence]);
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
        if good {
            self.report_end();
        } else {
            let mut evidence = std::mem::take(&mut self.evidence);
            evidence.push(RotationEvidence::Ended(why.clone()));
            self.report(StepState::Failed, evidence);
        }
        let version = if good {
            self.state.base.clone()
        } else {
            self.state
                .chosen
                .clone()
                .or_else(|| self.state.base.clone())
        };
        self.state.pause = None;
        self.state.ending = Some(RotationEnd {
            outcome,
            version,
            why,
        });
        self.state.place = RotationPhase::Done;
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
