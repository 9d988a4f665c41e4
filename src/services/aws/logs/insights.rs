//! CloudWatch Logs Insights: StartQuery, GetQueryResults, StopQuery.
//!
//! Wire facts: the CloudWatch Logs API reference. Times of a query are seconds, inclusive. All values are text. While a query
//! runs, its rows are partial and may change order or vanish, so each answer replaces the one before.

use std::{sync::Arc, time::Duration};

use aws_sdk_cloudwatchlogs::{
    operation::start_query::StartQueryError,
    types::{QueryStatistics as SdkStatistics, QueryStatus as SdkStatus},
};
use tokio::time::{Instant, sleep};

use crate::{
    logs::insights::result_time,
    model::{Failure, FailureKind, LogEvent, LogQueryResult, LogQueryStatistics, Moment},
};

use super::{
    cloudwatch_source::CloudWatchSource,
    source::{LogPage, PageRequest},
};
use crate::services::{
    aws::failure::AwsOperation,
    open_work::{OpenWork, OpenWorkGuard},
};

/// Rows of a query that reads events.
const EVENT_ROWS: usize = 10_000;
/// First wait between two looks at a running query; doubled up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(250);
/// Longest wait between two looks.
const LONGEST_LOOK: Duration = Duration::from_secs(4);
/// Time that the end of the process waits for queries to be stopped.
const LONGEST_STOP: Duration = Duration::from_secs(1);
/// Time limit of a query that reads events for a tail.
const EVENT_QUERY_LIMIT: Duration = Duration::from_mins(2);

/// A query to be run.
#[derive(Clone, Debug)]
pub(crate) struct InsightsRequest {
    /// Text in the query language of Logs Insights.
    pub(crate) text: String,
    /// Log group names, at most 50.
    pub(crate) groups: Vec<String>,
    /// First time, inclusive.
    pub(crate) from: Moment,
    /// Last time, inclusive.
    pub(crate) until: Moment,
    /// Maximal number of rows.
    pub(crate) limit: Option<usize>,
}

/// The queries of this process that the service may still run.
static OPEN_QUERIES: OpenWork = OpenWork::new();

/// Waits until the service runs no query of this process any more, for a second at most: a process that ends while it drops a
/// query must not end before the query was stopped. Returns whether the service answered for all of them.
pub(crate) async fn wait_for_stopped_queries() -> bool {
    // The service ends a query by itself after an hour.
    OPEN_QUERIES.ended(LONGEST_STOP).await
}

/// A query that was started. If it is dropped before its end it is stopped: the service goes on (and bills) otherwise.
struct StartedQuery {
    source: Arc<CloudWatchSource>,
    query_id: String,
    has_ended: bool,
    open: Option<OpenWorkGuard>,
}

impl Drop for StartedQuery {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let query_id = std::mem::take(&mut self.query_id);
        let source = Arc::clone(&self.source);
        let open = self.open.take();
        if let Ok(handle) = tokio::runtime::Handle::try_current() {
            handle.spawn(async move {
                stop(&source, &query_id).await;
                drop(open);
            });
        }
    }
}

/// Stops a query. A query that has ended meanwhile needs no stopping.
pub(crate) async fn stop(source: &CloudWatchSource, query_id: &str) {
    let stopped = source
        .account
        .logs()
        .stop_query()
        .query_id(query_id)
        .send()
        .await;
    if stopped.is_err() {
        tracing::info!(query_id, "the query could not be stopped, or has ended");
    }
}

