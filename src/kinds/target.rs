//! Targets of gateways.

use super::{Folding, KindSpec, McpAccess, plain_status, status::control_plane_health};
use crate::model::{Kind, Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health: |target| control_plane_health(&target.status),
    status_text: plain_status,
    remark,
    parent: Some(Kind::Gateway),
    command: |key| {
        format!(
            "bedrock-agentcore-control get-gateway-target --gateway-identifier {} --target-id {}",
            key.owner_id(),
            key.own_id()
        )
    },
    good_status: "READY",
    access: McpAccess::PartOfServer,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn remark(target: &Resource, _: Moment) -> Option<String> {
    target
        .status
        .ends_with("_PENDING_AUTH")
        .then(|| "a person must consent".to_owned())
}
