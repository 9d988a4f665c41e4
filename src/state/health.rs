//! The health of deployments: judged when something is learned of a deployment, and at each tick because evidence ages.

use std::collections::BTreeMap;

use super::{Loadable, Store};
use crate::{
    doctor::DoctorReport,
    kinds::{self, DeploymentHealth, HealthInput, HealthVerdict, LoggedCalls},
    model::{DeploymentName, Kind, Moment},
};

/// Changes of states kept for all deployments.
const CHANGES: usize = 200;

/// The state of a deployment: the word, and where it is broken the hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthState {
    /// The word.
    pub health: DeploymentHealth,
    /// The hop that is broken.
    pub hop: Option<&'static str>,
}

/// A state, and since when the deployment is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateSince {
    state: HealthState,
    at: Option<Moment>,
}

/// A change of a deployment's state that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthChange {
    /// When it was seen.
    pub at: Moment,
    /// The deployment.
    pub deployment: DeploymentName,
    /// The state before.
    pub from: HealthState,
    /// The state after.
    pub to: HealthState,
    /// What proves the state after, in one sentence.
    pub evidence: String,
}

impl HealthState {
    fn of(verdict: &HealthVerdict) -> Self {
        let is_broken = verdict.health == DeploymentHealth::Broken;
        Self {
            health: verdict.health,
            hop: verdict.hop.filter(|_| is_broken),
        }
    }

