//! The Fleet's columns of the last hour and its chains: when CloudWatch is asked, what is shown at which width, what is sorted.

use agentcore_console::{
    calls::{LoggedCall, LoggedOutcome},
    messages::{Effect, Event, FleetEffect, FleetEvent, LogsEffect},
    model::{Deployment, Kind, Resource, ResourceKey, Traffic},
};

use crate::{
    harness::{Harness, NOW},
    world::{
        self, calls_read, deployments, examined, key, name, pluralize, ready, refused, resource,
        resources, traffic,
    },
};

const MINUTE: i64 = 60_000;

/// What is counted, where it is asked for.
fn asked(effects: Vec<Effect>) -> Vec<Vec<ResourceKey>> {
    let count = |effect| {
        if let Effect::Fleet(FleetEffect::CountCalls(keys)) = effect {
            Some(keys)
        } else {
            None
        }
    };
    effects.into_iter().filter_map(count).collect()
}

/// Every list is answered again, as it was.
fn list_again(harness: &mut Harness) -> Vec<Vec<ResourceKey>> {
    let mut effects = Vec::new();
    for deployment in ["prod", "analytics"] {
        for kind in Kind::ALL {
            effects.extend(harness.on(Event::Fleet(FleetEvent::Listed(
                deployment.into(),
                kind,
                Ok(resources(deployment, kind)),
            ))));
        }
    }
    asked(effects)
}

/// Time in which now and then a list is answered; how often calls were counted in it.
fn pass(harness: &mut Harness, minutes: i64, letters: &str) -> usize {
    let mut count = 0;
    for _ in 0..minutes {
        count += asked(harness.pass(MINUTE)).len();
        count += asked(harness.text(letters)).len();
        count += list_again(harness).len();
    }
    count
}

