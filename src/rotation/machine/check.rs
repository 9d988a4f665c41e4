//! The first look: does everything that a rotation needs hold? Nothing is written here.

use super::super::effect::{AdministratorAnswer, Connection, SecretFacts, VersionFacts};
use super::super::labels::{CURRENT, PENDING, PREVIOUS, VersionId};
use super::super::report::{
    ConsumerEvidence, EndReason, Neo4jEvidence, RotationKind, RotationOutcome, SecretEvidence,
};
use super::phase::{
    ConnectionsRead, LabelsRead, LoginPurpose, RotationAsk, StageMove, VersionRead,
};
use super::{RotationMachine, RotationPhase};
use crate::rotation::secret_document::alternate;

impl RotationMachine {
    /// Labels were read to find out where things stand.
    pub(super) fn surveyed(&mut self, facts: &SecretFacts) {
        if facts.deleted {
            return self.end(RotationOutcome::Refused, EndReason::Deleted);
        }
        let Some(current) = facts.labels.holder(CURRENT).cloned() else {
            return self.end(RotationOutcome::Refused, EndReason::NoCurrent);
        };
        let pending = facts.labels.holder(PENDING).cloned();
        self.state.seen.base = Some(current.clone());
        if self.state.progress.underway {
            return self.find_out(current, pending);
        }
        match pending {
            Some(pending) if pending != current => {
                let author = facts.labels.author(&pending);
                self.state.target.chosen = Some(pending.clone());
                return self.end(
                    RotationOutcome::Refused,
                    EndReason::Pending(pending, author),
                );
            }
            Some(_) if self.state.search.rounds == 0 => {
                self.note(SecretEvidence::FinishedLeftPending(current));
            }
            None if self.state.search.rounds == 0 => self.note(SecretEvidence::NothingPending),
            Some(_) | None => {}
        }
        if self.state.kind == RotationKind::Rollback {
            let Some(previous) = facts.labels.holder(PREVIOUS).cloned() else {
                return self.end(RotationOutcome::Refused, EndReason::NoPrevious);
            };
            self.state.target.chosen = Some(previous);
        }
        self.go(RotationPhase::Read(VersionRead::Current));
    }

    pub(super) fn current_read(&mut self, facts: &VersionFacts) {
        if let Some(problem) = &facts.problem {
            return self.end(
                RotationOutcome::Refused,
                EndReason::Unsuitable(problem.to_string()),
            );
        }
        let own = self.state.seen.managed || self.settings.single_user;
        self.state.target.alternate =
            self.state.kind == RotationKind::Rotate && facts.administrated && !own;
        self.go(if self.state.kind == RotationKind::Rollback {
            RotationPhase::Read(VersionRead::Previous)
        } else {
            RotationPhase::Login(LoginPurpose::Current)
        });
    }

    pub(super) fn previous_read(&mut self, facts: &VersionFacts) {
        if let Some(problem) = &facts.problem {
            return self.end(
                RotationOutcome::Refused,
                EndReason::Unsuitable(problem.to_string()),
            );
        }
        if self.names_another(facts) {
            let previous = self.chosen();
            return self.end(RotationOutcome::Refused, EndReason::Mismatch(previous));
        }
        self.go(RotationPhase::Login(LoginPurpose::Current));
    }

    /// Does this value name another address than the current one, or a user that is neither the same nor the other one of two?
    pub(super) fn names_another(&self, facts: &VersionFacts) -> bool {
        self.facts_of(self.state.seen.base.as_ref())
            .is_some_and(|current| {
                let same_user =
                    current.user == facts.user || *alternate(&current.user) == *facts.user;
                current.address != facts.address || !same_user
            })
    }

    /// Returns what was read of a version.
    pub(super) fn facts_of(&self, version: Option<&VersionId>) -> Option<&VersionFacts> {
        version.and_then(|version| self.state.seen.readable.get(version))
    }

    /// Is the chosen version of the other user than the current one?
    pub(super) fn takes_turns(&self) -> bool {
        let users = (
            self.facts_of(self.state.seen.base.as_ref()),
            self.facts_of(self.state.target.chosen.as_ref()),
        );
        matches!(users, (Some(current), Some(chosen)) if current.user != chosen.user)
    }

