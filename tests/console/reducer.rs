//! The state alone: keys and facts in, effects and words out.

use agentcore_console::{
    keys::{Keymap, Layer},
    messages::{Action, Effect, Event, FleetEvent, LogsEvent, SecretsEvent, Slot, ToolsEvent},
    model::{Elicitation, ElicitationAnswer, ElicitationRequest, Kind, LogBatch, Resource},
    rotation::report::{RotationKind, RotationQuestion, RotationStep, StepState},
};

use crate::{
    bench::{Bench, options},
    world::{self, connected, deployments, endpoint, key, name, ready, resources},
};

#[test]
fn the_start_asks_for_every_kind_of_every_deployment_once() {
    let mut bench = Bench::open(deployments());
    assert_eq!(bench.app.start().0, [Effect::Start]);
    let effects = world::start(&mut bench);
    assert_eq!(effects.len(), 2 * Kind::ALL.len());
    assert!(effects.contains(&Effect::List(name("prod"), Kind::Secret)));
    assert_eq!(
        bench.keys("r"),
        [],
        "what is being asked for is not asked for twice"
    );
}

#[test]
fn numbers_switch_screens_and_what_nobody_looks_at_stops() {
    let mut bench = ready();
    let effects = bench.keys("2");
    assert!(
        matches!(effects.as_slice(), [Effect::Tail(who, query)] if *who == name("prod") && query.groups.len() == 2),
        "{effects:?}"
    );
    assert_eq!(bench.keys("1"), [Effect::Stop(Slot::Tail)]);
    for (number, words) in [
        ("3", "SECRET"),
        ("4", "signing in"),
        ("5", "walking the chain"),
        ("6", "Nothing yet"),
    ] {
        bench.keys(number);
        bench.shows(words);
    }
    assert_eq!(
        bench.keys("6"),
        [],
        "the screen in front is not entered again"
    );
}

#[test]
fn the_cursor_moves_by_lines_pages_and_ends() {
    let mut bench = ready();
    bench.frame(120, 36);
    let first = bench.selected();
    assert!(first.contains("prod"), "what is wrong comes first: {first}");
    bench.keys("j");
    assert!(bench.selected().contains("prod-gateway"));
    bench.keys("down k");
    assert!(bench.selected().contains("prod-gateway"));
    bench.keys("G");
    assert!(bench.selected().contains("analytics/neo4j"));
    bench.keys("j");
    assert!(
        bench.selected().contains("analytics/neo4j"),
        "the end is the end"
    );
    bench.keys("g");
    assert_eq!(bench.selected(), first);
    bench.keys("page-down");
    assert!(bench.selected().contains("analytics/neo4j"));
}

#[test]
fn a_filter_keeps_what_contains_its_text_and_esc_takes_it_off() {
    let mut bench = ready();
    bench.keys("/");
    bench.text("external");
    bench.shows("external-mcp");
    bench.hides("neo4j_mcp_server");
    bench.keys("enter q");
    assert!(bench.app.is_over(), "after enter letters are keys again");

    let mut bench = ready();
    bench.keys("/");
    bench.text("q1");
    assert!(
        !bench.app.is_over(),
        "while a filter is typed letters are text"
    );
    bench.shows("Nothing here contains that text");
    bench.keys("esc");
    bench.shows("neo4j_mcp_server");
}

#[test]
fn folding_hides_what_lies_below_and_left_climbs() {
    let mut bench = ready();
    bench.keys("left");
    bench.hides("prod-gateway");
    bench.keys("right");
    bench.shows("prod-gateway");
    bench.keys("j j");
    assert!(bench.selected().contains("neo4j-mcp"));
    bench.keys("h");
    assert!(
        bench.selected().contains("prod-gateway"),
        "{}",
        bench.selected()
    );
}

#[test]
fn a_runtime_keeps_its_endpoints_to_itself_until_one_is_not_well() {
    let mut bench = ready();
    bench.hides("DEFAULT");
    let moving = Resource {
        raw: serde_json::json!({"liveVersion": "3", "targetVersion": "4"}),
        ..resources("prod", Kind::Endpoint).remove(0)
    };
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Endpoint,
        Ok(vec![moving]),
    )));
    bench.shows("v3 → v4");
}

#[test]
fn enter_describes_and_the_answer_is_shown() {
    let mut bench = ready();
    bench.keys("j");
    let gateway = key("prod", Kind::Gateway, "prod-gw");
    assert_eq!(bench.keys("enter"), [Effect::Describe(gateway.clone())]);
    bench.shows("asking AWS");
    let described = Resource {
        facts: vec![agentcore_console::model::Fact {
            label: "Authorizer",
            value: "CUSTOM_JWT".into(),
        }],
        ..resources("prod", Kind::Gateway).remove(0)
    };
    bench.on(Event::Fleet(FleetEvent::Described(
        gateway,
        Box::new(Ok(described)),
    )));
    bench.shows("CUSTOM_JWT");
    bench.keys("tab");
    bench.shows("\"status\": \"READY\"");
    bench.keys("G j j k esc");
    bench.hides("\"status\": \"READY\"");
}

