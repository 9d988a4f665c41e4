//! Runtimes.

use super::{Folding, KindSpec, McpAccess, no_remark, status::rollout_health};
use crate::model::{Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health: rollout_health,
    status_text,
    remark: no_remark,
    parent: None,
    command: |key| {
        format!(
            "bedrock-agentcore-control get-agent-runtime --agent-runtime-id {}",
            key.own_id()
        )
    },
    good_status: "READY",
    access: McpAccess::Server,
    folding: Folding::Always,
    is_grouped_on_low_screens: false,
};

fn status_text(runtime: &Resource, _: Moment) -> String {
    let version = runtime
        .raw
        .get("agentRuntimeVersion")
        .and_then(serde_json::Value::as_str);
    match version {
        Some(version) => format!("{}  v{version}", runtime.status),
        None => runtime.status.clone(),
    }
}
