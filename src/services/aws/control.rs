//! The AgentCore control plane, one operation at a time, and the two operations of its data plane that no SDK is carried for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{AwsClient, AwsResources};
use crate::model::{Deployment, Failure, FailureKind, Kind, Resource, ResourceKey, SecretText};
use crate::services::audit::AuditFile;

use super::{
    account::Account,
    failure::AwsOperation,
    names, resources,
    signed::{SignedRequest, WriteFailure},
};
use crate::services::aws::raw_json::{Capture, captured, pages};

/// Writes to AgentCore: synchronising a target, stopping a session, completing a consent.
#[derive(Clone)]
pub struct ControlPlane {
    client: AwsClient,
    resources: AwsResources,
    audit: AuditFile,
}

impl ControlPlane {
    pub(in crate::services) fn new(
        client: AwsClient,
        resources: AwsResources,
        audit: AuditFile,
    ) -> Self {
        Self {
            client,
            resources,
            audit,
        }
    }

    /// Makes the gateway read the target's tools again. Answers the target as it is then (usually `SYNCHRONIZING`), and the
    /// id of the request.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode; [`FailureKind::Conflict`] while consent is pending.
    pub async fn synchronize_target(
        &self,
        deployment: &Deployment,
        gateway_id: &str,
        target_id: &str,
    ) -> Result<(Resource, Option<String>), Failure> {
        let name = format!("{gateway_id}/{target_id}");
        let write = self.send_synchronize(deployment, gateway_id, target_id);
        self.audit
            .audited(deployment, "targets.sync", &name, write, |(_, id)| {
                id.clone()
            })
            .await
    }

