//! Which resources belong to a deployment, and reading them: configured ones, the stack's, those that follow from them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::{AwsClient, Stacks};
use crate::model::{
    Deployment, Failure, FailureKind, Kind, Relation, Resource, ResourceKey, StackFacts,
};

use super::{control::Control, names, resources};

/// Requests to the control plane at a time, for one listing.
const CONCURRENT: usize = 6;
/// So many resources are read one by one for their reasons and configuration; beyond, only those that are not READY.
const DETAILED: usize = 60;
/// A listing of targets is not asked for twice at the same time,
const FRESH: Duration = Duration::from_millis(1500);
/// and says for so long which runtimes belong to the deployment: lists are asked for one after the other.
const RELATED: Duration = Duration::from_secs(20);

/// What is remembered of a deployment's targets.
#[derive(Default)]
pub(crate) struct Targets {
    listed: tokio::sync::Mutex<Option<(Instant, Vec<Resource>)>>,
    details: std::sync::Mutex<HashMap<String, (Value, Value)>>,
}

/// The resources that belong to a deployment.
#[derive(Clone)]
pub struct AwsResources {
    pub(super) client: AwsClient,
    pub(super) stacks: Stacks,
    targets: Arc<super::PerDeployment<Targets>>,
}

impl AwsResources {
    pub(in crate::services) fn new(client: AwsClient, stacks: Stacks) -> Self {
        Self {
            client,
            stacks,
            targets: Arc::default(),
        }
    }

