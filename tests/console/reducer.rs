//! The state alone: keys and facts in, effects and words out.

use agentcore_console::{
    keys::{Keymap, Layer},
    messages::{
        Action, Effect, Event, FleetEffect, FleetEvent, LogsEffect, LogsEvent, SecretsEffect,
        SecretsEvent, Slot, ToolsEffect, ToolsEvent,
    },
    model::{Elicitation, ElicitationAnswer, ElicitationRequest, Kind, Resource},
    rotation::report::{RotationKind, RotationQuestion, RotationStep, StepState},
};

use crate::{
    harness::{Harness, options},
    world::{self, connected, deployments, endpoint, key, name, ready, resources},
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
        ("5", "walking the chain"),
        ("6", "Nothing yet"),
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
        raw: serde_json::json!({"liveVersion": "3", "targetVersion": "4"}),
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
    assert_eq!(
        effects,
        [Effect::Secrets(SecretsEffect::ReadSecret(
            name("prod"),
            "prod/neo4j".into()
        ))]
    );
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
fn the_palette_finds_actions_and_names_by_a_few_letters() {
    let mut harness = ready();
    harness.keys(":");
    harness.text("logs prod-gat");
    harness.shows("logs prod-gateway");
    let effects = harness.keys("enter");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::Tail(request))] if request.parts[0].query.groups.len() == 1),
        "{effects:?}"
    );
    harness.keys("ctrl-p");
    harness.text("zzzz");
    harness.shows("Nothing is called zzzz.");
    harness.keys("esc");
    harness.hides("Nothing is called");
}

#[test]
fn the_palette_runs_nothing_that_does_not_hold_what_was_typed() {
    let mut harness = Harness::open(Vec::new());
    let faults = [
        "none: take all faults back",
        "c: runtime throttling",
        "a: token slow",
    ]
    .map(str::to_owned);
    harness.on(Event::Started(Ok((deployments(), faults.to_vec()))));
    harness.keys("4 :");
    harness.text("curl");
    harness.shows("Copy the call as a curl command");
    harness.hides("throttling");
    harness.keys("esc :");
    harness.text("rotate");
    harness.keys("enter");
    harness.shows("Rotate the Neo4j password of the selected secret");
    harness.keys(":");
    harness.text("c:rntmthrtlng");
    harness.shows("throttling");
    assert_eq!(harness.keys("enter"), [], "only alike");
    harness.shows("nothing is called c:rntmthrtlng");
    assert_eq!(harness.keys("down enter"), [Effect::PlayFault(1)]);
    harness.keys(":");
    harness.text("throttling");
    harness.shows("● active");
    assert_eq!(harness.keys("enter"), [], "it is played already");
    harness.keys(":");
    harness.text("faults back");
    assert_eq!(harness.keys("enter"), [Effect::PlayFault(0)]);
    harness.keys(":");
    harness.text("throttling");
    harness.hides("● active");
}

#[test]
fn every_action_is_in_a_help() {
    let keymap = Keymap::embedded();
    for action in Action::ALL {
        let layers = Layer::ALL.into_iter().filter(|layer| {
            keymap
                .bindings(*layer)
                .iter()
                .any(|(each, keys)| each == action && !keys.is_empty())
        });
        assert!(layers.count() > 0, "{} is in no layer", action.spec().id);
    }
    let mut seen = String::new();
    for (open, tall) in [
        ("1", 80),
        ("1 j enter", 80),
        ("2", 130),
        ("3", 80),
        ("4", 80),
        ("5", 80),
        ("6", 80),
    ] {
        let mut harness = ready();
        harness.keys(open);
        harness.keys("?");
        seen += &harness.frame(120, tall);
    }
    let mut start_page = agentcore_console::screens::start_page::StartPage::default();
    start_page.can_start_demo = true;
    let mut harness = Harness::with(agentcore_console::app::AppOptions {
        start_page,
        ..options()
    });
    harness.keys("?");
    seen += &harness.frame(120, 80);
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("tab f1");
    seen += &harness.frame(120, 80);
    for action in Action::ALL {
        assert!(
            seen.contains(action.spec().help),
            "{} is in no screen's help",
            action.spec().id
        );
    }
}

