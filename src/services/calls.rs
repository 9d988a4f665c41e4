//! Reads the logs and spans of deployments for the tool calls in them.

use std::{ops::ControlFlow, sync::Arc};

use futures::future::join_all;

use crate::{
    calls::CallRecord,
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

    /// Reads all groups of the deployments within a window. A group that cannot be read is reported beside what could be.
    pub async fn call_logs(
        &self,
        sources: &[CallSource],
        since: Moment,
        until: Moment,
    ) -> CallLogs {
        let reads = sources.iter().flat_map(|source| {
            source
                .groups
                .iter()
                .map(move |group| self.read_call_group(source, group, since, until))
        });
        let mut logs = CallLogs::default();
        for (records, unread) in join_all(reads).await {
            logs.records.extend(records);
            logs.unread.extend(unread);
        }
        logs
    }

    async fn read_call_group(
        &self,
        source: &CallSource,
        group: &str,
        since: Moment,
        until: Moment,
    ) -> (Vec<CallRecord>, Option<UnreadGroup>) {
        let query = LogQuery {
            groups: vec![group.to_owned()],
            since: Some(since),
            until: Some(until),
            ..LogQuery::default()
        };
        let name: Arc<str> = Arc::from(source.deployment.name.as_str());
        let mut records = Vec::new();
        let read = self
            .logs
            .filter(&source.deployment, &query, |batch: LogBatch| {
                records.extend(
                    batch
                        .events
                        .iter()
                        .map(|event| CallRecord::read(event, &name))
                        .filter(|record| record.may_belong_to(&source.owner_ids)),
                );
                ControlFlow::Continue(())
            })
            .await;
        let unread = match read {
            Ok(()) => None,
            // A group is created by its first line, `aws/spans` by the first span.
            Err(failure) if failure.kind == FailureKind::NotFound => None,
            Err(failure) => Some(UnreadGroup {
                deployment: source.deployment.name.clone(),
                group: group.to_owned(),
                failure,
            }),
        };
        (records, unread)
    }
}
