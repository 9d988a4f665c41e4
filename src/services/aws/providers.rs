//! OAuth2 credential providers of AgentCore Identity (`POST /identities/…`), read as JSON so that unknown members survive an update.

use serde_json::{Value, json};

use super::AwsClient;
use crate::model::{Deployment, Failure};

use super::{
    failure::AwsOperation,
    signed::{AwsResponse, SignedRequest},
};

/// OAuth2 credential providers of AgentCore Identity.
#[derive(Clone)]
pub struct CredentialProviders {
    client: AwsClient,
}

impl CredentialProviders {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// Returns all OAuth2 credential providers of the account and region: their summaries.
    pub(crate) async fn credential_providers(
        &self,
        deployment: &Deployment,
    ) -> Result<Vec<Value>, Failure> {
        let mut found = Vec::new();
        let mut token: Option<Value> = None;
        // The service pages by at most 20, and an account has at most 50.
        for _ in 0..50 {
            let mut body = json!({"maxResults": 20});
            if let (Some(token), Some(members)) = (token.take(), body.as_object_mut()) {
                members.insert("nextToken".to_owned(), token);
            }
            let mut page = self
                .identity_request(deployment, "ListOauth2CredentialProviders", &body)
                .await?;
            if let Some(Value::Array(providers)) =
                page.get_mut("credentialProviders").map(Value::take)
            {
                found.extend(providers);
            }
            token = page
                .get("nextToken")
                .filter(|token| !token.is_null())
                .cloned();
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Returns one credential provider, without its client secret.
    pub(crate) async fn credential_provider(
        &self,
        deployment: &Deployment,
        name: &str,
    ) -> Result<Value, Failure> {
        let body = json!({"name": name});
        self.identity_request(deployment, "GetOauth2CredentialProvider", &body)
            .await
    }

    /// Replaces the configuration of a credential provider.
    pub(crate) async fn update_credential_provider(
        &self,
        deployment: &Deployment,
        body: &Value,
    ) -> Result<Option<String>, Failure> {
        self.client
            .guard_write(deployment, "updating a credential provider")?;
        self.send_identity_request(deployment, "UpdateOauth2CredentialProvider", body)
            .await
            .map(|answer| answer.request_id)
    }

    pub(super) async fn identity_request(
        &self,
        deployment: &Deployment,
        operation: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        self.send_identity_request(deployment, operation, body)
            .await?
            .json(&format!("{operation} for {}", deployment.name))
    }

    async fn send_identity_request(
        &self,
        deployment: &Deployment,
        operation: &str,
        body: &Value,
    ) -> Result<AwsResponse, Failure> {
        let account = self.client.account(deployment).await?;
        let text = format!("{operation} for {}", deployment.name);
        let action = format!("bedrock-agentcore:{operation}");
        let request = SignedRequest {
            method: http::Method::POST,
            service: Some("bedrock-agentcore"),
            url: format!(
                "{}/identities/{operation}",
                account.address("bedrock-agentcore-control")
            ),
            headers: vec![("content-type", "application/json")],
            body: body.to_string().into_bytes(),
        };
        let doing = AwsOperation {
            text: &text,
            action: &action,
            account: account.label(),
        };
        self.client.send_signed(&account, doing, &request).await
    }
}
