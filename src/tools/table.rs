//! From a tool's result to a [`Table`]: pure. The shape decides, never the tool's name.
//!
//! Rows come as one JSON array, as one text block each, as JSON lines, within the envelopes of several servers, as
//! Neo4j's own HTTP answers, and as a Lambda's answer. The official server sorts a row's keys; the order of the
//! statement's RETURN is recovered from its text.

use serde_json::{Map, Value};

use super::{cypher::returned_columns, envelope};
use crate::model::{Table, loose_json};

/// The longest text that is read as JSON for more than its rows.
const LONGEST: usize = 16 << 20;
/// Names of envelopes that hold rows, the commonest first.
const ROWS: [&str; 5] = ["rows", "data", "records", "results", "values"];
/// Names under which an envelope gives the columns of rows that are lists.
const COLUMNS: [&str; 4] = ["columns", "fields", "keys", "headers"];
/// Envelopes within envelopes that are opened.
const DEPTH: usize = 4;

/// What a result holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultReading {
    /// Its rows.
    pub table: Option<Table>,
    /// What it holds as JSON; nothing where that is longer than 16 MB.
    pub json: Option<Value>,
    /// Whether an envelope in it reports a failure: a Lambda's, or Neo4j's list of errors.
    pub is_error: bool,
}

/// Reads the content blocks and the structured content of a `tools/call` result. `statement`: the Cypher that was run,
/// whose result has rows, be they none.
pub fn read(
    content: &[Value],
    structured: Option<&Value>,
    statement: Option<&str>,
) -> ResultReading {
    let texts: Vec<&str> = content.iter().filter_map(text_of).collect();
    let mut parsed: Vec<Value> = texts.iter().filter_map(|text| parse(text)).collect();
    if texts.iter().any(|text| text.contains("\"$type\"")) {
        parsed = parsed.into_iter().map(envelope::without_types).collect();
    }
    let is_error = parsed.iter().chain(structured).any(envelope::is_failure);
    let whole: usize = texts.iter().map(|text| text.len()).sum();
    let json = match (structured, parsed.as_slice()) {
        (Some(structured), _) => Some(structured.clone()),
        (None, [only]) if texts.len() == 1 && whole <= LONGEST => {
            Some(only.clone()).filter(|value| value.is_object() || value.is_array())
        }
        _ => None,
    };
    let table =
        if parsed.len() > 1 && parsed.len() == texts.len() && parsed.iter().all(Value::is_object) {
            of_rows(std::mem::take(&mut parsed), statement)
        } else {
            let mut tables = parsed
                .into_iter()
                .filter_map(|value| of_value(value, statement));
            tables.next().filter(|_| tables.next().is_none())
        };
    let table = table
        .or_else(|| of_structured(structured?, statement))
        .or_else(|| {
            let is_blank = texts.iter().all(|text| text.trim().is_empty());
            let is_empty = is_blank && texts.len() == content.len() && structured.is_none();
            statement.filter(|_| is_empty).map(|statement| Table {
                columns: returned_columns(statement).unwrap_or_default(),
                ..Table::default()
            })
        });
    ResultReading {
        table,
        json,
        is_error,
    }
}

/// Returns the text of a block: its own, or that of a resource in it.
fn text_of(block: &Value) -> Option<&str> {
    block
        .get("text")
        .or_else(|| block.pointer("/resource/text"))
        .and_then(Value::as_str)
}

fn of_structured(structured: &Value, statement: Option<&str>) -> Option<Table> {
    // FastMCP wraps what is no object.
    let value = match structured.as_object() {
        Some(members) if members.len() == 1 => members.get("result").unwrap_or(structured),
        _ => structured,
    };
    of_value(value.clone(), statement)
}

/// JSON in a text: all of it, JSON lines, a text in JSON, within a fence, or behind a line of words.
fn parse(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    match whole(text) {
        Some(Value::String(inner)) => whole(inner.trim()).or(Some(Value::String(inner))),
        Some(value) => Some(value),
        None if text.starts_with('{') => lines(text),
        None => behind_words(text),
    }
}

