//! The health of a deployment in one word, with the evidence for it and its age.
//!
//! A word is never better than its evidence: `proven` needs a call that went through the whole chain within the last
//! minutes, and a verdict that has grown old becomes `unknown`, never good.

mod count;
mod rules;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::{LoggedCalls, chain::Chain};
use crate::{
    doctor::{ChainStage, DoctorReport},
    model::{Moment, Traffic},
};

use rules::{
    broken_by_doctor, broken_by_status, by_status, changing, degraded, earlier_break, failing,
    needs_person, outdated, proven, unlisted,
};

/// A call or an examination counts for this long, in milliseconds.
pub const EVIDENCE_MS: i64 = 10 * 60_000;
/// How a deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentHealth {
    /// A call went through the whole chain within the last minutes.
    Proven,
    /// Every status is good; no call proves it.
    Ready,
    /// Not known: nothing was listed, or the last verdict is too old.
    Unknown,
    /// A resource is on its way to another state.
    Changing,
    /// A person must act.
    #[serde(rename = "needs-you")]
    NeedsPerson,
    /// Calls failed in the last minutes.
    Failing,
    /// A hop does not work.
    Broken,
}

impl DeploymentHealth {
    /// Every health, from the best to the worst.
    pub const ALL: [Self; 7] = [
        Self::Proven,
        Self::Ready,
        Self::Unknown,
        Self::Changing,
        Self::NeedsPerson,
        Self::Failing,
        Self::Broken,
    ];

    /// Its word on the screen and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Ready => "ready",
            Self::Unknown => "unknown",
            Self::Changing => "changing",
            Self::NeedsPerson => "needs-you",
            Self::Failing => "failing",
            Self::Broken => "broken",
        }
    }

    /// Returns whether the word alone leaves open what was seen.
    pub const fn needs_words(self) -> bool {
        match self {
            Self::Proven | Self::Ready => false,
            Self::Unknown | Self::Changing | Self::NeedsPerson | Self::Failing | Self::Broken => {
                true
            }
        }
    }

    /// Returns whether the deployment needs attention now.
    pub const fn is_urgent(self) -> bool {
        match self {
            Self::Proven | Self::Ready | Self::Unknown => false,
            Self::Changing | Self::NeedsPerson | Self::Failing | Self::Broken => true,
        }
    }
}

/// The health of a deployment with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthVerdict {
    /// The word.
    pub health: DeploymentHealth,
    /// The hop that is broken, or was.
    pub hop: Option<&'static str>,
    /// What proves it, in one sentence.
    pub evidence: String,
    /// When the evidence was gathered; `None` if there is none.
    #[serde(serialize_with = "as_iso")]
    pub at: Option<Moment>,
    /// Where the chain was broken when it was last examined, if no call has gone through since then and it is not known to be broken now.
    #[serde(skip)]
    pub was_broken: Option<EarlierBreak>,
    /// The stages that the calls which prove it have passed; empty unless it is proven.
    #[serde(skip)]
    pub passed: Vec<ChainStage>,
}

/// A broken hop of an examination that is too old to count, and that nothing disproves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierBreak {
    /// The hop.
    pub hop: &'static str,
    /// When it was examined.
    pub at: Moment,
}

impl HealthVerdict {
    /// Returns whether the deployment needs attention now, or was broken when it was last examined.
    pub const fn is_urgent(&self) -> bool {
        self.health.is_urgent() || self.was_broken.is_some()
    }

    /// Returns the key of the order by urgency, the most urgent last: what was broken comes directly before what is broken. `None` for
    /// what needs no attention.
    pub fn urgency(&self) -> Option<(bool, bool, DeploymentHealth)> {
        let is_broken = self.health == DeploymentHealth::Broken;
        self.is_urgent()
            .then_some((is_broken, self.was_broken.is_some(), self.health))
    }
}

#[expect(
    clippy::ref_option,
    reason = "serde calls it with a reference to the field"
)]
fn as_iso<S: serde::Serializer>(at: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.iso()),
        None => serializer.serialize_none(),
    }
}

/// A call of this console through a deployment's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedCall {
    /// When it ended.
    pub at: Moment,
    /// Why it failed; `None` if it went through.
    pub failure: Option<String>,
}

/// What is known of a deployment.
#[derive(Clone, Debug)]
pub struct HealthInput<'a> {
    /// Whether its resources are one chain. Those of an account that no stack owns are not: one that failed breaks no other.
    pub is_one_chain: bool,
    /// Its chain by AWS's statuses and the doctor.
    pub chain: &'a Chain,
    /// When the oldest of its lists was read.
    pub listed_at: Option<Moment>,
    /// Why a list could not be read, and when that was tried.
    pub unlisted: Option<(Moment, String)>,
    /// Whether it has any resource.
    pub has_resources: bool,
    /// CloudWatch's count of its calls.
    pub traffic: Option<&'a Traffic>,
    /// The last examination.
    pub examined: Option<(Moment, &'a DoctorReport)>,
    /// When it was last seen broken, if that was examined in this run.
    pub broken_at: Option<Moment>,
    /// The last call of this console.
    pub called: Option<&'a ObservedCall>,
    /// Its last calls as its logs show them; `None` if the logs were not read.
    pub logged: Option<&'a LoggedCalls>,
}

/// Judges a deployment: what is broken first, then what fails, what needs a person, what moves, what is proven.
pub fn deployment_health(input: &HealthInput<'_>, now: Moment) -> HealthVerdict {
    let verdict = judged(input, now);
    let was_broken =
        earlier_break(input, now).filter(|_| verdict.health != DeploymentHealth::Broken);
    let Some(earlier) = was_broken else {
        return verdict;
    };
    let words = format!("was broken at {}", earlier.hop);
    let evidence = if verdict.evidence.contains(&words) {
        verdict.evidence
    } else {
        format!(
            "{}; {words} at {}",
            verdict.evidence,
            short_clock(earlier.at)
        )
    };
    HealthVerdict {
        evidence,
        was_broken: Some(earlier),
        ..verdict
    }
}

/// Returns a time of day in words: hours and minutes in UTC.
pub(in crate::kinds) fn short_clock(at: Moment) -> String {
    let iso = at.iso();
    format!("{} UTC", iso.get(11..16).unwrap_or(&iso))
}

/// An examination or a failed call names the hop; a status alone only does where neither has said anything.
fn judged(input: &HealthInput<'_>, now: Moment) -> HealthVerdict {
    let person_first = (!input.is_one_chain)
        .then(|| needs_person(input, now))
        .flatten();
    person_first
        .or_else(|| broken_by_doctor(input, now))
        .or_else(|| broken_by_status(input, now))
        .or_else(|| failing(input, now))
        .or_else(|| degraded(input, now))
        .or_else(|| needs_person(input, now))
        .or_else(|| changing(input))
        .or_else(|| unlisted(input))
        .or_else(|| proven(input, now))
        .or_else(|| outdated(input, now))
        .unwrap_or_else(|| by_status(input, now))
}
