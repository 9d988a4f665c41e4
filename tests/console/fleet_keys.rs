//! Keys on the Fleet: the cursor, filters, folds, details, relations, writes.

use agentcore_console::{
    messages::{Effect, Event, FleetEffect, FleetEvent, LogsEffect, SecretsEffect},
    model::{Kind, Resource},
};

use crate::{
    harness::{Harness, options},
    world::{self, deployments, key, name, ready, resources},
};

#[test]
fn the_cursor_moves_by_lines_pages_and_ends() {
    let mut harness = ready();
    harness.frame(120, 36);
    let first = harness.selected();
    assert!(first.contains("prod"), "what is wrong comes first: {first}");
    harness.keys("j");
    assert!(harness.selected().contains("prod-gateway"));
    harness.keys("down k");
    assert!(harness.selected().contains("prod-gateway"));
    harness.keys("G");
    assert!(harness.selected().contains("analytics/neo4j"));
    harness.keys("j");
    assert!(
        harness.selected().contains("analytics/neo4j"),
        "the end is the end"
    );
    harness.keys("g");
    assert_eq!(harness.selected(), first);
    harness.keys("page-down");
    assert!(harness.selected().contains("analytics/neo4j"));
}

#[test]
fn a_filter_keeps_what_contains_its_text_and_esc_takes_it_off() {
    let mut harness = ready();
    harness.keys("/");
    harness.text("external");
    harness.shows("external-mcp");
    harness.hides("neo4j_mcp_server");
    harness.keys("enter q");
    assert!(harness.app.is_over(), "after enter letters are keys again");

    let mut harness = ready();
    harness.keys("/");
    harness.text("q1");
    assert!(
        !harness.app.is_over(),
        "while a filter is typed letters are text"
    );
    harness.shows("Nothing here matches");
    harness.keys("esc");
    harness.shows("neo4j_mcp_server");
}

#[test]
fn folding_hides_what_lies_below_and_left_climbs() {
    let mut harness = ready();
    harness.keys("left");
    harness.hides("prod-gateway");
    harness.keys("right");
    harness.shows("prod-gateway");
    harness.keys("j j");
    assert!(harness.selected().contains("neo4j-mcp"));
    harness.keys("h");
    assert!(
        harness.selected().contains("prod-gateway"),
        "{}",
        harness.selected()
    );
}

#[test]
fn a_runtime_keeps_its_endpoints_to_itself_until_one_is_not_well() {
    let mut harness = ready();
    harness.hides("DEFAULT");
    let moving = Resource {
        raw: serde_json::json!({"liveVersion": "3", "targetVersion": "4"}).into(),
        ..resources("prod", Kind::Endpoint).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Endpoint,
        Ok(vec![moving]),
    )));
    harness.shows("v3 → v4");
}

#[test]
fn enter_describes_and_the_answer_is_shown() {
    let mut harness = ready();
    harness.keys("j");
    let gateway = key("prod", Kind::Gateway, "prod-gw");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Fleet(FleetEffect::Describe(gateway.clone()))]
    );
    harness.shows("asking AWS");
    let described = Resource {
        facts: vec![agentcore_console::model::Fact {
            label: "Authorizer",
            value: "CUSTOM_JWT".into(),
        }],
        ..resources("prod", Kind::Gateway).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Described(
        gateway,
        Box::new(Ok(described)),
    )));
    harness.shows("CUSTOM_JWT");
    harness.keys("tab");
    harness.shows("status: READY");
    harness.keys("tab");
    harness.shows("\"status\": \"READY\"");
    harness.keys("G j j k esc");
    harness.hides("\"status\": \"READY\"");
}