fn whole(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    loose_json(text).ok()
}

/// Returns one object a line.
fn lines(text: &str) -> Option<Value> {
    let rows: Vec<Value> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| whole(line).filter(Value::is_object))
        .collect::<Option<_>>()?;
    (rows.len() > 1).then_some(Value::Array(rows))
}

/// JSON that begins with a line of its own, behind a sentence or within a fence.
fn behind_words(text: &str) -> Option<Value> {
    let (start, ()) = text
        .match_indices('\n')
        .map(|(at, _)| (at + 1, ()))
        .find(|(at, ())| {
            text.get(*at..)
                .is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(['[', '{']))
        })?;
    let rest = text.get(start..)?.trim();
    let rest = rest.strip_suffix("```").unwrap_or(rest).trim_end();
    whole(rest).or_else(|| lines(rest))
}

/// Returns the table in a JSON value.
pub fn of_value(value: Value, statement: Option<&str>) -> Option<Table> {
    within(value, statement, DEPTH)
}

fn within(value: Value, statement: Option<&str>, depth: usize) -> Option<Table> {
    match value {
        Value::Array(rows) => of_rows(rows, statement),
        Value::Object(members) if depth > 0 => of_object(members, statement, depth - 1),
        Value::String(text) if depth > 0 => within(whole(text.trim())?, statement, depth - 1),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            None
        }
    }
}

fn of_object(
    mut members: Map<String, Value>,
    statement: Option<&str>,
    depth: usize,
) -> Option<Table> {
    if let Some(body) = envelope::take_lambda_body(&mut members) {
        return within(body, statement, depth);
    }
    let columns = COLUMNS.iter().find_map(|name| names(members.get(*name)?));
    let rows = ROWS.iter().find(|name| {
        members
            .get(**name)
            .is_some_and(|value| value.is_array() || value.is_object())
    });
    let Some(rows) = rows.and_then(|name| members.remove(*name)) else {
        return of_counters(&members).or_else(|| of_single_row(members, statement));
    };
    match (rows, columns) {
        (Value::Array(rows), Some(columns)) if rows.iter().all(|row| cells(row).is_some()) => {
            Some(of_lists(rows, columns))
        }
        // One result for each statement that was sent: `{"results":[{"columns":…,"data":…}]}`.
        (Value::Array(mut rows), _) if is_result_list(&rows) => {
            within(rows.pop()?, statement, depth)
        }
        (Value::Array(rows), _) => of_rows(rows, statement),
        (other, _) => within(other, statement, depth),
    }
}

fn is_result_list(rows: &[Value]) -> bool {
    matches!(rows, [only] if only.get("columns").is_some() && only.get("data").is_some())
}

