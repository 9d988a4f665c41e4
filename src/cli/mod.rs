//! The commands: the same services as the console, without the terminal. One file a command.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 the answer is no, 2 usage or configuration,
//! 3 sign-in, 4 refused by AWS or by read-only mode, 5 network or time-out.

mod arguments;
mod calls;
mod changes;
mod client_secret;
mod configuration;
mod confirm;
mod conformance;
mod console;
mod context;
#[cfg(feature = "local")]
mod demo;
mod deployment_health;
mod describe;
mod doctor;
mod doctor_bundle;
mod find_resource;
mod group_failures;
mod init;
#[cfg(feature = "local")]
pub mod local;
mod logs;
mod output;
mod policy;
mod process;
mod secrets;
mod shell;
mod sign_in;
mod start_page_facts;
mod status;
mod table;
mod targets;
mod token;
mod tools;
mod trace;
mod versions;
mod zone;

use std::process::ExitCode;

use clap::Parser as _;

use crate::model::{Failure, FailureKind, Moment};
pub(crate) use crate::net::clock::now;

use arguments::{Arguments, Command};
use context::Context;

/// Why a command ends before it is through.
pub(crate) enum Stop {
    /// Something failed: told on stderr, and its class is the exit code.
    Failed(Box<Failure>),
    /// Everything was told already; this is the exit code.
    Code(u8),
    /// Whoever read our output went away: end without a word.
    PipeClosed,
}

/// What a command answers: nothing, or why it stopped.
pub(crate) type Outcome = Result<(), Stop>;

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::PipeClosed;
        }
        Failure::new(
            FailureKind::Network,
            "writing the output",
            error.to_string(),
        )
        .into()
    }
}

/// A failure of usage: exit code 2.
pub(crate) fn usage(doing: impl Into<String>, cause: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Usage, doing, cause)
}

/// Parses the time of `--since`.
///
/// # Errors
/// Usage.
pub(crate) fn since(text: &str) -> Result<Moment, Failure> {
    crate::model::parse_time(text, now(), &zone::local()).ok_or_else(|| {
        usage("reading --since", format!("\"{text}\" is no time"))
            .hint("write 15m, 2h, a date and time, or seconds since 1970")
    })
}

/// Parses the command line, runs what it says, and answers the exit code.
pub fn main() -> ExitCode {
    process::harden();
    process::report_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            // It quotes what was typed or pasted.
            error
                .render()
                .to_string()
                .trim_end()
                .lines()
                .for_each(output::note);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        // Help and version are data.
        Err(help) => return end(help.print().map_err(Stop::from)),
    };
    if let Err(failure) = process::start_log() {
        output::complain(&failure);
        return ExitCode::from(failure.kind.exit_code());
    }
    end(dispatch(arguments))
}

fn end(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) | Err(Stop::PipeClosed) => ExitCode::SUCCESS,
        Err(Stop::Code(code)) => ExitCode::from(code),
        Err(Stop::Failed(failure)) => {
            output::complain(&failure);
            ExitCode::from(failure.kind.exit_code())
        }
    }
}

fn dispatch(arguments: Arguments) -> Outcome {
    let context = Context::new(arguments.global);
    let Some(command) = arguments.command else {
        return console::run(&context);
    };
    run(&context, command)?;
    // What could not be listed was named on stderr.
    context
        .partial_code()
        .map_or(Ok(()), |code| Err(Stop::Code(code)))
}

fn run(context: &Context, command: Command) -> Outcome {
    match command {
        #[cfg(feature = "local")]
        Command::Demo(options) => demo::run(context, &options),
        #[cfg(feature = "local")]
        Command::Local(options) => local::run(&options),
        Command::Init(options) => init::run(context, &options),
        Command::Status(options) => status::run(context, &options),
        Command::Describe(options) => describe::run(context, &options),
        Command::Logs(options) => logs::run(context, &options),
        Command::Calls(options) => calls::run(context, &options),
        Command::Trace(options) => trace::run(context, &options),
        Command::Secrets(options) => secrets::run(context, &options),
        Command::ClientSecret(options) => client_secret::run(context, &options),
        Command::Tools(options) => tools::run(context, &options),
        Command::Doctor(options) => doctor::run(context, &options),
        Command::Token(options) => token::run(context, &options),
        Command::Targets(options) => targets::run(context, &options),
        Command::Versions(options) => versions::run(context, &options),
        Command::Changes(options) => changes::run(context, &options),
        Command::Policy(options) => policy::run(context.global.read_only, &options),
        Command::Keys => Ok(output::text(crate::keys::DEFAULT.trim_end())?),
        Command::Config(options) => configuration::run(context, &options),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::manual(),
        Command::ConformanceClient(options) => conformance::run(context, &options),
    }
}
