//! How a tail reacts to its live session and to what it reads.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    model::{Failure, FailureKind, LogBatch, LogEvent, Moment, NoticeKind, TailMode, pluralize},
    net::retry,
};

use super::{
    backfill::{self, BackfillItem, Window},
    dedup::Delivery,
    live_session::{LiveEvent, LiveState},
    reading::{BACKFILL_OVERLAP_MS, OpenGap, Reading, ReadingReason, Urgent},
    source::{LiveSession, LiveUpdate, LogSource},
    tail::{LIVE_LANE, Tail, TailEnd},
    unavailable,
};

/// A second that AWS sampled is read once its events have become visible.
const SAMPLED_SETTLE: Duration = Duration::from_secs(3);
/// Live events that are held back during the first reading. More are read instead.
const MAX_HELD: usize = 20_000;
/// Bytes of the same.
const MAX_HELD_BYTES: usize = 32 << 20;
/// A receiver that takes longer than this for a batch makes the service drop updates, in milliseconds.
const SLOW_RECEIVER_MS: i64 = 5_000;
/// After this many short sessions in a row, stored events are read instead for a while.
const MAX_SHORT_SESSIONS: u32 = 5;
/// After this many failed starts in a row, stored events are read instead until a start succeeds.
const MAX_START_FAILURES: u32 = 4;
/// Between two attempts to start a session while stored events are read instead.
const LIVE_RETRY: Duration = Duration::from_mins(5);
/// Before a session is tried again if one of its groups has disappeared.
const GROUP_GONE_RETRY: Duration = Duration::from_secs(10);