fn names(value: &Value) -> Option<Vec<String>> {
    value
        .as_array()?
        .iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// Returns the cells of a row that is a list: itself, or Neo4j's `{"row":[…]}`.
fn cells(row: &Value) -> Option<&Vec<Value>> {
    row.as_array()
        .or_else(|| row.get("row").and_then(Value::as_array))
}

fn of_lists(rows: Vec<Value>, columns: Vec<String>) -> Table {
    let rows: Vec<Vec<Value>> = rows
        .into_iter()
        .map(|row| {
            let mut cells = cells(&row).cloned().unwrap_or_default();
            cells.resize(columns.len(), Value::Null);
            cells
        })
        .collect();
    let lost_temporals = columns
        .iter()
        .enumerate()
        .filter(|(at, _)| rows.iter().any(|row| row.get(*at).is_some_and(is_lost)))
        .map(|(_, name)| name.clone())
        .collect();
    Table {
        columns,
        rows,
        lost_temporals,
    }
}

/// Returns one object that has just the columns of the statement: a row that came without a list around it.
fn of_single_row(members: Map<String, Value>, statement: Option<&str>) -> Option<Table> {
    let columns = statement.and_then(returned_columns)?;
    let is_row =
        columns.len() == members.len() && columns.iter().all(|column| members.contains_key(column));
    is_row
        .then(|| of_rows(vec![Value::Object(members)], statement))
        .flatten()
}

fn of_rows(rows: Vec<Value>, statement: Option<&str>) -> Option<Table> {
    if rows.iter().any(|row| !row.is_object()) {
        return of_bare_rows(rows, statement);
    }
    let mut objects = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Value::Object(row) => objects.push(row),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => return None,
        }
    }
    let columns = columns(&objects, statement);
    let lost_temporals = columns
        .iter()
        .filter(|column| {
            objects
                .iter()
                .any(|row| row.get(*column).is_some_and(is_lost))
        })
        .cloned()
        .collect();
    let rows = objects
        .into_iter()
        .map(|mut row| {
            columns
                .iter()
                .map(|column| row.remove(column).unwrap_or(Value::Null))
                .collect()
        })
        .collect();
    Some(Table {
        columns,
        rows,
        lost_temporals,
    })
}

/// Rows without names, which the statement gives: lists of as many cells, or single values for a single column.
fn of_bare_rows(rows: Vec<Value>, statement: Option<&str>) -> Option<Table> {
    let columns = statement.and_then(returned_columns)?;
    let are_lists = rows.iter().all(|row| {
        row.as_array()
            .is_some_and(|cells| cells.len() == columns.len())
    });
    let are_values = columns.len() == 1 && rows.iter().all(|row| !row.is_object());
    if are_lists {
        Some(of_lists(rows, columns))
    } else if are_values {
        let rows = rows.into_iter().map(|value| Value::Array(vec![value]));
        Some(of_lists(rows.collect(), columns))
    } else {
        None
    }
}

/// Returns the columns of the RETURN that the rows have, then all others in the order in which they come.
fn columns(rows: &[Map<String, Value>], statement: Option<&str>) -> Vec<String> {
    let returned = statement.and_then(returned_columns).unwrap_or_default();
    if rows.is_empty() {
        return returned;
    }
    let mut columns: Vec<String> = returned
        .into_iter()
        .filter(|column| rows.iter().any(|row| row.contains_key(column)))
        .collect();
    let mut known: std::collections::HashSet<String> = columns.iter().cloned().collect();
    for row in rows {
        for key in row.keys() {
            if !known.contains(key) {
                known.insert(key.clone());
                columns.push(key.clone());
            }
        }
    }
    columns
}

fn of_counters(members: &Map<String, Value>) -> Option<Table> {
    let counters = [
        "nodes_created",
        "nodes_deleted",
        "relationships_created",
        "relationships_deleted",
        "properties_set",
        "contains_updates",
        "_contains_updates",
        "labels_added",
    ];
    let all_scalar = members
        .values()
        .all(|value| value.is_number() || value.is_boolean());
    if !all_scalar || !members.keys().any(|key| counters.contains(&key.as_str())) {
        return None;
    }
    let rows = members
        .iter()
        .map(|(name, value)| vec![Value::from(name.as_str()), value.clone()])
        .collect();
    Some(Table {
        columns: vec!["counter".to_owned(), "value".to_owned()],
        rows,
        lost_temporals: Vec::new(),
    })
}

