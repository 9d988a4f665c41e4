//! `tools cypher`: a statement, or a script of several, through the tool that runs Cypher.

use clap::Args;
use serde_json::{Map, Value};

use crate::{
    model::{Failure, Tool},
    tools::{arguments, cypher, permission},
};

use super::{
    super::{
        confirm::{confirm, need_somebody},
        context::Context,
        outcome::{CliResult, usage},
        output,
    },
    CallRoute,
    call::{finish, pair, read_all, wrong_arguments},
    connect::{self, ToolConnection},
    guard::{confirm_write, refusal, refuse_in_read_only},
    keep::perform_and_keep,
    pick::{pick, pick_cypher},
};

const STATEMENTS: &str = "Examples:
  agentcore-console tools cypher 'MATCH (n) RETURN count(n) AS nodes'
  agentcore-console tools cypher 'RETURN $x AS x' --param x=1 -o json
  agentcore-console tools cypher - --write --yes < seed.cypher";

/// A Cypher statement.
#[derive(Debug, Args)]
#[command(after_help = STATEMENTS)]
pub(super) struct Cypher {
    /// The statement, or several with semicolons between them; - reads them from the standard input
    query: String,
    /// A parameter: JSON where it parses as JSON, otherwise text; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// A further argument of the tool, such as a database; may be given several times
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = pair)]
    arguments: Vec<(String, String)>,
    /// Run it through the tool that writes
    #[arg(long)]
    write: bool,
    /// The tool to run it through, where there are several
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
}

impl Cypher {
    fn access(&self) -> cypher::Access {
        if self.write {
            cypher::Access::Write
        } else {
            cypher::Access::Read
        }
    }

    /// Returns the parameters, without the dollar sign that stands before them in a statement.
    fn parameters(&self) -> Map<String, Value> {
        self.parameters
            .iter()
            .map(|(name, text)| {
                let name = name.strip_prefix('$').unwrap_or(name).to_owned();
                (name, arguments::json_or_text(text))
            })
            .collect()
    }
}

/// Runs `tools cypher`.
pub(super) async fn run(context: &Context, route: &CallRoute, options: &Cypher) -> CliResult {
    let text = if options.query == "-" {
        read_all("-")?
    } else {
        options.query.clone()
    };
    let statements = statements(&text)?;
    if options.write {
        let doing = "running a writing statement";
        if context.global.read_only {
            return Err(refusal(doing, "--write asks for the tool that writes").into());
        }
        need_somebody(route.yes, doing)?;
    }
    let connection = Box::pin(connect::connect(context, route)).await?;
    let prepared = prepare(context, route, &connection, options, &statements).await;
    let outcome = match prepared {
        Ok((tool, calls)) => {
            run_all(
                context,
                route,
                options,
                &connection,
                &tool,
                &statements,
                calls,
            )
            .await
        }
        Err(failure) => Err(failure.into()),
    };
    connection.close().await;
    outcome
}

/// Returns the statements of a text. One statement alone stays as it is, but for a byte order mark.
fn statements(text: &str) -> Result<Vec<&str>, Failure> {
    let doing = "reading the statement";
    if let Some(command) = cypher::client_command(text) {
        return Err(usage(
            doing,
            format!("{command} is a command of cypher-shell and the Neo4j Browser, not Cypher"),
        )
        .hint("--param NAME=VALUE sets a parameter; leave such lines out"));
    }
    let statements = cypher::statements(text);
    match statements.as_slice() {
        [] => Err(usage(doing, "there is no statement in it")),
        [_] => Ok(vec![text.trim_start_matches('\u{feff}')]),
        _ => Ok(statements),
    }
}

/// Returns the tool, and the arguments of a call for each statement: all are known to be right before the first is sent.
async fn prepare(
    context: &Context,
    route: &CallRoute,
    connection: &ToolConnection,
    options: &Cypher,
    statements: &[&str],
) -> Result<(Tool, Vec<Map<String, Value>>), Failure> {
    let tools = connection.session.tools().await?;
    let (tool, statements) = pick_tool(&tools, options, statements)?;
    let takes = cypher::CypherTool::of(tool).ok_or_else(|| {
        usage(
            format!("reading the schema of {}", tool.name),
            "it has no argument that takes a statement",
        )
        .hint("tools call takes any argument: --arg NAME=VALUE")
    })?;
    let mut calls = Vec::new();
    for statement in &statements {
        // A parameter that only some statements use is sent with those.
        let used = cypher::parameters(statement);
        let mut parameters = options.parameters();
        if statements.len() > 1 {
            parameters.retain(|name, _| used.contains(name));
        }
        let arguments = takes
            .arguments(tool, statement, parameters, &options.arguments)
            .map_err(|wrong| wrong_arguments(tool, &wrong))?;
        refuse_in_read_only(context, connection, tool, &arguments)?;
        calls.push(arguments);
    }
    let writes = calls
        .iter()
        .any(|arguments| permission::needs_confirmation(tool, arguments));
    if options.write || (writes && calls.len() > 1) {
        let doing = format!("running a writing statement through {}", tool.name);
        let question = format!(
            "Run this through {} of {}? {}",
            tool.name,
            connection.deployment.name,
            statements.join("; ")
        );
        confirm(route.yes, &doing, &question)?;
    } else if let Some(arguments) = calls.first() {
        confirm_write(route, connection, tool, arguments)?;
    }
    Ok((tool.clone(), calls))
}

/// Returns the tool, and the statements as it takes them: EXPLAIN and PROFILE go to the tool that shows plans, if the server has one.
fn pick_tool<'a, 's>(
    tools: &'a [Tool],
    options: &Cypher,
    statements: &[&'s str],
) -> Result<(&'a Tool, Vec<&'s str>), Failure> {
    if let Some(name) = &options.tool {
        return Ok((pick(tools, name)?, statements.to_vec()));
    }
    let tool = pick_cypher(tools, options.access())?;
    let asked = match statements {
        [only] if !options.write => cypher::PlanRequest::of(only),
        _ => None,
    };
    let planned = asked.and_then(|(request, rest)| Some((request.tool(tools, tool)?, vec![rest])));
    Ok(planned.unwrap_or_else(|| (tool, statements.to_vec())))
}

/// Runs the statements one after the other, and stops at the first that fails.
async fn run_all(
    context: &Context,
    route: &CallRoute,
    options: &Cypher,
    connection: &ToolConnection,
    tool: &Tool,
    statements: &[&str],
    calls: Vec<Map<String, Value>>,
) -> CliResult {
    let count = calls.len();
    for (at, (statement, arguments)) in statements.iter().zip(calls).enumerate() {
        let outcome = Box::pin(perform_and_keep(context, connection, tool, arguments)).await;
        let wants_to_write = !options.write
            && outcome
                .as_ref()
                .is_ok_and(|outcome| outcome.is_error && cypher::is_write(statement));
        let answer = finish(&connection.label(), outcome, Some(statement), route);
        if wants_to_write {
            output::note("  hint: --write runs it through the tool that writes");
        }
        if answer.is_err() && count > 1 {
            output::note(&format!(
                "statement {} of {count} failed; {at} ran before it, {} did not run",
                at + 1,
                count - at - 1
            ));
        }
        answer?;
    }
    Ok(())
}
