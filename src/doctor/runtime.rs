//! The runtime: its status, and what the platform or the container answers when it is invoked.

use super::{
    ChainStage, Evidence, HopState, Judgement, Probe,
    details::{HopDetail, asked, named_statuses, with_own_log},
    hop::{HopSpec, runtime_log, unread_targets_or_runtime},
    judgement::Cause,
    status::statuses,
    symptom::{Step, Symptom},
};
use crate::model::{Failure, FailureKind, pluralize};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "runtime",
    short: "RUN",
    title: "the runtime: status, start and answers",
    stages: &[ChainStage::Runtime],
    precedence: 120,
    judge,
    elapsed_ms: |evidence| evidence.runtimes.elapsed_ms(),
    explain,
    log_groups: runtime_log,
    details,
    unread: unread_targets_or_runtime,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let mut read = asked("GetAgentRuntime", &evidence.runtimes, |all| {
        named_statuses(all)
    });
    read.extend(asked(
        "tools/list past the gateway",
        &evidence.direct,
        |tools| pluralize(tools.len(), "tool"),
    ));
    with_own_log(read, &evidence.runtime_log)
}

fn judge(evidence: &Evidence) -> Judgement {
    let judged = statuses(&evidence.runtimes, "runtime", "GetAgentRuntime");
    let invoked = if evidence.has_gateway() {
        evidence.direct.elapsed_ms()
    } else {
        evidence.connection.elapsed_ms()
    };
    if judged.state == HopState::Ok {
        judged.slow_after(invoked, "an invocation")
    } else {
        judged
    }
}

/// Explains by the runtime what its platform answered to a direct call. Behind a gateway, the call past the gateway decides.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let judged = judge(evidence);
    if judged.state == HopState::Failed {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    if !evidence.has_gateway() {
        return of_answer(evidence, symptom);
    }
    let Probe::Failed { failure, .. } = &evidence.direct else {
        return platform_words(symptom.text).map(|(what, fix)| {
            Cause::new(
                format!("{what}: {}", with_log(evidence, &symptom.words())),
                fix,
                "the gateway's answer to tools/call",
            )
        });
    };
    if is_refused_sign_in(failure) {
        return None;
    }
    let direct = Symptom {
        step: Step::Initialize,
        failure: Some(failure),
        text: &failure.cause,
    };
    of_answer(evidence, &direct).map(|cause| Cause {
        source: "a direct call of the runtime, past the gateway".to_owned(),
        ..cause
    })
}

/// Returns whether the runtime refused the caller's sign-in, which says nothing about how the gateway is answered.
fn is_refused_sign_in(failure: &Failure) -> bool {
    failure.kind == FailureKind::SignIn
        || failure.kind == FailureKind::Usage
        || (failure.kind == FailureKind::Denied && failure.code.is_none())
}

fn of_answer(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let words = || with_log(evidence, &symptom.words());
    let source = "the runtime's answer";
    if let Some((what, fix)) = platform_words(symptom.text) {
        return Some(Cause::new(format!("{what}: {}", words()), fix, source));
    }
    let (what, fix) = match (symptom.code(), symptom.status(), symptom.kind()) {
        (Some("-32003"), ..) | (_, Some(429), _) => (
            "The runtime is called too often",
            "wait, or raise the quota of invocations in Service Quotas",
        ),
        (Some("-32002"), ..) | (_, Some(403), _) => (
            "The runtime does not let this identity in",
            "let the caller do bedrock-agentcore:InvokeAgentRuntime on the runtime, and check its resource policy",
        ),
        (Some("-32010"), ..) => (
            "The program in the container fails",
            "read the runtime's log around this call; the container's first lines say why it ended",
        ),
        (Some("-32603"), ..) | (_, Some(500..), _) => (
            "The runtime fails with an internal error",
            "read the runtime's log; if it has no line of this call, give the request id to AWS support",
        ),
        (_, Some(404), _) => (
            "The runtime or its endpoint does not exist",
            "check ARN, qualifier, account and region; the ARN is percent-encoded in the address",
        ),
        (_, _, Some(FailureKind::Network | FailureKind::Timeout)) => (
            "The runtime does not answer",
            "read the runtime's log; stop the session so that the next call starts a fresh container",
        ),
        _ => return None,
    };
    Some(Cause::new(format!("{what}: {}", words()), fix, source))
}

/// Sentences of the platform that name the runtime wherever they arrive.
fn platform_words(text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.to_ascii_lowercase();
    let known: [(&str, &str, &str); 6] = [
        (
            "initialization time exceeded",
            "The container does not start in time",
            "let the server listen before it connects to anything else; the number in the answer is the limit that applies",
        ),
        (
            "mmdsv2",
            "The runtime was created without MMDSv2",
            "update the runtime with metadataConfiguration.requireMMDSV2 = true",
        ),
        (
            "runtimeclienterror",
            "The container does not start",
            "read the runtime's log: the container's first lines say why it ended",
        ),
        (
            "please check your cloudwatch logs",
            "The program in the container fails",
            "read the runtime's log around this call",
        ),
        (
            "rate limit exceeded - too many requests",
            "The runtime is called too often",
            "wait, or raise the quota of invocations in Service Quotas",
        ),
        (
            "authorization error - insufficient permissions",
            "The runtime does not let the caller in",
            "let the caller do bedrock-agentcore:InvokeAgentRuntime on the runtime",
        ),
    ];
    known
        .into_iter()
        .find(|(mark, ..)| text.contains(mark))
        .map(|(_, what, fix)| (what, fix))
}

/// Returns the answer, and the first error line of the runtime's log around it.
fn with_log(evidence: &Evidence, words: &str) -> String {
    let line = evidence
        .runtime_log
        .value()
        .and_then(|lines| lines.iter().find(|line| is_error_line(line)));
    match line {
        Some(line) => format!("{words}; its log says: {line}"),
        None => words.to_owned(),
    }
}

/// Returns whether a line of the runtime's log reports an error.
pub(super) fn is_error_line(line: &str) -> bool {
    let upper = line.to_ascii_uppercase();
    ["ERROR", "PANIC", "FATAL", "TRACEBACK", "EXCEPTION"]
        .iter()
        .any(|word| upper.contains(word))
}