#[test]
fn an_answer_for_another_resource_does_not_fill_the_open_detail() {
    let mut bench = ready();
    bench.keys("j enter");
    let other = resources("analytics", Kind::Gateway).remove(0);
    bench.on(Event::Fleet(FleetEvent::Described(
        other.key.clone(),
        Box::new(Ok(other)),
    )));
    bench.shows("asking AWS");
}

#[test]
fn o_goes_from_target_to_runtime_to_its_secret() {
    let mut bench = ready();
    bench.keys("j j");
    assert!(bench.selected().contains("neo4j-mcp"));
    bench.keys("o");
    assert!(bench.selected().contains("neo4j_mcp_server"));
    bench.keys("o");
    assert!(bench.selected().contains("prod/neo4j"));
    let effects = bench.keys("o");
    assert_eq!(
        effects,
        [Effect::ReadSecret(name("prod"), "prod/neo4j".into())]
    );
    bench.shows("reading its versions");
}

#[test]
fn with_a_detail_open_o_opens_the_next_ones_detail() {
    let mut bench = ready();
    bench.keys("j j enter");
    assert_eq!(
        bench.keys("o"),
        [Effect::Describe(key("prod", Kind::Runtime, "prod-rt"))]
    );
}

#[test]
fn l_follows_the_logs_of_what_is_selected() {
    let mut bench = ready();
    let deployment = bench.keys("l");
    assert!(
        matches!(deployment.as_slice(), [Effect::Tail(_, query)] if query.groups.len() == 2),
        "{deployment:?}"
    );
    bench.shows("2 sources");
    let mut bench = ready();
    bench.keys("j");
    let gateway = bench.keys("l");
    assert!(
        matches!(gateway.as_slice(), [Effect::Tail(_, query)] if query.groups.len() == 1),
        "{gateway:?}"
    );
}

