//! The Logs screen: calls and their waterfall, patterns, the window of time, several deployments, reading.

use agentcore_console::{
    calls::{CallOwner, LoggedCall, LoggedOutcome, TailAnalysis},
    messages::{Effect, Event, LogsEffect, LogsEvent, ToolsEvent},
    model::{
        CallOutcome, Failure, FailureKind, LogBatch, LogEvent, LogNotice, LogQuery, NoticeKind,
    },
};

use crate::{
    frames::{both, keep},
    harness::{Harness, NOW},
    world::{self, name, ready},
};

const GATEWAY: &str = "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/prod-gw";
const RUNTIME: &str = "/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT";
const DOWN: &str = "Neo.TransientError.General.DatabaseUnavailable: The database is not available";

/// The lines of one tool call: the gateway's with trace and request id, the runtime's with a request and a session of its own.
fn call(number: u32, before_ms: i64, length_ms: i64, failure: Option<&str>) -> Vec<LogEvent> {
    let gateway = |at: i64, body: serde_json::Value| {
        let json = serde_json::json!({
            "resource_arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/prod-gw",
            "body": body,
            "request_id": format!("9603d3ef-{number:04}"),
            "trace_id": format!("93de4618bddeffb73a3f47898dc3{number:04}"),
        });
        world::log(at, GATEWAY, &json.to_string())
    };
    let runtime = |at: i64, level: &str, message: &str| {
        let json = serde_json::json!({
            "level": level, "message": message,
            "requestId": format!("0c1b7a52-{number:04}"), "sessionId": "a0c31fd2-77e2",
        });
        world::log(at, RUNTIME, &json.to_string())
    };
    let start = -before_ms;
    let request = serde_json::json!({
        "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": "t___read-cypher"},
    });
    let mut lines = vec![
        gateway(
            start,
            serde_json::json!({
                "isError": false, "id": number.to_string(), "requestBody": request.to_string(),
                "log": format!("Started processing request with requestId: {number}"),
            }),
        ),
        runtime(
            start + 4,
            "INFO",
            "Processing request of type CallToolRequest",
        ),
        runtime(
            start + 6,
            "DEBUG",
            "read-cypher: MATCH (p:Person {name: $name})-[:DIRECTED]->(m) RETURN m.title",
        ),
    ];
    lines.push(match failure {
        Some(failure) => runtime(start + length_ms - 2, "ERROR", failure),
        None => runtime(
            start + length_ms - 2,
            "INFO",
            "Invocation completed successfully (0.02s)",
        ),
    });
    let answer = match failure {
        Some(text) => serde_json::json!({
            "isError": true, "id": number.to_string(),
            "log": format!("Failed to process request with requestId: {number}"),
            "responseBody": serde_json::json!({
                "result": {"isError": true, "content": [{"type": "text", "text": text}]},
            }).to_string(),
        }),
        None => serde_json::json!({
            "isError": false, "id": number.to_string(), "responseBody": "HTTP 200",
            "log": format!("Successfully processed request with requestId: {number}"),
        }),
    };
    lines.push(gateway(start + length_ms, answer));
    lines
}

fn all_calls() -> Vec<LogEvent> {
    [
        call(1, 800_000, 46, None),
        call(2, 600_000, 410, None),
        call(3, 300_000, 213, Some(DOWN)),
        call(4, 200_000, 31, None),
        call(5, 60_000, 2_400, None),
        call(6, 20_000, 52, Some(DOWN)),
    ]
    .concat()
}

/// Returns the query of the older lines that were asked for.
#[track_caller]
fn older_query(effects: &[Effect]) -> &LogQuery {
    let [Effect::Logs(LogsEffect::ReadOlder(request))] = effects else {
        panic!("{effects:?}")
    };
    &request.parts[0].query
}

/// Lets lines arrive, and what is found in them.
fn arrive(harness: &mut Harness, events: Vec<LogEvent>) {
    let known = Vec::new();
    arrive_after(harness, known, events);
}

