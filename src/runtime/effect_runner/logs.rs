//! Runs the effects of log tails.

use crate::{
    logs::{LogRecord, insights::InsightsOutput},
    messages::{Event, LogsEffect, LogsEvent},
    model::{
        Deployment, Failure, FailureKind, LinesAroundRequest, LogQuery, LogQueryRequest,
        TailRequest,
    },
    runtime::tasks::Sender,
    services::Services,
};

use super::RunnerState;

/// Lines before and after a row of a query that are read when it is opened.
const LINES_AROUND: usize = 100;

/// A deployment, and what a tail reads of it.
type TailSourcePart = (Deployment, LogQuery);

impl RunnerState {
    pub(super) async fn run_logs(&self, effect: LogsEffect, sender: &Sender) -> Option<Event> {
        Some(match effect {
            LogsEffect::Tail(request) => Box::pin(self.tail(request, sender)).await,
            LogsEffect::ReadOlder(request) => Box::pin(self.read_older_logs(request, sender)).await,
            LogsEffect::EstimateQuery(request) => self.estimate_query(request).await,
            LogsEffect::RunQuery(request) => {
                let ended = Box::pin(self.run_query(request, sender)).await;
                Event::Logs(LogsEvent::QueryEnded(Box::new(ended)))
            }
            LogsEffect::ReadAround(request) => {
                Event::Logs(LogsEvent::AroundRead(self.read_around(&request).await))
            }
        })
    }

    async fn estimate_query(&self, request: LogQueryRequest) -> Event {
        Event::Logs(match self.of(&request.deployment) {
            Ok((services, deployment)) => {
                let logs = &services.aws.logs;
                let estimate = logs.estimate_scan(deployment, &request.groups).await;
                LogsEvent::QueryEstimated(request, estimate)
            }
            Err(failure) => LogsEvent::QueryEnded(Box::new(Err(failure))),
        })
    }

    /// Runs a query of Logs Insights. Its rows are taken apart here, off the event loop.
    async fn run_query(
        &self,
        request: LogQueryRequest,
        sender: &Sender,
    ) -> Result<InsightsOutput, Failure> {
        let (services, deployment) = self.of(&request.deployment)?;
        let begun = InsightsOutput {
            status: "Starting".to_owned(),
            ..InsightsOutput::default()
        };
        let advanced = |output| Event::Logs(LogsEvent::QueryAdvanced(Box::new(output)));
        sender.send(advanced(begun)).await;
        let query = services.aws.logs.query(
            deployment,
            &request.text,
            &request.groups,
            request.window,
            None,
            |partial| sender.offer(advanced(InsightsOutput::of(partial, request.window))),
        );
        Ok(InsightsOutput::of(query.await?, request.window))
    }

    async fn read_around(&self, request: &LinesAroundRequest) -> Result<Vec<LogRecord>, Failure> {
        let (services, deployment) = self.of(&request.deployment)?;
        let logs = &services.aws.logs;
        logs.lines_around(deployment, &request.groups, request.at, LINES_AROUND)
            .await
    }

    /// Returns the services, and the deployments of a tail's parts with what is read of each.
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
                let running = self.logs.reading_older(&request);
                running.read_window(&services, sources, sender).await
            }
            Err(failure) => Err(failure),
        };
        Event::Logs(LogsEvent::WindowRead(read))
    }
}
