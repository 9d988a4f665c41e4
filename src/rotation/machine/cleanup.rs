//! Clean and consumers: labels off, old connections closed, caches refreshed, a call through the chain.
//!
//! From here on secret and database agree; what cannot be proven about consumers is said and does not undo anything.

use std::sync::Arc;

use super::super::effect::{CallAnswer, Connection, Trouble, VersionFacts};
use super::super::labels::CURRENT;
use super::super::readers::Reader;
use super::super::report::{Ending, Evidence, Outcome, Question};
use super::{Machine, Place};

impl Machine {
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
            self.note(Evidence::Orphans(count));
        }
        self.unlabel_next();
    }

    pub(super) fn unlabel_next(&mut self) {
        if !self.state.loose.is_empty() {
            return self.go(Place::Unlabel);
        }
        match &self.state.ending {
            // Whoever died before the readers were refreshed is followed by a resume that finds nothing else to do.
            Some(Ending {
                outcome: Outcome::NothingToDo,
                ..
            }) => return self.go(Place::FindReaders),
            Some(_) => return self.given_up(),
            None => {}
        }
        self.state.cleaned = true;
        self.note(Evidence::Cleaned);
        if self.state.verified {
            return self.after_clean();
        }
        self.go(Place::Verify);
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
                self.go(Place::FindReaders);
                self.note(Evidence::OldUserKept(user));
            }
            // Found promoted: whether the user was another one before is read from the version before.
            None if self.state.found_promoted
                && self
                    .before()
                    .is_some_and(|before| !self.state.readable.contains_key(&before)) =>
            {
                self.go(Place::ReadBefore);
            }
            None => self.go(Place::ListConnections),
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
                self.go(Place::FindReaders);
                self.note(Evidence::OldUserKept(user));
            }
            None => self.go(Place::ListConnections),
        }
    }

    pub(super) fn close_question(&self) -> Question {
        Question::CloseConnections(self.state.connections.clone())
    }

    pub(super) fn connections_listed(&mut self, connections: Vec<Connection>) {
        if self.state.place == Place::CheckConnections {
            return self.consumers_seen(connections);
        }
        self.note(Evidence::Connected(connections.clone()));
        self.state.connections = connections;
        self.go(if self.state.connections.is_empty() {
            Place::FindReaders
        } else {
            Place::AskClose
        });
    }

    pub(super) fn close(&mut self, yes: bool) {
        if yes {
            return self.go(Place::Kill);
        }
        self.warn(Evidence::Kept(self.state.connections.len()));
        self.go(Place::FindReaders);
    }

    pub(super) fn killed(&mut self, count: usize) {
        self.note(Evidence::Closed(count));
        self.go(Place::FindReaders);
    }

    /// Who keeps the old value?
    pub(super) fn readers_found(&mut self, readers: Vec<Reader>, unknown: Vec<String>) {
        for what in unknown {
            self.warn(Evidence::ReaderUnknown(what));
        }
        let (mut refreshable, others): (Vec<_>, Vec<_>) =
            readers.into_iter().partition(Reader::is_refreshable);
        for reader in others {
            self.warn(Evidence::ReaderLeft(reader.sentence()));
        }
        refreshable.sort_by(|one, other| one.name.cmp(&other.name));
        self.state.readers = refreshable;
        if !self.state.readers.is_empty() {
            return self.go(Place::AskRefresh);
        }
        if !self.warned {
            self.note(Evidence::ReadersFresh);
        }
        self.before_call();
    }

    pub(super) fn refresh_question(&self) -> Question {
        Question::RefreshReaders(self.state.readers.clone())
    }

    pub(super) fn refresh(&mut self, yes: bool) {
        if yes {
            return self.go(Place::Refresh);
        }
        for reader in std::mem::take(&mut self.state.readers) {
            self.warn(Evidence::ReaderLeft(format!(
                "{} {}",
                reader.name,
                reader.pickup.sentence()
            )));
        }
        self.before_call();
    }

    pub(super) fn refreshed(&mut self, done: Vec<String>, left: Vec<String>) {
        for what in done {
            self.note(Evidence::Refreshed(what));
        }
        for what in left {
            self.warn(Evidence::ReaderLeft(what));
        }
        self.next_reader();
    }

    fn next_reader(&mut self) {
        if !self.state.readers.is_empty() {
            self.state.readers.remove(0);
        }
        if self.state.readers.is_empty() {
            self.before_call()
        } else {
            self.go(Place::Refresh)
        }
    }

    /// A resume that found secret and database in agreement has nothing to prove through the chain.
    fn before_call(&mut self) {
        if self.state.ending.is_some() {
            self.given_up()
        } else {
            self.go(Place::Call)
        }
    }

    pub(super) fn called(&mut self, answer: CallAnswer) {
        match answer {
            CallAnswer::Answered(what) => self.note(Evidence::ChainAnswered(what)),
            CallAnswer::Refused(why) | CallAnswer::Unknown(why) => {
                self.warn(Evidence::ChainUnproven(why))
            }
        }
        self.end_well();
    }

    /// Consumers are looked after as well as can be; nothing of it undoes the rotation.
    pub(super) fn consumer_trouble(&mut self, trouble: Trouble) {
        match self.state.place {
            Place::CheckConnections => {
                self.note(Evidence::ConnectionsUnknown(trouble));
                self.go(Place::Proceed);
            }
            Place::ListConnections => {
                self.warn(Evidence::ConnectionsUnknown(trouble));
                self.go(Place::FindReaders);
            }
            Place::Kill => {
                self.warn(Evidence::Trouble(trouble));
                self.go(Place::FindReaders);
            }
            Place::ReadBefore => self.before_read(None),
            Place::FindReaders => {
                self.warn(Evidence::ReadersUnknown(trouble));
                self.before_call();
            }
            Place::Refresh => {
                let name = self
                    .state
                    .readers
                    .first()
                    .map(|reader| reader.name.clone())
                    .unwrap_or_default();
                self.warn(Evidence::ReaderLeft(format!("{name} ({trouble})")));
                if trouble == Trouble::InDoubt || matches!(trouble, Trouble::Unreachable(_)) {
                    // Nobody answers: the others would each be waited for.
                    for reader in self.state.readers.drain(..).skip(1).collect::<Vec<_>>() {
                        self.warn(Evidence::ReaderLeft(reader.name));
                    }
                }
                self.next_reader();
            }
            _ => {
                self.warn(Evidence::ChainUnproven(trouble.to_string()));
                self.end_well();
            }
        }
    }
}
