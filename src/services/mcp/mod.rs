//! MCP: connections to gateways and runtimes, their tools, calls.

mod answer;
mod elicitation;
mod offers;
mod session;
mod sse;
mod wire;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};
use rmcp::{
    model::ProtocolVersion,
    service::{ClientInitializeError, serve_client},
    transport::{
        common::client_side_sse::ExponentialBackoff,
        streamable_http_client::{
            StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
        },
    },
};
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::{
    model::{
        ConnectionInfo, Deployment, Elapsed, Failure, FailureKind, HeaderSpec, McpNotice,
        McpTarget, SecretContent, SecretText, SignIn, VersionRef, show_duration,
    },
    services::sign_in::token::secret_value,
};

use self::{elicitation::Listener, wire::Wire};
use super::{aws::Aws, sign_in::SignIns};

pub use self::session::McpSession;

/// How to connect, where it differs from the deployment's configuration.
#[derive(Clone, Default)]
pub struct McpOptions {
    /// Another sign-in.
    pub sign_in: Option<SignIn>,
    /// Headers beside the deployment's own; one with the same name wins over it.
    pub headers: Vec<HeaderSpec>,
    /// Where elicitations, progress and messages go. Without it (or when its receiver is gone) elicitations are cancelled.
    pub notices: Option<Sender<McpNotice>>,
}

/// A channel for the notices of a connection: as much as may wait for its reader.
pub fn notices() -> (Sender<McpNotice>, Receiver<McpNotice>) {
    mpsc::channel(elicitation::WAITING)
}

/// Connects to MCP servers behind gateways and runtimes.
#[derive(Clone)]
pub struct Mcp {
    aws: Aws,
    sign_ins: SignIns,
    timeout: Duration,
}

impl Mcp {
    pub(in crate::services) fn new(aws: Aws, sign_ins: SignIns, timeout: Duration) -> Self {
        Self {
            aws,
            sign_ins,
            timeout,
        }
    }

    /// Signs in and connects. `McpTarget::Default` is the deployment's own endpoint. Headers made of a Neo4j secret are
    /// made anew at each connection.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] where the endpoint does not accept the sign-in; [`FailureKind::Network`] where it is no MCP
    /// endpoint or not reached; [`FailureKind::Usage`] where none is known or credentials must not go there.
    pub async fn connect(
        &self,
        deployment: &Deployment,
        via: &McpTarget,
        options: McpOptions,
    ) -> Result<McpSession, Failure> {
        let started = Instant::now();
        let url = self.aws.resources.mcp_url(deployment, via).await?;
        let doing = format!("connecting to {url}");
        let http = self.aws.client.web_client(deployment, &doing, &url).await?;
        let sign_in = options
            .sign_in
            .unwrap_or_else(|| deployment.sign_in.clone());
        let credentials = self
            .sign_ins
            .credentials(deployment, &sign_in, &url)
            .await?;
        let mut headers = HeaderMap::new();
        for header in deployment.headers.iter().chain(&options.headers) {
            let (name, value) = self.header(deployment, header).await?;
            headers.insert(name.clone(), secret_value(&doing, &name, &value)?);
        }
        let schemas = wire::RawSchemas::default();
        let wire = Wire::new(
            http,
            credentials,
            headers,
            doing.clone(),
            sign_in.mode(),
            &url,
            schemas.clone(),
        );
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
            .max_sse_event_size(wire::LONGEST);
        let mut retry = ExponentialBackoff::default();
        (retry.base_duration, retry.max_times, retry.max_delay) = (
            Duration::from_millis(500),
            Some(6),
            Some(Duration::from_secs(5)),
        );
        config.retry_config = Arc::new(retry);
        let transport = StreamableHttpClientTransport::with_client(wire.clone(), config);
        let timeout = self.timeout;
        let service = match tokio::time::timeout(
            timeout,
            serve_client(Listener::new(options.notices, schemas), transport),
        )
        .await
        {
            Ok(Ok(service)) => service,
            Ok(Err(error)) => {
                return Err(wire
                    .take_failure()
                    .unwrap_or_else(|| initialize_failure(&doing, &error)));
            }
            Err(_) => {
                return Err(Failure::new(
                    FailureKind::Timeout,
                    doing,
                    format!("no answer within {}", show_duration(timeout)),
                )
                .hint("a runtime that starts cold may need longer: --timeout allows more"));
            }
        };
        service
            .peer()
            .set_response_cache_config(rmcp::service::ClientCacheConfig::disabled())
            .await;
        let info = self
            .connection_info(
                deployment,
                &sign_in,
                url,
                service
                    .peer()
                    .peer_info()
                    .map(|info| serde_json::to_value(&*info).unwrap_or_default()),
            )
            .await;
        let signing = wire.sign_in_time();
        let total = started.elapsed();
        let opening = Elapsed {
            sign_in: signing.as_millis() as u64,
            connect: total.saturating_sub(signing).as_millis() as u64,
            first_byte: 0,
            total: total.as_millis() as u64,
        };
        Ok(McpSession::new(info, service, wire, timeout, opening))
    }

