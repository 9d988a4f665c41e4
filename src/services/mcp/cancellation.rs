//! Cancellations that are on their way to the server. A session that is closed waits for them, so that a process does not end before
//! the server knows.

use std::future::Future;

use parking_lot::Mutex;
use tokio::{runtime::Handle, task::JoinHandle};

/// The cancellations of one session.
#[derive(Default)]
pub(super) struct Cancellations(Mutex<Vec<JoinHandle<()>>>);

impl Cancellations {
    /// Sends a cancellation in the background. Outside of a runtime nothing can be sent.
    pub(super) fn spawn(&self, sending: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut running = self.0.lock();
        running.retain(|task| !task.is_finished());
        running.push(runtime.spawn(sending));
    }

    /// Waits until all of them were sent.
    pub(super) async fn finish(&self) {
        let running = std::mem::take(&mut *self.0.lock());
        futures::future::join_all(running).await;
    }
}
