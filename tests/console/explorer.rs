//! The Tools screen as an explorer: call history, schema and completion, graph, rows, changes, nested forms, drafts.

use agentcore_console::{
    messages::{Effect, Event, ToolsEffect, ToolsEvent},
    model::{CallOutcome, Elapsed, Table},
    tools::{
        drafts::FormDraft,
        history::{HistoryChange, HistoryEntry, HistoryOutcome},
    },
};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, NOW},
    world::{self, connected, endpoint, ready, tools_with},
};

/// The Tools screen of prod, connected, the reading tool selected.
fn tools() -> Harness {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness
}

fn entry(minutes: i64, statement: &str, outcome: HistoryOutcome) -> HistoryEntry {
    let key = (endpoint("prod"), "neo4j-mcp___read-cypher".to_owned());
    let arguments = json!({"query": statement});
    let arguments = arguments.as_object().unwrap();
    HistoryEntry::new(key, arguments, NOW.plus(-minutes * 60_000), outcome)
}

fn with_history() -> Harness {
    let mut harness = tools();
    harness.on(Event::Tools(ToolsEvent::HistoryRead(Ok(vec![
        entry(
            5,
            "MATCH (m:Movie) RETURN m.title",
            HistoryOutcome::Rows(38),
        ),
        entry(9, "MATCH (p:Person) RETURN p", HistoryOutcome::Rows(133)),
        entry(
            60 * 50,
            "RETURN fro()",
            HistoryOutcome::ToolError("Unknown function 'fro'".into()),
        ),
    ]))));
    harness
}

pub(crate) fn rows(columns: &[&str], rows: Vec<Value>) -> Event {
    let table = Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows: rows
            .into_iter()
            .map(|row| row.as_array().cloned().unwrap_or_default())
            .collect(),
        lost_temporals: Vec::new(),
    };
    answered(Some(table), json!([]))
}

fn answered(table: Option<Table>, json: Value) -> Event {
    let outcome = CallOutcome {
        is_error: false,
        table,
        content: vec![json!({"type": "text", "text": json.to_string()})],
        structured_content: None,
        raw: json!({"content": []}),
        elapsed: Elapsed {
            total: 46,
            ..Elapsed::default()
        },
        request_id: None,
        trace_id: None,
        json: Some(json),
    };
    Event::Tools(ToolsEvent::Called(endpoint("prod"), Box::new(Ok(outcome))))
}

fn schema_answer() -> Event {
    let Event::Tools(ToolsEvent::Called(endpoint, result)) = answered(
        None,
        json!({
            "Person": {"type": "node", "count": 133, "properties": {"name": {"type": "STRING", "indexed": true}, "born": {"type": "INTEGER"}},
                "relationships": {"ACTED_IN": {"direction": "out", "labels": ["Movie"], "properties": {"roles": "LIST"}}}},
            "Movie": {"type": "node", "count": 38, "properties": {"title": {"type": "STRING"}, "released": {"type": "INTEGER"}, "tagline": {"type": "STRING"}}},
            "ACTED_IN": {"type": "relationship", "count": 172, "properties": {"roles": {"type": "LIST"}}},
        }),
    ) else {
        panic!("a call was answered")
    };
    let tool = "neo4j-mcp___get-schema".to_owned();
    Event::Tools(ToolsEvent::GraphSchemaRead(endpoint, tool, result))
}

/// The editor with the schema known.
fn editing() -> Harness {
    let mut harness = tools();
    let tool = "neo4j-mcp___get-schema".to_owned();
    assert_eq!(
        harness.keys("enter"),
        [Effect::Tools(ToolsEffect::ReadGraphSchema(
            endpoint("prod"),
            tool
        ))],
        "read when the editor is entered"
    );
    harness.on(schema_answer());
    harness
}

#[test]
fn letters_that_were_typed_before_the_schema_came_get_its_proposals() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("MATCH (m:Mov");
    harness.hides("from the schema");
    harness.on(schema_answer());
    harness.shows("from the schema");
    assert!(harness.line("label").contains("Movie"));
    // Behind another key nothing opens by itself.
    let mut harness = tools();
    harness.keys("enter");
    harness.text("MATCH (m:Mov");
    harness.keys("esc esc");
    harness.on(schema_answer());
    harness.hides("from the schema");
}

