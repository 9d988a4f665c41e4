//! Probes of the control plane: identity, stack, gateways, targets, runtimes, endpoints.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::{not_made, probe, probe_if};
use crate::{
    doctor::{Evidence, Probe, target_address},
    model::{Deployment, Failure, Kind, Relation, Resource},
    services::{aws::names, doctor::DoctorProbes},
};

/// Resources described at a time.
const CONCURRENT: usize = 4;
/// At most this many resources of a kind are described; the others keep what their list says.
const DESCRIBED: usize = 20;

impl DoctorProbes {
    /// Asks who calls, and everything that AWS says of the deployment's resources.
    pub(super) async fn probe_resources(&self, deployment: &Deployment, evidence: &mut Evidence) {
        let (identity, stack, gateways, targets, runtimes, endpoints) = futures::join!(
            probe(self.aws.client.identity(deployment)),
            probe_if(
                deployment.stack.is_some(),
                "no stack is configured",
                self.aws.stacks.facts(deployment)
            ),
            probe(self.list_described(deployment, Kind::Gateway)),
            probe(self.list_described(deployment, Kind::Target)),
            probe(self.list_described(deployment, Kind::Runtime)),
            probe(self.aws.resources.list(deployment, Kind::Endpoint)),
        );
        evidence.identity = identity;
        evidence.stack = stack;
        evidence.gateways = absent_if_empty(gateways, "no gateway in this chain");
        evidence.targets = absent_if_empty(targets, "no target in this chain");
        evidence.runtimes = absent_if_empty(runtimes, "no runtime in this chain");
        evidence.endpoints = absent_if_empty(endpoints, "no runtime endpoint in this chain");
        evidence.limits = self.probe_limits(deployment, evidence).await;
        evidence.endpoint = self
            .aws
            .resources
            .mcp_url(deployment, &crate::model::McpTarget::Default)
            .await
            .ok();
    }

    /// Reads the names of the rate limits that are set at the gateways.
    async fn probe_limits(
        &self,
        deployment: &Deployment,
        evidence: &Evidence,
    ) -> Probe<Vec<String>> {
        let gateways: Vec<String> = evidence
            .gateways
            .value()
            .into_iter()
            .flatten()
            .map(|gateway| gateway.key.id.clone())
            .collect();
        probe_if(!gateways.is_empty(), "no gateway in this chain", async {
            let mut names = Vec::new();
            for gateway in &gateways {
                let limits = self
                    .aws
                    .resources
                    .gateway_limits(deployment, gateway)
                    .await?;
                names.extend(
                    limits
                        .iter()
                        .filter_map(|limit| Some(limit.get("rateLimitId")?.as_str()?.to_owned())),
                );
            }
            Ok(names)
        })
        .await
    }

    async fn list_described(
        &self,
        deployment: &Deployment,
        kind: Kind,
    ) -> Result<Vec<Resource>, Failure> {
        let listed = self.aws.resources.list(deployment, kind).await?;
        stream::iter(listed.into_iter().enumerate())
            .map(|(index, resource)| async move {
                if index >= DESCRIBED || resource.raw.is_null() {
                    return Ok(resource);
                }
                self.aws.resources.describe(deployment, &resource.key).await
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await
    }
}

fn absent_if_empty(probe: Probe<Vec<Resource>>, why: &str) -> Probe<Vec<Resource>> {
    match probe {
        Probe::Answered { value, .. } if value.is_empty() => not_made(why),
        Probe::Answered { .. } | Probe::Failed { .. } | Probe::NotMade(_) => probe,
    }
}

/// The parts of the chain behind the endpoint, as the control plane describes them.
pub(super) struct ChainParts {
    /// The runtime that the call reaches.
    pub(super) runtime: Option<Resource>,
    /// Whether that runtime is reached through a gateway.
    pub(super) is_behind_gateway: bool,
    /// Address of an MCP server outside AgentCore that a target names.
    pub(super) external: Option<String>,
    /// Names of the OAuth credential providers of the targets.
    pub(super) providers: Vec<String>,
}

impl ChainParts {
    /// Reads the parts from the described resources: those behind the target that was called, or behind any while that is not known.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let called = evidence.called_target_name();
        let targets: Vec<&Resource> = evidence
            .targets
            .value()
            .into_iter()
            .flatten()
            .filter(|target| called.is_none_or(|called| called == target.name))
            .collect();
        let addresses = targets.iter().filter_map(|target| target_address(target));
        let (behind, outside): (Vec<&str>, Vec<&str>) =
            addresses.partition(|url| names::runtime_arn_of_url(url).is_some());
        let called = evidence
            .endpoint
            .as_deref()
            .and_then(names::runtime_arn_of_url);
        let is_behind_gateway = called.is_none();
        let wanted =
            called.or_else(|| behind.iter().find_map(|url| names::runtime_arn_of_url(url)));
        let mut providers: Vec<String> = targets
            .iter()
            .flat_map(|target| providers_of(target))
            .collect();
        providers.sort();
        providers.dedup();
        let runtimes = evidence.runtimes.value();
        let runtime = runtimes
            .into_iter()
            .flatten()
            .find(|runtime| wanted.is_some() && runtime.arn == wanted);
        Self {
            runtime: runtime.cloned(),
            is_behind_gateway,
            external: outside.first().map(|url| (*url).to_owned()),
            providers,
        }
    }

    /// Returns the secret that the runtime reads.
    pub(super) fn secret(&self) -> Option<&str> {
        let links = self.runtime.as_ref().map(|runtime| &runtime.links)?;
        links
            .iter()
            .find(|link| link.relation == Relation::Reads && link.kind == Kind::Secret)
            .map(|link| link.id.as_str())
    }
}

fn providers_of(target: &Resource) -> Vec<String> {
    let listed = target
        .raw
        .get("credentialProviderConfigurations")
        .and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(|provider| {
            provider
                .pointer("/credentialProvider/oauthCredentialProvider/providerArn")
                .and_then(Value::as_str)
        })
        .filter_map(|arn| arn.rsplit('/').next())
        .map(str::to_owned)
        .collect()
}
