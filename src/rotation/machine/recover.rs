//! Finding out where things stand from the labels and the database alone, and from there to one consistent end.
//!
//! Labels decide what shall become current; logins decide what the database has. Both may be read while others move them.

use super::super::effect::{RotationEffect, RotationNext, VersionFacts};
use super::super::labels::{self, PREVIOUS, VersionId};
use super::super::report::{
    EndReason, Neo4jEvidence, RotationEnd, RotationEvidence, RotationKind, RotationOutcome,
    SecretEvidence,
};
use super::phase::{LabelsRead, LoginPurpose, RotationAsk, StageMove, VersionRead};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// Something is not as expected: read the labels and decide again. Bounded, so that two operators cannot chase each other for ever.
    pub(super) fn find_out_soon(&mut self) {
        self.state.search.laps = self.state.search.laps.saturating_add(1);
        if self.state.search.laps > self.settings.laps {
            return self.end(RotationOutcome::Failed, EndReason::Unsettled);
        }
        self.go(RotationPhase::Labels(LabelsRead::Survey));
    }

    /// Labels were read while writes may be under way.
    pub(super) fn find_out(&mut self, current: VersionId, pending: Option<VersionId>) {
        self.state.progress.changed = false;
        self.state.progress.verified = false;
        self.state.target.from = None;
        self.state.progress.promoted = false;
        self.state.progress.cleaned = false;
        let Some(pending) = pending else {
            self.state.target.chosen = None;
            if self.state.search.quiet {
                return self.settled(current);
            }
            return self.begin_probing();
        };
        self.state.search.quiet = false;
        if pending == current {
            self.note_once(SecretEvidence::FinishedLeftPending(current));
            self.state.target.chosen = Some(pending);
            self.state.progress.promoted = true;
            self.state.consumers.found_promoted = true;
            return self.go(RotationPhase::Move(StageMove::Unpend));
        }
        if self.state.target.chosen.as_ref() != Some(&pending) {
            self.state.consent.agreed = false;
        }
        if self.state.target.mine.as_ref() != Some(&pending) {
            let author = self.state.seen.labels.author(&pending);
            self.note_once(SecretEvidence::FoundPending(pending.clone(), author));
        }
        self.state.target.chosen = Some(pending);
        self.compare();
    }

    fn note_once(&mut self, evidence: impl Into<RotationEvidence>) {
        let evidence = evidence.into();
        if !self.evidence.contains(&evidence) {
            self.note(evidence);
        }
    }

    /// Returns the first of the two versions that has not been read.
    pub(super) fn unread(&self) -> Option<VersionId> {
        let wanted = [
            self.state.seen.base.as_ref(),
            self.state.target.chosen.as_ref(),
        ];
        wanted
            .into_iter()
            .flatten()
            .find(|version| !self.state.seen.readable.contains_key(version))
            .cloned()
    }

    /// Both versions must name the same user at the same address.
    fn compare(&mut self) {
        if self.unread().is_some() {
            return self.go(RotationPhase::Read(VersionRead::Compare));
        }
        let chosen = self.chosen();
        if self
            .state
            .seen
            .readable
            .get(&chosen)
            .is_some_and(|facts| self.names_another(facts))
        {
            return self.end(RotationOutcome::Refused, EndReason::Mismatch(chosen));
        }
        self.begin_probing();
    }

    pub(super) fn compared(&mut self, version: &VersionId, facts: &VersionFacts) {
        if let Some(problem) = &facts.problem {
            return self.end(
                RotationOutcome::Refused,
                EndReason::Unsuitable(format!("version {version}: {problem}")),
            );
        }
        self.compare();
    }

    /// AWSPENDING is on a version without a value.
    pub(super) fn pending_is_empty(&mut self, version: VersionId) {
        if !self.settings.release_foreign {
            return self.end(RotationOutcome::Refused, EndReason::PendingEmpty(version));
        }
        self.state.search.suspects = self.state.seen.base.iter().cloned().collect();
        self.go(RotationPhase::Login(LoginPurpose::Probe));
    }

    /// Which versions may be what the database has, the likeliest first: each costs a wrong login if it is not.
    fn begin_probing(&mut self) {
        let state = &self.state;
        let mut suspects: Vec<VersionId> = Vec::new();
        let maybe_sent = state.target.chosen.as_ref().is_some_and(|chosen| {
            // Going back to the other user: its password was not changed since.
            let still = self.takes_turns() && state.seen.labels.holder(PREVIOUS) == Some(chosen);
            state.progress.sent
                || state.seen.labels.was_sent(chosen)
                || !self.is_ours(chosen)
                || still
        });
        if maybe_sent {
            suspects.extend(state.target.chosen.clone());
            suspects.extend(state.seen.base.clone());
        } else {
            suspects.extend(state.seen.base.clone());
            suspects.extend(state.target.chosen.clone());
        }
        if state.search.rounds > 0 {
            let others = state
                .seen
                .labels
                .holder(PREVIOUS)
                .into_iter()
                .chain(state.seen.labels.leftovers());
            for other in others {
                if !suspects.contains(other) {
                    suspects.push(other.clone());
                }
            }
        }
        self.state.search.suspects = suspects;
        self.go(RotationPhase::Login(LoginPurpose::Probe));
    }

    fn is_ours(&self, version: &VersionId) -> bool {
        self.state.target.mine.as_ref() == Some(version)
            || self.state.seen.labels.ours_on(version).next().is_some()
    }

    /// A suspect was read for the first time.
    pub(super) fn suspect_read(&mut self, facts: &VersionFacts) {
        let is_current = self.state.search.suspects.first() == self.state.seen.base.as_ref();
        match &facts.problem {
            Some(problem) if is_current => self.end(
                RotationOutcome::Refused,
                EndReason::Unsuitable(problem.to_string()),
            ),
            Some(_) => self.next_suspect(),
            None if self.names_another(facts) => self.next_suspect(),
            None => {}
        }
    }

    pub(super) fn next_suspect(&mut self) {
        if !self.state.search.suspects.is_empty() {
            self.state.search.suspects.remove(0);
        }
        if self.state.search.suspects.is_empty() {
            self.exhausted();
        }
    }

    pub(super) fn suspect_refused(&mut self) {
        if let Some(suspect) = self.state.search.suspects.first().cloned() {
            self.say(Neo4jEvidence::Refused(suspect));
            self.state.search.tried += 1;
        }
        self.next_suspect();
        if self.state.phase == RotationPhase::Login(LoginPurpose::Probe)
            && let RotationNext::Effect(RotationEffect::Wait { millis, reason }) = self.next()
        {
            self.report_wait(reason, millis);
        }
    }

    /// No suspect was accepted. A change that was in flight, or a label that moved, explains that: only equal reads over time do not.
    fn exhausted(&mut self) {
        if self.state.search.rounds > 0 && self.state.seen.labels == self.state.search.round_labels
        {
            self.state.search.rounds += 1;
        } else {
            self.state.search.rounds = 1;
            self.state.search.round_labels = self.state.seen.labels.clone();
        }
        if self.state.search.rounds >= self.settings.equal_reads {
            return self.locked_out();
        }
        self.wait_to_settle();
        self.go(RotationPhase::Labels(LabelsRead::Survey));
    }

    /// None of the labelled versions is accepted, and it stays so. Only an administrator can do something.
    fn locked_out(&mut self) {
        let tried = self
            .state
            .search
            .tried
            .div_ceil(usize::from(self.state.search.rounds));
        let pending = self.state.target.chosen.clone();
        let ours = pending
            .as_ref()
            .is_some_and(|chosen| self.is_ours(chosen) || self.state.consent.agreed);
        // What was to be set for the other user may be set all the same.
        let may = self.is_administrated() && (self.settings.reset || (ours && self.takes_turns()));
        if !may || (pending.is_some() && !ours) {
            return self.end(
                RotationOutcome::Failed,
                EndReason::Stuck(tried, self.is_administrated()),
            );
        }
        self.state.target.from = None;
        self.state.target.by_administrator = true;
        self.state.search.rounds = 0;
        self.note(Neo4jEvidence::NoneAccepted(tried));
        if pending.is_some() {
            self.name_labels(&self.chosen());
            return self.go(RotationPhase::Move(StageMove::Mark));
        }
        self.state.target.chosen.clone_from(&self.state.seen.base);
        (self.state.progress.promoted, self.state.progress.cleaned) = (true, true);
        self.go(RotationPhase::SetByAdministrator);
    }

    /// The database has this version's password.
    pub(super) fn suspect_accepted(&mut self) {
        let Some(accepted) = self.state.search.suspects.first().cloned() else {
            return self.unexpected();
        };
        self.state.search.suspects.clear();
        self.state.search.rounds = 0;
        self.state.search.tried = 0;
        let Some(chosen) = self.state.target.chosen.clone() else {
            if self.state.seen.base.as_ref() == Some(&accepted) {
                return self.seems_quiet(accepted);
            }
            return self.adopt(accepted);
        };
        let foreign = !self.state.consent.agreed && !self.is_ours(&chosen);
        if accepted == chosen {
            self.state.progress.verified = true;
            self.note(Neo4jEvidence::Works(chosen));
            return self.go(if foreign {
                RotationPhase::Ask(RotationAsk::FinishForeign)
            } else {
                RotationPhase::Move(StageMove::Promote)
            });
        }
        if self.state.seen.base.as_ref() == Some(&accepted) {
            self.note_once(Neo4jEvidence::CurrentWorks(accepted.clone()));
        } else {
            self.note(Neo4jEvidence::Drift(accepted.clone()));
        }
        if foreign {
            if self.settings.release_foreign && self.state.seen.base.as_ref() == Some(&accepted) {
                return self.go(RotationPhase::Ask(RotationAsk::ReleaseForeign));
            }
            return self.end(
                RotationOutcome::Refused,
                EndReason::ForeignNotAccepted(chosen),
            );
        }
        if self.state.seen.base.as_ref() == Some(&accepted) && self.is_out_of_turn(&chosen) {
            return self.give_up_turn(chosen);
        }
        self.state.target.from = self.source(Some(&accepted));
        self.name_labels(&self.chosen());
        self.go(if self.state.seen.labels.was_sent(&chosen) {
            RotationPhase::Labels(LabelsRead::BeforeSet)
        } else {
            RotationPhase::Move(StageMove::Mark)
        });
    }

    /// Two users take turns, and somebody has taken this turn since the version was made: it would change the password of the user
    /// whom readers know now.
    fn is_out_of_turn(&self, chosen: &VersionId) -> bool {
        let was_a_turn = self
            .state
            .seen
            .labels
            .author(chosen)
            .is_some_and(|author| author.operator.ends_with(labels::TURN));
        let is_over = was_a_turn && !self.takes_turns();
        // The operator wants no turn: nothing was changed for anybody who reads the current version.
        let is_unwanted = self.takes_turns() && self.settings.single_user;
        is_over || is_unwanted
    }

    /// Its label stays on it: should somebody's change still arrive, the version is found again.
    fn give_up_turn(&mut self, chosen: VersionId) {
        let (outcome, why) = if self.is_own() {
            (RotationOutcome::Refused, EndReason::Superseded)
        } else {
            (
                RotationOutcome::Resumed,
                EndReason::Released(chosen.clone()),
            )
        };
        self.state.ending = Some(RotationEnd {
            outcome,
            version: Some(chosen),
            why,
        });
        self.go(RotationPhase::Move(StageMove::Release));
    }

    pub(super) fn finish_foreign(&mut self, yes: bool) {
        let chosen = self.chosen();
        if !yes {
            return self.end(RotationOutcome::Refused, EndReason::Pending(chosen, None));
        }
        (self.state.consent.agreed, self.state.consent.permitted) = (true, true);
        self.go(RotationPhase::Move(StageMove::Promote));
    }

    pub(super) fn release_foreign(&mut self, yes: bool) {
        let chosen = self.chosen();
        if !yes {
            return self.end(RotationOutcome::Refused, EndReason::Pending(chosen, None));
        }
        self.state.consent.permitted = true;
        // The label stays on it: should its owner's change still arrive, the version is found again.
        self.state.target.labels_of = Some(chosen.clone());
        self.state.target.prepared_label = Some(labels::sent_label(
            &self.settings.operator,
            "",
            &chosen,
            self.now.div_euclid(1_000),
        ));
        self.state.ending = Some(RotationEnd {
            outcome: RotationOutcome::Resumed,
            version: Some(chosen.clone()),
            why: EndReason::Released(chosen),
        });
        self.go(RotationPhase::Move(StageMove::LabelForeign));
    }

    /// Nothing is pending and the current password works. An absence is only believed after a second read.
    fn seems_quiet(&mut self, current: VersionId) {
        self.note_once(Neo4jEvidence::CurrentWorks(current));
        self.note_once(SecretEvidence::NothingPending);
        self.state.search.quiet = true;
        let somebody_was_here = self
            .state
            .seen
            .labels
            .leftovers()
            .iter()
            .any(|version| self.state.seen.labels.was_sent(version));
        if somebody_was_here || self.is_own() {
            self.wait_to_settle();
        }
        self.go(RotationPhase::Labels(LabelsRead::Survey));
    }

    /// Secret and database agree, and nothing is pending.
    fn settled(&mut self, current: VersionId) {
        let goal = self.state.target.goal.clone();
        if self.state.kind == RotationKind::Resume && self.state.target.goal.is_none() {
            self.state.consumers.loose = self
                .state
                .seen
                .labels
                .orphans(self.now.div_euclid(1_000) - self.settings.orphan_seconds);
            let old = self.now.div_euclid(1_000) - self.settings.orphan_seconds;
            let finished = self.state.seen.labels.finished_on(&current, old);
            self.state
                .consumers
                .loose
                .extend(finished.map(|label| (current.clone(), label.clone())));
            self.state.ending = Some(RotationEnd {
                outcome: RotationOutcome::NothingToDo,
                version: Some(current),
                why: EndReason::Agreed,
            });
            return self.unlabel_next();
        }
        self.state.progress.verified = true;
        if goal.as_ref() == Some(&current) {
            self.state.target.chosen = Some(current);
            self.state.progress.promoted = true;
            return self.go(RotationPhase::Labels(LabelsRead::Tidy));
        }
        if goal.is_some() && goal.as_ref() == self.state.seen.labels.holder(PREVIOUS) {
            // Ours was finished by somebody, who has rotated again since.
            return self.end_well();
        }
        let ending = RotationEnd {
            outcome: RotationOutcome::Failed,
            version: Some(current),
            why: EndReason::Superseded,
        };
        self.state.ending = Some(ending);
        if self.state.target.mine.is_some()
            && !self.state.progress.sent
            && !self.state.progress.claimed
        {
            return self.go(RotationPhase::Move(StageMove::DropOrphan));
        }
        self.given_up();
    }

    /// The database has a version that the secret calls neither current nor pending: the labels follow the database.
    fn adopt(&mut self, accepted: VersionId) {
        self.note(Neo4jEvidence::Drift(accepted.clone()));
        let seconds = self.now.div_euclid(1_000);
        self.state.target.labels_of = Some(accepted.clone());
        self.state.target.sent_label = None;
        self.state.target.prepared_label = Some(labels::prepared_label(
            &self.settings.operator,
            labels::ADOPTING,
            &accepted,
            seconds,
        ));
        self.state.target.from = Some(accepted.clone());
        self.state.target.chosen = Some(accepted);
        self.go(RotationPhase::Move(StageMove::LabelChosen));
    }
}
