//! LookupEvents (awsJson 1.1): newest first, one attribute at most, a token that belongs to its parameters.

use serde_json::{Map, Value};

use super::shapes;
use super::state::TrailEvent;
use crate::operation::{ApiError, OperationCall, OperationReply, OperationResult};
use crate::pagination;
use crate::service::{Operation, text};
use crate::world::SharedWorld;

/// Largest and default number of events of a page.
const PAGE: usize = 50;

/// The operations of `cloudtrail`.
pub(crate) const OPERATIONS: &[Operation] = &[Operation::read("LookupEvents", lookup_events)];

fn lookup_events(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    if !world.trail.admit(world.now()) {
        return Err(ApiError::throttled(call.service, call.protocol));
    }
    let attribute = attribute(input)?;
    let (from, to) = (seconds(input, "StartTime"), seconds(input, "EndTime"));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(ApiError::bad(
            "InvalidTimeRangeException",
            "The start time must be before the end time.",
        ));
    }
    match text(input, "EventCategory") {
        None => {}
        Some("insight") => return page(call, input, &[]),
        Some(_) => {
            return Err(ApiError::bad(
                "InvalidEventCategoryException",
                "The event category is not insight.",
            ));
        }
    }
    let found = world.trail.find(|event| {
        let at = event.at.as_millisecond() as f64 / 1000.0;
        from.is_none_or(|from| at >= from)
            && to.is_none_or(|to| at <= to)
            && attribute
                .as_ref()
                .is_none_or(|(key, value)| matches(event, key, value))
    });
    page(call, input, &found)
}

/// Times are seconds since 1970.
fn seconds(input: &Value, member: &str) -> Option<f64> {
    input.get(member).and_then(Value::as_f64)
}

fn attribute(input: &Value) -> Result<Option<(String, String)>, ApiError> {
    const KEYS: [&str; 8] = [
        "EventId",
        "EventName",
        "ReadOnly",
        "Username",
        "ResourceType",
        "ResourceName",
        "EventSource",
        "AccessKeyId",
    ];
    let refuse = |message: &str| ApiError::bad("InvalidLookupAttributesException", message);
    let given = input.get("LookupAttributes").and_then(Value::as_array);
    let (first, rest) = match given.map(Vec::as_slice) {
        None | Some([]) => return Ok(None),
        Some([first, rest @ ..]) => (first, rest),
    };
    if !rest.is_empty() {
        return Err(refuse("Only one lookup attribute can be given."));
    }
    let (Some(key), Some(value)) = (text(first, "AttributeKey"), text(first, "AttributeValue"))
    else {
        return Err(refuse("A lookup attribute needs a key and a value."));
    };
    if !KEYS.contains(&key) || value.is_empty() {
        return Err(refuse("The lookup attribute is not valid."));
    }
    Ok(Some((key.to_owned(), value.to_owned())))
}

fn matches(event: &TrailEvent, key: &str, value: &str) -> bool {
    match key {
        "EventId" => event.id == value,
        "EventName" => event.name == value,
        "ReadOnly" => event.read_only.to_string() == value,
        "Username" => shapes::username(&event.actor) == value,
        "ResourceType" => event.resources.iter().any(|(kind, _)| *kind == value),
        "ResourceName" => event.resources.iter().any(|(_, name)| name == value),
        "EventSource" => event.source == value,
        "AccessKeyId" => event.access_key_id.as_deref() == Some(value),
        _ => false,
    }
}

fn page(call: &OperationCall, input: &Value, found: &[TrailEvent]) -> OperationResult {
    let size = match input.get("MaxResults") {
        None | Some(Value::Null) => PAGE,
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| {
                ApiError::bad(
                    "InvalidMaxResultsException",
                    "MaxResults must be between 1 and 50.",
                )
            })?,
    };
    // The token is the event after which the next page begins: events that come meanwhile shift nothing.
    let invalid = || ApiError::bad("InvalidNextTokenException", "The next token is not valid.");
    let parameters = parameters(&call.name, input);
    let start = match text(input, "NextToken") {
        None => 0,
        Some(token) => {
            let after = pagination::read_mark(&parameters, token).ok_or_else(invalid)?;
            let place = found.iter().position(|event| event.id == after);
            place.ok_or_else(invalid)? + 1
        }
    };
    let shown: Vec<&TrailEvent> = found.iter().skip(start).take(size).collect();
    let mut answer = Map::new();
    let entries = shown.iter().map(|event| shapes::entry(event)).collect();
    answer.insert("Events".into(), Value::Array(entries));
    if let Some(last) = shown.last().filter(|_| start + size < found.len()) {
        let token = pagination::write_mark(&parameters, &last.id);
        answer.insert("NextToken".into(), token.into());
    }
    Ok(OperationReply::Json(Value::Object(answer)))
}

/// Returns what a token belongs to: everything of the request but the token and the size of the page.
fn parameters(name: &str, input: &Value) -> String {
    let mut members = input.as_object().cloned().unwrap_or_default();
    members.remove("NextToken");
    members.remove("MaxResults");
    format!("{name} {}", Value::Object(members))
}
