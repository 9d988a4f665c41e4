//! The Tools screen: results in all their views, what is copied and kept of a call, what else a server offers.

use agentcore_console::{
    messages::{Effect, Event, ToolsEvent},
    model::{CallOutcome, Claims, Elapsed, HttpExchange, Offer, OfferKind, Tool, ToolAnnotations},
    tools::saved::Query,
};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    world::{self, called, connected, endpoint, ready, refused, saved},
};

/// The Tools screen of prod, connected, the reading tool selected.
fn tools() -> Bench {
    let mut bench = ready();
    bench.keys("4");
    bench.on(connected(&endpoint("prod")));
    bench
}

/// The same with a call on its way.
fn calling() -> Bench {
    let mut bench = tools();
    bench.keys("enter");
    bench.text("RETURN 'x' AS q");
    bench.keys("f5");
    bench
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

/// To the pane of the result.
fn to_result(bench: &mut Bench) {
    bench.keys("esc shift-backtab");
}

#[test]
fn v_goes_through_the_views_that_fit_the_result() {
    let mut bench = calling();
    bench.on(exchange(
        Some(200),
        json!({"jsonrpc": "2.0", "id": 2, "result": {}}),
    ));
    bench.on(called(&endpoint("prod")));
    to_result(&mut bench);
    bench.shows("Keanu Reeves");
    assert!(
        bench.line("table").contains("table tree raw"),
        "{}",
        bench.line("table")
    );
    bench.keys("v");
    bench.hides("Keanu Reeves");
    bench.keys("v");
    for shown in [
        "POST https://gw.example/mcp",
        "authorization: Bearer ***",
        "\"method\": \"tools/call\"",
        "HTTP 200",
    ] {
        bench.shows(shown);
    }
    bench.keys("G");
    bench.shows("mcp-session-id: session-1");
    bench.shows("sign-in 3 · connect 9 · first byte 41 · total 55 ms");
    bench.hides("date: today");
    bench.keys("v");
    bench.shows("Keanu Reeves");
}

#[test]
fn json_that_is_no_table_is_a_tree_that_folds() {
    let mut bench = calling();
    bench.on(text_result(
        r#"{"Person": {"type": "node", "properties": {"born": "INTEGER"}}, "count": 38}"#,
        false,
    ));
    to_result(&mut bench);
    bench.shows("born  INTEGER");
    bench.keys("j enter");
    bench.shows("▸ Person  {type, properties}");
    bench.hides("INTEGER");
    bench.keys("right j j left left");
    bench.hides("INTEGER");
    let copied = bench.keys("c c");
    assert!(
        matches!(copied.as_slice(), [Effect::Copy(text)] if text.contains("\"born\"")),
        "{copied:?}"
    );
}

#[test]
fn plain_text_has_no_tree_and_a_failure_shows_what_went_over_the_wire() {
    let mut bench = calling();
    bench.on(text_result("counted to 3", false));
    assert!(bench.line("counted").contains("counted to 3"));
    bench.shows("text raw");
    bench.keys("f5");
    bench.on(exchange(
        Some(403),
        json!({"message": "insufficient scope"}),
    ));
    bench.on(Event::Tools(ToolsEvent::Called(
        endpoint("prod"),
        Box::new(Err(refused("calling read-cypher"))),
    )));
    to_result(&mut bench);
    bench.shows("AccessDeniedException");
    bench.keys("v G");
    bench.shows("HTTP 403");
    bench.shows("insufficient scope");
    bench.keys("v");
    bench.shows("AccessDeniedException");
}

#[test]
fn a_call_is_copied_as_curl_as_a_command_and_as_json() {
    let mut bench = tools();
    bench.keys("enter");
    bench.text("RETURN $n AS n");
    bench.keys("tab");
    bench.text("7");
    bench.keys("esc");
    let copied = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("nothing was copied: {other:?}"),
    };
    let arguments: Value = serde_json::from_str(&copied(bench.keys("c j"))).unwrap();
    assert_eq!(
        arguments,
        json!({"query": "RETURN $n AS n", "params": {"n": 7}})
    );
    let command = copied(bench.keys("c w"));
    assert!(
        command.starts_with("agentcore-console tools call neo4j-mcp___read-cypher --json '{"),
        "{command}"
    );
    let curl = copied(bench.keys("c u"));
    assert!(
        curl.contains("https://gw.example/mcp") && curl.contains("--data-raw"),
        "{curl}"
    );
}

