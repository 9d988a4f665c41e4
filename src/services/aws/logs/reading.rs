//! What a tail reads of the stored events, and when: the beginning, gaps, what AWS sampled, and routine reconciliation.
//!
//! Live tail loses events without saying so, hence the stored events decide: everything of the last two and a half minutes
//! is read again every 30 seconds while lines arrive and every minute while none do.

use std::time::Duration;

use tokio::time::Instant;

use crate::{model::Moment, net::retry};

use super::{backfill::Window, dedup::Delivery};

/// How far a routine reading reaches back, in milliseconds. Events become visible up to 90 seconds after their time.
pub(super) const RECONCILE_WINDOW_MS: i64 = 150_000;
/// How far before a gap is read, in milliseconds.
pub(super) const BACKFILL_OVERLAP_MS: i64 = 60_000;
/// How far most of the readings reach back while there is no live session, in milliseconds.
const POLL_OVERLAP_MS: i64 = 30_000;
/// Between two reconciliations of groups that only Logs Insights can read, in milliseconds. Each scans, and is billed.
const INSIGHTS_RECONCILIATION_MS: i64 = 120_000;
/// Between two reconciliations while stored events are read every few seconds, in milliseconds.
const POLL_RECONCILIATION_MS: i64 = 30_000;
/// Between two reconciliations while lines arrive.
const BUSY_INTERVAL: Duration = Duration::from_secs(30);
/// Between two reconciliations while no lines arrive.
const QUIET_INTERVAL: Duration = Duration::from_mins(1);
/// Between two readings of a group without a live session.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Between two readings of groups that only Logs Insights can read. Each is a query.
const INSIGHTS_INTERVAL: Duration = Duration::from_secs(30);

/// Groups that are read together.
#[derive(Default)]
pub(super) struct Lane {
    /// Log group names.
    pub(super) groups: Vec<String>,
    /// When the next reading is due; `None` before the first one is scheduled.
    pub(super) due: Option<Instant>,
    /// Everything that was visible before this time has been read.
    pub(super) covered: Option<Moment>,
    /// When the last reading began that reached back as far as events may be late.
    reconciled: Option<Moment>,
}

/// How a lane's lines arrive apart from being read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadingCadence {
    /// A live session delivers them, and did so lately.
    Busy,
    /// A live session would deliver them.
    Quiet,
    /// Not at all: reading is the only way.
    Polling,
    /// Not at all, and reading is a query of Logs Insights.
    Insights,
}

impl Lane {
    /// Returns the beginning of the next reading, and whether that reaches back as far as events may be late: from the last such
    /// reading on, whatever was read since.
    pub(super) fn from(&self, begin: Moment, pace: ReadingCadence, now: Moment) -> (Moment, bool) {
        let (overlap, interval) = match pace {
            ReadingCadence::Polling => (POLL_OVERLAP_MS, POLL_RECONCILIATION_MS),
            ReadingCadence::Insights => (BACKFILL_OVERLAP_MS, INSIGHTS_RECONCILIATION_MS),
            ReadingCadence::Busy | ReadingCadence::Quiet => (RECONCILE_WINDOW_MS, 0),
        };
        let (Some(covered), Some(reconciled)) = (self.covered, self.reconciled) else {
            return (begin, true);
        };
        let is_full = now.since(reconciled) >= interval;
        let from = if is_full {
            reconciled.plus(-RECONCILE_WINDOW_MS)
        } else {
            covered.plus(-overlap)
        };
        (from.max(begin), is_full)
    }

    /// No reading to come, apart from gaps, begins before this time.
    pub(super) fn reach(&self) -> Option<Moment> {
        let earliest = self.covered.min(self.reconciled);
        earliest.filter(|_| !self.groups.is_empty())
    }

    /// Records that a reading began at `asked`. A full one schedules the next; another one came between.
    pub(super) fn finish(&mut self, asked: Moment, is_full: bool, pace: ReadingCadence) {
        self.covered = self.covered.max(Some(asked));
        if is_full {
            self.reconciled = self.reconciled.max(Some(asked));
        }
        if is_full || matches!(pace, ReadingCadence::Polling | ReadingCadence::Insights) {
            self.reschedule(pace);
        }
    }

