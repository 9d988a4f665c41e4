//! Requests from a gateway to a target: authorization by the credential provider, transport, and the
//! reply.

use std::time::Duration;

use futures::StreamExt as _;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::message::{Message, answer_in_stream};
use super::outcome::TraceContext;
use super::protocol;
use crate::aws::control::{Credential, Target};
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::http::{ResponseBody, streaming};
use crate::scenarios::{PoolFacts, Scenario};
use crate::world::SharedWorld;

/// Time limit for the response of a target.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest response of a target that is buffered, in bytes.
const LARGEST: usize = 512 * 1024 * 1024;

/// A request to a target.
pub(crate) struct Outbound<'a> {
    pub(crate) world: &'a SharedWorld,
    pub(crate) deployment: Option<&'a Scenario>,
    pub(crate) target: &'a Target,
    pub(crate) user: &'a str,
    /// From the interceptor.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) version: &'a str,
    /// The trace of the request, which the target continues.
    pub(crate) trace: &'a TraceContext,
}

/// The reply of a target.
pub(crate) enum TargetReply {
    Whole(Value),
    /// An event stream that is passed on as it arrives.
    Stream(ResponseBody),
}

/// Why a target gave no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetError {
    Provider(String),
    Unreachable(String),
    Slow,
    Status(u16, String),
    Unreadable(String),
}

impl TargetError {
    /// Returns the kind of the error, as in `_meta.debug.type`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Provider(_) => "CredentialProviderException",
            Self::Unreachable(_) | Self::Slow => "TargetConnectionException",
            Self::Status(..) | Self::Unreadable(_) => "TargetResponseException",
        }
    }

    /// Returns the cause, which callers see if the exception level of the gateway is DEBUG.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Provider(text) => {
                format!("Failed to obtain a token from the credential provider: {text}")
            }
            Self::Unreachable(text) => format!("Failed to connect to the target: {text}"),
            Self::Slow => format!(
                "The target did not answer within {} seconds",
                PATIENCE.as_secs()
            ),
            Self::Status(status, body) => format!("The target answered HTTP {status}: {body}"),
            Self::Unreadable(text) => format!("The target's answer is not MCP: {text}"),
        }
    }
}

/// Sends a message to a target. With `stream`, an event stream is passed on instead of buffered.
pub(crate) async fn ask(
    outbound: &Outbound<'_>,
    message: &Message,
    stream: bool,
) -> Result<TargetReply, TargetError> {
    let name = outbound.deployment.map_or("", |deployment| deployment.name);
    let fault = outbound
        .world
        .faults
        .take_hop(name, FaultPoint::Target)
        .filter(|fault| *fault != FaultKind::Unsynchronised);
    match fault {
        Some(FaultKind::Down | FaultKind::CutBefore) => {
            return Err(TargetError::Unreachable("Connection refused".to_owned()));
        }
        Some(FaultKind::Slow) => tokio::time::sleep(SLOWNESS).await,
        _ => {}
    }
    let headers = headers(outbound).await?;
    let body = json!({"jsonrpc": "2.0", "id": message.id, "method": message.method, "params": params(message)});
    let answer = tokio::time::timeout(PATIENCE, post(outbound, headers, &body))
        .await
        .map_err(|_| TargetError::Slow)??;
    if fault == Some(FaultKind::CutAfter) {
        return Err(TargetError::Unreachable(
            "Connection reset by peer".to_owned(),
        ));
    }
    read(answer, message, stream).await
}

/// Returns the parameters of a request without the `_meta` entries that are addressed to the gateway.
fn params(message: &Message) -> Value {
    let mut params = message.params.clone();
    if let Some(meta) = params.get_mut("_meta").and_then(Value::as_object_mut) {
        meta.retain(|key, _| {
            !key.starts_with("io.modelcontextprotocol/")
                && !key.starts_with("aws.bedrock-agentcore")
        });
    }
    if params.is_null() { json!({}) } else { params }
}

