//! The gateway's copy of the tools against those that the runtime lists now.

use std::collections::BTreeSet;

use super::{
    ChainStage, Evidence, Judgement, Probe,
    details::{HopDetail, asked, tool_names},
    hop::{HopSpec, no_explanation, no_log, unread_targets_or_runtime},
    judgement::unreadable,
};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "drift",
    short: "DRI",
    title: "the gateway's copy of the tools against the runtime's",
    stages: &[ChainStage::Target],
    precedence: 245,
    judge,
    elapsed_ms: |evidence| evidence.direct.elapsed_ms(),
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
    let prefix = evidence.called_target();
    let theirs: BTreeSet<&str> = direct.iter().map(|tool| tool.name.as_str()).collect();
    let ours: BTreeSet<&str> = listed
        .iter()
        .map(crate::model::Tool::parts)
        .filter(|(target, _)| target.is_some() && (prefix.is_none() || *target == prefix))
        .map(|(_, own)| own)
        .collect();
    let missing: Vec<&str> = theirs.difference(&ours).copied().collect();
    let stale: Vec<&str> = ours.difference(&theirs).copied().collect();
    match (missing.is_empty(), stale.is_empty()) {
        (true, true) => Judgement::ok(format!("both list the same {} tools", theirs.len())),
        (false, true) => Judgement::warning(format!(
            "the gateway lacks {}: synchronise the target",
            missing.join(", ")
        )),
        (true, false) => Judgement::warning(format!(
            "the gateway still lists {}: synchronise the target",
            stale.join(", ")
        )),
        (false, false) => Judgement::warning(format!(
            "the gateway lacks {} and still lists {}: synchronise the target",
            missing.join(", "),
            stale.join(", ")
        )),
    }
}