/// Lets further lines arrive, and what is found in all of them.
fn arrive_after(harness: &mut Harness, known: Vec<LogEvent>, events: Vec<LogEvent>) {
    let mut analysis = TailAnalysis::new(vec![CallOwner {
        deployment: "prod".into(),
        groups: vec![GATEWAY.to_owned(), RUNTIME.to_owned()],
        owner_ids: Vec::new(),
    }]);
    let batch = LogBatch {
        status: world::numbered(1, 1).status,
        ..world::lines(events)
    };
    analysis.push(&world::lines(known).events);
    analysis.push(&batch.events);
    harness.on(Event::Logs(LogsEvent::Arrived(batch)));
    harness.on(Event::Logs(LogsEvent::Found(Box::new(analysis.findings()))));
}

fn tailing() -> Harness {
    let mut harness = ready();
    harness.keys("l");
    arrive(&mut harness, all_calls());
    harness
}

#[test]
fn the_views_of_logs_and_a_waterfall() {
    let mut harness = tailing();
    keep("logs-lines", &both(&harness));
    harness.keys("v");
    keep("logs-calls", &both(&harness));
    harness.keys("e enter");
    keep("logs-call-open", &both(&harness));
    harness.keys("W");
    keep("logs-waterfall", &both(&harness));
    harness.keys("esc esc v");
    keep("logs-patterns", &both(&harness));
    harness.keys("j enter");
    keep("logs-pattern-open", &harness.frame(120, 36));
}

#[test]
fn calls_are_listed_newest_first_and_can_be_sorted_filtered_and_walked() {
    let mut harness = tailing();
    harness.keys("v");
    harness.shows("6 calls   p50 52   p95 2,400   slowest 2,400 ms");
    assert!(
        harness.selected().contains("13:59:40.000"),
        "{}",
        harness.selected()
    );
    harness.keys("e");
    assert!(
        harness.selected().contains("13:55:00.000"),
        "{}",
        harness.selected()
    );
    harness.keys("s");
    assert!(
        harness.selected().contains("13:55:00.000"),
        "the cursor stays on its call"
    );
    harness.keys("g");
    assert!(harness.selected().contains("2,400"), "the slowest first");
    harness.keys("!");
    harness.shows("failed only");
    harness.shows("2 calls");
    harness.keys("esc /");
    harness.text(">100 -databaseunavailable");
    harness.keys("enter");
    harness.shows("2 calls");
    harness.keys("esc");
    harness.shows("6 calls");
}

#[test]
fn a_call_opens_in_place_with_error_statement_and_ids() {
    let mut harness = tailing();
    harness.keys("v enter");
    harness.shows("Neo.TransientError.General.DatabaseUnavailable  The database is not available");
    harness.shows("MATCH (p:Person {name: $name})");
    harness.shows("trace 93de4…30006");
    harness.shows("5 lines");
    harness.keys("esc");
    harness.hides("The database is not available");
}

#[test]
fn new_calls_do_not_move_the_call_one_reads() {
    let mut harness = tailing();
    harness.keys("v j j");
    let selected = harness.selected();
    let mut events = all_calls();
    events.extend(call(7, 1_000, 12, None));
    arrive(&mut harness, events);
    assert_eq!(harness.selected(), selected);
    harness.shows("7 calls");
}

#[test]
fn a_waterfall_is_reached_from_a_line_and_leads_to_the_lines_of_every_hop() {
    let mut harness = tailing();
    // The runtime's own error line carries no trace id.
    harness.keys("E k W");
    harness.shows("read-cypher   prod   ✖ error at neo4j");
    harness.shows("◂ the cause");
    harness.shows("aws/spans is not among");
    harness.shows("where the time went");
    harness.shows("seen     2 times");
    harness.keys("]");
    harness.shows("13:55:00.000");
    harness.shows("no later call failed; this is the earliest failed one");
    // Notices about the tail itself are no part of a call.
    let missing = LogNotice {
        at: NOW,
        kind: NoticeKind::Missing,
        text: "/aws/lambda/new does not exist yet; it is looked for again".to_owned(),
    };
    harness.on(Event::Logs(LogsEvent::Arrived(LogBatch {
        notices: vec![missing],
        ..LogBatch::default()
    })));
    harness.keys("L");
    harness.shows("filter call=93de4618bdd");
    harness.shows("5 of 30");
    harness.shows("Processing request of type CallToolRequest");
    harness.hides("does not exist yet");
    let selected = harness.selected();
    assert!(
        selected.contains("DatabaseUnavailable") && selected.contains("runtime"),
        "the cursor is on the cause: {selected}"
    );
    harness.keys("esc");
    harness.shows("filter none");
}

