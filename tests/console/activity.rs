//! What the Activity records, and by which names.

use agentcore_console::{
    messages::{Effect, Event, FleetEvent},
    model::{Kind, PastWrite, Resource},
};

use crate::{
    harness::{Harness, NOW},
    world::{deployments, examined, key, list, name, ready, resource, resources},
};

/// A console whose deployment `prod` has the title `Movies`.
fn titled() -> Harness {
    let mut harness = Harness::open(deployments());
    let mut titled = deployments();
    titled[0].title = Some("Movies".into());
    let faults = ["none: take all faults back", "prod target down"].map(str::to_owned);
    harness.on(Event::Started(Ok((titled, faults.to_vec()))));
    list(&mut harness);
    harness
}

#[test]
fn a_walk_of_the_doctor_is_recorded_with_what_it_found_and_how_long_it_took() {
    let mut harness = titled();
    harness.keys("D");
    harness.pass(1_250);
    harness.on(examined("prod", true));
    harness.keys("6 enter");
    let line = harness.line("examine Movies");
    assert!(
        line.contains("broken at interceptor: AccessDenied"),
        "{line}"
    );
    assert!(line.contains('▲'), "what it found is not well: {line}");
    harness.shows("took 1250 ms");
    harness.hides("Activity·1");
    let effects = harness.keys("f5");
    assert_eq!(effects, [Effect::Examine(name("prod"))]);
}

#[test]
fn a_walk_that_ends_without_a_report_is_a_failure() {
    let mut harness = titled();
    harness.keys("D");
    harness.on(Event::Broke(
        Some(name("prod")),
        crate::world::refused("examining prod"),
    ));
    harness.keys("6");
    let line = harness.line("examine Movies");
    assert!(line.contains("AccessDeniedException"), "{line}");
}

#[test]
fn an_export_is_recorded_with_its_path_and_size() {
    let mut harness = ready();
    harness.on(Event::Exported {
        result: Ok("logs-1.txt".into()),
        amount: None,
        bytes: 2_048,
        took_ms: 3,
    });
    harness.shows("written to logs-1.txt");
    harness.keys("6 enter");
    let line = harness.line("export logs-1.txt");
    assert!(line.contains("2,048 bytes written"), "{line}");
    harness.shows("took 3 ms");
}

#[test]
fn an_injected_fault_is_recorded_and_can_be_injected_again_after_a_question() {
    let mut harness = titled();
    harness.keys(":");
    harness.text("fault target down");
    assert_eq!(harness.keys("enter"), [Effect::PlayFault(1)]);
    harness.keys(":");
    harness.text("faults back");
    assert_eq!(harness.keys("enter"), [Effect::PlayFault(0)]);
    harness.keys("6");
    harness.shows("clear all faults");
    harness.keys("j");
    assert!(
        harness.selected().contains("inject fault prod target down"),
        "{}",
        harness.selected()
    );
    assert_eq!(harness.keys("f5"), [], "it asks first");
    harness.shows("Again: inject fault prod target down?");
    assert_eq!(harness.keys("y"), [Effect::PlayFault(1)]);
    assert_eq!(
        harness
            .frame(120, 36)
            .matches("inject fault prod target down")
            .count(),
        2,
        "the second time is recorded too"
    );
    harness.keys(":");
    harness.text("fault target down");
    harness.keys("enter");
    harness.shows("already active");
}

#[test]
fn what_was_done_is_told_by_names_and_titles() {
    let mut harness = titled();
    let target = Resource {
        status: "SYNCHRONIZING".into(),
        ..resource(
            "prod",
            Kind::Target,
            "prod-gw/LhCJsGOZlO",
            "movies-target",
            "READY",
        )
    };
    let mut targets = resources("prod", Kind::Target);
    targets.push(target.clone());
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Target,
        Ok(targets),
    )));
    harness.on(Event::Fleet(FleetEvent::Synchronized(
        key("prod", Kind::Target, "prod-gw/LhCJsGOZlO"),
        Box::new(Ok((target, None))),
    )));
    harness.on(Event::PastWritesRead(vec![PastWrite {
        at: NOW.plus(-60_000),
        what: "targets.sync prod-gw/LhCJsGOZlO of prod".into(),
        operator: "somebody".into(),
        is_declined: false,
        result: Ok("done".into()),
        request_id: None,
    }]));
    harness.keys("6");
    harness.shows("Movies    synchronize movies-target");
    harness.shows("Movies    targets.sync movies-target");
    harness.hides("LhCJsGOZlO");
    // The id stays findable.
    harness.keys("/");
    harness.text("lhcjsgozlo");
    harness.keys("enter enter");
    harness.shows("recorded as targets.sync prod-gw/LhCJsGOZlO of prod");
}

#[test]
fn the_title_stands_on_every_screen_and_the_name_can_be_typed() {
    let mut harness = titled();
    harness.keys("2");
    harness.shows("Movies");
    harness.keys("3");
    harness.shows("Movies");
    harness.keys("R");
    harness.shows("Movies   prod/neo4j   ◐ planning 0s");
    let mut harness = titled();
    harness.keys("4");
    harness.shows("Movies");
    for typed in ["movies", "prod"] {
        harness.keys("p");
        harness.text(typed);
        let frame = harness.frame(120, 36);
        assert!(frame.contains("https://gw.example/mcp"), "{typed}: {frame}");
        assert!(!frame.contains("analytics"), "{typed}: {frame}");
        harness.keys("esc");
    }
    let mut harness = titled();
    harness.keys("/");
    harness.text("movies");
    harness.shows("neo4j_mcp_server");
    harness.hides("external-mcp");
}

