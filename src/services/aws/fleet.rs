//! Which resources belong to a deployment, and reading them: configured ones, the stack's, those that follow from them.

mod members;
mod memory;
mod reading;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{AwsClient, CredentialProviders, Stacks};
use crate::model::{Deployment, Failure, FailureKind, Kind, Resource, ResourceKey};

use super::{control::Control, failure, names, resources};
pub(super) use reading::{id_of, map_concurrently, named};

use members::{ResourceScope, gateway_id, is_all};
use memory::LastList;
pub(crate) use memory::ListMemory;
use reading::status_of;

/// So many resources are read one by one for their reasons and configuration; beyond, only those that are not READY.
const DETAILED: usize = 60;
/// So many lists are read at a time: of an organisation of hundreds of accounts a start asks for thousands, and each that is under
/// way holds its connections and its answers.
const LISTS_AT_A_TIME: usize = 64;
/// A list of targets that is not older serves a second reader too.
const FRESH: Duration = Duration::from_millis(1500);
/// A list of gateways or runtimes that is not older serves a second reader too: lists of several kinds are asked for at the same
/// time.
const SAME_TIME: Duration = Duration::from_millis(100);
/// A list says for so long what else belongs to the deployment.
pub(super) const RELATED: Duration = Duration::from_secs(20);

/// The resources that belong to a deployment.
#[derive(Clone)]
pub struct AwsResources {
    pub(super) client: AwsClient,
    pub(super) stacks: Stacks,
    pub(super) identity: CredentialProviders,
    lists: Arc<super::PerDeployment<ListMemory>>,
    turns: Arc<Semaphore>,
}

impl AwsResources {
    pub(in crate::services) fn new(client: AwsClient, stacks: Stacks) -> Self {
        Self {
            identity: CredentialProviders::new(client.clone()),
            client,
            stacks,
            lists: Arc::default(),
            turns: Arc::new(Semaphore::new(LISTS_AT_A_TIME)),
        }
    }