#[test]
fn help_scrolls_within_its_lines() {
    let mut harness = ready();
    harness.keys("?");
    harness.frame(80, 12);
    harness.keys("G j j");
    let bottom = harness.frame(80, 12);
    harness.keys("k");
    assert_ne!(
        harness.frame(80, 12),
        bottom,
        "one line up from the end is seen"
    );
    harness.keys("g");
    assert!(harness.frame(80, 12).contains("FLEET"));
    harness.keys("?");
    harness.shows("NAME");
}

#[test]
fn sequences_wait_and_show_the_ways_on() {
    let mut harness = ready();
    harness.keys("j");
    assert_eq!(harness.keys("c"), []);
    harness.shows("copy ARN");
    let effects = harness.keys("i");
    assert_eq!(effects, [Effect::Copy("prod-gw".into())]);
    harness.keys("c");
    assert_eq!(
        harness.keys("x"),
        [],
        "a wrong second key gives up the sequence and does nothing else"
    );
    assert_eq!(harness.keys("esc"), []);
}

fn rotating() -> Harness {
    let mut harness = ready();
    harness.keys("3");
    let effects = harness.keys("R");
    assert_eq!(
        effects.last(),
        Some(&Effect::Secrets(SecretsEffect::Rotate {
            deployment: name("prod"),
            secret: "prod/neo4j".into(),
            kind: RotationKind::Rotate
        }))
    );
    harness.on(Event::Secrets(SecretsEvent::Planned(Box::new(
        world::plan("prod/neo4j"),
    ))));
    harness
}

#[test]
fn a_rotation_goes_on_only_when_its_name_was_typed_out() {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.shows("Type the name to begin");
    assert_eq!(harness.keys("enter y enter"), []);
    harness.keys("backspace");
    harness.text("prod/neo4");
    assert_eq!(harness.keys("enter"), []);
    harness.text("j");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(true))]
    );

    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    assert_eq!(
        harness.keys("esc"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(false))]
    );
}

fn address_asked(id: u64) -> Event {
    let request = ElicitationRequest::Url("https://consent.example/".into());
    Event::Tools(ToolsEvent::Elicited(
        endpoint("prod"),
        Elicitation {
            id,
            message: format!("question {id}"),
            request,
        },
    ))
}

#[test]
fn questions_wait_for_each_other_and_that_of_a_rotation_comes_first() {
    let mut harness = rotating();
    harness.on(address_asked(1));
    harness.on(address_asked(2));
    harness.shows("The plan is being made");
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.shows("Type the name to begin");
    assert_eq!(
        harness.keys("esc"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(false))]
    );
    harness.shows("question 1");
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.on(world::rotated());
    harness.hides("Type the name to begin");
    for id in [1, 2] {
        harness.shows(&format!("question {id}"));
        assert_eq!(
            harness.keys("n"),
            [Effect::Tools(ToolsEffect::AnswerElicitation(
                endpoint("prod"),
                id,
                ElicitationAnswer::Decline
            ))]
        );
    }
}

#[test]
fn forms_that_servers_ask_for_wait_for_each_other() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    for id in [1, 2] {
        let request =
            ElicitationRequest::Form(serde_json::json!({"type": "object", "properties": {}}));
        harness.on(Event::Tools(ToolsEvent::Elicited(
            endpoint("prod"),
            Elicitation {
                id,
                message: format!("form {id}"),
                request,
            },
        )));
    }
    for id in [1, 2] {
        harness.shows(&format!("form {id}"));
        assert_eq!(
            harness.keys("esc"),
            [Effect::Tools(ToolsEffect::AnswerElicitation(
                endpoint("prod"),
                id,
                ElicitationAnswer::Cancel
            ))]
        );
    }
}

#[test]
fn a_second_rotation_is_refused_while_one_runs() {
    let mut harness = agreed();
    harness.keys("1 3");
    assert!(
        !harness
            .keys("R")
            .iter()
            .any(|effect| matches!(effect, Effect::Secrets(SecretsEffect::Rotate { .. })))
    );
    harness.shows("still running");
}

