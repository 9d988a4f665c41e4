//! A Cypher statement through the whole chain, or another reading tool where the endpoint offers no Cypher.

use super::{
    ChainStage, Evidence, Judgement, Probe,
    commands::read_request,
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, awaits_nothing, no_log},
    judgement::{Cause, with_request},
    symptom::{Step, Symptom},
};

const SOURCE: &str = "a call through the chain";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "cypher",
    short: "CYP",
    title: "a Cypher statement through the whole chain",
    stages: &[
        ChainStage::Neo4j,
        ChainStage::Target,
        ChainStage::Consent,
        ChainStage::Runtime,
    ],
    precedence: 255,
    judge,
    elapsed_ms: |evidence| evidence.call.elapsed_ms(),
    awaits: awaits_nothing,
    explain,
    log_groups: no_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let tool = evidence.called_tool.as_deref().unwrap_or("a reading tool");
    asked(&format!("tools/call {tool}"), &evidence.call, |call| {
        call.text.clone()
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    match &evidence.call {
        Probe::NotMade(why) => Judgement::unknown(why.as_str()),
        Probe::Failed { failure, .. } if failure.consent_urls().next().is_some() => {
            Judgement::warning("the call waits for the consent of a person")
        }
        Probe::Failed { failure, .. } => Judgement::failed(with_request(failure), "", SOURCE),
        Probe::Answered { value, .. } if value.outcome.is_error => {
            Judgement::failed(value.text.clone(), "", SOURCE)
        }
        Probe::Answered { value, .. } => Judgement::ok(if value.runs_cypher {
            format!("RETURN 1 came back through {}", value.tool)
        } else {
            format!("{} answered; the endpoint offers no Cypher", value.tool)
        }),
    }
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let tool = evidence.called_tool.as_deref().unwrap_or("the tool");
    (symptom.step == Step::Call).then(|| {
        Cause::new(
            format!("The call of {tool} fails: {}", symptom.words()),
            symptom
                .failure
                .and_then(|failure| failure.hint.clone())
                .unwrap_or_else(|| read_request(evidence, None)),
            SOURCE,
        )
    })
}
