//! The HTTP clients of the SDKs: one pool for each set of trusted roots, the environment's proxy except for loopback, and
//! an interceptor that learns how far AWS's clock is from this machine's, and which requests are this process's own.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::Mutex;

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

use crate::net::{ca_bundle::CaBundle, clock, http_client::IDLE_CONNECTIONS};

/// A clock difference below this is not measurable: a `Date` header has whole seconds.
const SMALLEST_SKEW_MS: i64 = 2_000;

/// Which hosts a client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum HostReach {
    /// Hosts anywhere, through the environment's proxy.
    Anywhere,
    /// This machine, by TLS.
    Loopback,
    /// This machine, without TLS. Such a client works on a machine that has no trusted root at all.
    PlainLoopback,
}

/// All clients that were made.
#[derive(Default)]
pub(super) struct HttpClients(Mutex<HashMap<(HostReach, Option<PathBuf>), SharedHttpClient>>);

impl HttpClients {
    /// Returns the client for these hosts and this bundle.
    pub(super) fn get(&self, reach: HostReach, bundle: Option<&Arc<CaBundle>>) -> SharedHttpClient {
        let key = (reach, bundle.map(|bundle| bundle.path.clone()));
        self.0
            .lock()
            .entry(key)
            .or_insert_with(|| http_client(reach, bundle.cloned()))
            .clone()
    }
}

fn http_client(reach: HostReach, bundle: Option<Arc<CaBundle>>) -> SharedHttpClient {
    let pool = Builder::new().pool_max_idle_per_host(IDLE_CONNECTIONS);
    pool.build_with_connector_fn(move |settings, components| {
        let proxy = match reach {
            HostReach::Anywhere => ProxyConfig::from_env(),
            HostReach::Loopback | HostReach::PlainLoopback => ProxyConfig::disabled(),
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
        let store = match (reach, &bundle) {
            (HostReach::PlainLoopback, _) => Some(tls::TrustStore::empty()),
            (HostReach::Anywhere | HostReach::Loopback, Some(bundle)) => Some(
                tls::TrustStore::empty()
                    .with_native_roots(true)
                    .with_pem_certificate(bundle.pem.clone()),
            ),
            (HostReach::Anywhere | HostReach::Loopback, None) => None,
        };
        if let Some(store) = store
            && let Ok(context) = tls::TlsContext::builder().with_trust_store(store).build()
        {
            builder = builder.tls_context(context);
        }
        builder.build()
    })
}

/// Learns the difference between AWS's clock and this machine's from the `Date` header of every response.
#[derive(Clone, Debug, Default)]
pub(super) struct ClockSkew(Arc<AtomicI64>);

impl ClockSkew {
    /// AWS's clock minus this machine's in milliseconds, as of the last response.
    pub(super) fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Learns from a `Date` header.
    pub(super) fn learn(&self, date: &str) {
        let format = aws_smithy_types::date_time::Format::HttpDate;
        let Ok(theirs) = aws_smithy_types::DateTime::from_str(date, format) else {
            return;
        };
        let ours = aws_smithy_types::DateTime::from(clock::system_now());
        let millis = (theirs.as_nanos() - ours.as_nanos()) / 1_000_000;
        let millis = i64::try_from(millis).unwrap_or_default();
        let skew = if millis.abs() < SMALLEST_SKEW_MS {
            0
        } else {
            millis
        };
        self.0.store(skew, Ordering::Relaxed);
    }
}

/// Request ids remembered. A rotation makes some dozens of requests.
const REQUESTS: usize = 20_000;

/// The ids of the requests that this process has made: by them it recognises its own writes among CloudTrail's events.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnRequests(Arc<Mutex<VecDeque<String>>>);

impl OwnRequests {
    /// Remembers the id that an answer has.
    pub(super) fn record(&self, id: String) {
        let mut known = self.0.lock();
        known.push_back(id);
        let excess = known.len().saturating_sub(REQUESTS);
        known.drain(..excess);
    }

    /// Returns whether this process made the request of that id.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.0.lock().iter().any(|known| known == id)
    }
}

/// Learns from the headers of every response of an account.
#[derive(Clone, Debug)]
pub(super) struct ResponseObserver {
    /// How far AWS's clock is from this machine's.
    pub(super) skew: ClockSkew,
    /// The requests of all accounts.
    pub(super) requests: OwnRequests,
}

impl ResponseObserver {
    /// Returns an observer of one account, with the requests of all.
    pub(super) fn new(requests: &OwnRequests) -> Self {
        Self {
            skew: ClockSkew::default(),
            requests: requests.clone(),
        }
    }
}

impl Intercept for ResponseObserver {
    fn name(&self) -> &'static str {
        "ResponseObserver"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        if let Some(date) = headers.get("date") {
            self.skew.learn(date);
        }
        if let Some(id) = super::failure::request_id(|name| headers.get(name)) {
            self.requests.record(id);
        }
        Ok(())
    }
}
