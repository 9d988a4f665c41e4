//! Probe of the credential providers that targets sign in with.

use serde_json::{Value, json};

use super::{control::ChainParts, probe_if};
use crate::{
    doctor::{Probe, ProviderStatus},
    model::{Deployment, Failure},
    services::{
        aws::{failure::AwsOperation, signed::SignedRequest},
        doctor::DoctorProbes,
    },
};

impl DoctorProbes {
    /// Reads the credential providers of the targets.
    pub(super) async fn probe_providers(
        &self,
        deployment: &Deployment,
        parts: &ChainParts,
    ) -> Probe<Vec<ProviderStatus>> {
        probe_if(
            !parts.providers.is_empty(),
            "no target uses a credential provider",
            async {
                let mut read = Vec::new();
                for name in &parts.providers {
                    read.push(self.provider(deployment, name).await?);
                }
                Ok(read)
            },
        )
        .await
    }

    async fn provider(
        &self,
        deployment: &Deployment,
        name: &str,
    ) -> Result<ProviderStatus, Failure> {
        let account = self.aws.client.account(deployment).await?;
        let text = format!("reading the credential provider {name}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:GetOauth2CredentialProvider",
            account: account.label(),
        };
        let request = SignedRequest {
            method: http::Method::POST,
            service: Some("bedrock-agentcore"),
            url: format!(
                "{}/identities/GetOauth2CredentialProvider",
                account.address("bedrock-agentcore-control")
            ),
            headers: vec![("content-type", "application/json")],
            body: json!({"name": name}).to_string().into_bytes(),
        };
        let answer = self
            .aws
            .client
            .send_signed(&account, doing, &request)
            .await?
            .json(&text)?;
        let member = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(ProviderStatus {
            name: name.to_owned(),
            status: member("status"),
            reason: member("failureReason"),
        })
    }
}
