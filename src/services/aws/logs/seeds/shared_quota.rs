//! An account whose quota of requests another client uses too.

use std::{ops::Range, sync::Mutex};

use super::{super::budget::RequestBudget, plan::Millis};
use crate::model::{Failure, FailureKind};

/// A region whose quota is 10 requests a second.
const REGION: &str = "us-west-2";
/// Requests a second that the account may make.
const QUOTA: usize = 10;
/// Requests a second that the other client makes.
const OTHERS: usize = 8;
/// The time over which the share of the quota is measured.
const WINDOW: Millis = 60_000;
/// 40% of the quota for that time, and what may be spent at once after a pause.
const MOST: usize = QUOTA * 60 * 4 / 10 + 40;

/// The quota, and what the tail takes of it. Times are of the clock that stops while the machine sleeps.
pub(super) struct SharedQuota {
    /// When the other client is there.
    window: Range<Millis>,
    budget: RequestBudget,
    asked: Mutex<Vec<Millis>>,
}

impl SharedQuota {
    pub(super) fn new(window: Range<Millis>) -> Self {
        Self {
            window,
            budget: RequestBudget::new(REGION),
            asked: Mutex::default(),
        }
    }

    /// Waits as the source of the real service does. `awake` is asked for the time of the request.
    pub(super) async fn acquire(&self, awake: impl Fn() -> Millis) {
        self.budget.acquire().await;
        self.asked.lock().unwrap().push(awake());
    }

    /// Records what became of a request, as the source of the real service does.
    pub(super) fn record<T>(&self, answer: &Result<T, Failure>) {
        match answer {
            Ok(_) => self.budget.record_success(),
            Err(failure) if failure.kind == FailureKind::Throttled => {
                self.budget.record_throttle();
            }
            Err(_) => {}
        }
    }

    /// Returns whether the other client has left nothing of this second for one more request.
    pub(super) fn is_used_up(&self, now: Millis, awake: Millis) -> bool {
        if !self.window.contains(&now) {
            return false;
        }
        let asked = self.asked.lock().unwrap();
        let of_second = asked.iter().rev().take_while(|at| **at > awake - 1_000);
        of_second.count() > QUOTA - OTHERS
    }

    /// Returns the first minute in which the tail took more than its share.
    pub(super) fn excess(&self) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().enumerate().find_map(|(index, at)| {
            let until = asked.partition_point(|other| *other < at + WINDOW);
            let count = until - index;
            (count > MOST).then(|| format!("{count} pages in the minute from {at}; {MOST} at most"))
        })
    }
}
