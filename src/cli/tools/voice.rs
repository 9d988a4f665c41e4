//! What a server says and asks while a command runs, on stderr: log messages in their order, progress, questions.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::mpsc::Receiver, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    model::{Elicitation, ElicitationAnswer, ElicitationRequest, McpNotice},
    services::McpSession,
};

use super::{super::output, question};

/// Time that the end of a command waits for what is still to be printed.
const FINISHING: Duration = Duration::from_secs(2);

/// Prints what a server says until the command ends.
pub(super) struct ServerVoice {
    task: JoinHandle<()>,
    closing: CancellationToken,
}

impl ServerVoice {
    /// Prints what arrived while the connection was established, and then what arrives.
    pub(super) fn start(
        early: Vec<McpNotice>,
        arriving: Receiver<McpNotice>,
        session: McpSession,
    ) -> Self {
        let closing = CancellationToken::new();
        let task = tokio::spawn(speak(early, arriving, session, closing.clone()));
        Self { task, closing }
    }

    /// Prints what has arrived, and ends.
    pub(super) async fn finish(mut self) {
        self.closing.cancel();
        if tokio::time::timeout(FINISHING, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

async fn speak(
    early: Vec<McpNotice>,
    mut arriving: Receiver<McpNotice>,
    session: McpSession,
    closing: CancellationToken,
) {
    for notice in early {
        handle(notice, &session, &closing).await;
    }
    loop {
        let notice = tokio::select! {
            // What has arrived before the end is printed before it.
            biased;
            notice = arriving.recv() => notice,
            () = closing.cancelled() => None,
        };
        match notice {
            Some(notice) => handle(notice, &session, &closing).await,
            None => return,
        }
    }
}

async fn handle(notice: McpNotice, session: &McpSession, closing: &CancellationToken) {
    match notice {
        McpNotice::Elicitation(asked) => {
            let id = asked.id;
            let answer = if question::can_ask() {
                tokio::select! {
                    answer = question::ask(asked) => answer,
                    () = closing.cancelled() => ElicitationAnswer::Cancel,
                }
            } else {
                note_cancelled(&asked);
                ElicitationAnswer::Cancel
            };
            session.answer(id, answer);
        }
        said => print(said),
    }
}

/// Prints a notice that is no question.
pub(super) fn print(notice: McpNotice) {
    match notice {
        McpNotice::Progress(progress) if io::stderr().is_terminal() => {
            let total = progress
                .total
                .map_or_else(String::new, |total| format!(" of {total}"));
            output::note(&format!(
                "{}{total} {}",
                progress.progress,
                progress.message.unwrap_or_default()
            ));
        }
        McpNotice::Message(level, data) => {
            let words = match data {
                Value::String(text) => text,
                other => other.to_string(),
            };
            output::note(&format!("server log: {level} {words}"));
        }
        McpNotice::Progress(_)
        | McpNotice::ToolsChanged
        | McpNotice::OffersChanged
        | McpNotice::Elicitation(_) => {}
    }
}

/// Says that a question is cancelled: without a terminal nobody can answer it.
fn note_cancelled(question: &Elicitation) {
    let asked = match &question.request {
        ElicitationRequest::Form(_) => String::new(),
        ElicitationRequest::Url(url) => format!(" (at {url})"),
    };
    output::note(&format!(
        "elicitation cancelled, since a command without a terminal cannot answer it: {}{asked}",
        question.message
    ));
}
