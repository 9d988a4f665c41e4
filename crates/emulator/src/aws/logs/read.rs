//! FilterLogEvents and GetLogEvents: pages over the events of a group in the order of time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::filter::FilterPattern;
use super::handlers::{group_name, invalid, missing_group, missing_stream, names, text};
use super::{LogGroup, StoredEvent};
use crate::faults::{FaultKind, FaultPoint};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::pagination;
use crate::world::World;

/// The most events of a page.
const MOST_EVENTS: usize = 10_000;
/// The most bytes of a page.
const MOST_BYTES: usize = 1024 * 1024;
/// What every event counts beside its message.
const EVENT_BYTES: usize = 26;
/// How many events one page of a filtered search looks at: a page may come out empty.
const SEARCHED: usize = 20_000;
/// Newest first is served for times after this (2024-01-01).
const EARLIEST_REVERSE: i64 = 1_704_067_200_000;
/// How late events become readable under the fault `late`, in milliseconds.
const LATENESS: i64 = 5000;

/// The place of an event in the order of its group.
pub(super) type EventKey = (i64, i64, u64);

pub(super) fn key(event: &StoredEvent) -> EventKey {
    (event.timestamp, event.ingestion, event.arrival)
}

/// What part of a group is read, and from where on.
pub(super) struct Range {
    /// The first time stamp, in milliseconds.
    pub(super) from: i64,
    /// The last time stamp, included.
    pub(super) to: i64,
    /// Only what comes after this one in the direction of reading; `true` includes it.
    pub(super) after: Option<(EventKey, bool)>,
    pub(super) newest_first: bool,
    /// Only what came in until this moment.
    pub(super) ingested_until: i64,
}

impl LogGroup {
    /// The next events of a range, at most `count`.
    pub(super) fn read(&self, range: &Range, count: usize, now: i64) -> Vec<Arc<StoredEvent>> {
        let passed = |key: EventKey| match (range.after, range.newest_first) {
            (None, _) => true,
            (Some((after, included)), false) => key > after || (included && key == after),
            (Some((after, included)), true) => key < after || (included && key == after),
        };
        if let Some(source) = &self.generated {
            let (mut low, mut high) = (
                source.first_at(range.from, now),
                source.first_at(range.to.saturating_add(1), now),
            );
            // Keys of generated events end in the index plus one.
            match (range.after, range.newest_first) {
                (None, _) => {}
                (Some(((_, _, arrival), included)), false) => {
                    low = low.max(arrival.saturating_sub(u64::from(included)));
                }
                (Some(((_, _, arrival), included)), true) => {
                    high = high.min(arrival.saturating_sub(u64::from(!included)));
                }
            }
            let count = count as u64;
            let indexes: Box<dyn Iterator<Item = u64>> = if range.newest_first {
                Box::new((low.max(high.saturating_sub(count))..high).rev())
            } else {
                Box::new(low..high.min(low + count).max(low))
            };
            return indexes.map(|index| Arc::new(source.event(index))).collect();
        }
        let start = self
            .events
            .partition_point(|event| event.timestamp < range.from);
        let end = self
            .events
            .partition_point(|event| event.timestamp <= range.to);
        let fits = |event: &&Arc<StoredEvent>| {
            event.ingestion <= range.ingested_until && passed(key(event))
        };
        if range.newest_first {
            let end = match range.after {
                Some((after, _)) => {
                    end.min(self.events.partition_point(|event| key(event) <= after))
                }
                None => end,
            };
            self.events
                .range(start.min(end)..end)
                .rev()
                .filter(fits)
                .take(count)
                .cloned()
                .collect()
        } else {
            let start = match range.after {
                Some((after, _)) => {
                    start.max(self.events.partition_point(|event| key(event) < after))
                }
                None => start,
            };
            self.events
                .range(start.min(end)..end)
                .filter(fits)
                .take(count)
                .cloned()
                .collect()
        }
    }
}

