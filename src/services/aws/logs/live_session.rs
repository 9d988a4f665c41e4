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
    },
}

/// What happens to the connection.
pub(super) enum LiveEvent {
    /// It is time to start a session.
    StartDue,
    /// A session has begun.
    Started(LiveSession),
    /// The session has sent an update.
    Update(LiveUpdate),
    /// The session, or its start, has failed.
    Failed(Failure),
}

impl LiveState {
    /// A state in which a session is being started.
    pub(super) fn starting(session: BoxFuture<'static, Result<LiveSession, Failure>>) -> Self {
        Self::Starting {
            session,
            deadline: Instant::now() + START_TIMEOUT,
        }
    }

    /// A state in which a session runs.
    pub(super) fn running(session: LiveSession) -> Self {
        let now = Instant::now();
        Self::Running {
            session,
            began: now,
            heard: now,
        }
    }

    /// Whether a session is running.
    pub(super) const fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Whether a running session began only a moment ago.
    pub(super) fn is_short(&self) -> bool {
        matches!(self, Self::Running { began, .. } if began.elapsed() < SHORT_SESSION)
    }

    /// The next event. Cancel safe.
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
            Self::Running { session, heard, .. } => {
                let update = timeout_at(*heard + WATCHDOG, session.next()).await;
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
