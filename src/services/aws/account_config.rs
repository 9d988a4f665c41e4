//! The SDK's configuration of an account: time-outs, retries, endpoints, and the credentials that a deployment names.

use std::{sync::Arc, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, identity::IdentityCache,
    profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};

use super::{
    sdk_http::{HostReach, HttpClients},
    shared_config::{ProfileSettings, ServiceName},
};
use crate::{
    model::{Deployment, Failure, FailureKind, StaticCredentials, is_loopback},
    net::{ca_bundle::CaBundle, http_client, retry, secret_source},
};

/// Time limit for establishing a connection. A dead network is noticed after this, times the attempts.
const CONNECT: Duration = Duration::from_secs(3);
/// Time limit for one attempt of an operation.
const ATTEMPT: Duration = Duration::from_secs(20);
/// Time limit for obtaining credentials, `credential_process` included.
pub(super) const CREDENTIALS: Duration = Duration::from_secs(15);
/// Attempts of an operation, the first included.
pub(crate) const ATTEMPTS: u32 = 4;

/// Returns the SDK's configuration, with the credentials that the deployment names.
pub(super) async fn load(
    http: &HttpClients,
    deployment: &Deployment,
    settings: &ProfileSettings,
    (reach, bundle): (HostReach, Option<&Arc<CaBundle>>),
    endpoint: Option<&str>,
    timeout: Duration,
) -> Result<SdkConfig, Failure> {
    let doing = connecting(deployment);
    let region = Region::new(deployment.region.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.get(reach, bundle))
        .region(region.clone())
        .retry_config(retry_config())
        .timeout_config(timeout_config(timeout))
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS).build())
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled()
                .grace_period(Duration::from_secs(10))
                .build(),
        );
    if let Some(endpoint) = endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(name) = settings.named() {
        loader = loader.profile_name(name);
    }
    loader = match (&deployment.credentials, settings.named()) {
        (Some(keys), _) => loader.credentials_provider(static_credentials(&doing, keys).await?),
        (None, Some(name)) => {
            let http = http.get(HostReach::Anywhere, bundle);
            let chain = ProviderConfig::without_region()
                .with_region(Some(region))
                .with_use_fips(settings.uses_fips())
                .with_use_dual_stack(settings.uses_dual_stack())
                .with_http_client(http);
            loader.credentials_provider(NamedProfile::new(name, &chain))
        }
        (None, None) => loader,
    };
    Ok(loader.load().await)
}

/// Returns what fails where an account cannot be made.
pub(super) fn connecting(deployment: &Deployment) -> String {
    format!("connecting to AWS for {}", deployment.name)
}

fn retry_config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(retry::AWS.base())
        .with_max_backoff(retry::AWS.cap())
}

fn timeout_config(timeout: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT.min(timeout))
        .operation_timeout(timeout.min(Duration::from_secs(45)))
        .build()
}

/// Which hosts are reached with an endpoint.
pub(super) fn reach(endpoint: Option<&str>) -> HostReach {
    match endpoint {
        Some(url) if is_loopback(url) && url.starts_with("http://") => HostReach::PlainLoopback,
        Some(url) if is_loopback(url) => HostReach::Loopback,
        Some(_) | None => HostReach::Anywhere,
    }
}

/// Refuses endpoints, wherever they are configured, that credentials must not be sent to.
pub(super) fn check_endpoints(
    doing: &str,
    endpoint: Option<&str>,
    settings: &ProfileSettings,
) -> Result<(), Failure> {
    if let Some(endpoint) = endpoint {
        return http_client::check_address(doing, endpoint).map(drop);
    }
    for service in ServiceName::ALL {
        if let Some(endpoint) = settings.endpoint(service) {
            http_client::check_address(doing, &endpoint)?;
        }
    }
    Ok(())
}

/// Credentials of one named profile and of nothing else: neither the environment before it, nor the instance's role
/// behind it.
#[derive(Debug)]
struct NamedProfile(ProfileFileCredentialsProvider);

impl NamedProfile {
    fn new(name: &str, config: &ProviderConfig) -> Self {
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(config)
            .profile_name(name)
            .build();
        Self(provider)
    }
}

impl ProvideCredentials for NamedProfile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            tokio::time::timeout(CREDENTIALS, self.0.provide_credentials())
                .await
                .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(CREDENTIALS)))
        })
    }
}

async fn static_credentials(doing: &str, keys: &StaticCredentials) -> Result<Credentials, Failure> {
    let secret =
        secret_source::read(doing, "the secret access key", &keys.secret_access_key).await?;
    let token = match &keys.session_token {
        Some(token) => Some(secret_source::read(doing, "the session token", token).await?),
        None => None,
    };
    if secret.is_empty() {
        return Err(Failure::new(
            FailureKind::Usage,
            doing,
            "the secret access key is empty",
        ));
    }
    Ok(Credentials::new(
        &keys.access_key_id,
        secret.reveal(),
        token.map(|token| token.reveal().to_owned()),
        None,
        "configuration",
    ))
}