#[test]
fn quitting_waits_for_the_rotation_and_a_second_time_does_not() {
    let mut harness = agreed();
    harness.on(world::step(RotationStep::Set, StepState::Running, 0));
    assert_eq!(harness.keys("q"), [Effect::Stop(Slot::Rotation)]);
    assert!(!harness.app.is_over());
    harness.shows("stops at its next safe step");
    harness.on(world::rotated());
    assert!(harness.app.is_over(), "it has reached its end");
    assert!(
        harness
            .app
            .parting()
            .is_some_and(|said| !said.is_failure && said.words.contains("rotated"))
    );

    let mut harness = agreed();
    harness.keys("q ctrl-c");
    assert!(harness.app.is_over());
    assert!(harness.app.parting().is_some_and(|said| said.is_failure && said.words.contains("secrets resume prod/neo4j")));

    let mut harness = ready();
    harness.keys("q");
    assert_eq!(harness.app.parting(), None);
}

/// A rotation whose name was typed.
fn agreed() -> Harness {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.text("prod/neo4j");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(true))]
    );
    harness
}

#[test]
fn what_is_typed_while_the_plan_is_made_is_kept_and_is_no_yes() {
    let mut harness = rotating();
    harness.text("prod/neo");
    assert_eq!(harness.keys("enter"), [], "the plan was not seen yet");
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.text("4j");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(true))]
    );

    let mut harness = rotating();
    assert_eq!(harness.keys("esc"), [Effect::Stop(Slot::Rotation)]);
}

#[test]
fn the_cursor_stays_on_its_secret_when_another_is_listed_above_it() {
    let mut harness = ready();
    harness.keys("3 j");
    assert!(harness.selected().contains("analytics/neo4j"));
    let mut secrets = world::resources("prod", Kind::Secret);
    secrets.push(world::resource(
        "prod",
        Kind::Secret,
        "late",
        "prod/late",
        "",
    ));
    let event = FleetEvent::Listed(name("prod"), Kind::Secret, Ok(secrets));
    harness.on(Event::Fleet(event));
    harness.shows("prod/late");
    assert!(harness.selected().contains("analytics/neo4j"));
}

#[test]
fn the_end_of_a_rotation_is_noted_and_the_secret_is_read_again() {
    let mut harness = rotating();
    let effects = harness.on(world::step(RotationStep::Check, StepState::Done, 10));
    assert_eq!(
        effects,
        [Effect::Secrets(SecretsEffect::ReadSecret(
            name("prod"),
            "prod/neo4j".into()
        ))]
    );
    harness.on(world::rotated());
    harness.shows("rotated");
    assert!(!harness.app.is_over());
    harness.keys("6");
    assert!(harness.line("rotate prod/neo4j").contains("write"));
}

fn tailing() -> Harness {
    let mut harness = ready();
    harness.keys("2");
    harness.on(Event::Logs(LogsEvent::Arrived(world::numbered(0, 100))));
    harness.frame(120, 36);
    harness
}

#[test]
fn a_filter_of_many_lines_shows_the_newest_at_once_and_goes_on_between_the_keys() {
    let mut harness = ready();
    harness.keys("2");
    let padding = "padding ".repeat(60);
    let text = |number: i64| format!("INFO line {number:05} of type {} {padding}", number % 7);
    for from in (0..12_000).step_by(1_000) {
        let lines = (from..from + 1_000).map(|number| {
            world::log(
                number - 20_000,
                "/aws/lambda/neo4j-interceptor",
                &text(number),
            )
        });
        let batch = world::lines(lines.collect());
        harness.on(Event::Logs(LogsEvent::Arrived(batch)));
    }
    harness.keys("&");
    harness.text("\"type 3\"");
    harness.keys("enter");
    harness.shows("line 11994");
    harness.shows("searching older lines");
    harness.keys("k");
    let selected = harness.selected();
    assert!(selected.contains("line 11987"), "{selected}");
    for _ in 0..10 {
        harness.pass(0);
    }
    harness.hides("searching older lines");
    harness.shows("1,714 of 12,000");
    assert_eq!(harness.selected(), selected, "the cursor stays on its line");
}

#[test]
fn logs_follow_the_newest_line_until_somebody_scrolls() {
    let mut harness = tailing();
    assert!(
        harness.selected().ends_with("line 0099"),
        "{}",
        harness.selected()
    );
    harness.on(Event::Logs(LogsEvent::Arrived(world::numbered(100, 110))));
    assert!(harness.selected().ends_with("line 0109"));
    harness.keys("k");
    assert!(harness.selected().ends_with("line 0108"));
    harness.shows("paused");
    harness.hides("line 0109");
    let before: Vec<String> = harness
        .frame(120, 36)
        .lines()
        .skip(4)
        .take(25)
        .map(str::to_owned)
        .collect();
    harness.on(Event::Logs(LogsEvent::Arrived(world::numbered(110, 120))));
    let after: Vec<String> = harness
        .frame(120, 36)
        .lines()
        .skip(4)
        .take(25)
        .map(str::to_owned)
        .collect();
    assert_eq!(before, after, "what one reads stands still");
    harness.shows("10 new since you paused");
    harness.keys("f");
    assert!(harness.selected().ends_with("line 0119"));
    harness.hides("since you paused");
}

