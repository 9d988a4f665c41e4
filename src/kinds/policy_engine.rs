//! Policy engines. Whether an engine blocks calls is a setting of the gateway that asks it.

use super::{Folding, KindSpec, McpAccess, plain_status, status::policy_health};
use crate::model::{Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health: |engine| policy_health(&engine.status),
    status_text: plain_status,
    remark,
    parent: None,
    command: |key| {
        format!(
            "bedrock-agentcore-control get-policy-engine --policy-engine-id {}",
            key.own_id()
        )
    },
    good_status: "ACTIVE",
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn remark(engine: &Resource, _: Moment) -> Option<String> {
    engine
        .fact("Asked by")
        .map(|asked| format!("asked by {asked}"))
}
