//! The gateway: its status, and answers that it gives before anything behind it is involved.

use super::{
    ChainStage, Evidence, HopFix, HopState, Judgement,
    commands::{allow, read_log, read_quotas},
    details::{HopDetail, asked, named_statuses, with_own_log},
    hop::{HopSpec, always_known, gateway_log},
    judgement::{Cause, SLOW_MS},
    status::{broken, broken_words, inspect, statuses},
    symptom::{Step, Symptom},
};
use crate::model::{FailureKind, Resource};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "gateway",
    short: "GAT",
    title: "the gateway's status and its own answers",
    stages: &[ChainStage::Gateway, ChainStage::Runtime],
    precedence: 150,
    judge,
    elapsed_ms: |evidence| evidence.gateways.elapsed_ms(),
    awaits: |evidence| evidence.gateways.is_pending() || evidence.gateway_log.is_pending(),
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
        let what = format!(
            "opening a session at the gateway{}",
            evidence.perhaps_interceptor()
        );
        return judged.slow_after(opening, &what);
    }
    judged
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    if !evidence.has_gateway() {
        return None;
    }
    let called = evidence.called_gateway();
    if let Some(gateway) = broken(&evidence.gateways, called) {
        return Some(Cause::new(
            broken_words(gateway),
            inspect(gateway),
            "GetGateway",
        ));
    }
    let name = evidence.gateway_name();
    let (what, fix) = answered(evidence, symptom)?;
    Some(Cause::new(
        format!("The gateway {name} {what}: {}", symptom.words()),
        fix,
        "the gateway's answer",
    ))
}

/// Returns what an answer of the gateway itself means, and what to do.
fn answered(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<(&'static str, HopFix)> {
    let called = evidence.called_gateway();
    let found = match (symptom.status(), symptom.kind()) {
        (Some(429), _) => (
            "asks to slow down",
            HopFix::run(
                "wait, or raise the quota of invocations of this gateway",
                read_quotas(),
            ),
        ),
        (Some(403), _) if is_blocked(called, symptom) => (
            "is behind a web ACL that blocks this request",
            unblock(called),
        ),
        (Some(403), _) => (
            "does not let this identity in",
            HopFix::run(
                "add to the policy of the caller, and to the gateway's resource policy if it has one",
                allow(
                    "bedrock-agentcore:InvokeGateway",
                    called.and_then(|gateway| gateway.arn.as_deref()),
                ),
            ),
        ),
        (Some(404), _) => (
            "is not at this address",
            HopFix::run(
                "check the gateway's id, account and region",
                format!("agentcore-console status -d {}", evidence.deployment),
            ),
        ),
        (Some(500..), _) => (
            "fails by itself, before it processes the request",
            HopFix::run(
                "try again; if it stays, give the gateway's ARN and the time to AWS support",
                read_log(evidence, called),
            ),
        ),
        (_, Some(FailureKind::Network | FailureKind::Timeout | FailureKind::Server))
            if symptom.step != Step::Call || !evidence.has_targets() =>
        {
            ("does not answer", reach(evidence))
        }
        (_, Some(FailureKind::Network)) => ("breaks the connection", reach(evidence)),
        _ => return None,
    };
    Some(found)
}

/// Returns whether the web ACL of the gateway blocked the request: 403 with -32002 and no challenge, which an authoriser sends.
fn is_blocked(gateway: Option<&Resource>, symptom: &Symptom<'_>) -> bool {
    web_acl(gateway).is_some()
        && symptom.code() == Some("-32002")
        && !symptom.is_challenged_with("")
}

fn web_acl(gateway: Option<&Resource>) -> Option<&str> {
    gateway?.raw.get("webAclArn")?.as_str()
}

/// Returns the command that shows which rule of the web ACL blocks.
fn unblock(gateway: Option<&Resource>) -> HopFix {
    let arn = gateway.and_then(|gateway| gateway.arn.as_deref());
    HopFix::run(
        "let the rule that blocks it allow this caller",
        format!(
            "aws wafv2 get-web-acl-for-resource --resource-arn {}",
            arn.unwrap_or("GATEWAY_ARN")
        ),
    )
}

/// Returns how the way to the gateway is tried.
fn reach(evidence: &Evidence) -> HopFix {
    HopFix::run(
        "check the address, the network path and DNS to the gateway's host",
        format!("curl -v {}", evidence.endpoint_words()),
    )
}
