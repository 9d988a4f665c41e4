//! The Logs screen: fields as columns, filters and queries under a name, the opened line.

use agentcore_console::{
    messages::{Effect, Event, LogsEffect, LogsEvent},
    state::ViewMemory,
};

use crate::{
    harness::Harness,
    world::{self, ready},
};

const GROUP: &str = "/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT";
const GATEWAY: &str = "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/prod-gw";

fn tailing(lines: &[(&str, &str)]) -> Harness {
    let mut harness = ready();
    harness.keys("l");
    let events = (-100..).zip(lines);
    let events = events.map(|(at, (group, text))| world::log(at, group, text));
    let batch = world::lines(events.collect());
    harness.on(Event::Logs(LogsEvent::Arrived(batch)));
    harness.frame(120, 36);
    harness
}

const JSON: [(&str, &str); 2] = [
    (
        GROUP,
        r#"{"message":"slow query","http.status_code":502,"tool":{"name":"read-cypher"}}"#,
    ),
    (GROUP, r#"{"message":"fine","http.status_code":207}"#),
];

#[test]
fn fields_of_json_lines_are_chosen_as_columns_and_kept() {
    let mut harness = tailing(&JSON);
    harness.keys("|");
    harness.shows("http.status_code message tool.name");
    harness.text("tool");
    harness.shows("tool.name");
    harness.keys("down");
    harness.text(",ht");
    harness.keys("down enter");
    harness.shows("tool.name");
    let first = harness.line("slow query");
    assert!(
        first.contains("read-cypher") && first.contains("502"),
        "{first}"
    );
    assert!(harness.line("fine").contains("207"));
    let memory = ViewMemory::parse(&harness.app.memory().to_text());
    assert_eq!(memory.logs.fields, ["tool.name", "http.status_code"]);
    harness.keys("| ctrl-u enter");
    harness.hides("207");
}

#[test]
fn a_filter_and_a_query_are_kept_under_a_name() {
    let mut harness = tailing(&JSON);
    harness.keys("&");
    harness.text("@bad=http.status_code>=500");
    harness.keys("enter");
    harness.shows("kept as @bad");
    harness.shows("slow query");
    harness.hides("fine");
    harness.keys("esc & @ b");
    harness.shows("@bad");
    harness.keys("up enter");
    harness.hides("fine");
    harness.keys("esc & @ b down enter");
    harness.hides("fine");
    harness.keys("esc & @ n o enter");
    harness.shows("nothing is kept as @no; there are @bad");
    harness.shows("fine");
    harness.keys("I ctrl-u");
    harness.text("filter session = 'SESSION-ID'");
    assert_eq!(harness.keys("enter"), [], "nothing is sent");
    harness.shows("put the id of a session in the place of SESSION-ID");
    harness.keys("I ctrl-u");
    harness.text("@all=stats count(*)");
    let effects = harness.keys("enter");
    assert!(
        matches!(&effects[..], [Effect::Logs(LogsEffect::EstimateQuery(request))] if request.text == "stats count(*)"),
        "{effects:?}"
    );
    harness.keys("esc I");
    harness.shows("@all");
    let memory = ViewMemory::parse(&harness.app.memory().to_text()).logs;
    assert_eq!(memory.named_filters[0].text, "http.status_code>=500");
    assert_eq!(memory.named_queries[0].name, "all");
}

#[test]
fn an_opened_error_shows_its_reason_and_the_key_that_leads_into_it() {
    let text = r#"{"body":{"isError":true,"log":"Failed to process request with requestId: 26","responseBody":"{jsonrpc=2.0, id=26, result={content=[{type=text, text=Neo.ClientError.Statement.SyntaxError: Invalid input 'MTCH': expected 'MATCH', 'MERGE', 'OPTIONAL', 'UNWIND', 'CALL', 'WITH', 'RETURN' or the end of it (line 1, column 1)}], isError=true}}"}}"#;
    let mut harness = tailing(&[(GATEWAY, text)]);
    harness.shows("requestId: 26: Neo.ClientError.Statement.SyntaxError");
    harness.keys("enter");
    harness.shows("into the line");
    harness.shows("a map in a string");
    harness.shows("'RETURN' or the end of it (line 1, column 1)");
    harness.keys("right");
    harness.hides("into the line");
    harness.keys("j");
    let row = harness.line("isError");
    assert!(row.starts_with('▌'), "the keys move in the tree: {row}");
    harness.keys("esc");
    harness.shows("into the line");
}
