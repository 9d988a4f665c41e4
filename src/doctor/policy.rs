//! The gateway's policy engine: whether it enforces, and whether it denied the call.

use serde_json::Value;

use super::{
    ChainStage, Evidence, HopFix, Judgement,
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
    awaits: |evidence| evidence.gateway_log.is_pending(),
    explain,
    log_groups: gateway_log,
    details: no_details,
    unread: unread_gateway,
};

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.gateways, "GetGateway", |gateways| {
        let called = evidence.called_gateway();
        let engine = called
            .into_iter()
            .chain(gateways)
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
    if symptom.mentions(&DENIED) {
        let words = format!("A policy denies the call: {}", symptom.words());
        return Some(Cause::new(words, permit(evidence), "the gateway's answer"));
    }
    let line = evidence.gateway_log.own_lines().find(|line| {
        let text = line.text.to_ascii_lowercase();
        DENIED.iter().any(|word| text.contains(word))
    })?;
    Some(Cause::new(
        format!("A policy denies the call: {}", line.quoted()),
        permit(evidence),
        "the gateway's log",
    ))
}

impl Evidence {
    /// Returns whether a policy denied the call of the walk.
    pub(super) fn is_denied_by_policy(&self) -> bool {
        self.symptom()
            .is_some_and(|symptom| explain(self, &symptom).is_some())
    }
}

/// Returns the policy that permits the tool that was called, or every tool while none is known, in Cedar as AgentCore writes it.
fn permit(evidence: &Evidence) -> HopFix {
    let gateway = evidence
        .called_gateway()
        .and_then(|gateway| gateway.arn.as_deref())
        .unwrap_or("GATEWAY_ARN");
    let action = evidence.called_tool.as_deref().map_or_else(
        || "action".to_owned(),
        |tool| format!("action == AgentCore::Action::\"{tool}\""),
    );
    HopFix::run(
        "add to the policy engine (or narrow the principal)",
        format!("permit(principal, {action}, resource == AgentCore::Gateway::\"{gateway}\");"),
    )
}