#[test]
fn what_cannot_be_called_yet_is_not_copied() {
    let mut bench = tools();
    assert_eq!(bench.keys("c u"), []);
    bench.shows("nothing to copy yet: query is required");
}

#[test]
fn a_query_is_kept_under_a_name_without_the_values_of_secrets() {
    let mut bench = ready();
    bench.keys("4");
    let prod = endpoint("prod");
    let offers = Effect::ListOffers(prod.clone());
    assert_eq!(
        bench.on(connected(&prod)),
        [Effect::ReadQueries, offers.clone()],
        "read with the first connection"
    );
    assert_eq!(bench.on(connected(&prod)), [offers], "and only with that");
    bench.keys("enter");
    bench.text("RETURN $n, $password // numbers");
    bench.keys("tab");
    bench.text("7");
    bench.keys("tab");
    bench.text("hunter2");
    bench.keys("ctrl-s");
    bench.shows("save as numbers");
    bench.keys("ctrl-u");
    bench.text("all the numbers");
    let effects = bench.keys("enter");
    let [Effect::KeepQuery(query)] = effects.as_slice() else {
        panic!("nothing is kept: {effects:?}")
    };
    assert_eq!(
        (query.name.as_str(), query.tool.as_str()),
        ("all the numbers", "read-cypher")
    );
    assert_eq!(query.arguments["params"], json!({"n": 7}));
    bench.on(Event::Tools(ToolsEvent::QueriesRead(Ok(vec![
        query.clone(),
    ]))));
    bench.shows("saved as all the numbers");
    bench.keys("esc");
    assert!(
        bench
            .line("all the numbers")
            .starts_with("  all the numbers"),
        "in the left pane"
    );
}

#[test]
fn a_saved_query_fills_the_editor_and_is_forgotten_after_a_yes() {
    let mut bench = tools();
    bench.on(Event::Tools(ToolsEvent::QueriesRead(Ok(saved()))));
    bench.keys("j j");
    assert!(
        bench.selected().starts_with("who acted with whom"),
        "the heading is passed over: {}",
        bench.selected()
    );
    bench.keys("enter");
    bench.shows("WHERE p.born > $year");
    let effects = bench.keys("f5");
    let [
        Effect::Call {
            tool, arguments, ..
        },
    ] = effects.as_slice()
    else {
        panic!("no call: {effects:?}")
    };
    assert_eq!(
        (tool.as_str(), &arguments["params"]),
        ("neo4j-mcp___read-cypher", &json!({"year": 1990}))
    );
    bench.keys("esc esc");
    assert_eq!(bench.keys("d"), []);
    bench.shows("Forget the saved query \"who acted with whom\"?");
    assert_eq!(
        bench.keys("y"),
        [Effect::ForgetQuery("who acted with whom".into())]
    );
    bench.keys("j enter");
    bench.shows("this endpoint has no tool search");
    bench.keys("k k");
    assert!(
        bench.selected().starts_with("write-cypher"),
        "and passed over upwards: {}",
        bench.selected()
    );
}

#[test]
fn a_damaged_file_of_queries_is_a_notice_and_an_empty_list() {
    let mut bench = tools();
    bench.on(Event::Tools(ToolsEvent::QueriesRead(Err(refused(
        "reading queries.json",
    )))));
    bench.shows("reading queries.json");
    bench.hides("saved");
    bench.keys("enter");
    bench.text("RETURN 1");
    bench.keys("ctrl-s");
    assert!(
        matches!(
            bench.keys("enter").as_slice(),
            [Effect::KeepQuery(Query { .. })]
        ),
        "it is saved all the same"
    );
}