/// Returns whether a cell holds `{}`, which is what the official server makes of a date or time; also within lists and the
/// properties of nodes. An empty property map itself is none.
fn is_lost(cell: &Value) -> bool {
    match cell {
        Value::Object(members) if members.is_empty() => true,
        Value::Object(members) => members.iter().any(|(name, value)| {
            let is_map = matches!(name.as_str(), "Props" | "properties");
            if is_map {
                value
                    .as_object()
                    .is_some_and(|map| map.values().any(is_lost))
            } else {
                is_lost(value)
            }
        }),
        Value::Array(values) => values.iter().any(is_lost),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_result(result: &Value) -> Option<Table> {
        let content = result["content"].as_array().cloned().unwrap_or_default();
        read(&content, result.get("structuredContent"), None).table
    }

    #[test]
    fn sorted_keys_come_back_in_the_order_of_the_statement() {
        let table = of_value(
            json!([{"a": 2, "b": 1}, {"a": 4, "b": 3}]),
            Some("RETURN x AS b, y AS a"),
        )
        .unwrap();
        assert_eq!(table.columns, ["b", "a"]);
        assert_eq!(table.rows, [[json!(1), json!(2)], [json!(3), json!(4)]]);
    }

    #[test]
    fn columns_that_the_rows_do_not_have_are_none_and_unknown_ones_follow() {
        let table = of_value(
            json!([{"x": 1}, {"x": 2, "late": 3}]),
            Some("RETURN q AS other, x"),
        )
        .unwrap();
        assert_eq!(table.columns, ["x", "late"]);
        assert_eq!(table.rows[0], [json!(1), Value::Null]);
        let empty = of_value(json!([]), Some("RETURN q AS other, x")).unwrap();
        assert_eq!(
            (empty.columns, empty.rows.len()),
            (vec!["other".to_owned(), "x".to_owned()], 0)
        );
    }

    #[test]
    fn integers_stay_exact_and_lost_temporals_are_named() {
        let text = r#"[{"big": 9007199254740993, "when": {}, "node": {"Id": 1, "Labels": [], "Props": {}}, "seen": {"Props": {"at": {}}}, "list": [{}]}]"#;
        let table = of_value(serde_json::from_str(text).unwrap(), None).unwrap();
        assert_eq!(table.rows[0][0].to_string(), "9007199254740993");
        assert_eq!(table.lost_temporals, ["when", "seen", "list"]);
    }

    #[test]
    fn envelope_and_counters_are_tables_and_other_json_is_not() {
        let envelope = json!({"rows": [{"n": 1}], "rowCount": 1, "truncated": false});
        assert_eq!(of_value(envelope, None).unwrap().columns, ["n"]);
        let counters =
            of_value(json!({"nodes_created": 2, "_contains_updates": true}), None).unwrap();
        assert_eq!(
            counters.rows,
            [
                [json!("nodes_created"), json!(2)],
                [json!("_contains_updates"), json!(true)]
            ]
        );
        for other in [
            json!({"a": 1}),
            json!([1, 2]),
            json!("x"),
            json!({"rows": 3}),
            json!([{"a": 1}, 2]),
            Value::Null,
        ] {
            assert_eq!(of_value(other.clone(), None), None, "{other}");
        }
    }

    #[test]
    fn the_result_is_found_in_the_text_or_in_structured_content() {
        let text = json!({"content": [{"type": "text", "text": "[{\"x\":1}]"}]});
        assert_eq!(of_result(&text).unwrap().columns, ["x"]);
        let structured = json!({"content": [{"type": "text", "text": "one row"}], "structuredContent": {"result": [{"y": 1}]}});
        assert_eq!(of_result(&structured).unwrap().columns, ["y"]);
        let prose = json!({"content": [{"type": "text", "text": "The database is empty."}]});
        assert_eq!(of_result(&prose), None);
        let cut = json!({"content": [{"type": "text", "text": "[{\"x\":1},{\"x\":"}]});
        assert_eq!(of_result(&cut), None);
    }

    fn of_texts(texts: &[&str], statement: Option<&str>) -> ResultReading {
        let content: Vec<Value> = texts
            .iter()
            .map(|text| json!({"type": "text", "text": text}))
            .collect();
        read(&content, None, statement)
    }

    #[test]
    fn rows_are_found_in_every_shape_that_servers_use() {
        let statement = Some("MATCH (n) RETURN n.x AS n");
        for (name, texts) in [
            ("one list", vec![r#"[{"n": 1}, {"n": 2}]"#]),
            ("a block for each row", vec![r#"{"n": 1}"#, r#"{"n": 2}"#]),
            ("JSON lines", vec!["{\"n\": 1}\n{\"n\": 2}\n"]),
            ("data", vec![r#"{"data": [{"n": 1}, {"n": 2}]}"#]),
            ("results", vec![r#"{"results": [{"n": 1}, {"n": 2}]}"#]),
            (
                "rows",
                vec![r#"{"rows": [{"n": 1}, {"n": 2}], "rowCount": 2}"#],
            ),
            (
                "records",
                vec![r#"{"records": [{"n": 1}, {"n": 2}], "summary": {"query_type": "r"}}"#],
            ),
            (
                "Query API",
                vec![r#"{"data": {"fields": ["n"], "values": [[1], [2]]}, "bookmarks": ["x"]}"#],
            ),
            (
                "HTTP API",
                vec![
                    r#"{"results": [{"columns": ["n"], "data": [{"row": [1]}, {"row": [2]}]}], "errors": []}"#,
                ],
            ),
            (
                "Lambda",
                vec![r#"{"statusCode": 200, "body": "[{\"n\": 1}, {\"n\": 2}]"}"#],
            ),
            ("text in JSON", vec![r#""[{\"n\": 1}, {\"n\": 2}]""#]),
            (
                "behind words",
                vec!["Query results (2 rows):\n[{\"n\": 1}, {\"n\": 2}]"],
            ),
            ("in a fence", vec!["```json\n[{\"n\": 1}, {\"n\": 2}]\n```"]),
            (
                "with words behind",
                vec![r#"[{"n": 1}, {"n": 2}]"#, "2 rows in 3 ms"],
            ),
            ("lists", vec!["[[1], [2]]"]),
            ("values", vec!["[1, 2]"]),
        ] {
            let table = of_texts(&texts, statement).table;
            let table = table.unwrap_or_else(|| panic!("no table: {name}"));
            assert_eq!(table.columns, ["n"], "{name}");
            assert_eq!(table.rows, [[json!(1)], [json!(2)]], "{name}");
        }
        let single = of_texts(&[r#"{"n": 1}"#], statement).table.unwrap();
        assert_eq!(single.rows, [[json!(1)]]);
        assert_eq!(of_texts(&[r#"{"name": "Keanu"}"#], None).table, None);
        let resource =
            json!({"type": "resource", "resource": {"uri": "mem://x", "text": "[{\"n\": 1}]"}});
        assert!(read(&[resource], None, None).table.is_some());
    }

    #[test]
    fn numbers_that_json_does_not_know_are_kept_as_text() {
        let text = r#"[{"a": NaN, "b": -Infinity, "c": "NaN, \"Infinity"}, {"a": 2.5, "b": Infinity, "c": ""}]"#;
        let table = of_texts(&[text], None).table.unwrap();
        assert_eq!(
            table.rows[0],
            [json!("NaN"), json!("-Infinity"), json!("NaN, \"Infinity")]
        );
        assert_eq!(table.rows[1][1], json!("Infinity"));
    }

    #[test]
    fn an_empty_result_of_a_statement_has_no_rows_and_a_failed_lambda_is_an_error() {
        let empty = of_texts(&[], Some("MATCH (n) RETURN n.x AS n"))
            .table
            .unwrap();
        assert_eq!((empty.columns, empty.rows.len()), (vec!["n".to_owned()], 0));
        let blank = of_texts(&[" "], Some("RETURN 1 AS n")).table.unwrap();
        assert_eq!((blank.columns, blank.rows.len()), (vec!["n".to_owned()], 0));
        assert_eq!(of_texts(&[], None).table, None);
        let failed = of_texts(
            &[r#"{"statusCode": 500, "body": "{\"error\": \"no\"}"}"#],
            None,
        );
        assert!(failed.is_error && failed.table.is_none());
    }
}
