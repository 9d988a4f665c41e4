//! The command line as clap sees it: every command, flag and help line. The man page and completions follow from it.

use clap::{Parser, Subcommand};

use super::values::Global;

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
Exit codes: 0 done, 1 negative result (a tool, statement or wait failed, a rotation was refused, a hop is broken), 2 usage or configuration, 3 sign-in, 4 refused by AWS or read-only mode, 5 network or time-out.";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The console on an embedded stack: needs nothing, touches nothing outside of this machine
    #[cfg(feature = "local")]
    Demo(super::demo::DemoOptions),
    /// Only the embedded stack, in the foreground: AWS, MCP and Neo4j wire protocols on loopback
    #[cfg(feature = "local")]
    Local(super::local::LocalOptions),
    /// Write a configuration from what the account, a stack or a file has
    Init(super::init::InitOptions),
    /// List gateways, targets, runtimes, endpoints and secrets with their status
    Status(super::status::StatusOptions),
    /// Everything about one resource
    Describe(super::describe::DescribeOptions),
    /// Read or follow logs: several groups merged by time, credentials in the lines masked
    Logs(Box<super::logs::LogsOptions>),
    /// List the tool calls found in logs and spans
    Calls(super::calls::CallsOptions),
    /// Show one tool call over every hop
    Trace(super::trace::TraceOptions),
    /// Neo4j secrets: list, show, rotate the password, resume, roll back
    Secrets(super::secrets::SecretsOptions),
    /// The secret of the machine sign-in (M2M): show, rotate at Cognito and in credential providers, resume
    ClientSecret(super::client_secret::ClientSecretArguments),
    /// List MCP tools, call them, run Cypher through them
    Tools(super::tools::ToolsOptions),
    /// Walk the chain of each deployment and name the hop that fails
    Doctor(super::doctor::DoctorOptions),
    /// The token of a sign-in: its expiry and its claims, decoded and not verified
    Token(super::token::TokenOptions),
    /// Work on gateway targets
    Targets(super::targets::TargetsOptions),
    /// Versions of a runtime: list, differences, roll an endpoint back
    Versions(super::versions::VersionsOptions),
    /// Who changed what, from CloudTrail
    Changes(super::changes::ChangesOptions),
    /// The least-privilege IAM policy, by feature
    Policy(super::policy::PolicyOptions),
    /// Every key of the console, as the keymap that a configuration may change
    Keys,
    /// Check the configuration, or show where it is read from
    Config(super::configuration::ConfigurationOptions),
    /// Completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man,
    /// Run one scenario of the MCP conformance suite as its environment variables say
    #[command(hide = true)]
    ConformanceClient(super::conformance::ConformanceOptions),
}
