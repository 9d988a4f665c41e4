//! StartLiveTail: an event stream with one update a second, for as long as its reader stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior};

use super::StoredEvent;
use super::filter::FilterPattern;
use super::generated::Generated;
use super::handlers::{invalid, missing_group, name_of_identifier, names, text};
use super::read::{push_text, readable_until};
use crate::faults::{FaultKind, FaultPoint};
use crate::http::{Response, streaming};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::scenarios::ACCOUNT;
use crate::world::{SharedWorld, World};

/// One update comes each second.
const PERIOD: Duration = Duration::from_secs(1);
/// The most events of an update; what is above it is sampled.
const MOST_EVENTS: usize = 500;
/// The most groups of a session.
const MOST_GROUPS: usize = 10;
/// The most sessions at a time.
const MOST_SESSIONS: usize = 15;
/// How long a session lives.
const LIFETIME: Duration = Duration::from_hours(3);

/// Counts the open sessions.
#[derive(Debug, Default)]
pub(crate) struct TailSessions(Arc<AtomicUsize>);

/// One open session; its end is counted wherever it ends.
struct SessionPermit(Arc<AtomicUsize>);

impl Drop for SessionPermit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl TailSessions {
    fn sit(&self) -> Option<SessionPermit> {
        let seat = SessionPermit(Arc::clone(&self.0));
        (self.0.fetch_add(1, Ordering::Relaxed) < MOST_SESSIONS).then_some(seat)
    }
}

/// What a session follows.
struct TailStream {
    world: SharedWorld,
    groups: Vec<Followed>,
    streams: Vec<String>,
    prefixes: Vec<String>,
    pattern: FilterPattern,
    ticks: Interval,
    opened: tokio::time::Instant,
    /// Frames that are sent before anything is waited for.
    opening: Option<Bytes>,
    over: bool,
    _seat: SessionPermit,
}

/// A group and how far it was sent.
struct Followed {
    name: String,
    identifier: String,
    arrival: u64,
}

/// StartLiveTail.
pub(super) fn start(world: &SharedWorld, input: &Value) -> OperationResult {
    let identifiers = names(input.get("logGroupIdentifiers"));
    let (streams, prefixes) = (
        names(input.get("logStreamNames")),
        names(input.get("logStreamNamePrefixes")),
    );
    let pattern_text = text(input, "logEventFilterPattern").unwrap_or_default();
    check(&identifiers, &streams, &prefixes)?;
    let pattern = FilterPattern::parse(pattern_text).map_err(invalid)?;
    let groups = identifiers
        .iter()
        .map(|identifier| follow(world, identifier))
        .collect::<Result<Vec<_>, _>>()?;
    let seat = world.logs.sessions.sit().ok_or_else(|| {
        ApiError::bad(
            "LimitExceededException",
            "There are 15 live tail sessions already.",
        )
    })?;
    let session_start = json!({
        "requestId": world.seed.next_uuid(),
        "sessionId": world.seed.next_uuid(),
        "logGroupIdentifiers": identifiers,
        "logStreamNames": streams,
        "logStreamNamePrefixes": prefixes,
        "logEventFilterPattern": pattern_text,
    });
    let mut opening = BytesMut::new();
    opening.extend_from_slice(&frame("initial-response", &json!({})));
    opening.extend_from_slice(&frame("sessionStart", &session_start));
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + PERIOD, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let tail = TailStream {
        world: Arc::clone(world),
        groups,
        streams,
        prefixes,
        pattern,
        ticks,
        opened: tokio::time::Instant::now(),
        opening: Some(opening.freeze()),
        over: false,
        _seat: seat,
    };
    let frames = futures::stream::unfold(tail, |mut tail| async move {
        let frames = tail.next().await?;
        Some((Ok(frames), tail))
    });
    let mut response = Response::new(streaming(frames));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/vnd.amazon.eventstream"),
    );
    Ok(OperationReply::Whole(Box::new(response)))
}