async fn headers(outbound: &Outbound<'_>) -> Result<HeaderMap, TargetError> {
    let mut headers = outbound.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    let version = if outbound.version == protocol::STATELESS {
        protocol::HANDSHAKE[0]
    } else {
        outbound.version
    };
    if let Ok(value) = HeaderValue::from_str(&outbound.trace.header()) {
        headers.insert("x-amzn-trace-id", value);
    }
    if let Ok(value) = HeaderValue::from_str(version) {
        headers.insert("mcp-protocol-version", value);
    }
    if let Some(token) = provider_token(outbound).await? {
        // The provider overwrites what the interceptor set.
        let value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| TargetError::Provider("the token is no text".to_owned()))?;
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// Returns a token of the target's credential provider, if it has one.
async fn provider_token(outbound: &Outbound<'_>) -> Result<Option<String>, TargetError> {
    let Credential::Oauth {
        provider,
        scopes,
        grant_type,
        ..
    } = &outbound.target.credential
    else {
        return Ok(None);
    };
    let name = outbound.deployment.map_or("", |deployment| deployment.name);
    let fault = outbound
        .world
        .faults
        .take_hop(name, FaultPoint::CredentialProvider);
    if fault == Some(FaultKind::TakenAuthorization) {
        let text = "Unauthorized: Basic authentication required";
        return Err(TargetError::Status(401, text.to_owned()));
    }
    if fault.is_some() {
        return Err(TargetError::Provider(format!("{provider}: invalid_client")));
    }
    if *grant_type != "CLIENT_CREDENTIALS" {
        return Ok(Some(format!("on-behalf-of-{}", outbound.user)));
    }
    let now = outbound.world.now();
    if let Some(token) = outbound.world.mcp.provider_token(provider, now) {
        return Ok(Some(token));
    }
    let Some(pool) = outbound
        .deployment
        .and_then(|deployment| deployment.pool.as_ref())
    else {
        return Ok(None);
    };
    let (token, lifetime) = request_token(outbound.world, provider, pool, scopes).await?;
    outbound
        .world
        .mcp
        .keep_provider_token(provider, &token, now, lifetime);
    Ok(Some(token))
}

/// Asks a token endpoint for a token by the client credentials grant. Returns the token and how long
/// it can be used.
async fn request_token(
    world: &SharedWorld,
    provider: &str,
    pool: &PoolFacts,
    scopes: &[String],
) -> Result<(String, SignedDuration), TargetError> {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", &scopes.join(" ")),
    ];
    let Some((client_id, client_secret)) = world.provider_client(provider) else {
        return Err(TargetError::Provider(format!(
            "{provider}: no client secret"
        )));
    };
    let request = world
        .client
        .post(pool.token_url())
        .basic_auth(client_id, Some(client_secret))
        .form(&form);
    let failed = |error: reqwest::Error| TargetError::Provider(format!("{provider}: {error}"));
    let answer: Value = request
        .timeout(PATIENCE)
        .send()
        .await
        .map_err(failed)?
        .json()
        .await
        .map_err(failed)?;
    let Some(token) = answer.get("access_token").and_then(Value::as_str) else {
        let error = answer
            .get("error")
            .and_then(Value::as_str)
            .unwrap_or("no access_token");
        return Err(TargetError::Provider(format!("{provider}: {error}")));
    };
    let lifetime = answer
        .get("expires_in")
        .and_then(Value::as_i64)
        .unwrap_or(0)
        .saturating_sub(60);
    Ok((token.to_owned(), SignedDuration::from_secs(lifetime)))
}

async fn post(
    outbound: &Outbound<'_>,
    headers: HeaderMap,
    body: &Value,
) -> Result<reqwest::Response, TargetError> {
    let request = outbound
        .world
        .client
        .post(&outbound.target.endpoint)
        .headers(headers)
        .body(body.to_string());
    let answer = request
        .send()
        .await
        .map_err(|error| TargetError::Unreachable(innermost(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.text().await.unwrap_or_default();
    Err(TargetError::Status(
        status.as_u16(),
        text.trim().chars().take(500).collect(),
    ))
}

fn innermost(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

async fn read(
    answer: reqwest::Response,
    message: &Message,
    stream: bool,
) -> Result<TargetReply, TargetError> {
    let kind = answer
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let is_stream = kind.starts_with("text/event-stream");
    if is_stream && stream {
        let pieces = answer
            .bytes_stream()
            .map(|piece| piece.map_err(std::io::Error::other));
        return Ok(TargetReply::Stream(streaming(pieces)));
    }
    if answer
        .content_length()
        .is_some_and(|length| length > LARGEST as u64)
    {
        return Err(TargetError::Unreadable("it is too large".to_owned()));
    }
    let body = tokio::time::timeout(PATIENCE * 3, answer.bytes())
        .await
        .map_err(|_| TargetError::Slow)?;
    let body = body.map_err(|error| TargetError::Unreadable(innermost(&error)))?;
    let found = if is_stream {
        answer_in_stream(&body, message.id.as_ref())
    } else {
        serde_json::from_slice(&body).ok()
    };
    let readable = found
        .filter(|answer: &Value| answer.get("result").is_some() || answer.get("error").is_some());
    readable
        .map(TargetReply::Whole)
        .ok_or(TargetError::Unreadable(kind))
}

/// Converts a JSON object into headers. Entries that are not valid in HTTP are dropped.
pub(crate) fn header_map(headers: &Map<String, Value>) -> HeaderMap {
    let pair = |(name, value): (&String, &Value)| {
        Some((
            HeaderName::try_from(name.as_str()).ok()?,
            HeaderValue::from_str(value.as_str()?).ok()?,
        ))
    };
    headers.iter().filter_map(pair).collect()
}

/// A token of a credential provider, and when it is no longer used.
#[derive(Clone)]
pub(crate) struct ProviderToken {
    pub(crate) token: String,
    pub(crate) until: Timestamp,
}
