//! Fixes as commands of this console or of `aws`, and as policy statements, with the names of this deployment in them.

use super::{Evidence, HopFix};
use crate::model::Resource;

/// Returns the command that shows the last lines of a gateway's or runtime's log, or of the whole deployment where it is not known.
pub(super) fn read_log(evidence: &Evidence, of: Option<&Resource>) -> String {
    let name = of.map_or(evidence.deployment.as_str(), |resource| {
        resource.name.as_str()
    });
    read_named(evidence, name)
}

/// Returns the command that shows the last lines of a log group.
pub(super) fn read_group(evidence: &Evidence, group: &str) -> String {
    read_named(evidence, group)
}

fn read_named(evidence: &Evidence, name: &str) -> String {
    format!(
        "agentcore-console logs {name} --since 15m -d {}",
        evidence.deployment
    )
}

/// Returns the command that shows the lines of the failed request in a log; the last lines where the request has no id.
pub(super) fn read_request(evidence: &Evidence, of: Option<&Resource>) -> String {
    let id = evidence
        .failed_request()
        .map_or_else(String::new, |id| format!(" --id {id}"));
    format!("{}{id}", read_log(evidence, of))
}

/// Returns the policy statement that allows one action on one resource.
pub(super) fn allow(action: &str, arn: Option<&str>) -> String {
    let arn = arn.unwrap_or("*");
    format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{arn}"}}"#)
}

/// Returns the command that reads the quotas of the service.
pub(super) fn read_quotas() -> &'static str {
    "aws service-quotas list-service-quotas --service-code bedrock-agentcore"
}

/// Returns the commands that update a runtime with all that it has now and one change, a filter of jq: the operation replaces everything,
/// variables and authoriser included.
pub(super) fn update_runtime(runtime: Option<&Resource>, change: &str) -> String {
    let id = runtime.map_or("RUNTIME_ID", |runtime| runtime.key.id.as_str());
    let change = if change.is_empty() {
        String::new()
    } else {
        format!(" | {change}")
    };
    format!(
        "umask 077; aws bedrock-agentcore-control get-agent-runtime --agent-runtime-id {id} \
         | jq 'del(.agentRuntimeArn, .agentRuntimeName, .agentRuntimeVersion, .createdAt, .lastUpdatedAt, .status, .failureReason, \
         .workloadIdentityDetails){change}' > runtime.json \
         && aws bedrock-agentcore-control update-agent-runtime --cli-input-json file://runtime.json; rm runtime.json"
    )
}

/// Returns the command that makes a gateway read a target's tools again; of a target whose tools are written down, the one that
/// changes them. A gateway refuses to synchronise while one of its targets waits for consent.
pub(super) fn synchronise(evidence: &Evidence, target: Option<&Resource>) -> HopFix {
    let name = target.map_or("TARGET", |target| target.name.as_str());
    let Some(target) = target.filter(|target| has_written_tools(target)) else {
        let others = evidence.targets.value().into_iter().flatten();
        let pending = others
            .filter(|other| super::target::is_pending(other) && other.name != name)
            .map(|other| format!("give the consent that {} waits for, then: ", other.name))
            .next();
        let command = format!(
            "agentcore-console targets sync {name} --wait -d {}",
            evidence.deployment
        );
        return HopFix::command(command).after(&pending.unwrap_or_default());
    };
    HopFix::run(
        format!("put the tool into the target's mcpToolSchema in {name}.json"),
        format!(
            "aws bedrock-agentcore-control update-gateway-target --gateway-identifier {} \
             --target-id {} --name {name} --target-configuration file://{name}.json",
            target.key.owner_id(),
            target.key.own_id(),
        ),
    )
}

/// Returns whether a target's tools are written down in its configuration, so that the gateway does not ask its server for them.
fn has_written_tools(target: &Resource) -> bool {
    target
        .raw
        .pointer("/targetConfiguration/mcp/mcpServer/mcpToolSchema")
        .is_some()
}
