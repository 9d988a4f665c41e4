//! The CloudFormation stack and its outputs. A stack that cannot be read breaks no call.

use super::{
    ChainStage, Evidence, Judgement,
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, no_log},
    judgement::{Cause, with_request},
    symptom::{Step, Symptom},
};
use crate::model::{FailureKind, pluralize};

const SOURCE: &str = "CloudFormation DescribeStacks";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "stack",
    short: "STA",
    title: "the CloudFormation stack and its outputs",
    stages: &[ChainStage::SignIn],
    precedence: 20,
    judge,
    elapsed_ms: |evidence| evidence.stack.elapsed_ms(),
    awaits: |evidence| evidence.stack.is_pending(),
    explain,
    log_groups: no_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked("DescribeStacks", &evidence.stack, |stack| {
        let names: Vec<&str> = stack
            .outputs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        names.join(", ")
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.stack, SOURCE, |facts| match facts.outputs.len() {
        0 => Judgement::warning("the stack has no outputs"),
        count => Judgement::ok(pluralize(count, "output")),
    })
    .slow_after(evidence.stack.elapsed_ms(), "CloudFormation's answer")
}

/// Names the stack where it alone names the endpoint and could not be read, so that the chain cannot be walked.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let failure = evidence.stack.failure()?;
    let same = symptom.step == Step::Initialize && symptom.text == failure.cause;
    same.then(|| {
        let missing = failure.kind == FailureKind::NotFound;
        Cause::new(
            if missing {
                format!("The stack does not exist: {}", with_request(failure))
            } else {
                format!(
                    "The stack that names the endpoint cannot be read: {}",
                    with_request(failure)
                )
            },
            failure.hint.clone().unwrap_or_else(|| {
                "set `mcp_url`, `gateways` or `runtimes` in the configuration".to_owned()
            }),
            SOURCE,
        )
    })
}
