//! MCP: connections to gateways and runtimes, their tools, calls.

use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedSender;

use crate::model::{
    CallOptions, CallOutcome, ConnectionInfo, Deployment, ElicitationAnswer, Failure, HeaderSpec, McpNotice, McpTarget, SignIn,
    Tool,
};

use super::{Services, aws::pending};

/// How to connect, where it differs from the deployment's configuration.
#[derive(Clone, Default)]
pub struct McpOptions {
    /// Another sign-in.
    pub sign_in: Option<SignIn>,
    /// Headers beside the deployment's own; one with the same name wins over it.
    pub headers: Vec<HeaderSpec>,
    /// Where elicitations, progress and messages go. Without it (or when its receiver is gone) elicitations are cancelled.
    pub notices: Option<UnboundedSender<McpNotice>>,
}

/// A connection to an MCP endpoint. Cheap to clone; it closes when the last clone is dropped.
#[derive(Clone)]
pub struct McpSession {
    info: ConnectionInfo,
}

impl Services {
    /// Signs in and connects. `McpTarget::Default` is the deployment's own endpoint.
    pub async fn mcp_connect(
        &self,
        deployment: &Deployment,
        _via: &McpTarget,
        _options: McpOptions,
    ) -> Result<McpSession, Failure> {
        Err(pending(deployment))
    }
}

impl McpSession {
    /// What connecting has learned.
    pub fn info(&self) -> ConnectionInfo {
        self.info.clone()
    }

    /// All tools, over all pages.
    pub async fn tools(&self) -> Result<Vec<Tool>, Failure> {
        Ok(Vec::new())
    }

    /// Calls a tool. Dropping the future cancels the call at the server. A tool that reports an error is an `Ok` with `is_error`.
    pub async fn call(&self, name: &str, _arguments: Map<String, Value>, _options: CallOptions) -> Result<CallOutcome, Failure> {
        Err(Failure::new(crate::model::FailureKind::Network, format!("calling {name}"), "not connected yet"))
    }

    /// Answers an elicitation. One that is already answered or given up is ignored.
    pub fn answer(&self, _id: u64, _answer: ElicitationAnswer) {}

    /// Ends the session at the server (waits at most five seconds).
    pub async fn close(self) {}
}
