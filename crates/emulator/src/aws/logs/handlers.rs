//! The operations of CloudWatch Logs over HTTP (awsJson 1.1): groups, streams, writing. Reading is in `read`, following in
//! `tail`, queries in `insights`.

use serde_json::{Map, Value, json};

use super::generated::Generated;
use super::{LogGroup, LogStream, filter_events, group_arn, insights, read, tail};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::pagination;
use crate::scenarios::{ACCOUNT, REGION, gateway_log_group};
use crate::service::Operation;
pub(super) use crate::service::text;
use crate::world::World;

/// How many entries a page has where the request does not say; AWS has 50.
const PAGE: usize = 5;
/// The limits of PutLogEvents.
const BATCH_BYTES: usize = 1_048_576;
const BATCH_EVENTS: usize = 10_000;
const DAY: i64 = 86_400_000;

/// The operations of `logs`.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::read("DescribeLogGroups", |world, call| {
        describe_groups(world, call.input())
    }),
    Operation::read("DescribeLogStreams", |world, call| {
        describe_streams(world, call.input())
    }),
    Operation::read("FilterLogEvents", |world, call| {
        filter_events::filter_events(world, call.input())
    })
    .unrecorded(),
    Operation::read("GetLogEvents", |world, call| {
        read::get_events(world, call.input())
    })
    .unrecorded(),
    Operation::write("CreateLogGroup", |world, call| {
        create_group(world, call.input())
    }),
    Operation::write("CreateLogStream", |world, call| {
        create_stream(world, call.input())
    }),
    Operation::write("PutLogEvents", |world, call| {
        put_events(world, call.input())
    }),
    Operation::write("DeleteLogGroup", |world, call| {
        delete_group(world, call.input())
    }),
    Operation::write("PutRetentionPolicy", |world, call| {
        put_retention(world, call.input())
    }),
    Operation::read("StartQuery", |world, call| {
        insights::start(world, call.input())
    }),
    Operation::read("GetQueryResults", |world, call| {
        insights::results(world, call.input())
    }),
    Operation::read("StopQuery", |world, call| {
        insights::stop(world, call.input())
    }),
    Operation::read("StartLiveTail", |world, call| {
        tail::start(world, call.input())
    }),
    Operation::read("DescribeDeliverySources", |world, call| {
        describe_delivery_sources(world, call.input())
    }),
    Operation::read("DescribeDeliveries", |world, _| {
        Ok(OperationReply::Json(
            json!({"deliveries": deliveries(world)}),
        ))
    }),
];

fn delete_group(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    world
        .logs
        .with(|groups| groups.remove(&name))
        .ok_or_else(missing_group)?;
    Ok(OperationReply::Json(json!({})))
}

/// Returns a list of texts.
pub(super) fn names(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidParameterException", message)
}

