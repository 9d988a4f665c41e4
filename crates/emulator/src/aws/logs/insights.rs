//! Logs Insights: StartQuery, GetQueryResults and StopQuery over the useful part of the language, which `query` reads.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::handlers::{invalid, missing_group, name_of_identifier, names, text};
use super::query::{InsightsQuery, QueryProblem, Record};
use super::range::{Range, key};
use super::{StoredEvent, group_arn};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::pagination;
use crate::world::World;

/// How long a query is running before its results are there.
const RUNNING: SignedDuration = SignedDuration::from_millis(400);
/// The most events that a query looks at.
const MOST_EVENTS: usize = 1_000_000;
/// How many events are read at a time.
const STEP: usize = 20_000;
/// Number of results if the query does not say.
const RESULTS: usize = 10_000;
/// Largest number of results of a query.
const MOST_RESULTS: usize = 100_000;

/// All queries that were started.
#[derive(Debug, Default)]
pub(super) struct Queries(Mutex<HashMap<String, RunningQuery>>);

#[derive(Clone, Debug)]
struct RunningQuery {
    started: Timestamp,
    stopped: bool,
    answer: Value,
}

/// StartQuery.
pub(super) fn start(world: &World, input: &Value) -> OperationResult {
    let groups = wanted_groups(input)?;
    let time = |name: &str| {
        pagination::number(input.get(name))
            .filter(|time| *time >= 0)
            .ok_or_else(|| invalid(format!("{name} must not be null")))
    };
    let (from, to) = (time("startTime")?, time("endTime")?);
    if to < from {
        return Err(ApiError::bad(
            "MalformedQueryException",
            "End time should not be before start time",
        ));
    }
    let query_text =
        text(input, "queryString").ok_or_else(|| invalid("queryString must not be null"))?;
    let query = InsightsQuery::parse(query_text).map_err(|problem| malformed(&problem))?;
    let limit = match input.get("limit") {
        None | Some(Value::Null) => RESULTS,
        given => pagination::number(given)
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| (1..=MOST_RESULTS).contains(limit))
            .ok_or_else(|| invalid("limit must be between 1 and 100000"))?,
    };
    // Seconds here, milliseconds in events; the end is included.
    let answer = run(
        world,
        &groups,
        from.saturating_mul(1000),
        to.saturating_mul(1000).saturating_add(999),
        &query,
        limit,
    )?;
    let id = world.seed.next_uuid();
    let running = RunningQuery {
        started: world.now(),
        stopped: false,
        answer,
    };
    world.logs.queries.0.lock().insert(id.clone(), running);
    Ok(OperationReply::Json(json!({"queryId": id})))
}

/// MalformedQueryException with the place in the query, in characters.
fn malformed(problem: &QueryProblem) -> ApiError {
    let mut error = ApiError::bad("MalformedQueryException", &problem.message);
    let location = json!({"startCharOffset": problem.start, "endCharOffset": problem.end});
    error.more.insert(
        "queryCompileError".into(),
        json!({"location": location, "message": problem.message}),
    );
    error
}

fn wanted_groups(input: &Value) -> Result<Vec<String>, ApiError> {
    let mut groups: Vec<String> = text(input, "logGroupName")
        .map(str::to_owned)
        .into_iter()
        .collect();
    groups.extend(names(input.get("logGroupNames")));
    for identifier in names(input.get("logGroupIdentifiers")) {
        groups.push(name_of_identifier(&identifier)?);
    }
    if groups.is_empty() || groups.len() > 50 {
        return Err(invalid("1 to 50 log groups must be given."));
    }
    Ok(groups)
}

fn run(
    world: &World,
    groups: &[String],
    from: i64,
    to: i64,
    query: &InsightsQuery,
    limit: usize,
) -> Result<Value, ApiError> {
    let Scan {
        records,
        scanned,
        bytes,
    } = scan(world, groups, from, to, query)?;
    let matched = records.len();
    let rows: Vec<Value> = query
        .finish(records, limit)
        .into_iter()
        .map(|row| {
            row.into_iter()
                .map(|(field, value)| json!({"field": field, "value": value}))
                .collect()
        })
        .collect();
    Ok(json!({
        "queryLanguage": "CWLI",
        "results": rows,
        "statistics": {
            "recordsMatched": matched as f64, "recordsScanned": scanned as f64, "bytesScanned": bytes as f64,
            "estimatedRecordsSkipped": 0.0, "estimatedBytesSkipped": 0.0, "logGroupsScanned": groups.len() as f64,
        },
        "status": "Complete",
    }))
}

