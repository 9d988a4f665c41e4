//! `tools list | call | cypher | check`: MCP tools of any gateway or runtime.

mod call;
mod check;
mod connect;
mod cypher;
mod guard;
mod history;
mod keep;
mod pick;
mod question;
mod record;
mod replay;
mod show;
mod via;
mod voice;

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    model::{HeaderSpec, SecretSource, SecretText, SignInMode},
    services::mcp,
};

use super::{context::Context, outcome::CliResult, process, sign_in};

/// What to do with which endpoint.
#[derive(Debug, Args)]
pub(crate) struct ToolsOptions {
    #[command(subcommand)]
    command: Option<ToolsCommand>,
    #[command(flatten)]
    pub(super) route: CallRoute,
}

/// How to reach the tools, and how to print.
#[derive(Debug, Args)]
pub(super) struct CallRoute {
    /// A gateway's or runtime's id or name, or a URL [default: the deployment's own endpoint]
    #[arg(long, global = true, value_name = "GATEWAY|RUNTIME|URL")]
    pub(super) via: Option<String>,
    /// Another sign-in than the configured one
    #[arg(long, global = true, value_parser = sign_in::mode_parser(), value_name = "MODE")]
    pub(super) sign_in: Option<SignInMode>,
    /// A further header; a value of @FILE or env:VARIABLE keeps a secret out of the process list; may be given several times
    #[arg(long, global = true, value_name = "NAME: VALUE", value_parser = header)]
    pub(super) header: Vec<HeaderSpec>,
    /// Version of MCP to speak [default: the newest with sessions; 2026-07-28 where the server speaks only that]
    #[arg(long, global = true, value_name = "VERSION", value_parser = protocol)]
    pub(super) protocol: Option<String>,
    /// How to print
    #[arg(long, short, global = true, value_enum, value_name = "table|json|jsonl|csv", hide_possible_values = true, default_value_t = ToolsFormat::Table)]
    pub(super) output: ToolsFormat,
    /// Do it without asking
    #[arg(long, short, global = true)]
    pub(super) yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ToolsFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// One object a row, or a line
    Jsonl,
    /// For spreadsheets
    Csv,
}

#[derive(Debug, Subcommand)]
enum ToolsCommand {
    /// List the tools
    List,
    /// Call a tool
    Call(call::Call),
    /// Run a Cypher statement through the read-cypher tool, or write-cypher with --write
    Cypher(cypher::Cypher),
    /// Run saved calls and compare what comes back
    Check(check::Check),
    /// Record the tools of an endpoint and the results of calls in a file, to compare with later or elsewhere
    Record(record::CallRecording),
    /// Repeat the calls of a recording and show what is different
    Replay(replay::Replay),
    /// Search the calls that the console keeps, or export them as HAR or OTLP
    History(history::HistoryExport),
}

/// Runs `tools`.
pub(crate) fn run(context: &Context, options: &ToolsOptions) -> CliResult {
    let runtime = process::runtime()?;
    let route = &options.route;
    let answer = runtime.block_on(async {
        match options.command.as_ref().unwrap_or(&ToolsCommand::List) {
            ToolsCommand::List => list(context, route).await,
            ToolsCommand::Call(call) => call::call(context, route, call).await,
            ToolsCommand::Cypher(cypher) => cypher::run(context, route, cypher).await,
            ToolsCommand::Check(check) => check::run(context, route, check).await,
            ToolsCommand::Record(record) => record::run(context, route, record).await,
            ToolsCommand::Replay(replay) => replay::run(context, route, replay).await,
            ToolsCommand::History(history) => history::run(context, route, history),
        }
    });
    // A connection that hangs must not keep the process: what was to be said was said.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    answer
}

async fn list(context: &Context, route: &CallRoute) -> CliResult {
    let connection = Box::pin(connect::connect(context, route)).await?;
    let tools = connection.session.tools().await;
    connection.close().await;
    show::tools(&tools?, route.output)
}

/// Returns a version of the protocol.
fn protocol(text: &str) -> Result<String, String> {
    let known = mcp::protocol_versions();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("known: {}", known.join(", ")))
    }
}

/// `Name: Value`, `Name: @FILE` or `Name: env:VARIABLE`.
fn header(text: &str) -> Result<HeaderSpec, String> {
    let (name, value) = text.split_once(':').ok_or("write 'NAME: VALUE'")?;
    let (name, value) = (name.trim(), value.trim());
    crate::config::check_header_name(name)?;
    http::HeaderValue::try_from(value)
        .map_err(|_| format!("the value of {name} holds characters that no header takes"))?;
    let value = match (value.strip_prefix('@'), value.strip_prefix("env:")) {
        (Some(""), _) | (_, Some("")) => {
            return Err(format!("the value of {name} names no file and no variable"));
        }
        (Some(path), _) => SecretSource::File {
            path: path.to_owned(),
            key: None,
        },
        (_, Some(variable)) => SecretSource::Environment(variable.to_owned()),
        (None, None) => SecretSource::Inline(SecretText::from(value)),
    };
    Ok(HeaderSpec::Literal {
        name: name.to_owned(),
        value,
    })
}
