//! The Logs screen: a query of CloudWatch Logs Insights from its filter to the lines around a row.

use agentcore_console::{
    logs::insights::InsightsOutput,
    messages::{Effect, Event, LogsEffect, LogsEvent, Slot},
    model::{
        Failure, FailureKind, LogQueryRequest, LogQueryResult, LogQueryStatistics, LogScanEstimate,
    },
};

use crate::{
    frames::{both, keep},
    harness::{Harness, NOW},
    world::{self, name, ready},
};

const GROUP: &str = "/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT";

/// A console that follows the logs of `prod`.
fn tailing() -> Harness {
    let mut harness = ready();
    harness.keys("l");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness
}

/// The query that one effect estimates or runs.
#[track_caller]
fn only_query(effects: &[Effect]) -> LogQueryRequest {
    match effects {
        [Effect::Logs(LogsEffect::EstimateQuery(request) | LogsEffect::RunQuery(request))] => {
            request.clone()
        }
        _ => panic!("no query: {effects:?}"),
    }
}

/// The estimate of a query arrives.
fn estimated(harness: &mut Harness, request: &LogQueryRequest, bytes: u64) -> Vec<Effect> {
    let estimate = LogScanEstimate {
        bytes,
        ..LogScanEstimate::default()
    };
    harness.on(Event::Logs(LogsEvent::QueryEstimated(
        request.clone(),
        estimate,
    )))
}

/// A harness whose query runs, and the query.
fn running() -> (Harness, LogQueryRequest) {
    let mut harness = tailing();
    harness.keys("& t i m e o u t enter I");
    let request = only_query(&harness.keys("enter"));
    let run = estimated(&mut harness, &request, 5_000_000);
    assert_eq!(only_query(&run), request);
    (harness, request)
}

fn output(request: &LogQueryRequest, rows: &[&[(&str, &str)]], status: &str) -> InsightsOutput {
    let rows = rows.iter().map(|row| {
        row.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    });
    let result = LogQueryResult {
        query_id: "q-1".to_owned(),
        status: status.to_owned(),
        rows: rows.collect(),
        statistics: LogQueryStatistics {
            records_matched: 2.0,
            records_scanned: 12_345.0,
            bytes_scanned: 3_400_000.0,
        },
    };
    InsightsOutput::of(result, request.window)
}

const LINES: [&[(&str, &str)]; 2] = [
    &[
        ("@timestamp", "2026-11-21 13:59:02.000"),
        (
            "@log",
            "123456789012:/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT",
        ),
        ("@logStream", "s"),
        (
            "@message",
            r#"{"level":"ERROR","message":"timeout after 30 s"}"#,
        ),
        ("@ptr", "p1"),
    ],
    &[
        ("@timestamp", "2026-11-21 13:58:02.000"),
        (
            "@log",
            "123456789012:/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT",
        ),
        ("@logStream", "s"),
        (
            "@message",
            r#"{"level":"WARN","message":"timeout is near"}"#,
        ),
        ("@ptr", "p2"),
    ],
];

fn ended(harness: &mut Harness, request: &LogQueryRequest, rows: &[&[(&str, &str)]]) {
    let output = output(request, rows, "Complete");
    harness.on(Event::Logs(LogsEvent::QueryEnded(Box::new(Ok(output)))));
}

#[test]
fn the_filter_is_written_as_a_query_and_can_be_edited_before_it_is_sent() {
    let mut harness = tailing();
    harness.keys("& l e v e l > = w a r n enter alt-4");
    assert!(harness.keys("I").is_empty(), "nothing is sent yet");
    harness.shows(
        "fields @timestamp, @log, @logStream, @message | filter @message like /(?i)\\b(warn|",
    );
    harness.shows("slow tools");
    keep("logs-query-bar", &both(&harness));
    harness.keys("ctrl-u");
    harness.text("stats count(*) by bin(1m)");
    let request = only_query(&harness.keys("enter"));
    assert_eq!(request.text, "stats count(*) by bin(1m)");
    assert_eq!(request.deployment, name("prod"));
    assert_eq!(
        request.window,
        (NOW.plus(-900_000), NOW),
        "the last 15 minutes"
    );
    harness.shows("estimating");
}

#[test]
fn saved_queries_are_chosen_below_the_bar_and_used_ones_come_back_in_the_next_run() {
    let mut harness = tailing();
    harness.keys("I down down");
    let request = only_query(&harness.keys("enter"));
    assert!(request.text.contains("slowest_ms"), "{}", request.text);
    let memory = harness.app.memory();
    assert_eq!(memory.logs.queries, [request.text]);
}

#[test]
fn an_expensive_query_is_asked_about_and_a_cheap_one_is_not() {
    let mut harness = tailing();
    harness.keys("I");
    let request = only_query(&harness.keys("enter"));
    let effects = estimated(&mut harness, &request, 24_000_000_000);
    assert!(effects.is_empty());
    harness.shows("The query may scan up to 24.0 GB (0.12 dollars). Run it?");
    assert!(harness.keys("n").is_empty());
    harness.shows("○ not sent");
    harness.keys("I enter");
    estimated(&mut harness, &request, 24_000_000_000);
    assert_eq!(only_query(&harness.keys("y")), request);
}

