//! One call over every hop: spans, lines, the cause of its failure, and what could not be read.

use serde::Serialize;
use serde_json::json;

use crate::{
    logs::{Level, SPANS_GROUP, answer_text},
    model::Moment,
};

use super::{
    LoggedCall, LoggedOutcome, UnassignedLines, arrival_gap,
    outcome::{self, CallVerdict, failure_text, hop_of_failure},
    record::{CallRecord, Phase},
};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceCause {
    /// Hop that caused the failure.
    pub hop: &'static str,
    /// Its words.
    pub message: String,
    /// Log group that states it.
    pub source: String,
}

/// A span of a hop, recorded or derived from log lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceSpan {
    /// Hop.
    pub hop: &'static str,
    /// Name.
    pub name: String,
    /// Milliseconds from the beginning of the call.
    pub start_ms: i64,
    /// Duration in milliseconds.
    pub duration_ms: i64,
    /// `ok` or `error`.
    pub status: &'static str,
    /// Log group that it was read from.
    pub source: String,
    /// Whether it was derived from log lines, because the hop wrote no span.
    pub is_derived: bool,
}

/// A log line of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceLine {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// Log group.
    pub source: String,
    /// Hop.
    pub hop: &'static str,
    /// Message, without credentials.
    pub message: String,
    /// The message for people: with the words of its answer instead of the answer as it was logged.
    #[serde(skip)]
    pub shown: String,
    /// Severity.
    #[serde(skip)]
    pub level: Option<Level>,
    /// Hop that wrote it, whichever hop it speaks of.
    #[serde(skip)]
    pub reporter: &'static str,
    /// Whether it states the cause of the call's failure.
    #[serde(skip)]
    pub is_cause: bool,
}

/// Whether the log group of spans was read for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpansRead {
    /// It was.
    Yes,
    /// It is not among the groups that are read.
    No,
}

impl SpansRead {
    /// Returns why a call has no spans, and what shows them.
    fn gap(self, call: &LoggedCall) -> String {
        match self {
            Self::Yes => "no spans of this call: Transaction Search may be off in this region (`aws xray \
                 update-trace-segment-destination --destination CloudWatchLogs` switches it on), or they are not visible yet"
                .to_owned(),
            Self::No => format!(
                "no spans of this call: {SPANS_GROUP} is not among these log groups; `agentcore-console trace {} -d {}` reads it",
                call.id().unwrap_or("ID"),
                call.deployment
            ),
        }
    }
}

/// One call over every hop.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTrace {
    /// The call.
    pub call: LoggedCall,
    /// Why it failed.
    pub cause: Option<TraceCause>,
    /// Spans in the order of their start.
    pub spans: Vec<TraceSpan>,
    /// Log lines in the order of time.
    pub lines: Vec<TraceLine>,
    /// What could not be read.
    pub gaps: Vec<String>,
}

impl CallTrace {
    /// Lays a call out. `gaps` names what could not be read.
    pub fn new(call: LoggedCall, mut gaps: Vec<String>, spans_read: SpansRead) -> Self {
        let mut spans: Vec<TraceSpan> = call
            .records
            .iter()
            .filter_map(|record| recorded_span(record, call.at))
            .collect();
        if spans.is_empty() {
            gaps.push(spans_read.gap(&call));
        }
        gaps.extend(call.unassigned.iter().map(UnassignedLines::gap));
        let recorded: Vec<&str> = spans.iter().map(|span| span.hop).collect();
        let recorded_database = recorded.contains(&"neo4j");
        let derived: Vec<TraceSpan> = ["gateway", "interceptor", "target", "runtime"]
            .into_iter()
            .filter(|hop| !recorded.contains(hop))
            .filter_map(|hop| derived_span(&call, hop))
            .collect();
        spans.extend(derived);
        if !recorded_database {
            spans.extend(derived_database_span(&call));
        }
        spans.sort_by_key(|span| span.start_ms);
        let verdict = outcome::judge(&call.records);
        let has_failed = !matches!(call.outcome, LoggedOutcome::Ok | LoggedOutcome::Unknown);
        let stating = verdict.cause.filter(|_| has_failed);
        let lines: Vec<TraceLine> = call
            .records
            .iter()
            .enumerate()
            .filter(|(_, record)| record.span.is_none())
            .map(|(index, record)| line_of(record, stating == Some(index)))
            .collect();
        let cause = cause_of(&call, verdict, &lines);
        Self {
            call,
            cause,
            spans,
            lines,
            gaps,
        }
    }

    /// Adds what a reading at `read_at` may lack because it had not arrived yet.
    #[must_use]
    pub fn read_at(mut self, read_at: Moment) -> Self {
        self.gaps.extend(arrival_gap(&self.call, read_at));
        self
    }