/// The group of that name, if its class allows the operation: only the Standard class can be read event by event.
fn readable<'a>(
    groups: &'a BTreeMap<String, LogGroup>,
    name: &str,
    operation: &str,
) -> Result<&'a LogGroup, ApiError> {
    let group = groups.get(name).ok_or_else(missing_group)?;
    if group.class == "STANDARD" {
        return Ok(group);
    }
    Err(ApiError::bad(
        "InvalidOperationException",
        format!("{operation} is not supported for this log class"),
    ))
}

/// Until when events must have come in to be readable now.
pub(super) fn readable_until(world: &World, group: &str, now: i64) -> i64 {
    let late = world.deployments.iter().any(|deployment| {
        deployment.log_groups.iter().any(|known| known == group)
            && world
                .faults
                .is_armed(deployment.name, FaultPoint::Logs, FaultKind::Late)
    });
    if late { now - LATENESS } else { i64::MAX }
}

fn limit(input: &Value) -> Result<usize, ApiError> {
    match input.get("limit") {
        None | Some(Value::Null) => Ok(MOST_EVENTS),
        given => pagination::number(given)
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| (1..=MOST_EVENTS).contains(limit))
            .ok_or_else(|| invalid("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must be between 1 and 10000")),
    }
}

fn time(input: &Value, name: &str) -> Result<Option<i64>, ApiError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        given => pagination::number(given)
            .filter(|time| *time >= 0)
            .map(Some)
            .ok_or_else(|| {
                invalid(format!(
                    "1 validation error detected: Value at '{name}' must be at least 0"
                ))
            }),
    }
}

fn write_token(list: &str, key: EventKey, flag: bool) -> String {
    URL_SAFE_NO_PAD.encode(format!(
        "{list}|{}|{}|{}|{}",
        key.0,
        key.1,
        key.2,
        u8::from(flag)
    ))
}

fn read_token(list: &str, token: &str) -> Option<(EventKey, bool)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let rest = text.strip_prefix(list)?.strip_prefix('|')?;
    let parts: Vec<&str> = rest.split('|').collect();
    let [timestamp, ingestion, arrival, flag] = parts[..] else {
        return None;
    };
    Some((
        (
            timestamp.parse().ok()?,
            ingestion.parse().ok()?,
            arrival.parse().ok()?,
        ),
        flag == "1",
    ))
}

fn bad_token() -> ApiError {
    invalid("The specified nextToken is invalid.")
}

/// FilterLogEvents.
pub(super) fn filter_events(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    let streams = names(input.get("logStreamNames"));
    let prefix = text(input, "logStreamNamePrefix");
    if !streams.is_empty() && prefix.is_some() {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefix are mutually exclusive.",
        ));
    }
    if streams.len() > 100 {
        return Err(invalid("At most 100 logStreamNames can be given."));
    }
    let pattern_text = text(input, "filterPattern").unwrap_or_default();
    let pattern = FilterPattern::parse(pattern_text).map_err(invalid)?;
    let (from, to) = (
        time(input, "startTime")?.unwrap_or(0),
        time(input, "endTime")?.unwrap_or(i64::MAX - 1),
    );
    let newest_first = input.get("startFromHead").and_then(Value::as_bool) == Some(false);
    if newest_first && from < EARLIEST_REVERSE {
        return Err(invalid(
            "startFromHead=false needs a startTime of 2024-01-01 or later.",
        ));
    }
    let limit = limit(input)?;
    // A token belongs to its search: with other members it is refused.
    let search =
        format!("filter {name} {from} {newest_first} {pattern_text} {streams:?} {prefix:?}");
    let after = match text(input, "nextToken") {
        None => None,
        Some(token) => Some(read_token(&search, token).ok_or_else(bad_token)?),
    };
    let now = world.now().as_millisecond();
    let range = Range {
        from,
        to,
        after,
        newest_first,
        ingested_until: readable_until(world, &name, now),
    };
    let is_filtered =
        !matches!(pattern, FilterPattern::Everything) || !streams.is_empty() || prefix.is_some();
    let count = if is_filtered { SEARCHED } else { limit };
    let (read, known) = world.logs.with(|groups| {
        let group = readable(groups, &name, "FilterLogEvents")?;
        if let Some(unknown) = streams.iter().find(|stream| !group.has_stream(stream)) {
            return Err(missing_stream(unknown));
        }
        Ok((
            group.read(&range, count + 1, now),
            group.stream_names(&streams, prefix),
        ))
    })?;
    let wanted = |event: &StoredEvent| {
        (streams.is_empty() || streams.iter().any(|stream| **stream == *event.stream))
            && prefix.is_none_or(|prefix| event.stream.starts_with(prefix))
            && pattern.matches(&event.message)
    };
    let page = take_page(
        &read,
        count,
        limit,
        wanted,
        after.is_none() && matches!(pattern, FilterPattern::Json(_)),
    );
    // AWS gives an empty list for searches without stream names.
    let searched = if streams.is_empty() && prefix.is_none() {
        Vec::new()
    } else {
        known
    };
    let searched: Vec<Value> = searched
        .iter()
        .map(|name| json!({"logStreamName": name, "searchedCompletely": page.next.is_none()}))
        .collect();
    let next = page
        .next
        .map(|(key, included)| write_token(&search, key, included));
    Ok(OperationReply::Text(write_page(
        &page.events,
        &Value::Array(searched),
        next.as_deref(),
    )))
}

