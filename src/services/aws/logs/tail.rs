//! Following log groups without losing or doubling a line: subscribe first, then back-fill, merge, watch, reconnect.
//!
//! The engine knows neither AWS nor the wall clock: both come by [`Source`], so that its tests run in no time.

use std::{collections::HashSet, future::Future, sync::Arc, time::Duration};

use futures::{
    StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use crate::{
    model::{Failure, FailureKind, LogBatch, LogEvent, LogNotice, LogQuery, Moment, NoticeKind},
    net::retry,
};

use crate::services::aws::logs::{
    Ask, Group, LogTail, Page,
    backfill::{self, Fill},
    dedup::{Pass, Seen},
    unavailable,
};

/// A session sends an update each second: silence for this long is a dead connection.
pub(super) const WATCHDOG: Duration = Duration::from_secs(5);
/// Starting a session.
const START: Duration = Duration::from_secs(10);
/// Groups in one session.
const GROUPS: usize = 10;
/// Sessions of one tail; an account has fifteen.
const SESSIONS: usize = 3;
/// What is read again before a gap, in milliseconds: events may come in so much later than their time.
pub(super) const OVERLAP: i64 = 60_000;
/// How often groups that do not exist yet are looked for.
pub(super) const LOOK: Duration = Duration::from_secs(10);
/// How far a reconciliation reaches back, in milliseconds.
pub(super) const RECONCILED: i64 = 150_000;
/// A session that ends within this time is a short one.
const SHORT: Duration = Duration::from_secs(30);
/// After so many short sessions in a row, live tail is no good here for now.
const FLAPS: u32 = 5;
/// Between two polls of all groups.
const POLL: Duration = Duration::from_secs(2);
/// Live tail is tried again so long after it was not to be had for a passing reason.
const LIVE_AGAIN: Duration = Duration::from_mins(5);

/// One update of a live session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Update {
    /// Events; usually none.
    pub(crate) events: Vec<LogEvent>,
    /// AWS left some out.
    pub(crate) sampled: bool,
}

/// A live session.
pub(crate) type Session = BoxStream<'static, Result<Update, Failure>>;

/// Where log events come from.
pub(crate) trait Source: Send + Sync + 'static {
    /// The time there.
    fn now(&self) -> Moment;
    /// The group of exactly this name, if it exists.
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Group>, Failure>>;
    /// Starts a live session; done when the service says that it has begun.
    fn start<'a>(&'a self, groups: &'a [Group]) -> BoxFuture<'a, Result<Session, Failure>>;
    /// One page of what is stored.
    fn page<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Page, Failure>>;
    /// The newest `limit` of what is stored.
    fn newest<'a>(
        &'a self,
        group: &'a str,
        from: Moment,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<LogEvent>, Failure>>;
}

type Out = mpsc::Sender<Result<LogBatch, Failure>>;

/// Starts a tail of all groups of the query; `connect` gives the source.
pub(crate) fn start<S, F, C>(query: LogQuery, connect: C) -> LogTail
where
    S: Source,
    F: Future<Output = Result<Arc<S>, Failure>> + Send,
    C: FnOnce() -> F + Send + 'static,
{
    let (out, receiver) = mpsc::channel(16);
    let task = AbortOnDrop(tokio::spawn(async move {
        let source = match connect().await {
            Ok(source) => source,
            Err(failure) => return drop(out.send(Err(failure)).await),
        };
        let chunks: Vec<Vec<String>> = query
            .groups
            .chunks(GROUPS)
            .map(<[String]>::to_vec)
            .collect();
        let tails = chunks.into_iter().enumerate().map(|(at, groups)| {
            let tail = Tail::new(Arc::clone(&source), groups, &query, out.clone());
            tail.run(at >= SESSIONS)
        });
        futures::future::join_all(tails).await;
    }));
    stream::unfold((receiver, task), |(mut receiver, task)| async move {
        receiver.recv().await.map(|item| (item, (receiver, task)))
    })
    .boxed()
}

