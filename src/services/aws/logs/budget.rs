//! One budget of requests per account and region, shared by all tails, panes and commands of the process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::services::aws::account::Account;

/// Requests that may be made at once after a pause.
const BURST: f64 = 40.0;
/// Requests a second that a busy console makes at most. AWS allows FilterLogEvents 10 to 25 times a second in most regions.
const MAX_RATE: f64 = 10.0;
/// Requests a second that remain however often the service asks to slow down.
const MIN_RATE: f64 = 0.5;
/// By how much the rate recovers with each request that succeeds.
const RECOVERY: f64 = 0.1;

/// Account, region and endpoint as far as they are known without a request.
type BudgetKey = (Option<String>, String, Option<String>);

/// The budgets of all accounts and regions in use.
#[derive(Default)]
pub(crate) struct RequestBudgets(Mutex<HashMap<BudgetKey, Arc<RequestBudget>>>);

impl RequestBudgets {
    /// The budget of an account. Accounts made again after a sign-in share it.
    pub(crate) fn of(&self, account: &Account) -> Arc<RequestBudget> {
        let key = (
            account.label().endpoint.clone(),
            account.region.clone(),
            account.label().profile.clone(),
        );
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(budgets.entry(key).or_default())
    }
}

/// A token bucket whose rate halves when the service throttles, and recovers.
pub(crate) struct RequestBudget(Mutex<Bucket>);

struct Bucket {
    tokens: f64,
    rate: f64,
    refilled: Instant,
}

impl Default for RequestBudget {
    fn default() -> Self {
        Self(Mutex::new(Bucket {
            tokens: BURST,
            rate: MAX_RATE,
            refilled: Instant::now(),
        }))
    }
}

impl RequestBudget {
    /// Waits until a request may be made.
    pub(crate) async fn acquire(&self) {
        while let Some(wait) = self.try_acquire(Instant::now()) {
            sleep(wait).await;
        }
    }

    /// Takes a request out of the budget, or returns how long to wait for one.
    fn try_acquire(&self, now: Instant) -> Option<Duration> {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = now.saturating_duration_since(bucket.refilled).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * bucket.rate).min(BURST);
        bucket.refilled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return None;
        }
        Some(Duration::from_secs_f64((1.0 - bucket.tokens) / bucket.rate))
    }

    /// Records that the service asked to slow down: half the rate, and no burst.
    pub(crate) fn record_throttle(&self) {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.rate = (bucket.rate / 2.0).max(MIN_RATE);
        bucket.tokens = 0.0;
    }

    /// Records a request that succeeded: the rate recovers.
    pub(crate) fn record_success(&self) {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.rate = (bucket.rate + RECOVERY).min(MAX_RATE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_bounded_halves_when_throttled_and_recovers() {
        let budget = RequestBudget::default();
        let start = Instant::now();
        for _ in 0..BURST as u32 + 20 {
            budget.acquire().await;
        }
        let steady = start.elapsed();
        assert!(steady >= Duration::from_millis(1_900), "{steady:?}");

        budget.record_throttle();
        let start = Instant::now();
        for _ in 0..10 {
            budget.acquire().await;
        }
        let throttled = start.elapsed();
        assert!(throttled >= Duration::from_millis(1_900), "{throttled:?}");

        for _ in 0..100 {
            budget.record_success();
        }
        let start = Instant::now();
        for _ in 0..10 {
            budget.acquire().await;
        }
        assert!(start.elapsed() <= Duration::from_millis(1_100));
    }
}
