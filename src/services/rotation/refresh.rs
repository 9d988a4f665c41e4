//! Readers that keep the old value: which of them still do, and how they are made to take the new one.
//!
//! A copy in a runtime's environment needs a new version of the runtime (UpdateAgentRuntime). A session keeps what its container
//! has read until it ends; AWS lists no sessions, so those are stopped that the runtime's log shows to be alive.

use std::{collections::BTreeMap, future::Future, time::Duration};

use tokio::time::{Instant, sleep, timeout};

use crate::{
    logs::Line,
    model::{Deployment, Failure, FailureKind, LogEvent, LogQuery, Moment},
    rotation::readers::{Pickup, SecretReader},
    services::{
        aws::runtimes::{EndpointState, RuntimeConfiguration},
        rotation::Rotations,
    },
};

use super::CALL;

/// How long a roll-out is watched; it goes on by itself.
const ROLL_OUT: Duration = Duration::from_secs(45);
const LOOK: Duration = Duration::from_millis(1_500);
/// The newest events of a log that are looked at for sessions.
const EVENTS: usize = 10_000;
/// StopRuntimeSession and InvokeAgentRuntime take session ids of this length (model of API 2024-02-28).
const SESSION: std::ops::RangeInclusive<usize> = 33..=256;
/// What the names of variables with a password, or with a user, have in them.
const OF_PASSWORDS: [&str; 5] = ["PASS", "PWD", "SECRET", "CREDENTIAL", "AUTH"];
const OF_USERS: [&str; 2] = ["USER", "LOGIN"];
/// Before the name of the endpoint in the name of a runtime's log group.
const GROUPS: &str = "/aws/bedrock-agentcore/runtimes/";

/// User and password of a version.
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
}

/// What was current before and is now, and since when.
#[derive(Clone, Copy)]
pub(super) struct CredentialChange<'a> {
    pub(super) old: Option<Login<'a>>,
    pub(super) new: Login<'a>,
    pub(super) changed: Option<Moment>,
}

/// What was done, or found; and what could not be.
#[derive(Debug, Default)]
pub(super) struct RefreshResult<T> {
    pub(super) done: Vec<T>,
    pub(super) left: Vec<String>,
}

/// One deployment's runtimes.
#[derive(Clone, Copy)]
pub(super) struct Runtimes<'a> {
    pub(super) services: &'a Rotations,
    pub(super) deployment: &'a Deployment,
    pub(super) now: Moment,
}