#[test]
fn every_call_is_kept_and_listed_with_its_statement() {
    let mut harness = tools();
    harness.keys("enter");
    harness.text("RETURN $n AS n");
    harness.keys("tab");
    harness.text("7");
    harness.keys("f5");
    let effects = harness.on(rows(&["n"], vec![json!([7])]));
    let [Effect::Tools(ToolsEffect::KeepCall(kept))] = effects.as_slice() else {
        panic!("nothing is kept: {effects:?}")
    };
    assert_eq!(kept.outcome, HistoryOutcome::Rows(1));
    assert_eq!((kept.wire.elapsed.total, kept.at), (46, NOW));
    assert_eq!(kept.arguments["params"], json!({"n": 7}));
    harness.keys("esc");
    assert!(
        harness
            .line("14:00 RETURN $n")
            .contains("14:00 RETURN $n AS n")
    );
}

#[test]
fn calls_of_earlier_runs_are_searched_and_put_into_the_editor() {
    let mut harness = with_history();
    harness.shows("13:55 MATCH (m:Movie)");
    harness.shows("2d RETURN fro()");
    harness.keys("ctrl-r");
    harness.shows("3 kept");
    harness.text("person");
    harness.shows("1 of 3");
    assert!(harness.selected().contains("MATCH (p:Person) RETURN p"));
    harness.keys("enter");
    assert!(
        harness
            .line("1  MATCH")
            .contains("1  MATCH (p:Person) RETURN p"),
        "in the editor"
    );
    let effects = harness.keys("f5");
    assert!(
        matches!(effects.as_slice(), [Effect::Tools(ToolsEffect::Call { arguments, .. })] if arguments["query"] == "MATCH (p:Person) RETURN p"),
        "{effects:?}"
    );
}

#[test]
fn a_call_of_the_history_is_run_pinned_named_and_removed() {
    let mut harness = with_history();
    harness.keys("ctrl-r down");
    let id = entry(9, "", HistoryOutcome::Answered).id;
    assert_eq!(
        harness.keys("ctrl-o"),
        [Effect::Tools(ToolsEffect::ChangeCall(
            id.clone(),
            HistoryChange::Pin(true)
        ))]
    );
    assert!(
        harness.selected().contains("MATCH (m:Movie)"),
        "pinned ones stand first"
    );
    harness.keys("up ctrl-s");
    harness.text("everybody");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Tools(ToolsEffect::ChangeCall(
            id,
            HistoryChange::Name("everybody".into())
        ))]
    );
    harness.shows("▪13:51");
    harness.shows("everybody");
    harness.keys("down down ctrl-d");
    harness.shows("Remove the call from the history?");
    harness.keys("y");
    harness.shows("2 kept");
    let effects = harness.keys("f5");
    let is_run = |effect: &Effect| {
        matches!(
            effect,
            Effect::Tools(ToolsEffect::Call { arguments, .. }) if arguments["query"] == "MATCH (m:Movie) RETURN m.title"
        )
    };
    assert!(effects.iter().any(is_run), "{effects:?}");
}

#[test]
fn a_call_with_a_secret_is_recalled_but_not_run_without_it() {
    let mut harness = tools();
    let key = (endpoint("prod"), "neo4j-mcp___read-cypher".to_owned());
    let arguments = json!({"query": "RETURN $password", "params": {"password": "hunter2"}});
    let arguments = arguments.as_object().unwrap();
    let masked = HistoryEntry::new(key, arguments, NOW, HistoryOutcome::Rows(1));
    harness.on(Event::Tools(ToolsEvent::HistoryRead(Ok(vec![masked]))));
    harness.keys("ctrl-r");
    harness.hides("hunter2");
    let effects = harness.keys("f5");
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Tools(ToolsEffect::Call { .. }))),
        "{effects:?}"
    );
    harness.shows("a secret was left out of the history");
}

#[test]
fn the_schema_stands_beside_the_editor_where_there_is_room() {
    let mut harness = editing();
    let wide = harness.frame(160, 45);
    for shown in [
        "SCHEMA",
        "▾ :Person",
        "133",
        "name          STRING",
        "indexed",
        "▸ ACTED_IN  Person → Movie",
    ] {
        assert!(wide.contains(shown), "{shown}:\n{wide}");
    }
    harness.hides("SCHEMA");
    harness.keys("f6");
    harness.shows("SCHEMA");
    harness.keys("down down down enter");
    harness.hides("SCHEMA");
    harness.shows("1  Movie");
}