impl<S, F, C> Tail<S, C>
where
    S: LogSource,
    F: Future<Output = Result<Arc<S>, Failure>> + Send,
    C: Fn() -> F + Send + Sync,
{
    pub(super) async fn on_live_event(&mut self, event: LiveEvent) -> Result<(), TailEnd> {
        match event {
            LiveEvent::StartDue => {
                self.live = if self.live_groups.is_empty() {
                    LiveState::Waiting(Instant::now() + GROUP_GONE_RETRY)
                } else {
                    let source = Arc::clone(&self.source);
                    let groups = self.live_groups.clone();
                    LiveState::starting(Box::pin(
                        async move { source.start_session(&groups).await },
                    ))
                };
                Ok(())
            }
            LiveEvent::Started(session) => self.on_started(session).await,
            LiveEvent::Update(update) => self.on_update(update).await,
            LiveEvent::Failed(failure) if self.live.is_running() => {
                self.on_session_lost(failure).await
            }
            LiveEvent::Failed(failure) => self.on_start_failed(failure).await,
        }
    }

    async fn on_started(&mut self, session: LiveSession) -> Result<(), TailEnd> {
        let now = self.source.now();
        self.live = LiveState::running(session);
        self.live_delivery = Delivery::default();
        self.start_failures = 0;
        let before = std::mem::replace(&mut self.status.mode, TailMode::Live);
        if matches!(before, TailMode::Starting | TailMode::Polling) {
            let again = if before == TailMode::Polling {
                " again"
            } else {
                ""
            };
            let text = match self.live_groups.len() {
                1 => format!("live tail{again}"),
                count => format!("live tail of {count} groups{again}"),
            };
            self.notice(now, NoticeKind::Started, text).await?;
        }
        let Some(covered) = self.lanes[LIVE_LANE].covered else {
            // The first reading follows at once, unless it is running already.
            match &self.reading {
                None => self.lanes[LIVE_LANE].due = Some(Instant::now()),
                Some(reading) => self.plan_routine(reading.asked.plus(-BACKFILL_OVERLAP_MS)),
            }
            self.lost = None;
            return Ok(());
        };
        let reason = self
            .lost
            .take()
            .map_or(ReadingReason::Routine, ReadingReason::Lost);
        self.plan(Urgent {
            due: Instant::now(),
            reason,
            from: covered.plus(-BACKFILL_OVERLAP_MS).max(self.begin),
        });
        Ok(())
    }

    async fn on_update(&mut self, update: LiveUpdate) -> Result<(), TailEnd> {
        let now = self.source.now();
        if update.sampled {
            let is_new = !std::mem::replace(&mut self.status.is_sampled, true);
            self.plan(Urgent {
                due: Instant::now() + SAMPLED_SETTLE,
                reason: ReadingReason::Sampled,
                from: now.plus(-5_000),
            });
            if is_new {
                let text =
                    "more than 500 events in a second: AWS left some out, which are being read";
                self.notice(now, NoticeKind::Sampled, text.to_owned())
                    .await?;
            }
        }
        if update.events.is_empty() {
            return Ok(());
        }
        self.last_event = now;
        if !self.status.is_backfilled {
            self.hold(update.events, now);
            return Ok(());
        }
        let mut delivery = std::mem::take(&mut self.live_delivery);
        let delivered = self.deliver(update.events, &mut delivery).await;
        self.live_delivery = delivery;
        delivered?;
        if self.source.now().since(now) > SLOW_RECEIVER_MS {
            // The receiver held the session up, and the service has dropped what it could not send meanwhile.
            self.plan_routine(now.plus(-BACKFILL_OVERLAP_MS));
        }
        Ok(())
    }

    /// Keeps live events until the first reading has ended; those that do not fit are read.
    fn hold(&mut self, events: Vec<LogEvent>, now: Moment) {
        let bytes: usize = events.iter().map(|event| event.message.len()).sum();
        if self.held.len() < MAX_HELD && self.held_bytes + bytes <= MAX_HELD_BYTES {
            self.held_bytes += bytes;
            self.held.extend(events);
        } else {
            self.plan_routine(now.plus(-BACKFILL_OVERLAP_MS));
        }
    }

    async fn on_session_lost(&mut self, failure: Failure) -> Result<(), TailEnd> {
        if self.live.is_short() {
            self.short_sessions += 1;
        } else {
            self.short_sessions = 0;
        }
        if failure.kind == FailureKind::SignIn {
            return self.pause(&failure).await;
        }
        let has_ended_in_order = failure.code.as_deref() == Some("SessionTimeoutException");
        if !has_ended_in_order {
            tracing::info!(%failure, "live tail was lost");
            self.lost = Some(self.source.now());
            self.status.mode = TailMode::Reconnecting;
        }
        if self.short_sessions >= MAX_SHORT_SESSIONS {
            self.short_sessions = 0;
            self.live = LiveState::Waiting(Instant::now() + LIVE_RETRY);
            return self.poll("live tail ends again and again").await;
        }
        let wait = retry::backoff(
            self.short_sessions,
            Duration::from_millis(400),
            Duration::from_secs(2),
        );
        self.live = LiveState::Waiting(Instant::now() + wait);
        Ok(())
    }

    async fn on_start_failed(&mut self, failure: Failure) -> Result<(), TailEnd> {
        if self.lanes[LIVE_LANE].covered.is_none() && self.reading.is_none() {
            self.lanes[LIVE_LANE].due = Some(Instant::now());
        }
        match failure.kind {
            FailureKind::SignIn if self.lanes[LIVE_LANE].covered.is_none() => {
                Err(TailEnd::Failed(failure))
            }
            FailureKind::SignIn => self.pause(&failure).await,
            FailureKind::Denied | FailureKind::Usage => {
                self.live = LiveState::Off;
                self.poll(&failure.cause).await
            }
            FailureKind::Conflict | FailureKind::Refused => {
                self.live = LiveState::Waiting(Instant::now() + LIVE_RETRY);
                self.poll(&failure.cause).await
            }
            FailureKind::NotFound => {
                self.live = LiveState::Waiting(Instant::now() + GROUP_GONE_RETRY);
                Ok(())
            }
            FailureKind::Throttled
            | FailureKind::Network
            | FailureKind::Timeout
            | FailureKind::Server
            | FailureKind::Cancelled => {
                self.start_failures += 1;
                if self.start_failures >= MAX_START_FAILURES {
                    self.live = LiveState::Waiting(Instant::now() + LIVE_RETRY);
                    return self.poll(&failure.cause).await;
                }
                let wait = retry::backoff(
                    self.start_failures,
                    Duration::from_secs(1),
                    Duration::from_secs(10),
                );
                self.live = LiveState::Waiting(Instant::now() + wait);
                Ok(())
            }
        }
    }

    /// Plans a reading that is due earlier than the routine ones.
    pub(super) fn plan(&mut self, urgent: Urgent) {
        self.urgent = Some(match self.urgent.take() {
            Some(planned) => planned.merge(urgent),
            None => urgent,
        });
    }

    /// Plans a reading from a time on, once the events of this moment have become visible.
    pub(super) fn plan_routine(&mut self, from: Moment) {
        self.plan(Urgent {
            due: Instant::now() + SAMPLED_SETTLE,
            reason: ReadingReason::Routine,
            from: from.max(self.begin),
        });
    }

    /// When the next reading is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let lanes = self
            .lanes
            .iter()
            .filter(|lane| !lane.groups.is_empty())
            .filter_map(|lane| lane.due);
        let urgent = self.urgent.as_ref().map(|urgent| urgent.due);
        let gaps = self.gaps.iter().map(|gap| gap.due);
        lanes.chain(urgent).chain(gaps).min()
    }

    /// Starts the reading that is due.
    pub(super) fn start_reading(&mut self) {
        let now = Instant::now();
        let asked = self.source.now();
        let mut reading = Reading {
            lane: None,
            reason: ReadingReason::Routine,
            asked,
            from: asked,
            found: 0,
            has_failed: false,
            attempts: 0,
            delivery: Delivery::default(),
        };
        let has_begun = self.lanes[LIVE_LANE].covered.is_some();
        let windows = if let Some(urgent) = self.urgent.take_if(|it| has_begun && it.due <= now) {
            reading.lane = Some(LIVE_LANE);
            reading.reason = urgent.reason;
            self.windows(LIVE_LANE, urgent.from.max(self.begin), None)
        } else if let Some(index) = self.gaps.iter().position(|gap| gap.due <= now) {
            let gap = self.gaps.swap_remove(index);
            reading.reason = ReadingReason::Retry;
            reading.attempts = gap.attempts;
            vec![gap.window]
        } else if let Some(lane) = self
            .lanes
            .iter()
            .position(|lane| !lane.groups.is_empty() && lane.due.is_some_and(|due| due <= now))
        {
            reading.lane = Some(lane);
            let is_first = self
                .lanes
                .get(lane)
                .is_some_and(|lane| lane.covered.is_none());
            if is_first {
                reading.reason = ReadingReason::First;
            }
            let pace = self.pace(lane);
            let from = self
                .lanes
                .get(lane)
                .map_or(self.begin, |lane| lane.from(self.begin, pace));
            self.windows(lane, from, self.limit.filter(|_| is_first))
        } else {
            // Only something that waits for the first reading is due.
            self.urgent = self.urgent.take().map(|urgent| Urgent {
                due: now + SAMPLED_SETTLE,
                ..urgent
            });
            return;
        };
        reading.from = windows
            .iter()
            .map(|window| window.from)
            .min()
            .unwrap_or(asked);
        self.backfill = Some(backfill::start(&self.source, windows));
        self.reading = Some(reading);
    }

    fn windows(&self, lane: usize, from: Moment, limit: Option<usize>) -> Vec<Window> {
        let groups = self.lanes.get(lane).map_or(&[][..], |lane| &lane.groups);
        groups
            .iter()
            .filter(|group| !self.unreadable.contains(*group))
            .map(|group| Window {
                group: group.clone(),
                from,
                limit,
                resume: None,
            })
            .collect()
    }

    pub(super) async fn on_backfill_item(
        &mut self,
        item: Option<BackfillItem>,
    ) -> Result<(), TailEnd> {
        let Some(mut reading) = self.reading.take() else {
            self.backfill = None;
            return Ok(());
        };
        match item {
            None => {
                self.backfill = None;
                self.finish_reading(reading).await
            }
            Some(BackfillItem::Page(events)) => {
                let delivered = self.deliver(events, &mut reading.delivery).await;
                reading.found += delivered?;
                self.reading = Some(reading);
                Ok(())
            }
            Some(BackfillItem::Failed(failure, window)) => {
                let result = self.on_window_failed(failure, *window, &mut reading).await;
                self.reading = Some(reading);
                result
            }
        }
    }

    async fn on_window_failed(
        &mut self,
        failure: Failure,
        window: Window,
        reading: &mut Reading,
    ) -> Result<(), TailEnd> {
        match failure.kind {
            FailureKind::NotFound => {
                let name = window.group;
                self.tell_missing(&name).await?;
                self.restart_search();
                Ok(())
            }
            FailureKind::SignIn if !self.status.is_backfilled && self.lost.is_none() => {
                Err(TailEnd::Failed(failure))
            }
            FailureKind::SignIn => {
                reading.has_failed = true;
                self.gaps.push(OpenGap::new(window, 1));
                self.pause(&failure).await
            }
            FailureKind::Throttled
            | FailureKind::Network
            | FailureKind::Timeout
            | FailureKind::Server
            | FailureKind::Cancelled => {
                reading.has_failed = true;
                self.open_gap(failure, window, reading.attempts + 1).await
            }
            FailureKind::Denied
            | FailureKind::Usage
            | FailureKind::Conflict
            | FailureKind::Refused => self.give_group_up(failure, &window.group).await,
        }
    }

    /// Keeps a window that could not be read, to try it again, and says so the first time.
    async fn open_gap(
        &mut self,
        failure: Failure,
        window: Window,
        attempts: u32,
    ) -> Result<(), TailEnd> {
        let text = format!(
            "{}: the lines since {} could not be read and are tried again: {}",
            window.group,
            window.from.iso(),
            failure.cause
        );
        let is_known = attempts > 1 || self.gaps.iter().any(|gap| gap.window.group == window.group);
        self.add_gap(window, attempts);
        if is_known {
            return Ok(());
        }
        self.notice(self.source.now(), NoticeKind::GapOpen, text)
            .await
    }

    /// Leaves a group out that may not be read. The tail ends if it was the last one.
    async fn give_group_up(&mut self, failure: Failure, group: &str) -> Result<(), TailEnd> {
        let is_new = self.unreadable.insert(group.to_owned());
        let is_last = self
            .lanes
            .iter()
            .flat_map(|lane| &lane.groups)
            .all(|group| self.unreadable.contains(group));
        if is_last && !self.live.is_running() {
            return Err(TailEnd::Failed(failure));
        }
        if !is_new {
            return Ok(());
        }
        let notices = vec![unavailable(self.source.now(), group, &failure)];
        self.send(LogBatch {
            notices,
            ..LogBatch::default()
        })
        .await
    }

    /// Adds a gap. A gap of the same group that reaches at least as far back covers it; one that reaches less far back is
    /// covered by it, since every window ends now.
    fn add_gap(&mut self, window: Window, attempts: u32) {
        if self
            .gaps
            .iter()
            .any(|gap| gap.window.group == window.group && gap.window.from <= window.from)
        {
            return;
        }
        self.gaps.retain(|gap| gap.window.group != window.group);
        self.gaps.push(OpenGap::new(window, attempts));
    }

    async fn finish_reading(&mut self, reading: Reading) -> Result<(), TailEnd> {
        let now = self.source.now();
        let events = pluralize(reading.found, "event");
        let notice = match reading.reason {
            _ if reading.has_failed => None,
            ReadingReason::Lost(at) => Some((
                NoticeKind::GapFilled,
                format!(
                    "reconnected after {:.1} s, {events} filled in",
                    reading.asked.since(at).max(0) as f64 / 1000.0
                ),
            )),
            ReadingReason::Sampled => {
                self.status.is_sampled = false;
                Some((
                    NoticeKind::Sampled,
                    format!("{events} that AWS left out were read"),
                ))
            }
            ReadingReason::Retry => Some((
                NoticeKind::GapFilled,
                format!("the gap was read, {events} filled in"),
            )),
            ReadingReason::Routine if reading.found > 0 && self.status.mode == TailMode::Live => {
                Some((
                    NoticeKind::Reconciled,
                    format!("{events} that live tail had not delivered were read"),
                ))
            }
            ReadingReason::Routine | ReadingReason::First => None,
        };
        if let Some(index) = reading.lane {
            let pace = self.pace(index);
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.finish(reading.asked, pace);
            }
        }
        if reading.reason == ReadingReason::First {
            self.finish_first_reading().await?;
        }
        match notice {
            Some((kind, text)) => self.notice(now, kind, text).await,
            None => Ok(()),
        }
    }

    /// Delivers what arrived live during the first reading.
    async fn finish_first_reading(&mut self) -> Result<(), TailEnd> {
        let is_done = self
            .lanes
            .iter()
            .all(|lane| lane.groups.is_empty() || lane.covered.is_some());
        if !is_done {
            return Ok(());
        }
        self.status.is_backfilled = true;
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        let mut delivery = std::mem::take(&mut self.live_delivery);
        let delivered = self.deliver(held, &mut delivery).await;
        self.live_delivery = delivery;
        delivered.map(drop)
    }
}
