//! The queries of one `GetMetricData`: which metrics are asked of which series.

use serde_json::{Value, json};

use super::{
    NAMESPACE,
    points::HOUR,
    series::{KnownSeries, Series, coarsest, decisions},
};
use crate::model::{ResourceKey, Traffic};

/// Series that GetMetricData takes in one request.
const QUERIES: usize = 500;

/// Calls and errors are asked for by the minute, in seconds: a failure that began just now must not drown in the calls of a whole
/// step that went through.
const MINUTE: i64 = 60;

/// What is asked of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    Calls,
    SystemErrors,
    UserErrors,
    Throttles,
    Denials,
    P50,
    P95,
    /// The same for each step.
    P95Steps,
}

impl Metric {
    pub(super) const COUNTS: [Self; 4] = [
        Self::Calls,
        Self::SystemErrors,
        Self::UserErrors,
        Self::Throttles,
    ];
    const PERCENTILES: [Self; 3] = [Self::P50, Self::P95, Self::P95Steps];

    /// Its name, its statistic and its period in seconds.
    const fn spelled(self) -> (&'static str, &'static str, i64) {
        match self {
            Self::Calls => ("Invocations", "Sum", MINUTE),
            Self::SystemErrors => ("SystemErrors", "Sum", MINUTE),
            Self::UserErrors => ("UserErrors", "Sum", MINUTE),
            Self::Throttles => ("Throttles", "Sum", Traffic::STEP_MS / 1000),
            Self::Denials => ("DenyDecisions", "Sum", Traffic::STEP_MS / 1000),
            Self::P50 => ("Latency", "p50", HOUR),
            Self::P95 => ("Latency", "p95", HOUR),
            Self::P95Steps => ("Latency", "p95", Traffic::STEP_MS / 1000),
        }
    }
}

/// One query: a metric of a series, for the resource of that number.
pub(super) struct MetricQuery<'a> {
    pub(super) resource: usize,
    pub(super) metric: Metric,
    pub(super) series: &'a Series,
}

impl MetricQuery<'_> {
    pub(super) fn described(&self, number: usize) -> Value {
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

/// Which resources are asked about, and what is asked: counts first, percentiles and decisions of policies as far as there is room.
pub(super) fn plan<'a>(
    resources: &[ResourceKey],
    series: &'a KnownSeries,
) -> (Vec<usize>, Vec<MetricQuery<'a>>) {
    let (mut asked, mut queries) = (Vec::new(), Vec::new());
    let found: Vec<Vec<&Series>> = resources
        .iter()
        .map(|resource| coarsest(resource, &series.calls))
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
    for resource in &asked {
        if let Some(key) = resources.get(*resource) {
            let decisions = decisions(key, &series.decisions);
            add(&mut queries, *resource, &decisions, &[Metric::Denials]);
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

#[cfg(test)]
mod tests {
    use super::{
        super::series::tests::{key, series},
        *,
    };
    use crate::model::Kind;

    #[test]
    fn a_request_asks_whole_resources_and_percentiles_last() {
        let arn =
            |number: usize| format!("arn:aws:bedrock-agentcore:us-west-2:1:gateway/gw-{number}");
        let all: Vec<Series> = (0..200)
            .map(|number| series(&[("Operation", "InvokeGateway"), ("Resource", &arn(number))]))
            .collect();
        let known = KnownSeries {
            calls: all,
            decisions: Vec::new(),
        };
        let keys: Vec<ResourceKey> = (0..200)
            .map(|number| key(Kind::Gateway, &format!("gw-{number}")))
            .collect();
        let (asked, queries) = plan(&keys, &known);
        assert_eq!((asked.len(), queries.len()), (125, 500));
        assert!(
            queries
                .iter()
                .all(|query| Metric::COUNTS.contains(&query.metric))
        );
        let (asked, queries) = plan(&keys[..20], &known);
        assert_eq!((asked.len(), queries.len()), (20, 140));
    }
}
