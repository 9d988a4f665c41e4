//! Calls that fail by CloudWatch's count.

use super::{
    DeploymentHealth, HealthInput, HealthVerdict,
    rules::{is_recent, last_proof, verdict},
};
use crate::model::{Moment, Traffic};

/// So many errors of the last minutes matter from [`FAILING_PERCENT`] of the calls; fewer matter from half of the calls.
const FAILING_ERRORS: u64 = 3;
/// Share of the calls, in percent.
const FAILING_PERCENT: u64 = 10;

/// A count of calls of the last minutes of which too many failed.
pub(super) struct FailingCount {
    /// Calls that failed.
    pub(super) errors: u64,
    /// Calls.
    calls: u64,
    /// When counting began.
    pub(super) since: Moment,
    /// When it was counted.
    at: Moment,
}

impl FailingCount {
    /// Returns what CloudWatch counts if the deployment fails by it. Where only a part of the calls fails, one that goes through
    /// disproves nothing; where most of them fail, a call that goes through after the errors does. Errors of a break that has ended do
    /// not count.
    pub(super) fn of(input: &HealthInput<'_>, now: Moment) -> Option<Self> {
        let traffic = input.traffic.filter(|traffic| is_recent(traffic.at, now))?;
        let recent = Self::without_breaks(input, traffic, traffic.recent_since());
        let latest = Self::without_breaks(input, traffic, traffic.latest_since());
        // A failure that has just begun is a small part of the last minutes.
        let has_begun = latest.errors >= FAILING_ERRORS && latest.errors * 3 >= latest.calls;
        let is_outage = (recent.errors > 0 && recent.errors * 2 >= recent.calls)
            || (has_begun && latest.errors * 2 >= latest.calls);
        let is_partial = has_begun
            || (recent.errors >= FAILING_ERRORS
                && recent.errors * 100 >= recent.calls * FAILING_PERCENT);
        let is_over = is_outage
            && last_proof(input)
                .is_some_and(|(proof, _)| traffic.last_error().is_none_or(|last| proof > last));
        let failing = if has_begun { latest } else { recent };
        ((is_outage || is_partial) && !is_over).then_some(failing)
    }

    /// Returns the calls since a time without those of a break that has ended: what was counted before its end, and the calls that the
    /// logs show to have failed one after the other before one went through.
    fn without_breaks(input: &HealthInput<'_>, traffic: &Traffic, since: Moment) -> Self {
        let end = end_of_break(input).filter(|end| *end > since && !traffic.minutes.is_empty());
        let (calls, errors) = match end {
            Some(end) => traffic.since(end),
            None if since == traffic.latest_since() => traffic.latest,
            None => (traffic.recent_calls(), traffic.recent_errors),
        };
        let since = end.unwrap_or(since);
        let over = input.logged.map_or(0, |logged| logged.in_outages(since));
        let over = over.min(errors);
        Self {
            errors: errors - over,
            calls: calls.saturating_sub(over),
            since,
            at: traffic.at,
        }
    }

    /// Returns the verdict that the count amounts to.
    pub(super) fn verdict(&self) -> HealthVerdict {
        // An error whose call was not counted is a call nevertheless.
        let (errors, calls) = (self.errors, self.calls.max(self.errors));
        verdict(
            DeploymentHealth::Failing,
            None,
            format!("{errors} of {calls} calls failed in the last minutes"),
            Some(self.at),
        )
    }
}

/// Returns when the last break that the doctor saw was over: when the first call after it went through the chain.
fn end_of_break(input: &HealthInput<'_>) -> Option<Moment> {
    let broken = input
        .examined
        .filter(|(_, report)| report.verdict.is_some())
        .map(|(at, _)| at)
        .max(input.broken_at)?;
    let examined = input.examined.filter(|(_, report)| report.was_answered());
    let called = input.called.filter(|call| call.failure.is_none());
    let logged = input.logged.into_iter().flat_map(|logged| &logged.answered);
    examined
        .map(|(at, _)| at)
        .into_iter()
        .chain(called.map(|call| call.at))
        .chain(logged.map(|call| call.at))
        .filter(|at| *at > broken)
        .min()
}
