//! MCP: connections to gateways and runtimes, their tools, calls.

mod answer;
mod cancellation;
mod connect;
mod consent;
mod elicitation;
mod inbound;
mod input;
mod listing;
mod offers;
mod session;
mod sse;
mod subscription;
mod task;
mod wire;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::{
    model::{
        Deployment, Failure, FailureKind, HeaderSpec, McpNotice, SecretContent, SecretText, SignIn,
        VersionRef,
    },
    services::sign_in::token::secret_value,
};

use super::{aws::Aws, sign_in::SignIns};

pub use self::{consent::ConsentCall, inbound::collect_notices, session::McpSession};
pub(crate) use task::wait_for_cancelled_tasks;

/// How to connect, where it differs from the deployment's configuration.
#[derive(Clone, Default)]
pub struct McpOptions {
    /// Another sign-in.
    pub sign_in: Option<SignIn>,
    /// Headers beside the deployment's own; one with the same name wins over it.
    pub headers: Vec<HeaderSpec>,
    /// Where elicitations, progress and messages go. Without it (or when its receiver is gone) elicitations are cancelled.
    pub notices: Option<Sender<McpNotice>>,
    /// Whether the server is asked to say when its tools change, if it speaks a version in which it says so only when asked.
    pub subscribes: bool,
    /// Version of the protocol, such as `2026-07-28`. `None`: a session by `initialize`, or without one by `server/discover` if the
    /// server speaks only newer versions.
    pub protocol: Option<String>,
}

/// Versions of the protocol that can be spoken, the newest last.
pub fn protocol_versions() -> Vec<&'static str> {
    let known = rmcp::model::ProtocolVersion::KNOWN_VERSIONS;
    known
        .iter()
        .map(rmcp::model::ProtocolVersion::as_str)
        .collect()
}

/// Returns a channel for the notices of a connection: as much as may wait for its reader.
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

    /// Returns the headers beside those of the sign-in. One that is given later wins over one of the same name.
    async fn extra_headers(
        &self,
        deployment: &Deployment,
        doing: &str,
        given: &[HeaderSpec],
    ) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        for header in deployment.headers.iter().chain(given) {
            let (name, value) = self.header(deployment, header).await?;
            headers.insert(name.clone(), secret_value(doing, &name, &value)?);
        }
        Ok(headers)
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
