//! What a world has done.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// What the world has done, for the report of a failure and the checks.
#[derive(Debug, Default)]
pub(super) struct FaultWorldCounts {
    pub(super) sessions: AtomicUsize,
    pub(super) pages: AtomicUsize,
    pub(super) sampled: AtomicUsize,
    pub(super) refused: AtomicUsize,
    pub(super) unknown: AtomicUsize,
    /// Sessions that are open.
    open: AtomicUsize,
    /// The most sessions that were open at a time.
    pub(super) most_open: AtomicUsize,
}

/// An open session: it is counted until it is dropped.
pub(super) struct OpenSession(Arc<FaultWorldCounts>);

impl OpenSession {
    pub(super) fn new(counts: &Arc<FaultWorldCounts>) -> Self {
        let open = counts.open.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most_open.fetch_max(open, Ordering::Relaxed);
        Self(Arc::clone(counts))
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
