//! The Fleet's columns of the last hour and its chains: when CloudWatch is asked, what is shown at which width, what is sorted.

use agentcore_console::{
    messages::{Effect, Event, FleetEvent},
    model::{Deployment, Kind, Resource, ResourceKey, Traffic},
};

use crate::{
    bench::Bench,
    world::{
        self, deployments, examined, key, name, pluralize, ready, refused, resource, resources,
        traffic,
    },
};

const MINUTE: i64 = 60_000;

/// What is counted, where it is asked for.
fn asked(effects: Vec<Effect>) -> Vec<Vec<ResourceKey>> {
    let count = |effect| {
        if let Effect::CountCalls(keys) = effect {
            Some(keys)
        } else {
            None
        }
    };
    effects.into_iter().filter_map(count).collect()
}

/// Every list is answered again, as it was.
fn list_again(bench: &mut Bench) -> Vec<Vec<ResourceKey>> {
    let mut effects = Vec::new();
    for deployment in ["prod", "analytics"] {
        for kind in Kind::ALL {
            effects.extend(bench.on(Event::Fleet(FleetEvent::Listed(
                deployment.into(),
                kind,
                Ok(resources(deployment, kind)),
            ))));
        }
    }
    asked(effects)
}

/// Time in which now and then a list is answered; how often calls were counted in it.
fn pass(bench: &mut Bench, minutes: i64, letters: &str) -> usize {
    let mut count = 0;
    for _ in 0..minutes {
        count += asked(bench.pass(MINUTE)).len();
        count += asked(bench.text(letters)).len();
        count += list_again(bench).len();
    }
    count
}

