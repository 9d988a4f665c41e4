//! Runs the effects of log tails.

use crate::{
    messages::{Event, LogsEffect, LogsEvent},
    model::{Deployment, Failure, FailureKind, LogQuery, TailRequest},
    runtime::tasks::Sender,
    services::Services,
};

use super::RunnerState;

/// A deployment, and what a tail reads of it.
type TailSourcePart = (Deployment, LogQuery);

impl RunnerState {
    pub(super) async fn run_logs(&self, effect: LogsEffect, sender: &Sender) -> Option<Event> {
        Some(match effect {
            LogsEffect::Tail(request) => Box::pin(self.tail(request, sender)).await,
            LogsEffect::ReadOlder(request) => Box::pin(self.read_older_logs(request, sender)).await,
        })
    }

    /// The services, and the deployments of a tail's parts with what is read of each.
    fn tail_sources(
        &self,
        request: &TailRequest,
    ) -> Result<(Services, Vec<TailSourcePart>), Failure> {
        let mut sources = Vec::with_capacity(request.parts.len());
        let mut found = None;
        for part in &request.parts {
            let (services, deployment) = self.of(&part.deployment)?;
            found = Some(services.clone());
            sources.push((deployment.clone(), part.query.clone()));
        }
        let services = found.ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                "following logs",
                "no log groups are chosen",
            )
        })?;
        Ok((services, sources))
    }

    async fn tail(&self, request: TailRequest, sender: &Sender) -> Event {
        match self.tail_sources(&request) {
            Ok((services, sources)) => {
                let tasks = self.logs.started(&request);
                tasks.tail(&services, sources, sender).await
            }
            Err(failure) => Event::Logs(LogsEvent::TailFailed(failure)),
        }
    }

    async fn read_older_logs(&self, request: TailRequest, sender: &Sender) -> Event {
        let read = match self.tail_sources(&request) {
            Ok((services, sources)) => {
                let running = self.logs.running();
                running.read_window(&services, &sources, sender).await
            }
            Err(failure) => Err(failure),
        };
        Event::Logs(LogsEvent::WindowRead(read))
    }
}
