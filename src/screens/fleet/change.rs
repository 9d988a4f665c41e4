//! Changes that are made from the Fleet, each after a question: synchronise targets, roll an endpoint back.

use crate::{
    messages::{Effect, Effects, FleetEffect},
    model::{DeploymentName, Kind, Resource, ResourceKey},
    screens::{AppRequest, ScreenUpdate, UpdateContext, confirm::Confirm},
    state::Store,
};

/// The endpoint that always follows the newest version.
pub(super) const DEFAULT: &str = "DEFAULT";

/// Asks whether to synchronise these targets. Those of them that no row shows are named as such.
pub(super) fn synchronize(
    context: &UpdateContext<'_>,
    targets: &[&Resource],
    hidden: &[&Resource],
) -> ScreenUpdate {
    let [first, ..] = targets else {
        return ScreenUpdate::request(AppRequest::Say(
            "only a target can be synchronized".to_owned(),
        ));
    };
    if let Some(refusal) = targets
        .iter()
        .find_map(|target| refusal(context, &target.key.deployment))
    {
        return refusal;
    }
    let row_id = |target: &Resource| {
        let title = context.store.title(target.key.deployment.as_str());
        format!("{} ({title})", target.name)
    };
    let title = if targets.len() == 1 {
        format!("Synchronize {}?", row_id(first))
    } else {
        format!("Synchronize {} targets?", targets.len())
    };
    let names: Vec<String> = targets.iter().map(|target| row_id(target)).collect();
    let effects: Effects = targets
        .iter()
        .map(|target| Effect::Fleet(FleetEffect::Synchronize(target.key.clone())))
        .collect();
    let mut confirm = Confirm::ask(
        title,
        "The gateway reads the tools again; calls go on meanwhile.".to_owned(),
        effects,
    );
    if targets.len() > 1 {
        confirm.text.push(names.join(", "));
    }
    let unseen: Vec<String> = hidden.iter().map(|target| row_id(target)).collect();
    if !unseen.is_empty() {
        let (count, verb) = (unseen.len(), if unseen.len() == 1 { "is" } else { "are" });
        confirm.text.push(format!(
            "{count} of the marked {verb} not shown, filtered out or folded away: {}",
            unseen.join(", ")
        ));
    }
    ScreenUpdate::request(AppRequest::Ask(confirm))
}

/// Returns what is said where writes are refused.
pub(super) fn refusal(
    context: &UpdateContext<'_>,
    deployment: &DeploymentName,
) -> Option<ScreenUpdate> {
    let deployment = context.store.deployment(deployment);
    let is_refused = context.read_only || deployment.is_some_and(|deployment| deployment.read_only);
    is_refused.then(|| {
        ScreenUpdate::request(AppRequest::Say(
            "read-only mode: nothing is changed".to_owned(),
        ))
    })
}

pub(super) fn say(text: impl Into<String>) -> ScreenUpdate {
    ScreenUpdate::request(AppRequest::Say(text.into()))
}

/// Asks whether an endpoint should serve an earlier version: the selected version, or the one before the endpoint's own.
pub(super) fn roll_back(context: &UpdateContext<'_>, resource: Option<&Resource>) -> ScreenUpdate {
    let Some(resource) = resource else {
        return say("select an endpoint or a version to roll back");
    };
    if let Some(refusal) = refusal(context, &resource.key.deployment) {
        return refusal;
    }
    let (endpoint, version) = if resource.key.kind == Kind::Endpoint {
        (Some(resource), earlier_version(context.store, resource))
    } else if resource.key.kind == Kind::Version {
        (
            movable_endpoint(context.store, resource),
            Some(resource.key.own_id().to_owned()),
        )
    } else {
        return say("only an endpoint of a runtime can be rolled back");
    };
    let Some(endpoint) = endpoint else {
        return say("this runtime has only DEFAULT, which always follows the newest version");
    };
    if endpoint.key.own_id() == DEFAULT {
        return say("DEFAULT always follows the newest version and cannot be rolled back");
    }
    let Some(version) = version else {
        return say(format!("{} has no earlier version", endpoint.name));
    };
    let live = member(endpoint, "liveVersion").unwrap_or("an unknown one");
    if live == version {
        return say(format!(
            "{} serves version {version} already",
            endpoint.name
        ));
    }
    let title = format!("Let endpoint {} serve version {version}?", endpoint.name);
    let text = format!(
        "It serves version {live} now. New sessions get version {version}, with its own environment: a password in it may be \
         an old one. Running sessions keep theirs until they end."
    );
    let effect = Effect::Fleet(FleetEffect::MoveEndpoint(endpoint.key.clone(), version));
    ScreenUpdate::request(AppRequest::Ask(Confirm::ask(title, text, effect)))
}

fn member<'a>(resource: &'a Resource, name: &str) -> Option<&'a str> {
    resource.raw.get(name).and_then(serde_json::Value::as_str)
}

/// Returns the newest version below the one that an endpoint serves.
fn earlier_version(store: &Store, endpoint: &Resource) -> Option<String> {
    let live: u64 = member(endpoint, "liveVersion")?.parse().ok()?;
    versions_of(store, endpoint.key.owner_id(), &endpoint.key.deployment)
        .filter(|version| *version < live)
        .max()
        .map(|version| version.to_string())
}

fn versions_of<'a>(
    store: &'a Store,
    runtime: &'a str,
    deployment: &'a DeploymentName,
) -> impl Iterator<Item = u64> {
    store
        .resources(deployment)
        .filter(move |resource| {
            resource.key.kind == Kind::Version && resource.key.owner_id() == runtime
        })
        .filter_map(|version| version.key.own_id().parse().ok())
}

/// Returns the endpoint of a version's runtime that can be moved.
fn movable_endpoint<'a>(store: &'a Store, version: &'a Resource) -> Option<&'a Resource> {
    store.resources(&version.key.deployment).find(|resource| {
        resource.key.kind == Kind::Endpoint
            && resource.key.owner_id() == version.key.owner_id()
            && resource.key.own_id() != DEFAULT
    })
}

/// Returns the runtime of a runtime or endpoint row, and the endpoint.
pub(super) fn runtime_of<'a>(
    store: &'a Store,
    resource: &'a Resource,
) -> Option<(&'a Resource, String)> {
    if resource.key.kind == Kind::Runtime {
        return Some((resource, DEFAULT.to_owned()));
    }
    if resource.key.kind != Kind::Endpoint {
        return None;
    }
    let key = ResourceKey {
        deployment: resource.key.deployment.clone(),
        kind: Kind::Runtime,
        id: resource.key.owner_id().to_owned(),
    };
    Some((store.resource(&key)?, resource.key.own_id().to_owned()))
}
