//! Runs the effects of log tails.

use futures::StreamExt as _;

use crate::{
    messages::{Event, LogsEffect, LogsEvent},
    model::{DeploymentName, LogQuery},
    runtime::tasks::Sender,
};

use super::RunnerState;

impl RunnerState {
    pub(super) async fn run_logs(&self, effect: LogsEffect, sender: &Sender) -> Option<Event> {
        match effect {
            LogsEffect::Tail(name, query) => self.tail(&name, query, sender).await,
        }
    }

    async fn tail(&self, name: &DeploymentName, query: LogQuery, sender: &Sender) -> Option<Event> {
        let (services, deployment) = match self.of(name) {
            Ok(found) => found,
            Err(failure) => return Some(Event::Logs(LogsEvent::TailFailed(failure))),
        };
        let mut tail = services.aws.logs.tail(deployment, query);
        while let Some(batch) = tail.next().await {
            match batch {
                Ok(batch) => {
                    if !sender.send(Event::Logs(LogsEvent::Arrived(batch))).await {
                        return None;
                    }
                }
                Err(failure) => return Some(Event::Logs(LogsEvent::TailFailed(failure))),
            }
        }
        None
    }
}
