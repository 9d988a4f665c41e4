//! The doctor: walks the chain from AWS credentials to a Cypher answer and names the hop that fails.
//!
//! Pure judgement over evidence: `services/doctor.rs` gathers an [`Evidence`], [`judge`] says what it means. A hop is
//! judged on its own evidence; the verdict is the earliest hop whose failure explains what comes after it.

mod evidence;
mod hop;
mod judge;

pub use evidence::{Answer, Evidence};
pub use hop::Hop;
pub use judge::judge;

use serde::Serialize;

use crate::model::DeploymentName;

/// How a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Proven to work.
    Ok,
    /// Works, with something to look at.
    Warning,
    /// Proven not to work.
    Failed,
    /// Not part of this deployment's chain.
    Skipped,
    /// Not judged: a hop before it failed, or it could not be asked.
    Unknown,
}

/// What was found at one hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The hop.
    pub hop: Hop,
    /// How it is.
    pub state: State,
    /// One sentence that says why.
    pub evidence: String,
    /// Milliseconds that asking took, where something was asked.
    pub elapsed_ms: Option<u64>,
}

/// The hop that is the cause, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The broken hop.
    pub hop: Hop,
    /// What proves it.
    pub evidence: String,
    /// What to do.
    pub fix: String,
    /// Where the evidence comes from: an API call, a log group, the token's claims.
    pub source: String,
}

/// The examination of one deployment; serialised, it is a line of `doctor -o json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The deployment.
    pub deployment: DeploymentName,
    /// Whether no hop failed.
    pub healthy: bool,
    /// The cause, where there is one.
    pub verdict: Option<Verdict>,
    /// Every hop in the order of the chain.
    pub hops: Vec<Finding>,
}

impl Report {
    /// How many hops are in this state.
    pub fn count(&self, state: State) -> usize {
        self.hops
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    }
}
