//! AWS: the control plane, CloudFormation, CloudWatch Logs, Secrets Manager, Cognito and STS.

pub(crate) mod account;
pub(crate) mod cognito;
pub(crate) mod control;
pub(crate) mod failure;
pub(crate) mod fleet;
pub mod logs;
pub(crate) mod metrics;
pub(crate) mod names;
mod providers;
mod raw_json;
pub(crate) mod resources;
pub(crate) mod runtimes;
mod sdk_http;
mod secrets;
pub mod shared_config;
pub(crate) mod signed;
pub(crate) mod stack;
mod trail;
mod versions;

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use crate::model::{Deployment, DeploymentName, Failure, Identity, Moment};

use self::{account::Account, failure::Doing};
use super::Services;

/// Something remembered for each deployment as it is configured now: a changed configuration starts anew.
pub(crate) type PerDeployment<T> = std::sync::Mutex<HashMap<DeploymentName, (Deployment, Arc<T>)>>;

impl Services {
    /// Who AWS takes us for, with the time until which, and the clock's skew.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::SignIn`] without valid credentials.
    pub async fn identity(&self, deployment: &Deployment) -> Result<Identity, Failure> {
        let account = self.account(deployment).await?;
        let text = format!("asking AWS who {} is", deployment.name);
        let doing = Doing {
            text: &text,
            action: "sts:GetCallerIdentity",
            account: &account,
        };
        let answer = account
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure::sdk(doing, &error))?;
        let expires = account
            .credentials(&text)
            .await
            .ok()
            .and_then(|keys| keys.expiry());
        Ok(Identity {
            account: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
            expires_at: expires
                .and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok())
                .map(|since| Moment::from_millis(since.as_millis() as i64)),
            clock_skew_ms: account.clock_skew_ms(),
        })
    }

    /// The identity of a deployment, requested once; none if it is not known.
    pub(crate) async fn known_identity(&self, deployment: &Deployment) -> Option<Identity> {
        let cell = remembered(&self.inner.identities, deployment);
        cell.get_or_try_init(|| self.identity(deployment))
            .await
            .ok()
            .cloned()
    }

    /// The account of a deployment, with its clients.
    pub(crate) async fn account(&self, deployment: &Deployment) -> Result<Arc<Account>, Failure> {
        // Making an account takes a large future, which is rarely needed.
        Box::pin(
            self.inner
                .accounts
                .of(deployment, self.inner.options.timeout),
        )
        .await
    }
}

impl Services {
    /// The HTTP client for requests to `address` on behalf of a deployment: it trusts what the deployment's profile trusts.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::Usage`] if credentials must not be sent to that address, if the profile does not exist,
    /// or if its `ca_bundle` cannot be read.
    pub(crate) async fn web_client(
        &self,
        deployment: &Deployment,
        doing: &str,
        address: &str,
    ) -> Result<reqwest::Client, Failure> {
        let account = self.account(deployment).await?;
        self.inner
            .web
            .client_trusting(doing, address, account.bundle.as_deref())
    }
}

/// What is remembered for a deployment.
pub(crate) fn remembered<T: Default>(memory: &PerDeployment<T>, deployment: &Deployment) -> Arc<T> {
    let mut memory = memory
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    match memory.get(&deployment.name) {
        Some((configured, kept)) if configured == deployment => Arc::clone(kept),
        _ => {
            let fresh = Arc::<T>::default();
            memory.insert(
                deployment.name.clone(),
                (deployment.clone(), Arc::clone(&fresh)),
            );
            fresh
        }
    }
}