/// The answer, written by hand: this is the hot path of benchmarks.
fn write_page(events: &[&Arc<StoredEvent>], searched: &Value, next: Option<&str>) -> String {
    let mut answer = String::with_capacity(
        events
            .iter()
            .map(|event| event.message.len() + 240)
            .sum::<usize>()
            + 256,
    );
    answer.push_str("{\"events\":[");
    for (position, event) in events.iter().enumerate() {
        answer.push_str(if position == 0 {
            "{\"logStreamName\":"
        } else {
            ",{\"logStreamName\":"
        });
        push_text(&mut answer, &event.stream);
        answer.push_str(",\"message\":");
        push_text(&mut answer, &event.message);
        // Writing to a String cannot fail.
        let _ = write!(
            answer,
            ",\"timestamp\":{},\"ingestionTime\":{},\"eventId\":\"{}\"}}",
            event.timestamp,
            event.ingestion,
            event_id(event)
        );
    }
    let _ = write!(answer, "],\"searchedLogStreams\":{searched}");
    if let Some(next) = next {
        let _ = write!(answer, ",\"nextToken\":\"{next}\"");
    }
    answer.push('}');
    answer
}

/// Appends a text in its JSON form.
pub(super) fn push_text(answer: &mut String, text: &str) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    answer.push('"');
    let mut rest = text;
    while let Some(special) = rest.bytes().position(|byte| !plain(byte)) {
        let (before, after) = rest.split_at(special);
        answer.push_str(before);
        let mut letters = after.chars();
        match letters.next() {
            Some('"') => answer.push_str("\\\""),
            Some('\\') => answer.push_str("\\\\"),
            Some('\n') => answer.push_str("\\n"),
            Some(control) => {
                // Writing to a String cannot fail.
                let _ = write!(answer, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = letters.as_str();
    }
    answer.push_str(rest);
    answer.push('"');
}

struct Taken<'a> {
    events: Vec<&'a Arc<StoredEvent>>,
    /// Where the next page goes on.
    next: Option<(EventKey, bool)>,
}

/// Takes events until the page is full. The first page of a search by JSON is empty, as it often is at AWS: the search has
/// only begun.
fn take_page(
    read: &[Arc<StoredEvent>],
    count: usize,
    limit: usize,
    wanted: impl Fn(&StoredEvent) -> bool,
    begins_empty: bool,
) -> Taken<'_> {
    if let (true, Some(first)) = (begins_empty, read.first()) {
        return Taken {
            events: Vec::new(),
            next: Some((key(first), true)),
        };
    }
    let (mut events, mut bytes) = (Vec::new(), 0);
    for (position, event) in read.iter().enumerate() {
        let size = event.message.len() + EVENT_BYTES;
        let matches = wanted(event);
        let is_full = events.len() >= limit || (bytes > 0 && bytes + size > MOST_BYTES && matches);
        if position >= count || is_full {
            return Taken {
                events,
                next: Some((key(event), true)),
            };
        }
        if matches {
            bytes += size;
            events.push(event);
        }
    }
    Taken { events, next: None }
}

