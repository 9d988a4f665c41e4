//! Gateways, and the authorisers that gateways and runtimes share.

use serde_json::Value;

use super::{
    base,
    json::{FactList, items, list, text},
};
use crate::{
    model::{DeploymentName, Fact, Kind, Resource},
    services::aws::{
        identity_resources::workload_link,
        names::{function_name, gateway_url, lambda_log_group},
        policy_resources::engine_link,
    },
};

/// Returns a gateway of ListGateways or GetGateway.
pub(crate) fn gateway(deployment: &DeploymentName, json: &Value) -> Resource {
    let id = text(json, "/gatewayId").unwrap_or_default();
    let mut log_groups = vec![format!(
        "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/{id}"
    )];
    log_groups.extend(
        items(json, "/interceptorConfigurations")
            .iter()
            .filter_map(|interceptor| text(interceptor, "/interceptor/lambda/arn"))
            .map(|arn| lambda_log_group(&arn)),
    );
    Resource {
        arn: text(json, "/gatewayArn"),
        name: text(json, "/name").unwrap_or_else(|| id.clone()),
        mcp_url: text(json, "/gatewayUrl").map(|url| gateway_url(&url)),
        links: engine_link(json)
            .into_iter()
            .chain(workload_link(json))
            .collect(),
        log_groups,
        facts: facts(json),
        ..base(deployment, Kind::Gateway, id, json)
    }
}

fn facts(json: &Value) -> Vec<Fact> {
    let mut facts = FactList::default();
    facts.add("Authorizer", text(json, "/authorizerType"));
    authorizer(&mut facts, json);
    facts.add("Protocol", text(json, "/protocolType"));
    facts.add(
        "MCP versions",
        list(json, "/protocolConfiguration/mcp/supportedVersions"),
    );
    facts.add(
        "Search",
        text(json, "/protocolConfiguration/mcp/searchType"),
    );
    facts.add(
        "Session timeout",
        text(
            json,
            "/protocolConfiguration/mcp/sessionConfiguration/sessionTimeoutInSeconds",
        )
        .map(|seconds| format!("{seconds} s")),
    );
    facts.add(
        "Response streaming",
        text(
            json,
            "/protocolConfiguration/mcp/streamingConfiguration/enableResponseStreaming",
        ),
    );
    interceptor_facts(&mut facts, json);
    facts.add(
        "Exception level",
        Some(
            text(json, "/exceptionLevel")
                .unwrap_or_else(|| "not set: tool errors are opaque".into()),
        )
        .filter(|_| json.get("gatewayUrl").is_some()),
    );
    facts.add(
        "Policy engine",
        text(json, "/policyEngineConfiguration/arn"),
    );
    facts.add("Policy mode", text(json, "/policyEngineConfiguration/mode"));
    facts.add("Role", text(json, "/roleArn"));
    facts.add(
        "Workload identity",
        text(json, "/workloadIdentityDetails/workloadIdentityArn"),
    );
    facts.add("Description", text(json, "/description"));
    facts.0
}

/// Where the gateway's interceptors stand, and whether they see the headers.
fn interceptor_facts(facts: &mut FactList, json: &Value) {
    for interceptor in items(json, "/interceptorConfigurations") {
        let at = list(interceptor, "/interceptionPoints").unwrap_or_default();
        let headers = interceptor
            .pointer("/inputConfiguration/passRequestHeaders")
            .and_then(Value::as_bool)
            == Some(true);
        let arn = text(interceptor, "/interceptor/lambda/arn").unwrap_or_default();
        facts.add(
            "Interceptor",
            Some(format!(
                "{at} {}{}",
                function_name(&arn),
                if headers { ", sees headers" } else { "" }
            )),
        );
    }
}

/// What a JWT authoriser admits.
pub(super) fn authorizer(facts: &mut FactList, json: &Value) {
    let Some(jwt) = json.pointer("/authorizerConfiguration/customJWTAuthorizer") else {
        return;
    };
    facts.add("Discovery URL", text(jwt, "/discoveryUrl"));
    facts.add("Allowed clients", list(jwt, "/allowedClients"));
    facts.add("Allowed audience", list(jwt, "/allowedAudience"));
    facts.add("Allowed scopes", list(jwt, "/allowedScopes"));
    for claim in items(jwt, "/customClaims") {
        let value = claim
            .pointer("/authorizingClaimMatchValue/claimMatchValue")
            .map(Value::to_string)
            .unwrap_or_default();
        facts.add(
            "Claim",
            Some(format!(
                "{} {} {value}",
                text(claim, "/inboundTokenClaimName").unwrap_or_default(),
                text(claim, "/authorizingClaimMatchValue/claimMatchOperator").unwrap_or_default()
            )),
        );
    }
}
