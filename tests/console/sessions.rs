//! Stopping sessions of a runtime from the Fleet.

use std::sync::Arc;

use agentcore_console::{
    calls::{CallRecord, join},
    messages::{Effect, Event, FleetEffect, FleetEvent, SecretsEvent},
    model::{Failure, FailureKind, Kind, LogEvent, Resource},
    rotation::report::RotationQuestion,
};

use crate::{
    harness::{Harness, NOW},
    world::{self, key, log, name, ready, resource, resources},
};

const GROUPS: &str = "/aws/bedrock-agentcore/runtimes";

/// A console whose deployment `prod` has a second runtime, with the cursor on the runtime of that name.
fn on_runtime(runtime: &str) -> Harness {
    let mut harness = ready();
    let reports = Resource {
        log_groups: vec![format!("{GROUPS}/prod-reports-DEFAULT")],
        ..resource("prod", Kind::Runtime, "prod-reports", "reports", "READY")
    };
    let mut runtimes = resources("prod", Kind::Runtime);
    runtimes.push(reports);
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Runtime,
        Ok(runtimes),
    )));
    harness.keys("/");
    harness.text(&format!("name:/^{runtime}$/"));
    harness.keys("enter G");
    assert!(
        harness.selected().contains(runtime),
        "{}",
        harness.selected()
    );
    harness
}

/// A call in a session, so many seconds ago.
fn call(ago: i64, group: &str, session: &str) -> LogEvent {
    let message = format!(
        r#"{{"message":"Processing request of type CallToolRequest","requestId":"{ago}","sessionId":"{session}"}}"#
    );
    log(-ago * 1_000, group, &message)
}

fn read(events: &[LogEvent], unread: Vec<(String, String)>) -> Event {
    let of: Arc<str> = "prod".into();
    let records = events.iter().map(|event| CallRecord::read(event, &of));
    Event::Fleet(FleetEvent::CallsRead {
        deployment: name("prod"),
        since: NOW.plus(-3_600_000),
        calls: Ok(join(records.collect())),
        unread,
    })
}

fn sessions() -> Vec<LogEvent> {
    let (server, reports) = (
        format!("{GROUPS}/prod-rt-DEFAULT"),
        format!("{GROUPS}/prod-reports-DEFAULT"),
    );
    vec![
        call(90, &server, "server-one"),
        call(30, &server, "server-two"),
        call(20, &reports, "reports-one"),
        call(10, "/ecs/other", "stray"),
    ]
}

fn stopped(runtime: &str, sessions: &[&str]) -> Vec<Effect> {
    vec![Effect::Fleet(FleetEffect::StopSessions {
        runtime: key("prod", Kind::Runtime, runtime),
        endpoint: "DEFAULT".into(),
        sessions: sessions
            .iter()
            .map(|session| (*session).to_owned())
            .collect(),
    })]
}

#[test]
fn only_the_sessions_of_the_runtime_itself_are_offered() {
    let mut harness = on_runtime("reports");
    harness.on(read(&sessions(), Vec::new()));
    harness.keys("X");
    let frame = harness.frame(120, 36);
    assert!(
        frame.contains("Stop this session of reports (prod)?"),
        "{frame}"
    );
    assert!(frame.contains("reports-one   last call 20s ago"), "{frame}");
    assert!(frame.contains("1 session more is not offered"), "{frame}");
    for other in ["server-one", "server-two", "stray"] {
        assert!(!frame.contains(other), "{other}: {frame}");
    }
    assert_eq!(harness.keys("y"), stopped("prod-reports", &["reports-one"]));
}

#[test]
fn one_session_or_all_of_them_are_chosen() {
    let open = || {
        let mut harness = on_runtime("neo4j_mcp_server");
        harness.on(read(&sessions(), Vec::new()));
        harness.keys("X");
        harness.shows("Stop which session of neo4j_mcp_server (prod)?");
        harness
    };
    assert_eq!(open().keys("y"), stopped("prod-rt", &["server-two"]));
    assert_eq!(open().keys("j y"), stopped("prod-rt", &["server-one"]));
    let mut harness = open();
    harness.keys("j j j");
    harness.shows("▸ all 2 sessions");
    assert_eq!(
        harness.keys("y"),
        stopped("prod-rt", &["server-two", "server-one"])
    );
    assert_eq!(open().keys("j n"), [], "n stops nothing");
}

