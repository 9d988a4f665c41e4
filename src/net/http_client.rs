//! Plain HTTP: the one client, and the rules for addresses that credentials may be sent to.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use serde_json::Value;
use url::Url;

use crate::model::{Failure, FailureKind, is_loopback};

use super::ca_bundle::CaBundle;

/// Establishing a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept open without a request. A load balancer of AWS closes one after 60 seconds: a request that is on its
/// way then fails, and one that writes must not be sent again.
const KEPT_IDLE: Duration = Duration::from_secs(50);
/// The same on this machine, where a new connection costs nothing and servers written for Node close one after 5 seconds.
const KEPT_IDLE_ON_LOOPBACK: Duration = Duration::from_secs(4);
/// Connections to one host that are kept open without a request. A refresh of many lists opens dozens for a moment.
pub(crate) const IDLE_CONNECTIONS: usize = 6;
/// Longest document that is read.
const DOCUMENT: usize = 1 << 20;

/// The HTTP clients of everything that no SDK speaks: for each trusted bundle, one for loopback addresses, which never
/// uses a proxy, and one for the rest.
#[derive(Default)]
pub(crate) struct Web {
    clients: Mutex<HashMap<ClientKey, Result<reqwest::Client, String>>>,
}

/// What tells HTTP clients apart.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ClientKey {
    is_loopback: bool,
    /// Whether it speaks TLS. A client that does not reads no trusted roots, which takes milliseconds.
    is_encrypted: bool,
    bundle: Option<PathBuf>,
}

impl Web {
    /// Returns the client for an address, trusting the bundle of `AWS_CA_BUNDLE`. It follows no redirect and adds no header of
    /// its own but the user agent.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if credentials must not be sent to that address, or if the bundle cannot be used.
    pub(crate) fn client(&self, doing: &str, address: &str) -> Result<reqwest::Client, Failure> {
        let bundle = CaBundle::of_environment(doing)?;
        self.client_trusting(doing, address, bundle.as_deref())
    }

    /// Returns the same client, trusting the bundle of a profile.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if credentials must not be sent to that address.
    pub(crate) fn client_trusting(
        &self,
        doing: &str,
        address: &str,
        bundle: Option<&CaBundle>,
    ) -> Result<reqwest::Client, Failure> {
        let url = check_address(doing, address)?;
        let key = ClientKey {
            is_loopback: is_loopback(address),
            is_encrypted: url.scheme() == "https",
            bundle: bundle.map(|bundle| bundle.path.clone()),
        };
        let mut clients = self.clients.lock();
        clients
            .entry(key)
            .or_insert_with_key(|key| make(key, bundle))
            .clone()
            .map_err(|error| Failure::new(FailureKind::Usage, doing, error))
    }
}

impl Web {
    /// Returns a JSON document from the web: a discovery document, a protected resource's metadata. Nothing is sent with the request.
    ///
    /// # Errors
    /// [`FailureKind::Network`] where the address gives something else than JSON.
    pub(crate) async fn fetch_json(&self, doing: &str, address: &str) -> Result<Value, Failure> {
        let client = self.client(doing, address)?;
        let asked = client
            .get(address)
            .header("accept", "application/json")
            .timeout(Duration::from_secs(10))
            .send();
        let response = asked
            .await
            .map_err(|error| failure(doing, address, &error))?;
        let status = response.status();
        let body = read_at_most(response, DOCUMENT)
            .await
            .map_err(|error| error.failure(doing, address))?;
        if !status.is_success() {
            let kind = if status.as_u16() == 404 {
                FailureKind::NotFound
            } else {
                FailureKind::Network
            };
            return Err(Failure::new(
                kind,
                doing,
                format!("{address} answered with status {}", status.as_u16()),
            )
            .status(status.as_u16())
            .evidence(preview(&body)));
        }
        serde_json::from_slice(&body).map_err(|error| {
            Failure::new(
                FailureKind::Network,
                doing,
                format!("{address} gives no JSON: {error}"),
            )
            .evidence(preview(&body))
        })
    }
}

fn make(key: &ClientKey, bundle: Option<&CaBundle>) -> Result<reqwest::Client, String> {
    let made = builder(key.is_loopback, bundle)?;
    let made = if key.is_encrypted {
        made
    } else {
        made.tls_certs_only([])
    };
    match made.build() {
        // A machine without any TLS root can still talk to itself.
        Err(_) if key.is_loopback => builder(true, bundle)?.tls_certs_only([]).build(),
        built => built,
    }
    .map_err(|error| format!("no HTTP client could be made: {}", chain(&error)))
}

fn builder(is_loopback: bool, bundle: Option<&CaBundle>) -> Result<reqwest::ClientBuilder, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("agentcore-console/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(if is_loopback {
            KEPT_IDLE_ON_LOOPBACK
        } else {
            KEPT_IDLE
        })
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .tcp_nodelay(true);
    if is_loopback {
        builder = builder.no_proxy();
    }
    if let Some(bundle) = bundle {
        let roots = reqwest::Certificate::from_pem_bundle(&bundle.pem)
            .map_err(|error| format!("{} cannot be used: {error}", bundle.path.display()))?;
        builder = builder.tls_certs_merge(roots);
    }
    Ok(builder)
}

