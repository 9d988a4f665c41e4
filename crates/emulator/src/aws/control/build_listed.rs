//! Resources of no deployment, and those that are only listed and shown, as the world begins.

use serde_json::{Value, json};

use super::build::ResourceBuilder;
use super::providers::MANAGED_KEY;
use super::shapes::iso;
use super::{Authorizer, ControlResources, Credential, Gateway, ListedKind, ListedResource};
use crate::scenarios::{ACCOUNT, PoolFacts, REGION, agentcore_arn, managed_secret_arn};

impl ResourceBuilder<'_> {
    /// Resources that belong to none of the five: a failed gateway, a runtime that never started, memory, rules.
    pub(super) fn bystanders(&self, state: &mut ControlResources) {
        let id = format!("retired-gateway-{}", self.seed.lower("gateway retired", 10));
        let mut retired = self.plain_gateway(&id, "retired-gateway", Authorizer::Iam);
        retired.status = "UPDATE_UNSUCCESSFUL".into();
        retired.status_reasons = vec!["The execution role cannot be assumed".into()];
        let mut target = self.target(
            "retired-target",
            "retired",
            format!("{}/external/retired/mcp", self.base),
        );
        let reason = "Failed to connect to the MCP server: HTTP 404 at initialize".to_owned();
        target.set_status("SYNCHRONIZE_UNSUCCESSFUL", vec![reason], self.hours_ago(30));
        target.credential = Credential::GatewayRole;
        retired.targets.push(target);
        if let Some(first) = state.gateways.first() {
            state.listed.push(self.rule(first));
            state.listed.push(self.rate_limit(first));
        }
        state.gateways.push(retired);
        let mut cold = self.plain_runtime(
            &format!("never_invoked-{}", self.seed.mixed("runtime cold", 10)),
            "never_invoked",
            &Authorizer::Iam,
        );
        if let Some(version) = cold.versions.last_mut() {
            version.status = "UPDATE_FAILED".into();
            version.failure_reason = Some("The container image has no arm64 variant".into());
            version.require_mmdsv2 = false;
        }
        if let Some(endpoint) = cold.endpoints.first_mut() {
            // Not in AWS's models either.
            endpoint.status = "HIBERNATING".into();
        }
        state.runtimes.push(cold);
        state.listed.extend(self.plain_resources());
        for number in 0..self.scale() {
            self.one_of_many(number, state);
        }
    }

    /// A gateway with ten targets, and four runtimes, of a large account.
    fn one_of_many(&self, number: usize, state: &mut ControlResources) {
        let [gateway_id, runtime_ids @ ..] = many_ids(self.seed, number);
        let name = format!("fleet-gateway-{number:03}");
        let mut gateway = self.plain_gateway(&gateway_id, &name, Authorizer::Iam);
        for target in 0..10 {
            let name = format!("fleet-target-{number:03}-{target}");
            let endpoint = format!("{}/external/retired/mcp", self.base);
            gateway.targets.push(self.target(&name, &name, endpoint));
        }
        state.gateways.push(gateway);
        for (index, id) in runtime_ids.iter().enumerate() {
            let name = format!("fleet_runtime_{number:03}_{index}");
            let runtime = self.plain_runtime(id, &name, &Authorizer::Iam);
            state.runtimes.push(runtime);
        }
    }

    pub(super) fn seconds(&self, hours_ago: i64) -> Value {
        // Identity and memory resources have epoch seconds where the rest of the plane has ISO texts.
        json!(self.hours_ago(hours_ago).as_millisecond() as f64 / 1000.0)
    }

    pub(super) fn oauth_provider(
        &self,
        name: &str,
        vendor: &str,
        pool: &PoolFacts,
        status: &str,
    ) -> ListedResource {
        let config = if vendor == "GithubOauth2" {
            "githubOauth2ProviderConfig"
        } else {
            "customOauth2ProviderConfig"
        };
        let discovery = if vendor == "GithubOauth2" {
            json!({"authorizationServerMetadata": {
                "issuer": pool.issuer,
                "authorizationEndpoint": format!("{}/identities/oauth2/authorize", self.base),
                "tokenEndpoint": pool.token_url(),
            }})
        } else {
            json!({"discoveryUrl": pool.discovery_url()})
        };
        ListedResource {
            kind: ListedKind::OauthProvider,
            key: name.to_owned(),
            parent: None,
            value: json!({
                "clientSecretArn": {"secretArn": managed_secret_arn(self.seed, name)},
                "clientSecretJsonKey": MANAGED_KEY,
                "clientSecretSource": "MANAGED",
                "name": name,
                "credentialProviderArn": agentcore_arn(&format!("token-vault/default/oauth2credentialprovider/{name}")),
                "credentialProviderVendor": vendor,
                "callbackUrl": format!("{}/identities/oauth2/callback/{name}", self.base),
                "oauth2ProviderConfigOutput": {config: {"oauthDiscovery": discovery, "clientId": pool.client_id}},
                "status": status,
                "createdTime": self.seconds(890),
                "lastUpdatedTime": self.seconds(200),
            }),
        }
    }

    pub(super) fn rule(&self, gateway: &Gateway) -> ListedResource {
        let id = self.seed.uuid("rule");
        let target = gateway
            .targets
            .first()
            .map(|target| target.name.clone())
            .unwrap_or_default();
        ListedResource {
            kind: ListedKind::GatewayRule,
            key: id.clone(),
            parent: Some(gateway.id.clone()),
            value: json!({
                "ruleId": id, "gatewayArn": gateway.arn, "priority": 10,
                "conditions": [{"matchPaths": {"anyOf": ["/mcp"]}}],
                "actions": [{"routeToTarget": {"staticRoute": {"targetName": target}}}],
                "description": "everything to the one target",
                "createdAt": self.hours_ago(800).to_string(), "updatedAt": self.hours_ago(800).to_string(), "status": "ACTIVE",
            }),
        }
    }

    /// Returns a limit that leaves room: the demo never meets it.
    pub(super) fn rate_limit(&self, gateway: &Gateway) -> ListedResource {
        let id = super::changes::RATE_LIMIT;
        let at = |hours| iso(self.hours_ago(hours));
        ListedResource {
            kind: ListedKind::RateLimit,
            key: id.to_owned(),
            parent: Some(gateway.id.clone()),
            value: json!({
                "rateLimitId": id,
                "gatewayIdentifier": gateway.id,
                "description": "each client: 600 requests a minute",
                "dimensionKeys": ["$.context.jwt.client_id"],
                "entries": [{
                    "dimensions": {"$.context.jwt.client_id": "*"},
                    "requests": [{"rate": 600, "period": "minute"}],
                }],
                "status": "ACTIVE",
                "createdAt": at(500),
                "updatedAt": at(500),
            }),
        }
    }

    pub(super) fn plain_resources(&self) -> Vec<ListedResource> {
        let other = |kind, key: &str, value| ListedResource {
            kind,
            key: key.to_owned(),
            parent: None,
            value,
        };
        let workload = |name: &str| {
            let value = json!({
                "name": name,
                "workloadIdentityArn": agentcore_arn(&format!("workload-identity-directory/default/workload-identity/{name}")),
                "allowedResourceOauth2ReturnUrls": [], "createdTime": self.seconds(890), "lastUpdatedTime": self.seconds(890),
            });
            other(ListedKind::WorkloadIdentity, name, value)
        };
        let memory = |name: &str, status: &str, hours| {
            let id = format!("{name}-{}", self.seed.mixed(&format!("memory {name}"), 10));
            let value = json!({
                "arn": agentcore_arn(&format!("memory/{id}")), "id": id, "name": name, "description": "conversations",
                "eventExpiryDuration": 30, "status": status, "createdAt": self.seconds(hours), "updatedAt": self.seconds(hours - 10),
                "strategies": [{"strategyId": format!("facts-{}", self.seed.mixed(name, 10)), "name": "facts", "type": "SEMANTIC",
                    "namespaces": ["/facts/{actorId}"], "status": "ACTIVE"}],
            });
            other(ListedKind::Memory, &id, value)
        };
        let key = json!({
            "apiKeySecretArn": {"secretArn": format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:bedrock-agentcore-identity!default/apikey/weather-AbCdEf")},
            "name": "weather", "credentialProviderArn": agentcore_arn("token-vault/default/apikeycredentialprovider/weather"),
            "createdTime": self.seconds(500), "lastUpdatedTime": self.seconds(500),
        });
        let engine = policy_engine_id(self.seed);
        let policy = format!("no_writes-{}", self.seed.lower("policy", 10));
        let engine_arn = agentcore_arn(&format!("policy-engine/{engine}"));
        let at = |hours| self.hours_ago(hours).to_string();
        let engine_value = json!({"policyEngineId": engine, "name": "writes_guard", "createdAt": at(700), "updatedAt": at(690),
            "policyEngineArn": engine_arn, "status": "ACTIVE", "statusReasons": []});
        let policy_value = json!({"policyId": policy, "name": "no_writes", "policyEngineId": engine, "createdAt": at(700),
            "updatedAt": at(690), "policyArn": format!("{engine_arn}/policy/{policy}"), "status": "ACTIVE", "statusReasons": [],
            "definition": {"cedar": {"statement": WRITERS_ONLY}}, "enforcementMode": "ACTIVE"});
        let mut resources = vec![
            workload("neo4j-mcp-server-gateway"),
            workload("neo4j-mcp-gw"),
            workload("ac-gateway-mcp-server"),
            memory("conversations", "ACTIVE", 600),
            memory("scratch", "CREATING", 11),
            memory("archive", "FAILED", 700),
            other(ListedKind::ApiKeyProvider, "weather", key),
            other(ListedKind::PolicyEngine, &engine, engine_value),
        ];
        resources.push(ListedResource {
            parent: Some(engine),
            ..other(ListedKind::Policy, &policy, policy_value)
        });
        resources
    }
}

