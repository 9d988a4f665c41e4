//! Permissions of the operator: which of the doctor's own readings AWS denied.

use super::{
    ChainStage, Evidence, Judgement,
    hop::{HopSpec, always_known, awaits_nothing, no_details, no_log},
    judgement::Cause,
    symptom::{Step, Symptom},
};
use crate::model::{Failure, FailureKind};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "permissions",
    short: "PER",
    title: "what this identity may read",
    stages: &[ChainStage::SignIn],
    precedence: 40,
    judge,
    elapsed_ms: |_| None,
    awaits: awaits_nothing,
    explain,
    log_groups: no_log,
    details: no_details,
    unread: always_known,
};

fn judge(evidence: &Evidence) -> Judgement {
    let readings: [(&str, Option<&Failure>); 11] = [
        ("the stack", evidence.stack.failure()),
        ("gateways", evidence.gateways.failure()),
        ("targets", evidence.targets.failure()),
        ("runtimes", evidence.runtimes.failure()),
        ("endpoints", evidence.endpoints.failure()),
        ("credential providers", evidence.providers.failure()),
        ("the secret", evidence.secret.failure()),
        ("the secret's value", evidence.secret_value.failure()),
        ("the gateway's log", evidence.gateway_log.failure()),
        ("the interceptor's log", evidence.interceptor_log.failure()),
        ("the runtime's log", evidence.runtime_log.failure()),
    ];
    let denied: Vec<&str> = readings
        .into_iter()
        .filter(|(_, failure)| failure.is_some_and(|failure| failure.kind == FailureKind::Denied))
        .map(|(what, _)| what)
        .collect();
    if denied.is_empty() {
        if evidence.identity.value().is_some() {
            Judgement::ok("no request was denied")
        } else {
            Judgement::unknown("the identity of this console is not known")
        }
    } else {
        Judgement::warning(format!("this identity may not read {}", denied.join(", ")))
    }
}

/// Returns where the endpoint's address may not be read, nothing was asked of the endpoint: the refusal is none of its words.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let failure = symptom
        .failure
        .filter(|failure| failure.kind == FailureKind::Denied)?;
    if evidence.endpoint.is_some() || symptom.step != Step::Initialize {
        return None;
    }
    Some(Cause::new(
        format!(
            "The address of the endpoint may not be read: {}",
            symptom.words()
        ),
        failure
            .hint
            .clone()
            .unwrap_or_else(|| "set `mcp_url` of this deployment".to_owned()),
        failure.doing.clone(),
    ))
}