#[test]
fn this_trace_is_the_whole_call_whichever_ids_its_lines_carry() {
    let mut harness = tailing();
    harness.keys("E");
    assert!(harness.selected().contains("DatabaseUnavailable"));
    harness.keys("T");
    harness.shows("5 of 30");
    harness.shows("Started processing request");
}

#[test]
fn hops_of_a_waterfall_fold() {
    let mut harness = tailing();
    harness.keys("v W g");
    harness.shows("Started processing request");
    harness.keys("left");
    harness.hides("Started processing request");
    harness.keys("enter");
    harness.shows("Started processing request");
    harness.keys("esc");
    harness.shows("p95");
}

#[test]
fn the_window_moves_and_zooms_and_reads_older_lines_before_its_beginning() {
    let mut harness = tailing();
    harness.keys("v left");
    harness.shows("3 in here");
    harness.shows("3 calls");
    for _ in 0..6 {
        assert_eq!(harness.keys("left"), []);
    }
    harness.shows("1 in here");
    let effects = harness.keys("left");
    let query = older_query(&effects);
    assert_eq!(query.until, Some(NOW.plus(-15 * 60_000 - 1)));
    assert_eq!(query.since, Some(NOW.plus(-30 * 60_000)));
    harness.shows("reading older lines");
    arrive(
        &mut harness,
        [all_calls(), call(8, 1_500_000, 20, None)].concat(),
    );
    harness.on(Event::Logs(LogsEvent::WindowRead(Ok(()))));
    harness.hides("reading older lines");
    harness.keys("esc");
    harness.shows("last 30 min");
    harness.shows("7 calls");
    harness.keys("+ +");
    harness.shows("in here");
    harness.keys("- - -");
    harness.hides("in here");
}

#[test]
fn a_window_over_days_has_dates_and_counts_lines_without_notices() {
    let mut harness = ready();
    harness.keys("2");
    arrive(&mut harness, call(2, 60_000, 46, None));
    harness.keys("@");
    harness.text("2 days ago");
    harness.keys("enter");
    let day = 24 * 3_600_000;
    let mut older = world::lines(call(1, day, 46, None));
    older.notices = vec![LogNotice {
        at: NOW.plus(-day / 2),
        kind: NoticeKind::Started,
        text: "live tail of 2 groups".to_owned(),
    }];
    harness.on(Event::Logs(LogsEvent::Arrived(older)));
    harness.on(Event::Logs(LogsEvent::WindowRead(Ok(()))));
    harness.keys("-");
    let first = harness.line("Started processing request");
    let date = first.trim_start_matches(['▌', ' ']).chars().nth(2);
    assert_eq!(date, Some('-'), "the day is named: {first}");
    harness.keys("+");
    harness.shows("5 of 10");
    harness.shows("5 in here");
}

#[test]
fn a_tail_that_read_only_the_newest_lines_begins_with_them_and_older_ones_are_read_up_to_there() {
    let mut harness = tailing();
    harness.shows("last 15 min");
    harness.on(Event::Logs(LogsEvent::Arrived(LogBatch {
        status: world::numbered(1, 1).status,
        complete_from: Some(NOW.plus(-5 * 60_000)),
        ..LogBatch::default()
    })));
    harness.hides("last 15 min");
    harness.shows("last 5 min");
    harness.shows("0 lost");
    let kept = format!("{} kept", all_calls().len());
    harness.shows(&kept);
    let effects = harness.keys("O");
    let query = older_query(&effects);
    assert_eq!(query.until, Some(NOW.plus(-5 * 60_000 - 1)));
    assert_eq!(query.since, Some(NOW.plus(-20 * 60_000)));
    // What fails is not claimed.
    harness.on(Event::Logs(LogsEvent::WindowRead(Err(Failure::new(
        FailureKind::Network,
        "reading older lines",
        "connection reset",
    )))));
    harness.shows("last 5 min");
    // Lines of a group with few lines are here already.
    harness.keys("O");
    let mut older = all_calls();
    older.retain(|event| event.timestamp < NOW.plus(-5 * 60_000));
    assert!(!older.is_empty());
    harness.on(Event::Logs(LogsEvent::Arrived(world::lines(older))));
    harness.on(Event::Logs(LogsEvent::WindowRead(Ok(()))));
    harness.shows("last 20 min");
    harness.shows(&kept);
}

