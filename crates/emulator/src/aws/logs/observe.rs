//! What metrics are made of: invocations, errors and durations as the records of a group tell them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::LogsState;
use super::range::{Range, key};

/// How the answer to a call that a policy denies is recognised.
const DENIED: &str = "Tool Execution Denied";

/// What one log record says about calls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Observed {
    /// Milliseconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) invocations: u32,
    pub(crate) errors: u32,
    /// Tool calls that a policy denied.
    pub(crate) denied: u32,
    /// Milliseconds.
    pub(crate) latency: Option<f64>,
}

/// Records from this long before the time that is asked for are read, in milliseconds: a request that ends in it may have begun before.
const LONGEST_REQUEST: i64 = 5 * 60_000;

/// When the requests began that have not ended yet, in milliseconds, by their id.
type BegunRequests = HashMap<String, i64>;

/// Unlogged failures kept; beyond it, the oldest go.
const UNLOGGED: usize = 10_000;

impl LogsState {
    /// Records a call that the platform refused before anything logged it: only metrics count it.
    pub(crate) fn record_unlogged(&self, group: &str, at: Timestamp) {
        let mut unlogged = self.unlogged.lock();
        unlogged.push_back((group.to_owned(), at.as_millisecond()));
        let excess = unlogged.len().saturating_sub(UNLOGGED);
        unlogged.drain(..excess);
    }

    /// Returns the unlogged calls of a group in a time range.
    fn observe_unlogged(&self, group: &str, from: i64, to: i64) -> Vec<Observed> {
        let unlogged = self.unlogged.lock();
        let own = unlogged
            .iter()
            .filter(|(known, at)| known == group && (from..=to).contains(at));
        own.map(|(_, at)| Observed {
            timestamp: *at,
            invocations: 1,
            errors: 1,
            denied: 0,
            latency: None,
        })
        .collect()
    }

    /// Returns every message of a group.
    #[cfg(test)]
    pub(crate) fn messages(&self, group: &str) -> Vec<String> {
        let range = Range {
            from: 0,
            to: i64::MAX,
            after: None,
            newest_first: false,
            ingested_until: i64::MAX,
        };
        let events = self.with(|groups| {
            let group = groups.get(group);
            group.map(|group| group.read(&range, 5000, i64::MAX))
        });
        let events = events.unwrap_or_default();
        events.iter().map(|event| event.message.clone()).collect()
    }

    /// Returns the records of a group in a time range (milliseconds, both ends included), as far as they tell of calls.
    pub(crate) fn observe(&self, group: &str, from: i64, to: i64) -> Vec<Observed> {
        let mut observed = self.observe_unlogged(group, from, to);
        let mut begun = BegunRequests::new();
        let mut range = Range {
            from: from.saturating_sub(LONGEST_REQUEST),
            to,
            after: None,
            newest_first: false,
            ingested_until: i64::MAX,
        };
        loop {
            let events = self
                .with(|groups| groups.get(group).map(|group| group.read(&range, 5000, to)))
                .unwrap_or_default();
            let Some(last) = events.last() else {
                return observed;
            };
            range.after = Some((key(last), false));
            observed.extend(
                events
                    .iter()
                    .filter_map(|event| read(&event.message, event.timestamp, &mut begun))
                    .filter(|observed| observed.timestamp >= from),
            );
        }
    }
}

/// Returns what a gateway's or a runtime's record says. A gateway writes a record when a request begins and one when it has ended;
/// the time between them is its latency.
fn read(message: &str, timestamp: i64, begun: &mut BegunRequests) -> Option<Observed> {
    let record: Value = serde_json::from_str(message).ok()?;
    let nothing = Observed {
        timestamp,
        ..Observed::default()
    };
    if let Some(body) = record.get("body") {
        let failed = body.get("isError").and_then(Value::as_bool) == Some(true);
        let log = body.get("log").and_then(Value::as_str)?;
        let started = log.starts_with("Started processing request");
        let answer = body.get("responseBody").and_then(Value::as_str);
        let denied = failed && answer.is_some_and(|answer| answer.contains(DENIED));
        let latency = latency(&record, log, timestamp, begun);
        return (started || failed || latency.is_some()).then_some(Observed {
            latency,
            invocations: started.into(),
            errors: (failed && !denied).into(),
            denied: denied.into(),
            ..nothing
        });
    }
    let text = record.get("message").and_then(Value::as_str)?;
    if record.get("level").and_then(Value::as_str) == Some("ERROR") {
        return Some(Observed {
            errors: 1,
            ..nothing
        });
    }
    if text.ends_with(" answered") {
        return Some(Observed {
            invocations: 1,
            ..nothing
        });
    }
    let seconds = text
        .strip_prefix("Invocation completed successfully (")?
        .strip_suffix("s)")?;
    Some(Observed {
        invocations: 1,
        latency: seconds.parse::<f64>().ok().map(|seconds| seconds * 1000.0),
        ..nothing
    })
}

/// Returns how long the request took whose end this record of a gateway is, in milliseconds.
fn latency(record: &Value, log: &str, timestamp: i64, begun: &mut BegunRequests) -> Option<f64> {
    let id = record.get("request_id").and_then(Value::as_str)?;
    let stated = record.get("event_timestamp").and_then(Value::as_i64);
    let at = stated.unwrap_or(timestamp);
    if log.starts_with("Started processing request") {
        begun.insert(id.to_owned(), at);
        return None;
    }
    let is_end = log.starts_with("Successfully processed request")
        || log.starts_with("Failed to process request");
    let start = is_end.then(|| begun.remove(id)).flatten()?;
    Some((at - start).max(0) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str, timestamp: i64) -> Option<Observed> {
        super::read(message, timestamp, &mut BegunRequests::new())
    }

    #[test]
    fn a_request_through_a_gateway_takes_from_its_first_record_to_its_last() {
        let record = |request: &str, log: &str, at: i64| {
            format!(
                r#"{{"event_timestamp":{at},"request_id":"{request}","body":{{"isError":false,"log":"{log} request with requestId: 1"}}}}"#
            )
        };
        let mut begun = BegunRequests::new();
        let mut latency = |request: &str, log: &str, at: i64| {
            let observed = super::read(&record(request, log, at), at, &mut begun);
            observed.and_then(|observed| observed.latency)
        };
        assert_eq!(latency("one", "Started processing", 1_000), None);
        assert_eq!(latency("two", "Started processing", 1_010), None);
        assert_eq!(latency("one", "Successfully processed", 1_120), Some(120.0));
        assert_eq!(latency("two", "Failed to process", 1_500), Some(490.0));
        assert_eq!(
            latency("two", "Failed to process", 1_600),
            None,
            "it has ended"
        );
        assert_eq!(latency("three", "Successfully processed", 1_700), None);
    }

    #[test]
    fn reads_both_sorts_of_records() {
        let started = read(
            r#"{"body":{"isError":false,"log":"Started processing request with requestId: 1"}}"#,
            5,
        )
        .unwrap();
        assert_eq!((started.invocations, started.errors), (1, 0));
        let done = read(
            r#"{"level":"INFO","message":"Invocation completed successfully (0.345s)"}"#,
            5,
        )
        .unwrap();
        assert_eq!((done.invocations, done.latency), (1, Some(345.0)));
        assert_eq!(read("plain text", 5), None);
    }
}
