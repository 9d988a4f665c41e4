//! The gateway's copy of the tools against those that the runtime lists now.

use super::{
    ChainStage, Evidence, Judgement, Probe,
    commands::synchronise,
    details::{HopDetail, asked, tool_names},
    hop::{HopSpec, awaits_nothing, no_explanation, no_log, unread_targets_or_runtime},
    judgement::unreadable,
};
use crate::model::{Tool, tool_drift::list_drift};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "drift",
    short: "DRI",
    title: "the gateway's copy of the tools against the runtime's",
    stages: &[ChainStage::Target],
    precedence: 245,
    judge,
    elapsed_ms: |evidence| evidence.direct.elapsed_ms(),
    awaits: awaits_nothing,
    explain: no_explanation,
    log_groups: no_log,
    details,
    unread: unread_targets_or_runtime,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked(
        "tools/list of the runtime past the gateway",
        &evidence.direct,
        |tools| tool_names(tools),
    )
}

fn judge(evidence: &Evidence) -> Judgement {
    let (direct, listed) = match (&evidence.direct, evidence.tools.value()) {
        (Probe::NotMade(why), _) if evidence.token.failure().is_some() => {
            return Judgement::unknown(why.as_str());
        }
        (Probe::NotMade(why), _) => return Judgement::skipped(why.as_str()),
        (Probe::Failed { failure, .. }, _) => {
            return Judgement::unknown(unreadable(failure, "tools/list of the runtime"));
        }
        (Probe::Answered { .. }, None) => {
            return Judgement::unknown("the gateway does not list its tools");
        }
        (Probe::Answered { value, .. }, Some(listed)) => (value, listed),
    };
    let prefix = evidence.called_target_name();
    let is_ours = |tool: &&Tool| {
        let (target, _) = tool.parts();
        target.is_some() && (prefix.is_none() || target == prefix)
    };
    let drift = list_drift(listed.iter().filter(is_ours), direct.iter());
    let changed: Vec<String> = drift
        .changed
        .iter()
        .map(|copy| format!("{} ({})", copy.tool, copy.words()))
        .collect();
    let mut parts = Vec::new();
    if !drift.missing.is_empty() {
        parts.push(format!("lacks {}", drift.missing.join(", ")));
    }
    if !drift.stale.is_empty() {
        parts.push(format!("still lists {}", drift.stale.join(", ")));
    }
    if !changed.is_empty() {
        parts.push(format!("has an older copy of {}", changed.join(", ")));
    }
    if parts.is_empty() {
        return Judgement::ok(format!("both list the same {} tools", direct.len()));
    }
    let words = format!("the gateway {}", parts.join(" and "));
    let is_hidden_only = drift.stale.is_empty() && drift.changed.is_empty();
    if is_hidden_only && evidence.is_denied_by_policy() {
        // An engine leaves out of tools/list what it forbids: another synchronisation changes nothing.
        return Judgement::warning(format!("{words}: a policy hides what it forbids"));
    }
    Judgement::advice(
        words,
        synchronise(evidence, evidence.called_target()),
        "MCP tools/list of the gateway and of the runtime",
    )
}