#[test]
fn where_the_logs_were_not_read_they_are_read_before_anything_is_said() {
    let mut harness = on_runtime("neo4j_mcp_server");
    harness.frame(120, 36);
    let effects = harness.keys("X");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Fleet(FleetEffect::ReadCalls { deployment, since, .. })]
                if *deployment == name("prod") && *since == NOW.plus(-900_000)
        ),
        "{effects:?}"
    );
    harness.hides("no session");
    harness.shows("reading the logs of prod for sessions of neo4j_mcp_server");
    harness.on(read(&sessions(), Vec::new()));
    harness.shows("Stop which session of neo4j_mcp_server (prod)?");
    harness.hides("reading the logs");
}

#[test]
fn an_old_reading_is_brought_up_to_date_before_the_question() {
    let mut harness = on_runtime("neo4j_mcp_server");
    harness.on(read(&sessions(), Vec::new()));
    harness.pass(11_000);
    let effects = harness.keys("X");
    assert!(
        matches!(effects.as_slice(), [Effect::Fleet(FleetEffect::ReadCalls { since, .. })] if *since == NOW.plus(-120_000)),
        "{effects:?}"
    );
}

#[test]
fn what_could_not_be_read_is_no_absence() {
    let mut harness = on_runtime("neo4j_mcp_server");
    harness.keys("X");
    let group = format!("{GROUPS}/prod-rt-DEFAULT");
    harness.on(read(&[], vec![(group, "AccessDenied".into())]));
    harness.shows("prod-rt-DEFAULT could not be read; the rest shows no session");

    let mut harness = on_runtime("neo4j_mcp_server");
    harness.keys("X");
    harness.on(read(
        &sessions(),
        vec![("aws/spans".into(), "AccessDenied".into())],
    ));
    harness.shows("aws/spans could not be read and may name further sessions.");

    let mut harness = on_runtime("neo4j_mcp_server");
    harness.keys("X");
    harness.on(Event::Fleet(FleetEvent::CallsRead {
        deployment: name("prod"),
        since: NOW,
        calls: Err(Failure::new(
            FailureKind::Denied,
            "reading the logs",
            "logs:FilterLogEvents is not allowed",
        )),
        unread: Vec::new(),
    }));
    harness.shows("logs:FilterLogEvents is not allowed");
    harness.hides("no session");
    assert!(
        !harness.keys("X").is_empty(),
        "a failed reading is no reading"
    );
}

#[test]
fn a_user_who_has_gone_to_another_screen_is_not_asked() {
    let mut harness = on_runtime("neo4j_mcp_server");
    harness.keys("X 6");
    harness.on(read(&sessions(), Vec::new()));
    harness.hides("Stop which session");
    harness.keys("1");
    harness.hides("Stop which session");
}

#[test]
fn the_question_before_a_rotation_counts_the_sessions_of_runtimes_that_read_the_secret() {
    let mut harness = ready();
    let effects = harness.keys("3 R");
    assert!(
        effects.iter().any(|effect| matches!(
            effect,
            Effect::Fleet(FleetEffect::ReadCalls { deployment, since, .. })
                if *deployment == name("prod") && *since == NOW.plus(-900_000)
        )),
        "{effects:?}"
    );
    harness.on(Event::Secrets(SecretsEvent::Planned(Box::new(
        world::plan("prod/neo4j"),
    ))));
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    let line = harness.line("neo4j_mcp_server: ");
    assert!(
        line.contains("not known, its logs are being read"),
        "{line}"
    );
    harness.on(read(&sessions(), Vec::new()));
    let line = harness.line("neo4j_mcp_server: ");
    assert!(line.contains("2 in 15 min"), "{line}");
    let unread = vec![("aws/spans".into(), "AccessDenied".into())];
    harness.on(read(&sessions(), unread));
    let line = harness.line("neo4j_mcp_server: ");
    assert!(line.contains("some of these could not be read"), "{line}");
    harness.shows("Type the name to begin");
}