#[test]
fn a_late_line_before_the_cursor_does_not_move_what_one_reads() {
    let mut harness = tailing();
    harness.keys("k k");
    let selected = harness.selected();
    let late = world::lines(vec![world::log(
        500,
        "/aws/lambda/neo4j-interceptor",
        "INFO too late",
    )]);
    harness.on(Event::Logs(LogsEvent::Arrived(late)));
    assert_eq!(harness.selected(), selected);
}

#[test]
fn a_filter_of_logs_keeps_the_line_one_reads() {
    let mut harness = tailing();
    harness.keys("k k k k");
    let selected = harness.selected();
    assert!(selected.ends_with("line 0095"));
    harness.keys("&");
    harness.text("line 009");
    harness.keys("enter");
    assert_eq!(harness.selected(), selected);
    harness.keys("esc");
    assert_eq!(harness.selected(), selected);
}

#[test]
fn search_and_errors_are_jumped_to() {
    let mut harness = ready();
    harness.keys("2");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.keys("E");
    assert!(harness.selected().contains("AccessDenied"));
    harness.keys("/");
    harness.text("LAST LINE");
    harness.keys("enter");
    assert!(harness.selected().contains("the last line of all"));
    harness.keys("&");
    harness.text("/(/");
    harness.keys("enter");
    harness.shows("the filter cannot be read");
}

#[test]
fn a_key_that_was_pasted_is_text_and_nothing_else() {
    let mut harness = ready();
    assert_eq!(harness.app.paste("q", harness.now).0, []);
    assert!(!harness.app.is_over(), "pasted letters are no keys");
    harness.keys("/");
    harness.app.paste("external\nq", harness.now).0.clear();
    harness.shows("external-mcp");
    assert!(!harness.app.is_over());
}

#[test]
fn a_statement_is_typed_and_called_and_its_table_is_shown() {
    let mut harness = ready();
    let prod = endpoint("prod");
    assert_eq!(
        harness.keys("4"),
        [Effect::Tools(ToolsEffect::Connect(prod.clone()))]
    );
    harness.on(connected(&prod));
    assert!(
        harness.selected().contains("read-cypher"),
        "{}",
        harness.selected()
    );
    harness.keys("enter");
    harness.text("RETURN $year AS q");
    assert_eq!(harness.keys("f5"), []);
    harness.shows("parameter year is empty");
    harness.keys("tab");
    harness.text("1990");
    let mut effects = harness.keys("f5");
    let Some(Effect::Tools(ToolsEffect::Call {
        tool, arguments, ..
    })) = effects.pop()
    else {
        panic!("no call")
    };
    assert_eq!(tool, "neo4j-mcp___read-cypher");
    assert_eq!(arguments["query"], "RETURN $year AS q");
    assert_eq!(harness.keys("f5"), [], "one call at a time");
    harness.on(world::called(&prod));
    harness.shows("Keanu Reeves");
    harness.shows("2 rows");
}

#[test]
fn a_writing_tool_is_called_only_after_a_yes() {
    let mut harness = ready();
    let prod = endpoint("prod");
    harness.keys("4");
    harness.on(connected(&prod));
    harness.keys("j enter");
    harness.text("CREATE (n)");
    assert_eq!(harness.keys("f5"), []);
    harness.shows("Call write-cypher?");
    harness.keys("n");
    assert_eq!(
        harness.keys("f5"),
        [],
        "a no leaves no call behind: it is asked again"
    );
    harness.shows("Call write-cypher?");
    assert!(
        matches!(harness.keys("y").as_slice(), [Effect::Tools(ToolsEffect::Call { tool, .. })] if tool.ends_with("write-cypher"))
    );
}

