//! The console itself: what it starts with, and the refusal where there is no terminal.

use std::io::{self, IsTerminal as _};

use super::{Outcome, context::Context, usage};
use crate::model::Failure;

/// Runs the console until the user leaves it.
pub(crate) fn run(_context: &Context) -> Outcome {
    need_terminal()?;
    Err(usage("starting the console", "this build has only the commands").into())
}

/// Refuses to start where nobody could see or type anything.
pub(crate) fn need_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(usage("starting the console", "standard input and output are no terminal")
        .hint("in a pipe, use the commands: `agentcore-console status`, `logs`, `tools`, … (`--help` lists them)"))
}
