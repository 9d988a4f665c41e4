//! What CloudTrail and the logs say of a deployment: who changed it, and its tool calls of the last hour.

use super::{cause::cause_of, store::Store};
use crate::{
    calls::{LoggedCall, LoggedOutcome, SessionSighting},
    model::{Change, DeploymentName, Failure, Moment, Resource, ResourceKey},
};

/// Changes kept for a deployment.
const CHANGES: usize = 500;
/// Calls are kept for this long, in milliseconds.
const CALLS_MS: i64 = 60 * 60_000;
/// Changes are read again from this long before the last reading, in milliseconds: CloudTrail delivers late.
const LATE_MS: i64 = 15 * 60_000;

/// A change, and the resource of the deployment that it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributedChange {
    /// The change.
    pub change: Change,
    /// The resource, if it is listed; otherwise it is the deployment's stack.
    pub key: Option<ResourceKey>,
    /// Its name.
    pub name: String,
}

/// What CloudTrail has said of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeHistory {
    /// The changes, newest first.
    pub changes: Vec<AttributedChange>,
    /// The time from which on they were read, and up to which.
    pub read: Option<(Moment, Moment)>,
    /// Why the last reading failed.
    pub failure: Option<Failure>,
}

impl ChangeHistory {
    /// Returns the time from which on the next reading asks: with an overlap, because events arrive late.
    pub fn next_since(&self, now: Moment, first_ms: i64) -> Moment {
        match self.read {
            Some((_, until)) => until.plus(-LATE_MS),
            None => now.plus(-first_ms),
        }
    }
}

/// The tool calls of a deployment that its logs show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallHistory {
    /// The calls, newest first, without their log records.
    pub calls: Vec<LoggedCall>,
    /// From when on the logs were read without a gap.
    pub read_from: Option<Moment>,
    /// Up to when the logs were read.
    pub read_until: Option<Moment>,
    /// What could not be read, and why.
    pub unread: Vec<(String, String)>,
    /// Why the last reading failed as a whole.
    pub failure: Option<Failure>,
    /// The sessions that calls name, each with what names its runtime.
    pub(super) sightings: Vec<SessionSighting>,
}

impl CallHistory {
    /// Calls that failed, were denied or throttled, newest first.
    pub fn failed(&self) -> impl Iterator<Item = &LoggedCall> {
        self.calls.iter().filter(|call| match call.outcome {
            LoggedOutcome::Error | LoggedOutcome::Denied | LoggedOutcome::Throttled => true,
            LoggedOutcome::Ok | LoggedOutcome::Consent | LoggedOutcome::Unknown => false,
        })
    }

    /// Returns how many calls failed at each hop, the worst first.
    pub fn errors_by_hop(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for call in self.failed() {
            let hop = call.hop.unwrap_or("not known");
            match counts.iter_mut().find(|(known, _)| *known == hop) {
                Some((_, count)) => *count += 1,
                None => counts.push((hop, 1)),
            }
        }
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}

impl Store {
    /// Takes in the changes of an account and region: each deployment keeps those of its own resources.
    pub(crate) fn record_changes(
        &mut self,
        deployments: &[DeploymentName],
        since: Moment,
        result: &Result<Vec<Change>, Failure>,
        now: Moment,
    ) {
        for name in deployments {
            let mut history = self.changes.remove(name).unwrap_or_default();
            match result {
                Err(failure) => history.failure = Some(failure.clone()),
                Ok(changes) => {
                    let found = changes
                        .iter()
                        .filter_map(|change| self.attribute(name, change));
                    merge(&mut history.changes, found.collect());
                    let from = history.read.map_or(since, |(from, _)| from.min(since));
                    history.read = Some((from, now));
                    history.failure = None;
                }
            }
            self.changes.insert(name.clone(), history);
        }
        self.explain_transitions();
        for name in deployments {
            self.deployment_changed(name);
        }
    }

