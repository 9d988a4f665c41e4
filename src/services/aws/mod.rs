//! AWS: the control plane, CloudFormation, CloudWatch Logs, Secrets Manager, Cognito and STS.

pub(crate) mod account;
mod account_config;
pub(crate) mod client;
pub(crate) mod cognito;
pub(crate) mod control;
pub(crate) mod database_place;
pub(crate) mod failure;
pub(crate) mod fleet;
mod identity_resources;
pub mod logs;
mod mcp_url;
pub(crate) mod metrics;
pub(crate) mod names;
mod policy_resources;
mod providers;
mod public_address;
mod raw_json;
mod request_pace;
pub(crate) mod resources;
pub(crate) mod runtimes;
mod sdk_http;
mod secrets;
pub mod shared_config;
pub(crate) mod shared_lists;
pub(crate) mod signed;
pub(crate) mod stack;
mod trail;
mod version_resources;
mod versions;

use std::sync::Arc;

use super::audit::AuditFile;
use crate::net::http_client::Web;

pub use self::client::AwsClient;
pub(crate) use self::client::{PerDeployment, remembered};
pub use self::{
    cognito::UserPools,
    control::{ConsentUser, ControlPlane},
    fleet::AwsResources,
    logs::CloudWatchLogs,
    metrics::TrafficMetrics,
    providers::CredentialProviders,
    runtimes::RuntimeConfigurations,
    secrets::SecretsManager,
    stack::Stacks,
    trail::CloudTrail,
    versions::RuntimeVersions,
};
use super::ServiceOptions;

/// AWS, one part a service or a task. Clones share accounts, clients and caches.
#[derive(Clone)]
pub struct Aws {
    /// Accounts and signed requests.
    pub client: AwsClient,
    /// CloudFormation stacks.
    pub stacks: Stacks,
    /// Gateways, targets, runtimes, endpoints and secrets of a deployment.
    pub resources: AwsResources,
    /// Writes to AgentCore.
    pub control_plane: ControlPlane,
    /// Configurations of runtimes.
    pub(crate) runtimes: RuntimeConfigurations,
    /// Versions of runtimes.
    pub versions: RuntimeVersions,
    /// Credential providers.
    pub(crate) providers: CredentialProviders,
    /// Secrets Manager.
    pub secrets: SecretsManager,
    /// Cognito user pools.
    pub(crate) user_pools: UserPools,
    /// CloudWatch Logs.
    pub logs: CloudWatchLogs,
    /// CloudWatch metrics.
    pub metrics: TrafficMetrics,
    /// CloudTrail.
    pub trail: CloudTrail,
}

impl Aws {
    /// Returns the AWS services without any connection yet.
    pub(in crate::services) fn new(options: ServiceOptions, web: Arc<Web>) -> Self {
        let client = AwsClient::new(options, web);
        let stacks = Stacks::new(client.clone());
        let resources = AwsResources::new(client.clone(), stacks.clone());
        let audit = AuditFile::new(client.clone());
        Self {
            control_plane: ControlPlane::new(client.clone(), resources.clone(), audit.clone()),
            runtimes: RuntimeConfigurations::new(client.clone(), resources.clone()),
            versions: RuntimeVersions::new(client.clone(), resources.clone(), audit),
            providers: CredentialProviders::new(client.clone()),
            secrets: SecretsManager::new(client.clone()),
            user_pools: UserPools::new(client.clone()),
            logs: CloudWatchLogs::new(client.clone()),
            metrics: TrafficMetrics::new(client.clone()),
            trail: CloudTrail::new(client.clone()),
            resources,
            stacks,
            client,
        }
    }
}
