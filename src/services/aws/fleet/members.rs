//! Which gateways and runtimes belong to a deployment: configured ones, the stack's, those that follow from them.

use std::collections::BTreeSet;

use crate::{
    model::{Deployment, Failure, FailureKind, Relation, StackFacts},
    services::aws::{AwsResources, control::Control, names},
};

use super::RELATED;

/// The resources of a kind that belong to a deployment.
pub(super) enum ResourceScope {
    All,
    Named(BTreeSet<String>),
}

pub(super) fn is_all(ids: &[String]) -> bool {
    ids.iter().any(|id| id == "*")
}

pub(super) fn gateway_id(id_or_arn: &str) -> String {
    names::arn_tail(id_or_arn, "gateway").unwrap_or_else(|| id_or_arn.to_owned())
}

impl AwsResources {
    /// Returns the gateways of the deployment by id.
    pub(super) async fn gateway_ids(
        &self,
        deployment: &Deployment,
    ) -> Result<ResourceScope, Failure> {
        if is_all(&deployment.gateways) {
            return Ok(ResourceScope::All);
        }
        if !deployment.gateways.is_empty() {
            return Ok(ResourceScope::Named(
                deployment
                    .gateways
                    .iter()
                    .map(|id| gateway_id(id))
                    .collect(),
            ));
        }
        let facts = self.stacks.facts(deployment).await?;
        let from_url = || {
            deployment
                .mcp_url
                .as_deref()
                .and_then(names::gateway_id_of_url)
        };
        let id = facts.gateway_id.clone().or_else(from_url);
        if id.is_none()
            && facts.runtime_arn.is_none()
            && deployment.runtimes.is_empty()
            && deployment.mcp_url.is_none()
        {
            return Err(nothing_named(deployment, &facts.outputs));
        }
        Ok(ResourceScope::Named(id.into_iter().collect()))
    }

    /// Returns the runtimes that are configured or the stack's, and those that the deployment's targets call.
    pub(super) async fn runtime_ids(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<BTreeSet<String>, Failure> {
        if !deployment.runtimes.is_empty() {
            return Ok(deployment
                .runtimes
                .iter()
                .map(|id| names::runtime_id(id))
                .collect());
        }
        let facts = match self.stacks.facts(deployment).await {
            Ok(facts) => facts,
            // The gateways are configured: without the right to read the stack, what they call still shows.
            Err(failure) if !deployment.gateways.is_empty() => {
                tracing::info!(%failure, "the stack is not available");
                StackFacts::default()
            }
            Err(failure) => return Err(failure),
        };
        let mut ids: BTreeSet<String> = facts
            .runtime_arn
            .iter()
            .map(|arn| names::runtime_id(arn))
            .collect();
        ids.extend(
            deployment
                .mcp_url
                .as_deref()
                .and_then(names::runtime_arn_of_url)
                .map(|arn| names::runtime_id(&arn)),
        );
        match self.targets(deployment, control, RELATED).await {
            Ok(targets) => ids.extend(
                targets
                    .iter()
                    .flat_map(|target| &target.links)
                    .filter(|link| link.relation == Relation::Calls)
                    .map(|link| link.id.clone()),
            ),
            // Without the right to list targets the runtimes that are known otherwise still show.
            Err(failure) if !ids.is_empty() => {
                tracing::info!(%failure, "runtimes that targets call are not known");
            }
            Err(failure) => return Err(failure),
        }
        Ok(ids)
    }
}

pub(super) fn nothing_named(deployment: &Deployment, outputs: &[(String, String)]) -> Failure {
    let doing = format!("looking for the resources of {}", deployment.name);
    let Some(stack) = &deployment.stack else {
        return Failure::new(FailureKind::Usage, doing, "neither a stack, nor gateways, runtimes or mcp_url are configured")
            .hint("set `stack`, or `gateways = [\"…\"]` or `runtimes = [\"…\"]` (`[\"*\"]`: all of the region)");
    };
    let names: Vec<&str> = outputs.iter().map(|(name, _)| name.as_str()).collect();
    let found = if names.is_empty() {
        "it has no outputs".to_owned()
    } else {
        format!("its outputs are {}", names.join(", "))
    };
    Failure::new(
        FailureKind::Usage,
        doing,
        format!("the stack {stack} names no gateway and no runtime: {found}"),
    )
    .hint("set `gateways`, `runtimes` or `mcp_url` for this deployment, or name another stack")
}