#[test]
fn a_time_is_gone_to_and_older_lines_are_read_for_it() {
    let mut harness = tailing();
    harness.keys("@");
    harness.text("13:55");
    assert_eq!(harness.keys("enter"), []);
    assert!(
        harness.selected().contains("13:55:00.000"),
        "{}",
        harness.selected()
    );
    harness.keys("@");
    harness.text("13:00");
    let effects = harness.keys("enter");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::ReadOlder(request))] if request.parts[0].query.since == Some(NOW.plus(-65 * 60_000))),
        "{effects:?}"
    );
    let old = world::log(-3_600_000, GATEWAY, "INFO an old line");
    arrive(&mut harness, [all_calls(), vec![old]].concat());
    harness.on(Event::Logs(LogsEvent::WindowRead(Ok(()))));
    assert!(
        harness.selected().contains("an old line"),
        "{}",
        harness.selected()
    );
    harness.keys("@");
    harness.text("noon");
    harness.keys("enter");
    harness.shows("\"noon\" is no time");
}

#[test]
fn levels_and_sources_are_switched_by_key() {
    let mut harness = tailing();
    harness.shows("e error 4");
    harness.keys("alt-e");
    harness.shows("○error 4");
    harness.shows("26 of 30");
    harness.keys("alt-1");
    harness.shows("16 of 30");
    harness.keys("alt-e alt-1");
    harness.shows("filter none");
    harness.keys("h");
    harness.hides("e error");
}

#[test]
fn several_deployments_are_merged_in_one_tail() {
    let mut harness = tailing();
    let effects = harness.keys("a");
    let [Effect::Logs(LogsEffect::Tail(request))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let deployments: Vec<_> = request
        .parts
        .iter()
        .map(|part| part.deployment.clone())
        .collect();
    assert_eq!(deployments, [name("prod"), name("analytics")]);
    assert!(!request.is_resumed);
    harness.shows("all deployments");
    arrive(&mut harness, all_calls());
    assert!(
        harness.selected().contains("prod"),
        "{}",
        harness.selected()
    );
    harness.keys("a");
    harness.shows("all deployments with log groups are open");
}

#[test]
fn a_line_that_names_its_gateway_stands_for_that_deployment_whichever_asked_for_the_group() {
    let mut harness = tailing();
    harness.keys("a");
    let span = r#"{"name":"InvokeTool","attributes":{"gateway.id":"analytics-gw"}}"#;
    let mut event = call(7, 5_000, 40, None).remove(0);
    // The group is one of those that prod alone has.
    event.message = span.to_owned();
    arrive(&mut harness, vec![event]);
    harness.keys("G");
    assert!(
        harness.selected().contains("analytics"),
        "{}",
        harness.selected()
    );
}

#[test]
fn leaving_the_logs_keeps_view_filter_window_and_calls() {
    let mut harness = tailing();
    harness.keys("v e");
    let before = harness.frame(120, 36);
    assert_eq!(
        harness.keys("1"),
        [Effect::Stop(agentcore_console::messages::Slot::Tail)]
    );
    let effects = harness.keys("2");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::Tail(request)), ..] if request.is_resumed),
        "{effects:?}"
    );
    let rows = |frame: &str| {
        frame
            .lines()
            .skip(12)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&harness.frame(120, 36)), rows(&before));
}

