//! Reads windows of stored log events in a task of its own, so that a live session is served meanwhile.

use std::sync::Arc;

use tokio::{sync::mpsc, task::JoinHandle};

use crate::model::{Failure, LogEvent, Moment};

use super::{
    reading::RECONCILE_WINDOW_MS,
    source::{LogSource, NewestEvents, WindowReader},
};

/// A window of stored events to be read.
pub(crate) struct Window {
    /// Log group name.
    pub(crate) group: String,
    /// First timestamp, inclusive.
    pub(crate) from: Moment,
    /// Last timestamp, inclusive; `None`: now.
    pub(crate) until: Option<Moment>,
    /// Only the newest events, this many.
    pub(crate) limit: Option<usize>,
    /// Pages after which the reading stops and the rest waits to be wanted; `None`: it reads to the end.
    pub(crate) pages_before_asking: Option<usize>,
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
    /// The window is long: this rest of it is left unread.
    Long(Box<Window>),
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
    let Window {
        group,
        from,
        until,
        pages_before_asking,
        resume,
        ..
    } = window;
    let mut reader = resume.unwrap_or_else(|| WindowReader::new(group.clone(), Some(from), until));
    let rest = |reader: WindowReader| {
        Box::new(Window {
            group: group.clone(),
            from: reader.position().unwrap_or(from),
            until,
            limit: None,
            pages_before_asking,
            resume: Some(reader),
        })
    };
    loop {
        match reader.next(source).await {
            Ok(Some(events)) => send(BackfillItem::Page(events)).await?,
            Ok(None) => return Ok(()),
            Err(failure) => return send(BackfillItem::Failed(failure, rest(reader))).await,
        }
        if pages_before_asking
            .is_some_and(|most| is_long(&reader, most, from, until.unwrap_or_else(|| source.now())))
        {
            return send(BackfillItem::Long(rest(reader))).await;
        }
    }
}

/// Returns whether so much of a window was read that the rest should wait. The beginning and the end of a window are always read:
/// they overlap with what was delivered, and what other readings deliver.
fn is_long(reader: &WindowReader, most: usize, from: Moment, end: Moment) -> bool {
    let position = reader.position().unwrap_or(from);
    reader.pages() >= most
        && position.since(from) > 2 * RECONCILE_WINDOW_MS
        && end.since(position) > 2 * RECONCILE_WINDOW_MS
}
