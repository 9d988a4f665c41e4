//! The Tools screen: results in all their views, what is copied and kept of a call, what else a server offers.

use agentcore_console::{
    messages::{Effect, Event, ToolsEffect, ToolsEvent},
    model::{CallOutcome, Claims, Elapsed, HttpExchange, Offer, OfferKind, Tool, ToolAnnotations},
    tools::saved::Query,
};
use serde_json::{Value, json};

use crate::{
    harness::Harness,
    world::{self, called, connected, endpoint, ready, refused, saved},
};

/// The Tools screen of prod, connected, the reading tool selected.
fn tools() -> Harness {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness
}

/// The same with a call on its way.
fn calling() -> Harness {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("RETURN 'x' AS q");
    harness.keys("f5");
    harness
}

fn exchange(status: Option<u16>, answer: Value) -> Event {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Event::Tools(ToolsEvent::Exchanged(
        endpoint("prod"),
        Box::new(HttpExchange {
            url: "https://gw.example/mcp".into(),
            sent: vec![
                pair("authorization", "Bearer ***"),
                pair("mcp-protocol-version", "2025-11-25"),
            ],
            request: json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call"}),
            status,
            received: vec![pair("mcp-session-id", "session-1"), pair("date", "today")],
            answer,
            elapsed: Elapsed {
                sign_in: 3,
                connect: 9,
                first_byte: 41,
                total: 55,
            },
        }),
    ))
}

fn text_result(text: &str, is_error: bool) -> Event {
    let outcome = CallOutcome {
        is_error,
        table: None,
        content: vec![json!({"type": "text", "text": text})],
        structured_content: None,
        raw: json!({"content": [{"type": "text", "text": text}]}),
        elapsed: Elapsed::default(),
        request_id: None,
        trace_id: None,
        json: serde_json::from_str(text).ok(),
    };
    Event::Tools(ToolsEvent::Called(endpoint("prod"), Box::new(Ok(outcome))))
}

#[test]
fn v_goes_through_the_views_that_fit_the_result() {
    let mut harness = calling();
    harness.on(exchange(
        Some(200),
        json!({"jsonrpc": "2.0", "id": 2, "result": {}}),
    ));
    harness.on(called(&endpoint("prod")));
    harness.shows("Keanu Reeves");
    assert!(
        harness.line("table").contains("table tree raw"),
        "{}",
        harness.line("table")
    );
    harness.keys("v");
    harness.hides("Keanu Reeves");
    harness.keys("v");
    for shown in [
        "POST https://gw.example/mcp",
        "authorization: Bearer ***",
        "\"method\": \"tools/call\"",
        "HTTP 200",
    ] {
        harness.shows(shown);
    }
    harness.keys("G");
    harness.shows("mcp-session-id: session-1");
    harness.shows("sign-in 3 · connect 9 · first byte 41 · total 55 ms");
    harness.hides("date: today");
    harness.keys("v");
    harness.shows("Keanu Reeves");
}

#[test]
fn json_that_is_no_table_is_a_tree_that_folds() {
    let mut harness = calling();
    harness.on(text_result(
        r#"{"Person": {"type": "node", "properties": {"born": "INTEGER"}}, "count": 38}"#,
        false,
    ));
    harness.shows("born  INTEGER");
    harness.keys("j enter");
    harness.shows("▸ Person  {type, properties}");
    harness.hides("INTEGER");
    harness.keys("right j j left left");
    harness.hides("INTEGER");
    let copied = harness.keys("c c");
    assert!(
        matches!(copied.as_slice(), [Effect::Copy(text)] if text.contains("\"born\"")),
        "{copied:?}"
    );
}

#[test]
fn plain_text_has_no_tree_and_a_failure_shows_what_went_over_the_wire() {
    let mut harness = calling();
    harness.on(text_result("counted to 3", false));
    assert!(harness.line("counted").contains("counted to 3"));
    harness.shows("text raw");
    harness.keys("f5");
    harness.on(exchange(
        Some(403),
        json!({"message": "insufficient scope"}),
    ));
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint("prod"),
        Box::new(Err(refused("calling read-cypher"))),
    )));
    harness.shows("AccessDeniedException");
    harness.keys("v G");
    harness.shows("HTTP 403");
    harness.shows("insufficient scope");
    harness.keys("v");
    harness.shows("AccessDeniedException");
}