/// A task that ends with its handle.
pub(crate) struct AbortOnDrop(pub(crate) JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The receiver is gone: nobody listens any more.
pub(super) struct Gone;

/// Why a session is over.
pub(super) enum End {
    /// The connection broke or fell silent.
    Lost(Failure),
    /// The service ended it in order, or a group has come into being: start anew at once.
    Anew,
}

/// One tail of at most ten groups.
pub(super) struct Tail<S> {
    pub(super) source: Arc<S>,
    names: Vec<String>,
    out: Out,
    /// Nothing before this is wanted.
    pub(super) begin: Moment,
    /// Wanted of what was there at the beginning.
    pub(super) limit: Option<usize>,
    /// All before this was passed on.
    pub(super) covered: Option<Moment>,
    pub(super) seen: Seen,
    pub(super) missing: HashSet<String>,
}

impl<S: Source> Tail<S> {
    fn new(source: Arc<S>, names: Vec<String>, query: &LogQuery, out: Out) -> Self {
        let begin = query.since.unwrap_or_else(|| source.now());
        Self {
            source,
            names,
            out,
            begin,
            limit: query.limit,
            covered: None,
            seen: Seen::default(),
            missing: HashSet::new(),
        }
    }

    /// Runs until nobody listens, or a failure that waiting does not mend.
    async fn run(mut self, poll_only: bool) {
        let ended = if poll_only {
            self.poll("too many groups for live tail", None).await
        } else {
            self.follow().await
        };
        if let Err(Some(failure)) = ended {
            // Whether anybody still listens makes no difference now.
            let _ = self.out.send(Err(failure)).await;
        }
    }

    /// Sessions one after the other. `Err(None)`: nobody listens.
    async fn follow(&mut self) -> Result<(), Option<Failure>> {
        let (mut failures, mut flaps, mut lost) = (0, 0, None);
        loop {
            let groups = self.present().await?;
            if groups.is_empty() {
                sleep(LOOK).await;
                continue;
            }
            if groups.iter().any(|group| !group.is_standard) {
                self.poll("a group is not of the standard class", None)
                    .await?;
            }
            let started = timeout(START, self.source.start(&groups)).await;
            let started = started.unwrap_or_else(|_| {
                Err(Failure::new(
                    FailureKind::Timeout,
                    "starting a live tail",
                    "no answer in time",
                ))
            });
            match started {
                Ok(session) => {
                    failures = 0;
                    let began = Instant::now();
                    match self
                        .listen(session, groups.len(), lost.take())
                        .await
                        .map_err(|Gone| None)?
                    {
                        End::Anew => {}
                        End::Lost(failure) => {
                            tracing::info!(%failure, "live tail lost");
                            lost = Some(self.source.now());
                        }
                    }
                    flaps = if began.elapsed() < SHORT {
                        flaps + 1
                    } else {
                        0
                    };
                    if flaps == FLAPS {
                        flaps = 0;
                        self.poll("live tail ends again and again", Some(LIVE_AGAIN))
                            .await?;
                    } else {
                        sleep(retry::backoff(
                            flaps,
                            Duration::from_millis(400),
                            Duration::from_secs(2),
                        ))
                        .await;
                    }
                }
                Err(failure) => match failure.kind {
                    FailureKind::SignIn => return Err(Some(failure)),
                    FailureKind::Denied | FailureKind::Usage => {
                        self.poll(&failure.cause, None).await?;
                    }
                    FailureKind::Conflict | FailureKind::Refused => {
                        self.poll(&failure.cause, Some(LIVE_AGAIN)).await?;
                    }
                    // A group has gone between looking and starting.
                    FailureKind::NotFound => sleep(LOOK).await,
                    FailureKind::Throttled
                    | FailureKind::Network
                    | FailureKind::Timeout
                    | FailureKind::Server
                    | FailureKind::Cancelled => {
                        failures += 1;
                        lost = lost.or_else(|| self.covered.map(|_| self.source.now()));
                        if failures >= 3 {
                            failures = 0;
                            self.poll(&failure.cause, Some(LIVE_AGAIN)).await?;
                        } else {
                            sleep(retry::backoff(
                                failures,
                                Duration::from_millis(500),
                                Duration::from_secs(10),
                            ))
                            .await;
                        }
                    }
                },
            }
        }
    }

    /// Reads all groups again and again. Ends after `for_long`, to try live tail again.
    async fn poll(&mut self, why: &str, for_long: Option<Duration>) -> Result<(), Option<Failure>> {
        let gone = |Gone| None;
        self.notice(
            self.source.now(),
            NoticeKind::Polling,
            format!("reading every few seconds instead of live: {why}"),
        )
        .await
        .map_err(gone)?;
        let until = for_long.map(|long| Instant::now() + long);
        let pause = POLL.max(Duration::from_millis(500) * self.names.len() as u32);
        let mut looked = Instant::now();
        for round in 0u32.. {
            if until.is_some_and(|until| Instant::now() > until) {
                break;
            }
            let asked = self.source.now();
            // Most events are here within half a minute; now and then those that took longer are looked for.
            let back = if round.is_multiple_of(15) {
                RECONCILED
            } else {
                OVERLAP / 2
            };
            let from = self
                .covered
                .map_or(self.begin, |covered| covered.plus(-back).max(self.begin));
            let limit = if self.covered.is_none() {
                self.limit
            } else {
                None
            };
            let mut filling = Some(backfill::start(
                &self.source,
                self.present_names(),
                from,
                limit,
            ));
            let (mut pass, mut denied, mut broken) = (Pass::default(), 0, false);
            while let Some(page) = backfill::next(&mut filling).await {
                match page {
                    Fill::Page(events) => {
                        drop(self.pass_on(events, &mut pass).await.map_err(gone)?);
                    }
                    Fill::Failed(_, failure) if failure.kind == FailureKind::SignIn => {
                        return Err(Some(failure));
                    }
                    Fill::Failed(_, failure) if failure.kind.is_transient() => broken = true,
                    Fill::Failed(group, failure) => {
                        denied += usize::from(failure.kind != FailureKind::NotFound);
                        if denied == self.names.len() {
                            return Err(Some(failure));
                        }
                        if self.missing.insert(group.clone()) {
                            let notices = vec![unavailable(asked, &group, &failure)];
                            self.send(LogBatch {
                                events: Vec::new(),
                                notices,
                            })
                            .await
                            .map_err(gone)?;
                        }
                    }
                }
            }
            if !broken {
                self.covered = Some(asked);
            }
            self.seen.forget(&mut pass, asked);
            if looked.elapsed() > LOOK {
                looked = Instant::now();
                self.missing.clear();
            }
            sleep(pause).await;
        }
        Ok(())
    }

    /// The groups that exist; those that do not are told once.
    async fn present(&mut self) -> Result<Vec<Group>, Option<Failure>> {
        let mut groups = Vec::new();
        for name in self.names.clone() {
            match self.source.find(&name).await {
                Ok(Some(group)) => {
                    self.missing.remove(&name);
                    groups.push(group);
                }
                Ok(None) => {
                    if self.missing.insert(name.clone()) {
                        let failure = Failure::new(
                            FailureKind::NotFound,
                            "following the log",
                            "no such group",
                        );
                        let notices = vec![unavailable(self.source.now(), &name, &failure)];
                        self.send(LogBatch {
                            events: Vec::new(),
                            notices,
                        })
                        .await
                        .map_err(|Gone| None)?;
                    }
                }
                Err(failure) if failure.kind.is_transient() => {
                    tracing::info!(%failure, "a group could not be looked for");
                    sleep(retry::backoff(
                        3,
                        Duration::from_millis(500),
                        Duration::from_secs(5),
                    ))
                    .await;
                    return Ok(Vec::new());
                }
                Err(failure) => return Err(Some(failure)),
            }
        }
        Ok(groups)
    }

    pub(super) async fn something_came(&self) -> bool {
        for name in &self.missing {
            if matches!(
                timeout(WATCHDOG / 2, self.source.find(name)).await,
                Ok(Ok(Some(_)))
            ) {
                return true;
            }
        }
        false
    }

    pub(super) fn present_names(&self) -> Vec<String> {
        self.names
            .iter()
            .filter(|name| !self.missing.contains(*name))
            .cloned()
            .collect()
    }

    /// Passes on what is new; answers how much that was.
    pub(super) async fn pass_on(
        &mut self,
        events: Vec<LogEvent>,
        pass: &mut Pass,
    ) -> Result<usize, Gone> {
        let now = self.source.now();
        let begin = self.begin;
        let wanted = events
            .into_iter()
            .filter(|event| event.timestamp >= begin || event.ingestion >= begin);
        let admitted = wanted.filter_map(|mut event| {
            self.seen.admit(pass, &event, now).then(|| {
                self.seen.identify(&mut event);
                event
            })
        });
        let events: Vec<LogEvent> = admitted.collect();
        let count = events.len();
        if count > 0 {
            self.send(LogBatch {
                events,
                notices: Vec::new(),
            })
            .await?;
        }
        Ok(count)
    }

    pub(super) async fn notice(
        &self,
        at: Moment,
        kind: NoticeKind,
        text: String,
    ) -> Result<(), Gone> {
        self.send(LogBatch {
            events: Vec::new(),
            notices: vec![LogNotice { at, kind, text }],
        })
        .await
    }

    pub(super) async fn send(&self, batch: LogBatch) -> Result<(), Gone> {
        self.out.send(Ok(batch)).await.map_err(|_| Gone)
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
