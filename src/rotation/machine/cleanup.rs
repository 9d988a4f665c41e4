//! Clean and consumers: labels off, old connections closed, caches refreshed, a call through the chain.
//!
//! From here on secret and database agree; what cannot be proven about consumers is said and does not undo anything.

use std::sync::Arc;

use super::super::effect::{CallAnswer, Connection, EffectError, EffectErrorClass, VersionFacts};
use super::super::labels::CURRENT;
use super::super::readers::SecretReader;
use super::super::report::{RotationEnd, RotationEvidence, RotationOutcome, RotationQuestion};
use super::{RotationMachine, RotationPhase};

impl RotationMachine {
    /// The labels after the promotion: which of them are ours to take off?
    pub(super) fn tidied(&mut self) {
        let chosen = self.chosen();
        let labels = &self.state.labels;
        let mut loose = std::mem::take(&mut self.state.loose);
        // Where the version is no longer current, somebody may be taking it again: their label on it must stay.
        let is_current = labels.holder(CURRENT) == Some(&chosen);
        let own = [
            self.state.prepared_label.as_deref(),
            self.state.sent_label.as_deref(),
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
        self.state.loose = loose;
        if count > 0 {
            self.note(RotationEvidence::Orphans(count));
        }
        self.unlabel_next();
    }

    pub(super) fn unlabel_next(&mut self) {
        if !self.state.loose.is_empty() {
            return self.go(RotationPhase::Unlabel);
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
        self.state.cleaned = true;
        self.note(RotationEvidence::Cleaned);
        if self.state.verified {
            return self.after_clean();
        }
        self.go(RotationPhase::Verify);
    }

    pub(super) fn unlabelled(&mut self) {
        if !self.state.loose.is_empty() {
            self.state.loose.remove(0);
        }
        self.unlabel_next();
    }

    pub(super) fn after_clean(&mut self) {
        match self.state.kept_user.clone() {
            // Nobody is connected with a password that has ended.
            Some(user) => {
                self.go(RotationPhase::FindReaders);
                self.note(RotationEvidence::OldUserKept(user));
            }
            // Found promoted: whether the user was another one before is read from the version before.
            None if self.state.found_promoted
                && self
                    .before()
                    .is_some_and(|before| !self.state.readable.contains_key(&before)) =>
            {
                self.go(RotationPhase::ReadBefore);
            }
            None => self.go(RotationPhase::ListConnections),
        }
    }

    /// The version before the current one was read, or has no value.
    pub(super) fn before_read(&mut self, facts: Option<&VersionFacts>) {
        let current = self
            .facts_of(self.state.base.as_ref())
            .map(|facts| Arc::clone(&facts.user));
        self.state.kept_user = facts
            .map(|facts| Arc::clone(&facts.user))
            .filter(|user| current.is_some_and(|one| one != *user));
        match self.state.kept_user.clone() {
            Some(user) => {
                self.go(RotationPhase::FindReaders);
                self.note(RotationEvidence::OldUserKept(user));
            }
            None => self.go(RotationPhase::ListConnections),
        }
    }

    pub(super) fn close_question(&self) -> RotationQuestion {
        RotationQuestion::CloseConnections(self.state.connections.clone())
    }

    pub(super) fn connections_listed(&mut self, connections: Vec<Connection>) {
        if self.state.place == RotationPhase::CheckConnections {
            return self.consumers_seen(connections);
        }
        self.note(RotationEvidence::Connected(connections.clone()));
        self.state.connections = connections;
        self.go(if self.state.connections.is_empty() {
            RotationPhase::FindReaders
        } else {
            RotationPhase::AskClose
        });
    }

    pub(super) fn close(&mut self, yes: bool) {
        if yes {
            return self.go(RotationPhase::Kill);
        }
        self.warn(RotationEvidence::Kept(self.state.connections.len()));
        self.go(RotationPhase::FindReaders);
    }

    pub(super) fn killed(&mut self, count: usize) {
        self.note(RotationEvidence::Closed(count));
        self.go(RotationPhase::FindReaders);
    }

    /// Who keeps the old value?
    pub(super) fn readers_found(&mut self, readers: Vec<SecretReader>, unknown: Vec<String>) {
        for what in unknown {
            self.warn(RotationEvidence::ReaderUnknown(what));
        }
        let (mut refreshable, others): (Vec<_>, Vec<_>) =
            readers.into_iter().partition(SecretReader::is_refreshable);
        for reader in others {
            self.warn(RotationEvidence::ReaderLeft(reader.sentence()));
        }
        refreshable.sort_by(|one, other| one.name.cmp(&other.name));
        self.state.readers = refreshable;
        if !self.state.readers.is_empty() {
            return self.go(RotationPhase::AskRefresh);
        }
        if !self.warned {
            self.note(RotationEvidence::ReadersFresh);
        }
        self.before_call();
    }

    pub(super) fn refresh_question(&self) -> RotationQuestion {
        RotationQuestion::RefreshReaders(self.state.readers.clone())
    }

    pub(super) fn refresh(&mut self, yes: bool) {
        if yes {
            return self.go(RotationPhase::Refresh);
        }
        for reader in std::mem::take(&mut self.state.readers) {
            self.warn(RotationEvidence::ReaderLeft(format!(
                "{} {}",
                reader.name,
                reader.pickup.sentence()
            )));
        }
        self.before_call();
    }

    pub(super) fn refreshed(&mut self, done: Vec<String>, left: Vec<String>) {
        for what in done {
            self.note(RotationEvidence::Refreshed(what));
        }
        for what in left {
            self.warn(RotationEvidence::ReaderLeft(what));
        }
        self.next_reader();
    }

    fn next_reader(&mut self) {
        if !self.state.readers.is_empty() {
            self.state.readers.remove(0);
        }
        if self.state.readers.is_empty() {
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
            CallAnswer::Answered(what) => self.note(RotationEvidence::ChainAnswered(what)),
            CallAnswer::Refused(why) | CallAnswer::Unknown(why) => {
                self.warn(RotationEvidence::ChainUnproven(why));
            }
        }
        self.end_well();
    }

    /// Consumers are looked after as well as can be; nothing of it undoes the rotation.
    pub(super) fn consumer_trouble(&mut self, error: EffectError) {
        match self.state.place {
            RotationPhase::CheckConnections => {
                self.note(RotationEvidence::ConnectionsUnknown(error));
                self.go(RotationPhase::Proceed);
            }
            RotationPhase::ListConnections => {
                self.warn(RotationEvidence::ConnectionsUnknown(error));
                self.go(RotationPhase::FindReaders);
            }
            RotationPhase::Kill => {
                self.warn(RotationEvidence::Error(error));
                self.go(RotationPhase::FindReaders);
            }
            RotationPhase::ReadBefore => self.before_read(None),
            RotationPhase::FindReaders => {
                self.warn(RotationEvidence::ReadersUnknown(error));
                self.before_call();
            }
            RotationPhase::Refresh => {
                let name = self
                    .state
                    .readers
                    .first()
                    .map(|reader| reader.name.clone())
                    .unwrap_or_default();
                self.warn(RotationEvidence::ReaderLeft(format!("{name} ({error})")));
                if !matches!(error.class(), EffectErrorClass::Throttled) && error.is_transient() {
                    // Nobody answers: the others would each be waited for.
                    for reader in self.state.readers.drain(..).skip(1).collect::<Vec<_>>() {
                        self.warn(RotationEvidence::ReaderLeft(reader.name));
                    }
                }
                self.next_reader();
            }
            _ => {
                self.warn(RotationEvidence::ChainUnproven(error.to_string()));
                self.end_well();
            }
        }
    }
}
