//! Credential providers and workload identities of AgentCore Identity as resources of a deployment.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    kinds::NO_STATUS,
    model::{
        Deployment, DeploymentName, Failure, FailureKind, Kind, Link, Relation, Resource,
        ResourceKey,
    },
    services::aws::AwsResources,
};

use super::{
    control::Control,
    fleet::{RELATED, map_concurrently, named},
    resources::{FactList, base, link, list, moment, text},
};

/// First part of the id of an OAuth2 credential provider.
const OAUTH2: &str = "oauth2";
/// First part of the id of an API key credential provider.
const API_KEY: &str = "api-key";

impl AwsResources {
    /// Returns the credential providers that the deployment's targets sign in with; all of the account where the deployment is all of
    /// its gateways.
    pub(super) async fn providers(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let targets = self.targets(deployment, control, RELATED).await?;
        let mut ids: BTreeSet<String> = targets
            .iter()
            .flat_map(|target| &target.links)
            .filter(|link| link.kind == Kind::Provider)
            .map(|link| link.id.clone())
            .collect();
        if deployment.gateways.iter().any(|id| id == "*") {
            let summaries = self.identity.credential_providers(deployment).await?;
            ids.extend(
                summaries
                    .iter()
                    .filter_map(|summary| Some(format!("{OAUTH2}/{}", text(summary, "/name")?))),
            );
        }
        // Targets of which only the summary can be read do not say whom they ask.
        if let (true, Some(failure)) = (
            ids.is_empty(),
            targets.iter().find_map(|target| target.unread.as_deref()),
        ) {
            return Err(failure.clone());
        }
        named(deployment, Kind::Provider, ids, |id| async move {
            let key = ResourceKey {
                deployment: deployment.name.clone(),
                kind: Kind::Provider,
                id,
            };
            self.describe_provider(deployment, &key).await
        })
        .await
    }

    /// Returns one credential provider, without its secret.
    pub(super) async fn describe_provider(
        &self,
        deployment: &Deployment,
        key: &ResourceKey,
    ) -> Result<Resource, Failure> {
        let operation = if key.owner_id() == API_KEY {
            "GetApiKeyCredentialProvider"
        } else {
            "GetOauth2CredentialProvider"
        };
        let body = json!({"name": key.own_id()});
        let answer = self
            .identity
            .identity_request(deployment, operation, &body)
            .await?;
        Ok(provider(&deployment.name, &key.id, &answer))
    }

