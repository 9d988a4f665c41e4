//! Resources of the control plane that the world only lists and shows: rules, rate limits, policies, credential
//! providers, identities, memories.

use serde_json::{Value, json};

use super::ListedKind;
use super::handlers::{gateway, not_found, page, required};
use super::shapes::picked;
use crate::operation::{OperationCall, OperationReply, OperationResult};
use crate::world::{SharedWorld, World};

/// The members of a credential provider that its list shows.
const PROVIDER: [&str; 4] = [
    "name",
    "credentialProviderArn",
    "createdTime",
    "lastUpdatedTime",
];

pub(super) fn list_gateway_rules(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let gateway = gateway(world, call.input())?;
    let rules = listed(world, ListedKind::GatewayRule, Some(&gateway.id), &[]);
    page(call, "gatewayRules", rules)
}

pub(super) fn get_gateway_rule(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let gateway = gateway(world, call.input())?;
    get(
        world,
        ListedKind::GatewayRule,
        Some(&gateway.id),
        call,
        "ruleId",
    )
}

pub(super) fn list_rate_limits(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let gateway = gateway(world, call.input())?;
    let limits = listed(world, ListedKind::RateLimit, Some(&gateway.id), &[]);
    page(call, "rateLimits", limits)
}

pub(super) fn get_rate_limit(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let gateway = gateway(world, call.input())?;
    get(
        world,
        ListedKind::RateLimit,
        Some(&gateway.id),
        call,
        "rateLimitId",
    )
}

pub(super) fn list_policy_engines(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let engines = listed(world, ListedKind::PolicyEngine, None, &[]);
    page(call, "policyEngines", engines)
}

pub(super) fn get_policy_engine(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    get(
        world,
        ListedKind::PolicyEngine,
        None,
        call,
        "policyEngineId",
    )
}

pub(super) fn list_policies(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    get_policy_engine(world, call)?;
    let engine = required(call.input(), "policyEngineId")?;
    page(
        call,
        "policies",
        listed(world, ListedKind::Policy, Some(engine), &[]),
    )
}

pub(super) fn get_policy(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let engine = required(call.input(), "policyEngineId")?;
    get(world, ListedKind::Policy, Some(engine), call, "policyId")
}

pub(super) fn list_oauth_providers(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let names = [&PROVIDER[..], &["credentialProviderVendor"]].concat();
    let providers = listed(world, ListedKind::OauthProvider, None, &names);
    page(call, "credentialProviders", providers)
}

pub(super) fn get_oauth_provider(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    get(world, ListedKind::OauthProvider, None, call, "name")
}

pub(super) fn list_key_providers(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let providers = listed(world, ListedKind::ApiKeyProvider, None, &PROVIDER);
    page(call, "credentialProviders", providers)
}

pub(super) fn get_key_provider(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    get(world, ListedKind::ApiKeyProvider, None, call, "name")
}

pub(super) fn list_workload_identities(
    world: &SharedWorld,
    call: &OperationCall,
) -> OperationResult {
    let names = ["name", "workloadIdentityArn"];
    let identities = listed(world, ListedKind::WorkloadIdentity, None, &names);
    page(call, "workloadIdentities", identities)
}

pub(super) fn get_workload_identity(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    get(world, ListedKind::WorkloadIdentity, None, call, "name")
}

pub(super) fn list_memories(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let names = ["arn", "id", "status", "createdAt", "updatedAt"];
    let memories = listed(world, ListedKind::Memory, None, &names);
    page(call, "memories", memories)
}

pub(super) fn get_memory(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    match get(world, ListedKind::Memory, None, call, "memoryId")? {
        OperationReply::Json(memory) => Ok(OperationReply::Json(json!({ "memory": memory }))),
        other => Ok(other),
    }
}

/// Returns the resources of a kind and a parent; all members if no names are given.
fn listed(world: &World, kind: ListedKind, parent: Option<&str>, names: &[&str]) -> Vec<Value> {
    world.control.with(|state| {
        let of_kind = state
            .listed
            .iter()
            .filter(|resource| resource.kind == kind && resource.parent.as_deref() == parent);
        of_kind
            .map(|resource| match names {
                [] => resource.value.clone(),
                names => picked(&resource.value, names),
            })
            .collect()
    })
}

fn get(
    world: &World,
    kind: ListedKind,
    parent: Option<&str>,
    call: &OperationCall,
    member: &str,
) -> OperationResult {
    let key = required(call.input(), member)?;
    world
        .control
        .with(|state| state.listed(kind, parent, key).cloned())
        .map(|found| OperationReply::Json(found.value))
        .ok_or_else(|| not_found(&format!("Resource {key}")))
}
