//! Roll back: providers and configuration take the old secret again, then the new one is removed.
//!
//! The pending version of the journal gets a label first, which every operator reads directly before each write. After that, as
//! long as a request may take is waited: a write that was sent before the label has then taken effect or never will.

use super::ClientSecretMachine;
use crate::client_secret::phase::{
    ClientRead, ClientSecretPhase, JournalRead, LabelMove, ProbePurpose,
};
use crate::client_secret::report::{ClientSecretEndReason, ClientSecretKind};
use crate::rotation::labels::{self, PENDING, UNDO, VersionId};
use crate::rotation::report::RotationOutcome;

/// Shown while requests of other operators that were sent before the mark may still be on their way.
pub(super) const DRAIN: &str = "requests of another operator may still be on their way";

impl ClientSecretMachine {
    /// Returns the label that says that a rotation is rolled back; its time is that of the pending value, so that it is found again.
    pub(super) fn undo_label(&self) -> String {
        // The phase is only entered while a version is pending; an empty id would be refused by the service.
        let pending = self.state.pending.clone();
        let pending = pending.unwrap_or_else(|| VersionId::new(""));
        let author = self.state.journal.labels.author(&pending);
        let seconds = author.map_or(0, |author| author.unix_seconds);
        labels::prepared_label(&self.settings.operator, UNDO, &pending, seconds)
    }

    fn is_old_left(&self) -> bool {
        let old = self.state.old.as_ref();
        old.is_some_and(|old| self.state.secrets.contains(old))
    }

    /// The client was read: is there still a secret to go back to?
    pub(super) fn seen_for_undo(&mut self) {
        if self.is_old_left() {
            return self.go(ClientSecretPhase::Probe(ProbePurpose::Undo));
        }
        self.too_late();
    }

    /// The old secret is gone: the only way is forward.
    fn too_late(&mut self) {
        if self.is_marked() {
            return self.go(ClientSecretPhase::Label(LabelMove::UnmarkUndo));
        }
        self.undo_unmarked();
    }

    fn is_marked(&self) -> bool {
        let labels = &self.state.journal.labels;
        let pending = self.state.pending.as_ref();
        pending.is_some_and(|pending| labels.is_undone(pending))
    }

    /// The journal was read after a label was taken off: there may be one of each operator.
    pub(super) fn unmark_seen(&mut self) {
        if self.is_marked() && self.state.rounds < self.settings.settle_rounds {
            self.state.rounds += 1;
            return self.go(ClientSecretPhase::Label(LabelMove::UnmarkUndo));
        }
        self.state.rounds = 0;
        self.undo_unmarked();
    }

    /// The label is off, or was never there.
    fn undo_unmarked(&mut self) {
        self.state.undoing = false;
        match self.state.kind {
            ClientSecretKind::Rollback => {
                let outcome = self.bad_outcome();
                self.end(outcome, ClientSecretEndReason::TooLate);
            }
            ClientSecretKind::Rotate | ClientSecretKind::Resume => {
                self.note("the old secret is gone, so the rotation goes on");
                self.go(ClientSecretPhase::Client(ClientRead::BeforeAdd));
            }
        }
    }

    /// Puts the label on the pending version.
    pub(super) fn mark_undo(&mut self) {
        if self.is_marked() {
            return self.undo_marked();
        }
        self.go(ClientSecretPhase::Label(LabelMove::MarkUndo));
    }

    /// The label is on it.
    pub(super) fn undo_marked(&mut self) {
        self.wait_for(DRAIN, self.settings.drain);
        self.go(ClientSecretPhase::Journal(JournalRead::AfterMark));
    }

    /// The journal was read after the label was put.
    pub(super) fn marked(&mut self) {
        let labels = &self.state.journal.labels;
        let is_ours = self.state.pending.as_ref().is_some_and(|pending| {
            labels.holder(PENDING) == Some(pending) && labels.is_undone(pending)
        });
        if !is_ours {
            return self.end(RotationOutcome::Failed, ClientSecretEndReason::Superseded);
        }
        self.note("the pending version is marked as rolled back");
        self.go(ClientSecretPhase::Client(ClientRead::UndoMarked));
    }

    /// Another operator may have removed the old secret before the label was there.
    pub(super) fn seen_after_mark(&mut self) {
        if !self.is_old_left() {
            return self.too_late();
        }
        self.state.rounds = 0;
        self.state.provider = 0;
        self.state.provider_updated = false;
        self.next_provider();
    }

    /// Every known holder has the old secret again, except these.
    pub(super) fn before_discard(&mut self) {
        if self.state.keep.is_empty() {
            return self.go(ClientSecretPhase::Client(ClientRead::BeforeDiscard));
        }
        for reason in std::mem::take(&mut self.state.keep) {
            self.warn(reason);
        }
        self.warn("two secrets exist at Cognito, because something holds the new one");
        let outcome = self.good_outcome();
        match self.second().cloned() {
            Some(second) => self.end(outcome, ClientSecretEndReason::NewKept(second)),
            None => self.end(outcome, ClientSecretEndReason::RolledBack),
        }
    }

    /// The last look before the new secret is removed.
    pub(super) fn seen_before_discard(&mut self) {
        if !self.is_old_left() {
            return self.end(RotationOutcome::Failed, ClientSecretEndReason::Superseded);
        }
        self.state.rounds = 0;
        self.go(if self.second().is_some() {
            ClientSecretPhase::Probe(ProbePurpose::Second)
        } else {
            ClientSecretPhase::Probe(ProbePurpose::UndoLast)
        });
    }

    /// Only a secret that the token endpoint knows by the pending value is of this rotation.
    pub(super) fn second_probed(&mut self, accepted: bool) {
        if accepted {
            return self.guard(ClientSecretPhase::Discard);
        }
        match self.second().cloned() {
            Some(second) => {
                let outcome = self.bad_outcome();
                self.end(outcome, ClientSecretEndReason::SecondIsForeign(second));
            }
            None => self.unexpected(),
        }
    }

    pub(super) fn seen_after_discard(&mut self) {
        if self.second().is_some() && self.is_old_left() {
            if self.state.rounds >= self.settings.settle_rounds {
                let outcome = self.bad_outcome();
                return match self.second().cloned() {
                    Some(second) => {
                        self.end(outcome, ClientSecretEndReason::NewKept(second));
                    }
                    None => self.unexpected(),
                };
            }
            self.state.rounds += 1;
            self.wait_for("one read is no proof; reading again", self.settings.settle);
            return self.guard(ClientSecretPhase::Discard);
        }
        self.state.rounds = 0;
        self.note("the new secret is removed at Cognito; tokens that it gave stay valid until they expire");
        self.go(ClientSecretPhase::Probe(ProbePurpose::UndoLast));
    }

    /// The token endpoint has judged the old secret after the new one was removed.
    pub(super) fn undo_proven(&mut self, accepted: bool) {
        if !accepted {
            return self.end(RotationOutcome::Failed, ClientSecretEndReason::OldRefused);
        }
        self.note("the old secret gives a token");
        self.go(ClientSecretPhase::Label(LabelMove::Release));
    }

    /// AWSPENDING is off: the labels follow.
    pub(super) fn undo_released(&mut self) {
        self.unlabel();
    }
}
