//! The result of judging one hop, and the helpers that every hop uses to build it.

use super::{HopState, Probe};
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
    /// What to do where the hop failed; empty otherwise.
    pub(super) fix: String,
    /// Where the evidence comes from.
    pub(super) source: String,
}

/// Why a hop breaks the chain: becomes the verdict if no hop with a more specific explanation exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// One sentence that a person would say, followed by what proves it.
    pub(super) evidence: String,
    /// What to do.
    pub(super) fix: String,
    /// Where the evidence comes from.
    pub(super) source: String,
}

impl Cause {
    pub(super) fn new(
        evidence: impl Into<String>,
        fix: impl Into<String>,
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

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::of(HopState::Skipped, why)
    }

    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self::of(HopState::Unknown, why)
    }

    pub(super) fn failed(
        evidence: impl Into<String>,
        fix: impl Into<String>,
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
            fix: String::new(),
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
    let may_not = failure.kind == FailureKind::Denied;
    let verb = if may_not {
        "may not be read"
    } else {
        "could not be read"
    };
    format!("{verb} ({source}): {}", with_request(failure))
}

/// Returns the cause of a failure, with the request id where there is one.
pub(super) fn with_request(failure: &Failure) -> String {
    match &failure.request_id {
        Some(id) => format!("{} (request {id})", failure.cause),
        None => failure.cause.clone(),
    }
}
