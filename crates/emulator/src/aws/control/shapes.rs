//! Control plane resources in the shapes that AWS gives them (service model of 2023-06-05), and back from requests.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Authorizer, ClaimRule, Credential, Gateway, JwtAuthorizer, Runtime, RuntimeEndpoint,
    RuntimeVersion, Target,
};
use crate::scenarios::{ACCOUNT, REGION, agentcore_arn};

/// ISO 8601 with milliseconds, as gateways, targets and runtimes have it.
pub(super) fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Returns an object without its null members: AWS leaves out what is not set.
pub(super) fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Returns the authoriser's type and configuration.
fn authorizer_members(authorizer: &Authorizer) -> (&'static str, Value) {
    match authorizer {
        Authorizer::Iam => ("AWS_IAM", Value::Null),
        Authorizer::None => ("NONE", Value::Null),
        Authorizer::Jwt(jwt) => ("CUSTOM_JWT", jwt_configuration(jwt)),
    }
}

fn jwt_configuration(jwt: &JwtAuthorizer) -> Value {
    let list = |entries: &[String]| {
        if entries.is_empty() {
            Value::Null
        } else {
            json!(entries)
        }
    };
    let claims: Vec<Value> = jwt.custom_claims.iter().map(claim_configuration).collect();
    json!({"customJWTAuthorizer": without_nulls(json!({
        "discoveryUrl": jwt.discovery_url,
        "allowedAudience": list(&jwt.allowed_audience),
        "allowedClients": list(&jwt.allowed_clients),
        "allowedScopes": list(&jwt.allowed_scopes),
        "customClaims": if claims.is_empty() { Value::Null } else { Value::Array(claims) },
    }))})
}

fn claim_configuration(rule: &ClaimRule) -> Value {
    let value = if rule.operator == "CONTAINS_ANY" {
        json!({"matchValueStringList": rule.values})
    } else {
        json!({"matchValueString": rule.values.first()})
    };
    json!({
        "inboundTokenClaimName": rule.name,
        "inboundTokenClaimValueType": rule.value_type,
        "authorizingClaimMatchValue": {"claimMatchValue": value, "claimMatchOperator": rule.operator},
    })
}

/// Reads an `authorizerConfiguration`; none if it has no `customJWTAuthorizer`.
pub(super) fn read_jwt_authorizer(configuration: &Value) -> Option<JwtAuthorizer> {
    let jwt = configuration.get("customJWTAuthorizer")?;
    let list = |name: &str| read_texts(jwt.get(name));
    let rules = jwt.get("customClaims").and_then(Value::as_array);
    Some(JwtAuthorizer {
        discovery_url: jwt.get("discoveryUrl")?.as_str()?.to_owned(),
        allowed_audience: list("allowedAudience"),
        allowed_clients: list("allowedClients"),
        allowed_scopes: list("allowedScopes"),
        custom_claims: rules
            .into_iter()
            .flatten()
            .filter_map(read_claim_rule)
            .collect(),
    })
}

fn read_claim_rule(rule: &Value) -> Option<ClaimRule> {
    let wanted = rule.get("authorizingClaimMatchValue")?;
    let value = wanted.get("claimMatchValue")?;
    let values = match value.get("matchValueString").and_then(Value::as_str) {
        Some(text) => vec![text.to_owned()],
        None => read_texts(value.get("matchValueStringList")),
    };
    Some(ClaimRule {
        name: rule.get("inboundTokenClaimName")?.as_str()?.to_owned(),
        value_type: rule.get("inboundTokenClaimValueType")?.as_str()?.to_owned(),
        operator: wanted.get("claimMatchOperator")?.as_str()?.to_owned(),
        values,
    })
}

