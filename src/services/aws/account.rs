//! One account and region as seen with one set of credentials: SDK clients, made when first needed and shared.
//!
//! Time-outs, retries, region, endpoints and credentials are decided here, for the SDKs' requests and for those that are
//! signed by hand. Failures are mapped in `failure.rs`.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use parking_lot::Mutex;

use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::ProvideCredentials};

use crate::{
    model::{Deployment, Failure, StaticCredentials},
    net::{ca_bundle::CaBundle, clock},
};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    account_config::{self, CREDENTIALS, check_endpoints, connecting, reach},
    failure::{self, AccountLabel, AwsOperation},
    public_address::{AddressVariant, public_address},
    sdk_http::{HostReach, HttpClients, OwnRequests, ResponseObserver},
    shared_config::{ProfileSettings, ServiceName},
};

/// What tells accounts apart.
#[derive(Clone, PartialEq, Eq, Hash)]
struct AccountKey {
    profile: Option<String>,
    region: String,
    endpoint: Option<String>,
    access_key_id: Option<String>,
}

/// Where an account is, or will be once it is made.
type AccountCell = Arc<tokio::sync::OnceCell<Arc<Account>>>;

/// All accounts in use.
#[derive(Default)]
pub(crate) struct Accounts {
    known: Mutex<HashMap<AccountKey, (Option<StaticCredentials>, AccountCell)>>,
    http: HttpClients,
    requests: OwnRequests,
}

/// An account and region with its clients.
pub(crate) struct Account {
    /// Region.
    pub(crate) region: String,
    label: AccountLabel,
    /// Certificate authorities that are trusted in addition to the platform's.
    pub(crate) bundle: Option<Arc<CaBundle>>,
    settings: ProfileSettings,
    config: SdkConfig,
    observer: ResponseObserver,
    /// Whether AWS has refused its credentials: then the next call makes the account again, from profiles as they are then.
    stale: AtomicBool,
    credentials: tokio::sync::Mutex<Option<Credentials>>,
    control: OnceLock<aws_sdk_bedrockagentcorecontrol::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    /// Which series CloudWatch has for its gateways and runtimes.
    pub(crate) series: super::metrics::Known,
    /// Its gateways, for all deployments.
    pub(crate) gateways: super::shared_lists::SharedList,
    /// Its runtimes, for all deployments.
    pub(crate) runtimes: super::shared_lists::SharedList,
    /// When requests to the control plane may be sent.
    pub(crate) pace: super::request_pace::RequestPace,
    /// When CloudTrail was last asked: it allows two requests a second for an account and region.
    pub(crate) last_lookup: tokio::sync::Mutex<Option<std::time::Instant>>,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account")
            .field("region", &self.region)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// Returns the account of a deployment.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] for an endpoint that credentials must not be sent to, or a secret access key that cannot be read.
    pub(crate) async fn of(
        &self,
        deployment: &Deployment,
        timeout: Duration,
    ) -> Result<Arc<Account>, Failure> {
        let key = AccountKey {
            profile: deployment.profile.clone(),
            region: deployment.region.clone(),
            endpoint: deployment.endpoint_url.clone(),
            access_key_id: deployment
                .credentials
                .as_ref()
                .map(|keys| keys.access_key_id.clone()),
        };
        let cell = {
            let mut known = self.known.lock();
            match known.get(&key) {
                // The same access key id with another secret is another account: the old one may be a mistake that was mended.
                Some((credentials, cell))
                    if *credentials == deployment.credentials && !is_stale(cell) =>
                {
                    Arc::clone(cell)
                }
                _ => {
                    let cell = Arc::default();
                    known.insert(key, (deployment.credentials.clone(), Arc::clone(&cell)));
                    cell
                }
            }
        };
        cell.get_or_try_init(|| self.make(deployment, timeout))
            .await
            .cloned()
    }

