//! How a call ended, at which hop, and why, judged by its records.

use serde_json::Value;

use crate::logs::{answer_text, java_map};

use super::{
    LoggedOutcome,
    record::{CallRecord, Phase},
};

/// The judgement of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CallVerdict {
    pub(super) outcome: LoggedOutcome,
    pub(super) hop: Option<&'static str>,
    pub(super) message: Option<String>,
    /// Index of the record that states the cause.
    pub(super) cause: Option<usize>,
}

/// The hops from the outermost to the innermost. A failure is caused by the innermost hop that reports it.
const DEPTH: [&str; 8] = [
    "gateway",
    "interceptor",
    "policy",
    "provider",
    "target",
    "runtime",
    "neo4j",
    "",
];

/// Ranks of the records that report a failure of the same hop.
const RANKS_PER_HOP: usize = 64;

/// Judges the records of a call, which are in the order of time.
pub(super) fn judge(records: &[CallRecord]) -> CallVerdict {
    let Some(reported) = deepest_failure(records) else {
        return CallVerdict {
            outcome: if has_ended(records) {
                LoggedOutcome::Ok
            } else {
                LoggedOutcome::Unknown
            },
            ..CallVerdict::default()
        };
    };
    let outcome = match final_state(records) {
        // A hop failed, and the call was answered nevertheless.
        Some(false) => LoggedOutcome::Ok,
        Some(true) | None => classify(records, &reported.text),
    };
    CallVerdict {
        outcome,
        hop: if outcome == LoggedOutcome::Consent {
            Some("provider")
        } else {
            Some(reported.hop).filter(|hop| !hop.is_empty())
        },
        message: Some(reported.text).filter(|text| !text.is_empty()),
        cause: Some(reported.index),
    }
}

/// A failure that a record reports.
struct ReportedFailure {
    rank: usize,
    index: usize,
    hop: &'static str,
    text: String,
}

/// Returns the failure that is nearest to the cause.
fn deepest_failure(records: &[CallRecord]) -> Option<ReportedFailure> {
    let depth_of = |hop: &str| DEPTH.iter().position(|known| *known == hop).unwrap_or(0);
    let mut deepest: Option<ReportedFailure> = None;
    for (index, record) in records.iter().enumerate() {
        if !reports_failure(record) {
            continue;
        }
        let text = failure_text(record);
        let hop = hop_of_failure(record, &text);
        // Of records of the same depth, a log line states the cause better than a span, and one with words than one without.
        // Of several hops that report the same failure, the innermost is nearest to it.
        // A policy denies a call before a target sees it: whatever else reports the failure repeats what the policy decided.
        let depth = if is_policy_denial(&text) {
            DEPTH.len()
        } else {
            depth_of(hop)
        };
        let rank = depth * RANKS_PER_HOP
            + usize::from(record.span.is_none()) * 16
            + depth_of(record.hop) * 2
            + usize::from(!text.is_empty() && !text.starts_with("HTTP "));
        if deepest.as_ref().is_none_or(|known| rank > known.rank) {
            deepest = Some(ReportedFailure {
                rank,
                index,
                hop: DEPTH.get(depth_of(hop)).copied().unwrap_or(hop),
                text,
            });
        }
    }
    deepest
}

/// Returns whether the end of a hop that answers the caller was found.
fn has_ended(records: &[CallRecord]) -> bool {
    records.iter().any(|record| {
        record.phase == Phase::End
            || (record.span.is_some() && matches!(record.hop, "gateway" | "runtime"))
    })
}

/// Returns whether the last answer of the outermost hop is a failure; `None` if there is no answer.
fn final_state(records: &[CallRecord]) -> Option<bool> {
    ["gateway", "policy", "runtime"].iter().find_map(|hop| {
        let of_hop = || records.iter().rev().filter(|record| record.hop == *hop);
        // A span stands at its start. Of a call that took no time, it may come behind the answer, which says more.
        of_hop()
            .find(|record| record.phase == Phase::End)
            .or_else(|| of_hop().find(|record| record.span.is_some()))
            .map(reports_failure)
    })
}

fn reports_failure(record: &CallRecord) -> bool {
    record.is_failure || has_failed_answer(record)
}

