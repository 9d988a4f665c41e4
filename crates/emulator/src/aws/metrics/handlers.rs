//! CloudWatch metrics: what the gateways and runtimes count, read off their log groups, in the three protocols that clients
//! speak (CBOR, JSON 1.0, query).

use serde_json::{Map, Value, json};

use crate::aws::control::PolicyAttachment;
use crate::aws::logs::Observed;
use crate::cbor::TIME;
use crate::operation::{ApiError, OperationReply, Protocol};
use crate::pagination;
use crate::scenarios::{gateway_log_group, runtime_log_group};
use crate::service::Operation;
use crate::world::World;
use crate::xml;

const NAMESPACE: &str = "AWS/Bedrock-AgentCore";
/// How many metrics a page has.
const PAGE: usize = 20;
const GATEWAY_METRICS: [&str; 5] = [
    "Invocations",
    "SystemErrors",
    "UserErrors",
    "Throttles",
    "Latency",
];
const RUNTIME_METRICS: [&str; 5] = [
    "Invocations",
    "SystemErrors",
    "UserErrors",
    "Throttles",
    "Latency",
];

/// One metric: its name, its dimensions, and the log group that it is read from.
struct StoredMetric {
    name: &'static str,
    dimensions: Vec<(&'static str, String)>,
    group: String,
}

/// The operations of `monitoring`.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::read("ListMetrics", |world, call| {
        list(world, call.input()).map(|answer| in_protocol(answer, call.protocol))
    })
    .unrecorded(),
    Operation::read("GetMetricData", |world, call| {
        data(world, call.input()).map(|answer| in_protocol(answer, call.protocol))
    })
    .unrecorded(),
];

fn in_protocol(answer: Value, protocol: Protocol) -> OperationReply {
    match protocol {
        Protocol::Query(_) => OperationReply::Xml(xml::inside(&answer)),
        Protocol::Cbor => OperationReply::Json(answer),
        Protocol::AwsJson(_) | Protocol::RestJson => OperationReply::Json(with_plain_times(answer)),
    }
}

/// JSON writes times as numbers.
fn with_plain_times(value: Value) -> Value {
    match value {
        Value::Array(entries) => entries.into_iter().map(with_plain_times).collect(),
        Value::Object(mut members) => match (members.len(), members.remove(TIME)) {
            (1, Some(seconds)) => seconds,
            _ => members
                .into_iter()
                .map(|(name, member)| (name, with_plain_times(member)))
                .collect(),
        },
        other => other,
    }
}

fn metrics(world: &World) -> Vec<StoredMetric> {
    let mut metrics = Vec::new();
    let (gateways, runtimes) = world.control.with(|state| {
        let gateways: Vec<_> = state
            .gateways
            .iter()
            .map(|gateway| {
                (
                    gateway.id.clone(),
                    gateway.arn.clone(),
                    gateway.policy.clone(),
                )
            })
            .collect();
        let named = |runtime: &crate::aws::control::Runtime| {
            (
                runtime.id.clone(),
                runtime.arn.clone(),
                runtime.name.clone(),
            )
        };
        (
            gateways,
            state.runtimes.iter().map(named).collect::<Vec<_>>(),
        )
    });
    for (id, arn, policy) in gateways {
        metrics.extend(policy.map(|policy| denials(&id, &policy)));
        for name in GATEWAY_METRICS {
            let dimensions = vec![
                ("Operation", "InvokeGateway".into()),
                ("Protocol", "MCP".into()),
                ("Resource", arn.clone()),
            ];
            metrics.push(StoredMetric {
                name,
                dimensions,
                group: gateway_log_group(&id),
            });
        }
    }
    for (id, arn, name_of_runtime) in runtimes {
        for name in RUNTIME_METRICS {
            let dimensions = vec![
                ("Operation", "InvokeAgentRuntime".into()),
                ("Resource", arn.clone()),
                ("Name", format!("{name_of_runtime}::DEFAULT")),
            ];
            metrics.push(StoredMetric {
                name,
                dimensions,
                group: runtime_log_group(&id, "DEFAULT"),
            });
        }
    }
    metrics
}

