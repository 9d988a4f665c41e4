//! Runs the effects of resources.

use crate::{
    calls::join,
    messages::{Event, FleetEffect, FleetEvent},
    model::{
        Change, DeploymentName, Failure, FailureKind, Kind, Moment, Resource, ResourceKey, Traffic,
    },
    net::clock::now,
    services::calls::{CallLogs, CallSource},
};

use super::RunnerState;

impl RunnerState {
    pub(super) async fn run_fleet(&self, effect: FleetEffect) -> Event {
        Event::Fleet(match effect {
            FleetEffect::List(name, kind) => {
                let listed = self.list(&name, kind).await;
                FleetEvent::Listed(name, kind, listed)
            }
            FleetEffect::Describe(key) => {
                let described = self.describe(&key).await;
                FleetEvent::Described(key, Box::new(described))
            }
            FleetEffect::CountCalls(keys) => {
                let counted = self.count_calls(&keys).await;
                FleetEvent::CallsCounted(keys, counted)
            }
            FleetEffect::Synchronize(key) => {
                let target = self.synchronize(&key).await;
                FleetEvent::Synchronized(key, Box::new(target))
            }
            FleetEffect::ReadChanges(names, since) => {
                let changes = self.read_changes(&names, since).await;
                FleetEvent::ChangesRead(names, since, changes)
            }
            FleetEffect::ReadCalls {
                deployment,
                groups,
                owner_ids,
                since,
            } => self.read_calls(deployment, groups, owner_ids, since).await,
            FleetEffect::MoveEndpoint(key, version) => {
                let moved = self.move_endpoint(&key, &version).await;
                FleetEvent::EndpointMoved(key, version, moved)
            }
            FleetEffect::StopSessions {
                runtime,
                endpoint,
                sessions,
            } => self.stop_sessions(runtime, &endpoint, &sessions).await,
        })
    }

    async fn list(&self, name: &DeploymentName, kind: Kind) -> Result<Vec<Resource>, Failure> {
        let (services, deployment) = self.of(name)?;
        services.aws.resources.list(deployment, kind).await
    }

    async fn describe(&self, key: &ResourceKey) -> Result<Resource, Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services.aws.resources.describe(deployment, key).await
    }

    async fn count_calls(
        &self,
        keys: &[ResourceKey],
    ) -> Result<Vec<(ResourceKey, Traffic)>, Failure> {
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let (services, deployment) = self.of(&first.deployment)?;
        services.aws.metrics.traffic(deployment, keys).await
    }

    async fn synchronize(&self, key: &ResourceKey) -> Result<(Resource, Option<String>), Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services
            .aws
            .control_plane
            .synchronize_target(deployment, key.owner_id(), key.own_id())
            .await
    }

    async fn read_changes(
        &self,
        names: &[DeploymentName],
        since: Moment,
    ) -> Result<Vec<Change>, Failure> {
        let Some(first) = names.first() else {
            return Ok(Vec::new());
        };
        let (services, deployment) = self.of(first)?;
        services.aws.trail.changes(deployment, since, now()).await
    }

    async fn read_calls(
        &self,
        name: DeploymentName,
        groups: Vec<String>,
        owner_ids: Vec<String>,
        since: Moment,
    ) -> FleetEvent {
        let read = self.call_logs(&name, groups, owner_ids, since).await;
        let (calls, unread) = match read {
            Ok(CallLogs {
                records,
                unread,
                groups: asked,
            }) => {
                let first = unread.first().map(|unread| unread.failure.clone());
                // Where nothing could be read, nothing is known about calls.
                let calls = match first.filter(|_| unread.len() >= asked) {
                    Some(failure) => Err(failure),
                    None => Ok(join(records)),
                };
                (calls, unread)
            }
            Err(failure) => (Err(failure), Vec::new()),
        };
        let unread = unread.into_iter();
        FleetEvent::CallsRead {
            deployment: name,
            since,
            calls,
            unread: unread
                .map(|unread| (unread.group, unread.failure.cause))
                .collect(),
        }
    }

    async fn call_logs(
        &self,
        name: &DeploymentName,
        groups: Vec<String>,
        owner_ids: Vec<String>,
        since: Moment,
    ) -> Result<CallLogs, Failure> {
        let (services, deployment) = self.of(name)?;
        let source = CallSource {
            deployment: deployment.clone(),
            groups,
            owner_ids,
        };
        Ok(services.calls.call_logs(&[source], since, now()).await)
    }

    async fn move_endpoint(&self, key: &ResourceKey, version: &str) -> Result<(), Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services
            .aws
            .versions
            .move_endpoint(deployment, key, version)
            .await
    }

    async fn stop_sessions(
        &self,
        runtime: ResourceKey,
        endpoint: &str,
        sessions: &[String],
    ) -> FleetEvent {
        let mut stopped = 0;
        let result = self
            .try_stop_sessions(&runtime, endpoint, sessions, &mut stopped)
            .await;
        FleetEvent::SessionsStopped(runtime, stopped, sessions.len(), result)
    }

    /// Stops sessions one after the other. One that has ended already counts as stopped.
    async fn try_stop_sessions(
        &self,
        key: &ResourceKey,
        endpoint: &str,
        sessions: &[String],
        stopped: &mut usize,
    ) -> Result<(), Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        let runtime = services.aws.resources.describe(deployment, key).await?;
        let by_token = runtime
            .raw
            .pointer("/authorizerConfiguration/customJWTAuthorizer")
            .is_some();
        let token = if by_token {
            Some(services.sign_ins.token(deployment, None).await?.0)
        } else {
            None
        };
        let arn = runtime.arn.unwrap_or_default();
        for session in sessions {
            let ended = services
                .aws
                .control_plane
                .stop_session(deployment, &arn, endpoint, session, token.as_ref())
                .await;
            match ended {
                Err(failure) if failure.kind != FailureKind::NotFound => return Err(failure),
                Ok(()) | Err(_) => *stopped += 1,
            }
        }
        Ok(())
    }
}
