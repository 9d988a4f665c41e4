//! What stands between a command and a tool that may write: read-only mode, and the question.

use serde_json::{Map, Value};

use crate::{
    model::{Failure, FailureKind, Tool},
    tools::permission,
};

use super::{
    super::{confirm::confirm, context::Context},
    CallRoute,
    connect::ToolConnection,
};

/// Refuses a call that is not known to read only, in read-only mode.
///
/// # Errors
/// Denied.
pub(super) fn refuse_in_read_only(
    context: &Context,
    connection: &ToolConnection,
    tool: &Tool,
    arguments: &Map<String, Value>,
) -> Result<(), Failure> {
    let is_read_only = context.global.read_only || connection.deployment.read_only;
    let why = permission::read_only_refusal(tool, arguments).filter(|_| is_read_only);
    why.map_or(Ok(()), |why| {
        Err(refusal(&format!("calling {}", tool.name), why))
    })
}

/// Returns the refusal of read-only mode.
pub(super) fn refusal(doing: &str, why: &str) -> Failure {
    Failure::new(
        FailureKind::Denied,
        doing,
        format!("read-only mode refuses it: {why}"),
    )
    .hint("start without --read-only, and without `read_only = true` for this deployment, to allow it")
}

/// Asks before a call that may write.
///
/// # Errors
/// Usage without a terminal; cancelled where the answer is no.
pub(super) fn confirm_write(
    route: &CallRoute,
    connection: &ToolConnection,
    tool: &Tool,
    arguments: &Map<String, Value>,
) -> Result<(), Failure> {
    if !permission::needs_confirmation(tool, arguments) {
        return Ok(());
    }
    let question = format!(
        "{} of {} may change or destroy data. Call it?",
        tool.name, connection.deployment.name
    );
    confirm(route.yes, &format!("calling {}", tool.name), &question)
}