#[test]
fn a_call_is_copied_as_curl_as_a_command_and_as_json() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("RETURN $n AS n");
    harness.keys("tab");
    harness.text("7");
    harness.keys("esc");
    let copied = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("nothing was copied: {other:?}"),
    };
    let arguments: Value = serde_json::from_str(&copied(harness.keys("c j"))).unwrap();
    assert_eq!(
        arguments,
        json!({"query": "RETURN $n AS n", "params": {"n": 7}})
    );
    let command = copied(harness.keys("c w"));
    assert!(
        command.starts_with("agentcore-console tools call neo4j-mcp___read-cypher --json '{"),
        "{command}"
    );
    let curl = copied(harness.keys("c u"));
    assert!(
        curl.contains("https://gw.example/mcp") && curl.contains("--data-raw"),
        "{curl}"
    );
}

#[test]
fn what_cannot_be_called_yet_is_not_copied() {
    let mut harness = tools();
    assert_eq!(harness.keys("c u"), []);
    harness.shows("nothing to copy yet: query is required");
}

#[test]
fn while_the_form_cannot_be_sent_the_call_of_the_result_is_copied() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("RETURN 1 AS n");
    harness.keys("f5");
    harness.on(world::called(&endpoint("prod")));
    harness.keys("esc ctrl-a ctrl-k esc");
    let effects = harness.keys("c w");
    assert!(
        matches!(effects.as_slice(), [Effect::Copy(command)] if command.contains("RETURN 1 AS n")),
        "{effects:?}"
    );
}

#[test]
fn a_query_is_kept_under_a_name_without_the_values_of_secrets() {
    let mut harness = ready();
    harness.keys("4");
    let prod = endpoint("prod");
    let offers = Effect::Tools(ToolsEffect::ListOffers(prod.clone()));
    assert_eq!(
        harness.on(connected(&prod)),
        [
            Effect::Tools(ToolsEffect::ReadQueries),
            Effect::Tools(ToolsEffect::ReadCallHistory),
            Effect::Tools(ToolsEffect::ReadDrafts),
            offers.clone()
        ],
        "read with the first connection"
    );
    assert_eq!(harness.on(connected(&prod)), [offers], "and only with that");
    harness.keys("enter");
    harness.text("RETURN $n, $password // numbers");
    harness.keys("tab");
    harness.text("7");
    harness.keys("tab");
    harness.text("hunter2");
    harness.keys("ctrl-s");
    harness.shows("save as numbers");
    harness.keys("ctrl-u");
    harness.text("all the numbers");
    let effects = harness.keys("enter");
    let [Effect::Tools(ToolsEffect::KeepQuery(query))] = effects.as_slice() else {
        panic!("nothing is kept: {effects:?}")
    };
    assert_eq!(
        (query.name.as_str(), query.tool.as_str()),
        ("all the numbers", "read-cypher")
    );
    assert_eq!(query.arguments["params"], json!({"n": 7}));
    harness.on(Event::Tools(ToolsEvent::QueriesRead(Ok(vec![
        query.clone(),
    ]))));
    harness.shows("saved as all the numbers");
    harness.keys("esc");
    assert!(
        harness
            .line("all the numbers")
            .starts_with("  all the numbers"),
        "in the left pane"
    );
}

#[test]
fn the_proposed_name_of_a_query_is_replaced_by_typing_and_cleared_by_backspace() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("MATCH (p:Person) RETURN p");
    let name_of = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Tools(ToolsEffect::KeepQuery(query)), ..] => Some(query.name.clone()),
        _ => None,
    };
    harness.keys("ctrl-s");
    harness.shows("save as MATCH (p:Person) RETURN p");
    harness.text("people");
    assert_eq!(name_of(harness.keys("enter")), Some("people".to_owned()));
    harness.keys("ctrl-s backspace");
    harness.hides("save as MATCH");
    harness.keys("esc ctrl-s end");
    harness.text(" 2");
    assert_eq!(
        name_of(harness.keys("enter")),
        Some("MATCH (p:Person) RETURN p 2".to_owned())
    );
}

