//! What this console did: an entry for each call, write and failure, in this run and in earlier ones.

use super::store::Store;
use crate::{
    messages::Effect,
    model::{Failure, FailureKind, Moment, PastWrite},
};

/// Activity lines kept.
const ACTIVITY: usize = 1_000;

/// Something that this console did.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityEntry {
    /// When it ended.
    pub at: Moment,
    /// What was done, in a phrase.
    pub what: String,
    /// Whether it changed something outside.
    pub write: bool,
    /// Whether it was not confirmed, so that nothing was done.
    pub is_declined: bool,
    /// Whether it went well and something is not: a broken chain that was found, a rotation with warnings.
    pub is_warning: bool,
    /// Whether AWS is still at it: the result is the status on the way.
    pub is_pending: bool,
    /// How it went: the good end, or the failure.
    pub result: Result<String, Box<Failure>>,
    /// The request id of a good end; a failure carries its own.
    pub request_id: Option<String>,
    /// How long it took, in milliseconds, where that was measured.
    pub took_ms: Option<i64>,
    /// What was passed, as JSON; never a secret.
    pub arguments: Option<String>,
    /// What does the same again.
    pub again: Option<Box<Effect>>,
}

impl ActivityEntry {
    /// Returns an entry for something that has ended, and how.
    pub fn new(at: Moment, what: impl Into<String>, result: Result<String, Failure>) -> Self {
        Self {
            at,
            what: what.into(),
            write: false,
            is_declined: false,
            is_warning: false,
            is_pending: false,
            result: result.map_err(Box::new),
            request_id: None,
            took_ms: None,
            arguments: None,
            again: None,
        }
    }

    /// Returns whether a person, or a newer request, stopped it: that is no failure.
    pub fn is_cancelled(&self) -> bool {
        let failure = self.result.as_ref().err();
        failure.is_some_and(|failure| failure.kind == FailureKind::Cancelled)
    }

    /// Returns the id of the request that it came down to.
    pub fn request(&self) -> Option<&str> {
        let failed = self
            .result
            .as_ref()
            .err()
            .and_then(|failure| failure.request_id.as_deref());
        failed.or(self.request_id.as_deref())
    }
}

impl Store {
    /// Adds what earlier runs wrote behind what this one did.
    pub(crate) fn record_past(&mut self, writes: Vec<PastWrite>) {
        let entries = writes.into_iter().rev().map(|write| {
            let who = format!("by {}", write.operator);
            let failed = |why| Failure::new(FailureKind::Refused, write.what.clone(), why);
            ActivityEntry {
                at: write.at,
                result: match write.result {
                    Ok(outcome) => Ok(format!("{outcome}, {who}")),
                    Err(why) => Err(Box::new(failed(why).evidence(who))),
                },
                what: write.what,
                write: !write.is_declined,
                is_declined: write.is_declined,
                is_warning: false,
                is_pending: false,
                request_id: write.request_id,
                took_ms: None,
                arguments: None,
                again: None,
            }
        });
        self.activity.extend(entries);
        self.activity.truncate(ACTIVITY);
    }

    /// Records how something has ended that AWS was still at: the newest pending entry of that name. Does nothing if there is none.
    pub(crate) fn settle(&mut self, what: &str, result: Result<String, Failure>, now: Moment) {
        let is_meant = |entry: &&mut ActivityEntry| entry.is_pending && entry.what == what;
        let Some(entry) = self.activity.iter_mut().find(is_meant) else {
            return;
        };
        self.unseen_failures += usize::from(result.is_err());
        entry.took_ms = Some(now.since(entry.at));
        entry.result = result.map_err(Box::new);
        entry.is_pending = false;
    }

    /// Adds an entry.
    pub fn record(&mut self, deed: ActivityEntry) {
        if deed.result.is_err() && !deed.is_cancelled() {
            self.unseen_failures += 1;
        }
        self.activity.push_front(deed);
        self.activity.truncate(ACTIVITY);
    }
}
