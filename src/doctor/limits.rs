//! Rate limits that the operator has set at the gateway.

use super::{
    ChainStage, Evidence, HopFix, Judgement,
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
    awaits: |evidence| evidence.limits.is_pending(),
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

/// Names the rate limit that stopped the call: the answer names it (`data.limitKey`). A 429 or -32003 without it is a quota of the
/// gateway or of the runtime, whose words may speak of a rate limit too.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let limits = evidence.limits.value()?;
    let named = limits
        .iter()
        .find(|limit| symptom.mentions(&[limit.as_str()]))
        .map(String::as_str)
        .or_else(|| limit_key(symptom.text))?;
    let gateway = evidence
        .called_gateway()
        .map_or("GATEWAY_ID", |gateway| gateway.key.id.as_str());
    Some(Cause::new(
        format!(
            "The rate limit {named} of the gateway stops this caller: {}",
            without_data(symptom)
        ),
        HopFix::run(
            "wait until its window ends, or raise its rate (update-gateway-rate-limit), or delete it",
            format!(
                "aws bedrock-agentcore-control delete-gateway-rate-limit --gateway-identifier {gateway} --rate-limit-id {named}"
            ),
        ),
        "ListGatewayRateLimits and data.limitKey of the answer",
    ))
}

/// Returns what the answer says, with the members of its `data` that matter in words.
fn without_data(symptom: &Symptom<'_>) -> String {
    let words = symptom.words();
    let Some((said, data)) = symptom.text.split_once(": {") else {
        return words;
    };
    let Ok(data) = serde_json::from_str::<serde_json::Value>(&format!("{{{data}")) else {
        return words;
    };
    let metric = data.get("metric").and_then(serde_json::Value::as_str);
    let metric = metric.map_or_else(String::new, |metric| format!(", metric {metric}"));
    let after = data.get("retryAfter").and_then(serde_json::Value::as_u64);
    let after = after.map_or_else(String::new, |seconds| {
        format!(", try again after {seconds} s")
    });
    let request = symptom
        .failure
        .and_then(|failure| failure.request_id.as_ref());
    let request = request.map_or_else(String::new, |id| format!(" (request {id})"));
    format!("{said}{metric}{after}{request}")
}

/// Returns the id of the limit in `"limitKey":"rl-1/targetName=t"`.
fn limit_key(text: &str) -> Option<&str> {
    let (_, value) = text.split_once("limitKey\":")?;
    let key = value.trim_start().strip_prefix('"')?;
    let end = key.find(['/', '"'])?;
    key.get(..end).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_named_by_the_answer() {
        let text = r#"Rate limit exceeded: {"limitKey":"rl-1/targetName=t","metric":"requests"}"#;
        assert_eq!(limit_key(text), Some("rl-1"));
        assert_eq!(limit_key("Rate limit exceeded - Too many requests"), None);
    }
}
