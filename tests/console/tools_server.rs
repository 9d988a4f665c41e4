//! The Tools screen: what a server says beside results: proposed values, log messages.

use std::collections::HashMap;

use agentcore_console::{
    messages::{Effect, Event, ToolsEffect, ToolsEvent},
    model::{ArgumentCompletion, Offer, OfferKind, Tool, ToolAnnotations},
};
use serde_json::{Value, json};

use crate::{
    explorer::rows,
    harness::Harness,
    world::{connected, endpoint, ready},
};

fn tools() -> Harness {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness
}

fn prompt() -> Offer {
    Offer {
        kind: OfferKind::Prompt,
        address: "explore_label".into(),
        tool: Tool {
            name: "prompt explore_label".into(),
            title: None,
            description: None,
            input_schema: json!({"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}),
            annotations: ToolAnnotations::default(),
            raw: Value::Null,
        },
    }
}

#[test]
fn prompts_that_changed_are_listed_again_without_the_tools() {
    let mut harness = tools();
    let changed = || Event::Tools(ToolsEvent::OffersChanged(endpoint("prod")));
    let listed = Effect::Tools(ToolsEffect::ListOffers(endpoint("prod")));
    assert!(
        harness.on(changed()).is_empty(),
        "they were listed just now"
    );
    let due = harness.pass(11_000);
    assert!(due.contains(&listed), "{due:?}");
    let lists_tools = |effect: &Effect| matches!(effect, Effect::Tools(ToolsEffect::Connect(_)));
    assert!(!due.iter().any(lists_tools), "{due:?}");
    harness.on(Event::Tools(ToolsEvent::Offered(
        endpoint("prod"),
        vec![prompt()],
    )));
    harness.shows("explore_label");
}

fn asked(typed: &str) -> ArgumentCompletion {
    ArgumentCompletion {
        argument: "label".to_owned(),
        typed: typed.to_owned(),
        others: HashMap::new(),
    }
}

fn proposed(typed: &str, values: &[&str]) -> Event {
    Event::Tools(ToolsEvent::ValuesProposed(
        endpoint("prod"),
        asked(typed),
        values.iter().map(|value| (*value).to_owned()).collect(),
    ))
}

#[test]
fn a_server_proposes_values_for_the_argument_of_a_prompt() {
    let mut harness = tools();
    let offers = vec![prompt()];
    harness.on(Event::Tools(ToolsEvent::Offered(endpoint("prod"), offers)));
    harness.keys("j j");
    let wanted = |typed: &str| {
        Effect::Tools(ToolsEffect::CompleteArgument(
            endpoint("prod"),
            Box::new(prompt()),
            asked(typed),
        ))
    };
    assert_eq!(harness.keys("enter"), [wanted("")], "asked on entering");
    harness.on(proposed("", &["Movie", "Person"]));
    harness.shows("Person  value");
    assert_eq!(harness.text("P"), [wanted("P")]);
    // Late values of what was typed before are none of what is typed now.
    harness.on(proposed("", &["Movie", "Person"]));
    harness.hides("Movie");
    harness.on(proposed("P", &["Person"]));
    harness.keys("tab");
    harness.shows("Person");
    harness.hides("Person  value");
    let run = harness.keys("f5");
    let arguments = json!({"label": "Person"}).as_object().cloned().unwrap();
    let fetch = ToolsEffect::Fetch(endpoint("prod"), Box::new(prompt()), arguments);
    assert_eq!(run, [Effect::Tools(fetch)]);
}

#[test]
fn log_messages_of_the_server_stand_beside_the_result_of_their_call() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("RETURN 7 AS n");
    harness.keys("f5");
    let message = |level: &str, text: &str| {
        Event::Tools(ToolsEvent::MessageLogged {
            endpoint: endpoint("prod"),
            level: level.to_owned(),
            text: text.to_owned(),
        })
    };
    harness.on(message("warning", "the index is offline\u{1b}[2J"));
    harness.shows("the index is offline");
    harness.on(rows(&["n"], vec![json!([7])]));
    // One that comes a moment after the result belongs to its call too.
    harness.pass(500);
    harness.on(message("info", "done"));
    harness.pass(5_000);
    harness.on(message("info", "of nothing"));
    harness.shows("messages");
    harness.keys("v v");
    harness.shows("warning");
    harness.shows("the index is offline␛[2J");
    harness.shows("+500 ms  info      done");
    harness.hides("of nothing");
}
