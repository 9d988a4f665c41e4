//! MCP `tools/list`.

use super::{
    ChainStage, Evidence, Judgement, Probe,
    commands::read_request,
    details::{HopDetail, asked, tool_names},
    hop::{HopSpec, always_known, awaits_nothing, no_log},
    judgement::{Cause, with_request},
    symptom::{Step, Symptom},
};
use crate::model::pluralize;

pub(super) const SPEC: HopSpec = HopSpec {
    name: "tools-list",
    short: "LST",
    title: "MCP tools/list",
    stages: &[ChainStage::Target, ChainStage::Consent, ChainStage::Runtime],
    precedence: 230,
    judge,
    elapsed_ms: |evidence| evidence.tools.elapsed_ms(),
    awaits: awaits_nothing,
    explain,
    log_groups: no_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let question = format!("MCP tools/list at {}", evidence.endpoint_words());
    asked(&question, &evidence.tools, |tools| tool_names(tools))
}

fn judge(evidence: &Evidence) -> Judgement {
    match &evidence.tools {
        Probe::NotMade(why) => Judgement::unknown(why.as_str()),
        Probe::Answered { value, .. } => match value.len() {
            0 => Judgement::warning("the endpoint lists no tools"),
            count => Judgement::ok(pluralize(count, "tool")),
        },
        Probe::Failed { failure, .. } => Judgement::failed(
            with_request(failure),
            failure.hint.clone().unwrap_or_default(),
            "MCP tools/list",
        ),
    }
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    if symptom.step != Step::ToolsList {
        return None;
    }
    let (words, fix) = match symptom.failure {
        Some(failure) => (
            format!("The endpoint does not list its tools: {}", symptom.words()),
            failure
                .hint
                .clone()
                .unwrap_or_else(|| read_request(evidence, None)),
        ),
        None => (
            symptom.text.to_owned(),
            "deploy a server that offers a Cypher tool, or configure `mcp_url` of the one that does"
                .to_owned(),
        ),
    };
    Some(Cause::new(words, fix, "MCP tools/list"))
}