    async fn send_synchronize(
        &self,
        deployment: &Deployment,
        gateway_id: &str,
        target_id: &str,
    ) -> Result<(Resource, Option<String>), Failure> {
        let text = format!("synchronizing target {target_id} of {gateway_id}");
        self.client.guard_write(deployment, &text)?;
        let account = self.client.account(deployment).await?;
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:SynchronizeGatewayTargets",
            account: account.label(),
        };
        let request = account
            .control()
            .synchronize_gateway_targets()
            .gateway_identifier(gateway_id)
            .target_id_list(target_id);
        let capture = Capture::default();
        let sent = request
            .customize()
            .interceptor(capture.clone())
            .send()
            .await;
        self.resources.forget_targets(deployment).await;
        if let Err(error) = sent {
            let failure = account.sdk_failure(doing, &error);
            let error = WriteFailure {
                failure,
                may_be_done: capture.was_repeated(),
            };
            return match self.synchronizing(deployment, gateway_id, target_id).await {
                Some(target) if error.is_own_effect() => Ok((target, None)),
                Some(_) | None => Err(error.into()),
            };
        }
        let answer = capture.json(&text)?;
        let found = answer
            .get("targets")
            .and_then(Value::as_array)
            .and_then(|targets| targets.first());
        match found {
            Some(target) => Ok((
                resources::target(&deployment.name, gateway_id, target, None),
                capture.request_id(),
            )),
            None => Err(Failure::new(
                FailureKind::Server,
                text.as_str(),
                "AWS answered without the target",
            )),
        }
    }

    /// Returns the target, where it is being synchronised now.
    async fn synchronizing(
        &self,
        deployment: &Deployment,
        gateway_id: &str,
        target_id: &str,
    ) -> Option<Resource> {
        let key = ResourceKey {
            deployment: deployment.name.clone(),
            kind: Kind::Target,
            id: format!("{gateway_id}/{target_id}"),
        };
        let target = self.resources.describe(deployment, &key).await.ok()?;
        (target.status == "SYNCHRONIZING").then_some(target)
    }

    /// Ends a session (33 to 256 characters) of a runtime's endpoint, so that the next request starts a fresh container. A runtime
    /// whose requests carry tokens takes `token` here too, and no signature.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode; [`FailureKind::NotFound`] for a session that is not there.
    pub async fn stop_session(
        &self,
        deployment: &Deployment,
        runtime_arn: &str,
        endpoint: &str,
        session_id: &str,
        token: Option<&SecretText>,
    ) -> Result<(), Failure> {
        let target = format!(
            "{session_id} of {}/{endpoint}",
            names::runtime_id(runtime_arn)
        );
        let write = Box::pin(self.send_stop_session(
            deployment,
            (runtime_arn, endpoint),
            session_id,
            token,
        ));
        let audited = self
            .audit
            .audited(deployment, "sessions.stop", &target, write, Clone::clone);
        Box::pin(audited).await.map(drop)
    }

    /// Sends the request of [`Self::stop_session`]. Returns its id.
    async fn send_stop_session(
        &self,
        deployment: &Deployment,
        (runtime_arn, endpoint): (&str, &str),
        session_id: &str,
        token: Option<&SecretText>,
    ) -> Result<Option<String>, Failure> {
        let text = format!("stopping session {session_id}");
        self.client.guard_write(deployment, &text)?;
        let account = self.client.account(deployment).await?;
        let bearer = token.map(|token| format!("Bearer {}", token.reveal()));
        let mut headers = vec![
            ("content-type", "application/json"),
            ("x-amzn-bedrock-agentcore-runtime-session-id", session_id),
        ];
        headers.extend(
            bearer
                .iter()
                .map(|bearer| ("authorization", bearer.as_str())),
        );
        let request = SignedRequest {
            method: http::Method::POST,
            service: token.is_none().then_some("bedrock-agentcore"),
            url: format!(
                "{}/runtimes/{}/stopruntimesession?qualifier={}",
                account.address("bedrock-agentcore"),
                names::component(runtime_arn),
                names::component(endpoint)
            ),
            headers,
            body: json!({"clientToken": uuid::Uuid::new_v4().to_string()})
                .to_string()
                .into_bytes(),
        };
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:StopRuntimeSession",
            account: account.label(),
        };
        match self.client.send_write(&account, doing, &request).await {
            Ok(answer) => Ok(answer.request_id),
            // The session is gone, and an earlier attempt without an answer asked for that.
            Err(error) if error.is_own_effect() && error.failure.kind == FailureKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Tells AgentCore that a person has given the consent that `session_uri` names (`CompleteResourceTokenAuth`).
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode.
    pub async fn complete_consent(
        &self,
        deployment: &Deployment,
        session_uri: &str,
        user: ConsentUser<'_>,
    ) -> Result<(), Failure> {
        let target = session_of(session_uri);
        let write = Box::pin(self.send_complete_consent(deployment, &target, user));
        let audited =
            self.audit
                .audited(deployment, "consent.complete", &target, write, Clone::clone);
        Box::pin(audited).await.map(drop)
    }

    /// Sends the request of [`Self::complete_consent`]. Returns its id.
    async fn send_complete_consent(
        &self,
        deployment: &Deployment,
        session_uri: &str,
        user: ConsentUser<'_>,
    ) -> Result<Option<String>, Failure> {
        let text = format!("completing the consent for {}", deployment.name);
        self.client.guard_write(deployment, &text)?;
        let account = self.client.account(deployment).await?;
        let who = match user {
            ConsentUser::Id(user) => json!({"userId": user}),
            ConsentUser::Token(token) => json!({"userToken": token.reveal()}),
        };
        let request = SignedRequest {
            method: http::Method::POST,
            service: Some("bedrock-agentcore"),
            url: format!(
                "{}/identities/CompleteResourceTokenAuth",
                account.address("bedrock-agentcore")
            ),
            headers: vec![("content-type", "application/json")],
            body: json!({"userIdentifier": who, "sessionUri": session_uri})
                .to_string()
                .into_bytes(),
        };
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:CompleteResourceTokenAuth",
            account: account.label(),
        };
        let answer = self.client.send_signed(&account, doing, &request).await?;
        Ok(answer.request_id)
    }
}

/// Returns the session URI itself, or the one that the address of the consent page (`request_uri`) or of the redirect after it
/// (`session_id`) carries.
fn session_of(given: &str) -> String {
    let address = url::Url::parse(given)
        .ok()
        .filter(|address| address.scheme().starts_with("http"));
    let carried = address.and_then(|address| {
        address
            .query_pairs()
            .find(|(name, _)| name == "request_uri" || name == "session_id")
            .map(|(_, uri)| uri.into_owned())
    });
    carried.unwrap_or_else(|| given.to_owned())
}

