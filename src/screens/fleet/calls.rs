//! The way from the Fleet to the tool calls of a deployment.

use crate::{
    model::{DeploymentName, Health, Moment},
    screens::{AppRequest, ScreenUpdate, logs::CallLookup},
    state::Store,
};

/// Opens the calls around the last failed call of a deployment. If none is known: around the last change to the bad of one of its
/// resources, or around now.
pub(super) fn around_last_failure(
    store: &Store,
    deployment: &DeploymentName,
    now: Moment,
) -> ScreenUpdate {
    let failed_call = store
        .calls
        .get(deployment)
        .and_then(|history| history.failed().next())
        .map(|call| call.at);
    let turned_bad = || {
        let mut transitions = store.feed.iter();
        let found = transitions.find(|transition| {
            transition.key.deployment == *deployment
                && matches!(transition.health, Some(Health::Failed | Health::Degraded))
        });
        found.map(|transition| transition.at)
    };
    let lookup = CallLookup {
        at: failed_call.or_else(turned_bad).unwrap_or(now),
        ..CallLookup::default()
    };
    ScreenUpdate::request(AppRequest::Call(deployment.clone(), lookup))
}
