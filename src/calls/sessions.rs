//! Sessions of runtimes, as the records of calls name them.

use std::sync::Arc;

use super::LoggedCall;
use crate::model::Moment;

/// A session that a record of a call names, and what the record says about the runtime that serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSighting {
    /// The id of the session.
    pub session_id: String,
    /// Time of the record.
    pub at: Moment,
    /// Log group of the record.
    pub group: Arc<str>,
    /// The gateway or runtime that the record names as its origin.
    pub owner: Option<String>,
}

impl LoggedCall {
    /// Returns the sessions that its records name: one entry for each session, log group and origin, with the latest time.
    pub fn session_sightings(&self) -> Vec<SessionSighting> {
        let mut sightings: Vec<SessionSighting> = Vec::new();
        for record in &self.records {
            let Some(session_id) = &record.session_id else {
                continue;
            };
            SessionSighting {
                session_id: session_id.clone(),
                at: record.at,
                group: Arc::clone(&record.group),
                owner: record.owner.clone(),
            }
            .merge_into(&mut sightings);
        }
        sightings
    }
}

impl SessionSighting {
    /// Adds the sighting to a list, or moves the time of the one that says the same.
    pub fn merge_into(self, sightings: &mut Vec<Self>) {
        let known = sightings.iter_mut().find(|known| {
            known.session_id == self.session_id
                && known.group == self.group
                && known.owner == self.owner
        });
        match known {
            Some(known) => known.at = known.at.max(self.at),
            None => sightings.push(self),
        }
    }
}
