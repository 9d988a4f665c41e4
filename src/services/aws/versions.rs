//! Versions of a runtime: what exists, what each is made of, and which one an endpoint serves.

use serde_json::{Value, json};

use super::{AwsClient, AwsResources};
use crate::model::{Deployment, Failure, Moment, Resource, ResourceKey, RuntimeVersionInfo};
use crate::services::audit::AuditFile;

use super::{
    control::Control,
    failure::AwsOperation,
    names,
    raw_json::{captured, pages},
    resources,
    signed::SignedRequest,
};

/// Versions of runtimes, and the endpoints that serve them.
#[derive(Clone)]
pub struct RuntimeVersions {
    client: AwsClient,
    resources: AwsResources,
    audit: AuditFile,
}

impl RuntimeVersions {
    pub(in crate::services) fn new(
        client: AwsClient,
        resources: AwsResources,
        audit: AuditFile,
    ) -> Self {
        Self {
            client,
            resources,
            audit,
        }
    }

    /// Returns the versions of a runtime, the newest first, with the endpoints that serve each.
    ///
    /// # Errors
    /// Those of `ListAgentRuntimeVersions`, `GetAgentRuntime` and `ListAgentRuntimeEndpoints`.
    pub async fn runtime_versions(
        &self,
        deployment: &Deployment,
        runtime: &ResourceKey,
    ) -> Result<Vec<RuntimeVersionInfo>, Failure> {
        let id = names::runtime_id(runtime.own_id());
        let control = self.resources.control(deployment).await?;
        let text = format!("listing versions of {id}");
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:ListAgentRuntimeVersions",
            account: control.account.label(),
        };
        let page = |token| {
            let (control, id) = (&control, &id);
            async move {
                captured!(
                    control.account,
                    doing,
                    control
                        .account
                        .control()
                        .list_agent_runtime_versions()
                        .agent_runtime_id(id)
                        .set_next_token(token)
                )
            }
        };
        let listed = pages(&text, "agentRuntimes", page).await?;
        let endpoints = control.endpoints(&id).await?;
        let mut versions = Vec::new();
        for summary in listed {
            let member = |name: &str| summary.get(name).and_then(Value::as_str);
            let version = member("agentRuntimeVersion").unwrap_or_default().to_owned();
            let raw = self.runtime_version(deployment, runtime, &version).await?;
            let live_at = endpoints
                .iter()
                .filter(|endpoint| {
                    endpoint.get("liveVersion").and_then(Value::as_str) == Some(version.as_str())
                })
                .filter_map(|endpoint| endpoint.get("name").and_then(Value::as_str))
                .map(str::to_owned)
                .collect();
            versions.push(RuntimeVersionInfo {
                status: member("status").unwrap_or_default().to_owned(),
                created_at: time(&summary, "lastUpdatedAt").or_else(|| time(&raw, "createdAt")),
                image: raw
                    .pointer("/agentRuntimeArtifact/containerConfiguration/containerUri")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                live_at,
                version,
            });
        }
        versions.sort_by_key(|version| {
            std::cmp::Reverse(version.version.parse::<u64>().unwrap_or_default())
        });
        Ok(versions)
    }

    /// Returns what one version of a runtime is made of. Values of its environment are `***`.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::NotFound`] for a version that does not exist.
    pub async fn runtime_version(
        &self,
        deployment: &Deployment,
        runtime: &ResourceKey,
        version: &str,
    ) -> Result<Value, Failure> {
        let control = self.resources.control(deployment).await?;
        let mut raw = raw_version(&control, runtime, version).await?;
        let environment = raw
            .get_mut("environmentVariables")
            .and_then(Value::as_object_mut);
        for (_, value) in environment.into_iter().flatten() {
            *value = Value::from("***");
        }
        Ok(raw)
    }

    /// Returns a runtime as one of its versions is: what `GetAgentRuntime` says of the latest, for an earlier one.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::NotFound`] for a version that does not exist.
    pub async fn describe_runtime(
        &self,
        deployment: &Deployment,
        runtime: &ResourceKey,
        version: &str,
    ) -> Result<Resource, Failure> {
        let control = self.resources.control(deployment).await?;
        let raw = raw_version(&control, runtime, version).await?;
        Ok(resources::runtime(
            &deployment.name,
            &control.data_plane(),
            &raw,
        ))
    }

    /// Makes an endpoint serve another version. Returns the request's id.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::Denied`] in read-only mode; [`crate::model::FailureKind::Conflict`] while the endpoint
    /// moves, and for `DEFAULT`, which always follows the newest version.
    pub async fn move_endpoint(
        &self,
        deployment: &Deployment,
        endpoint: &ResourceKey,
        version: &str,
    ) -> Result<(), Failure> {
        let target = format!("{} to version {version}", endpoint.id);
        let write = Box::pin(self.send_move_endpoint(deployment, endpoint, version));
        self.audit
            .audited(
                deployment,
                "versions.roll-back",
                &target,
                write,
                Clone::clone,
            )
            .await
            .map(drop)
    }

    /// Sends the request of [`Self::move_endpoint`]. Returns its id.
    async fn send_move_endpoint(
        &self,
        deployment: &Deployment,
        endpoint: &ResourceKey,
        version: &str,
    ) -> Result<Option<String>, Failure> {
        let (runtime, name) = (endpoint.owner_id(), endpoint.own_id());
        let text = format!("moving endpoint {name} of {runtime} to version {version}");
        self.client.guard_write(deployment, &text)?;
        let account = self.client.account(deployment).await?;
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:UpdateAgentRuntimeEndpoint",
            account: account.label(),
        };
        let request = SignedRequest {
            method: http::Method::PUT,
            service: Some("bedrock-agentcore"),
            url: format!(
                "{}/runtimes/{}/runtime-endpoints/{}/",
                account.address("bedrock-agentcore-control"),
                names::component(runtime),
                names::component(name)
            ),
            headers: vec![("content-type", "application/json")],
            body: json!({
                "agentRuntimeVersion": version,
                "clientToken": uuid::Uuid::new_v4().to_string(),
            })
            .to_string()
            .into_bytes(),
        };
        match self.client.send_write(&account, doing, &request).await {
            Ok(answer) => Ok(answer.request_id),
            // An earlier attempt without an answer may have moved it: the endpoint says so.
            Err(error) if error.is_own_effect() => {
                let control = self.resources.control(deployment).await?;
                let found = control.endpoint(runtime, name).await?;
                let is_moved = ["targetVersion", "liveVersion"]
                    .iter()
                    .any(|member| found.get(*member).and_then(Value::as_str) == Some(version));
                if is_moved {
                    Ok(None)
                } else {
                    Err(error.into())
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// `GetAgentRuntime` of one version, values of the environment included.
async fn raw_version(
    control: &Control,
    runtime: &ResourceKey,
    version: &str,
) -> Result<Value, Failure> {
    let id = names::runtime_id(runtime.own_id());
    let text = format!("reading version {version} of {id}");
    let doing = AwsOperation {
        text: &text,
        action: "bedrock-agentcore:GetAgentRuntime",
        account: control.account.label(),
    };
    let request = control
        .account
        .control()
        .get_agent_runtime()
        .agent_runtime_id(&id)
        .agent_runtime_version(version);
    captured!(control.account, doing, request)
}

/// Returns a time of AWS's JSON: an ISO text, or seconds since 1970.
fn time(json: &Value, name: &str) -> Option<Moment> {
    match json.get(name)? {
        Value::String(text) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|at| Moment::from_millis(at.as_millisecond())),
        Value::Number(seconds) => seconds.as_f64().map(Moment::from_seconds),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
