//! Moving from place to place, and telling people about it.

use super::super::effect::{Next, Pause};
use super::super::report::{
    Ending, Evidence, Kind, Outcome, Question, Report, Step, StepState, Why,
};
use super::{Machine, Place};

impl Machine {
    /// Goes to a place; where that belongs to another step, the old one ends and the new one begins.
    pub(super) fn go(&mut self, place: Place) {
        if writes(place) && (self.settings.rehearse || !self.state.permitted) {
            return self.hold(place);
        }
        self.state.place = place;
        self.state.tries = 0;
        let Some(step) = step_of(place) else { return };
        if step != self.state.step {
            self.report_end();
            self.state.step = step;
            self.report_start();
        }
    }

    /// Stands before the first write: a rehearsal ends here, and the operator of a resume is asked.
    fn hold(&mut self, place: Place) {
        self.state.place = place;
        let doing = if let Next::Effect(effect) = self.next() {
            effect.doing()
        } else {
            "going on"
        };
        if self.settings.rehearse {
            self.note(Evidence::Would(doing));
            return self.end(Outcome::NothingToDo, Why::Rehearsed);
        }
        self.state.held = Some(place);
        self.state.place = Place::AskGoOn;
    }

    /// What was found, and what comes next: for the operator of a resume.
    pub(super) fn go_on_question(&self) -> Question {
        let found: Vec<String> = self.found.iter().map(ToString::to_string).collect();
        let mut ahead = self.clone();
        ahead.state.place = self.state.held.unwrap_or(Place::Survey);
        let doing = if let Next::Effect(effect) = ahead.next() {
            effect.doing()
        } else {
            "going on"
        };
        Question::GoOn(found.join(" · "), doing)
    }

    /// The operator of a resume has seen what was found.
    pub(super) fn gone_on(&mut self, yes: bool) {
        let Some(place) = self.state.held.take().filter(|_| yes) else {
            return self.end(Outcome::Refused, Why::Declined);
        };
        self.state.permitted = true;
        self.go(place);
    }

    /// Something seen, told now and again at the end of the step.
    pub(super) fn note(&mut self, evidence: Evidence) {
        self.say(evidence.clone());
        if !self.state.permitted {
            self.found.push(evidence.clone());
        }
        self.evidence.push(evidence);
    }

    /// Something that makes the step end with a warning.
    pub(super) fn warn(&mut self, evidence: Evidence) {
        self.warned = true;
        self.note(evidence);
    }

    /// Something seen, told now only.
    pub(super) fn say(&mut self, evidence: Evidence) {
        self.report(StepState::Running, vec![evidence]);
    }

    pub(super) fn report_wait(&mut self, pause: Pause, millis: u64) {
        self.report(StepState::Waiting, vec![Evidence::Waiting(pause, millis)]);
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

    fn report(&mut self, state: StepState, evidence: Vec<Evidence>) {
        self.reports.push(Report {
            step: self.state.step,
            state,
            at: self.now,
            evidence,
        });
    }

    /// Ends, whatever is left to do.
    pub(super) fn end(&mut self, outcome: Outcome, why: Why) {
        let good = matches!(
            outcome,
            Outcome::Rotated | Outcome::Resumed | Outcome::NothingToDo
        );
        if good {
            self.report_end();
        } else {
            let mut evidence = std::mem::take(&mut self.evidence);
            evidence.push(Evidence::Ended(why.clone()));
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
        self.state.ending = Some(Ending {
            outcome,
            version,
            why,
        });
        self.state.place = Place::Done;
    }

    /// The good end of what was begun.
    pub(super) fn end_well(&mut self) {
        self.end(self.good_outcome(), Why::Agreed);
    }

    pub(super) fn good_outcome(&self) -> Outcome {
        match self.state.kind {
            Kind::Rotate | Kind::Rollback => Outcome::Rotated,
            Kind::Resume => Outcome::Resumed,
        }
    }
}

/// The step that a place belongs to; finding out belongs to whatever step it interrupts.
fn step_of(place: Place) -> Option<Step> {
    match place {
        Place::ReadCurrent
        | Place::ReadPrevious
        | Place::CheckLogin
        | Place::CheckAdministrator
        | Place::CheckConnections
        | Place::Proceed => Some(Step::Check),
        Place::ClearFinished | Place::Generate | Place::Put | Place::LabelChosen => {
            Some(Step::Prepare)
        }
        Place::Claim | Place::ClaimLook | Place::ReadBack | Place::Replace => Some(Step::Claim),
        Place::Mark
        | Place::BeforeSet
        | Place::StillWorks
        | Place::Alter
        | Place::SetByAdministrator
        | Place::AfterPolicy
        | Place::ManagedStart
        | Place::ManagedWatch
        | Place::ManagedExplain => Some(Step::Set),
        Place::Verify => Some(Step::Verify),
        Place::Promote | Place::PromoteLook => Some(Step::Promote),
        Place::Unpend | Place::Tidy | Place::Unlabel => Some(Step::Clean),
        Place::ListConnections
        | Place::AskClose
        | Place::Kill
        | Place::ReadBefore
        | Place::FindReaders
        | Place::AskRefresh
        | Place::Refresh
        | Place::Call => Some(Step::Consumers),
        Place::Survey
        | Place::Compare
        | Place::Probe
        | Place::AskGoOn
        | Place::AgreeFinish
        | Place::AgreeRelease
        | Place::LabelForeign
        | Place::DropOrphan
        | Place::Release
        | Place::Done => None,
    }
}

/// Is the effect of this place a write?
fn writes(place: Place) -> bool {
    match place {
        Place::ClearFinished
        | Place::Put
        | Place::LabelChosen
        | Place::Claim
        | Place::Replace
        | Place::Mark
        | Place::Alter
        | Place::SetByAdministrator
        | Place::Promote
        | Place::LabelForeign
        | Place::DropOrphan
        | Place::Release
        | Place::Unpend
        | Place::Unlabel
        | Place::Kill
        | Place::Refresh
        | Place::ManagedStart => true,
        Place::Survey
        | Place::ReadCurrent
        | Place::ReadPrevious
        | Place::CheckLogin
        | Place::CheckAdministrator
        | Place::CheckConnections
        | Place::Proceed
        | Place::Generate
        | Place::ClaimLook
        | Place::ReadBack
        | Place::BeforeSet
        | Place::StillWorks
        | Place::AfterPolicy
        | Place::Verify
        | Place::PromoteLook
        | Place::Compare
        | Place::Probe
        | Place::AskGoOn
        | Place::AgreeFinish
        | Place::AgreeRelease
        | Place::Tidy
        | Place::ListConnections
        | Place::AskClose
        | Place::ReadBefore
        | Place::FindReaders
        | Place::AskRefresh
        | Place::Call
        | Place::ManagedWatch
        | Place::ManagedExplain
        | Place::Done => false,
    }
}
