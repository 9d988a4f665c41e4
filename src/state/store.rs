//! What is known: the fleet, its transitions, the activity. Screens read it; only events write it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    activity::ActivityEntry,
    cause::TransitionCause,
    fleet_snapshot::FleetSnapshot,
    health::{HealthChange, StateSince},
    history::{CallHistory, ChangeHistory},
    loadable::Loadable,
};
use crate::{
    doctor::DoctorReport,
    kinds::{self, Chain, ChainInput, HealthVerdict, ObservedCall},
    messages::{Effect, FleetEffect},
    model::{
        Deployment, DeploymentName, Failure, Health, Kind, MisconfiguredDeployment, Moment,
        Resource, ResourceKey, Traffic,
    },
};

/// Transitions kept.
const FEED: usize = 200;
/// Examinations kept of each deployment.
const WALKS: usize = 24;

/// All that is known.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The deployments of the configuration, in its order.
    pub deployments: Vec<Deployment>,
    /// The deployments of the configuration with a problem, in its order. Nothing of them is looked at.
    pub misconfigured: Vec<MisconfiguredDeployment>,
    /// Lists by deployment and kind.
    pub lists: BTreeMap<(DeploymentName, Kind), Loadable<Vec<Resource>>>,
    /// Calls of the last hour at gateways and runtimes.
    pub traffic: BTreeMap<ResourceKey, Traffic>,
    /// Deployments whose calls could not be counted, and why.
    pub uncounted: BTreeMap<DeploymentName, Failure>,
    /// The last examination of each deployment by the doctor, and when it came.
    pub examined: BTreeMap<DeploymentName, (Moment, DoctorReport)>,
    /// The last examinations of each deployment, newest first, the current one included.
    pub walks: BTreeMap<DeploymentName, VecDeque<(Moment, DoctorReport)>>,
    /// The last call of this console through each deployment's chain.
    pub called: BTreeMap<DeploymentName, ObservedCall>,
    /// The configured time between two refreshes of a list, in milliseconds.
    pub refresh_ms: i64,
    /// The time of the last tick: the age of evidence counts from here.
    pub(super) now: Moment,
    /// What CloudTrail says of each deployment.
    pub changes: BTreeMap<DeploymentName, ChangeHistory>,
    /// The tool calls that the logs of a deployment show.
    pub calls: BTreeMap<DeploymentName, CallHistory>,
    /// What changed its status, newest first.
    pub feed: VecDeque<Transition>,
    /// What this console did, newest first.
    pub activity: VecDeque<ActivityEntry>,
    /// Failures since the activity was last looked at.
    pub unseen_failures: usize,
    /// Lists that the last run saw and this one has not been answered yet.
    remembered: BTreeSet<(DeploymentName, Kind)>,
    /// What could not be derived of deployments that were found without a configuration, with how to set it.
    pub not_derived: BTreeMap<DeploymentName, Vec<String>>,
    /// Number of changes to what is known of the fleet. What was made of an older version is rebuilt.
    pub(super) version: u64,
    /// The health of each deployment, as of its last change and the last tick.
    pub(super) healths: BTreeMap<DeploymentName, HealthVerdict>,
    /// The state of each deployment whose lists were all answered, and since when it is in it.
    pub(super) states: BTreeMap<DeploymentName, StateSince>,
    /// Changes of the state of deployments to or from one that is not well, newest first.
    pub health_changes: VecDeque<HealthChange>,
}

/// A change of status that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When it was seen.
    pub at: Moment,
    /// Which resource.
    pub key: ResourceKey,
    /// Its name.
    pub name: String,
    /// Status before; none for a new resource.
    pub from: Option<String>,
    /// Status after; none for one that is gone.
    pub to: Option<String>,
    /// AWS's reason.
    pub reason: Option<String>,
    /// How the resource was after the change; none for one that is gone.
    pub health: Option<Health>,
    /// Who brought it about, as far as CloudTrail has said it.
    pub by: Option<TransitionCause>,
}

/// What an answer brought, from the least to the most.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListChange {
    /// Nothing but that it is still so.
    Unchanged,
    /// Something that can be seen.
    Updated,
    /// A status that changed, a resource that came or went.
    StatusChanged,
}

