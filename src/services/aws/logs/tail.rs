//! Follows log groups without losing or repeating a line: subscribes first, then back-fills, merges, reconciles, reconnects.
//!
//! The engine knows neither AWS nor the wall clock: both come through [`LogSource`], so that its tests take no time.

use std::{collections::HashSet, future::Future, sync::Arc, time::Duration};

use futures::{
    StreamExt as _,
    future::BoxFuture,
    stream::{self},
};
use parking_lot::Mutex;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    model::{
        Failure, FailureKind, LogBatch, LogEvent, LogQuery, Moment, NoticeKind, TailMode,
        TailStatus,
    },
    net::retry,
};

use super::{
    LogTail,
    backfill::{self, AbortOnDrop, Backfill, Window},
    dedup::{Dedup, Delivery},
    live_session::LiveState,
    reading::{
        BACKFILL_OVERLAP_MS, Lane, OpenGap, RECONCILE_WINDOW_MS, Reading, ReadingCadence,
        UrgentReading,
    },
    source::{LogGroupClass, LogGroupInfo, LogSource, PageRequest},
    tail_output::TailOutput,
    unavailable,
};

/// Groups in one live session.
const GROUPS_PER_SESSION: usize = 10;
/// Sessions of one tail. An account may have fifteen.
const MAX_SESSIONS: usize = 3;
/// How long the first reading waits for the live session, so that lines appear in their order.
const FIRST_READING_DELAY: Duration = Duration::from_secs(3);
/// Between two searches for groups that do not exist yet.
const MISSING_GROUP_RECHECK: Duration = Duration::from_secs(10);
/// Between two attempts to go on after the credentials have expired.
const SIGN_IN_RECHECK: Duration = Duration::from_secs(5);
/// Delivered events are remembered for this time, in milliseconds, and longer while a gap is open.
const DEDUP_WINDOW_MS: i64 = 6 * 60 * 1000;
/// Between two evictions of delivered events.
const EVICTION_INTERVAL: Duration = Duration::from_secs(10);

/// The lane of the groups that live tail can follow.
pub(super) const LIVE_LANE: usize = 0;
/// The lane of the groups that only Logs Insights can read.
const INSIGHTS_LANE: usize = 1;

/// Starts a tail of all groups of the query. `connect` opens the source, and opens it again after a new sign-in.
pub(crate) fn start<S, F, C>(query: LogQuery, connect: C) -> LogTail
where
    S: LogSource,
    F: Future<Output = Result<Arc<S>, Failure>> + Send,
    C: Fn() -> F + Clone + Send + Sync + 'static,
{
    let (out, receiver) = mpsc::channel(16);
    let task = AbortOnDrop(tokio::spawn(async move {
        let source = match connect().await {
            Ok(source) => source,
            Err(failure) => return drop(out.send(Err(failure)).await),
        };
        let chunks: Vec<Vec<String>> = query
            .groups
            .chunks(GROUPS_PER_SESSION)
            .map(<[String]>::to_vec)
            .collect();
        let board = Arc::new(Mutex::new(vec![TailStatus::default(); chunks.len()]));
        let tails = chunks.into_iter().enumerate().map(|(index, names)| {
            let output = TailOutput {
                out: out.clone(),
                board: Arc::clone(&board),
                index,
                sent: TailStatus::default(),
            };
            let tail = Tail::new(Arc::clone(&source), names, &query, output, connect.clone());
            tail.run(index >= MAX_SESSIONS)
        });
        futures::future::join_all(tails).await;
    }));
    stream::unfold((receiver, task), |(mut receiver, task)| async move {
        receiver.recv().await.map(|item| (item, (receiver, task)))
    })
    .boxed()
}

/// Why a tail ends.
pub(super) enum TailEnd {
    /// The receiver was dropped.
    ReceiverClosed,
    /// A failure that waiting does not mend.
    Failed(Failure),
}

