//! Runtimes and their endpoints.

use serde_json::Value;

use super::{
    base,
    gateway::authorizer,
    json::{FactList, link, list, text},
};
use crate::{
    model::{DeploymentName, Fact, Kind, Relation, Resource},
    services::aws::{
        identity_resources::workload_link,
        names::{invocation_url, runtime_log_group},
    },
};

/// Returns a runtime of ListAgentRuntimes or GetAgentRuntime. `data_plane` is the address at which it is invoked.
pub(crate) fn runtime(deployment: &DeploymentName, data_plane: &str, json: &Value) -> Resource {
    let id = text(json, "/agentRuntimeId").unwrap_or_default();
    let arn = text(json, "/agentRuntimeArn");
    let environment = json.get("environmentVariables").and_then(Value::as_object);
    let secrets = environment
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_str())
        .filter(|value| value.starts_with("arn:") && value.contains(":secretsmanager:"));
    Resource {
        mcp_url: arn
            .as_deref()
            .map(|arn| invocation_url(data_plane, arn, "DEFAULT")),
        name: text(json, "/agentRuntimeName").unwrap_or_else(|| id.clone()),
        links: secrets
            .map(|arn| link(Relation::Reads, Kind::Secret, arn))
            .chain(workload_link(json))
            .collect(),
        log_groups: vec![
            runtime_log_group(&id, "DEFAULT"),
            format!("/aws/vendedlogs/bedrock-agentcore/runtime/APPLICATION_LOGS/{id}"),
        ],
        facts: runtime_facts(json),
        arn,
        ..base(deployment, Kind::Runtime, id, json)
    }
}

fn runtime_facts(json: &Value) -> Vec<Fact> {
    let mut facts = FactList::default();
    facts.add("Version", text(json, "/agentRuntimeVersion"));
    facts.add(
        "Protocol",
        text(json, "/protocolConfiguration/serverProtocol"),
    );
    let detailed = json.get("roleArn").is_some();
    facts.add(
        "Authorizer",
        detailed.then(|| {
            if json
                .pointer("/authorizerConfiguration/customJWTAuthorizer")
                .is_some()
            {
                "CUSTOM_JWT"
            } else {
                "AWS_IAM (SigV4)"
            }
            .to_owned()
        }),
    );
    authorizer(&mut facts, json);
    facts.add(
        "Header allow-list",
        list(json, "/requestHeaderConfiguration/requestHeaderAllowlist"),
    );
    facts.add("Network", text(json, "/networkConfiguration/networkMode"));
    facts.add(
        "Image",
        text(
            json,
            "/agentRuntimeArtifact/containerConfiguration/containerUri",
        ),
    );
    let environment = json.get("environmentVariables").and_then(Value::as_object);
    facts.add(
        "Environment",
        environment
            .map(|variables| variables.keys().cloned().collect::<Vec<_>>().join(", "))
            .filter(|names| !names.is_empty()),
    );
    lifetime_facts(&mut facts, json);
    facts.add(
        "MMDSv2 required",
        detailed.then(|| {
            text(json, "/metadataConfiguration/requireMMDSV2").unwrap_or_else(|| "not set".into())
        }),
    );
    facts.add("Role", text(json, "/roleArn"));
    facts.add("Description", text(json, "/description"));
    facts.0
}

/// How long a session of the runtime lives.
fn lifetime_facts(facts: &mut FactList, json: &Value) {
    facts.add(
        "Idle timeout",
        text(json, "/lifecycleConfiguration/idleRuntimeSessionTimeout")
            .map(|seconds| format!("{seconds} s")),
    );
    facts.add(
        "Longest life",
        text(json, "/lifecycleConfiguration/maxLifetime").map(|seconds| format!("{seconds} s")),
    );
}

/// Returns an endpoint of ListAgentRuntimeEndpoints or GetAgentRuntimeEndpoint.
pub(crate) fn endpoint(
    deployment: &DeploymentName,
    data_plane: &str,
    runtime_id: &str,
    json: &Value,
) -> Resource {
    let name = text(json, "/name").unwrap_or_default();
    let (live, target) = (text(json, "/liveVersion"), text(json, "/targetVersion"));
    let mut facts = FactList::default();
    facts.add("Live version", live.clone());
    facts.add("Target version", target.clone());
    if let (Some(live), Some(target)) = (&live, &target)
        && live != target
    {
        facts.add(
            "Roll-out",
            Some(format!("from version {live} to {target}, not finished")),
        );
    }
    facts.add("Description", text(json, "/description"));
    Resource {
        arn: text(json, "/agentRuntimeEndpointArn"),
        mcp_url: text(json, "/agentRuntimeArn").map(|arn| invocation_url(data_plane, &arn, &name)),
        links: [link(Relation::Owner, Kind::Runtime, runtime_id)]
            .into_iter()
            .chain(live.map(|live| {
                link(
                    Relation::Serves,
                    Kind::Version,
                    &format!("{runtime_id}/{live}"),
                )
            }))
            .collect(),
        log_groups: vec![runtime_log_group(runtime_id, &name)],
        facts: facts.0,
        name: name.clone(),
        ..base(
            deployment,
            Kind::Endpoint,
            format!("{runtime_id}/{name}"),
            json,
        )
    }
}
