//! Health from the status words of the AgentCore control plane.

use crate::model::{Health, Resource};

/// Judges a status word. The good one is `READY`, never `ACTIVE`. A word that this version does not know is unknown, not
/// broken.
pub(super) fn control_plane_health(status: &str) -> Health {
    match status {
        "READY" => Health::Healthy,
        "CREATING" | "UPDATING" | "DELETING" | "SYNCHRONIZING" => Health::Changing,
        _ if status.ends_with("_PENDING_AUTH") => Health::NeedsPerson,
        _ if status.ends_with("_UNSUCCESSFUL") => Health::Degraded,
        "FAILED" | "CREATE_FAILED" | "UPDATE_FAILED" | "DELETE_FAILED" => Health::Failed,
        _ => Health::Unknown,
    }
}

/// Judges a runtime or endpoint: one whose live version is not its target version is rolling out, or stuck.
pub(super) fn rollout_health(resource: &Resource) -> Health {
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

/// Judges a status word of policy engines, policies and rate limits. Their good one is `ACTIVE`.
pub(super) fn policy_health(status: &str) -> Health {
    match status {
        "ACTIVE" => Health::Healthy,
        _ => control_plane_health(status),
    }
}
