//! Lists of gateways and runtimes that all deployments of one account and region share.
//!
//! A resource is read in full once. As long as the account's list shows the same summary of it, the answer of then is the
//! answer of now, so that a fleet of many deployments costs one `ListGateways` and one `ListAgentRuntimes` a refresh
//! instead of a read for each of its resources.

use std::{
    collections::HashMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use serde_json::Value;

use crate::model::Failure;

use super::control::Control;

/// How long a list answers for the other deployments of the account: their lists are requested within a moment.
const FRESH: Duration = Duration::from_secs(3);
/// How long a resource that does not change is not read again.
const DETAIL: Duration = Duration::from_mins(5);

/// A list, and when it was read.
type CachedList = Option<(Instant, Result<Arc<Vec<Value>>, Failure>)>;

/// What one account and region remembers of one kind of resource.
#[derive(Default)]
pub(crate) struct SharedList {
    listed: tokio::sync::Mutex<CachedList>,
    details: Mutex<HashMap<String, (Instant, Arc<Value>)>>,
}

impl SharedList {
    /// Returns one resource in full: as it was read before, if the account's list shows that it is still so, otherwise by `read`.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) async fn detail<L, R>(
        &self,
        id: &str,
        list: impl FnOnce() -> L,
        read: impl FnOnce() -> R,
    ) -> Result<Arc<Value>, Failure>
    where
        L: Future<Output = Result<Vec<Value>, Failure>>,
        R: Future<Output = Result<Value, Failure>>,
    {
        let kept = self.kept(id);
        if let Some(detail) = kept
            .filter(|(at, _)| at.elapsed() < DETAIL)
            .map(|kept| kept.1)
        {
            let summaries = self.summaries(list).await;
            let is_same = summaries.is_ok_and(|summaries| {
                summaries
                    .iter()
                    .any(|summary| is_summary_of(summary, &detail))
            });
            if is_same {
                return Ok(detail);
            }
        }
        let detail = Arc::new(read().await?);
        self.details
            .lock()
            .insert(id.to_owned(), (Instant::now(), detail.clone()));
        Ok(detail)
    }

    fn kept(&self, id: &str) -> Option<(Instant, Arc<Value>)> {
        let details = self.details.lock();
        details.get(id).cloned()
    }

    /// Returns the account's list, requested once for all that ask within a few seconds. A refusal is remembered as long.
    pub(crate) async fn summaries<L>(
        &self,
        list: impl FnOnce() -> L,
    ) -> Result<Arc<Vec<Value>>, Failure>
    where
        L: Future<Output = Result<Vec<Value>, Failure>>,
    {
        let mut listed = self.listed.lock().await;
        if let Some((at, answer)) = listed.as_ref()
            && at.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = list().await.map(Arc::new);
        *listed = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// Returns whether a summary says of a resource what its detail says: every member of the one stands in the other.
fn is_summary_of(summary: &Value, detail: &Value) -> bool {
    let Some(members) = summary.as_object() else {
        return false;
    };
    !members.is_empty()
        && members
            .iter()
            .all(|(name, value)| detail.get(name) == Some(value))
}

impl Control {
    /// Returns a gateway in full, read again only if the account's list shows a change.
    pub(crate) async fn known_gateway(&self, id: &str) -> Result<Arc<Value>, Failure> {
        let shared = &self.account.gateways;
        shared
            .detail(id, || self.gateways(), || self.gateway(id))
            .await
    }

    /// Returns all gateways of the account and region: their summaries, as requested within the last seconds.
    pub(crate) async fn listed_gateways(&self) -> Result<Vec<Value>, Failure> {
        let listed = self.account.gateways.summaries(|| self.gateways()).await?;
        Ok(listed.to_vec())
    }

    /// Returns all runtimes of the account and region: their summaries, as requested within the last seconds.
    pub(crate) async fn listed_runtimes(&self) -> Result<Vec<Value>, Failure> {
        let listed = self.account.runtimes.summaries(|| self.runtimes()).await?;
        Ok(listed.to_vec())
    }

    /// Returns a runtime in full, read again only if the account's list shows a change.
    pub(crate) async fn known_runtime(&self, id: &str) -> Result<Arc<Value>, Failure> {
        let shared = &self.account.runtimes;
        shared
            .detail(id, || self.runtimes(), || self.runtime(id))
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_resource_is_read_again_only_if_its_summary_changes() {
        let shared = SharedList::default();
        let (lists, reads) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = async |id: &str, status: &str| {
            let list = async || {
                lists.fetch_add(1, Ordering::Relaxed);
                Ok(vec![
                    json!({"id": "a", "status": status}),
                    json!({"id": "b", "status": "READY"}),
                ])
            };
            let read = async || {
                reads.fetch_add(1, Ordering::Relaxed);
                Ok(json!({"id": id, "status": status, "role": "r"}))
            };
            shared.detail(id, list, read).await.unwrap()
        };
        ask("a", "READY").await;
        ask("b", "READY").await;
        let count = || (lists.load(Ordering::Relaxed), reads.load(Ordering::Relaxed));
        assert_eq!(
            count(),
            (0, 2),
            "the first look reads what is wanted and lists nothing"
        );
        ask("a", "READY").await;
        ask("b", "READY").await;
        assert_eq!(count(), (1, 2), "one list for both");
        *shared.listed.lock().await = None;
        assert_eq!(ask("a", "FAILED").await["status"], "FAILED");
        assert_eq!(count(), (2, 3));
    }

    #[tokio::test]
    async fn without_the_right_to_list_everything_is_read() {
        let shared = SharedList::default();
        let refuse = async || {
            Err(Failure::new(
                crate::model::FailureKind::Denied,
                "listing",
                "no",
            ))
        };
        for _ in 0..2 {
            let read = async || Ok(json!({"id": "a"}));
            assert!(shared.detail("a", refuse, read).await.is_ok());
        }
    }
}