    /// Returns whether something is wrong: the coming and going of proofs alone is no news.
    const fn is_bad(self) -> bool {
        match self.health {
            DeploymentHealth::NeedsPerson
            | DeploymentHealth::Failing
            | DeploymentHealth::Broken => true,
            DeploymentHealth::Proven
            | DeploymentHealth::Ready
            | DeploymentHealth::Unknown
            | DeploymentHealth::Changing => false,
        }
    }
}

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
        self.record_verdict(name, verdict);
    }

    /// Counts a change that can be seen, and judges the health of all deployments.
    pub(super) fn fleet_changed(&mut self) {
        self.version += 1;
        let judged = self.judge_all(self.now);
        self.record_verdicts(judged);
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
        self.record_verdicts(judged);
        self.version += u64::from(has_changed);
        has_changed
    }

    /// Returns since when a deployment is in its state. Where this run has not seen how it came into it, that is the time of the call or
    /// examination that proves the state, else the last change that AWS reports of its resources.
    pub fn state_since(&self, name: &DeploymentName) -> Option<Moment> {
        match self.states.get(name) {
            Some(since) => since.at,
            None => self.last_update(name),
        }
    }

    fn last_update(&self, name: &DeploymentName) -> Option<Moment> {
        self.resources(name)
            .filter_map(|resource| resource.updated)
            .max()
    }

    fn record_verdicts(&mut self, judged: BTreeMap<DeploymentName, HealthVerdict>) {
        self.healths.retain(|name, _| judged.contains_key(name));
        self.states.retain(|name, _| judged.contains_key(name));
        for (name, verdict) in judged {
            self.record_verdict(&name, verdict);
        }
    }

    /// Stores a verdict, and records whether the state of the deployment has changed by it.
    fn record_verdict(&mut self, name: &DeploymentName, verdict: HealthVerdict) {
        if self.was_listed(name) {
            self.record_state(name, &verdict);
        }
        self.healths.insert(name.clone(), verdict);
    }

    fn record_state(&mut self, name: &DeploymentName, verdict: &HealthVerdict) {
        let to = HealthState::of(verdict);
        let before = self.states.get(name).map(|since| since.state);
        if before == Some(to) {
            return;
        }
        let at = match before {
            Some(_) => Some(self.now),
            None => self.first_seen_since(name, verdict),
        };
        self.states
            .insert(name.clone(), StateSince { state: to, at });
        let Some(from) = before.filter(|from| from.is_bad() || to.is_bad()) else {
            return;
        };
        self.health_changes.push_front(HealthChange {
            at: self.now,
            deployment: name.clone(),
            from,
            to,
            evidence: verdict.evidence.clone(),
        });
        self.health_changes.truncate(CHANGES);
    }

    /// Returns since when a deployment is known to be in the state in which this run first sees it.
    fn first_seen_since(&self, name: &DeploymentName, verdict: &HealthVerdict) -> Option<Moment> {
        let listed_at = self.listed_at(name);
        let proof = verdict.at.filter(|_| verdict.at != listed_at);
        proof.or_else(|| self.last_update(name))
    }

    /// Returns whether every list of what a call passes was answered in this run: before that, a health is that of a part.
    fn was_listed(&self, name: &DeploymentName) -> bool {
        let is_answered = |kind| {
            let list = self.lists.get(&(name.clone(), kind));
            list.is_some_and(|list| list.value().is_some() || list.failure().is_some())
        };
        Kind::CHAIN.into_iter().all(is_answered) && !self.is_deployment_remembered(name)
    }

    fn listed_at(&self, name: &DeploymentName) -> Option<Moment> {
        let lists = Kind::CHAIN
            .into_iter()
            .filter_map(|kind| self.lists.get(&(name.clone(), kind)));
        lists.filter_map(Loadable::loaded_at).min()
    }

    /// Returns the last examination, unless a call that went through since then disproves its verdict.
    pub(super) fn standing_examination(
        &self,
        name: &DeploymentName,
    ) -> Option<(Moment, &DoctorReport)> {
        let (at, report) = self.examined.get(name)?;
        let is_disproved = report.break_cause().is_some()
            && self.calls_through(name).into_iter().max() >= Some(*at);
        (!is_disproved).then_some((*at, report))
    }

    /// Returns the calls of a deployment as its logs show them; `None` if the logs were not read.
    fn logged_calls(&self, name: &DeploymentName) -> Option<LoggedCalls> {
        let history = self.calls.get(name)?;
        history.read_until?;
        Some(LoggedCalls::of(&history.calls, self.has_gateway(name)))
    }

    /// Returns whether calls of the deployment pass a gateway.
    pub(crate) fn has_gateway(&self, name: &DeploymentName) -> bool {
        let mut resources = self.resources(name);
        resources.any(|resource| resource.key.kind == Kind::Gateway)
    }

    /// Returns when calls went through the whole chain, by this console and by the logs.
    pub(super) fn calls_through(&self, name: &DeploymentName) -> Vec<Moment> {
        let called = self.called.get(name);
        let called = called.filter(|call| call.failure.is_none());
        let logged = self.logged_calls(name).unwrap_or_default();
        let logged = logged.answered.iter().map(|call| call.at);
        called
            .map(|call| call.at)
            .into_iter()
            .chain(logged)
            .collect()
    }

    /// Returns when the doctor last saw the deployment broken.
    fn broken_at(&self, name: &DeploymentName) -> Option<Moment> {
        let mut walks = self.walks.get(name)?.iter();
        let (at, _) = walks.find(|(_, report)| report.verdict.is_some())?;
        Some(*at)
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
                was_broken: None,
                passed: Vec::new(),
            };
        }
        let traffic = self.traffic_of(name);
        let logged = self.logged_calls(name);
        kinds::deployment_health(
            &HealthInput {
                is_one_chain: self
                    .deployment(name)
                    .is_none_or(|deployment| !deployment.is_ungrouped),
                chain: &self.examined_chain(name, now),
                listed_at: self.listed_at(name),
                unlisted: unlisted.map(|(at, failure)| (at, failure.cause.clone())),
                has_resources: self.resources(name).next().is_some(),
                traffic: traffic.as_ref(),
                examined: self.examined.get(name).map(|(at, report)| (*at, report)),
                broken_at: self.broken_at(name),
                called: self.called.get(name),
                logged: logged.as_ref(),
            },
            now,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kinds::ObservedCall;
    use crate::model::{Deployment, Failure, FailureKind, Resource};

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn gateway(status: &str) -> Resource {
        Resource {
            name: "prod-gateway".to_owned(),
            status: status.to_owned(),
            ..Resource::new("prod", Kind::Gateway, "gw-1")
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

    fn listed(status: &str, at: Moment, store: &mut Store) {
        let name = DeploymentName::from("prod");
        for kind in Kind::CHAIN {
            let resources = if kind == Kind::Gateway {
                vec![Resource {
                    updated: Some(NOW.plus(-86_400_000)),
                    ..gateway(status)
                }]
            } else {
                Vec::new()
            };
            let _ = store.record_list(&name, kind, Ok(resources), at);
        }
    }

    #[test]
    fn the_age_of_a_state_begins_with_it_and_the_change_is_kept() {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let name = DeploymentName::from("prod");
        listed("READY", NOW, &mut store);
        assert_eq!(store.state_since(&name), Some(NOW.plus(-86_400_000)));
        assert!(store.health_changes.is_empty(), "nothing has changed yet");
        let broke = NOW.plus(5_000);
        listed("FAILED", broke, &mut store);
        assert_eq!(store.state_since(&name), Some(broke));
        // What changes in the same state does not begin it again.
        listed("FAILED", broke.plus(40_000), &mut store);
        store.advance(broke.plus(50_000));
        assert_eq!(store.state_since(&name), Some(broke));
        let change = store.health_changes.front().unwrap();
        let words = |state: HealthState| (state.health.as_str(), state.hop);
        assert_eq!(words(change.from), ("ready", None));
        assert_eq!(words(change.to), ("broken", Some("gateway")));
        assert_eq!(store.health_changes.len(), 1);
    }

    #[test]
    fn a_proof_that_comes_and_goes_is_no_change_to_tell() {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let name = DeploymentName::from("prod");
        listed("READY", NOW, &mut store);
        let call = ObservedCall {
            at: NOW,
            failure: None,
        };
        store.record_call(&name, call);
        assert_eq!(store.state_since(&name), Some(NOW));
        assert!(store.health_changes.is_empty());
    }
}