#[test]
fn what_may_stand_at_the_cursor_is_proposed_and_inserted() {
    let mut harness = editing();
    harness.text("MATCH (m:Mo");
    harness.shows("from the schema of 14:00");
    harness.keys("tab");
    harness.text(") WHERE m.t");
    let line = harness.line("title");
    assert!(line.contains("STRING") && line.contains("Movie"), "{line}");
    harness.shows("tagline");
    harness.keys("down tab");
    harness.shows("1  MATCH (m:Movie) WHERE m.tagline");
    harness.hides("from the schema");
    harness.text(" = $x AND m.r");
    harness.shows("from the schema");
    harness.keys("esc");
    harness.hides("from the schema");
    harness.keys("tab");
    harness.text("1990");
    assert!(harness.line("integer").contains("1990"));
}

pub(crate) fn node(id: usize, label: &str, name: &str) -> Value {
    json!({"ElementId": format!("4:x:{id}"), "Labels": [label], "Props": {"name": name, "born": 1960}})
}

pub(crate) fn acted(from: usize, to: usize, role: &str) -> Value {
    json!({"ElementId": format!("5:x:{from}-{to}"), "StartElementId": format!("4:x:{from}"),
        "EndElementId": format!("4:x:{to}"), "Type": "ACTED_IN", "Props": {"roles": [role]}})
}

/// The graph of three people in two films.
fn graph() -> Harness {
    let mut harness = editing();
    harness.text("MATCH (p:Person)-[r]->(m:Movie) RETURN p, r, m");
    harness.keys("f5");
    let (matrix, atlas) = (
        node(1, "Movie", "The Matrix"),
        node(2, "Movie", "Cloud Atlas"),
    );
    let people = [
        (3, "Keanu Reeves", 1, "Neo"),
        (4, "Hugo Weaving", 1, "Agent Smith"),
        (4, "Hugo Weaving", 2, "Bill Smoke"),
        (5, "Halle Berry", 2, "Luisa Rey"),
    ];
    let found = people.map(|(id, name, film, role)| {
        let film = if film == 1 { (1, &matrix) } else { (2, &atlas) };
        json!([node(id, "Person", name), acted(id, film.0, role), film.1])
    });
    harness.on(rows(&["p", "r", "m"], found.to_vec()));
    harness.keys("v");
    harness
}

#[test]
fn nodes_and_relationships_are_a_picture_with_the_chosen_node_beside_it() {
    let mut harness = graph();
    harness.shows("table graph tree raw");
    harness.shows("5 nodes   4 relationships");
    for shown in [
        "The Matrix",
        "Cloud Atlas",
        "Keanu Reeves",
        "Hugo Weaving",
        "Halle Berry",
        "⣿",
    ] {
        harness.shows(shown);
    }
    harness.shows("● Person 3");
    harness.shows("→ ACTED_IN 4");
    let wide = harness.frame(160, 45);
    assert!(
        wide.contains("label    :") && wide.contains("ACTED_IN"),
        "{wide}"
    );
    let before = harness.line("neighbours");
    harness.keys("right");
    assert_ne!(harness.line("neighbours"), before, "another node is chosen");
}

#[test]
fn a_node_is_expanded_by_a_query_that_is_seen() {
    let mut harness = graph();
    let line = harness.line("neighbours");
    assert!(
        line.contains("MATCH (n)-[r]-(m) WHERE elementId(n) ="),
        "{line}"
    );
    let effects = harness.keys("enter");
    let [
        Effect::Tools(ToolsEffect::Call {
            tool, arguments, ..
        }),
    ] = effects.as_slice()
    else {
        panic!("no call: {effects:?}")
    };
    assert_eq!(tool, "neo4j-mcp___read-cypher");
    assert!(
        line.contains(arguments["query"].as_str().unwrap()),
        "{line}"
    );
    let more = json!([
        node(4, "Person", "Hugo Weaving"),
        acted(4, 6, "V"),
        node(6, "Movie", "V for Vendetta")
    ]);
    harness.on(rows(&["n", "r", "m"], vec![more]));
    harness.shows("6 nodes   5 relationships");
    harness.shows("V for Vendetta");
}

