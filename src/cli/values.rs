//! Flags and values that several commands take.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::FalseyValueParser};

use super::{outcome::usage, zone};
use crate::{
    config::GraphicsSetting,
    discovery::values::is_region,
    model::{Failure, Moment, parse_time},
    net::clock,
};

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
    /// Profile of the AWS configuration, instead of the deployment's; it is then the only source of AWS credentials;
    /// without a configuration several: dev,prod
    #[arg(
        long,
        global = true,
        value_name = "PROFILE",
        help_heading = "Everywhere"
    )]
    pub(crate) profile: Option<String>,
    /// AWS region, instead of the deployment's; without a configuration several: us-west-2,eu-central-1
    #[arg(
        long,
        global = true,
        value_name = "REGION",
        value_delimiter = ',',
        value_parser = region,
        help_heading = "Everywhere"
    )]
    pub(crate) region: Vec<String>,
    /// Refuse every write
    #[arg(long, global = true, env = "AGENTCORE_READ_ONLY", value_parser = FalseyValueParser::new(), hide_env_values = true, help_heading = "Everywhere")]
    pub(crate) read_only: bool,
    /// Theme of the console: dark, light, mono, contrast, contrast-light, ascii, or a file
    #[arg(
        long,
        global = true,
        value_name = "THEME",
        env = "AGENTCORE_THEME",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) theme: Option<String>,
    /// Pictures of the console: auto, kitty, sixel, or none for braille characters
    #[arg(
        long,
        global = true,
        value_name = "GRAPHICS",
        value_parser = GraphicsSetting::parse,
        env = "AGENTCORE_GRAPHICS",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) graphics: Option<GraphicsSetting>,
    /// How long to wait for an answer: 60s, 5m [default: 60s; with `status --wait`: 5m]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, env = "AGENTCORE_TIMEOUT", hide_env_values = true, help_heading = "Everywhere")]
    pub(crate) timeout: Option<Duration>,
}

fn region(text: &str) -> Result<String, String> {
    if is_region(text) {
        Ok(text.to_owned())
    } else {
        Err("no AWS region is called so; they look like us-west-2".to_owned())
    }
}

const LONGEST: Duration = Duration::from_hours(365 * 24);

fn duration(text: &str) -> Result<Duration, String> {
    match crate::model::parse_duration(text) {
        // Clocks overflow somewhere; nobody waits for longer.
        Some(length) if length > LONGEST => Err("at most 365d".into()),
        Some(length) if !length.is_zero() => Ok(length),
        _ => Err("write a length of time: 500ms, 30s, 5m, 1h".into()),
    }
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    Text,
    /// For programs
    Json,
}

/// A table for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableOrJson {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Parses the time of `--since`.
///
/// # Errors
/// Usage.
pub(crate) fn parse_since(text: &str) -> Result<Moment, Failure> {
    parse_time(text, clock::now(), &zone::local()).ok_or_else(|| {
        usage("reading --since", format!("\"{text}\" is no time"))
            .hint("write 15m, 2h, a date and time, or seconds since 1970")
    })
}
