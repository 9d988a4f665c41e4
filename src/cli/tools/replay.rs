//! `tools replay FILE`: the calls of a recording again, at the same endpoint or another, and what is different.

use std::{fs, path::PathBuf};

use clap::Args;
use serde_json::json;

use crate::{
    model::{Failure, pluralize, sanitize},
    tools::{
        csv,
        history::HistoryOutcome,
        recording::{
            self, CallComparison, ELEMENT_IDS, RecordedCall, Recording, ToolChange, ToolDifference,
            compare_calls, compare_tools, matching_tool,
        },
    },
};

use super::{
    super::{
        context::Context,
        outcome::{CliError, CliResult, usage},
        output,
        table::{Tone, toned},
    },
    CallRoute, ToolsFormat,
    connect::{self, ToolConnection},
    guard,
    record::{PlannedCall, call_and_record},
};

/// Which recording, and what does not count.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A recording of `tools record` or of the console
    file: PathBuf,
    /// A column or member whose values are not compared, such as ElementId; may be given several times
    #[arg(long, value_name = "NAME")]
    ignore: Vec<String>,
    /// Compare the listed tools only, and repeat no call
    #[arg(long)]
    tools_only: bool,
}

/// How a call of the recording went this time.
enum Replayed {
    /// It was made.
    Called {
        comparison: CallComparison,
        now_ms: u64,
    },
    /// It could not be made.
    Skipped(String),
}

/// What was counted.
#[derive(Default)]
struct ReplayCounts {
    same: usize,
    different: usize,
    skipped: usize,
}

/// Runs `tools replay`.
pub(super) async fn run(context: &Context, route: &CallRoute, options: &Replay) -> CliResult {
    let recording = read(options)?;
    let connection = Box::pin(connect::connect(context, route)).await?;
    let answer = Box::pin(replay(context, route, options, &recording, &connection)).await;
    connection.close().await;
    answer
}

fn read(options: &Replay) -> Result<Recording, Failure> {
    let doing = || format!("reading {}", options.file.display());
    let text =
        fs::read_to_string(&options.file).map_err(|error| usage(doing(), error.to_string()))?;
    recording::read(&text).map_err(|error| usage(doing(), error.to_string()))
}

async fn replay(
    context: &Context,
    route: &CallRoute,
    options: &Replay,
    recording: &Recording,
    connection: &ToolConnection,
) -> CliResult {
    let tools = connection.session.tools().await?;
    let calls: &[RecordedCall] = if options.tools_only {
        &[]
    } else {
        &recording.calls
    };
    // All are known to be allowed before the first is sent.
    let planned: Vec<Result<PlannedCall<'_>, String>> =
        calls.iter().map(|call| plan(call, &tools)).collect();
    for call in planned.iter().flatten() {
        guard::refuse_in_read_only(context, connection, call.tool, &call.arguments)?;
    }
    for call in planned.iter().flatten() {
        guard::confirm_write(route, connection, call.tool, &call.arguments)?;
    }
    let changed = compare_tools(&recording.header.tools, &tools);
    if route.output == ToolsFormat::Csv {
        let title = ["what", "name", "state", "evidence", "elapsed_ms"].map(str::to_owned);
        output::text(&csv::texts([title.as_slice()]))?;
    }
    for difference in &changed {
        show_tool(difference, route.output)?;
    }
    if calls.iter().any(|call| is_elsewhere(call, connection)) {
        output::note("note: element ids are not compared: the recording is of another deployment");
    }
    let mut counts = ReplayCounts::default();
    for (call, planned) in calls.iter().zip(planned) {
        let replayed = match planned {
            Ok(planned) => Box::pin(repeat(context, options, connection, call, planned)).await?,
            Err(why) => Replayed::Skipped(why),
        };
        match &replayed {
            Replayed::Called { comparison, .. } if comparison.evidence.is_empty() => {
                counts.same += 1;
            }
            Replayed::Called { .. } => counts.different += 1,
            Replayed::Skipped(_) => counts.skipped += 1,
        }
        show_call(call, &replayed, route.output)?;
    }
    finish(&counts, changed.len(), recording, connection, route.output)
}

/// Returns the call as it is made at this endpoint, or why it cannot be made.
fn plan<'t>(
    call: &RecordedCall,
    tools: &'t [crate::model::Tool],
) -> Result<PlannedCall<'t>, String> {
    let entry = &call.entry;
    if entry.is_masked {
        return Err("a secret of its arguments was not recorded".to_owned());
    }
    let tool = matching_tool(&entry.tool, tools)
        .ok_or_else(|| "this endpoint has no such tool, or several".to_owned())?;
    Ok(PlannedCall {
        tool,
        arguments: entry.arguments.clone(),
    })
}

/// Returns whether a call was recorded at another deployment, whose database has element ids of its own.
fn is_elsewhere(recorded: &RecordedCall, connection: &ToolConnection) -> bool {
    recorded.entry.endpoint.deployment != connection.deployment.name
}

async fn repeat(
    context: &Context,
    options: &Replay,
    connection: &ToolConnection,
    recorded: &RecordedCall,
    planned: PlannedCall<'_>,
) -> Result<Replayed, Failure> {
    let (mut now, result) = call_and_record(context, connection, planned).await?;
    let mut recorded = recorded.clone();
    let mut ignored = options.ignore.clone();
    if is_elsewhere(&recorded, connection) {
        ignored.extend(ELEMENT_IDS.map(str::to_owned));
    }
    if !ignored.is_empty() {
        let results = [&mut recorded.result, &mut now.result];
        for result in results.into_iter().flatten() {
            result.leave_out(&ignored);
        }
    }
    let outcome = HistoryOutcome::of(&result);
    // Messages in the recording were masked when it was written.
    let outcome = match outcome {
        HistoryOutcome::ToolError(_) | HistoryOutcome::Failed(_) => now.entry.outcome.clone(),
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered | HistoryOutcome::Cancelled => outcome,
    };
    Ok(Replayed::Called {
        comparison: compare_calls(&recorded, now.result.as_ref(), &outcome),
        now_ms: now.entry.wire.elapsed.total,
    })
}

