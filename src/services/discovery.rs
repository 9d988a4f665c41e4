//! Finds deployments without a configuration: what the account has in each region, grouped by stacks.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt as _, stream};
use serde_json::Value;

use crate::{
    discovery::{
        inventory::{
            self, Authoriser, FoundDeployment, FoundEndpoint, Inventory, mentioning_stack,
            outermost,
        },
        stack::{DescribedStack, OwnedResource, facts},
    },
    logs::SPANS_GROUP,
    model::{Deployment, Failure, FailureKind},
};

use super::Aws;
use super::aws::{account::Account, control::Control};

/// Requests at a time for one account and region.
const CONCURRENT: usize = 6;
/// Stacks whose resources are read at most.
const MOST_STACKS: usize = 120;

/// What was found, and what could not be read.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Deployments, in order.
    pub found: Vec<FoundDeployment>,
    /// Listings that failed while others worked.
    pub problems: Vec<Failure>,
}

/// Where deployments are looked for: regions, with the credentials of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryPlace {
    /// The profile; `None` for the usual chain of credentials.
    pub profile: Option<String>,
    /// The regions.
    pub regions: Vec<String>,
}

/// Finds deployments in an AWS account.
#[derive(Clone)]
pub struct Discoverer {
    aws: Aws,
}

impl Discoverer {
    pub(in crate::services) fn new(aws: Aws) -> Self {
        Self { aws }
    }

    /// Finds the deployments of accounts in their regions. Listings that are refused are told among the problems, as long
    /// as others work.
    ///
    /// # Errors
    /// The first failure, if nothing could be listed at all.
    pub async fn discover(&self, places: &[DiscoveryPlace]) -> Result<Discovery, Failure> {
        let mut all = Discovery::default();
        let mut first_failure = None;
        let reading = places.iter().flat_map(|place| {
            let profile = place.profile.as_deref();
            place
                .regions
                .iter()
                .map(move |region| self.discover_region(profile, region))
        });
        for result in futures::future::join_all(reading).await {
            match result {
                Ok(discovery) => {
                    all.found.extend(discovery.found);
                    all.problems.extend(discovery.problems);
                }
                Err(failure) => {
                    first_failure.get_or_insert_with(|| failure.clone());
                    all.problems.push(failure);
                }
            }
        }
        match first_failure {
            Some(failure) if all.found.is_empty() => Err(failure),
            Some(_) | None => {
                tell_apart(&mut all.found);
                Ok(all)
            }
        }
    }