/// Refuses an address that is neither `https` nor on this machine.
///
/// # Errors
/// [`FailureKind::Usage`].
pub(crate) fn check_address(doing: &str, address: &str) -> Result<Url, Failure> {
    let url = Url::parse(address).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            doing,
            format!("{address} is not an address: {error}"),
        )
        .hint("an address begins with https://")
    })?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(address) => Ok(url),
        "http" => Err(Failure::new(
            FailureKind::Usage,
            doing,
            format!(
                "{address} is not encrypted: credentials are sent by https only, or on this machine"
            ),
        )
        .hint("use the https address")),
        other => Err(Failure::new(
            FailureKind::Usage,
            doing,
            format!("{other}: is not a scheme that can be used here"),
        )
        .hint("use an https address")),
    }
}

/// Returns whether two addresses have the same scheme, host and port.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    matches!((Url::parse(one), Url::parse(other)), (Ok(one), Ok(other)) if one.origin() == other.origin())
}

/// Returns a redirect that was not followed: nothing was sent on.
pub(crate) fn redirect_refused(doing: &str, address: &str, location: Option<&str>) -> Failure {
    let target = location.and_then(|to| Url::parse(address).ok()?.join(to).ok());
    let origin = target.as_ref().map_or_else(
        || "nowhere".to_owned(),
        |to| to.origin().ascii_serialization(),
    );
    let failure = Failure::new(
        FailureKind::Network,
        doing,
        format!("a redirect to {origin} was refused; nothing was sent there"),
    );
    match target {
        Some(to) => failure
            .hint("if that is the right address, configure it")
            .evidence(format!("location: {to}")),
        None => failure,
    }
}

/// Returns a failed exchange, as reqwest saw it, in the words of the layer that failed.
pub(crate) fn failure(doing: &str, address: &str, error: &reqwest::Error) -> Failure {
    let host = host_of(address);
    let chain = chain(error);
    if error.is_timeout() {
        return Failure::new(
            FailureKind::Timeout,
            doing,
            format!("{host} did not answer in time"),
        )
        .hint("try again; --timeout allows more")
        .evidence(chain);
    }
    if error.is_connect() {
        return unreachable(doing, &host, chain);
    }
    Failure::new(
        FailureKind::Network,
        doing,
        format!("the connection to {host} broke before the answer was whole"),
    )
    .evidence(chain)
}

/// Host and port of an address, as an error names them.
pub(crate) fn host_of(address: &str) -> String {
    let parsed = Url::parse(address).ok();
    let host = parsed
        .as_ref()
        .and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => address.to_owned(),
    }
}

/// Returns a connection that was never made: the cause, and the next step, follow from the words of the error chain.
pub(crate) fn unreachable(doing: &str, host: &str, chain: String) -> Failure {
    let lower = chain.to_ascii_lowercase();
    let (cause, hint) = if lower.contains("dns")
        || lower.contains("lookup")
        || lower.contains("resolve")
    {
        (
            format!("the name {host} is not known here"),
            "check the region and the endpoint, the VPN, and the DNS of this machine",
        )
    } else if lower.contains("refused") {
        (
            format!("{host} refused the connection: nothing listens there"),
            "check the endpoint's address and port",
        )
    } else if lower.contains("certificate") || lower.contains("tls") || lower.contains("handshake")
    {
        (
            format!("no TLS connection to {host}"),
            "a proxy that opens TLS needs its root certificate in AWS_CA_BUNDLE or SSL_CERT_FILE",
        )
    } else if lower.contains("timed out") || lower.contains("timeout") || lower.contains("deadline")
    {
        (
            format!("{host} did not accept a connection in time"),
            "check the network, the VPN, the proxy and the endpoint's security group",
        )
    } else {
        (
            format!("no connection to {host}"),
            "check the network, the VPN and the proxy (HTTPS_PROXY, NO_PROXY)",
        )
    };
    Failure::new(FailureKind::Network, doing, cause)
        .hint(hint)
        .evidence(chain)
}

/// Why a body was not read to its end.
pub(crate) enum ReadError {
    /// It is longer than this many bytes.
    TooLong(usize),
    /// The connection broke.
    Broken(reqwest::Error),
}

impl ReadError {
    /// Returns the same as a failure.
    pub(crate) fn failure(&self, doing: &str, address: &str) -> Failure {
        match self {
            Self::TooLong(limit) => Failure::new(
                FailureKind::Refused,
                doing,
                format!("the answer is longer than the limit of {} MB", limit >> 20),
            ),
            Self::Broken(error) => failure(doing, address, error),
        }
    }
}

/// Reads a body of at most `limit` bytes, so that no server makes memory grow without bound.
pub(crate) async fn read_at_most(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Bytes, ReadError> {
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(ReadError::TooLong(limit));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(ReadError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(ReadError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Returns the beginning of a body, for evidence.
pub(crate) fn preview(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..2048).unwrap_or(body));
    let short: String = text.chars().take(300).collect();
    format!("body: {short}")
}

/// Returns the error and all its causes, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_out_encrypted_or_stay_on_this_machine() {
        for address in [
            "https://example.com/mcp",
            "http://127.0.0.1:80/",
            "http://localhost:1/x",
            "http://[::1]:9",
        ] {
            assert!(check_address("calling", address).is_ok(), "{address}");
        }
        for address in [
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "ftp://127.0.0.1/",
            "example.com",
            "http://localhost.example.com",
        ] {
            assert_eq!(
                check_address("calling", address).unwrap_err().kind,
                FailureKind::Usage,
                "{address}"
            );
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin(
            "https://a.example/mcp",
            "https://a.example:443/other"
        ));
        assert!(!same_origin("https://a.example/", "https://b.example/"));
        assert!(!same_origin("https://a.example/", "http://a.example/"));
        assert!(!same_origin("http://127.0.0.1:1/", "http://127.0.0.1:2/"));
    }
}
