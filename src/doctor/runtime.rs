//! The runtime: its status, and what the platform or the container answers when it is invoked.

use super::{
    ChainStage, Evidence, HopFix, HopState, Judgement, Probe,
    commands::{allow, read_log, read_quotas, update_runtime},
    details::{HopDetail, asked, named_statuses, with_own_log},
    fix::UnreadLog,
    hop::{HopSpec, runtime_log, unread_targets_or_runtime},
    judgement::Cause,
    status::{broken, broken_words, inspect, statuses},
    symptom::{Step, Symptom},
};
use crate::model::{Failure, FailureKind, Resource, pluralize};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "runtime",
    short: "RUN",
    title: "the runtime: status, start and answers",
    stages: &[ChainStage::Runtime],
    precedence: 120,
    judge,
    elapsed_ms: |evidence| evidence.runtimes.elapsed_ms(),
    awaits: |evidence| evidence.direct.is_pending() || evidence.runtime_log.is_pending(),
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
    // A secret that is read slowly delays the header of the call and the program that reads it.
    if judged.state == HopState::Ok && !evidence.secret_is_slow() {
        judged.slow_after(invoked, "an invocation")
    } else {
        judged
    }
}

/// Explains by the runtime what its platform answered to a direct call. Behind a gateway, the call past the gateway decides.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    if let Some(runtime) = broken(&evidence.runtimes, evidence.called_runtime()) {
        return Some(Cause::new(
            broken_words(runtime),
            inspect(runtime),
            "GetAgentRuntime",
        ));
    }
    if !evidence.has_gateway() {
        return of_answer(evidence, symptom);
    }
    let Probe::Failed { failure, .. } = &evidence.direct else {
        return dropped_header(evidence, symptom.text)
            .or_else(|| platform_words(evidence, symptom.text))
            .map(|(what, fix)| {
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
    let (what, fix) = dropped_header(evidence, symptom.text)
        .or_else(|| platform_words(evidence, symptom.text))
        .or_else(|| of_code(evidence, symptom))?;
    Some(Cause::new(
        format!("{what}: {}", with_log(evidence, &symptom.words())),
        fix,
        "the runtime's answer",
    ))
}

/// Returns what the code or the status of an answer means, and what to do.
fn of_code(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<(String, HopFix)> {
    let called = evidence.called_runtime();
    let read = || read_log(evidence, called);
    let (what, fix) = match (symptom.code(), symptom.status(), symptom.kind()) {
        (Some("-32003"), ..) | (_, Some(429), _) => {
            ("The runtime is called too often", more_invocations())
        }
        (Some("-32002"), ..) | (_, Some(403), _) => {
            ("The runtime does not let this identity in", let_in(called))
        }
        (Some("-32010"), ..) => return Some(program_fails(evidence)),
        (Some("-32603"), ..) | (_, Some(500..), _) => (
            "The runtime fails with an internal error",
            HopFix::run(
                "if its log has no line of this call, give the request id to AWS support",
                read(),
            ),
        ),
        (_, Some(404), _) => (
            "The runtime or its endpoint does not exist",
            HopFix::run(
                "check ARN, qualifier, account and region (the ARN is percent-encoded in the address)",
                format!("agentcore-console status -d {}", evidence.deployment),
            ),
        ),
        (_, _, Some(FailureKind::Network | FailureKind::Timeout)) => (
            "The runtime does not answer",
            HopFix::run(
                "stop the session so that the next call starts a fresh container, after a look at its log",
                read(),
            ),
        ),
        _ => return None,
    };
    Some((what.to_owned(), fix))
}

fn more_invocations() -> HopFix {
    HopFix::run("wait, or raise the quota of invocations", read_quotas())
}

/// Returns the policy statement that lets a caller in.
fn let_in(called: Option<&Resource>) -> HopFix {
    HopFix::run(
        "add to the policy of the caller, and to the runtime's resource policy if it has one",
        allow(
            "bedrock-agentcore:InvokeAgentRuntime",
            called.and_then(|runtime| runtime.arn.as_deref()),
        ),
    )
}

/// Returns what a failure of the container means: a program that fails leaves lines, a container that was never started leaves none.
fn program_fails(evidence: &Evidence) -> (String, HopFix) {
    let called = evidence.called_runtime();
    if was_never_started(evidence) {
        return (never_started().to_owned(), check_image(called));
    }
    if let Some(unread) = unread_log(evidence) {
        return not_known(evidence, "The program in the container fails", &unread);
    }
    (
        "The program in the container fails".to_owned(),
        HopFix::run(
            "the container's lines around this call say why",
            read_log(evidence, called),
        ),
    )
}

fn unread_log(evidence: &Evidence) -> Option<UnreadLog<'_>> {
    UnreadLog::of(&evidence.runtime_log, "its log")
}

/// A program that fails and an image of which no container was ever started give the same answer: the log alone tells them apart.
fn not_known(evidence: &Evidence, what: &str, unread: &UnreadLog<'_>) -> (String, HopFix) {
    let group = evidence
        .called_runtime()
        .and_then(|runtime| runtime.log_groups.first());
    (
        format!(
            "{what} or was never started, and {}, so the cause is not known",
            unread.words()
        ),
        unread.fix(evidence, group.map(String::as_str)),
    )
}

/// Returns whether the runtime's log was read and has no line since the examination began.
fn was_never_started(evidence: &Evidence) -> bool {
    evidence.runtime_log.value().is_some_and(Vec::is_empty)
}

/// An image that is an index with an attestation entry, as `docker build` makes by default, leaves a runtime READY that starts no
/// container: every call ends at the limit, and no stream appears in its log.
const fn never_started() -> &'static str {
    "The runtime is READY and starts no container (its log has no line since the examination began)"
}

/// Returns the command that shows whether an image is a manifest or an index, and how an image without the index is built.
fn check_image(runtime: Option<&Resource>) -> HopFix {
    let image = runtime.and_then(|runtime| {
        let path = "/agentRuntimeArtifact/containerConfiguration/containerUri";
        runtime.raw.pointer(path)?.as_str()
    });
    let (repository, tag) = image.and_then(image_parts).unwrap_or(("REPOSITORY", "TAG"));
    HopFix::run(
        "if this says image.index, build with `docker build --provenance=false`, push, and make a new runtime",
        format!(
            "aws ecr batch-get-image --repository-name {repository} --image-ids imageTag={tag} \
             --query 'images[].imageManifestMediaType'"
        ),
    )
}

/// Returns the repository and the tag of an image `{account}.dkr.ecr.{region}.amazonaws.com/{repository}:{tag}`.
pub(super) fn image_parts(uri: &str) -> Option<(&str, &str)> {
    let (_, path) = uri.split_once('/')?;
    let (repository, tag) = path.rsplit_once(':')?;
    (!repository.contains('@')).then_some((repository, tag))
}

/// A runtime passes only the headers of its allow list on: a server that reads its credentials from another one answers 401, which the
/// platform reports as a failure of the program.
fn dropped_header(evidence: &Evidence, text: &str) -> Option<(String, HopFix)> {
    let runtime = evidence.called_runtime()?;
    let mut allowed = texts(
        runtime,
        "/requestHeaderConfiguration/requestHeaderAllowlist",
    );
    let target = evidence.called_target().filter(|_| evidence.has_gateway());
    let of_target =
        target.map(|target| texts(target, "/metadataConfiguration/allowedRequestHeaders"));
    let sent = evidence.sent_headers.iter().map(String::as_str);
    let dropped = of_target
        .into_iter()
        .flatten()
        .chain(sent)
        .find(|wanted| !allowed.iter().any(|name| name.eq_ignore_ascii_case(wanted)))?;
    let refuses = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("401") || text.contains("credentials") || text.contains("unauthorized")
    };
    let mut lines = evidence.runtime_log.own_lines();
    if !refuses(text) && !lines.any(|line| refuses(&line.text)) {
        return None;
    }
    allowed.push(dropped);
    let list = serde_json::json!({"requestHeaderAllowlist": allowed});
    Some((
        format!(
            "The runtime {} does not pass {dropped} on, and its server asks for credentials",
            runtime.name
        ),
        HopFix::command(update_runtime(
            Some(runtime),
            &format!(".requestHeaderConfiguration = {list}"),
        )),
    ))
}