/// Returns whether the logged answer of a tool is an error although the exchange was not. Gateways log it as JSON or as a Java map.
fn has_failed_answer(record: &CallRecord) -> bool {
    let logged = record
        .answer
        .as_deref()
        .filter(|_| record.phase == Phase::End);
    let answer = logged.and_then(|answer| {
        let json = serde_json::from_str::<Value>(answer).ok();
        json.or_else(|| java_map::parse(answer))
    });
    answer.is_some_and(|answer| {
        answer.get("error").is_some_and(|error| !error.is_null())
            || answer.pointer("/result/isError").and_then(Value::as_bool) == Some(true)
    })
}

/// Returns the words in which a record states its failure.
pub(super) fn failure_text(record: &CallRecord) -> String {
    if let Some(answer) = &record.answer {
        let text = answer_text(answer);
        if !text.is_empty() {
            return text;
        }
    }
    if let Some(span) = &record.span {
        return span
            .http_status
            .map_or_else(|| span.name.clone(), |status| format!("HTTP {status}"));
    }
    record
        .message
        .trim_start_matches("[ERROR]")
        .trim_start()
        .to_owned()
}

/// How a gateway answers a tool call that a policy denies.
pub(super) const POLICY_DENIAL: &str = "Tool Execution Denied";

/// Returns whether a text is a gateway's answer to a tool call that a policy denied.
fn is_policy_denial(text: &str) -> bool {
    text.contains(POLICY_DENIAL)
}

/// What AgentCore Runtime answers where the program in its container failed, or did not start in time (MCP protocol contract of
/// AgentCore Runtime, errors). Gateways pass it on in their own answers.
const RUNTIME_ERRORS: [&str; 3] = [
    "Tool execution error - Please check your CloudWatch logs",
    "Runtime initialization time exceeded",
    "This runtime is not MMDSv2-enabled",
];

/// Returns the hop that a record's failure is about: an error of Neo4j is Neo4j's, whoever reports it; so is one of a policy or of a
/// runtime.
pub(super) fn hop_of_failure(record: &CallRecord, text: &str) -> &'static str {
    if is_policy_denial(text) {
        return "policy";
    }
    if is_neo4j_error(text) || is_neo4j_error(&record.message) {
        return "neo4j";
    }
    if RUNTIME_ERRORS.iter().any(|error| text.contains(error)) {
        return "runtime";
    }
    record.hop
}

/// Returns whether a text is an error of Neo4j or of its driver.
pub(super) fn is_neo4j_error(text: &str) -> bool {
    [
        "Neo.ClientError.",
        "Neo.TransientError.",
        "Neo.DatabaseError.",
        "neo4j.exceptions.",
        "Neo4jFailure",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// Returns the outcome of a failed call.
fn classify(records: &[CallRecord], text: &str) -> LoggedOutcome {
    let failures: Vec<&CallRecord> = records
        .iter()
        .filter(|record| reports_failure(record))
        .collect();
    let says = |signs: &[&str]| {
        signs.iter().any(|sign| text.contains(sign))
            || failures.iter().any(|record| {
                let answer = record.answer.as_deref().unwrap_or_default();
                signs
                    .iter()
                    .any(|sign| answer.contains(sign) || record.message.contains(sign))
            })
    };
    let is_throttled = failures.iter().any(|record| {
        record
            .span
            .as_ref()
            .and_then(|span| span.error_type.as_deref())
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("throttl"))
    });
    if says(&[
        "-32042",
        "consent",
        "elicitation required",
        "authorizationUrl",
    ]) {
        LoggedOutcome::Consent
    } else if failures.iter().any(|record| record.policy_denied)
        || is_policy_denial(text)
        || has_status(&failures, &[401, 403])
        || says(&["Missing or invalid X-Neo4j-Authorization header"])
    {
        LoggedOutcome::Denied
    } else if is_throttled
        || has_status(&failures, &[429])
        || says(&[
            "ThrottlingException",
            "Rate exceeded",
            "TooManyRequests",
            "Too many requests",
            "Throttled",
        ])
    {
        LoggedOutcome::Throttled
    } else {
        LoggedOutcome::Error
    }
}

/// Returns whether one of the outer hops answered with one of these HTTP statuses, by its span or its log.
fn has_status(failures: &[&CallRecord], wanted: &[u64]) -> bool {
    failures.iter().any(|record| {
        let is_outer = matches!(record.hop, "gateway" | "interceptor" | "policy");
        let status = record.span.as_ref().and_then(|span| span.http_status);
        let logged = record
            .answer
            .as_deref()
            .and_then(|answer| answer.strip_prefix("HTTP "))
            .and_then(|status| status.trim().parse().ok());
        is_outer
            && status
                .or(logged)
                .is_some_and(|status| wanted.contains(&status))
    })
}
