//! Reading many resources: some at a time, in order, and what happens to those that cannot be read.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

use futures::{StreamExt as _, stream};
use serde_json::Value;

use crate::{
    model::{Deployment, Failure, FailureKind, Kind, Resource},
    services::aws::resources,
};

/// Requests to the control plane at a time, for one listing.
const CONCURRENT: usize = 6;

pub(in crate::services::aws) fn id_of(summary: &Value, member: &str) -> String {
    summary
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn status_of(summary: &Value) -> &str {
    summary
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Splits the answer to a request for a detail: the detail, or the failure that the resource's row reports. A resource that
/// is gone meanwhile has neither.
pub(super) fn detail_of<D>(answer: Result<D, Failure>) -> (Option<D>, Option<Box<Failure>>) {
    match answer {
        Ok(detail) => (Some(detail), None),
        Err(failure) if failure.kind == FailureKind::NotFound => (None, None),
        Err(failure) => (None, Some(Box::new(failure))),
    }
}

/// Some at a time, in order; the first failure ends it.
pub(in crate::services::aws) async fn map_concurrently<I, T, F, P>(
    items: I,
    work: F,
) -> Result<Vec<T>, Failure>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> P,
    P: Future<Output = Result<T, Failure>>,
{
    let mut results = stream::iter(items).map(work).buffered(CONCURRENT);
    let mut all = Vec::new();
    while let Some(result) = results.next().await {
        all.push(result?);
    }
    Ok(all)
}

/// Reads named resources. One that cannot be read stays in the list with its reason, unless none can.
pub(in crate::services::aws) async fn named<F, P>(
    deployment: &Deployment,
    kind: Kind,
    ids: BTreeSet<String>,
    read: F,
) -> Result<Vec<Resource>, Failure>
where
    F: Fn(String) -> P,
    P: Future<Output = Result<Resource, Failure>>,
{
    let read = &read;
    let results =
        map_concurrently(ids, |id| async move { Ok((read(id.clone()).await, id)) }).await?;
    if let Some((Err(failure), _)) = results
        .iter()
        .find(|(result, _)| result.is_err())
        .filter(|_| results.iter().all(|(result, _)| result.is_err()))
    {
        return Err(failure.clone());
    }
    // Two names of the same resource (an id and its ARN) are one.
    let mut found = BTreeMap::new();
    for (result, id) in results {
        let resource = result
            .unwrap_or_else(|failure| resources::unreadable(&deployment.name, kind, &id, &failure));
        found.insert(resource.key.id.clone(), resource);
    }
    Ok(found.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_detail_is_missing_is_kept_unless_it_is_gone() {
        let failed = |kind| detail_of::<Value>(Err(Failure::new(kind, "reading target t", "no")));
        let (detail, unread) = failed(FailureKind::Denied);
        assert_eq!(detail, None);
        assert_eq!(
            unread.map(|failure| failure.kind),
            Some(FailureKind::Denied)
        );
        assert_eq!(failed(FailureKind::NotFound), (None, None));
        assert_eq!(detail_of(Ok(Value::Null)), (Some(Value::Null), None));
    }
}
