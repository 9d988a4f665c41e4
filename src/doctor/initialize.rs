//! MCP `initialize` at the endpoint.

use super::{
    ChainStage, Evidence, Judgement, Probe,
    commands::read_request,
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, awaits_nothing, no_log},
    judgement::{Cause, with_request},
    symptom::{Step, Symptom},
};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "initialize",
    short: "INI",
    title: "MCP initialize at the endpoint",
    stages: &[ChainStage::Gateway, ChainStage::Runtime],
    precedence: 220,
    judge,
    elapsed_ms: |evidence| evidence.connection.elapsed_ms(),
    awaits: awaits_nothing,
    explain,
    log_groups: no_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let question = format!("MCP initialize at {}", evidence.endpoint_words());
    asked(&question, &evidence.connection, |info| {
        format!("{}, {}", info.server, info.protocol)
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    match &evidence.connection {
        Probe::NotMade(why) => Judgement::unknown(why.as_str()),
        Probe::Answered { value, .. } => {
            Judgement::ok(format!("{}, protocol {}", value.server, value.protocol))
        }
        Probe::Failed { failure, .. } => Judgement::failed(
            with_request(failure),
            failure.hint.clone().unwrap_or_default(),
            "MCP initialize",
        ),
    }
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let failure = symptom
        .failure
        .filter(|_| symptom.step == Step::Initialize)?;
    Some(Cause::new(
        format!(
            "The endpoint does not answer initialize: {}",
            symptom.words()
        ),
        failure
            .hint
            .clone()
            .unwrap_or_else(|| read_request(evidence, None)),
        "MCP initialize",
    ))
}
