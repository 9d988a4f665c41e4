//! From AWS's JSON to [`Resource`]: pure, tolerant, with every status and member as it came.
//!
//! The answers are read as JSON and not through the SDK's types, so that members and enum values that this version
//! does not know are kept.

mod gateway;
mod json;
mod runtime;
mod secret;
mod target;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::{DeploymentName, Kind, Resource};

pub(crate) use gateway::gateway;
pub(crate) use json::moment;
pub(super) use json::{FactList, items, link, list, text};
pub(crate) use runtime::{endpoint, runtime};
pub(crate) use secret::secret;
pub(crate) use target::target;

use json::masked;

/// Returns a configured resource that could not be read: it stays in the list, and says why.
pub(crate) fn unreadable(
    deployment: &DeploymentName,
    kind: Kind,
    id: &str,
    failure: &crate::model::Failure,
) -> Resource {
    Resource {
        name: id.rsplit(['/', ':']).next().unwrap_or(id).to_owned(),
        status: failure
            .code
            .clone()
            .unwrap_or_else(|| "UNREADABLE".to_owned()),
        reason: Some(failure.cause.clone()),
        unread: Some(Box::new(failure.clone())),
        ..base(deployment, kind, id.to_owned(), &Value::Object(Map::new()))
    }
}

pub(in crate::services::aws) fn base(
    deployment: &DeploymentName,
    kind: Kind,
    id: String,
    json: &Value,
) -> Resource {
    Resource {
        status: text(json, "/status").unwrap_or_default(),
        reason: reason(json),
        created: moment(json, "createdAt"),
        updated: moment(json, "updatedAt").or_else(|| moment(json, "lastUpdatedAt")),
        raw: Arc::new(masked(json)),
        ..Resource::new(deployment.clone(), kind, id)
    }
}

/// Returns a resource that shares the answer that it was read from, where nothing in it had to be masked: the lists that are kept to
/// save requests hold the same answers.
pub(super) fn sharing(resource: Resource, answer: &Arc<Value>) -> Resource {
    if *resource.raw != **answer {
        return resource;
    }
    Resource {
        raw: Arc::clone(answer),
        ..resource
    }
}

