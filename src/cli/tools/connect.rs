//! One connection for one command: its sign-in, its headers, and a voice for what the server asks meanwhile.

use std::io::{self, IsTerminal as _};

use serde_json::Value;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    model::{Deployment, ElicitationAnswer, ElicitationRequest, Failure, McpEndpoint, McpNotice},
    services::{McpOptions, McpSession, mcp},
};

use super::{
    super::{context::Context, output, sign_in},
    CallRoute,
    show::CallLabel,
    via,
};

/// A connected endpoint.
pub(super) struct ToolConnection {
    /// Whose sign-in it is.
    pub(super) deployment: Deployment,
    /// The endpoint.
    pub(super) endpoint: McpEndpoint,
    /// The session.
    pub(super) session: McpSession,
    voice: JoinHandle<()>,
}

/// Connects as the flags say.
pub(super) async fn connect(
    context: &Context,
    route: &CallRoute,
) -> Result<ToolConnection, Failure> {
    let services = context.services();
    let (mut deployment, target) = Box::pin(via::resolve(context, &services, route)).await?;
    let other = route
        .sign_in
        .map(|mode| sign_in::of_mode(mode, &deployment))
        .transpose()?
        .flatten();
    if let Some(other) = other {
        // A consent is completed by the same sign-in as the call.
        deployment.sign_in = other;
    }
    let (sender, receiver) = mcp::notices();
    let options = McpOptions {
        subscribes: false,
        sign_in: None,
        headers: route.header.clone(),
        notices: Some(sender),
        protocol: route.protocol.clone(),
    };
    let connecting = services.mcp.connect(&deployment, &target, options);
    let session = Box::pin(connecting).await?;
    let voice = tokio::spawn(speak(receiver, session.clone()));
    let endpoint = McpEndpoint {
        deployment: deployment.name.clone(),
        target,
    };
    Ok(ToolConnection {
        deployment,
        endpoint,
        session,
        voice,
    })
}

impl ToolConnection {
    /// Returns where a call went, for its output.
    pub(super) fn label(&self) -> CallLabel {
        CallLabel {
            deployment: self.deployment.name.to_string(),
            endpoint: self.session.info().url,
        }
    }

    /// Ends the session at the server.
    pub(super) async fn close(self) {
        self.voice.abort();
        self.session.close().await;
    }
}

/// Questions cannot be answered here: they are cancelled, with a message.
async fn speak(mut notices: mpsc::Receiver<McpNotice>, session: McpSession) {
    while let Some(notice) = notices.recv().await {
        match notice {
            McpNotice::Elicitation(question) => {
                let asked = match &question.request {
                    ElicitationRequest::Form(_) => String::new(),
                    ElicitationRequest::Url(url) => format!(" (at {url})"),
                };
                output::note(&format!(
                    "elicitation cancelled, since a command cannot answer it: {}{asked}",
                    question.message
                ));
                session.answer(question.id, ElicitationAnswer::Cancel);
            }
            McpNotice::Progress(progress) if io::stderr().is_terminal() => {
                let total = progress
                    .total
                    .map_or_else(String::new, |total| format!(" of {total}"));
                output::note(&format!(
                    "{}{total} {}",
                    progress.progress,
                    progress.message.unwrap_or_default()
                ));
            }
            McpNotice::Message(level, data) => {
                let words = match data {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                output::note(&format!("server log: {level} {words}"));
            }
            McpNotice::Progress(_) | McpNotice::ToolsChanged => {}
        }
    }
}
