//! FilterLogEvents: pages of the events that pass a filter; a page may come out empty although more follow.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::StoredEvent;
use super::filter::FilterPattern;
use super::handlers::{group_name, invalid, missing_stream, names, text};
use super::range::{EventKey, Range, key};
use super::read::{
    EVENT_BYTES, MOST_BYTES, SEARCHED, bad_token, event_id, limit, push_text, read_token, readable,
    readable_until, time, write_token,
};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::world::World;

/// Newest first is served for times after this (2024-01-01).
const EARLIEST_REVERSE: i64 = 1_704_067_200_000;

/// What a search looks for.
struct Search<'a> {
    group: String,
    streams: Vec<String>,
    prefix: Option<&'a str>,
    pattern: FilterPattern,
    from: i64,
    to: i64,
    newest_first: bool,
    /// Everything that a token belongs to: with other members it is refused.
    identity: String,
}

/// FilterLogEvents.
pub(super) fn filter_events(world: &World, input: &Value) -> OperationResult {
    let search = Search::read(input)?;
    let limit = limit(input)?;
    let after = match text(input, "nextToken") {
        None => None,
        Some(token) => Some(read_token(&search.identity, token).ok_or_else(bad_token)?),
    };
    let now = world.now().as_millisecond();
    let range = Range {
        from: search.from,
        to: search.to,
        after,
        newest_first: search.newest_first,
        ingested_until: readable_until(world, &search.group, now),
    };
    let count = if search.is_filtered() {
        SEARCHED
    } else {
        limit
    };
    let (read, streams) = world.logs.with(|groups| {
        let group = readable(groups, &search.group, "FilterLogEvents")?;
        let unknown = search.streams.iter().find(|name| !group.has_stream(name));
        if let Some(unknown) = unknown {
            return Err(missing_stream(unknown));
        }
        Ok((
            group.read(&range, count + 1, now),
            group.stream_names(&search.streams, search.prefix),
        ))
    })?;
    let begins_empty = after.is_none() && matches!(search.pattern, FilterPattern::Json(_));
    let page = take_page(
        &read,
        count,
        limit,
        |event| search.wants(event),
        begins_empty,
    );
    // AWS gives an empty list for searches without stream names.
    let searched = if search.names_streams() {
        streams
    } else {
        Vec::new()
    };
    let searched: Vec<Value> = searched
        .iter()
        .map(|name| json!({"logStreamName": name, "searchedCompletely": page.next.is_none()}))
        .collect();
    let next = page
        .next
        .map(|(key, included)| write_token(&search.identity, key, included));
    Ok(OperationReply::Text(write_page(
        &page.events,
        &Value::Array(searched),
        next.as_deref(),
    )))
}

impl<'a> Search<'a> {
    fn read(input: &'a Value) -> Result<Self, ApiError> {
        let group = group_name(input)?;
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
        let from = time(input, "startTime")?.unwrap_or(0);
        let newest_first = input.get("startFromHead").and_then(Value::as_bool) == Some(false);
        if newest_first && from < EARLIEST_REVERSE {
            return Err(invalid(
                "startFromHead=false needs a startTime of 2024-01-01 or later.",
            ));
        }
        Ok(Self {
            identity: format!(
                "filter {group} {from} {newest_first} {pattern_text} {streams:?} {prefix:?}"
            ),
            group,
            streams,
            prefix,
            pattern,
            from,
            to: time(input, "endTime")?.unwrap_or(i64::MAX - 1),
            newest_first,
        })
    }

    fn names_streams(&self) -> bool {
        !self.streams.is_empty() || self.prefix.is_some()
    }

    fn is_filtered(&self) -> bool {
        self.names_streams() || !matches!(self.pattern, FilterPattern::Everything)
    }

    fn wants(&self, event: &StoredEvent) -> bool {
        (self.streams.is_empty() || self.streams.iter().any(|stream| **stream == *event.stream))
            && self
                .prefix
                .is_none_or(|prefix| event.stream.starts_with(prefix))
            && self.pattern.matches(&event.message)
    }
}

/// Returns the answer, written by hand: this is the hot path of benchmarks.
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

/// The events of a page.
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
