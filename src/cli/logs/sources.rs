//! From the names of a command line to log groups in places: a group that several deployments share is read once.

use std::collections::BTreeSet;

use futures::future::join_all;

use crate::{
    model::{Deployment, Failure, Kind, Resource, nearest},
    services::Services,
};

use super::super::{
    group_failures,
    outcome::{CliError, CliResult, usage},
    output,
};
use super::attribution::Attribution;
use crate::{
    cli::find_resource::{self, Listing, ListingProblem},
    logs::group_name,
};

/// Groups to read with one deployment's credentials.
pub(super) struct LogReadSource {
    /// Whose credentials and region.
    pub(super) deployment: Deployment,
    /// Log group names, each once.
    pub(super) groups: Vec<String>,
}

/// What the names of a command line mean.
pub(super) struct ResolvedNames {
    /// Groups to read.
    pub(super) sources: Vec<LogReadSource>,
    /// Whose each line is.
    pub(super) attribution: Attribution,
    /// Resources that could not be read, and with them the names of their groups.
    pub(super) unread: UnreadResources,
}

/// Resources whose log groups are not known, by deployment, since they could not be read.
#[derive(Default)]
pub(super) struct UnreadResources(Vec<(String, Failure)>);

impl UnreadResources {
    /// Tells them on stderr.
    pub(super) fn tell(&self) {
        let named = self.0.iter();
        group_failures::tell(named.map(|(deployment, failure)| (deployment.as_str(), failure)));
    }

    /// Returns the end of a command that did its work without their groups: partial data never exits 0.
    pub(super) fn end(&self) -> CliResult {
        group_failures::partial_code(self.0.iter().map(|(_, failure)| failure))
            .map_or(Ok(()), |code| Err(CliError::Code(code)))
    }
}

/// Finds what the names mean.
///
/// # Errors
/// Usage with the nearest name for one that means nothing; a failure of asking.
pub(super) async fn resolve(
    services: &Services,
    deployments: &[Deployment],
    names: &[String],
) -> Result<ResolvedNames, Failure> {
    let places = places(services, deployments).await;
    let mut attribution = Attribution::of(deployments);
    let mut sources: Vec<LogReadSource> = places
        .iter()
        .filter_map(|place| {
            Some(LogReadSource {
                deployment: place.first()?.clone(),
                groups: Vec::new(),
            })
        })
        .collect();
    let mut unread = UnreadResources::default();
    for name in names {
        let found = resolve_one(services, &places, name, &mut attribution, &mut unread).await?;
        for (place, groups) in found {
            if let Some(source) = sources.get_mut(place) {
                let fresh: Vec<String> = groups
                    .into_iter()
                    .filter(|group| !source.groups.contains(group))
                    .collect();
                source.groups.extend(fresh);
            }
        }
    }
    sources.retain(|source| !source.groups.is_empty());
    Ok(ResolvedNames {
        sources,
        attribution,
        unread,
    })
}

/// Returns the part of a log group's ARN before its name: region and account.
fn arn_scope(name: &str) -> Option<(&str, &str)> {
    let (scope, _) = name.strip_prefix("arn:")?.split_once(":log-group:")?;
    let mut parts = scope.split(':').skip(2);
    Some((parts.next()?, parts.next()?))
}

/// Returns the places that an ARN's region and account allow; all for a plain name.
async fn places_of_arn(
    services: &Services,
    places: &[Vec<Deployment>],
    name: &str,
) -> Result<Vec<bool>, Failure> {
    let Some((region, account)) = arn_scope(name) else {
        return Ok(vec![true; places.len()]);
    };
    let checks = places.iter().map(|place| async move {
        let Some(first) = place.first().filter(|first| first.region == region) else {
            return false;
        };
        // Without an answer, the service will refuse a foreign group by itself.
        services
            .aws
            .client
            .identity(first)
            .await
            .map_or(true, |identity| identity.account == account)
    });
    let allowed = join_all(checks).await;
    if allowed.contains(&true) {
        return Ok(allowed);
    }
    Err(usage(
        format!("looking for the logs of {name}"),
        format!("the log group is in account {account}, region {region}, and no deployment is"),
    ))
}

/// AccountPlace, region and endpoint.
type AccountPlace = (String, String, Option<String>);

