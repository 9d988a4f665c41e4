//! CloudWatch Logs: groups, and what they hold, page by page.

mod backfill;
pub(crate) mod cloudwatch_source;
mod dedup;
mod live_session;
mod tail;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::ready,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_cloudwatchlogs::types::LogGroupClass;
use futures::stream::BoxStream;

use crate::{
    model::{
        Deployment, Failure, FailureKind, LogBatch, LogEvent, LogNotice, LogQuery, Moment,
        NoticeKind,
    },
    net::retry,
    services::Services,
};

use super::{
    account::Account,
    failure::{self, Doing},
};

/// A running tail. Dropping it ends it.
pub type LogTail = BoxStream<'static, Result<LogBatch, Failure>>;

/// Events asked for at a time; the service gives at most 1 MB of them.
const PAGE: usize = 10_000;
/// Newest-first reading needs a start, and none before this: 2024-01-01.
const NEWEST_FIRST: Moment = Moment::from_millis(1_704_067_200_000);
/// Tries of one page while the service asks to slow down, beyond those of the SDK.
const TRIES: u32 = 5;

impl Services {
    /// Reads what matches, page by page, oldest first within a group (the newest `limit` of all where one is given).
    /// Stops early when `on_batch` says so. One of several groups that does not exist or may not be read is a notice.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] where no group exists.
    pub async fn filter_logs(
        &self,
        deployment: &Deployment,
        query: &LogQuery,
        mut on_batch: impl FnMut(LogBatch) -> ControlFlow<()> + Send,
    ) -> Result<(), Failure> {
        self.pass_logs(deployment, query, |batch| ready(on_batch(batch)))
            .await
    }

    /// The same for whoever takes his time with a batch: the next page is asked for when he is ready.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] where no group exists.
    pub(crate) async fn pass_logs<P: Future<Output = ControlFlow<()>> + Send>(
        &self,
        deployment: &Deployment,
        query: &LogQuery,
        mut on_batch: impl FnMut(LogBatch) -> P + Send,
    ) -> Result<(), Failure> {
        let reader = Reader::new(self.account(deployment).await?, query.pattern.clone());
        let mut unread = Vec::new();
        let mut newest = Vec::new();
        for group in &query.groups {
            let read = match query.limit {
                Some(limit) => reader
                    .newest(group, query.since, query.until, limit)
                    .await
                    .map(|events| newest.extend(events)),
                None => match reader
                    .all(group, query.since, query.until, &mut on_batch)
                    .await
                {
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
        newest.drain(..newest.len().saturating_sub(limit));
        let now = Moment::from_millis(jiff::Timestamp::now().as_millisecond());
        let notices: Vec<LogNotice> = unread
            .iter()
            .map(|(group, failure)| unavailable(now, group, failure))
            .collect();
        if !newest.is_empty() || !notices.is_empty() {
            // This is the last batch: whether to go on makes no difference.
            let _ = on_batch(LogBatch {
                events: newest,
                notices,
            })
            .await;
        }
        Ok(())
    }

    /// Follows log groups: back-fill from `query.since`, then live. Must be called within a tokio runtime. An `Err` item ends it.
    pub fn tail_logs(&self, deployment: &Deployment, query: LogQuery) -> LogTail {
        let (services, deployment) = (self.clone(), deployment.clone());
        let pattern = query.pattern.clone();
        tail::start(query, move || async move {
            let account = services.account(&deployment).await?;
            Ok(Arc::new(Reader::new(account, pattern)))
        })
    }

    /// Names of the log groups that begin with `prefix`.
    pub async fn log_groups(
        &self,
        deployment: &Deployment,
        prefix: &str,
    ) -> Result<Vec<String>, Failure> {
        let reader = Reader::new(self.account(deployment).await?, None);
        Ok(reader
            .groups(prefix)
            .await?
            .into_iter()
            .map(|group| group.name)
            .collect())
    }
}

/// A log group that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN, without `:*`.
    pub(crate) arn: String,
    /// Whether StartLiveTail may follow it (standard class).
    pub(crate) is_standard: bool,
}

/// One page of events.
pub(crate) struct Page {
    /// Events.
    pub(crate) events: Vec<LogEvent>,
    /// Asks for the next page; an empty page may have one.
    pub(crate) next: Option<String>,
}

/// Which page.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Log group name.
    pub(crate) group: String,
    /// From, inclusive.
    pub(crate) from: Option<Moment>,
    /// Until, inclusive.
    pub(crate) until: Option<Moment>,
    /// Newest first.
    pub(crate) newest_first: bool,
    /// At most so many events.
    pub(crate) limit: usize,
    /// The page after.
    pub(crate) token: Option<String>,
}

/// Reads the log groups of an account.
pub(crate) struct Reader {
    /// The account.
    pub(crate) account: Arc<Account>,
    /// CloudWatch filter pattern.
    pub(crate) pattern: Option<String>,
    streams: Mutex<HashMap<String, Arc<str>>>,
}

impl Reader {
    /// A reader of what matches the pattern.
    pub(crate) fn new(account: Arc<Account>, pattern: Option<String>) -> Self {
        Self {
            account,
            pattern,
            streams: Mutex::default(),
        }
    }