/// Returns the texts of a list in what AWS says of a resource.
fn texts<'a>(resource: &'a Resource, path: &str) -> Vec<&'a str> {
    let listed = resource
        .raw
        .pointer(path)
        .and_then(serde_json::Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect()
}

/// Sentences of the platform that name the runtime wherever they arrive.
fn platform_words(evidence: &Evidence, text: &str) -> Option<(String, HopFix)> {
    let text = text.to_ascii_lowercase();
    let called = evidence.called_runtime();
    if text.contains("initialization time exceeded") {
        return Some(not_in_time(evidence, &text));
    }
    if text.contains("mmdsv2") {
        return Some((
            "The runtime was created without MMDSv2".to_owned(),
            HopFix::command(update_runtime(
                called,
                ".metadataConfiguration.requireMMDSV2 = true",
            )),
        ));
    }
    if text.contains("runtimeclienterror") || text.contains("please check your cloudwatch logs") {
        return Some(program_fails(evidence));
    }
    if text.contains("rate limit exceeded - too many requests") {
        return Some((
            "The runtime is called too often".to_owned(),
            more_invocations(),
        ));
    }
    let may_not = text.contains("authorization error - insufficient permissions");
    may_not.then(|| {
        (
            "The runtime does not let the caller in".to_owned(),
            let_in(called),
        )
    })
}

/// The container did not answer within the limit that the answer names: 30 s for code, 60 s or 120 s for an image.
fn not_in_time(evidence: &Evidence, text: &str) -> (String, HopFix) {
    let called = evidence.called_runtime();
    if was_never_started(evidence) {
        return (never_started().to_owned(), check_image(called));
    }
    let limit = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .find(|word| {
            let number = word.strip_suffix('s');
            number.is_some_and(|number| number.parse::<u32>().is_ok())
        });
    let within = limit.map_or_else(|| "in time".to_owned(), |limit| format!("within {limit}"));
    let what = format!("The container does not start {within}");
    if let Some(unread) = unread_log(evidence) {
        return not_known(evidence, &what, &unread);
    }
    (
        what,
        HopFix::run(
            "let the server listen before it connects to anything else; what it does at its start",
            read_log(evidence, called),
        ),
    )
}

/// Returns the answer, and the first error line of the runtime's log that belongs to it.
fn with_log(evidence: &Evidence, words: &str) -> String {
    let line = evidence
        .runtime_log
        .own_lines()
        .find(|line| is_error_line(&line.text));
    match line {
        Some(line) => format!("{words}; its log says: {}", line.quoted()),
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
