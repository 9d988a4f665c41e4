//! A secret whose own rotation function does the work: start it, watch the labels, say what they mean.

use super::super::effect::{Pause, VersionFacts};
use super::super::labels::{CURRENT, PENDING, VersionId};
use super::super::report::{EndReason, RotationEvidence, RotationOutcome};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    pub(super) fn managed_started(&mut self, version: VersionId) {
        self.note(RotationEvidence::FunctionStarted(version.clone()));
        self.state.chosen = Some(version);
        self.state.sent = true;
        self.go(RotationPhase::ManagedWatch);
    }

    /// No AWSPENDING: idle. On the current version: complete. Elsewhere: at work, or stuck.
    pub(super) fn managed_seen(&mut self) {
        let current = self.state.labels.holder(CURRENT).cloned();
        let pending = self.state.labels.holder(PENDING).cloned();
        let finished = match &self.state.chosen {
            Some(chosen) => current.as_ref() == Some(chosen),
            // The answer to the start was lost: whatever became current after it is what the function made.
            None => current != self.state.base,
        };
        if let (true, Some(current)) = (finished, current) {
            self.note(RotationEvidence::FunctionFinished(current.clone()));
            self.state.base = Some(current.clone());
            self.state.chosen = Some(current);
            self.state.promoted = true;
            return self.go(RotationPhase::Unpend);
        }
        if self.state.chosen.is_none() {
            self.state.chosen = pending;
        }
        self.state.looks += 1;
        if self.state.looks <= self.settings.managed_looks {
            return self.wait_for(Pause::Managed, self.settings.managed_millis);
        }
        if self.state.chosen.is_none() {
            return self.end(RotationOutcome::Failed, EndReason::Unsettled);
        }
        self.go(RotationPhase::ManagedExplain);
    }

    pub(super) fn managed_explained(&mut self, value: Option<&VersionFacts>) {
        let chosen = self.chosen();
        self.end(
            RotationOutcome::Failed,
            EndReason::FunctionUnfinished(chosen, value.is_some()),
        );
    }
}