#[test]
fn an_account_is_asked_once_for_all_its_deployments_as_soon_as_they_are_listed() {
    let mut bench = Bench::open(deployments());
    assert_eq!(
        asked(world::start(&mut bench)),
        [] as [Vec<ResourceKey>; 0],
        "nothing is known yet"
    );
    let keys = vec![
        key("prod", Kind::Gateway, "prod-gw"),
        key("prod", Kind::Runtime, "prod-rt"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    ];
    assert_eq!(list_again(&mut bench), [keys]);
    assert_eq!(list_again(&mut bench).len(), 0, "and not again");
}

#[test]
fn deployments_of_different_regions_are_counted_apart() {
    let mut bench = Bench::open(Vec::new());
    let elsewhere = Deployment {
        region: "eu-central-1".into(),
        ..deployments().remove(1)
    };
    bench.on(Event::Started(Ok((
        vec![deployments().remove(0), elsewhere],
        Vec::new(),
    ))));
    assert_eq!(
        list_again(&mut bench)
            .iter()
            .map(Vec::len)
            .collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn calls_are_counted_every_two_minutes_while_fleet_is_shown() {
    let mut bench = ready();
    bench.on(pluralize());
    assert_eq!(pass(&mut bench, 1, "j"), 0);
    assert_eq!(pass(&mut bench, 17, ""), 9, "without input as with it");
    bench.keys("3");
    assert_eq!(pass(&mut bench, 30, "j"), 0, "nobody looks at the Fleet");
    assert_eq!(
        asked(bench.keys("1")).len(),
        1,
        "it is due when somebody does"
    );
}

#[test]
fn where_nothing_is_called_it_is_counted_every_five_minutes() {
    let mut bench = ready();
    let keys = vec![key("prod", Kind::Gateway, "prod-gw")];
    bench.on(Event::Fleet(FleetEvent::CallsCounted(
        keys.clone(),
        Ok(vec![(keys[0].clone(), Traffic::none(bench.now))]),
    )));
    assert_eq!(pass(&mut bench, 4, ""), 0);
    assert_eq!(pass(&mut bench, 2, ""), 1);
    bench.on(pluralize());
    assert_eq!(
        pass(&mut bench, 2, ""),
        1,
        "what is called is counted more often"
    );
    bench.pass(6 * MINUTE);
    bench.keys("j");
    assert_eq!(list_again(&mut bench).len(), 1, "somebody is here");
}

#[test]
fn counts_come_with_the_width_and_stay_out_of_a_small_window() {
    let mut bench = ready();
    bench.on(pluralize());
    let gateway = bench.line("prod-gateway");
    assert!(gateway.contains("▃▄▆▇▃▄▆▇▃▄▆▇   1,200     3"), "{gateway}");
    assert!(
        bench
            .line("analytics-gateway")
            .contains("▁▁▁▁▁▁▁▁▁▁▁▁       0     0"),
        "{}",
        bench.line("analytics-gateway")
    );
    let deployment = bench.line("✖ broken");
    assert!(
        deployment.contains("prod") && deployment.contains("1,200     3"),
        "{deployment}"
    );
    assert!(
        !bench.line("neo4j-mcp ").contains('▃'),
        "a target has no counts of its own"
    );
    let small = bench.frame(80, 24);
    assert!(
        !small.contains("1,200") && !small.contains("CALLS") && small.contains("AGE"),
        "{small}"
    );
    let middle = bench.frame(104, 24);
    assert!(
        middle.contains("1,200") && !middle.contains("LAST HOUR"),
        "{middle}"
    );
}

#[test]
fn the_detail_tells_the_last_hour_in_words_and_why_it_cannot() {
    let mut bench = ready();
    bench.on(pluralize());
    bench.keys("j enter");
    let detail = bench.frame(230, 40);
    assert!(
        detail.contains("▃▄▆▇▃▄▆▇▃▄▆▇ 1,200 calls, 3 errors, p50 41 ms, p95 210 ms"),
        "{detail}"
    );

    let mut bench = ready();
    let keys = vec![
        key("prod", Kind::Gateway, "prod-gw"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    ];
    bench.on(Event::Fleet(FleetEvent::CallsCounted(
        keys,
        Err(refused("counting calls")),
    )));
    bench.hides("AccessDenied");
    assert!(
        !bench.frame(120, 36).contains("Activity·"),
        "what is not counted is no failure of the console's work"
    );
    bench.keys("j enter");
    bench.shows("not counted: AccessDeniedException");
    bench.shows("the role do it");
    let runtime = key("prod", Kind::Runtime, "prod-rt");
    bench.on(Event::Fleet(FleetEvent::CallsCounted(
        vec![runtime.clone()],
        Ok(vec![(runtime, traffic(4, 0))]),
    )));
    bench.shows("not counted: new, or beyond");
    let keys = vec![key("prod", Kind::Gateway, "prod-gw")];
    bench.on(Event::Fleet(FleetEvent::CallsCounted(
        keys,
        Err(refused("counting calls")),
    )));
    bench.keys("esc r");
    assert_eq!(
        list_again(&mut bench).len(),
        1,
        "who asks anew need not wait"
    );
}

#[test]
fn the_new_columns_sort_and_say_so_where_they_are_hidden() {
    let mut bench = ready();
    let (prod, analytics) = (
        key("prod", Kind::Gateway, "prod-gw"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    );
    let counts = vec![
        (prod.clone(), traffic(10, 5)),
        (analytics.clone(), traffic(900, 0)),
    ];
    bench.on(Event::Fleet(FleetEvent::CallsCounted(
        vec![prod, analytics],
        Ok(counts),
    )));
    let first = |bench: &Bench| {
        bench
            .frame(120, 36)
            .lines()
            .nth(4)
            .unwrap_or_default()
            .to_owned()
    };
    assert!(first(&bench).contains("prod"), "what is wrong comes first");
    bench.keys("s s s");
    assert!(first(&bench).contains("analytics"), "{}", first(&bench));
    bench.shows("CALLS▾");
    assert!(
        bench.frame(80, 24).contains("▾CALLS"),
        "{}",
        bench.frame(80, 24)
    );
    bench.keys("s");
    assert!(first(&bench).contains("prod"), "{}", first(&bench));
    bench.shows("ERR▾");
    bench.keys("s");
    bench.shows("STATUS▾");
}

#[test]
fn the_broken_hop_is_named_at_every_width() {
    let bench = ready();
    for (wide, high) in [(80, 24), (120, 36), (180, 50)] {
        let frame = bench.frame(wide, high);
        let row = frame
            .lines()
            .find(|line| line.contains("broken") && line.contains("prod "))
            .unwrap_or_default();
        assert!(row.contains("target: SYNC"), "{wide}: {row}");
        assert_eq!(row.contains("○● ▲ ●●○"), wide > 80, "{row}");
    }
}

#[test]
fn a_verdict_of_the_doctor_breaks_the_deployment_until_it_is_old_and_then_leaves_it_unknown() {
    let mut bench = ready();
    bench.on(examined("analytics", true));
    let row = bench
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("✖ broken at interceptor") && row.contains("●●✖●  ●○"),
        "what the doctor names is in the chain: {row}"
    );
    let intercepted = Resource {
        raw: serde_json::json!({"interceptorConfigurations": [{}]}),
        ..resources("analytics", Kind::Gateway).remove(0)
    };
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("analytics"),
        Kind::Gateway,
        Ok(vec![intercepted]),
    )));
    let row = bench
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("●●✖●  ●○") && row.contains("interceptor: AccessDenied"),
        "{row}"
    );
    bench.pass(9 * 60_000);
    let row = bench
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(row.contains("✖ broken"), "{row}");
    bench.pass(61_000);
    let row = bench
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("○ unknown") && row.contains("was broken at interceptor"),
        "what was seen ten minutes ago counts no longer, and does not become good: {row}"
    );
    bench.on(examined("analytics", true));
    let row = bench
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(row.contains("✖ broken"), "{row}");
    bench.on(examined("analytics", false));
    let row = bench
        .frame(180, 50)
        .lines()
        .find(|line| line.contains("analytics "))
        .unwrap_or_default()
        .to_owned();
    assert!(
        row.contains("● proven") && row.contains("●●●●  ●●"),
        "{row}"
    );
}

