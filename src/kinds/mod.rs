//! What is particular to each kind of resource, one file and one specification a kind. Pure.

mod chain;
mod deployment_health;
mod difference;
mod endpoint;
mod gateway;
mod logged_calls;
mod policy;
mod policy_engine;
mod provider;
mod rate_limit;
mod runtime;
mod secret;
mod session_price;
mod status;
mod target;
mod version;
mod workload_identity;

pub use chain::{Chain, ChainInput, StageStatus, chain, is_live};
pub use deployment_health::{
    DeploymentHealth, EVIDENCE_MS, EarlierBreak, HealthInput, HealthVerdict, ObservedCall,
    deployment_health,
};

pub use logged_calls::{LoggedCalls, LoggedProof};

pub use difference::{Differences, all_differences, differences};
pub use session_price::{IdleSession, idle_session};

use crate::model::{Health, Kind, Moment, Resource, ResourceKey};

/// What is particular to a kind.
pub struct KindSpec {
    /// Judges a resource by its status and facts.
    health: fn(&Resource) -> Health,
    /// The status as a person reads it in a list: AWS's word, and what belongs to it.
    status_text: fn(&Resource, Moment) -> String,
    /// What deserves a word beside the status where AWS gives no reason.
    remark: fn(&Resource, Moment) -> Option<String>,
    /// The kind that a resource is shown below.
    pub parent: Option<Kind>,
    /// The aws command that shows a resource, without `aws` and without the region.
    command: fn(&ResourceKey) -> String,
    /// The status of a resource that is as it should be.
    pub good_status: &'static str,
    /// Whether MCP calls can be sent to it.
    pub access: McpAccess,
    /// When the rows below it are folded unless somebody unfolded them.
    pub folding: Folding,
    /// Whether a low screen shows all resources of a deployment of such kinds as one row: no tool call passes through them.
    pub is_grouped_on_low_screens: bool,
}

/// Whether a kind of resource answers MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpAccess {
    /// It does not.
    None,
    /// It has an MCP endpoint of its own, and CloudWatch counts its calls.
    Server,
    /// It is reached through the server that it is a part of.
    PartOfServer,
}

/// When the rows below a resource are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// Nothing is below it, or all of it is shown.
    Never,
    /// On a low screen.
    OnLowScreens,
    /// Always.
    Always,
}

/// The status that stands for a resource to which AWS gives none.
pub const NO_STATUS: &str = "LISTED";

/// AWS's status word; empty for a resource to which AWS gives none.
pub fn shown_status(resource: &Resource) -> &str {
    if has_status(resource) {
        &resource.status
    } else {
        ""
    }
}

/// Returns whether AWS gives the resource a status.
pub fn has_status(resource: &Resource) -> bool {
    resource.status != NO_STATUS
}

/// Returns what is particular to a kind.
pub const fn spec(kind: Kind) -> &'static KindSpec {
    match kind {
        Kind::Gateway => &gateway::SPEC,
        Kind::Target => &target::SPEC,
        Kind::Runtime => &runtime::SPEC,
        Kind::Endpoint => &endpoint::SPEC,
        Kind::Secret => &secret::SPEC,
        Kind::Provider => &provider::SPEC,
        Kind::WorkloadIdentity => &workload_identity::SPEC,
        Kind::PolicyEngine => &policy_engine::SPEC,
        Kind::Policy => &policy::SPEC,
        Kind::RateLimit => &rate_limit::SPEC,
        Kind::Version => &version::SPEC,
    }
}

/// Judges a resource by its status and facts.
pub fn health(resource: &Resource) -> Health {
    (spec(resource.key.kind).health)(resource)
}

/// Returns the status as a person reads it in a list: AWS's word, and what belongs to it.
pub fn status_text(resource: &Resource, now: Moment) -> String {
    (spec(resource.key.kind).status_text)(resource, now)
}

