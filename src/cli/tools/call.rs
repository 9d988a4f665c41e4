//! `tools call` and `tools cypher`: find the tool, make its arguments, guard writes, call, show.

use std::{
    fs,
    io::{self, Read as _},
};

use clap::Args;
use serde_json::{Map, Value};

use crate::{
    model::{CallOptions, CallOutcome, Failure, FailureKind, Tool, did_you_mean},
    tools::{arguments, cypher, read_only, schema},
};

use super::{
    super::{
        Outcome, Stop,
        confirm::{confirm, need_somebody},
        context::Context,
        output, process, usage,
    },
    Way,
    connect::{self, Connection},
    show,
};

const CALLS: &str = "Examples:
  agentcore-console tools call search_repositories -d team --arg query=neo4j
  agentcore-console tools call read-cypher --json '{\"query\": \"RETURN 1 AS x\"}'
  agentcore-console tools call get-schema --via my_runtime-Ab3dEfGh1j -o json";

const STATEMENTS: &str = "Examples:
  agentcore-console tools cypher 'MATCH (n) RETURN count(n) AS nodes'
  agentcore-console tools cypher 'RETURN $x AS x' --param x=1 -o json
  agentcore-console tools cypher - --write --yes < seed.cypher";

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

/// A Cypher statement.
#[derive(Debug, Args)]
#[command(after_help = STATEMENTS)]
pub(super) struct Cypher {
    /// The statement; - reads it from the standard input
    query: String,
    /// A parameter: JSON where it parses as JSON, otherwise text; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// Run it through the tool that writes
    #[arg(long)]
    write: bool,
    /// The tool to run it through, where there are several
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() {
        Err("write NAME=VALUE".into())
    } else {
        Ok((name.to_owned(), value.to_owned()))
    }
}

/// Runs `tools call`.
pub(super) async fn call(context: &Context, way: &Way, options: &Call) -> Outcome {
    let given = options
        .json
        .as_deref()
        .map(read_object)
        .transpose()?
        .unwrap_or_default();
    let connection = connect::connect(context, way).await?;
    let outcome = async {
        let tools = connection.session.tools().await?;
        let tool = pick(&tools, &options.name)?;
        refuse_writer(context, &connection, tool)?;
        let schema = schema::read(&tool.input_schema);
        let arguments = arguments::merge(given, &options.arguments, &schema)
            .map_err(|wrong| wrong_arguments(tool, &wrong))?;
        ask_first(way, &connection, tool)?;
        let services = context.services();
        for address in &options.consent {
            services
                .complete_consent(&connection.deployment, address, None)
                .await?;
        }
        perform(context, &connection, tool, arguments)
            .await
            .map_err(how_to_consent)
    }
    .await;
    connection.close().await;
    finish(outcome, None, way)
}

fn wrong_arguments(tool: &Tool, wrong: &[String]) -> Failure {
    let doing = format!("reading the arguments of {}", tool.name);
    match wrong {
        [only] => usage(doing, only.as_str()),
        several => several.iter().fold(
            usage(doing, "they do not fit its schema"),
            |failure, each| failure.evidence(each.as_str()),
        ),
    }
}

/// Where a person must agree first, the way on is the same command with the address.
fn how_to_consent(failure: Failure) -> Failure {
    let Some(address) = failure.consent_urls().next().map(str::to_owned) else {
        return failure;
    };
    failure.hint(format!(
        "open the address in a browser and agree; then the same command with --consent '{address}'"
    ))
}

/// Runs `tools cypher`.
pub(super) async fn cypher(context: &Context, way: &Way, options: &Cypher) -> Outcome {
    let query = if options.query == "-" {
        read_all("-")?
    } else {
        options.query.clone()
    };
    let access = if options.write {
        cypher::Access::Write
    } else {
        cypher::Access::Read
    };
    if options.write {
        let doing = "running a writing statement";
        refuse_in_read_only(context.global.read_only, doing)?;
        need_somebody(way.yes, doing)?;
    }
    // As it stands in the statement, or without the sign: both mean the same one.
    let name = |name: &str| name.strip_prefix('$').unwrap_or(name).to_owned();
    let parameters = options
        .parameters
        .iter()
        .map(|(own, text)| (name(own), arguments::json_or_text(text)))
        .collect();
    let connection = connect::connect(context, way).await?;
    let outcome = async {
        let tools = connection.session.tools().await?;
        let tool = match &options.tool {
            Some(name) => pick(&tools, name)?,
            None => pick_cypher(&tools, access)?,
        };
        if options.write {
            let doing = format!("running a writing statement through {}", tool.name);
            refuse_in_read_only(
                context.global.read_only || connection.deployment.read_only,
                &doing,
            )?;
            confirm(
                way.yes,
                &doing,
                &format!(
                    "Run this through {} of {}?\n{query}\n",
                    tool.name, connection.deployment.name
                ),
            )?;
        } else {
            guard(context, way, &connection, tool)?;
        }
        perform(
            context,
            &connection,
            tool,
            cypher::arguments(tool, &query, parameters),
        )
        .await
    }
    .await;
    connection.close().await;
    let wants_to_write = !options.write
        && outcome.as_ref().is_ok_and(|outcome| {
            outcome.is_error && outcome.text().to_lowercase().contains("write-cypher")
        });
    let answer = finish(outcome, Some(&query), way);
    if wants_to_write {
        output::note("  hint: --write runs it through the tool that writes");
    }
    answer
}