/// Returns a list of texts; other entries are left out.
pub(super) fn read_texts(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Returns an entry of ListGateways.
pub(super) fn gateway_item(gateway: &Gateway) -> Value {
    json!({
        "gatewayId": gateway.id,
        "name": gateway.name,
        "status": gateway.status,
        "description": gateway.description,
        "createdAt": iso(gateway.created),
        "updatedAt": iso(gateway.updated),
        "authorizerType": authorizer_members(&gateway.authorizer).0,
        "protocolType": "MCP",
    })
}

/// GetGateway and UpdateGateway.
pub(super) fn gateway(gateway: &Gateway) -> Value {
    let (authorizer_type, configuration) = authorizer_members(&gateway.authorizer);
    let text = |text: &str| {
        if text.is_empty() {
            Value::Null
        } else {
            json!(text)
        }
    };
    let mcp = without_nulls(json!({
        "supportedVersions": gateway.supported_versions,
        "instructions": text(&gateway.instructions),
        "searchType": gateway.semantic_search.then_some("SEMANTIC"),
        "sessionConfiguration": gateway.session_timeout.map(|seconds| json!({"sessionTimeoutInSeconds": seconds})),
        "streamingConfiguration": gateway.response_streaming.then(|| json!({"enableResponseStreaming": true})),
    }));
    let interceptors = gateway.interceptor.as_ref().map(|function| {
        json!([{
            "interceptor": {"lambda": {"arn": lambda_arn(function)}},
            "interceptionPoints": ["REQUEST"],
            "inputConfiguration": {"passRequestHeaders": true},
        }])
    });
    let identity = agentcore_arn(&format!(
        "workload-identity-directory/default/workload-identity/{}",
        gateway.name
    ));
    without_nulls(json!({
        "gatewayArn": gateway.arn,
        "gatewayId": gateway.id,
        "gatewayUrl": gateway.url,
        "createdAt": iso(gateway.created),
        "updatedAt": iso(gateway.updated),
        "status": gateway.status,
        "statusReasons": gateway.status_reasons,
        "name": gateway.name,
        "description": gateway.description,
        "roleArn": gateway.role_arn,
        "protocolType": "MCP",
        "policyEngineConfiguration": gateway.policy.as_ref().map(|policy| json!({
            "arn": agentcore_arn(&format!("policy-engine/{}", policy.engine_id)),
            "mode": policy.mode,
        })),
        "protocolConfiguration": {"mcp": mcp},
        "authorizerType": authorizer_type,
        "authorizerConfiguration": configuration,
        "interceptorConfigurations": interceptors,
        "workloadIdentityDetails": {"workloadIdentityArn": identity},
        "exceptionLevel": gateway.debug.then_some("DEBUG"),
        "webAclArn": gateway.has_web_acl.then(|| format!("arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/gateways/1a2b3c4d")),
        "wafConfiguration": gateway.has_web_acl.then(|| json!({"failureMode": "FAIL_CLOSE"})),
    }))
}

/// Returns the ARN of a Lambda function.
pub(crate) fn lambda_arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}

fn authorization(target: &Target) -> Value {
    match &target.authorization {
        Some(open) if target.status.ends_with("_PENDING_AUTH") => {
            json!({"oauth2": {"authorizationUrl": open.url, "userId": open.user_id}})
        }
        _ => Value::Null,
    }
}

/// Returns an entry of ListGatewayTargets.
pub(super) fn target_item(target: &Target) -> Value {
    without_nulls(json!({
        "targetId": target.id,
        "name": target.name,
        "status": target.status,
        "description": target.description,
        "createdAt": iso(target.created),
        "updatedAt": iso(target.updated),
        "lastSynchronizedAt": target.last_synchronized.map(iso),
        "authorizationData": authorization(target),
        "targetType": "MCP_SERVER",
        "listingMode": target.listing_mode,
    }))
}

/// GetGatewayTarget and the entries of SynchronizeGatewayTargets.
pub(super) fn target(gateway_arn: &str, target: &Target) -> Value {
    let schema = target
        .static_tools
        .as_ref()
        .map(|tools| json!({"inlinePayload": tools.to_string()}));
    let server = without_nulls(json!({
        "endpoint": target.endpoint,
        "mcpToolSchema": schema,
        "listingMode": target.listing_mode,
    }));
    let headers = (!target.allowed_request_headers.is_empty())
        .then(|| json!({"allowedRequestHeaders": target.allowed_request_headers}));
    without_nulls(json!({
        "gatewayArn": gateway_arn,
        "targetId": target.id,
        "createdAt": iso(target.created),
        "updatedAt": iso(target.updated),
        "status": target.status,
        "statusReasons": target.status_reasons,
        "name": target.name,
        "description": target.description,
        "protocolType": "MCP",
        "lastSynchronizedAt": target.last_synchronized.map(iso),
        "targetConfiguration": {"mcp": {"mcpServer": server}},
        "credentialProviderConfigurations": credentials(&target.credential),
        "metadataConfiguration": headers,
        "authorizationData": authorization(target),
    }))
}

