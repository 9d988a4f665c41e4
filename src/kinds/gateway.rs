//! Gateways.

use super::{Folding, KindSpec, McpAccess, no_remark, plain_status, status::control_plane_health};

pub(super) const SPEC: KindSpec = KindSpec {
    health: |gateway| control_plane_health(&gateway.status),
    status_text: plain_status,
    remark: no_remark,
    parent: None,
    command: |key| {
        format!(
            "bedrock-agentcore-control get-gateway --gateway-identifier {}",
            key.own_id()
        )
    },
    good_status: "READY",
    access: McpAccess::Server,
    folding: Folding::OnLowScreens,
    is_grouped_on_low_screens: false,
};
