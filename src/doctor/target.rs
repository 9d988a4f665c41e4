//! The gateway's targets: status, synchronisation, and whether the gateway reaches them.

use super::{
    ChainStage, Evidence, HopFix, HopState, Judgement, Probe,
    commands::{read_request, synchronise},
    details::{HopDetail, asked, named_statuses},
    fix::UnreadLog,
    hop::{HopSpec, gateway_log, unread_targets_or_gateway},
    judgement::{Cause, SLOW_MS},
    status::{broken, broken_words, statuses},
    symptom::{Step, Symptom},
};
use crate::model::Resource;

/// The text that a gateway gives for every failure behind it unless its `exceptionLevel` is `DEBUG`.
const OPAQUE: &str = "an internal error occurred";

const SOURCE: &str = "GetGatewayTarget";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "target",
    short: "TGT",
    title: "the gateway's targets and their synchronisation",
    stages: &[ChainStage::Target, ChainStage::Consent],
    precedence: 140,
    judge,
    elapsed_ms: |evidence| evidence.targets.elapsed_ms(),
    awaits: |evidence| evidence.targets.is_pending() || evidence.external.is_pending(),
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
    let mut judged = statuses(&evidence.targets, "target", SOURCE);
    if judged.state == HopState::Failed {
        judged.fix = synchronise(evidence, broken(&evidence.targets, None));
    }
    if judged.state == HopState::Ok
        && let Some(elapsed) = unexplained_delay(evidence)
    {
        let what = format!("an answer of the target{}", evidence.perhaps_interceptor());
        return judged.slow_after(Some(elapsed), &what);
    }
    judged
}

/// Time of a listing or call behind the gateway that neither token, gateway, interceptor, secret, runtime nor database explains.
fn unexplained_delay(evidence: &Evidence) -> Option<u64> {
    let fast = |elapsed: Option<u64>| elapsed.is_none_or(|elapsed| elapsed < SLOW_MS);
    let others_are_fast = evidence.has_gateway()
        && fast(evidence.connection.elapsed_ms())
        && fast(evidence.direct.elapsed_ms())
        && fast(evidence.login.elapsed_ms())
        // The provider of a target gets its token from the same issuer.
        && fast(evidence.token.elapsed_ms())
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
    let called = evidence.called_target();
    if let Some(target) = broken(&evidence.targets, called) {
        let fix =
            synchronise(evidence, Some(target)).after("correct what the reason names, then: ");
        return Some(Cause::new(broken_words(target), fix, SOURCE));
    }
    let name = evidence.target_name();
    if let Probe::Failed { failure, .. } = &evidence.external {
        let address = called.and_then(super::target_address);
        return Some(Cause::new(
            format!(
                "The MCP server behind target {name} does not answer: {}",
                failure.cause
            ),
            HopFix::run(
                format!(
                    "start the MCP server of target {name}, and check its address, certificate and security groups"
                ),
                format!("curl -v {}", address.unwrap_or("ENDPOINT")),
            ),
            "a request to the target's endpoint",
        ));
    }
    if let Some(cause) = meta_refused(evidence, symptom) {
        return Some(cause);
    }
    if symptom.mentions(&["unknown tool"])
        || (symptom.step == Step::ToolsList && symptom.failure.is_none())
    {
        return Some(Cause::new(
            format!(
                "The gateway has no tools of target {name}: its copy is empty or out of date ({})",
                symptom.words()
            ),
            synchronise(evidence, called),
            "MCP tools/list of the gateway",
        ));
    }
    silent(evidence, symptom)
}

/// The gateway checks `_meta` with the arguments: a schema that allows no further members and has none of that name refuses every call.
fn meta_refused(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let tool = evidence.called_tool.as_deref()?;
    let is_about_meta = symptom.step == Step::Call && symptom.mentions(&["_meta"]);
    if !is_about_meta || !is_closed_to_meta(evidence, tool) {
        return None;
    }
    Some(Cause::new(
        format!(
            "The schema of {tool} at the gateway allows no _meta, so every call is refused: {}",
            symptom.words()
        ),
        synchronise(evidence, evidence.called_target()).after(
            "add \"_meta\":{\"type\":\"object\"} to the properties of the tool's inputSchema, or drop additionalProperties, then: ",
        ),
        "the gateway's answer to tools/call and its tools/list",
    ))
}

fn is_closed_to_meta(evidence: &Evidence, tool: &str) -> bool {
    let listed = evidence.tools.value().into_iter().flatten();
    listed.into_iter().any(|known| {
        let schema = &known.input_schema;
        let is_closed = schema.get("additionalProperties") == Some(&serde_json::Value::Bool(false));
        known.name == tool && is_closed && schema.pointer("/properties/_meta").is_none()
    })
}

/// Returns the failure of a target that the gateway did not reach.
fn silent(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let name = evidence.target_name();
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
        let gateway = evidence.called_gateway();
        // What is behind an opaque answer stands in the gateway's log alone.
        let unread = UnreadLog::of(&evidence.gateway_log, "the gateway's log")
            .filter(|_| symptom.mentions(&[OPAQUE]));
        if let Some(unread) = unread {
            let group = gateway.and_then(|gateway| gateway.log_groups.first());
            return Cause::new(
                format!(
                    "The gateway gets no answer from target {name} or no token for it, and {}, so the cause is not known: {}",
                    unread.words(),
                    symptom.words()
                ),
                unread.fix(evidence, group.map(String::as_str)),
                "the gateway's answer to tools/call; the gateway's log was not read",
            );
        }
        let hint = if symptom.mentions(&[OPAQUE]) {
            "; `aws bedrock-agentcore-control update-gateway … --exception-level DEBUG` makes it say why"
        } else {
            ""
        };
        Cause::new(
            format!("The gateway gets no answer from target {name}: {}", symptom.words()),
            HopFix::run(
                format!("check that the server at the endpoint of target {name} runs and that the gateway reaches it"),
                read_request(evidence, gateway),
            )
            .then(hint),
            "the gateway's answer to tools/call",
        )
    })
}

/// Returns whether the target waits for the consent of a person.
pub(super) fn is_pending(target: &Resource) -> bool {
    target.status.ends_with("_PENDING_AUTH")
}