#[test]
fn a_child_that_is_broken_puts_its_parent_where_it_is_seen() {
    let mut bench = ready();
    let gateways = ["one", "two"].map(|id| resource("prod", Kind::Gateway, id, id, "READY"));
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Gateway,
        Ok(gateways.into()),
    )));
    bench.on(Event::Fleet(FleetEvent::Listed(
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
    let frame = bench.frame(120, 36);
    let at = |text: &str| frame.lines().position(|line| line.contains(text));
    assert!(at("▾ two") < at("  one"), "{frame}");
}

#[test]
fn ten_thousand_resources_are_drawn_and_walked_without_waiting() {
    let mut bench = ready();
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
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Runtime,
        Ok(runtimes.collect()),
    )));
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Endpoint,
        Ok(endpoints.collect()),
    )));
    let began = std::time::Instant::now();
    for _ in 0..2 {
        bench.keys("j");
        bench.frame(180, 50);
    }
    // Each parent looking through all children would be twenty million looks a frame: minutes of this build, not seconds.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn enter_on_a_deployment_tells_its_chain_hop_by_hop_and_arrows_still_fold() {
    let mut bench = ready();
    bench.on(pluralize());
    bench.keys("enter");
    for words in [
        "target       ▲ SYNCHRONIZE_UNSUCCESSFUL",
        "gateway      ● good",
        "sign-in      · not known",
        "1,200 calls",
    ] {
        bench.shows(words);
    }
    bench.shows("prod-gateway");
    assert!(
        !bench.frame(80, 24).contains("prod-gateway"),
        "over the list where there is no room beside it"
    );
    assert_eq!(bench.keys("D"), [Effect::Examine(name("prod"))]);
    bench.on(examined("prod", false));
    bench.keys("1");
    bench.shows("sign-in      ● good");
    bench.keys(":");
    bench.text("describe prod-gateway");
    assert_eq!(
        bench.keys("enter"),
        [Effect::Describe(key("prod", Kind::Gateway, "prod-gw"))]
    );
    bench.hides("sign-in  ");
    bench.keys("esc left left");
    bench.keys("left");
    bench.hides("prod-gateway");
}

#[test]
fn rows_are_clicked_beside_what_is_open_and_not_through_it() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

    let mut bench = ready();
    bench.frame(80, 24);
    bench.keys("enter");
    let click = |row: u16| MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 10,
        row,
        modifiers: KeyModifiers::NONE,
    };
    let small = bench.frame(80, 24);
    for _ in 0..2 {
        assert_eq!(bench.app.mouse(click(5), bench.now).0, []);
    }
    assert_eq!(
        bench.frame(80, 24),
        small,
        "what lies over the list keeps its clicks to itself"
    );
    bench.frame(120, 36);
    assert_eq!(bench.app.mouse(click(5), bench.now).0, []);
    assert!(
        bench.selected().contains("prod-gateway"),
        "{}",
        bench.selected()
    );
    assert_eq!(
        bench.app.mouse(click(5), bench.now).0,
        [Effect::Describe(key("prod", Kind::Gateway, "prod-gw"))]
    );
}

#[test]
fn the_view_of_the_last_run_comes_back() {
    let mut last = Bench::open(deployments());
    last.keys("s s");
    last.keys("/");
    last.text("runtime");
    last.keys("enter 2");
    let memory = last.app.memory();
    assert_eq!(memory.screen, "Logs");
    assert_eq!(memory.fleet.filter, "runtime");

    let next = Bench::with(agentcore_console::app::AppOptions {
        deployments: deployments(),
        memory: memory.clone(),
        ..crate::bench::options()
    });
    assert_eq!(next.app.memory(), memory);
}