/// Returns what deserves a word beside the status: AWS's reason first, else what this kind wants seen.
pub fn remark(resource: &Resource, now: Moment) -> Option<String> {
    match resource.reason.as_ref().filter(|reason| !reason.is_empty()) {
        Some(reason) => Some(reason.clone()),
        None => (spec(resource.key.kind).remark)(resource, now).or_else(|| {
            let failure = resource.unread.as_ref()?;
            Some(format!("its details could not be read: {}", failure.cause))
        }),
    }
}

/// Returns the resource that this one is shown below, if there is one.
pub fn parent(resource: &Resource) -> Option<(Kind, &str)> {
    let kind = spec(resource.key.kind).parent?;
    Some((kind, resource.key.owner_id()))
}

/// Returns the aws command that shows the resource; without credentials, with the region.
pub fn command_line(key: &ResourceKey, region: &str) -> String {
    format!("aws {} --region {region}", (spec(key.kind).command)(key))
}

/// Returns the address of a resource in the AWS console: its own page where that has a stable address, otherwise the service's.
pub fn console_address(key: Option<&ResourceKey>, region: &str) -> String {
    let console = format!("https://{region}.console.aws.amazon.com");
    match key {
        Some(key) if key.kind == Kind::Secret => format!(
            "{console}/secretsmanager/secret?name={}&region={region}",
            key.own_id().replace('/', "%2F")
        ),
        Some(_) | None => format!("{console}/bedrock-agentcore/home?region={region}"),
    }
}

/// For kinds whose status is AWS's word alone. What has no status shows none.
fn plain_status(resource: &Resource, _: Moment) -> String {
    shown_status(resource).to_owned()
}

/// For kinds of which there is nothing to say beside AWS's reason.
fn no_remark(_: &Resource, _: Moment) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: Kind, status: &str, raw: serde_json::Value) -> Resource {
        Resource {
            name: "x".into(),
            status: status.into(),
            updated: Some(Moment::from_millis(0)),
            raw: raw.into(),
            ..Resource::new("d", kind, "x/y")
        }
    }

    #[test]
    fn every_status_of_aws_has_a_health_and_a_new_one_is_unknown() {
        let plain = |kind, status: &str| health(&resource(kind, status, serde_json::Value::Null));
        for (status, expected) in [
            ("READY", Health::Healthy),
            ("SYNCHRONIZING", Health::Changing),
            ("SYNCHRONIZE_UNSUCCESSFUL", Health::Degraded),
            ("CREATE_PENDING_AUTH", Health::NeedsPerson),
            ("FAILED", Health::Failed),
            ("HIBERNATING", Health::Unknown),
        ] {
            assert_eq!(plain(Kind::Target, status), expected, "{status}");
        }
        assert_eq!(plain(Kind::Runtime, "UPDATE_FAILED"), Health::Failed);
        assert_eq!(plain(Kind::Secret, "ENABLED"), Health::Healthy);
        for kind in [Kind::PolicyEngine, Kind::Policy, Kind::RateLimit] {
            assert_eq!(plain(kind, "ACTIVE"), Health::Healthy, "{kind}");
            assert_eq!(plain(kind, "CREATE_FAILED"), Health::Failed, "{kind}");
        }
    }

    #[test]
    fn a_roll_out_in_progress_is_changing_although_it_is_ready() {
        let raw = serde_json::json!({"liveVersion": "3", "targetVersion": "4"});
        let endpoint = resource(Kind::Endpoint, "READY", raw);
        assert_eq!(health(&endpoint), Health::Changing);
        assert_eq!(
            status_text(&endpoint, Moment::from_millis(0)),
            "READY  v3 → v4"
        );
    }

    #[test]
    fn an_old_password_is_pointed_out() {
        let secret = resource(Kind::Secret, "ENABLED", serde_json::Value::Null);
        let day = 86_400_000;
        assert_eq!(remark(&secret, Moment::from_millis(89 * day)), None);
        assert!(
            remark(&secret, Moment::from_millis(112 * day))
                .unwrap()
                .contains("90 days")
        );
        assert_eq!(
            status_text(&secret, Moment::from_millis(112 * day)),
            "112d old"
        );
    }
}
