//! JSON as the official MCP server writes it: Go's encoding of the driver's types, indented, with HTML characters escaped.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use crate::neo4j::render;
use cypher::{QueryResult, Value, moment_text};

/// Rows as an indented array of objects with sorted keys; the error is the text that the server answers.
pub(crate) fn rows(columns: &[String], rows: &[Vec<Json>]) -> Result<String, String> {
    if rows.is_empty() {
        return Ok("[]".to_owned());
    }
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by(|a, b| columns.get(*a).cmp(&columns.get(*b)));
    let objects = rows.iter().map(|row| {
        let entries = order
            .iter()
            .filter_map(|at| Some((columns.get(*at)?.clone(), row.get(*at)?.clone())));
        Json::Object(entries.collect::<Map<_, _>>())
    });
    let array = Json::Array(objects.collect());
    if let Some(number) = impossible(&array) {
        return Err(format!(
            "failed to format records as JSON: json: unsupported value: {number}"
        ));
    }
    let mut text = String::new();
    push(&array, 0, true, &mut text);
    Ok(text)
}

/// Compact, with the same escapes.
pub(crate) fn compact(value: &Json) -> String {
    let mut text = String::new();
    push(value, 0, false, &mut text);
    text
}

/// Marks a number that JSON cannot hold; no value of a database looks like this object.
const NOT_A_NUMBER: &str = "\u{0}number";

fn impossible(value: &Json) -> Option<&str> {
    match value {
        Json::Object(map) => map
            .get(NOT_A_NUMBER)
            .and_then(Json::as_str)
            .or_else(|| map.values().find_map(impossible)),
        Json::Array(items) => items.iter().find_map(impossible),
        _ => None,
    }
}

/// Returns a float, or the mark of one that JSON cannot hold.
pub(crate) fn float(number: f64) -> Json {
    serde_json::Number::from_f64(number).map_or_else(
        || {
            let name = if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            json!({NOT_A_NUMBER: name})
        },
        Json::Number,
    )
}

/// Returns a value of the stand-in as the Go driver's types encode it.
pub(crate) fn value(answer: &QueryResult, value: &Value) -> Json {
    let element = |kind: u8, id: u64| format!("{kind}:{}:{id}", answer.uuid);
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Float(number) => float(*number),
        Value::String(text) => json!(text),
        Value::List(items) => {
            Json::Array(items.iter().map(|item| self::value(answer, item)).collect())
        }
        Value::Map(map) => properties(answer, map),
        Value::Node(id) => {
            let node = answer.nodes.get(id).map(AsRef::as_ref);
            let props = node.map_or_else(|| json!({}), |node| properties(answer, &node.properties));
            json!({"Id": id, "ElementId": element(4, *id), "Labels": render::labels(answer, node), "Props": props})
        }
        Value::Relationship(id) => match answer.relationships.get(id) {
            Some(found) => json!({
                "Id": id, "ElementId": element(5, *id), "StartId": found.start, "StartElementId": element(4, found.start),
                "EndId": found.end, "EndElementId": element(4, found.end), "Type": found.kind,
                "Props": properties(answer, &found.properties),
            }),
            None => {
                json!({"Id": id, "ElementId": element(5, *id), "StartId": -1, "StartElementId": "", "EndId": -1,
                "EndElementId": "", "Type": "", "Props": {}})
            }
        },
        Value::Path(path) => {
            let all = |steps: Vec<Value>| {
                steps
                    .iter()
                    .map(|step| self::value(answer, step))
                    .collect::<Vec<_>>()
            };
            let nodes = all(path.nodes.iter().map(|id| Value::Node(*id)).collect());
            json!({"Nodes": nodes, "Relationships": all(path.relationships.iter().map(|id| Value::Relationship(*id)).collect())})
        }
        // Go's time.Time has an encoding; the driver's own temporal types have none.
        Value::DateTime(moment) => json!(moment_text(moment, false)),
        Value::Date(_) | Value::LocalTime(_) | Value::Time(..) | Value::LocalDateTime(_) => {
            json!({})
        }
        Value::Duration(duration) => {
            json!({"Months": duration.months, "Days": duration.days, "Seconds": duration.seconds, "Nanos": duration.nanos})
        }
        Value::Point(point) => match point.z {
            Some(z) => {
                json!({"X": float(point.x), "Y": float(point.y), "Z": float(z), "SpatialRefId": point.srid})
            }
            None => json!({"X": float(point.x), "Y": float(point.y), "SpatialRefId": point.srid}),
        },
    }
}

fn properties(answer: &QueryResult, map: &cypher::Map) -> Json {
    Json::Object(
        map.iter()
            .map(|(key, item)| (key.clone(), value(answer, item)))
            .collect(),
    )
}

fn push(value: &Json, depth: usize, indented: bool, text: &mut String) {
    let line = |depth: usize, text: &mut String| {
        if indented {
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
        }
    };
    match value {
        Json::Array(items) if items.is_empty() => text.push_str("[]"),
        Json::Object(map) if map.is_empty() => text.push_str("{}"),
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                line(depth + 1, text);
                push(item, depth + 1, indented, text);
            }
            line(depth, text);
            text.push(']');
        }
        Json::Object(map) => {
            text.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                line(depth + 1, text);
                push_text(key, text);
                text.push_str(if indented { ": " } else { ":" });
                push(item, depth + 1, indented, text);
            }
            line(depth, text);
            text.push('}');
        }
        Json::String(string) => push_text(string, text),
        Json::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => push_float(float, text),
            None => text.push_str(&number.to_string()),
        },
        other => text.push_str(&other.to_string()),
    }
}

fn push_text(string: &str, text: &mut String) {
    for character in json!(string).to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(text, "\\u{:04x}", character as u32);
            }
            other => text.push(other),
        }
    }
}

/// Go writes whole floats without a point and leaves the exponent to the very large and very small.
fn push_float(number: f64, text: &mut String) {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let written = format!("{number:e}");
        let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let sign = if exponent.starts_with('-') { "" } else { "+" };
        let _ = write!(text, "{digits}e{sign}{exponent}");
    } else {
        let _ = write!(text, "{number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_the_official_server_writes_them() {
        let columns = ["b".to_owned(), "a".to_owned()];
        let row = vec![json!("<x>&"), json!([1.0, 2.5, 1e21, 1e-7, -0.0, {}, []])];
        let expected = "[\n  {\n    \"a\": [\n      1,\n      2.5,\n      1e+21,\n      1e-7,\n      -0,\n      {},\n      []\n    ],\n    \"b\": \"\\u003cx\\u003e\\u0026\"\n  }\n]";
        assert_eq!(rows(&columns, &[row]).unwrap(), expected);
        assert_eq!(rows(&columns, &[]).unwrap(), "[]");
        let nan = rows(&["x".to_owned()], &[vec![float(f64::NAN)]]).unwrap_err();
        assert_eq!(
            nan,
            "failed to format records as JSON: json: unsupported value: NaN"
        );
    }
}