#[test]
fn an_account_is_asked_once_for_all_its_deployments_as_soon_as_they_are_listed() {
    let mut harness = Harness::open(deployments());
    assert_eq!(
        asked(world::start(&mut harness)),
        [] as [Vec<ResourceKey>; 0],
        "nothing is known yet"
    );
    let keys = vec![
        key("prod", Kind::Gateway, "prod-gw"),
        key("prod", Kind::Runtime, "prod-rt"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    ];
    assert_eq!(list_again(&mut harness), [keys]);
    assert_eq!(list_again(&mut harness).len(), 0, "and not again");
}

#[test]
fn deployments_of_different_regions_are_counted_apart() {
    let mut harness = Harness::open(Vec::new());
    let elsewhere = Deployment {
        region: "eu-central-1".into(),
        ..deployments().remove(1)
    };
    harness.on(Event::Started(Ok((
        vec![deployments().remove(0), elsewhere],
        Vec::new(),
    ))));
    assert_eq!(
        list_again(&mut harness)
            .iter()
            .map(Vec::len)
            .collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn calls_are_counted_every_minute_while_fleet_is_shown() {
    let mut harness = ready();
    harness.on(pluralize());
    assert_eq!(pass(&mut harness, 1, "j"), 1);
    assert_eq!(pass(&mut harness, 17, ""), 17, "without input as with it");
    harness.keys("3");
    assert_eq!(pass(&mut harness, 30, "j"), 0, "nobody looks at the Fleet");
    assert_eq!(
        asked(harness.keys("1")).len(),
        1,
        "it is due when somebody does"
    );
}

#[test]
fn where_nothing_is_called_it_is_counted_every_five_minutes() {
    let mut harness = ready();
    let keys = vec![key("prod", Kind::Gateway, "prod-gw")];
    harness.on(Event::Fleet(FleetEvent::CallsCounted(
        keys.clone(),
        Ok(vec![(keys[0].clone(), Traffic::none(harness.now))]),
    )));
    assert_eq!(pass(&mut harness, 4, ""), 0);
    assert_eq!(pass(&mut harness, 2, ""), 1);
    harness.on(pluralize());
    assert_eq!(
        pass(&mut harness, 2, ""),
        2,
        "what is called is counted more often"
    );
    harness.pass(6 * MINUTE);
    harness.keys("j");
    assert_eq!(list_again(&mut harness).len(), 1, "somebody is here");
}

#[test]
fn counts_come_with_the_width_and_stay_out_of_a_small_window() {
    let mut harness = ready();
    harness.on(pluralize());
    let gateway = harness.line("prod-gateway");
    assert!(gateway.contains("▃▄▆▇▃▄▆▇▃▄▆▇   1,200     3"), "{gateway}");
    assert!(
        harness
            .line("analytics-gateway")
            .contains("▁▁▁▁▁▁▁▁▁▁▁▁       0     0"),
        "{}",
        harness.line("analytics-gateway")
    );
    let deployment = harness.line("▲ failing at");
    assert!(
        deployment.contains("prod") && deployment.contains("1,200     3"),
        "{deployment}"
    );
    assert!(
        !harness.line("neo4j-mcp ").contains('▃'),
        "a target has no counts of its own"
    );
    let small = harness.frame(80, 24);
    assert!(
        small.contains("1,200") && small.contains("CALLS") && !small.contains("LAST HOUR"),
        "{small}"
    );
    let middle = harness.frame(104, 24);
    assert!(
        middle.contains("1,200") && middle.contains("LAST HOUR"),
        "{middle}"
    );
}

#[test]
fn the_logs_of_a_deployment_that_fails_are_read_for_the_hop() {
    let mut harness = ready();
    let gateway = key("analytics", Kind::Gateway, "analytics-gw");
    let failing = Traffic {
        recent_errors: 30,
        ..traffic(30, 30)
    };
    let counted = vec![(gateway.clone(), failing)];
    let effects = harness.on(Event::Fleet(FleetEvent::CallsCounted(
        vec![gateway],
        Ok(counted),
    )));
    assert_eq!(calls_read_of(&effects), ["analytics"], "{effects:?}");
    let just_asked = calls_read_of(&harness.pass(300));
    assert!(just_asked.is_empty(), "{just_asked:?}");
}

#[test]
fn the_detail_tells_the_last_hour_in_words_and_why_it_cannot() {
    let mut harness = ready();
    harness.on(pluralize());
    harness.keys("j enter");
    let detail = harness.frame(230, 40);
    assert!(
        ["LAST HOUR", "1,200", "210 ms", "41 ms"]
            .iter()
            .all(|words| detail.contains(words)),
        "{detail}"
    );

    let mut harness = ready();
    let keys = vec![
        key("prod", Kind::Gateway, "prod-gw"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    ];
    harness.on(Event::Fleet(FleetEvent::CallsCounted(
        keys,
        Err(refused("counting calls")),
    )));
    harness.hides("AccessDenied");
    assert!(
        !harness.frame(120, 36).contains("Activity·"),
        "what is not counted is no failure of the console's work"
    );
    harness.keys("j enter");
    harness.shows("AccessDeniedException");
    harness.shows("the role do it");
    let runtime = key("prod", Kind::Runtime, "prod-rt");
    harness.on(Event::Fleet(FleetEvent::CallsCounted(
        vec![runtime.clone()],
        Ok(vec![(runtime, traffic(4, 0))]),
    )));
    harness.shows("new, or beyond the 500 series");
    let keys = vec![key("prod", Kind::Gateway, "prod-gw")];
    harness.on(Event::Fleet(FleetEvent::CallsCounted(
        keys,
        Err(refused("counting calls")),
    )));
    harness.keys("esc r");
    assert_eq!(
        list_again(&mut harness).len(),
        1,
        "who asks again need not wait"
    );
}

#[test]
fn the_new_columns_sort_and_say_so_where_they_are_hidden() {
    let mut harness = ready();
    let (prod, analytics) = (
        key("prod", Kind::Gateway, "prod-gw"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    );
    let counts = vec![
        (prod.clone(), traffic(10, 5)),
        (analytics.clone(), traffic(900, 0)),
    ];
    harness.on(Event::Fleet(FleetEvent::CallsCounted(
        vec![prod, analytics],
        Ok(counts),
    )));
    let first = |harness: &Harness| {
        harness
            .frame(120, 36)
            .lines()
            .nth(4)
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        first(&harness).contains("prod"),
        "what is wrong comes first"
    );
    harness.keys("s s s");
    assert!(first(&harness).contains("analytics"), "{}", first(&harness));
    harness.shows("CALLS▾");
    assert!(
        harness.frame(50, 24).contains("▾CALLS"),
        "{}",
        harness.frame(50, 24)
    );
    harness.keys("S");
    harness.keys("s");
    assert!(first(&harness).contains("prod"), "{}", first(&harness));
    harness.shows("ERR▾");
    harness.keys("s");
    harness.shows("STATUS▾");
}

#[test]
fn the_hop_that_is_not_well_is_named_at_every_width() {
    let harness = ready();
    for (wide, high) in [(80, 24), (120, 36), (200, 50)] {
        let frame = harness.frame(wide, high);
        let row = frame
            .lines()
            .find(|line| line.contains("failing") && line.contains("prod "))
            .unwrap_or_default();
        assert!(row.contains("failing at target"), "{wide}: {row}");
        assert!(
            frame.contains("SYNCHRONIZE_UNSUCCESSFUL, tools/list: HTTP 401"),
            "{wide}: {frame}"
        );
        assert_eq!(frame.contains("○• ▲ ••○"), wide == 120, "{frame}");
        assert_eq!(frame.contains("TOK GAT INT"), wide > 150, "{frame}");
    }
}

#[test]
fn a_verdict_of_the_doctor_breaks_the_deployment_until_it_is_old_and_then_leaves_it_unknown() {
    let mut harness = ready();
    harness.on(examined("analytics", true));
    let row = harness
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("▾ analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("✖ broken at interceptor") && row.contains("●●✖•  •○"),
        "what the doctor names is in the chain: {row}"
    );
    let intercepted = Resource {
        raw: serde_json::json!({"interceptorConfigurations": [{}]}).into(),
        ..resources("analytics", Kind::Gateway).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("analytics"),
        Kind::Gateway,
        Ok(vec![intercepted]),
    )));
    let row = harness
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("▾ analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("broken at interceptor") && row.contains("●●✖•  •○"),
        "{row}"
    );
    harness.pass(9 * 60_000);
    let row = harness
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("▾ analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(row.contains("✖ broken"), "{row}");
    harness.pass(61_000);
    let row = harness
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("▾ analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("○ unknown") && harness.frame(180, 50).contains("was broken at interceptor"),
        "what was seen ten minutes ago counts no longer, and does not become good: {row}"
    );
    harness.on(examined("analytics", true));
    let row = harness
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("▾ analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(row.contains("✖ broken"), "{row}");
    harness.on(examined("analytics", false));
    let row = harness
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("▾ analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("● proven") && row.contains("●●●●  ●●"),
        "{row}"
    );
}

#[test]
fn a_child_that_is_broken_puts_its_parent_where_it_is_seen() {
    let mut harness = ready();
    let gateways = ["one", "two"].map(|id| resource("prod", Kind::Gateway, id, id, "READY"));
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Gateway,
        Ok(gateways.into()),
    )));
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Target,
        Ok(vec![resource(
            "prod",
            Kind::Target,
            "two/T",
            "broken",
            "FAILED",
        )]),
    )));
    let frame = harness.frame(120, 36);
    let at = |text: &str| frame.lines().position(|line| line.contains(text));
    assert!(at("▾ two") < at("  one"), "{frame}");
}

