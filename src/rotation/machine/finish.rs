//! Clean and consumers: labels off, old connections closed, caches refreshed, a call through the chain.
//!
//! From here on secret and database agree; what cannot be proven about consumers is said and does not undo anything.

use super::super::effect::{CallAnswer, Connection, Trouble};
use super::super::labels::CURRENT;
use super::super::report::{Evidence, Question};
use super::{Machine, Place};

impl Machine {
    /// The labels after the promotion: which of them are ours to take off?
    pub(super) fn tidied(&mut self) {
        let chosen = self.chosen();
        let labels = &self.state.labels;
        let mut loose = std::mem::take(&mut self.state.loose);
        // Where the version is no longer current, somebody may be taking it again: their label on it must stay.
        let is_current = labels.holder(CURRENT) == Some(&chosen);
        let own = [self.state.prepared_label.as_deref(), self.state.sent_label.as_deref()];
        let old = self.now.div_euclid(1_000) - self.settings.orphan_seconds;
        let finished: Vec<_> = labels.finished_on(&chosen, old).filter(|_| is_current).collect();
        let ours = labels.ours_on(&chosen).filter(|label| finished.contains(label) || own.contains(&Some(&***label)));
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
        if self.state.ending.is_some() {
            return self.given_up();
        }
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
        self.go(Place::ListConnections);
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
        self.go(if self.state.connections.is_empty() { Place::Refresh } else { Place::AskClose });
    }

    pub(super) fn close(&mut self, yes: bool) {
        if yes {
            return self.go(Place::Kill);
        }
        self.warn(Evidence::Kept(self.state.connections.len()));
        self.go(Place::Refresh);
    }

    pub(super) fn killed(&mut self, count: usize) {
        self.note(Evidence::Closed(count));
        self.go(Place::Refresh);
    }

    pub(super) fn refreshed(&mut self, done: Vec<String>) {
        for what in done {
            self.note(Evidence::Refreshed(what));
        }
        self.go(Place::Call);
    }

    pub(super) fn called(&mut self, answer: CallAnswer) {
        match answer {
            CallAnswer::Answered(what) => self.note(Evidence::ChainAnswered(what)),
            CallAnswer::Refused(why) | CallAnswer::Unknown(why) => self.warn(Evidence::ChainUnproven(why)),
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
                self.go(Place::Refresh);
            }
            Place::Kill => {
                self.warn(Evidence::Trouble(trouble));
                self.go(Place::Refresh);
            }
            Place::Refresh => {
                self.warn(Evidence::Trouble(trouble));
                self.go(Place::Call);
            }
            _ => {
                self.warn(Evidence::ChainUnproven(trouble.to_string()));
                self.end_well();
            }
        }
    }
}