#[test]
fn esc_cancels_a_call_and_says_what_is_not_known() {
    let mut harness = ready();
    let prod = endpoint("prod");
    harness.keys("4");
    harness.on(connected(&prod));
    harness.keys("enter");
    harness.text("RETURN 1");
    harness.keys("f5");
    let effects = harness.keys("esc");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Stop(Slot::Call(stopped)), Effect::Tools(ToolsEffect::KeepCall(_))] if *stopped == prod
        ),
        "{effects:?}"
    );
    harness.on(world::called(&prod));
    harness.hides("Keanu Reeves");
}

#[test]
fn what_is_missing_in_a_form_is_said_before_anything_is_called() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("tab");
    assert_eq!(harness.keys("f5"), []);
    harness.shows("query is required");
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

#[test]
fn an_alarm_keeps_keys_and_text_from_what_lies_below() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("tab");
    harness.on(Event::Fleet(FleetEvent::Synchronized(
        key("prod", Kind::Target, "prod-gw/T1"),
        Box::new(Err(world::refused("synchronizing"))),
    )));
    harness.text("xyzzy");
    harness.keys("esc");
    harness.hides("xyzzy");
}

#[test]
fn suspending_waits_until_the_rotation_has_ended_or_asks() {
    let mut harness = agreed();
    harness.on(world::step(RotationStep::Set, StepState::Running, 0));
    assert_eq!(harness.keys("ctrl-z"), []);
    harness.shows("suspends as soon as it has ended or asks");
    let effects = harness.on(world::rotated());
    assert!(effects.contains(&Effect::Suspend), "{effects:?}");
    assert_eq!(harness.keys("ctrl-z"), [Effect::Suspend]);

    let mut harness = agreed();
    harness.on(world::step(RotationStep::Consumers, StepState::Running, 0));
    assert_eq!(harness.keys("ctrl-z"), []);
    let question = RotationQuestion::CloseConnections(Vec::new());
    let effects = harness.on(Event::Secrets(SecretsEvent::Asked(question)));
    assert!(effects.contains(&Effect::Suspend), "{effects:?}");
}

#[test]
fn ctrl_z_suspends_even_while_text_is_typed() {
    let mut harness = ready();
    harness.keys("/");
    assert_eq!(harness.keys("ctrl-z"), [Effect::Suspend]);
}

#[test]
fn the_theme_key_goes_round() {
    let mut harness = ready();
    let styles = |harness: &Harness| {
        harness
            .buffer(80, 24)
            .content
            .iter()
            .map(ratatui::buffer::Cell::style)
            .collect::<Vec<_>>()
    };
    let dark = styles(&harness);
    harness.keys("ctrl-t");
    assert_ne!(styles(&harness), dark);
    harness.keys("ctrl-t ctrl-t");
    assert_eq!(styles(&harness), dark);
}

#[test]
fn a_call_that_waits_for_consent_shows_the_whole_address_and_copies_it() {
    let mut harness = ready();
    let prod = endpoint("prod");
    harness.keys("4");
    harness.on(connected(&prod));
    harness.keys("k f5");
    let address = format!(
        "https://consent.example/authorize?request_uri={}",
        "x".repeat(120)
    );
    let failure = world::refused("calling get_me").consent_url(&address);
    harness.on(Event::Tools(ToolsEvent::Called(
        prod,
        Box::new(Err(failure)),
    )));
    let shown: String = harness.frame(80, 40).split_whitespace().collect();
    harness.shows("A person must consent first");
    assert!(
        harness
            .frame(80, 24)
            .contains("A person must consent first"),
        "in a narrow window too"
    );
    assert_eq!(harness.keys("c c"), [Effect::Copy(address)]);
    assert!(
        !shown.contains("consent:https"),
        "the address stands alone, to be selected"
    );
}

#[test]
fn the_calls_of_one_endpoint_are_not_offered_at_another() {
    let mut harness = ready();
    let prod = endpoint("prod");
    harness.keys("4");
    harness.on(connected(&prod));
    harness.keys("enter");
    harness.text("RETURN 1");
    harness.keys("f5");
    harness.on(world::called(&prod));
    harness.shows("14:00 RETURN 1");
    harness.keys("esc");
    harness.keys("p");
    harness.text("analytics");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Tools(ToolsEffect::Connect(endpoint("analytics")))]
    );
    harness.on(connected(&endpoint("analytics")));
    harness.shows("read-cypher");
    harness.hides("14:00 RETURN 1");
}

