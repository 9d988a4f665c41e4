//! Prepare, claim, verify, promote: the way forward when nothing goes wrong, and where it turns off.

use std::sync::Arc;

use super::super::effect::{Pause, VersionFacts};
use super::super::labels::{self, CURRENT, PENDING, PREVIOUS, VersionId};
use super::super::report::{
    EndReason, Neo4jEvidence, RotationKind, RotationOutcome, SecretEvidence,
};
use super::phase::{LabelsRead, LoginPurpose, RotationAsk, StageMove, VersionRead};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// Names the labels of this version, each by itself: nothing is stolen from another version when they are set.
    pub(super) fn name_labels(&mut self, version: &VersionId) {
        let target = &mut self.state.target;
        if target
            .labels_of
            .as_ref()
            .is_some_and(|named| named != version)
        {
            target.prepared_label = None;
            target.sent_label = None;
        }
        target.labels_of = Some(version.clone());
        let seconds = self.now.div_euclid(1_000);
        // The first value's labels are its own; a further one's, after the server's rules refused it, differ by their number.
        let number = if self.state.target.policy > 0 {
            format!("+{}", self.state.target.policy)
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
            .target
            .prepared_label
            .get_or_insert_with(|| labels::prepared_label(operator, &marks, version, seconds));
        self.state
            .target
            .sent_label
            .get_or_insert_with(|| labels::sent_label(operator, &marks, version, seconds));
    }

    pub(super) fn generated(&mut self, version: VersionId) {
        self.name_labels(&version);
        self.state.target.mine = Some(version.clone());
        self.state.target.goal = Some(version);
        self.go(RotationPhase::Put);
    }

    pub(super) fn stored(&mut self) {
        let (Some(mine), Some(label)) = (
            self.state.target.mine.clone(),
            self.state.target.prepared_label.clone(),
        ) else {
            return self.unexpected();
        };
        self.note(SecretEvidence::Stored(mine.clone(), label));
        if self.state.target.policy > 0 {
            return self.go(RotationPhase::Move(StageMove::Replace));
        }
        self.state.target.chosen = Some(mine);
        self.go(RotationPhase::Move(StageMove::Claim));
    }

    /// A label has moved as asked.
    pub(super) fn moved(&mut self) {
        let RotationPhase::Move(stage) = self.state.phase else {
            return self.unexpected();
        };
        match stage {
            StageMove::ClearFinished => {
                let next = self.first_write();
                self.go(next);
            }
            StageMove::LabelChosen => {
                let label = self.state.target.prepared_label.clone().unwrap_or_default();
                self.note(SecretEvidence::Taken(self.chosen(), label));
                self.go(RotationPhase::Move(StageMove::Claim));
            }
            StageMove::Claim => {
                self.state.progress.claimed = true;
                self.go(RotationPhase::Labels(LabelsRead::AfterClaim));
            }
            StageMove::Replace => self.replaced(),
            StageMove::Mark => self.go(RotationPhase::Labels(LabelsRead::BeforeSet)),
            StageMove::Promote => self.promoted(),
            StageMove::LabelForeign => self.go(RotationPhase::Move(StageMove::Release)),
            StageMove::DropOrphan | StageMove::Release => self.given_up(),
            StageMove::Unpend => self.go(RotationPhase::Labels(LabelsRead::Tidy)),
            StageMove::Unlabel => self.unlabelled(),
        }
    }

    /// The service's definite no to a move.
    pub(super) fn conflicted(&mut self) {
        let RotationPhase::Move(stage) = self.state.phase else {
            if self.state.phase == RotationPhase::ManagedStart {
                return self.find_out_soon();
            }
            return self.unexpected();
        };
        match stage {
            // To be taken off: somebody else has done it. To be put on: unique to this rotation, it can only be where it should be.
            StageMove::ClearFinished
            | StageMove::DropOrphan
            | StageMove::Release
            | StageMove::Unpend
            | StageMove::Unlabel
            | StageMove::LabelChosen
            | StageMove::Mark
            | StageMove::LabelForeign => self.moved(),
            StageMove::Claim => self.go(RotationPhase::Labels(LabelsRead::AfterClaim)),
            StageMove::Promote => self.go(RotationPhase::Labels(LabelsRead::AfterPromote)),
            StageMove::Replace => self.find_out_soon(),
        }
    }

    pub(super) fn claim_in_doubt(&mut self) {
        self.state.progress.claimed = true;
        if self.state.phase == RotationPhase::Move(StageMove::Replace) {
            // AWSPENDING is on the old value, on the new one or elsewhere: the labels decide.
            return self.find_out_soon();
        }
        self.go(RotationPhase::Labels(LabelsRead::AfterClaim));
    }

    /// Who holds AWSPENDING after the claim?
    pub(super) fn claim_seen(&mut self) {
        let chosen = self.chosen();
        match self.state.seen.labels.holder(PENDING).cloned() {
            Some(holder) if holder == chosen && self.is_stale_goal() => {
                // Somebody has rotated since this roll back was planned. Our label stays on it until it is old.
                self.state.ending = Some(super::RotationEnd {
                    outcome: RotationOutcome::Refused,
                    version: Some(chosen),
                    why: EndReason::Superseded,
                });
                self.go(RotationPhase::Move(StageMove::Release));
            }
            Some(holder) if holder == chosen => {
                self.note(SecretEvidence::Claimed(chosen));
                self.state.search.rounds = 0;
                self.go(RotationPhase::Read(VersionRead::Back));
            }
            Some(holder) => {
                if self.state.search.rounds + 1 < self.settings.equal_reads {
                    self.state.search.rounds += 1;
                    return self.wait_to_settle();
                }
                self.state.search.rounds = 0;
                let author = self.state.seen.labels.author(&holder);
                self.lose_claim(EndReason::Pending(holder, author));
            }
            None => {
                if self.state.search.rounds >= self.settings.equal_reads {
                    self.state.search.rounds = 0;
                    // Nobody is seen to hold what was refused to us: a request that the HTTP client has repeated by itself is refused
                    // because of its own effect, and reads may lag behind it.
                    self.state.progress.claimed = true;
                    return self.lose_claim(EndReason::Unsettled);
                }
                self.state.search.rounds += 1;
                self.wait_to_settle();
                self.go(RotationPhase::Move(StageMove::Claim));
            }
        }
    }

    /// The version to go back to is no longer the previous one: going back to it now would undo more than was planned, and to a
    /// value from which a change may still be on its way.
    fn is_stale_goal(&self) -> bool {
        let going_back = self.state.kind == RotationKind::Rollback
            && self.state.target.goal == self.state.target.chosen;
        going_back && self.state.seen.labels.holder(PREVIOUS) != self.state.target.chosen.as_ref()
    }

    /// Never claimed, so never sent to the database by anybody: our label may go, the value with it. Where a claim may have taken
    /// effect after all, the label stays, since it tells the next `resume` that the version is ours.
    fn lose_claim(&mut self, why: EndReason) {
        self.state.ending = Some(super::RotationEnd {
            outcome: RotationOutcome::Refused,
            version: self.state.target.chosen.clone(),
            why,
        });
        if self.state.target.mine.is_some()
            && self.state.target.mine == self.state.target.chosen
            && !self.state.progress.claimed
        {
            return self.go(RotationPhase::Move(StageMove::DropOrphan));
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
        if self.state.target.mine.as_ref() == Some(&chosen) && !facts.as_prepared {
            return self.end(RotationOutcome::Failed, EndReason::ReadBackDiffers(chosen));
        }
        if let Some(problem) = &facts.problem {
            return self.end(
                RotationOutcome::Failed,
                EndReason::Unsuitable(problem.to_string()),
            );
        }
        self.note(SecretEvidence::ReadBack);
        if self.state.target.from.as_ref() == Some(&chosen) {
            // The database accepts it already: the labels only have to follow.
            return self.go(RotationPhase::Login(LoginPurpose::Verify));
        }
        if self.state.target.from.is_none() {
            self.state.target.from = self.source(self.state.seen.base.as_ref());
        }
        // Going back to the other user: nobody has changed its password since.
        let still = self.state.kind == RotationKind::Rollback && self.takes_turns();
        self.go(if still {
            RotationPhase::Login(LoginPurpose::StillWorks)
        } else {
            RotationPhase::Move(StageMove::Mark)
        });
    }

    fn replaced(&mut self) {
        if let Some(old) = self.state.target.chosen.clone() {
            let ours: Vec<_> = self
                .state
                .seen
                .labels
                .ours_on(&old)
                .map(|label| (old.clone(), label.clone()))
                .collect();
            self.state.consumers.loose.extend(ours);
        }
        self.state.target.chosen.clone_from(&self.state.target.mine);
        self.go(RotationPhase::Labels(LabelsRead::AfterClaim));
    }

    pub(super) fn promoted(&mut self) {
        self.state.progress.promoted = true;
        let left = self
            .facts_of(self.state.seen.base.as_ref())
            .filter(|_| self.takes_turns())
            .map(|facts| Arc::clone(&facts.user));
        self.state.consumers.kept_user = left.or(self.state.consumers.kept_user.take());
        self.state.seen.base.clone_from(&self.state.target.chosen);
        let outage = self.changed_at.map(|at| self.now - at);
        self.note(SecretEvidence::Promoted(self.chosen(), outage));
        self.go(RotationPhase::Move(StageMove::Unpend));
    }

    /// Is AWSCURRENT where it should be, although the answer said no or was lost?
    pub(super) fn promotion_seen(&mut self) {
        if self.state.seen.labels.holder(CURRENT) == self.state.target.chosen.as_ref() {
            return self.promoted();
        }
        self.overtaken();
    }

    /// The labels are not as we left them.
    pub(super) fn overtaken(&mut self) {
        self.note(SecretEvidence::Overtaken);
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
        let RotationPhase::Login(purpose) = self.state.phase else {
            return self.unexpected();
        };
        match purpose {
            LoginPurpose::Current => self.current_works(),
            LoginPurpose::Probe => self.suspect_accepted(),
            LoginPurpose::Verify | LoginPurpose::StillWorks => self.chosen_works(),
            LoginPurpose::AfterPolicy => self.replace_value(),
        }
    }

    /// All logins that were refused.
    pub(super) fn refused(&mut self) {
        let RotationPhase::Login(purpose) = self.state.phase else {
            return self.unexpected();
        };
        match purpose {
            LoginPurpose::Current => self.current_refused(),
            LoginPurpose::Probe => self.suspect_refused(),
            LoginPurpose::Verify => {
                self.say(Neo4jEvidence::Refused(self.chosen()));
                self.find_out_soon();
            }
            LoginPurpose::AfterPolicy => self.find_out_soon(),
            LoginPurpose::StillWorks => {
                self.say(Neo4jEvidence::Refused(self.chosen()));
                self.state.target.from = None;
                self.go(RotationPhase::Move(StageMove::Mark));
            }
        }
    }

    fn chosen_works(&mut self) {
        self.state.progress.verified = true;
        self.note(Neo4jEvidence::Works(self.chosen()));
        if !self.state.progress.promoted {
            return self.go(RotationPhase::Move(StageMove::Promote));
        }
        self.after_clean();
    }

    pub(super) fn agreed(&mut self, yes: bool) {
        let RotationPhase::Ask(ask) = self.state.phase else {
            return self.unexpected();
        };
        match ask {
            RotationAsk::Proceed => self.proceed(yes),
            RotationAsk::FinishForeign => self.finish_foreign(yes),
            RotationAsk::ReleaseForeign => self.release_foreign(yes),
            RotationAsk::GoOn => self.gone_on(yes),
            RotationAsk::CloseConnections => self.close(yes),
            RotationAsk::RefreshReaders => self.refresh(yes),
        }
    }

    /// Did this process begin a rotation of its own (rather than find one)?
    pub(super) fn is_own(&self) -> bool {
        self.state.kind != RotationKind::Resume
    }
}