impl Runtimes<'_> {
    /// Of the readers that keep a value, those that still have the old one; and what could not be found out.
    pub(super) async fn stale(
        self,
        readers: Vec<SecretReader>,
        turn: CredentialChange<'_>,
    ) -> RefreshResult<SecretReader> {
        let mut found = RefreshResult {
            done: Vec::new(),
            left: Vec::new(),
        };
        for reader in readers.into_iter().filter(|reader| reader.pickup.is_slow()) {
            match self.is_stale(&reader, turn).await {
                Ok(true) => found.done.push(reader),
                Ok(false) => {}
                Err(failure) => found.left.push(format!("{}: {failure}", reader.name)),
            }
        }
        found
    }

    async fn is_stale(
        self,
        reader: &SecretReader,
        turn: CredentialChange<'_>,
    ) -> Result<bool, Failure> {
        let Some(id) = &reader.runtime else {
            return Ok(true);
        };
        let configuration = within(
            self.services
                .aws
                .runtimes
                .runtime_configuration(self.deployment, id),
        )
        .await?;
        match reader.pickup {
            Pickup::Environment => Ok(!configuration.holds(turn.new.password)),
            Pickup::ContainerLife => Ok(!within(self.sessions(id, &configuration, turn.changed))
                .await?
                .is_empty()),
            Pickup::EveryCall | Pickup::EveryConnection | Pickup::Unknown => Ok(false),
        }
    }

    /// Makes one reader take the new value.
    ///
    /// # Errors
    /// Nothing was done; why.
    pub(super) async fn refresh(
        self,
        reader: &SecretReader,
        turn: CredentialChange<'_>,
    ) -> Result<RefreshResult<String>, Failure> {
        let mut all = RefreshResult::default();
        let Some(id) = &reader.runtime else {
            return Ok(all);
        };
        let mut configuration = within(
            self.services
                .aws
                .runtimes
                .runtime_configuration(self.deployment, id),
        )
        .await?;
        if reader.pickup == Pickup::Environment {
            let names = self.replace(id, &mut configuration, turn).await?;
            let version = within(self.services.aws.runtimes.update_runtime(
                self.deployment,
                id,
                &configuration,
            ))
            .await?;
            all.done.push(format!(
                "{}: version {version} has the new value in {}",
                reader.name,
                names.join(" and ")
            ));
            if !self.roll_out(id, &version, &mut all).await {
                // A session that is stopped now would start again with the old value.
                return Ok(all);
            }
        }
        match within(self.sessions(id, &configuration, turn.changed)).await {
            Ok(sessions) => self.stop(reader, &configuration, &sessions, &mut all).await,
            Err(failure) => {
                let minutes = configuration.session_seconds().0 / 60;
                all.left.push(format!(
                    "{}: its sessions could not be found ({}); each goes on with the old value until it was idle for {minutes} min",
                    reader.name, failure.cause
                ));
            }
        }
        Ok(all)
    }

    /// Puts the new user and password in the place of the old ones; a runtime that is not as it serves is not touched.
    async fn replace(
        self,
        id: &str,
        configuration: &mut RuntimeConfiguration,
        turn: CredentialChange<'_>,
    ) -> Result<Vec<String>, Failure> {
        let refused = |cause: &str| {
            let failure = Failure::new(
                FailureKind::Conflict,
                format!("updating runtime {id}"),
                cause,
            );
            failure.hint("set the new user and password there by hand")
        };
        let endpoints = within(
            self.services
                .aws
                .runtimes
                .runtime_endpoints(self.deployment, id),
        )
        .await?;
        let live = endpoints
            .iter()
            .find(|endpoint| endpoint.name == "DEFAULT")
            .and_then(|endpoint| endpoint.live.as_deref());
        if configuration
            .ready_version()
            .is_none_or(|version| live != Some(version))
        {
            return Err(refused(
                "its latest version is not READY, or is not what DEFAULT serves: an update would roll that out too",
            ));
        }
        let Some(old) = turn.old else {
            return Err(refused(
                "the value that was current before could not be read",
            ));
        };
        let mut names = configuration.replace(old.password, turn.new.password, &OF_PASSWORDS);
        if names.is_empty() {
            return Err(refused(
                "no variable of its environment has the password that was current before",
            ));
        }
        if old.user != turn.new.user {
            let users = configuration.replace(old.user, turn.new.user, &OF_USERS);
            if users.is_empty() {
                return Err(refused(
                    "its password is in its environment, but the user is not, and the user has changed too",
                ));
            }
            names.extend(users);
        }
        Ok(names)
    }

    /// Watches DEFAULT until new sessions get the version, and answers whether they do; names the endpoints that stay behind.
    async fn roll_out(self, id: &str, version: &str, all: &mut RefreshResult<String>) -> bool {
        let began = Instant::now();
        loop {
            let endpoints = match within(
                self.services
                    .aws
                    .runtimes
                    .runtime_endpoints(self.deployment, id),
            )
            .await
            {
                Ok(endpoints) => endpoints,
                Err(failure) => {
                    all.left.push(format!(
                        "whether {id} serves version {version} is not known: {failure}"
                    ));
                    return false;
                }
            };
            let default = endpoints.iter().find(|endpoint| endpoint.name == "DEFAULT");
            let is_live = default.is_some_and(|endpoint| {
                endpoint.live.as_deref() == Some(version) && endpoint.status == "READY"
            });
            let has_failed = default.is_some_and(|endpoint| endpoint.status.ends_with("_FAILED"));
            if !is_live && !has_failed && began.elapsed() <= ROLL_OUT {
                sleep(LOOK).await;
                continue;
            }
            if has_failed {
                all.left.push(format!(
                    "endpoint DEFAULT of {id} did not take version {version}"
                ));
            } else if !is_live {
                all.left.push(format!("version {version} of {id} is still being rolled out; stop its sessions after that"));
            }
            all.left.extend(
                endpoints
                    .iter()
                    .filter(|endpoint| stays_behind(endpoint, version))
                    .map(|endpoint| {
                        let live = endpoint.live.as_deref().unwrap_or("-");
                        format!(
                            "endpoint {} of {id} stays at version {live}, which has the old value",
                            endpoint.name
                        )
                    }),
            );
            return is_live;
        }
    }

    /// Sessions, with their endpoints, that were alive when the password changed and still are, as far as the logs show.
    async fn sessions(
        self,
        id: &str,
        configuration: &RuntimeConfiguration,
        changed: Option<Moment>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let (idle, lifetime) = configuration.session_seconds();
        let (now, changed) = (self.now, changed.unwrap_or(self.now));
        if now.since(changed) > lifetime * 1_000 {
            return Ok(Vec::new());
        }
        let prefix = format!("{GROUPS}{id}-");
        let mut alive = Vec::new();
        // The group is made with the first container: without one there is no session.
        let logs = &self.services.aws.logs;
        for group in logs.groups(self.deployment, &prefix).await? {
            let endpoint = group.strip_prefix(&prefix).unwrap_or("DEFAULT").to_owned();
            let since = Some(changed.plus(-idle * 1_000));
            let query = LogQuery {
                groups: vec![group],
                pattern: None,
                since,
                until: None,
                limit: Some(EVENTS),
                ..LogQuery::default()
            };
            let mut seen: BTreeMap<String, (Moment, Moment)> = BTreeMap::new();
            let mut count = 0;
            let read = logs.filter(self.deployment, &query, |batch| {
                count += batch.events.len();
                for event in &batch.events {
                    for session in sessions_of(event) {
                        let span = seen
                            .entry(session)
                            .or_insert((event.timestamp, event.timestamp));
                        *span = (span.0.min(event.timestamp), span.1.max(event.timestamp));
                    }
                }
                std::ops::ControlFlow::Continue(())
            });
            read.await?;
            // A log that is longer than what was read says nothing about when a session began.
            let whole = count < EVENTS;
            let lives = |(first, last): &(Moment, Moment)| {
                (*first <= changed || !whole) && now.since(*last) <= idle * 1_000
            };
            alive.extend(
                seen.into_iter()
                    .filter(|(_, span)| lives(span))
                    .map(|(session, _)| (endpoint.clone(), session)),
            );
        }
        Ok(alive)
    }

    async fn stop(
        self,
        reader: &SecretReader,
        configuration: &RuntimeConfiguration,
        sessions: &[(String, String)],
        all: &mut RefreshResult<String>,
    ) {
        let (mut stopped, mut gone) = (0, 0);
        for (endpoint, session) in sessions {
            match within(self.stop_one(configuration, endpoint, session)).await {
                Ok(()) => stopped += 1,
                Err(failure) if failure.kind == FailureKind::NotFound => gone += 1,
                Err(failure) => {
                    all.left.push(format!(
                        "{}: session {session} was not stopped: {}",
                        reader.name, failure.cause
                    ));
                    if failure.kind.is_transient() {
                        // Nobody answers: the others would each be waited for.
                        break;
                    }
                }
            }
        }
        let gone = if gone == 0 {
            String::new()
        } else {
            format!(", {gone} had ended")
        };
        let plural = if stopped == 1 { "session" } else { "sessions" };
        all.done
            .push(format!("{}: {stopped} {plural} stopped{gone}", reader.name));
    }

    /// By a token where the runtime takes those; the sign-in of the deployment may be for another authoriser, its gateway's.
    async fn stop_one(
        self,
        configuration: &RuntimeConfiguration,
        endpoint: &str,
        session: &str,
    ) -> Result<(), Failure> {
        let (services, deployment, arn) = (self.services, self.deployment, configuration.arn());
        if configuration.takes_tokens() {
            let stop = async {
                let (token, _) = services.sign_ins.token(deployment, None).await?;
                let plane = &services.aws.control_plane;
                plane
                    .stop_session(deployment, arn, endpoint, session, Some(&token))
                    .await
            };
            match stop.await {
                Err(failure)
                    if matches!(
                        failure.kind,
                        FailureKind::Denied | FailureKind::SignIn | FailureKind::Usage
                    ) => {}
                answer => return answer,
            }
        }
        services
            .aws
            .control_plane
            .stop_session(deployment, arn, endpoint, session, None)
            .await
    }
}

