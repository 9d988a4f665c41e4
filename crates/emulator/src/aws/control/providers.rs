//! OAuth2 credential providers: UpdateOauth2CredentialProvider, and the client that a provider signs in with.
//!
//! An update replaces the whole configuration. A provider with a managed secret keeps its client secret in Secrets
//! Manager, in a secret that AgentCore Identity owns.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::changes::{UNDER_WAY, conflict};
use super::handlers::{invalid, not_found, required, text};
use super::{ListedKind, ListedResource};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::world::{SharedWorld, World};

/// The member of a managed secret that holds the client secret.
pub(crate) const MANAGED_KEY: &str = "clientSecret";
/// Members of a configuration that the answer never shows, or shows at its top level.
const NOT_SHOWN: [&str; 3] = ["clientSecret", "clientSecretSource", "clientSecretConfig"];

/// Where a provider's client secret comes from.
enum ProviderSecret<'a> {
    /// The value of the request, kept in the managed secret.
    Managed(&'a str),
    /// A secret of the account and one of its members.
    External { arn: String, key: &'a str },
}

/// UpdateOauth2CredentialProvider.
pub(super) fn update(world: &SharedWorld, input: &Value) -> OperationResult {
    let name = required(input, "name")?;
    let vendor = required(input, "credentialProviderVendor")?;
    let known = provider(world, name)
        .ok_or_else(|| not_found(&format!("Credential provider {name}")))?
        .value;
    if text(&known, "credentialProviderVendor") != Some(vendor) {
        return Err(invalid(
            "credentialProviderVendor",
            "is not the vendor of this credential provider",
        ));
    }
    let (member, config) = config(vendor, input)?;
    if text(&known, "status") == Some("UPDATING") {
        return Err(conflict(&format!("Credential provider {name} is UPDATING")));
    }
    let source = secret_source(world, config)?;
    let managed_arn = managed_secret_arn(world, name, &known);
    let (arn, key, source_name) = match &source {
        ProviderSecret::Managed(value) => {
            world
                .secrets
                .put_managed(&managed_arn, MANAGED_KEY, value, world.now());
            (managed_arn.as_str(), MANAGED_KEY, "MANAGED")
        }
        ProviderSecret::External { arn, key } => (arn.as_str(), *key, "EXTERNAL"),
    };
    let shown: Map<String, Value> = config
        .iter()
        .filter(|(name, _)| !NOT_SHOWN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut value = known;
    if let Some(members) = value.as_object_mut() {
        members.insert("clientSecretArn".into(), json!({ "secretArn": arn }));
        members.insert("clientSecretJsonKey".into(), key.into());
        members.insert("clientSecretSource".into(), source_name.into());
        members.insert(
            "oauth2ProviderConfigOutput".into(),
            json!({ member: shown }),
        );
        members.insert("status".into(), "UPDATING".into());
        members.insert("lastUpdatedTime".into(), seconds(world));
        members.remove("failureReason");
    }
    store(world, name, &value);
    world.mcp.forget_provider_token(name);
    tokio::spawn(finish(Arc::clone(world), name.to_owned()));
    Ok(OperationReply::Json(value))
}

/// Returns the member of the union and its configuration, which must fit the vendor.
fn config<'a>(
    vendor: &str,
    input: &'a Value,
) -> Result<(&'a str, &'a Map<String, Value>), ApiError> {
    const MEMBER: &str = "oauth2ProviderConfigInput";
    let union = input
        .get(MEMBER)
        .and_then(Value::as_object)
        .ok_or_else(|| invalid(MEMBER, "must not be null"))?;
    let mut members = union.iter().filter(|(_, value)| !value.is_null());
    let (Some((member, config)), None) = (members.next(), members.next()) else {
        return Err(invalid(MEMBER, "must have exactly one member"));
    };
    let wanted = match vendor {
        "CustomOauth2" => "customOauth2ProviderConfig",
        "GithubOauth2" => "githubOauth2ProviderConfig",
        _ => "includedOauth2ProviderConfig",
    };
    if member != wanted {
        return Err(invalid(
            MEMBER,
            &format!("{member} does not go with the vendor {vendor}"),
        ));
    }
    let config = config
        .as_object()
        .ok_or_else(|| invalid(member, "must be an object"))?;
    if wanted == "customOauth2ProviderConfig" && !config.contains_key("oauthDiscovery") {
        return Err(invalid("oauthDiscovery", "must not be null"));
    }
    if config
        .get("clientId")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        return Err(invalid("clientId", "must not be null"));
    }
    Ok((member, config))
}

