//! The connection of a tail to live tail: waiting, starting, or running under a watchdog.

use std::time::Duration;

use futures::{StreamExt as _, future::BoxFuture};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::model::{Failure, FailureKind};

use super::source::{LiveSession, LiveUpdate};

/// A session sends an update every second. Silence for this long means that the connection is dead.
pub(super) const WATCHDOG: Duration = Duration::from_secs(5);
/// Time limit for starting a session.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(10);
/// The service ends a session after three hours. Another one is started before that, and both run for a while.
const ROLLOVER_AFTER: Duration = Duration::from_mins(170);
/// How long the old session runs on beside the new one.
const ROLLOVER_OVERLAP: Duration = Duration::from_secs(5);
/// Before another attempt to start the new session.
const ROLLOVER_RETRY: Duration = Duration::from_secs(30);
/// A session that ends within this time counts as a short one.
const SHORT_SESSION: Duration = Duration::from_secs(30);

/// The state of the connection.
pub(super) enum LiveState {
    /// Live tail is not used.
    Off,
    /// A session is started at this time.
    Waiting(Instant),
    /// A session is being started.
    Starting {
        /// The pending start.
        session: BoxFuture<'static, Result<LiveSession, Failure>>,
        /// When the start has failed.
        deadline: Instant,
    },
    /// A session is running.
    Running {
        /// Its updates.
        session: LiveSession,
        /// When it began.
        began: Instant,
        /// When its last update arrived.
        heard: Instant,
        /// The change to the next session.
        rollover: Rollover,
    },
}

/// The change from a session to the next, ahead of its end.
pub(super) enum Rollover {
    /// The next session is started at this time.
    Waiting(Instant),
    /// The next session is being started.
    Starting(BoxFuture<'static, Result<LiveSession, Failure>>),
    /// The session before this one runs on until this time.
    Overlapping(LiveSession, Instant),
}

impl Rollover {
    const fn is_overlapping(&self) -> bool {
        matches!(self, Self::Overlapping(..))
    }

    /// Returns what happens next. Cancel safe.
    async fn next(&mut self) -> LiveEvent {
        match self {
            Self::Waiting(due) => {
                sleep_until(*due).await;
                LiveEvent::RolloverDue
            }
            Self::Starting(session) => match session.await {
                Ok(session) => LiveEvent::SuccessorStarted(session),
                Err(failure) => LiveEvent::SuccessorFailed(failure),
            },
            Self::Overlapping(old, until) => match timeout_at(*until, old.next()).await {
                Ok(Some(Ok(update))) => LiveEvent::OldUpdate(update),
                Ok(Some(Err(_)) | None) | Err(_) => LiveEvent::RolloverEnded,
            },
        }
    }
}

/// What happens to the connection.
pub(super) enum LiveEvent {
    /// It is time to start a session.
    StartDue,
    /// A session has begun.
    Started(LiveSession),
    /// The session has sent an update.
    Update(LiveUpdate),
    /// It is time to start the next session beside the running one.
    RolloverDue,
    /// The next session has begun.
    SuccessorStarted(LiveSession),
    /// The next session could not be started; the running one goes on.
    SuccessorFailed(Failure),
    /// The session before this one, which runs on for a while, has sent an update.
    OldUpdate(LiveUpdate),
    /// The session before this one is over.
    RolloverEnded,
    /// The session, or its start, has failed.
    Failed(Failure),
}

impl LiveState {
    /// Returns a state in which a session is being started.
    pub(super) fn starting(session: BoxFuture<'static, Result<LiveSession, Failure>>) -> Self {
        Self::Starting {
            session,
            deadline: Instant::now() + START_TIMEOUT,
        }
    }

    /// Returns a state in which a session runs.
    pub(super) fn running(session: LiveSession) -> Self {
        let now = Instant::now();
        Self::Running {
            session,
            began: now,
            heard: now,
            rollover: Rollover::Waiting(now + ROLLOVER_AFTER),
        }
    }

    /// Starts the next session beside the running one.
    pub(super) fn start_successor(
        &mut self,
        next: BoxFuture<'static, Result<LiveSession, Failure>>,
    ) {
        if let Self::Running { rollover, .. } = self {
            *rollover = Rollover::Starting(next);
        }
    }

    /// Tries later to start the next session.
    pub(super) fn postpone_successor(&mut self) {
        if let Self::Running { rollover, .. } = self {
            *rollover = Rollover::Waiting(Instant::now() + ROLLOVER_RETRY);
        }
    }

    /// Makes the next session the running one. The one before it runs on for a while.
    pub(super) fn succeed(&mut self, next: LiveSession) {
        let before = std::mem::replace(self, Self::running(next));
        if let (Self::Running { session: old, .. }, Self::Running { rollover, .. }) = (before, self)
        {
            *rollover = Rollover::Overlapping(old, Instant::now() + ROLLOVER_OVERLAP);
        }
    }

    /// Ends the session before the running one.
    pub(super) fn end_rollover(&mut self) {
        if let Self::Running {
            rollover, began, ..
        } = self
            && rollover.is_overlapping()
        {
            *rollover = Rollover::Waiting(*began + ROLLOVER_AFTER);
        }
    }

    /// Returns whether a session is running.
    pub(super) const fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Returns whether a running session began only a moment ago.
    pub(super) fn is_short(&self) -> bool {
        matches!(self, Self::Running { began, .. } if began.elapsed() < SHORT_SESSION)
    }

    /// Returns the next event. Cancel safe.
    pub(super) async fn next(&mut self) -> LiveEvent {
        let doing = "following the log";
        match self {
            Self::Off => std::future::pending().await,
            Self::Waiting(due) => {
                sleep_until(*due).await;
                LiveEvent::StartDue
            }
            Self::Starting { session, deadline } => match timeout_at(*deadline, session).await {
                Ok(Ok(session)) => LiveEvent::Started(session),
                Ok(Err(failure)) => LiveEvent::Failed(failure),
                Err(_) => LiveEvent::Failed(Failure::new(
                    FailureKind::Timeout,
                    "starting a live tail",
                    "no answer in time",
                )),
            },
            Self::Running {
                session,
                heard,
                rollover,
                ..
            } => {
                let update = tokio::select! {
                    biased;
                    event = rollover.next() => return event,
                    update = timeout_at(*heard + WATCHDOG, session.next()) => update,
                };
                *heard = Instant::now();
                match update {
                    Ok(Some(Ok(update))) => LiveEvent::Update(update),
                    Ok(Some(Err(failure))) => LiveEvent::Failed(failure),
                    Ok(None) => LiveEvent::Failed(Failure::new(
                        FailureKind::Network,
                        doing,
                        "the stream ended",
                    )),
                    Err(_) => LiveEvent::Failed(Failure::new(
                        FailureKind::Timeout,
                        doing,
                        "no update for five seconds",
                    )),
                }
            }
        }
    }
}