/// The tool of that whole name, else the only one with that own name.
pub(super) fn pick<'a>(tools: &'a [Tool], name: &str) -> Result<&'a Tool, Failure> {
    if let Some(tool) = tools.iter().find(|tool| tool.name == name) {
        return Ok(tool);
    }
    let doing = format!("looking for the tool {name}");
    let found: Vec<&Tool> = tools.iter().filter(|tool| tool.parts().1 == name).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let known = || {
                tools
                    .iter()
                    .flat_map(|tool| [tool.name.as_str(), tool.parts().1])
            };
            let whole: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            let cause = format!("unknown tool \"{name}\"{}", did_you_mean(name, known()));
            Err(usage(doing, cause).hint(if whole.is_empty() {
                "the server has none".into()
            } else {
                format!("known: {}", whole.join(", "))
            }))
        }
        several => Err(ambiguous(doing, several)),
    }
}

pub(super) fn pick_cypher(tools: &[Tool], access: cypher::Access) -> Result<&Tool, Failure> {
    let (word, doing) = match access {
        cypher::Access::Read => ("read-cypher", "looking for the tool that reads Cypher"),
        cypher::Access::Write => ("write-cypher", "looking for the tool that writes Cypher"),
    };
    match cypher::tools(tools, access).as_slice() {
        [only] => Ok(only),
        [] => {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            Err(
                usage(doing, format!("this server has no {word} tool")).hint(format!(
                    "it has: {}; --tool names another",
                    names.join(", ")
                )),
            )
        }
        several => Err(ambiguous(doing.to_owned(), several).hint("--tool NAME picks one")),
    }
}

fn ambiguous(doing: String, several: &[&Tool]) -> Failure {
    let names: Vec<&str> = several.iter().map(|tool| tool.name.as_str()).collect();
    usage(
        doing,
        format!("several have that name: {}", names.join(", ")),
    )
    .hint("give the whole name")
}

/// Read-only mode lets pass only what is known to read; elsewhere a tool that may destroy wants a word.
pub(super) fn guard(
    context: &Context,
    way: &Way,
    connection: &Connection,
    tool: &Tool,
) -> Result<(), Failure> {
    refuse_writer(context, connection, tool)?;
    ask_first(way, connection, tool)
}

fn refuse_writer(context: &Context, connection: &Connection, tool: &Tool) -> Result<(), Failure> {
    let read_only = context.global.read_only || connection.deployment.read_only;
    refuse_in_read_only(
        read_only && !read_only::only_reads(tool),
        &format!("calling {}", tool.name),
    )
}

fn ask_first(way: &Way, connection: &Connection, tool: &Tool) -> Result<(), Failure> {
    if !tool.is_guarded() {
        return Ok(());
    }
    let question = format!(
        "{} of {} may destroy. Call it?",
        tool.name, connection.deployment.name
    );
    confirm(way.yes, &format!("calling {}", tool.name), &question)
}

fn refuse_in_read_only(read_only: bool, doing: &str) -> Result<(), Failure> {
    if read_only {
        return Err(Failure::new(FailureKind::Denied, doing, "read-only mode refuses whatever may write")
            .hint("start without --read-only, and without `read_only = true` for this deployment, to allow it"));
    }
    Ok(())
}

/// Calls; Ctrl-C cancels the call at the server too.
async fn perform(
    context: &Context,
    connection: &Connection,
    tool: &Tool,
    arguments: Map<String, Value>,
) -> Result<CallOutcome, Failure> {
    let usual = CallOptions::default();
    let timeout = context.global.timeout.unwrap_or(usual.timeout);
    let options = CallOptions {
        timeout,
        total: usual.total.max(timeout),
    };
    let mut end = process::End::listen()
        .map_err(|error| usage("listening for signals", error.to_string()))?;
    tokio::select! {
        outcome = connection.session.call(&tool.name, arguments, options) => outcome,
        _ = end.wait() => Err(Failure::new(FailureKind::Cancelled, format!("calling {}", tool.name), "you stopped it")),
    }
}

fn finish(outcome: Result<CallOutcome, Failure>, query: Option<&str>, way: &Way) -> Outcome {
    let outcome = outcome?;
    match show::outcome(&outcome, query, way.output) {
        // That nobody reads to the end makes no failure a success.
        Ok(()) | Err(Stop::PipeClosed) if outcome.is_error => Err(Stop::Code(1)),
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

/// A file, or the standard input for `-`.
fn read_all(path: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == "-" {
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| usage(format!("reading {path}"), error.to_string()))
}
