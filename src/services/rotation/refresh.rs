//! Readers that keep the old value: which of them still do, and how they are made to take the new one.
//!
//! A copy in a runtime's environment needs a new version of the runtime (UpdateAgentRuntime). A session keeps what its container
//! has read until it ends; AWS lists no sessions, so those are stopped that the runtime's log shows to be alive.

use std::{collections::BTreeMap, future::Future, time::Duration};

use tokio::time::{Instant, sleep, timeout};

use crate::{
    logs::Line,
    model::{Deployment, Failure, FailureKind, LogEvent, LogQuery, Moment},
    rotation::readers::{Pickup, Reader},
    services::{Services, aws::runtimes::EndpointState},
};

use super::CALL;

/// How long a roll-out is watched; it goes on by itself.
const ROLL_OUT: Duration = Duration::from_secs(45);
const LOOK: Duration = Duration::from_millis(1_500);
/// The newest events of a log that are looked at for sessions.
const EVENTS: usize = 10_000;
/// StopRuntimeSession and InvokeAgentRuntime take session ids of this length (model of API 2024-02-28).
const SESSION: std::ops::RangeInclusive<usize> = 33..=256;

/// The passwords before and after, and when the new one became current.
#[derive(Clone, Copy)]
pub(super) struct Passwords<'a> {
    pub(super) old: Option<&'a str>,
    pub(super) new: &'a str,
    pub(super) changed: Option<Moment>,
}

/// What was done and what could not be.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) done: Vec<String>,
    pub(super) left: Vec<String>,
}

/// Of the readers that keep a value, those that still have the old one; and what could not be found out.
pub(super) async fn stale(
    services: &Services,
    deployment: &Deployment,
    readers: Vec<Reader>,
    passwords: Passwords<'_>,
    now: Moment,
) -> Result<Vec<Reader>, Failure> {
    let mut stale = Vec::new();
    for mut reader in readers.into_iter().filter(|reader| reader.pickup.is_slow()) {
        let Some(id) = reader.runtime.clone() else {
            stale.push(reader);
            continue;
        };
        let configuration = services.runtime_configuration(deployment, &id).await?;
        let (keeps, ends) = match reader.pickup {
            Pickup::Environment if configuration.holds(passwords.new) => continue,
            Pickup::Environment => (true, false),
            Pickup::ContainerLife => {
                let alive = sessions(services, deployment, &id, configuration.session_seconds(), passwords.changed, now).await;
                (alive.as_ref().is_ok_and(|alive| !alive.is_empty()), alive.is_err())
            }
            Pickup::EveryCall | Pickup::EveryConnection | Pickup::Unknown => (false, false),
        };
        if ends {
            // Nothing can be done from here but wait.
            reader.runtime = None;
        }
        if keeps || ends {
            stale.push(reader);
        }
    }
    Ok(stale)
}

/// Makes readers take the new value.
pub(super) async fn refresh(
    services: &Services,
    deployment: &Deployment,
    readers: &[Reader],
    passwords: Passwords<'_>,
    now: Moment,
) -> Done {
    let mut all = Done::default();
    for reader in readers {
        let Some(id) = &reader.runtime else { continue };
        match one(services, deployment, reader, id, passwords, now, &mut all).await {
            Ok(sentences) => all.done.push(format!("{}: {}", reader.name, sentences.join(", "))),
            Err(failure) => all.left.push(format!("{}: {failure}", reader.name)),
        }
    }
    all
}

async fn one(
    services: &Services,
    deployment: &Deployment,
    reader: &Reader,
    id: &str,
    passwords: Passwords<'_>,
    now: Moment,
    all: &mut Done,
) -> Result<Vec<String>, Failure> {
    let mut sentences = Vec::new();
    let mut configuration = within(services.runtime_configuration(deployment, id)).await?;
    if reader.pickup == Pickup::Environment {
        let names = passwords.old.map(|old| configuration.replace(old, passwords.new)).unwrap_or_default();
        if names.is_empty() {
            let text = format!("updating {}", reader.name);
            let cause = "no variable of its environment has the password that was current before";
            return Err(Failure::new(FailureKind::Conflict, text, cause).hint("set the new password there by hand"));
        }
        let version = within(services.update_runtime(deployment, id, &configuration)).await?;
        let state = roll_out(services, deployment, id, &version, all).await?;
        sentences.push(format!("version {version} has the new password in {} ({state})", names.join(", ")));
    }
    let seconds = configuration.session_seconds();
    match within(sessions(services, deployment, id, seconds, passwords.changed, now)).await {
        Ok(sessions) => sentences.push(stop(services, deployment, configuration.arn(), &sessions).await?),
        Err(failure) => {
            let minutes = seconds.0 / 60;
            all.left.push(format!(
                "{}: its sessions could not be found ({}); each goes on with the old value until it was idle for {minutes} min",
                reader.name, failure.cause
            ));
        }
    }
    Ok(sentences)
}