#[test]
fn what_others_changed_is_no_nothing_before_it_was_read() {
    let mut harness = Harness::open(deployments());
    harness.keys("6");
    harness.shows("What others changed is not read yet.");
    harness.on(Event::Fleet(FleetEvent::ChangesRead(
        vec![name("prod"), name("analytics")],
        NOW.plus(-86_400_000),
        Ok(Vec::new()),
    )));
    harness.hides("not read yet");
}

#[test]
fn what_was_stopped_is_no_failure_and_raises_no_badge() {
    let mut harness = ready();
    let stopped = agentcore_console::model::Failure::new(
        agentcore_console::model::FailureKind::Cancelled,
        "querying the logs",
        "the query was cancelled",
    );
    harness.on(Event::Exported {
        result: Err(stopped),
        amount: None,
        bytes: 0,
        took_ms: 3,
    });
    harness.hides("Activity·1");
    harness.keys("6");
    let line = harness.line("querying the logs");
    assert!(line.contains("○") && !line.contains('✖'), "{line}");
}

/// A list of `prod` is answered with these.
fn listed(harness: &mut Harness, kind: Kind, resources: Vec<Resource>) {
    let prod = name("prod");
    harness.on(Event::Fleet(FleetEvent::Listed(prod, kind, Ok(resources))));
}

fn target(status: &str) -> Resource {
    Resource {
        status: status.into(),
        ..resources("prod", Kind::Target).remove(0)
    }
}

#[test]
fn a_synchronization_is_followed_until_the_target_is_ready() {
    let mut harness = ready();
    let key = target("READY").key;
    let answer = (target("SYNCHRONIZING"), Some("request-1".to_owned()));
    let event = FleetEvent::Synchronized(key, Box::new(Ok(answer)));
    harness.on(Event::Fleet(event));
    harness.keys("6");
    let line = harness.line("synchronize neo4j-mcp");
    assert!(
        line.contains('◐') && line.contains("SYNCHRONIZING"),
        "{line}"
    );
    harness.pass(3_000);
    listed(&mut harness, Kind::Target, vec![target("SYNCHRONIZING")]);
    harness.pass(4_000);
    listed(&mut harness, Kind::Target, vec![target("READY")]);
    harness.shows("synchronize neo4j-mcp of prod: READY after 7s");
    harness.pass(60_000);
    let line = harness.line("synchronize neo4j-mcp");
    assert!(
        line.contains('●') && line.contains("READY after 7s"),
        "{line}"
    );
    listed(&mut harness, Kind::Target, vec![target("SYNCHRONIZING")]);
    let line = harness.line("synchronize neo4j-mcp");
    assert!(line.contains("READY after 7s"), "it has ended: {line}");
}

#[test]
fn a_roll_back_is_followed_until_the_endpoint_serves_the_version_or_fails() {
    let endpoint = |status: &str, live: &str| Resource {
        raw: serde_json::json!({"liveVersion": live, "targetVersion": "2"}).into(),
        reason: Some("no capacity".into()).filter(|_| status.contains("FAILED")),
        ..resource("prod", Kind::Endpoint, "prod-rt/canary", "canary", status)
    };
    let moved = || {
        let mut harness = ready();
        listed(&mut harness, Kind::Endpoint, vec![endpoint("READY", "3")]);
        let key = endpoint("READY", "3").key;
        let event = FleetEvent::EndpointMoved(key, "2".into(), Ok(()));
        harness.on(Event::Fleet(event));
        harness.keys("6");
        let line = harness.line("serve version 2 at canary");
        assert!(line.contains('◐') && line.contains("UPDATING"), "{line}");
        harness.pass(5_000);
        // The list may still be the one of before.
        listed(&mut harness, Kind::Endpoint, vec![endpoint("READY", "3")]);
        listed(
            &mut harness,
            Kind::Endpoint,
            vec![endpoint("UPDATING", "3")],
        );
        let line = harness.line("serve version 2 at canary");
        assert!(line.contains('◐'), "{line}");
        harness
    };
    let mut harness = moved();
    listed(&mut harness, Kind::Endpoint, vec![endpoint("READY", "2")]);
    harness.pass(60_000);
    let line = harness.line("serve version 2 at canary");
    assert!(
        line.contains('●') && line.contains("READY after 5s"),
        "{line}"
    );
    let mut harness = moved();
    listed(
        &mut harness,
        Kind::Endpoint,
        vec![endpoint("UPDATE_FAILED", "3")],
    );
    harness.shows("UPDATE_FAILED after 5s: no capacity");
    harness.keys("esc");
    let line = harness.line("serve version 2 at canary");
    assert!(line.contains('✖'), "{line}");
    let mut harness = moved();
    harness.pass(15 * 60_000);
    listed(
        &mut harness,
        Kind::Endpoint,
        vec![endpoint("UPDATING", "3")],
    );
    harness.shows("it is still UPDATING after 15m");
}