#[test]
fn a_saved_query_fills_the_editor_and_is_forgotten_after_a_yes() {
    let mut harness = tools();
    harness.on(Event::Tools(ToolsEvent::QueriesRead(Ok(saved()))));
    harness.keys("j j");
    assert!(
        harness.selected().starts_with("who acted with whom"),
        "the heading is passed over: {}",
        harness.selected()
    );
    harness.keys("enter");
    harness.shows("WHERE p.born > $year");
    let effects = harness.keys("f5");
    let [
        Effect::Tools(ToolsEffect::Call {
            tool, arguments, ..
        }),
    ] = effects.as_slice()
    else {
        panic!("no call: {effects:?}")
    };
    assert_eq!(
        (tool.as_str(), &arguments["params"]),
        ("neo4j-mcp___read-cypher", &json!({"year": 1990}))
    );
    harness.keys("esc esc");
    assert_eq!(harness.keys("d"), []);
    harness.shows("Forget the saved query \"who acted with whom\"?");
    assert_eq!(
        harness.keys("y"),
        [Effect::Tools(ToolsEffect::ForgetQuery(
            "who acted with whom".into()
        ))]
    );
    harness.keys("j enter");
    harness.shows("this endpoint has no tool search");
    harness.keys("k k");
    assert!(
        harness.selected().starts_with("write-cypher"),
        "and passed over upwards: {}",
        harness.selected()
    );
}

#[test]
fn a_damaged_file_of_queries_is_a_notice_and_an_empty_list() {
    let mut harness = tools();
    harness.on(Event::Tools(ToolsEvent::QueriesRead(Err(refused(
        "reading queries.json",
    )))));
    harness.shows("reading queries.json");
    harness.hides("saved");
    harness.keys("enter");
    harness.text("RETURN 1");
    harness.keys("ctrl-s");
    assert!(
        matches!(
            harness.keys("enter").as_slice(),
            [Effect::Tools(ToolsEffect::KeepQuery(Query { .. }))]
        ),
        "it is saved all the same"
    );
}

#[test]
fn a_statement_with_a_credential_is_not_kept() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("ALTER CURRENT USER SET PASSWORD FROM 'hunter2' TO 'hunter3'");
    assert_eq!(harness.keys("ctrl-s"), []);
    harness.shows("it holds a credential and is not saved");
    harness.hides("save as");
}

#[test]
fn who_am_i_says_what_the_token_says_and_counts_down() {
    let mut harness = tools();
    assert_eq!(
        harness.keys("i"),
        [Effect::Tools(ToolsEffect::ReadClaims(endpoint("prod")))]
    );
    harness.on(world::claims(&endpoint("prod")));
    for shown in [
        "UNVERIFIED",
        "issuer    https://issuer.example/pool",
        "scope     neo4j-mcp/invoke",
        "issued    1m ago",
        "in 59m",
    ] {
        harness.shows(shown);
    }
    harness.pass(60_000);
    harness.shows("in 58m");
    harness.keys("esc");
    harness.hides("UNVERIFIED");
}

#[test]
fn a_token_that_a_call_has_renewed_counts_down_anew() {
    let mut harness = calling();
    harness.pass(41 * 60_000);
    let prod = endpoint("prod");
    assert_eq!(
        harness.on(called(&prod)).last(),
        Some(&Effect::Tools(ToolsEffect::ReadClaims(prod.clone())))
    );
    let end = harness.now.plus(60 * 60_000);
    let claims = Claims {
        token_type: "Bearer".into(),
        expires_at: Some(end),
        claims: json!({}),
    };
    harness.on(Event::Tools(ToolsEvent::ClaimsRead(
        prod.clone(),
        Box::new(Ok(claims)),
    )));
    harness.shows("m2m token 1h");
    harness.keys("f5");
    assert!(
        matches!(
            harness.on(called(&prod)).as_slice(),
            [Effect::Tools(ToolsEffect::KeepCall(_))]
        ),
        "a fresh one is not asked for"
    );
}

#[test]
fn an_endpoint_is_found_by_typing() {
    let mut harness = tools();
    harness.keys("p");
    let frame = harness.frame(120, 36);
    assert_eq!(
        frame.matches("https://gw.example/mcp").count(),
        2,
        "each deployment's gateway once: {frame}"
    );
    let own = harness.line("https://gw.example/mcp");
    assert!(
        own.contains("● prod") && own.contains("prod-gateway"),
        "{own}"
    );
    harness.text("runtime prod");
    let shown = harness.line("neo4j_mcp_server");
    assert!(
        shown.contains("runtime") && shown.contains("https://rt.example/mcp"),
        "{shown}"
    );
    let connected_to = harness.keys("enter");
    assert!(
        matches!(connected_to.as_slice(), [Effect::Tools(ToolsEffect::Connect(endpoint))] if endpoint.deployment.as_str() == "prod"),
        "{connected_to:?}"
    );
    harness.keys("p");
    harness.text("nothing like it");
    harness.shows("no endpoint is called that");
    assert_eq!(harness.keys("enter"), []);
    harness.keys("esc");
    harness.hides("no endpoint is called that");
}

