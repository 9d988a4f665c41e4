//! CloudWatch metrics of gateways and runtimes: how often they were called within the last hour, and how it went.
//!
//! Spoken as JSON 1.0, which CloudWatch takes beside CBOR and query. One GetMetricData serves all resources of an account and
//! region; which series exist is asked first (their sets of dimensions vary) and remembered.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::AwsClient;
use crate::model::{Deployment, Failure, Kind, Moment, ResourceKey, Traffic};

use super::{account::Account, failure::Doing, names, signed::SignedRequest};

const NAMESPACE: &str = "AWS/Bedrock-AgentCore";
/// How long it is remembered which series exist.
const FRESH: Duration = Duration::from_mins(15);
/// Series that GetMetricData takes in one request.
const QUERIES: usize = 500;
/// Pages that are followed at most: of 500 series, of 100,800 data points.
const PAGES: usize = 20;
/// Percentiles are asked for the hour as a whole, in seconds.
const HOUR: i64 = 3600;

/// Which series an account and region has, and for which resources that was asked.
pub(crate) type Known = tokio::sync::Mutex<Option<(Instant, Vec<ResourceKey>, Vec<Series>)>>;

/// A series of any metric: its whole set of dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series(Vec<(String, String)>);

/// What is asked of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Metric {
    Calls,
    SystemErrors,
    UserErrors,
    Throttles,
    P50,
    P95,
    /// The same for each step.
    P95Steps,
}

impl Metric {
    const COUNTS: [Self; 4] = [
        Self::Calls,
        Self::SystemErrors,
        Self::UserErrors,
        Self::Throttles,
    ];
    const PERCENTILES: [Self; 3] = [Self::P50, Self::P95, Self::P95Steps];

    /// Its name, its statistic and its period in seconds.
    const fn spelled(self) -> (&'static str, &'static str, i64) {
        match self {
            Self::Calls => ("Invocations", "Sum", Traffic::STEP_MS / 1000),
            Self::SystemErrors => ("SystemErrors", "Sum", Traffic::STEP_MS / 1000),
            Self::UserErrors => ("UserErrors", "Sum", Traffic::STEP_MS / 1000),
            Self::Throttles => ("Throttles", "Sum", Traffic::STEP_MS / 1000),
            Self::P50 => ("Latency", "p50", HOUR),
            Self::P95 => ("Latency", "p95", HOUR),
            Self::P95Steps => ("Latency", "p95", Traffic::STEP_MS / 1000),
        }
    }
}

/// One query: a metric of a series, for the resource of that number.
struct MetricQuery<'a> {
    resource: usize,
    metric: Metric,
    series: &'a Series,
}

/// A value and the second at which its period begins.
type Point = (i64, f64);

/// Counts of calls, errors and latencies that CloudWatch keeps of gateways and runtimes.
#[derive(Clone)]
pub struct TrafficMetrics {
    client: AwsClient,
}

impl TrafficMetrics {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// The calls of the last hour at gateways and runtimes that share the deployment's account and region. A resource that
    /// CloudWatch knows nothing of was not called; one beyond what a single request can ask for is left out.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::Denied`] without `cloudwatch:ListMetrics` and `cloudwatch:GetMetricData`.
    pub async fn traffic(
        &self,
        deployment: &Deployment,
        resources: &[ResourceKey],
    ) -> Result<Vec<(ResourceKey, Traffic)>, Failure> {
        let account = self.client.account(deployment).await?;
        let series = self.series(&account, resources).await?;
        let (asked, queries) = plan(resources, &series);
        let now = account
            .signing_time()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now = Moment::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let from = beginning(now);
        let points = if queries.is_empty() {
            Vec::new()
        } else {
            self.points(&account, &queries, from).await?
        };
        Ok(asked
            .into_iter()
            .filter_map(|at| {
                Some((
                    resources.get(at)?.clone(),
                    fold(at, &queries, &points, from, now),
                ))
            })
            .collect())
    }

    /// The series of the namespace that were alive lately.
    async fn series(
        &self,
        account: &Account,
        resources: &[ResourceKey],
    ) -> Result<Vec<Series>, Failure> {
        let mut known = account.series.lock().await;
        if let Some((_, _, series)) = known
            .as_ref()
            .filter(|(at, of, _)| at.elapsed() < FRESH && of == resources)
        {
            return Ok(series.clone());
        }
        let mut series = Vec::new();
        let mut next = Value::Null;
        for _ in 0..PAGES {
            // The other metrics have the dimensions of the invocations.
            let mut input = json!({"Namespace": NAMESPACE, "MetricName": "Invocations", "RecentlyActive": "PT3H"});
            if let (Some(input), true) = (input.as_object_mut(), next.is_string()) {
                input.insert("NextToken".into(), next);
            }
            let mut answer = self.cloudwatch(account, "ListMetrics", &input).await?;
            series.extend(
                answer
                    .get("Metrics")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .map(read_series),
            );
            next = answer
                .get_mut("NextToken")
                .map(Value::take)
                .unwrap_or_default();
            if !next.is_string() {
                break;
            }
        }
        *known = Some((Instant::now(), resources.to_vec(), series.clone()));
        Ok(series)
    }

