//! Rate limits that the operator has set at the gateway.

use super::{
    ChainStage, Evidence, Judgement,
    details::{HopDetail, asked},
    hop::{HopSpec, gateway_log, unread_gateway},
    judgement::Cause,
    symptom::Symptom,
};
use crate::model::pluralize;

pub(super) const SPEC: HopSpec = HopSpec {
    name: "limits",
    short: "LIM",
    title: "rate limits set at the gateway",
    stages: &[ChainStage::Gateway],
    precedence: 70,
    judge,
    elapsed_ms: |evidence| evidence.limits.elapsed_ms(),
    explain,
    log_groups: gateway_log,
    details,
    unread: unread_gateway,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked("ListGatewayRateLimits", &evidence.limits, |limits| {
        limits.join(", ")
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.limits, "ListGatewayRateLimits", |limits| {
        if limits.is_empty() {
            Judgement::skipped("no rate limit is set at this gateway")
        } else {
            Judgement::ok(pluralize(limits.len(), "rate limit"))
        }
    })
}

/// Names the rate limit that stopped the call, if the answer names it (`data.limitKey`). A 429 or -32003 without it is a quota
/// of the gateway or of the runtime, whose words may speak of a rate limit too.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let limits = evidence.limits.value()?;
    let named = limits
        .iter()
        .find(|limit| symptom.mentions(&[limit.as_str()]));
    let is_stopped = symptom.mentions(&["limitkey"]) || named.is_some();
    let limit = named.or_else(|| limits.first())?;
    is_stopped.then(|| {
        Cause::new(
            format!(
                "The rate limit {limit} of the gateway stops this caller: {}",
                symptom.words()
            ),
            "raise or delete the rate limit (UpdateGatewayRateLimit), or wait until its window ends",
            "ListGatewayRateLimits",
        )
    })
}