/// Deployments by where their logs are: the same account and region, whatever the name.
async fn places(services: &Services, deployments: &[Deployment]) -> Vec<Vec<Deployment>> {
    let mut places: Vec<Vec<Deployment>> = Vec::new();
    for deployment in deployments {
        match places.iter_mut().find(|place| {
            place
                .first()
                .is_some_and(|first| first.shares_access(deployment))
        }) {
            Some(place) => place.push(deployment.clone()),
            None => places.push(vec![deployment.clone()]),
        }
    }
    if places.len() < 2 {
        return places;
    }
    // Two ways in may lead to one account: only AWS knows. Who cannot say stays by himself.
    let accounts = join_all(places.iter().map(|place| async move {
        let first = place.first()?;
        let identity = services.aws.client.identity(first).await.ok()?;
        Some((
            identity.account,
            first.region.clone(),
            first.endpoint_url.clone(),
        ))
    }))
    .await;
    let mut merged: Vec<(Option<AccountPlace>, Vec<Deployment>)> = Vec::new();
    for (account, place) in accounts.into_iter().zip(places) {
        match merged
            .iter_mut()
            .find(|(known, _)| account.is_some() && *known == account)
        {
            Some((_, all)) => all.extend(place),
            None => merged.push((account, place)),
        }
    }
    merged.into_iter().map(|(_, place)| place).collect()
}

/// Returns a group of that very name first; then the groups of a resource or a deployment of that name.
async fn resolve_one(
    services: &Services,
    places: &[Vec<Deployment>],
    name: &str,
    attribution: &mut Attribution,
    unread: &mut UnreadResources,
) -> Result<Vec<(usize, Vec<String>)>, Failure> {
    let doing = format!("looking for the logs of {name}");
    let allowed = places_of_arn(services, places, name).await?;
    let name = group_name(name);
    let asked = join_all(places.iter().map(|place| existing(services, place, name))).await;
    let is_group =
        |groups: &Result<Vec<String>, Failure>| groups.iter().flatten().any(|group| group == name);
    let exact: Vec<(usize, Vec<String>)> = asked
        .iter()
        .zip(allowed)
        .enumerate()
        .filter(|(_, (groups, is_allowed))| *is_allowed && is_group(groups))
        .map(|(place, _)| (place, vec![name.to_owned()]))
        .collect();
    if !exact.is_empty() {
        attribution.name_group(name);
        return Ok(exact);
    }
    let mut known: BTreeSet<String> = asked.iter().flatten().flatten().cloned().collect();
    let mut found = Vec::new();
    let mut problem = asked.into_iter().find_map(Result::err);
    for (at, place) in places.iter().enumerate() {
        let kinds = [Kind::Gateway, Kind::Runtime, Kind::Target, Kind::Endpoint];
        let listing = find_resource::list(services, place, &kinds).await;
        let lacking = of_derived_groups(place, &listing, name);
        problem = problem
            .or(listing.total_failure().cloned())
            .or_else(|| lacking.first().map(|(_, failure)| failure.clone()));
        unread.0.extend(lacking);
        learn(place, &listing.resources, name, attribution, &mut known);
        let groups = groups_of(place, &listing.resources, name);
        if !groups.is_empty() {
            found.push((at, readable(services, place, groups).await));
        }
    }
    if found.iter().any(|(_, groups)| !groups.is_empty()) {
        return Ok(found);
    }
    if !found.is_empty() {
        return Err(usage(
            doing,
            "its log groups do not exist (yet): they are made when it first writes",
        ));
    }
    match problem {
        Some(failure) => Err(failure),
        None => Err(unknown_name(services, places, name, doing, known).await),
    }
}

/// Returns why groups of the deployments or resources of a name may be missing. Groups that the configuration lists do not depend on
/// what can be read.
fn of_derived_groups(
    place: &[Deployment],
    listing: &Listing,
    name: &str,
) -> Vec<(String, Failure)> {
    let is_of_resource = |problem: &ListingProblem| {
        listing.resources.iter().any(|resource| {
            resource.unread.is_some()
                && resource.key.kind == problem.kind
                && resource.key.deployment == problem.deployment
                && find_resource::is_named(resource, name)
        })
    };
    let is_derived = |problem: &ListingProblem| {
        place.iter().any(|deployment| {
            deployment.name == problem.deployment
                && deployment.is_called(name)
                && deployment.log_groups.is_empty()
        })
    };
    listing
        .lacking()
        .filter(|problem| is_derived(problem) || is_of_resource(problem))
        .map(|problem| (problem.deployment.to_string(), problem.failure.clone()))
        .collect()
}

