//! The gateway's copy of the tools against those that the runtime lists now.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ChainStage, Evidence, Judgement, Probe,
    commands::synchronise,
    details::{HopDetail, asked, tool_names},
    hop::{HopSpec, awaits_nothing, no_explanation, no_log, unread_targets_or_runtime},
    judgement::unreadable,
};
use crate::model::Tool;

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
    let theirs: BTreeMap<&str, &Tool> = direct
        .iter()
        .map(|tool| (tool.name.as_str(), tool))
        .collect();
    let ours: BTreeMap<&str, &Tool> = listed
        .iter()
        .map(|tool| (tool.parts(), tool))
        .filter(|((target, _), _)| target.is_some() && (prefix.is_none() || *target == prefix))
        .map(|((_, own), tool)| (own, tool))
        .collect();
    let missing: Vec<&str> = names_without(&theirs, &ours);
    let stale: Vec<&str> = names_without(&ours, &theirs);
    let changed: Vec<String> = theirs
        .iter()
        .filter_map(|(name, tool)| difference(name, ours.get(name)?, tool))
        .collect();
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("lacks {}", missing.join(", ")));
    }
    if !stale.is_empty() {
        parts.push(format!("still lists {}", stale.join(", ")));
    }
    if !changed.is_empty() {
        parts.push(format!("has an older copy of {}", changed.join(", ")));
    }
    if parts.is_empty() {
        return Judgement::ok(format!("both list the same {} tools", theirs.len()));
    }
    Judgement::warning(format!(
        "the gateway {}: {}",
        parts.join(" and "),
        synchronise(evidence, evidence.called_target())
    ))
}

fn names_without<'a>(
    tools: &BTreeMap<&'a str, &Tool>,
    others: &BTreeMap<&'a str, &Tool>,
) -> Vec<&'a str> {
    let names = tools.keys().copied();
    names.filter(|name| !others.contains_key(name)).collect()
}

/// Returns the tool with what differs of it. Only what a caller sees is compared: gateways leave other members of a schema out.
fn difference(name: &str, ours: &Tool, theirs: &Tool) -> Option<String> {
    let mut parts = Vec::new();
    if ours.description.as_deref().map(str::trim) != theirs.description.as_deref().map(str::trim) {
        parts.push("description");
    }
    if arguments(ours) != arguments(theirs) {
        parts.push("arguments");
    }
    (!parts.is_empty()).then(|| format!("{name} ({})", parts.join(" and ")))
}

/// Returns the arguments of a tool: name, type, and whether it is required.
fn arguments(tool: &Tool) -> BTreeMap<&str, (Option<&Value>, bool)> {
    let schema = &tool.input_schema;
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        let mut names = required.into_iter().flatten();
        names.any(|required| required.as_str() == Some(name))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), (property.get("type"), is_required(name))))
        .collect()
}
