//! `tools history`: the calls that the console keeps, or those of a recording; also as HAR and OTLP.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    config::write,
    model::{Failure, Moment, pluralize, sanitize::escape_json},
    runtime,
    tools::{
        csv, har,
        history::HistoryOutcome,
        otlp,
        recording::{self, RecordedCall},
    },
};

use super::{
    super::{
        context::Context,
        outcome::{CliResult, usage},
        output,
        table::{Cell, ColumnFit, TextTable, Tone},
        values::parse_since,
    },
    CallRoute, ToolsFormat,
};

const EXPORTS: &str = "Examples:
  agentcore-console tools history matrix --since 2h
  agentcore-console tools history --har calls.har --otlp calls.json
  agentcore-console tools history --from before.jsonl --har -

No secret is in any of them: values under names like password and token, and credentials in texts, are masked.";

/// Which calls, and in which form.
#[derive(Debug, Args)]
#[command(after_help = EXPORTS)]
pub(super) struct HistoryExport {
    /// Only calls with each of these words in statement, name, tool, deployment or outcome
    words: Vec<String>,
    /// From when on: 15m, "2 hours ago", RFC 3339 [default: all that is kept]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most this many calls, the newest
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// A recording in place of the history
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Write the calls as an HTTP Archive (HAR 1.2) to this new file; - is the standard output
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// Write the calls as OpenTelemetry spans (OTLP JSON) to this new file; - is the standard output
    #[arg(long, value_name = "FILE")]
    otlp: Option<PathBuf>,
}

/// Runs `tools history`.
pub(super) fn run(context: &Context, route: &CallRoute, options: &HistoryExport) -> CliResult {
    let since = options.since.as_deref().map(parse_since).transpose()?;
    let calls = calls(context, options, since)?;
    if options.har.is_none() && options.otlp.is_none() {
        return show(&calls, route.output);
    }
    if let Some(path) = &options.har {
        let left_out = calls
            .iter()
            .filter(|call| call.entry.wire.url.is_none())
            .count();
        if left_out > 0 {
            output::note(&format!(
                "{} not in the archive: the history does not know the address",
                pluralize(left_out, "call")
            ));
        }
        export(path, &har::archive(&calls))?;
    }
    if let Some(path) = &options.otlp {
        export(path, &otlp::traces(&calls))?;
    }
    Ok(())
}

/// Returns the calls that are asked for, the newest first.
fn calls(
    context: &Context,
    options: &HistoryExport,
    since: Option<Moment>,
) -> Result<Vec<RecordedCall>, Failure> {
    let all = match &options.from {
        Some(path) => {
            let doing = || format!("reading {}", path.display());
            let text =
                fs::read_to_string(path).map_err(|error| usage(doing(), error.to_string()))?;
            let recording =
                recording::read(&text).map_err(|error| usage(doing(), error.to_string()))?;
            let mut calls = recording.calls;
            calls.reverse();
            calls
        }
        None => runtime::read_call_history()?
            .into_iter()
            .map(|entry| RecordedCall {
                entry,
                result: None,
            })
            .collect(),
    };
    let words = options.words.join(" ");
    let deployments = &context.global.deployment;
    let found = all.into_iter().filter(|call| {
        let entry = &call.entry;
        let name = entry.endpoint.deployment.as_str();
        let is_of = deployments.is_empty() || deployments.iter().any(|known| known == name);
        is_of && since.is_none_or(|since| entry.at.since(since) >= 0) && entry.matches(&words, name)
    });
    Ok(found.take(options.limit.unwrap_or(usize::MAX)).collect())
}

/// Writes a document to a new file, readable by its owner only, or to the standard output.
fn export(path: &Path, document: &Value) -> CliResult {
    if path.as_os_str() == "-" {
        return Ok(output::json_line(document)?);
    }
    let text = escape_json(&document.to_string()).into_owned() + "\n";
    write::save(path, &text, |_| false)
        .map_err(|error| usage(format!("writing {}", path.display()), error.to_string()).into())
}

fn show(calls: &[RecordedCall], format: ToolsFormat) -> CliResult {
    match format {
        ToolsFormat::Json | ToolsFormat::Jsonl => {
            for call in calls {
                output::json_line(&line(call))?;
            }
        }
        ToolsFormat::Csv => {
            let title = [
                "at",
                "deployment",
                "tool",
                "title",
                "outcome",
                "bytes",
                "elapsed_ms",
            ];
            let rows = calls.iter().map(|call| {
                let entry = &call.entry;
                [
                    entry.at.iso(),
                    entry.endpoint.deployment.to_string(),
                    entry.tool.clone(),
                    entry.title(),
                    entry.outcome.words(),
                    entry.bytes.to_string(),
                    entry.wire.elapsed.total.to_string(),
                ]
            });
            let rows: Vec<[String; 7]> = std::iter::once(title.map(str::to_owned))
                .chain(rows)
                .collect();
            output::text(&csv::texts(rows.iter().map(<[String; 7]>::as_slice)))?;
        }
        ToolsFormat::Table if calls.is_empty() => {
            output::note(
                "no call is kept that fits; those of the Tools screen, of `tools call` and of `tools cypher` are kept",
            );
        }
        ToolsFormat::Table => table(calls).print()?,
    }
    Ok(())
}

fn line(call: &RecordedCall) -> Value {
    let entry = &call.entry;
    let rows = match entry.outcome {
        HistoryOutcome::Rows(rows) => Some(rows),
        HistoryOutcome::Answered
        | HistoryOutcome::ToolError(_)
        | HistoryOutcome::Failed(_)
        | HistoryOutcome::Cancelled => None,
    };
    json!({
        "at": entry.at.iso(),
        "deployment": entry.endpoint.deployment.as_str(),
        "endpoint": entry.wire.url,
        "tool": entry.tool,
        "arguments": entry.arguments,
        "masked": entry.is_masked,
        "name": entry.name,
        "pinned": entry.is_pinned,
        "is_error": !entry.outcome.is_success(),
        "outcome": entry.outcome.words(),
        "rows": rows,
        "bytes": entry.bytes,
        "elapsed_ms": entry.wire.elapsed,
        "request_id": entry.wire.request_id,
        "trace_id": entry.wire.trace_id,
    })
}

fn table(calls: &[RecordedCall]) -> TextTable {
    let zone = crate::cli::zone::local();
    let mut table = TextTable::new(["AT", "DEPLOYMENT", "CALL", "OUTCOME", "MS"])
        .fit("DEPLOYMENT", ColumnFit::Middle)
        .fit("CALL", ColumnFit::First);
    for call in calls {
        let entry = &call.entry;
        let tone = if entry.outcome.is_success() {
            Tone::Good
        } else {
            Tone::Bad
        };
        table.row(vec![
            Cell::new(&entry.at.date_time(&zone)),
            Cell::new(entry.endpoint.deployment.as_str()),
            Cell::new(&entry.title()),
            Cell::new(&entry.outcome.words()).tone(tone),
            Cell::new(&entry.wire.elapsed.total.to_string()).right(),
        ]);
    }
    table
}