#[test]
fn marked_rows_give_their_logs_together() {
    let mut bench = ready();
    bench.keys("j space j space");
    let effects = bench.keys("g l");
    let [Effect::Tail(_, query)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(query.groups.len(), 2, "{query:?}");
}

#[test]
fn only_a_target_is_synchronized_and_only_after_a_yes() {
    let mut bench = ready();
    assert_eq!(bench.keys("y"), []);
    bench.shows("only a target");
    bench.keys("j j");
    assert_eq!(bench.keys("y"), []);
    bench.shows("Synchronize neo4j-mcp (prod)?");
    assert_eq!(bench.keys("q n"), [], "q is no answer, n is no");
    bench.hides("Synchronize neo4j-mcp (prod)?");
    bench.keys("y");
    assert_eq!(
        bench.keys("y"),
        [Effect::Synchronize(key("prod", Kind::Target, "prod-gw/T1"))]
    );
}

#[test]
fn marked_targets_of_all_deployments_are_synchronized_together() {
    let mut bench = ready();
    bench.keys("j j space j j j j space y");
    bench.shows("Synchronize 2 targets?");
    let mut effects = bench.keys("y");
    effects.sort_by_key(|effect| format!("{effect:?}"));
    assert_eq!(
        effects,
        [
            Effect::Synchronize(key("analytics", Kind::Target, "analytics-gw/T1")),
            Effect::Synchronize(key("prod", Kind::Target, "prod-gw/T1")),
        ]
    );
}

#[test]
fn a_failed_write_stays_until_it_is_closed() {
    let mut bench = ready();
    let target = key("prod", Kind::Target, "prod-gw/T1");
    bench.on(Event::Fleet(FleetEvent::Synchronized(
        target,
        Box::new(Err(world::refused("synchronizing neo4j-mcp"))),
    )));
    bench.shows("AccessDeniedException");
    bench.keys("j j");
    bench.shows("2f437955");
    bench.keys("esc");
    bench.hides("2f437955");
    bench.shows("6 Activity·1");
    bench.keys("6 enter");
    bench.shows("2f437955-0000-4000-8000-000000000000");
    bench.hides("Activity·1");
}

#[test]
fn read_only_refuses_every_write_and_offers_none() {
    let mut bench = Bench::with(agentcore_console::app::AppOptions {
        deployments: deployments(),
        read_only: true,
        ..options()
    });
    world::start(&mut bench);
    world::list(&mut bench);
    bench.keys("j j");
    assert_eq!(bench.keys("y"), []);
    bench.shows("read-only mode");
    bench.keys("3");
    assert_eq!(bench.keys("R"), []);
    bench.keys("?");
    bench.hides("Rotate the Neo4j password");
    bench.keys("esc :");
    bench.text("rotate");
    bench.hides("secrets.rotate");
}

#[test]
fn a_deployments_own_read_only_refuses_too() {
    let mut bench = ready();
    bench.app.store.deployments[0].read_only = true;
    bench.keys("j j");
    assert_eq!(bench.keys("y"), []);
    bench.shows("read-only mode");
    bench.keys("3");
    assert_eq!(bench.keys("R"), []);
    bench.shows("read-only mode");
}

#[test]
fn the_palette_finds_actions_and_names_by_a_few_letters() {
    let mut bench = ready();
    bench.keys(":");
    bench.text("logs prod-gat");
    bench.shows("logs prod-gateway");
    let effects = bench.keys("enter");
    assert!(
        matches!(effects.as_slice(), [Effect::Tail(_, query)] if query.groups.len() == 1),
        "{effects:?}"
    );
    bench.keys("ctrl-p");
    bench.text("zzzz");
    bench.shows("Nothing is called zzzz.");
    bench.keys("esc");
    bench.hides("Nothing is called");
}

#[test]
fn the_palette_runs_nothing_that_does_not_hold_what_was_typed() {
    let mut bench = Bench::open(Vec::new());
    let faults = [
        "none: take all faults back",
        "c: runtime throttling",
        "a: token slow",
    ]
    .map(str::to_owned);
    bench.on(Event::Started(Ok((deployments(), faults.to_vec()))));
    bench.keys("4 :");
    bench.text("curl");
    bench.shows("Copy the call as a curl command");
    bench.hides("throttling");
    bench.keys("esc :");
    bench.text("rotate");
    bench.keys("enter");
    bench.shows("Rotate the Neo4j password of the selected secret");
    bench.keys(":");
    bench.text("c:rntmthrtlng");
    bench.shows("throttling");
    assert_eq!(bench.keys("enter"), [], "only alike");
    bench.shows("nothing is called c:rntmthrtlng");
    assert_eq!(bench.keys("down enter"), [Effect::PlayFault(1)]);
    bench.keys(":");
    bench.text("throttling");
    bench.shows("● active");
    assert_eq!(bench.keys("enter"), [], "it is played already");
    bench.keys(":");
    bench.text("faults back");
    assert_eq!(bench.keys("enter"), [Effect::PlayFault(0)]);
    bench.keys(":");
    bench.text("throttling");
    bench.hides("● active");
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
        ("2", 80),
        ("3", 80),
        ("4", 80),
        ("5", 80),
        ("6", 80),
    ] {
        let mut bench = ready();
        bench.keys(open);
        bench.keys("?");
        seen += &bench.frame(120, tall);
    }
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    bench.keys("tab f1");
    seen += &bench.frame(120, 80);
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
    let mut bench = ready();
    bench.keys("?");
    bench.frame(80, 12);
    bench.keys("G j j");
    let bottom = bench.frame(80, 12);
    bench.keys("k");
    assert_ne!(
        bench.frame(80, 12),
        bottom,
        "one line up from the end is seen"
    );
    bench.keys("g");
    assert!(bench.frame(80, 12).contains("FLEET"));
    bench.keys("?");
    bench.shows("NAME");
}

#[test]
fn sequences_wait_and_show_the_ways_on() {
    let mut bench = ready();
    bench.keys("j");
    assert_eq!(bench.keys("c"), []);
    bench.shows("copy ARN");
    let effects = bench.keys("i");
    assert_eq!(effects, [Effect::Copy("prod-gw".into())]);
    bench.keys("c");
    assert_eq!(
        bench.keys("x"),
        [],
        "a wrong second key gives up the sequence and does nothing else"
    );
    assert_eq!(bench.keys("esc"), []);
}

fn rotating() -> Bench {
    let mut bench = ready();
    bench.keys("3");
    let effects = bench.keys("R");
    assert_eq!(
        effects.last(),
        Some(&Effect::Rotate {
            deployment: name("prod"),
            secret: "prod/neo4j".into(),
            kind: RotationKind::Rotate
        })
    );
    bench.on(Event::Secrets(SecretsEvent::Planned(Box::new(
        world::plan("prod/neo4j"),
    ))));
    bench
}