    /// Returns whether an app client of a user pool has a secret, and so is a machine's.
    ///
    /// # Errors
    /// Those of Cognito, if it may not be asked.
    pub(crate) async fn client_has_secret(
        &self,
        deployment: &Deployment,
        pool: &str,
        client: &str,
    ) -> Result<bool, Failure> {
        match self
            .aws
            .user_pools
            .client_secret(deployment, pool, client)
            .await
        {
            Ok(_) => Ok(true),
            Err(failure) if failure.kind == FailureKind::Usage && failure.code.is_none() => {
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn discover_region(
        &self,
        profile: Option<&str>,
        region: &str,
    ) -> Result<Discovery, Failure> {
        let place = Deployment {
            profile: profile.map(str::to_owned),
            ..Deployment::new(format!("the account in {region}"), region)
        };
        let account = self.aws.client.account(&place).await?;
        let control = self.aws.resources.control(&place).await?;
        let doing = format!("listing the stacks of {region}");
        let (gateways, runtimes, stacks, spans) = tokio::join!(
            control.listed_gateways(),
            control.listed_runtimes(),
            self.aws.stacks.describe_stacks(&account, &doing, None),
            self.aws.logs.groups(&place, SPANS_GROUP)
        );
        let mut problems = Vec::new();
        let (gateways, runtimes) = match (gateways, runtimes) {
            (Err(failure), Err(_)) => return Err(failure),
            (gateways, runtimes) => (
                or_problem(gateways, &mut problems),
                or_problem(runtimes, &mut problems),
            ),
        };
        let can_read_stacks = stacks.is_ok();
        let stacks = or_problem(stacks, &mut problems);
        let endpoints = found_endpoints(&gateways, &runtimes, &stacks);
        let mut inventory = Inventory {
            region: region.to_owned(),
            profile: account.label().profile.clone(),
            account: endpoints
                .iter()
                .find_map(|endpoint| endpoint.arn.split(':').nth(4))
                .map(str::to_owned),
            endpoints,
            stacks,
            // Without the permission to list log groups, they are as good as not there: Logs says so where they are read.
            has_spans: spans.is_ok_and(|groups| groups.iter().any(|group| group == SPANS_GROUP)),
        };
        if inventory.account.is_none() && !inventory.endpoints.is_empty() {
            // Summaries of gateways have no ARN.
            let identity = self.aws.client.identity(&place).await;
            inventory.account = identity.ok().map(|identity| identity.account);
        }
        if can_read_stacks {
            // The resources of stacks that own a gateway tell whose its runtimes are; only the rest is asked for one by one.
            let first = self.read_resources(&account, &mut inventory).await;
            inventory::assign_owned(&mut inventory);
            let owners = self.find_owners(&account, &mut inventory).await;
            let second = self.read_resources(&account, &mut inventory).await;
            problems.extend(first.or(owners).or(second));
        }
        problems.extend(self.read_authorisers(&control, &mut inventory).await);
        Ok(Discovery {
            found: inventory::deployments(&inventory),
            problems,
        })
    }

    /// Asks CloudFormation for the stacks of what no stack's outputs name alone. Returns the first failure of it.
    async fn find_owners(
        &self,
        account: &Arc<Account>,
        inventory: &mut Inventory,
    ) -> Option<Failure> {
        let unowned: Vec<(usize, String)> = inventory
            .endpoints
            .iter()
            .enumerate()
            .filter(|(_, endpoint)| endpoint.stack.is_none())
            .map(|(index, endpoint)| (index, endpoint.id.clone()))
            .collect();
        let owners: Vec<(usize, Result<Option<String>, Failure>)> =
            stream::iter(unowned)
                .map(|(index, id)| async move {
                    (index, self.aws.stacks.owning_stack(account, &id).await)
                })
                .buffer_unordered(CONCURRENT)
                .collect()
                .await;
        let mut problem = None;
        for (index, owner) in owners {
            if let Some(endpoint) = inventory.endpoints.get_mut(index) {
                endpoint.stack = or_first_problem(owner, &mut problem);
            }
        }
        let stacks = &inventory.stacks;
        for endpoint in &mut inventory.endpoints {
            let outer = endpoint
                .stack
                .as_deref()
                .and_then(|name| outermost(stacks, name));
            if let Some(outer) = outer {
                endpoint.stack = Some(outer.name.clone());
            }
        }
        problem
    }

    /// Reads the resources of the stacks that own endpoints, where their outputs leave the secret or the client open. Returns
    /// the first failure of it.
    async fn read_resources(
        &self,
        account: &Arc<Account>,
        inventory: &mut Inventory,
    ) -> Option<Failure> {
        let owners: Vec<&str> = inventory
            .endpoints
            .iter()
            .filter_map(|endpoint| endpoint.stack.as_deref())
            .collect();
        let wanted: Vec<(usize, String)> = inventory
            .stacks
            .iter()
            .enumerate()
            .filter(|(_, stack)| {
                let outer = outermost(&inventory.stacks, &stack.name);
                outer.is_some_and(|outer| owners.contains(&outer.name.as_str()))
            })
            .filter(|(_, stack)| {
                let facts = facts(stack, &[]);
                let is_open = facts.secret_arn.is_none()
                    || facts.client_id.is_none()
                    || facts.runtime_arn.is_none();
                is_open && stack.resources.is_empty()
            })
            .map(|(index, stack)| (index, stack.name.clone()))
            .take(MOST_STACKS)
            .collect();
        let read: Vec<(usize, Result<Vec<OwnedResource>, Failure>)> = stream::iter(wanted)
            .map(|(index, name)| async move {
                let doing = format!("reading the resources of the stack {name}");
                let resources = self
                    .aws
                    .stacks
                    .stack_resources(account, &doing, &name)
                    .await;
                (index, resources)
            })
            .buffer_unordered(CONCURRENT)
            .collect()
            .await;
        let mut problem = None;
        for (index, resources) in read {
            if let Some(stack) = inventory.stacks.get_mut(index) {
                stack.resources = or_first_problem(resources, &mut problem);
            }
        }
        problem
    }

    /// Reads how endpoints authenticate their callers, where no stack names a client. Returns the first failure of it.
    async fn read_authorisers(
        &self,
        control: &Control,
        inventory: &mut Inventory,
    ) -> Option<Failure> {
        let wanted: Vec<(usize, String, bool)> = inventory
            .endpoints
            .iter()
            .enumerate()
            .filter(|(_, endpoint)| endpoint.authoriser.is_none())
            .map(|(index, endpoint)| (index, endpoint.id.clone(), endpoint.is_gateway))
            .collect();
        let read: Vec<(usize, Result<Option<Authoriser>, Failure>)> = stream::iter(wanted)
            .map(|(index, id, is_gateway)| async move {
                let detail = if is_gateway {
                    control.known_gateway(&id).await
                } else {
                    control.known_runtime(&id).await
                };
                (index, detail.map(|detail| Some(authoriser(&detail))))
            })
            .buffer_unordered(CONCURRENT)
            .collect()
            .await;
        let mut problem = None;
        for (index, authoriser) in read {
            if let Some(endpoint) = inventory.endpoints.get_mut(index) {
                endpoint.authoriser = or_first_problem(authoriser, &mut problem);
            }
        }
        problem
    }
}

/// Names of deployments are unique: those that are called alike are followed by their region, by their profile, or by both,
/// whatever tells them apart.
fn tell_apart(found: &mut [FoundDeployment]) {
    let known: Vec<(String, String, Option<String>)> = found
        .iter()
        .map(|found| {
            let deployment = &found.deployment;
            (
                deployment.name.to_string(),
                deployment.region.clone(),
                deployment.profile.clone(),
            )
        })
        .collect();
    for entry in found {
        let name = entry.deployment.name.to_string();
        let same = known.iter().filter(|(other, ..)| *other == name);
        let (mut regions, mut profiles, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (_, region, profile) in same {
            regions.insert(region);
            profiles.insert(profile);
            count += 1;
        }
        let region = entry.deployment.region.clone();
        let profile = entry.deployment.profile.clone().unwrap_or_default();
        entry.deployment.name = if count == 1 {
            continue;
        } else if regions.len() == count {
            format!("{name}@{region}").into()
        } else if profiles.len() == count {
            format!("{name}@{profile}").into()
        } else {
            format!("{name}@{profile}-{region}").into()
        };
    }
}

fn or_problem<T: Default>(result: Result<T, Failure>, problems: &mut Vec<Failure>) -> T {
    result.unwrap_or_else(|failure| {
        problems.push(failure);
        T::default()
    })
}

/// Returns the same of one answer of many to the same question: the first failure speaks for all.
fn or_first_problem<T: Default>(result: Result<T, Failure>, problem: &mut Option<Failure>) -> T {
    result.unwrap_or_else(|failure| {
        problem.get_or_insert(failure);
        T::default()
    })
}

/// Gateways and runtimes of the account, each with the stack whose outputs name it.
fn found_endpoints(
    gateways: &[Value],
    runtimes: &[Value],
    stacks: &[DescribedStack],
) -> Vec<FoundEndpoint> {
    let mut endpoints: Vec<FoundEndpoint> = gateways
        .iter()
        .map(|summary| endpoint(summary, true))
        .chain(runtimes.iter().map(|summary| endpoint(summary, false)))
        .collect();
    for endpoint in &mut endpoints {
        let mentioned = mentioning_stack(stacks, &endpoint.id);
        endpoint.stack = mentioned.map(|stack| stack.name.clone());
    }
    endpoints
}

fn endpoint(summary: &Value, is_gateway: bool) -> FoundEndpoint {
    let text = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| summary.get(*name))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    FoundEndpoint {
        id: text(["gatewayId", "agentRuntimeId"]),
        arn: text(["gatewayArn", "agentRuntimeArn"]),
        is_gateway,
        stack: None,
        // A summary says which sort it is; a JWT's issuer stands in the detail only.
        authoriser: match summary.get("authorizerType").and_then(Value::as_str) {
            Some("AWS_IAM") => Some(Authoriser::Iam),
            Some("NONE") => Some(Authoriser::None),
            Some(_) | None => None,
        },
    }
}

fn authoriser(detail: &Value) -> Authoriser {
    let jwt = detail.pointer("/authorizerConfiguration/customJWTAuthorizer");
    let Some(jwt) = jwt else {
        let kind = detail.get("authorizerType").and_then(Value::as_str);
        return if kind == Some("NONE") {
            Authoriser::None
        } else {
            Authoriser::Iam
        };
    };
    Authoriser::Jwt {
        discovery_url: jwt
            .get("discoveryUrl")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        clients: jwt
            .get("allowedClients")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    }
}
