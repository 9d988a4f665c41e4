//! The call that proves a secret's new value: through the deployment's endpoint, or to the runtimes that read the secret.

use std::time::Duration;

use futures::{StreamExt as _, future::join_all, stream};

use crate::{
    model::{CallOptions, Deployment, Kind, McpTarget, Resource, ResourceKey, Tool},
    rotation::{
        effect::CallAnswer,
        proof::{ChainRoute, ProofCall, RouteEnd},
    },
    services::{Mcp, McpOptions, aws::names, rotation::Rotations},
    tools::cypher,
};

use super::{CHAIN_CALL, live_backend::LiveBackend, secret_name};

/// Targets described at a time.
const CONCURRENT: usize = 4;
/// At most this many targets are looked at, and this many runtimes called.
const TARGETS: usize = 20;
const RUNTIMES: usize = 3;

/// A Cypher call that was answered.
struct AnsweredCall {
    tool: String,
    millis: u64,
}

/// Calls a reading Cypher tool through the gateway or runtime of a deployment. Without such a tool, an answered `tools/list`
/// shows that the sign-in works.
pub(crate) async fn call_chain(mcp: &Mcp, deployment: &Deployment, limit: Duration) -> CallAnswer {
    match call_cypher(mcp, deployment, &McpTarget::Default, None, limit).await {
        Ok(call) => CallAnswer::Answered(call.to_string()),
        Err(UnansweredCall::NoTool(count)) => CallAnswer::Answered(format!(
            "tools/list ({count} tools; none of them reads by Cypher)"
        )),
        Err(UnansweredCall::Answer(answer)) => answer,
    }
}

/// Why no Cypher call was answered.
enum UnansweredCall {
    /// None of so many tools reads by Cypher.
    NoTool(usize),
    /// The connection or the call failed.
    Answer(CallAnswer),
}

impl std::fmt::Display for AnsweredCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} in {} ms", self.tool, self.millis)
    }
}

impl UnansweredCall {
    fn into_answer(self) -> CallAnswer {
        match self {
            Self::NoTool(_) => {
                CallAnswer::Unknown("no tool that reads by Cypher is offered there".to_owned())
            }
            Self::Answer(answer) => answer,
        }
    }
}

/// Calls a tool that reads by Cypher, of this target of the gateway where one is given.
async fn call_cypher(
    mcp: &Mcp,
    deployment: &Deployment,
    via: &McpTarget,
    target: Option<&str>,
    limit: Duration,
) -> Result<AnsweredCall, UnansweredCall> {
    let unknown = |failure: crate::model::Failure| {
        UnansweredCall::Answer(CallAnswer::Unknown(failure.to_string()))
    };
    let refused = |why: String| UnansweredCall::Answer(CallAnswer::Refused(why));
    let session = mcp
        .connect(deployment, via, McpOptions::default())
        .await
        .map_err(unknown)?;
    let mut tools: Vec<Tool> = session
        .tools()
        .await
        .map_err(|failure| refused(failure.to_string()))?;
    if let Some(target) = target {
        tools.retain(|tool| tool.parts().0 == Some(target));
    }
    let Some((tool, arguments)) = cypher::probe(&tools, "RETURN 1 AS ok") else {
        session.close().await;
        return Err(UnansweredCall::NoTool(tools.len()));
    };
    let options = CallOptions {
        timeout: limit,
        total: limit,
    };
    let answer = match session.call(&tool.name, arguments, options).await {
        Ok(outcome) if !outcome.is_error => Ok(AnsweredCall {
            tool: tool.name.clone(),
            millis: outcome.elapsed.total,
        }),
        Ok(outcome) => Err(refused(first_line(&outcome.text()))),
        Err(failure) => Err(refused(failure.to_string())),
    };
    session.close().await;
    answer
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect()
}

/// Finds out where calls through the deployment's endpoint can end. What cannot be listed is left out.
pub(super) async fn route(
    services: &Rotations,
    deployment: &Deployment,
    secret: &str,
) -> ChainRoute {
    let resources = &services.aws.resources;
    let (url, is_only_secret) = futures::join!(
        resources.mcp_url(deployment, &McpTarget::Default),
        is_only_secret(services, deployment, secret)
    );
    let url = url.unwrap_or_default();
    let ends = match names::runtime_arn_of_url(&url) {
        Some(arn) => vec![RouteEnd {
            target: None,
            runtime: names::runtime_id(&arn),
        }],
        None => ends_behind_gateway(services, deployment, &url).await,
    };
    ChainRoute {
        ends,
        is_only_secret,
    }
}

