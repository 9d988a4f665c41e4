//! Reads what a bundle for a ticket needs beside status and examinations: the last log lines, calls and changes.

use std::ops::ControlFlow;

use futures::future::join_all;
use serde_json::{Map, Value, json};

use crate::{
    calls::{LoggedCall, join},
    doctor::{BundleDraft, BundleReading, BundleReadings, bundle_text},
    logs::SPANS_GROUP,
    model::{Deployment, Kind, LogQuery, Moment, Resource},
    services::{calls::CallSource, doctor::DoctorProbes},
};

/// How far back logs and calls are read, in milliseconds.
const RECENT_MS: i64 = 15 * 60 * 1000;
/// How far back changes are read, in milliseconds.
const CHANGES_MS: i64 = 24 * 60 * 60 * 1000;
/// Log lines of one group.
const LINES: usize = 200;
/// Calls of one deployment, the newest.
const CALLS: usize = 100;

impl DoctorProbes {
    /// Returns the bundle as text, with what is read for it alone.
    pub async fn bundle(&self, draft: BundleDraft, deployments: &[Deployment]) -> String {
        let read = deployments.iter().map(|deployment| {
            let resources: Vec<&Resource> = draft
                .resources
                .iter()
                .filter(|resource| resource.key.deployment == deployment.name)
                .collect();
            self.read_bundle_part(deployment, resources, draft.at)
        });
        let mut readings = BundleReadings::default();
        for (deployment, (logs, calls, changes)) in deployments.iter().zip(join_all(read).await) {
            let name = || deployment.name.to_string();
            readings.logs.insert(name(), logs);
            readings.calls.insert(name(), calls.json());
            readings.changes.insert(name(), changes.json());
        }
        bundle_text(draft, deployments, &readings)
    }

    async fn read_bundle_part(
        &self,
        deployment: &Deployment,
        resources: Vec<&Resource>,
        now: Moment,
    ) -> (Value, BundleReading, BundleReading) {
        let groups = groups(deployment, &resources);
        futures::join!(
            self.last_lines(deployment, &groups, now),
            self.last_calls(deployment, &groups, &resources, now),
            self.last_changes(deployment, &resources, now),
        )
    }

    async fn last_lines(&self, deployment: &Deployment, groups: &[String], now: Moment) -> Value {
        if groups.is_empty() {
            let why = "no log group of this deployment is known";
            return BundleReading::NotRead(why.to_owned()).json();
        }
        let read = groups.iter().map(|group| async {
            let query = LogQuery {
                groups: vec![group.clone()],
                since: Some(now.plus(-RECENT_MS)),
                limit: Some(LINES),
                ..LogQuery::default()
            };
            let mut events = Vec::new();
            let outcome = self
                .aws
                .logs
                .filter(deployment, &query, |batch| {
                    events.extend(batch.events);
                    ControlFlow::Continue(())
                })
                .await;
            let lines = outcome.map(|()| {
                let line = |event: &crate::model::LogEvent| {
                    json!({"at": event.timestamp.iso(), "message": event.message})
                };
                events.iter().map(line).collect()
            });
            (group.clone(), reading(lines).json())
        });
        let read: Map<String, Value> = join_all(read).await.into_iter().collect();
        read.into()
    }

    async fn last_calls(
        &self,
        deployment: &Deployment,
        groups: &[String],
        resources: &[&Resource],
        now: Moment,
    ) -> BundleReading {
        let owner_ids = resources
            .iter()
            .filter(|resource| matches!(resource.key.kind, Kind::Gateway | Kind::Runtime))
            .map(|resource| resource.key.id.clone())
            .collect();
        let mut groups = groups.to_vec();
        groups.push(SPANS_GROUP.to_owned());
        let source = CallSource {
            deployment: deployment.clone(),
            groups,
            owner_ids,
        };
        let since = now.plus(-RECENT_MS);
        let logs = self.calls.call_logs(&[source], since, now).await;
        let unread: Vec<Value> = logs
            .unread
            .iter()
            .map(|unread| json!({"group": unread.group, "not_read": unread.failure.cause}))
            .collect();
        let calls = join(logs.records);
        if calls.is_empty() && !unread.is_empty() {
            let why: Vec<String> = logs
                .unread
                .iter()
                .map(|unread| format!("{}: {}", unread.group, unread.failure.cause))
                .collect();
            return BundleReading::NotRead(why.join("; "));
        }
        let shown = calls.iter().rev().take(CALLS).map(LoggedCall::json);
        BundleReading::Read(shown.chain(unread).collect())
    }

    async fn last_changes(
        &self,
        deployment: &Deployment,
        resources: &[&Resource],
        now: Moment,
    ) -> BundleReading {
        let changes = self
            .aws
            .trail
            .changes(deployment, now.plus(-CHANGES_MS), now)
            .await;
        reading(changes.map(|changes| {
            let named = changes.iter().filter_map(|change| {
                let what = resources
                    .iter()
                    .find(|resource| change.ids.iter().any(|id| is_named(resource, id)))?;
                Some(json!({
                    "at": change.at.iso(), "who": change.who, "action": change.action, "what": what.name,
                    "outcome": change.outcome, "request_id": change.request_id,
                }))
            });
            named.collect()
        }))
    }
}

fn reading(read: Result<Value, crate::model::Failure>) -> BundleReading {
    match read {
        Ok(value) => BundleReading::Read(value),
        Err(failure) => BundleReading::NotRead(failure.cause),
    }
}

/// Returns whether an id of an event names a resource: by id, name or ARN.
fn is_named(resource: &Resource, id: &str) -> bool {
    resource.key.own_id() == id || resource.name == id || resource.arn.as_deref() == Some(id)
}

/// Returns the log groups of a deployment that no other has.
fn groups(deployment: &Deployment, resources: &[&Resource]) -> Vec<String> {
    let configured = deployment
        .log_groups
        .iter()
        .map(|group| crate::logs::group_name(group).to_owned());
    let own = resources
        .iter()
        .flat_map(|resource| resource.log_groups.iter().cloned());
    let mut groups: Vec<String> = configured
        .chain(own)
        .filter(|group| group != SPANS_GROUP)
        .collect();
    groups.sort();
    groups.dedup();
    groups
}
