//! Consent of a person behind a gateway (three-legged OAuth): opens the address that error -32042 carries, waits for the browser to
//! come back to loopback, tells AgentCore (`CompleteResourceTokenAuth`), and repeats the call.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{
    model::{CallOptions, CallOutcome, ConsentRequest, Deployment, Failure, FailureKind, SignIn},
    net::browser,
    services::{
        aws::ConsentUser,
        sign_in::{SignInNotice, oauth::redirect::RedirectListener},
    },
};

use super::{Mcp, McpSession};

/// Time that a person has for the browser.
const PATIENCE: Duration = Duration::from_mins(5);
/// Member of `_meta` in which a call names the address to which the gateway sends the browser back.
const CONFIGURATION: &str = "aws.bedrock-agentcore.gateway/credentialProviderConfiguration";

/// A call that needs a person's consent.
pub struct ConsentCall<'a> {
    /// The connection.
    pub session: &'a McpSession,
    /// The deployment, whose AWS credentials complete the consent.
    pub deployment: &'a Deployment,
    /// The tool.
    pub tool: &'a str,
    /// Its arguments.
    pub arguments: &'a Map<String, Value>,
    /// Time limits of each attempt.
    pub options: CallOptions,
}

impl Mcp {
    /// Obtains the consent that a call asked for, and repeats the call. The address is announced and opened in the browser. The
    /// target has not run the call before, since it lacked the token.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] if consent is not given in time; those of `CompleteResourceTokenAuth` and of the call.
    pub async fn call_with_consent(&self, call: &ConsentCall<'_>) -> Result<CallOutcome, Failure> {
        let doing = format!("waiting for the consent to {}", call.tool);
        let listener = RedirectListener::bind(&doing, None).await?;
        // The first address leads to the provider's own page; a new one leads back here.
        let meta =
            json!({CONFIGURATION: {"oauthCredentialProvider": {"returnUrl": listener.address()}}});
        let failure = match call.attempt(Some(meta)).await {
            Ok(outcome) => return Ok(outcome),
            Err(failure) => failure,
        };
        let Some(address) = failure.consent_urls().next().map(str::to_owned) else {
            return Err(failure);
        };
        let request = ConsentRequest {
            deployment: call.deployment.name.clone(),
            tool: call.tool.to_owned(),
            is_opened: browser::start(&address),
            patience_minutes: PATIENCE.as_secs() / 60,
            address: address.clone(),
        };
        self.sign_ins.announce(SignInNotice::ConsentAsked(&request));
        let session = tokio::time::timeout(PATIENCE, listener.session()).await;
        let session = session.map_err(|_| {
            let minutes = PATIENCE.as_secs() / 60;
            let cause = format!("consent was not given within {minutes} minutes");
            Failure::new(FailureKind::SignIn, doing.as_str(), cause).consent_url(&address)
        })??;
        let given = SignInNotice::ConsentGiven(&call.deployment.name);
        self.sign_ins.announce(given);
        self.complete_consent(call.deployment, &session).await?;
        call.attempt(None).await
    }

    /// Tells AgentCore that the user of the deployment's sign-in has consented: by the token, or by the AWS identity where requests
    /// are signed.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode or where AWS refuses; those of the sign-in.
    pub async fn complete_consent(
        &self,
        deployment: &Deployment,
        address: &str,
    ) -> Result<(), Failure> {
        let plane = &self.aws.control_plane;
        if matches!(deployment.sign_in, SignIn::SigV4 | SignIn::None) {
            let identity = self.aws.client.identity(deployment).await?;
            let user = ConsentUser::Id(&identity.arn);
            return plane.complete_consent(deployment, address, user).await;
        }
        let (token, _) = self.sign_ins.token(deployment, None).await?;
        let user = ConsentUser::Token(&token);
        plane.complete_consent(deployment, address, user).await
    }
}

impl ConsentCall<'_> {
    async fn attempt(&self, meta: Option<Value>) -> Result<CallOutcome, Failure> {
        let arguments = self.arguments.clone();
        let calling = self
            .session
            .call_with_meta(self.tool, arguments, meta, self.options);
        Box::pin(calling).await.0
    }
}