#[test]
fn rows_are_sorted_and_filtered_and_a_cell_is_shown_whole() {
    let mut harness = editing();
    harness.text("RETURN 1");
    harness.keys("f5");
    let long = "long ".repeat(60);
    harness.on(rows(
        &["title", "year"],
        vec![
            json!(["The Matrix", 1999]),
            json!([long, 2012]),
            json!(["Cast Away", 2000]),
        ],
    ));
    harness.shows("title text");
    harness.shows("year integer");
    harness.keys("right s s");
    harness.shows("year ▾");
    let frame = harness.frame(120, 36);
    assert!(frame.find("2012") < frame.find("2000") && frame.find("2000") < frame.find("1999"));
    harness.keys("/");
    harness.text("cast");
    harness.shows("1 of 3 rows");
    harness.hides("The Matrix");
    harness.keys("enter esc");
    harness.shows("The Matrix");
    harness.keys("g left enter");
    assert!(
        harness.frame(120, 36).matches("long long").count() > 2,
        "the cell is wrapped"
    );
}

#[test]
fn a_result_says_what_changed_since_the_one_before_and_that_the_text_was_edited() {
    let mut harness = editing();
    harness.text("RETURN 1");
    harness.keys("f5");
    harness.on(rows(&["a"], vec![json!([1]), json!([2])]));
    harness.keys("f5");
    harness.on(rows(&["a"], vec![json!([1]), json!([2])]));
    harness.shows("as before");
    harness.keys("f5");
    harness.on(rows(&["a"], vec![json!([2]), json!([3])]));
    harness.shows("+1 −1");
    harness.keys("v v");
    harness.shows("1 added, 1 removed, 1 as before");
    harness.shows("− 1");
    harness.shows("+ 3");
    harness.hides("edited since");
    harness.keys("shift-backtab");
    harness.text("0");
    harness.shows("14:00:00, edited since");
}

#[test]
fn a_plan_is_a_tree_of_operators() {
    let mut harness = tools_with(json!({"type": "object", "properties": {}}));
    harness.keys("j enter f5");
    harness.on(answered(
        None,
        json!({"operator": "ProduceResults", "identifiers": ["p"], "arguments": {"EstimatedRows": 140.0},
            "children": [{"operator": "NodeByLabelScan", "arguments": {"EstimatedRows": 38.0, "Details": "p:Person"}, "children": []}]}),
    ));
    harness.shows("plan tree raw");
    harness.shows("└ NodeByLabelScan");
    harness.shows("p:Person");
    harness.shows("Estimates of the planner");
}

#[test]
fn nested_objects_and_lists_are_fields_with_their_descriptions() {
    let mut harness = tools_with(
        json!({"type": "object", "required": ["place"], "properties": {
            "place": {"type": "object", "required": ["city"], "properties": {
                "city": {"type": "string", "description": "Where the film was made"}}},
            "steps": {"type": "array", "items": {"type": "object", "properties": {"do": {"type": "string"}}}},
        }}),
    );
    // The head of an object takes no letters: the form begins at its first field.
    harness.keys("j enter");
    harness.shows("Where the film was made");
    harness.text("Sydney");
    harness.keys("tab");
    harness.text("+");
    harness.shows("1 item   + adds one");
    harness.keys("tab tab");
    harness.text("wash");
    let effects = harness.keys("f5");
    let Some(Effect::Tools(ToolsEffect::Call { arguments, .. })) = effects.last() else {
        panic!("no call: {effects:?}")
    };
    assert_eq!(
        Value::Object(arguments.clone()),
        json!({"place": {"city": "Sydney"}, "steps": [{"do": "wash"}]})
    );
}

#[test]
fn what_is_typed_is_kept_over_runs_for_its_endpoint_and_tool() {
    let mut harness = editing();
    harness.text("RETURN $year, $password");
    harness.keys("tab tab");
    harness.text("hunter2");
    let effects = harness.pass(2_500);
    let [Effect::Tools(ToolsEffect::KeepDrafts(drafts))] = effects.as_slice() else {
        panic!("nothing is kept: {effects:?}")
    };
    assert!(!format!("{drafts:?}").contains("hunter2"));
    assert_eq!(harness.pass(2_500), [], "once");
    let mut later = tools();
    later.on(Event::Tools(ToolsEvent::DraftsRead(Ok(drafts.clone()))));
    later.shows("RETURN $year, $password");
    let other = FormDraft {
        endpoint: endpoint("analytics"),
        ..drafts[0].clone()
    };
    let mut another = tools();
    another.on(Event::Tools(ToolsEvent::DraftsRead(Ok(vec![other]))));
    another.hides("RETURN $year");
}

