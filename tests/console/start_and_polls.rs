//! What is asked for without a key: at the start, at the configured pace, by the doctor.

use agentcore_console::{
    messages::{Effect, Event, FleetEffect, FleetEvent, LogsEffect, Slot},
    model::{Kind, Resource},
};

use crate::{
    harness::{Harness, options},
    world::{self, deployments, name, ready, resources},
};

#[test]
fn the_start_asks_for_every_kind_of_every_deployment_once() {
    let mut harness = Harness::open(deployments());
    assert_eq!(harness.app.start().0, [Effect::Start]);
    let effects = world::start(&mut harness);
    assert_eq!(effects.len(), 2 * Kind::ALL.len());
    assert!(effects.contains(&Effect::Fleet(FleetEffect::List(
        name("prod"),
        Kind::Secret
    ))));
    assert_eq!(
        harness.keys("r"),
        [],
        "what is being asked for is not asked for twice"
    );
}

#[test]
fn numbers_switch_screens_and_what_nobody_looks_at_stops() {
    let mut harness = ready();
    let effects = harness.keys("2");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::Tail(request))] if request.parts[0].deployment == name("prod") && request.parts[0].query.groups.len() == 2),
        "{effects:?}"
    );
    assert_eq!(harness.keys("1"), [Effect::Stop(Slot::Tail)]);
    for (number, words) in [
        ("3", "SECRET"),
        ("4", "signing in"),
        ("5", "examining the chain"),
        ("6", "done nothing yet"),
    ] {
        harness.keys(number);
        harness.shows(words);
    }
    assert_eq!(
        harness.keys("6"),
        [],
        "the screen in front is not entered again"
    );
}

#[test]
fn a_verdict_shows_its_age_and_an_old_one_is_got_anew() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(world::examined("prod", true));
    harness.on(world::examined("analytics", false));
    harness.pass(59_000);
    harness.keys("1");
    assert_eq!(harness.keys("5"), [], "it is not a minute old");
    let line = harness.line("ago");
    assert!(line.contains("59s ago"), "{line}");
    harness.keys("1");
    harness.pass(2_000);
    assert_eq!(
        harness.keys("5"),
        [
            Effect::Examine(name("prod")),
            Effect::Examine(name("analytics"))
        ]
    );
}

#[test]
fn the_doctor_examines_all_and_shows_the_cause() {
    let mut harness = ready();
    assert_eq!(
        harness.keys("5"),
        [
            Effect::Examine(name("prod")),
            Effect::Examine(name("analytics"))
        ]
    );
    harness.on(world::examined("prod", true));
    harness.on(world::examined("analytics", false));
    harness.shows("at interceptor");
    harness.shows("fix  let role");
    let effects = harness.keys("c");
    assert!(matches!(effects.as_slice(), [Effect::Copy(fix)] if fix.starts_with("let role")));
    harness.keys("enter");
    harness.shows("the gateway's interceptor function");
    harness.keys("esc esc");
    harness.hides("the gateway's interceptor function");
    harness.keys("j");
    harness.shows("a call went through");
}

#[test]
fn every_list_is_asked_at_the_configured_pace_without_input() {
    let mut harness = ready();
    // The kinds that no call passes are asked in every fourth refresh.
    let (all, often) = (2 * Kind::ALL.len(), 2 * Kind::CHAIN.len());
    let refresh = options().refresh_ms;
    for round in 0..20 {
        let asked: usize = (0..refresh / 100)
            .map(|_| {
                let count = harness.pass(100).len();
                world::list(&mut harness);
                count
            })
            .sum();
        assert!(
            (often..=all + 2).contains(&asked),
            "{asked} lists in refresh {round}"
        );
    }
}

#[test]
fn a_fleet_that_moves_is_asked_often() {
    let mut harness = ready();
    let moving = Resource {
        status: "UPDATING".into(),
        ..resources("prod", Kind::Gateway).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Gateway,
        Ok(vec![moving]),
    )));
    assert!(!harness.pass(3_100).is_empty());
    harness.shows("READY → UPDATING");
}

#[test]
fn one_list_that_fails_leaves_its_deployment_unknown_and_keeps_the_old_rows() {
    let mut harness = ready();
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("analytics"),
        Kind::Gateway,
        Err(world::refused("listing gateways of analytics")),
    )));
    harness.shows("analytics-gateway");
    harness.shows("AccessDeniedException");
    assert!(harness.line("▾ analytics").contains("unknown"));
    let again = harness.on(Event::Fleet(FleetEvent::Listed(
        name("analytics"),
        Kind::Gateway,
        Err(world::refused("listing gateways of analytics")),
    )));
    assert_eq!(again, []);
    harness.shows("Activity·1");
}

#[test]
fn a_console_that_waits_for_its_stack_does_not_spin() {
    let harness = Harness::open(deployments());
    let wake = harness.app.next_wake().unwrap();
    assert!(
        wake.since(harness.now) >= 100,
        "it would wake after {} ms",
        wake.since(harness.now)
    );
}
