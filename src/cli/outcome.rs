//! What a command answers: nothing, or why it ended early; and the exit code for that.

use std::process::ExitCode;

use super::output;
use crate::model::{Failure, FailureKind};

/// Why a command ends before it is through.
pub(crate) enum CliError {
    /// Something failed: told on stderr, and its class is the exit code.
    Failed(Box<Failure>),
    /// Everything was told already; this is the exit code.
    Code(u8),
    /// The reader of stdout is gone: the command ends without a message.
    PipeClosed,
}

/// What a command answers: nothing, or why it stopped.
pub(crate) type CliResult = Result<(), CliError>;

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<std::io::Error> for CliError {
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

/// Returns a failure of usage: exit code 2.
pub(crate) fn usage(doing: impl Into<String>, cause: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Usage, doing, cause)
}

/// Prints the failure that ended a command, and returns the exit code.
pub(super) fn exit_code(outcome: CliResult) -> ExitCode {
    match outcome {
        Ok(()) | Err(CliError::PipeClosed) => ExitCode::SUCCESS,
        Err(CliError::Code(code)) => ExitCode::from(code),
        Err(CliError::Failed(failure)) => {
            output::complain(&failure);
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