impl Store {
    /// Creates a store that knows the configured deployments and nothing about their resources yet.
    pub fn new(deployments: Vec<Deployment>) -> Self {
        Self {
            deployments,
            ..Self::default()
        }
    }

    /// Fills lists that are not known yet with what the last run saw of these deployments.
    pub fn remember(&mut self, snapshot: &FleetSnapshot) {
        let at = Moment::from_millis(snapshot.at);
        for (key, resources) in snapshot.lists() {
            let is_known = self.deployment(&key.0).is_some();
            let list = self.lists.entry(key.clone()).or_default();
            if is_known && list.value().is_none() {
                list.set_value(resources, at);
                self.remembered.insert(key);
            }
        }
        self.fleet_changed();
    }

    /// Forgets what the last run saw: the fleet turned out to be another one.
    pub(crate) fn forget_remembered(&mut self) {
        let remembered = std::mem::take(&mut self.remembered);
        self.lists.retain(|key, _| !remembered.contains(key));
        self.fleet_changed();
    }

    /// Replaces the deployments that are shown.
    pub(crate) fn set_deployments(&mut self, deployments: Vec<Deployment>) {
        self.deployments = deployments;
        self.fleet_changed();
    }

    /// Returns whether a list is what the last run saw.
    pub fn is_remembered(&self, deployment: &DeploymentName, kind: Kind) -> bool {
        self.remembered.contains(&(deployment.clone(), kind))
    }

    /// Returns whether some list of a deployment is what the last run saw.
    pub fn is_deployment_remembered(&self, deployment: &DeploymentName) -> bool {
        self.remembered.iter().any(|(name, _)| name == deployment)
    }

    /// Returns when the last run saw what is still shown of it; `None` if every list was answered in this run.
    pub fn remembered_at(&self) -> Option<Moment> {
        let at = |key| self.lists.get(key)?.loaded_at();
        self.remembered.iter().filter_map(at).min()
    }

    /// Returns the deployment of that name.
    pub fn deployment(&self, name: &DeploymentName) -> Option<&Deployment> {
        self.deployments
            .iter()
            .find(|deployment| &deployment.name == name)
    }

    /// Returns the deployment of that name whose configuration has a problem.
    pub fn misconfigured(&self, name: &DeploymentName) -> Option<&MisconfiguredDeployment> {
        self.misconfigured
            .iter()
            .find(|deployment| deployment.name == name.as_str())
    }

