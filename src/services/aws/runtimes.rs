//! A runtime changed: UpdateAgentRuntime is a full PUT, so it sends back all that GetAgentRuntime said, members included that no
//! SDK knows yet. Values of environment variables are secrets: they are wiped, and nothing here has a `Debug`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;
use zeroize::Zeroize as _;

use super::{AwsClient, AwsResources};
use crate::model::{Deployment, Failure, FailureKind, SecretText};

use super::{failure::AwsOperation, names, signed::SignedRequest};

/// Members of GetAgentRuntime's answer that UpdateAgentRuntime does not take (model of API 2023-06-05).
const ANSWER_ONLY: [&str; 9] = [
    "agentRuntimeArn",
    "agentRuntimeId",
    "agentRuntimeName",
    "agentRuntimeVersion",
    "createdAt",
    "failureReason",
    "lastUpdatedAt",
    "status",
    "workloadIdentityDetails",
];
/// Of lifecycleConfiguration.idleRuntimeSessionTimeout and .maxLifetime where the service does not say, in seconds.
const IDLE: i64 = 900;
const LIFETIME: i64 = 28_800;

/// What a runtime is made of.
pub(crate) struct RuntimeConfiguration(Value);

impl Drop for RuntimeConfiguration {
    fn drop(&mut self) {
        for (_, value) in self.variables() {
            value.zeroize();
        }
    }
}

impl RuntimeConfiguration {
    /// Its ARN.
    pub(crate) fn arn(&self) -> &str {
        self.0
            .get("agentRuntimeArn")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Does a variable of its environment have this value?
    pub(crate) fn holds(&self, value: &str) -> bool {
        self.variable_with(value).is_some()
    }

    /// Returns the name of a variable of its environment that has this value.
    pub(crate) fn variable_with(&self, value: &str) -> Option<&str> {
        let variables = self
            .0
            .get("environmentVariables")
            .and_then(Value::as_object)?;
        variables
            .iter()
            .find(|(_, one)| one.as_str() == Some(value))
            .map(|(name, _)| name.as_str())
    }

    /// After how many seconds without a request a session ends, and after how many in any case.
    pub(crate) fn session_seconds(&self) -> (i64, i64) {
        let of = |name: &str| {
            self.0
                .pointer(&format!("/lifecycleConfiguration/{name}"))
                .and_then(Value::as_i64)
        };
        (
            of("idleRuntimeSessionTimeout").unwrap_or(IDLE),
            of("maxLifetime").unwrap_or(LIFETIME),
        )
    }

    /// Its version, and whether it is the good one: nothing is on its way, and nothing has failed.
    pub(crate) fn ready_version(&self) -> Option<&str> {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str);
        text("agentRuntimeVersion").filter(|_| text("status") == Some("READY"))
    }

    /// Do its requests carry tokens (else they are signed)?
    pub(crate) fn takes_tokens(&self) -> bool {
        self.0
            .pointer("/authorizerConfiguration/customJWTAuthorizer")
            .is_some()
    }

    /// Gives the variables that have the old value the new one, where their names say that they hold such a thing: a weak password
    /// may also be the name of a database. Answers the names of those variables.
    pub(crate) fn replace(&mut self, old: &str, new: &str, words: &[&str]) -> Vec<String> {
        let mut names = Vec::new();
        for (name, value) in self.variables() {
            let upper = name.to_ascii_uppercase();
            if value == old && words.iter().any(|word| upper.contains(word)) {
                value.zeroize();
                new.clone_into(value);
                names.push(name.clone());
            }
        }
        names
    }

    fn variables(&mut self) -> impl Iterator<Item = (&String, &mut String)> {
        let variables = self
            .0
            .get_mut("environmentVariables")
            .and_then(Value::as_object_mut);
        variables
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| match value {
                Value::String(value) => Some((name, value)),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => None,
            })
    }

    /// Returns the latest version, whatever its status.
    fn latest_version(&self) -> Option<&str> {
        self.0.get("agentRuntimeVersion").and_then(Value::as_str)
    }

    /// Returns whether an update with the other configuration would change nothing: it has taken effect.
    fn is_like(&self, other: &Self) -> bool {
        self.members().eq(other.members())
    }

    /// Returns what UpdateAgentRuntime takes. A member that is not set may come as null; sent so it would be refused.
    fn members(&self) -> impl Iterator<Item = (&String, &Value)> {
        let all = self.0.as_object().into_iter().flatten();
        all.filter(|(name, value)| !ANSWER_ONLY.contains(&name.as_str()) && !value.is_null())
    }

    /// Returns the body of the PUT.
    fn body(&self) -> Result<SecretText, serde_json::Error> {
        let mut body: BTreeMap<&str, &Value> = self
            .members()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        // The same request sent again after a lost answer makes no second version.
        let token = Value::from(uuid::Uuid::new_v4().to_string());
        body.insert("clientToken", &token);
        serde_json::to_string(&body).map(SecretText::new)
    }
}

/// An endpoint of a runtime and the versions that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointState {
    /// `DEFAULT` or a name.
    pub(crate) name: String,
    /// `READY`, `UPDATING`, …
    pub(crate) status: String,
    /// The version that new sessions get.
    pub(crate) live: Option<String>,
    /// The version that it is on its way to.
    pub(crate) target: Option<String>,
}