async fn is_only_secret(services: &Rotations, deployment: &Deployment, secret: &str) -> bool {
    match deployment.secrets.as_slice() {
        [] => {
            let listed = services.aws.resources.list(deployment, Kind::Secret).await;
            listed.is_ok_and(|secrets| secrets.len() == 1)
        }
        [only] => secret_name(only) == secret_name(secret),
        _ => false,
    }
}

/// Returns the runtimes to which the targets of the gateway at this address lead.
async fn ends_behind_gateway(
    services: &Rotations,
    deployment: &Deployment,
    url: &str,
) -> Vec<RouteEnd> {
    let resources = &services.aws.resources;
    let Ok(targets) = resources.list(deployment, Kind::Target).await else {
        return Vec::new();
    };
    let gateways: Vec<String> = targets
        .iter()
        .map(|target| target.key.owner_id().to_owned())
        .collect();
    let is_named = gateways
        .iter()
        .any(|gateway| url.contains(gateway.as_str()));
    let of_gateway = targets
        .into_iter()
        // A domain of one's own does not name the gateway; then all targets of the deployment count.
        .filter(|target| !is_named || url.contains(target.key.owner_id()))
        .take(TARGETS);
    stream::iter(of_gateway)
        .map(|target| async move { resources.describe(deployment, &target.key).await.ok() })
        .buffered(CONCURRENT)
        .filter_map(|target| async move { target.as_ref().and_then(route_end) })
        .collect()
        .await
}

fn route_end(target: &Resource) -> Option<RouteEnd> {
    let endpoint = target
        .raw
        .pointer("/targetConfiguration/mcp/mcpServer/endpoint")?
        .as_str()?;
    Some(RouteEnd {
        target: Some(target.name.clone()),
        runtime: names::runtime_id(&names::runtime_arn_of_url(endpoint)?),
    })
}

impl LiveBackend {
    /// Runs one Cypher statement through whatever uses this secret; where nothing that does is known, the answer says so.
    pub(super) async fn call(&self) -> CallAnswer {
        let Some((readers, route)) = &self.use_of_secret else {
            return self.call_elsewhere().await;
        };
        match route.proof(readers) {
            ProofCall::Chain { target, because } => {
                let call = self.through(&McpTarget::Default, target.as_deref()).await;
                call.map_or_else(UnansweredCall::into_answer, |call| {
                    CallAnswer::Answered(format!("{call} ({because})"))
                })
            }
            ProofCall::Runtimes(runtimes) => self.call_runtimes(&runtimes).await,
            ProofCall::Nowhere => self.call_elsewhere().await,
        }
    }

    async fn through(
        &self,
        via: &McpTarget,
        target: Option<&str>,
    ) -> Result<AnsweredCall, UnansweredCall> {
        call_cypher(
            &self.services.mcp,
            &self.deployment,
            via,
            target,
            CHAIN_CALL,
        )
        .await
    }

    /// Calls the deployment's own chain, whichever secret it uses.
    async fn call_elsewhere(&self) -> CallAnswer {
        let call = self.through(&McpTarget::Default, None).await;
        call.map_or_else(UnansweredCall::into_answer, |call| {
            CallAnswer::Elsewhere(call.to_string())
        })
    }

    /// Calls the runtimes themselves; all that are called must answer.
    async fn call_runtimes(&self, runtimes: &[(String, String)]) -> CallAnswer {
        let calls = runtimes.iter().take(RUNTIMES).map(|(id, name)| async move {
            let key = ResourceKey {
                deployment: self.deployment.name.clone(),
                kind: Kind::Runtime,
                id: id.clone(),
            };
            let call = self.through(&McpTarget::Resource(key), None).await;
            match call.map_err(UnansweredCall::into_answer) {
                Ok(call) => Ok(format!("{name} itself by {call}")),
                Err(
                    CallAnswer::Refused(why)
                    | CallAnswer::Unknown(why)
                    | CallAnswer::Answered(why)
                    | CallAnswer::ByRuntimes(why)
                    | CallAnswer::Elsewhere(why),
                ) => Err(format!("{name}: {why}")),
            }
        });
        let answers: Result<Vec<String>, String> = join_all(calls).await.into_iter().collect();
        match answers {
            Ok(mut answers) => {
                let left = runtimes.len().saturating_sub(RUNTIMES);
                if left > 0 {
                    answers.push(format!("{left} more not called"));
                }
                CallAnswer::ByRuntimes(answers.join(", "))
            }
            Err(why) => CallAnswer::Unknown(why),
        }
    }
}
