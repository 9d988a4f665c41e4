//! What a tail delivers: new events, notices, and its state with each batch.

use std::{future::Future, sync::Arc};

use parking_lot::Mutex;

use tokio::sync::mpsc;

use crate::model::{
    Failure, IdentifiedEvent, LogBatch, LogEvent, LogNotice, Moment, NoticeKind, TailStatus,
    pluralize,
};

use super::{
    dedup::{Delivery, Recognition},
    source::LogSource,
    tail::{Tail, TailEnd},
};

/// An event that CloudWatch received this much after its own time is late, in milliseconds.
const LATE_MS: i64 = 60_000;

/// Where a tail sends its batches, and where it publishes its state.
pub(super) struct TailOutput {
    /// Receiver of the batches.
    pub(super) out: mpsc::Sender<Result<LogBatch, Failure>>,
    /// State of each session of the tail.
    pub(super) board: Arc<Mutex<Vec<TailStatus>>>,
    /// The place of this session on the board.
    pub(super) index: usize,
    /// The state of this session that was sent last.
    pub(super) sent: TailStatus,
}

impl<S, F, C> Tail<S, C>
where
    S: LogSource,
    F: Future<Output = Result<Arc<S>, Failure>> + Send,
    C: Fn() -> F + Send + Sync,
{
    /// Sends the new ones of these events; returns how many there were.
    pub(super) async fn deliver(
        &mut self,
        events: Vec<LogEvent>,
        delivery: &mut Delivery,
    ) -> Result<usize, TailEnd> {
        let begin = self.begin;
        let mut new = Vec::with_capacity(events.len());
        let (mut late, mut identified) = (0, Vec::new());
        for mut event in events {
            let is_wanted = event.timestamp >= begin || event.ingestion >= begin;
            if !is_wanted {
                continue;
            }
            match (self.dedup.recognize(delivery, &event), event.id.take()) {
                (Recognition::Known, _) | (Recognition::Identified(_), None) => continue,
                (Recognition::Identified(live_id), Some(id)) => {
                    identified.push(IdentifiedEvent { live_id, id });
                    continue;
                }
                (Recognition::New, id) => event.id = id,
            }
            self.dedup.identify(&mut event);
            if event.ingestion >= self.started && event.ingestion.since(event.timestamp) > LATE_MS {
                late += 1;
            }
            new.push(event);
        }
        let count = new.len();
        if count > 0 {
            self.status.late += late;
            self.last_event = self.source.now();
        }
        if count > 0 || !identified.is_empty() {
            let notices = late_notice(self.last_event, late);
            self.send(LogBatch {
                events: new,
                notices,
                identified,
                ..LogBatch::default()
            })
            .await?;
        }
        Ok(count)
    }

    pub(super) async fn notice(
        &mut self,
        at: Moment,
        kind: NoticeKind,
        text: String,
    ) -> Result<(), TailEnd> {
        self.send(LogBatch {
            notices: vec![LogNotice { at, kind, text }],
            ..LogBatch::default()
        })
        .await
    }

    /// Sends a batch with the state of all sessions of the tail.
    pub(super) async fn send(&mut self, mut batch: LogBatch) -> Result<(), TailEnd> {
        self.count_gaps();
        self.output.sent = self.status;
        batch.status = Some(self.output.publish(self.status));
        self.output
            .out
            .send(Ok(batch))
            .await
            .map_err(|_| TailEnd::ReceiverClosed)
    }

    /// Sends the state if it has changed since it was sent, so that a quiet log does not keep an old one on the screen.
    pub(super) async fn send_changed_status(&mut self) -> Result<(), TailEnd> {
        self.count_gaps();
        if self.status == self.output.sent {
            return Ok(());
        }
        self.send(LogBatch::default()).await
    }

    /// Counts the windows that could not be read, with the one that is being read again, and the groups that are missing.
    fn count_gaps(&mut self) {
        let retrying = self.retrying.as_ref();
        let is_refused = retrying.is_some_and(|group| self.unreadable.contains(group));
        let refused = self.gaps.iter().filter(|gap| gap.is_refused).count();
        self.status.missing = self.missing.len();
        self.status.open_gaps = self.gaps.len() + usize::from(retrying.is_some());
        self.status.refused_gaps = refused + usize::from(is_refused);
    }
}

impl TailOutput {
    /// Publishes the state of one session; returns that of all.
    pub(super) fn publish(&self, status: TailStatus) -> TailStatus {
        let mut board = self.board.lock();
        if let Some(own) = board.get_mut(self.index) {
            *own = status;
        }
        let mut merged = TailStatus {
            is_backfilled: true,
            ..TailStatus::default()
        };
        for status in board.iter() {
            merged.mode = merged.mode.max(status.mode);
            merged.open_gaps += status.open_gaps;
            merged.refused_gaps += status.refused_gaps;
            merged.late += status.late;
            merged.unknown += status.unknown;
            merged.missing += status.missing;
            merged.is_sampled |= status.is_sampled;
            merged.is_backfilled &= status.is_backfilled;
        }
        merged
    }
}

fn late_notice(at: Moment, late: usize) -> Vec<LogNotice> {
    if late == 0 {
        return Vec::new();
    }
    let text = format!(
        "{} written more than a minute after their own time",
        pluralize(late, "event")
    );
    vec![LogNotice {
        at,
        kind: NoticeKind::Late,
        text,
    }]
}