    /// The same text for the same name: thousands of events share it.
    pub(crate) fn shared(&self, name: &str) -> Arc<str> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = streams.get(name) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(name);
        streams.insert(name.to_owned(), Arc::clone(&text));
        text
    }

    /// All groups that begin with `prefix`.
    pub(crate) async fn groups(&self, prefix: &str) -> Result<Vec<Group>, Failure> {
        let (mut groups, mut token, mut seen) = (Vec::new(), None, HashSet::new());
        loop {
            let (found, next) = self.groups_page(prefix, token).await?;
            groups.extend(found);
            token = next.filter(|token| seen.insert(token.clone()));
            if token.is_none() {
                return Ok(groups);
            }
        }
    }

    /// A page of the groups that begin with `prefix`, by name: the one of exactly that name is on the first.
    pub(crate) async fn groups_page(
        &self,
        prefix: &str,
        token: Option<String>,
    ) -> Result<(Vec<Group>, Option<String>), Failure> {
        let text = format!("listing log groups {prefix}*");
        let doing = Doing {
            text: &text,
            action: "logs:DescribeLogGroups",
            account: &self.account,
        };
        let prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        let request = self
            .account
            .logs()
            .describe_log_groups()
            .set_log_group_name_prefix(prefix)
            .limit(50)
            .set_next_token(token);
        let page = request
            .send()
            .await
            .map_err(|error| failure::sdk(doing, &error))?;
        let groups = page
            .log_groups
            .unwrap_or_default()
            .into_iter()
            .filter_map(|group| {
                let arn = group
                    .log_group_arn
                    .or_else(|| group.arn.map(|arn| arn.trim_end_matches(":*").to_owned()));
                let is_standard = group
                    .log_group_class
                    .is_none_or(|class| class == LogGroupClass::Standard);
                Some(Group {
                    name: group.log_group_name?,
                    arn: arn?,
                    is_standard,
                })
            });
        Ok((groups.collect(), page.next_token))
    }

    /// One page. Throttling is waited out.
    pub(crate) async fn page(&self, ask: &Ask) -> Result<Page, Failure> {
        let mut failures = 0;
        loop {
            match Box::pin(self.page_once(ask)).await {
                Err(failure) if failure.kind == FailureKind::Throttled && failures + 1 < TRIES => {
                    failures += 1;
                    tokio::time::sleep(retry::backoff(
                        failures,
                        Duration::from_secs(1),
                        Duration::from_secs(8),
                    ))
                    .await;
                }
                page => return page,
            }
        }
    }

