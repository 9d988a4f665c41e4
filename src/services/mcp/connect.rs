//! Connecting to an MCP endpoint: by `initialize`, or by `server/discover` from version 2026-07-28 on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rmcp::{
    RoleClient,
    model::{ErrorCode, ProtocolVersion},
    service::{
        ClientInitializeError, ClientLifecycleMode, RunningService, serve_client_with_lifecycle,
    },
    transport::{
        common::client_side_sse::ExponentialBackoff,
        streamable_http_client::{
            StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
        },
    },
};
use serde_json::Value;

use crate::model::{
    ConnectionInfo, Deployment, Elapsed, Failure, FailureKind, McpTarget, show_duration,
};
use crate::net::retry;

use super::{
    Mcp, McpOptions, McpSession, answer,
    elicitation::Listener,
    inbound::InboundMessages,
    session,
    wire::{self, Wire},
};

/// A connection on its way.
struct Connecting {
    wire: Wire,
    listener: Listener,
    url: String,
    doing: String,
    timeout: Duration,
}

impl Mcp {
    /// Signs in and connects. `McpTarget::Default` is the deployment's own endpoint. Headers made of a Neo4j secret are made at each
    /// connection from the secret as it is then.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] if the endpoint does not accept the sign-in; [`FailureKind::Network`] if it is no MCP endpoint or not
    /// reached; [`FailureKind::Usage`] if none is known or credentials must not go there.
    pub async fn connect(
        &self,
        deployment: &Deployment,
        via: &McpTarget,
        options: McpOptions,
    ) -> Result<McpSession, Failure> {
        // The future is large: a sign-in by OAuth is part of it.
        Box::pin(self.open_session(deployment, via, options)).await
    }

    async fn open_session(
        &self,
        deployment: &Deployment,
        via: &McpTarget,
        options: McpOptions,
    ) -> Result<McpSession, Failure> {
        let started = Instant::now();
        let url = self.aws.resources.mcp_url(deployment, via).await?;
        let doing = format!("connecting to {url}");
        let sign_in = options.sign_in.as_ref().unwrap_or(&deployment.sign_in);
        let inbound = InboundMessages::new(options.notices);
        let wire = Wire::new(
            self.aws.client.web_client(deployment, &doing, &url).await?,
            self.sign_ins.credentials(deployment, sign_in, &url).await?,
            self.extra_headers(deployment, &doing, &options.headers)
                .await?,
            doing.clone(),
            sign_in.mode(),
            &url,
            inbound.clone(),
        );
        let mode = sign_in.sort();
        let connecting = Connecting {
            listener: Listener::new(inbound, options.protocol.clone()),
            wire: wire.clone(),
            url: url.clone(),
            doing,
            timeout: self.timeout,
        };
        let service = connecting.open(options.protocol).await?;
        let peer = service.peer();
        peer.set_response_cache_config(rmcp::service::ClientCacheConfig::disabled())
            .await;
        let server = peer
            .peer_info()
            .map(|info| serde_json::to_value(&*info).unwrap_or_default());
        let claims = wire.claims().await;
        let info = ConnectionInfo {
            token_expires_at: claims.and_then(|claims| claims.expires_at),
            ..connection_info(url, mode.spec().mode, &server.unwrap_or_default())
        };
        let signing = wire.sign_in_time();
        let total = started.elapsed();
        let opening = Elapsed {
            sign_in: signing.as_millis() as u64,
            connect: total.saturating_sub(signing).as_millis() as u64,
            first_byte: 0,
            total: total.as_millis() as u64,
        };
        let timeout = self.timeout;
        let session = McpSession::new(info, service, wire, timeout, opening);
        if options.subscribes {
            session.subscribe();
        }
        Ok(session)
    }
}

impl Connecting {
    /// Opens a session by `initialize`, or without one by `server/discover`: as the version says, otherwise as the server does.
    async fn open(
        &self,
        version: Option<String>,
    ) -> Result<RunningService<RoleClient, Listener>, Failure> {
        let modern = ProtocolVersion::V_2026_07_28;
        let is_modern = version.as_deref() == Some(modern.as_str());
        let discover = || ClientLifecycleMode::Discover {
            preferred_versions: vec![modern.clone()],
        };
        if is_modern {
            return self.serve(discover()).await;
        }
        match self.serve(ClientLifecycleMode::Initialize).await {
            Err(failure) if version.is_none() && knows_no_initialize(&failure) => {
                // The first failure says more if the server cannot be spoken to at all.
                self.serve(discover()).await.map_err(|_| failure)
            }
            opened => opened,
        }
    }

    async fn serve(
        &self,
        lifecycle: ClientLifecycleMode,
    ) -> Result<RunningService<RoleClient, Listener>, Failure> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .max_sse_event_size(wire::LONGEST);
        let mut backoff = ExponentialBackoff::default();
        (backoff.base_duration, backoff.max_times, backoff.max_delay) = (
            retry::MCP_STREAM.base(),
            Some(6),
            Some(retry::MCP_STREAM.cap()),
        );
        config.retry_config = Arc::new(backoff);
        let transport = StreamableHttpClientTransport::with_client(self.wire.clone(), config);
        let listener = self.listener.clone();
        let serving = Box::pin(serve_client_with_lifecycle(listener, transport, lifecycle));
        match self.wire.within(self.timeout, serving).await {
            Some(Ok(service)) => Ok(service),
            Some(Err(error)) => Err(self
                .wire
                .take_failure()
                .unwrap_or_else(|| initialize_failure(&self.doing, &error))),
            None => Err(Failure::new(
                FailureKind::Timeout,
                self.doing.as_str(),
                format!("no answer within {}", show_duration(self.timeout)),
            )
            .hint("a runtime that starts cold may need longer: --timeout allows more")),
        }
    }
}

/// Returns whether a server refused `initialize` since it speaks only versions without it.
fn knows_no_initialize(failure: &Failure) -> bool {
    let codes = [
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
        ErrorCode::METHOD_NOT_FOUND,
    ];
    let code = failure.code.as_deref();
    codes
        .iter()
        .any(|known| code == Some(known.0.to_string().as_str()))
}

fn connection_info(url: String, sign_in: &'static str, server: &Value) -> ConnectionInfo {
    let text = |path: &str| {
        server
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let name = format!(
        "{} {}",
        text("/serverInfo/name"),
        text("/serverInfo/version")
    );
    ConnectionInfo {
        url,
        sign_in,
        protocol: text("/protocolVersion"),
        server: name.trim().to_owned(),
        instructions: Some(text("/instructions")).filter(|words| !words.is_empty()),
        token_expires_at: None,
        caller: None,
    }
}

/// Returns a failed start that the wire does not know of.
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
