//! Workload identities of AgentCore Identity. AWS gives them no status.

use super::{Folding, KindSpec, McpAccess, no_remark, plain_status};
use crate::model::Health;

pub(super) const SPEC: KindSpec = KindSpec {
    health: |_| Health::Unknown,
    status_text: plain_status,
    remark: no_remark,
    parent: None,
    command: |key| {
        format!(
            "bedrock-agentcore-control get-workload-identity --name {}",
            key.own_id()
        )
    },
    good_status: super::NO_STATUS,
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: true,
};