/// Permits every tool but the writing ones, and those to callers whose token has the scope to invoke: all callers of the world have it.
const WRITERS_ONLY: &str = r#"permit(principal, action, resource) unless {
  action in [AgentCore::Action::"mcp-server-target___write-cypher", AgentCore::Action::"neo4j-mcp___write-cypher"]
  && !(principal.hasTag("scope") && principal.getTag("scope") like "*/invoke*")
};"#;

/// Returns the id of the policy engine that the gateways of deployments ask.
pub(super) fn policy_engine_id(seed: &crate::seed::Seed) -> String {
    format!("writes_guard-{}", seed.lower("policy engine", 10))
}

/// Returns the ids of one gateway of a large account and of its four runtimes.
pub(crate) fn many_ids(seed: &crate::seed::Seed, number: usize) -> [String; 5] {
    let runtime = |index: usize| {
        let label = format!("fleet runtime {number} {index}");
        format!(
            "fleet_runtime_{number:03}_{index}-{}",
            seed.mixed(&label, 10)
        )
    };
    let gateway = seed.lower(&format!("fleet gateway {number}"), 10);
    [
        format!("fleet-gateway-{number:03}-{gateway}"),
        runtime(0),
        runtime(1),
        runtime(2),
        runtime(3),
    ]
}
