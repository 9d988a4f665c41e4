//! How long to wait before trying again: exponential with full jitter, so that many consoles do not come back together.

use std::time::Duration;

/// A wait before the try after `failures` failed ones: random between a quarter and the whole of `base` doubled each time, at most `cap`.
pub(crate) fn backoff(failures: u32, base: Duration, cap: Duration) -> Duration {
    let whole = base
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(cap);
    whole.mul_f64(0.25 + 0.75 * fraction())
}

/// A random fraction in `0.0..1.0`; one half where the system has no randomness, since waiting needs no more.
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
