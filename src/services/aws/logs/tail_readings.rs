//! The readings of stored events that a tail makes: which is due, and what becomes of its results.

use std::{future::Future, sync::Arc};

use tokio::time::Instant;

use crate::model::{Failure, FailureKind, LogBatch, Moment, NoticeKind, TailMode, pluralize};

use crate::services::aws::failure::is_unknown_operation;

use super::{
    backfill::{self, BackfillItem, Window},
    live_session::LiveState,
    reading::{OpenGap, Reading, ReadingReason, UrgentReading},
    source::LogSource,
    tail::{LIVE_LANE, Tail, TailEnd},
    tail_events::SAMPLED_SETTLE,
    unavailable,
};

impl<S, F, C> Tail<S, C>
where
    S: LogSource,
    F: Future<Output = Result<Arc<S>, Failure>> + Send,
    C: Fn() -> F + Send + Sync,
{
    /// Returns when the next reading is due.
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
        let mut reading = Reading::routine(asked);
        let has_begun = self.lanes[LIVE_LANE].covered.is_some();
        let windows = if let Some(urgent) = self.urgent.take_if(|it| has_begun && it.due <= now) {
            reading.lane = Some(LIVE_LANE);
            reading.reason = urgent.reason;
            self.windows(LIVE_LANE, urgent.from.max(self.begin), None)
        } else if let Some(index) = self.gaps.iter().position(|gap| gap.due <= now) {
            let gap = self.gaps.swap_remove(index);
            reading.reason = ReadingReason::Retry;
            reading.attempts = gap.attempts;
            self.retrying = Some(gap.window.group.clone());
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
            let (from, is_full) = self.lanes.get(lane).map_or((self.begin, true), |lane| {
                lane.from(self.begin, pace, asked)
            });
            reading.is_full = is_full;
            self.windows(lane, from, self.limit.filter(|_| is_first))
        } else {
            // Only something that waits for the first reading is due.
            self.urgent = self.urgent.take().map(|urgent| UrgentReading {
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
            Some(BackfillItem::Newest(newest)) => {
                let delivered = self.deliver(newest.events, &mut reading.delivery).await;
                reading.found += delivered?;
                self.reading = Some(reading);
                match newest.complete_from {
                    None => Ok(()),
                    complete_from => {
                        self.send(LogBatch {
                            complete_from,
                            ..LogBatch::default()
                        })
                        .await
                    }
                }
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
        self.retrying = None;
        match failure.kind {
            FailureKind::NotFound if !is_unknown_operation(&failure) => {
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
            FailureKind::NotFound
            | FailureKind::Denied
            | FailureKind::Usage
            | FailureKind::Conflict
            | FailureKind::Refused => {
                reading.has_failed = true;
                self.on_window_refused(failure, window, reading.attempts + 1)
                    .await
            }
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
        self.add_gap(OpenGap::new(window, attempts));
        if is_known {
            return Ok(());
        }
        self.notice(self.source.now(), NoticeKind::GapOpen, text)
            .await
    }

    /// Leaves a group that may not be read out of the routine readings. What it holds stays an open gap, which is tried
    /// again. The tail ends if it was the last group.
    async fn on_window_refused(
        &mut self,
        failure: Failure,
        window: Window,
        attempts: u32,
    ) -> Result<(), TailEnd> {
        let group = window.group.clone();
        let is_new = self.unreadable.insert(group.clone());
        self.add_gap(OpenGap::refused(window, attempts));
        let is_last = self
            .lanes
            .iter()
            .flat_map(|lane| &lane.groups)
            .all(|group| self.unreadable.contains(group));
        let has_other_way =
            self.live.is_running() || !is_new && !matches!(self.live, LiveState::Off);
        if is_last && !has_other_way {
            return Err(TailEnd::Failed(failure));
        }
        if !is_new {
            return Ok(());
        }
        let notices = vec![unavailable(self.source.now(), &group, &failure)];
        self.send(LogBatch {
            notices,
            ..LogBatch::default()
        })
        .await
    }

    /// Adds a gap. A gap of the same group that reaches at least as far back covers it; one that reaches less far back is
    /// covered by it, since every window ends now.
    pub(super) fn add_gap(&mut self, new: OpenGap) {
        let window = &new.window;
        if self
            .gaps
            .iter()
            .any(|gap| gap.window.group == window.group && gap.window.from <= window.from)
        {
            return;
        }
        self.gaps.retain(|gap| gap.window.group != window.group);
        self.gaps.push(new);
    }

    async fn finish_reading(&mut self, reading: Reading) -> Result<(), TailEnd> {
        let retried = self.retrying.take();
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
            ReadingReason::Sampled => Some((
                NoticeKind::Sampled,
                format!("{events} that AWS left out were read"),
            )),
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
        if let Some(group) = retried.filter(|_| !reading.has_failed) {
            self.unreadable.remove(&group);
        }
        self.settle_sampled(&reading);
        if let Some(index) = reading.lane {
            let pace = self.pace(index);
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.finish(reading.asked, reading.is_full, pace);
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

    /// What AWS left out is read once a reading of it began after its events had become visible.
    fn settle_sampled(&mut self, reading: &Reading) {
        let has_read = |(first, last): (Moment, Moment)| {
            let settled = SAMPLED_SETTLE.as_millis() as i64;
            reading.from <= first && reading.asked.since(last) >= settled
        };
        if reading.lane == Some(LIVE_LANE)
            && !reading.has_failed
            && self.sampled.is_some_and(has_read)
        {
            self.sampled = None;
            self.status.is_sampled = false;
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