#[test]
fn a_rotation_goes_on_only_when_its_name_was_typed_out() {
    let mut bench = rotating();
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    bench.shows("type prod/neo4j to go on");
    assert_eq!(bench.keys("enter y enter"), []);
    bench.keys("backspace");
    bench.text("prod/neo4");
    assert_eq!(bench.keys("enter"), []);
    bench.text("j");
    assert_eq!(bench.keys("enter"), [Effect::AnswerRotation(true)]);

    let mut bench = rotating();
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    assert_eq!(bench.keys("esc"), [Effect::AnswerRotation(false)]);
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
    let mut bench = rotating();
    bench.on(address_asked(1));
    bench.on(address_asked(2));
    bench.shows("the plan is being made");
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    bench.shows("type prod/neo4j to go on");
    assert_eq!(bench.keys("esc"), [Effect::AnswerRotation(false)]);
    bench.shows("question 1");
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    bench.on(world::rotated());
    bench.hides("type prod/neo4j to go on");
    for id in [1, 2] {
        bench.shows(&format!("question {id}"));
        assert_eq!(
            bench.keys("n"),
            [Effect::AnswerElicitation(
                endpoint("prod"),
                id,
                ElicitationAnswer::Decline
            )]
        );
    }
}

#[test]
fn forms_that_servers_ask_for_wait_for_each_other() {
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    for id in [1, 2] {
        let request =
            ElicitationRequest::Form(serde_json::json!({"type": "object", "properties": {}}));
        bench.on(Event::Tools(ToolsEvent::Elicited(
            endpoint("prod"),
            Elicitation {
                id,
                message: format!("form {id}"),
                request,
            },
        )));
    }
    for id in [1, 2] {
        bench.shows(&format!("form {id}"));
        assert_eq!(
            bench.keys("esc"),
            [Effect::AnswerElicitation(
                endpoint("prod"),
                id,
                ElicitationAnswer::Cancel
            )]
        );
    }
}

#[test]
fn a_second_rotation_is_refused_while_one_runs() {
    let mut bench = agreed();
    bench.keys("1 3");
    assert!(
        !bench
            .keys("R")
            .iter()
            .any(|effect| matches!(effect, Effect::Rotate { .. }))
    );
    bench.shows("still running");
}

#[test]
fn quitting_waits_for_the_rotation_and_a_second_time_does_not() {
    let mut bench = agreed();
    bench.on(world::step(RotationStep::Set, StepState::Running, 0));
    assert_eq!(bench.keys("q"), [Effect::Stop(Slot::Rotation)]);
    assert!(!bench.app.is_over());
    bench.shows("stops at its next safe step");
    bench.on(world::rotated());
    assert!(bench.app.is_over(), "it has reached its end");
    assert!(
        bench
            .app
            .parting()
            .is_some_and(|said| !said.is_failure && said.words.contains("rotated"))
    );

    let mut bench = agreed();
    bench.keys("q ctrl-c");
    assert!(bench.app.is_over());
    assert!(bench.app.parting().is_some_and(|said| said.is_failure && said.words.contains("secrets resume prod/neo4j")));

    let mut bench = ready();
    bench.keys("q");
    assert_eq!(bench.app.parting(), None);
}

/// A rotation whose name was typed.
fn agreed() -> Bench {
    let mut bench = rotating();
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    bench.text("prod/neo4j");
    assert_eq!(bench.keys("enter"), [Effect::AnswerRotation(true)]);
    bench
}

#[test]
fn what_is_typed_while_the_plan_is_made_is_kept_and_is_no_yes() {
    let mut bench = rotating();
    bench.text("prod/neo");
    assert_eq!(bench.keys("enter"), [], "the plan was not seen yet");
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    bench.text("4j");
    assert_eq!(bench.keys("enter"), [Effect::AnswerRotation(true)]);

    let mut bench = rotating();
    assert_eq!(bench.keys("esc"), [Effect::Stop(Slot::Rotation)]);
}

#[test]
fn the_end_of_a_rotation_is_noted_and_the_secret_is_read_again() {
    let mut bench = rotating();
    let effects = bench.on(world::step(RotationStep::Check, StepState::Done, 10));
    assert_eq!(
        effects,
        [Effect::ReadSecret(name("prod"), "prod/neo4j".into())]
    );
    bench.on(world::rotated());
    bench.shows("rotated");
    assert!(!bench.app.is_over());
    bench.keys("6");
    assert!(bench.line("rotate prod/neo4j").contains("write"));
}

fn tailing() -> Bench {
    let mut bench = ready();
    bench.keys("2");
    bench.on(Event::Logs(LogsEvent::Arrived(world::numbered(0, 100))));
    bench.frame(120, 36);
    bench
}

