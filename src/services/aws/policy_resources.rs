//! Policy engines, policies and rate limits: what may stop a call at a gateway.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    model::{Deployment, DeploymentName, Failure, FailureKind, Kind, Link, Relation, Resource},
    services::aws::AwsResources,
};

use super::{
    control::Control,
    failure::AwsOperation,
    fleet::{RELATED, id_of, map_concurrently, named},
    names,
    raw_json::pages,
    resources::{FactList, base, items, link, text},
    signed::SignedRequest,
};

impl AwsResources {
    /// Returns the policy engines that the deployment's gateways ask.
    pub(super) async fn policy_engines(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let asked = self.asked_engines(deployment, control).await?;
        let ids = asked.keys().cloned().collect();
        let mut engines = named(deployment, Kind::PolicyEngine, ids, |id| async move {
            self.describe_policy_engine(deployment, &id).await
        })
        .await?;
        for engine in &mut engines {
            let by = asked
                .get(&engine.key.id)
                .map(|gateways| gateways.join(", "));
            let mut facts = FactList(std::mem::take(&mut engine.facts));
            facts.add("Asked by", by);
            engine.facts = facts.0;
        }
        Ok(engines)
    }

    /// Ids of the engines, each with the gateways that ask it and in which mode.
    async fn asked_engines(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for gateway in self.gateways(deployment, control, RELATED).await? {
            let mode = gateway.fact("Policy mode").unwrap_or("mode not known");
            let by = format!("{} ({mode})", gateway.name);
            let engines = gateway
                .links
                .iter()
                .filter(|link| link.kind == Kind::PolicyEngine);
            for engine in engines {
                asked.entry(engine.id.clone()).or_default().push(by.clone());
            }
        }
        Ok(asked)
    }

    /// Returns one policy engine.
    pub(super) async fn describe_policy_engine(
        &self,
        deployment: &Deployment,
        id: &str,
    ) -> Result<Resource, Failure> {
        let path = format!("policy-engines/{}", names::component(id));
        let answer = self
            .read_control(deployment, "GetPolicyEngine", &path)
            .await?;
        Ok(policy_engine(&deployment.name, &answer))
    }

    /// Returns the policies of those engines.
    pub(super) async fn policies(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let engines = self.asked_engines(deployment, control).await?;
        let lists = map_concurrently(engines.into_keys(), |engine| async move {
            let path = format!("policy-engines/{}/policies", names::component(&engine));
            self.list_control(deployment, "ListPolicies", &path, "policies")
                .await
        })
        .await?;
        let found = lists.iter().flatten();
        Ok(found.map(|json| policy(&deployment.name, json)).collect())
    }

    /// Returns one policy.
    pub(super) async fn describe_policy(
        &self,
        deployment: &Deployment,
        engine: &str,
        id: &str,
    ) -> Result<Resource, Failure> {
        let path = format!(
            "policy-engines/{}/policies/{}",
            names::component(engine),
            names::component(id)
        );
        let answer = self.read_control(deployment, "GetPolicy", &path).await?;
        Ok(policy(&deployment.name, &answer))
    }

    /// Returns the rate limits that are set at the deployment's gateways.
    pub(super) async fn rate_limits(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let gateways = self.gateways(deployment, control, RELATED).await?;
        let lists = map_concurrently(gateways, |gateway| async move {
            let limits = self.gateway_limits(deployment, &gateway.key.id).await?;
            Ok((gateway.key.id, limits))
        })
        .await?;
        let found = lists.iter().flat_map(|(gateway, limits)| {
            limits
                .iter()
                .map(|json| rate_limit(&deployment.name, gateway, json))
        });
        Ok(found.collect())
    }