#[test]
fn a_statement_with_a_credential_is_not_kept() {
    let mut bench = tools();
    bench.keys("enter");
    bench.text("ALTER CURRENT USER SET PASSWORD FROM 'hunter2' TO 'hunter3'");
    assert_eq!(bench.keys("ctrl-s"), []);
    bench.shows("it holds a credential and is not saved");
    bench.hides("save as");
}

#[test]
fn who_am_i_says_what_the_token_says_and_counts_down() {
    let mut bench = tools();
    assert_eq!(bench.keys("i"), [Effect::ReadClaims(endpoint("prod"))]);
    bench.on(world::claims(&endpoint("prod")));
    for shown in [
        "UNVERIFIED",
        "issuer    https://issuer.example/pool",
        "scope     neo4j-mcp/invoke",
        "issued    1m ago",
        "in 59m",
    ] {
        bench.shows(shown);
    }
    bench.pass(60_000);
    bench.shows("in 58m");
    bench.keys("esc");
    bench.hides("UNVERIFIED");
}

#[test]
fn a_token_that_a_call_has_renewed_counts_down_anew() {
    let mut bench = calling();
    bench.pass(41 * 60_000);
    let prod = endpoint("prod");
    assert_eq!(bench.on(called(&prod)), [Effect::ReadClaims(prod.clone())]);
    let end = bench.now.plus(60 * 60_000);
    let claims = Claims {
        token_type: "Bearer".into(),
        expires_at: Some(end),
        claims: json!({}),
    };
    bench.on(Event::Tools(ToolsEvent::ClaimsRead(
        prod.clone(),
        Box::new(Ok(claims)),
    )));
    bench.shows("m2m token 1h");
    bench.keys("f5");
    assert_eq!(bench.on(called(&prod)), [], "a fresh one is not asked for");
}

#[test]
fn an_endpoint_is_found_by_typing() {
    let mut bench = tools();
    bench.keys("p");
    bench.shows("its own endpoint");
    bench.text("runtime prod");
    let shown = bench.line("neo4j_mcp_server");
    assert!(
        shown.contains("runtime") && shown.contains("https://rt.example/mcp"),
        "{shown}"
    );
    let connected_to = bench.keys("enter");
    assert!(
        matches!(connected_to.as_slice(), [Effect::Connect(endpoint)] if endpoint.deployment.as_str() == "prod"),
        "{connected_to:?}"
    );
    bench.keys("p");
    bench.text("nothing like it");
    bench.shows("no endpoint is called that");
    assert_eq!(bench.keys("enter"), []);
    bench.keys("esc");
    bench.hides("no endpoint is called that");
}