    async fn page_once(&self, ask: &Ask) -> Result<Page, Failure> {
        let text = format!("reading {}", ask.group);
        let doing = Doing {
            text: &text,
            action: "logs:FilterLogEvents",
            account: &self.account,
        };
        let request = self
            .account
            .logs()
            .filter_log_events()
            .log_group_name(&ask.group)
            .set_start_time(ask.from.map(Moment::millis))
            .set_end_time(ask.until.map(Moment::millis))
            .set_filter_pattern(self.pattern.clone())
            .set_start_from_head(ask.newest_first.then_some(false))
            .limit(i32::try_from(ask.limit.clamp(1, PAGE)).unwrap_or(i32::MAX))
            .set_next_token(ask.token.clone());
        let answer = request
            .send()
            .await
            .map_err(|error| failure::sdk(doing, &error))?;
        let group = self.shared(&ask.group);
        let events = answer
            .events
            .unwrap_or_default()
            .into_iter()
            .map(|event| LogEvent {
                timestamp: Moment::from_millis(event.timestamp.unwrap_or_default()),
                ingestion: Moment::from_millis(
                    event.ingestion_time.or(event.timestamp).unwrap_or_default(),
                ),
                group: Arc::clone(&group),
                stream: self.shared(event.log_stream_name.as_deref().unwrap_or_default()),
                id: event.event_id,
                message: event.message.unwrap_or_default(),
            });
        Ok(Page {
            events: events.collect(),
            next: answer.next_token.filter(|token| !token.is_empty()),
        })
    }

    /// All that matches, oldest first.
    async fn all<P: Future<Output = ControlFlow<()>> + Send>(
        &self,
        group: &str,
        from: Option<Moment>,
        until: Option<Moment>,
        on_batch: &mut (impl FnMut(LogBatch) -> P + Send),
    ) -> Result<ControlFlow<()>, Failure> {
        let mut ask = Ask {
            group: group.to_owned(),
            from,
            until,
            newest_first: false,
            limit: PAGE,
            token: None,
        };
        let mut seen = HashSet::new();
        loop {
            let page = self.page(&ask).await?;
            if !page.events.is_empty()
                && on_batch(LogBatch {
                    events: page.events,
                    notices: Vec::new(),
                })
                .await
                .is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            match page.next {
                None => return Ok(ControlFlow::Continue(())),
                Some(next) if !seen.insert(next.clone()) => return Err(endless(group)),
                next => ask.token = next,
            }
        }
    }

    /// The newest `limit` that match, oldest first. Also right with a server that cannot give the newest first.
    pub(crate) async fn newest(
        &self,
        group: &str,
        from: Option<Moment>,
        until: Option<Moment>,
        limit: usize,
    ) -> Result<Vec<LogEvent>, Failure> {
        let from = from.map_or(NEWEST_FIRST, |from| from);
        let newest_first = from >= NEWEST_FIRST;
        let mut ask = Ask {
            group: group.to_owned(),
            from: Some(from),
            until,
            newest_first,
            limit,
            token: None,
        };
        let (mut kept, mut seen) = (VecDeque::new(), HashSet::new());
        let mut descending = newest_first.then_some(());
        loop {
            let page = self.page(&ask).await?;
            if let (Some(first), Some(last)) = (page.events.first(), page.events.last())
                && first.timestamp < last.timestamp
            {
                descending = None;
            }
            for event in page.events {
                if descending.is_some() && kept.len() == limit {
                    break;
                }
                kept.push_back(event);
                if kept.len() > limit {
                    kept.pop_front();
                }
            }
            let enough = descending.is_some() && kept.len() >= limit;
            match page.next.filter(|_| !enough) {
                None => break,
                Some(next) if !seen.insert(next.clone()) => return Err(endless(group)),
                next => ask.token = next,
            }
        }
        let mut events: Vec<LogEvent> = kept.into();
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        Ok(events)
    }
}

fn endless(group: &str) -> Failure {
    Failure::new(
        FailureKind::Server,
        format!("reading {group}"),
        "the service repeats a page: the log has no end",
    )
}

/// A notice that a group is not there, or not for us.
pub(crate) fn unavailable(at: Moment, group: &str, failure: &Failure) -> LogNotice {
    let text = match failure.kind {
        FailureKind::NotFound => format!("{group} does not exist yet; it is looked for again"),
        FailureKind::Usage
        | FailureKind::SignIn
        | FailureKind::Denied
        | FailureKind::Throttled
        | FailureKind::Conflict
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Refused
        | FailureKind::Cancelled => format!("{group} cannot be read: {}", failure.cause),
    };
    LogNotice {
        at,
        kind: NoticeKind::Unavailable,
        text,
    }
}