fn credentials(credential: &Credential) -> Value {
    match credential {
        Credential::None => json!([]),
        Credential::GatewayRole => json!([{
            "credentialProviderType": "GATEWAY_IAM_ROLE",
            "credentialProvider": {"iamCredentialProvider": {"service": "bedrock-agentcore", "region": REGION}},
        }]),
        Credential::Oauth {
            provider,
            scopes,
            grant_type,
            default_return_url,
        } => json!([{
            "credentialProviderType": "OAUTH",
            "credentialProvider": {"oauthCredentialProvider": without_nulls(json!({
                "providerArn": agentcore_arn(&format!("token-vault/default/oauth2credentialprovider/{provider}")),
                "scopes": scopes,
                "grantType": grant_type,
                "defaultReturnUrl": default_return_url,
            }))},
        }]),
    }
}

/// Returns an entry of ListAgentRuntimes and ListAgentRuntimeVersions.
pub(super) fn runtime_item(runtime: &Runtime, version: &RuntimeVersion) -> Value {
    json!({
        "agentRuntimeArn": runtime.arn,
        "agentRuntimeId": runtime.id,
        "agentRuntimeVersion": version.version,
        "agentRuntimeName": runtime.name,
        "description": version.description,
        "lastUpdatedAt": iso(version.updated),
        "status": version.status,
    })
}

/// Returns the identity that a runtime was given.
pub(super) fn workload_identity(runtime_id: &str) -> Value {
    let arn = agentcore_arn(&format!(
        "workload-identity-directory/default/workload-identity/{runtime_id}"
    ));
    json!({"workloadIdentityArn": arn})
}

/// GetAgentRuntime.
pub(super) fn runtime(runtime: &Runtime, version: &RuntimeVersion) -> Value {
    let environment: Map<String, Value> = version
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let headers = (!version.request_headers.is_empty())
        .then(|| json!({"requestHeaderAllowlist": version.request_headers}));
    let mut value = without_nulls(json!({
        "agentRuntimeArn": runtime.arn,
        "agentRuntimeName": runtime.name,
        "agentRuntimeId": runtime.id,
        "agentRuntimeVersion": version.version,
        "createdAt": iso(runtime.created),
        "lastUpdatedAt": iso(version.updated),
        "roleArn": version.role_arn,
        "status": version.status,
        "failureReason": version.failure_reason,
        "description": (!version.description.is_empty()).then_some(&version.description),
        "workloadIdentityDetails": workload_identity(&runtime.id),
        "environmentVariables": (!environment.is_empty()).then_some(environment),
        "authorizerConfiguration": authorizer_members(&version.authorizer).1,
        "requestHeaderConfiguration": headers,
        "metadataConfiguration": {"requireMMDSV2": version.require_mmdsv2},
    }));
    if let Some(members) = value.as_object_mut() {
        members.extend(version.kept.clone());
        members.insert("lifecycleConfiguration".into(), version.lifecycle());
    }
    value
}

/// ListAgentRuntimeEndpoints and GetAgentRuntimeEndpoint.
pub(super) fn endpoint(runtime: &Runtime, endpoint: &RuntimeEndpoint) -> Value {
    without_nulls(json!({
        "name": endpoint.name,
        "id": endpoint.id,
        "liveVersion": endpoint.live_version,
        "targetVersion": endpoint.target_version,
        "agentRuntimeEndpointArn": endpoint.arn,
        "agentRuntimeArn": runtime.arn,
        "status": endpoint.status,
        "description": endpoint.description,
        "failureReason": endpoint.failure_reason,
        "createdAt": iso(endpoint.created),
        "lastUpdatedAt": iso(endpoint.updated),
    }))
}

/// Returns the members of a resource that its list shows.
pub(super) fn picked(value: &Value, names: &[&str]) -> Value {
    let members = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone())))
        .collect();
    Value::Object(members)
}
