//! The accounts of deployments, who they are, and requests on their behalf.

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::{
    model::{Deployment, DeploymentName, Failure, Identity, Moment},
    net::http_client::Web,
    services::ServiceOptions,
};

use super::{
    account::{Account, Accounts},
    failure::AwsOperation,
};

/// Something remembered for each deployment as it is configured now: a changed configuration starts again without it.
pub(crate) type PerDeployment<T> = Mutex<HashMap<DeploymentName, (Deployment, Arc<T>)>>;

/// The accounts of deployments. Clones share the accounts, their clients and identities.
#[derive(Clone)]
pub struct AwsClient {
    pub(super) options: ServiceOptions,
    pub(super) web: Arc<Web>,
    accounts: Arc<Accounts>,
    identities: Arc<PerDeployment<OnceCell<Identity>>>,
}

impl AwsClient {
    /// Accounts that are made when a deployment is first asked for.
    pub(super) fn new(options: ServiceOptions, web: Arc<Web>) -> Self {
        Self {
            options,
            web,
            accounts: Arc::default(),
            identities: Arc::default(),
        }
    }

    /// Returns whether writes to a deployment are refused.
    pub(crate) const fn is_read_only(&self, deployment: &Deployment) -> bool {
        self.options.read_only || deployment.read_only
    }

    /// Refuses a write in read-only mode: see [`ServiceOptions::guard_write`].
    pub(crate) fn guard_write(&self, deployment: &Deployment, doing: &str) -> Result<(), Failure> {
        self.options.guard_write(deployment, doing)
    }

    /// Returns who AWS takes us for, with the time until which, and the clock's skew.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::SignIn`] without valid credentials.
    pub async fn identity(&self, deployment: &Deployment) -> Result<Identity, Failure> {
        let account = self.account(deployment).await?;
        let text = format!("asking AWS who {} is", deployment.name);
        let doing = AwsOperation {
            text: &text,
            action: "sts:GetCallerIdentity",
            account: account.label(),
        };
        let answer = account
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| account.sdk_failure(doing, &error))?;
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

    /// Returns the identity of a deployment, requested once; none if it is not known.
    pub(crate) async fn known_identity(&self, deployment: &Deployment) -> Option<Identity> {
        let cell = remembered(&self.identities, deployment);
        cell.get_or_try_init(|| self.identity(deployment))
            .await
            .ok()
            .cloned()
    }

    /// Returns the account of a deployment, with its clients.
    pub(crate) async fn account(&self, deployment: &Deployment) -> Result<Arc<Account>, Failure> {
        // Making an account takes a large future, which is rarely needed.
        Box::pin(self.accounts.of(deployment, self.options.timeout)).await
    }

    /// Returns the HTTP client for requests to `address` on behalf of a deployment: it trusts what the deployment's profile trusts.
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
        self.web
            .client_trusting(doing, address, account.bundle.as_deref())
    }
}

/// Returns what is remembered for a deployment.
pub(crate) fn remembered<T: Default>(memory: &PerDeployment<T>, deployment: &Deployment) -> Arc<T> {
    let mut memory = memory.lock();
    if let Some((configured, kept)) = memory.get(&deployment.name)
        && configured == deployment
    {
        return Arc::clone(kept);
    }
    let fresh = Arc::<T>::default();
    memory.insert(
        deployment.name.clone(),
        (deployment.clone(), Arc::clone(&fresh)),
    );
    fresh
}
