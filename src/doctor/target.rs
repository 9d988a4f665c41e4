//! The gateway's targets: status, synchronisation, and whether the gateway reaches them.

use super::{
    ChainStage, Evidence, HopState, Judgement, Probe,
    details::{HopDetail, asked, named_statuses},
    hop::{HopSpec, gateway_log, unread_targets_or_gateway},
    judgement::{Cause, SLOW_MS},
    status::statuses,
    symptom::{Step, Symptom},
};
use crate::model::Resource;

/// The text that a gateway gives for every failure behind it unless its `exceptionLevel` is `DEBUG`.
const OPAQUE: &str = "an internal error occurred";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "target",
    short: "TGT",
    title: "the gateway's targets and their synchronisation",
    stages: &[ChainStage::Target, ChainStage::Consent],
    precedence: 140,
    judge,
    elapsed_ms: |evidence| evidence.targets.elapsed_ms(),
    explain,
    log_groups: gateway_log,
    details,
    unread: unread_targets_or_gateway,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let mut read = asked("GetGatewayTarget", &evidence.targets, |all| {
        named_statuses(all)
    });
    read.extend(asked(
        "the MCP server behind the target",
        &evidence.external,
        |status| format!("HTTP {status}"),
    ));
    read
}

fn judge(evidence: &Evidence) -> Judgement {
    let pending = evidence
        .targets
        .value()
        .into_iter()
        .flatten()
        .find(|target| is_pending(target));
    if let Some(pending) = pending {
        return Judgement::warning(format!(
            "{} is {}: a person must consent",
            pending.name, pending.status
        ));
    }
    let mut judged = statuses(&evidence.targets, "target", "GetGatewayTarget");
    if judged.state == HopState::Failed {
        judged.fix = sync_fix(evidence);
    }
    if judged.state == HopState::Ok
        && let Some(elapsed) = unexplained_delay(evidence)
    {
        return judged.slow_after(Some(elapsed), "an answer of the target");
    }
    judged
}

/// Time of a listing or call behind the gateway that neither gateway, interceptor, secret, runtime nor database explains.
fn unexplained_delay(evidence: &Evidence) -> Option<u64> {
    let fast = |elapsed: Option<u64>| elapsed.is_none_or(|elapsed| elapsed < SLOW_MS);
    let others_are_fast = evidence.has_gateway()
        && fast(evidence.connection.elapsed_ms())
        && fast(evidence.direct.elapsed_ms())
        && fast(evidence.login.elapsed_ms())
        && !evidence.secret_is_slow()
        && !evidence.interceptor_is_slow();
    let behind = evidence
        .external
        .elapsed_ms()
        .into_iter()
        .chain(evidence.tools.elapsed_ms())
        .chain(evidence.call.elapsed_ms())
        .max();
    behind.filter(|elapsed| others_are_fast && *elapsed >= SLOW_MS)
}

/// Returns what fails behind the gateway and is neither the runtime's, the provider's nor the database's is the target's.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    if !evidence.has_gateway() || !evidence.has_targets() {
        return None;
    }
    let judged = judge(evidence);
    if judged.state == HopState::Failed {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    let name = evidence.first_target();
    if let Probe::Failed { failure, .. } = &evidence.external {
        return Some(Cause::new(
            format!(
                "The MCP server behind target {name} does not answer: {}",
                failure.cause
            ),
            "start the MCP server at the target's endpoint, and check its address, certificate and security groups",
            "a request to the target's endpoint",
        ));
    }
    if symptom.mentions(&["unknown tool"])
        || (symptom.step == Step::ToolsList && symptom.failure.is_none())
    {
        return Some(Cause::new(
            format!(
                "The gateway has no tools of target {name}: its copy is empty or out of date ({})",
                symptom.words()
            ),
            sync_fix(evidence),
            "MCP tools/list of the gateway",
        ));
    }
    let is_behind = symptom.mentions(&[
        OPAQUE,
        "targetconnectionexception",
        "targetresponseexception",
        "failed to connect to the target",
        "the target answered",
        "the target did not answer",
        // Where the provider is no hop that can be read, its failure is that of the target.
        "credentialproviderexception",
        "credential provider",
    ]);
    is_behind.then(|| {
        let opaque = symptom.mentions(&[OPAQUE]);
        let hint = if opaque {
            "; `aws bedrock-agentcore-control update-gateway … --exception-level DEBUG` makes it say why"
        } else {
            ""
        };
        Cause::new(
            format!("The gateway gets no answer from target {name}: {}", symptom.words()),
            format!(
                "check that the server at the target's endpoint runs and that the gateway reaches it{hint}"
            ),
            "the gateway's answer to tools/call",
        )
    })
}

fn sync_fix(evidence: &Evidence) -> String {
    let target = evidence
        .targets
        .value()
        .and_then(|targets| targets.first())
        .map_or("TARGET", |target| target.key.id.as_str());
    format!("correct what the reason names, then: agentcore-console targets sync {target} --wait")
}

/// Returns whether the target waits for the consent of a person.
pub(super) fn is_pending(target: &Resource) -> bool {
    target.status.ends_with("_PENDING_AUTH")
}