    async fn make(
        &self,
        deployment: &Deployment,
        timeout: Duration,
    ) -> Result<Arc<Account>, Failure> {
        let doing = connecting(deployment);
        let settings = if deployment.credentials.is_some() && deployment.profile.is_none() {
            ProfileSettings::environment_only()
        } else {
            ProfileSettings::load(&doing, deployment.profile.as_deref())?
        };
        let endpoint = deployment
            .endpoint_url
            .as_deref()
            .map(|url| url.trim_end_matches('/').to_owned());
        check_endpoints(&doing, endpoint.as_deref(), &settings)?;
        let reach = reach(endpoint.as_deref());
        let bundle = match settings.ca_bundle() {
            // Nothing is encrypted, so that the bundle is only read where a profile was named.
            Some(_) if reach == HostReach::PlainLoopback && settings.named().is_none() => None,
            Some((path, setting)) => Some(CaBundle::read(&doing, &path, setting)?),
            None => None,
        };
        let config = account_config::load(
            &self.http,
            deployment,
            &settings,
            (reach, bundle.as_ref()),
            endpoint.as_deref(),
            timeout,
        )
        .await?;
        let observer = ResponseObserver::new(&self.requests);
        Ok(Arc::new(Account {
            region: deployment.region.clone(),
            label: AccountLabel {
                region: deployment.region.clone(),
                profile: settings.named().map(str::to_owned),
                endpoint,
                renewal_hint: renewal_hint(deployment, &settings),
                skew: observer.skew.clone(),
            },
            bundle,
            settings,
            config,
            observer,
            stale: AtomicBool::new(false),
            credentials: tokio::sync::Mutex::default(),
            control: OnceLock::new(),
            logs: OnceLock::new(),
            secrets: OnceLock::new(),
            sts: OnceLock::new(),
            series: super::metrics::Known::default(),
            gateways: super::shared_lists::SharedList::default(),
            runtimes: super::shared_lists::SharedList::default(),
            pace: super::request_pace::RequestPace::default(),
            last_lookup: tokio::sync::Mutex::default(),
        }))
    }
}

impl Account {
    /// Returns the AgentCore control plane.
    pub(crate) fn control(&self) -> &aws_sdk_bedrockagentcorecontrol::Client {
        self.control.get_or_init(|| {
            let mut config = aws_sdk_bedrockagentcorecontrol::config::Builder::from(&self.config)
                .interceptor(self.observer.clone());
            config.set_endpoint_url(self.endpoint_of(ServiceName::AGENTCORE_CONTROL));
            aws_sdk_bedrockagentcorecontrol::Client::from_conf(config.build())
        })
    }