#[test]
fn logs_follow_the_newest_line_until_somebody_scrolls() {
    let mut bench = tailing();
    assert!(
        bench.selected().ends_with("line 0099"),
        "{}",
        bench.selected()
    );
    bench.on(Event::Logs(LogsEvent::Arrived(world::numbered(100, 110))));
    assert!(bench.selected().ends_with("line 0109"));
    bench.keys("k");
    assert!(bench.selected().ends_with("line 0108"));
    bench.shows("paused");
    bench.hides("line 0109");
    let before: Vec<String> = bench
        .frame(120, 36)
        .lines()
        .skip(4)
        .take(25)
        .map(str::to_owned)
        .collect();
    bench.on(Event::Logs(LogsEvent::Arrived(world::numbered(110, 120))));
    let after: Vec<String> = bench
        .frame(120, 36)
        .lines()
        .skip(4)
        .take(25)
        .map(str::to_owned)
        .collect();
    assert_eq!(before, after, "what one reads stands still");
    bench.shows("10 new since you paused");
    bench.keys("f");
    assert!(bench.selected().ends_with("line 0119"));
    bench.hides("since you paused");
}

#[test]
fn a_late_line_before_the_cursor_does_not_move_what_one_reads() {
    let mut bench = tailing();
    bench.keys("k k");
    let selected = bench.selected();
    let late = LogBatch {
        events: vec![world::log(
            500,
            "/aws/lambda/neo4j-interceptor",
            "INFO too late",
        )],
        ..LogBatch::default()
    };
    bench.on(Event::Logs(LogsEvent::Arrived(late)));
    assert_eq!(bench.selected(), selected);
}

#[test]
fn a_filter_of_logs_keeps_the_line_one_reads() {
    let mut bench = tailing();
    bench.keys("k k k k");
    let selected = bench.selected();
    assert!(selected.ends_with("line 0095"));
    bench.keys("&");
    bench.text("line 009");
    bench.keys("enter");
    assert_eq!(bench.selected(), selected);
    bench.keys("esc");
    assert_eq!(bench.selected(), selected);
}

#[test]
fn search_and_errors_are_jumped_to() {
    let mut bench = ready();
    bench.keys("2");
    bench.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    bench.keys("E");
    assert!(bench.selected().contains("AccessDenied"));
    bench.keys("/");
    bench.text("LAST LINE");
    bench.keys("enter");
    assert!(bench.selected().contains("the last line of all"));
    bench.keys("&");
    bench.text("/(/");
    bench.keys("enter");
    bench.shows("the filter cannot be read");
}

#[test]
fn a_key_that_was_pasted_is_text_and_nothing_else() {
    let mut bench = ready();
    assert_eq!(bench.app.paste("q", bench.now).0, []);
    assert!(!bench.app.is_over(), "pasted letters are no keys");
    bench.keys("/");
    bench.app.paste("external\nq", bench.now).0.clear();
    bench.shows("external-mcp");
    assert!(!bench.app.is_over());
}

#[test]
fn a_statement_is_typed_and_called_and_its_table_is_shown() {
    let mut bench = ready();
    let prod = endpoint("prod");
    assert_eq!(bench.keys("4"), [Effect::Connect(prod.clone())]);
    bench.on(connected(&prod));
    assert!(
        bench.selected().contains("read-cypher"),
        "{}",
        bench.selected()
    );
    bench.keys("enter");
    bench.text("RETURN $year AS q");
    assert_eq!(bench.keys("ctrl-r"), []);
    bench.shows("parameter year is empty");
    bench.keys("tab");
    bench.text("1990");
    let mut effects = bench.keys("ctrl-r");
    let Some(Effect::Call {
        tool, arguments, ..
    }) = effects.pop()
    else {
        panic!("no call")
    };
    assert_eq!(tool, "neo4j-mcp___read-cypher");
    assert_eq!(arguments["query"], "RETURN $year AS q");
    assert_eq!(bench.keys("f5"), [], "one call at a time");
    bench.on(world::called(&prod));
    bench.shows("Keanu Reeves");
    bench.shows("2 rows");
}

#[test]
fn a_writing_tool_is_called_only_after_a_yes() {
    let mut bench = ready();
    let prod = endpoint("prod");
    bench.keys("4");
    bench.on(connected(&prod));
    bench.keys("j enter");
    bench.text("CREATE (n)");
    assert_eq!(bench.keys("f5"), []);
    bench.shows("Call write-cypher?");
    bench.keys("n");
    assert_eq!(
        bench.keys("f5"),
        [],
        "a no leaves no call behind: it is asked again"
    );
    bench.shows("Call write-cypher?");
    assert!(
        matches!(bench.keys("y").as_slice(), [Effect::Call { tool, .. }] if tool.ends_with("write-cypher"))
    );
}

