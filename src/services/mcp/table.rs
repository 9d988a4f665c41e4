//! From a tool's result to a [`Table`]: pure. The shape decides, never the tool's name.
//!
//! An array of row objects is one (the official server, Labs), so is an envelope `{"rows": […]}` (canary), so is an
//! object of counters (Labs' writer). Anything else is not tabular. The official server sorts a row's keys; the order
//! of the statement's RETURN is recovered from its text.

use serde_json::{Map, Value};

use crate::model::Table;

/// The table in a `tools/call` result: in its one text block, else in its structured content.
pub fn of_result(result: &Value, statement: Option<&str>) -> Option<Table> {
    let mut texts = result
        .get("content")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|block| block.get("text"))
        .filter_map(Value::as_str);
    let from_text = match (texts.next(), texts.next()) {
        (Some(text), None) => serde_json::from_str::<Value>(text)
            .ok()
            .and_then(|value| of_value(value, statement)),
        _ => None,
    };
    from_text.or_else(|| {
        let structured = result.get("structuredContent")?;
        // FastMCP wraps what is no object.
        let value = match structured.as_object() {
            Some(members) if members.len() == 1 => members.get("result").unwrap_or(structured),
            _ => structured,
        };
        of_value(value.clone(), statement)
    })
}

/// The table in a JSON value.
pub fn of_value(value: Value, statement: Option<&str>) -> Option<Table> {
    match value {
        Value::Array(rows) => of_rows(rows, statement),
        Value::Object(mut members) => match members.remove("rows") {
            Some(Value::Array(rows)) => of_rows(rows, statement),
            Some(_) => None,
            None => of_counters(&members),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn of_rows(rows: Vec<Value>, statement: Option<&str>) -> Option<Table> {
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

/// The columns of the RETURN that the rows have, then all others in the order in which they come.
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

/// Whether a cell holds `{}`, which is what the official server makes of a date or time; also within lists and the
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

/// The column names of a statement's last RETURN (or of a final YIELD), as Neo4j names them: the alias, else the
/// expression as it is written. `None` where they do not follow from the text (`RETURN *`).
pub fn returned_columns(statement: &str) -> Option<Vec<String>> {
    let words = top_level(statement);
    let clause = words
        .iter()
        .rposition(|word| word.is("RETURN"))
        .or_else(|| words.iter().rposition(|word| word.is("YIELD")))?;
    let mut at = clause + 1;
    if words.get(at).is_some_and(|word| word.is("DISTINCT")) {
        at += 1;
    }
    let rest = words.get(at..)?;
    let end = rest
        .iter()
        .position(|word| {
            ["ORDER", "SKIP", "OFFSET", "LIMIT", "UNION", "WHERE"]
                .iter()
                .any(|end| word.is(end))
                || word.text == ";"
        })
        .unwrap_or(rest.len());
    let items = rest.get(..end)?;
    let mut columns = Vec::new();
    for item in items.split(|word| word.text == ",") {
        columns.push(column(statement, item)?);
    }
    Some(columns)
}

fn column(statement: &str, item: &[Word<'_>]) -> Option<String> {
    let (first, last) = (item.first()?, item.last()?);
    if first.text == "*" {
        return None;
    }
    if let [.., before, alias] = item
        && before.is("AS")
    {
        return Some(alias.text.trim_matches('`').to_owned());
    }
    let text = statement.get(first.start..last.start + last.text.len())?;
    let single = item.len() == 1 && text.starts_with('`') && text.ends_with('`');
    Some(if single {
        text.trim_matches('`').to_owned()
    } else {
        text.to_owned()
    })
}

/// A word, string, or sign of a statement that stands outside all brackets; a bracketed part is one word.
struct Word<'a> {
    text: &'a str,
    start: usize,
}

impl Word<'_> {
    fn is(&self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }
}

/// Splits a statement into words, with strings, quoted names and brackets whole, and without comments.
fn top_level(statement: &str) -> Vec<Word<'_>> {
    let bytes = statement.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = find(bytes, at, b"\n");
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = find(bytes, at + 2, b"*/");
                continue;
            }
            b'\'' | b'"' | b'`' => quoted(bytes, at),
            b'(' | b'[' | b'{' => bracketed(bytes, at),
            _ if is_word(byte) => bytes
                .iter()
                .skip(at)
                .position(|byte| !is_word(*byte))
                .map_or(bytes.len(), |length| at + length),
            _ => at + 1,
        };
        words.extend(statement.get(start..at).map(|text| Word { text, start }));
    }
    words
}