/// Learns from what a place lists: whose lines are asked for, and which names there are.
fn learn(
    place: &[Deployment],
    resources: &[Resource],
    name: &str,
    attribution: &mut Attribution,
    known: &mut BTreeSet<String>,
) {
    attribution.learn(resources);
    for deployment in place {
        let is_named = deployment.is_called(name)
            || resources.iter().any(|resource| {
                resource.key.deployment == deployment.name
                    && find_resource::is_named(resource, name)
            });
        if is_named {
            attribution.ask(&deployment.name);
        }
        known.extend(deployment.log_groups.iter().cloned());
        known.insert(deployment.name.to_string());
        known.extend(deployment.title.clone());
    }
    for resource in resources {
        known.extend([resource.key.id.clone(), resource.name.clone()]);
        known.extend(resource.log_groups.iter().cloned());
    }
}

/// Returns a name that means nothing, with the nearest one that does.
async fn unknown_name(
    services: &Services,
    places: &[Vec<Deployment>],
    name: &str,
    doing: String,
    mut known: BTreeSet<String>,
) -> Failure {
    if let Some((folder, _)) = name
        .rsplit_once('/')
        .filter(|(folder, _)| !folder.is_empty())
    {
        // A slip in the last part: its neighbours are named.
        let beside = join_all(places.iter().map(|place| existing(services, place, folder))).await;
        known.extend(beside.into_iter().flatten().flatten());
    }
    let failure = usage(
        doing,
        "there is no log group, gateway, runtime or deployment of that name",
    );
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!(
            "{}, a gateway or runtime (`status` lists them), or a log group's full name",
            find_resource::known(&heads(places))
        ),
    };
    failure.hint(hint)
}

/// Returns the deployments: the shortest names that lead to logs.
fn heads(places: &[Vec<Deployment>]) -> Vec<&str> {
    places
        .iter()
        .flatten()
        .map(|deployment| deployment.name.as_str())
        .collect()
}

async fn existing(
    services: &Services,
    place: &[Deployment],
    prefix: &str,
) -> Result<Vec<String>, Failure> {
    match place.first() {
        // No group's name has a colon, and CloudWatch Logs refuses one: the ARN of a gateway or runtime.
        Some(_) if prefix.contains(':') => Ok(Vec::new()),
        Some(deployment) => services.aws.logs.groups(deployment, prefix).await,
        None => Ok(Vec::new()),
    }
}

fn groups_of(place: &[Deployment], resources: &[Resource], name: &str) -> Vec<String> {
    let named = resources
        .iter()
        .filter(|resource| find_resource::is_named(resource, name));
    let mut groups: Vec<String> = named
        .flat_map(|resource| resource.log_groups.iter().cloned())
        .collect();
    for deployment in place.iter().filter(|deployment| deployment.is_called(name)) {
        let own = resources
            .iter()
            .filter(|resource| resource.key.deployment == deployment.name);
        groups.extend(
            deployment
                .log_groups
                .iter()
                .map(|group| group_name(group).to_owned())
                .chain(own.flat_map(|resource| resource.log_groups.iter().cloned())),
        );
    }
    let mut each = Vec::new();
    for group in groups {
        if !each.contains(&group) {
            each.push(group);
        }
    }
    each
}

/// Returns those that exist; the others are named in one line.
async fn readable(services: &Services, place: &[Deployment], groups: Vec<String>) -> Vec<String> {
    let asked = join_all(groups.iter().map(|group| existing(services, place, group))).await;
    let (mut kept, mut missing) = (Vec::new(), Vec::new());
    for (group, answer) in groups.into_iter().zip(asked) {
        match answer {
            Ok(existing) if !existing.contains(&group) => missing.push(group),
            Ok(_) | Err(_) => kept.push(group),
        }
    }
    match missing.as_slice() {
        [] => {}
        [only] => output::note(&format!("note: {only} does not exist (yet)")),
        several => output::note(&format!(
            "note: {} log groups do not exist (yet): {}",
            several.len(),
            several.join(", ")
        )),
    }
    kept
}