    /// Returns all resources of a kind that belong to the deployment: configured ids, else the stack's, else what follows from
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
        // The semaphore is never closed: an error cannot come.
        let _turn = self.turns.acquire().await;
        match self.listed(deployment, kind).await {
            Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) => {
                Err(self.explain_account(deployment, failure).await)
            }
            Err(failure) if is_newer(kind) && failure::is_unknown_operation(&failure) => {
                Ok(Vec::new())
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
            Kind::Gateway => self.gateways(deployment, &control, SAME_TIME).await,
            Kind::Target => self.targets(deployment, &control, FRESH).await,
            Kind::Runtime => self.runtimes(deployment, &control, SAME_TIME).await,
            Kind::Endpoint => self.endpoints(deployment, &control).await,
            Kind::Secret => self.secrets(deployment, &control).await,
            Kind::Provider => self.providers(deployment, &control).await,
            Kind::WorkloadIdentity => self.workload_identities(deployment, &control).await,
            Kind::PolicyEngine => self.policy_engines(deployment, &control).await,
            Kind::Policy => self.policies(deployment, &control).await,
            Kind::RateLimit => self.rate_limits(deployment, &control).await,
            Kind::Version => self.versions(deployment, &control).await,
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
            Kind::Provider => self.describe_provider(deployment, key).await?,
            Kind::WorkloadIdentity => self.describe_workload_identity(deployment, own).await?,
            Kind::PolicyEngine => self.describe_policy_engine(deployment, own).await?,
            Kind::Policy => self.describe_policy(deployment, owner, own).await?,
            Kind::RateLimit => self.describe_rate_limit(deployment, owner, own).await?,
            Kind::Version => self.describe_version(deployment, key).await?,
        })
    }

    /// The next listing of targets asks AWS again, details included.
    pub(crate) async fn forget_targets(&self, deployment: &Deployment) {
        let memory = super::remembered(&self.lists, deployment);
        *memory.targets.lock().await = None;
        memory
            .target_details
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

    /// Returns the gateways, as they were read at most `fresh` ago.
    pub(super) async fn gateways(
        &self,
        deployment: &Deployment,
        control: &Control,
        fresh: Duration,
    ) -> Result<Vec<Resource>, Failure> {
        let memory = super::remembered(&self.lists, deployment);
        remember(
            &memory.gateways,
            fresh,
            self.read_gateways(deployment, control),
        )
        .await
    }

    /// Returns the runtimes, as they were read at most `fresh` ago.
    pub(super) async fn runtimes(
        &self,
        deployment: &Deployment,
        control: &Control,
        fresh: Duration,
    ) -> Result<Vec<Resource>, Failure> {
        let memory = super::remembered(&self.lists, deployment);
        remember(
            &memory.runtimes,
            fresh,
            self.read_runtimes(deployment, control),
        )
        .await
    }

    /// Returns the targets, as they were read at most `fresh` ago.
    pub(super) async fn targets(
        &self,
        deployment: &Deployment,
        control: &Control,
        fresh: Duration,
    ) -> Result<Vec<Resource>, Failure> {
        let memory = super::remembered(&self.lists, deployment);
        remember(
            &memory.targets,
            fresh,
            self.read_targets(deployment, control, &memory),
        )
        .await
    }

    async fn read_gateways(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let name = &deployment.name;
        match self.gateway_ids(deployment).await? {
            ResourceScope::All => {
                let summaries = control.listed_gateways().await?;
                let detailed = summaries.len() <= DETAILED;
                map_concurrently(summaries, |summary| async move {
                    let id = id_of(&summary, "gatewayId");
                    let wanted = detailed || status_of(&summary) != "READY";
                    let (detail, unread) = if wanted {
                        reading::detail_of(control.known_gateway(&id).await)
                    } else {
                        (None, None)
                    };
                    let shown = detail.unwrap_or_else(|| Arc::new(summary));
                    let gateway = resources::sharing(resources::gateway(name, &shown), &shown);
                    Ok(Resource { unread, ..gateway })
                })
                .await
            }
            ResourceScope::Named(ids) => {
                named(deployment, Kind::Gateway, ids, |id| async move {
                    let gateway = control.known_gateway(&id).await?;
                    Ok(resources::sharing(
                        resources::gateway(name, &gateway),
                        &gateway,
                    ))
                })
                .await
            }
        }
    }

    async fn read_targets(
        &self,
        deployment: &Deployment,
        control: &Control,
        memory: &ListMemory,
    ) -> Result<Vec<Resource>, Failure> {
        let gateways: Vec<String> = match self.gateway_ids(deployment).await? {
            ResourceScope::All => control
                .listed_gateways()
                .await?
                .iter()
                .map(|summary| id_of(summary, "gatewayId"))
                .collect(),
            ResourceScope::Named(ids) => ids.into_iter().collect(),
        };
        let mut summaries = Vec::new();
        let lists = map_concurrently(gateways, |gateway| async move {
            Ok((control.targets(&gateway).await?, gateway))
        })
        .await?;
        for (found, gateway) in lists {
            summaries.extend(found.into_iter().map(|summary| (gateway.clone(), summary)));
        }
        let detailed = summaries.len() <= DETAILED;
        map_concurrently(summaries, |(gateway, summary)| async move {
            let id = id_of(&summary, "targetId");
            let wanted = detailed || status_of(&summary) != "READY";
            let (detail, unread) = if wanted {
                reading::detail_of(memory.detail(control, &gateway, &id, &summary).await)
            } else {
                (None, None)
            };
            let shown = detail.unwrap_or_else(|| Arc::new(summary.clone()));
            let target = resources::target(&deployment.name, &gateway, &shown, Some(&summary));
            let target = resources::sharing(target, &shown);
            Ok(Resource { unread, ..target })
        })
        .await
    }

    async fn read_runtimes(
        &self,
        deployment: &Deployment,
        control: &Control,
    ) -> Result<Vec<Resource>, Failure> {
        let (name, data_plane) = (&deployment.name, &control.data_plane());
        if is_all(&deployment.runtimes) {
            let summaries = control.listed_runtimes().await?;
            let detailed = summaries.len() <= DETAILED;
            return map_concurrently(summaries, |summary| async move {
                let wanted = detailed || status_of(&summary) != "READY";
                let (detail, unread) = if wanted {
                    let id = id_of(&summary, "agentRuntimeId");
                    reading::detail_of(control.known_runtime(&id).await)
                } else {
                    (None, None)
                };
                let shown = detail.unwrap_or_else(|| Arc::new(summary));
                let runtime = resources::runtime(name, data_plane, &shown);
                let runtime = resources::sharing(runtime, &shown);
                Ok(Resource { unread, ..runtime })
            })
            .await;
        }
        let ids = self.runtime_ids(deployment, control).await?;
        named(deployment, Kind::Runtime, ids, |id| async move {
            let runtime = control.known_runtime(&id).await?;
            let read = resources::runtime(name, data_plane, &runtime);
            Ok(resources::sharing(read, &runtime))
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
        let lists = map_concurrently(ids, |runtime| async move {
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
        map_concurrently(summaries, |(runtime, summary)| async move {
            // The list says all but the reason of a failure.
            let wanted = status_of(&summary) != "READY";
            let (detail, unread) = if wanted {
                let own = id_of(&summary, "name");
                reading::detail_of(control.endpoint(&runtime, &own).await)
            } else {
                (None, None)
            };
            let shown = detail.as_ref().unwrap_or(&summary);
            let endpoint = resources::endpoint(name, data_plane, &runtime, shown);
            Ok(Resource { unread, ..endpoint })
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
}

/// Returns the account number in an ARN.
fn account_of_arn(text: &str) -> Option<&str> {
    text.strip_prefix("arn:")?
        .split(':')
        .nth(3)
        .filter(|account| !account.is_empty())
}

/// Returns the list as it was read at most `fresh` ago; otherwise it is read now. A second reader waits for the answer of the first.
async fn remember(
    last: &LastList,
    fresh: Duration,
    read: impl Future<Output = Result<Vec<Resource>, Failure>>,
) -> Result<Vec<Resource>, Failure> {
    let mut last = last.lock().await;
    if let Some((at, resources)) = last.as_ref().filter(|(at, _)| at.elapsed() < fresh) {
        tracing::trace!(age = ?at.elapsed(), "list from memory");
        return Ok(resources.clone());
    }
    let resources = read.await?;
    *last = Some((Instant::now(), resources.clone()));
    Ok(resources)
}

/// Returns whether the operations of a kind are newer than gateways and runtimes, so that a region or a stand-in may lack them.
const fn is_newer(kind: Kind) -> bool {
    match kind {
        Kind::Provider
        | Kind::WorkloadIdentity
        | Kind::PolicyEngine
        | Kind::Policy
        | Kind::RateLimit => true,
        Kind::Gateway
        | Kind::Target
        | Kind::Runtime
        | Kind::Endpoint
        | Kind::Secret
        | Kind::Version => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{members::nothing_named, *};

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
            .map(|resource| (resource.key.id.as_str(), resource.status.as_str()))
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