    /// Returns the rate limits of one gateway as AWS lists them. A service without the operation sets none.
    pub(crate) async fn gateway_limits(
        &self,
        deployment: &Deployment,
        gateway: &str,
    ) -> Result<Vec<Value>, Failure> {
        let path = format!("gateways/{}/rate-limits", names::component(gateway));
        let listed = self
            .list_control(deployment, "ListGatewayRateLimits", &path, "rateLimits")
            .await;
        match listed {
            Err(failure) if is_unsupported(&failure) => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// Returns one rate limit.
    pub(super) async fn describe_rate_limit(
        &self,
        deployment: &Deployment,
        gateway: &str,
        id: &str,
    ) -> Result<Resource, Failure> {
        let path = format!(
            "gateways/{}/rate-limits/{}",
            names::component(gateway),
            names::component(id)
        );
        let answer = self
            .read_control(deployment, "GetGatewayRateLimit", &path)
            .await?;
        Ok(rate_limit(&deployment.name, gateway, &answer))
    }

    /// Returns all items of a list of the control plane, over all pages.
    async fn list_control(
        &self,
        deployment: &Deployment,
        operation: &str,
        path: &str,
        items: &str,
    ) -> Result<Vec<Value>, Failure> {
        let doing = format!("{operation} for {}", deployment.name);
        pages(&doing, items, |token| async move {
            let query = token.map_or_else(String::new, |token| {
                format!("?nextToken={}", names::component(&token))
            });
            self.read_control(deployment, operation, &format!("{path}{query}"))
                .await
        })
        .await
    }

    /// Returns the answer to a reading operation of the control plane.
    async fn read_control(
        &self,
        deployment: &Deployment,
        operation: &str,
        path: &str,
    ) -> Result<Value, Failure> {
        let account = self.client.account(deployment).await?;
        let text = format!("{operation} for {}", deployment.name);
        let action = format!("bedrock-agentcore:{operation}");
        let doing = AwsOperation {
            text: &text,
            action: &action,
            account: account.label(),
        };
        let request = SignedRequest {
            method: http::Method::GET,
            service: Some("bedrock-agentcore"),
            url: format!("{}/{path}", account.address("bedrock-agentcore-control")),
            headers: Vec::new(),
            body: Vec::new(),
        };
        self.client
            .send_signed(&account, doing, &request)
            .await?
            .json(&text)
    }
}

/// Returns whether a service does not have the operation at all: a stand-in, or a region that is behind.
fn is_unsupported(failure: &Failure) -> bool {
    let has_no_code = failure.code.is_none()
        && matches!(failure.status, Some(404 | 405 | 501))
        && failure.kind != FailureKind::Denied;
    has_no_code
        || failure.code.as_deref().is_some_and(|code| {
            code.contains("UnknownOperation") || code.contains("NotImplemented")
        })
}

/// Returns the link to the policy engine of a gateway.
pub(super) fn engine_link(gateway: &Value) -> Option<Link> {
    let arn = text(gateway, "/policyEngineConfiguration/arn")?;
    let id = arn.rsplit('/').next()?;
    Some(link(Relation::Asks, Kind::PolicyEngine, id))
}

fn policy_engine(deployment: &DeploymentName, json: &Value) -> Resource {
    let id = id_of(json, "policyEngineId");
    let mut facts = FactList::default();
    facts.add("Description", text(json, "/description"));
    facts.add("KMS key", text(json, "/encryptionKeyArn"));
    Resource {
        arn: text(json, "/policyEngineArn"),
        name: text(json, "/name").unwrap_or_else(|| id.clone()),
        facts: facts.0,
        ..base(deployment, Kind::PolicyEngine, id, json)
    }
}

fn policy(deployment: &DeploymentName, json: &Value) -> Resource {
    let (engine, id) = (id_of(json, "policyEngineId"), id_of(json, "policyId"));
    let mut facts = FactList::default();
    facts.add("Enforcement mode", text(json, "/enforcementMode"));
    facts.add(
        "Statement",
        text(json, "/definition/cedar/statement")
            .or_else(|| text(json, "/definition/policy/statement")),
    );
    facts.add("Description", text(json, "/description"));
    Resource {
        arn: text(json, "/policyArn"),
        name: text(json, "/name").unwrap_or_else(|| id.clone()),
        links: vec![link(Relation::Owner, Kind::PolicyEngine, &engine)],
        facts: facts.0,
        ..base(deployment, Kind::Policy, format!("{engine}/{id}"), json)
    }
}

fn rate_limit(deployment: &DeploymentName, gateway: &str, json: &Value) -> Resource {
    let id = id_of(json, "rateLimitId");
    let mut facts = FactList::default();
    facts.add("Limit", limit_words(json));
    let keys: Vec<&str> = items(json, "/dimensionKeys")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    facts.add("Counted by", (!keys.is_empty()).then(|| keys.join(", ")));
    facts.add("Description", text(json, "/description"));
    Resource {
        name: id.clone(),
        links: vec![link(Relation::Owner, Kind::Gateway, gateway)],
        facts: facts.0,
        ..base(deployment, Kind::RateLimit, format!("{gateway}/{id}"), json)
    }
}

/// Returns the entries of a limit in words: `600 requests a minute for each $.context.jwt.client_id`.
fn limit_words(json: &Value) -> Option<String> {
    let entries = items(json, "/entries");
    let words = |entry: &Value| {
        let whose: Vec<String> = entry
            .get("dimensions")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(key, value)| match value.as_str() {
                Some("*") => format!("each {key}"),
                _ => format!("{key} {}", value.as_str().unwrap_or_default()),
            })
            .collect();
        let rates = ["requests", "tokens", "connections"]
            .into_iter()
            .flat_map(|metric| {
                items(entry, &format!("/{metric}"))
                    .iter()
                    .filter_map(move |rate| {
                        let count = text(rate, "/rate")?;
                        let period = text(rate, "/period")?;
                        Some(format!("{count} {metric} a {period}"))
                    })
            });
        let rates = rates.collect::<Vec<_>>().join(", ");
        format!("{rates} for {}", whose.join(" and "))
    };
    let first = entries.first().map(words)?;
    Some(match entries.len() {
        1 => first,
        count => format!("{first}, and {} more", count - 1),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_says_how_much_and_for_whom() {
        let limit = rate_limit(
            &"d".into(),
            "gw-1",
            &json!({"rateLimitId": "rl-1", "status": "ACTIVE", "dimensionKeys": ["targetName"],
                "entries": [{"dimensions": {"targetName": "*"}, "requests": [{"rate": 600, "period": "minute"}]},
                    {"dimensions": {"targetName": "slow"}, "requests": [{"rate": 0, "period": "second"}]}]}),
        );
        assert_eq!(limit.key.id, "gw-1/rl-1");
        assert_eq!(
            limit.fact("Limit"),
            Some("600 requests a minute for each targetName, and 1 more")
        );
    }

    #[test]
    fn a_service_without_the_operation_is_told_from_a_refusal() {
        let answer = |kind, status| Failure::new(kind, "listing", "no").status(status);
        assert!(is_unsupported(&answer(FailureKind::NotFound, 404)));
        assert!(is_unsupported(
            &answer(FailureKind::Server, 500).code("UnknownOperationException")
        ));
        assert!(!is_unsupported(
            &answer(FailureKind::NotFound, 404).code("ResourceNotFoundException")
        ));
        assert!(!is_unsupported(&answer(FailureKind::Denied, 403)));
    }
}
