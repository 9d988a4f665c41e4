//! The gateway's policy engine: whether it enforces, and whether it denied the call.

use serde_json::Value;

use super::{
    ChainStage, Evidence, Judgement,
    hop::{HopSpec, gateway_log, no_details, unread_gateway},
    judgement::Cause,
    symptom::Symptom,
};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "policy",
    short: "POL",
    title: "the gateway's policy engine",
    stages: &[ChainStage::Gateway],
    precedence: 60,
    judge,
    elapsed_ms: |_| None,
    explain,
    log_groups: gateway_log,
    details: no_details,
    unread: unread_gateway,
};

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.gateways, "GetGateway", |gateways| {
        let engine = gateways
            .iter()
            .find_map(|gateway| gateway.raw.get("policyEngineConfiguration"));
        match engine {
            Some(engine) => Judgement::ok(format!(
                "policy engine in mode {}",
                engine
                    .get("mode")
                    .and_then(Value::as_str)
                    .unwrap_or("unknown")
            )),
            None => Judgement::skipped("no policy engine at this gateway"),
        }
    })
}

/// A policy's denial is said in the tool's answer or in the gateway's log, with HTTP 200.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    const DENIED: [&str; 3] = [
        "policy evaluation denied",
        "tool execution denied",
        "denied by default",
    ];
    let fix = "add a permit policy for this principal and tool, or set the policy engine to LOG_ONLY while you write it";
    if symptom.mentions(&DENIED) {
        let words = format!("A policy denies the call: {}", symptom.words());
        return Some(Cause::new(words, fix, "the gateway's answer"));
    }
    let line = evidence.gateway_log.value()?.iter().find(|line| {
        let line = line.to_ascii_lowercase();
        DENIED.iter().any(|word| line.contains(word))
    })?;
    Some(Cause::new(
        format!("A policy denies the call: {line}"),
        fix,
        "the gateway's log",
    ))
}