/// The user who has given a consent.
#[derive(Clone, Copy, Debug)]
pub enum ConsentUser<'a> {
    /// The user id of a target's authorization data.
    Id(&'a str),
    /// The token of the user's sign-in.
    Token(&'a SecretText),
}

/// One deployment's view of the control plane.
#[derive(Clone)]
pub(crate) struct Control {
    /// The account.
    pub(crate) account: Arc<Account>,
    /// The deployment's name, for messages.
    pub(crate) name: String,
}

impl Control {
    /// Returns all gateways of the account and region: their summaries.
    pub(crate) async fn gateways(&self) -> Result<Vec<Value>, Failure> {
        let text = format!("listing gateways of {}", self.name);
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:ListGateways",
            account: self.account.label(),
        };
        pages(&text, "items", |token| async move {
            captured!(
                self.account,
                doing,
                self.account.control().list_gateways().set_next_token(token)
            )
        })
        .await
    }

    /// Returns one gateway.
    pub(crate) async fn gateway(&self, id: &str) -> Result<Value, Failure> {
        let text = format!("reading gateway {id}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:GetGateway",
            account: self.account.label(),
        };
        captured!(
            self.account,
            doing,
            self.account.control().get_gateway().gateway_identifier(id)
        )
    }

    /// Returns the targets of a gateway: their summaries.
    pub(crate) async fn targets(&self, gateway: &str) -> Result<Vec<Value>, Failure> {
        let text = format!("listing targets of {gateway}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:ListGatewayTargets",
            account: self.account.label(),
        };
        let page = |token| async move {
            captured!(
                self.account,
                doing,
                self.account
                    .control()
                    .list_gateway_targets()
                    .gateway_identifier(gateway)
                    .set_next_token(token)
            )
        };
        pages(&text, "items", page).await
    }

    /// Returns one target.
    pub(crate) async fn target(&self, gateway: &str, id: &str) -> Result<Value, Failure> {
        let text = format!("reading target {id} of {gateway}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:GetGatewayTarget",
            account: self.account.label(),
        };
        captured!(
            self.account,
            doing,
            self.account
                .control()
                .get_gateway_target()
                .gateway_identifier(gateway)
                .target_id(id)
        )
    }

    /// Returns all runtimes of the account and region: their summaries.
    pub(crate) async fn runtimes(&self) -> Result<Vec<Value>, Failure> {
        let text = format!("listing runtimes of {}", self.name);
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:ListAgentRuntimes",
            account: self.account.label(),
        };
        pages(&text, "agentRuntimes", |token| async move {
            captured!(
                self.account,
                doing,
                self.account
                    .control()
                    .list_agent_runtimes()
                    .set_next_token(token)
            )
        })
        .await
    }

    /// Returns one runtime, its latest version.
    pub(crate) async fn runtime(&self, id: &str) -> Result<Value, Failure> {
        let text = format!("reading runtime {id}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:GetAgentRuntime",
            account: self.account.label(),
        };
        captured!(
            self.account,
            doing,
            self.account
                .control()
                .get_agent_runtime()
                .agent_runtime_id(id)
        )
    }

    /// Returns the endpoints of a runtime.
    pub(crate) async fn endpoints(&self, runtime: &str) -> Result<Vec<Value>, Failure> {
        let text = format!("listing endpoints of {runtime}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:ListAgentRuntimeEndpoints",
            account: self.account.label(),
        };
        let page = |token| async move {
            captured!(
                self.account,
                doing,
                self.account
                    .control()
                    .list_agent_runtime_endpoints()
                    .agent_runtime_id(runtime)
                    .set_next_token(token)
            )
        };
        pages(&text, "runtimeEndpoints", page).await
    }

    /// Returns one endpoint of a runtime.
    pub(crate) async fn endpoint(&self, runtime: &str, name: &str) -> Result<Value, Failure> {
        let text = format!("reading endpoint {name} of {runtime}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:GetAgentRuntimeEndpoint",
            account: self.account.label(),
        };
        captured!(
            self.account,
            doing,
            self.account
                .control()
                .get_agent_runtime_endpoint()
                .agent_runtime_id(runtime)
                .endpoint_name(name)
        )
    }

    /// Returns one secret, without values.
    pub(crate) async fn secret(&self, id: &str) -> Result<Value, Failure> {
        let text = format!("reading secret {id}");
        let doing = AwsOperation {
            text: &text,
            action: "secretsmanager:DescribeSecret",
            account: self.account.label(),
        };
        captured!(
            self.account,
            doing,
            self.account.secrets().describe_secret().secret_id(id)
        )
    }

    /// Returns the address at which runtimes are invoked.
    pub(crate) fn data_plane(&self) -> String {
        self.account.address("bedrock-agentcore")
    }
}

#[cfg(test)]
mod tests {
    use super::session_of;

    #[test]
    fn the_session_is_found_in_whatever_the_user_has_at_hand() {
        let session = "urn:ietf:params:oauth:request_uri:abc";
        for given in [
            session,
            "https://x.example/identities/oauth2/authorize?request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabc",
            "http://localhost:8080/callback?session_id=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabc",
        ] {
            assert_eq!(session_of(given), session);
        }
    }
}
