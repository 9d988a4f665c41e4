//! One account and region as seen with one set of credentials: SDK clients, made lazily and shared.
//!
//! No failure is mapped here; `failure.rs` does that. Time-outs, retries, proxy and TLS are decided here for every client.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::ProvideCredentials as _};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::SharedHttpClient,
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use crate::{
    model::{Deployment, Failure, FailureKind, StaticCredentials},
    net::{http_client, secret_source},
};

/// Establishing a connection: a dead network is noticed after this, times the attempts.
const CONNECT: Duration = Duration::from_secs(3);
/// One attempt of an operation.
const ATTEMPT: Duration = Duration::from_secs(15);
/// Attempts of an operation, the first included.
pub(crate) const ATTEMPTS: u32 = 4;

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
    http: OnceLock<SharedHttpClient>,
    loopback: OnceLock<SharedHttpClient>,
    plain: OnceLock<SharedHttpClient>,
}

/// An account and region with its clients.
pub(crate) struct Account {
    /// Region.
    pub(crate) region: String,
    /// Profile, for hints.
    pub(crate) profile: Option<String>,
    /// The one endpoint of every service, where configured.
    pub(crate) endpoint: Option<String>,
    config: SdkConfig,
    skew: Arc<AtomicI64>,
    /// Its credentials were refused: the next call makes it anew, from profiles as they are then.
    stale: AtomicBool,
    credentials: tokio::sync::Mutex<Option<Credentials>>,
    control: OnceLock<aws_sdk_bedrockagentcorecontrol::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    /// Which series CloudWatch has for its gateways and runtimes.
    pub(crate) series: super::metrics::Known,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account")
            .field("region", &self.region)
            .field("profile", &self.profile)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// The account of a deployment.
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
            let mut known = self
                .known
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
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
        let doing = format!("connecting to AWS for {}", deployment.name);
        let loopback = deployment
            .endpoint_url
            .as_deref()
            .is_some_and(http_client::is_loopback);
        let plain = loopback
            && deployment
                .endpoint_url
                .as_deref()
                .is_some_and(|url| url.starts_with("http://"));
        let (http, roots) = match (plain, loopback) {
            (true, _) => (&self.plain, Roots::None),
            (false, true) => (&self.loopback, Roots::Machine),
            (false, false) => (&self.http, Roots::Machine),
        };
        let http = http.get_or_init(|| http_client(loopback, roots)).clone();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(deployment.region.clone()))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(Duration::from_millis(250))
                    .with_max_backoff(Duration::from_secs(4)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT)
                    .operation_attempt_timeout(ATTEMPT.min(timeout))
                    .operation_timeout(timeout.min(Duration::from_secs(45)))
                    .build(),
            )
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .grace_period(Duration::from_secs(10))
                    .build(),
            );
        if let Some(profile) = &deployment.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &deployment.endpoint_url {
            loader = loader.endpoint_url(endpoint.trim_end_matches('/'));
        }
        if let Some(keys) = &deployment.credentials {
            loader = loader.credentials_provider(static_credentials(&doing, keys).await?);
        }
        let config = loader.load().await;
        // The environment or the profile may name an endpoint too (AWS_ENDPOINT_URL).
        let endpoint = config
            .endpoint_url()
            .map(|endpoint| endpoint.trim_end_matches('/').to_owned());
        if let Some(endpoint) = &endpoint {
            http_client::check_address(&doing, endpoint)?;
        }
        Ok(Arc::new(Account {
            region: deployment.region.clone(),
            profile: deployment.profile.clone(),
            endpoint,
            config,
            skew: Arc::default(),
            stale: AtomicBool::new(false),
            credentials: tokio::sync::Mutex::default(),
            control: OnceLock::new(),
            logs: OnceLock::new(),
            secrets: OnceLock::new(),
            sts: OnceLock::new(),
            series: super::metrics::Known::default(),
        }))
    }
}

impl Account {
    /// The AgentCore control plane.
    pub(crate) fn control(&self) -> &aws_sdk_bedrockagentcorecontrol::Client {
        self.control.get_or_init(|| {
            let config = aws_sdk_bedrockagentcorecontrol::config::Builder::from(&self.config)
                .interceptor(self.clock())
                .build();
            aws_sdk_bedrockagentcorecontrol::Client::from_conf(config)
        })
    }