/// What a query looked at.
#[derive(Default)]
struct Scan {
    /// The records that pass the filters.
    records: Vec<Record>,
    scanned: usize,
    bytes: usize,
}

fn scan(
    world: &World,
    groups: &[String],
    from: i64,
    to: i64,
    query: &InsightsQuery,
) -> Result<Scan, ApiError> {
    let now = world.now().as_millisecond();
    let mut scan = Scan::default();
    for name in groups {
        let mut range = Range {
            from,
            to,
            after: None,
            newest_first: true,
            ingested_until: i64::MAX,
        };
        loop {
            let events = world.logs.with(|known| {
                let group = known.get(name).ok_or_else(missing_group)?;
                if group.class == "DELIVERY" {
                    return Err(invalid(format!(
                        "Log group {name} of the Delivery class cannot be queried."
                    )));
                }
                Ok(group.read(&range, STEP, now))
            })?;
            let Some(last) = events.last() else { break };
            range.after = Some((key(last), false));
            for event in &events {
                scan.scanned += 1;
                scan.bytes += event.message.len();
                let record = record(name, event);
                if query.keeps(&record) {
                    scan.records.push(record);
                }
            }
            if scan.scanned >= MOST_EVENTS {
                break;
            }
        }
    }
    Ok(scan)
}

fn record(group: &str, event: &Arc<StoredEvent>) -> Record {
    Record {
        group: group.to_owned(),
        pointer: format!("{}:{}", group_arn(group), super::read::event_id(event)),
        json: serde_json::from_str(&event.message)
            .ok()
            .filter(Value::is_object),
        event: Arc::clone(event),
    }
}

/// GetQueryResults.
pub(super) fn results(world: &World, input: &Value) -> OperationResult {
    let running = find(world, input)?;
    let empty = |status: &str| {
        Ok(OperationReply::Json(
            json!({"queryLanguage": "CWLI", "results": [], "status": status,
            "statistics": {"recordsMatched": 0.0, "recordsScanned": 0.0, "bytesScanned": 0.0}}),
        ))
    };
    if running.stopped {
        return empty("Cancelled");
    }
    if world.now().duration_since(running.started) < RUNNING {
        return empty("Running");
    }
    page(input, running.answer)
}

/// Returns one page of the rows: as many as the request asks for, at most 10,000.
fn page(input: &Value, mut answer: Value) -> OperationResult {
    let size = match input.get("maxItems") {
        None | Some(Value::Null) => RESULTS,
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=RESULTS).contains(size))
            .ok_or_else(|| invalid("maxItems must be between 1 and 10000"))?,
    };
    let Some(members) = answer.as_object_mut() else {
        return Ok(OperationReply::Json(answer));
    };
    let rows = match members.remove("results") {
        Some(Value::Array(rows)) => rows,
        _ => Vec::new(),
    };
    let list = format!("results {}", text(input, "queryId").unwrap_or_default());
    let page = pagination::cut(&list, rows, size, text(input, "nextToken"))
        .map_err(|_| invalid("The specified nextToken is invalid."))?;
    members.insert("results".into(), Value::Array(page.entries));
    if let Some(next) = page.next {
        members.insert("nextToken".into(), next.into());
    }
    Ok(OperationReply::Json(answer))
}

fn find(world: &World, input: &Value) -> Result<RunningQuery, ApiError> {
    let id = text(input, "queryId").ok_or_else(|| invalid("queryId must not be null"))?;
    let found = world.logs.queries.0.lock().get(id).cloned();
    found.ok_or_else(|| {
        ApiError::bad(
            "ResourceNotFoundException",
            format!("Query {id} does not exist"),
        )
    })
}

/// StopQuery.
pub(super) fn stop(world: &World, input: &Value) -> OperationResult {
    let running = find(world, input)?;
    if running.stopped || world.now().duration_since(running.started) >= RUNNING {
        return Err(invalid("The query has ended already."));
    }
    let id = text(input, "queryId").unwrap_or_default();
    if let Some(known) = world.logs.queries.0.lock().get_mut(id) {
        known.stopped = true;
    }
    Ok(OperationReply::Json(json!({"success": true})))
}
