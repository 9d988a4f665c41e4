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
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    model::{Failure, FailureKind, LogBatch, LogEvent, LogNotice, LogQuery, Moment, NoticeKind},
    services::retry,
};

use super::{
    fill::{self, Fill},
    logs::{Ask, Group, LogTail, Page, unavailable},
    seen::{Pass, Seen},
};

/// A session sends an update each second: silence for this long is a dead connection.
const WATCHDOG: Duration = Duration::from_secs(5);
/// Starting a session.
const START: Duration = Duration::from_secs(10);
/// Groups in one session.
const GROUPS: usize = 10;
/// Sessions of one tail; an account has fifteen.
const SESSIONS: usize = 3;
/// What is read again before a gap, in milliseconds: events may come in so much later than their time.
const OVERLAP: i64 = 60_000;
/// How often groups that do not exist yet are looked for.
const LOOK: Duration = Duration::from_secs(10);
/// After an update that AWS sampled, its second is read once it has settled.
const SETTLE: Duration = Duration::from_secs(3);
/// Live tail is known to lose lines: what came in lately is read again so often, while lines come.
const RECONCILE: Duration = Duration::from_secs(30);
/// How far a reconciliation reaches back, in milliseconds.
const RECONCILED: i64 = 150_000;
/// Between two polls of all groups.
const POLL: Duration = Duration::from_secs(2);
/// Live tail is tried again so long after it was not to be had for a passing reason.
const LIVE_AGAIN: Duration = Duration::from_mins(5);
/// Live events held back during a back-fill; beyond, they are read with it.
const HELD: usize = 20_000;

/// A reader that takes longer than this for a batch makes the service drop updates, in milliseconds.
const SLOW: i64 = 5_000;

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
    fn newest<'a>(&'a self, group: &'a str, from: Moment, limit: usize) -> BoxFuture<'a, Result<Vec<LogEvent>, Failure>>;
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
        let chunks: Vec<Vec<String>> = query.groups.chunks(GROUPS).map(<[String]>::to_vec).collect();
        let tails = chunks.into_iter().enumerate().map(|(at, groups)| {
            let tail = Tail::new(Arc::clone(&source), groups, &query, out.clone());
            tail.run(at >= SESSIONS)
        });
        futures::future::join_all(tails).await;
    }));
    stream::unfold(
        (receiver, task),
        |(mut receiver, task)| async move { receiver.recv().await.map(|item| (item, (receiver, task))) },
    )
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
struct Gone;

/// Why a session is over.
enum End {
    /// The connection broke or fell silent.
    Lost(Failure),
    /// The service ended it in order, or a group has come into being: start anew at once.
    Anew,
}

/// Why something is read again.
#[derive(Clone, Copy)]
enum Reading {
    /// The beginning: from `since`.
    Begin,
    /// What was missed since the connection was lost.
    Gap(Moment),
    /// What AWS left out.
    Sampled,
    /// What live tail may have lost.
    Late,
}

/// One tail of at most ten groups.
struct Tail<S> {
    source: Arc<S>,
    names: Vec<String>,
    out: Out,
    /// Nothing before this is wanted.
    begin: Moment,
    /// Wanted of what was there at the beginning.
    limit: Option<usize>,
    /// All before this was passed on.
    covered: Option<Moment>,
    seen: Seen,
    missing: HashSet<String>,
}

impl<S: Source> Tail<S> {
    fn new(source: Arc<S>, names: Vec<String>, query: &LogQuery, out: Out) -> Self {
        let begin = query.since.unwrap_or_else(|| source.now());
        Self { source, names, out, begin, limit: query.limit, covered: None, seen: Seen::default(), missing: HashSet::new() }
    }

    /// Runs until nobody listens, or a failure that waiting does not mend.
    async fn run(mut self, poll_only: bool) {
        let ended = if poll_only { self.poll("too many groups for live tail", None).await } else { self.follow().await };
        if let Err(Some(failure)) = ended {
            // Whether anybody still listens makes no difference now.
            let _ = self.out.send(Err(failure)).await;
        }
    }

