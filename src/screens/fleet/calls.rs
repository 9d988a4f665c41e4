//! The way from the Fleet to the tool calls of a deployment.

use crate::{
    model::{DeploymentName, Health, Moment},
    screens::{AppRequest, ScreenUpdate, logs::CallLookup},
    state::Store,
};

/// Opens the calls around the last change to the bad of a deployment's resources; around now if there was none.
pub(super) fn around_last_failure(
    store: &Store,
    deployment: &DeploymentName,
    now: Moment,
) -> ScreenUpdate {
    let failed = store.feed.iter().find(|transition| {
        transition.key.deployment == *deployment
            && matches!(transition.health, Some(Health::Failed | Health::Degraded))
    });
    let lookup = CallLookup {
        ids: Vec::new(),
        at: failed.map_or(now, |transition| transition.at),
    };
    ScreenUpdate::request(AppRequest::Call(deployment.clone(), lookup))
}
