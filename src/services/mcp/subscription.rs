//! `subscriptions/listen` of 2026-07-28: the only way in which a server of that version says that its tools, resources or prompts
//! have changed.

use std::time::Duration;

use rmcp::{
    RoleClient,
    model::{ServerNotification, SubscriptionFilter, SubscriptionFilterBuilder},
    service::Peer,
};
use serde_json::Value;
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

/// The lists whose changes a server says that it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ChangingLists {
    tools: bool,
    resources: bool,
    prompts: bool,
}

impl ChangingLists {
    /// Returns the lists that the capabilities of a server name.
    pub(super) fn of(capabilities: &Value) -> Self {
        let changes = |list: &str| {
            let member = capabilities
                .get(list)
                .and_then(|list| list.get("listChanged"));
            member.and_then(Value::as_bool) == Some(true)
        };
        Self {
            tools: changes("tools"),
            resources: changes("resources"),
            prompts: changes("prompts"),
        }
    }

    /// Returns whether there are any.
    pub(super) fn any(self) -> bool {
        self != Self::default()
    }

    fn filter(self) -> SubscriptionFilterBuilder {
        let mut filter = SubscriptionFilter::builder();
        if self.tools {
            filter = filter.tools_list_changed();
        }
        if self.resources {
            filter = filter.resources_list_changed();
        }
        if self.prompts {
            filter = filter.prompts_list_changed();
        }
        filter
    }
}

/// Subscribes to changes of these lists for as long as the returned task lives.
pub(super) fn subscribe(
    peer: Peer<RoleClient>,
    listener: Listener,
    lists: ChangingLists,
) -> SubscriptionTask {
    SubscriptionTask(tokio::spawn(async move {
        let mut pause = PAUSE;
        loop {
            match listen_once(&peer, &listener, lists).await {
                Ok(changes) if changes > 0 => pause = PAUSE,
                Ok(_) => {}
                Err(error) => {
                    tracing::info!(%error, "changes of the lists are not told");
                    return;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
            // What changed while nothing was subscribed to is not told again.
            if lists.tools {
                listener.tell_change().await;
            }
            if lists.resources || lists.prompts {
                listener.tell_offers_change().await;
            }
        }
    }))
}

/// Passes on changes until the subscription ends. Returns how many there were.
async fn listen_once(
    peer: &Peer<RoleClient>,
    listener: &Listener,
    lists: ChangingLists,
) -> Result<usize, rmcp::service::ServiceError> {
    let mut subscription = peer.listen(lists.filter().build()).await?;
    let mut changes = 0;
    while let Some(notification) = subscription.next().await? {
        match notification {
            ServerNotification::ToolListChangedNotification(_) => {
                changes += 1;
                listener.tell_change().await;
            }
            ServerNotification::ResourceListChangedNotification(_)
            | ServerNotification::PromptListChangedNotification(_) => {
                changes += 1;
                listener.tell_offers_change().await;
            }
            _ => {}
        }
    }
    Ok(changes)
}
