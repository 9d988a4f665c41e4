//! The health of deployments: judged when something is learned of a deployment, and at each tick because evidence ages.

use std::collections::BTreeMap;

use super::{Loadable, Store};
use crate::{
    kinds::{self, DeploymentHealth, HealthInput, HealthVerdict, LoggedCalls},
    model::{DeploymentName, Kind, Moment},
};

impl Store {
    /// Returns the health of a deployment with its evidence, as of the last tick.
    pub fn health(&self, name: &DeploymentName) -> HealthVerdict {
        let known = self.healths.get(name).cloned();
        known.unwrap_or_else(|| self.judge(name, self.now))
    }

    /// Counts a change that can be seen, and judges the health of the deployment that it concerns.
    pub(super) fn deployment_changed(&mut self, name: &DeploymentName) {
        self.version += 1;
        let verdict = self.judge(name, self.now);
        self.healths.insert(name.clone(), verdict);
    }

    /// Counts a change that can be seen, and judges the health of all deployments.
    pub(super) fn fleet_changed(&mut self) {
        self.version += 1;
        self.healths = self.judge_all(self.now);
    }

    /// Sets the time from which the age of evidence counts. Returns whether the health of a deployment, or what is said of it, has
    /// changed by it.
    pub(crate) fn advance(&mut self, now: Moment) -> bool {
        self.now = now;
        let judged = self.judge_all(now);
        let has_changed = judged.iter().any(|(name, new)| {
            let known = self.healths.get(name);
            known.is_some_and(|old| (old.health, &old.evidence) != (new.health, &new.evidence))
        });
        self.healths = judged;
        self.version += u64::from(has_changed);
        has_changed
    }

    fn judge_all(&self, now: Moment) -> BTreeMap<DeploymentName, HealthVerdict> {
        let names = self.deployments.iter().map(|deployment| &deployment.name);
        names
            .map(|name| (name.clone(), self.judge(name, now)))
            .collect()
    }

    fn judge(&self, name: &DeploymentName, now: Moment) -> HealthVerdict {
        let lists = || {
            Kind::CHAIN
                .into_iter()
                .filter_map(|kind| self.lists.get(&(name.clone(), kind)))
        };
        let unlisted = lists().find_map(|list| Some((list.failed_at()?, list.failure()?)));
        if unlisted.is_none() && self.is_deployment_remembered(name) {
            // Its age grows while nothing changes, so the head of the window tells it, not the evidence.
            return HealthVerdict {
                health: DeploymentHealth::Unknown,
                hop: None,
                evidence: "as the last run saw it".to_owned(),
                at: self.remembered_at(),
            };
        }
        let traffic = self.traffic_of(name);
        let history = self.calls.get(name);
        let logged = history
            .filter(|history| history.read_until.is_some())
            .map(|history| LoggedCalls::of(&history.calls));
        kinds::deployment_health(
            &HealthInput {
                is_one_chain: self
                    .deployment(name)
                    .is_none_or(|deployment| !deployment.is_ungrouped),
                chain: &self.chain(name, now),
                listed_at: lists().filter_map(Loadable::loaded_at).min(),
                unlisted: unlisted.map(|(at, failure)| (at, failure.cause.clone())),
                has_resources: self.resources(name).next().is_some(),
                traffic: traffic.as_ref(),
                examined: self.examined.get(name).map(|(at, report)| (*at, report)),
                called: self.called.get(name),
                logged: logged.as_ref(),
            },
            now,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use super::*;
    use crate::kinds::ObservedCall;
    use crate::model::{Deployment, Failure, FailureKind, Resource, ResourceKey};

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn gateway(status: &str) -> Resource {
        let key = ResourceKey {
            deployment: "prod".into(),
            kind: Kind::Gateway,
            id: "gw-1".into(),
        };
        Resource {
            key,
            arn: None,
            name: "prod-gateway".to_owned(),
            status: status.to_owned(),
            reason: None,
            created: None,
            updated: None,
            facts: Vec::new(),
            links: Vec::new(),
            log_groups: Vec::new(),
            mcp_url: None,
            raw: Arc::default(),
            unread: None,
        }
    }

    #[test]
    fn an_answer_changes_the_health_of_its_deployment_at_once() {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let name = DeploymentName::from("prod");
        let mut healths = Vec::new();
        for status in ["READY", "FAILED"] {
            let version = store.version();
            let _ = store.record_list(&name, Kind::Gateway, Ok(vec![gateway(status)]), NOW);
            assert!(store.version() > version, "what was drawn is out of date");
            healths.push(store.health(&name).health);
        }
        assert_eq!(healths, [DeploymentHealth::Ready, DeploymentHealth::Broken]);
    }

    #[test]
    fn counted_calls_replace_older_ones_and_are_judged() {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let name = DeploymentName::from("prod");
        let _ = store.record_list(&name, Kind::Gateway, Ok(vec![gateway("READY")]), NOW);
        let refused = Failure::new(FailureKind::Denied, "counting calls", "refused");
        store.uncounted.insert(name.clone(), refused);
        let before = store.version();
        store.record_traffic(&BTreeSet::from([name.clone()]), Vec::new());
        assert!(store.version() > before && store.uncounted.is_empty());
    }

    #[test]
    fn a_tick_is_a_change_only_where_the_evidence_has_aged() {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let name = DeploymentName::from("prod");
        let _ = store.record_list(&name, Kind::Gateway, Ok(vec![gateway("READY")]), NOW);
        let call = ObservedCall {
            at: NOW,
            failure: None,
        };
        store.record_call(&name, call);
        assert_eq!(store.health(&name).health, DeploymentHealth::Proven);
        let version = store.version();
        assert!(!store.advance(NOW.plus(1)) && store.version() == version);
        assert!(store.advance(NOW.plus(kinds::EVIDENCE_MS + 1)) && store.version() > version);
        assert_eq!(store.health(&name).health, DeploymentHealth::Ready);
    }
}
