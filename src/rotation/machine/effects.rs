//! Which effect belongs to which place.

use super::super::effect::RotationEffect;
use super::super::labels::{self, VersionId};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    pub(super) fn effect_at(&self, place: RotationPhase) -> RotationEffect {
        let state = &self.state;
        match place {
            RotationPhase::Survey
            | RotationPhase::ClaimLook
            | RotationPhase::BeforeSet
            | RotationPhase::PromoteLook
            | RotationPhase::Tidy
            | RotationPhase::ManagedWatch
            // Questions and the end are no effects; `next` never asks for one there.
            | RotationPhase::Proceed
            | RotationPhase::AskGoOn
            | RotationPhase::AgreeFinish
            | RotationPhase::AgreeRelease
            | RotationPhase::AskClose
            | RotationPhase::AskRefresh
            | RotationPhase::Done => RotationEffect::DescribeSecret,
            RotationPhase::ReadCurrent => read(state.base.as_ref()),
            RotationPhase::ReadPrevious | RotationPhase::ReadBack | RotationPhase::ManagedExplain => read(state.chosen.as_ref()),
            RotationPhase::Compare => read(self.unread().as_ref()),
            RotationPhase::CheckLogin => self.login(state.base.as_ref()),
            RotationPhase::CheckAdministrator => RotationEffect::CheckAdministrator {
                version: given(state.base.as_ref()),
                labelled: state.labels.versions().filter(|(_, labels)| !labels.is_empty()).map(|(version, _)| version.clone()).collect(),
            },
            RotationPhase::Verify | RotationPhase::StillWorks => self.login(state.chosen.as_ref()),
            RotationPhase::AfterPolicy => self.login(state.from.as_ref()),
            RotationPhase::Probe => self.login(state.suspects.first()),
            RotationPhase::CheckConnections => RotationEffect::ListConnections { version: given(state.base.as_ref()) },
            RotationPhase::ListConnections => RotationEffect::ListConnections { version: self.chosen() },
            RotationPhase::Kill => RotationEffect::KillConnections { version: self.chosen(), ids: state.connections.iter().map(|one| one.id.clone()).collect() },
            RotationPhase::Generate => RotationEffect::GeneratePassword { like: given(state.base.as_ref()), alternate: state.alternate },
            RotationPhase::Put => RotationEffect::PutVersion { version: given(state.mine.as_ref()), label: state.prepared_label.clone().unwrap_or_default() },
            RotationPhase::Alter => self.before_login(state.from.as_ref()).unwrap_or_else(|from| RotationEffect::AlterPassword { from, to: self.chosen() }),
            RotationPhase::SetByAdministrator => {
                RotationEffect::SetByAdministrator { version: self.chosen(), like: given(state.base.as_ref()) }
            }
            RotationPhase::FindReaders => RotationEffect::FindReaders { from: self.before(), to: given(state.base.as_ref()) },
            RotationPhase::ReadBefore => read(self.before().as_ref()),
            RotationPhase::Refresh => match state.readers.first() {
                Some(reader) => {
                    RotationEffect::RefreshReader { reader: reader.clone(), from: self.before(), to: given(state.base.as_ref()) }
                }
                None => RotationEffect::FindReaders { from: self.before(), to: given(state.base.as_ref()) },
            },
            RotationPhase::Call => RotationEffect::CallThroughChain,
            RotationPhase::ManagedStart => RotationEffect::StartManagedRotation,
            RotationPhase::ClearFinished
            | RotationPhase::LabelChosen
            | RotationPhase::Claim
            | RotationPhase::Replace
            | RotationPhase::Mark
            | RotationPhase::Promote
            | RotationPhase::LabelForeign
            | RotationPhase::DropOrphan
            | RotationPhase::Release
            | RotationPhase::Unpend
            | RotationPhase::Unlabel => self.label_move(place),
        }
    }

    pub(super) fn label_move(&self, place: RotationPhase) -> RotationEffect {
        let state = &self.state;
        let chosen = state.chosen.clone();
        let (label, to, remove_from) = match place {
            RotationPhase::ClearFinished => (labels::PENDING.to_owned(), None, state.base.clone()),
            RotationPhase::Claim => (labels::PENDING.to_owned(), chosen, None),
            RotationPhase::Replace => (labels::PENDING.to_owned(), state.mine.clone(), chosen),
            RotationPhase::Promote => (labels::CURRENT.to_owned(), chosen, state.base.clone()),
            RotationPhase::Release | RotationPhase::Unpend => {
                (labels::PENDING.to_owned(), None, chosen)
            }
            RotationPhase::Mark => (state.sent_label.clone().unwrap_or_default(), chosen, None),
            RotationPhase::DropOrphan => (
                state.prepared_label.clone().unwrap_or_default(),
                None,
                state.mine.clone(),
            ),
            RotationPhase::Unlabel => match state.loose.first() {
                Some((version, label)) => (label.to_string(), None, Some(version.clone())),
                None => (String::new(), None, None),
            },
            _ => (
                state.prepared_label.clone().unwrap_or_default(),
                chosen,
                None,
            ),
        };
        RotationEffect::MoveStage {
            stage: label,
            to,
            remove_from,
        }
    }

    /// A version must have been read before its password can be used.
    pub(super) fn login(&self, version: Option<&VersionId>) -> RotationEffect {
        self.before_login(version)
            .unwrap_or_else(|version| RotationEffect::Login { version })
    }

    /// What must happen before this version's password is sent; else the version.
    fn before_login(&self, version: Option<&VersionId>) -> Result<RotationEffect, VersionId> {
        let version = given(version);
        let Some(facts) = self.state.readable.get(&version) else {
            return Ok(RotationEffect::ReadVersion { version });
        };
        if self.state.must_wait.contains(&facts.user) {
            let (reason, millis) = self.login_pause();
            return Ok(RotationEffect::Wait { millis, reason });
        }
        Err(version)
    }

    /// The version that was current before the current one.
    pub(super) fn before(&self) -> Option<VersionId> {
        self.state.labels.holder(labels::PREVIOUS).cloned()
    }

    pub(super) fn chosen(&self) -> VersionId {
        given(self.state.chosen.as_ref())
    }
}

fn read(version: Option<&VersionId>) -> RotationEffect {
    RotationEffect::ReadVersion {
        version: given(version),
    }
}

/// A place is only entered when its version is known; an empty id would be refused by the service, not taken for another.
fn given(version: Option<&VersionId>) -> VersionId {
    version.cloned().unwrap_or_else(|| VersionId::new(""))
}
