//! The Tools screen: results in all their views, what is copied and kept of a call, what else a server offers.

use agentcore_console::{
    app::{Effect, Event},
    model::{CallOutcome, Elapsed, HttpExchange},
};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    world::{called, connected, endpoint, ready, refused},
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
    Event::Exchanged(
        endpoint("prod"),
        Box::new(HttpExchange {
            url: "https://gw.example/mcp".into(),
            sent: vec![pair("authorization", "Bearer ***"), pair("mcp-protocol-version", "2025-11-25")],
            request: json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call"}),
            status,
            received: vec![pair("mcp-session-id", "session-1"), pair("date", "today")],
            answer,
            elapsed: Elapsed { sign_in: 3, connect: 9, first_byte: 41, total: 55 },
        }),
    )
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
    };
    Event::Called(endpoint("prod"), Box::new(Ok(outcome)))
}

/// To the pane of the result.
fn to_result(bench: &mut Bench) {
    bench.keys("esc shift-backtab");
}

#[test]
fn v_goes_through_the_views_that_fit_the_result() {
    let mut bench = calling();
    bench.on(exchange(Some(200), json!({"jsonrpc": "2.0", "id": 2, "result": {}})));
    bench.on(called(&endpoint("prod")));
    to_result(&mut bench);
    bench.shows("Keanu Reeves");
    assert!(bench.line("table").contains("table tree raw"), "{}", bench.line("table"));
    bench.keys("v");
    bench.hides("Keanu Reeves");
    bench.keys("v");
    for shown in ["POST https://gw.example/mcp", "authorization: Bearer ***", "\"method\": \"tools/call\"", "HTTP 200"] {
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
    bench.on(text_result(r#"{"Person": {"type": "node", "properties": {"born": "INTEGER"}}, "count": 38}"#, false));
    to_result(&mut bench);
    bench.shows("born  INTEGER");
    bench.keys("j enter");
    bench.shows("▸ Person  {type, properties}");
    bench.hides("INTEGER");
    bench.keys("right j j left left");
    bench.hides("INTEGER");
    let copied = bench.keys("c c");
    assert!(matches!(copied.as_slice(), [Effect::Copy(text)] if text.contains("\"born\"")), "{copied:?}");
}

#[test]
fn plain_text_has_no_tree_and_a_failure_shows_what_went_over_the_wire() {
    let mut bench = calling();
    bench.on(text_result("counted to 3", false));
    assert!(bench.line("counted").contains("counted to 3"));
    bench.shows("text raw");
    bench.keys("f5");
    bench.on(exchange(Some(403), json!({"message": "insufficient scope"})));
    bench.on(Event::Called(endpoint("prod"), Box::new(Err(refused("calling read-cypher")))));
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
    assert_eq!(arguments, json!({"query": "RETURN $n AS n", "params": {"n": 7}}));
    let command = copied(bench.keys("c w"));
    assert!(command.starts_with("agentcore-console tools call neo4j-mcp___read-cypher --json '{"), "{command}");
    let curl = copied(bench.keys("c u"));
    assert!(curl.contains("https://gw.example/mcp") && curl.contains("--data-raw"), "{curl}");
}

#[test]
fn what_cannot_be_called_yet_is_not_copied() {
    let mut bench = tools();
    assert_eq!(bench.keys("c u"), []);
    bench.shows("nothing to copy yet: query is required");
}
