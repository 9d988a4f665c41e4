//! Endpoints of runtimes.

use super::{Folding, KindSpec, McpAccess, no_remark, status::rollout_health};
use crate::model::{Kind, Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health: rollout_health,
    status_text,
    remark: no_remark,
    parent: Some(Kind::Runtime),
    command: |key| {
        format!(
            "bedrock-agentcore-control get-agent-runtime-endpoint --agent-runtime-id {} --endpoint-name {}",
            key.owner_id(),
            key.own_id()
        )
    },
    good_status: "READY",
    access: McpAccess::PartOfServer,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn status_text(endpoint: &Resource, _: Moment) -> String {
    let version = |name: &str| endpoint.raw.get(name).and_then(serde_json::Value::as_str);
    match (version("liveVersion"), version("targetVersion")) {
        (Some(live), Some(target)) if live != target => {
            format!("{}  v{live} → v{target}", endpoint.status)
        }
        (Some(live), _) => format!("{}  v{live}", endpoint.status),
        (None, _) => endpoint.status.clone(),
    }
}