    /// The points of each query.
    async fn points(
        &self,
        account: &Account,
        queries: &[MetricQuery<'_>],
        from: i64,
    ) -> Result<Vec<Vec<Point>>, Failure> {
        let described: Vec<Value> = queries
            .iter()
            .enumerate()
            .map(|(number, query)| query.described(number))
            .collect();
        let mut input = json!({
            "StartTime": from,
            "EndTime": from + HOUR,
            "ScanBy": "TimestampAscending",
            "MetricDataQueries": described,
        });
        let mut points = vec![Vec::new(); queries.len()];
        for _ in 0..PAGES {
            let mut answer = self.cloudwatch(account, "GetMetricData", &input).await?;
            for result in answer
                .get("MetricDataResults")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let number = result
                    .get("Id")
                    .and_then(Value::as_str)
                    .and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
                if let Some(points) = number.and_then(|number| points.get_mut(number)) {
                    points.extend(read_points(result));
                }
            }
            let next = answer
                .get_mut("NextToken")
                .map(Value::take)
                .unwrap_or_default();
            match input.as_object_mut() {
                Some(input) if next.is_string() => input.insert("NextToken".into(), next),
                _ => break,
            };
        }
        Ok(points)
    }

    async fn cloudwatch(
        &self,
        account: &Account,
        operation: &str,
        input: &Value,
    ) -> Result<Value, Failure> {
        let text = format!("counting calls in {}", account.region);
        let action = format!("cloudwatch:{operation}");
        let target = format!("GraniteServiceVersion20100801.{operation}");
        let request = SignedRequest {
            method: http::Method::POST,
            service: Some("monitoring"),
            url: format!("{}/", account.address("monitoring")),
            headers: vec![
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", &target),
            ],
            body: input.to_string().into_bytes(),
        };
        self.client
            .send_signed(
                account,
                Doing {
                    text: &text,
                    action: &action,
                    account: account.label(),
                },
                &request,
            )
            .await?
            .json(&text)
    }
}

impl MetricQuery<'_> {
    fn described(&self, number: usize) -> Value {
        let (name, stat, period) = self.metric.spelled();
        let dimensions: Vec<Value> = self
            .series
            .0
            .iter()
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect();
        json!({
            "Id": format!("q{number}"),
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions},
                "Period": period,
                "Stat": stat,
            },
        })
    }
}

impl Series {
    fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn counts(&self, resource: &ResourceKey) -> bool {
        let word = match resource.kind {
            Kind::Gateway => "gateway",
            Kind::Runtime => "runtime",
            Kind::Target
            | Kind::Endpoint
            | Kind::Secret
            | Kind::Provider
            | Kind::WorkloadIdentity
            | Kind::PolicyEngine
            | Kind::Policy
            | Kind::RateLimit
            | Kind::Version => return false,
        };
        let id = self
            .value("Resource")
            .and_then(|arn| names::arn_tail(arn, word));
        id.as_deref() == Some(resource.own_id())
    }
}