#[test]
fn esc_cancels_a_call_and_says_what_is_not_known() {
    let mut bench = ready();
    let prod = endpoint("prod");
    bench.keys("4");
    bench.on(connected(&prod));
    bench.keys("enter");
    bench.text("RETURN 1");
    bench.keys("f5");
    assert_eq!(bench.keys("esc"), [Effect::Stop(Slot::Call(prod.clone()))]);
    bench.on(world::called(&prod));
    bench.hides("Keanu Reeves");
}

#[test]
fn what_is_missing_in_a_form_is_said_before_anything_is_called() {
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    assert_eq!(bench.keys("tab f5"), []);
    bench.shows("query is required");
}

#[test]
fn a_verdict_shows_its_age_and_an_old_one_is_got_anew() {
    let mut bench = ready();
    bench.keys("5");
    bench.on(world::examined("prod", true));
    bench.on(world::examined("analytics", false));
    bench.pass(59_000);
    bench.keys("1");
    assert_eq!(bench.keys("5"), [], "it is not a minute old");
    let line = bench.line("interceptor: AccessDenied");
    assert!(line.contains("59s ago"), "{line}");
    bench.keys("1");
    bench.pass(2_000);
    assert_eq!(
        bench.keys("5"),
        [
            Effect::Examine(name("prod")),
            Effect::Examine(name("analytics"))
        ]
    );
}

#[test]
fn the_doctor_examines_all_and_shows_the_cause() {
    let mut bench = ready();
    assert_eq!(
        bench.keys("5"),
        [
            Effect::Examine(name("prod")),
            Effect::Examine(name("analytics"))
        ]
    );
    bench.on(world::examined("prod", true));
    bench.on(world::examined("analytics", false));
    bench.shows("interceptor is the cause");
    bench.shows("Fix: let role");
    let effects = bench.keys("c");
    assert!(matches!(effects.as_slice(), [Effect::Copy(fix)] if fix.starts_with("let role")));
    bench.keys("enter");
    bench.shows("the gateway's interceptor function");
    bench.keys("esc esc");
    bench.hides("the gateway's interceptor function");
    bench.keys("j");
    bench.shows("all well");
}

#[test]
fn every_list_is_asked_at_the_configured_pace_without_input() {
    let mut bench = ready();
    let all = 2 * Kind::ALL.len();
    let refresh = options().refresh_ms;
    for round in 0..20 {
        let asked: usize = (0..refresh / 100)
            .map(|_| {
                let count = bench.pass(100).len();
                world::list(&mut bench);
                count
            })
            .sum();
        assert!(
            (all..=all + 1).contains(&asked),
            "{asked} lists in refresh {round}"
        );
    }
}

#[test]
fn a_fleet_that_moves_is_asked_often() {
    let mut bench = ready();
    let moving = Resource {
        status: "UPDATING".into(),
        ..resources("prod", Kind::Gateway).remove(0)
    };
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Gateway,
        Ok(vec![moving]),
    )));
    assert!(!bench.pass(3_100).is_empty());
    bench.shows("READY → UPDATING");
}

#[test]
fn one_list_that_fails_leaves_its_deployment_unknown_and_keeps_the_old_rows() {
    let mut bench = ready();
    bench.on(Event::Fleet(FleetEvent::Listed(
        name("analytics"),
        Kind::Gateway,
        Err(world::refused("listing gateways of analytics")),
    )));
    bench.shows("analytics-gateway");
    bench.shows("AccessDeniedException");
    assert!(bench.line("▾ analytics").contains("unknown"));
    let again = bench.on(Event::Fleet(FleetEvent::Listed(
        name("analytics"),
        Kind::Gateway,
        Err(world::refused("listing gateways of analytics")),
    )));
    assert_eq!(again, []);
    bench.shows("Activity·1");
}

#[test]
fn a_console_that_waits_for_its_stack_does_not_spin() {
    let bench = Bench::open(deployments());
    let wake = bench.app.next_wake().unwrap();
    assert!(
        wake.since(bench.now) >= 100,
        "it would wake after {} ms",
        wake.since(bench.now)
    );
}

#[test]
fn an_alarm_keeps_keys_and_text_from_what_lies_below() {
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    bench.keys("tab");
    bench.on(Event::Fleet(FleetEvent::Synchronized(
        key("prod", Kind::Target, "prod-gw/T1"),
        Box::new(Err(world::refused("synchronizing"))),
    )));
    bench.text("xyzzy");
    bench.keys("esc");
    bench.hides("xyzzy");
}

