//! GetLogEvents, and what it shares with FilterLogEvents: limits, tokens, which groups can be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::handlers::{group_name, invalid, missing_group, missing_stream, text};
use super::range::{EventKey, Range, key};
use super::{LogGroup, StoredEvent};
use crate::faults::{FaultKind, FaultPoint};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::pagination;
use crate::world::World;

/// The most events of a page.
const MOST_EVENTS: usize = 10_000;
/// The most bytes of a page.
pub(super) const MOST_BYTES: usize = 1024 * 1024;
/// What every event counts beside its message.
pub(super) const EVENT_BYTES: usize = 26;
/// How many events one page of a filtered search looks at: a page may come out empty.
pub(super) const SEARCHED: usize = 20_000;
/// How late events become readable under the fault `late`, in milliseconds.
const LATENESS: i64 = 5000;

/// Returns the group of that name, if its class allows the operation: only the Standard class can be read event by event.
pub(super) fn readable<'a>(
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

pub(super) fn limit(input: &Value) -> Result<usize, ApiError> {
    match input.get("limit") {
        None | Some(Value::Null) => Ok(MOST_EVENTS),
        given => pagination::number(given)
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| (1..=MOST_EVENTS).contains(limit))
            .ok_or_else(|| invalid("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must be between 1 and 10000")),
    }
}

pub(super) fn time(input: &Value, name: &str) -> Result<Option<i64>, ApiError> {
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

pub(super) fn write_token(list: &str, key: EventKey, flag: bool) -> String {
    URL_SAFE_NO_PAD.encode(format!(
        "{list}|{}|{}|{}|{}",
        key.0,
        key.1,
        key.2,
        u8::from(flag)
    ))
}

pub(super) fn read_token(list: &str, token: &str) -> Option<(EventKey, bool)> {
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

pub(super) fn bad_token() -> ApiError {
    invalid("The specified nextToken is invalid.")
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
    let place_list = format!("{name}|{stream}");
    let (backward, after) = direction(input, &place_list)?;
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
/// Which way is read, and from where on: the token decides, otherwise `startFromHead`.
fn direction(
    input: &Value,
    place_list: &str,
) -> Result<(bool, Option<(EventKey, bool)>), ApiError> {
    let Some(token) = text(input, "nextToken") else {
        let from_head = input.get("startFromHead").and_then(Value::as_bool);
        return Ok((from_head != Some(true), None));
    };
    let (direction, rest) = token.split_once('/').ok_or_else(bad_token)?;
    let place = read_token(place_list, rest).ok_or_else(bad_token)?;
    match direction {
        "f" => Ok((false, Some(place))),
        "b" => Ok((true, Some(place))),
        _ => Err(bad_token()),
    }
}

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
