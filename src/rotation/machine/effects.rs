//! Which effect belongs to which place.

use super::super::effect::Effect;
use super::super::labels::{self, VersionId};
use super::{Machine, Place};

impl Machine {
    pub(super) fn effect_at(&self, place: Place) -> Effect {
        let state = &self.state;
        match place {
            Place::Survey
            | Place::ClaimLook
            | Place::BeforeSet
            | Place::PromoteLook
            | Place::Tidy
            | Place::ManagedWatch
            // Questions and the end are no effects; `next` never asks for one there.
            | Place::Proceed
            | Place::AskGoOn
            | Place::AgreeFinish
            | Place::AgreeRelease
            | Place::AskClose
            | Place::AskRefresh
            | Place::Done => Effect::DescribeSecret,
            Place::ReadCurrent => read(state.base.as_ref()),
            Place::ReadPrevious | Place::ReadBack | Place::ManagedExplain => read(state.chosen.as_ref()),
            Place::Compare => read(self.unread().as_ref()),
            Place::CheckLogin => self.login(state.base.as_ref()),
            Place::CheckAdministrator => Effect::CheckAdministrator {
                version: given(state.base.as_ref()),
                labelled: state.labels.versions().filter(|(_, labels)| !labels.is_empty()).map(|(version, _)| version.clone()).collect(),
            },
            Place::Verify | Place::StillWorks => self.login(state.chosen.as_ref()),
            Place::AfterPolicy => self.login(state.from.as_ref()),
            Place::Probe => self.login(state.suspects.first()),
            Place::CheckConnections => Effect::ListConnections { version: given(state.base.as_ref()) },
            Place::ListConnections => Effect::ListConnections { version: self.chosen() },
            Place::Kill => Effect::KillConnections { version: self.chosen(), ids: state.connections.iter().map(|one| one.id.clone()).collect() },
            Place::Generate => Effect::GeneratePassword { like: given(state.base.as_ref()), alternate: state.alternate },
            Place::Put => Effect::PutVersion { version: given(state.mine.as_ref()), label: state.prepared_label.clone().unwrap_or_default() },
            Place::Alter => self.before_login(state.from.as_ref()).unwrap_or_else(|from| Effect::AlterPassword { from, to: self.chosen() }),
            Place::SetByAdministrator => {
                Effect::SetByAdministrator { version: self.chosen(), like: given(state.base.as_ref()) }
            }
            Place::FindReaders => Effect::FindReaders { from: self.before(), to: given(state.base.as_ref()) },
            Place::ReadBefore => read(self.before().as_ref()),
            Place::Refresh => match state.readers.first() {
                Some(reader) => {
                    Effect::RefreshReader { reader: reader.clone(), from: self.before(), to: given(state.base.as_ref()) }
                }
                None => Effect::FindReaders { from: self.before(), to: given(state.base.as_ref()) },
            },
            Place::Call => Effect::CallThroughChain,
            Place::ManagedStart => Effect::StartManagedRotation,
            Place::ClearFinished
            | Place::LabelChosen
            | Place::Claim
            | Place::Replace
            | Place::Mark
            | Place::Promote
            | Place::LabelForeign
            | Place::DropOrphan
            | Place::Release
            | Place::Unpend
            | Place::Unlabel => self.label_move(place),
        }
    }

    pub(super) fn label_move(&self, place: Place) -> Effect {
        let state = &self.state;
        let chosen = state.chosen.clone();
        let (label, to, remove_from) = match place {
            Place::ClearFinished => (labels::PENDING.to_owned(), None, state.base.clone()),
            Place::Claim => (labels::PENDING.to_owned(), chosen, None),
            Place::Replace => (labels::PENDING.to_owned(), state.mine.clone(), chosen),
            Place::Promote => (labels::CURRENT.to_owned(), chosen, state.base.clone()),
            Place::Release | Place::Unpend => (labels::PENDING.to_owned(), None, chosen),
            Place::Mark => (state.sent_label.clone().unwrap_or_default(), chosen, None),
            Place::DropOrphan => (
                state.prepared_label.clone().unwrap_or_default(),
                None,
                state.mine.clone(),
            ),
            Place::Unlabel => match state.loose.first() {
                Some((version, label)) => (label.to_string(), None, Some(version.clone())),
                None => (String::new(), None, None),
            },
            _ => (
                state.prepared_label.clone().unwrap_or_default(),
                chosen,
                None,
            ),
        };
        Effect::MoveStage {
            stage: label,
            to,
            remove_from,
        }
    }

    /// A version must have been read before its password can be used.
    pub(super) fn login(&self, version: Option<&VersionId>) -> Effect {
        self.before_login(version)
            .unwrap_or_else(|version| Effect::Login { version })
    }

    /// What must happen before this version's password is sent; else the version.
    fn before_login(&self, version: Option<&VersionId>) -> Result<Effect, VersionId> {
        let version = given(version);
        let Some(facts) = self.state.readable.get(&version) else {
            return Ok(Effect::ReadVersion { version });
        };
        if self.state.must_wait.contains(&facts.user) {
            let (reason, millis) = self.login_pause();
            return Ok(Effect::Wait { millis, reason });
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

fn read(version: Option<&VersionId>) -> Effect {
    Effect::ReadVersion {
        version: given(version),
    }
}

/// A place is only entered when its version is known; an empty id would be refused by the service, not taken for another.
fn given(version: Option<&VersionId>) -> VersionId {
    version.cloned().unwrap_or_else(|| VersionId::new(""))
}
