//! Reads windows of stored log events in a task of its own, so that a live session is served meanwhile.

use std::sync::Arc;

use tokio::{sync::mpsc, task::JoinHandle};

use crate::model::{Failure, LogEvent, Moment};

use super::source::{LogSource, NewestEvents, WindowReader};

/// A window of stored events to be read.
pub(crate) struct Window {
    /// Log group name.
    pub(crate) group: String,
    /// First timestamp, inclusive.
    pub(crate) from: Moment,
    /// Only the newest events, this many.
    pub(crate) limit: Option<usize>,
    /// A reading that failed and is taken up again.
    pub(crate) resume: Option<WindowReader>,
}

/// One result of reading windows.
pub(crate) enum BackfillItem {
    /// Some events of a group.
    Page(Vec<LogEvent>),
    /// The newest events of a group.
    Newest(NewestEvents),
    /// A group could not be read (any further). The reader goes on where it failed.
    Failed(Failure, Box<Window>),
}

/// A running back-fill. Dropping it ends it.
pub(crate) struct Backfill {
    pages: mpsc::Receiver<BackfillItem>,
    _task: AbortOnDrop,
}

/// A task that ends with its handle.
pub(crate) struct AbortOnDrop(pub(crate) JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts reading windows, one after the other.
pub(crate) fn start<S: LogSource>(source: &Arc<S>, windows: Vec<Window>) -> Backfill {
    let (sender, pages) = mpsc::channel(4);
    let source = Arc::clone(source);
    let task = tokio::spawn(async move {
        for window in windows {
            if read(&*source, window, &sender).await.is_err() {
                return;
            }
        }
    });
    Backfill {
        pages,
        _task: AbortOnDrop(task),
    }
}

/// Returns the next result of a back-fill; `None` when it is done. Waits for ever if there is none.
pub(crate) async fn next(backfill: &mut Option<Backfill>) -> Option<BackfillItem> {
    match backfill {
        Some(backfill) => backfill.pages.recv().await,
        None => std::future::pending().await,
    }
}

/// The receiver of the pages is gone.
struct BackfillDropped;

async fn read<S: LogSource>(
    source: &S,
    window: Window,
    sender: &mpsc::Sender<BackfillItem>,
) -> Result<(), BackfillDropped> {
    let send = |item| async move { sender.send(item).await.map_err(|_| BackfillDropped) };
    if let (Some(limit), None) = (window.limit, &window.resume) {
        return match source.newest(&window.group, window.from, limit).await {
            Ok(newest) => send(BackfillItem::Newest(newest)).await,
            Err(failure) => send(BackfillItem::Failed(failure, Box::new(window))).await,
        };
    }
    let mut reader = window
        .resume
        .unwrap_or_else(|| WindowReader::new(window.group.clone(), Some(window.from), None));
    loop {
        match reader.next(source).await {
            Ok(Some(events)) => send(BackfillItem::Page(events)).await?,
            Ok(None) => return Ok(()),
            Err(failure) => {
                let rest = Window {
                    group: window.group,
                    from: reader.position().unwrap_or(window.from),
                    limit: None,
                    resume: Some(reader),
                };
                return send(BackfillItem::Failed(failure, Box::new(rest))).await;
            }
        }
    }
}
