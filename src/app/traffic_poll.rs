//! When CloudWatch is asked how often gateways and runtimes were called: one request for an account and region while Fleet is
//! shown, every minute, and every five where nothing is called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::App;
use crate::messages::{Effect, Effects, FleetEffect};
use crate::{
    messages::Route,
    model::{Deployment, DeploymentName, Failure, Kind, Moment, ResourceKey, Traffic},
};

/// Pause between two requests for the same account and region, in milliseconds: CloudWatch keeps its counts by the minute.
const PAUSE_MS: i64 = 60 * 1000;
/// Pause between two requests if nothing was called in the last minutes, in milliseconds.
const QUIET_PAUSE_MS: i64 = 5 * 60 * 1000;
/// What is counted.
const COUNTED: [Kind; 2] = [Kind::Gateway, Kind::Runtime];

/// When each account and region was asked, by the first of its deployments.
#[derive(Clone, Debug, Default)]
pub(super) struct TrafficPoll {
    asked: BTreeMap<DeploymentName, Moment>,
}

impl App {
    /// Asks for what is due, once everything that is to be counted is known.
    pub(super) fn count_calls(&mut self) -> Effects {
        if self.route != Route::Fleet || !self.has_started {
            return Effects::none();
        }
        let mut effects = Vec::new();
        for account in accounts(&self.store.deployments) {
            let Some(first) = account.first() else {
                continue;
            };
            // Called for every list that is answered: what costs more than a look at the clock is only done when its time has come.
            let since = self.counts.asked.get(first).map(|at| self.now.since(*at));
            let is_due = since.is_none_or(|since| {
                since >= QUIET_PAUSE_MS || since >= PAUSE_MS && self.is_called(&account)
            });
            if !is_due {
                continue;
            }
            if let Some(keys) = self.countable(&account) {
                self.counts.asked.insert(first.clone(), self.now);
                if !keys.is_empty() {
                    effects.push(Effect::Fleet(FleetEffect::CountCalls(keys)));
                }
            }
        }
        Effects(effects)
    }

    /// Takes an answer in. A failure is no alarm: the columns stay empty, and the detail says why.
    pub(super) fn calls_counted(
        &mut self,
        asked: &[ResourceKey],
        result: Result<Vec<(ResourceKey, Traffic)>, Failure>,
    ) -> Effects {
        let asked: BTreeSet<_> = asked.iter().map(|key| key.deployment.clone()).collect();
        match result {
            Ok(counted) => self.store.record_traffic(&asked, counted),
            Err(failure) => {
                tracing::info!(%failure, "calls are not counted");
                let why = asked.into_iter().map(|name| (name, failure.clone()));
                self.store.uncounted.extend(why);
            }
        }
        self.read_failing_calls()
    }

    /// A refresh does not wait for counts that could not be read.
    pub(super) fn count_failed_again(&mut self) {
        self.counts
            .asked
            .retain(|deployment, _| !self.store.uncounted.contains_key(deployment));
    }

    fn is_called(&self, account: &[DeploymentName]) -> bool {
        self.store
            .traffic
            .iter()
            .any(|(key, traffic)| account.contains(&key.deployment) && traffic.is_lively())
    }

    /// Returns the gateways and runtimes of these deployments; nothing as long as one of the lists was never answered.
    fn countable(&self, account: &[DeploymentName]) -> Option<Vec<ResourceKey>> {
        let mut keys = Vec::new();
        for deployment in account {
            for kind in COUNTED {
                let list = self.store.lists.get(&(deployment.clone(), kind))?;
                if list.value().is_none() && list.failure().is_none() {
                    return None;
                }
                keys.extend(
                    list.value()
                        .into_iter()
                        .flatten()
                        .map(|resource| resource.key.clone()),
                );
            }
        }
        Some(keys)
    }
}

/// Deployments by account and region: those that are reached in the same way are in the same.
pub(super) fn accounts(deployments: &[Deployment]) -> Vec<Vec<DeploymentName>> {
    let mut accounts: Vec<Vec<DeploymentName>> = Vec::new();
    let mut places = HashMap::new();
    for deployment in deployments {
        let access_key = deployment
            .credentials
            .as_ref()
            .map(|keys| &keys.access_key_id);
        let own = (
            &deployment.profile,
            &deployment.region,
            &deployment.endpoint_url,
            access_key,
        );
        let place = *places.entry(own).or_insert(accounts.len());
        match accounts.get_mut(place) {
            Some(names) => names.push(deployment.name.clone()),
            None => accounts.push(vec![deployment.name.clone()]),
        }
    }
    accounts
}