#[test]
fn ten_thousand_resources_are_drawn_and_walked_without_waiting() {
    let mut harness = ready();
    let runtimes = (0..3_000).map(|each| {
        resource(
            "prod",
            Kind::Runtime,
            &format!("rt-{each}"),
            &format!("rt-{each}"),
            "READY",
        )
    });
    let endpoints = (0..7_000).map(|each| {
        let id = format!("rt-{}/e{each}", each % 3_000);
        resource("prod", Kind::Endpoint, &id, &format!("e{each}"), "READY")
    });
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Runtime,
        Ok(runtimes.collect()),
    )));
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Endpoint,
        Ok(endpoints.collect()),
    )));
    let began = std::time::Instant::now();
    for _ in 0..2 {
        harness.keys("j");
        harness.frame(180, 50);
    }
    // Each parent looking through all children would be twenty million looks a frame: minutes of this build, not seconds.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn enter_on_a_deployment_tells_its_chain_hop_by_hop_and_arrows_still_fold() {
    let mut harness = ready();
    harness.on(pluralize());
    harness.keys("enter");
    for words in [
        "▲ target       SYNCHRONIZE_UNSUCCESSFUL",
        "• gateway      status good",
        "○ sign-in      not asked",
        "1,200",
    ] {
        harness.shows(words);
    }
    harness.shows("prod-gateway");
    assert!(
        !harness.frame(80, 24).contains("prod-gateway"),
        "over the list where there is no room beside it"
    );
    assert_eq!(harness.keys("D"), [Effect::Examine(name("prod"))]);
    harness.on(examined("prod", false));
    harness.keys("1");
    harness.shows("● sign-in      a call passed it");
    harness.keys(":");
    harness.text("describe prod-gateway");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Fleet(FleetEffect::Describe(key(
            "prod",
            Kind::Gateway,
            "prod-gw"
        )))]
    );
    harness.hides("sign-in  ");
    harness.keys("esc left left");
    harness.keys("left");
    harness.hides("prod-gateway");
}

