//! The retry policies: how often a kind of request is repeated, and how long the waits are. Waits grow exponentially with
//! jitter, so that many consoles do not come back together.

use std::time::Duration;

/// How long to wait before a request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Longest wait after the first failure; it doubles with every further one.
    base: Duration,
    /// Longest wait of all.
    cap: Duration,
}

/// Requests to AWS that are signed by hand; the SDKs' own policy has the same values.
pub(crate) const AWS: RetryPolicy = RetryPolicy::new(250, 4_000);
/// Requests to OAuth token endpoints.
pub(crate) const TOKEN_ENDPOINT: RetryPolicy = RetryPolicy::new(400, 4_000);
/// The stream of an MCP session that has ended.
pub(crate) const MCP_STREAM: RetryPolicy = RetryPolicy::new(500, 5_000);
/// A page of log events, after throttling.
pub(crate) const LOG_PAGE: RetryPolicy = RetryPolicy::new(1_000, 8_000);
/// A window of log events that could not be read.
pub(crate) const LOG_GAP: RetryPolicy = RetryPolicy::new(2_000, 60_000);
/// The look for a log group.
pub(crate) const LOG_GROUP: RetryPolicy = RetryPolicy::new(500, 5_000);
/// The start of a Live Tail session.
pub(crate) const LIVE_TAIL_START: RetryPolicy = RetryPolicy::new(1_000, 10_000);
/// The next Live Tail session after one that ended soon.
pub(crate) const LIVE_TAIL_NEXT: RetryPolicy = RetryPolicy::new(400, 2_000);

impl RetryPolicy {
    /// Returns a policy of milliseconds.
    const fn new(base_ms: u64, cap_ms: u64) -> Self {
        Self {
            base: Duration::from_millis(base_ms),
            cap: Duration::from_millis(cap_ms),
        }
    }

    /// Longest wait after the first failure.
    pub(crate) const fn base(self) -> Duration {
        self.base
    }

    /// Longest wait of all.
    pub(crate) const fn cap(self) -> Duration {
        self.cap
    }

    /// Returns the wait after this many failures.
    pub(crate) fn wait(self, failures: u32) -> Duration {
        backoff(failures, self.base, self.cap)
    }
}

/// Returns the wait after `failures` failed attempts: random between a quarter and the whole of `base` doubled for every further
/// failure, at most `cap`.
fn backoff(failures: u32, base: Duration, cap: Duration) -> Duration {
    let whole = base
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(cap);
    whole.mul_f64(0.25 + 0.75 * fraction())
}

/// Returns a random fraction in `0.0..1.0`; one half if the system has no randomness, since waiting needs no more.
fn fraction() -> f64 {
    getrandom::u32().map_or(0.5, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_never_vanish() {
        let (base, cap) = (Duration::from_millis(200), Duration::from_secs(5));
        for failures in 1..40 {
            let wait = backoff(failures, base, cap);
            let whole = base.saturating_mul(1 << (failures - 1).min(16)).min(cap);
            assert!(
                wait >= whole.mul_f64(0.25) && wait <= whole,
                "{failures}: {wait:?}"
            );
        }
    }
}
