//! Reads the logs and spans of deployments for the tool calls in them.

use std::{ops::ControlFlow, sync::Arc};

use futures::future::join_all;

use crate::{
    calls::{CallOwner, CallRecord},
    model::{Deployment, DeploymentName, Failure, FailureKind, LogBatch, LogQuery, Moment},
    services::aws::logs::CloudWatchLogs,
};

/// A deployment whose calls are read.
#[derive(Clone, Debug)]
pub struct CallSource {
    /// The deployment; its credentials read the logs.
    pub deployment: Deployment,
    /// Its log groups.
    pub groups: Vec<String>,
    /// Ids of its gateways and runtimes. Spans of others in a shared group are not its own.
    pub owner_ids: Vec<String>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct CallLogs {
    /// The records of all deployments.
    pub records: Vec<CallRecord>,
    /// Groups that could not be read.
    pub unread: Vec<UnreadGroup>,
    /// Number of groups, those that could not be read among them.
    pub groups: usize,
}

/// A group that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadGroup {
    /// For which deployment.
    pub deployment: DeploymentName,
    /// Log group name.
    pub group: String,
    /// Why.
    pub failure: Failure,
}

/// Reads tool calls out of logs and spans.
#[derive(Clone)]
pub struct CallReader {
    logs: CloudWatchLogs,
}

impl CallReader {
    pub(in crate::services) fn new(logs: CloudWatchLogs) -> Self {
        Self { logs }
    }

    /// Reads all groups of the deployments within a window, a group that several deployments of an account have once. A group that cannot
    /// be read is reported beside what could be.
    pub async fn call_logs(
        &self,
        sources: &[CallSource],
        since: Moment,
        until: Moment,
    ) -> CallLogs {
        let owners: Vec<CallOwner> = sources.iter().map(CallSource::owner).collect();
        let groups = self.different_groups(sources).await;
        let reads = groups.into_iter().map(|(source, group)| {
            self.read_call_group(&source.deployment, group, &owners, (since, until))
        });
        let mut logs = CallLogs {
            groups: reads.len(),
            ..CallLogs::default()
        };
        for (records, unread) in join_all(reads).await {
            logs.records.extend(records);
            logs.unread.extend(unread);
        }
        logs
    }

    /// Returns each group of each account once, with the first deployment that has it.
    async fn different_groups<'a>(
        &self,
        sources: &'a [CallSource],
    ) -> Vec<(&'a CallSource, &'a str)> {
        let mut groups: Vec<(&CallSource, &str)> = Vec::new();
        for source in sources {
            for group in &source.groups {
                let known = groups.iter().filter(|(_, known)| known == group);
                let known: Vec<&CallSource> = known.map(|(first, _)| *first).collect();
                if !self.is_read_for_any(&known, source).await {
                    groups.push((source, group));
                }
            }
        }
        groups
    }

    /// Returns whether one of the deployments is of the same account as this one.
    async fn is_read_for_any(&self, known: &[&CallSource], source: &CallSource) -> bool {
        for first in known {
            let (one, other) = (&first.deployment, &source.deployment);
            if self.logs.is_same_account(one, other).await {
                return true;
            }
        }
        false
    }

    async fn read_call_group(
        &self,
        deployment: &Deployment,
        group: &str,
        owners: &[CallOwner],
        (since, until): (Moment, Moment),
    ) -> (Vec<CallRecord>, Option<UnreadGroup>) {
        let query = LogQuery {
            groups: vec![group.to_owned()],
            since: Some(since),
            until: Some(until),
            ..LogQuery::default()
        };
        let nobody: Arc<str> = Arc::from("");
        let mut records = Vec::new();
        let read = self
            .logs
            .filter(deployment, &query, |batch: LogBatch| {
                records.extend(
                    batch
                        .events
                        .iter()
                        .map(|event| CallRecord::read(event, &nobody))
                        .filter_map(|record| record.attributed(owners)),
                );
                ControlFlow::Continue(())
            })
            .await;
        let unread = match read {
            Ok(()) => None,
            // A group is created by its first line, `aws/spans` by the first span.
            Err(failure) if failure.kind == FailureKind::NotFound => None,
            Err(failure) => Some(UnreadGroup {
                deployment: deployment.name.clone(),
                group: group.to_owned(),
                failure,
            }),
        };
        (records, unread)
    }
}

impl CallSource {
    fn owner(&self) -> CallOwner {
        CallOwner {
            deployment: self.deployment.name.as_str().into(),
            groups: self.groups.clone(),
            owner_ids: self.owner_ids.clone(),
        }
    }
}
