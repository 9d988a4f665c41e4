//! Work that goes on at a service, and is stopped there when its future is dropped: a process must not end before that.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::Notify;

/// Counts the work of one sort that this process has begun at a service.
pub(crate) struct OpenWork {
    open: AtomicUsize,
    closed: Notify,
}

/// Counts as open work until it is dropped.
pub(crate) struct OpenWorkGuard(&'static OpenWork);

impl OpenWork {
    /// Returns a count of nothing.
    pub(crate) const fn new() -> Self {
        Self {
            open: AtomicUsize::new(0),
            closed: Notify::const_new(),
        }
    }

    /// Counts one more, from before it is begun at the service until it has ended or was stopped there.
    pub(crate) fn begin(&'static self) -> OpenWorkGuard {
        self.open.fetch_add(1, Ordering::SeqCst);
        OpenWorkGuard(self)
    }

    /// Waits until none is open, for `limit` at most. Returns whether none is.
    pub(crate) async fn ended(&self, limit: Duration) -> bool {
        let ended = async {
            loop {
                let mut next = std::pin::pin!(self.closed.notified());
                next.as_mut().enable();
                if self.open.load(Ordering::SeqCst) == 0 {
                    return;
                }
                next.await;
            }
        };
        tokio::time::timeout(limit, ended).await.is_ok()
    }
}

impl Drop for OpenWorkGuard {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        self.0.closed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_for_work_that_is_being_stopped_but_not_for_ever() {
        static WORK: OpenWork = OpenWork::new();
        const LIMIT: Duration = Duration::from_secs(1);
        let open = WORK.begin();
        let began = Instant::now();
        WORK.ended(LIMIT).await;
        assert_eq!(began.elapsed(), LIMIT);
        tokio::spawn(async move {
            sleep(Duration::from_millis(100)).await;
            drop(open);
        });
        let began = Instant::now();
        WORK.ended(LIMIT).await;
        assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
        let began = Instant::now();
        WORK.ended(LIMIT).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
