//! `tools record FILE`: the tools of an endpoint and the results of calls, in a file that `tools replay` compares with.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    model::{CallOutcome, Failure, Moment, Tool, pluralize},
    net::clock,
    runtime,
    tools::{
        csv,
        history::HistoryOutcome,
        permission,
        recording::{RecordedCall, RecordingHeader, distinct_calls},
    },
};

use super::{
    super::{
        context::Context,
        outcome::{CliResult, usage},
        output,
        values::parse_since,
    },
    CallRoute, ToolsFormat,
    call::perform_watched,
    check,
    connect::{self, ToolConnection},
    guard,
    keep::history_entry,
};

const RECORDINGS: &str = "Examples:
  agentcore-console tools record before.jsonl -d prod
  agentcore-console targets sync my-target --wait
  agentcore-console tools replay before.jsonl -d prod
  agentcore-console tools record prod.jsonl -d prod --calls checks.toml
  agentcore-console tools replay prod.jsonl -d staging --ignore ElementId

No secret is recorded: values under names like password and token, and credentials in texts, are masked.";

/// What to record.
#[derive(Debug, Args)]
#[command(after_help = RECORDINGS)]
pub(super) struct CallRecording {
    /// The new file
    file: PathBuf,
    /// The calls, in a file as `tools check` reads it [default: the reading calls of the deployment in the call history]
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Calls of the history from when on: 15m, "2 hours ago", RFC 3339
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: String,
    /// At most this many calls of the history, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

/// A call to be made.
pub(super) struct PlannedCall<'t> {
    /// The tool.
    pub(super) tool: &'t Tool,
    /// Its arguments.
    pub(super) arguments: Map<String, Value>,
}

/// Runs `tools record`.
pub(super) async fn run(
    context: &Context,
    route: &CallRoute,
    options: &CallRecording,
) -> CliResult {
    let since = parse_since(&options.since)?;
    let connection = Box::pin(connect::connect(context, route)).await?;
    let answer = Box::pin(record(context, route, options, since, &connection)).await;
    connection.close().await;
    answer
}

async fn record(
    context: &Context,
    route: &CallRoute,
    options: &CallRecording,
    since: Moment,
    connection: &ToolConnection,
) -> CliResult {
    let tools = connection.session.tools().await?;
    let calls = match &options.calls {
        Some(path) => checks(path, &tools)?,
        None => history(options, since, connection, &tools)?,
    };
    for call in &calls {
        guard::refuse_in_read_only(context, connection, call.tool, &call.arguments)?;
        guard::confirm_write(route, connection, call.tool, &call.arguments)?;
    }
    let info = connection.session.info();
    let header = RecordingHeader::new(connection.endpoint.clone(), &info, &tools, clock::now());
    let mut file = create(&options.file, &header.to_line())?;
    if calls.is_empty() {
        output::note(
            "the history has no reading call of this deployment since then: the tools alone are recorded; --calls FILE names calls",
        );
    }
    let count = calls.len();
    for call in calls {
        let (recorded, _) = call_and_record(context, connection, call).await?;
        writeln!(file, "{}", recorded.to_line())
            .map_err(|error| unwritten(&options.file, &error))?;
        show(&recorded, route.output)?;
    }
    output::note(&format!(
        "{} of {} and {} recorded in {}",
        pluralize(tools.len(), "tool"),
        connection.deployment.name,
        pluralize(count, "call"),
        options.file.display()
    ));
    Ok(())
}

/// Calls a tool and returns what is recorded of it, with the outcome. A call that the server refuses is recorded as such.
///
/// # Errors
/// Those after which further calls make no sense: the network, the sign-in, the user.
pub(super) async fn call_and_record(
    context: &Context,
    connection: &ToolConnection,
    call: PlannedCall<'_>,
) -> Result<(RecordedCall, Result<CallOutcome, Failure>), Failure> {
    let began = clock::now();
    let PlannedCall { tool, arguments } = call;
    let performed = Box::pin(perform_watched(
        context,
        connection,
        tool,
        arguments.clone(),
    ))
    .await;
    let (result, exchange) = performed;
    if let Err(failure) = &result
        && ends_the_session(failure)
    {
        return Err(failure.clone());
    }
    let wire = (&result, exchange.as_ref());
    let entry = history_entry(connection, &tool.name, &arguments, began, wire);
    Ok((RecordedCall::new(entry, &result), result))
}

/// Returns whether a failure is one of the connection rather than of the call.
const fn ends_the_session(failure: &Failure) -> bool {
    use crate::model::FailureKind;
    match failure.kind {
        FailureKind::Refused | FailureKind::NotFound | FailureKind::Conflict => false,
        FailureKind::Usage
        | FailureKind::SignIn
        | FailureKind::Denied
        | FailureKind::Throttled
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Cancelled => true,
    }
}

/// Returns the calls of a file of checks.
fn checks<'t>(path: &Path, tools: &'t [Tool]) -> Result<Vec<PlannedCall<'t>>, Failure> {
    let cases = check::read(path)?;
    cases
        .iter()
        .map(|case| {
            check::prepare(case, tools).map(|(tool, arguments)| PlannedCall { tool, arguments })
        })
        .collect()
}

/// Returns the reading calls of the deployment in the history, the oldest first.
fn history<'t>(
    options: &CallRecording,
    since: Moment,
    connection: &ToolConnection,
    tools: &'t [Tool],
) -> Result<Vec<PlannedCall<'t>>, Failure> {
    let entries = runtime::read_call_history()?;
    let own = entries.iter().filter(|entry| {
        entry.endpoint.deployment == connection.endpoint.deployment
            && entry.at.since(since) >= 0
            && entry.outcome != HistoryOutcome::Cancelled
    });
    let mut calls: Vec<PlannedCall<'_>> = distinct_calls(own)
        .into_iter()
        .filter_map(|(name, arguments)| {
            let tool = tools.iter().find(|tool| tool.name == name)?;
            let reads = !permission::is_write(tool, arguments);
            reads.then(|| PlannedCall {
                tool,
                arguments: arguments.clone(),
            })
        })
        .take(options.limit)
        .collect();
    calls.reverse();
    Ok(calls)
}

/// Creates the file with its first line, readable by its owner only. An existing file is never overwritten.
fn create(path: &Path, first_line: &str) -> Result<fs::File, Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .map_err(|error| unwritten(path, &error))?;
    writeln!(file, "{first_line}").map_err(|error| unwritten(path, &error))?;
    Ok(file)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    usage(format!("writing {}", path.display()), error.to_string())
}

fn show(call: &RecordedCall, format: ToolsFormat) -> CliResult {
    let entry = &call.entry;
    let (words, elapsed) = (entry.outcome.words(), entry.wire.elapsed.total);
    match format {
        ToolsFormat::Json | ToolsFormat::Jsonl => output::json_line(&json!({
            "tool": entry.tool,
            "title": entry.title(),
            "outcome": words,
            "elapsed_ms": elapsed,
        }))?,
        ToolsFormat::Csv => {
            let cells = [entry.tool.clone(), words, elapsed.to_string()];
            output::text(&csv::texts([cells.as_slice()]))?;
        }
        ToolsFormat::Table => {
            let line = format!("{}  {words}  {elapsed} ms", entry.title());
            output::text(&crate::model::sanitize(&line))?;
        }
    }
    Ok(())
}
