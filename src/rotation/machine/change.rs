//! The change of the password: from which version it is changed, the last look at the labels, and what Neo4j answers.

use std::sync::Arc;

use super::super::effect::{EffectError, SetAnswer, VersionFacts};
use super::super::labels::{CURRENT, PENDING, PREVIOUS, VersionId};
use super::super::report::{EndReason, Neo4jEvidence, RotationOutcome};
use super::phase::{LabelsRead, LoginPurpose, StageMove};
use super::{RotationMachine, RotationPhase};
use crate::model::AlterAnswer;

impl RotationMachine {
    /// Which version's password the chosen version's user has, as far as is known; `accepted` has just logged in. Never a version
    /// of another user: its login would change that user's password.
    pub(super) fn source(&self, accepted: Option<&VersionId>) -> Option<VersionId> {
        let chosen = self.facts_of(self.state.target.chosen.as_ref());
        let fits = |version: &VersionId| match self.facts_of(Some(version)) {
            Some(facts) => chosen
                .is_some_and(|chosen| chosen.user == facts.user && chosen.address == facts.address),
            None => self.takes_turns(),
        };
        let last = self
            .state
            .seen
            .labels
            .holder(PREVIOUS)
            .filter(|previous| Some(*previous) != self.state.target.chosen.as_ref());
        let last = last.filter(|_| self.takes_turns() && !self.state.target.source_refused);
        accepted
            .into_iter()
            .chain(last)
            .find(|version| fits(version))
            .cloned()
    }

    /// The version that is taken for the other user's last one was read.
    pub(super) fn source_read(&mut self, facts: Option<&VersionFacts>) {
        let chosen = self.facts_of(self.state.target.chosen.as_ref());
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
        self.state.target.source_refused = true;
        self.state.target.from = None;
        self.go(RotationPhase::Labels(LabelsRead::BeforeSet));
    }

    /// The last look before the database is touched.
    pub(super) fn seen_before_set(&mut self) {
        let pending = self.state.seen.labels.holder(PENDING);
        let current = self.state.seen.labels.holder(CURRENT);
        if pending == self.state.target.chosen.as_ref() && current == self.state.seen.base.as_ref()
        {
            self.state.progress.sent = true;
            let by_administrator =
                self.state.target.by_administrator || self.state.target.from.is_none();
            return match (
                by_administrator,
                self.is_administrated() || self.takes_turns(),
            ) {
                (false, _) => self.go(RotationPhase::Alter),
                (true, true) => self.go(RotationPhase::SetByAdministrator),
                // The user's present password is in no version, though another user's is.
                (true, false) => self.end(
                    RotationOutcome::Failed,
                    EndReason::Stuck(self.state.search.tried, false),
                ),
            };
        }
        self.overtaken();
    }

    pub(super) fn altered(&mut self, answer: AlterAnswer) {
        match answer {
            AlterAnswer::Done => {
                self.state.progress.changed = true;
                self.changed_at = Some(self.now).filter(|_| !self.takes_turns());
                self.note(Neo4jEvidence::Changed(self.chosen_user()));
                self.go(RotationPhase::Login(LoginPurpose::Verify));
            }
            AlterAnswer::Same => self.go(RotationPhase::Login(LoginPurpose::Verify)),
            AlterAnswer::WrongOld => {
                // The server counts it as it counts a login.
                self.count_wrong();
                if self.takes_turns() {
                    return self.source_unknown();
                }
                self.note(Neo4jEvidence::ChangeLost);
                self.find_out_soon();
            }
            AlterAnswer::Policy(why) => {
                self.note(Neo4jEvidence::PolicyRefuses(why.clone()));
                self.state.target.unusable.push((self.chosen(), why));
                self.go(RotationPhase::Login(LoginPurpose::AfterPolicy));
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
                self.note(Neo4jEvidence::Created(self.chosen_user(), roles));
            }
            SetAnswer::Changed => {
                self.note(Neo4jEvidence::SetByAdministrator(self.chosen_user()));
            }
            SetAnswer::Policy(why) => {
                self.note(Neo4jEvidence::PolicyRefuses(why.clone()));
                self.state.target.unusable.push((self.chosen(), why));
                return self.replace_value();
            }
            SetAnswer::Unfit(why) => {
                return self.end(RotationOutcome::Failed, EndReason::AdministratorLate(why));
            }
        }
        self.state.progress.changed = true;
        self.go(RotationPhase::Login(LoginPurpose::Verify));
    }

    fn chosen_user(&self) -> Arc<str> {
        self.facts_of(self.state.target.chosen.as_ref())
            .map_or_else(|| Arc::from(""), |facts| Arc::clone(&facts.user))
    }

    /// The change of the password brought no usable answer.
    pub(super) fn alter_failed(&mut self, error: EffectError) {
        if !error.is_transient() {
            return self.give_up(error);
        }
        if error.is_in_doubt() && self.state.phase == RotationPhase::Alter {
            // It may have arrived with a password that was no longer right.
            self.count_wrong();
        }
        self.silent_since();
        self.note(Neo4jEvidence::ChangeInDoubt(error));
        self.find_out_soon();
    }

    /// The database has refused the new value for good and still accepts the old one: only now may another value take its place.
    pub(super) fn replace_value(&mut self) {
        self.state.target.policy = self.state.target.policy.saturating_add(1);
        self.state.target.alternate = self.takes_turns();
        if self.state.target.policy <= self.settings.policy_tries {
            return self.go(RotationPhase::Generate);
        }
        let why = self
            .state
            .target
            .unusable
            .last()
            .map(|(_, why)| why.clone())
            .unwrap_or_default();
        self.state.ending = Some(super::RotationEnd {
            outcome: RotationOutcome::Failed,
            version: None,
            why: EndReason::Policy(why),
        });
        self.go(RotationPhase::Move(StageMove::Release));
    }
}
