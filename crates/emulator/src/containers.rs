//! The containers of the runtimes: one for each session, which keeps the version of the runtime that it began with, and the
//! secret that it read then. An idle one ends by itself. What runs in them is in `mcp`.

use parking_lot::Mutex;
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::aws::control::RuntimeVersion;
use crate::mcp::elicitation::ElicitationModes;
use crate::mcp::fast_mcp::LogLevel;

/// So often, in containers begun, those that are over are looked for.
const SWEEP: usize = 64;

/// The containers that run.
#[derive(Debug, Default)]
pub(crate) struct Containers {
    running: Mutex<HashMap<SessionKey, Container>>,
}

/// Where a container runs: a session at an endpoint of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey {
    pub(crate) runtime: String,
    pub(crate) endpoint: String,
    pub(crate) session: String,
}

/// A container as it is now.
#[derive(Clone)]
pub(crate) struct Container {
    /// The version of the runtime that it runs for its whole life.
    pub(crate) version: String,
    /// The secret's text as it was when the container began, where the program in it keeps one.
    pub(crate) began_with: Option<String>,
    /// User and password, once the program has needed them.
    pub(crate) credentials: Option<(String, String)>,
    /// The kinds of elicitation that the client of the session declared.
    pub(crate) elicitation: ElicitationModes,
    /// Whether the session has the tool that `enable_export` adds.
    pub(crate) export_enabled: bool,
    /// The lowest level of MCP log messages that the client of the session wants.
    pub(crate) log_level: LogLevel,
    began: Timestamp,
    used: Timestamp,
    idle: SignedDuration,
    longest: SignedDuration,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Container")
            .field("version", &self.version)
            .field("began", &self.began)
            .finish_non_exhaustive()
    }
}

impl Container {
    fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.used) > self.idle || now.duration_since(self.began) > self.longest
    }
}

/// What came of entering a place.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) container: Container,
    /// Whether it began just now.
    pub(crate) fresh: bool,
    /// Sessions that were found to be over.
    pub(crate) over: Vec<SessionKey>,
}

impl Containers {
    /// Returns the container of a session; where none runs, one of the `live` version begins, and `read` gives what it keeps.
    pub(crate) fn enter(
        &self,
        place: &SessionKey,
        live: &RuntimeVersion,
        now: Timestamp,
        read: impl FnOnce() -> Option<String>,
    ) -> Entered {
        let mut running = self.running.lock();
        if let Some(known) = running.get_mut(place).filter(|known| !known.is_over(now)) {
            known.used = known.used.max(now);
            return Entered {
                container: known.clone(),
                fresh: false,
                over: Vec::new(),
            };
        }
        let mut over: Vec<SessionKey> = running
            .remove(place)
            .map(|_| place.clone())
            .into_iter()
            .collect();
        if running.len() % SWEEP == SWEEP - 1 {
            let ended = running.extract_if(|_, container| container.is_over(now));
            over.extend(ended.map(|(place, _)| place));
        }
        let (idle, longest) = live.lifetimes();
        let container = Container {
            version: live.version.clone(),
            began_with: read(),
            credentials: None,
            elicitation: ElicitationModes::default(),
            export_enabled: false,
            log_level: LogLevel::default(),
            began: now,
            used: now,
            idle,
            longest,
        };
        running.insert(place.clone(), container.clone());
        Entered {
            container,
            fresh: true,
            over,
        }
    }

    /// Changes what a container keeps.
    pub(crate) fn change(&self, place: &SessionKey, change: impl FnOnce(&mut Container)) {
        if let Some(container) = self.running.lock().get_mut(place) {
            change(container);
        }
    }

    /// Ends a container; false if none runs there.
    pub(crate) fn stop(&self, place: &SessionKey, now: Timestamp) -> bool {
        self.running
            .lock()
            .remove(place)
            .is_some_and(|container| !container.is_over(now))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::aws::control::Authorizer;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn version(number: &str, idle: u64) -> RuntimeVersion {
        RuntimeVersion {
            version: number.into(),
            description: String::new(),
            status: "READY".into(),
            failure_reason: None,
            updated: at(0),
            role_arn: String::new(),
            authorizer: Authorizer::Iam,
            request_headers: Vec::new(),
            dropped_headers: Vec::new(),
            environment: Vec::new(),
            require_mmdsv2: true,
            client_token: None,
            kept: Map::from_iter([(
                "lifecycleConfiguration".to_owned(),
                json!({"idleRuntimeSessionTimeout": idle, "maxLifetime": 1000}),
            )]),
        }
    }

    fn place(session: &str) -> SessionKey {
        SessionKey {
            runtime: "r".into(),
            endpoint: "DEFAULT".into(),
            session: session.into(),
        }
    }

    #[test]
    fn a_session_keeps_its_version_and_its_secret_until_its_container_ends() {
        let containers = Containers::default();
        let enter = |session: &str, number: &str, second: i64| {
            let entered =
                containers.enter(&place(session), &version(number, 100), at(second), || {
                    Some(format!("secret at {second}"))
                });
            (
                entered.container.version,
                entered.container.began_with.unwrap(),
                entered.fresh,
            )
        };
        let kept = |number: &str, second: i64, fresh| {
            (number.to_owned(), format!("secret at {second}"), fresh)
        };
        assert_eq!(enter("one", "1", 0), kept("1", 0, true));
        assert_eq!(
            enter("one", "2", 90),
            kept("1", 0, false),
            "an update does not reach a session that lives"
        );
        assert_eq!(enter("two", "2", 90), kept("2", 90, true));
        assert!(containers.stop(&place("one"), at(100)));
        assert!(
            !containers.stop(&place("one"), at(100)),
            "there is none any more"
        );
        assert_eq!(
            enter("one", "2", 110),
            kept("2", 110, true),
            "the same session starts again"
        );
        assert_eq!(
            enter("two", "3", 191),
            kept("3", 191, true),
            "idle for longer than it may be"
        );
        for second in (200..=1100).step_by(90) {
            enter("one", "4", second);
        }
        assert_eq!(
            enter("one", "4", 1111),
            kept("4", 1111, true),
            "older than a container may be"
        );
    }

    #[test]
    fn what_is_over_is_told_so_that_nothing_of_it_stays() {
        let containers = Containers::default();
        for number in 0..SWEEP - 1 {
            containers.enter(
                &place(&number.to_string()),
                &version("1", 100),
                at(0),
                || None,
            );
        }
        let entered = containers.enter(&place("later"), &version("1", 100), at(500), || None);
        assert_eq!(entered.over.len(), SWEEP - 1);
        containers.change(&place("later"), |container| {
            container.credentials = Some(("neo4j".into(), "word".into()));
        });
        let entered = containers.enter(&place("later"), &version("1", 100), at(501), || None);
        assert_eq!(
            entered.container.credentials,
            Some(("neo4j".into(), "word".into()))
        );
        assert!(!format!("{entered:?}").contains("word"));
    }
}