    /// Returns whose change it is: the first resource of the deployment that the event names, or its stack.
    fn attribute(&self, name: &DeploymentName, change: &Change) -> Option<AttributedChange> {
        let named = |resource: &&Resource| {
            change.ids.iter().any(|id| {
                *id == resource.key.own_id()
                    || *id == resource.name
                    || resource
                        .arn
                        .as_deref()
                        .is_some_and(|arn| is_same_arn(arn, id))
            })
        };
        // The most telling id stands first: a target before its gateway.
        let resources: Vec<&Resource> = self.resources(name).filter(named).collect();
        let found = change.ids.iter().find_map(|id| {
            resources.iter().find(|resource| {
                *id == resource.key.own_id()
                    || *id == resource.name
                    || resource
                        .arn
                        .as_deref()
                        .is_some_and(|arn| is_same_arn(arn, id))
            })
        });
        if let Some(resource) = found {
            return Some(AttributedChange {
                change: change.clone(),
                key: Some(resource.key.clone()),
                name: resource.name.clone(),
            });
        }
        let stack = self.deployment(name)?.stack.as_deref()?;
        let is_stack = change
            .ids
            .iter()
            .any(|id| id == stack || id.contains(&format!(":stack/{stack}/")));
        is_stack.then(|| AttributedChange {
            change: change.clone(),
            key: None,
            name: stack.to_owned(),
        })
    }

    /// Names who made the transitions that were seen, as far as CloudTrail says it by now.
    fn explain_transitions(&mut self) {
        let changes = &self.changes;
        for transition in self.feed.iter_mut().filter(|seen| seen.by.is_none()) {
            let history = changes.get(&transition.key.deployment);
            transition.by = history.and_then(|history| cause_of(transition, &history.changes));
        }
    }

    /// Takes in the calls that the logs of a deployment show since a time. Older calls stay for an hour. A reading that failed as a
    /// whole says nothing about calls. Returns whether anything has changed by it.
    pub(crate) fn record_calls(
        &mut self,
        deployment: &DeploymentName,
        since: Moment,
        calls: Result<Vec<LoggedCall>, Failure>,
        unread: Vec<(String, String)>,
        now: Moment,
    ) -> bool {
        self.version += 1;
        let health = self.health(deployment);
        let history = self.calls.entry(deployment.clone()).or_default();
        let before = history.clone();
        let calls = match calls {
            Ok(calls) => calls,
            Err(failure) => {
                history.failure = Some(failure);
                return history.failure != before.failure;
            }
        };
        history.failure = None;
        history.record_sessions(&calls, now);
        history.calls.retain(|call| call.at < since);
        history
            .calls
            .extend(calls.into_iter().map(|call| LoggedCall {
                records: Vec::new(),
                ..call
            }));
        history.calls.retain(|call| now.since(call.at) <= CALLS_MS);
        history.calls.sort_by_key(|call| std::cmp::Reverse(call.at));
        history.record_range(since, now);
        history.unread = unread;
        let has_changed = before.read_until.is_none()
            || before.failure.is_some()
            || (&before.calls, &before.unread) != (&history.calls, &history.unread);
        self.deployment_changed(deployment);
        has_changed || health != self.health(deployment)
    }

    /// The changes that concern a resource, or all of its deployment, newest first.
    pub fn changes_of<'a>(
        &'a self,
        deployment: &DeploymentName,
        key: Option<&'a ResourceKey>,
    ) -> impl Iterator<Item = &'a AttributedChange> {
        self.changes
            .get(deployment)
            .into_iter()
            .flat_map(|history| &history.changes)
            .filter(move |change| key.is_none() || change.key.as_ref() == key)
    }
}

/// Secrets Manager takes an ARN with and without its last six characters.
fn is_same_arn(arn: &str, id: &str) -> bool {
    arn == id || (id.contains(":secret:") && arn.len() == id.len() + 7 && arn.starts_with(id))
}

/// Adds changes to a history; what is there already stays once.
fn merge(history: &mut Vec<AttributedChange>, found: Vec<AttributedChange>) {
    for change in found {
        if !history.contains(&change) {
            history.push(change);
        }
    }
    history.sort_by_key(|change| std::cmp::Reverse(change.change.at));
    history.truncate(CHANGES);
}