#[test]
fn a_search_in_the_detail_of_a_deployment_finds_its_lines_and_not_rows_of_the_list() {
    let mut harness = ready();
    harness.keys("enter /");
    harness.text("gateway");
    let frame = harness.frame(80, 24);
    assert!(
        frame.contains("/gateway") && frame.contains("hit 1 of"),
        "{frame}"
    );
    harness.keys("enter");
    let first = bar_line(&harness);
    assert!(first.to_lowercase().contains("gateway"), "{first}");
    harness.keys("n");
    let second = bar_line(&harness);
    assert!(second.to_lowercase().contains("gateway"), "{second}");
    assert_ne!(first, second);
    harness.keys("N N");
    assert!(
        harness.frame(80, 24).contains("hit "),
        "the first goes back to the last"
    );
    harness.keys("esc");
    assert!(
        !harness.frame(80, 24).contains("/gateway"),
        "the search has ended"
    );
    harness.shows("CHAIN");
    harness.keys("esc");
    harness.hides("CHAIN");
    harness.shows("analytics");
}

/// The line of a narrow window that holds the current hit.
fn bar_line(harness: &Harness) -> String {
    let frame = harness.frame(80, 24);
    let line = frame.lines().find(|line| line.starts_with('▌'));
    line.unwrap_or_else(|| panic!("no hit is marked:\n{frame}"))
        .to_owned()
}

#[test]
fn long_lines_of_yaml_and_json_can_be_read_whole() {
    let mut harness = ready();
    harness.keys("j enter");
    let address = format!("https://{}.example/mcp", "x".repeat(150));
    let described = Resource {
        raw: serde_json::json!({"status": "READY", "gatewayUrl": address}).into(),
        ..resources("prod", Kind::Gateway).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Described(
        described.key.clone(),
        Box::new(Ok(described)),
    )));
    for _ in 0..2 {
        harness.keys("tab");
        let shown: String = harness.frame(80, 24).split_whitespace().collect();
        assert!(shown.contains(&address), "{shown}");
    }
    harness.keys("w");
    let shown: String = harness.frame(80, 24).split_whitespace().collect();
    assert!(!shown.contains(&address) && shown.contains('…'), "{shown}");
}

#[test]
fn an_answer_for_another_resource_does_not_fill_the_open_detail() {
    let mut harness = ready();
    harness.keys("j enter");
    let other = resources("analytics", Kind::Gateway).remove(0);
    harness.on(Event::Fleet(FleetEvent::Described(
        other.key.clone(),
        Box::new(Ok(other)),
    )));
    harness.shows("asking AWS");
}

#[test]
fn o_goes_from_target_to_runtime_to_its_secret() {
    let mut harness = ready();
    harness.keys("j j");
    assert!(harness.selected().contains("neo4j-mcp"));
    harness.keys("o");
    assert!(harness.selected().contains("neo4j_mcp_server"));
    harness.keys("o");
    assert!(harness.selected().contains("prod/neo4j"));
    let effects = harness.keys("o");
    let read = SecretsEffect::ReadSecret(name("prod"), "prod/neo4j".into());
    assert_eq!(effects.first(), Some(&Effect::Secrets(read)));
    harness.shows("reading its versions");
}

#[test]
fn with_a_detail_open_o_opens_the_next_ones_detail() {
    let mut harness = ready();
    harness.keys("j j enter");
    assert_eq!(
        harness.keys("o"),
        [Effect::Fleet(FleetEffect::Describe(key(
            "prod",
            Kind::Runtime,
            "prod-rt"
        )))]
    );
}

#[test]
fn l_follows_the_logs_of_what_is_selected() {
    let mut harness = ready();
    let deployment = harness.keys("l");
    assert!(
        matches!(deployment.as_slice(), [Effect::Logs(LogsEffect::Tail(request))] if request.parts[0].query.groups.len() == 2),
        "{deployment:?}"
    );
    harness.shows("2 groups");
    let mut harness = ready();
    harness.keys("j");
    let gateway = harness.keys("l");
    assert!(
        matches!(gateway.as_slice(), [Effect::Logs(LogsEffect::Tail(request))] if request.parts[0].query.groups.len() == 1),
        "{gateway:?}"
    );
}