#[test]
fn a_long_statement_is_seen_whole_in_a_narrow_window() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("enter");
    harness.text(&format!("RETURN '{}' AS the_end", "x".repeat(120)));
    let frame = harness.frame(80, 24);
    assert!(
        frame.contains("RETURN 'x") && frame.contains("AS the_end"),
        "{frame}"
    );
}

#[test]
fn a_question_that_is_longer_than_the_window_scrolls() {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    let top = harness.frame(80, 13);
    assert!(
        top.contains("↑ ↓ lines 1 to") && top.contains("to begin"),
        "{top}"
    );
    harness.keys("down down down");
    assert!(
        harness.frame(80, 13).contains("lines 4 to"),
        "{}",
        harness.frame(80, 13)
    );
}

#[test]
fn a_commands_words_typed_out_are_that_command() {
    let mut harness = ready();
    harness.keys(":");
    harness.text("tools analytics");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Tools(ToolsEffect::Connect(endpoint("analytics")))]
    );
    harness.keys(":");
    harness.text("doctor prod");
    assert_eq!(harness.keys("enter"), [Effect::Examine(name("prod"))]);
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
fn a_server_whose_tools_change_all_the_time_is_asked_less_and_less() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("j");
    let chosen = harness.selected();
    let mut asked = Vec::new();
    for second in 1..=200 {
        // It says so many times, also while it is being asked.
        let at_once = (0..5)
            .map(|_| harness.on(Event::Tools(ToolsEvent::ToolsChanged(endpoint("prod")))))
            .collect::<Vec<_>>()
            .concat();
        let due = [at_once, harness.pass(1_000)].concat();
        let listings = due
            .into_iter()
            .filter(|effect| matches!(effect, Effect::Tools(ToolsEffect::Connect(_))))
            .count();
        assert!(listings <= 1, "{listings} at a time");
        if listings == 1 {
            asked.push(second);
            harness.on(Event::Tools(ToolsEvent::ToolsChanged(endpoint("prod"))));
            harness.on(connected(&endpoint("prod")));
        }
    }
    assert!(
        (3..=5).contains(&asked.len()) && asked[0] <= 10,
        "{asked:?}"
    );
    assert!(
        asked.windows(2).all(|pair| pair[1] - pair[0] >= 10),
        "{asked:?}"
    );
    assert_eq!(harness.selected(), chosen, "what was chosen stays chosen");
    harness.keys("6");
    assert_eq!(
        harness.frame(120, 36).matches("connect to prod").count(),
        1,
        "a list that is as it was is no news"
    );
}

#[test]
fn a_search_says_how_many_hits_there_are_and_which_one_is_looked_at() {
    let mut harness = ready();
    harness.keys("l");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.keys("/");
    harness.text("in");
    harness.keys("enter");
    harness.shows("hit 2 of 3");
    harness.keys("n");
    harness.shows("hit 3 of 3");
    harness.keys("n");
    harness.shows("hit 1 of 3");
    harness.keys("j");
    harness.shows("3 hits");
    harness.on(Event::Logs(LogsEvent::Arrived(world::lines(vec![
        world::log(0, "/aws/lambda/x", "one more login"),
    ]))));
    harness.shows("4 hits");
    harness.keys("/");
    harness.text("nowhere");
    harness.keys("enter");
    harness.shows("no hit");
}

#[test]
fn a_filter_that_compares_nothing_known_says_what_is_known() {
    let mut harness = ready();
    harness.keys("l");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.keys("&");
    harness.text("leve>=warn");
    harness.keys("enter");
    harness.shows("leve>=warn is none of level>=, trace=, session=");
    harness.shows("the last line of all");
}

#[test]
fn request_ids_of_what_went_well_are_kept_too() {
    let mut harness = ready();
    let target = world::resources("prod", Kind::Target).remove(0);
    harness.on(Event::Fleet(FleetEvent::Synchronized(
        target.key.clone(),
        Box::new(Ok((target, Some("11aa-sync".into())))),
    )));
    harness.keys("6");
    harness.shows("request 11aa-sync");
    assert_eq!(harness.keys("c i"), [Effect::Copy("11aa-sync".into())]);
    harness.keys("enter");
    assert_eq!(
        harness.frame(120, 36).matches("request 11aa-sync").count(),
        2,
        "in the line and in what is opened below"
    );
}
