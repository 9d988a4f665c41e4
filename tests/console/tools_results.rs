//! Results on Tools: their export, where the focus goes when one comes, long lines.

use agentcore_console::{
    messages::{Effect, Event, ToolsEffect, ToolsEvent},
    model::{CallOutcome, Elapsed, Failure, FailureKind, HttpExchange},
};
use serde_json::{Value, json};

use crate::{
    explorer::rows,
    harness::Harness,
    world::{connected, endpoint, ready},
};

/// The Tools screen of prod with a statement on its way.
fn calling(statement: &str) -> Harness {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("enter");
    harness.text(statement);
    harness.keys("f5");
    harness
}

/// The same with two rows as the result.
fn two_rows() -> Harness {
    let mut harness = calling("RETURN 1");
    harness.on(rows(
        &["name", "born"],
        vec![json!(["=1+1", 1964]), json!(["Carrie-Anne Moss", null])],
    ));
    harness
}

fn tool_error(text: &str) -> Event {
    let outcome = CallOutcome {
        is_error: true,
        table: None,
        content: vec![json!({"type": "text", "text": text})],
        structured_content: None,
        raw: json!({"content": [{"type": "text", "text": text}]}),
        elapsed: Elapsed::default(),
        request_id: None,
        trace_id: None,
        json: None,
    };
    Event::Tools(ToolsEvent::Called(endpoint("prod"), Box::new(Ok(outcome))))
}

fn exported(effects: &[Effect]) -> (String, String) {
    match effects {
        [
            Effect::ExportTo {
                path,
                text,
                replaces: false,
                ..
            },
        ] => (path.clone(), text.clone()),
        other => panic!("nothing is exported: {other:?}"),
    }
}

#[test]
fn an_export_asks_for_the_format_and_the_file_and_remembers_both() {
    let mut harness = two_rows();
    harness.keys("x");
    harness.shows("● CSV");
    harness.shows("to  prod-neo4j-mcp-read-cypher-*.csv▏");
    harness.shows("*: first free number");
    let (path, text) = exported(&harness.keys("enter"));
    assert_eq!(path, "prod-neo4j-mcp-read-cypher-*.csv");
    assert_eq!(text, "name,born\r\n'=1+1,1964\r\nCarrie-Anne Moss,\r\n");
    harness.keys("x tab");
    harness.shows("● JSON lines");
    harness.keys("ctrl-u");
    harness.text("out/rows.jsonl");
    let (path, text) = exported(&harness.keys("enter"));
    assert_eq!(path, "out/rows.jsonl");
    assert_eq!(
        text,
        "{\"name\":\"=1+1\",\"born\":1964}\n{\"name\":\"Carrie-Anne Moss\",\"born\":null}\n"
    );
    harness.keys("x");
    harness.shows("to  out/rows.jsonl▏");
    harness.shows("● JSON lines");
    assert_eq!(harness.keys("esc"), []);
    harness.hides("export as");
    harness.shows("Carrie-Anne Moss");
}

#[test]
fn an_export_holds_the_rows_that_are_shown_in_their_order_and_says_how_many() {
    let amount = |effects: &[Effect]| match effects {
        [Effect::ExportTo { amount, .. }] => amount.clone(),
        other => panic!("nothing is exported: {other:?}"),
    };
    let mut harness = two_rows();
    harness.keys("s x");
    harness.shows("2 rows");
    let effects = harness.keys("enter");
    assert_eq!(
        exported(&effects).1,
        "name,born\r\n'=1+1,1964\r\nCarrie-Anne Moss,\r\n"
    );
    harness.keys("s x");
    let effects = harness.keys("enter");
    assert_eq!(
        exported(&effects).1,
        "name,born\r\nCarrie-Anne Moss,\r\n'=1+1,1964\r\n"
    );
    assert_eq!(amount(&effects).as_deref(), Some("2 rows"));
    harness.keys("/");
    harness.text("moss");
    harness.keys("enter x");
    harness.shows("1 of 2 rows   alt-a all rows");
    let effects = harness.keys("enter");
    assert_eq!(exported(&effects).1, "name,born\r\nCarrie-Anne Moss,\r\n");
    assert_eq!(amount(&effects).as_deref(), Some("1 of 2 rows"));
    harness.keys("x alt-a");
    harness.shows("2 rows   alt-a only the rows that are shown");
    let effects = harness.keys("enter");
    assert_eq!(exported(&effects).1.lines().count(), 3);
    assert_eq!(amount(&effects).as_deref(), Some("2 rows"));
}

