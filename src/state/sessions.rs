//! Sessions of a runtime, as the logs of its deployment show them. No operation of AWS lists them.

use std::collections::BTreeSet;

use super::{history::CallHistory, store::Store};
use crate::{
    calls::{LoggedCall, SessionSighting},
    logs::{SPANS_GROUP, may_belong_to},
    model::{Kind, Moment, Resource},
};

/// A sighting is kept for this long, in milliseconds: no runtime lets a session idle longer (8 hours, `LifecycleConfiguration` of
/// the AgentCore control API).
const KEPT_MS: i64 = 8 * 60 * 60_000;
/// The endpoint of a session whose records name none.
const DEFAULT: &str = "DEFAULT";

/// A session of a runtime that the logs showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSession {
    /// Its id.
    pub id: String,
    /// The endpoint through which it is called.
    pub endpoint: String,
    /// When the logs last showed a call in it.
    pub last_call: Moment,
}

/// What the logs say about the sessions of a runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeSessions {
    /// The sessions, the one that was called last first.
    pub sessions: Vec<RuntimeSession>,
    /// How many further sessions of the deployment no record ascribes to a runtime.
    pub unattributed: usize,
}

impl CallHistory {
    /// Takes in the sessions that calls name, and drops those that have certainly ended.
    pub(super) fn record_sessions(&mut self, calls: &[LoggedCall], now: Moment) {
        for sighting in calls.iter().flat_map(LoggedCall::session_sightings) {
            sighting.merge_into(&mut self.sightings);
        }
        self.sightings
            .retain(|sighting| now.since(sighting.at) <= KEPT_MS);
    }

    /// Records that the logs were read from `since` until `now`.
    pub(super) fn record_range(&mut self, since: Moment, now: Moment) {
        let joins = self.read_until.is_some_and(|until| since <= until);
        self.read_from = match self.read_from {
            Some(from) if joins => Some(from.min(since)),
            Some(_) | None => Some(since),
        };
        self.read_until = Some(now);
    }

    /// Returns whether the logs were read without a gap from `since` until at most `age_ms` ago.
    pub fn covers(&self, since: Moment, age_ms: i64, now: Moment) -> bool {
        self.read_from.is_some_and(|from| from <= since)
            && self
                .read_until
                .is_some_and(|until| now.since(until) <= age_ms)
    }
}

impl Store {
    /// Returns the sessions of a runtime that were called within this many milliseconds.
    pub fn sessions_of(&self, runtime: &Resource, within_ms: i64, now: Moment) -> RuntimeSessions {
        let deployment = &runtime.key.deployment;
        let Some(history) = self.calls.get(deployment) else {
            return RuntimeSessions::default();
        };
        let recent: Vec<&SessionSighting> = history
            .sightings
            .iter()
            .filter(|sighting| now.since(sighting.at) <= within_ms)
            .collect();
        let owners: Vec<&Resource> = self
            .resources(deployment)
            .filter(|resource| matches!(resource.key.kind, Kind::Runtime | Kind::Gateway))
            .collect();
        let is_ascribed =
            |sighting: &SessionSighting| owners.iter().any(|owner| is_served_by(sighting, owner));
        let ascribed: BTreeSet<&str> = recent
            .iter()
            .filter(|sighting| is_ascribed(sighting))
            .map(|sighting| sighting.session_id.as_str())
            .collect();
        let named: BTreeSet<&str> = recent
            .iter()
            .map(|sighting| sighting.session_id.as_str())
            .collect();
        let own = recent
            .iter()
            .filter(|sighting| is_served_by(sighting, runtime));
        RuntimeSessions {
            sessions: merged(own, runtime),
            unattributed: named.difference(&ascribed).count(),
        }
    }
}

/// Returns each session once, with its endpoint, the one that was called last first.
fn merged<'a>(
    sightings: impl Iterator<Item = &'a &'a SessionSighting>,
    runtime: &Resource,
) -> Vec<RuntimeSession> {
    let mut found: Vec<(&str, Option<&str>, Moment)> = Vec::new();
    for sighting in sightings {
        let endpoint = endpoint_of(&sighting.group, runtime.key.own_id());
        let known = found
            .iter_mut()
            .find(|(id, ..)| *id == sighting.session_id.as_str());
        match known {
            Some((_, place, last_call)) => {
                *place = place.or(endpoint);
                *last_call = (*last_call).max(sighting.at);
            }
            None => found.push((&sighting.session_id, endpoint, sighting.at)),
        }
    }
    found.sort_by_key(|(id, _, last_call)| (std::cmp::Reverse(*last_call), *id));
    let session = |(id, endpoint, last_call): (&str, Option<&str>, Moment)| RuntimeSession {
        id: id.to_owned(),
        endpoint: endpoint.unwrap_or(DEFAULT).to_owned(),
        last_call,
    };
    found.into_iter().map(session).collect()
}

/// Returns whether a record belongs to a runtime or gateway: it stands in its log group, or names it as its origin.
fn is_served_by(sighting: &SessionSighting, resource: &Resource) -> bool {
    let id = resource.key.own_id();
    let is_shared = &*sighting.group == SPANS_GROUP;
    let mut groups = resource.log_groups.iter();
    endpoint_of(&sighting.group, id).is_some()
        || !is_shared && groups.any(|group| **group == *sighting.group)
        || sighting.owner.is_some() && may_belong_to(sighting.owner.as_deref(), &[id.to_owned()])
}