#[test]
fn suspending_waits_until_the_rotation_has_ended_or_asks() {
    let mut bench = agreed();
    bench.on(world::step(RotationStep::Set, StepState::Running, 0));
    assert_eq!(bench.keys("ctrl-z"), []);
    bench.shows("suspends as soon as it has ended or asks");
    let effects = bench.on(world::rotated());
    assert!(effects.contains(&Effect::Suspend), "{effects:?}");
    assert_eq!(bench.keys("ctrl-z"), [Effect::Suspend]);

    let mut bench = agreed();
    bench.on(world::step(RotationStep::Consumers, StepState::Running, 0));
    assert_eq!(bench.keys("ctrl-z"), []);
    let question = RotationQuestion::CloseConnections(Vec::new());
    let effects = bench.on(Event::Secrets(SecretsEvent::Asked(question)));
    assert!(effects.contains(&Effect::Suspend), "{effects:?}");
}

#[test]
fn ctrl_z_suspends_even_while_text_is_typed() {
    let mut bench = ready();
    bench.keys("/");
    assert_eq!(bench.keys("ctrl-z"), [Effect::Suspend]);
}

#[test]
fn the_theme_key_goes_round() {
    let mut bench = ready();
    let styles = |bench: &Bench| {
        bench
            .buffer(80, 24)
            .content
            .iter()
            .map(ratatui::buffer::Cell::style)
            .collect::<Vec<_>>()
    };
    let dark = styles(&bench);
    bench.keys("ctrl-t");
    assert_ne!(styles(&bench), dark);
    bench.keys("ctrl-t ctrl-t");
    assert_eq!(styles(&bench), dark);
}

#[test]
fn a_call_that_waits_for_consent_shows_the_whole_address_and_copies_it() {
    let mut bench = ready();
    let prod = endpoint("prod");
    bench.keys("4");
    bench.on(connected(&prod));
    bench.keys("k enter");
    let address = format!(
        "https://consent.example/authorize?request_uri={}",
        "x".repeat(120)
    );
    let failure = world::refused("calling get_me").consent_url(&address);
    bench.on(Event::Tools(ToolsEvent::Called(
        prod,
        Box::new(Err(failure)),
    )));
    let shown: String = bench.frame(80, 40).split_whitespace().collect();
    bench.shows("A person must consent first");
    assert!(
        bench.frame(80, 24).contains("A person must consent first"),
        "in a narrow window too"
    );
    assert_eq!(bench.keys("c c"), [Effect::Copy(address)]);
    assert!(
        !shown.contains("consent:https"),
        "the address stands alone, to be selected"
    );
}

#[test]
fn the_calls_of_one_endpoint_are_not_offered_at_another() {
    let mut bench = ready();
    let prod = endpoint("prod");
    bench.keys("4");
    bench.on(connected(&prod));
    bench.keys("enter");
    bench.text("RETURN 1");
    bench.keys("f5");
    bench.on(world::called(&prod));
    bench.shows("14:00 read-cypher");
    bench.keys("esc");
    bench.keys("p");
    bench.text("analytics");
    assert_eq!(
        bench.keys("enter"),
        [Effect::Connect(endpoint("analytics"))]
    );
    bench.on(connected(&endpoint("analytics")));
    bench.shows("read-cypher");
    bench.hides("14:00 read-cypher");
}

#[test]
fn a_long_statement_is_seen_whole_in_a_narrow_window() {
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    bench.keys("enter");
    bench.text(&format!("RETURN '{}' AS the_end", "x".repeat(120)));
    let frame = bench.frame(80, 24);
    assert!(
        frame.contains("RETURN 'x") && frame.contains("AS the_end"),
        "{frame}"
    );
}

#[test]
fn a_question_that_is_longer_than_the_window_scrolls() {
    let mut bench = rotating();
    bench.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    let top = bench.frame(80, 16);
    assert!(
        top.contains("↑ ↓ lines 1 to") && top.contains("to go on"),
        "{top}"
    );
    bench.keys("down down down");
    assert!(
        bench.frame(80, 16).contains("lines 4 to"),
        "{}",
        bench.frame(80, 16)
    );
}

#[test]
fn a_commands_words_typed_out_are_that_command() {
    let mut bench = ready();
    bench.keys(":");
    bench.text("tools analytics");
    assert_eq!(
        bench.keys("enter"),
        [Effect::Connect(endpoint("analytics"))]
    );
    bench.keys(":");
    bench.text("doctor prod");
    assert_eq!(bench.keys("enter"), [Effect::Examine(name("prod"))]);
}