#[test]
fn the_folder_of_an_export_is_proposed_for_another_tool() {
    let mut harness = two_rows();
    harness.keys("x ctrl-u");
    harness.text("~/results/films.csv");
    harness.keys("enter esc esc k enter f5");
    harness.on(rows(&["label"], vec![json!(["Movie"])]));
    harness.keys("x");
    harness.shows("to  ~/results/prod-neo4j-mcp-get-schema-*.csv▏");
}

#[test]
fn a_file_that_is_there_is_replaced_only_after_a_yes() {
    let mut harness = two_rows();
    let there = || Event::FileExists {
        path: "rows.csv".into(),
        text: "a\r\n".into(),
        amount: Some("1 row".into()),
    };
    harness.on(there());
    harness.shows("Replace rows.csv?");
    assert_eq!(harness.keys("n"), []);
    harness.on(there());
    assert_eq!(
        harness.keys("y"),
        [Effect::ExportTo {
            path: "rows.csv".into(),
            text: "a\r\n".into(),
            amount: Some("1 row".into()),
            replaces: true
        }]
    );
    harness.on(Event::Exported {
        result: Ok("/home/me/rows.csv".into()),
        amount: Some("1 row".into()),
        bytes: 3,
        took_ms: 1,
    });
    harness.shows("1 row written to /home/me/rows.csv");
}

#[test]
fn the_next_letters_after_a_call_are_keys_of_its_result() {
    let mut harness = two_rows();
    harness.keys("right s");
    harness.shows("born ▴");
    harness.shows("1  RETURN 1");
    harness.hides("RETURN 1r");
    // The same call again from the result, and back to the text.
    let again = harness.keys("f5");
    assert!(
        matches!(
            again.as_slice(),
            [Effect::Tools(ToolsEffect::Call { arguments, .. })] if arguments["query"] == "RETURN 1"
        ),
        "{again:?}"
    );
    harness.on(rows(&["name"], vec![json!(["Neo"])]));
    for back in ["esc", "tab"] {
        harness.keys(back);
        harness.text("0");
        harness.shows("edited since");
        harness.keys("backspace f5");
        harness.on(rows(&["name"], vec![json!(["Neo"])]));
        harness.hides("edited since");
    }
}

#[test]
fn who_types_on_while_a_call_runs_keeps_the_focus() {
    let mut harness = calling("RETURN 1");
    harness.text(" AS");
    harness.on(rows(&["1"], vec![json!([1])]));
    harness.text(" one");
    harness.shows("1  RETURN 1 AS one");
}

#[test]
fn a_call_that_fails_on_an_argument_leads_to_its_field() {
    let mut harness = calling("RETURN fro(1), $year");
    harness.text("1990");
    harness.keys("f5");
    // The token of the statement that Neo4j names.
    harness.on(tool_error(
        "Unknown function 'fro' (line 1, column 8 (offset: 7))",
    ));
    harness.text("x");
    harness.shows("1  RETURN xfro(1), $year");
    harness.keys("f5");
    // A parameter.
    harness.on(tool_error("Expected parameter(s): year"));
    harness.text("9");
    let call = harness.keys("f5");
    assert!(
        matches!(
            call.as_slice(),
            [Effect::Tools(ToolsEffect::Call { arguments, .. })] if arguments["params"]["year"] == 19_909
        ),
        "{call:?}"
    );
    // A failure that is not about an argument is read in the result.
    let failure = Failure::new(FailureKind::Network, "calling read-cypher", "reset by peer");
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint("prod"),
        Box::new(Err(failure)),
    )));
    harness.shows("reset by peer");
    harness.keys("v v");
    harness.shows("1  RETURN xfro(1), $year");
}

fn exchange(answer: Value) -> Event {
    Event::Tools(ToolsEvent::Exchanged(
        endpoint("prod"),
        Box::new(HttpExchange {
            url: "https://gw.example/mcp".into(),
            sent: Vec::new(),
            request: json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call"}),
            status: Some(200),
            received: Vec::new(),
            answer,
            elapsed: Elapsed::default(),
        }),
    ))
}

