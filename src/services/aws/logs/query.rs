//! Queries of Logs Insights for people: an estimate before, progress meanwhile, statistics after; and the lines around one.

use std::{borrow::Cow, future::ready, ops::ControlFlow};

use crate::{
    logs::{LogRecord, RecordReader, redact},
    model::{
        Deployment, Failure, FailureKind, LogEvent, LogQuery, LogQueryResult, LogScanEstimate,
        Moment,
    },
    services::aws::logs::CloudWatchLogs,
};

use super::insights::{self, InsightsRequest};

/// How far before and after a line its neighbours are looked for, in milliseconds.
const AROUND_MS: i64 = 10 * 60 * 1000;

impl CloudWatchLogs {
    /// Estimates what a query over these groups may scan, and finds those that do not exist.
    pub async fn estimate_scan(
        &self,
        deployment: &Deployment,
        groups: &[String],
    ) -> LogScanEstimate {
        let mut estimate = LogScanEstimate::default();
        let Ok(source) = self.source(deployment, None).await else {
            return LogScanEstimate {
                is_unknown: true,
                ..estimate
            };
        };
        for name in groups {
            match source.groups(name).await {
                Ok(found) => match found.iter().find(|group| group.name == *name) {
                    Some(group) => {
                        estimate.bytes = estimate.bytes.saturating_add(group.stored_bytes);
                    }
                    None => estimate.missing.push(name.clone()),
                },
                Err(failure) => {
                    tracing::info!(%failure, group = name, "the size of a log group is not known");
                    estimate.is_unknown = true;
                }
            }
        }
        estimate
    }

    /// Runs a query of Logs Insights to its end. `on_progress` receives partial results, each of which replaces the one
    /// before. Credentials in the values are masked. Dropping the future stops the query at the service.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] for a malformed query, with its position as evidence; a group that does not exist or may not be
    /// queried; a query that the service ended.
    pub async fn query(
        &self,
        deployment: &Deployment,
        text: &str,
        groups: &[String],
        window: (Moment, Moment),
        limit: Option<usize>,
        mut on_progress: impl FnMut(LogQueryResult) + Send,
    ) -> Result<LogQueryResult, Failure> {
        let source = self.source(deployment, None).await?;
        let query = InsightsRequest {
            text: text.to_owned(),
            groups: groups.to_vec(),
            from: window.0,
            until: window.1,
            limit,
        };
        insights::run(&source, &query, |partial| on_progress(masked(partial)))
            .await
            .map(masked)
    }

    /// Reads the lines around a time in log groups: up to `count` before it, those at that time, and up to `count` after it,
    /// in the order of time. Groups of the Infrequent Access class are queried.
    ///
    /// # Errors
    /// No group exists, or none may be read.
    pub async fn lines_around(
        &self,
        deployment: &Deployment,
        groups: &[String],
        at: Moment,
        count: usize,
    ) -> Result<Vec<LogRecord>, Failure> {
        let mut events: Vec<LogEvent> = Vec::new();
        let before = LogQuery {
            groups: groups.to_vec(),
            since: Some(at.plus(-AROUND_MS)),
            until: Some(at.plus(-1)),
            limit: Some(count),
            ..LogQuery::default()
        };
        self.read(deployment, &before, |batch| {
            events.extend(batch.events);
            ready(ControlFlow::Continue(()))
        })
        .await?;
        events.extend(self.events_from(deployment, groups, at, count).await?);
        let mut reader = RecordReader::default();
        Ok(events.into_iter().map(|event| reader.read(event)).collect())
    }

    /// Reads the events at a time, and up to `count` after it.
    async fn events_from(
        &self,
        deployment: &Deployment,
        groups: &[String],
        at: Moment,
        count: usize,
    ) -> Result<Vec<LogEvent>, Failure> {
        let mut events: Vec<LogEvent> = Vec::new();
        for group in groups {
            let query = LogQuery {
                groups: vec![group.clone()],
                since: Some(at),
                until: Some(at.plus(AROUND_MS)),
                ..LogQuery::default()
            };
            let mut later = 0;
            let read = self.read(deployment, &query, |batch| {
                let is_later = |event: &&LogEvent| event.timestamp > at;
                later += batch.events.iter().filter(is_later).count();
                events.extend(batch.events);
                ready(if later >= count {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            });
            match read.await {
                Ok(()) => {}
                // One of several groups may not exist; if none can be read, the reading before `at` has failed.
                Err(failure)
                    if groups.len() > 1
                        && matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) =>
                {
                    tracing::info!(%failure, group, "the lines after a line are not known");
                }
                Err(failure) => return Err(failure),
            }
        }
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        let same = events.partition_point(|event| event.timestamp <= at);
        events.truncate(same + count);
        Ok(events)
    }
}

/// Returns a result whose values hold no credentials.
fn masked(mut result: LogQueryResult) -> LogQueryResult {
    for (_, value) in result.rows.iter_mut().flatten() {
        if let Cow::Owned(text) = redact(value) {
            *value = text;
        }
    }
    result
}