#[test]
fn a_template_is_filled_by_a_form_and_what_it_reads_is_shown() {
    let mut bench = tools();
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
    bench.on(Event::Tools(ToolsEvent::Offered(
        prod.clone(),
        vec![offer.clone()],
    )));
    bench.shows("resources and prompts");
    bench.keys("j j");
    assert!(
        bench.selected().starts_with("template schema-of-label"),
        "{}",
        bench.selected()
    );
    bench.keys("enter");
    assert_eq!(bench.keys("f5"), []);
    bench.shows("label is required");
    bench.text("Person");
    let arguments = json!({"label": "Person"}).as_object().cloned().unwrap();
    assert_eq!(
        bench.keys("f5"),
        [Effect::Fetch(prod, Box::new(offer), arguments)]
    );
    bench.on(text_result(r#"{"key": "Person"}"#, false));
    bench.shows("key  Person");
    bench.shows("14:00 template schema-of");
}

#[test]
fn a_result_belongs_to_its_tool() {
    let mut bench = calling();
    bench.on(called(&endpoint("prod")));
    bench.shows("Keanu Reeves");
    bench.keys("esc j");
    assert!(
        bench.selected().contains("write-cypher"),
        "{}",
        bench.selected()
    );
    bench.hides("Keanu Reeves");
    bench.shows("The result appears here.");
    bench.keys("k");
    bench.shows("Keanu Reeves");
    // What comes while another tool is selected waits for its own.
    bench.keys("f5 j");
    bench.on(text_result("late", true));
    bench.hides("late");
    bench.keys("k");
    bench.shows("late");
    bench.hides("Keanu Reeves");
}

/// The result of one deployment must never stand under the name of another.
#[test]
fn a_result_belongs_to_its_endpoint() {
    let mut bench = calling();
    // The call of prod is on its way when another deployment's endpoint is shown.
    bench.keys("shift-backtab p");
    bench.text("analytics");
    bench.keys("enter");
    bench.on(connected(&endpoint("analytics")));
    bench.on(called(&endpoint("prod")));
    bench.hides("Keanu Reeves");
    bench.shows("The result appears here.");
    bench.keys("p");
    bench.text("prod");
    bench.keys("enter");
    bench.shows("Keanu Reeves");
    bench.shows("RETURN 'x' AS q");
}

#[test]
fn the_question_before_a_write_shows_the_statement_and_the_place() {
    let mut bench = tools();
    bench.keys("j enter");
    bench.text("MATCH (n) DELETE n");
    assert_eq!(bench.keys("f5"), [], "it is asked about first");
    bench.shows("MATCH (n) DELETE n");
    bench.shows("destroy data of prod");
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
fn a_question_of_the_server_is_a_form_of_its_fields() {
    use agentcore_console::model::ElicitationAnswer;
    let mut bench = calling();
    bench.on(question());
    for shown in [
        "The server asks",
        "How was The Matrix?",
        "rating *",
        "1 to 10",
        "● yes",
        "○ cinema",
    ] {
        bench.shows(shown);
    }
    bench.text("11");
    bench.shows("1 to 10 is wanted");
    assert_eq!(bench.keys("enter"), []);
    bench.keys("backspace");
    bench.keys("tab tab right right down");
    bench.text("nobody");
    bench.shows("an email address is wanted");
    bench.text("@x.org");
    let answer = json!({"rating": 1, "recommend": true, "place": "cinema", "mail": "nobody@x.org"});
    assert_eq!(
        bench.keys("enter"),
        [Effect::AnswerElicitation(
            endpoint("prod"),
            7,
            ElicitationAnswer::Accept(Some(answer))
        )]
    );
    bench.hides("The server asks");
}

#[test]
fn a_question_without_what_it_requires_is_not_sent_and_can_be_declined_or_cancelled() {
    use agentcore_console::model::ElicitationAnswer;
    let mut bench = calling();
    for (key, answer) in [
        ("ctrl-d", ElicitationAnswer::Decline),
        ("esc", ElicitationAnswer::Cancel),
    ] {
        bench.on(question());
        assert_eq!(bench.keys("enter"), []);
        bench.shows("✖ required");
        assert_eq!(
            bench.keys(key),
            [Effect::AnswerElicitation(endpoint("prod"), 7, answer)]
        );
    }
}

#[test]
fn a_cancelled_call_takes_the_place_of_the_old_result() {
    let mut bench = calling();
    bench.on(called(&endpoint("prod")));
    bench.keys("f5");
    bench.pass(1_200);
    bench.keys("esc");
    bench.shows("cancelled after 1.2 s");
    bench.hides("Keanu Reeves");
}

#[test]
fn the_error_of_a_tool_is_noted_with_its_message_and_its_request() {
    let mut bench = calling();
    let Event::Tools(ToolsEvent::Called(endpoint, result)) =
        text_result("Unknown function 'fro'\nhint: see the manual", true)
    else {
        panic!("a call was answered")
    };
    let outcome = CallOutcome {
        request_id: Some("req-1".into()),
        ..result.expect("it came")
    };
    bench.on(Event::Tools(ToolsEvent::Called(
        endpoint,
        Box::new(Ok(outcome)),
    )));
    bench.keys("esc 6");
    let line = bench.line("call neo4j-mcp___read-cypher");
    assert!(
        line.contains('✖')
            && line.contains("Unknown function 'fro'")
            && line.contains("request req-1"),
        "{line}"
    );
    assert!(!line.contains("the manual"), "{line}");
    bench.keys("enter");
    bench.shows("see the manual");
}

#[test]
fn an_empty_statement_says_what_goes_there_and_looks_like_no_content() {
    let bench = tools();
    let line = bench.line("type Cypher, for example MATCH (n)");
    assert!(!line.contains("1  "), "{line}");
}
