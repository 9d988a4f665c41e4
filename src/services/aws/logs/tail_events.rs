//! How a tail reacts to its live session.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    model::{Failure, FailureKind, LogBatch, LogEvent, Moment, NoticeKind, TailMode},
    net::retry,
};

use super::{
    dedup::Delivery,
    live_session::{LiveEvent, LiveState},
    reading::{BACKFILL_OVERLAP_MS, ReadingReason, UrgentReading},
    source::{LiveSession, LiveUpdate, LogSource},
    tail::{LIVE_LANE, Tail, TailEnd},
};

/// A second that AWS sampled is read once its events have become visible.
pub(super) const SAMPLED_SETTLE: Duration = Duration::from_secs(3);
/// How far before an update that was sampled its events may lie, in milliseconds.
const SAMPLED_REACH_MS: i64 = 5_000;
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
/// The same after the service could not be reached, as while a machine changes its network: nothing was refused.
const UNREACHABLE_RETRY: Duration = Duration::from_mins(1);
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
            LiveEvent::RolloverDue => {
                let source = Arc::clone(&self.source);
                let groups = self.live_groups.clone();
                self.live
                    .start_successor(Box::pin(async move { source.start_session(&groups).await }));
                Ok(())
            }
            LiveEvent::SuccessorStarted(session) => {
                self.live.succeed(session);
                self.old_delivery = std::mem::take(&mut self.live_delivery);
                Ok(())
            }
            LiveEvent::SuccessorFailed(failure) => {
                tracing::info!(%failure, "the next live tail could not be started");
                self.live.postpone_successor();
                Ok(())
            }
            LiveEvent::OldUpdate(update) => self.on_old_update(update).await,
            LiveEvent::RolloverEnded => {
                self.live.end_rollover();
                self.old_delivery = Delivery::default();
                Ok(())
            }
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
        self.plan(UrgentReading {
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
            let from = now.plus(-SAMPLED_REACH_MS);
            let first = self.sampled.map_or(from, |(first, _)| first);
            self.sampled = Some((first, now));
            self.plan(UrgentReading {
                due: Instant::now() + SAMPLED_SETTLE,
                reason: ReadingReason::Sampled,
                from,
            });
            if is_new {
                let text =
                    "more than 500 events in a second: AWS left some out, which are being read";
                self.notice(now, NoticeKind::Sampled, text.to_owned())
                    .await?;
            }
        }
        self.on_unknown(update.unknown).await?;
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

    /// Counts messages of a kind that is not known here. Whatever they said of lines, what is stored is read.
    async fn on_unknown(&mut self, count: usize) -> Result<(), TailEnd> {
        if count == 0 {
            return Ok(());
        }
        self.status.unknown += count;
        self.plan_routine(self.source.now().plus(-BACKFILL_OVERLAP_MS));
        self.send(LogBatch::default()).await
    }

    /// Takes an update of the session before the running one.
    async fn on_old_update(&mut self, update: LiveUpdate) -> Result<(), TailEnd> {
        self.on_unknown(update.unknown).await?;
        let mut delivery = std::mem::take(&mut self.old_delivery);
        let delivered = self.deliver(update.events, &mut delivery).await;
        self.old_delivery = delivery;
        delivered.map(drop)
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
        let wait = retry::LIVE_TAIL_NEXT.wait(self.short_sessions);
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
                    let is_unreachable =
                        matches!(failure.kind, FailureKind::Network | FailureKind::Timeout);
                    let pause = if is_unreachable {
                        UNREACHABLE_RETRY
                    } else {
                        LIVE_RETRY
                    };
                    self.live = LiveState::Waiting(Instant::now() + pause);
                    return self.poll(&failure.cause).await;
                }
                let wait = retry::LIVE_TAIL_START.wait(self.start_failures);
                self.live = LiveState::Waiting(Instant::now() + wait);
                Ok(())
            }
        }
    }

    /// Plans a reading that is due earlier than the routine ones.
    pub(super) fn plan(&mut self, urgent: UrgentReading) {
        self.urgent = Some(match self.urgent.take() {
            Some(planned) => planned.merge(&urgent),
            None => urgent,
        });
    }

    /// Plans a reading from a time on, once the events of this moment have become visible.
    pub(super) fn plan_routine(&mut self, from: Moment) {
        self.plan(UrgentReading {
            due: Instant::now() + SAMPLED_SETTLE,
            reason: ReadingReason::Routine,
            from: from.max(self.begin),
        });
    }
}
