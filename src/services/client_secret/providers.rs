//! Credential providers as a rotation of a client secret reads and updates them.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::backend::{Answered, ClientSecretBackend};
use crate::{
    client_secret::{
        document::replace_member,
        effect::{
            ClientSecretObservation, ProviderFacts, ProviderHolding, ProviderState, SecretChoice,
        },
    },
    model::{Failure, FailureKind, SecretContent, SecretText, VersionRef},
    rotation::labels::CURRENT,
};

impl ClientSecretBackend {
    pub(super) async fn find_providers(&mut self) -> Answered {
        self.providers = self
            .services
            .providers_of_client(&self.deployment, &self.client.client_id)
            .await?;
        let names = self
            .providers
            .iter()
            .map(|provider| Arc::from(text(provider, "name")));
        Ok(ClientSecretObservation::Providers(names.collect()))
    }

    pub(super) fn provider(&self, index: usize) -> Result<&Value, Failure> {
        self.providers.get(index).ok_or_else(|| {
            Failure::new(
                FailureKind::Refused,
                "rotating the client secret",
                "the credential provider was not read",
            )
        })
    }

    pub(super) async fn read_provider(&mut self, index: usize) -> Answered {
        let name = text(self.provider(index)?, "name").to_owned();
        let read = self
            .services
            .aws
            .providers
            .credential_provider(&self.deployment, &name)
            .await?;
        let state = match text(&read, "status") {
            "UPDATING" | "CREATING" | "DELETING" => ProviderState::Updating,
            "UPDATE_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => ProviderState::Failed,
            _ => ProviderState::Ready,
        };
        let holds = self.holding(&read).await;
        if let Some(known) = self.providers.get_mut(index) {
            *known = read;
        }
        Ok(ClientSecretObservation::Provider(ProviderFacts {
            state,
            holds,
        }))
    }

    /// Which value the provider's secret in Secrets Manager has.
    async fn holding(&self, provider: &Value) -> ProviderHolding {
        let Some(arn) = secret_arn(provider) else {
            return ProviderHolding::Unknown;
        };
        let current = VersionRef::Stage(CURRENT.to_owned());
        let read = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, arn, &current);
        let Ok(value) = read.await else {
            return ProviderHolding::Unknown;
        };
        let SecretContent::Text(held) = &value.content else {
            return ProviderHolding::Unknown;
        };
        let key = text(provider, "clientSecretJsonKey");
        let members: Option<Map<String, Value>> = serde_json::from_str(held.reveal()).ok();
        let is = |wanted: &Option<SecretText>| {
            wanted.as_ref().is_some_and(|wanted| match &members {
                Some(members) if members.contains_key(key) => {
                    members.get(key).and_then(Value::as_str) == Some(wanted.reveal())
                }
                Some(members) => members
                    .values()
                    .any(|value| value.as_str() == Some(wanted.reveal())),
                None => held.reveal() == wanted.reveal(),
            })
        };
        let is_known_place = members
            .as_ref()
            .is_none_or(|members| members.contains_key(key));
        match (is(&self.new), is(&self.old)) {
            (true, _) => ProviderHolding::New,
            (false, true) => ProviderHolding::Old,
            (false, false) if is_known_place => ProviderHolding::Other,
            (false, false) => ProviderHolding::Unknown,
        }
    }

    /// Keeps the id of a write's request for its audit record.
    pub(super) fn wrote(
        &mut self,
        request_id: Option<String>,
        seen: ClientSecretObservation,
    ) -> ClientSecretObservation {
        self.request_id = request_id;
        seen
    }

    /// Updates the provider. An update replaces the whole configuration: everything that the provider shows is sent back, unknown members included.
    pub(super) async fn update_provider(&mut self, index: usize, choice: SecretChoice) -> Answered {
        let value = self.value(choice)?.clone();
        let provider = self.provider(index)?;
        if is_external(provider) {
            let request_id = self.update_external(provider, &value).await?;
            return Ok(self.wrote(request_id, ClientSecretObservation::Updated));
        }
        let mut configuration = provider
            .get("oauth2ProviderConfigOutput")
            .cloned()
            .unwrap_or_default();
        for member in configuration
            .as_object_mut()
            .into_iter()
            .flat_map(Map::values_mut)
            .filter_map(Value::as_object_mut)
        {
            member.insert("clientSecret".to_owned(), value.reveal().into());
        }
        let body = json!({
            "name": text(provider, "name"),
            "credentialProviderVendor": text(provider, "credentialProviderVendor"),
            "oauth2ProviderConfigInput": configuration,
        });
        let updated = self
            .services
            .aws
            .providers
            .update_credential_provider(&self.deployment, &body)
            .await;
        match updated {
            Err(failure) if failure.kind == FailureKind::Conflict => {
                Ok(ClientSecretObservation::Conflict)
            }
            updated => Ok(self.wrote(updated?, ClientSecretObservation::Updated)),
        }
    }

    /// Makes the new value current in the Secrets Manager secret that the provider reads; nothing else of its text changes.
    /// Returns the request's id.
    async fn update_external(
        &self,
        provider: &Value,
        value: &SecretText,
    ) -> Result<Option<String>, Failure> {
        let doing = "updating the external secret of a credential provider";
        let refused = |why: &str| Failure::new(FailureKind::Refused, doing, why);
        let arn = secret_arn(provider).ok_or_else(|| refused("the provider names no secret"))?;
        let current = VersionRef::Stage(CURRENT.to_owned());
        let held = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, arn, &current)
            .await?;
        let SecretContent::Text(held) = &held.content else {
            return Err(refused("the secret is binary"));
        };
        let key = text(provider, "clientSecretJsonKey");
        let changed = replace_member(held.reveal(), key, value.reveal()).ok_or_else(|| {
            refused("the secret is no JSON object with the member that the provider reads")
        })?;
        let version = uuid::Uuid::new_v4().to_string();
        self.services
            .aws
            .secrets
            .put_secret_version(
                &self.deployment,
                arn,
                &version,
                &SecretText::from(changed.as_str()),
                &[CURRENT.to_owned()],
            )
            .await
    }
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn secret_arn(provider: &Value) -> Option<&str> {
    provider
        .pointer("/clientSecretArn/secretArn")
        .and_then(Value::as_str)
}

pub(super) fn is_external(provider: &Value) -> bool {
    text(provider, "clientSecretSource") == "EXTERNAL"
}

/// Returns whether a provider signs in with this client, whatever its vendor.
pub(super) fn uses_client(provider: &Value, client_id: &str) -> bool {
    let configurations = provider
        .get("oauth2ProviderConfigOutput")
        .and_then(Value::as_object);
    configurations
        .into_iter()
        .flat_map(Map::values)
        .any(|configuration| text(configuration, "clientId") == client_id)
}
