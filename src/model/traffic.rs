//! What CloudWatch counted at a gateway or a runtime within the last hour.

use serde::Serialize;

use super::moment::Moment;

/// Calls within the last hour, in steps of five minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// When it was counted; the last step ends soon after.
    pub at: Moment,
    /// Calls in each step, the oldest first; always [`Traffic::STEPS`] of them.
    pub calls: Vec<u64>,
    /// Calls that failed: `SystemErrors` and `UserErrors`.
    pub errors: u64,
    /// Failed calls in each step.
    pub error_steps: Vec<u64>,
    /// Failed calls in the last [`Traffic::RECENT_STEPS`] steps.
    pub recent_errors: u64,
    /// Calls and failed calls of each minute of the last [`Traffic::RECENT_STEPS`] steps that has any: its beginning, calls, failed ones.
    #[serde(skip)]
    pub minutes: Vec<(Moment, u64, u64)>,
    /// Calls of the last [`Traffic::LATEST_MS`], and those of them that failed.
    pub latest: (u64, u64),
    /// The 95th percentile of `Latency` in each step, in milliseconds, where CloudWatch has one.
    pub p95_steps: Vec<Option<f64>>,
    /// Calls that were refused with status 429: `Throttles`.
    pub throttled: u64,
    /// Tool calls that a policy denied: `DenyDecisions`. `None` where no policy engine decides.
    pub denied: Option<u64>,
    /// Half of the calls began to be answered within this many milliseconds, where CloudWatch has `Latency`.
    pub p50_ms: Option<f64>,
    /// 95 of 100 did within this many.
    pub p95_ms: Option<f64>,
}

impl Traffic {
    /// Steps that make the hour.
    pub const STEPS: usize = 12;
    /// A step, in milliseconds.
    pub const STEP_MS: i64 = 5 * 60 * 1000;

    /// A minute, in milliseconds.
    const MINUTE_MS: i64 = 60 * 1000;

    /// The time of the newest counts, in milliseconds.
    pub const LATEST_MS: i64 = 2 * 60 * 1000;

    /// Steps that count as the last minutes.
    pub const RECENT_STEPS: usize = 2;

    /// Calls in the last [`Traffic::RECENT_STEPS`] steps.
    pub fn recent_calls(&self) -> u64 {
        self.calls.iter().rev().take(Self::RECENT_STEPS).sum()
    }

    /// Returns when the last [`Traffic::RECENT_STEPS`] steps began.
    pub fn recent_since(&self) -> Moment {
        let steps = i64::try_from(Self::RECENT_STEPS).unwrap_or_default() - 1;
        let step = self.at.millis().div_euclid(Self::STEP_MS);
        Moment::from_millis((step - steps) * Self::STEP_MS)
    }

    /// Returns when the newest counts began: a full minute.
    pub fn latest_since(&self) -> Moment {
        let minute = (self.at.millis() - Self::LATEST_MS).div_euclid(Self::MINUTE_MS);
        Moment::from_millis(minute * Self::MINUTE_MS)
    }

    /// Returns the calls, and those of them that failed, in the minutes that began at that time or later.
    pub fn since(&self, from: Moment) -> (u64, u64) {
        let minutes = self.minutes.iter().filter(|(begin, ..)| *begin >= from);
        minutes.fold((0, 0), |(calls, errors), (_, called, failed)| {
            (calls + called, errors + failed)
        })
    }

    /// Returns the latest time at which one of the counted errors can have happened: the end of the last minute or step that has any,
    /// or the time of counting. `None` if there is no error.
    pub fn last_error(&self) -> Option<Moment> {
        let failed = self.minutes.iter().filter(|(_, _, errors)| *errors > 0);
        if let Some((begin, ..)) = failed.max_by_key(|(begin, ..)| *begin) {
            return Some(begin.plus(Self::MINUTE_MS).min(self.at));
        }
        let later = self.error_steps.iter().rev().position(|errors| *errors > 0);
        let Some(later) = later else {
            return (self.recent_errors > 0).then_some(self.at);
        };
        let end = (self.at.millis().div_euclid(Self::STEP_MS) + 1) * Self::STEP_MS;
        let later = i64::try_from(later).unwrap_or_default() * Self::STEP_MS;
        Some(Moment::from_millis(end - later).min(self.at))
    }