fn read_series(metric: &Value) -> Series {
    let text = |dimension: &Value, name: &str| {
        dimension
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let dimensions = metric
        .get("Dimensions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut read: Vec<(String, String)> = dimensions
        .filter_map(|each| Some((text(each, "Name")?, text(each, "Value")?)))
        .collect();
    read.sort();
    Series(read)
}

fn read_points(result: &Value) -> Vec<Point> {
    let list = |name: &str| {
        result
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
    };
    list("Timestamps")
        .map(|seconds| seconds as i64)
        .zip(list("Values"))
        .collect()
}

/// The second at which the hour begins whose last step is not over yet.
fn beginning(now: Moment) -> i64 {
    let step = Traffic::STEP_MS;
    ((now.millis().div_euclid(step) + 1) * step) / 1000 - HOUR
}

/// Which resources are asked about, and what is asked: counts first, percentiles as far as there is room.
fn plan<'a>(resources: &[ResourceKey], series: &'a [Series]) -> (Vec<usize>, Vec<MetricQuery<'a>>) {
    let (mut asked, mut queries) = (Vec::new(), Vec::new());
    let found: Vec<Vec<&Series>> = resources
        .iter()
        .map(|resource| coarsest(resource, series))
        .collect();
    for (resource, series) in found.iter().enumerate() {
        if add(&mut queries, resource, series, &Metric::COUNTS) {
            asked.push(resource);
        }
    }
    for resource in &asked {
        if let Some(series) = found.get(*resource) {
            add(&mut queries, *resource, series, &Metric::PERCENTILES);
        }
    }
    (asked, queries)
}

/// Asks all of it or, where there is no room for that, nothing.
fn add<'a>(
    queries: &mut Vec<MetricQuery<'a>>,
    resource: usize,
    series: &[&'a Series],
    metrics: &[Metric],
) -> bool {
    if queries.len() + series.len() * metrics.len() > QUERIES {
        return false;
    }
    for metric in metrics {
        queries.extend(series.iter().copied().map(|series| MetricQuery {
            resource,
            metric: *metric,
            series,
        }));
    }
    true
}

/// The series that count every call of the resource once: those with the fewest dimensions, among those of invocations.
/// (CloudWatch keeps a gateway's calls as a whole, and again by method and by tool; a runtime's by endpoint.)
fn coarsest<'a>(resource: &ResourceKey, series: &'a [Series]) -> Vec<&'a Series> {
    let mut own: Vec<&Series> = series.iter().filter(|each| each.counts(resource)).collect();
    let invokes = |each: &Series| {
        each.value("Operation")
            .is_some_and(|operation| operation.starts_with("Invoke"))
    };
    if own.iter().any(|each| invokes(each)) {
        own.retain(|each| invokes(each));
    }
    let Some(names) = own
        .iter()
        .map(|each| each.names())
        .min_by_key(|names| (names.len(), names.join(" ")))
    else {
        return own;
    };
    own.retain(|each| each.names() == names);
    own
}