    /// Sessions one after the other. `Err(None)`: nobody listens.
    async fn follow(&mut self) -> Result<(), Option<Failure>> {
        let (mut failures, mut lost) = (0, None);
        loop {
            let groups = self.present().await?;
            if groups.is_empty() {
                sleep(LOOK).await;
                continue;
            }
            if groups.iter().any(|group| !group.is_standard) {
                self.poll("a group is not of the standard class", None).await?;
            }
            let started = timeout(START, self.source.start(&groups)).await;
            let started =
                started.unwrap_or_else(|_| Err(Failure::new(FailureKind::Timeout, "starting a live tail", "no answer in time")));
            match started {
                Ok(session) => {
                    failures = 0;
                    match self.listen(session, groups.len(), lost.take()).await.map_err(|Gone| None)? {
                        End::Anew => {}
                        End::Lost(failure) => {
                            tracing::info!(%failure, "live tail lost");
                            lost = Some(self.source.now());
                            sleep(retry::backoff(1, Duration::from_millis(400), Duration::from_secs(1))).await;
                        }
                    }
                }
                Err(failure) => match failure.kind {
                    FailureKind::SignIn => return Err(Some(failure)),
                    FailureKind::Denied | FailureKind::Usage => self.poll(&failure.cause, None).await?,
                    FailureKind::Conflict | FailureKind::Refused => self.poll(&failure.cause, Some(LIVE_AGAIN)).await?,
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
                            sleep(retry::backoff(failures, Duration::from_millis(500), Duration::from_secs(10))).await;
                        }
                    }
                },
            }
        }
    }

    /// One session until its end.
    async fn listen(&mut self, mut session: Session, groups: usize, lost: Option<Moment>) -> Result<End, Gone> {
        let now = self.source.now();
        if self.covered.is_none() {
            let what = if groups == 1 { "live tail".to_owned() } else { format!("live tail of {groups} groups") };
            self.notice(now, NoticeKind::Started, what).await?;
        }
        let mut reading = match (self.covered, lost) {
            (None, _) => Reading::Begin,
            (Some(_), Some(at)) => Reading::Gap(at),
            (Some(_), None) => Reading::Late,
        };
        let from = self.covered.map_or(self.begin, |covered| covered.plus(-OVERLAP).max(self.begin));
        let limit = if self.covered.is_none() { self.limit } else { None };
        let mut filling = Some(fill::start(&self.source, self.present_names(), from, limit));
        let (mut live, mut pass, mut held, mut filled) = (Pass::default(), Pass::default(), Some(Vec::new()), 0);
        let mut next_look = Instant::now() + LOOK;
        // What was being taken in while it was read shows up later: it is read once more.
        let mut next_fill = Some((Instant::now() + RECONCILE, Reading::Late, from));
        let (mut heard, mut stirred) = (Instant::now(), now);
        loop {
            tokio::select! {
                biased;
                update = session.next() => {
                    heard = Instant::now();
                    let update = match update {
                        Some(Ok(update)) => update,
                        Some(Err(failure)) if failure.code.as_deref() == Some("SessionTimeoutException") => return Ok(End::Anew),
                        Some(Err(failure)) => return Ok(End::Lost(failure)),
                        None => return Ok(End::Lost(Failure::new(FailureKind::Network, "following the log", "the stream ended"))),
                    };
                    let now = self.source.now();
                    if update.sampled {
                        self.notice(now, NoticeKind::Sampled, "more than 500 events in a second: AWS left some out, which are being read".to_owned()).await?;
                        next_fill = sooner(next_fill, (Instant::now() + SETTLE, Reading::Sampled, now.plus(-3_000)));
                    }
                    if !update.events.is_empty() {
                        stirred = now;
                        next_fill = sooner(next_fill, (Instant::now() + RECONCILE, Reading::Late, now.plus(-RECONCILED)));
                    }
                    match &mut held {
                        Some(held) if held.len() < HELD => held.extend(update.events),
                        // What does not fit is stored, and will be read.
                        Some(_) => next_fill = sooner(next_fill, (Instant::now() + SETTLE, Reading::Sampled, now.plus(-OVERLAP))),
                        None => {
                            self.pass_on(update.events, &mut live).await?;
                            self.covered = Some(now);
                            if self.source.now().since(now) > SLOW {
                                // The reader held us up: the service has dropped what it could not send meanwhile.
                                next_fill = sooner(next_fill, (Instant::now(), Reading::Late, now.plus(-OVERLAP)));
                            }
                        }
                    }
                    self.seen.forget(&mut live, now);
                }
                page = fill::next(&mut filling) => match page {
                    Some(Fill::Page(events)) => filled += self.pass_on(events, &mut pass).await?,
                    Some(Fill::Failed(group, failure)) => {
                        let now = self.source.now();
                        if failure.kind == FailureKind::NotFound {
                            self.missing.insert(group.clone());
                        }
                        self.send(LogBatch { events: Vec::new(), notices: vec![unavailable(now, &group, &failure)] }).await?;
                    }
                    None => {
                        filling = None;
                        self.filled(reading, filled).await?;
                        if let Some(events) = held.take() {
                            self.pass_on(events, &mut live).await?;
                            self.covered = Some(self.source.now());
                        }
                        let now = self.source.now();
                        if now.since(stirred) < RECONCILED {
                            next_fill = sooner(next_fill, (Instant::now() + RECONCILE, Reading::Late, now.plus(-RECONCILED)));
                        }
                    }
                },
                () = sleep_until(next_fill.map_or_else(far, |(at, _, _)| at)), if next_fill.is_some() && filling.is_none() => {
                    if let Some((_, why, from)) = next_fill.take() {
                        (reading, filled, pass) = (why, 0, Pass::default());
                        filling = Some(fill::start(&self.source, self.present_names(), from.max(self.begin), None));
                    }
                }
                () = sleep_until(next_look), if !self.missing.is_empty() => {
                    next_look = Instant::now() + LOOK;
                    if self.something_came().await {
                        return Ok(End::Anew);
                    }
                }
                () = sleep_until(heard + WATCHDOG) => {
                    return Ok(End::Lost(Failure::new(FailureKind::Timeout, "following the log", "no update for five seconds")));
                }
            }
        }
    }

    /// Says what reading again has brought.
    async fn filled(&self, reading: Reading, count: usize) -> Result<(), Gone> {
        let now = self.source.now();
        let events = if count == 1 { "1 event".to_owned() } else { format!("{count} events") };
        match reading {
            Reading::Gap(lost) => {
                let seconds = now.since(lost) as f64 / 1000.0;
                self.notice(now, NoticeKind::GapFilled, format!("reconnected after {seconds:.1} s, {events} filled in")).await
            }
            Reading::Sampled => self.notice(now, NoticeKind::Sampled, format!("{events} that AWS left out were read")).await,
            Reading::Late if count > 0 => self.notice(now, NoticeKind::Late, format!("{events} came late")).await,
            Reading::Begin | Reading::Late => Ok(()),
        }
    }

    /// Reads all groups again and again. Ends after `for_long`, to try live tail again.
    async fn poll(&mut self, why: &str, for_long: Option<Duration>) -> Result<(), Option<Failure>> {
        let gone = |Gone| None;
        self.notice(self.source.now(), NoticeKind::Polling, format!("reading every few seconds instead of live: {why}"))
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
            let back = if round.is_multiple_of(15) { RECONCILED } else { OVERLAP / 2 };
            let from = self.covered.map_or(self.begin, |covered| covered.plus(-back).max(self.begin));
            let limit = if self.covered.is_none() { self.limit } else { None };
            let mut filling = Some(fill::start(&self.source, self.present_names(), from, limit));
            let (mut pass, mut denied, mut broken) = (Pass::default(), 0, false);
            while let Some(page) = fill::next(&mut filling).await {
                match page {
                    Fill::Page(events) => drop(self.pass_on(events, &mut pass).await.map_err(gone)?),
                    Fill::Failed(_, failure) if failure.kind == FailureKind::SignIn => return Err(Some(failure)),
                    Fill::Failed(_, failure) if failure.kind.is_transient() => broken = true,
                    Fill::Failed(group, failure) => {
                        denied += usize::from(failure.kind != FailureKind::NotFound);
                        if denied == self.names.len() {
                            return Err(Some(failure));
                        }
                        if self.missing.insert(group.clone()) {
                            let notices = vec![unavailable(asked, &group, &failure)];
                            self.send(LogBatch { events: Vec::new(), notices }).await.map_err(gone)?;
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
                        let failure = Failure::new(FailureKind::NotFound, "following the log", "no such group");
                        let notices = vec![unavailable(self.source.now(), &name, &failure)];
                        self.send(LogBatch { events: Vec::new(), notices }).await.map_err(|Gone| None)?;
                    }
                }
                Err(failure) if failure.kind.is_transient() => {
                    tracing::info!(%failure, "a group could not be looked for");
                    sleep(retry::backoff(3, Duration::from_millis(500), Duration::from_secs(5))).await;
                    return Ok(Vec::new());
                }
                Err(failure) => return Err(Some(failure)),
            }
        }
        Ok(groups)
    }

    async fn something_came(&self) -> bool {
        for name in &self.missing {
            if matches!(timeout(WATCHDOG / 2, self.source.find(name)).await, Ok(Ok(Some(_)))) {
                return true;
            }
        }
        false
    }

    fn present_names(&self) -> Vec<String> {
        self.names.iter().filter(|name| !self.missing.contains(*name)).cloned().collect()
    }

    /// Passes on what is new; answers how much that was.
    async fn pass_on(&mut self, events: Vec<LogEvent>, pass: &mut Pass) -> Result<usize, Gone> {
        let now = self.source.now();
        let begin = self.begin;
        let events: Vec<LogEvent> = events
            .into_iter()
            .filter(|event| (event.timestamp >= begin || event.ingestion >= begin) && self.seen.admit(pass, event, now))
            .collect();
        let count = events.len();
        if count > 0 {
            self.send(LogBatch { events, notices: Vec::new() }).await?;
        }
        Ok(count)
    }

    async fn notice(&self, at: Moment, kind: NoticeKind, text: String) -> Result<(), Gone> {
        self.send(LogBatch { events: Vec::new(), notices: vec![LogNotice { at, kind, text }] }).await
    }

    async fn send(&self, batch: LogBatch) -> Result<(), Gone> {
        self.out.send(Ok(batch)).await.map_err(|_| Gone)
    }
}

/// A reading to come: when, why, and from when on.
type Planned = (Instant, Reading, Moment);

/// The sooner of two plans, reaching back as far as the farther one.
fn sooner(planned: Option<Planned>, other: Planned) -> Option<Planned> {
    let Some(planned) = planned else { return Some(other) };
    let (when, why, _) = if other.0 < planned.0 { other } else { planned };
    Some((when, why, planned.2.min(other.2)))
}

/// A time that does not come.
fn far() -> Instant {
    Instant::now() + Duration::from_hours(24 * 365)
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
