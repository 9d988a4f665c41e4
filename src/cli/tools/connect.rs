//! One connection for one command: its sign-in, its headers, and a voice for what the server asks meanwhile.

use crate::{
    model::{Deployment, Failure, McpEndpoint},
    services::{McpOptions, McpSession, mcp},
};

use super::{
    super::{context::Context, sign_in},
    CallRoute,
    show::CallLabel,
    via,
    voice::{self, ServerVoice},
};

/// A connected endpoint.
pub(super) struct ToolConnection {
    /// Whose sign-in it is.
    pub(super) deployment: Deployment,
    /// The endpoint.
    pub(super) endpoint: McpEndpoint,
    /// The session.
    pub(super) session: McpSession,
    voice: ServerVoice,
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
    let (sender, mut receiver) = mcp::notices();
    let options = McpOptions {
        subscribes: false,
        sign_in: None,
        headers: route.header.clone(),
        notices: Some(sender),
        protocol: route.protocol.clone(),
    };
    let connecting = services.mcp.connect(&deployment, &target, options);
    let mut early = Vec::new();
    let connecting = mcp::collect_notices(connecting, &mut receiver, &mut early);
    let session = match Box::pin(connecting).await {
        Ok(session) => session,
        Err(failure) => {
            early.into_iter().for_each(voice::print);
            return Err(failure);
        }
    };
    let voice = ServerVoice::start(early, receiver, session.clone());
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

    /// Prints what the server has said, and ends the session.
    pub(super) async fn close(self) {
        self.voice.finish().await;
        self.session.close().await;
    }
}