/// Configurations of runtimes, which a rotation reads and replaces.
#[derive(Clone)]
pub struct RuntimeConfigurations {
    client: AwsClient,
    resources: AwsResources,
}

impl RuntimeConfigurations {
    pub(in crate::services) fn new(client: AwsClient, resources: AwsResources) -> Self {
        Self { client, resources }
    }

    /// Returns all that a runtime is made of.
    pub(crate) async fn runtime_configuration(
        &self,
        deployment: &Deployment,
        id: &str,
    ) -> Result<RuntimeConfiguration, Failure> {
        self.resources
            .control(deployment)
            .await?
            .runtime(id)
            .await
            .map(RuntimeConfiguration)
    }

    /// Makes a further version of a runtime. Answers its number; DEFAULT follows it by itself.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode; [`FailureKind::Conflict`] while it is being updated.
    pub(crate) async fn update_runtime(
        &self,
        deployment: &Deployment,
        id: &str,
        configuration: &RuntimeConfiguration,
    ) -> Result<String, Failure> {
        let text = format!("updating runtime {id}");
        self.client.guard_write(deployment, &text)?;
        let account = self.client.account(deployment).await?;
        let body = configuration
            .body()
            .map_err(|error| Failure::new(FailureKind::Usage, &*text, error.to_string()))?;
        let request = SignedRequest {
            method: Method::PUT,
            service: Some("bedrock-agentcore"),
            url: format!(
                "{}/runtimes/{}",
                account.address("bedrock-agentcore-control"),
                names::component(id)
            ),
            headers: vec![("content-type", "application/json")],
            body: body.reveal().as_bytes().to_vec(),
        };
        let doing = AwsOperation {
            text: &text,
            action: "bedrock-agentcore:UpdateAgentRuntime",
            account: account.label(),
        };
        let answer = match self.client.send_write(&account, doing, &request).await {
            Ok(answer) => answer.json(&text)?,
            Err(error) if error.is_own_effect() => {
                let now = self.runtime_configuration(deployment, id).await?;
                return match now.latest_version() {
                    Some(version) if now.is_like(configuration) => Ok(version.to_owned()),
                    Some(_) | None => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        };
        let version = answer.get("agentRuntimeVersion").and_then(Value::as_str);
        version.map(str::to_owned).ok_or_else(|| {
            Failure::new(FailureKind::Server, text, "AWS answered without a version")
        })
    }

    /// Returns the endpoints of a runtime.
    pub(crate) async fn runtime_endpoints(
        &self,
        deployment: &Deployment,
        id: &str,
    ) -> Result<Vec<EndpointState>, Failure> {
        let endpoints = self
            .resources
            .control(deployment)
            .await?
            .endpoints(id)
            .await?;
        let text = |endpoint: &Value, name: &str| {
            endpoint
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let state = |endpoint: &Value| EndpointState {
            name: text(endpoint, "name").unwrap_or_default(),
            status: text(endpoint, "status").unwrap_or_default(),
            live: text(endpoint, "liveVersion"),
            target: text(endpoint, "targetVersion"),
        };
        Ok(endpoints.iter().map(state).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn configuration() -> RuntimeConfiguration {
        RuntimeConfiguration(json!({
            "agentRuntimeArn": "arn:r", "agentRuntimeId": "r", "agentRuntimeName": "r", "agentRuntimeVersion": "7", "status": "READY",
            "createdAt": "x", "lastUpdatedAt": "x", "failureReason": "x", "workloadIdentityDetails": {}, "description": null,
            "roleArn": "arn:role", "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "u"}},
            "environmentVariables": {"NEO4J_PASSWORD": "old", "NEO4J_USERNAME": "neo4j", "DB_PASS": "old", "NEO4J_DATABASE": "old"},
            "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 60}, "ofTheFuture": {"kept": true}
        }))
    }

    #[test]
    fn an_update_sends_all_back_but_what_only_answers_have_and_replaces_values_by_value() {
        let mut configuration = configuration();
        assert!(configuration.holds("old") && !configuration.holds("new"));
        assert_eq!(
            configuration.replace("old", "new", &["PASS"]),
            ["NEO4J_PASSWORD", "DB_PASS"]
        );
        let mut body: Value = serde_json::from_str(configuration.body().unwrap().reveal()).unwrap();
        assert!(
            body.as_object_mut()
                .unwrap()
                .remove("clientToken")
                .is_some_and(|token| token.as_str().unwrap().len() >= 33)
        );
        assert_eq!(
            body,
            json!({
                "roleArn": "arn:role", "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "u"}},
                "environmentVariables": {"NEO4J_PASSWORD": "new", "NEO4J_USERNAME": "neo4j", "DB_PASS": "new", "NEO4J_DATABASE": "old"},
                "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 60}, "ofTheFuture": {"kept": true}
            })
        );
        assert_eq!(configuration.session_seconds(), (60, LIFETIME));
        assert_eq!(
            (configuration.ready_version(), configuration.takes_tokens()),
            (Some("7"), false)
        );
        configuration.0["status"] = json!("UPDATE_FAILED");
        assert_eq!(configuration.ready_version(), None);
    }
}