#[test]
fn a_tool_is_found_by_its_letters_and_the_endpoint_is_copied_for_mcp_json() {
    let mut harness = tools();
    harness.keys("/");
    harness.text("wrcy");
    harness.shows("write-cypher");
    harness.hides("get-schema");
    harness.keys("esc");
    let copied = harness.keys("c m");
    assert!(
        matches!(copied.as_slice(), [Effect::Copy(text)] if text.contains("mcpServers") && text.contains("https://gw.example/mcp")),
        "{copied:?}"
    );
}

/// Returns the Tools screen after a call with a trace id, with the focus on its result, and whose call it was.
fn after_a_traced_call() -> (Harness, agentcore_console::model::McpEndpoint) {
    let mut harness = editing();
    harness.text("RETURN 1");
    harness.keys("f5");
    let Event::Tools(ToolsEvent::Called(prod, result)) = rows(&["a"], vec![json!([1])]) else {
        panic!("a call was answered")
    };
    let outcome = CallOutcome {
        trace_id: Some("691bb6a8".into()),
        ..result.expect("it came")
    };
    harness.on(Event::Tools(ToolsEvent::Called(
        prod.clone(),
        Box::new(Ok(outcome)),
    )));
    (harness, prod)
}

#[test]
fn the_log_lines_of_a_call_are_read_below_its_result_and_then_opened_in_logs() {
    use agentcore_console::calls::TraceLine;
    let (mut harness, prod) = after_a_traced_call();
    let effects = harness.keys("L");
    let [
        Effect::Tools(ToolsEffect::ReadCallLines {
            began, ids, groups, ..
        }),
        // What was typed is kept when the editor is left.
        Effect::Tools(ToolsEffect::KeepDrafts(_)),
    ] = effects.as_slice()
    else {
        panic!("nothing is read: {effects:?}")
    };
    assert_eq!(ids, &["691bb6a8"]);
    assert!(!groups.is_empty());
    let line = |after: i64, hop: &'static str, message: &str| TraceLine {
        timestamp: NOW.millis() + after,
        source: "group".into(),
        hop,
        message: message.into(),
        shown: message.into(),
        is_cause: false,
        level: None,
        reporter: "",
    };
    harness.on(Event::Tools(ToolsEvent::CallLinesRead(
        prod,
        *began,
        Ok(vec![
            line(0, "gateway", "Started processing request"),
            line(24, "runtime", "read-cypher, 1 row"),
        ]),
    )));
    harness.shows("+24 runtime  read-cypher, 1 row");
    harness.shows("L 2 lines in Logs");
    harness.keys("L");
    harness.shows("looking for call 691bb6a8");
}

#[test]
fn the_log_lines_of_a_call_are_clean_and_what_is_not_shown_is_counted() {
    use agentcore_console::{calls::TraceLine, logs::Level};
    let (mut harness, prod) = after_a_traced_call();
    let effects = harness.keys("L");
    let [Effect::Tools(ToolsEffect::ReadCallLines { began, .. }), ..] = effects.as_slice() else {
        panic!("nothing is read: {effects:?}")
    };
    let line = |number: i64, level: Level, message: &str| TraceLine {
        timestamp: NOW.millis() + number,
        source: "group".into(),
        hop: "interceptor",
        message: message.into(),
        shown: message.into(),
        is_cause: false,
        level: Some(level),
        reporter: "",
    };
    let mut lines = vec![line(
        0,
        Level::Info,
        "START RequestId: 8f5 Version: $LATEST",
    )];
    lines.extend((1..40).map(|number| line(number, Level::Info, &format!("line {number:02}"))));
    lines.push(line(40, Level::Error, "[ERROR] it broke"));
    harness.on(Event::Tools(ToolsEvent::CallLinesRead(
        prod,
        *began,
        Ok(lines),
    )));
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let frame = harness.frame(width, height);
        assert!(frame.contains("41 lines in Logs"), "{frame}");
        assert!(frame.contains("interceptor  it broke"), "{frame}");
        let shown = frame.matches("interceptor  ").count();
        let above = frame
            .split("▲ ")
            .last()
            .and_then(|rest| rest.split(' ').next());
        let above: usize = above.and_then(|count| count.parse().ok()).unwrap_or(0);
        assert_eq!(shown + above, 41, "{frame}");
        assert!(!frame.contains("RequestId"), "{frame}");
    }
}