/// Returns the endpoint whose log group it is: `/aws/bedrock-agentcore/runtimes/{runtime id}-{endpoint}`.
fn endpoint_of<'a>(group: &'a str, runtime_id: &str) -> Option<&'a str> {
    let (_, name) = group.split_once("/runtimes/")?;
    let endpoint = name.strip_prefix(runtime_id)?.strip_prefix('-')?;
    (!endpoint.is_empty()).then_some(endpoint)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        calls::{CallRecord, join},
        model::{DeploymentName, LogEvent},
    };

    const NOW: Moment = Moment::from_millis(1_000_000_000);

    fn resource(kind: Kind, id: &str) -> Resource {
        Resource {
            name: id.into(),
            status: "READY".into(),
            ..Resource::new("prod", kind, id)
        }
    }

    fn event(ago: i64, group: &str, message: &str) -> LogEvent {
        let at = NOW.plus(-ago);
        LogEvent {
            timestamp: at,
            ingestion: at,
            group: group.into(),
            stream: "s".into(),
            id: None,
            message: message.into(),
        }
    }

    fn call(ago: i64, group: &str, session: &str) -> LogEvent {
        let message = format!(
            r#"{{"message":"Processing request of type CallToolRequest","requestId":"{group} {ago} {session}","sessionId":"{session}"}}"#
        );
        event(ago, group, &message)
    }

    fn store(events: &[LogEvent]) -> Store {
        let mut store = Store::default();
        let name = DeploymentName::from("prod");
        for (kind, ids) in [
            (Kind::Gateway, vec!["gw-1"]),
            (Kind::Runtime, vec!["mcp-AAAAAAAAAA", "reports-BBBBBBBBBB"]),
        ] {
            let found = ids.into_iter().map(|id| resource(kind, id)).collect();
            let _ = store.record_list(&name, kind, Ok(found), NOW);
        }
        let of: Arc<str> = "prod".into();
        let records = events.iter().map(|event| CallRecord::read(event, &of));
        let calls = join(records.collect());
        let _ = store.record_calls(&name, NOW.plus(-3_600_000), Ok(calls), Vec::new(), NOW);
        store
    }

    fn ids(store: &Store, runtime: &str) -> Vec<(String, String)> {
        let found = store.sessions_of(&resource(Kind::Runtime, runtime), 900_000, NOW);
        let pair = |session: RuntimeSession| (session.id, session.endpoint);
        found.sessions.into_iter().map(pair).collect()
    }

    #[test]
    fn a_session_belongs_to_the_runtime_whose_records_name_it() {
        let store = store(&[
            call(
                9_000,
                "/aws/bedrock-agentcore/runtimes/mcp-AAAAAAAAAA-DEFAULT",
                "one",
            ),
            call(
                7_000,
                "/aws/bedrock-agentcore/runtimes/mcp-AAAAAAAAAA-prod",
                "two",
            ),
            call(
                5_000,
                "/aws/bedrock-agentcore/runtimes/reports-BBBBBBBBBB-DEFAULT",
                "three",
            ),
            event(
                4_000,
                "aws/spans",
                r#"{"name":"AgentCore.Runtime.Invoke","spanId":"1","traceId":"t","startTimeUnixNano":999996000000000,"durationNano":1,"attributes":{"session.id":"four","gen_ai.tool.name":"read","aws.local.service":"reports.DEFAULT"}}"#,
            ),
        ]);
        let pair = |id: &str, endpoint: &str| (id.to_owned(), endpoint.to_owned());
        assert_eq!(
            ids(&store, "mcp-AAAAAAAAAA"),
            [pair("two", "prod"), pair("one", "DEFAULT")]
        );
        assert_eq!(
            ids(&store, "reports-BBBBBBBBBB"),
            [pair("four", "DEFAULT"), pair("three", "DEFAULT")]
        );
    }

    #[test]
    fn a_session_that_no_record_ascribes_to_a_runtime_is_counted_and_not_listed() {
        let group = "/aws/bedrock-agentcore/runtimes/mcp-AAAAAAAAAA-DEFAULT";
        let store = store(&[call(9_000, group, "one"), call(8_000, "/ecs/other", "two")]);
        let found = store.sessions_of(&resource(Kind::Runtime, "mcp-AAAAAAAAAA"), 900_000, NOW);
        assert_eq!((found.sessions.len(), found.unattributed), (1, 1));
        let found = store.sessions_of(&resource(Kind::Runtime, "reports-BBBBBBBBBB"), 900_000, NOW);
        assert_eq!((found.sessions.len(), found.unattributed), (0, 1));
    }

    #[test]
    fn a_session_that_was_not_called_for_too_long_is_not_counted() {
        let group = "/aws/bedrock-agentcore/runtimes/mcp-AAAAAAAAAA-DEFAULT";
        let store = store(&[call(901_000, group, "old"), call(899_000, group, "new")]);
        assert_eq!(
            ids(&store, "mcp-AAAAAAAAAA"),
            [("new".to_owned(), "DEFAULT".to_owned())]
        );
    }

    #[test]
    fn what_was_read_is_known_up_to_a_gap() {
        let mut history = CallHistory::default();
        assert!(!history.covers(NOW, 10_000, NOW));
        history.record_range(NOW.plus(-600_000), NOW.plus(-300_000));
        history.record_range(NOW.plus(-310_000), NOW);
        assert!(history.covers(NOW.plus(-600_000), 10_000, NOW.plus(10_000)));
        assert!(!history.covers(NOW.plus(-600_000), 10_000, NOW.plus(10_001)));
        assert!(!history.covers(NOW.plus(-600_001), 10_000, NOW));
        history.record_range(NOW.plus(50_000), NOW.plus(60_000));
        assert!(
            !history.covers(NOW, 10_000, NOW.plus(60_000)),
            "there is a gap"
        );
    }
}