#[test]
fn groups_that_do_not_exist_are_left_out_and_said() {
    let mut harness = tailing();
    harness.keys("I");
    let request = only_query(&harness.keys("enter"));
    assert!(request.groups.len() > 1);
    let estimate = LogScanEstimate {
        missing: vec![request.groups[0].clone()],
        ..LogScanEstimate::default()
    };
    let effects = harness.on(Event::Logs(LogsEvent::QueryEstimated(
        request.clone(),
        estimate,
    )));
    assert_eq!(only_query(&effects).groups, request.groups[1..]);
    harness.shows("1 group left out: not created yet");
}

#[test]
fn partial_rows_are_shown_replaced_and_kept_when_the_query_is_cancelled() {
    let (mut harness, request) = running();
    let partial = output(&request, &LINES[1..], "Running");
    harness.on(Event::Logs(LogsEvent::QueryAdvanced(Box::new(partial))));
    harness.shows("timeout is near");
    harness.shows("running   1 row   2 of 12,345 match   3.4 MB scanned");
    assert_eq!(harness.keys("esc"), [Effect::Stop(Slot::LogQuery)]);
    harness.shows("cancelled: the rows are not all");
    harness.shows("timeout is near");
}

#[test]
fn a_row_opens_with_the_lines_around_it_and_leads_to_them() {
    let (mut harness, request) = running();
    ended(&mut harness, &request, &LINES);
    harness.shows("● complete   2 rows   2 of 12,345 match");
    harness.shows("2 groups   13:45:00 to 14:00:00   3.4 MB scanned");
    let narrow = harness.frame(80, 24);
    assert!(
        narrow.contains("● complete   2 rows   2 of 12,345 match"),
        "{narrow}"
    );
    assert!(narrow.contains("3.4 MB scanned"), "{narrow}");
    let effects = harness.keys("enter");
    let [Effect::Logs(LogsEffect::ReadAround(around))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (around.groups.as_slice(), around.at),
        (&[GROUP.to_owned()][..], NOW.plus(-58_000))
    );
    harness.shows("reading the lines around this one");
    let lines = world::lines(vec![
        world::log(-59_000, GROUP, "before it"),
        world::log(
            -58_000,
            GROUP,
            r#"{"level":"ERROR","message":"timeout after 30 s"}"#,
        ),
        world::log(-57_000, GROUP, "after it"),
    ]);
    harness.on(Event::Logs(LogsEvent::AroundRead(Ok(lines.events))));
    assert!(harness.line("before it").contains("13:59:01.000"));
    harness.shows("13:59:02.000▸ runtime     ERROR timeout after 30 s");
    keep("logs-query-row", &both(&harness));
    harness.keys("esc");
    harness.hides("before it");
    let effects = harness.keys("L");
    let [Effect::Logs(LogsEffect::Tail(tail))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let query = &tail.parts[0].query;
    assert_eq!(query.since, Some(NOW.plus(-358_000)));
    assert_eq!(query.until, Some(NOW), "not later than now");
    harness.keys("v v v");
    harness.shows("timeout is near");
}

#[test]
fn statistics_by_bin_are_a_chart() {
    let (mut harness, request) = running();
    ended(
        &mut harness,
        &request,
        &[
            &[
                ("bin(1m)", "2026-11-21 13:50:00.000"),
                ("errors", "2"),
                ("slowest_ms", "12.5"),
            ],
            &[
                ("bin(1m)", "2026-11-21 13:56:00.000"),
                ("errors", "7"),
                ("slowest_ms", "2412"),
            ],
        ],
    );
    harness.shows("max 7");
    harness.shows("max 2412");
    keep("logs-query-chart", &both(&harness));
    let effects = harness.keys("L");
    let [Effect::Logs(LogsEffect::Tail(tail))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let query = &tail.parts[0].query;
    let minute = (NOW.plus(-600_000), NOW.plus(-540_001));
    assert_eq!((query.since, query.until), (Some(minute.0), Some(minute.1)));
}

#[test]
fn a_malformed_query_says_what_is_wrong_and_can_be_written_again() {
    let (mut harness, request) = running();
    let failure = Failure::new(
        FailureKind::Usage,
        "starting a query",
        "unexpected symbol found !",
    )
    .evidence("position: 7 to 9");
    harness.on(Event::Logs(LogsEvent::QueryEnded(Box::new(Err(failure)))));
    harness.shows("unexpected symbol found !");
    harness.shows("✖ failed");
    harness.keys("&");
    assert_eq!(only_query(&harness.keys("enter")).text, request.text);
}

#[test]
fn rows_are_exported_as_json_lines() {
    let (mut harness, request) = running();
    ended(&mut harness, &request, &LINES);
    let effects = harness.keys("x enter");
    let [Effect::ExportTo { path, text, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(path.ends_with("-query.jsonl"), "{path}");
    let rows: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["@logStream"], "s");
    assert!(rows[0].get("@ptr").is_none());
}