    /// A version has labels but no value.
    pub(super) fn found_empty(&mut self, version: VersionId) {
        match self.state.phase {
            RotationPhase::Login(LoginPurpose::Probe) => self.next_suspect(),
            RotationPhase::Read(VersionRead::Function) => self.managed_explained(None),
            RotationPhase::Alter => self.source_read(None),
            RotationPhase::Read(VersionRead::Before) => self.before_read(None),
            RotationPhase::Read(
                VersionRead::Current
                | VersionRead::Previous
                | VersionRead::Back
                | VersionRead::Compare,
            )
            | RotationPhase::Login(
                LoginPurpose::Current
                | LoginPurpose::Verify
                | LoginPurpose::StillWorks
                | LoginPurpose::AfterPolicy,
            ) => self.needed_is_empty(version),
            RotationPhase::Labels(_)
            | RotationPhase::CheckAdministrator
            | RotationPhase::Connections(_)
            | RotationPhase::Ask(_)
            | RotationPhase::Generate
            | RotationPhase::Put
            | RotationPhase::Move(_)
            | RotationPhase::SetByAdministrator
            | RotationPhase::Kill
            | RotationPhase::FindReaders
            | RotationPhase::Refresh
            | RotationPhase::Call
            | RotationPhase::ManagedStart
            | RotationPhase::Done => self.unexpected(),
        }
    }

    /// A version without which nothing goes on has no value.
    fn needed_is_empty(&mut self, version: VersionId) {
        // A version that was stored a moment ago may not be readable everywhere yet.
        if self.state.search.rounds < self.settings.equal_reads.saturating_sub(1) {
            self.state.search.rounds += 1;
            return self.wait_to_settle();
        }
        self.state.search.rounds = 0;
        if self.state.target.chosen.as_ref() == Some(&version) && self.state.progress.underway {
            return self.pending_is_empty(version);
        }
        self.end(
            RotationOutcome::Refused,
            EndReason::Unsuitable(format!("version {version} has no value")),
        );
    }

    /// The current password was accepted.
    pub(super) fn current_works(&mut self) {
        if let Some(base) = self.state.seen.base.clone() {
            self.note(Neo4jEvidence::CurrentWorks(base));
        }
        self.state.search.rounds = 0;
        let by_administrator =
            self.state.target.alternate || (self.takes_turns() && self.is_administrated());
        self.go(if by_administrator {
            RotationPhase::CheckAdministrator
        } else {
            RotationPhase::Connections(ConnectionsRead::Check)
        });
    }

    /// Is an administrator known?
    pub(super) fn is_administrated(&self) -> bool {
        self.facts_of(self.state.seen.base.as_ref())
            .is_some_and(|facts| facts.administrated)
    }

    /// Can the administrator do what may be needed?
    pub(super) fn administrator_seen(&mut self, answer: AdministratorAnswer) {
        match answer {
            AdministratorAnswer::Ready(sentence) => {
                self.note(Neo4jEvidence::Administrator(sentence));
                self.go(RotationPhase::Connections(ConnectionsRead::Check));
            }
            AdministratorAnswer::Unfit(why) => {
                self.end(RotationOutcome::Refused, EndReason::Administrator(why));
            }
        }
    }

    /// The current password was refused: read again once, since another rotation may have ended this moment, and try again once.
    pub(super) fn current_refused(&mut self) {
        let current = self.state.seen.base.clone();
        if self.state.search.rounds == 0 {
            self.state.search.rounds = 1;
            if let Some(current) = current {
                self.say(Neo4jEvidence::Refused(current));
            }
            self.wait_to_settle();
            return self.go(RotationPhase::Labels(LabelsRead::Survey));
        }
        if let Some(current) = current {
            self.end(RotationOutcome::Refused, EndReason::Drift(current));
        }
    }

    pub(super) fn consumers_seen(&mut self, connections: Vec<Connection>) {
        self.note(ConsumerEvidence::Connected(connections));
        self.go(RotationPhase::Ask(RotationAsk::Proceed));
    }

    /// The operator has seen the plan.
    pub(super) fn proceed(&mut self, yes: bool) {
        if !yes {
            return self.end(RotationOutcome::Refused, EndReason::Declined);
        }
        if self.settings.rehearse {
            return self.end(RotationOutcome::NothingToDo, EndReason::Rehearsed);
        }
        self.state.progress.underway = true;
        if self.state.seen.managed && self.state.kind == RotationKind::Rotate {
            return self.go(RotationPhase::ManagedStart);
        }
        let finished = self.state.seen.labels.holder(PENDING).is_some();
        let next = if finished {
            RotationPhase::Move(StageMove::ClearFinished)
        } else {
            self.first_write()
        };
        self.go(next);
    }

    pub(super) fn first_write(&mut self) -> RotationPhase {
        if self.state.kind == RotationKind::Rollback {
            self.name_labels(&self.chosen());
            self.state.target.goal.clone_from(&self.state.target.chosen);
            RotationPhase::Move(StageMove::LabelChosen)
        } else {
            RotationPhase::Generate
        }
    }
}
