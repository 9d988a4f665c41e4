//! The commands: the same services as the console, without the terminal. One file a command.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 negative result, 2 usage or configuration,
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
mod outcome;
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
mod values;
mod versions;
mod zone;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use context::Context;
use outcome::{CliError, CliResult, exit_code};

/// Parses the command line, runs what it says, and answers the exit code.
pub fn main() -> ExitCode {
    process::harden();
    process::raise_file_limit();
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
        Err(help) => return exit_code(help.print().map_err(CliError::from)),
    };
    if let Err(failure) = process::start_log() {
        output::complain(&failure);
        return ExitCode::from(failure.kind.exit_code());
    }
    exit_code(dispatch(arguments))
}

fn dispatch(arguments: Arguments) -> CliResult {
    let context = Context::new(arguments.global);
    let Some(command) = arguments.command else {
        return console::run(&context);
    };
    run(&context, command)?;
    // What could not be listed was named on stderr.
    context
        .partial_code()
        .map_or(Ok(()), |code| Err(CliError::Code(code)))
}

fn run(context: &Context, command: Command) -> CliResult {
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