    async fn header(
        &self,
        deployment: &Deployment,
        header: &HeaderSpec,
    ) -> Result<(HeaderName, SecretText), Failure> {
        let doing = format!("preparing the headers for {}", deployment.name);
        let (name, value) = match header {
            HeaderSpec::Literal { name, value } => (
                name,
                self.sign_ins
                    .secret_value_of(deployment, &doing, &format!("the header {name}"), value)
                    .await?,
            ),
            HeaderSpec::BasicFromSecret { name, secret_id } => (
                name,
                self.basic_from_secret(deployment, &doing, secret_id.as_deref())
                    .await?,
            ),
        };
        let parsed = HeaderName::try_from(name.as_str()).map_err(|_| {
            Failure::new(
                FailureKind::Usage,
                doing.as_str(),
                format!("{name} is not the name of a header"),
            )
        })?;
        if matches!(
            parsed.as_str(),
            "accept"
                | "content-type"
                | "content-length"
                | "host"
                | "connection"
                | "mcp-session-id"
                | "last-event-id"
        ) {
            return Err(Failure::new(
                FailureKind::Usage,
                doing,
                format!("the header {name} is the protocol's own"),
            ));
        }
        Ok((parsed, value))
    }

    /// `Basic` credentials of a Neo4j secret as it is now.
    async fn basic_from_secret(
        &self,
        deployment: &Deployment,
        doing: &str,
        id: Option<&str>,
    ) -> Result<SecretText, Failure> {
        let id = match id
            .map(str::to_owned)
            .or_else(|| deployment.secrets.first().cloned())
        {
            Some(id) => id,
            None => self
                .aws
                .stacks
                .facts(deployment)
                .await?
                .secret_arn
                .ok_or_else(|| {
                    Failure::new(
                        FailureKind::Usage,
                        doing,
                        "a header is to be made of the Neo4j secret, and none is known",
                    )
                    .hint("set `secrets` for this deployment")
                })?,
        };
        let value = self
            .aws
            .secrets
            .secret_value(deployment, &id, &VersionRef::Stage("AWSCURRENT".to_owned()))
            .await?;
        let pair = match &value.content {
            SecretContent::Text(text) => user_and_password(text),
            SecretContent::Binary => None,
        };
        match pair {
            Some(pair) => Ok(SecretText::new(format!(
                "Basic {}",
                STANDARD.encode(pair.reveal())
            ))),
            None => Err(Failure::new(
                FailureKind::Usage,
                doing,
                format!("the secret {id} holds no user and password"),
            )
            .hint("it must be a JSON object with username and password")),
        }
    }

    async fn connection_info(
        &self,
        deployment: &Deployment,
        sign_in: &SignIn,
        url: String,
        server: Option<Value>,
    ) -> ConnectionInfo {
        let server = server.unwrap_or_default();
        let text = |path: &str| {
            server
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        // The token is in memory by now: asking for it again costs nothing.
        let expires = if sign_in.spec().has_token {
            let token = self.sign_ins.token(deployment, Some(sign_in)).await;
            token.ok().and_then(|(_, claims)| claims.expires_at)
        } else {
            None
        };
        ConnectionInfo {
            url,
            sign_in: sign_in.mode(),
            protocol: text("/protocolVersion"),
            server: format!(
                "{} {}",
                text("/serverInfo/name"),
                text("/serverInfo/version")
            )
            .trim()
            .to_owned(),
            instructions: Some(text("/instructions")).filter(|words| !words.is_empty()),
            token_expires_at: expires,
        }
    }
}

/// `user:password` of a Neo4j secret, under any of the known spellings.
fn user_and_password(text: &SecretText) -> Option<SecretText> {
    let json: Value = serde_json::from_str(text.reveal()).ok()?;
    let members = json.as_object()?;
    let find = |names: &[&str]| {
        let by = |name: &&str| {
            members
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        names
            .iter()
            .find_map(by)
            .and_then(|(_, value)| value.as_str())
    };
    let user = find(&["username", "NEO4J_USERNAME", "user"])?;
    let password = find(&["password", "NEO4J_PASSWORD"])?;
    Some(SecretText::new(format!("{user}:{password}")))
}

/// A failed start that the wire does not know of.
fn initialize_failure(doing: &str, error: &ClientInitializeError) -> Failure {
    match error {
        ClientInitializeError::JsonRpcError(error) => session::rpc(doing, error),
        ClientInitializeError::TransportError { error, .. } => session::transport(doing, error),
        ClientInitializeError::NoCompatibleProtocolVersion {
            server_supported, ..
        } => {
            let theirs: Vec<&str> = server_supported
                .iter()
                .map(ProtocolVersion::as_str)
                .collect();
            Failure::new(
                FailureKind::Network,
                doing,
                format!(
                    "no common version of MCP: the server speaks {}",
                    theirs.join(", ")
                ),
            )
        }
        ClientInitializeError::Cancelled => {
            Failure::new(FailureKind::Cancelled, doing, "connecting was cancelled")
        }
        ClientInitializeError::ConnectionClosed(why) => wire::cut(doing).evidence(why.clone()),
        other => answer::not_mcp(doing, &other.to_string(), b""),
    }
}