/// A dead network is given up call by call.
async fn within<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(CALL, call).await.unwrap_or_else(|_| {
        Err(Failure::new(
            FailureKind::Timeout,
            "refreshing a reader",
            "no answer came",
        ))
    })
}

fn stays_behind(endpoint: &EndpointState, version: &str) -> bool {
    let on_its_way = [&endpoint.live, &endpoint.target]
        .into_iter()
        .flatten()
        .any(|known| known == version);
    endpoint.name != "DEFAULT" && !on_its_way
}

/// A record names its session, or its stream does (`2026/11/21/[runtime-logs]{session}`).
fn sessions_of(event: &LogEvent) -> impl Iterator<Item = String> {
    let of_stream = event
        .stream
        .split_once("[runtime-logs")
        .map(|(_, rest)| rest.trim_matches(['-', ']']).to_owned());
    let of_record = Line::read(&event.message).session_id;
    let is_id = |id: &String| {
        SESSION.contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    of_stream.into_iter().chain(of_record).filter(is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_record_or_by_its_stream_and_nothing_else_is_taken_for_one() {
        let event = |stream: &str, message: &str| LogEvent {
            timestamp: Moment::from_millis(0),
            ingestion: Moment::from_millis(0),
            group: "g".into(),
            stream: stream.into(),
            id: None,
            message: message.into(),
        };
        let uuid = "cc8a8e69-8bed-4e5f-9a06-9a58550fd713";
        let found = |event: &LogEvent| sessions_of(event).collect::<Vec<_>>();
        assert_eq!(
            found(&event(
                "otel-rt-logs",
                &format!(r#"{{"message":"x","sessionId":"{uuid}"}}"#)
            )),
            [uuid]
        );
        assert_eq!(
            found(&event(&format!("2026/11/21/[runtime-logs]{uuid}"), "plain")),
            [uuid]
        );
        assert_eq!(
            found(&event(
                &format!("2026/11/21/[runtime-logs-{uuid}]"),
                "plain"
            )),
            [uuid]
        );
        assert_eq!(
            found(&event(
                "2026/11/21/[runtime-logs]short",
                r#"{"sessionId":"../../../../../../../../../../other"}"#
            )),
            [""; 0]
        );
    }

    #[test]
    fn an_endpoint_that_is_pinned_stays_behind() {
        let endpoint = |name: &str, live: &str, target: Option<&str>| EndpointState {
            name: name.into(),
            status: "READY".into(),
            live: Some(live.into()),
            target: target.map(str::to_owned),
        };
        assert!(stays_behind(&endpoint("prod", "7", None), "8"));
        assert!(!stays_behind(&endpoint("prod", "7", Some("8")), "8"));
        assert!(!stays_behind(&endpoint("DEFAULT", "7", None), "8"));
    }
}