/// What the points of a resource's queries amount to.
fn fold(
    resource: usize,
    queries: &[MetricQuery<'_>],
    points: &[Vec<Point>],
    from: i64,
    now: Moment,
) -> Traffic {
    let mut traffic = Traffic::none(now);
    let of = |metric: Metric| {
        let own = queries
            .iter()
            .zip(points)
            .filter(move |(query, _)| query.resource == resource && query.metric == metric);
        own.flat_map(|(_, points)| points.iter().copied())
    };
    let sum = |metric: Metric| {
        of(metric)
            .map(|(_, value)| value.max(0.0).round() as u64)
            .sum::<u64>()
    };
    let step_of = |at: i64| usize::try_from((at - from).div_euclid(Traffic::STEP_MS / 1000)).ok();
    let add = |steps: &mut Vec<u64>, (at, value): Point| {
        if let Some(count) = step_of(at).and_then(|step| steps.get_mut(step)) {
            *count += value.max(0.0).round() as u64;
        }
    };
    of(Metric::Calls).for_each(|point| add(&mut traffic.calls, point));
    of(Metric::SystemErrors)
        .chain(of(Metric::UserErrors))
        .for_each(|point| add(&mut traffic.error_steps, point));
    for (at, value) in of(Metric::P95Steps) {
        if let Some(p95) = step_of(at).and_then(|step| traffic.p95_steps.get_mut(step)) {
            *p95 = Some(p95.unwrap_or_default().max(value));
        }
    }
    traffic.errors = sum(Metric::SystemErrors) + sum(Metric::UserErrors);
    let steps = i64::try_from(Traffic::STEPS - Traffic::RECENT_STEPS).unwrap_or_default();
    let recent = from + steps * Traffic::STEP_MS / 1000;
    let errors = of(Metric::SystemErrors).chain(of(Metric::UserErrors));
    traffic.recent_errors = errors
        .filter(|(at, _)| *at >= recent)
        .map(|(_, value)| value.max(0.0).round() as u64)
        .sum();
    traffic.throttled = sum(Metric::Throttles);
    traffic.p50_ms = weighted(of(Metric::P50), &traffic.calls, from);
    traffic.p95_ms = weighted(of(Metric::P95), &traffic.calls, from);
    traffic
}

/// One percentile out of those of several periods or series: each weighs as much as was called in its period. (CloudWatch may cut
/// the hour at the full hour.)
fn weighted(points: impl Iterator<Item = Point>, calls: &[u64], from: i64) -> Option<f64> {
    let step = Traffic::STEP_MS / 1000;
    let (mut sum, mut weights) = (0.0, 0.0);
    for (at, value) in points {
        let within = (from..)
            .step_by(usize::try_from(step).unwrap_or(300))
            .zip(calls);
        let called: u64 = within
            .filter(|(begins, _)| (at..at + HOUR).contains(begins))
            .map(|(_, calls)| calls)
            .sum();
        let weight = called.max(1) as f64;
        sum += value * weight;
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(dimensions: &[(&str, &str)]) -> Series {
        Series(
            dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn key(kind: Kind, id: &str) -> ResourceKey {
        ResourceKey {
            deployment: "d".into(),
            kind,
            id: id.into(),
        }
    }

    const GATEWAY: (&str, &str) = (
        "Resource",
        "arn:aws:bedrock-agentcore:us-west-2:1:gateway/gw-1",
    );

    #[test]
    fn every_call_is_counted_once_whatever_sets_of_dimensions_exist() {
        let whole = series(&[("Operation", "InvokeGateway"), ("Protocol", "MCP"), GATEWAY]);
        let listed = series(&[
            ("Method", "tools/list"),
            ("Operation", "InvokeGateway"),
            ("Protocol", "MCP"),
            GATEWAY,
        ]);
        let called = series(&[
            ("Method", "tools/call"),
            ("Operation", "InvokeGateway"),
            ("Protocol", "MCP"),
            GATEWAY,
        ]);
        let other = series(&[
            ("Operation", "InvokeGateway"),
            ("Protocol", "MCP"),
            ("Resource", "arn:aws:x:y:1:gateway/gw-2"),
        ]);
        let stopped = series(&[("Operation", "SearchGateway"), GATEWAY]);
        let all = [
            listed.clone(),
            other.clone(),
            stopped,
            called.clone(),
            whole.clone(),
        ];
        assert_eq!(coarsest(&key(Kind::Gateway, "gw-1"), &all), [&whole]);
        assert_eq!(
            coarsest(
                &key(Kind::Gateway, "gw-1"),
                &[called.clone(), other, listed.clone()]
            ),
            [&called, &listed]
        );
        assert!(coarsest(&key(Kind::Runtime, "gw-1"), &all).is_empty());
    }

    #[test]
    fn a_request_asks_whole_resources_and_percentiles_last() {
        let arn =
            |number: usize| format!("arn:aws:bedrock-agentcore:us-west-2:1:gateway/gw-{number}");
        let all: Vec<Series> = (0..200)
            .map(|each| series(&[("Operation", "InvokeGateway"), ("Resource", &arn(each))]))
            .collect();
        let keys: Vec<ResourceKey> = (0..200)
            .map(|each| key(Kind::Gateway, &format!("gw-{each}")))
            .collect();
        let (asked, queries) = plan(&keys, &all);
        assert_eq!((asked.len(), queries.len()), (125, 500));
        assert!(
            queries
                .iter()
                .all(|query| Metric::COUNTS.contains(&query.metric))
        );
        let (asked, queries) = plan(&keys[..20], &all);
        assert_eq!((asked.len(), queries.len()), (20, 140));
    }

    #[test]
    fn points_become_steps_sums_and_one_latency() {
        let whole = series(&[("Operation", "InvokeGateway"), GATEWAY]);
        let keys = [key(Kind::Gateway, "gw-1"), key(Kind::Gateway, "gw-quiet")];
        let now = Moment::from_millis(1_795_269_720_000);
        let from = beginning(now);
        assert_eq!((from % 300, from + HOUR - now.millis() / 1000), (0, 180));
        let known = [whole];
        let (asked, queries) = plan(&keys, &known);
        assert_eq!(asked, [0, 1]);
        // Counts in the first and the last step, and a latency of either part of an hour that was cut.
        let points: Vec<Vec<Point>> = queries
            .iter()
            .map(|query| match query.metric {
                Metric::Calls => vec![(from, 30.0), (from + 3300, 10.0), (from + 9999, 5.0)],
                Metric::SystemErrors => vec![(from, 2.0)],
                Metric::UserErrors => vec![(from + 300, 1.0)],
                Metric::Throttles => Vec::new(),
                Metric::P50 | Metric::P95 => vec![(from - 1800, 100.0), (from + 1800, 500.0)],
                Metric::P95Steps => vec![(from + 3300, 70.0)],
            })
            .collect();
        let traffic = fold(0, &queries, &points, from, now);
        assert_eq!(
            (
                traffic.calls[0],
                traffic.calls[11],
                traffic.total(),
                traffic.errors
            ),
            (30, 10, 40, 3)
        );
        assert_eq!(traffic.p50_ms, Some(200.0));
        assert_eq!(fold(1, &queries, &points, from, now), Traffic::none(now));
    }
}