fn check(identifiers: &[String], streams: &[String], prefixes: &[String]) -> Result<(), ApiError> {
    if identifiers.is_empty() || identifiers.len() > MOST_GROUPS {
        return Err(invalid("logGroupIdentifiers must have 1 to 10 entries."));
    }
    if let Some(name) = identifiers
        .iter()
        .find(|identifier| !identifier.starts_with("arn:"))
    {
        return Err(invalid(format!("{name} is not the ARN of a log group.")));
    }
    if !streams.is_empty() && !prefixes.is_empty() {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefixes are mutually exclusive.",
        ));
    }
    if (!streams.is_empty() || !prefixes.is_empty()) && identifiers.len() != 1 {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefixes can be given with exactly one log group.",
        ));
    }
    if streams.len() > 100 || prefixes.len() > 100 {
        return Err(invalid(
            "At most 100 log stream names or prefixes can be given.",
        ));
    }
    if streams
        .iter()
        .chain(prefixes)
        .any(|name| name.is_empty() || name.contains([':', '*']))
    {
        return Err(invalid("A log stream name has no ':' and no '*'."));
    }
    Ok(())
}

fn follow(world: &SharedWorld, identifier: &str) -> Result<Followed, ApiError> {
    let name = name_of_identifier(identifier)?;
    let now = world.now().as_millisecond();
    world.logs.with(|groups| {
        let group = groups.get(&name).ok_or_else(missing_group)?;
        if group.class != "STANDARD" {
            return Err(ApiError::bad(
                "InvalidOperationException",
                "Live Tail serves the Standard log class only.",
            ));
        }
        let arrival = group
            .generated
            .as_ref()
            .map_or(group.arrivals, |source| source.count(now));
        Ok(Followed {
            identifier: format!("{ACCOUNT}:{name}"),
            name,
            arrival,
        })
    })
}

impl TailStream {
    /// Returns the next frames; none when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(opening);
        }
        if self.over {
            return None;
        }
        tokio::select! {
            () = self.world.stopping.cancelled() => return None,
            _ = self.ticks.tick() => {}
        }
        if self.opened.elapsed() >= LIFETIME || self.fault(FaultKind::TailTimeout, true) {
            self.over = true;
            let message =
                json!({"message": "The live tail session has been open for its longest time."});
            return Some(exception("SessionTimeoutException", &message));
        }
        Some(self.update())
    }

    /// Returns whether a fault sits at the logs of one of the groups' deployments; `take` counts it.
    fn fault(&self, kind: FaultKind, take: bool) -> bool {
        let names = self.groups.iter().map(|group| &group.name);
        let deployments = names.flat_map(|name| {
            self.world
                .deployments
                .iter()
                .filter(move |deployment| deployment.log_groups.contains(name))
        });
        let faults = &self.world.faults;
        deployments.into_iter().any(|deployment| {
            if take {
                faults.applies(deployment.name, FaultPoint::Logs, kind)
            } else {
                faults.is_armed(deployment.name, FaultPoint::Logs, kind)
            }
        })
    }

    /// Returns the update of this second. Groups of computed events get as many updates as their rate needs.
    fn update(&mut self) -> Bytes {
        let world = Arc::clone(&self.world);
        let now = world.now().as_millisecond();
        let filter = TailFilter {
            streams: &self.streams,
            prefixes: &self.prefixes,
            pattern: &self.pattern,
        };
        let mut found: Vec<(String, Arc<StoredEvent>)> = Vec::new();
        let mut frames = BytesMut::new();
        for group in &mut self.groups {
            let source = world
                .logs
                .with(|groups| groups.get(&group.name).and_then(|known| known.generated));
            match source {
                Some(source) => group.push_generated(&source, &filter, now, &mut frames),
                None => found.extend(group.take_new(&world, &filter, now)),
            }
        }
        let forced = self.fault(FaultKind::Sampled, false);
        let sampled = forced || found.len() > MOST_EVENTS;
        let kept = sample(
            &found,
            if forced {
                2
            } else {
                found.len().div_ceil(MOST_EVENTS).max(1)
            },
        );
        if frames.is_empty() || !found.is_empty() {
            frames.extend_from_slice(&frame_of(
                kept.map(|(identifier, event)| (identifier.as_str(), &**event)),
                sampled,
            ));
        }
        frames.freeze()
    }
}

/// Which events a session wants.
struct TailFilter<'a> {
    streams: &'a [String],
    prefixes: &'a [String],
    pattern: &'a FilterPattern,
}