/// 56 digits that identify an event in its group.
pub(super) fn event_id(event: &StoredEvent) -> String {
    format!(
        "{:018}{:018}{:020}",
        event.timestamp, event.ingestion, event.arrival
    )
}

/// GetLogEvents.
pub(super) fn get_events(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    let stream =
        text(input, "logStreamName").ok_or_else(|| invalid("logStreamName must not be null"))?;
    // The end is not included here.
    let (from, to) = (
        time(input, "startTime")?.unwrap_or(0),
        time(input, "endTime")?.map_or(i64::MAX - 1, |end| end - 1),
    );
    let limit = limit(input)?;
    let token = text(input, "nextToken");
    let place_list = format!("{name}|{stream}");
    let (backward, after) = match token {
        None => (
            !input
                .get("startFromHead")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            None,
        ),
        Some(token) => {
            let (direction, rest) = token.split_once('/').ok_or_else(bad_token)?;
            let place = read_token(&place_list, rest).ok_or_else(bad_token)?;
            match direction {
                "f" => (false, Some(place)),
                "b" => (true, Some(place)),
                _ => return Err(bad_token()),
            }
        }
    };
    let now = world.now().as_millisecond();
    let range = Range {
        from,
        to,
        after,
        newest_first: backward,
        ingested_until: readable_until(world, &name, now),
    };
    let mut events = world.logs.with(|groups| {
        let group = readable(groups, &name, "GetLogEvents")?;
        if !group.has_stream(stream) {
            return Err(missing_stream(stream));
        }
        Ok(read_stream(group, range, stream, limit, now))
    })?;
    if backward {
        events.reverse();
    }
    // At an end of the stream the token given comes back; on both sides of nothing stands the place asked for.
    let place = after.unwrap_or(((if backward { i64::MAX } else { 0 }, 0, 0), false));
    let (forward, back) = match (events.first(), events.last()) {
        (Some(first), Some(last)) => ((key(last), false), (key(first), false)),
        _ if backward => ((place.0, !place.1), place),
        _ => (place, (place.0, !place.1)),
    };
    let shown = events
        .iter()
        .map(|event| json!({"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion}));
    Ok(OperationReply::Json(json!({
        "events": shown.collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{}", write_token(&place_list, forward.0, forward.1)),
        "nextBackwardToken": format!("b/{}", write_token(&place_list, back.0, back.1)),
    })))
}

/// Up to `limit` events of one stream, at most one page of bytes.
fn read_stream(
    group: &LogGroup,
    mut range: Range,
    stream: &str,
    limit: usize,
    now: i64,
) -> Vec<Arc<StoredEvent>> {
    let (mut events, mut bytes): (Vec<Arc<StoredEvent>>, usize) = (Vec::new(), 0);
    loop {
        let read = group.read(&range, SEARCHED, now);
        let Some(last) = read.last() else {
            return events;
        };
        range.after = Some((key(last), false));
        for event in read.into_iter().filter(|event| *event.stream == *stream) {
            bytes += event.message.len() + EVENT_BYTES;
            if events.len() >= limit || (bytes > MOST_BYTES && !events.is_empty()) {
                return events;
            }
            events.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_form_of_json() {
        for text in [
            "",
            "plain",
            "a \"b\" \\ c",
            "line\nnext\ttab\u{0}\u{1b}[31m",
            "grüß 💥 \u{202e}",
        ] {
            let mut written = String::new();
            push_text(&mut written, text);
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
