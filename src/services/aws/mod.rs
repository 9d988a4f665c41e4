//! AWS: the control plane, CloudFormation, CloudWatch Logs, Secrets Manager, Cognito and STS.

mod control;
pub mod logs;
mod secrets;

use crate::model::{Deployment, Failure, FailureKind, Identity, StackFacts};

use super::Services;

impl Services {
    /// Who AWS takes us for, with the time until which, and the clock's skew.
    pub async fn identity(&self, deployment: &Deployment) -> Result<Identity, Failure> {
        Err(pending(deployment))
    }

    /// What the deployment's stack says; cached. Default where no stack is configured.
    pub async fn stack_facts(&self, deployment: &Deployment) -> Result<StackFacts, Failure> {
        Err(pending(deployment))
    }
}

pub(crate) fn pending(deployment: &Deployment) -> Failure {
    Failure::new(FailureKind::Network, format!("asking AWS for {}", deployment.name), "not connected yet")
}