pub(super) fn missing_group() -> ApiError {
    ApiError::bad(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
}

pub(super) fn missing_stream(name: &str) -> ApiError {
    ApiError::bad(
        "ResourceNotFoundException",
        format!("The specified log stream does not exist: {name}"),
    )
}

/// Returns the group that the input names: by name, or by identifier (name or ARN).
pub(super) fn group_name(input: &Value) -> Result<String, ApiError> {
    match (
        text(input, "logGroupName"),
        text(input, "logGroupIdentifier"),
    ) {
        (Some(_), Some(_)) => Err(invalid(
            "logGroupName and logGroupIdentifier are mutually exclusive.",
        )),
        (Some(name), None) => Ok(name.to_owned()),
        (None, Some(identifier)) => name_of_identifier(identifier),
        (None, None) => Err(invalid(
            "1 validation error detected: Value at 'logGroupName' must not be null",
        )),
    }
}

/// Returns the group's name in an identifier; an ARN must not end in `:*`.
pub(super) fn name_of_identifier(identifier: &str) -> Result<String, ApiError> {
    if !identifier.starts_with("arn:") {
        return Ok(identifier.to_owned());
    }
    let name = identifier.strip_prefix(&group_arn(""));
    name.filter(|name| !name.is_empty() && !name.contains(':') && !name.contains('*')).map(str::to_owned).ok_or_else(|| {
        invalid(format!(
            "The log group identifier {identifier} is not valid: no other account or region, and no ':*' at its end."
        ))
    })
}

impl LogGroup {
    pub(super) fn has_stream(&self, name: &str) -> bool {
        self.streams.contains_key(name)
    }

    /// The names of its streams, those asked for, in order.
    pub(super) fn stream_names(&self, wanted: &[String], prefix: Option<&str>) -> Vec<String> {
        let mut names: Vec<String> = self
            .streams
            .keys()
            .filter(|name| wanted.is_empty() || wanted.iter().any(|wanted| **wanted == ***name))
            .filter(|name| prefix.is_none_or(|prefix| name.starts_with(prefix)))
            .map(ToString::to_string)
            .collect();
        names.sort();
        names
    }
}

fn page_of(list: &str, entries: Vec<Value>, input: &Value, member: &str) -> OperationResult {
    let size = match input.get("limit") {
        None | Some(Value::Null) => PAGE,
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=50).contains(size))
            .ok_or_else(|| {
                invalid("1 validation error detected: Value at 'limit' must be between 1 and 50")
            })?,
    };
    let page = pagination::cut(list, entries, size, text(input, "nextToken"))
        .map_err(|_| invalid("The specified nextToken is invalid."))?;
    let mut answer = Map::new();
    answer.insert(member.into(), Value::Array(page.entries));
    if let Some(next) = page.next {
        answer.insert("nextToken".into(), next.into());
    }
    Ok(OperationReply::Json(Value::Object(answer)))
}

fn describe_groups(world: &World, input: &Value) -> OperationResult {
    let (prefix, pattern) = (
        text(input, "logGroupNamePrefix"),
        text(input, "logGroupNamePattern"),
    );
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "logGroupNamePrefix and logGroupNamePattern are mutually exclusive.",
        ));
    }
    let identifiers = names(input.get("logGroupIdentifiers"))
        .iter()
        .map(|identifier| name_of_identifier(identifier))
        .collect::<Result<Vec<_>, _>>()?;
    let entries = world.logs.with(|groups| {
        groups
            .iter()
            .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
            .filter(|(name, _)| {
                pattern.is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
            })
            .filter(|(name, _)| identifiers.is_empty() || identifiers.contains(name))
            .map(|(name, group)| describe_group(name, group))
            .collect()
    });
    page_of(
        &format!("groups {prefix:?} {pattern:?}"),
        entries,
        input,
        "logGroups",
    )
}

fn describe_group(name: &str, group: &LogGroup) -> Value {
    let arn = group_arn(name);
    let mut value = json!({
        "logGroupName": name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "storedBytes": group.stored_bytes,
        "logGroupClass": group.class,
        "logGroupArn": arn,
    });
    if let (Some(days), Some(members)) = (group.retention_days, value.as_object_mut()) {
        members.insert("retentionInDays".into(), days.into());
    }
    value
}