/// Runs a query to its end. `on_progress` receives each partial result. Dropping the future stops the query.
///
/// # Errors
/// A malformed query ([`FailureKind::Usage`], with the position as evidence); a query that failed, was cancelled or timed out.
pub(crate) async fn run(
    source: &Arc<CloudWatchSource>,
    query: &InsightsRequest,
    mut on_progress: impl FnMut(LogQueryResult) + Send,
) -> Result<LogQueryResult, Failure> {
    let mut started = start_detached(source, query).await?;
    let mut wait = FIRST_LOOK;
    loop {
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_LOOK);
        let (result, status) = results(source, &started.query_id).await?;
        match status {
            SdkStatus::Complete => {
                started.has_ended = true;
                return Ok(result);
            }
            SdkStatus::Failed | SdkStatus::Cancelled | SdkStatus::Timeout => {
                started.has_ended = true;
                let kind = match status {
                    SdkStatus::Cancelled => FailureKind::Cancelled,
                    SdkStatus::Timeout => FailureKind::Timeout,
                    _ => FailureKind::Server,
                };
                let cause = format!("the query ended as {}", status.as_str());
                return Err(Failure::new(kind, "running the query", cause)
                    .evidence(format!("query id: {}", result.query_id)));
            }
            _ => on_progress(result),
        }
    }
}

/// Starts a query in a task of its own. If the caller is dropped before the answer, the task goes on until it knows the id
/// of the query, and stops it.
async fn start_detached(
    source: &Arc<CloudWatchSource>,
    query: &InsightsRequest,
) -> Result<StartedQuery, Failure> {
    let (source, query) = (Arc::clone(source), query.clone());
    let open = OPEN_QUERIES.begin();
    let starting = tokio::spawn(async move {
        let query_id = start(&source, &query).await?;
        Ok(StartedQuery {
            source,
            query_id,
            has_ended: false,
            open: Some(open),
        })
    });
    starting.await.unwrap_or_else(|error| {
        Err(Failure::new(
            FailureKind::Refused,
            "starting a Logs Insights query",
            error.to_string(),
        ))
    })
}

async fn start(source: &CloudWatchSource, query: &InsightsRequest) -> Result<String, Failure> {
    let text = "starting a Logs Insights query";
    let doing = AwsOperation {
        text,
        action: "logs:StartQuery",
        account: source.account.label(),
    };
    source.budget.acquire().await;
    let request = source
        .account
        .logs()
        .start_query()
        .set_log_group_names(Some(query.groups.clone()))
        .start_time(query.from.millis().div_euclid(1000))
        .end_time(query.until.millis().div_euclid(1000))
        .query_string(&query.text)
        .set_limit(query.limit.and_then(|limit| i32::try_from(limit).ok()));
    let answer = request.send().await.map_err(|error| {
        let mut failure = source.account.sdk_failure(doing, &error);
        if let Some(StartQueryError::MalformedQueryException(malformed)) = error.as_service_error()
        {
            failure.kind = FailureKind::Usage;
            if let Some(location) = malformed
                .query_compile_error()
                .and_then(|compile| compile.location())
            {
                failure = failure.evidence(format!(
                    "position: {} to {}",
                    location.start_char_offset().unwrap_or_default(),
                    location.end_char_offset().unwrap_or_default()
                ));
            }
            if let Some(message) = malformed
                .query_compile_error()
                .and_then(|compile| compile.message())
            {
                message.clone_into(&mut failure.cause);
            }
        }
        failure
    })?;
    answer
        .query_id
        .ok_or_else(|| Failure::new(FailureKind::Server, text, "the answer has no query id"))
}

async fn results(
    source: &CloudWatchSource,
    query_id: &str,
) -> Result<(LogQueryResult, SdkStatus), Failure> {
    let doing = AwsOperation {
        text: "reading the results of a query",
        action: "logs:GetQueryResults",
        account: source.account.label(),
    };
    let (mut rows, mut token): (Vec<_>, Option<String>) = (Vec::new(), None);
    loop {
        source.budget.acquire().await;
        let answer = source
            .account
            .logs()
            .get_query_results()
            .query_id(query_id)
            .set_next_token(token.take())
            .send()
            .await
            .map_err(|error| source.account.sdk_failure(doing, &error))?;
        let status = answer.status().cloned().unwrap_or(SdkStatus::UnknownValue);
        let statistics = statistics(answer.statistics.as_ref());
        rows.extend(answer.results.unwrap_or_default().into_iter().map(|row| {
            row.into_iter()
                .filter_map(|field| Some((field.field?, field.value.unwrap_or_default())))
                .collect()
        }));
        // Rows of a query that runs may change from page to page: its first page is enough.
        token = answer.next_token.filter(|_| status == SdkStatus::Complete);
        if token.is_none() {
            let result = LogQueryResult {
                query_id: query_id.to_owned(),
                status: status.as_str().to_owned(),
                rows,
                statistics,
            };
            return Ok((result, status));
        }
    }
}

