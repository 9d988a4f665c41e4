//! A secret whose own rotation function does the work: start it, watch the labels, say what they mean.

use super::super::effect::{Pause, VersionFacts};
use super::super::labels::{CURRENT, PENDING, VersionId};
use super::super::report::{Evidence, Outcome, Why};
use super::{Machine, Place};

impl Machine {
    pub(super) fn managed_started(&mut self, version: VersionId) {
        self.note(Evidence::FunctionStarted(version.clone()));
        self.state.chosen = Some(version);
        self.state.sent = true;
        self.go(Place::ManagedWatch);
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
            self.note(Evidence::FunctionFinished(current.clone()));
            self.state.base = Some(current.clone());
            self.state.chosen = Some(current);
            self.state.promoted = true;
            return self.go(Place::Unpend);
        }
        if self.state.chosen.is_none() {
            self.state.chosen = pending;
        }
        self.state.looks += 1;
        if self.state.looks <= self.settings.managed_looks {
            return self.wait_for(Pause::Managed, self.settings.managed_millis);
        }
        if self.state.chosen.is_none() {
            return self.end(Outcome::Failed, Why::Unsettled);
        }
        self.go(Place::ManagedExplain);
    }

    pub(super) fn managed_explained(&mut self, value: Option<&VersionFacts>) {
        let chosen = self.chosen();
        self.end(
            Outcome::Failed,
            Why::FunctionUnfinished(chosen, value.is_some()),
        );
    }
}
