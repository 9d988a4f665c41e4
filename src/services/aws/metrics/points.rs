//! The points that CloudWatch answers with, and what they amount to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::query::{Metric, MetricQuery};
use crate::model::{Moment, Traffic};

/// Percentiles are asked for the hour as a whole, in seconds.
pub(super) const HOUR: i64 = 3600;

/// A value and the second at which its period begins.
pub(super) type DataPoint = (i64, f64);

pub(super) fn read_points(result: &Value) -> Vec<DataPoint> {
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

/// Returns the second at which the hour begins whose last step is not over yet.
pub(super) fn beginning(now: Moment) -> i64 {
    let step = Traffic::STEP_MS;
    ((now.millis().div_euclid(step) + 1) * step) / 1000 - HOUR
}

/// Returns what the points of a resource's queries amount to.
pub(super) fn fold(
    resource: usize,
    queries: &[MetricQuery<'_>],
    points: &[Vec<DataPoint>],
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
    let add = |steps: &mut Vec<u64>, (at, value): DataPoint| {
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
    let errors = || of(Metric::SystemErrors).chain(of(Metric::UserErrors));
    traffic.recent_errors = since(errors(), recent);
    traffic.minutes = minutes(of(Metric::Calls), errors(), recent);
    let latest = traffic.latest_since().millis() / 1000;
    traffic.latest = (since(of(Metric::Calls), latest), since(errors(), latest));
    traffic.throttled = sum(Metric::Throttles);
    traffic.denied = queries
        .iter()
        .any(|query| query.resource == resource && query.metric == Metric::Denials)
        .then(|| sum(Metric::Denials));
    traffic.p50_ms = weighted(of(Metric::P50), &traffic.calls, from);
    traffic.p95_ms = weighted(of(Metric::P95), &traffic.calls, from);
    traffic
}

/// Returns the sum of the points whose periods begin at that second or later.
fn since(points: impl Iterator<Item = DataPoint>, from: i64) -> u64 {
    points
        .filter(|(at, _)| *at >= from)
        .map(|(_, value)| value.max(0.0).round() as u64)
        .sum()
}

/// Returns calls and errors of each minute that begins at that second or later and has any.
fn minutes(
    calls: impl Iterator<Item = DataPoint>,
    errors: impl Iterator<Item = DataPoint>,
    from: i64,
) -> Vec<(Moment, u64, u64)> {
    let mut counts: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (at, value) in calls.filter(|(at, _)| *at >= from) {
        counts.entry(at).or_default().0 += value.max(0.0).round() as u64;
    }
    for (at, value) in errors.filter(|(at, _)| *at >= from) {
        counts.entry(at).or_default().1 += value.max(0.0).round() as u64;
    }
    let counts = counts.into_iter().filter(|(_, counts)| *counts != (0, 0));
    counts
        .map(|(at, (calls, errors))| (Moment::from_millis(at * 1000), calls, errors))
        .collect()
}

/// Returns one percentile out of those of several periods or series: each weighs as much as was called in its period. (CloudWatch may cut
/// the hour at the full hour.)
fn weighted(points: impl Iterator<Item = DataPoint>, calls: &[u64], from: i64) -> Option<f64> {
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
    use super::{
        super::{
            query::plan,
            series::{
                KnownSeries,
                tests::{GATEWAY, key, series},
            },
        },
        *,
    };
    use crate::model::Kind;

    #[test]
    fn points_become_steps_sums_and_one_latency() {
        let whole = series(&[("Operation", "InvokeGateway"), GATEWAY]);
        let keys = [key(Kind::Gateway, "gw-1"), key(Kind::Gateway, "gw-quiet")];
        let now = Moment::from_millis(1_795_269_720_000);
        let from = beginning(now);
        assert_eq!((from % 300, from + HOUR - now.millis() / 1000), (0, 180));
        let known = KnownSeries {
            calls: vec![whole],
            decisions: vec![series(&[
                ("OperationName", "AuthorizeAction"),
                ("TargetResource", "gw-1"),
            ])],
        };
        let (asked, queries) = plan(&keys, &known);
        assert_eq!(asked, [0, 1]);
        // Counts in the first and the last step, and a latency of either part of an hour that was cut.
        let points: Vec<Vec<DataPoint>> = queries
            .iter()
            .map(|query| match query.metric {
                Metric::Calls => vec![(from, 30.0), (from + 3360, 10.0)],
                Metric::SystemErrors => vec![(from, 2.0)],
                Metric::UserErrors => vec![(from + 300, 1.0)],
                Metric::Throttles => Vec::new(),
                Metric::Denials => vec![(from, 3.0)],
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
        let minute = Moment::from_millis((from + 3360) * 1000);
        assert_eq!(traffic.minutes, [(minute, 10, 0)]);
        assert_eq!((traffic.p50_ms, traffic.denied), (Some(200.0), Some(3)));
        assert_eq!(fold(1, &queries, &points, from, now), Traffic::none(now));
    }
}