/// One tail of at most ten groups.
pub(super) struct Tail<S, C> {
    pub(super) source: Arc<S>,
    connect: C,
    names: Vec<String>,
    pub(super) output: TailOutput,
    /// No event before this time is wanted.
    pub(super) begin: Moment,
    /// When the tail started, by the clock of the source.
    pub(super) started: Moment,
    /// How many of the events that existed at the start are wanted.
    pub(super) limit: Option<usize>,
    pub(super) status: TailStatus,
    pub(super) dedup: Dedup,
    evicted_at: Instant,
    /// Groups that live tail follows.
    pub(super) live_groups: Vec<LogGroupInfo>,
    pub(super) live: LiveState,
    /// What the live session has delivered.
    pub(super) live_delivery: Delivery,
    /// What the session before it has delivered, while both run.
    pub(super) old_delivery: Delivery,
    /// Live events that wait for the first reading.
    pub(super) held: Vec<LogEvent>,
    pub(super) held_bytes: usize,
    /// The first and the last second that AWS sampled, until they are read.
    pub(super) sampled: Option<(Moment, Moment)>,
    /// When the live session was lost.
    pub(super) lost: Option<Moment>,
    pub(super) start_failures: u32,
    pub(super) short_sessions: u32,
    /// When the last event arrived.
    pub(super) last_event: Moment,
    pub(super) lanes: [Lane; 2],
    pub(super) urgent: Option<UrgentReading>,
    pub(super) gaps: Vec<OpenGap>,
    /// The group of the window that is being read again after it could not be read.
    pub(super) retrying: Option<String>,
    pub(super) backfill: Option<Backfill>,
    pub(super) reading: Option<Reading>,
    /// Groups that do not exist (yet).
    pub(super) missing: HashSet<String>,
    /// Groups that may not be read.
    pub(super) unreadable: HashSet<String>,
    search: BoxFuture<'static, Vec<LogGroupInfo>>,
}

