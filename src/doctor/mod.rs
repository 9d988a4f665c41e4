//! The doctor: walks the chain from AWS credentials to a Cypher answer and names the hop that fails.
//!
//! Pure judgement over evidence: `services/doctor` gathers an [`Evidence`], [`judge`] says what it means. Each hop has a
//! file of its own with a specification: it judges itself by its own evidence, and it may explain why the walk failed.
//! The verdict is the most specific explanation.

mod attribution;
mod authoriser;
mod bundle;
mod commands;
mod comparison;
mod credentials;
mod cypher;
mod database;
mod details;
mod discovery;
mod drift;
mod evidence;
mod fix;
mod gateway;
mod hop;
mod initialize;
mod interceptor;
mod judge;
mod judgement;
mod limits;
mod metadata;
mod permissions;
mod policy;
mod provider;
mod rollout;
mod runtime;
mod secret;
mod stack;
mod stage;
mod status;
mod symptom;
mod target;
mod token;
mod tools_list;

#[cfg(test)]
mod tests;

pub use attribution::{HopLine, LineRelation, RequestIds, attribute, attribute_function};
pub(crate) use authoriser::jwt_rules;
pub use bundle::{BundleDraft, BundleReading, BundleReadings, bundle_text};
pub use comparison::{ComparedStep, ComparedSteps, PathComparison};
pub use details::HopDetail;
pub(crate) use evidence::target_address;
pub use evidence::{Evidence, IssuerDocument, PreviousPassword, Probe, ProbeCall, ProviderStatus};
pub use fix::HopFix;
pub use hop::{Hop, HopSpec};
pub use judge::{PENDING, judge};
pub use judgement::{Cause, Judgement};
pub use stage::ChainStage;

use serde::Serialize;

use crate::model::{DeploymentName, Tool};

/// How a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopState {
    /// Examined and working.
    Ok,
    /// Working, with something to look at.
    Warning,
    /// Examined and not working.
    Failed,
    /// Not part of this deployment's chain.
    Skipped,
    /// Not examined: an earlier hop failed, or it could not be read.
    Unknown,
}

/// What was found at one hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HopFinding {
    /// The hop.
    pub hop: Hop,
    /// How it is.
    pub state: HopState,
    /// One sentence that says why.
    pub evidence: String,
    /// How long its probe took, in milliseconds, if one was made.
    pub elapsed_ms: Option<u64>,
    /// What was asked, what came back, and what its log says.
    pub details: Vec<HopDetail>,
}

impl HopFinding {
    /// Returns whether evidence of the hop is still to come.
    pub fn is_pending(&self) -> bool {
        self.state == HopState::Unknown && self.evidence == PENDING
    }
}

/// The hop that is the cause, and what to do. Of a chain that works it is the hop with a warning that needs something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoctorVerdict {
    /// The hop.
    pub hop: Hop,
    /// What is wrong in one sentence, and what proves it.
    pub evidence: String,
    /// What to do, in words, with the command in them.
    pub fix: String,
    /// The shell command or the policy text of the fix alone, to be run or pasted as it stands.
    pub command: Option<String>,
    /// Where the evidence comes from: an API call, a log group, the token's claims.
    pub source: String,
}

/// The examination of one deployment. Serialised, it is a line of `doctor -o json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// The deployment.
    pub deployment: DeploymentName,
    /// Whether a call went through the whole chain.
    pub healthy: bool,
    /// The cause, if the chain is broken; otherwise the first warning about which something is to be done, if there is one.
    pub verdict: Option<DoctorVerdict>,
    /// Every hop in the order of the chain.
    pub hops: Vec<HopFinding>,
    /// The way through the gateway against the runtime called directly, if the chain has both.
    pub comparison: Option<PathComparison>,
    /// The tools that the runtime lists past the gateway, where it was asked and answered.
    #[serde(skip)]
    pub runtime_tools: Option<Vec<Tool>>,
}

impl DoctorVerdict {
    /// Returns what is copied of the fix: the command alone where there is one, otherwise the words.
    pub fn to_copy(&self) -> &str {
        self.command.as_deref().unwrap_or(&self.fix)
    }
}

impl DoctorReport {
    /// Returns the hop that says that the call waits for the consent of a person, if it does: the chain works up to there, and no call
    /// went through.
    pub fn consent(&self) -> Option<&HopFinding> {
        // The statement's own hop has no other warning: a slow answer is reported at the hop that was slow.
        self.finding(Hop::Cypher)
            .filter(|finding| self.healthy && finding.state == HopState::Warning)
    }

    /// Returns the verdict if it is what breaks the chain. Where a call went through, the verdict is a warning with something to do.
    pub fn break_cause(&self) -> Option<&DoctorVerdict> {
        self.verdict.as_ref().filter(|_| !self.healthy)
    }

    /// Returns whether a call went through the whole chain and was answered.
    pub fn was_answered(&self) -> bool {
        self.healthy && self.consent().is_none()
    }

    /// Number of hops in this state.
    pub fn count(&self, state: HopState) -> usize {
        self.hops
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    }

    /// Returns the finding of one hop.
    pub fn finding(&self, hop: Hop) -> Option<&HopFinding> {
        self.hops.iter().find(|finding| finding.hop == hop)
    }
}
