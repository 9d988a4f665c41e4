//! Calls of commands in the call history, which the console's Tools screen shows too.

use serde_json::{Map, Value};

use crate::{
    model::{CallOutcome, Failure, HttpExchange, Moment, Tool},
    net::clock,
    runtime,
    tools::history::{HistoryEntry, HistoryOutcome, WireFacts},
};

use super::{
    super::{context::Context, output},
    call::perform_watched,
    connect::ToolConnection,
};

/// Returns a call as the history keeps it: without what looks like a secret.
pub(super) fn history_entry(
    connection: &ToolConnection,
    tool: &str,
    arguments: &Map<String, Value>,
    began: Moment,
    (result, exchange): (&Result<CallOutcome, Failure>, Option<&HttpExchange>),
) -> HistoryEntry {
    let key = (connection.endpoint.clone(), tool.to_owned());
    let mut entry = HistoryEntry::new(key, arguments, began, HistoryOutcome::of(result));
    let total_ms = match result {
        Ok(outcome) => outcome.elapsed.total,
        Err(_) => u64::try_from(clock::now().since(began)).unwrap_or(0),
    };
    entry.bytes = result.as_ref().map_or(0, |outcome| outcome.text().len()) as u64;
    entry.wire = WireFacts::new(exchange, result, total_ms);
    entry
}

/// Adds a call to the history. That it cannot be kept is said, and fails nothing.
pub(super) fn keep(entry: &HistoryEntry) {
    if let Err(failure) = runtime::keep_call(entry) {
        output::note(&format!(
            "warning: the call is not in the history: {failure}"
        ));
    }
}

/// Calls a tool, and keeps the call in the history. Ctrl-C cancels the call at the server too.
pub(super) async fn perform_and_keep(
    context: &Context,
    connection: &ToolConnection,
    tool: &Tool,
    arguments: Map<String, Value>,
) -> Result<CallOutcome, Failure> {
    let began = clock::now();
    let kept = arguments.clone();
    let performed = Box::pin(perform_watched(context, connection, tool, arguments)).await;
    let (result, exchange) = performed;
    let wire = (&result, exchange.as_ref());
    keep(&history_entry(connection, &tool.name, &kept, began, wire));
    result
}
