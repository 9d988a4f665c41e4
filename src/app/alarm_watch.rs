//! The alarm of the terminal: raised when a deployment becomes failing or broken while the console is open.

use std::collections::BTreeMap;

use super::App;
use crate::{
    config::TerminalAlarm,
    kinds::DeploymentHealth,
    messages::{Effect, Effects},
    model::DeploymentName,
    widgets::deployment_word,
};

/// What was known of the deployments when they were last looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct AlarmWatch {
    /// The version of the store.
    version: u64,
    /// Whether a deployment was failing or broken, from its first known health on.
    is_bad: BTreeMap<DeploymentName, bool>,
}

/// Returns whether a health raises the alarm; `None` if it says nothing.
const fn is_bad(health: DeploymentHealth) -> Option<bool> {
    match health {
        DeploymentHealth::Unknown => None,
        DeploymentHealth::Failing | DeploymentHealth::Broken => Some(true),
        DeploymentHealth::Proven
        | DeploymentHealth::Ready
        | DeploymentHealth::Changing
        | DeploymentHealth::NeedsPerson => Some(false),
    }
}

impl App {
    /// Raises one alarm for all deployments that have become failing or broken since the last call. What was bad when it was first
    /// seen raises none.
    pub(super) fn raise_alarm(&mut self) -> Effects {
        if self.options.alarm == TerminalAlarm::Off
            || self.alarm_watch.version == self.store.version()
        {
            return Effects::none();
        }
        self.alarm_watch.version = self.store.version();
        let mut words = Vec::new();
        for deployment in &self.store.deployments {
            let verdict = self.store.health(&deployment.name);
            let Some(is_bad) = is_bad(verdict.health) else {
                continue;
            };
            let before = self
                .alarm_watch
                .is_bad
                .insert(deployment.name.clone(), is_bad);
            if is_bad && before == Some(false) {
                let word = deployment_word(verdict.health);
                words.push(match verdict.hop {
                    Some(hop) => format!("{} {word} at {hop}", deployment.name),
                    None => format!("{} {word}: {}", deployment.name, verdict.evidence),
                });
            }
        }
        if words.is_empty() {
            return Effects::none();
        }
        Effects::one(Effect::RaiseAlarm(self.options.alarm, words.join("; ")))
    }
}
