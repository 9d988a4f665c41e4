//! CloudWatch metrics of gateways and runtimes: how often they were called within the last hour, and how it went.
//!
//! Spoken as JSON 1.0, which CloudWatch takes beside CBOR and query. One GetMetricData serves all resources of an account and
//! region; which series exist is asked first (their sets of dimensions vary) and remembered.

mod points;
mod query;
mod series;

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::{AwsClient, account::Account, failure::AwsOperation, signed::SignedRequest};
use crate::model::{Deployment, Failure, Moment, ResourceKey, Traffic};
use points::{DataPoint, HOUR, beginning, fold, read_points};
use query::{MetricQuery, plan};
use series::{KnownSeries, Series, read_series};

const NAMESPACE: &str = "AWS/Bedrock-AgentCore";
/// How long it is remembered which series exist.
const FRESH: Duration = Duration::from_mins(15);
/// Pages that are followed at most: of 500 series, of 100,800 data points.
const PAGES: usize = 20;

/// Which series an account and region has, and for which resources that was asked.
pub(crate) type Known = tokio::sync::Mutex<Option<(Instant, Vec<ResourceKey>, KnownSeries)>>;

/// Counts of calls, errors and latencies that CloudWatch keeps of gateways and runtimes.
#[derive(Clone)]
pub struct TrafficMetrics {
    client: AwsClient,
}

impl TrafficMetrics {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// Returns the calls of the last hour at gateways and runtimes that share the deployment's account and region. A resource that
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

    /// Returns the series of the namespace that were alive lately.
    async fn series(
        &self,
        account: &Account,
        resources: &[ResourceKey],
    ) -> Result<KnownSeries, Failure> {
        let mut known = account.series.lock().await;
        if let Some((_, _, series)) = known
            .as_ref()
            .filter(|(at, of, _)| at.elapsed() < FRESH && of == resources)
        {
            return Ok(series.clone());
        }
        // The other metrics of calls have the dimensions of the invocations.
        let series = KnownSeries {
            calls: self.list_series(account, "Invocations").await?,
            decisions: self.list_series(account, "DenyDecisions").await?,
        };
        *known = Some((Instant::now(), resources.to_vec(), series.clone()));
        Ok(series)
    }

    /// Returns the series of one metric that were alive lately.
    async fn list_series(&self, account: &Account, metric: &str) -> Result<Vec<Series>, Failure> {
        let mut series = Vec::new();
        let mut next = Value::Null;
        for _ in 0..PAGES {
            let mut input =
                json!({"Namespace": NAMESPACE, "MetricName": metric, "RecentlyActive": "PT3H"});
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
        Ok(series)
    }

    /// Returns the points of each query.
    async fn points(
        &self,
        account: &Account,
        queries: &[MetricQuery<'_>],
        from: i64,
    ) -> Result<Vec<Vec<DataPoint>>, Failure> {
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
                AwsOperation {
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
