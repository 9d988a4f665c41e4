//! The health of deployments for one-off commands: from lists, CloudWatch's counts and who AWS says that we are.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use serde_json::{Value, json};

use super::{calls::find_listed_calls, find_resource::Listing};
use crate::{
    kinds::{
        ChainInput, EVIDENCE_MS, HealthInput, HealthVerdict, LoggedCalls, chain, deployment_health,
    },
    model::{Deployment, DeploymentName, Failure, Kind, Moment, Resource, ResourceKey, Traffic},
    services::Services,
};

/// What is known of a deployment beside its resources.
#[derive(Default)]
pub(crate) struct AccountAndTraffic {
    /// The AWS account, if it could be read.
    account: Option<String>,
    /// CloudWatch's count of the last hour, if it could be read.
    traffic: Option<Traffic>,
    /// Its last calls, if its logs were read.
    logged: Option<LoggedCalls>,
}

/// Logs are read for the last calls of at most this many deployments: more would take minutes.
const MOST_LOGGED: usize = 20;
/// Logs that take longer than this are not waited for.
const LOGS_PATIENCE: Duration = Duration::from_secs(8);

/// Reads accounts, counts of calls and the last calls of the logs. Failures leave the fact unknown: health says so by itself.
pub(crate) async fn facts(
    services: &Services,
    deployments: &[Deployment],
    listing: &Listing,
) -> BTreeMap<DeploymentName, AccountAndTraffic> {
    let read = deployments.iter().map(|deployment| async move {
        let keys: Vec<ResourceKey> = of(listing, deployment)
            .filter(|resource| matches!(resource.key.kind, Kind::Gateway | Kind::Runtime))
            .map(|resource| resource.key.clone())
            .collect();
        let (identity, traffic) = futures::join!(
            services.aws.client.identity(deployment),
            services.aws.metrics.traffic(deployment, &keys)
        );
        // A gateway's runtime counts the same calls again: the front door alone counts.
        let has_gateway = keys.iter().any(|key| key.kind == Kind::Gateway);
        let front = if has_gateway {
            Kind::Gateway
        } else {
            Kind::Runtime
        };
        let counted = traffic.ok().and_then(|counts| {
            counts
                .into_iter()
                .filter(|(key, _)| key.kind == front)
                .map(|(_, traffic)| traffic)
                .reduce(|sum, traffic| sum.and(&traffic))
        });
        let facts = AccountAndTraffic {
            account: identity.ok().map(|identity| identity.account),
            traffic: counted,
            logged: None,
        };
        (deployment.name.clone(), facts)
    });
    let (facts, mut logged) =
        futures::join!(join_all(read), logged_calls(services, deployments, listing));
    facts
        .into_iter()
        .map(|(name, facts)| {
            let logged = logged.remove(&name);
            (name, AccountAndTraffic { logged, ..facts })
        })
        .collect()
}

/// Returns the last calls of each deployment whose logs could be read in time.
async fn logged_calls(
    services: &Services,
    deployments: &[Deployment],
    listing: &Listing,
) -> BTreeMap<DeploymentName, LoggedCalls> {
    if deployments.len() > MOST_LOGGED {
        return BTreeMap::new();
    }
    let since = crate::net::clock::now().plus(-EVIDENCE_MS);
    let reading = find_listed_calls(services, deployments, listing, since);
    let Ok(found) = tokio::time::timeout(LOGS_PATIENCE, reading).await else {
        return BTreeMap::new();
    };
    let is_unread = |name: &DeploymentName| found.unread.iter().any(|it| it.deployment == *name);
    deployments
        .iter()
        .filter_map(|deployment| {
            let name = &deployment.name;
            let own = found
                .calls
                .iter()
                .filter(|call| call.deployment == name.as_str());
            let has_gateway =
                of(listing, deployment).any(|resource| resource.key.kind == Kind::Gateway);
            let logged = LoggedCalls::of(own, has_gateway);
            // What was read in part shows what is there, and not what is missing.
            let says_something = logged.last_answered().is_some() || !is_unread(name);
            says_something.then(|| (name.clone(), logged))
        })
        .collect()
}

fn of<'a>(listing: &'a Listing, deployment: &Deployment) -> impl Iterator<Item = &'a Resource> {
    let name = deployment.name.clone();
    listing
        .resources
        .iter()
        .filter(move |resource| resource.key.deployment == name)
}

/// Returns the health of one deployment by what was listed at `now`.
pub(crate) fn verdict(
    deployment: &Deployment,
    listing: &Listing,
    facts: Option<&AccountAndTraffic>,
    now: Moment,
) -> HealthVerdict {
    let resources: Vec<&Resource> = of(listing, deployment).collect();
    let unlisted: Vec<(Kind, &Failure)> = listing
        .problems
        .iter()
        .filter(|problem| problem.deployment == deployment.name && problem.kind.is_in_chain())
        .map(|problem| (problem.kind, &problem.failure))
        .collect();
    let why = unlisted
        .first()
        .map(|(_, failure)| (now, failure.cause.clone()));
    let has_resources = !resources.is_empty();
    let chain = chain(
        &ChainInput {
            resources,
            unlisted,
            examined: None,
        },
        now,
    );
    deployment_health(
        &HealthInput {
            is_one_chain: !deployment.is_ungrouped,
            chain: &chain,
            listed_at: Some(now),
            unlisted: why,
            has_resources,
            traffic: facts.and_then(|facts| facts.traffic.as_ref()),
            examined: None,
            broken_at: None,
            called: None,
            logged: facts.and_then(|facts| facts.logged.as_ref()),
        },
        now,
    )
}

/// Returns a deployment as an entry of `deployments`.
pub(crate) fn json(
    deployment: &Deployment,
    verdict: &HealthVerdict,
    facts: Option<&AccountAndTraffic>,
) -> Value {
    json!({
        "name": deployment.name,
        "title": deployment.title(),
        "account": facts.and_then(|facts| facts.account.as_deref()),
        "region": deployment.region,
        "shape": deployment.shape,
        "health": verdict.health,
        "hop": verdict.hop,
        "evidence": verdict.evidence,
        "at": verdict.at.map(Moment::iso),
        "profile": deployment.profile,
        "stack": deployment.stack,
        "endpoint": deployment.endpoint_url,
        "sign_in": deployment.sign_in.mode(),
        "read_only": deployment.read_only,
    })
}
