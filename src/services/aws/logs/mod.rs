//! CloudWatch Logs: reading, following and querying log groups.

mod backfill;
mod budget;
pub(crate) mod cloudwatch_source;
mod dedup;
mod filter_events;
mod insights;
mod live_session;
mod live_updates;
mod query;
mod reading;
#[cfg(test)]
mod seeds;
mod source;
mod tail;
mod tail_events;
mod tail_output;
mod tail_readings;
mod tail_together;

use std::{future::ready, ops::ControlFlow, sync::Arc};

use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::{AwsClient, failure::is_unknown_operation};
use crate::{
    logs::{LogRecord, RecordReader, SPANS_GROUP, may_belong_to, owner_id},
    model::{
        Deployment, Failure, FailureKind, LogBatch, LogEvent, LogNotice, LogQuery, Moment,
        NoticeKind,
    },
};

pub(crate) use budget::RequestBudgets;
use cloudwatch_source::CloudWatchSource;
pub(crate) use insights::wait_for_stopped_queries;
use source::{LogSource as _, NewestEvents, WindowReader};

/// A running tail. Dropping it ends it.
pub type LogTail = BoxStream<'static, Result<LogBatch, Failure>>;

/// A running tail of records: masked and parsed. Dropping it ends it.
pub type LogRecordTail = BoxStream<'static, Result<LogBatch<LogRecord>, Failure>>;

/// Number of records in a batch. A receiver can do something else between two batches, however large a page was.
const RECORDS_PER_BATCH: usize = 1_000;

/// Log groups of a deployment: live, past and queried.
#[derive(Clone)]
pub struct CloudWatchLogs {
    client: AwsClient,
    budgets: Arc<RequestBudgets>,
}

impl CloudWatchLogs {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self {
            client,
            budgets: Arc::default(),
        }
    }

    /// Reads the events that match a query, page by page, oldest first within a group (the newest `limit` of all if one is
    /// given), without spans of other gateways and runtimes than the query's. Stops early when `on_batch` breaks. One of several
    /// groups that does not exist or may not be read is a notice.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] if no group exists, [`FailureKind::Denied`] if none may be read.
    pub async fn filter(
        &self,
        deployment: &Deployment,
        query: &LogQuery,
        mut on_batch: impl FnMut(LogBatch) -> ControlFlow<()> + Send,
    ) -> Result<(), Failure> {
        self.read(deployment, query, |batch| ready(on_batch(batch)))
            .await
    }

    /// Like [`CloudWatchLogs::filter`], for a receiver that takes its time: the next page is requested when it is ready.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] if no group exists, [`FailureKind::Denied`] if none may be read.
    pub(crate) async fn read<P: Future<Output = ControlFlow<()>> + Send>(
        &self,
        deployment: &Deployment,
        query: &LogQuery,
        mut on_batch: impl FnMut(LogBatch) -> P + Send,
    ) -> Result<(), Failure> {
        let source = self.source(deployment, query.pattern.clone()).await?;
        let mut unread = Vec::new();
        let (mut newest, mut complete_from) = (Vec::new(), None);
        for group in &query.groups {
            let read = match query.limit {
                Some(limit) => source
                    .newest_events(group, query.since, query.until, limit)
                    .await
                    .map(|read| {
                        complete_from = complete_from.max(read.complete_from);
                        newest.extend(without_strangers(read.events, &query.owner_ids));
                    }),
                None => match read_group(&source, group, query, &mut on_batch).await {
                    Ok(ControlFlow::Break(())) => return Ok(()),
                    Ok(ControlFlow::Continue(())) => Ok(()),
                    Err(failure) => Err(failure),
                },
            };
            match read {
                Ok(()) => {}
                Err(failure)
                    if matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) =>
                {
                    unread.push((group, failure));
                }
                Err(failure) => return Err(failure),
            }
        }
        if unread.len() == query.groups.len()
            && let Some((_, failure)) = unread.first()
        {
            return Err(failure.clone());
        }
        let limit = query.limit.unwrap_or_default();
        newest.sort_by_key(|event: &LogEvent| (event.timestamp, event.ingestion));
        let is_cut = newest.len() > limit;
        newest.drain(..newest.len().saturating_sub(limit));
        let newest = NewestEvents::new(newest, is_cut);
        let complete_from = complete_from.max(newest.complete_from);
        let now = source.now();
        let notices: Vec<LogNotice> = unread
            .iter()
            .map(|(group, failure)| unavailable(now, group, failure))
            .collect();
        if !newest.events.is_empty() || !notices.is_empty() {
            // This is the last batch, so its answer makes no difference.
            let _ = on_batch(LogBatch {
                events: newest.events,
                notices,
                complete_from,
                ..LogBatch::default()
            })
            .await;
        }
        Ok(())
    }

    /// Follows log groups as [`CloudWatchLogs::tail_events`] does, and delivers records that may be shown: masking and parsing
    /// happen here, in the task that polls the tail.
    pub fn tail(&self, deployment: &Deployment, query: LogQuery) -> LogRecordTail {
        let mut reader = RecordReader::default();
        self.tail_events(deployment, query)
            .flat_map(move |item| {
                let batches = match item {
                    Ok(batch) => in_pieces(reader.read_batch(batch))
                        .into_iter()
                        .map(Ok)
                        .collect(),
                    Err(failure) => vec![Err(failure)],
                };
                stream::iter(batches)
            })
            .boxed()
    }

    /// Follows log groups: back-fill from `query.since`, then live. Must be called within a tokio runtime. An `Err` item ends
    /// the tail. Credentials that expire pause it.
    pub fn tail_events(&self, deployment: &Deployment, query: LogQuery) -> LogTail {
        let (services, deployment) = (self.clone(), deployment.clone());
        let pattern = query.pattern.clone();
        let owner_ids = query.owner_ids.clone();
        let tail = tail::start(query, move || {
            let (services, deployment, pattern) =
                (services.clone(), deployment.clone(), pattern.clone());
            async move { services.source(&deployment, pattern).await }
        });
        if owner_ids.is_empty() {
            return tail;
        }
        tail.map(move |item| {
            item.map(|batch| LogBatch {
                events: without_strangers(batch.events, &owner_ids),
                ..batch
            })
        })
        .boxed()
    }

    /// Waits until CloudWatch Logs asks a request for events to slow down. Such a request is repeated.
    pub(crate) async fn throttled(&self) {
        self.budgets.throttled().await;
    }

    /// Names of the log groups that begin with `prefix`.
    ///
    /// # Errors
    /// A failure of DescribeLogGroups.
    pub async fn groups(
        &self,
        deployment: &Deployment,
        prefix: &str,
    ) -> Result<Vec<String>, Failure> {
        let groups = self.source(deployment, None).await?.groups(prefix).await?;
        Ok(groups.into_iter().map(|group| group.name).collect())
    }

    async fn source(
        &self,
        deployment: &Deployment,
        pattern: Option<String>,
    ) -> Result<Arc<CloudWatchSource>, Failure> {
        let account = self.client.account(deployment).await?;
        // Asking for an account takes a large future, which is rarely needed.
        let account_id = |deployment: Deployment| {
            Box::pin(async move {
                let identity = self.client.known_identity(&deployment).await;
                identity.map(|identity| identity.account)
            })
        };
        let budget = self.budgets.of(deployment, account_id).await;
        Ok(CloudWatchSource::new(
            self.client.clone(),
            account,
            pattern,
            budget,
        ))
    }
}

