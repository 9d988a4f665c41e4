//! When CloudTrail is asked who changed what, and when the logs of the deployment under the cursor are read for its calls.

use std::collections::BTreeMap;

use super::traffic_poll::accounts;
use super::{App, SPIN_MS};
use crate::{
    kinds::{DeploymentHealth, EVIDENCE_MS},
    messages::{Effect, Effects, FleetEffect, Route},
    model::{DeploymentName, Failure, Kind, Moment, ResourceKey},
    screens::{
        UpdateContext,
        fleet::{deployment_groups, sessions},
        logs::owner_ids,
    },
};

/// Pause between two readings of an account's changes, in milliseconds.
const CHANGES_PAUSE_MS: i64 = 2 * 60_000;
/// The same while a transition is not explained yet.
const UNEXPLAINED_PAUSE_MS: i64 = 30_000;
/// A transition that is not explained after this long, in milliseconds, never will be.
const GIVE_UP_MS: i64 = 15 * 60_000;
/// How far back the first reading of the changes goes, in milliseconds.
const FIRST_CHANGES_MS: i64 = 24 * 60 * 60_000;
/// Pause between two readings of a deployment's calls, in milliseconds.
const CALLS_PAUSE_MS: i64 = 2 * 60_000;
/// How far back the first reading of the calls goes, in milliseconds.
const FIRST_CALLS_MS: i64 = 60 * 60_000;
/// Calls are read again from this long before the last reading, in milliseconds: a call may still have been running.
const OVERLAP_MS: i64 = 2 * 60_000;
/// Least pause between two readings of a deployment that is broken or failing, in milliseconds, however short the configured pace is.
const LEAST_PAUSE_MS: i64 = 5_000;
/// The logs of so many failing deployments are read at once.
const FAILING_AT_ONCE: usize = 3;
/// The cursor rests on a deployment for this long, in milliseconds, before its logs are read.
const REST_MS: i64 = 400;

/// When what was last asked.
#[derive(Clone, Debug, Default)]
pub(super) struct HistoryPoll {
    /// By the first deployment of an account and region.
    changes: BTreeMap<DeploymentName, Moment>,
    calls: BTreeMap<DeploymentName, Moment>,
    /// The runtime or endpoint whose sessions are asked for once the logs are read.
    sessions_of: Option<ResourceKey>,
    /// The deployment under the cursor of Fleet, and since when.
    resting: Option<(DeploymentName, Moment)>,
}

impl App {
    /// Asks for the changes that are due, once it is known which resources there are.
    pub(super) fn read_changes(&mut self) -> Effects {
        let is_shown = matches!(self.route, Route::Fleet | Route::Secrets | Route::Activity);
        if !is_shown || !self.has_started {
            return Effects::none();
        }
        let mut effects = Vec::new();
        for account in accounts(&self.store.deployments) {
            let Some(first) = account.first().cloned() else {
                continue;
            };
            let asked = self.history.changes.get(&first);
            let is_due = asked.is_none_or(|at| {
                let since = self.now.since(*at);
                since >= CHANGES_PAUSE_MS
                    || since >= UNEXPLAINED_PAUSE_MS && self.has_unexplained(&account)
            });
            if is_due && self.is_listed(&account) {
                let known = self.store.changes.get(&first).cloned().unwrap_or_default();
                let since = known.next_since(self.now, FIRST_CHANGES_MS);
                self.history.changes.insert(first, self.now);
                effects.push(Effect::Fleet(FleetEffect::ReadChanges(account, since)));
            }
        }
        Effects(effects)
    }

    fn has_unexplained(&self, account: &[DeploymentName]) -> bool {
        let mut recent = self
            .store
            .feed
            .iter()
            .take_while(|seen| self.now.since(seen.at) < GIVE_UP_MS);
        recent.any(|seen| seen.by.is_none() && account.contains(&seen.key.deployment))
    }

    fn is_listed(&self, account: &[DeploymentName]) -> bool {
        account.iter().all(|name| {
            Kind::CHAIN.into_iter().all(|kind| {
                let list = self.store.lists.get(&(name.clone(), kind));
                list.is_some_and(|list| list.value().is_some() || list.failure().is_some())
            })
        })
    }

    /// Reads the calls of deployments that are broken or failing, and of the one on which the cursor rests.
    pub(super) fn read_calls(&mut self) -> Effects {
        let failing = self.read_failing_calls();
        failing.and(self.read_resting_calls())
    }

    /// Reads the logs of deployments that are broken or failing, at the configured pace, those first that were not read for the longest
    /// time: the logs name the hop, and show when calls go through again.
    pub(super) fn read_failing_calls(&mut self) -> Effects {
        if self.route != Route::Fleet || !self.has_started {
            return Effects::none();
        }
        let asked = |name: &DeploymentName| self.history.calls.get(name).copied();
        let pause = self.options.refresh_ms - SPIN_MS;
        let is_due = |name: &DeploymentName| {
            asked(name).is_none_or(|at| self.now.since(at) >= pause.max(LEAST_PAUSE_MS))
        };
        let deployments = self.store.deployments.iter();
        let mut due: Vec<DeploymentName> = deployments
            .map(|deployment| deployment.name.clone())
            .filter(|name| is_due(name) && self.is_listed(std::slice::from_ref(name)))
            .filter(|name| self.is_failing(name))
            .collect();
        due.sort_by_key(asked);
        due.truncate(FAILING_AT_ONCE);
        due.into_iter()
            .map(|name| {
                let is_shown = self.resting().is_some_and(|(resting, _)| resting == name);
                let wanted = if is_shown {
                    FIRST_CALLS_MS
                } else {
                    EVIDENCE_MS
                };
                let since = self.calls_since(&name, wanted);
                self.read_calls_since(name, since)
            })
            .fold(Effects::none(), Effects::and)
    }

