//! Log messages that a server sends while it works on a call (`notifications/message`).

use super::{CallResult, ResultView, Tools};
use crate::{
    messages::ToolsEvent,
    model::{McpEndpoint, Moment},
    theme::Role,
    widgets::StyledLine,
};

/// Messages of one call that are kept; older ones are dropped and counted.
const MOST: usize = 1_000;
/// A message that arrives so soon after a result belongs to its call, in milliseconds.
const AFTER_MS: i64 = 2_000;

/// The log messages of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerMessages {
    kept: std::collections::VecDeque<ServerMessage>,
    dropped: usize,
}

/// A log message.
#[derive(Clone, Debug)]
struct ServerMessage {
    at: Moment,
    level: String,
    text: String,
}

impl ServerMessages {
    fn push(&mut self, message: ServerMessage) {
        if self.kept.len() >= MOST {
            self.kept.pop_front();
            self.dropped += 1;
        }
        self.kept.push_back(message);
    }

    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Returns the text of the newest message.
    pub(super) fn newest(&self) -> Option<&str> {
        self.kept.back().map(|message| message.text.as_str())
    }

    /// Lays out the messages with their time since the call began.
    pub(super) fn lines(&self, began: Moment) -> Vec<StyledLine> {
        let dropped = (self.dropped > 0).then(|| {
            let text = format!("{} earlier messages are not kept", self.dropped);
            vec![(text, Role::Dim)]
        });
        let lines = self.kept.iter().map(|message| {
            vec![
                (format!("{:>+7} ms  ", message.at.since(began)), Role::Faint),
                (format!("{:<9} ", message.level), role_of(&message.level)),
                (message.text.clone(), Role::Text),
            ]
        });
        dropped.into_iter().chain(lines).collect()
    }
}

/// Returns the role of a level of RFC 5424.
fn role_of(level: &str) -> Role {
    match level {
        "emergency" | "alert" | "critical" | "error" => Role::Failed,
        "warning" => Role::Degraded,
        "debug" => Role::Faint,
        _ => Role::Dim,
    }
}

impl Tools {
    /// A log message has arrived: it belongs to the call on its way, else to the one that has just ended.
    pub(super) fn message_logged(
        &mut self,
        endpoint: &McpEndpoint,
        level: String,
        text: String,
        now: Moment,
    ) {
        let message = ServerMessage {
            at: now,
            level,
            text,
        };
        let call = self
            .connections
            .get_mut(endpoint)
            .and_then(|connection| connection.call.as_mut());
        if let Some(call) = call {
            call.messages.push(message);
            return;
        }
        let results = self.result.iter_mut().chain(self.results.values_mut());
        let just_ended = |result: &&mut CallResult| {
            result.endpoint == *endpoint && now.since(result.ended) < AFTER_MS
        };
        let last = results
            .filter(just_ended)
            .max_by_key(|result| result.ended.millis());
        if let Some(result) = last {
            result.messages.push(message);
        }
        if let (ResultView::Messages, Some(result)) = (self.shown, &mut self.result) {
            result.lay_out(ResultView::Messages);
        }
    }

    /// Performs an event of a call on its way that changes nothing else.
    pub(super) fn call_event(&mut self, event: ToolsEvent, now: Moment) {
        if let ToolsEvent::MessageLogged {
            endpoint,
            level,
            text,
        } = event
        {
            self.message_logged(&endpoint, level, text, now);
        } else if let ToolsEvent::ValuesProposed(endpoint, completion, values) = event {
            self.values_proposed(&endpoint, &completion, values);
        } else if let ToolsEvent::Progressed(endpoint, progress) = event {
            let connection = self.connections.get_mut(&endpoint);
            if let Some(call) = connection.and_then(|connection| connection.call.as_mut()) {
                call.progress = Some(progress);
            }
        } else if let ToolsEvent::Exchanged(endpoint, exchange) = event {
            let connection = self.connections.get_mut(&endpoint);
            if let Some(call) = connection.and_then(|connection| connection.call.as_mut()) {
                call.exchange = Some(exchange);
            }
        }
    }
}
