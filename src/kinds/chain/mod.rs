//! A deployment's chain at a glance: its hops as their health, and in words the one that breaks it.
//!
//! What AWS says now of gateway, target, consent, runtime and secret is always known; sign-in, interceptor and Neo4j only from
//! an examination by the doctor. What the doctor saw of a status is never believed against the status as it is now.

mod by_doctor;
mod by_status;
#[cfg(test)]
mod tests;

use super::deployment_health::{DeploymentHealth, EVIDENCE_MS, HealthVerdict, short_clock};
use crate::{
    doctor::{ChainStage, DoctorReport, Hop},
    model::{Failure, Health, Kind, Moment, Resource},
};

use by_doctor::{add, place};
use by_status::live;

/// What is known of a deployment.
#[derive(Clone, Debug, Default)]
pub struct ChainInput<'a> {
    /// Its resources.
    pub resources: Vec<&'a Resource>,
    /// Kinds that could not be listed, and why.
    pub unlisted: Vec<(Kind, &'a Failure)>,
    /// The last examination and its time; an old one counts no longer.
    pub examined: Option<(Moment, &'a DoctorReport)>,
}

/// What is known of one hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageStatus {
    /// Which.
    pub stage: ChainStage,
    /// How it is; nothing where only the doctor could say, and was not asked.
    pub health: Option<Health>,
    /// What there is to say of it.
    pub words: Option<String>,
    /// How it is by AWS's own status alone; nothing where AWS reports none.
    pub by_status: Option<Health>,
    /// Whether its resources could not be listed.
    pub is_unlisted: bool,
    /// Whether the doctor saw it work, or saw what is wrong with it.
    pub is_examined: bool,
    /// Whether the doctor named it as the cause.
    pub(super) is_cause: bool,
    /// Whether it was broken when it was last examined, too long ago to count.
    pub was_broken: bool,
    /// Whether a call that proves the deployment has passed it.
    pub is_passed: bool,
}

impl StageStatus {
    /// Returns a stage of which nothing is known.
    pub const fn unknown(stage: ChainStage) -> Self {
        Self {
            stage,
            health: None,
            words: None,
            by_status: None,
            is_unlisted: false,
            is_examined: false,
            is_cause: false,
            was_broken: false,
            is_passed: false,
        }
    }
}

/// A deployment's chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The hops that it has, in their order.
    pub stages: Vec<StageStatus>,
}

/// Returns whether AWS's own status says how the hop is: then the status of now counts, not the one that the doctor saw.
pub const fn is_live(hop: Hop) -> bool {
    matches!(hop, Hop::Gateway | Hop::Target | Hop::Runtime)
}

/// Returns the chain of a deployment, as far as it is known.
pub fn chain(known: &ChainInput<'_>, now: Moment) -> Chain {
    let mut stages: Vec<StageStatus> = ChainStage::ALL
        .into_iter()
        .filter_map(|stage| live(stage, known, now))
        .map(|status| StageStatus {
            by_status: status.health,
            ..status
        })
        .collect();
    if let Some((at, report)) = known
        .examined
        .filter(|(at, _)| now.since(*at) <= EVIDENCE_MS)
    {
        for finding in &report.hops {
            add(&mut stages, finding, report, at, now);
        }
    }
    Chain { stages }
}

impl Chain {
    /// Adds what the health of the deployment says of a stage and no status tells: that calls fail there, that it was broken when it was
    /// last examined, and that a call has passed it.
    #[must_use]
    pub fn with_health(mut self, verdict: &HealthVerdict) -> Self {
        let failing = verdict
            .hop
            .filter(|_| verdict.health == DeploymentHealth::Failing);
        if let Some(status) = self.of_hop(failing)
            && status.health < Some(Health::Degraded)
        {
            status.health = Some(Health::Degraded);
            status.words = Some(verdict.evidence.clone());
        }
        if let Some(earlier) = &verdict.was_broken
            && let Some(status) = self.of_hop(Some(earlier.hop))
            && status.health <= Some(Health::Healthy)
        {
            status.was_broken = true;
            status.words = Some(format!("was ✖ at {} (doctor)", short_clock(earlier.at)));
        }
        for status in &mut self.stages {
            status.is_passed = verdict.passed.contains(&status.stage);
        }
        self
    }

    /// Returns the stage at which a hop is shown. A hop of which the health speaks is in the chain.
    fn of_hop(&mut self, hop: Option<&str>) -> Option<&mut StageStatus> {
        place(&mut self.stages, Hop::named(hop?)?, true)
    }

    /// Returns the status of one stage, if the chain has it.
    pub fn stage(&self, stage: ChainStage) -> Option<&StageStatus> {
        self.stages.iter().find(|status| status.stage == stage)
    }

    /// Returns the hop that breaks the chain: the worst, of equals the one that the doctor names, then the first. Nothing where all
    /// is well.
    pub fn broken(&self) -> Option<&StageStatus> {
        let worst = |status: &&StageStatus| (status.health, status.is_cause);
        // The last of equals would win: the first is the one that others wait for.
        self.stages
            .iter()
            .rev()
            .max_by_key(worst)
            .filter(|status| status.health > Some(Health::Healthy))
    }

    /// Returns the broken hop in words, else what deserves a word although all is well.
    pub fn summary(&self) -> Option<(Health, String)> {
        let Some(broken) = self.broken() else {
            let noted = self
                .stages
                .iter()
                .find_map(|status| Some((status, status.words.as_ref()?)))?;
            return Some((
                Health::Healthy,
                format!("{}: {}", noted.0.stage.as_str(), noted.1),
            ));
        };
        let health = broken.health?;
        let words = broken.words.as_deref().unwrap_or("not well");
        let others: Vec<&str> = self
            .stages
            .iter()
            .filter(|status| {
                status.stage != broken.stage && status.health >= Some(Health::Changing)
            })
            .map(|status| status.stage.as_str())
            .collect();
        let also = if others.is_empty() {
            String::new()
        } else {
            format!(" · also {}", others.join(", "))
        };
        Some((health, format!("{}: {words}{also}", broken.stage.as_str())))
    }
}