/// Returns how many tool calls the policy engine of a gateway denied.
fn denials(gateway: &str, policy: &PolicyAttachment) -> StoredMetric {
    StoredMetric {
        name: "DenyDecisions",
        dimensions: vec![
            ("Mode", policy.mode.into()),
            ("OperationName", "AuthorizeAction".into()),
            ("PolicyEngine", policy.engine_id.clone()),
            ("TargetResource", gateway.to_owned()),
        ],
        group: gateway_log_group(gateway),
    }
}

impl StoredMetric {
    fn described(&self) -> Value {
        let dimensions: Vec<Value> = self
            .dimensions
            .iter()
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect();
        json!({"Namespace": NAMESPACE, "MetricName": self.name, "Dimensions": dimensions})
    }

    /// Returns whether it has each dimension asked for; one without a value matches any.
    fn has(&self, wanted: &[(String, Option<String>)]) -> bool {
        wanted.iter().all(|(name, value)| {
            self.dimensions
                .iter()
                .any(|(known, is)| known == name && value.as_ref().is_none_or(|value| value == is))
        })
    }
}

fn dimensions(value: Option<&Value>) -> Vec<(String, Option<String>)> {
    let list = value.and_then(Value::as_array);
    let read = |dimension: &Value| {
        let value = dimension
            .get("Value")
            .and_then(Value::as_str)
            .map(str::to_owned);
        Some((dimension.get("Name")?.as_str()?.to_owned(), value))
    };
    list.into_iter().flatten().filter_map(read).collect()
}

fn list(world: &World, input: &Value) -> Result<Value, ApiError> {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let wanted = dimensions(input.get("Dimensions"));
    let found: Vec<Value> = metrics(world)
        .iter()
        .filter(|_| text("Namespace").is_none_or(|namespace| namespace == NAMESPACE))
        .filter(|metric| text("MetricName").is_none_or(|name| name == metric.name))
        .filter(|metric| metric.has(&wanted))
        .map(StoredMetric::described)
        .collect();
    let page = pagination::cut("ListMetrics", found, PAGE, text("NextToken")).map_err(|_| {
        ApiError::bad(
            "InvalidParameterValue",
            "The value for parameter NextToken is invalid.",
        )
    })?;
    let mut answer = Map::new();
    answer.insert("Metrics".into(), Value::Array(page.entries));
    if let Some(next) = page.next {
        answer.insert("NextToken".into(), next.into());
    }
    Ok(Value::Object(answer))
}

/// Seconds since 1970, as a number or as ISO 8601.
fn seconds(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_f64().map(|seconds| seconds as i64),
        Value::String(text) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_second),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn data(world: &World, input: &Value) -> Result<Value, ApiError> {
    let missing = |name: &str| {
        ApiError::bad(
            "MissingParameter",
            format!("The request must contain the parameter {name}"),
        )
    };
    let from = seconds(input.get("StartTime")).ok_or_else(|| missing("StartTime"))?;
    let to = seconds(input.get("EndTime")).ok_or_else(|| missing("EndTime"))?;
    if to <= from {
        let text = "The parameter EndTime must be greater than StartTime.";
        return Err(ApiError::bad("ValidationError", text));
    }
    let queries = input
        .get("MetricDataQueries")
        .and_then(Value::as_array)
        .ok_or_else(|| missing("MetricDataQueries"))?;
    let ascending = input.get("ScanBy").and_then(Value::as_str) == Some("TimestampAscending");
    let known = metrics(world);
    // Many series are read off the same group: its records are read once.
    let mut seen = RecordsByGroup::new();
    let mut results = Vec::new();
    for query in queries {
        let id = query
            .get("Id")
            .and_then(Value::as_str)
            .ok_or_else(|| missing("Id"))?;
        let Some(stat) = query.get("MetricStat") else {
            return Err(ApiError::bad(
                "ValidationError",
                "Metric math is not served by the embedded stack",
            ));
        };
        let (times, values) = series(world, &mut seen, &known, stat, (from, to), ascending)?;
        let name = stat
            .pointer("/Metric/MetricName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        results.push(json!({
            "Id": id,
            "Label": query.get("Label").and_then(Value::as_str).unwrap_or(name),
            "Timestamps": times.iter().map(|time| json!({TIME: time})).collect::<Vec<_>>(),
            "Values": values,
            "StatusCode": "Complete",
        }));
    }
    Ok(json!({"MetricDataResults": results, "Messages": []}))
}

