//! `tools list | call | cypher | check`: MCP tools of any gateway or runtime.

mod call;
mod check;
mod connect;
mod show;
mod via;

use clap::{Args, Subcommand, ValueEnum};

use super::{Outcome, context::Context, process, sign_in};

/// What to do with which endpoint.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<ToolsCommand>,
    #[command(flatten)]
    pub(super) way: Way,
}

/// How to reach the tools, and how to print.
#[derive(Debug, Args)]
pub(super) struct Way {
    /// A gateway's or runtime's id or name, or a URL [default: the deployment's own endpoint]
    #[arg(long, global = true, value_name = "GATEWAY|RUNTIME|URL")]
    pub(super) via: Option<String>,
    /// Another sign-in than the configured one
    #[arg(long, global = true, value_enum, value_name = "MODE")]
    pub(super) sign_in: Option<sign_in::Mode>,
    /// A header beside the sign-in's own; may be given several times
    #[arg(long, global = true, value_name = "NAME: VALUE", value_parser = header)]
    pub(super) header: Vec<(String, String)>,
    /// How to print
    #[arg(long, short, global = true, value_enum, value_name = "table|json|csv", hide_possible_values = true, default_value_t = Format::Table)]
    pub(super) output: Format,
    /// Do it without asking
    #[arg(long, short, global = true)]
    pub(super) yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
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
    Cypher(call::Cypher),
    /// Run saved calls and compare what comes back
    Check(check::Check),
}

/// Runs `tools`.
pub(crate) fn run(context: &Context, options: &Options) -> Outcome {
    let runtime = process::runtime()?;
    let way = &options.way;
    let answer = runtime.block_on(async {
        match options.command.as_ref().unwrap_or(&ToolsCommand::List) {
            ToolsCommand::List => list(context, way).await,
            ToolsCommand::Call(call) => call::call(context, way, call).await,
            ToolsCommand::Cypher(cypher) => call::cypher(context, way, cypher).await,
            ToolsCommand::Check(check) => check::run(context, way, check).await,
        }
    });
    // A connection that hangs must not keep the process: what was to be said was said.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    answer
}

async fn list(context: &Context, way: &Way) -> Outcome {
    let connection = connect::connect(context, way).await?;
    let tools = connection.session.tools().await;
    connection.close().await;
    show::tools(&tools?, way.output)
}

/// `Name: Value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write 'NAME: VALUE'")?;
    let (name, value) = (name.trim(), value.trim());
    crate::config::check_header_name(name)?;
    http::HeaderValue::try_from(value)
        .map_err(|_| format!("the value of {name} holds characters that no header takes"))?;
    Ok((name.to_owned(), value.to_owned()))
}
