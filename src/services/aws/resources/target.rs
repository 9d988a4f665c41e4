//! Targets of gateways.

use serde_json::Value;

use super::{
    base,
    json::{FactList, items, link, list, moment, text},
};
use crate::{
    model::{DeploymentName, Kind, Link, Moment, Relation, Resource},
    services::aws::{
        identity_resources::provider_link,
        names::{lambda_log_group, runtime_arn_of_url, runtime_id, runtime_log_group},
    },
};

/// Returns a target of ListGatewayTargets or GetGatewayTarget. `summary` is the list's item, which alone names the type.
pub(crate) fn target(
    deployment: &DeploymentName,
    gateway_id: &str,
    json: &Value,
    summary: Option<&Value>,
) -> Resource {
    let id = text(json, "/targetId").unwrap_or_default();
    let either =
        |path: &str| text(json, path).or_else(|| summary.and_then(|summary| text(summary, path)));
    let configuration = json.get("targetConfiguration").unwrap_or(&Value::Null);
    let endpoint = text(configuration, "/mcp/mcpServer/endpoint")
        .or_else(|| text(configuration, "/http/passthrough/endpoint"));
    let runtime = text(configuration, "/http/agentcoreRuntime/arn")
        .or_else(|| endpoint.as_deref().and_then(runtime_arn_of_url));
    let lambda = text(configuration, "/mcp/lambda/lambdaArn");
    let mut facts = FactList::default();
    facts.add(
        "Type",
        either("/targetType").or_else(|| union_word(configuration)),
    );
    facts.add("Endpoint", endpoint);
    facts.add("Runtime", runtime.clone());
    facts.add("Lambda", lambda.clone());
    facts.add(
        "Listing",
        either("/listingMode").or_else(|| text(configuration, "/mcp/mcpServer/listingMode")),
    );
    facts.add(
        "Last synchronized",
        moment(json, "lastSynchronizedAt")
            .or_else(|| summary.and_then(|json| moment(json, "lastSynchronizedAt")))
            .map(Moment::iso),
    );
    let providers = sign_in_facts(&mut facts, json);
    consent_facts(&mut facts, json, either);
    let mut links = vec![link(Relation::Owner, Kind::Gateway, gateway_id)];
    links.extend(
        runtime
            .as_deref()
            .map(|arn| link(Relation::Calls, Kind::Runtime, &runtime_id(arn))),
    );
    links.extend(providers);
    Resource {
        arn: None,
        name: text(json, "/name").unwrap_or_else(|| id.clone()),
        links,
        log_groups: log_groups(runtime.as_deref(), lambda.as_deref()),
        facts: facts.0,
        ..base(deployment, Kind::Target, format!("{gateway_id}/{id}"), json)
    }
}

/// Returns what the target forwards, and where a person consents to it.
fn consent_facts(facts: &mut FactList, json: &Value, either: impl Fn(&str) -> Option<String>) {
    facts.add(
        "Forwarded headers",
        list(json, "/metadataConfiguration/allowedRequestHeaders"),
    );
    facts.add(
        "Authorization URL",
        either("/authorizationData/oauth2/authorizationUrl"),
    );
    facts.add(
        "Authorization user",
        either("/authorizationData/oauth2/userId"),
    );
    facts.add("Description", text(json, "/description"));
}

/// Returns the log groups of what the target leads to.
fn log_groups(runtime: Option<&str>, lambda: Option<&str>) -> Vec<String> {
    let runtime = runtime.map(|arn| runtime_log_group(&runtime_id(arn), "DEFAULT"));
    runtime
        .into_iter()
        .chain(lambda.map(lambda_log_group))
        .collect()
}

/// Returns how the gateway signs in to the target, and the credential providers that it asks.
fn sign_in_facts(facts: &mut FactList, json: &Value) -> Vec<Link> {
    let mut providers = Vec::new();
    for provider in items(json, "/credentialProviderConfigurations") {
        facts.add(
            "Outbound sign-in",
            text(provider, "/credentialProviderType"),
        );
        let arn = provider_arn(provider);
        providers.extend(arn.as_deref().and_then(provider_link));
        facts.add("Credential provider", arn);
        facts.add(
            "Outbound scopes",
            list(
                provider,
                "/credentialProvider/oauthCredentialProvider/scopes",
            ),
        );
        facts.add(
            "Grant type",
            text(
                provider,
                "/credentialProvider/oauthCredentialProvider/grantType",
            ),
        );
    }
    providers
}

/// Returns the ARN of the credential provider in an entry of a target's configuration.
fn provider_arn(configuration: &Value) -> Option<String> {
    ["oauthCredentialProvider", "apiKeyCredentialProvider"]
        .into_iter()
        .find_map(|member| {
            text(
                configuration,
                &format!("/credentialProvider/{member}/providerArn"),
            )
        })
}

/// `mcp.mcpServer` becomes `MCP_SERVER`, as `targetType` would say.
fn union_word(configuration: &Value) -> Option<String> {
    let (_, inner) = configuration.as_object()?.iter().next()?;
    let (word, _) = inner.as_object()?.iter().next()?;
    let mut out = String::new();
    for character in word.chars() {
        if character.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(character.to_ascii_uppercase());
    }
    Some(out)
}