#[test]
fn a_long_line_of_the_raw_view_is_wrapped_or_moved_to_the_side() {
    let mut harness = calling("RETURN 1");
    harness.on(exchange(json!(format!(
        "begin {}end-of-it",
        "x".repeat(300)
    ))));
    harness.on(tool_error("no"));
    let failure = Failure::new(FailureKind::Network, "calling read-cypher", "reset by peer");
    harness.keys("f5");
    harness.on(exchange(json!(format!(
        "begin {}end-of-it",
        "x".repeat(300)
    ))));
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint("prod"),
        Box::new(Err(failure)),
    )));
    harness.keys("v");
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        harness.frame(width, height);
        harness.keys("G");
        let frame = harness.frame(width, height);
        assert!(frame.contains("end-of-it"), "{frame}");
    }
    let frame = harness.frame(120, 36);
    let footer = frame.lines().last().unwrap_or_default();
    assert!(
        footer.contains("w wrap") && !footer.contains("open"),
        "{footer}"
    );
    harness.keys("w");
    harness.hides("end-of-it");
    harness.shows("begin xxx");
    for _ in 0..20 {
        harness.keys("right");
    }
    harness.shows("end-of-it");
    harness.hides("begin xxx");
    harness.keys("w");
    harness.shows("begin xxx");
}

/// The Tools screen after these statements, each with these numbers as its rows.
fn after(calls: &[(&str, &[i64])]) -> Harness {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("enter");
    for (at, (statement, numbers)) in calls.iter().enumerate() {
        harness.pass(60_000);
        if at > 0 {
            // From the result back to the text.
            harness.keys("esc");
            harness.keys(
                "backspace backspace backspace backspace backspace backspace backspace backspace",
            );
        }
        harness.text(statement);
        harness.keys("f5");
        let numbered = numbers.iter().map(|number| json!([number])).collect();
        harness.on(rows(&["n"], numbered));
    }
    harness
}

#[test]
fn a_result_is_compared_with_the_last_one_of_the_same_call_and_the_headline_names_both() {
    let mut harness = after(&[
        ("RETURN 1", &[1, 2]),
        ("RETURN 2", &[7]),
        ("RETURN 1", &[2, 3]),
    ]);
    harness.shows("+1 −1");
    harness.keys("v v");
    harness.shows("− 14:01:00   + 14:03:00   both RETURN 1");
    harness.shows("1 added, 1 removed, 1 as before");
}

#[test]
fn another_statement_is_compared_only_when_it_is_chosen() {
    let mut harness = after(&[("RETURN 1", &[1, 2]), ("RETURN 2", &[7])]);
    harness.hides("+1 −2");
    harness.keys("v v");
    harness.shows("no earlier call of this statement; ctrl-r finds one to compare with");
    harness.hides("removed");
    harness.keys("esc esc G =");
    harness.shows("− 14:01:00 RETURN 1   + 14:02:00 RETURN 2");
    harness.shows("1 added, 2 removed");
}

#[test]
fn a_call_of_the_history_is_chosen_to_compare_with() {
    let mut harness = after(&[
        ("RETURN 1", &[1]),
        ("RETURN 2", &[1, 2]),
        ("RETURN 3", &[1, 2, 3]),
    ]);
    harness.keys("esc esc G");
    assert!(
        harness.selected().contains("RETURN 1"),
        "{}",
        harness.selected()
    );
    harness.keys("=");
    harness.shows("− 14:01:00 RETURN 1   + 14:03:00 RETURN 3");
    harness.shows("2 added, 0 removed");
    // Two earlier calls, of which one is marked.
    harness.keys("shift-backtab esc G space");
    assert!(
        harness.selected().starts_with('='),
        "{}",
        harness.selected()
    );
    harness.keys("k =");
    harness.shows("− 14:01:00 RETURN 1   + 14:02:00 RETURN 2");
    harness.shows("1 added, 0 removed");
    // In the search too.
    harness.keys("ctrl-r");
    harness.text("RETURN 2");
    harness.keys("alt-=");
    harness.shows("+ 14:02:00 RETURN 2");
    // The one that is shown is not compared with itself.
    harness.keys("shift-backtab esc G space G k k =");
    harness.shows("mark another one to compare with");
}

#[test]
fn a_call_of_an_earlier_run_has_no_rows_to_compare() {
    use agentcore_console::tools::history::{HistoryEntry, HistoryOutcome};
    let mut harness = after(&[("RETURN 1", &[1])]);
    let key = (endpoint("prod"), "neo4j-mcp___read-cypher".to_owned());
    let arguments = json!({"query": "RETURN 0"});
    let earlier = harness.now.plus(-86_400_000);
    let entry = HistoryEntry::new(
        key,
        arguments.as_object().unwrap(),
        earlier,
        HistoryOutcome::Rows(1),
    );
    harness.on(Event::Tools(ToolsEvent::HistoryRead(Ok(vec![entry]))));
    harness.keys("esc esc G =");
    harness.shows("the rows of that call are not kept any more");
}