    /// Returns whether calls of a deployment fail, or failed when it was last examined.
    fn is_failing(&self, name: &DeploymentName) -> bool {
        let verdict = self.store.health(name);
        matches!(
            verdict.health,
            DeploymentHealth::Failing | DeploymentHealth::Broken
        ) || verdict.was_broken.is_some()
    }

    /// Returns from when on the calls of a deployment are to be read so that those of the last `wanted_ms` milliseconds are known.
    fn calls_since(&self, name: &DeploymentName, wanted_ms: i64) -> Moment {
        let first = self.now.plus(-wanted_ms);
        let history = self.store.calls.get(name);
        let known = history.filter(|history| history.read_from.is_some_and(|from| from <= first));
        known
            .and_then(|history| history.read_until)
            .map_or(first, |until| until.plus(-OVERLAP_MS).max(first))
    }

    fn read_resting_calls(&mut self) -> Effects {
        self.history.resting = self.resting();
        let Some((name, since)) = self.history.resting.clone() else {
            return Effects::none();
        };
        let asked = self.history.calls.get(&name).copied();
        let is_due = asked.is_none_or(|at| self.now.since(at) >= CALLS_PAUSE_MS);
        if !is_due
            || self.now.since(since) < REST_MS
            || !self.is_listed(std::slice::from_ref(&name))
        {
            return Effects::none();
        }
        let since = self.calls_since(&name, FIRST_CALLS_MS);
        self.read_calls_since(name, since)
    }

    fn read_calls_since(&mut self, name: DeploymentName, since: Moment) -> Effects {
        let mut groups = deployment_groups(&self.store, &name);
        if !groups.iter().any(|group| group == crate::logs::SPANS_GROUP) {
            groups.push(crate::logs::SPANS_GROUP.to_owned());
        }
        self.history.calls.insert(name.clone(), self.now);
        Effects::one(Effect::Fleet(FleetEffect::ReadCalls {
            owner_ids: owner_ids(&self.store, &name),
            deployment: name,
            groups,
            since,
        }))
    }

    /// Reads the logs for the sessions of a runtime or endpoint; the question follows when they are read.
    pub(super) fn read_sessions(&mut self, key: &ResourceKey) -> Effects {
        let Some(runtime) = sessions::runtime_with_sessions(&self.store, key) else {
            return Effects::none();
        };
        let (name, runtime_name) = (runtime.key.deployment.clone(), runtime.name.clone());
        let title = self.store.title(name.as_str()).to_owned();
        if !self.is_listed(std::slice::from_ref(&name)) {
            self.toast(format!("{title} is not listed yet"), false);
            return Effects::none();
        }
        let first = sessions::sessions_since(runtime, self.now);
        let history = self.store.calls.get(&name);
        let known = history.filter(|history| history.read_from.is_some_and(|from| from <= first));
        let since = known
            .and_then(|history| history.read_until)
            .map_or(first, |until| until.plus(-OVERLAP_MS).max(first));
        self.history.sessions_of = Some(key.clone());
        self.toast(
            format!("reading the logs of {title} for sessions of {runtime_name}"),
            false,
        );
        self.read_calls_since(name, since)
    }

    /// Reads the calls of a deployment from a time on, unless they were read a moment ago.
    pub(super) fn read_missing_calls(&mut self, name: DeploymentName, since: Moment) -> Effects {
        let history = self.store.calls.get(&name);
        let is_read = history.is_some_and(|history| history.covers(since, REST_MS, self.now));
        if is_read || !self.is_listed(std::slice::from_ref(&name)) {
            return Effects::none();
        }
        self.read_calls_since(name, since)
    }

    /// Asks which sessions should be stopped, if that waits for the logs of the deployment that were just read.
    pub(super) fn ask_sessions(
        &mut self,
        deployment: &DeploymentName,
        failure: Option<Failure>,
    ) -> Effects {
        let is_wanted = |key: &ResourceKey| key.deployment == *deployment;
        let Some(key) = self.history.sessions_of.take_if(|key| is_wanted(key)) else {
            return Effects::none();
        };
        // A user who has gone on to another screen is not interrupted.
        if self.route != Route::Fleet {
            return Effects::none();
        }
        if let Some(failure) = failure {
            self.toast_failure(&failure);
            return Effects::none();
        }
        self.toast.take_if(|toast| !toast.is_failure);
        let context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        let update = sessions::ask(&context, &key);
        self.follow(update)
    }

    /// Returns the deployment under the cursor and since when, once it was drawn. Its logs are read at any width of the window: its health is no other in a
    /// narrow one.
    fn resting(&self) -> Option<(DeploymentName, Moment)> {
        let is_drawn = self.frame.width > 0;
        if self.route != Route::Fleet || !is_drawn || !self.has_started {
            return None;
        }
        let name = self.fleet.selected_deployment(&self.store)?;
        match &self.history.resting {
            Some((known, since)) if *known == name => Some((name, *since)),
            Some(_) | None => Some((name, self.now)),
        }
    }

    /// Returns when the logs of the deployment under the cursor are due for the first time.
    pub(super) fn next_calls(&self) -> Option<Moment> {
        let (name, since) = self.history.resting.as_ref()?;
        let is_first = !self.history.calls.contains_key(name);
        (is_first && self.is_listed(std::slice::from_ref(name))).then(|| since.plus(REST_MS))
    }
}