    /// All resources of a kind that belong to the deployment: configured ids, else the stack's, else what follows from
    /// those; `"*"` means all of the account and region. Follows all pages. A configured one that cannot be read stays
    /// in the list with its error code as status, unless none can be read.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] where neither configuration nor stack names anything.
    pub async fn list(
        &self,
        deployment: &Deployment,
        kind: Kind,
    ) -> Result<Vec<Resource>, Failure> {
        match self.listed(deployment, kind).await {
            Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) => {
                Err(self.explain_account(deployment, failure).await)
            }
            result => result,
        }
    }

    /// Names the account of the configured ARNs, if the credentials are of another one.
    async fn explain_account(&self, deployment: &Deployment, failure: Failure) -> Failure {
        let mut configured = deployment.runtimes.iter().chain(&deployment.secrets);
        let Some(wanted) = configured.find_map(|id| account_of_arn(id)) else {
            return failure;
        };
        match self.client.known_identity(deployment).await {
            Some(identity) if identity.account != wanted => failure.hint(format!(
                "what is configured is in the account {wanted}, and the credentials are those of {}: \
                 name a profile of that account (`profile` of the deployment, or --profile)",
                identity.arn
            )),
            Some(_) | None => failure,
        }
    }

    async fn listed(&self, deployment: &Deployment, kind: Kind) -> Result<Vec<Resource>, Failure> {
        let control = self.control(deployment).await?;
        match kind {
            Kind::Gateway => self.gateways(deployment, &control).await,
            Kind::Target => self.targets(deployment, &control, FRESH).await,
            Kind::Runtime => self.runtimes(deployment, &control).await,
            Kind::Endpoint => self.endpoints(deployment, &control).await,
            Kind::Secret => self.secrets(deployment, &control).await,
        }
    }

    /// Everything about one resource, as it is now.
    pub async fn describe(
        &self,
        deployment: &Deployment,
        key: &ResourceKey,
    ) -> Result<Resource, Failure> {
        let control = self.control(deployment).await?;
        let (name, owner, own) = (&deployment.name, key.owner_id(), key.own_id());
        Ok(match key.kind {
            Kind::Gateway => resources::gateway(name, &control.gateway(&gateway_id(own)).await?),
            Kind::Target => {
                resources::target(name, owner, &control.target(owner, own).await?, None)
            }
            Kind::Runtime => resources::runtime(
                name,
                &control.data_plane(),
                &control.runtime(&names::runtime_id(own)).await?,
            ),
            Kind::Endpoint => resources::endpoint(
                name,
                &control.data_plane(),
                owner,
                &control.endpoint(owner, own).await?,
            ),
            Kind::Secret => resources::secret(name, &control.secret(own).await?),
        })
    }

    /// The next listing of targets asks AWS again, details included.
    pub(crate) async fn forget_targets(&self, deployment: &Deployment) {
        let memory = super::remembered(&self.targets, deployment);
        *memory.listed.lock().await = None;
        memory
            .details
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clear();
    }

    pub(crate) async fn control(&self, deployment: &Deployment) -> Result<Control, Failure> {
        Ok(Control {
            account: self.client.account(deployment).await?,
            name: deployment.name.to_string(),
        })
    }

    async fn gateways(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let name = &deployment.name;
        match self.gateway_ids(deployment).await? {
            Members::All => {
                let summaries = control.listed_gateways().await?;
                let detailed = summaries.len() <= DETAILED;
                each(summaries, |summary| async move {
                    let id = id_of(&summary, "gatewayId");
                    let wanted = detailed || status_of(&summary) != "READY";
                    let detail = if wanted {
                        control.known_gateway(&id).await.ok()
                    } else {
                        None
                    };
                    Ok(resources::gateway(
                        name,
                        detail.as_ref().unwrap_or(&summary),
                    ))
                })
                .await
            }
            Members::Named(ids) => {
                named(deployment, Kind::Gateway, ids, |id| async move {
                    Ok(resources::gateway(name, &control.known_gateway(&id).await?))
                })
                .await
            }
        }
    }

    async fn targets(
        &self,
        deployment: &Deployment,
        control: &Control,
        fresh: Duration,
    ) -> Result<Vec<Resource>, Failure> {
        let memory = super::remembered(&self.targets, deployment);
        let mut listed = memory.listed.lock().await;
        if let Some((at, targets)) = listed.as_ref().filter(|(at, _)| at.elapsed() < fresh) {
            tracing::trace!(age = ?at.elapsed(), "targets from memory");
            return Ok(targets.clone());
        }
        let gateways: Vec<String> = match self.gateway_ids(deployment).await? {
            Members::All => control
                .listed_gateways()
                .await?
                .iter()
                .map(|summary| id_of(summary, "gatewayId"))
                .collect(),
            Members::Named(ids) => ids.into_iter().collect(),
        };
        let mut summaries = Vec::new();
        let lists = each(gateways, |gateway| async move {
            Ok((control.targets(&gateway).await?, gateway))
        })
        .await?;
        for (found, gateway) in lists {
            summaries.extend(found.into_iter().map(|summary| (gateway.clone(), summary)));
        }
        let detailed = summaries.len() <= DETAILED;
        let memory = &memory;
        let targets = each(summaries, |(gateway, summary)| async move {
            let id = id_of(&summary, "targetId");
            let wanted = detailed || status_of(&summary) != "READY";
            let detail = if wanted {
                memory.detail(control, &gateway, &id, &summary).await
            } else {
                None
            };
            Ok(resources::target(
                &deployment.name,
                &gateway,
                detail.as_ref().unwrap_or(&summary),
                Some(&summary),
            ))
        })
        .await?;
        *listed = Some((Instant::now(), targets.clone()));
        Ok(targets)
    }

    async fn runtimes(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let (name, data_plane) = (&deployment.name, &control.data_plane());
        if is_all(&deployment.runtimes) {
            let summaries = control.listed_runtimes().await?;
            let detailed = summaries.len() <= DETAILED;
            return each(summaries, |summary| async move {
                let wanted = detailed || status_of(&summary) != "READY";
                let detail = if wanted {
                    control
                        .known_runtime(&id_of(&summary, "agentRuntimeId"))
                        .await
                        .ok()
                } else {
                    None
                };
                Ok(resources::runtime(
                    name,
                    data_plane,
                    detail.as_ref().unwrap_or(&summary),
                ))
            })
            .await;
        }
        let ids = self.runtime_ids(deployment, control).await?;
        named(deployment, Kind::Runtime, ids, |id| async move {
            Ok(resources::runtime(
                name,
                data_plane,
                &control.known_runtime(&id).await?,
            ))
        })
        .await
    }

    async fn endpoints(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let (name, data_plane) = (&deployment.name, &control.data_plane());
        let ids: Vec<String> = if is_all(&deployment.runtimes) {
            control
                .listed_runtimes()
                .await?
                .iter()
                .map(|summary| id_of(summary, "agentRuntimeId"))
                .collect()
        } else {
            self.runtime_ids(deployment, control)
                .await?
                .into_iter()
                .collect()
        };
        let several = ids.len() > 1;
        let lists = each(ids, |runtime| async move {
            match control.endpoints(&runtime).await {
                Ok(found) => Ok((found, runtime)),
                // One runtime of several that is gone takes nothing away from the others.
                Err(failure) if several && failure.kind == FailureKind::NotFound => {
                    Ok((Vec::new(), runtime))
                }
                Err(failure) => Err(failure),
            }
        })
        .await?;
        let summaries = lists
            .into_iter()
            .flat_map(|(found, runtime)| {
                found
                    .into_iter()
                    .map(move |summary| (runtime.clone(), summary))
            })
            .collect::<Vec<_>>();
        each(summaries, |(runtime, summary)| async move {
            // The list says all but the reason of a failure.
            let wanted = status_of(&summary) != "READY";
            let detail = if wanted {
                control
                    .endpoint(&runtime, &id_of(&summary, "name"))
                    .await
                    .ok()
            } else {
                None
            };
            Ok(resources::endpoint(
                name,
                data_plane,
                &runtime,
                detail.as_ref().unwrap_or(&summary),
            ))
        })
        .await
    }

    async fn secrets(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let ids: BTreeSet<String> = if deployment.secrets.is_empty() {
            self.stacks
                .facts(deployment)
                .await?
                .secret_arn
                .into_iter()
                .collect()
        } else {
            deployment.secrets.iter().cloned().collect()
        };
        named(deployment, Kind::Secret, ids, |id| async move {
            Ok(resources::secret(
                &deployment.name,
                &control.secret(&id).await?,
            ))
        })
        .await
    }

    async fn gateway_ids(&self, deployment: &Deployment) -> Result<Members, Failure> {
        if is_all(&deployment.gateways) {
            return Ok(Members::All);
        }
        if !deployment.gateways.is_empty() {
            return Ok(Members::Named(
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
        Ok(Members::Named(id.into_iter().collect()))
    }

    /// The runtimes that are configured or the stack's, and those that the deployment's targets call.
    async fn runtime_ids(
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
                tracing::info!(%failure, "the stack is not to be had");
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

impl Targets {
    /// The detail of a target: asked for once as long as its summary stays the same.
    async fn detail(
        &self,
        control: &Control,
        gateway: &str,
        id: &str,
        summary: &Value,
    ) -> Option<Value> {
        let key = format!("{gateway}/{id}");
        let kept = self
            .details
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some((_, detail)) = kept.filter(|(of, _)| of == summary) {
            return Some(detail);
        }
        let detail = control
            .target(gateway, id)
            .await
            .inspect_err(|failure| tracing::info!(%failure, "a target's detail is not to be had"))
            .ok()?;
        let mut details = self
            .details
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        details.insert(key, (summary.clone(), detail.clone()));
        Some(detail)
    }
}

enum Members {
    All,
    Named(BTreeSet<String>),
}

/// The account number in an ARN.
fn account_of_arn(text: &str) -> Option<&str> {
    text.strip_prefix("arn:")?
        .split(':')
        .nth(3)
        .filter(|account| !account.is_empty())
}

fn is_all(ids: &[String]) -> bool {
    ids.iter().any(|id| id == "*")
}

fn gateway_id(id_or_arn: &str) -> String {
    names::arn_tail(id_or_arn, "gateway").unwrap_or_else(|| id_or_arn.to_owned())
}

fn id_of(summary: &Value, member: &str) -> String {
    summary
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn status_of(summary: &Value) -> &str {
    summary
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Some at a time, in order; the first failure ends it.
async fn each<I, T, F, P>(items: I, work: F) -> Result<Vec<T>, Failure>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> P,
    P: Future<Output = Result<T, Failure>>,
{
    let mut results = stream::iter(items).map(work).buffered(CONCURRENT);
    let mut all = Vec::new();
    while let Some(result) = results.next().await {
        all.push(result?);
    }
    Ok(all)
}

/// Reads named resources. One that cannot be read stays in the list with its reason, unless none can.
async fn named<F, P>(
    deployment: &Deployment,
    kind: Kind,
    ids: BTreeSet<String>,
    read: F,
) -> Result<Vec<Resource>, Failure>
where
    F: Fn(String) -> P,
    P: Future<Output = Result<Resource, Failure>>,
{
    let read = &read;
    let results = each(ids, |id| async move { Ok((read(id.clone()).await, id)) }).await?;
    if let Some((Err(failure), _)) = results
        .iter()
        .find(|(result, _)| result.is_err())
        .filter(|_| results.iter().all(|(result, _)| result.is_err()))
    {
        return Err(failure.clone());
    }
    // Two names of the same resource (an id and its ARN) are one.
    let mut found = BTreeMap::new();
    for (result, id) in results {
        let resource = result
            .unwrap_or_else(|failure| resources::unreadable(&deployment.name, kind, &id, &failure));
        found.insert(resource.key.id.clone(), resource);
    }
    Ok(found.into_values().collect())
}

fn nothing_named(deployment: &Deployment, outputs: &[(String, String)]) -> Failure {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: &str) -> Resource {
        resources::secret(&"d".into(), &serde_json::json!({ "Name": id }))
    }

    #[tokio::test]
    async fn one_unreadable_resource_stays_beside_the_others() {
        let deployment = crate::services::tests::deployment();
        let ids = || BTreeSet::from(["good".to_owned(), "gone".to_owned()]);
        let read = |id: String| async move {
            if id == "gone" {
                Err(
                    Failure::new(FailureKind::NotFound, "reading", "no such secret")
                        .code("ResourceNotFoundException"),
                )
            } else {
                Ok(resource(&id))
            }
        };
        let found = named(&deployment, Kind::Secret, ids(), read).await.unwrap();
        let statuses: Vec<_> = found
            .iter()
            .map(|each| (each.key.id.as_str(), each.status.as_str()))
            .collect();
        assert_eq!(
            statuses,
            [("gone", "ResourceNotFoundException"), ("good", "ENABLED")]
        );
        let only_gone = named(
            &deployment,
            Kind::Secret,
            BTreeSet::from(["gone".to_owned()]),
            read,
        )
        .await;
        assert_eq!(only_gone.unwrap_err().kind, FailureKind::NotFound);
    }

    #[test]
    fn a_stack_without_the_outputs_says_what_it_has() {
        let deployment = Deployment {
            stack: Some("s".into()),
            ..crate::services::tests::deployment()
        };
        let failure = nothing_named(&deployment, &[("BucketName".into(), "b".into())]);
        assert!(failure.cause.contains("BucketName") && failure.hint.unwrap().contains("gateways"));
    }
}
