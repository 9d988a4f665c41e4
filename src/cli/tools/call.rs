//! `tools call`: find the tool, make its arguments, guard writes, call, show.

use std::{
    fs,
    io::{self, Read as _},
};

use clap::Args;
use serde_json::{Map, Value};

use crate::{
    model::{CallOptions, CallOutcome, Failure, FailureKind, HttpExchange, Tool},
    net::{browser, clock},
    services::mcp::ConsentCall,
    tools::{arguments, permission, schema},
};

use super::{
    super::{
        context::Context,
        outcome::{CliError, CliResult, usage},
        process,
    },
    CallRoute,
    connect::{self, ToolConnection},
    guard::{confirm_write, refuse_in_read_only},
    keep::{history_entry, keep, perform_and_keep},
    pick::pick,
    question, show,
};

const CALLS: &str = "Examples:
  agentcore-console tools call search_repositories -d team --arg query=neo4j
  agentcore-console tools call read-cypher --json '{\"query\": \"RETURN 1 AS x\"}'
  agentcore-console tools call get-schema --via my_runtime-Ab3dEfGh1j -o json";

/// A call of a tool by name.
#[derive(Debug, Args)]
#[command(after_help = CALLS)]
pub(super) struct Call {
    /// The tool: `target___tool`, or its own name where only one has it
    name: String,
    /// An argument, read as the tool's schema says; may be given several times
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = pair)]
    arguments: Vec<(String, String)>,
    /// All arguments as a JSON object; @FILE reads a file, - the standard input
    #[arg(long, value_name = "JSON")]
    json: Option<String>,
    /// The address at which you have agreed (or the one that it led to): tells AWS before the call
    #[arg(long, value_name = "ADDRESS")]
    consent: Vec<String>,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() {
        Err("write NAME=VALUE".into())
    } else {
        Ok((name.to_owned(), value.to_owned()))
    }
}

/// Runs `tools call`.
pub(super) async fn call(context: &Context, route: &CallRoute, options: &Call) -> CliResult {
    let given = options
        .json
        .as_deref()
        .map(read_object)
        .transpose()?
        .unwrap_or_default();
    let connection = Box::pin(connect::connect(context, route)).await?;
    let outcome = Box::pin(async {
        let tools = connection.session.tools().await?;
        let tool = pick(&tools, &options.name)?;
        let schema = schema::read(&tool.input_schema);
        let arguments = arguments::merge(given, &options.arguments, &schema);
        // Read-only mode refuses before anything else is said; without arguments by the tool alone.
        let known = arguments.as_ref().cloned().unwrap_or_default();
        refuse_in_read_only(context, &connection, tool, &known)?;
        let arguments = arguments.map_err(|wrong| wrong_arguments(tool, &wrong))?;
        confirm_write(route, &connection, tool, &arguments)?;
        let services = context.services();
        for address in &options.consent {
            let mcp = &services.mcp;
            mcp.complete_consent(&connection.deployment, address)
                .await?;
        }
        let called = Box::pin(perform_and_keep(
            context,
            &connection,
            tool,
            arguments.clone(),
        ))
        .await;
        match called {
            Err(failure) if failure.consent_urls().next().is_some() && can_ask_for_consent() => {
                Box::pin(perform_with_consent(context, &connection, tool, &arguments)).await
            }
            called => called,
        }
        .map_err(how_to_consent)
    })
    .await;
    let label = connection.label();
    connection.close().await;
    finish(&label, outcome, None, route)
}

/// Calls again after a person has consented, and keeps the call in the history.
async fn perform_with_consent(
    context: &Context,
    connection: &ToolConnection,
    tool: &Tool,
    arguments: &Map<String, Value>,
) -> Result<CallOutcome, Failure> {
    let services = context.services();
    let asking = ConsentCall {
        session: &connection.session,
        deployment: &connection.deployment,
        tool: &tool.name,
        arguments,
        options: call_options(context),
    };
    let began = clock::now();
    let call = services.mcp.call_with_consent(&asking);
    let result = Box::pin(until_stopped(&tool.name, call)).await;
    let wire = (&result, None);
    keep(&history_entry(
        connection, &tool.name, arguments, began, wire,
    ));
    result
}