    /// CloudWatch Logs. A configured endpoint is used as it is, without the `stream-` prefix of StartLiveTail.
    pub(crate) fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.logs.get_or_init(|| {
            let mut config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.config)
                .interceptor(self.clock());
            if self.endpoint.is_some() {
                config =
                    config.interceptor(crate::services::aws::logs::cloudwatch_source::PlainHost);
            }
            aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
        })
    }

    /// Secrets Manager.
    pub(crate) fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets.get_or_init(|| {
            let config = aws_sdk_secretsmanager::config::Builder::from(&self.config)
                .interceptor(self.clock())
                .build();
            aws_sdk_secretsmanager::Client::from_conf(config)
        })
    }

    /// The Security Token Service.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| {
            let config = aws_sdk_sts::config::Builder::from(&self.config)
                .interceptor(self.clock())
                .build();
            aws_sdk_sts::Client::from_conf(config)
        })
    }

    /// The address of a service that is spoken to without an SDK; no slash at the end.
    pub(crate) fn address(&self, host_prefix: &str) -> String {
        let partition = if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        self.endpoint
            .clone()
            .unwrap_or_else(|| format!("https://{host_prefix}.{}.{partition}", self.region))
    }

    /// AWS's clock minus this machine's in milliseconds, as of the last answer.
    pub(crate) fn clock_skew_ms(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// Takes the clock skew from a Date header.
    pub(crate) fn note_date(&self, date: &str) {
        store_skew(&self.skew, date);
    }

    /// Now, by AWS's clock where that is far from ours (signatures are refused beyond five minutes).
    pub(crate) fn signing_time(&self) -> SystemTime {
        let skew = self.clock_skew_ms();
        let now = SystemTime::now();
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
        let soon = SystemTime::now() + Duration::from_mins(1);
        if let Some(credentials) = cached
            .as_ref()
            .filter(|keys| keys.expiry().is_none_or(|end| end > soon))
        {
            return Ok(credentials.clone());
        }
        let Some(provider) = self.config.credentials_provider() else {
            return Err(super::failure::no_credentials(
                doing,
                self,
                "no credentials provider is configured",
            ));
        };
        let fetched = provider.provide_credentials();
        let credentials = tokio::time::timeout(ATTEMPT, fetched)
            .await
            .map_err(|_| {
                super::failure::no_credentials(
                    doing,
                    self,
                    "the credentials provider did not answer in time",
                )
            })?
            .map_err(|error| super::failure::credentials(doing, self, &error))?;
        *cached = Some(credentials.clone());
        Ok(credentials)
    }

    /// Its credentials were refused: they may be fresh at the next call (`aws sso login`).
    pub(crate) fn mark_stale(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }

    /// Forgets credentials for signing by hand: AWS has refused them, and the next ones may be fresh (`aws sso login`).
    pub(crate) async fn forget_credentials(&self) {
        *self.credentials.lock().await = None;
    }

    fn clock(&self) -> Clock {
        Clock(Arc::clone(&self.skew))
    }
}

fn is_stale(cell: &AccountCell) -> bool {
    cell.get()
        .is_some_and(|account| account.stale.load(Ordering::Relaxed))
}

/// Learns the clock's skew from the Date header of every answer.
#[derive(Debug)]
struct Clock(Arc<AtomicI64>);

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            store_skew(&self.0, date);
        }
        Ok(())
    }
}

fn store_skew(skew: &AtomicI64, date: &str) {
    if let Ok(theirs) =
        aws_smithy_types::DateTime::from_str(date, aws_smithy_types::date_time::Format::HttpDate)
    {
        let ours = aws_smithy_types::DateTime::from(SystemTime::now());
        // A Date header has whole seconds: less than two seconds is no skew.
        let millis = (theirs.as_nanos() - ours.as_nanos()) / 1_000_000;
        let millis = i64::try_from(millis).unwrap_or_default();
        skew.store(
            if millis.abs() < 2_000 { 0 } else { millis },
            Ordering::Relaxed,
        );
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

/// Which certificate authorities are believed.
#[derive(Clone, Copy)]
enum Roots {
    /// Those of this machine.
    Machine,
    /// None: nothing is encrypted, and a machine without any can be asked too.
    None,
}

/// One client for all SDKs: one pool, one set of TLS roots, the proxy of the environment (except for loopback).
fn http_client(loopback: bool, roots: Roots) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let proxy = if loopback {
            ProxyConfig::disabled()
        } else {
            ProxyConfig::from_env()
        };
        let mut builder = Connector::builder()
            .proxy_config(proxy)
            .enable_tcp_nodelay(true);
        if let Some(settings) = settings {
            builder = builder.connector_settings(settings.clone());
        }
        if let Some(sleep) = components.and_then(RuntimeComponents::sleep_impl) {
            builder = builder.sleep_impl(sleep);
        }
        let mut builder = builder.tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::AwsLc,
        ));
        let store = match (roots, http_client::extra_roots()) {
            (Roots::None, _) => Some(tls::TrustStore::empty()),
            (Roots::Machine, Some(bundle)) => Some(
                tls::TrustStore::empty()
                    .with_native_roots(true)
                    .with_pem_certificate(bundle),
            ),
            (Roots::Machine, None) => None,
        };
        if let Some(store) = store
            && let Ok(context) = tls::TlsContext::builder().with_trust_store(store).build()
        {
            builder = builder.tls_context(context);
        }
        builder.build()
    })
}
