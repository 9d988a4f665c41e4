//! Policies of policy engines. A policy in mode `LOG_ONLY` never blocks a call.

use super::{Folding, KindSpec, McpAccess, plain_status, status::policy_health};
use crate::model::{Kind, Moment, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health: |policy| policy_health(&policy.status),
    status_text: plain_status,
    remark,
    parent: Some(Kind::PolicyEngine),
    command: |key| {
        format!(
            "bedrock-agentcore-control get-policy --policy-engine-id {} --policy-id {}",
            key.owner_id(),
            key.own_id()
        )
    },
    good_status: "ACTIVE",
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn remark(policy: &Resource, _: Moment) -> Option<String> {
    let mode = policy.fact("Enforcement mode")?;
    Some(match mode {
        "LOG_ONLY" => "LOG_ONLY: blocks nothing".to_owned(),
        "ACTIVE" => "enforced where the gateway enforces".to_owned(),
        other => other.to_owned(),
    })
}