fn reason(json: &Value) -> Option<String> {
    let reasons: Vec<&str> = items(json, "/statusReasons")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if reasons.is_empty() {
        text(json, "/failureReason")
    } else {
        Some(reasons.join("; "))
    }
    .filter(|reason| !reason.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::names::invocation_url, *};
    use crate::model::{Moment, Relation};

    const ARN: &str =
        "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/neo4j_mcp-abcdefghij";

    fn fact<'a>(resource: &'a Resource, label: &str) -> Option<&'a str> {
        resource
            .facts
            .iter()
            .find(|fact| fact.label == label)
            .map(|fact| fact.value.as_str())
    }

    #[test]
    fn an_answer_is_shared_only_where_nothing_in_it_is_secret() {
        let plain = Arc::new(json!({"gatewayId": "gw-1", "status": "READY"}));
        let shared = sharing(gateway(&"d".into(), &plain), &plain);
        assert!(Arc::ptr_eq(&shared.raw, &plain));
        let secret = Arc::new(json!({"gatewayId": "gw-1", "clientSecret": "hunter2"}));
        let masked = sharing(gateway(&"d".into(), &secret), &secret);
        assert!(!masked.raw.to_string().contains("hunter2"));
    }

    #[test]
    fn a_target_leads_to_its_runtime_by_the_encoded_arn() {
        let endpoint = invocation_url(
            "https://bedrock-agentcore.us-west-2.amazonaws.com",
            ARN,
            "DEFAULT",
        );
        assert!(
            endpoint.contains(
                "runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fneo4j_mcp-abcdefghij/invocations?"
            ),
            "{endpoint}"
        );
        let detail = json!({"targetId": "TARGETID01", "name": "t", "status": "SYNCHRONIZE_UNSUCCESSFUL", "statusReasons": ["one", "two"], "updatedAt": "2026-01-02T03:04:05Z",
            "targetConfiguration": {"mcp": {"mcpServer": {"endpoint": endpoint}}}, "credentialProviderConfigurations": [{"credentialProviderType": "OAUTH"}]});
        let target = target(&"d".into(), "gw-abcdefghij", &detail, None);
        assert_eq!(target.key.id, "gw-abcdefghij/TARGETID01");
        assert_eq!(target.reason.as_deref(), Some("one; two"));
        assert_eq!(
            target.links[1],
            link(Relation::Calls, Kind::Runtime, "neo4j_mcp-abcdefghij")
        );
        assert_eq!(
            target.log_groups,
            ["/aws/bedrock-agentcore/runtimes/neo4j_mcp-abcdefghij-DEFAULT"]
        );
        assert_eq!(fact(&target, "Type"), Some("MCP_SERVER"));
        assert_eq!(target.updated, Some(Moment::from_millis(1_767_323_045_000)));
    }

    #[test]
    fn unknown_members_and_statuses_stay_as_they_came() {
        let json = json!({"gatewayId": "g-abcdefghij", "name": "g", "status": "HIBERNATING", "gatewayUrl": "https://h/mcp/", "novelty": {"x": [1]}, "createdAt": 1_767_323_045.5});
        let gateway = gateway(&"d".into(), &json);
        assert_eq!(gateway.status, "HIBERNATING");
        assert_eq!(*gateway.raw, json);
        assert_eq!(gateway.mcp_url.as_deref(), Some("https://h/mcp"));
        assert_eq!(
            gateway.created,
            Some(Moment::from_millis(1_767_323_045_500))
        );
    }

    #[test]
    fn a_runtimes_environment_shows_names_and_never_values() {
        let json = json!({"agentRuntimeId": "r-abcdefghij", "agentRuntimeArn": ARN, "agentRuntimeName": "r", "status": "READY", "roleArn": "arn:role",
            "environmentVariables": {"NEO4J_PASSWORD": "canary-5512", "NEO4J_SECRET_ARN": "arn:aws:secretsmanager:us-west-2:1:secret:n-abcdef"}});
        let runtime = runtime(&"d".into(), "https://x", &json);
        assert!(!serde_json::to_string(&runtime).unwrap().contains("canary"));
        assert_eq!(
            fact(&runtime, "Environment"),
            Some("NEO4J_PASSWORD, NEO4J_SECRET_ARN")
        );
        assert_eq!(
            runtime.links,
            [link(
                Relation::Reads,
                Kind::Secret,
                "arn:aws:secretsmanager:us-west-2:1:secret:n-abcdef"
            )]
        );
        assert_eq!(fact(&runtime, "Authorizer"), Some("AWS_IAM (SigV4)"));
    }

    #[test]
    fn a_rollout_is_a_fact_while_versions_differ() {
        let json = |live: &str| json!({"name": "DEFAULT", "status": "READY", "agentRuntimeArn": ARN, "liveVersion": live, "targetVersion": "4"});
        let shown = |live: &str| endpoint(&"d".into(), "https://x", "r-abcdefghij", &json(live));
        assert_eq!(
            fact(&shown("3"), "Roll-out"),
            Some("from version 3 to 4, not finished")
        );
        assert_eq!(fact(&shown("4"), "Roll-out"), None);
    }

    #[test]
    fn a_secret_rotates_while_pending_is_not_current() {
        let json = |pending: Value| json!({"Name": "n", "ARN": "arn", "VersionIdsToStages": {"v1": ["AWSCURRENT"], "v2": pending}});
        assert_eq!(
            secret(&"d".into(), &json(json!(["AWSPENDING"]))).status,
            "ROTATING"
        );
        assert_eq!(
            secret(&"d".into(), &json(json!(["AWSPREVIOUS"]))).status,
            "ENABLED"
        );
    }
}