    /// No call at all.
    pub fn none(at: Moment) -> Self {
        Self {
            at,
            calls: vec![0; Self::STEPS],
            errors: 0,
            error_steps: vec![0; Self::STEPS],
            p95_steps: vec![None; Self::STEPS],
            recent_errors: 0,
            minutes: Vec::new(),
            latest: (0, 0),
            throttled: 0,
            denied: None,
            p50_ms: None,
            p95_ms: None,
        }
    }

    /// Calls of the whole hour.
    pub fn total(&self) -> u64 {
        self.calls.iter().sum()
    }

    /// Returns whether anything was called in the step before it was counted, or in that of counting.
    pub fn is_lively(&self) -> bool {
        self.recent_calls() > 0
    }

    /// Returns the calls of both. Latencies of two places make no latency of one, so they stay only where one has none.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let (p50_ms, p95_ms) = match (self.total(), other.total()) {
            (_, 0) => (self.p50_ms, self.p95_ms),
            (0, _) => (other.p50_ms, other.p95_ms),
            _ => (None, None),
        };
        Self {
            at: self.at.min(other.at),
            calls: added(&self.calls, &other.calls),
            errors: self.errors + other.errors,
            error_steps: added(&self.error_steps, &other.error_steps),
            // The slower of both: nobody waited longer than that.
            p95_steps: self
                .p95_steps
                .iter()
                .zip(&other.p95_steps)
                .map(|(one, two)| [*one, *two].into_iter().flatten().reduce(f64::max))
                .collect(),
            recent_errors: self.recent_errors + other.recent_errors,
            minutes: self.minutes.iter().chain(&other.minutes).copied().collect(),
            latest: (
                self.latest.0 + other.latest.0,
                self.latest.1 + other.latest.1,
            ),
            throttled: self.throttled + other.throttled,
            denied: [self.denied, other.denied]
                .into_iter()
                .flatten()
                .reduce(|one, two| one + two),
            p50_ms,
            p95_ms,
        }
    }
}

/// Returns the sums of two series, step by step.
fn added(one: &[u64], other: &[u64]) -> Vec<u64> {
    one.iter().zip(other).map(|(one, two)| one + two).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(last: u64, p50: f64) -> Traffic {
        let mut traffic = Traffic::none(Moment::from_millis(0));
        traffic.calls[Traffic::STEPS - 1] = last;
        Traffic {
            p50_ms: Some(p50),
            errors: last / 2,
            ..traffic
        }
    }

    #[test]
    fn the_last_error_is_at_most_as_late_as_the_end_of_its_step_and_the_counting() {
        let mut traffic = Traffic::none(Moment::from_millis(Traffic::STEP_MS * 20 + 60_000));
        assert_eq!(traffic.last_error(), None);
        traffic.error_steps[Traffic::STEPS - 3] = 1;
        let end = Moment::from_millis(Traffic::STEP_MS * 19);
        assert_eq!(traffic.last_error(), Some(end));
        traffic.error_steps[Traffic::STEPS - 1] = 1;
        assert_eq!(traffic.last_error(), Some(traffic.at));
    }

    #[test]
    fn traffic_of_two_places_adds_up_and_latencies_do_not() {
        let both = traffic(4, 10.0).and(&traffic(6, 90.0));
        assert_eq!((both.total(), both.errors, both.p50_ms), (10, 5, None));
        let one = traffic(0, 10.0).and(&traffic(6, 90.0));
        assert_eq!(
            (one.total(), one.p50_ms, one.is_lively()),
            (6, Some(90.0), true)
        );
        assert!(!Traffic::none(Moment::from_millis(0)).is_lively());
    }
}
