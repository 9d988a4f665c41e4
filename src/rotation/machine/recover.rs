//! Finding out where things stand from the labels and the database alone, and from there to one consistent end.
//!
//! Labels decide what shall become current; logins decide what the database has. Both may be read while others move them.

use super::super::effect::{RotationEffect, RotationNext, VersionFacts};
use super::super::labels::{self, PREVIOUS, VersionId};
use super::super::report::{
    EndReason, RotationEnd, RotationEvidence, RotationKind, RotationOutcome,
};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// Something is not as expected: read the labels and decide anew. Bounded, so that two operators cannot chase each other for ever.
    pub(super) fn find_out_soon(&mut self) {
        self.state.laps = self.state.laps.saturating_add(1);
        if self.state.laps > self.settings.laps {
            return self.end(RotationOutcome::Failed, EndReason::Unsettled);
        }
        self.go(RotationPhase::Survey);
    }

    /// Labels were read while writes may be under way.
    pub(super) fn find_out(&mut self, current: VersionId, pending: Option<VersionId>) {
        self.state.changed = false;
        self.state.verified = false;
        self.state.from = None;
        self.state.promoted = false;
        self.state.cleaned = false;
        let Some(pending) = pending else {
            self.state.chosen = None;
            if self.state.quiet {
                return self.settled(current);
            }
            return self.begin_probing();
        };
        self.state.quiet = false;
        if pending == current {
            self.note_once(RotationEvidence::FinishedLeftPending(current));
            self.state.chosen = Some(pending);
            self.state.promoted = true;
            self.state.found_promoted = true;
            return self.go(RotationPhase::Unpend);
        }
        if self.state.chosen.as_ref() != Some(&pending) {
            self.state.agreed = false;
        }
        if self.state.mine.as_ref() != Some(&pending) {
            let author = self.state.labels.author(&pending);
            self.note_once(RotationEvidence::FoundPending(pending.clone(), author));
        }
        self.state.chosen = Some(pending);
        self.compare();
    }

    fn note_once(&mut self, evidence: RotationEvidence) {
        if !self.evidence.contains(&evidence) {
            self.note(evidence);
        }
    }

    /// The first of the two versions that has not been read.
    pub(super) fn unread(&self) -> Option<VersionId> {
        let wanted = [self.state.base.as_ref(), self.state.chosen.as_ref()];
        wanted
            .into_iter()
            .flatten()
            .find(|version| !self.state.readable.contains_key(version))
            .cloned()
    }

    /// Both versions must name the same user at the same address.
    fn compare(&mut self) {
        if self.unread().is_some() {
            return self.go(RotationPhase::Compare);
        }
        let chosen = self.chosen();
        if self
            .state
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
        self.state.suspects = self.state.base.iter().cloned().collect();
        self.go(RotationPhase::Probe);
    }

    /// Which versions may be what the database has, the likeliest first: each costs a wrong login if it is not.
    fn begin_probing(&mut self) {
        let state = &self.state;
        let mut suspects: Vec<VersionId> = Vec::new();
        let maybe_sent = state.chosen.as_ref().is_some_and(|chosen| {
            // Going back to the other user: its password was not changed since.
            let still = self.takes_turns() && state.labels.holder(PREVIOUS) == Some(chosen);
            state.sent || state.labels.was_sent(chosen) || !self.is_ours(chosen) || still
        });
        if maybe_sent {
            suspects.extend(state.chosen.clone());
            suspects.extend(state.base.clone());
        } else {
            suspects.extend(state.base.clone());
            suspects.extend(state.chosen.clone());
        }
        if state.rounds > 0 {
            let others = state
                .labels
                .holder(PREVIOUS)
                .into_iter()
                .chain(state.labels.leftovers());
            for other in others {
                if !suspects.contains(other) {
                    suspects.push(other.clone());
                }
            }
        }
        self.state.suspects = suspects;
        self.go(RotationPhase::Probe);
    }

    fn is_ours(&self, version: &VersionId) -> bool {
        self.state.mine.as_ref() == Some(version)
            || self.state.labels.ours_on(version).next().is_some()
    }

    /// A suspect was read for the first time.
    pub(super) fn suspect_read(&mut self, facts: &VersionFacts) {
        let is_current = self.state.suspects.first() == self.state.base.as_ref();
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
        if !self.state.suspects.is_empty() {
            self.state.suspects.remove(0);
        }
        if self.state.suspects.is_empty() {
            self.exhausted();
        }
    }

    pub(super) fn suspect_refused(&mut self) {
        if let Some(suspect) = self.state.suspects.first().cloned() {
            self.say(RotationEvidence::Refused(suspect));
            self.state.tried += 1;
        }
        self.next_suspect();
        if self.state.place == RotationPhase::Probe
            && let RotationNext::Effect(RotationEffect::Wait { millis, reason }) = self.next()
        {
            self.report_wait(reason, millis);
        }
    }

    /// No suspect was accepted. A change that was in flight, or a label that moved, explains that: only equal reads over time do not.
    fn exhausted(&mut self) {
        if self.state.rounds > 0 && self.state.labels == self.state.round_labels {
            self.state.rounds += 1;
        } else {
            self.state.rounds = 1;
            self.state.round_labels = self.state.labels.clone();
        }
        if self.state.rounds >= self.settings.equal_reads {
            return self.locked_out();
        }
        self.wait_to_settle();
        self.go(RotationPhase::Survey);
    }

    /// None of the labelled versions is accepted, and it stays so. Only an administrator can do something.
    fn locked_out(&mut self) {
        let tried = self.state.tried.div_ceil(usize::from(self.state.rounds));
        let pending = self.state.chosen.clone();
        let ours = pending
            .as_ref()
            .is_some_and(|chosen| self.is_ours(chosen) || self.state.agreed);
        // What was to be set for the other user may be set all the same.
        let may = self.is_administrated() && (self.settings.reset || (ours && self.takes_turns()));
        if !may || (pending.is_some() && !ours) {
            return self.end(
                RotationOutcome::Failed,
                EndReason::Stuck(tried, self.is_administrated()),
            );
        }
        self.state.from = None;
        self.state.by_administrator = true;
        self.state.rounds = 0;
        self.note(RotationEvidence::NoneAccepted(tried));
        if pending.is_some() {
            self.name_labels();
            return self.go(RotationPhase::Mark);
        }
        self.state.chosen.clone_from(&self.state.base);
        (self.state.promoted, self.state.cleaned) = (true, true);
        self.go(RotationPhase::SetByAdministrator);
    }

    /// The database has this version's password.
    pub(super) fn suspect_accepted(&mut self) {
        let Some(accepted) = self.state.suspects.first().cloned() else {
            return self.unexpected();
        };
        self.state.suspects.clear();
        self.state.rounds = 0;
        self.state.tried = 0;
        let Some(chosen) = self.state.chosen.clone() else {
            if self.state.base.as_ref() == Some(&accepted) {
                return self.seems_quiet(accepted);
            }
            return self.adopt(accepted);
        };
        let foreign = !self.state.agreed && !self.is_ours(&chosen);
        if accepted == chosen {
            self.state.verified = true;
            self.note(RotationEvidence::Works(chosen));
            return self.go(if foreign {
                RotationPhase::AgreeFinish
            } else {
                RotationPhase::Promote
            });
        }
        if self.state.base.as_ref() == Some(&accepted) {
            self.note_once(RotationEvidence::CurrentWorks(accepted.clone()));
        } else {
            self.note(RotationEvidence::Drift(accepted.clone()));
        }
        if foreign {
            if self.settings.release_foreign && self.state.base.as_ref() == Some(&accepted) {
                return self.go(RotationPhase::AgreeRelease);
            }
            return self.end(
                RotationOutcome::Refused,
                EndReason::ForeignNotAccepted(chosen),
            );
        }
        if self.state.base.as_ref() == Some(&accepted) && self.is_out_of_turn(&chosen) {
            return self.give_up_turn(chosen);
        }
        self.state.from = self.source(Some(&accepted));
        self.name_labels();
        self.go(if self.state.labels.was_sent(&chosen) {
            RotationPhase::BeforeSet
        } else {
            RotationPhase::Mark
        });
    }

    /// Two users take turns, and somebody has taken this turn since the version was made: it would change the password of the user
    /// whom readers know now.
    fn is_out_of_turn(&self, chosen: &VersionId) -> bool {
        let was_a_turn = self
            .state
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
        self.go(RotationPhase::Release);
    }

    pub(super) fn finish_foreign(&mut self, yes: bool) {
        let chosen = self.chosen();
        if !yes {
            return self.end(RotationOutcome::Refused, EndReason::Pending(chosen, None));
        }
        (self.state.agreed, self.state.permitted) = (true, true);
        self.go(RotationPhase::Promote);
    }

    pub(super) fn release_foreign(&mut self, yes: bool) {
        let chosen = self.chosen();
        if !yes {
            return self.end(RotationOutcome::Refused, EndReason::Pending(chosen, None));
        }
        self.state.permitted = true;
        // The label stays on it: should its owner's change still arrive, the version is found again.
        self.state.prepared_label = Some(labels::sent_label(
            &self.settings.operator,
            "",
            self.now.div_euclid(1_000),
        ));
        self.state.ending = Some(RotationEnd {
            outcome: RotationOutcome::Resumed,
            version: Some(chosen.clone()),
            why: EndReason::Released(chosen),
        });
        self.go(RotationPhase::LabelForeign);
    }

    /// Nothing is pending and the current password works. An absence is only believed after a second read.
    fn seems_quiet(&mut self, current: VersionId) {
        self.note_once(RotationEvidence::CurrentWorks(current));
        self.note_once(RotationEvidence::NothingPending);
        self.state.quiet = true;
        let somebody_was_here = self
            .state
            .labels
            .leftovers()
            .iter()
            .any(|version| self.state.labels.was_sent(version));
        if somebody_was_here || self.is_own() {
            self.wait_to_settle();
        }
        self.go(RotationPhase::Survey);
    }

    /// Secret and database agree, and nothing is pending.
    fn settled(&mut self, current: VersionId) {
        let goal = self.state.goal.clone();
        if self.state.kind == RotationKind::Resume && self.state.goal.is_none() {
            self.state.loose = self
                .state
                .labels
                .orphans(self.now.div_euclid(1_000) - self.settings.orphan_seconds);
            let old = self.now.div_euclid(1_000) - self.settings.orphan_seconds;
            let finished = self.state.labels.finished_on(&current, old);
            self.state
                .loose
                .extend(finished.map(|label| (current.clone(), label.clone())));
            self.state.ending = Some(RotationEnd {
                outcome: RotationOutcome::NothingToDo,
                version: Some(current),
                why: EndReason::Agreed,
            });
            return self.unlabel_next();
        }
        self.state.verified = true;
        if goal.as_ref() == Some(&current) {
            self.state.chosen = Some(current);
            self.state.promoted = true;
            return self.go(RotationPhase::Tidy);
        }
        if goal.is_some() && goal.as_ref() == self.state.labels.holder(PREVIOUS) {
            // Ours was finished by somebody, who has rotated again since.
            return self.end_well();
        }
        let ending = RotationEnd {
            outcome: RotationOutcome::Failed,
            version: Some(current),
            why: EndReason::Superseded,
        };
        self.state.ending = Some(ending);
        if self.state.mine.is_some() && !self.state.sent && !self.state.claimed {
            return self.go(RotationPhase::DropOrphan);
        }
        self.given_up();
    }

    /// The database has a version that the secret calls neither current nor pending: the labels follow the database.
    fn adopt(&mut self, accepted: VersionId) {
        self.note(RotationEvidence::Drift(accepted.clone()));
        let seconds = self.now.div_euclid(1_000);
        self.state.prepared_label = Some(labels::prepared_label(
            &self.settings.operator,
            labels::ADOPTING,
            seconds,
        ));
        self.state.from = Some(accepted.clone());
        self.state.chosen = Some(accepted);
        self.go(RotationPhase::LabelChosen);
    }
}
