//! The question before a write: asked on a terminal; without one, only `--yes` counts.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::model::{Failure, FailureKind, sanitize};

use super::outcome::usage;

/// Refuses early where neither `--yes` was given nor anybody can be asked.
///
/// # Errors
/// Usage.
pub(crate) fn need_somebody(yes: bool, doing: &str) -> Result<(), Failure> {
    if yes || (io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    Err(
        usage(doing, "this writes, and there is no terminal to ask on")
            .hint("--yes says that you mean it"),
    )
}

/// Agrees when `--yes` was given or the user says so.
///
/// # Errors
/// Usage without a terminal; cancelled where the user says no.
pub(crate) fn confirm(yes: bool, doing: &str, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    need_somebody(yes, doing)?;
    let refused = || Failure::new(FailureKind::Cancelled, doing, "you said no");
    // Not locked while the answer is awaited: other threads must be able to say something.
    let asked =
        write!(io::stderr(), "{} [y/N] ", sanitize(question)).and_then(|()| io::stderr().flush());
    let mut answer = String::new();
    if asked.is_err() || io::stdin().lock().read_line(&mut answer).is_err() {
        return Err(refused());
    }
    if ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) {
        Ok(())
    } else {
        Err(refused())
    }
}