    /// Returns the trace as `trace -o json` prints it.
    pub fn json(&self) -> serde_json::Value {
        let call = &self.call;
        json!({
            "trace_id": call.trace_id,
            "request_ids": call.request_ids,
            "session_id": call.session_id,
            "deployment": call.deployment,
            "tool": call.tool,
            "started_at": call.at.iso(),
            "duration_ms": call.duration_ms,
            "outcome": call.outcome,
            "cause": self.cause,
            "spans": self.spans,
            "lines": self.lines,
            "gaps": self.gaps,
        })
    }
}

fn recorded_span(record: &CallRecord, start: Moment) -> Option<TraceSpan> {
    let span = record.span.as_ref()?;
    Some(TraceSpan {
        hop: record.hop,
        name: span.name.clone(),
        start_ms: span.start.since(start),
        duration_ms: span.duration_ms.round() as i64,
        status: if record.is_failure || span.status == "ERROR" {
            "error"
        } else {
            "ok"
        },
        source: record.group.to_string(),
        is_derived: false,
    })
}

/// Returns the span of a hop between its first and its last line.
fn derived_span(call: &LoggedCall, hop: &'static str) -> Option<TraceSpan> {
    let of_hop = || call.records.iter().filter(|record| record.hop == hop);
    let (first, last) = (of_hop().next()?, of_hop().next_back()?);
    let stated = of_hop().find_map(|record| record.stated_ms);
    let duration = stated.map_or_else(|| last.at.since(first.at), |stated| stated.round() as i64);
    let start = match stated {
        Some(_) if first.phase == Phase::End => last.at.plus(-duration),
        _ => first.at,
    };
    Some(TraceSpan {
        hop,
        name: format!("{hop}, by its log lines"),
        start_ms: start.since(call.at).max(0),
        duration_ms: duration,
        status: if of_hop().any(|record| record.is_failure) {
            "error"
        } else {
            "ok"
        },
        source: first.group.to_string(),
        is_derived: true,
    })
}

/// Returns the time that a failing database took by the log lines of what calls it: from the line before its error until the error. A
/// gateway repeats the error of what lies behind it: its lines say nothing about the database's time.
fn derived_database_span(call: &LoggedCall) -> Option<TraceSpan> {
    let failure = call.records.iter().position(|record| {
        record.span.is_none()
            && record.is_failure
            && matches!(record.hop, "runtime" | "target")
            && hop_of_failure(record, &failure_text(record)) == "neo4j"
    })?;
    let record = call.records.get(failure)?;
    let before = call
        .records
        .iter()
        .take(failure)
        .rfind(|earlier| earlier.span.is_none() && earlier.group == record.group)?;
    Some(TraceSpan {
        hop: "neo4j",
        name: "neo4j, by the log lines of its caller".to_owned(),
        start_ms: before.at.since(call.at).max(0),
        duration_ms: record.at.since(before.at),
        status: "error",
        source: record.group.to_string(),
        is_derived: true,
    })
}

fn line_of(record: &CallRecord, is_cause: bool) -> TraceLine {
    let with = |answer: &str| format!("{}: {answer}", record.message);
    let (message, shown) = match &record.answer {
        Some(answer) if record.is_failure => (with(answer), with(&answer_text(answer))),
        Some(_) | None => (record.message.clone(), record.message.clone()),
    };
    TraceLine {
        timestamp: record.at.millis(),
        source: record.group.to_string(),
        hop: if record.is_failure {
            hop_of_failure(record, &failure_text(record))
        } else {
            record.hop
        },
        message,
        shown,
        level: record.level,
        reporter: record.hop,
        is_cause,
    }
}

/// Returns the cause, with the source of a line: of the one that states it, otherwise of the last line of the failing hop or of any.
fn cause_of(call: &LoggedCall, verdict: CallVerdict, lines: &[TraceLine]) -> Option<TraceCause> {
    if matches!(call.outcome, LoggedOutcome::Ok | LoggedOutcome::Unknown) {
        return None;
    }
    let hop = verdict.hop.unwrap_or("gateway");
    let stating = verdict
        .cause
        .and_then(|index| call.records.get(index))
        .map(|record| record.group.to_string());
    let is_line = |source: &String| lines.iter().any(|line| line.source == *source);
    let source = stating.filter(is_line).or_else(|| {
        lines
            .iter()
            .rev()
            .find(|line| line.hop == hop)
            .or_else(|| lines.last())
            .map(|line| line.source.clone())
    });
    Some(TraceCause {
        hop,
        message: verdict.message.unwrap_or_default(),
        source: source?,
    })
}