/// Letters, digits, underscores, parameters; every byte of a character beyond ASCII.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Behind the closing quote.
fn quoted(bytes: &[u8], from: usize) -> usize {
    let Some(&quote) = bytes.get(from) else {
        return bytes.len();
    };
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'\\' if quote != b'`' => 2,
            byte if byte == quote => return at + 1,
            _ => 1,
        };
    }
    bytes.len()
}

/// Behind the bracket that closes the one at `from`.
fn bracketed(bytes: &[u8], from: usize) -> usize {
    let mut depth = 0usize;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' | b'`' => {
                at = quoted(bytes, at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = find(bytes, at, b"\n");
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = find(bytes, at + 2, b"*/");
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Behind the next occurrence of `end`.
fn find(bytes: &[u8], from: usize, end: &[u8]) -> usize {
    bytes
        .get(from..)
        .and_then(|rest| rest.windows(end.len()).position(|window| window == end))
        .map_or(bytes.len(), |at| from + at + end.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn columns_of(statement: &str) -> Option<Vec<String>> {
        returned_columns(statement)
    }

    #[test]
    fn columns_follow_the_return() {
        for (statement, expected) in [
            (
                "MATCH (m:Movie) RETURN m.title AS title, m.released",
                vec!["title", "m.released"],
            ),
            (
                "match (n) return distinct n.name as name, count(*) order by name limit 5",
                vec!["name", "count(*)"],
            ),
            ("RETURN 1 AS b, 2 AS a", vec!["b", "a"]),
            (
                "RETURN 'a, RETURN x' AS `odd, name`, {a: 1, b: [1,2]} AS map",
                vec!["odd, name", "map"],
            ),
            (
                "CALL { MATCH (n) RETURN n LIMIT 1 } RETURN n.x, size([x IN [1] | x])",
                vec!["n.x", "size([x IN [1] | x])"],
            ),
            ("RETURN 1 AS x // RETURN 2 AS y", vec!["x"]),
            ("RETURN 1 AS x /* , 2 AS y */ , 3 AS z;", vec!["x", "z"]),
            ("CALL db.labels() YIELD label", vec!["label"]),
            (
                "RETURN coalesce(n.a, 'x') + 1",
                vec!["coalesce(n.a, 'x') + 1"],
            ),
            ("RETURN 1 AS a UNION RETURN 2 AS a", vec!["a"]),
            ("RETURN n.größe AS größe", vec!["größe"]),
            (
                "MATCH (r) RETURN r.returned AS returned SKIP 1",
                vec!["returned"],
            ),
        ] {
            assert_eq!(columns_of(statement).unwrap(), expected, "{statement}");
        }
        for statement in [
            "MATCH (n) RETURN *",
            "CREATE (n)",
            "",
            "RETURN",
            "RETURN a,",
        ] {
            assert_eq!(columns_of(statement), None, "{statement}");
        }
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
        assert_eq!(of_result(&text, None).unwrap().columns, ["x"]);
        let structured = json!({"content": [{"type": "text", "text": "one row"}], "structuredContent": {"result": [{"y": 1}]}});
        assert_eq!(of_result(&structured, None).unwrap().columns, ["y"]);
        let prose = json!({"content": [{"type": "text", "text": "The database is empty."}]});
        assert_eq!(of_result(&prose, None), None);
        let cut = json!({"content": [{"type": "text", "text": "[{\"x\":1},{\"x\":"}]});
        assert_eq!(of_result(&cut, None), None);
    }

    proptest! {
        #[test]
        fn no_statement_breaks_it(statement in "\\PC{0,60}|(RETURN|AS|,|`|'|\"|\\{|\\}|\\(|\\)|//|/\\*|\\\\| |x|ö){0,24}") {
            let _ = returned_columns(&statement);
        }
    }
}
