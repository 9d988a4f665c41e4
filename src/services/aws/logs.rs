//! CloudWatch Logs: groups, filtered reading, tails.

use std::ops::ControlFlow;

use futures::{StreamExt as _, stream::BoxStream};

use crate::model::{Deployment, Failure, LogBatch, LogQuery};

use super::{super::Services, pending};

/// A running tail. Dropping it ends it.
pub type LogTail = BoxStream<'static, Result<LogBatch, Failure>>;

impl Services {
    /// Reads what matches, page by page, oldest first (the newest `limit` where one is given). Stops early when `on_batch` says so.
    pub async fn filter_logs(
        &self,
        deployment: &Deployment,
        _query: &LogQuery,
        _on_batch: impl FnMut(LogBatch) -> ControlFlow<()> + Send,
    ) -> Result<(), Failure> {
        Err(pending(deployment))
    }

    /// Follows log groups: back-fill from `query.since`, then live. Must be called within a tokio runtime. An `Err` item ends it.
    pub fn tail_logs(&self, deployment: &Deployment, _query: LogQuery) -> LogTail {
        let failure = pending(deployment);
        futures::stream::once(async move { Err(failure) }).boxed()
    }

    /// Names of the log groups that begin with `prefix`.
    pub async fn log_groups(&self, deployment: &Deployment, _prefix: &str) -> Result<Vec<String>, Failure> {
        Err(pending(deployment))
    }
}