    /// Schedules the next reading again, after the way in which lines arrive has changed.
    pub(super) fn reschedule(&mut self, pace: ReadingCadence) {
        let interval = match pace {
            ReadingCadence::Busy => BUSY_INTERVAL,
            ReadingCadence::Quiet => QUIET_INTERVAL,
            ReadingCadence::Polling => {
                POLL_INTERVAL.max(Duration::from_millis(500) * self.groups.len() as u32)
            }
            ReadingCadence::Insights => INSIGHTS_INTERVAL,
        };
        self.due = Some(Instant::now() + interval);
    }
}

/// Why stored events are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadingReason {
    /// The beginning of the tail.
    First,
    /// The session was lost at this time.
    Lost(Moment),
    /// AWS left events out.
    Sampled,
    /// A routine reconciliation.
    Routine,
    /// A window that could not be read before.
    Retry,
}

/// A reading that is due earlier than the routine ones.
pub(super) struct UrgentReading {
    /// When.
    pub(super) due: Instant,
    /// Why.
    pub(super) reason: ReadingReason,
    /// From.
    pub(super) from: Moment,
}

impl UrgentReading {
    /// Merges two: the earlier is made, and reaches back as far as the farther one. A lost session is not forgotten.
    pub(super) fn merge(self, other: &Self) -> Self {
        let reason = match (self.reason, other.reason) {
            (lost @ ReadingReason::Lost(_), _) | (_, lost @ ReadingReason::Lost(_)) => lost,
            (ReadingReason::Sampled, _) | (_, ReadingReason::Sampled) => ReadingReason::Sampled,
            (reason, _) => reason,
        };
        Self {
            due: self.due.min(other.due),
            reason,
            from: self.from.min(other.from),
        }
    }
}

/// Attempts at a window that was refused, and not merely failed, before it is left alone.
const REFUSED_ATTEMPTS: u32 = 20;
/// The wait before an attempt that is never made.
const NEVER: Duration = Duration::from_hours(365 * 24);

/// A window that could not be read. It is tried again until it is, or has been refused too often.
pub(super) struct OpenGap {
    /// What is left of the window.
    pub(super) window: Window,
    /// Number of failed attempts.
    pub(super) attempts: u32,
    /// When the next attempt is due.
    pub(super) due: Instant,
    /// Whether AWS refused the reading: a permission is missing, or the operation does not serve this group.
    pub(super) is_refused: bool,
}

impl OpenGap {
    /// Returns a gap after `attempts` failed attempts.
    pub(super) fn new(window: Window, attempts: u32) -> Self {
        let wait = retry::LOG_GAP.wait(attempts);
        Self {
            window,
            attempts,
            due: Instant::now() + wait,
            is_refused: false,
        }
    }

    /// Returns a gap that AWS refused `attempts` times.
    pub(super) fn refused(window: Window, attempts: u32) -> Self {
        let mut gap = Self::new(window, attempts);
        gap.is_refused = true;
        if gap.is_abandoned() {
            gap.due = Instant::now() + NEVER;
        }
        gap
    }

    /// Returns a gap that no attempt can close.
    pub(super) fn never_readable(window: Window) -> Self {
        Self::refused(window, REFUSED_ATTEMPTS)
    }

    /// Returns whether it is counted but not tried again.
    pub(super) const fn is_abandoned(&self) -> bool {
        self.is_refused && self.attempts >= REFUSED_ATTEMPTS
    }
}

/// The reading in progress.
pub(super) struct Reading {
    /// The lane; `None` for a reading of other windows.
    pub(super) lane: Option<usize>,
    /// Why.
    pub(super) reason: ReadingReason,
    /// When it was started, by the clock of the source.
    pub(super) asked: Moment,
    /// The beginning of its earliest window.
    pub(super) from: Moment,
    /// New events so far.
    pub(super) found: usize,
    /// Whether it reaches back as far as events may be late.
    pub(super) is_full: bool,
    /// Whether a part of it failed.
    pub(super) has_failed: bool,
    /// Failed attempts at these windows before.
    pub(super) attempts: u32,
    /// What it has delivered.
    pub(super) delivery: Delivery,
}

impl Reading {
    /// Returns a routine reading that has found nothing yet.
    pub(super) fn routine(asked: Moment) -> Self {
        Self {
            lane: None,
            reason: ReadingReason::Routine,
            asked,
            from: asked,
            found: 0,
            is_full: false,
            has_failed: false,
            attempts: 0,
            delivery: Delivery::default(),
        }
    }
}
