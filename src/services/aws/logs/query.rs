//! Queries of Logs Insights for people: an estimate before, progress meanwhile, statistics after.

use crate::{
    model::{Deployment, Failure, LogQueryResult, Moment},
    services::aws::logs::CloudWatchLogs,
};

use super::insights::{self, InsightsRequest};

/// What a query may scan at most, as far as it can be known before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogScanEstimate {
    /// Stored bytes of the groups, whichever part of their time the query covers: an upper bound of the order of magnitude.
    /// The service reports them compressed and hours late.
    pub bytes: u64,
    /// Whether the groups could not be listed, so that nothing is known.
    pub is_unknown: bool,
}

impl CloudWatchLogs {
    /// Estimates what a query over these groups may scan.
    pub async fn estimate_scan(
        &self,
        deployment: &Deployment,
        groups: &[String],
    ) -> LogScanEstimate {
        let mut estimate = LogScanEstimate::default();
        let Ok(source) = self.source(deployment, None).await else {
            return LogScanEstimate {
                is_unknown: true,
                ..estimate
            };
        };
        for name in groups {
            match source.groups(name).await {
                Ok(found) => {
                    let bytes = found
                        .iter()
                        .find(|group| group.name == *name)
                        .map_or(0, |group| group.stored_bytes);
                    estimate.bytes = estimate.bytes.saturating_add(bytes);
                }
                Err(_) => estimate.is_unknown = true,
            }
        }
        estimate
    }

    /// Runs a query of Logs Insights to its end. `on_progress` receives partial results, each of which replaces the one
    /// before. Dropping the future stops the query at the service.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::Usage`] for a malformed query, with its position as evidence; a group that does not exist or may not be
    /// queried; a query that the service ended.
    pub async fn query(
        &self,
        deployment: &Deployment,
        text: &str,
        groups: &[String],
        window: (Moment, Moment),
        limit: Option<usize>,
        on_progress: impl FnMut(&LogQueryResult) + Send,
    ) -> Result<LogQueryResult, Failure> {
        let source = self.source(deployment, None).await?;
        let query = InsightsRequest {
            text: text.to_owned(),
            groups: groups.to_vec(),
            from: window.0,
            until: window.1,
            limit,
        };
        insights::run(&source, &query, on_progress).await
    }
}