fn secret_source<'a>(
    world: &World,
    config: &'a Map<String, Value>,
) -> Result<ProviderSecret<'a>, ApiError> {
    let member = |name: &str| config.get(name).and_then(Value::as_str);
    match member("clientSecretSource").unwrap_or("MANAGED") {
        "MANAGED" => member("clientSecret")
            .filter(|value| !value.is_empty())
            .map(ProviderSecret::Managed)
            .ok_or_else(|| invalid("clientSecret", "must not be null for a managed secret")),
        "EXTERNAL" => {
            let given = config.get("clientSecretConfig").unwrap_or(&Value::Null);
            let (id, key) = (required(given, "secretId")?, required(given, "jsonKey")?);
            let held = world.secrets.current(id);
            let has_key = held
                .and_then(|text| serde_json::from_str::<Value>(&text).ok())
                .is_some_and(|secret| text(&secret, key).is_some());
            let arn = world.secrets.arn(id).filter(|_| has_key);
            arn.map(|arn| ProviderSecret::External { arn, key })
                .ok_or_else(|| invalid("clientSecretConfig", "names no secret with that JSON key"))
        }
        _ => Err(invalid(
            "clientSecretSource",
            "is not one of MANAGED, EXTERNAL",
        )),
    }
}

fn provider(world: &World, name: &str) -> Option<ListedResource> {
    world
        .control
        .with(|state| state.listed(ListedKind::OauthProvider, None, name).cloned())
}

fn store(world: &World, name: &str, value: &Value) {
    world.control.with(|state| {
        if let Some(provider) = state.listed_mut(ListedKind::OauthProvider, None, name) {
            provider.value = value.clone();
        }
    });
}

/// Returns the ARN of the managed secret, also while an external one is in use.
fn managed_secret_arn(world: &World, name: &str, value: &Value) -> String {
    let own = managed_secret_name(name);
    world.secrets.arn(&own).unwrap_or_else(|| {
        value
            .pointer("/clientSecretArn/secretArn")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    })
}

/// Returns the name of the secret in which AgentCore Identity keeps a provider's client secret.
pub(crate) fn managed_secret_name(provider: &str) -> String {
    format!("bedrock-agentcore-identity!default/oauth2/{provider}")
}

fn seconds(world: &World) -> Value {
    json!(world.now().as_millisecond() as f64 / 1000.0)
}

async fn finish(world: SharedWorld, name: String) {
    tokio::time::sleep(UNDER_WAY).await;
    if let Some(mut known) = provider(&world, &name) {
        if let Some(members) = known.value.as_object_mut() {
            members.insert("status".into(), "READY".into());
        }
        store(&world, &name, &known.value);
    }
}

impl World {
    /// Returns the client id and the client secret with which a credential provider signs in now.
    pub(crate) fn provider_client(&self, name: &str) -> Option<(String, String)> {
        let value = provider(self, name)?.value;
        let config = value.get("oauth2ProviderConfigOutput")?.as_object()?;
        let client_id = config
            .values()
            .next()
            .and_then(|config| text(config, "clientId"))?;
        let arn = value.pointer("/clientSecretArn/secretArn")?.as_str()?;
        let key = text(&value, "clientSecretJsonKey").unwrap_or(MANAGED_KEY);
        let held: Value = serde_json::from_str(&self.secrets.current(arn)?).ok()?;
        Some((client_id.to_owned(), text(&held, key)?.to_owned()))
    }
}
