//! Several groups read at once and merged by time while they come. No group is held in memory whole: one that is far ahead of
//! another waits, and is read on when its turn comes.

use std::{collections::VecDeque, ops::ControlFlow, sync::Arc};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use crate::{
    model::{Deployment, Failure, FailureKind, LogBatch, LogEvent, LogNotice, LogQuery},
    services::Services,
};

use super::sources::LogReadSource;

/// Pages of a group that are read ahead of the one that is being merged.
const AHEAD: usize = 1;

/// Reads one group into its end of the merge.
pub(super) struct GroupReader {
    deployment: Deployment,
    group: String,
    sender: mpsc::Sender<LogBatch>,
    progress: Arc<Notify>,
}

impl GroupReader {
    /// Reads the group to its end in a task of its own, so that the next page is decoded while this one is printed. Must be
    /// called within a tokio runtime.
    pub(super) fn spawn(self, services: &Services, query: &LogQuery) -> GroupReading {
        let (services, query) = (services.clone(), query.clone());
        GroupReading(tokio::spawn(
            async move { self.read(&services, &query).await },
        ))
    }

    async fn read(self, services: &Services, query: &LogQuery) -> Result<(), Failure> {
        let query = LogQuery {
            groups: vec![self.group.clone()],
            ..query.clone()
        };
        let answer = services
            .aws
            .logs
            .read(&self.deployment, &query, |batch| {
                let (sender, progress) = (self.sender.clone(), Arc::clone(&self.progress));
                async move {
                    let gone = sender.send(batch).await.is_err();
                    progress.notify_one();
                    if gone {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                }
            })
            .await;
        drop(self.sender);
        self.progress.notify_one();
        answer
    }
}

/// A group that is being read. Dropping it ends the reading.
pub(super) struct GroupReading(JoinHandle<Result<(), Failure>>);

impl GroupReading {
    /// Waits for the end of the reading.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        match (&mut self.0).await {
            Ok(answer) => answer,
            Err(error) => {
                let doing = "reading a log group";
                Err(Failure::new(
                    FailureKind::Cancelled,
                    doing,
                    error.to_string(),
                ))
            }
        }
    }
}

impl Drop for GroupReading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The other end: events of all groups in the order of time.
pub(super) struct MergedReceiver {
    groups: Vec<MergedGroup>,
    progress: Arc<Notify>,
}

struct MergedGroup {
    receiver: mpsc::Receiver<LogBatch>,
    waiting: VecDeque<LogEvent>,
    ended: bool,
}

/// What is next in time, and what is to be said.
#[derive(Default)]
pub(super) struct MergedEvents {
    /// Events that no other can come before any more.
    pub(super) events: Vec<LogEvent>,
    /// Notices, each with the page that it came with.
    pub(super) notices: Vec<LogNotice>,
}

/// Returns a reader for each group, and the merge of all.
pub(super) fn channels(sources: &[LogReadSource]) -> (Vec<GroupReader>, MergedReceiver) {
    let progress = Arc::new(Notify::new());
    let mut readers = Vec::new();
    let mut groups = Vec::new();
    for source in sources {
        for group in &source.groups {
            let (sender, receiver) = mpsc::channel(AHEAD);
            readers.push(GroupReader {
                deployment: source.deployment.clone(),
                group: group.clone(),
                sender,
                progress: Arc::clone(&progress),
            });
            groups.push(MergedGroup {
                receiver,
                waiting: VecDeque::new(),
                ended: false,
            });
        }
    }
    (readers, MergedReceiver { groups, progress })
}

impl MergedReceiver {
    /// Returns the next events that no group can come before any more; `None` when all groups have ended.
    pub(super) async fn next(&mut self) -> Option<MergedEvents> {
        loop {
            let notices: Vec<LogNotice> = self
                .groups
                .iter_mut()
                .flat_map(MergedGroup::drain)
                .collect();
            let events = self.take_ready();
            if !events.is_empty() || !notices.is_empty() {
                return Some(MergedEvents { events, notices });
            }
            if self
                .groups
                .iter()
                .all(|group| group.ended && group.waiting.is_empty())
            {
                return None;
            }
            self.progress.notified().await;
        }
    }