#[test]
fn a_profile_runs_the_statement_by_the_tool_that_writes_and_shows_rows_and_database_hits() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("enter");
    harness.text("MATCH (p:Person) RETURN p");
    // The tool that reads refuses PROFILE; the one that writes is asked about, as for a write.
    assert_eq!(harness.keys("f8"), []);
    harness.shows("Call write-cypher?");
    harness.shows("PROFILE MATCH (p:Person) RETURN p");
    let call = harness.keys("y");
    let [
        Effect::Tools(ToolsEffect::Call {
            tool, arguments, ..
        }),
    ] = call.as_slice()
    else {
        panic!("no call: {call:?}")
    };
    assert_eq!(tool, "neo4j-mcp___write-cypher");
    assert_eq!(arguments["query"], "PROFILE MATCH (p:Person) RETURN p");
    assert!(harness.selected().contains("read-cypher"));
    let plan = json!({"operator": "ProduceResults", "arguments": {"EstimatedRows": 140.0, "Rows": 133, "DbHits": 0},
        "children": [{"operator": "NodeByLabelScan", "children": [],
            "arguments": {"EstimatedRows": 140.0, "Rows": 133, "DbHits": 1034, "Details": "p:Person"}}]});
    let outcome = CallOutcome {
        is_error: false,
        table: None,
        content: Vec::new(),
        structured_content: None,
        raw: Value::Null,
        elapsed: Elapsed::default(),
        request_id: None,
        trace_id: None,
        json: Some(plan),
    };
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint("prod"),
        Box::new(Ok(outcome)),
    )));
    harness.shows("db hits");
    let line = harness.line("└ NodeByLabelScan");
    assert!(line.contains("133") && line.contains("1,034"), "{line}");
    harness.shows("1  MATCH (p:Person) RETURN p");
    harness.hides("edited since");
}

#[test]
fn a_profile_that_fails_leaves_the_result_and_says_why() {
    let mut harness = two_rows();
    harness.shows("Carrie-Anne Moss");
    harness.keys("f8 y");
    let failed = CallOutcome {
        is_error: true,
        table: None,
        content: vec![json!({"type": "text", "text": "PROFILE is refused here"})],
        structured_content: None,
        raw: Value::Null,
        elapsed: Elapsed::default(),
        request_id: None,
        trace_id: None,
        json: None,
    };
    let event = ToolsEvent::Called(endpoint("prod"), Box::new(Ok(failed)));
    harness.on(Event::Tools(event));
    harness.shows("the profile failed, the result of before is shown: PROFILE is refused here");
    harness.shows("Carrie-Anne Moss");
}

#[test]
fn a_profile_without_a_plan_says_that_there_is_none() {
    let mut harness = two_rows();
    harness.keys("f8 y");
    harness.on(rows(&["name"], vec![json!(["Keanu Reeves"])]));
    harness.shows("without a plan");
    harness.shows("Keanu Reeves");
}

#[test]
fn a_profile_is_not_offered_where_no_tool_takes_it() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    assert!(harness.frame(200, 40).contains("f8 profile"));
    let Event::Tools(ToolsEvent::Connected(prod, welcome)) = connected(&endpoint("prod")) else {
        panic!("it is connected")
    };
    let (info, claims, mut tools) = welcome.unwrap();
    tools.retain(|tool| !tool.name.ends_with("write-cypher"));
    let welcome = Box::new(Ok((info, claims, tools)));
    harness.on(Event::Tools(ToolsEvent::Connected(prod, welcome)));
    assert!(!harness.frame(200, 40).contains("f8 profile"));
}

#[test]
fn a_profile_of_a_statement_that_writes_is_asked_about_first() {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("j enter");
    harness.text("CREATE (n)");
    assert_eq!(harness.keys("f8"), []);
    harness.shows("PROFILE CREATE (n)");
    let call = harness.keys("y");
    assert!(
        matches!(
            call.as_slice(),
            [Effect::Tools(ToolsEffect::Call { arguments, .. })] if arguments["query"] == "PROFILE CREATE (n)"
        ),
        "{call:?}"
    );
}