#[test]
fn marked_rows_give_their_logs_together() {
    let mut harness = ready();
    harness.keys("j space j space");
    let effects = harness.keys("g l");
    let [Effect::Logs(LogsEffect::Tail(request))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(request.parts[0].query.groups.len(), 2, "{request:?}");
}

#[test]
fn only_a_target_is_synchronized_and_only_after_a_yes() {
    let mut harness = ready();
    assert_eq!(harness.keys("y"), []);
    harness.shows("only a target");
    harness.keys("j j");
    assert_eq!(harness.keys("y"), []);
    harness.shows("Synchronize neo4j-mcp (prod)?");
    assert_eq!(harness.keys("q n"), [], "q is no answer, n is no");
    harness.hides("Synchronize neo4j-mcp (prod)?");
    harness.keys("y");
    assert_eq!(
        harness.keys("y"),
        [Effect::Fleet(FleetEffect::Synchronize(key(
            "prod",
            Kind::Target,
            "prod-gw/T1"
        )))]
    );
}

#[test]
fn marked_targets_of_all_deployments_are_synchronized_together() {
    let mut harness = ready();
    harness.keys("j j space j j j j space y");
    harness.shows("Synchronize 2 targets?");
    let mut effects = harness.keys("y");
    effects.sort_by_key(|effect| format!("{effect:?}"));
    assert_eq!(
        effects,
        [
            Effect::Fleet(FleetEffect::Synchronize(key(
                "analytics",
                Kind::Target,
                "analytics-gw/T1"
            ))),
            Effect::Fleet(FleetEffect::Synchronize(key(
                "prod",
                Kind::Target,
                "prod-gw/T1"
            ))),
        ]
    );
}

#[test]
fn a_failed_write_stays_until_it_is_closed() {
    let mut harness = ready();
    let target = key("prod", Kind::Target, "prod-gw/T1");
    harness.on(Event::Fleet(FleetEvent::Synchronized(
        target,
        Box::new(Err(world::refused("synchronizing neo4j-mcp"))),
    )));
    harness.shows("AccessDeniedException");
    harness.keys("j j");
    harness.shows("2f437955");
    harness.keys("esc");
    harness.hides("2f437955");
    harness.shows("6 Activity·1");
    harness.keys("6 enter");
    harness.shows("2f437955-0000-4000-8000-000000000000");
    harness.hides("Activity·1");
}

#[test]
fn read_only_refuses_every_write_and_offers_none() {
    let mut harness = Harness::with(agentcore_console::app::AppOptions {
        deployments: deployments(),
        read_only: true,
        ..options()
    });
    world::start(&mut harness);
    world::list(&mut harness);
    harness.keys("j j");
    assert_eq!(harness.keys("y"), []);
    harness.shows("read-only mode");
    harness.keys("3");
    assert_eq!(harness.keys("R"), []);
    harness.keys("?");
    harness.hides("Rotate the Neo4j password");
    harness.keys("esc :");
    harness.text("rotate");
    harness.hides("secrets.rotate");
}

#[test]
fn a_deployments_own_read_only_refuses_too() {
    let mut harness = ready();
    harness.app.store.deployments[0].read_only = true;
    harness.keys("j j");
    assert_eq!(harness.keys("y"), []);
    harness.shows("read-only mode");
    harness.keys("3");
    assert_eq!(harness.keys("R"), []);
    harness.shows("read-only mode");
}

#[test]
fn a_detail_shows_addresses_whole_in_a_narrow_window() {
    let mut harness = ready();
    harness.keys("j enter");
    let address = format!(
        "https://consent.example/authorize?request_uri={}end",
        "x".repeat(150)
    );
    let described = Resource {
        facts: vec![agentcore_console::model::Fact {
            label: "Authorization URL",
            value: address.clone(),
        }],
        ..resources("prod", Kind::Gateway).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Described(
        described.key.clone(),
        Box::new(Ok(described)),
    )));
    let shown: String = harness.frame(80, 24).split_whitespace().collect();
    assert!(shown.contains(&address), "{}", harness.frame(80, 24));
}

