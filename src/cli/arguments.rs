//! The command line as clap sees it: every command, flag and help line. The man page and completions follow from it.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};

/// A terminal operations console for MCP servers on Amazon Bedrock AgentCore in front of Neo4j.
#[derive(Debug, Parser)]
#[command(name = "agentcore-console", version, propagate_version = false, max_term_width = 110, after_help = AFTER, subcommand_help_heading = "Commands")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const AFTER: &str = "Without a command: the console itself. First steps: `agentcore-console demo`, then `agentcore-console init`.\n\
Exit codes: 0 done, 1 the answer is no, 2 usage or configuration, 3 sign-in, 4 refused by AWS or read-only mode, 5 network or time-out.";

/// Flags that work with every command.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Global {
    /// Configuration file [default: agentcore-console/config.toml in the configuration folder]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "AGENTCORE_CONFIG",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Only this deployment; may be given several times
    #[arg(
        long,
        short = 'd',
        global = true,
        value_name = "NAME",
        env = "AGENTCORE_DEPLOYMENT",
        value_delimiter = ',',
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) deployment: Vec<String>,
    /// Refuse every write
    #[arg(long, global = true, env = "AGENTCORE_READ_ONLY", value_parser = FalseyValueParser::new(), hide_env_values = true, help_heading = "Everywhere")]
    pub(crate) read_only: bool,
    /// Theme of the console: dark, light, mono, or a file
    #[arg(
        long,
        global = true,
        value_name = "THEME",
        env = "AGENTCORE_THEME",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) theme: Option<String>,
    /// How long to wait for an answer: 60s, 5m [default: 60s; with `status --wait`: 5m]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, env = "AGENTCORE_TIMEOUT", hide_env_values = true, help_heading = "Everywhere")]
    pub(crate) timeout: Option<Duration>,
}

fn duration(text: &str) -> Result<Duration, String> {
    match crate::model::parse_duration(text) {
        Some(length) if !length.is_zero() => Ok(length),
        _ => Err("write a length of time: 500ms, 30s, 5m, 1h".into()),
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Only the embedded stack, in the foreground: AWS, MCP and Neo4j wire protocols on loopback
    #[cfg(feature = "local")]
    Local(LocalOptions),
    /// Judge the configuration
    Config(ConfigOptions),
}

/// How `local` starts the embedded stack.
#[derive(Debug, Args)]
pub(crate) struct LocalOptions {
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// How to say that it is ready
    #[arg(long, short, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) output: TextOrJson,
    /// The same number gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A world in which nothing happens by itself
    #[arg(long)]
    pub(crate) quiet_world: bool,
    /// Write a configuration of this console for the stack
    #[arg(long, value_name = "FILE")]
    pub(crate) write_config: Option<PathBuf>,
    /// A real Neo4j behind deployments A to D: http(s):// (Query API) or bolt://, neo4j://
    #[arg(long, value_name = "URI", requires = "neo4j_password_env")]
    pub(crate) neo4j_uri: Option<String>,
    /// Its user
    #[arg(long, value_name = "USER", default_value = "neo4j")]
    pub(crate) neo4j_user: String,
    /// The environment variable that holds its password
    #[arg(long, value_name = "NAME")]
    pub(crate) neo4j_password_env: Option<String>,
    /// A real MCP server as the external target of deployment B
    #[arg(long, value_name = "URL")]
    pub(crate) neo4j_mcp_url: Option<url::Url>,
    /// Faults to inject: a JSON list, by operation or by hop
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
}

/// `config check`.
#[derive(Debug, Args)]
pub(crate) struct ConfigOptions {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Tell everything that is wrong with it, with line and column
    Check {
        /// How to print
        #[arg(long, short, value_enum, default_value_t = TextOrJson::Text)]
        output: TextOrJson,
    },
    /// Print the path of the configuration
    Path,
    /// Print the documented example
    Example,
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    Text,
    /// For programs
    Json,
}
