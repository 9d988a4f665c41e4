//! Reading a window of stored log events beside a live session: pages come by a channel, so that nobody waits for another.

use std::{collections::HashSet, sync::Arc};

use tokio::sync::mpsc;

use crate::model::{Failure, FailureKind, LogEvent, Moment};

use super::tail::{AbortOnDrop, Source};
use crate::services::aws::logs::Ask;

/// Events asked for at a time.
const PAGE: usize = 10_000;

/// What reading a window brings.
pub(crate) enum Fill {
    /// Some events.
    Page(Vec<LogEvent>),
    /// A group that cannot be read.
    Failed(String, Failure),
}

/// A reading in progress. Dropping it ends it.
pub(crate) struct Filling {
    pages: mpsc::Receiver<Fill>,
    _task: AbortOnDrop,
}

/// Starts reading all that the groups hold from a moment on (the newest `limit` of each).
pub(crate) fn start<S: Source>(
    source: &Arc<S>,
    groups: Vec<String>,
    from: Moment,
    limit: Option<usize>,
) -> Filling {
    let (send, pages) = mpsc::channel(4);
    let source = Arc::clone(source);
    let task = tokio::spawn(async move {
        for group in groups {
            let read = match limit {
                Some(limit) => newest(&*source, &group, from, limit, &send).await,
                None => all(&*source, &group, from, &send).await,
            };
            if let Err(failure) = read
                && send.send(Fill::Failed(group, failure)).await.is_err()
            {
                return;
            }
        }
    });
    Filling {
        pages,
        _task: AbortOnDrop(task),
    }
}

/// The next that a reading brings; `None` when it is done. Without a reading it waits for ever.
pub(crate) async fn next(filling: &mut Option<Filling>) -> Option<Fill> {
    match filling {
        Some(filling) => filling.pages.recv().await,
        None => std::future::pending().await,
    }
}

async fn newest<S: Source>(
    source: &S,
    group: &str,
    from: Moment,
    limit: usize,
    send: &mpsc::Sender<Fill>,
) -> Result<(), Failure> {
    let events = source.newest(group, from, limit).await?;
    // A receiver that is gone ends the task anyway.
    let _ = send.send(Fill::Page(events)).await;
    Ok(())
}

async fn all<S: Source>(
    source: &S,
    group: &str,
    from: Moment,
    send: &mpsc::Sender<Fill>,
) -> Result<(), Failure> {
    let mut ask = Ask {
        group: group.to_owned(),
        from: Some(from),
        until: None,
        newest_first: false,
        limit: PAGE,
        token: None,
    };
    let mut seen = HashSet::new();
    loop {
        let page = source.page(&ask).await?;
        if !page.events.is_empty() && send.send(Fill::Page(page.events)).await.is_err() {
            return Ok(());
        }
        match page.next {
            None => return Ok(()),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(Failure::new(
                    FailureKind::Server,
                    format!("reading {group}"),
                    "the service repeats a page",
                ));
            }
            next => ask.token = next,
        }
    }
}