impl TailFilter<'_> {
    fn wants(&self, event: &StoredEvent) -> bool {
        let of_stream =
            self.streams.is_empty() || self.streams.iter().any(|stream| **stream == *event.stream);
        let of_prefix = self.prefixes.is_empty()
            || self
                .prefixes
                .iter()
                .any(|prefix| event.stream.starts_with(prefix));
        of_stream && of_prefix && self.pattern.matches(&event.message)
    }
}

impl Followed {
    /// Writes the computed events that came since the last time, in as many updates as they need.
    fn push_generated(
        &mut self,
        source: &Generated,
        filter: &TailFilter<'_>,
        now: i64,
        frames: &mut BytesMut,
    ) {
        let end = source.count(now);
        let mut new = (self.arrival..end)
            .map(|index| source.event(index))
            .filter(|event| filter.wants(event))
            .peekable();
        self.arrival = end;
        while new.peek().is_some() {
            let events: Vec<StoredEvent> = new.by_ref().take(MOST_EVENTS).collect();
            let named = events.iter().map(|event| (self.identifier.as_str(), event));
            frames.extend_from_slice(&frame_of(named, false));
        }
    }

    /// Returns the events that came since the last time.
    fn take_new(
        &mut self,
        world: &World,
        filter: &TailFilter<'_>,
        now: i64,
    ) -> Vec<(String, Arc<StoredEvent>)> {
        let until = readable_until(world, &self.name, now);
        let new = world.logs.with(|groups| {
            groups
                .get(&self.name)
                .map(|known| known.arrived_after(self.arrival, until))
        });
        let new = new.unwrap_or_default();
        if let Some(last) = new.last() {
            self.arrival = last.arrival;
        }
        new.into_iter()
            .filter(|event| filter.wants(event))
            .map(|event| (self.identifier.clone(), event))
            .collect()
    }
}

/// Returns every n-th.
fn sample<T>(all: &[T], every: usize) -> impl Iterator<Item = &T> {
    all.iter().step_by(every).take(MOST_EVENTS)
}

fn frame_of<'a>(events: impl Iterator<Item = (&'a str, &'a StoredEvent)>, sampled: bool) -> Bytes {
    // Written by hand: this is the hot path of benchmarks.
    let mut payload = String::with_capacity(64 * 1024);
    payload.push_str("{\"sessionMetadata\":{\"sampled\":");
    payload.push_str(if sampled { "true" } else { "false" });
    payload.push_str("},\"sessionResults\":[");
    for (position, (identifier, event)) in events.enumerate() {
        if position > 0 {
            payload.push(',');
        }
        payload.push_str("{\"logStreamName\":");
        push_text(&mut payload, &event.stream);
        payload.push_str(",\"logGroupIdentifier\":");
        push_text(&mut payload, identifier);
        payload.push_str(",\"message\":");
        push_text(&mut payload, &event.message);
        payload.push_str(",\"timestamp\":");
        payload.push_str(&event.timestamp.to_string());
        payload.push_str(",\"ingestionTime\":");
        payload.push_str(&event.ingestion.to_string());
        payload.push('}');
    }
    payload.push_str("]}");
    message("event", ":event-type", "sessionUpdate", payload.into())
}

fn frame(event: &'static str, payload: &Value) -> Bytes {
    message("event", ":event-type", event, payload.to_string().into())
}

fn exception(name: &'static str, payload: &Value) -> Bytes {
    message(
        "exception",
        ":exception-type",
        name,
        payload.to_string().into(),
    )
}

fn message(
    kind: &'static str,
    type_header: &'static str,
    name: &'static str,
    payload: Bytes,
) -> Bytes {
    let message = Message::new(payload)
        .add_header(Header::new(
            ":message-type",
            HeaderValue::String(kind.into()),
        ))
        .add_header(Header::new(type_header, HeaderValue::String(name.into())))
        .add_header(Header::new(
            ":content-type",
            HeaderValue::String("application/json".into()),
        ));
    let mut bytes = Vec::new();
    // Only headers or payloads beyond the format's sizes fail, and these are bounded.
    let _ = write_message_to(&message, &mut bytes);
    bytes.into()
}
