//! The events that were recorded, and the rate at which they may be asked for.

use std::collections::VecDeque;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

use super::shapes;
use crate::http::{Request, header};
use crate::operation::{ApiError, OperationCall, OperationReply, OperationResult};
use crate::scenarios::CALLER_ARN;
use crate::service::TrailAccess;
use crate::world::World;

/// Number of events that are kept; the oldest are dropped first.
const MAX_EVENTS: usize = 20_000;
/// Sustained rate of LookupEvents, in calls a second, as AWS documents it.
const LOOKUPS_PER_SECOND: f64 = 2.0;
/// Number of calls that may come at once.
const LOOKUP_BURST: f64 = 10.0;

/// One event of the history.
#[derive(Clone, Debug)]
pub(crate) struct TrailEvent {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// Such as `logs.amazonaws.com`.
    pub(crate) source: &'static str,
    pub(crate) name: String,
    pub(crate) read_only: bool,
    /// The ARN of the identity, or the service that acted by itself.
    pub(crate) actor: Actor,
    pub(crate) request_id: String,
    pub(crate) user_agent: String,
    /// An address, or the service that called in somebody's name.
    pub(crate) source_address: String,
    /// Code and message of a refusal.
    pub(crate) error: Option<(String, String)>,
    /// `null` for events of a service.
    pub(crate) request: Value,
    /// `null` for reads and refusals.
    pub(crate) response: Value,
    /// Type and name of each resource.
    pub(crate) resources: Vec<(&'static str, String)>,
    pub(crate) access_key_id: Option<String>,
}

/// Who made a change.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// An IAM user.
    User(String),
    /// An assumed role: the role's name and the session's.
    AssumedRole {
        /// The role.
        role: &'static str,
        /// The session, often the person's name.
        session: &'static str,
    },
    /// An AWS service by itself.
    Service(&'static str),
}

/// The event history of the account and region.
#[derive(Debug)]
pub(crate) struct Trail {
    /// In the order of time.
    events: Mutex<VecDeque<TrailEvent>>,
    /// Calls that may come now, and when that was computed.
    allowance: Mutex<(f64, Option<Timestamp>)>,
}

impl Trail {
    /// Returns a history that begins with the given events.
    pub(crate) fn new(mut events: Vec<TrailEvent>) -> Self {
        events.sort_by_key(|event| event.at);
        Self {
            events: Mutex::new(events.into()),
            allowance: Mutex::new((LOOKUP_BURST, None)),
        }
    }

    /// Adds an event.
    pub(crate) fn push(&self, event: TrailEvent) {
        let mut events = self.events.lock();
        events.push_back(event);
        if events.len() > MAX_EVENTS {
            events.pop_front();
        }
    }

    /// Records a call of an operation, with its outcome.
    pub(crate) fn record(
        &self,
        world: &World,
        request: &Request,
        call: &OperationCall,
        request_id: &str,
        result: &OperationResult,
    ) {
        let Some(operation) = call.operation else {
            return;
        };
        let read_only = match operation.access {
            TrailAccess::Unrecorded => return,
            TrailAccess::Read => true,
            TrailAccess::Write => false,
        };
        let response = match result {
            Ok(OperationReply::Json(value) | OperationReply::Status(_, value)) if !read_only => {
                shapes::response_elements(value)
            }
            Ok(_) | Err(_) => Value::Null,
        };
        let refusal = |error: &ApiError| (error.code.to_string(), error.message.clone());
        self.push(TrailEvent {
            id: world.seed.next_uuid(),
            at: world.now(),
            source: call.service.spec().event_source,
            name: call.name.clone(),
            read_only,
            actor: Actor::User(CALLER_ARN.to_owned()),
            request_id: request_id.to_owned(),
            user_agent: header(request.headers(), "user-agent")
                .unwrap_or_default()
                .to_owned(),
            source_address: "127.0.0.1".to_owned(),
            error: result.as_ref().err().map(refusal),
            request: shapes::request_parameters(&call.name, call.input()),
            response,
            resources: shapes::resources(call.input()),
            access_key_id: Some(world.access_key_id.clone()),
        });
    }

    /// Returns the events for which `wanted` holds, newest first.
    pub(super) fn find(&self, wanted: impl Fn(&TrailEvent) -> bool) -> Vec<TrailEvent> {
        let events = self.events.lock();
        let newest_first = events.iter().rev();
        newest_first
            .filter(|event| wanted(event))
            .cloned()
            .collect()
    }

    /// Takes one call of the rate that is allowed; `false` if it came too soon.
    pub(super) fn admit(&self, now: Timestamp) -> bool {
        let mut allowance = self.allowance.lock();
        let (left, at) = *allowance;
        let passed = at.map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        let left = (left + passed * LOOKUPS_PER_SECOND).min(LOOKUP_BURST);
        let is_admitted = left >= 1.0;
        *allowance = (if is_admitted { left - 1.0 } else { left }, Some(now));
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn lookups_are_limited_to_two_a_second_after_a_burst() {
        let trail = Trail::new(Vec::new());
        let start = Timestamp::UNIX_EPOCH;
        let admitted = (0..20).filter(|_| trail.admit(start)).count();
        assert_eq!(admitted, 10);
        let later = start + SignedDuration::from_secs(1);
        assert!(trail.admit(later));
        assert!(trail.admit(later));
        assert!(!trail.admit(later));
    }
}