#[test]
fn a_low_screen_folds_what_nobody_has_to_look_at() {
    let mut harness = ready();
    let provider = |id: &str| resource("analytics", Kind::Provider, id, id, "READY");
    harness.on(Event::Fleet(FleetEvent::Listed(
        "analytics".into(),
        Kind::Provider,
        Ok(vec![provider("oauth-1"), provider("oauth-2")]),
    )));
    let high = harness.frame(120, 36);
    assert!(
        high.contains("oauth-1") && high.contains("external-mcp"),
        "{high}"
    );
    let lower = harness.frame(80, 17);
    assert!(
        !lower.contains("oauth-1") && !lower.contains("external-mcp"),
        "{lower}"
    );
    assert!(
        lower.contains("2 more") && lower.contains("2 providers"),
        "{lower}"
    );
    assert!(
        lower.contains("neo4j-mcp"),
        "what is not well stays: {lower}"
    );
    let low = harness.frame(80, 14);
    assert!(low.contains("▸ analytics"), "{low}");
    harness.keys("G right G");
    assert!(
        harness.frame(80, 14).contains("2 more"),
        "unfolded by hand it stays open: {}",
        harness.frame(80, 14)
    );
    harness.keys("enter");
    assert!(harness.frame(80, 36).contains("oauth-1"));
}

#[test]
fn the_alarm_is_raised_once_when_a_deployment_breaks() {
    use agentcore_console::config::TerminalAlarm;

    let raised = |effects: Vec<Effect>| {
        let is_alarm = |effect: &Effect| matches!(effect, Effect::RaiseAlarm(..));
        effects.into_iter().filter(is_alarm).collect::<Vec<_>>()
    };
    for alarm in TerminalAlarm::ALL {
        let mut harness = Harness::with(agentcore_console::app::AppOptions {
            deployments: deployments(),
            alarm,
            ..crate::harness::options()
        });
        let started = world::start(&mut harness);
        assert_eq!(raised(started), []);
        world::list(&mut harness);
        assert_eq!(raised(harness.on(examined("analytics", false))), []);
        let broken = raised(harness.on(examined("analytics", true)));
        let again = raised(harness.on(examined("analytics", true)));
        let text = "analytics broken at interceptor".to_owned();
        let expected = match alarm {
            TerminalAlarm::Off => Vec::new(),
            TerminalAlarm::Bell | TerminalAlarm::Osc9 | TerminalAlarm::Osc777 => {
                vec![Effect::RaiseAlarm(alarm, text)]
            }
        };
        assert_eq!((broken, again), (expected, Vec::new()), "{alarm:?}");
    }
}

#[test]
fn the_view_of_the_last_run_comes_back() {
    let mut last = Harness::open(deployments());
    last.keys("s s");
    last.keys("/");
    last.text("runtime");
    last.keys("enter 2");
    let memory = last.app.memory();
    assert_eq!(memory.screen, "Logs");
    assert_eq!(memory.fleet.filter, "runtime");

    let next = Harness::with(agentcore_console::app::AppOptions {
        deployments: deployments(),
        memory: memory.clone(),
        ..crate::harness::options()
    });
    assert_eq!(next.app.memory(), memory);
}

#[test]
fn logs_open_with_the_deployment_under_the_cursor() {
    let mut harness = crate::world::ready();
    harness.keys("G");
    let effects = harness.keys("2");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::Tail(request)), ..] if request.parts[0].deployment.as_str() == "analytics"),
        "{effects:?}"
    );
}

/// The deployments whose calls are read out of their logs.
fn calls_read_of(effects: &[Effect]) -> Vec<String> {
    let mut names = Vec::new();
    for effect in effects {
        if let Effect::Fleet(FleetEffect::ReadCalls { deployment, .. }) = effect {
            names.push(deployment.to_string());
        }
    }
    names
}

#[test]
fn the_logs_of_a_broken_deployment_are_read_at_the_pace_of_the_fleet_until_a_call_goes_through() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut harness = ready();
        harness.frame(width, height);
        let is_read = |effects: Vec<Effect>| calls_read_of(&effects).contains(&"analytics".into());
        // The cursor rests on the other deployment.
        assert!(!is_read(harness.pass(1_000)), "{width}");
        harness.on(examined("analytics", true));
        assert!(is_read(harness.pass(500)), "{width}");
        harness.shows("broken at interceptor");
        assert!(!is_read(harness.pass(5_000)), "{width}");
        assert!(is_read(harness.pass(5_000)), "{width}");
        let call = |hops: &[&'static str]| LoggedCall {
            at: NOW.plus(8_000),
            deployment: "analytics".to_owned(),
            outcome: LoggedOutcome::Ok,
            tool: Some("read-cypher".to_owned()),
            hops: hops.to_vec(),
            ..LoggedCall::default()
        };
        harness.on(calls_read("analytics", vec![call(&["runtime", "neo4j"])]));
        harness.shows("broken at interceptor");
        harness.on(calls_read("analytics", vec![call(&["gateway", "runtime"])]));
        harness.shows("● proven");
        assert!(!is_read(harness.pass(10_000)), "{width}");
    }
}
