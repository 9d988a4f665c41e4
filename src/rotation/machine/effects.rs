//! Which effect belongs to which phase.

use super::super::effect::RotationEffect;
use super::super::labels::{self, VersionId};
use super::phase::{ConnectionsRead, LoginPurpose, StageMove, VersionRead};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    pub(super) fn effect_at(&self, phase: RotationPhase) -> RotationEffect {
        let state = &self.state;
        match phase {
            // Questions and the end are no effects; `next` never asks for one there.
            RotationPhase::Labels(_) | RotationPhase::Ask(_) | RotationPhase::Done => {
                RotationEffect::DescribeSecret
            }
            RotationPhase::Read(purpose) => read(self.version_to_read(purpose).as_ref()),
            RotationPhase::Login(purpose) => self.login(self.version_to_try(purpose)),
            RotationPhase::CheckAdministrator => RotationEffect::CheckAdministrator {
                version: given(state.seen.base.as_ref()),
                labelled: self.labelled(),
            },
            RotationPhase::Connections(ConnectionsRead::Check) => RotationEffect::ListConnections {
                version: given(state.seen.base.as_ref()),
            },
            RotationPhase::Connections(ConnectionsRead::Old) => RotationEffect::ListConnections {
                version: self.chosen(),
            },
            RotationPhase::Kill => RotationEffect::KillConnections {
                version: self.chosen(),
                ids: state
                    .consumers
                    .connections
                    .iter()
                    .map(|connection| connection.id.clone())
                    .collect(),
            },
            RotationPhase::Generate => RotationEffect::GeneratePassword {
                like: given(state.seen.base.as_ref()),
                alternate: state.target.alternate,
            },
            RotationPhase::Put => RotationEffect::PutVersion {
                version: given(state.target.mine.as_ref()),
                label: state.target.prepared_label.clone().unwrap_or_default(),
            },
            RotationPhase::Alter => self.alter_effect(),
            RotationPhase::SetByAdministrator => RotationEffect::SetByAdministrator {
                version: self.chosen(),
                like: given(state.seen.base.as_ref()),
            },
            RotationPhase::FindReaders => self.find_readers_effect(),
            RotationPhase::Refresh => self.refresh_effect(),
            RotationPhase::Call => RotationEffect::CallThroughChain,
            RotationPhase::ManagedStart => RotationEffect::StartManagedRotation,
            RotationPhase::Move(label) => self.label_move(label),
        }
    }

    fn version_to_read(&self, purpose: VersionRead) -> Option<VersionId> {
        match purpose {
            VersionRead::Current => self.state.seen.base.clone(),
            VersionRead::Previous | VersionRead::Back | VersionRead::Function => {
                self.state.target.chosen.clone()
            }
            VersionRead::Compare => self.unread(),
            VersionRead::Before => self.before(),
        }
    }

    fn version_to_try(&self, purpose: LoginPurpose) -> Option<&VersionId> {
        match purpose {
            LoginPurpose::Current => self.state.seen.base.as_ref(),
            LoginPurpose::Verify | LoginPurpose::StillWorks => self.state.target.chosen.as_ref(),
            LoginPurpose::AfterPolicy => self.state.target.from.as_ref(),
            LoginPurpose::Probe => self.state.search.suspects.first(),
        }
    }

    fn labelled(&self) -> Vec<VersionId> {
        self.state
            .seen
            .labels
            .versions()
            .filter(|(_, labels)| !labels.is_empty())
            .map(|(version, _)| version.clone())
            .collect()
    }

    fn alter_effect(&self) -> RotationEffect {
        self.before_login(self.state.target.from.as_ref())
            .unwrap_or_else(|from| RotationEffect::AlterPassword {
                from,
                to: self.chosen(),
            })
    }

    fn find_readers_effect(&self) -> RotationEffect {
        RotationEffect::FindReaders {
            from: self.before(),
            to: given(self.state.seen.base.as_ref()),
        }
    }

    /// The phase is only entered while a reader is left.
    fn refresh_effect(&self) -> RotationEffect {
        let Some(reader) = self.state.consumers.readers.first() else {
            return self.find_readers_effect();
        };
        RotationEffect::RefreshReader {
            reader: reader.clone(),
            from: self.before(),
            to: given(self.state.seen.base.as_ref()),
        }
    }

    fn label_move(&self, label_move: StageMove) -> RotationEffect {
        let state = &self.state;
        let chosen = state.target.chosen.clone();
        let pending = labels::PENDING.to_owned();
        let prepared = || state.target.prepared_label.clone().unwrap_or_default();
        let (label, to, remove_from) = match label_move {
            StageMove::ClearFinished => (pending, None, state.seen.base.clone()),
            StageMove::Claim => (pending, chosen, None),
            StageMove::Replace => (pending, state.target.mine.clone(), chosen),
            StageMove::Release | StageMove::Unpend => (pending, None, chosen),
            StageMove::Promote => (labels::CURRENT.to_owned(), chosen, state.seen.base.clone()),
            StageMove::Mark => (
                state.target.sent_label.clone().unwrap_or_default(),
                chosen,
                None,
            ),
            StageMove::LabelChosen | StageMove::LabelForeign => (prepared(), chosen, None),
            StageMove::DropOrphan => (prepared(), None, state.target.mine.clone()),
            StageMove::Unlabel => match state.consumers.loose.first() {
                Some((version, label)) => (label.to_string(), None, Some(version.clone())),
                None => (String::new(), None, None),
            },
        };
        RotationEffect::MoveStage {
            stage: label,
            to,
            remove_from,
        }
    }

    /// A version must have been read before its password can be used.
    fn login(&self, version: Option<&VersionId>) -> RotationEffect {
        self.before_login(version)
            .unwrap_or_else(|version| RotationEffect::Login { version })
    }

    /// Returns what must happen before this version's password is sent; else the version.
    fn before_login(&self, version: Option<&VersionId>) -> Result<RotationEffect, VersionId> {
        let version = given(version);
        let Some(facts) = self.state.seen.readable.get(&version) else {
            return Ok(RotationEffect::ReadVersion { version });
        };
        if self.state.logins.must_wait.contains(&facts.user) {
            let (reason, millis) = self.login_pause();
            return Ok(RotationEffect::Wait { millis, reason });
        }
        Err(version)
    }

    /// Returns the version that was current before the current one.
    pub(super) fn before(&self) -> Option<VersionId> {
        self.state.seen.labels.holder(labels::PREVIOUS).cloned()
    }

    pub(super) fn chosen(&self) -> VersionId {
        given(self.state.target.chosen.as_ref())
    }
}

fn read(version: Option<&VersionId>) -> RotationEffect {
    RotationEffect::ReadVersion {
        version: given(version),
    }
}

/// A phase is only entered when its version is known; an empty id would be refused by the service, not taken for another.
fn given(version: Option<&VersionId>) -> VersionId {
    version.cloned().unwrap_or_else(|| VersionId::new(""))
}
