//! Versions of runtimes. A version that failed is history: the runtime itself says whether it works.

use super::{Folding, KindSpec, McpAccess, plain_status, status::control_plane_health};
use crate::model::{Health, Kind, Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health,
    status_text: plain_status,
    remark,
    parent: Some(Kind::Runtime),
    command: |key| {
        format!(
            "bedrock-agentcore-control get-agent-runtime --agent-runtime-id {} --agent-runtime-version {}",
            key.owner_id(),
            key.own_id()
        )
    },
    good_status: "READY",
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn health(version: &Resource) -> Health {
    match control_plane_health(&version.status) {
        Health::Failed | Health::Degraded => Health::Unknown,
        health @ (Health::Healthy | Health::Unknown | Health::Changing | Health::NeedsPerson) => {
            health
        }
    }
}

fn remark(version: &Resource, _: Moment) -> Option<String> {
    version
        .fact("Live at")
        .map(|live| format!("live at {live}"))
}
