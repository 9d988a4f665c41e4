//! The result of judging one hop, and the helpers that every hop uses to build it.

use super::{HopFix, HopState, Probe};
use crate::model::{Failure, FailureKind};

/// An answer that takes at least this long, in milliseconds, is reported as a warning of its hop.
pub(super) const SLOW_MS: u64 = 2_900;

/// State of a hop with the evidence for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How the hop is.
    pub(super) state: HopState,
    /// One sentence that says why.
    pub(super) evidence: String,
    /// What to do where the hop failed, or warns of what needs to be done; empty otherwise.
    pub(super) fix: HopFix,
    /// Where the evidence comes from.
    pub(super) source: String,
}

/// Why a hop breaks the chain: becomes the verdict if no hop with a more specific explanation exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// One sentence that a person would say, followed by what proves it.
    pub(super) evidence: String,
    /// What to do.
    pub(super) fix: HopFix,
    /// Where the evidence comes from.
    pub(super) source: String,
}

impl Cause {
    pub(super) fn new(
        evidence: impl Into<String>,
        fix: impl Into<HopFix>,
        source: impl Into<String>,
    ) -> Self {
        Self {
            evidence: evidence.into(),
            fix: fix.into(),
            source: source.into(),
        }
    }
}

impl Judgement {
    pub(super) fn ok(evidence: impl Into<String>) -> Self {
        Self::of(HopState::Ok, evidence)
    }

    pub(super) fn warning(evidence: impl Into<String>) -> Self {
        Self::of(HopState::Warning, evidence)
    }

    /// A warning with what to do about it: where no hop fails, it is the verdict.
    pub(super) fn advice(
        evidence: impl Into<String>,
        fix: impl Into<HopFix>,
        source: impl Into<String>,
    ) -> Self {
        Self {
            state: HopState::Warning,
            ..Self::failed(evidence, fix, source)
        }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::of(HopState::Skipped, why)
    }

    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self::of(HopState::Unknown, why)
    }

    pub(super) fn failed(
        evidence: impl Into<String>,
        fix: impl Into<HopFix>,
        source: impl Into<String>,
    ) -> Self {
        Self {
            fix: fix.into(),
            source: source.into(),
            ..Self::of(HopState::Failed, evidence)
        }
    }

    fn of(state: HopState, evidence: impl Into<String>) -> Self {
        Self {
            state,
            evidence: evidence.into(),
            fix: HopFix::default(),
            source: String::new(),
        }
    }

    /// Judges the value of a probe. A probe that was not made is skipped, one that failed is unknown: what could not be
    /// read proves nothing about the chain.
    pub(super) fn of_reading<T>(
        probe: &Probe<T>,
        source: &str,
        judge: impl FnOnce(&T) -> Self,
    ) -> Self {
        match probe {
            Probe::NotMade(why) => Self::skipped(why.as_str()),
            Probe::Answered { value, .. } => judge(value),
            Probe::Failed { failure, .. } => Self::unknown(unreadable(failure, source)),
        }
    }

    /// Turns `ok` into a warning if the hop took [`SLOW_MS`] or longer.
    pub(super) fn slow_after(self, elapsed_ms: Option<u64>, what: &str) -> Self {
        match elapsed_ms {
            Some(elapsed) if elapsed >= SLOW_MS && self.state == HopState::Ok => {
                Self::warning(format!(
                    "{what} took {:.1} s; {}",
                    elapsed as f64 / 1000.0,
                    self.evidence
                ))
            }
            _ => self,
        }
    }
}

/// Says what could not be read and why, with the request id for AWS support.
pub(super) fn unreadable(failure: &Failure, source: &str) -> String {
    let source = denied_operation(failure).unwrap_or(source);
    let may_not = failure.kind == FailureKind::Denied;
    let verb = if may_not {
        "may not be read"
    } else {
        "could not be read"
    };
    format!("{verb} ({source}): {}", with_request(failure))
}

/// Returns the operation that AWS names in a denial: `DescribeStacks` in `… to perform: cloudformation:DescribeStacks on …`. It may be
/// another one than the reading asked for.
fn denied_operation(failure: &Failure) -> Option<&str> {
    let (_, after) = failure.cause.split_once("to perform: ")?;
    let (_, operation) = after.split_whitespace().next()?.split_once(':')?;
    let end = operation
        .find(|letter: char| !letter.is_ascii_alphanumeric())
        .unwrap_or(operation.len());
    operation.get(..end).filter(|name| !name.is_empty())
}

/// Returns the cause of a failure, with the request id where there is one.
pub(super) fn with_request(failure: &Failure) -> String {
    match &failure.request_id {
        Some(id) => format!("{} (request {id})", failure.cause),
        None => failure.cause.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_operation_that_was_denied() {
        let denied = |cause: &str| Failure::new(FailureKind::Denied, "listing gateways", cause);
        let words = |cause: &str| unreadable(&denied(cause), "GetGateway");
        assert!(
            words(
                "User: x is not authorized to perform: cloudformation:DescribeStacks on resource: y"
            )
            .starts_with("may not be read (DescribeStacks)")
        );
        assert!(words("AccessDenied").starts_with("may not be read (GetGateway)"));
    }
}