#[test]
fn the_search_of_the_history_holds_this_deployment_and_on_a_key_all() {
    let mut harness = with_history();
    let key = (endpoint("analytics"), "t___read-cypher".to_owned());
    let arguments = json!({"query": "RETURN 'elsewhere'"});
    let elsewhere = HistoryEntry::new(
        key,
        arguments.as_object().unwrap(),
        NOW.plus(-60_000),
        HistoryOutcome::Rows(1),
    );
    assert_eq!(
        harness.keys("ctrl-r"),
        [Effect::Tools(ToolsEffect::ReadCallHistory)],
        "a command may have added a call"
    );
    harness.on(Event::Tools(ToolsEvent::HistoryRead(Ok(vec![elsewhere]))));
    harness.shows("prod  3 of 4");
    harness.hides("elsewhere");
    harness.keys("alt-a");
    harness.shows("all deployments  4 kept");
    let line = harness.line("elsewhere");
    assert!(line.contains("analytics"), "{line}");
    harness.text("elsewhere");
    harness.shows("all deployments  1 of 4");
    harness.keys("alt-a");
    harness.shows("no such call of prod; alt-a all deployments");
}

#[test]
fn the_best_match_of_a_filter_is_first_and_names_go_before_targets() {
    use agentcore_console::model::Tool;
    let mut harness = tools();
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        ..world::tools()[0].clone()
    };
    let Event::Tools(ToolsEvent::Connected(prod, welcome)) = connected(&endpoint("prod")) else {
        panic!("it is connected")
    };
    let (info, claims, _) = welcome.expect("it is connected");
    let listed = [
        "create-things___list",
        "create-things___recreate",
        "issues___search",
        "issues___issue_create",
        "issues___create_issue",
    ];
    let listed = listed.map(tool).to_vec();
    harness.on(Event::Tools(ToolsEvent::Connected(
        prod,
        Box::new(Ok((info, claims, listed))),
    )));
    harness.keys("/");
    harness.text("create");
    let frame = harness.frame(120, 36);
    let places: Vec<usize> = [
        "create_issue",
        "issue_create",
        "create-things",
        "recreate",
        "list",
    ]
    .map(|name| {
        frame
            .find(&format!(" {name} "))
            .unwrap_or_else(|| panic!("{name}: {frame}"))
    })
    .to_vec();
    assert!(places.is_sorted(), "{frame}");
    assert!(harness.selected().starts_with("create_issue"));
    harness.hides("search");
}

#[test]
fn a_tool_whose_copy_is_older_than_the_runtimes_is_marked_and_its_difference_shown() {
    use agentcore_console::model::{Kind, McpEndpoint, McpTarget, Tool};
    let mut harness = tools();
    let prod = endpoint("prod");
    let runtime = McpEndpoint {
        target: McpTarget::Resource(world::key("prod", Kind::Runtime, "prod-rt")),
        ..prod.clone()
    };
    harness.keys("p");
    harness.text("runtime prod");
    harness.keys("enter");
    let Event::Tools(ToolsEvent::Connected(_, welcome)) = connected(&prod) else {
        panic!("it is connected")
    };
    let (info, claims, listed) = welcome.expect("it is connected");
    let own = |tool: Tool| {
        let name = tool.parts().1.to_owned();
        let is_reader = name == "read-cypher";
        Tool {
            name,
            description: if is_reader {
                Some("Runs a reading statement, at most a thousand rows".into())
            } else {
                tool.description
            },
            input_schema: if is_reader {
                json!({"type": "object", "required": ["query"], "properties": {
                    "query": {"type": "string"}, "params": {"type": "object"}, "database": {"type": "string"}}})
            } else {
                tool.input_schema
            },
            ..tool
        }
    };
    let theirs = listed.into_iter().map(own).collect();
    harness.on(Event::Tools(ToolsEvent::Connected(
        runtime,
        Box::new(Ok((info, claims, theirs))),
    )));
    harness.hides("≠");
    harness.keys("p");
    harness.text("gateway prod");
    harness.keys("enter");
    assert!(
        harness.selected().contains("≠ reads"),
        "{}",
        harness.selected()
    );
    assert!(!harness.line("get-schema").contains('≠'));
    harness.shows("≠ the runtime says otherwise: description, database");
    let wide = harness.frame(170, 45);
    for shown in [
        "GATEWAY ≠ RUNTIME",
        "− Runs a reading statement",
        "+ Runs a reading statement, at",
        "− nothing",
        "+ string",
        "runtime: ≠read-cypher",
    ] {
        assert!(wide.contains(shown), "{shown}: {wide}");
    }
    harness.keys("f6");
    harness.shows("GATEWAY ≠ RUNTIME");
}

