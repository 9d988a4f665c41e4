//! Rate limits that are set at gateways.

use super::{Folding, KindSpec, McpAccess, plain_status, status::policy_health};
use crate::model::{Kind, Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health: |limit| policy_health(&limit.status),
    status_text: plain_status,
    remark,
    parent: Some(Kind::Gateway),
    command: |key| {
        format!(
            "bedrock-agentcore-control get-gateway-rate-limit --gateway-identifier {} --rate-limit-id {}",
            key.owner_id(),
            key.own_id()
        )
    },
    good_status: "ACTIVE",
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn remark(limit: &Resource, _: Moment) -> Option<String> {
    limit.fact("Limit").map(str::to_owned)
}