#[test]
fn an_export_goes_to_a_chosen_place_as_text_or_json_lines() {
    let mut harness = tailing();
    harness.keys("x");
    harness.shows("write to prod-lines.log");
    let effects = harness.keys("enter");
    assert!(
        matches!(effects.as_slice(), [Effect::ExportTo { path, text, .. }] if path == "prod-lines.log" && text.lines().count() == 30),
        "{effects:?}"
    );
    harness.keys("x ctrl-u");
    harness.text("out.jsonl");
    let effects = harness.keys("enter");
    let [Effect::ExportTo { text, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            value["timestamp"].is_i64() && value["message"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn marked_lines_are_walked_whatever_the_filter_and_exported() {
    let mut harness = tailing();
    harness.keys("g j space j j space");
    harness.shows("◆ 2 marked");
    let second = harness.selected();
    harness.keys("G m");
    let first = harness.selected();
    assert!(first.contains('◆') && first != second, "{first}");
    harness.keys("m");
    assert_eq!(harness.selected(), second);
    harness.keys("M");
    assert_eq!(harness.selected(), first);
    harness.keys("& n o t h i n g enter m");
    harness.keys("esc");
    harness.shows("◆ 2 marked");
    let exported = |effects: &[Effect]| match effects {
        [Effect::ExportTo { path, text, .. }] => (path.clone(), text.lines().count()),
        _ => panic!("{effects:?}"),
    };
    let (path, lines) = exported(&harness.keys("x enter"));
    assert_eq!((path.as_str(), lines), ("prod-marked.log", 2));
    let (_, lines) = exported(&harness.keys("x up enter"));
    assert_eq!(lines, 30, "all that are shown");
    harness.keys("space");
    harness.shows("◆ 1 marked");
}

#[test]
fn an_id_of_an_opened_line_filters_by_it() {
    let mut harness = tailing();
    harness.keys("enter right G");
    harness.shows("enter only lines with this id");
    harness.keys("enter");
    harness.shows("filter id=");
}

#[test]
fn used_filters_are_recalled_in_this_run_and_the_next() {
    let mut harness = tailing();
    harness.keys("&");
    harness.text("level>=error");
    harness.keys("enter esc &");
    harness.text("-success");
    harness.keys("enter esc & up up enter");
    harness.shows("filter level>=error");
    let memory = harness.app.memory();
    assert_eq!(memory.logs.filters, ["level>=error", "-success"]);
    let mut next = Harness::with(agentcore_console::app::AppOptions {
        memory,
        deployments: world::deployments(),
        ..crate::harness::options()
    });
    world::start(&mut next);
    world::list(&mut next);
    next.keys("1 l & up enter");
    next.shows("filter level>=error");
}

#[test]
fn a_pattern_leads_to_its_lines() {
    let mut harness = tailing();
    harness.keys("v v");
    harness.shows("the counts add up to 30 of 30 lines");
    harness.keys("/");
    harness.text("success");
    harness.keys("enter enter enter");
    harness.shows("pattern=\"");
    harness.shows("4 of 30");
}

#[test]
fn an_opened_line_is_a_tree_that_folds() {
    let mut harness = tailing();
    harness.keys("enter");
    harness.shows("▾ body");
    harness.shows("JSON in a string");
    harness.keys("right g j left");
    harness.shows("▸ body   4 members");
    harness.keys("right");
    harness.shows("▾ body");
    harness.keys("esc esc");
    harness.hides("body");
}

#[test]
fn times_are_absolute_ages_or_deltas() {
    let mut harness = tailing();
    assert!(harness.selected().starts_with("13:59:40.052"));
    harness.keys("z");
    assert!(
        harness.selected().starts_with("19s"),
        "{}",
        harness.selected()
    );
    harness.keys("z");
    assert!(
        harness.selected().starts_with("+0.002"),
        "{}",
        harness.selected()
    );
}

#[test]
fn ids_stand_in_columns_of_their_own_in_a_wide_window_and_sources_are_letters_in_a_narrow_one() {
    let harness = tailing();
    let wide = harness.frame(200, 60);
    let line = wide
        .lines()
        .find(|line| line.contains("Invocation completed"))
        .unwrap();
    assert!(line.ends_with("s a0c31…77e2  r 0c1b7…0001"), "{line}");
    let narrow = harness.frame(80, 24);
    assert!(narrow.contains(" g ERROR Failed to process"), "{narrow}");
}

#[test]
fn lines_and_calls_of_several_deployments_say_whose_they_are_in_a_narrow_window_too() {
    let mut harness = tailing();
    harness.keys("A");
    arrive(&mut harness, all_calls());
    let narrow = harness.frame(80, 24);
    assert!(narrow.contains(" prod      g ERROR Failed to"), "{narrow}");
    harness.keys("v");
    let narrow = harness.frame(80, 24);
    assert!(
        narrow.contains("13:59:40.000  prod        read-cypher"),
        "{narrow}"
    );
    let narrow = narrow.lines().find(|line| line.contains("OUTCOME"));
    assert!(narrow.is_some_and(|line| line.contains("HOP") && line.contains("MS")));
}

#[test]
fn one_key_shows_warnings_and_errors_then_errors_alone_then_all_again() {
    let mut harness = tailing();
    harness.keys("!");
    harness.shows("warnings and errors  4 of 30");
    harness.keys("!");
    harness.shows("errors only  4 of 30");
    assert!(
        harness.selected().contains("ERROR"),
        "{}",
        harness.selected()
    );
    harness.keys("!");
    harness.shows("filter none");
    harness.keys("! esc");
    harness.shows("filter none");
    // Levels that were chosen one by one are not a step.
    harness.keys("alt-i");
    harness.hides("warnings and errors");
    harness.keys("!");
    harness.shows("warnings and errors  4 of 30");
}

#[test]
fn older_lines_and_a_wider_window_do_not_end_the_following() {
    for key in ["O", "-"] {
        let mut harness = tailing();
        harness.shows("● live");
        let effects = harness.keys(key);
        older_query(&effects);
        harness.shows("● live");
        let newest = harness.selected();
        let old = world::log(-1_200_000, GATEWAY, "INFO an old line");
        let missing = LogNotice {
            at: NOW,
            kind: NoticeKind::Missing,
            text: "/aws/lambda/new does not exist yet; it is looked for again".to_owned(),
        };
        harness.on(Event::Logs(LogsEvent::Arrived(LogBatch {
            notices: vec![missing],
            ..world::lines(vec![old])
        })));
        harness.on(Event::Logs(LogsEvent::WindowRead(Ok(()))));
        harness.shows("31 kept");
        harness.hides("does not exist yet");
        assert_eq!(harness.selected(), newest, "the newest line is followed");
    }
}

#[test]
fn a_waterfall_in_a_low_window_has_statement_ids_and_answer_or_says_how_much_is_below() {
    let mut harness = tailing();
    harness.keys("v e W");
    let low = harness.frame(80, 24);
    for words in [
        "statement  MATCH (p:Person {name: $name})",
        "trace      93de4618bddeffb73a3f47898dc30003",
        "more lines in a higher window",
    ] {
        assert!(low.contains(words), "{words}: {low}");
    }
    let higher = harness.frame(80, 32);
    for words in [
        "request    9603d3ef-0003",
        "answer     Neo.TransientError",
        "well at",
    ] {
        assert!(higher.contains(words), "{words}: {higher}");
    }
    assert!(!higher.contains("in a higher window"), "{higher}");
}

#[test]
fn a_failure_in_the_fleet_leads_to_the_calls_around_it() {
    let mut harness = ready();
    let effects = harness.keys("W");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::Tail(request))] if request.parts[0].query.since.is_some_and(|since| since < NOW)),
        "{effects:?}"
    );
    arrive(&mut harness, all_calls());
    harness.shows("trace 93de4…30006");
}

