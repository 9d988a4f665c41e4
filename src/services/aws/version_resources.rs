//! Versions of runtimes as resources of a deployment.

use serde_json::Value;

use crate::{
    model::{
        Deployment, DeploymentName, Failure, FailureKind, Kind, Relation, Resource, ResourceKey,
    },
    services::{
        audit::AuditFile,
        aws::{AwsResources, RuntimeVersions},
    },
};

use super::{
    control::Control,
    failure::AwsOperation,
    fleet::{RELATED, map_concurrently},
    raw_json::{captured, pages},
    resources::{FactList, base, link, text},
};

impl AwsResources {
    /// Returns the versions of the deployment's runtimes, each with the endpoints that serve it.
    pub(super) async fn versions(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let runtimes = self.runtimes(deployment, control, RELATED).await?;
        let several = runtimes.len() > 1;
        let lists = map_concurrently(runtimes, |runtime| async move {
            let id = runtime.key.id;
            match control.versions_with_endpoints(&id).await {
                Ok((versions, endpoints)) => Ok((id, versions, endpoints)),
                // One runtime of several that is gone takes nothing away from the others.
                Err(failure) if several && failure.kind == FailureKind::NotFound => {
                    Ok((id, Vec::new(), Vec::new()))
                }
                Err(failure) => Err(failure),
            }
        })
        .await?;
        let found = lists.iter().flat_map(|(runtime, versions, endpoints)| {
            versions
                .iter()
                .map(|json| version(&deployment.name, runtime, json, endpoints))
        });
        let mut found: Vec<Resource> = found.collect();
        // The newest first, runtime by runtime.
        found.sort_by_cached_key(|version| {
            let number: u64 = version.key.own_id().parse().unwrap_or_default();
            (version.key.owner_id().to_owned(), std::cmp::Reverse(number))
        });
        Ok(found)
    }

    /// Returns what a version is made of. Values of its environment are `***`.
    pub(super) async fn describe_version(
        &self,
        deployment: &Deployment,
        key: &ResourceKey,
    ) -> Result<Resource, Failure> {
        let runtime = ResourceKey {
            deployment: key.deployment.clone(),
            kind: Kind::Runtime,
            id: key.owner_id().to_owned(),
        };
        let versions = RuntimeVersions::new(
            self.client.clone(),
            self.clone(),
            AuditFile::new(self.client.clone()),
        );
        let control = self.control(deployment).await?;
        let (raw, endpoints) = futures::join!(
            versions.runtime_version(deployment, &runtime, key.own_id()),
            control.endpoints(key.owner_id())
        );
        Ok(version(
            &deployment.name,
            key.owner_id(),
            &raw?,
            &endpoints.unwrap_or_default(),
        ))
    }
}

impl Control {
    /// Returns the versions of a runtime and its endpoints: their summaries.
    async fn versions_with_endpoints(
        &self,
        runtime: &str,
    ) -> Result<(Vec<Value>, Vec<Value>), Failure> {
        let text = format!("listing versions of {runtime}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:ListAgentRuntimeVersions",
            account: self.account.label(),
        };
        let page = |token| async move {
            captured!(
                self.account,
                doing,
                self.account
                    .control()
                    .list_agent_runtime_versions()
                    .agent_runtime_id(runtime)
                    .set_next_token(token)
            )
        };
        let (versions, endpoints) =
            futures::join!(pages(&text, "agentRuntimes", page), self.endpoints(runtime));
        Ok((versions?, endpoints?))
    }
}

/// Returns a version of ListAgentRuntimeVersions or GetAgentRuntime.
fn version(
    deployment: &DeploymentName,
    runtime: &str,
    json: &Value,
    endpoints: &[Value],
) -> Resource {
    let number = text(json, "/agentRuntimeVersion").unwrap_or_default();
    let live: Vec<String> = endpoints
        .iter()
        .filter(|endpoint| text(endpoint, "/liveVersion").as_deref() == Some(number.as_str()))
        .filter_map(|endpoint| text(endpoint, "/name"))
        .collect();
    let mut facts = FactList::default();
    facts.add("Live at", (!live.is_empty()).then(|| live.join(", ")));
    facts.add(
        "Image",
        text(
            json,
            "/agentRuntimeArtifact/containerConfiguration/containerUri",
        ),
    );
    facts.add("Network", text(json, "/networkConfiguration/networkMode"));
    facts.add("Role", text(json, "/roleArn"));
    facts.add("Description", text(json, "/description"));
    Resource {
        name: format!("v{number}"),
        links: vec![link(Relation::Owner, Kind::Runtime, runtime)],
        facts: facts.0,
        ..base(
            deployment,
            Kind::Version,
            format!("{runtime}/{number}"),
            json,
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_names_the_endpoints_that_serve_it() {
        let endpoints = [
            json!({"name": "DEFAULT", "liveVersion": "7"}),
            json!({"name": "canary", "liveVersion": "6"}),
        ];
        let json = json!({"agentRuntimeVersion": "6", "status": "READY"});
        let version = version(&"d".into(), "rt-1", &json, &endpoints);
        assert_eq!(
            (
                version.key.id.as_str(),
                version.name.as_str(),
                version.fact("Live at")
            ),
            ("rt-1/6", "v6", Some("canary"))
        );
    }
}