/// A dead network is given up call by call.
async fn within<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(CALL, call).await.unwrap_or_else(|_| Err(Failure::new(FailureKind::Timeout, "refreshing a reader", "no answer came")))
}

/// Watches DEFAULT until new sessions get the version; names the endpoints that stay behind.
async fn roll_out(
    services: &Services,
    deployment: &Deployment,
    id: &str,
    version: &str,
    all: &mut Done,
) -> Result<&'static str, Failure> {
    let began = Instant::now();
    loop {
        let endpoints = within(services.runtime_endpoints(deployment, id)).await?;
        let default = endpoints.iter().find(|one| one.name == "DEFAULT");
        let is_live = default.is_some_and(|one| one.live.as_deref() == Some(version) && one.status == "READY");
        let has_failed = default.is_some_and(|one| one.status.ends_with("_FAILED"));
        if is_live || has_failed || began.elapsed() > ROLL_OUT {
            all.left.extend(endpoints.iter().filter(|one| stays_behind(one, version)).map(|one| {
                let live = one.live.as_deref().unwrap_or("-");
                format!("endpoint {} of {id} stays at version {live}: point it to version {version}", one.name)
            }));
            if has_failed {
                all.left.push(format!("endpoint DEFAULT of {id} did not take version {version}"));
            }
            return Ok(if is_live { "live" } else { "still being rolled out" });
        }
        sleep(LOOK).await;
    }
}

fn stays_behind(endpoint: &EndpointState, version: &str) -> bool {
    let on_its_way = [&endpoint.live, &endpoint.target].into_iter().flatten().any(|one| one == version);
    endpoint.name != "DEFAULT" && !on_its_way
}

/// Sessions that were alive when the password changed and still are, as far as the runtime's logs show.
async fn sessions(
    services: &Services,
    deployment: &Deployment,
    id: &str,
    (idle, lifetime): (i64, i64),
    changed: Option<Moment>,
    now: Moment,
) -> Result<Vec<String>, Failure> {
    let changed = changed.unwrap_or(now);
    if now.since(changed) > lifetime * 1_000 {
        return Ok(Vec::new());
    }
    let groups = services.log_groups(deployment, &format!("/aws/bedrock-agentcore/runtimes/{id}-")).await?;
    if groups.is_empty() {
        // The group is made with the first container: there was none.
        return Ok(Vec::new());
    }
    let since = Some(changed.plus(-idle * 1_000));
    let query = LogQuery { groups, pattern: None, since, until: None, limit: Some(EVENTS) };
    let mut seen: BTreeMap<String, (Moment, Moment)> = BTreeMap::new();
    let read = services.filter_logs(deployment, &query, |batch| {
        for event in &batch.events {
            for session in sessions_of(event) {
                let span = seen.entry(session).or_insert((event.timestamp, event.timestamp));
                *span = (span.0.min(event.timestamp), span.1.max(event.timestamp));
            }
        }
        std::ops::ControlFlow::Continue(())
    });
    read.await?;
    let alive = seen.into_iter().filter(|(_, (first, last))| *first <= changed && now.since(*last) <= idle * 1_000);
    Ok(alive.map(|(session, _)| session).collect())
}

/// A record names its session, or its stream does (`2026/11/21/[runtime-logs]{session}`).
fn sessions_of(event: &LogEvent) -> impl Iterator<Item = String> {
    let of_stream = event.stream.split_once("[runtime-logs").map(|(_, rest)| rest.trim_matches(['-', ']']).to_owned());
    let of_record = Line::read(&event.message).session_id;
    let is_id =
        |id: &String| SESSION.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    of_stream.into_iter().chain(of_record).filter(is_id)
}

async fn stop(services: &Services, deployment: &Deployment, arn: &str, sessions: &[String]) -> Result<String, Failure> {
    let mut stopped = 0;
    for session in sessions {
        match within(services.stop_session(deployment, arn, session)).await {
            Ok(()) => stopped += 1,
            // It has ended by itself, or the stream is not named after it.
            Err(failure) if failure.kind == FailureKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(match stopped {
        0 => "no session to stop".to_owned(),
        1 => "1 session stopped".to_owned(),
        count => format!("{count} sessions stopped"),
    })
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
        assert_eq!(found(&event("otel-rt-logs", &format!(r#"{{"message":"x","sessionId":"{uuid}"}}"#))), [uuid]);
        assert_eq!(found(&event(&format!("2026/11/21/[runtime-logs]{uuid}"), "plain")), [uuid]);
        assert_eq!(found(&event(&format!("2026/11/21/[runtime-logs-{uuid}]"), "plain")), [uuid]);
        assert_eq!(
            found(&event("2026/11/21/[runtime-logs]short", r#"{"sessionId":"../../../../../../../../../../other"}"#)),
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