    /// Returns all known resources of a deployment.
    pub fn resources<'a>(
        &'a self,
        deployment: &'a DeploymentName,
    ) -> impl Iterator<Item = &'a Resource> {
        Kind::ALL
            .into_iter()
            .filter_map(move |kind| self.lists.get(&(deployment.clone(), kind))?.value())
            .flatten()
    }

    /// Returns a resource by its key.
    pub fn resource(&self, key: &ResourceKey) -> Option<&Resource> {
        self.lists
            .get(&(key.deployment.clone(), key.kind))?
            .value()?
            .iter()
            .find(|known| &known.key == key)
    }

    /// Returns whether something in a list is on its way to another state.
    pub fn moves(&self, deployment: &DeploymentName, kind: Kind) -> bool {
        let list = self
            .lists
            .get(&(deployment.clone(), kind))
            .and_then(Loadable::value);
        list.into_iter()
            .flatten()
            .any(|resource| kinds::health(resource) == Health::Changing)
    }

    /// Returns how many lists are being asked for.
    pub fn loading(&self) -> usize {
        self.lists.values().filter(|list| list.is_loading()).count()
    }

    /// Since when the list that is waited for longest is being asked for.
    pub fn loading_since(&self) -> Option<Moment> {
        self.lists
            .values()
            .filter_map(Loadable::loading_since)
            .min()
    }

    /// Returns the age of the oldest list of what a call passes.
    pub fn freshness(&self) -> Option<Moment> {
        self.chain_lists().filter_map(Loadable::loaded_at).min()
    }

    /// Returns whether a list of what a call passes could not be read again.
    pub fn is_stale(&self) -> bool {
        self.chain_lists().any(|list| list.failure().is_some())
    }

    fn chain_lists(&self) -> impl Iterator<Item = &Loadable<Vec<Resource>>> {
        self.lists
            .iter()
            .filter(|((_, kind), _)| kind.is_in_chain())
            .map(|(_, list)| list)
    }

    /// Returns the calls of the last hour at a deployment's front door: its gateways, else its runtimes.
    pub fn traffic_of(&self, deployment: &DeploymentName) -> Option<Traffic> {
        [Kind::Gateway, Kind::Runtime].into_iter().find_map(|kind| {
            let list = self.lists.get(&(deployment.clone(), kind))?.value()?;
            list.iter()
                .filter_map(|resource| self.traffic.get(&resource.key))
                .cloned()
                .reduce(|sum, each| sum.and(&each))
        })
    }

    /// Returns the number of changes to what is known of the fleet: what was made of an older version is out of date.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Returns account and region of a deployment in words: `123456789012, us-west-2`. The account is that of its resources' ARNs.
    pub fn account_and_region(&self, name: &DeploymentName) -> String {
        let region = self
            .deployment(name)
            .map_or("", |deployment| deployment.region.as_str());
        let account = self
            .resources(name)
            .filter_map(|resource| resource.arn.as_deref()?.split(':').nth(4))
            .find(|account| !account.is_empty());
        match account {
            Some(account) => format!("{account}, {region}"),
            None => region.to_owned(),
        }
    }

    /// Returns the time from which the age of evidence counts.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Records an examination by the doctor.
    pub(crate) fn record_examination(&mut self, report: DoctorReport, now: Moment) {
        self.now = now;
        let walks = self.walks.entry(report.deployment.clone()).or_default();
        walks.push_front((now, report.clone()));
        walks.truncate(WALKS);
        let name = report.deployment.clone();
        self.examined.insert(name.clone(), (now, report));
        self.deployment_changed(&name);
    }

    /// Records a call of this console through a deployment's chain.
    pub(crate) fn record_call(&mut self, deployment: &DeploymentName, call: ObservedCall) {
        self.now = call.at;
        self.called.insert(deployment.clone(), call);
        self.deployment_changed(deployment);
    }

    /// Replaces the calls of the last hour at the resources of these deployments.
    pub(crate) fn record_traffic(
        &mut self,
        asked: &BTreeSet<DeploymentName>,
        counted: Vec<(ResourceKey, Traffic)>,
    ) {
        self.traffic
            .retain(|known, _| !asked.contains(&known.deployment));
        self.traffic.extend(counted);
        for deployment in asked {
            self.uncounted.remove(deployment);
            self.deployment_changed(deployment);
        }
    }

    /// Returns what the screens call the deployment of that name: its title, if it has one.
    pub fn title<'a>(&'a self, name: &'a str) -> &'a str {
        self.deployments
            .iter()
            .find(|deployment| deployment.name.as_str() == name)
            .map_or(name, Deployment::title)
    }

    /// Returns what a resource is called, and its deployment: `neo4j-target of Movies`.
    pub fn resource_words(&self, key: &ResourceKey) -> String {
        let name = self
            .resource(key)
            .map_or_else(|| key.own_id(), |resource| resource.name.as_str());
        format!("{name} of {}", self.title(key.deployment.as_str()))
    }

    /// Returns the chain of a deployment, as far as it is known, with the hop at which its calls fail.
    pub fn chain(&self, name: &DeploymentName, now: Moment) -> Chain {
        self.examined_chain(name, now)
            .with_health(&self.health(name))
    }

    /// Returns the chain of a deployment by AWS's statuses and the doctor.
    pub(super) fn examined_chain(&self, name: &DeploymentName, now: Moment) -> Chain {
        let problem = |kind| Some((kind, self.lists.get(&(name.clone(), kind))?.failure()?));
        let known = ChainInput {
            resources: self.resources(name).collect(),
            unlisted: Kind::CHAIN.into_iter().filter_map(problem).collect(),
            examined: self.standing_examination(name),
        };
        kinds::chain(&known, now)
    }

    /// Returns how many lists of the deployment failed for that same cause.
    pub fn same_problems(&self, name: &DeploymentName, failure: &Failure) -> usize {
        let problem = |kind| self.lists.get(&(name.clone(), kind))?.failure();
        Kind::ALL
            .into_iter()
            .filter_map(problem)
            .filter(|other| other.cause == failure.cause)
            .count()
    }

    /// Takes a list in and notes what changed in it. Answers what it brought.
    pub fn record_list(
        &mut self,
        deployment: &DeploymentName,
        kind: Kind,
        result: Result<Vec<Resource>, Failure>,
        now: Moment,
    ) -> ListChange {
        self.now = self.now.max(now);
        let key = (deployment.clone(), kind);
        let is_first_answer = result.is_ok() && self.remembered.remove(&key);
        let list = self.lists.entry(key).or_default();
        if is_first_answer {
            // Nobody saw how it came from what it was then to what it is now.
            list.clear_value();
        }
        if let Err(failure) = &result {
            let known = list.failure().is_some_and(|old| old.cause == failure.cause);
            let failure = failure.clone();
            list.finish_loading(result, now);
            if known {
                return ListChange::Unchanged;
            }
            self.deployment_changed(deployment);
            self.record_list_failure(deployment, kind, failure, now);
            return ListChange::Updated;
        }
        let same = list.failure().is_none()
            && list
                .value()
                .is_some_and(|old| result.as_ref().is_ok_and(|new| old == new));
        let before = list.value().cloned();
        list.finish_loading(result, now);
        if same {
            return ListChange::Unchanged;
        }
        let seen =
            before.map(|before| transitions(&before, list.value().map_or(&[], Vec::as_slice), now));
        self.deployment_changed(deployment);
        let Some(seen) = seen else {
            return ListChange::Updated;
        };
        let change = if seen.is_empty() {
            ListChange::Updated
        } else {
            ListChange::StatusChanged
        };
        for transition in seen {
            self.feed.push_front(transition);
        }
        self.feed.truncate(FEED);
        change
    }

    /// Records in Activity that a list could not be read, with the way to ask again.
    fn record_list_failure(
        &mut self,
        deployment: &DeploymentName,
        kind: Kind,
        failure: Failure,
        now: Moment,
    ) {
        let title = self.title(deployment.as_str());
        let doing = format!("list {} of {title}", kind.plural());
        let again = Effect::Fleet(FleetEffect::List(deployment.clone(), kind));
        self.record(ActivityEntry {
            again: Some(Box::new(again)),
            ..ActivityEntry::new(now, doing, Err(failure))
        });
    }

    /// Puts one resource in the place of its older self.
    pub fn observe_resource(&mut self, resource: &Resource, now: Moment) -> ListChange {
        let place = (resource.key.deployment.clone(), resource.key.kind);
        let Some(list) = self.lists.get(&place).and_then(Loadable::value) else {
            return ListChange::Unchanged;
        };
        let renewed = list
            .iter()
            .map(|known| {
                if known.key == resource.key {
                    resource.clone()
                } else {
                    known.clone()
                }
            })
            .collect();
        self.record_list(&place.0, place.1, Ok(renewed), now)
    }
}

/// The changes of status between two answers for the same list.
fn transitions(before: &[Resource], after: &[Resource], now: Moment) -> Vec<Transition> {
    let mut seen = Vec::new();
    for resource in after {
        let old = before.iter().find(|old| old.key == resource.key);
        if old.is_none_or(|old| old.status != resource.status) {
            seen.push(Transition {
                at: now,
                key: resource.key.clone(),
                name: resource.name.clone(),
                from: old.map(|old| old.status.clone()),
                to: Some(resource.status.clone()),
                reason: resource.reason.clone(),
                health: Some(kinds::health(resource)),
                by: None,
            });
        }
    }
    let gone = before
        .iter()
        .filter(|old| !after.iter().any(|resource| resource.key == old.key));
    seen.extend(gone.map(|resource| Transition {
        at: now,
        key: resource.key.clone(),
        name: resource.name.clone(),
        from: Some(resource.status.clone()),
        to: None,
        reason: None,
        health: None,
        by: None,
    }));
    seen
}
