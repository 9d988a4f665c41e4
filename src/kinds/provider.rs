//! Credential providers of AgentCore Identity.

use super::{Folding, KindSpec, McpAccess, no_remark, plain_status, status::control_plane_health};
use crate::model::{Health, Resource};

pub(super) const SPEC: KindSpec = KindSpec {
    health,
    status_text: plain_status,
    remark: no_remark,
    parent: None,
    command: |key| {
        let operation = match key.owner_id() {
            "api-key" => "get-api-key-credential-provider",
            _ => "get-oauth2-credential-provider",
        };
        format!(
            "bedrock-agentcore-control {operation} --name {}",
            key.own_id()
        )
    },
    good_status: "READY",
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: true,
};

fn health(provider: &Resource) -> Health {
    control_plane_health(&provider.status)
}

#[cfg(test)]
mod tests {
    use crate::{
        kinds::command_line,
        model::{Kind, ResourceKey},
    };

    #[test]
    fn each_sort_of_provider_is_shown_by_its_own_operation() {
        for (id, operation) in [
            ("api-key/weather", "get-api-key-credential-provider"),
            ("oauth2/github", "get-oauth2-credential-provider"),
        ] {
            let key = ResourceKey {
                deployment: "d".into(),
                kind: Kind::Provider,
                id: id.into(),
            };
            let name = key.own_id();
            assert_eq!(
                command_line(&key, "us-west-2"),
                format!(
                    "aws bedrock-agentcore-control {operation} --name {name} --region us-west-2"
                )
            );
        }
    }
}
