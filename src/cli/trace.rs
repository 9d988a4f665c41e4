//! `trace ID|last`: one tool call over every hop, with the cause of its failure.

use clap::Args;

use crate::{
    calls::{CallTrace, LoggedCall},
    logs::{Level, Line, summary::summary},
    model::{Failure, FailureKind},
};

use super::{
    calls::{FoundCalls, find_calls, no_such_call},
    context::Context,
    logs::window,
    outcome::{CliResult, usage},
    output, process,
    table::{Tone, toned},
    values::TextOrJson,
};
use crate::model::sanitize;

/// Columns of the bars of the waterfall.
const BAR: i64 = 40;
/// Characters of a cause from which on lines do not repeat it.
const LEAST_REPEATED: usize = 40;

/// Which call.
#[derive(Debug, Args)]
pub(crate) struct TraceOptions {
    /// A trace, request or session id (of a session: its last call), or the first eight characters of one; or `last`
    id: String,
    /// From: 15m, 2 hours ago, 09:30, 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: String,
    /// How to print
    #[arg(long, short, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = TextOrJson::Text)]
    output: TextOrJson,
}

/// Runs `trace`.
pub(crate) fn run(context: &Context, options: &TraceOptions) -> CliResult {
    if options.id.trim().is_empty() {
        return Err(usage("looking for the call", "the id is empty")
            .hint("a trace, request or session id, the first eight characters of one, or `last`")
            .into());
    }
    let (since, _) = window(&options.since, None)?;
    let deployments = context.deployments()?;
    let services = context.services();
    let mut found = process::runtime()?.block_on(find_calls(&services, &deployments, since));
    let Some(call) = take_call(&mut found, &options.id) else {
        // What could not be read may be why.
        found.report()?;
        return Err(no_such_call(&options.id));
    };
    let gaps = found
        .unread
        .iter()
        .filter(|unread| unread.deployment.as_str() == call.deployment)
        .map(|unread| gap(&unread.group, &unread.failure))
        .collect();
    let trace = CallTrace::new(call, gaps, crate::calls::SpansRead::Yes).read_at(found.read_at);
    match options.output {
        TextOrJson::Json => output::json(&trace.json())?,
        TextOrJson::Text => print(&trace)?,
    }
    Ok(())
}

fn gap(group: &str, failure: &Failure) -> String {
    if failure.kind == FailureKind::Denied {
        format!("{group}: no permission ({})", failure.cause)
    } else {
        format!("{group}: {}", failure.cause)
    }
}

/// Returns the last call that has the id.
fn take_call(found: &mut FoundCalls, id: &str) -> Option<LoggedCall> {
    let index = if id == "last" {
        found.calls.len().checked_sub(1)?
    } else {
        found.calls.iter().rposition(|call| call.has_id(id))?
    };
    Some(found.calls.swap_remove(index))
}

fn print(trace: &CallTrace) -> std::io::Result<()> {
    let mut out = heading(trace);
    out.push(String::new());
    out.extend(waterfall(trace));
    out.extend(trace.call.unassigned.iter().map(|lines| {
        let words = lines.words_below_hop();
        format!(
            "{:<12} {:>6} ms  {}",
            lines.hop,
            "?",
            toned(&words, Tone::Attention)
        )
    }));
    out.push(String::new());
    let cause = trace.cause.as_ref().map(|cause| cause.message.as_str());
    for line in &trace.lines {
        let offset = line.timestamp - trace.call.at.millis();
        let is_error = Line::read(&line.message)
            .level
            .is_some_and(|level| level >= Level::Error);
        let tone = if is_error { Tone::Bad } else { Tone::Plain };
        // No level is stated in another column.
        let no_facts = Line::default();
        let shown = without_repeated_cause(&summary(&line.shown, &no_facts).message, cause);
        out.push(format!(
            "{offset:>+8} ms  {:<12} {}",
            line.hop,
            toned(&sanitize(&shown), tone)
        ));
    }
    out.push(String::new());
    out.extend(ids(&trace.call));
    let is_unassigned = |gap: &String| {
        let mut unassigned = trace.call.unassigned.iter();
        unassigned.any(|lines| lines.gap() == *gap)
    };
    for gap in trace.gaps.iter().filter(|gap| !is_unassigned(gap)) {
        out.push(toned(
            &format!("not read: {}", sanitize(gap)),
            Tone::Attention,
        ));
    }
    output::text(&out.join("\n"))
}