    /// CloudWatch Logs. A configured endpoint is used as it is, without the `stream-` prefix of StartLiveTail.
    pub(crate) fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.logs.get_or_init(|| {
            let mut config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.config)
                .interceptor(self.observer.clone());
            let endpoint = self.endpoint_of(ServiceName::LOGS);
            config.set_endpoint_url(endpoint.clone());
            if endpoint.is_some() {
                config =
                    config.interceptor(crate::services::aws::logs::cloudwatch_source::PlainHost);
            }
            aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
        })
    }

    /// Secrets Manager.
    pub(crate) fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets.get_or_init(|| {
            let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.config)
                .interceptor(self.observer.clone());
            config.set_endpoint_url(self.endpoint_of(ServiceName::SECRETS));
            aws_sdk_secretsmanager::Client::from_conf(config.build())
        })
    }

    /// Returns the Security Token Service.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| {
            let mut config =
                aws_sdk_sts::config::Builder::from(&self.config).interceptor(self.observer.clone());
            config.set_endpoint_url(self.endpoint_of(ServiceName::STS));
            aws_sdk_sts::Client::from_conf(config.build())
        })
    }

    /// Returns the configured endpoint of a service; `None` if AWS's own is used.
    fn endpoint_of(&self, service: ServiceName) -> Option<String> {
        self.label
            .endpoint
            .clone()
            .or_else(|| self.settings.endpoint(service))
    }

    /// Returns the address, without a slash at its end, of a service that is called without an SDK. `host` is the first label of
    /// the service's host name. Endpoints, FIPS and dual stack are the same as for the SDKs.
    pub(crate) fn address(&self, host: &'static str) -> String {
        let service = ServiceName::of_host(host);
        if let Some(endpoint) = self.endpoint_of(service) {
            return endpoint;
        }
        let variant = AddressVariant {
            fips: self.config.use_fips() == Some(true),
            dual_stack: self.config.use_dual_stack() == Some(true),
        };
        public_address(host, &self.region, variant)
    }

    /// AWS's clock minus this machine's in milliseconds, as of the last response.
    pub(crate) fn clock_skew_ms(&self) -> i64 {
        self.observer.skew.millis()
    }

    /// Learns the clock skew from a `Date` header.
    pub(crate) fn note_date(&self, date: &str) {
        self.observer.skew.learn(date);
    }

    /// Returns the ids of the requests that this process has made.
    pub(super) const fn own_requests(&self) -> &OwnRequests {
        &self.observer.requests
    }

    /// Now, by AWS's clock where that is far from ours (signatures are refused beyond five minutes).
    pub(crate) fn signing_time(&self) -> SystemTime {
        let skew = self.clock_skew_ms();
        let now = clock::system_now();
        if skew.abs() < 60_000 {
            return now;
        }
        let by = Duration::from_millis(skew.unsigned_abs());
        if skew > 0 { now + by } else { now - by }
    }

    /// Credentials for signing by hand; renewed a minute before they end.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] where there are none.
    pub(crate) async fn credentials(&self, doing: &str) -> Result<Credentials, Failure> {
        let mut cached = self.credentials.lock().await;
        let soon = clock::system_now() + Duration::from_mins(1);
        if let Some(credentials) = cached
            .as_ref()
            .filter(|keys| keys.expiry().is_none_or(|end| end > soon))
        {
            return Ok(credentials.clone());
        }
        let Some(provider) = self.config.credentials_provider() else {
            let failure = failure::no_credentials(
                doing,
                &self.label,
                "no credentials provider is configured",
            );
            return Err(self.observe(failure));
        };
        let fetched = provider.provide_credentials();
        let credentials = tokio::time::timeout(CREDENTIALS + Duration::from_secs(1), fetched)
            .await
            .map_err(|_| {
                let reason = "the credentials provider did not answer in time";
                self.observe(failure::no_credentials(doing, &self.label, reason))
            })?
            .map_err(|error| self.observe(failure::credentials(doing, &self.label, &error)))?;
        *cached = Some(credentials.clone());
        Ok(credentials)
    }

    /// Returns what messages say of this account.
    pub(crate) const fn label(&self) -> &AccountLabel {
        &self.label
    }

    /// Returns the failure of an SDK call with this account, which [observes](Self::observe) it.
    pub(crate) fn sdk_failure<E>(
        &self,
        doing: AwsOperation<'_>,
        error: &SdkError<E, HttpResponse>,
    ) -> Failure
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        self.observe(failure::sdk(doing, error))
    }

    /// Learns from a failure of a call with this account: after one of its credentials the next call makes the account
    /// again, because the next credentials may work (`aws sso login`).
    pub(crate) fn observe(&self, failure: Failure) -> Failure {
        if failure::is_of_credentials(&failure) {
            self.stale.store(true, Ordering::Relaxed);
        }
        failure
    }

    /// Forgets credentials for signing by hand: AWS has refused them, and the next ones may be fresh (`aws sso login`).
    pub(crate) async fn forget_credentials(&self) {
        *self.credentials.lock().await = None;
    }
}

fn renewal_hint(deployment: &Deployment, settings: &ProfileSettings) -> String {
    if deployment.credentials.is_some() {
        return "check `credentials` of this deployment: access_key_id, secret_access_key, session_token".to_owned();
    }
    settings.renewal_hint()
}

fn is_stale(cell: &AccountCell) -> bool {
    cell.get()
        .is_some_and(|account| account.stale.load(Ordering::Relaxed))
}