#[test]
fn long_lines_of_an_answer_are_wrapped_until_w_and_nothing_is_cut() {
    let mut harness = ready();
    harness.keys("j enter");
    let policy = format!("{}end-of-it", "statement ".repeat(40));
    let described = Resource {
        raw: serde_json::json!({"policy": policy, "status": "READY"}).into(),
        ..resources("prod", Kind::Gateway).remove(0)
    };
    harness.on(Event::Fleet(FleetEvent::Described(
        described.key.clone(),
        Box::new(Ok(described)),
    )));
    for tab in ["YAML", "JSON"] {
        harness.keys("tab");
        let shown: String = harness.frame(80, 24).split_whitespace().collect();
        assert!(
            shown.contains(&policy.replace(' ', "")),
            "{tab}: {}",
            harness.frame(80, 24)
        );
    }
    harness.keys("w");
    assert!(!harness.frame(80, 24).contains("end-of-it"));
    harness.keys("w / e n d - o f enter");
    let frame = harness.frame(80, 24);
    assert!(
        frame.contains("end-of-it") && frame.contains("hit 1 of 1"),
        "{frame}"
    );
}

#[test]
fn a_filter_shows_what_passes_and_dimmed_what_leads_there() {
    let mut harness = ready();
    let role_of = |harness: &Harness, name: &str| {
        let buffer = harness.buffer(120, 36);
        let row = (0..36)
            .find(|y| row_text(&buffer, *y).contains(name))
            .unwrap_or_else(|| panic!("no row holds {name}:\n{}", harness.frame(120, 36)));
        let column = row_text(&buffer, row).find(name).expect("it holds it");
        let column = row_text(&buffer, row)[..column].chars().count();
        buffer[(column as u16, row)].fg
    };
    let plain = role_of(&harness, "prod-gateway");
    harness.keys("/");
    harness.text("status:ready");
    harness.keys("enter");
    harness.shows("prod-gateway");
    harness.hides("SYNCHRONIZE_UNSUCCESSFUL");
    assert_eq!(role_of(&harness, "prod-gateway"), plain, "it passes");
    harness.keys("esc /");
    harness.text("status:unsuccessful");
    harness.keys("enter G");
    assert!(
        harness.selected().contains("neo4j-mcp"),
        "{}",
        harness.selected()
    );
    assert_ne!(
        role_of(&harness, "prod-gateway"),
        plain,
        "it only leads there"
    );
    harness.hides("neo4j_mcp_server");
    harness.hides("analytics");
}

fn row_text(buffer: &ratatui::buffer::Buffer, y: u16) -> String {
    (0..buffer.area.width)
        .map(|x| buffer[(x, y)].symbol())
        .collect()
}

#[test]
fn marks_that_the_filter_hides_are_named_before_they_act() {
    let mut harness = ready();
    harness.keys("j j space j j j j space y");
    harness.hides("not shown");
    harness.keys("n /");
    harness.text("name:external");
    harness.keys("enter y");
    harness.shows("Synchronize 2 targets?");
    harness.shows("1 of the marked is not shown, filtered out or folded away: neo4j-mcp");
    assert_eq!(harness.keys("y").len(), 2);
}

#[test]
fn marks_that_a_filter_hides_are_counted_where_one_is_wanted() {
    let mut harness = ready();
    harness.keys("j space j space j space /");
    harness.text("name:prod/neo4j");
    harness.keys("enter G");
    let effects = harness.keys("=");
    assert!(effects.is_empty(), "{effects:?}");
    harness.shows("2 are marked, 2 of them not shown");
}

#[test]
fn the_next_theme_is_named() {
    let mut harness = ready();
    harness.keys("ctrl-t");
    harness.shows("theme ");
}