fn describe_streams(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    let prefix = text(input, "logStreamNamePrefix");
    let by_time = text(input, "orderBy") == Some("LastEventTime");
    if by_time && prefix.is_some() {
        return Err(invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let mut streams = world.logs.with(|groups| {
        let group = groups.get(&name).ok_or_else(missing_group)?;
        let all = group
            .streams
            .iter()
            .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
        Ok::<_, ApiError>(
            all.map(|(name, stream)| (name.to_string(), stream.clone()))
                .collect::<Vec<_>>(),
        )
    })?;
    if by_time {
        streams.sort_by_key(|(name, stream)| (stream.last_event, name.clone()));
    } else {
        streams.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    if input.get("descending").and_then(Value::as_bool) == Some(true) {
        streams.reverse();
    }
    let arn = group_arn(&name);
    let entries = streams
        .iter()
        .map(|(stream, facts)| describe_stream(&arn, stream, facts))
        .collect();
    page_of(
        &format!("streams {name} {prefix:?} {by_time}"),
        entries,
        input,
        "logStreams",
    )
}

fn describe_stream(group_arn: &str, name: &str, stream: &LogStream) -> Value {
    let mut value = json!({
        "logStreamName": name,
        "creationTime": stream.created,
        "firstEventTimestamp": stream.first_event,
        "lastEventTimestamp": stream.last_event,
        "lastIngestionTime": stream.last_ingestion,
        "uploadSequenceToken": "49599396607703531511419593985621160512859251095480828066",
        "arn": format!("{group_arn}:log-stream:{name}"),
        "storedBytes": 0,
    });
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

fn create_group(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-/#".contains(letter);
    if name.is_empty() || name.len() > 512 || !name.chars().all(fits) {
        return Err(invalid(
            "1 validation error detected: Value at 'logGroupName' must satisfy the regular expression [\\.\\-_/#A-Za-z0-9]+",
        ));
    }
    let class = text(input, "logGroupClass").unwrap_or("STANDARD");
    if !["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"].contains(&class) {
        return Err(invalid(
            "logGroupClass is one of STANDARD, INFREQUENT_ACCESS, DELIVERY",
        ));
    }
    let now = world.now().as_millisecond();
    // Tags turn a new group into a source of computed events, for benchmarks.
    let generated = input
        .get("tags")
        .and_then(|tags| Generated::from_tags(tags, now));
    world.logs.with(|groups| {
        if groups.contains_key(&name) {
            return Err(ApiError::bad(
                "ResourceAlreadyExistsException",
                "The specified log group already exists",
            ));
        }
        groups.insert(name, LogGroup::new(now, class, generated));
        Ok(OperationReply::Json(json!({})))
    })
}

fn create_stream(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    let stream = text(input, "logStreamName").unwrap_or_default();
    if stream.is_empty() || stream.len() > 512 || stream.contains([':', '*']) {
        return Err(invalid(
            "1 validation error detected: Value at 'logStreamName' must satisfy the regular expression [^:*]*",
        ));
    }
    let now = world.now().as_millisecond();
    world.logs.with(|groups| {
        let group = groups.get_mut(&name).ok_or_else(missing_group)?;
        if group.has_stream(stream) {
            return Err(ApiError::bad(
                "ResourceAlreadyExistsException",
                "The specified log stream already exists",
            ));
        }
        group.streams.insert(
            stream.into(),
            LogStream {
                created: now,
                ..LogStream::default()
            },
        );
        Ok(OperationReply::Json(json!({})))
    })
}

fn put_events(world: &World, input: &Value) -> OperationResult {
    let name = group_name(input)?;
    let stream =
        text(input, "logStreamName").ok_or_else(|| invalid("logStreamName must not be null"))?;
    let events = read_batch(input)?;
    let now = world.now().as_millisecond();
    let rejected = world.logs.with(|groups| {
        let group = groups.get_mut(&name).ok_or_else(missing_group)?;
        if !group.has_stream(stream) {
            return Err(missing_stream(stream));
        }
        Ok(append_batch(group, stream, events, now))
    })?;
    let mut answer =
        json!({"nextSequenceToken": "49599396607703531511419593985621160512859251095480828066"});
    if let (false, Some(members)) = (rejected.is_empty(), answer.as_object_mut()) {
        members.insert("rejectedLogEventsInfo".into(), Value::Object(rejected));
    }
    Ok(OperationReply::Json(answer))
}

/// Appends what is neither too old nor too new; tells where in the batch the rest is.
fn append_batch(
    group: &mut LogGroup,
    stream: &str,
    events: Vec<(i64, String)>,
    now: i64,
) -> Map<String, Value> {
    let expired = group
        .retention_days
        .map_or(i64::MIN, |days| now - days * DAY);
    let (oldest, newest) = (now - 14 * DAY, now + 2 * 3_600_000);
    let mut rejected = Map::new();
    // Batches are in the order of time: ends count the rejected before it, the start is the first one after it.
    for (index, (timestamp, message)) in events.into_iter().enumerate() {
        if timestamp < expired {
            rejected.insert("expiredLogEventEndIndex".into(), (index + 1).into());
        } else if timestamp < oldest {
            rejected.insert("tooOldLogEventEndIndex".into(), (index + 1).into());
        } else if timestamp > newest {
            rejected
                .entry("tooNewLogEventStartIndex")
                .or_insert(index.into());
        } else {
            group.append(stream, timestamp, now, message);
        }
    }
    rejected
}

/// Returns the events of a batch, checked against its limits.
fn read_batch(input: &Value) -> Result<Vec<(i64, String)>, ApiError> {
    let list = input.get("logEvents").and_then(Value::as_array);
    let list = list.filter(|list| !list.is_empty()).ok_or_else(|| {
        invalid("1 validation error detected: Value at 'logEvents' must have at least 1 member")
    })?;
    if list.len() > BATCH_EVENTS {
        return Err(invalid(
            "1 validation error detected: Value at 'logEvents' must have at most 10000 members",
        ));
    }
    let mut events = Vec::with_capacity(list.len());
    let mut bytes = 0;
    for event in list {
        let timestamp = pagination::number(event.get("timestamp"))
            .ok_or_else(|| invalid("timestamp must not be null"))?;
        let message = text(event, "message")
            .filter(|message| !message.is_empty())
            .ok_or_else(|| invalid("message must not be empty"))?;
        bytes += message.len() + 26;
        if events.last().is_some_and(|(before, _)| *before > timestamp) {
            return Err(invalid(
                "Log events in a single PutLogEvents request must be in chronological order.",
            ));
        }
        events.push((timestamp, message.to_owned()));
    }
    if bytes > BATCH_BYTES {
        return Err(invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES}"
        )));
    }
    let ends = events.first().zip(events.last());
    if ends.is_some_and(|((first, _), (last, _))| last - first > DAY) {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(events)
}

fn put_retention(world: &World, input: &Value) -> OperationResult {
    const DAYS: [i64; 23] = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
        2922, 3288, 3653, 0,
    ];
    let name = group_name(input)?;
    let days = pagination::number(input.get("retentionInDays"))
        .filter(|days| *days > 0 && DAYS.contains(days));
    let days =
        days.ok_or_else(|| invalid("retentionInDays is not one of the values that can be set"))?;
    world.logs.with(|groups| {
        groups
            .get_mut(&name)
            .ok_or_else(missing_group)?
            .retention_days = Some(days);
        Ok(OperationReply::Json(json!({})))
    })
}

/// Returns the gateways of the deployments deliver their application logs.
fn describe_delivery_sources(world: &World, input: &Value) -> OperationResult {
    let wanted = names(input.get("resourceArns"));
    let entries = world.deployments.iter().filter_map(|deployment| {
        let id = deployment.gateway_id.as_ref()?;
        let arn = crate::scenarios::agentcore_arn(&format!("gateway/{id}"));
        (wanted.is_empty() || wanted.contains(&arn)).then(|| {
            json!({
                "name": format!("{id}-logs"),
                "arn": format!("arn:aws:logs:{REGION}:{ACCOUNT}:delivery-source:{id}-logs"),
                "resourceArns": [arn],
                "service": "bedrock-agentcore",
                "logType": "APPLICATION_LOGS",
            })
        })
    });
    page_of("sources", entries.collect(), input, "deliverySources")
}

fn deliveries(world: &World) -> Vec<Value> {
    let ids = world
        .deployments
        .iter()
        .filter_map(|deployment| deployment.gateway_id.as_ref());
    ids.map(|id| {
        let delivery = world.seed.mixed(&format!("delivery {id}"), 16);
        json!({
            "id": delivery,
            "arn": format!("arn:aws:logs:{REGION}:{ACCOUNT}:delivery:{delivery}"),
            "deliverySourceName": format!("{id}-logs"),
            "deliveryDestinationArn": group_arn(&gateway_log_group(id)),
            "deliveryDestinationType": "CWL",
        })
    })
    .collect()
}