type MetricSeries = (Vec<i64>, Vec<f64>);

/// What the log groups tell of calls, by group.
type RecordsByGroup = std::collections::HashMap<String, Vec<Observed>>;

fn series(
    world: &World,
    seen: &mut RecordsByGroup,
    known: &[StoredMetric],
    stat: &Value,
    (from, to): (i64, i64),
    ascending: bool,
) -> Result<MetricSeries, ApiError> {
    let metric = stat.get("Metric").unwrap_or(&Value::Null);
    let name = metric
        .get("MetricName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let statistic = stat
        .get("Stat")
        .and_then(Value::as_str)
        .unwrap_or("Average");
    let period =
        pagination::number(stat.get("Period")).filter(|period| *period >= 60 && period % 60 == 0);
    let period = period.ok_or_else(|| {
        ApiError::bad(
            "ValidationError",
            "The value for parameter Period is not valid: it is a multiple of 60.",
        )
    })?;
    // A metric is its whole set of dimensions; without all of them there are no data.
    let wanted = dimensions(metric.get("Dimensions"));
    let found = known.iter().find(|known| {
        known.name == name && known.dimensions.len() == wanted.len() && known.has(&wanted)
    });
    let Some(found) =
        found.filter(|_| metric.get("Namespace").and_then(Value::as_str) == Some(NAMESPACE))
    else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut buckets: std::collections::BTreeMap<i64, Vec<f64>> = std::collections::BTreeMap::new();
    let records = seen
        .entry(found.group.clone())
        .or_insert_with(|| world.logs.observe(&found.group, from * 1000, to * 1000 - 1));
    for observed in records.iter().copied() {
        let Some(value) = value_of(found.name, observed) else {
            continue;
        };
        buckets
            .entry((observed.timestamp / 1000).div_euclid(period) * period)
            .or_default()
            .push(value);
    }
    let mut points: Vec<(i64, f64)> = buckets
        .into_iter()
        .map(|(time, values)| (time, reduce(&values, statistic)))
        .collect();
    if !ascending {
        points.reverse();
    }
    Ok(points.into_iter().unzip())
}

/// Returns the value that a record gives to a metric; `None` if it says nothing of it.
fn value_of(metric: &str, observed: Observed) -> Option<f64> {
    let is_call = observed.invocations > 0;
    match metric {
        "Invocations" => is_call.then(|| f64::from(observed.invocations)),
        "SystemErrors" => {
            (observed.invocations + observed.errors > 0).then(|| f64::from(observed.errors))
        }
        "UserErrors" | "Throttles" => is_call.then_some(0.0),
        "DenyDecisions" => {
            (observed.invocations + observed.denied > 0).then(|| f64::from(observed.denied))
        }
        "Latency" => observed.latency,
        _ => None,
    }
}

fn reduce(values: &[f64], statistic: &str) -> f64 {
    let sum: f64 = values.iter().sum();
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match statistic {
        "Sum" => sum,
        "SampleCount" => values.len() as f64,
        "Minimum" => sorted.first().copied().unwrap_or_default(),
        "Maximum" => sorted.last().copied().unwrap_or_default(),
        percentile if percentile.starts_with('p') => {
            let rank = percentile
                .trim_start_matches('p')
                .parse::<f64>()
                .unwrap_or(50.0)
                / 100.0;
            let place = (rank * (sorted.len().saturating_sub(1)) as f64).round() as usize;
            sorted.get(place).copied().unwrap_or_default()
        }
        _ => sum / values.len().max(1) as f64,
    }
}