fn show_tool(difference: &ToolDifference, format: ToolsFormat) -> CliResult {
    let (state, evidence): (&str, &[String]) = match &difference.change {
        ToolChange::Added => ("added", &[]),
        ToolChange::Removed => ("removed", &[]),
        ToolChange::Members(paths) => ("changed", paths),
    };
    match format {
        ToolsFormat::Json | ToolsFormat::Jsonl => output::json_line(&json!({
            "tool": difference.tool,
            "listing": state,
            "evidence": evidence,
        }))?,
        ToolsFormat::Csv => csv_line(["tool", &difference.tool, state, &evidence.join("; "), ""])?,
        ToolsFormat::Table => {
            let line = format!("tool {}: {}", difference.tool, difference.change.words());
            let mark = toned("listed", Tone::Attention);
            output::text(&format!("{mark}     {}", sanitize(&line)))?;
        }
    }
    Ok(())
}

fn show_call(call: &RecordedCall, replayed: &Replayed, format: ToolsFormat) -> CliResult {
    let entry = &call.entry;
    let before = entry.wire.elapsed.total;
    let none: &[String] = &[];
    let why;
    let (state, tone, evidence, now_ms) = match replayed {
        Replayed::Called { comparison, now_ms } if comparison.evidence.is_empty() => {
            ("same", Tone::Good, none, Some(*now_ms))
        }
        Replayed::Called { comparison, now_ms } => (
            "different",
            Tone::Bad,
            comparison.evidence.as_slice(),
            Some(*now_ms),
        ),
        Replayed::Skipped(reason) => {
            why = [reason.clone()];
            ("skipped", Tone::Attention, why.as_slice(), None)
        }
    };
    match format {
        ToolsFormat::Json | ToolsFormat::Jsonl => {
            let (added, removed) = match replayed {
                Replayed::Called { comparison, .. } => (comparison.added, comparison.removed),
                Replayed::Skipped(_) => (0, 0),
            };
            output::json_line(&json!({
                "tool": entry.tool,
                "title": entry.title(),
                "state": state,
                "added": added,
                "removed": removed,
                "evidence": evidence,
                "elapsed_ms": {"recorded": before, "now": now_ms},
            }))?;
        }
        ToolsFormat::Csv => {
            let elapsed = now_ms.map_or_else(String::new, |now| now.to_string());
            csv_line([
                "call",
                &entry.title(),
                state,
                &evidence.join("; "),
                &elapsed,
            ])?;
        }
        ToolsFormat::Table => {
            let times = now_ms.map_or_else(String::new, |now| format!("  {now} ms, was {before}"));
            let line = format!("{}{times}", entry.title());
            let mark = toned(&format!("{state:<9}"), tone);
            output::text(&format!("{mark}  {}", sanitize(&line)))?;
            for fact in evidence {
                output::text(&format!("           {}", sanitize(fact)))?;
            }
        }
    }
    Ok(())
}

fn csv_line(cells: [&str; 5]) -> std::io::Result<()> {
    output::text(&csv::texts([cells.map(str::to_owned).as_slice()]))
}

/// The counts, and the exit code: a difference is a negative result, and so is a call that could not be made.
fn finish(
    counts: &ReplayCounts,
    tools_changed: usize,
    recording: &Recording,
    connection: &ToolConnection,
    format: ToolsFormat,
) -> CliResult {
    let ReplayCounts {
        same,
        different,
        skipped,
    } = counts;
    match format {
        ToolsFormat::Json | ToolsFormat::Jsonl => output::json_line(&json!({
            "recorded": {"deployment": recording.header.endpoint.deployment.as_str(), "at": recording.header.at.iso()},
            "replayed": {"deployment": connection.deployment.name.as_str(), "endpoint": connection.session.info().url},
            "same": same,
            "different": different,
            "skipped": skipped,
            "tools_changed": tools_changed,
        }))?,
        ToolsFormat::Table | ToolsFormat::Csv => output::note(&format!(
            "{same} same, {different} different, {skipped} skipped; {} listed differently; recorded at {} {}",
            pluralize(tools_changed, "tool"),
            recording.header.endpoint.deployment,
            recording.header.at.iso(),
        )),
    }
    if different + skipped + tools_changed == 0 {
        Ok(())
    } else {
        Err(CliError::Code(1))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::{
        model::{McpEndpoint, McpTarget, Moment},
        tools::history::HistoryEntry,
    };

    #[test]
    fn a_call_whose_secret_was_masked_is_skipped_and_never_sent_without_it() {
        let endpoint = McpEndpoint {
            deployment: "prod".into(),
            target: McpTarget::Default,
        };
        let arguments = Map::from_iter([("password".to_owned(), Value::from("x"))]);
        let entry = HistoryEntry::new(
            (endpoint, "echo".to_owned()),
            &arguments,
            Moment::from_millis(0),
            HistoryOutcome::Answered,
        );
        let call = RecordedCall {
            entry,
            result: None,
        };
        let why = plan(&call, &[]).err().unwrap();
        assert!(why.contains("secret"), "{why}");
    }
}