#[test]
fn a_template_is_filled_by_a_form_and_what_it_reads_is_shown() {
    let mut harness = tools();
    let prod = endpoint("prod");
    let offer = Offer {
        kind: OfferKind::Template,
        address: "neo4j://schema/{label}".into(),
        tool: Tool {
            name: "template schema-of-label".into(),
            title: None,
            description: None,
            input_schema: json!({"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}),
            annotations: ToolAnnotations::default(),
            raw: Value::Null,
        },
    };
    harness.on(Event::Tools(ToolsEvent::Offered(
        prod.clone(),
        vec![offer.clone()],
    )));
    harness.shows("resources and prompts");
    harness.keys("j j");
    assert!(
        harness.selected().starts_with("template schema-of-label"),
        "{}",
        harness.selected()
    );
    harness.keys("enter");
    assert_eq!(harness.keys("f5"), []);
    harness.shows("label *                            ✖ required");
    harness.text("Person");
    let arguments = json!({"label": "Person"}).as_object().cloned().unwrap();
    assert_eq!(
        harness.keys("f5"),
        [Effect::Tools(ToolsEffect::Fetch(
            prod,
            Box::new(offer),
            arguments
        ))]
    );
    harness.on(text_result(r#"{"key": "Person"}"#, false));
    harness.shows("key  Person");
    harness.shows("14:00 template sch");
}

#[test]
fn a_result_belongs_to_its_tool() {
    let mut harness = calling();
    harness.on(called(&endpoint("prod")));
    harness.shows("Keanu Reeves");
    harness.keys("esc esc j");
    assert!(
        harness.selected().contains("write-cypher"),
        "{}",
        harness.selected()
    );
    harness.hides("Keanu Reeves");
    harness.shows("The result appears here.");
    harness.keys("k");
    harness.shows("Keanu Reeves");
    // What comes while another tool is selected waits for its own.
    harness.keys("f5 j");
    harness.on(text_result("late", true));
    harness.hides("late");
    harness.keys("k");
    harness.shows("late");
    harness.hides("Keanu Reeves");
}

/// The result of one deployment must never stand under the name of another.
#[test]
fn a_result_belongs_to_its_endpoint() {
    let mut harness = calling();
    // The call of prod is on its way when another deployment's endpoint is shown.
    harness.keys("shift-backtab p");
    harness.text("analytics");
    harness.keys("enter");
    harness.on(connected(&endpoint("analytics")));
    harness.on(called(&endpoint("prod")));
    harness.hides("Keanu Reeves");
    harness.shows("The result appears here.");
    harness.keys("p");
    harness.text("prod");
    harness.keys("enter");
    harness.shows("Keanu Reeves");
    harness.shows("RETURN 'x' AS q");
}

#[test]
fn the_question_before_a_write_shows_the_statement_and_the_place() {
    let mut harness = tools();
    harness.keys("j enter");
    harness.text("MATCH (n) DELETE n");
    assert_eq!(harness.keys("f5"), [], "it is asked about first");
    harness.shows("MATCH (n) DELETE n");
    harness.shows("destroy data of prod");
}

fn question() -> Event {
    let schema = json!({"type": "object", "required": ["rating"], "properties": {
        "rating": {"type": "integer", "minimum": 1, "maximum": 10},
        "recommend": {"type": "boolean", "default": true},
        "place": {"enum": ["home", "cinema"]},
        "mail": {"type": "string", "format": "email"},
    }});
    Event::Tools(ToolsEvent::Elicited(
        endpoint("prod"),
        agentcore_console::model::Elicitation {
            id: 7,
            message: "How was The Matrix?".into(),
            request: agentcore_console::model::ElicitationRequest::Form(schema),
        },
    ))
}

#[test]
fn an_address_of_the_server_is_opened_copied_or_declined() {
    use agentcore_console::model::{Elicitation, ElicitationAnswer, ElicitationRequest};
    let address = "https://link.example/accounts?state=1";
    let asked = || {
        Event::Tools(ToolsEvent::Elicited(
            endpoint("prod"),
            Elicitation {
                id: 7,
                message: "Link your account".into(),
                request: ElicitationRequest::Url(address.to_owned()),
            },
        ))
    };
    let answered =
        |answer| Effect::Tools(ToolsEffect::AnswerElicitation(endpoint("prod"), 7, answer));
    let mut harness = calling();
    harness.on(asked());
    for shown in [
        "The server asks",
        "Link your account",
        address,
        "It leads to link.example",
    ] {
        harness.shows(shown);
    }
    assert_eq!(harness.keys("c"), [Effect::Copy(address.to_owned())]);
    assert_eq!(
        harness.keys("o"),
        [
            Effect::OpenAddress(address.to_owned()),
            answered(ElicitationAnswer::Accept(None))
        ]
    );
    harness.hides("The server asks");
    for (key, answer) in [
        ("enter", ElicitationAnswer::Accept(None)),
        ("y", ElicitationAnswer::Accept(None)),
        ("n", ElicitationAnswer::Decline),
        ("esc", ElicitationAnswer::Cancel),
    ] {
        harness.on(asked());
        assert_eq!(harness.keys(key), [answered(answer)], "{key}");
    }
}

#[test]
fn a_question_of_the_server_is_a_form_of_its_fields() {
    use agentcore_console::model::ElicitationAnswer;
    let mut harness = calling();
    harness.on(question());
    for shown in [
        "The server asks",
        "How was The Matrix?",
        "rating *",
        "1 to 10",
        "● yes",
        "○ cinema",
    ] {
        harness.shows(shown);
    }
    harness.text("11");
    harness.shows("must be 1 to 10");
    assert_eq!(harness.keys("enter"), []);
    harness.keys("backspace");
    harness.keys("tab tab right right down");
    harness.text("nobody");
    harness.shows("must be an email address");
    harness.text("@x.org");
    let answer = json!({"rating": 1, "recommend": true, "place": "cinema", "mail": "nobody@x.org"});
    assert_eq!(
        harness.keys("enter"),
        [Effect::Tools(ToolsEffect::AnswerElicitation(
            endpoint("prod"),
            7,
            ElicitationAnswer::Accept(Some(answer))
        ))]
    );
    harness.hides("The server asks");
}

#[test]
fn a_question_without_what_it_requires_is_not_sent_and_can_be_declined_or_cancelled() {
    use agentcore_console::model::ElicitationAnswer;
    let mut harness = calling();
    for (key, answer) in [
        ("ctrl-d", ElicitationAnswer::Decline),
        ("esc", ElicitationAnswer::Cancel),
    ] {
        harness.on(question());
        assert_eq!(harness.keys("enter"), []);
        harness.shows("✖ required");
        assert_eq!(
            harness.keys(key),
            [Effect::Tools(ToolsEffect::AnswerElicitation(
                endpoint("prod"),
                7,
                answer
            ))]
        );
    }
}

#[test]
fn a_cancelled_call_takes_the_place_of_the_old_result() {
    let mut harness = calling();
    harness.on(called(&endpoint("prod")));
    harness.keys("f5");
    harness.pass(1_200);
    harness.keys("esc");
    harness.shows("cancelled after 1.2 s");
    harness.hides("Keanu Reeves");
}

#[test]
fn the_error_of_a_tool_is_noted_with_its_message_and_its_request() {
    let mut harness = calling();
    let Event::Tools(ToolsEvent::Called(endpoint, result)) =
        text_result("Unknown function 'fro'\nhint: see the manual", true)
    else {
        panic!("a call was answered")
    };
    let outcome = CallOutcome {
        request_id: Some("req-1".into()),
        ..result.expect("it came")
    };
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint,
        Box::new(Ok(outcome)),
    )));
    harness.keys("6");
    let line = harness.line("call read-cypher");
    assert!(
        line.contains('✖')
            && line.contains("Unknown function 'fro'")
            && line.contains("request req-1"),
        "{line}"
    );
    assert!(!line.contains("the manual"), "{line}");
    harness.keys("enter");
    harness.shows("see the manual");
}

#[test]
fn an_empty_statement_says_what_goes_there_and_looks_like_no_content() {
    let harness = tools();
    let line = harness.line("type Cypher, for example MATCH (n)");
    assert!(!line.contains("1  "), "{line}");
}
