//! `subscriptions/listen` of 2026-07-28: the only way in which a server of that version says that its tools have changed.

use std::time::Duration;

use rmcp::{
    RoleClient,
    model::{ServerNotification, SubscriptionFilter},
    service::Peer,
};
use tokio::task::JoinHandle;

use super::elicitation::Listener;

/// Pause before a subscription that ended is made again.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest such pause.
const LONGEST: Duration = Duration::from_mins(2);

/// A task that ends when this is dropped.
pub(super) struct SubscriptionTask(JoinHandle<()>);

impl Drop for SubscriptionTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Subscribes to changes of the list of tools for as long as the returned task lives.
pub(super) fn subscribe(peer: Peer<RoleClient>, listener: Listener) -> SubscriptionTask {
    SubscriptionTask(tokio::spawn(async move {
        let mut pause = PAUSE;
        loop {
            match listen_once(&peer, &listener).await {
                Ok(changes) if changes > 0 => pause = PAUSE,
                Ok(_) => {}
                Err(error) => {
                    tracing::info!(%error, "changes of the tools are not told");
                    return;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
            // What changed while nothing was subscribed to is not told again.
            listener.tell_change().await;
        }
    }))
}

/// Passes on changes until the subscription ends. Returns how many there were.
async fn listen_once(
    peer: &Peer<RoleClient>,
    listener: &Listener,
) -> Result<usize, rmcp::service::ServiceError> {
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    let mut subscription = peer.listen(filter).await?;
    let mut changes = 0;
    while let Some(notification) = subscription.next().await? {
        if matches!(
            notification,
            ServerNotification::ToolListChangedNotification(_)
        ) {
            changes += 1;
            listener.tell_change().await;
        }
    }
    Ok(changes)
}