#[test]
fn the_calls_around_a_failure_are_those_around_the_last_failed_call() {
    let mut harness = ready();
    let failed = LoggedCall {
        at: NOW.plus(-40 * 60_000),
        deployment: "prod".to_owned(),
        outcome: LoggedOutcome::Error,
        ..LoggedCall::default()
    };
    let well = LoggedCall {
        at: NOW.plus(-60_000),
        outcome: LoggedOutcome::Ok,
        ..failed.clone()
    };
    harness.on(world::calls_read("prod", vec![failed, well]));
    let effects = harness.keys("W");
    let [Effect::Logs(LogsEffect::Tail(request))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let since = request.parts[0].query.since;
    assert_eq!(since, Some(NOW.plus(-45 * 60_000)));
    // Newer lines come first, and the one that was looked for later.
    arrive(&mut harness, call(1, 60_000, 46, None));
    harness.shows("trace 93de4…30001");
    let both = [
        call(2, 40 * 60_000, 46, Some(DOWN)),
        call(1, 60_000, 46, None),
    ];
    arrive(&mut harness, both.concat());
    harness.shows("trace 93de4…30002");
    // From then on the user decides.
    harness.keys("g");
    arrive(&mut harness, both.concat());
    assert!(
        harness.selected().contains("13:59:00"),
        "{}",
        harness.selected()
    );
}

#[test]
fn the_call_of_a_result_in_tools_is_opened_as_soon_as_its_lines_are_here() {
    let mut harness = ready();
    let prod = world::endpoint("prod");
    harness.keys("4");
    harness.on(world::connected(&prod));
    harness.keys("enter");
    harness.text("RETURN 1");
    harness.keys("f5");
    harness.on(world::called(&prod));
    harness.keys("W");
    harness.shows("looking for the calls around 14:00:00");
}

/// A call in Tools that the logs name by this trace.
fn called_in_tools(trace: &str) -> Harness {
    let mut harness = ready();
    let prod = world::endpoint("prod");
    harness.keys("4");
    harness.on(world::connected(&prod));
    harness.keys("enter");
    harness.text("RETURN 1");
    harness.keys("f5");
    let Event::Tools(ToolsEvent::Called(endpoint, outcome)) = world::called(&prod) else {
        panic!("a call was answered")
    };
    let outcome = outcome.map(|outcome| CallOutcome {
        trace_id: Some(trace.to_owned()),
        ..outcome
    });
    harness.on(Event::Tools(ToolsEvent::Called(
        endpoint,
        Box::new(outcome),
    )));
    harness
}

#[test]
fn the_lines_of_a_call_of_tools_are_shown_alone_and_the_way_back_leads_to_tools() {
    let trace = format!("93de4618bddeffb73a3f47898dc3{:04}", 6);
    let mut harness = called_in_tools(&trace);
    harness.keys("L");
    let effects = harness.keys("L");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::Tail(_))]),
        "{effects:?}"
    );
    harness.shows("looking for call");
    let mut events = all_calls();
    let last = events.split_off(events.len() - 1);
    arrive(&mut harness, events.clone());
    harness.shows("4 of 29");
    arrive_after(&mut harness, events, last);
    harness.shows("5 of 30");
    harness.shows("Processing request of type CallToolRequest");
    assert!(
        harness.selected().contains("ERROR Neo.TransientError"),
        "the first failed line: {}",
        harness.selected()
    );
    harness.shows("Tools");
    let effects = harness.keys("esc");
    assert!(
        matches!(effects.as_slice(), [Effect::Stop(_), ..]),
        "{effects:?}"
    );
    harness.shows("reading the log lines of the call");
    // A call that was opened as a waterfall leads back too.
    let mut harness = called_in_tools(&trace);
    harness.keys("W");
    arrive(&mut harness, all_calls());
    harness.shows("where the time went");
    harness.keys("esc");
    harness.hides("where the time went");
    harness.shows("table tree raw");
    harness.hides("& filter");
}