/// Returns whether a person can be asked for consent: a browser is configured, or somebody is at the terminal.
fn can_ask_for_consent() -> bool {
    browser::is_configured() || question::can_ask()
}

/// Time limits of a call, as the flags say.
fn call_options(context: &Context) -> CallOptions {
    let usual = CallOptions::default();
    let timeout = context.global.timeout.unwrap_or(usual.timeout);
    CallOptions {
        timeout,
        total: usual.total.max(timeout),
    }
}

/// Runs a call until it ends, or the user stops it.
async fn until_stopped(
    tool: &str,
    call: impl Future<Output = Result<CallOutcome, Failure>>,
) -> Result<CallOutcome, Failure> {
    let mut end = process::End::listen()
        .map_err(|error| usage("listening for signals", error.to_string()))?;
    tokio::select! {
        outcome = call => outcome,
        _ = end.wait() => Err(Failure::new(FailureKind::Cancelled, format!("calling {tool}"), "you stopped it")),
    }
}

pub(super) fn wrong_arguments(tool: &Tool, wrong: &[String]) -> Failure {
    let doing = format!("reading the arguments of {}", tool.name);
    match wrong {
        [only] => usage(doing, only.as_str()),
        several => several.iter().fold(
            usage(doing, "they do not fit its schema"),
            |failure, sentence| failure.evidence(sentence.as_str()),
        ),
    }
}

/// Returns where a person must agree first, the route on is the same command with the address.
fn how_to_consent(failure: Failure) -> Failure {
    let Some(address) = failure.consent_urls().next().map(str::to_owned) else {
        return failure;
    };
    failure.hint(format!(
        "open the address in a browser and agree; then the same command with --consent '{address}'"
    ))
}

/// Calls; Ctrl-C cancels the call at the server too. Returns the outcome, and how it went over the wire; `None` if the user stopped it.
pub(super) async fn perform_watched(
    context: &Context,
    connection: &ToolConnection,
    tool: &Tool,
    arguments: Map<String, Value>,
) -> (Result<CallOutcome, Failure>, Option<HttpExchange>) {
    let options = call_options(context);
    let is_write = permission::is_write(tool, &arguments);
    let mut watched = None;
    let call = Box::pin(async {
        let call = connection
            .session
            .watched_call(&tool.name, arguments, options);
        let (result, exchange) = call.await;
        watched = Some(exchange);
        result
    });
    let call = async {
        if is_write {
            let (deployment, endpoint) = (&connection.deployment, connection.session.info().url);
            let services = context.services();
            services
                .audit
                .audited_call(deployment, &tool.name, &endpoint, call)
                .await
        } else {
            call.await
        }
    };
    let result = Box::pin(until_stopped(&tool.name, call)).await;
    (result, watched)
}

/// Shows the outcome of a call; a tool that reports an error is a negative result.
pub(super) fn finish(
    label: &show::CallLabel,
    outcome: Result<CallOutcome, Failure>,
    query: Option<&str>,
    route: &CallRoute,
) -> CliResult {
    let outcome = outcome?;
    match show::outcome(label, &outcome, query, route.output) {
        // A reader that stops early does not make a failure a success.
        Ok(()) | Err(CliError::PipeClosed) if outcome.is_error => Err(CliError::Code(1)),
        shown => shown,
    }
}

fn read_object(text: &str) -> Result<Map<String, Value>, Failure> {
    let doing = "reading --json";
    let text = match text.strip_prefix('@') {
        Some("") => {
            return Err(usage(
                doing,
                "@ stands before the name of a file: --json @arguments.json",
            ));
        }
        Some(path) => read_all(path)?,
        None if text == "-" => read_all("-")?,
        None => text.to_owned(),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(usage(
            doing,
            "arguments are a JSON object, like {\"query\": \"RETURN 1\"}",
        )),
        Err(error) => Err(usage(doing, format!("not JSON: {error}"))),
    }
}

/// Returns a file, or the standard input for `-`.
pub(super) fn read_all(path: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == "-" {
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| usage(format!("reading {path}"), error.to_string()))
}
