//! The AgentCore control and data plane: gateways, targets, runtimes, endpoints, sessions.

use crate::model::{Deployment, Failure, Kind, Resource, ResourceKey};

use super::{super::Services, pending};

impl Services {
    /// All resources of a kind that belong to the deployment. Follows all pages.
    pub async fn list(&self, deployment: &Deployment, _kind: Kind) -> Result<Vec<Resource>, Failure> {
        Err(pending(deployment))
    }

    /// Everything about one resource.
    pub async fn describe(&self, deployment: &Deployment, _key: &ResourceKey) -> Result<Resource, Failure> {
        Err(pending(deployment))
    }

    /// Makes the gateway read the target's tools again. Answers the target as it is then (usually `SYNCHRONIZING`).
    pub async fn synchronize_target(
        &self,
        deployment: &Deployment,
        _gateway_id: &str,
        _target_id: &str,
    ) -> Result<Resource, Failure> {
        Err(pending(deployment))
    }

    /// Ends a runtime session (at least 33 characters long) so that the next request starts a fresh container.
    pub async fn stop_session(&self, deployment: &Deployment, _runtime_arn: &str, _session_id: &str) -> Result<(), Failure> {
        Err(pending(deployment))
    }

    /// Tells AgentCore that a person has given the consent that `session_uri` names (`CompleteResourceTokenAuth`).
    pub async fn complete_consent(&self, deployment: &Deployment, _session_uri: &str) -> Result<(), Failure> {
        Err(pending(deployment))
    }
}
