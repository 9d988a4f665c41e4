//! The order of the deployments of Fleet: those that are looked at, and those whose configuration has a problem.

use std::cmp::Reverse;

use super::{Order, RowOrder};
use crate::{
    kinds::DeploymentHealth,
    model::{Deployment, MisconfiguredDeployment, Moment},
    state::Store,
};

/// A deployment of Fleet.
#[derive(Clone, Copy, Debug)]
pub(super) enum FleetEntry<'a> {
    /// One that is looked at.
    Deployment(&'a Deployment),
    /// One whose configuration has a problem.
    Misconfigured(&'a MisconfiguredDeployment),
}

impl<'a> FleetEntry<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::Deployment(deployment) => deployment.name.as_str(),
            Self::Misconfigured(deployment) => &deployment.name,
        }
    }

    /// Returns what is known of a deployment that is looked at.
    fn known<T>(self, fact: impl FnOnce(&'a Deployment) -> Option<T>) -> Option<T> {
        match self {
            Self::Deployment(deployment) => fact(deployment),
            Self::Misconfigured(_) => None,
        }
    }

    /// Returns the key of the order by urgency. What is misconfigured is as urgent as what is failing.
    fn urgency(self, store: &Store) -> Option<(bool, bool, DeploymentHealth)> {
        match self {
            Self::Deployment(deployment) => store.health(&deployment.name).urgency(),
            Self::Misconfigured(_) => Some((false, false, DeploymentHealth::Failing)),
        }
    }

    fn since(self, store: &Store) -> Option<Moment> {
        self.known(|deployment| store.state_since(&deployment.name))
    }

    fn calls(self, store: &Store) -> Option<u64> {
        self.known(|deployment| Some(store.traffic_of(&deployment.name)?.total()))
    }

    fn errors(self, store: &Store) -> Option<u64> {
        self.known(|deployment| Some(store.traffic_of(&deployment.name)?.errors))
    }
}

/// Returns the deployments in their order. By health, those that need attention come first; the others keep their order.
pub(super) fn ordered(store: &Store, order: RowOrder) -> Vec<FleetEntry<'_>> {
    let known = store.deployments.iter().map(FleetEntry::Deployment);
    let misconfigured = store.misconfigured.iter().map(FleetEntry::Misconfigured);
    let mut all: Vec<FleetEntry<'_>> = known.chain(misconfigured).collect();
    match order.order {
        Order::Health => all.sort_by_cached_key(|entry| Reverse(entry.urgency(store))),
        Order::Name => all.sort_by_key(|entry| entry.name()),
        Order::Age => all.sort_by_cached_key(|entry| Reverse(entry.since(store))),
        Order::Calls => all.sort_by_cached_key(|entry| Reverse(entry.calls(store))),
        Order::Errors => all.sort_by_cached_key(|entry| Reverse(entry.errors(store))),
    }
    if order.is_reversed {
        all.reverse();
    }
    all
}