/// Returns a batch as several small ones. Notices and status come with the last one, since they hold after all of it.
fn in_pieces(mut batch: LogBatch<LogRecord>) -> Vec<LogBatch<LogRecord>> {
    let mut pieces = Vec::new();
    while batch.events.len() > RECORDS_PER_BATCH {
        let rest = batch.events.split_off(RECORDS_PER_BATCH);
        pieces.push(LogBatch {
            events: std::mem::replace(&mut batch.events, rest),
            ..LogBatch::default()
        });
    }
    pieces.push(batch);
    pieces
}

/// Returns the events without those of shared groups that name another gateway or runtime as their origin.
fn without_strangers(mut events: Vec<LogEvent>, owner_ids: &[String]) -> Vec<LogEvent> {
    if !owner_ids.is_empty() {
        events.retain(|event| {
            &*event.group != SPANS_GROUP
                || may_belong_to(owner_id(&event.message).as_deref(), owner_ids)
        });
    }
    events
}

/// Reads a group to its end, or until `on_batch` breaks.
async fn read_group<P: Future<Output = ControlFlow<()>> + Send>(
    source: &CloudWatchSource,
    group: &str,
    query: &LogQuery,
    on_batch: &mut (impl FnMut(LogBatch) -> P + Send),
) -> Result<ControlFlow<()>, Failure> {
    let mut reader = WindowReader::new(group.to_owned(), query.since, query.until);
    while let Some(events) = reader.next(source).await? {
        let batch = LogBatch {
            events: without_strangers(events, &query.owner_ids),
            ..LogBatch::default()
        };
        if on_batch(batch).await.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Returns a notice that a group does not exist or may not be read.
pub(crate) fn unavailable(at: Moment, group: &str, failure: &Failure) -> LogNotice {
    let unreadable = || {
        (
            NoticeKind::Unavailable,
            format!("{group} cannot be read: {}", failure.cause),
        )
    };
    let (kind, text) = match failure.kind {
        // An operation that the region does not have says nothing about the group.
        FailureKind::NotFound if is_unknown_operation(failure) => unreadable(),
        FailureKind::NotFound => (
            NoticeKind::Missing,
            format!("{group} does not exist yet; it is looked for again"),
        ),
        FailureKind::Usage
        | FailureKind::SignIn
        | FailureKind::Denied
        | FailureKind::Throttled
        | FailureKind::Conflict
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Refused
        | FailureKind::Cancelled => unreadable(),
    };
    LogNotice { at, kind, text }
}