impl<S, F, C> Tail<S, C>
where
    S: LogSource,
    F: Future<Output = Result<Arc<S>, Failure>> + Send,
    C: Fn() -> F + Send + Sync,
{
    fn new(
        source: Arc<S>,
        names: Vec<String>,
        query: &LogQuery,
        output: TailOutput,
        connect: C,
    ) -> Self {
        let now = source.now();
        let mut dedup = Dedup::default();
        dedup.start_at(now.plus(-DEDUP_WINDOW_MS));
        Self {
            source,
            connect,
            names,
            output,
            begin: query.since.unwrap_or(now),
            started: now,
            limit: query.limit,
            status: TailStatus::default(),
            dedup,
            evicted_at: Instant::now(),
            live_groups: Vec::new(),
            live: LiveState::Waiting(Instant::now()),
            live_delivery: Delivery::default(),
            old_delivery: Delivery::default(),
            held: Vec::new(),
            held_bytes: 0,
            sampled: None,
            lost: None,
            start_failures: 0,
            short_sessions: 0,
            last_event: now,
            lanes: [Lane::default(), Lane::default()],
            urgent: None,
            gaps: Vec::new(),
            retrying: None,
            backfill: None,
            reading: None,
            missing: HashSet::new(),
            unreadable: HashSet::new(),
            search: Box::pin(std::future::pending()),
        }
    }

    /// Runs until the receiver is dropped, or a failure that waiting does not mend.
    async fn run(mut self, is_poll_only: bool) {
        if let Err(TailEnd::Failed(failure)) = self.follow(is_poll_only).await {
            // The tail ends now, whether or not the failure is received.
            let _ = self.output.out.send(Err(failure)).await;
        }
    }

    async fn follow(&mut self, is_poll_only: bool) -> Result<(), TailEnd> {
        self.find_groups().await?;
        if is_poll_only {
            self.live = LiveState::Off;
            self.poll("too many groups for live tail").await?;
        } else if self.live_groups.is_empty() && self.missing.is_empty() {
            self.live = LiveState::Off;
            self.status.mode = TailMode::Polling;
        }
        self.search = self.search();
        let now = Instant::now();
        let delay = if matches!(self.live, LiveState::Off) {
            Duration::ZERO
        } else {
            FIRST_READING_DELAY
        };
        self.lanes[LIVE_LANE].due = Some(now + delay);
        self.lanes[INSIGHTS_LANE].due = Some(now);
        loop {
            let due = self.next_due();
            tokio::select! {
                biased;
                event = self.live.next() => self.on_live_event(event).await?,
                item = backfill::next(&mut self.backfill) => self.on_backfill_item(item).await?,
                () = sleep_until_due(due), if self.backfill.is_none() => self.start_reading(),
                found = &mut self.search => self.on_groups_found(found).await?,
            }
            self.send_changed_status().await?;
            self.evict();
        }
    }

    /// Finds the groups of the tail and sorts them by the way in which they can be read.
    async fn find_groups(&mut self) -> Result<(), TailEnd> {
        for name in self.names.clone() {
            let mut failures = 0;
            loop {
                match self.source.find_group(&name).await {
                    Ok(Some(group)) => self.add_group(group).await?,
                    Ok(None) => self.tell_missing(&name).await?,
                    Err(failure) if failure.kind.is_transient() => {
                        tracing::info!(%failure, "a log group could not be looked up");
                        failures += 1;
                        sleep(retry::LOG_GROUP.wait(failures)).await;
                        continue;
                    }
                    Err(failure) => return Err(TailEnd::Failed(failure)),
                }
                break;
            }
        }
        Ok(())
    }

    async fn add_group(&mut self, group: LogGroupInfo) -> Result<(), TailEnd> {
        let now = self.source.now();
        match group.class {
            LogGroupClass::Standard => {
                self.lanes[LIVE_LANE].groups.push(group.name.clone());
                self.live_groups.push(group);
            }
            LogGroupClass::InfrequentAccess => {
                let text = format!(
                    "{} is of the Infrequent Access class: Logs Insights reads it every 30 seconds",
                    group.name
                );
                self.lanes[INSIGHTS_LANE].groups.push(group.name);
                self.notice(now, NoticeKind::Polling, text).await?;
            }
            LogGroupClass::Delivery => {
                let text = format!(
                    "{} is of the Delivery class: its events are delivered elsewhere and cannot be read",
                    group.name
                );
                self.unreadable.insert(group.name.clone());
                self.add_gap(OpenGap::never_readable(Window {
                    group: group.name,
                    from: self.begin,
                    limit: None,
                    resume: None,
                }));
                self.notice(now, NoticeKind::Unavailable, text).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn tell_missing(&mut self, name: &str) -> Result<(), TailEnd> {
        if !self.missing.insert(name.to_owned()) {
            return Ok(());
        }
        for lane in &mut self.lanes {
            lane.groups.retain(|group| group != name);
        }
        self.live_groups.retain(|group| group.name != name);
        let failure = Failure::new(
            FailureKind::NotFound,
            "following the log",
            "the group does not exist",
        );
        let notice = unavailable(self.source.now(), name, &failure);
        self.send(LogBatch {
            notices: vec![notice],
            ..LogBatch::default()
        })
        .await
    }

    /// Looks for missing groups after a while. A group that could only be assumed counts as found once a page can be read.
    fn search(&self) -> BoxFuture<'static, Vec<LogGroupInfo>> {
        if self.missing.is_empty() {
            return Box::pin(std::future::pending());
        }
        let source = Arc::clone(&self.source);
        let names: Vec<String> = self.missing.iter().cloned().collect();
        Box::pin(async move {
            sleep(MISSING_GROUP_RECHECK).await;
            let mut found = Vec::new();
            for name in names {
                let search = timeout(MISSING_GROUP_RECHECK, source.find_group(&name)).await;
                if let Ok(Ok(Some(group))) = search
                    && (!group.is_assumed || can_be_read(&*source, &name).await)
                {
                    found.push(group);
                }
            }
            found
        })
    }

    /// Looks for missing groups from now on.
    pub(super) fn restart_search(&mut self) {
        self.search = self.search();
    }

    async fn on_groups_found(&mut self, found: Vec<LogGroupInfo>) -> Result<(), TailEnd> {
        let restarts = found
            .iter()
            .any(|group| group.class == LogGroupClass::Standard);
        for group in found {
            self.missing.remove(&group.name);
            let from = self.lanes[LIVE_LANE]
                .covered
                .map_or(self.begin, |covered| covered.plus(-BACKFILL_OVERLAP_MS))
                .max(self.begin);
            self.gaps.retain(|gap| gap.window.group != group.name);
            self.add_group(group).await?;
            self.plan_routine(from);
        }
        if restarts && !matches!(self.live, LiveState::Off) {
            self.live = LiveState::Waiting(Instant::now());
        }
        self.search = self.search();
        Ok(())
    }

    /// Returns whether a lane's lines arrive apart from being read.
    pub(super) fn pace(&self, lane: usize) -> ReadingCadence {
        if lane == INSIGHTS_LANE {
            return ReadingCadence::Insights;
        }
        let quiet = self.source.now().since(self.last_event);
        match self.status.mode {
            TailMode::Polling => ReadingCadence::Polling,
            TailMode::Starting | TailMode::Live | TailMode::Reconnecting | TailMode::Paused => {
                if quiet < RECONCILE_WINDOW_MS {
                    ReadingCadence::Busy
                } else {
                    ReadingCadence::Quiet
                }
            }
        }
    }

    /// Reads stored events every few seconds from now on.
    pub(super) async fn poll(&mut self, reason: &str) -> Result<(), TailEnd> {
        let is_new = self.status.mode != TailMode::Polling;
        self.status.mode = TailMode::Polling;
        self.lanes[LIVE_LANE].due = Some(Instant::now());
        if is_new {
            let text = format!("stored lines are read every few seconds instead of live: {reason}");
            self.notice(self.source.now(), NoticeKind::Polling, text)
                .await?;
        }
        Ok(())
    }

    /// Waits until the credentials are valid again. The lines of the meantime are read afterwards.
    pub(super) async fn pause(&mut self, failure: &Failure) -> Result<(), TailEnd> {
        let mode = std::mem::replace(&mut self.status.mode, TailMode::Paused);
        let paused = self.source.now();
        let hint = failure
            .hint
            .as_ref()
            .map_or_else(String::new, |hint| format!(" ({hint})"));
        let text = format!(
            "paused, the AWS credentials are not valid any more: {}; the tail goes on after a new sign-in{hint}",
            failure.cause
        );
        self.notice(paused, NoticeKind::Paused, text).await?;
        let probe = self.names.first().cloned().unwrap_or_default();
        loop {
            sleep(SIGN_IN_RECHECK).await;
            let Ok(source) = (self.connect)().await else {
                continue;
            };
            match source.find_group(&probe).await {
                Err(failure) if failure.kind == FailureKind::SignIn => {}
                Err(failure) if failure.kind.is_transient() => {}
                Ok(_) | Err(_) => {
                    self.source = source;
                    break;
                }
            }
        }
        self.status.mode = match mode {
            TailMode::Polling => TailMode::Polling,
            TailMode::Starting | TailMode::Live | TailMode::Reconnecting | TailMode::Paused => {
                TailMode::Reconnecting
            }
        };
        self.lost = self.lost.or(Some(paused));
        if !matches!(self.live, LiveState::Off) {
            self.live = LiveState::Waiting(Instant::now());
        }
        let now = Instant::now();
        for lane in &mut self.lanes {
            lane.due = Some(now);
        }
        self.search = self.search();
        Ok(())
    }

    fn evict(&mut self) {
        if self.evicted_at.elapsed() < EVICTION_INTERVAL {
            return;
        }
        self.evicted_at = Instant::now();
        let mut horizon = self.source.now().plus(-DEDUP_WINDOW_MS);
        let gaps = self.gaps.iter().filter(|gap| !gap.is_abandoned());
        let windows = gaps.map(|gap| gap.window.from);
        let covered = self.lanes.iter().filter_map(Lane::reach);
        let planned = self.urgent.iter().map(|urgent| urgent.from);
        let current = self.reading.iter().map(|reading| reading.from);
        for moment in windows.chain(covered).chain(planned).chain(current) {
            horizon = horizon.min(moment.plus(-RECONCILE_WINDOW_MS));
        }
        self.dedup
            .evict(horizon, [&mut self.live_delivery, &mut self.old_delivery]);
    }
}

async fn can_be_read<S: LogSource>(source: &S, name: &str) -> bool {
    let request = PageRequest {
        group: name.to_owned(),
        from: Some(source.now()),
        until: None,
        newest_first: false,
        limit: 1,
        token: None,
    };
    source.page(&request).await.is_ok()
}

/// Waits for a time; for ever without one.
async fn sleep_until_due(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