#[test]
fn a_click_on_a_tab_opens_it_in_a_narrow_window_too() {
    for (width, height) in [(120, 36), (50, 20)] {
        let mut bench = ready();
        let tabs = bench
            .frame(width, height)
            .lines()
            .nth(1)
            .map(str::to_owned)
            .unwrap();
        let column = u16::try_from(tabs.find("5 Doc").unwrap()).unwrap();
        let kind = crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left);
        let modifiers = crossterm::event::KeyModifiers::NONE;
        let click = crossterm::event::MouseEvent {
            kind,
            column: column + 2,
            row: 1,
            modifiers,
        };
        let effects = bench.app.mouse(click, bench.now).0;
        assert_eq!(
            effects.len(),
            2,
            "every deployment is examined: {effects:?}"
        );
    }
}

#[test]
fn a_second_click_on_a_row_opens_it() {
    let mut bench = ready();
    let row = bench
        .frame(120, 36)
        .lines()
        .position(|line| line.contains("prod-gateway"))
        .unwrap();
    let kind = crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left);
    let modifiers = crossterm::event::KeyModifiers::NONE;
    let click = crossterm::event::MouseEvent {
        kind,
        column: 10,
        row: u16::try_from(row).unwrap(),
        modifiers,
    };
    assert_eq!(bench.app.mouse(click, bench.now).0, []);
    assert!(bench.selected().contains("prod-gateway"));
    assert_eq!(
        bench.app.mouse(click, bench.now).0,
        [Effect::Describe(key("prod", Kind::Gateway, "prod-gw"))]
    );
}

#[test]
fn a_detail_shows_addresses_whole_in_a_narrow_window() {
    let mut bench = ready();
    bench.keys("j enter");
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
    bench.on(Event::Fleet(FleetEvent::Described(
        described.key.clone(),
        Box::new(Ok(described)),
    )));
    let shown: String = bench.frame(80, 24).split_whitespace().collect();
    assert!(shown.contains(&address), "{}", bench.frame(80, 24));
}

#[test]
fn a_server_whose_tools_change_all_the_time_is_asked_less_and_less() {
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    bench.keys("j");
    let chosen = bench.selected();
    let mut asked = Vec::new();
    for second in 1..=200 {
        // It says so many times, also while it is being asked.
        let at_once = (0..5)
            .map(|_| bench.on(Event::Tools(ToolsEvent::ToolsChanged(endpoint("prod")))))
            .collect::<Vec<_>>()
            .concat();
        let due = [at_once, bench.pass(1_000)].concat();
        let listings = due
            .into_iter()
            .filter(|effect| matches!(effect, Effect::Connect(_)))
            .count();
        assert!(listings <= 1, "{listings} at a time");
        if listings == 1 {
            asked.push(second);
            bench.on(Event::Tools(ToolsEvent::ToolsChanged(endpoint("prod"))));
            bench.on(connected(&endpoint("prod")));
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
    assert_eq!(bench.selected(), chosen, "what was chosen stays chosen");
    bench.keys("6");
    assert_eq!(
        bench.frame(120, 36).matches("connect to prod").count(),
        1,
        "a list that is as it was is no news"
    );
}

#[test]
fn a_search_says_how_many_hits_there_are_and_which_one_is_looked_at() {
    let mut bench = ready();
    bench.keys("l");
    bench.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    bench.keys("/");
    bench.text("in");
    bench.keys("enter");
    bench.shows("hit 2 of 3");
    bench.keys("n");
    bench.shows("hit 3 of 3");
    bench.keys("n");
    bench.shows("hit 1 of 3");
    bench.keys("j");
    bench.shows("3 hits");
    bench.on(Event::Logs(LogsEvent::Arrived(
        agentcore_console::model::LogBatch {
            events: vec![world::log(0, "/aws/lambda/x", "one more login")],
            ..agentcore_console::model::LogBatch::default()
        },
    )));
    bench.shows("4 hits");
    bench.keys("/");
    bench.text("nowhere");
    bench.keys("enter");
    bench.shows("no hit");
}

#[test]
fn a_filter_that_compares_nothing_known_says_what_is_known() {
    let mut bench = ready();
    bench.keys("l");
    bench.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    bench.keys("&");
    bench.text("leve>=warn");
    bench.keys("enter");
    bench.shows("leve>=warn is none of level>=, trace=, session=");
    bench.shows("the last line of all");
}

#[test]
fn request_ids_of_what_went_well_are_kept_too() {
    let mut bench = ready();
    let target = world::resources("prod", Kind::Target).remove(0);
    bench.on(Event::Fleet(FleetEvent::Synchronized(
        target.key.clone(),
        Box::new(Ok((target, Some("11aa-sync".into())))),
    )));
    bench.keys("6");
    bench.shows("request 11aa-sync");
    assert_eq!(bench.keys("c i"), [Effect::Copy("11aa-sync".into())]);
    bench.keys("enter");
    assert_eq!(
        bench.frame(120, 36).matches("request 11aa-sync").count(),
        2,
        "in the line and in what is opened below"
    );
}