#[test]
fn what_the_doctor_saw_of_the_runtime_marks_a_copy_and_without_it_the_list_says_not_compared() {
    let mut harness = tools();
    harness.shows("≠ not compared: p");
    let Event::Tools(ToolsEvent::Connected(_, welcome)) = connected(&endpoint("prod")) else {
        panic!("it is connected")
    };
    let (_, _, listed) = welcome.expect("it is connected");
    let theirs = listed.into_iter().map(|mut tool| {
        tool.name = tool.parts().1.to_owned();
        if tool.name == "write-cypher" {
            tool.description = Some("Writes another way".into());
        }
        tool
    });
    let Event::Examined(mut report) = world::examined("prod", false) else {
        panic!("it is examined")
    };
    report.runtime_tools = Some(theirs.collect());
    harness.on(Event::Examined(report));
    harness.hides("not compared");
    assert!(harness.line("write-cypher").contains('≠'));
    assert!(!harness.line("read-cypher").contains('≠'));
    harness.shows("≠1");
    harness.shows("runtime (doctor, 0s ago):");
}

#[test]
fn an_argument_that_names_an_index_gets_proposals_from_the_schema() {
    use agentcore_console::model::{Tool, ToolAnnotations};
    let mut harness = tools();
    let Event::Tools(ToolsEvent::Connected(prod, welcome)) = connected(&endpoint("prod")) else {
        panic!("it is connected")
    };
    let (info, claims, mut listed) = welcome.expect("it is connected");
    listed.push(Tool {
        name: "neo4j-mcp___vector-search".into(),
        input_schema: json!({"type": "object", "required": ["index_name"], "properties": {
            "index_name": {"type": "string"}, "text": {"type": "string"}}}),
        annotations: ToolAnnotations {
            read_only: Some(true),
            ..ToolAnnotations::default()
        },
        ..listed[0].clone()
    });
    harness.on(Event::Tools(ToolsEvent::Connected(
        prod.clone(),
        Box::new(Ok((info, claims, listed))),
    )));
    harness.keys("j j");
    assert!(harness.selected().starts_with("vector-search"));
    let schema_tool = "neo4j-mcp___get-schema".to_owned();
    assert_eq!(
        harness.keys("enter"),
        [Effect::Tools(ToolsEffect::ReadGraphSchema(
            prod.clone(),
            schema_tool.clone()
        ))]
    );
    let Event::Tools(ToolsEvent::Called(_, answer)) = answered(
        None,
        json!({"nodes": [{"label": "Movie", "properties": {"title": "STRING"}}], "relationships": [],
            "indexes": [
                {"name": "movie_plots", "type": "VECTOR", "labelsOrTypes": ["Movie"], "properties": ["embedding"]},
                {"name": "movie_titles", "type": "FULLTEXT", "labelsOrTypes": ["Movie"], "properties": ["title"]}]}),
    ) else {
        panic!("a call was answered")
    };
    harness.on(Event::Tools(ToolsEvent::GraphSchemaRead(
        prod,
        schema_tool,
        answer,
    )));
    harness.text("mov");
    let line = harness.line("movie_plots");
    assert!(line.contains("vector Movie(embedding)"), "{line}");
    harness.hides("movie_titles");
    harness.keys("tab tab");
    harness.text("space");
    let call = harness.keys("f5");
    assert!(
        matches!(
            call.last(),
            Some(Effect::Tools(ToolsEffect::Call { arguments, .. }))
                if arguments["index_name"] == "movie_plots" && arguments["text"] == "space"
        ),
        "{call:?}"
    );
}