    fn take_ready(&mut self) -> Vec<LogEvent> {
        let mut ready = Vec::new();
        while self
            .groups
            .iter()
            .all(|group| group.ended || !group.waiting.is_empty())
        {
            let first = self
                .groups
                .iter_mut()
                .filter(|group| !group.waiting.is_empty())
                .min_by_key(|group| {
                    group
                        .waiting
                        .front()
                        .map(|event| (event.timestamp, event.ingestion))
                });
            let Some(event) = first.and_then(|group| group.waiting.pop_front()) else {
                break;
            };
            ready.push(event);
        }
        ready
    }
}

impl MergedGroup {
    /// Returns the next page, once the one before it is passed on.
    fn drain(&mut self) -> Vec<LogNotice> {
        let mut notices = Vec::new();
        while self.waiting.is_empty() {
            match self.receiver.try_recv() {
                Ok(batch) => {
                    notices.extend(batch.notices);
                    let mut events = batch.events;
                    events.sort_by_key(|event| (event.timestamp, event.ingestion));
                    self.waiting.extend(events);
                }
                Err(mpsc::error::TryRecvError::Empty) => return notices,
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    self.ended = true;
                    return notices;
                }
            }
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn event(at: i64, group: &str) -> LogEvent {
        let moment = Moment::from_millis(at);
        LogEvent {
            timestamp: moment,
            ingestion: moment,
            group: group.into(),
            stream: "s".into(),
            id: None,
            message: String::new(),
        }
    }

    #[tokio::test]
    async fn events_come_in_the_order_of_time_and_none_is_held_back_for_ever() {
        let (mut readers, mut merged) = {
            let deployment = crate::config::parse(
                "[deployments.x]\nregion = \"r\"\nlog_groups = [\"a\"]\n",
                &|| None,
            )
            .0
            .deployments
            .remove(0);
            channels(&[LogReadSource {
                deployment,
                groups: vec!["a".into(), "b".into()],
            }])
        };
        let (b, a) = (readers.pop().unwrap(), readers.pop().unwrap());
        let send = |reader: &GroupReader, times: &[i64]| {
            let events = times.iter().map(|at| event(*at, &reader.group)).collect();
            reader
                .sender
                .try_send(LogBatch {
                    events,
                    ..LogBatch::default()
                })
                .unwrap();
        };
        let times = |next: MergedEvents| {
            next.events
                .iter()
                .map(|event| event.timestamp.millis())
                .collect::<Vec<_>>()
        };
        send(&a, &[1, 5, 9]);
        send(&b, &[2, 3]);
        assert_eq!(
            times(merged.next().await.unwrap()),
            [1, 2, 3],
            "5 must wait for b"
        );
        drop(b);
        assert_eq!(times(merged.next().await.unwrap()), [5, 9]);
        drop(a);
        assert!(merged.next().await.is_none());
    }

    #[tokio::test]
    async fn a_group_far_ahead_waits_and_nothing_is_lost() {
        let deployment = crate::config::parse(
            "[deployments.x]\nregion = \"r\"\nlog_groups = [\"a\"]\n",
            &|| None,
        )
        .0
        .deployments
        .remove(0);
        let (mut readers, mut merged) = channels(&[LogReadSource {
            deployment,
            groups: vec!["a".into(), "b".into()],
        }]);
        let (slow, fast) = (readers.pop().unwrap(), readers.pop().unwrap());
        let page = |from: i64, group: &str| LogBatch {
            events: (from..from + 10).map(|at| event(at, group)).collect(),
            ..LogBatch::default()
        };
        let mut sent = 0;
        let mut fill = |merged: &mut MergedReceiver| {
            for _ in 0..100 {
                sent += i64::from(fast.sender.try_send(page(sent * 10, "a")).is_ok());
                merged.groups[0].drain();
            }
            sent
        };
        assert_eq!(
            fill(&mut merged),
            2,
            "pages of the fast group that are held while the slow one says nothing"
        );
        slow.sender.try_send(page(5, "b")).unwrap();
        let mut times: Vec<i64> = merged
            .next()
            .await
            .unwrap()
            .events
            .iter()
            .map(|event| event.timestamp.millis())
            .collect();
        assert_eq!(fill(&mut merged), 3);
        drop((slow, fast));
        while let Some(next) = merged.next().await {
            times.extend(next.events.iter().map(|event| event.timestamp.millis()));
        }
        assert_eq!(times.len(), 40);
        assert!(times.is_sorted(), "{times:?}");
    }
}
