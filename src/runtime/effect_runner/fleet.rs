//! Runs the effects of resources.

use crate::{
    messages::{Event, FleetEffect, FleetEvent},
    model::{DeploymentName, Failure, Kind, Resource, ResourceKey, Traffic},
};

use super::RunnerState;

impl RunnerState {
    pub(super) async fn run_fleet(&self, effect: FleetEffect) -> Event {
        Event::Fleet(match effect {
            FleetEffect::List(name, kind) => {
                let listed = self.list(&name, kind).await;
                FleetEvent::Listed(name, kind, listed)
            }
            FleetEffect::Describe(key) => {
                let described = self.describe(&key).await;
                FleetEvent::Described(key, Box::new(described))
            }
            FleetEffect::CountCalls(keys) => {
                let counted = self.count_calls(&keys).await;
                FleetEvent::CallsCounted(keys, counted)
            }
            FleetEffect::Synchronize(key) => {
                let target = self.synchronize(&key).await;
                FleetEvent::Synchronized(key, Box::new(target))
            }
        })
    }

    async fn list(&self, name: &DeploymentName, kind: Kind) -> Result<Vec<Resource>, Failure> {
        let (services, deployment) = self.of(name)?;
        services.aws.resources.list(deployment, kind).await
    }

    async fn describe(&self, key: &ResourceKey) -> Result<Resource, Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services.aws.resources.describe(deployment, key).await
    }

    async fn count_calls(
        &self,
        keys: &[ResourceKey],
    ) -> Result<Vec<(ResourceKey, Traffic)>, Failure> {
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let (services, deployment) = self.of(&first.deployment)?;
        services.aws.metrics.traffic(deployment, keys).await
    }

    async fn synchronize(&self, key: &ResourceKey) -> Result<(Resource, Option<String>), Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services
            .aws
            .control_plane
            .synchronize_target(deployment, key.owner_id(), key.own_id())
            .await
    }
}
