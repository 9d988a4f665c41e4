//! Clean and consumers: labels off, old connections closed, caches refreshed, a call through the chain.
//!
//! From here on secret and database agree; what cannot be proven about consumers is said and does not undo anything.

use std::sync::Arc;

use super::super::effect::{CallAnswer, Connection, EffectError, EffectErrorClass, VersionFacts};
use super::super::labels::CURRENT;
use super::super::readers::SecretReader;
use super::super::report::{
    ConsumerEvidence, RotationEnd, RotationEvidence, RotationOutcome, RotationQuestion,
    SecretEvidence,
};
use super::phase::{ConnectionsRead, LoginPurpose, RotationAsk, StageMove, VersionRead};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// The labels after the promotion: which of them are ours to take off?
    pub(super) fn tidied(&mut self) {
        let chosen = self.chosen();
        let labels = &self.state.seen.labels;
        let mut loose = std::mem::take(&mut self.state.consumers.loose);
        // Where the version is no longer current, somebody may be taking it again: their label on it must stay.
        let is_current = labels.holder(CURRENT) == Some(&chosen);
        let own = [
            self.state.target.prepared_label.as_deref(),
            self.state.target.sent_label.as_deref(),
        ];
        let old = self.now.div_euclid(1_000) - self.settings.orphan_seconds;
        let finished: Vec<_> = labels
            .finished_on(&chosen, old)
            .filter(|_| is_current)
            .collect();
        let ours = labels
            .ours_on(&chosen)
            .filter(|label| finished.contains(label) || own.contains(&Some(&***label)));
        loose.extend(ours.map(|label| (chosen.clone(), label.clone())));
        let orphans = labels.orphans(self.now.div_euclid(1_000) - self.settings.orphan_seconds);
        let count = orphans.len();
        loose.extend(orphans);
        loose.sort();
        loose.dedup();
        self.state.consumers.loose = loose;
        if count > 0 {
            self.note(SecretEvidence::Orphans(count));
        }
        self.unlabel_next();
    }

    pub(super) fn unlabel_next(&mut self) {
        if !self.state.consumers.loose.is_empty() {
            return self.go(RotationPhase::Move(StageMove::Unlabel));
        }
        match &self.state.ending {
            // Whoever died before the readers were refreshed is followed by a resume that finds nothing else to do.
            Some(RotationEnd {
                outcome: RotationOutcome::NothingToDo,
                ..
            }) => return self.go(RotationPhase::FindReaders),
            Some(_) => return self.given_up(),
            None => {}
        }
        self.state.progress.cleaned = true;
        self.note(SecretEvidence::Cleaned);
        if self.state.progress.verified {
            return self.after_clean();
        }
        self.go(RotationPhase::Login(LoginPurpose::Verify));
    }

    pub(super) fn unlabelled(&mut self) {
        if !self.state.consumers.loose.is_empty() {
            self.state.consumers.loose.remove(0);
        }
        self.unlabel_next();
    }

    pub(super) fn after_clean(&mut self) {
        match self.state.consumers.kept_user.clone() {
            // Nobody is connected with a password that has ended.
            Some(user) => {
                self.go(RotationPhase::FindReaders);
                self.note(ConsumerEvidence::OldUserKept(user));
            }
            // Found promoted: whether the user was another one before is read from the version before.
            None if self.state.consumers.found_promoted
                && self
                    .before()
                    .is_some_and(|before| !self.state.seen.readable.contains_key(&before)) =>
            {
                self.go(RotationPhase::Read(VersionRead::Before));
            }
            None => self.go(RotationPhase::Connections(ConnectionsRead::Old)),
        }
    }

    /// The version before the current one was read, or has no value.
    pub(super) fn before_read(&mut self, facts: Option<&VersionFacts>) {
        let current = self
            .facts_of(self.state.seen.base.as_ref())
            .map(|facts| Arc::clone(&facts.user));
        self.state.consumers.kept_user = facts
            .map(|facts| Arc::clone(&facts.user))
            .filter(|user| current.is_some_and(|kept| kept != *user));
        match self.state.consumers.kept_user.clone() {
            Some(user) => {
                self.go(RotationPhase::FindReaders);
                self.note(ConsumerEvidence::OldUserKept(user));
            }
            None => self.go(RotationPhase::Connections(ConnectionsRead::Old)),
        }
    }

    pub(super) fn close_question(&self) -> RotationQuestion {
        RotationQuestion::CloseConnections(self.state.consumers.connections.clone())
    }

    pub(super) fn connections_listed(&mut self, connections: Vec<Connection>) {
        if self.state.phase == RotationPhase::Connections(ConnectionsRead::Check) {
            return self.consumers_seen(connections);
        }
        self.note(ConsumerEvidence::Connected(connections.clone()));
        self.state.consumers.connections = connections;
        self.go(if self.state.consumers.connections.is_empty() {
            RotationPhase::FindReaders
        } else {
            RotationPhase::Ask(RotationAsk::CloseConnections)
        });
    }

    pub(super) fn close(&mut self, yes: bool) {
        if yes {
            return self.go(RotationPhase::Kill);
        }
        self.warn(ConsumerEvidence::Kept(
            self.state.consumers.connections.len(),
        ));
        self.go(RotationPhase::FindReaders);
    }

    pub(super) fn killed(&mut self, count: usize) {
        self.note(ConsumerEvidence::Closed(count));
        self.go(RotationPhase::FindReaders);
    }

    /// Who keeps the old value?
    pub(super) fn readers_found(&mut self, readers: Vec<SecretReader>, unknown: Vec<String>) {
        for what in unknown {
            self.warn(ConsumerEvidence::ReaderUnknown(what));
        }
        let (mut refreshable, others): (Vec<_>, Vec<_>) =
            readers.into_iter().partition(SecretReader::is_refreshable);
        for reader in others {
            self.warn(ConsumerEvidence::ReaderLeft(reader.sentence()));
        }
        refreshable.sort_by(|one, other| one.name.cmp(&other.name));
        self.state.consumers.readers = refreshable;
        if !self.state.consumers.readers.is_empty() {
            return self.go(RotationPhase::Ask(RotationAsk::RefreshReaders));
        }
        if !self.warned {
            self.note(ConsumerEvidence::ReadersFresh);
        }
        self.before_call();
    }

    pub(super) fn refresh_question(&self) -> RotationQuestion {
        RotationQuestion::RefreshReaders(self.state.consumers.readers.clone())
    }

    pub(super) fn refresh(&mut self, yes: bool) {
        if yes {
            return self.go(RotationPhase::Refresh);
        }
        for reader in std::mem::take(&mut self.state.consumers.readers) {
            self.warn(ConsumerEvidence::ReaderLeft(format!(
                "{} {}",
                reader.name,
                reader.pickup.sentence()
            )));
        }
        self.before_call();
    }

    pub(super) fn refreshed(&mut self, done: Vec<String>, left: Vec<String>) {
        for what in done {
            self.note(ConsumerEvidence::Refreshed(what));
        }
        for what in left {
            self.warn(ConsumerEvidence::ReaderLeft(what));
        }
        self.next_reader();
    }

    fn next_reader(&mut self) {
        if !self.state.consumers.readers.is_empty() {
            self.state.consumers.readers.remove(0);
        }
        if self.state.consumers.readers.is_empty() {
            self.before_call();
        } else {
            self.go(RotationPhase::Refresh);
        }
    }

    /// A resume that found secret and database in agreement has nothing to prove through the chain.
    fn before_call(&mut self) {
        if self.state.ending.is_some() {
            self.given_up();
        } else {
            self.go(RotationPhase::Call);
        }
    }

    pub(super) fn called(&mut self, answer: CallAnswer) {
        match answer {
            CallAnswer::Answered(what) => self.note(ConsumerEvidence::ChainAnswered(what)),
            CallAnswer::ByRuntimes(what) => self.note(ConsumerEvidence::RuntimesAnswered(what)),
            CallAnswer::Elsewhere(what) => self.note(ConsumerEvidence::ChainElsewhere(what)),
            CallAnswer::Refused(why) | CallAnswer::Unknown(why) => {
                self.warn(ConsumerEvidence::ChainUnproven(why));
            }
        }
        self.end_well();
    }

    fn reader_not_refreshed(&mut self, error: &EffectError) {
        let name = self
            .state
            .consumers
            .readers
            .first()
            .map(|reader| reader.name.clone())
            .unwrap_or_default();
        self.warn(ConsumerEvidence::ReaderLeft(format!("{name} ({error})")));
        if !matches!(error.class(), EffectErrorClass::Throttled) && error.is_transient() {
            // No answer came: each further reader would cost the same wait.
            for reader in self
                .state
                .consumers
                .readers
                .drain(..)
                .skip(1)
                .collect::<Vec<_>>()
            {
                self.warn(ConsumerEvidence::ReaderLeft(reader.name));
            }
        }
        self.next_reader();
    }

    /// Consumers are looked after as well as can be; nothing of it undoes the rotation.
    pub(super) fn consumer_trouble(&mut self, error: EffectError) {
        match self.state.phase {
            RotationPhase::Connections(ConnectionsRead::Check) => {
                self.note(ConsumerEvidence::ConnectionsUnknown(error));
                self.go(RotationPhase::Ask(RotationAsk::Proceed));
            }
            RotationPhase::Connections(ConnectionsRead::Old) => {
                self.warn(ConsumerEvidence::ConnectionsUnknown(error));
                self.go(RotationPhase::FindReaders);
            }
            RotationPhase::Kill => {
                self.warn(RotationEvidence::Error(error));
                self.go(RotationPhase::FindReaders);
            }
            RotationPhase::Read(VersionRead::Before) => self.before_read(None),
            RotationPhase::FindReaders => {
                self.warn(ConsumerEvidence::ReadersUnknown(error));
                self.before_call();
            }
            RotationPhase::Refresh => self.reader_not_refreshed(&error),
            RotationPhase::Call => {
                self.warn(ConsumerEvidence::ChainUnproven(error.to_string()));
                self.end_well();
            }
            RotationPhase::Labels(_)
            | RotationPhase::Read(
                VersionRead::Current
                | VersionRead::Previous
                | VersionRead::Back
                | VersionRead::Compare
                | VersionRead::Function,
            )
            | RotationPhase::Login(_)
            | RotationPhase::CheckAdministrator
            | RotationPhase::Ask(_)
            | RotationPhase::Generate
            | RotationPhase::Put
            | RotationPhase::Move(_)
            | RotationPhase::Alter
            | RotationPhase::SetByAdministrator
            | RotationPhase::ManagedStart
            | RotationPhase::Done => self.unexpected(),
        }
    }
}
