//! What a server sends of its own accord, on its way to the reader: in the order in which it arrived.
//!
//! rmcp handles each notification in a task of its own, so their order is lost there, and an answer may overtake the log messages
//! before it. Log messages and progress are therefore taken from the stream itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::sync::mpsc::{
    Receiver, Sender,
    error::{SendTimeoutError, TrySendError},
};

use crate::model::{McpNotice, Progress};

use super::wire::RawSchemas;

/// Time that a stream waits for a reader who has no room for a log message. After that the reader counts as stuck, and messages for
/// which there is no room are dropped until there is room again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Notices that are kept while a connection is being established.
const EARLY: usize = 1_000;

/// The way of a server's own messages to their reader. Clones are the same way.
#[derive(Clone, Default)]
pub(crate) struct InboundMessages {
    /// Schemas of questions as the server wrote them.
    pub(super) schemas: RawSchemas,
    notices: Option<Sender<McpNotice>>,
    is_reader_stuck: Arc<AtomicBool>,
}

impl InboundMessages {
    /// Returns the way to the reader of `notices`. Without a reader nothing is passed on.
    pub(super) fn new(notices: Option<Sender<McpNotice>>) -> Self {
        Self {
            notices,
            ..Self::default()
        }
    }

    /// Passes a notice on, if its reader has room for it. Returns whether it had.
    pub(super) fn push(&self, notice: McpNotice) -> bool {
        let Some(notices) = &self.notices else {
            return false;
        };
        match notices.try_send(notice) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                tracing::debug!("the server sends more than is read");
                false
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }

    /// Waits for room, and passes a notice on.
    pub(super) async fn push_when_there_is_room(&self, notice: McpNotice) {
        if let Some(notices) = &self.notices {
            // A reader that is gone wants nothing.
            let _ = notices.send(notice).await;
        }
    }

    /// Takes a message that the reader must get in its place among the others. Returns whether rmcp has nothing to do with it.
    pub(super) async fn take(&self, message: &Value) -> bool {
        match message.get("method").and_then(Value::as_str) {
            Some("notifications/message") => {
                if let Some(notice) = log_message(message) {
                    self.push_message(notice).await;
                }
                true
            }
            Some("notifications/progress") => {
                if let Some(notice) = progress(message) {
                    self.push(notice);
                }
                // rmcp measures time limits by it.
                false
            }
            _ => false,
        }
    }

    /// Passes a log message on. The stream waits for its reader, which slows the server down and loses nothing.
    async fn push_message(&self, notice: McpNotice) {
        let Some(notices) = &self.notices else {
            return;
        };
        if self.is_reader_stuck.load(Ordering::Acquire) {
            let has_room = self.push(notice);
            self.is_reader_stuck.store(!has_room, Ordering::Release);
            return;
        }
        if let Err(SendTimeoutError::Timeout(_)) = notices.send_timeout(notice, PATIENCE).await {
            tracing::info!("log messages of the server are dropped, since nothing reads them");
            self.is_reader_stuck.store(true, Ordering::Release);
        }
    }
}

/// Runs `work`, and meanwhile takes the notices that arrive into `early`: a server that sends much while it is being connected to
/// must not wait for a reader that begins after that.
pub async fn collect_notices<T>(
    work: impl Future<Output = T>,
    arriving: &mut Receiver<McpNotice>,
    early: &mut Vec<McpNotice>,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut is_open = true;
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            notice = arriving.recv(), if is_open => match notice {
                Some(notice) => keep_early(notice, early),
                None => is_open = false,
            },
        }
    };
    while let Ok(notice) = arriving.try_recv() {
        keep_early(notice, early);
    }
    result
}

fn keep_early(notice: McpNotice, early: &mut Vec<McpNotice>) {
    let may_be_dropped = match notice {
        McpNotice::Message(..) | McpNotice::Progress(_) => true,
        McpNotice::ToolsChanged | McpNotice::OffersChanged => {
            if early.contains(&notice) {
                return;
            }
            false
        }
        // Few can wait for an answer at once.
        McpNotice::Elicitation(_) => false,
    };
    if early.len() < EARLY || !may_be_dropped {
        early.push(notice);
    }
}

/// Returns a log message with its level; levels that the specification does not know are kept as they are.
fn log_message(message: &Value) -> Option<McpNotice> {
    let params = message.get("params")?;
    let level = params.get("level").and_then(Value::as_str);
    let data = params.get("data").cloned().unwrap_or_default();
    Some(McpNotice::Message(
        level.unwrap_or_default().to_owned(),
        data,
    ))
}

fn progress(message: &Value) -> Option<McpNotice> {
    let params = message.get("params")?;
    let text = params.get("message").and_then(Value::as_str);
    Some(McpNotice::Progress(Progress {
        progress: params.get("progress")?.as_f64()?,
        total: params.get("total").and_then(Value::as_f64),
        message: text.map(str::to_owned),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(at: usize) -> Value {
        json!({"method": "notifications/message", "params": {"level": "info", "data": at}})
    }

    #[tokio::test]
    async fn log_messages_wait_for_a_slow_reader_and_keep_their_order() {
        let (sender, mut heard) = tokio::sync::mpsc::channel(2);
        let inbound = InboundMessages::new(Some(sender));
        let sending = tokio::spawn(async move {
            for at in 0..500 {
                assert!(inbound.take(&message(at)).await);
            }
        });
        for at in 0..500 {
            tokio::task::yield_now().await;
            let expected = McpNotice::Message("info".into(), json!(at));
            assert_eq!(heard.recv().await, Some(expected));
        }
        sending.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_reads_nothing_holds_a_stream_up_once() {
        let (sender, mut heard) = tokio::sync::mpsc::channel(1);
        let inbound = InboundMessages::new(Some(sender));
        let began = tokio::time::Instant::now();
        for at in 0..1_000 {
            inbound.take(&message(at)).await;
        }
        assert_eq!(began.elapsed(), PATIENCE);
        // Once there is room, it gets them again.
        let first = heard.recv().await;
        assert_eq!(first, Some(McpNotice::Message("info".into(), json!(0))));
        inbound.take(&message(1_000)).await;
        let next = heard.recv().await;
        assert_eq!(next, Some(McpNotice::Message("info".into(), json!(1_000))));
    }

    #[tokio::test]
    async fn what_arrives_while_a_connection_is_established_is_kept_within_bounds() {
        let (sender, mut arriving) = tokio::sync::mpsc::channel(1);
        let inbound = InboundMessages::new(Some(sender));
        let mut early = Vec::new();
        let work = async {
            for at in 0..EARLY + 10 {
                inbound.take(&message(at)).await;
            }
            inbound
                .push_when_there_is_room(McpNotice::ToolsChanged)
                .await;
            inbound
                .push_when_there_is_room(McpNotice::ToolsChanged)
                .await;
            7
        };
        assert_eq!(collect_notices(work, &mut arriving, &mut early).await, 7);
        assert_eq!(early.len(), EARLY + 1);
        assert_eq!(early[1], McpNotice::Message("info".into(), json!(1)));
        assert_eq!(early.last(), Some(&McpNotice::ToolsChanged));
    }
}
