//! Polling of CloudWatch for the calls of gateways and runtimes: one request per account and region
//! while the Fleet is in
//! front, at most every five minutes; less often while the user is idle or nothing is called.

use std::collections::BTreeMap;

use super::App;
use crate::messages::{Effect, Effects};
use crate::{
    messages::Route,
    model::{Deployment, DeploymentName, Failure, Kind, Moment, ResourceKey, Traffic},
};

/// Interval between two requests for the same account and region, in milliseconds.
const PAUSE_MS: i64 = 5 * 60 * 1000;
/// The same interval while the user is idle, in milliseconds.
const CALM_PAUSE_MS: i64 = 10 * 60 * 1000;
/// The same interval while the user is idle and nothing was called lately, in milliseconds.
const QUIET_PAUSE_MS: i64 = 30 * 60 * 1000;
/// The kinds whose calls are counted.
const COUNTED: [Kind; 2] = [Kind::Gateway, Kind::Runtime];

/// Time of the last request per account and region, by the first of its deployments.
#[derive(Clone, Debug, Default)]
pub(super) struct TrafficPoll {
    asked: BTreeMap<DeploymentName, Moment>,
}

impl App {
    /// Requests the counts that are due, once all gateways and runtimes of the account are known.
    pub(super) fn count_calls(&mut self) -> Effects {
        if self.route != Route::Fleet || !self.has_started {
            return Effects::none();
        }
        let mut effects = Vec::new();
        for account in accounts(&self.store.deployments) {
            let Some(first) = account.first() else {
                continue;
            };
            let pause = match (self.schedule.is_idle(self.now), self.is_called(&account)) {
                (false, _) => PAUSE_MS,
                (true, true) => CALM_PAUSE_MS,
                (true, false) => QUIET_PAUSE_MS,
            };
            if self
                .counts
                .asked
                .get(first)
                .is_some_and(|at| self.now.since(*at) < pause)
            {
                continue;
            }
            if let Some(keys) = self.countable(&account) {
                self.counts.asked.insert(first.clone(), self.now);
                if !keys.is_empty() {
                    effects.push(Effect::CountCalls(keys));
                }
            }
        }
        Effects(effects)
    }

    /// Stores an answer. After a failure the columns stay empty and the detail names the cause.
    pub(super) fn calls_counted(
        &mut self,
        asked: &[ResourceKey],
        result: Result<Vec<(ResourceKey, Traffic)>, Failure>,
    ) -> Effects {
        for deployment in asked.iter().map(|key| &key.deployment) {
            match &result {
                Ok(_) => self.store.uncounted.remove(deployment),
                Err(failure) => self
                    .store
                    .uncounted
                    .insert(deployment.clone(), failure.clone()),
            };
        }
        match result {
            Ok(pluralize) => {
                self.store.version += 1;
                self.store
                    .traffic
                    .retain(|known, _| !asked.iter().any(|key| key.deployment == known.deployment));
                self.store.traffic.extend(pluralize);
            }
            Err(failure) => tracing::info!(%failure, "calls are not counted"),
        }
        Effects::none()
    }

    /// Makes failed counts due again, for an explicit refresh.
    pub(super) fn count_failed_anew(&mut self) {
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

    /// Returns the gateways and runtimes of these deployments, or `None` until all their lists were
    /// answered once.
    fn countable(&self, account: &[DeploymentName]) -> Option<Vec<ResourceKey>> {
        let mut keys = Vec::new();
        for deployment in account {
            for kind in COUNTED {
                let list = self.store.lists.get(&(deployment.clone(), kind))?;
                if list.value.is_none() && list.failure.is_none() {
                    return None;
                }
                keys.extend(
                    list.get()
                        .into_iter()
                        .flatten()
                        .map(|resource| resource.key.clone()),
                );
            }
        }
        Some(keys)
    }
}

/// Groups the deployments that share credentials, region and endpoint.
fn accounts(deployments: &[Deployment]) -> Vec<Vec<DeploymentName>> {
    let mut accounts: Vec<(_, Vec<DeploymentName>)> = Vec::new();
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
        match accounts.iter_mut().find(|(known, _)| *known == own) {
            Some((_, names)) => names.push(deployment.name.clone()),
            None => accounts.push((own, vec![deployment.name.clone()])),
        }
    }
    accounts.into_iter().map(|(_, names)| names).collect()
}
