//! What is particular to each kind of resource: how its status is judged, what stands beside its name. Pure.

mod chain;
mod deployment_health;

pub use chain::{Chain, ChainInput, StageStatus, chain, is_live};
pub use deployment_health::{
    DeploymentHealth, EVIDENCE_MS, HealthInput, HealthVerdict, ObservedCall, deployment_health,
};

use crate::model::{Health, Kind, Moment, Resource, ResourceKey};

/// Days after which a password deserves a word.
const OLD_PASSWORD_DAYS: i64 = 90;

/// How a resource is, judged from its status and its facts.
pub fn health(resource: &Resource) -> Health {
    match resource.key.kind {
        Kind::Gateway | Kind::Target => control_plane_health(&resource.status),
        Kind::Runtime | Kind::Endpoint => rollout_health(resource),
        Kind::Secret => secret_health(&resource.status),
    }
}

/// The words of the control plane. Healthy is READY, never ACTIVE. What this version does not know is unknown, not broken.
fn control_plane_health(status: &str) -> Health {
    match status {
        "READY" => Health::Healthy,
        "CREATING" | "UPDATING" | "DELETING" | "SYNCHRONIZING" => Health::Changing,
        _ if status.ends_with("_PENDING_AUTH") => Health::NeedsPerson,
        _ if status.ends_with("_UNSUCCESSFUL") => Health::Degraded,
        "FAILED" | "CREATE_FAILED" | "UPDATE_FAILED" | "DELETE_FAILED" => Health::Failed,
        _ => Health::Unknown,
    }
}

/// An endpoint whose live version is not its target version is rolling out, or stuck.
fn rollout_health(resource: &Resource) -> Health {
    let version = |name: &str| resource.raw.get(name).and_then(serde_json::Value::as_str);
    match (
        control_plane_health(&resource.status),
        version("liveVersion"),
        version("targetVersion"),
    ) {
        (Health::Healthy, Some(live), Some(target)) if live != target => Health::Changing,
        (health, ..) => health,
    }
}

fn secret_health(status: &str) -> Health {
    match status {
        "ENABLED" => Health::Healthy,
        "ROTATING" => Health::Changing,
        "DELETED" => Health::Failed,
        _ => Health::Unknown,
    }
}

/// The status as a person reads it in a list: AWS's word, and what belongs to it.
pub fn status_text(resource: &Resource, now: Moment) -> String {
    let member = |name: &str| resource.raw.get(name).and_then(serde_json::Value::as_str);
    match resource.key.kind {
        Kind::Gateway | Kind::Target => resource.status.clone(),
        Kind::Runtime => match member("agentRuntimeVersion") {
            Some(version) => format!("{}  v{version}", resource.status),
            None => resource.status.clone(),
        },
        Kind::Endpoint => match (member("liveVersion"), member("targetVersion")) {
            (Some(live), Some(target)) if live != target => {
                format!("{}  v{live} → v{target}", resource.status)
            }
            (Some(live), _) => format!("{}  v{live}", resource.status),
            _ => resource.status.clone(),
        },
        Kind::Secret => match (resource.status.as_str(), resource.updated) {
            ("ENABLED", Some(updated)) => format!("{} old", updated.age(now)),
            _ => resource.status.clone(),
        },
    }
}

/// What deserves a word beside the status: AWS's reason first, else what this kind wants seen.
pub fn remark(resource: &Resource, now: Moment) -> Option<String> {
    if let Some(reason) = resource.reason.as_ref().filter(|reason| !reason.is_empty()) {
        return Some(reason.clone());
    }
    match resource.key.kind {
        Kind::Target if resource.status.ends_with("_PENDING_AUTH") => {
            Some("a person must consent: open the detail for the address".to_owned())
        }
        Kind::Secret => {
            let days = now.since(resource.updated?) / 86_400_000;
            (days > OLD_PASSWORD_DAYS)
                .then(|| format!("older than {OLD_PASSWORD_DAYS} days: R rotates"))
        }
        Kind::Gateway | Kind::Target | Kind::Runtime | Kind::Endpoint => None,
    }
}

/// The resource that this one is shown below, where there is one.
pub fn parent(resource: &Resource) -> Option<(Kind, &str)> {
    match resource.key.kind {
        Kind::Target => Some((Kind::Gateway, resource.key.owner_id())),
        Kind::Endpoint => Some((Kind::Runtime, resource.key.owner_id())),
        Kind::Gateway | Kind::Runtime | Kind::Secret => None,
    }
}

/// The aws command that shows the resource; without credentials, with the region.
pub fn command_line(key: &ResourceKey, region: &str) -> String {
    let (owner, own) = (key.owner_id(), key.own_id());
    let call = match key.kind {
        Kind::Gateway => {
            format!("bedrock-agentcore-control get-gateway --gateway-identifier {own}")
        }
        Kind::Target => format!(
            "bedrock-agentcore-control get-gateway-target --gateway-identifier {owner} --target-id {own}"
        ),
        Kind::Runtime => {
            format!("bedrock-agentcore-control get-agent-runtime --agent-runtime-id {own}")
        }
        Kind::Endpoint => {
            format!(
                "bedrock-agentcore-control get-agent-runtime-endpoint --agent-runtime-id {owner} --endpoint-name {own}"
            )
        }
        Kind::Secret => format!("secretsmanager describe-secret --secret-id {own}"),
    };
    format!("aws {call} --region {region}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: Kind, status: &str, raw: serde_json::Value) -> Resource {
        Resource {
            key: ResourceKey {
                deployment: "d".into(),
                kind,
                id: "x/y".into(),
            },
            arn: None,
            name: "x".into(),
            status: status.into(),
            reason: None,
            created: None,
            updated: Some(Moment::from_millis(0)),
            facts: Vec::new(),
            links: Vec::new(),
            log_groups: Vec::new(),
            mcp_url: None,
            raw,
        }
    }

    #[test]
    fn every_status_of_aws_has_its_health_and_a_new_one_is_unknown() {
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