/// Returns a line without the words of the cause, which the heading says whole.
fn without_repeated_cause(line: &str, cause: Option<&str>) -> String {
    match cause.filter(|cause| cause.chars().count() >= LEAST_REPEATED) {
        Some(cause) => line.replace(cause, "(the cause above)"),
        None => line.to_owned(),
    }
}

/// Tool, deployment, outcome, duration and time; the cause of a failure.
fn heading(trace: &CallTrace) -> Vec<String> {
    let call = &trace.call;
    let duration = call.duration_ms.map_or_else(
        || "duration unknown".to_owned(),
        |length| format!("{length} ms"),
    );
    let mut out = vec![format!(
        "{}  {}  {}  {}  {}",
        sanitize(call.tool.as_deref().unwrap_or("(tool unknown)")),
        call.deployment,
        toned(call.outcome.as_str(), outcome_tone(call)),
        duration,
        call.at.iso()
    )];
    if let Some(cause) = &trace.cause {
        out.push(format!(
            "cause: {}: {}  ({})",
            toned(cause.hop, Tone::Bad),
            sanitize(&cause.message),
            cause.source
        ));
    }
    out
}

/// Returns a bar for each span; dashed if it was derived from log lines.
fn waterfall(trace: &CallTrace) -> Vec<String> {
    let whole = trace
        .spans
        .iter()
        .map(|span| span.start_ms + span.duration_ms)
        .chain(trace.call.duration_ms)
        .max()
        .unwrap_or(1)
        .max(1);
    trace
        .spans
        .iter()
        .map(|span| {
            let from = (span.start_ms.clamp(0, whole) * BAR / whole) as usize;
            let length = ((span.duration_ms * BAR + whole - 1) / whole).clamp(1, BAR) as usize;
            let mark = if span.is_derived { "╌" } else { "━" };
            let bar = format!("{}{}", " ".repeat(from), mark.repeat(length));
            let tone = if span.status == "error" {
                Tone::Bad
            } else {
                Tone::Plain
            };
            format!(
                "{:<12} {:>6} ms  {}  {}",
                span.hop,
                span.duration_ms,
                toned(&format!("{bar:<41}"), tone),
                sanitize(&span.name)
            )
        })
        .collect()
}

/// Returns the ids of a call, whole.
fn ids(call: &LoggedCall) -> Vec<String> {
    let requests = Some(call.request_ids.join(" ")).filter(|ids| !ids.is_empty());
    [
        ("trace", call.trace_id.clone()),
        ("requests", requests),
        ("session", call.session_id.clone()),
    ]
    .into_iter()
    .map(|(name, id)| {
        let id = id.unwrap_or_else(|| "none in the logs".to_owned());
        format!("{name:<9} {}", sanitize(&id))
    })
    .collect()
}

fn outcome_tone(call: &LoggedCall) -> Tone {
    match call.outcome {
        crate::calls::LoggedOutcome::Ok => Tone::Good,
        crate::calls::LoggedOutcome::Unknown => Tone::Dim,
        crate::calls::LoggedOutcome::Consent | crate::calls::LoggedOutcome::Throttled => {
            Tone::Attention
        }
        crate::calls::LoggedOutcome::Error | crate::calls::LoggedOutcome::Denied => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cause_is_said_once() {
        let cause = "Neo.ClientError.Statement.SyntaxError: Invalid input 'RETRUN'";
        let line = format!("Failed to process request with requestId: 3: {cause}");
        assert_eq!(
            without_repeated_cause(&line, Some(cause)),
            "Failed to process request with requestId: 3: (the cause above)"
        );
        assert_eq!(
            without_repeated_cause("HTTP 401 x", Some("HTTP 401")),
            "HTTP 401 x"
        );
        assert_eq!(without_repeated_cause(&line, None), line);
    }
}
