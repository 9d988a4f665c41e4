//! The gateway: its status, and answers that it gives before anything behind it is involved.

use super::{
    ChainStage, Evidence, HopState, Judgement,
    details::{HopDetail, asked, named_statuses, with_own_log},
    hop::{HopSpec, always_known, gateway_log},
    judgement::{Cause, SLOW_MS},
    status::statuses,
    symptom::{Step, Symptom},
};
use crate::model::FailureKind;

pub(super) const SPEC: HopSpec = HopSpec {
    name: "gateway",
    short: "GAT",
    title: "the gateway's status and its own answers",
    stages: &[ChainStage::Gateway, ChainStage::Runtime],
    precedence: 150,
    judge,
    elapsed_ms: |evidence| evidence.gateways.elapsed_ms(),
    explain,
    log_groups: gateway_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let read = asked("GetGateway", &evidence.gateways, |all| named_statuses(all));
    with_own_log(read, &evidence.gateway_log)
}

fn judge(evidence: &Evidence) -> Judgement {
    let judged = statuses(&evidence.gateways, "gateway", "GetGateway");
    let opening = evidence
        .connection
        .elapsed_ms()
        .filter(|_| evidence.has_gateway());
    let is_slow = opening.is_some_and(|elapsed| elapsed >= SLOW_MS)
        && !evidence.interceptor_is_slow()
        && judged.state == HopState::Ok;
    if is_slow {
        return judged.slow_after(opening, "opening a session at the gateway");
    }
    judged
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    if !evidence.has_gateway() {
        return None;
    }
    let judged = judge(evidence);
    if judged.state == HopState::Failed {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    let name = evidence.first_gateway();
    let (what, fix) = match (symptom.status(), symptom.kind()) {
        (Some(429), _) => (
            "asks to slow down",
            "wait, or raise the quota of invocations of this gateway in Service Quotas",
        ),
        (Some(403), _) => (
            "does not let this identity in",
            "let the caller do bedrock-agentcore:InvokeGateway on the gateway, and check its resource policy and web ACL",
        ),
        (Some(404), _) => (
            "is not at this address",
            "check the gateway's id, account and region",
        ),
        (Some(500..), _) => (
            "fails by itself, before it processes the request",
            "try again; if it stays, give the gateway's ARN and the time to AWS support",
        ),
        (_, Some(FailureKind::Network | FailureKind::Timeout | FailureKind::Server))
            if symptom.step != Step::Call || !evidence.has_targets() =>
        {
            (
                "does not answer",
                "check the address, the network path and DNS to the gateway's host",
            )
        }
        (_, Some(FailureKind::Network)) => (
            "breaks the connection",
            "check the network path to the gateway's host",
        ),
        _ => return None,
    };
    Some(Cause::new(
        format!("The gateway {name} {what}: {}", symptom.words()),
        fix,
        "the gateway's answer",
    ))
}
