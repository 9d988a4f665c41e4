//! Keys on Tools: forms, calls, consent, endpoints.

use agentcore_console::{
    messages::{Effect, Event, Slot, ToolsEffect, ToolsEvent},
    model::{ConsentRequest, DeploymentName},
};

use crate::world::{self, connected, endpoint, ready};

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
    // The focus is there already.
    harness.shows("✖ empty; \"\" sends an empty text");
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
fn the_question_about_a_consent_says_what_waits_and_closes_when_the_call_goes_on_or_ends() {
    let mut harness = ready();
    harness.keys("4");
    let endpoint = endpoint("prod");
    let request = ConsentRequest {
        deployment: endpoint.deployment.clone(),
        tool: "github___get_me".to_owned(),
        address: "https://consent.example/authorize?x=1".to_owned(),
        is_opened: true,
        patience_minutes: 5,
    };
    let asked = || Event::ConsentAsked(Box::new(request.clone()));
    harness.on(asked());
    harness.shows("A call waits for a person's consent");
    harness.shows("get_me of target github, deployment prod");
    harness.shows("The browser was opened at this address");
    harness.shows("https://consent.example/authorize?x=1");
    harness.hides("Sign in");
    harness.on(Event::ConsentGiven(endpoint.deployment.clone()));
    harness.hides("consent");
    harness.on(asked());
    let failure = world::refused("calling get_me");
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint,
        Box::new(Err(failure)),
    )));
    harness.hides("A call waits for a person's consent");
    harness.on(asked());
    let other = DeploymentName::from("another");
    harness.on(Event::ConsentGiven(other));
    harness.shows("A call waits for a person's consent");
}

#[test]
fn the_question_before_a_write_says_which_aws_identity_signs_it() {
    let arn = "arn:aws:sts::123456789012:assumed-role/ops/ana";
    for (caller, words) in [
        (Some(arn), format!("Signed in by sigv4 as {arn}.")),
        (None, "AWS did not say whose they are".to_owned()),
    ] {
        let mut harness = ready();
        harness.keys("4");
        harness.on(world::connected_by_signatures(&endpoint("prod"), caller));
        harness.keys("j enter");
        harness.text("CREATE (n)");
        harness.keys("f5");
        harness.shows("Call write-cypher?");
        harness.shows(&words);
    }
}

#[test]
fn the_selected_tool_stays_selected_when_the_filter_of_the_list_is_taken_off() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    for leave in ["enter esc", "esc"] {
        harness.keys("/");
        harness.text("write");
        harness.keys(leave);
        assert!(
            harness.selected().contains("write-cypher"),
            "{leave}: {}",
            harness.selected()
        );
        harness.shows("read-cypher");
    }
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
    assert_eq!(harness.keys("c c"), [Effect::Copy(address.clone())]);
    harness.shows("waits for a person");
    harness.hides("failed");
    harness.hides("✖");
    assert_eq!(harness.keys("c a"), [Effect::Copy(address.clone())]);
    assert_eq!(harness.keys("a"), [Effect::OpenAddress(address.clone())]);
    harness.keys("tab tab");
    assert_eq!(harness.keys("ctrl-o"), [Effect::OpenAddress(address)]);
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
fn the_form_of_a_tool_without_arguments_takes_no_keys_from_the_screens() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("k");
    assert!(
        harness.selected().contains("get-schema"),
        "{}",
        harness.selected()
    );
    harness.keys("enter");
    harness.shows("The tool takes no arguments.");
    harness.keys("6");
    harness.shows("connect to prod");
}