fn statistics(sdk: Option<&SdkStatistics>) -> LogQueryStatistics {
    sdk.map_or_else(LogQueryStatistics::default, |sdk| LogQueryStatistics {
        records_matched: sdk.records_matched(),
        records_scanned: sdk.records_scanned(),
        bytes_scanned: sdk.bytes_scanned(),
    })
}

/// Reads a page of events of a group that only Logs Insights can read. The token of the next page is the time of its last event.
pub(crate) async fn event_page(
    source: &Arc<CloudWatchSource>,
    request: &PageRequest,
) -> Result<LogPage, Failure> {
    let limit = request.limit.clamp(1, EVENT_ROWS);
    let from = request.from.unwrap_or_default();
    let until = request
        .until
        .unwrap_or_else(|| super::source::LogSource::now(&**source));
    let order = if request.newest_first { "desc" } else { "asc" };
    let filter = source.pattern.as_ref().map_or_else(String::new, |pattern| {
        let text = pattern.trim_matches(['"', '%']).replace('"', "\\\"");
        format!(" | filter @message like \"{text}\"")
    });
    let query = InsightsRequest {
        text: format!(
            "fields @timestamp, @ingestionTime, @logStream, @message{filter} | sort @timestamp {order}"
        ),
        groups: vec![request.group.clone()],
        from,
        until,
        limit: Some(limit),
    };
    let started = Instant::now();
    let run = run(source, &query, |_| ());
    let result = tokio::time::timeout(EVENT_QUERY_LIMIT, run)
        .await
        .map_err(|_| {
            Failure::new(
                FailureKind::Timeout,
                format!("reading {} by Logs Insights", request.group),
                format!("no result after {} s", started.elapsed().as_secs()),
            )
        })??;
    let is_full = result.rows.len() >= limit;
    let events: Vec<LogEvent> = result
        .rows
        .into_iter()
        .filter_map(|row| event_of_row(source, &request.group, row))
        .filter(|event| (from..=until).contains(&event.timestamp))
        .collect();
    let last = events.last().map(|event| event.timestamp);
    let next = match last.filter(|_| is_full && !request.newest_first) {
        // A full page goes on at its last event.
        Some(last) if last.millis().div_euclid(1000) > from.millis().div_euclid(1000) => {
            Some(last.millis().to_string())
        }
        Some(last) => {
            return Err(Failure::new(
                FailureKind::Server,
                format!("reading {} by Logs Insights", request.group),
                format!("more than {limit} events in the second of {}", last.iso()),
            ));
        }
        None => None,
    };
    Ok(LogPage { events, next })
}

fn event_of_row(
    source: &CloudWatchSource,
    group: &str,
    row: Vec<(String, String)>,
) -> Option<LogEvent> {
    let mut event = LogEvent {
        timestamp: Moment::default(),
        ingestion: Moment::default(),
        group: source.shared(group),
        stream: source.shared(""),
        id: None,
        message: String::new(),
    };
    for (field, value) in row {
        match field.as_str() {
            "@timestamp" => event.timestamp = result_time(&value)?,
            "@ingestionTime" => event.ingestion = result_time(&value)?,
            "@logStream" => event.stream = source.shared(&value),
            "@message" => event.message = value,
            "@ptr" => event.id = Some(value),
            _ => {}
        }
    }
    if event.ingestion == Moment::default() {
        event.ingestion = event.timestamp;
    }
    Some(event)
}
