//! The tail of the Logs screen: passes its lines on, and finds calls and patterns in them off the event loop.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use futures::StreamExt as _;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::tasks::Sender;
use crate::{
    calls::{CallOwner, TailAnalysis, TailFindings},
    logs::{LogRecord, RecordReader},
    messages::{Event, LogsEvent},
    model::{Deployment, Failure, LogBatch, LogQuery, Moment, TailRequest},
    services::Services,
};

/// Time from the first lines to what was found in them.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// Shortest time between two findings.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The time between two findings is at least this many times what finding them took.
const PAUSE_PER_WORK: u32 = 20;

/// The analysis of the tail that is shown. It outlives the tail, which ends when the screen is left.
#[derive(Clone, Default)]
pub(super) struct LogTasks {
    current: Arc<Mutex<Arc<Mutex<TailAnalysis>>>>,
}

/// A running tail or reading with its analysis.
pub(super) struct RunningLogs {
    analysis: Arc<Mutex<TailAnalysis>>,
    /// Whether older lines are read beside the tail.
    is_older: bool,
}

impl LogTasks {
    /// Returns the tail of a request: with the analysis of the tail that it resumes, otherwise with an empty one.
    pub(super) fn started(&self, request: &TailRequest) -> RunningLogs {
        let owners = request
            .parts
            .iter()
            .map(|part| CallOwner {
                deployment: part.deployment.as_str().into(),
                groups: part.query.groups.clone(),
                owner_ids: part.query.owner_ids.clone(),
            })
            .collect();
        let since = request
            .parts
            .iter()
            .filter_map(|part| part.query.since)
            .min();
        let mut current = self.current.lock();
        if request.is_resumed {
            let mut analysis = current.lock();
            analysis.expect_again(owners, since.unwrap_or(Moment::from_millis(0)));
        } else {
            *current = Arc::new(Mutex::new(TailAnalysis::new(owners)));
        }
        RunningLogs {
            analysis: Arc::clone(&current),
            is_older: false,
        }
    }

    /// Returns the reading of older lines for the tail that is shown.
    pub(super) fn reading_older(&self, request: &TailRequest) -> RunningLogs {
        let analysis = Arc::clone(&self.current.lock());
        let ends = request.parts.iter().filter_map(|part| part.query.until);
        if let Some(until) = ends.max() {
            analysis.lock().expect_older(until);
        }
        RunningLogs {
            analysis,
            is_older: true,
        }
    }
}

impl RunningLogs {
    /// Follows log groups until the receiver is gone or the tail fails; a window with an end is read once.
    pub(super) async fn tail(
        &self,
        services: &Services,
        sources: Vec<(Deployment, LogQuery)>,
        sender: &Sender,
    ) -> Event {
        if sources.iter().any(|(_, query)| query.until.is_some()) {
            let read = self.read_window(services, sources, sender).await;
            return Event::Logs(LogsEvent::WindowRead(read));
        }
        let mut tail = services.aws.logs.tail_together(sources).await;
        let mut due: Option<Instant> = None;
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                item = tail.next() => match item {
                    Some(Ok(batch)) => {
                        let has_lines = !batch.events.is_empty();
                        self.pass_on(batch, sender).await;
                        if has_lines && due.is_none() {
                            due = Some(Instant::now() + pause);
                        }
                    }
                    Some(Err(failure)) => return Event::Logs(LogsEvent::TailFailed(failure)),
                    None => return std::future::pending().await,
                },
                () = sleep_until(due) => {
                    let begun = Instant::now();
                    self.send_findings(sender).await;
                    pause = SHORTEST_PAUSE.max(begun.elapsed() * PAUSE_PER_WORK);
                    due = None;
                }
            }
        }
    }

    /// Reads a window of stored lines.
    pub(super) async fn read_window(
        &self,
        services: &Services,
        sources: Vec<(Deployment, LogQuery)>,
        sender: &Sender,
    ) -> Result<(), Failure> {
        let mut reader = RecordReader::default();
        let read = services.aws.logs.read_together(sources, |batch| {
            let records = reader.read_batch(batch);
            async move {
                self.pass_on(records, sender).await;
                ControlFlow::Continue(())
            }
        });
        read.await?;
        self.send_findings(sender).await;
        Ok(())
    }

    /// Passes lines on to the screen, then to the analysis.
    async fn pass_on(&self, batch: LogBatch<LogRecord>, sender: &Sender) {
        let events = batch.events.clone();
        sender.send(Event::Logs(LogsEvent::Arrived(batch))).await;
        self.push(events).await;
    }

    async fn push(&self, events: Vec<LogRecord>) {
        if events.is_empty() {
            return;
        }
        let (analysis, is_older) = (Arc::clone(&self.analysis), self.is_older);
        let work = tokio::task::spawn_blocking(move || {
            let mut analysis = analysis.lock();
            if is_older {
                analysis.push_older(&events);
            } else {
                analysis.push(&events);
            }
        });
        if let Err(error) = work.await {
            tracing::warn!(%error, "lines were not searched for calls");
        }
    }

    async fn send_findings(&self, sender: &Sender) {
        let analysis = Arc::clone(&self.analysis);
        let work = tokio::task::spawn_blocking(move || -> Option<TailFindings> {
            let mut analysis = analysis.lock();
            analysis.has_news().then(|| analysis.findings())
        });
        match work.await {
            Ok(Some(findings)) => {
                sender
                    .send(Event::Logs(LogsEvent::Found(Box::new(findings))))
                    .await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the calls of the lines were not found"),
        }
    }
}

/// Waits for a time; for ever if there is none.
async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
