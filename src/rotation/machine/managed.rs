//! A secret whose own rotation function does the work: start it, watch the labels, say what they mean.

use super::super::effect::{Pause, VersionFacts};
use super::super::labels::{CURRENT, PENDING, VersionId};
use super::super::report::{EndReason, RotationOutcome, SecretEvidence};
use super::phase::{LabelsRead, StageMove, VersionRead};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    pub(super) fn managed_started(&mut self, version: VersionId) {
        self.note(SecretEvidence::FunctionStarted(version.clone()));
        self.state.target.chosen = Some(version);
        self.state.progress.sent = true;
        self.go(RotationPhase::Labels(LabelsRead::Function));
    }

    /// No AWSPENDING: idle. On the current version: complete. Elsewhere: at work, or stuck.
    pub(super) fn managed_seen(&mut self) {
        let current = self.state.seen.labels.holder(CURRENT).cloned();
        let pending = self.state.seen.labels.holder(PENDING).cloned();
        let finished = match &self.state.target.chosen {
            Some(chosen) => current.as_ref() == Some(chosen),
            // The answer to the start was lost: whatever became current after it is what the function made.
            None => current != self.state.seen.base,
        };
        if let (true, Some(current)) = (finished, current) {
            self.note(SecretEvidence::FunctionFinished(current.clone()));
            self.state.seen.base = Some(current.clone());
            self.state.target.chosen = Some(current);
            self.state.progress.promoted = true;
            return self.go(RotationPhase::Move(StageMove::Unpend));
        }
        if self.state.target.chosen.is_none() {
            self.state.target.chosen = pending;
        }
        self.state.looks += 1;
        if self.state.looks <= self.settings.managed_looks {
            return self.wait_for(Pause::Managed, self.settings.managed_millis);
        }
        if self.state.target.chosen.is_none() {
            return self.end(RotationOutcome::Failed, EndReason::Unsettled);
        }
        self.go(RotationPhase::Read(VersionRead::Function));
    }

    pub(super) fn managed_explained(&mut self, value: Option<&VersionFacts>) {
        let chosen = self.chosen();
        self.end(
            RotationOutcome::Failed,
            EndReason::FunctionUnfinished(chosen, value.is_some()),
        );
    }
}