#[test]
fn late_findings_of_an_open_waterfall_are_shown() {
    let mut harness = ready();
    harness.keys("l");
    let mut events = call(9, 5_000, 100, Some(DOWN));
    let end = events.split_off(4);
    arrive(&mut harness, events.clone());
    harness.keys("v W");
    harness.hides("Failed to process");
    events.extend(end);
    arrive(&mut harness, events);
    harness.shows("Failed to process");
}

#[test]
fn the_palette_opens_calls_and_patterns_of_a_deployment_by_the_words_of_the_commands() {
    for (typed, shown) in [
        ("calls", "TIME▾"),
        ("calls prod", "TIME▾"),
        ("patterns prod", "COUNT"),
    ] {
        let mut harness = tailing();
        harness.keys("1 :");
        harness.text(typed);
        harness.keys("enter");
        harness.shows("2 Logs");
        arrive(&mut harness, all_calls());
        harness.shows(shown);
    }
}

#[test]
fn the_palette_opens_any_window_of_the_logs() {
    let mut harness = ready();
    harness.keys(":");
    harness.text("logs prod --since 13:00 --until 13:10");
    harness.shows("a window of time");
    let effects = harness.keys("enter");
    let [Effect::Logs(LogsEffect::Tail(request))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let query = &request.parts[0].query;
    assert_eq!(query.since, Some(NOW.plus(-60 * 60_000)));
    assert_eq!(query.until, Some(NOW.plus(-50 * 60_000)));
    let old = world::log(-55 * 60_000, GATEWAY, "INFO a line of that time");
    harness.on(Event::Logs(LogsEvent::Arrived(world::lines(vec![old]))));
    harness.on(Event::Logs(LogsEvent::WindowRead(Ok(()))));
    harness.shows("○ stored");
    harness.shows("2026-11-21 13:00:00 to 13:10:00");
    harness.shows("a line of that time");
    harness.keys(":");
    harness.text("logs prod --since noon");
    harness.hides("a window of time");
}
