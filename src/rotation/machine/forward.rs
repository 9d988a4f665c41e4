//! Prepare, claim, set, verify, promote: the way forward when nothing goes wrong, and where it turns off.

use std::sync::Arc;

use super::super::effect::{AlterAnswer, EffectError, Pause, SetAnswer, VersionFacts};
use super::super::labels::{self, CURRENT, PENDING, PREVIOUS, VersionId};
use super::super::report::{EndReason, RotationEvidence, RotationKind, RotationOutcome};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// Unique labels: nothing is stolen from another version when they are set.
    pub(super) fn name_labels(&mut self) {
        if self.state.prepared_label.is_some() && self.state.sent_label.is_some() {
            return;
        }
        let seconds = self.now.div_euclid(1_000);
        // The first value's labels are its own; a further one's, after the server's rules refused it, differ by their number.
        let number = if self.state.policy > 0 {
            format!("+{}", self.state.policy)
        } else {
            String::new()
        };
        // A version whose turn is over is given up; every other one is brought to its end.
        let turn = if self.is_alternating() {
            labels::TURN
        } else {
            ""
        };
        let (operator, marks) = (&self.settings.operator, format!("{number}{turn}"));
        self.state
            .prepared_label
            .get_or_insert_with(|| labels::prepared_label(operator, &marks, seconds));
        self.state
            .sent_label
            .get_or_insert_with(|| labels::sent_label(operator, &marks, seconds));
    }

    pub(super) fn generated(&mut self, version: VersionId) {
        self.state.mine = Some(version.clone());
        self.state.goal = Some(version);
        self.state.prepared_label = None;
        self.state.sent_label = None;
        self.name_labels();
        self.go(RotationPhase::Put);
    }

    pub(super) fn stored(&mut self) {
        let (Some(mine), Some(label)) =
            (self.state.mine.clone(), self.state.prepared_label.clone())
        else {
            return self.unexpected();
        };
        self.note(RotationEvidence::Stored(mine.clone(), label));
        if self.state.policy > 0 {
            return self.go(RotationPhase::Replace);
        }
        self.state.chosen = Some(mine);
        self.go(RotationPhase::Claim);
    }

    /// A label has moved as asked.
    pub(super) fn moved(&mut self) {
        match self.state.place {
            RotationPhase::ClearFinished => {
                let next = self.first_write();
                self.go(next);
            }
            RotationPhase::LabelChosen => {
                let label = self.state.prepared_label.clone().unwrap_or_default();
                self.note(RotationEvidence::Taken(self.chosen(), label));
                self.go(RotationPhase::Claim);
            }
            RotationPhase::Claim => {
                self.state.claimed = true;
                self.go(RotationPhase::ClaimLook);
            }
            RotationPhase::Replace => self.replaced(),
            RotationPhase::Mark => self.go(RotationPhase::BeforeSet),
            RotationPhase::Promote => self.promoted(),
            RotationPhase::LabelForeign => self.go(RotationPhase::Release),
            RotationPhase::DropOrphan | RotationPhase::Release => self.given_up(),
            RotationPhase::Unpend => self.go(RotationPhase::Tidy),
            RotationPhase::Unlabel => self.unlabelled(),
            _ => self.unexpected(),
        }
    }

    /// The service's definite no to a move.
    pub(super) fn conflicted(&mut self) {
        match self.state.place {
            // To be taken off: somebody else has done it. To be put on: unique to this rotation, it can only be where it should be.
            RotationPhase::ClearFinished
            | RotationPhase::DropOrphan
            | RotationPhase::Release
            | RotationPhase::Unpend
            | RotationPhase::Unlabel
            | RotationPhase::LabelChosen
            | RotationPhase::Mark
            | RotationPhase::LabelForeign => self.moved(),
            RotationPhase::Claim => self.go(RotationPhase::ClaimLook),
            RotationPhase::Promote => self.go(RotationPhase::PromoteLook),
            RotationPhase::Replace | RotationPhase::ManagedStart => self.find_out_soon(),
            _ => self.unexpected(),
        }
    }

    pub(super) fn claim_in_doubt(&mut self) {
        self.state.claimed = true;
        if self.state.place == RotationPhase::Replace {
            // AWSPENDING is on the old value, on the new one or elsewhere: the labels decide.
            return self.find_out_soon();
        }
        self.go(RotationPhase::ClaimLook);
    }

    /// Who holds AWSPENDING after the claim?
    pub(super) fn claim_seen(&mut self) {
        let chosen = self.chosen();
        match self.state.labels.holder(PENDING).cloned() {
            Some(holder) if holder == chosen && self.is_stale_goal() => {
                // Somebody has rotated since this roll back was planned. Our label stays on it until it is old.
                self.state.ending = Some(super::RotationEnd {
                    outcome: RotationOutcome::Refused,
                    version: Some(chosen),
                    why: EndReason::Superseded,
                });
                self.go(RotationPhase::Release);
            }
            Some(holder) if holder == chosen => {
                self.note(RotationEvidence::Claimed(chosen));
                self.state.rounds = 0;
                self.go(RotationPhase::ReadBack);
            }
            Some(holder) => {
                if self.state.rounds + 1 < self.settings.equal_reads {
                    self.state.rounds += 1;
                    return self.wait_to_settle();
                }
                self.state.rounds = 0;
                let author = self.state.labels.author(&holder);
                self.lose_claim(EndReason::Pending(holder, author));
            }
            None => {
                if self.state.rounds >= self.settings.equal_reads {
                    self.state.rounds = 0;
                    return self.lose_claim(EndReason::Unsettled);
                }
                self.state.rounds += 1;
                self.wait_to_settle();
                self.go(RotationPhase::Claim);
            }
        }
    }

    /// The version to go back to is no longer the previous one: going back to it now would undo more than was planned, and to a
    /// value from which a change may still be on its way.
    fn is_stale_goal(&self) -> bool {
        let going_back =
            self.state.kind == RotationKind::Rollback && self.state.goal == self.state.chosen;
        going_back && self.state.labels.holder(PREVIOUS) != self.state.chosen.as_ref()
    }

    /// Never claimed, so never sent to the database by anybody: our label may go, the value with it. Where a claim may have taken
    /// effect after all, the label stays, since it tells the next `resume` that the version is ours.
    fn lose_claim(&mut self, why: EndReason) {
        self.state.ending = Some(super::RotationEnd {
            outcome: RotationOutcome::Refused,
            version: self.state.chosen.clone(),
            why,
        });
        if self.state.mine.is_some() && self.state.mine == self.state.chosen && !self.state.claimed
        {
            return self.go(RotationPhase::DropOrphan);
        }
        self.given_up();
    }

    pub(super) fn given_up(&mut self) {
        match self.state.ending.take() {
            Some(ending) => self.end(ending.outcome, ending.why),
            None => self.find_out_soon(),
        }
    }

    pub(super) fn read_back(&mut self, facts: &VersionFacts) {
        let chosen = self.chosen();
        if self.state.mine.as_ref() == Some(&chosen) && !facts.as_prepared {
            return self.end(RotationOutcome::Failed, EndReason::ReadBackDiffers(chosen));
        }
        if let Some(problem) = &facts.problem {
            return self.end(
                RotationOutcome::Failed,
                EndReason::Unsuitable(problem.to_string()),
            );
        }
        self.note(RotationEvidence::ReadBack);
        if self.state.from.as_ref() == Some(&chosen) {
            // The database accepts it already: the labels only have to follow.
            return self.go(RotationPhase::Verify);
        }
        if self.state.from.is_none() {
            self.state.from = self.source(self.state.base.as_ref());
        }
        // Going back to the other user: nobody has changed its password since.
        let still = self.state.kind == RotationKind::Rollback && self.takes_turns();
        self.go(if still {
            RotationPhase::StillWorks
        } else {
            RotationPhase::Mark
        });
    }

    /// Which version's password the chosen version's user has, as far as is known; `accepted` has just logged in. Never a version
    /// of another user: its login would change that user's password.
    pub(super) fn source(&self, accepted: Option<&VersionId>) -> Option<VersionId> {
        let chosen = self.facts_of(self.state.chosen.as_ref());
        let fits = |version: &VersionId| match self.facts_of(Some(version)) {
            Some(facts) => chosen
                .is_some_and(|chosen| chosen.user == facts.user && chosen.address == facts.address),
            None => self.takes_turns(),
        };
        let last = self
            .state
            .labels
            .holder(PREVIOUS)
            .filter(|previous| Some(*previous) != self.state.chosen.as_ref());
        let last = last.filter(|_| self.takes_turns() && !self.state.source_refused);
        accepted
            .into_iter()
            .chain(last)
            .find(|version| fits(version))
            .cloned()
    }

    /// The version that is taken for the other user's last one was read.
    pub(super) fn source_read(&mut self, facts: Option<&VersionFacts>) {
        let chosen = self.facts_of(self.state.chosen.as_ref());
        let fits = |facts: &&VersionFacts| {
            facts.problem.is_none()
                && chosen.is_some_and(|chosen| {
                    chosen.user == facts.user && chosen.address == facts.address
                })
        };
        if !facts.is_some_and(|facts| fits(&facts)) {
            self.source_unknown();
        }
    }

    /// What password the other user has is not known: the administrator sets it. The labels are looked at once more before.
    pub(super) fn source_unknown(&mut self) {
        self.state.source_refused = true;
        self.state.from = None;
        self.go(RotationPhase::BeforeSet);
    }

    /// The last look before the database is touched.
    pub(super) fn seen_before_set(&mut self) {
        let pending = self.state.labels.holder(PENDING);
        let current = self.state.labels.holder(CURRENT);
        if pending == self.state.chosen.as_ref() && current == self.state.base.as_ref() {
            self.state.sent = true;
            let by_administrator = self.state.by_administrator || self.state.from.is_none();
            return match (
                by_administrator,
                self.is_administrated() || self.takes_turns(),
            ) {
                (false, _) => self.go(RotationPhase::Alter),
                (true, true) => self.go(RotationPhase::SetByAdministrator),
                // The user's present password is in no version, though another user's is.
                (true, false) => self.end(
                    RotationOutcome::Failed,
                    EndReason::Stuck(self.state.tried, false),
                ),
            };
        }
        self.overtaken();
    }

    pub(super) fn altered(&mut self, answer: AlterAnswer) {
        match answer {
            AlterAnswer::Done => {
                self.state.changed = true;
                self.changed_at = Some(self.now).filter(|_| !self.takes_turns());
                self.note(RotationEvidence::Changed(self.chosen_user()));
                self.go(RotationPhase::Verify);
            }
            AlterAnswer::Same => self.go(RotationPhase::Verify),
            AlterAnswer::WrongOld => {
                // The server counts it as it counts a login.
                self.count_wrong();
                if self.takes_turns() {
                    return self.source_unknown();
                }
                self.note(RotationEvidence::ChangeLost);
                self.find_out_soon();
            }
            AlterAnswer::Policy(why) => {
                self.note(RotationEvidence::PolicyRefuses(why.clone()));
                self.state.unusable.push((self.chosen(), why));
                self.go(RotationPhase::AfterPolicy);
            }
            AlterAnswer::NotLeader => self.try_again(EffectError::refused(
                "this member of the cluster is not the leader".to_owned(),
            )),
            AlterAnswer::Forbidden(_) if self.takes_turns() => self.source_unknown(),
            AlterAnswer::Forbidden(why) => {
                self.end(RotationOutcome::Failed, EndReason::Forbidden(why));
            }
        }
    }

    /// The administrator has set the password.
    pub(super) fn set(&mut self, answer: SetAnswer) {
        match answer {
            SetAnswer::Created(roles) => {
                self.note(RotationEvidence::Created(self.chosen_user(), roles));
            }
            SetAnswer::Changed => {
                self.note(RotationEvidence::SetByAdministrator(self.chosen_user()));
            }
            SetAnswer::Policy(why) => {
                self.note(RotationEvidence::PolicyRefuses(why.clone()));
                self.state.unusable.push((self.chosen(), why));
                return self.replace_value();
            }
            SetAnswer::Unfit(why) => {
                return self.end(RotationOutcome::Failed, EndReason::AdministratorLate(why));
            }
        }
        self.state.changed = true;
        self.go(RotationPhase::Verify);
    }

    fn chosen_user(&self) -> Arc<str> {
        self.facts_of(self.state.chosen.as_ref())
            .map_or_else(|| Arc::from(""), |facts| Arc::clone(&facts.user))
    }

    /// The change of the password brought no usable answer.
    pub(super) fn alter_failed(&mut self, error: EffectError) {
        if !error.is_transient() {
            return self.give_up(error);
        }
        if error.is_in_doubt() && self.state.place == RotationPhase::Alter {
            // It may have arrived with a password that was no longer right.
            self.count_wrong();
        }
        self.silent_since();
        self.note(RotationEvidence::ChangeInDoubt(error));
        self.find_out_soon();
    }

    /// The database has refused the new value for good and still accepts the old one: only now may another value take its place.
    pub(super) fn replace_value(&mut self) {
        self.state.policy = self.state.policy.saturating_add(1);
        self.state.alternate = self.takes_turns();
        if self.state.policy <= self.settings.policy_tries {
            return self.go(RotationPhase::Generate);
        }
        let why = self
            .state
            .unusable
            .last()
            .map(|(_, why)| why.clone())
            .unwrap_or_default();
        self.state.ending = Some(super::RotationEnd {
            outcome: RotationOutcome::Failed,
            version: None,
            why: EndReason::Policy(why),
        });
        self.go(RotationPhase::Release);
    }

    fn replaced(&mut self) {
        if let Some(old) = self.state.chosen.clone() {
            let ours: Vec<_> = self
                .state
                .labels
                .ours_on(&old)
                .map(|label| (old.clone(), label.clone()))
                .collect();
            self.state.loose.extend(ours);
        }
        self.state.chosen.clone_from(&self.state.mine);
        self.go(RotationPhase::ClaimLook);
    }

    pub(super) fn promoted(&mut self) {
        self.state.promoted = true;
        let left = self
            .facts_of(self.state.base.as_ref())
            .filter(|_| self.takes_turns())
            .map(|facts| Arc::clone(&facts.user));
        self.state.kept_user = left.or(self.state.kept_user.take());
        self.state.base.clone_from(&self.state.chosen);
        let outage = self.changed_at.map(|at| self.now - at);
        self.note(RotationEvidence::Promoted(self.chosen(), outage));
        self.go(RotationPhase::Unpend);
    }

    /// Is AWSCURRENT where it should be, although the answer said no or was lost?
    pub(super) fn promotion_seen(&mut self) {
        if self.state.labels.holder(CURRENT) == self.state.chosen.as_ref() {
            return self.promoted();
        }
        self.overtaken();
    }

    /// The labels are not as we left them.
    pub(super) fn overtaken(&mut self) {
        self.note(RotationEvidence::Overtaken);
        self.find_out_soon();
    }

    pub(super) fn wait_to_settle(&mut self) {
        self.wait_for(
            Pause::Settle,
            self.settings.settle_millis + self.settings.jitter_millis,
        );
    }

    /// All logins that were accepted, by what they were for.
    pub(super) fn accepted(&mut self) {
        match self.state.place {
            RotationPhase::CheckLogin => self.current_works(),
            RotationPhase::Probe => self.suspect_accepted(),
            RotationPhase::Verify | RotationPhase::StillWorks => self.chosen_works(),
            RotationPhase::AfterPolicy => self.replace_value(),
            _ => self.unexpected(),
        }
    }

    /// All logins that were refused.
    pub(super) fn refused(&mut self) {
        match self.state.place {
            RotationPhase::CheckLogin => self.current_refused(),
            RotationPhase::Probe => self.suspect_refused(),
            RotationPhase::Verify => {
                self.say(RotationEvidence::Refused(self.chosen()));
                self.find_out_soon();
            }
            RotationPhase::AfterPolicy => self.find_out_soon(),
            RotationPhase::StillWorks => {
                self.say(RotationEvidence::Refused(self.chosen()));
                self.state.from = None;
                self.go(RotationPhase::Mark);
            }
            _ => self.unexpected(),
        }
    }

    fn chosen_works(&mut self) {
        self.state.verified = true;
        self.note(RotationEvidence::Works(self.chosen()));
        if !self.state.promoted {
            return self.go(RotationPhase::Promote);
        }
        self.after_clean();
    }

    pub(super) fn agreed(&mut self, yes: bool) {
        match self.state.place {
            RotationPhase::Proceed => self.proceed(yes),
            RotationPhase::AgreeFinish => self.finish_foreign(yes),
            RotationPhase::AgreeRelease => self.release_foreign(yes),
            RotationPhase::AskGoOn => self.gone_on(yes),
            RotationPhase::AskClose => self.close(yes),
            RotationPhase::AskRefresh => self.refresh(yes),
            _ => self.unexpected(),
        }
    }

    /// Did this process begin a rotation of its own (rather than find one)?
    pub(super) fn is_own(&self) -> bool {
        self.state.kind != RotationKind::Resume
    }
}