    /// Returns the workload identities of the deployment's gateways and runtimes.
    pub(super) async fn workload_identities(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let gateways = self.gateways(deployment, control, RELATED).await?;
        let runtimes = self.runtimes(deployment, control, RELATED).await?;
        let ids: BTreeSet<String> = gateways
            .iter()
            .chain(&runtimes)
            .flat_map(|resource| &resource.links)
            .filter(|link| link.kind == Kind::WorkloadIdentity)
            .map(|link| link.id.clone())
            .collect();
        let found = map_concurrently(ids, |id| async move {
            match self.describe_workload_identity(deployment, &id).await {
                Ok(identity) => Ok(Some(identity)),
                // Those that AgentCore makes for itself cannot be read by everybody.
                Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
                Err(failure) => Err(failure),
            }
        })
        .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Returns one workload identity.
    pub(super) async fn describe_workload_identity(
        &self,
        deployment: &Deployment,
        name: &str,
    ) -> Result<Resource, Failure> {
        let body = json!({"name": name});
        let answer = self
            .identity
            .identity_request(deployment, "GetWorkloadIdentity", &body)
            .await?;
        Ok(workload_identity(&deployment.name, name, &answer))
    }
}

/// Returns the link to the credential provider that has this ARN: `…/oauth2credentialprovider/NAME`, `…/apikeycredentialprovider/NAME`.
pub(super) fn provider_link(arn: &str) -> Option<Link> {
    let (rest, name) = arn.rsplit_once('/')?;
    let word = if rest.ends_with("apikeycredentialprovider") {
        API_KEY
    } else {
        OAUTH2
    };
    let id = format!("{word}/{name}");
    Some(link(Relation::SignsInWith, Kind::Provider, &id))
}

/// Returns the link to the workload identity of a gateway or runtime.
pub(super) fn workload_link(json: &Value) -> Option<Link> {
    let arn = text(json, "/workloadIdentityDetails/workloadIdentityArn")?;
    let name = arn.rsplit('/').next()?;
    Some(link(Relation::SignsInWith, Kind::WorkloadIdentity, name))
}

/// Returns a credential provider of GetOauth2CredentialProvider or GetApiKeyCredentialProvider.
fn provider(deployment: &DeploymentName, id: &str, json: &Value) -> Resource {
    let mut facts = FactList::default();
    facts.add(
        "Type",
        Some(
            if id.starts_with(API_KEY) {
                "API key"
            } else {
                "OAuth2"
            }
            .to_owned(),
        ),
    );
    facts.add("Vendor", text(json, "/credentialProviderVendor"));
    let config = json
        .get("oauth2ProviderConfigOutput")
        .and_then(Value::as_object)
        .and_then(|config| config.values().next());
    if let Some(config) = config {
        facts.add("Client", text(config, "/clientId"));
        facts.add(
            "Discovery URL",
            text(config, "/oauthDiscovery/discoveryUrl"),
        );
        facts.add(
            "Token endpoint",
            text(
                config,
                "/oauthDiscovery/authorizationServerMetadata/tokenEndpoint",
            ),
        );
    }
    facts.add("Callback URL", text(json, "/callbackUrl"));
    facts.add("Secret source", text(json, "/clientSecretSource"));
    let secret = text(json, "/clientSecretArn/secretArn")
        .or_else(|| text(json, "/apiKeySecretArn/secretArn"));
    facts.add("Secret", secret.clone());
    Resource {
        arn: text(json, "/credentialProviderArn"),
        status: text(json, "/status").unwrap_or_else(|| NO_STATUS.to_owned()),
        created: moment(json, "createdTime"),
        updated: moment(json, "lastUpdatedTime"),
        name: text(json, "/name").unwrap_or_else(|| id.to_owned()),
        links: secret
            .iter()
            .map(|arn| link(Relation::Reads, Kind::Secret, arn))
            .collect(),
        facts: facts.0,
        ..base(deployment, Kind::Provider, id.to_owned(), json)
    }
}

/// Returns a workload identity of GetWorkloadIdentity.
fn workload_identity(deployment: &DeploymentName, name: &str, json: &Value) -> Resource {
    let mut facts = FactList::default();
    facts.add(
        "Return URLs",
        list(json, "/allowedResourceOauth2ReturnUrls"),
    );
    Resource {
        arn: text(json, "/workloadIdentityArn"),
        status: NO_STATUS.to_owned(),
        created: moment(json, "createdTime"),
        updated: moment(json, "lastUpdatedTime"),
        name: name.to_owned(),
        facts: facts.0,
        ..base(deployment, Kind::WorkloadIdentity, name.to_owned(), json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_provider_says_its_type_and_its_name() {
        let id = |arn: &str| provider_link(arn).map(|link| link.id);
        let vault = "arn:aws:bedrock-agentcore:us-west-2:1:token-vault/default";
        assert_eq!(
            id(&format!("{vault}/oauth2credentialprovider/github")).as_deref(),
            Some("oauth2/github")
        );
        assert_eq!(
            id(&format!("{vault}/apikeycredentialprovider/weather")).as_deref(),
            Some("api-key/weather")
        );
        assert_eq!(id("weather"), None);
    }

    #[test]
    fn a_provider_shows_its_client_and_where_its_secret_is_and_no_secret() {
        let json = json!({"name": "github", "status": "READY", "credentialProviderVendor": "GithubOauth2",
            "credentialProviderArn": "arn:p", "clientSecretArn": {"secretArn": "arn:s"}, "lastUpdatedTime": 1_767_323_045.5,
            "oauth2ProviderConfigOutput": {"githubOauth2ProviderConfig": {"clientId": "c-1", "clientSecret": "canary"}}});
        let provider = provider(&"d".into(), "oauth2/github", &json);
        assert_eq!(
            (
                provider.fact("Client"),
                provider.fact("Secret"),
                provider.status.as_str()
            ),
            (Some("c-1"), Some("arn:s"), "READY")
        );
        assert!(!serde_json::to_string(&provider).unwrap().contains("canary"));
        assert_eq!(provider.key.own_id(), "github");
    }
}
