//! Help, palette, questions and what else lies over a screen; key sequences, themes and suspension.

use agentcore_console::{
    keys::{Keymap, Layer},
    messages::{
        Action, Effect, Event, FleetEvent, LogsEffect, SecretsEffect, SecretsEvent, ToolsEffect,
        ToolsEvent,
    },
    model::{Elicitation, ElicitationAnswer, ElicitationRequest, Kind},
    rotation::report::RotationQuestion,
};

use crate::{
    harness::{Harness, options},
    rotation_keys::{address_asked, rotating},
    world::{self, connected, deployments, endpoint, key, name, ready},
};

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
    harness.shows("Rotate the selected secret: the Neo4j password, or the secret of the client");
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
        ("4", 130),
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
fn the_help_of_a_screen_leaves_out_keys_of_lists_that_do_nothing_there() {
    let mut harness = ready();
    harness.keys("5 ?");
    let help = harness.frame(120, 80);
    for id in ["list.filter", "list.sort", "list.mark"] {
        let action = Action::ALL.iter().find(|action| action.spec().id == id);
        let text = action.unwrap().spec().help;
        assert!(!help.contains(text), "{id}: {help}");
    }
    assert_eq!(help.matches("EVERYWHERE").count(), 1, "{help}");
}

#[test]
fn help_finds_keys_by_their_words_and_by_themselves() {
    let mut harness = ready();
    harness.keys("? /");
    harness.text("aws console");
    harness.shows("Open it in the AWS console");
    harness.hides("Examine the selected deployment");
    harness.keys("enter");
    harness.shows("/aws console");
    harness.keys("esc");
    harness.shows("Examine the selected deployment");
    harness.keys("/");
    harness.text("!");
    assert_eq!(
        harness.line("Show only").trim_start().chars().next(),
        Some('!')
    );
    harness.text("nothing like this");
    harness.shows("no key here has to do with");
    harness.keys("esc esc");
    harness.shows("NAME");
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

#[test]
fn questions_wait_for_each_other_and_that_of_a_rotation_comes_first() {
    let mut harness = rotating();
    harness.on(address_asked(1));
    harness.on(address_asked(2));
    harness.shows("The plan is being made");
    harness.shows("the question is in Tools");
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.shows("Type the name to begin");
    assert_eq!(
        harness.keys("esc"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(false))]
    );
    harness.on(world::rotated());
    harness.hides("Type the name to begin");
    harness.keys("4");
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
    let round = |harness: &mut Harness| {
        for _ in 0..agentcore_console::theme::EMBEDDED.len() {
            harness.keys("ctrl-t");
        }
        harness.shows("theme dark");
        styles(harness)
    };
    let dark = round(&mut harness);
    harness.keys("ctrl-t");
    harness.hides("theme dark");
    assert!(styles(&harness) != dark, "another theme");
    let mut harness = ready();
    round(&mut harness);
    assert!(round(&mut harness) == dark, "the first theme is back");
}

#[test]
fn a_question_that_is_longer_than_the_window_scrolls() {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    let top = harness.frame(80, 13);
    assert!(
        top.contains("↑ ↓ 1 to") && top.contains("to begin"),
        "{top}"
    );
    harness.keys("down down down");
    assert!(
        harness.frame(80, 13).contains("↑ ↓ 4 to"),
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
