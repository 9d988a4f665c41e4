//! Values of an answer as JSON: the plain and the typed form of the Query API.

use serde_json::{Map as JsonMap, Value as Json, json};

use cypher::{
    Counters, GraphNode, GraphRelationship, Map, PathValue, QueryResult, Value, float_text,
    moment_text, parse_temporal,
};

/// Which of the two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueFormat {
    Plain,
    Typed,
}

/// Returns one value.
pub(crate) fn value(answer: &QueryResult, form: ValueFormat, value: &Value) -> Json {
    match form {
        ValueFormat::Plain => plain(answer, value),
        ValueFormat::Typed => typed(answer, value),
    }
}

fn node_element(answer: &QueryResult, id: u64) -> String {
    format!("4:{}:{id}", answer.uuid)
}

fn relationship_element(answer: &QueryResult, id: u64) -> String {
    format!("5:{}:{id}", answer.uuid)
}

/// Returns the labels of a node in the database's order.
pub(crate) fn labels(answer: &QueryResult, node: Option<&GraphNode>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    answer
        .label_order
        .iter()
        .filter(|label| node.labels.contains(*label))
        .cloned()
        .collect()
}

fn plain(answer: &QueryResult, value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Float(number) => number_or_text(*number),
        Value::List(items) => Json::Array(items.iter().map(|item| plain(answer, item)).collect()),
        Value::Map(map) => plain_map(answer, map),
        Value::Node(id) => {
            let node = answer.nodes.get(id).map(AsRef::as_ref);
            let properties =
                node.map_or_else(|| json!({}), |node| plain_map(answer, &node.properties));
            json!({"elementId": node_element(answer, *id), "labels": labels(answer, node), "properties": properties})
        }
        Value::Relationship(id) => {
            let found = answer.relationships.get(id).map(AsRef::as_ref);
            let end = |pick: fn(&GraphRelationship) -> u64| {
                found.map_or_else(String::new, |found| node_element(answer, pick(found)))
            };
            json!({
                "elementId": relationship_element(answer, *id),
                "startNodeElementId": end(|found| found.start),
                "endNodeElementId": end(|found| found.end),
                "type": found.map_or("", |found| found.kind.as_str()),
                "properties": found.map_or_else(|| json!({}), |found| plain_map(answer, &found.properties)),
            })
        }
        Value::Path(path) => {
            Json::Array(steps(path).iter().map(|step| plain(answer, step)).collect())
        }
        Value::DateTime(moment) => json!(moment_text(moment, false)),
        Value::Point(point) => json!(point.well_known_text()),
        other => json!(other.text()),
    }
}

/// JSON knows no NaN and no infinity.
fn number_or_text(number: f64) -> Json {
    serde_json::Number::from_f64(number).map_or_else(|| json!(float_text(number)), Json::Number)
}

fn plain_map(answer: &QueryResult, map: &Map) -> Json {
    Json::Object(
        map.iter()
            .map(|(key, value)| (key.clone(), plain(answer, value)))
            .collect(),
    )
}

/// Nodes and relationships of a path in turn.
pub(crate) fn steps(path: &PathValue) -> Vec<Value> {
    let mut steps: Vec<Value> = path
        .nodes
        .first()
        .map(|id| Value::Node(*id))
        .into_iter()
        .collect();
    for (relationship, node) in path.relationships.iter().zip(path.nodes.iter().skip(1)) {
        steps.push(Value::Relationship(*relationship));
        steps.push(Value::Node(*node));
    }
    steps
}

fn typed(answer: &QueryResult, value: &Value) -> Json {
    let wrapped = |kind: &str, value: Json| json!({"$type": kind, "_value": value});
    match value {
        Value::Null => wrapped("Null", Json::Null),
        Value::Boolean(value) => wrapped("Boolean", json!(value)),
        Value::Integer(value) => wrapped("Integer", json!(value.to_string())),
        Value::Float(value) => wrapped("Float", json!(float_text(*value))),
        Value::String(text) => wrapped("String", json!(text)),
        Value::List(items) => wrapped(
            "List",
            Json::Array(items.iter().map(|item| typed(answer, item)).collect()),
        ),
        Value::Map(map) => wrapped("Map", typed_map(answer, map)),
        Value::Node(id) => {
            let node = answer.nodes.get(id).map(AsRef::as_ref);
            let properties =
                node.map_or_else(|| json!({}), |node| typed_map(answer, &node.properties));
            let inner = json!({"_element_id": node_element(answer, *id), "_labels": labels(answer, node), "_properties": properties});
            wrapped("Node", inner)
        }
        Value::Relationship(id) => {
            let found = answer.relationships.get(id).map(AsRef::as_ref);
            let end = |pick: fn(&GraphRelationship) -> u64| {
                found.map_or_else(String::new, |found| node_element(answer, pick(found)))
            };
            let inner = json!({
                "_element_id": relationship_element(answer, *id),
                "_start_node_element_id": end(|found| found.start),
                "_end_node_element_id": end(|found| found.end),
                "_type": found.map_or("", |found| found.kind.as_str()),
                "_properties": found.map_or_else(|| json!({}), |found| typed_map(answer, &found.properties)),
            });
            wrapped("Relationship", inner)
        }
        Value::Path(path) => wrapped(
            "Path",
            Json::Array(steps(path).iter().map(|step| typed(answer, step)).collect()),
        ),
        Value::Date(date) => wrapped("Date", json!(date.to_string())),
        Value::LocalTime(_) | Value::Time(..) | Value::LocalDateTime(_) | Value::Duration(_) => {
            wrapped(value.type_name(), json!(value.text()))
        }
        Value::DateTime(moment) => {
            let named = moment
                .time_zone()
                .iana_name()
                .is_some_and(|name| name != "UTC");
            wrapped(
                if named {
                    "ZonedDateTime"
                } else {
                    "OffsetDateTime"
                },
                json!(moment_text(moment, true)),
            )
        }
        Value::Point(point) => wrapped("Point", json!(point.well_known_text())),
    }
}

fn typed_map(answer: &QueryResult, map: &Map) -> Json {
    Json::Object(
        map.iter()
            .map(|(key, value)| (key.clone(), typed(answer, value)))
            .collect(),
    )
}

/// Returns the counters in the Query API's spelling.
pub(crate) fn counters(counters: &Counters) -> Json {
    let data = [
        counters.nodes_created,
        counters.nodes_deleted,
        counters.properties_set,
        counters.relationships_created,
        counters.relationships_deleted,
        counters.labels_added,
        counters.labels_removed,
        counters.indexes_added,
        counters.indexes_removed,
        counters.constraints_added,
        counters.constraints_removed,
    ];
    let names = [
        "nodesCreated",
        "nodesDeleted",
        "propertiesSet",
        "relationshipsCreated",
        "relationshipsDeleted",
        "labelsAdded",
        "labelsRemoved",
        "indexesAdded",
        "indexesRemoved",
        "constraintsAdded",
        "constraintsRemoved",
    ];
    let mut map = JsonMap::new();
    map.insert(
        "containsUpdates".to_owned(),
        json!(data.iter().any(|count| *count > 0)),
    );
    map.extend(
        names
            .into_iter()
            .zip(data)
            .map(|(name, count)| (name.to_owned(), json!(count))),
    );
    map.insert(
        "containsSystemUpdates".to_owned(),
        json!(counters.system_updates > 0),
    );
    map.insert("systemUpdates".to_owned(), json!(counters.system_updates));
    Json::Object(map)
}

/// Returns a JSON value as a parameter: whole numbers are integers.
pub(crate) fn parameter(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Float(number.as_f64().unwrap_or(f64::INFINITY)),
        },
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(parameter).collect()),
        Json::Object(map) => Value::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), parameter(value)))
                .collect(),
        ),
    }
}

/// Returns a parameter of a request in the typed form; None where it cannot be read.
pub(crate) fn typed_parameter(json: &Json) -> Option<Value> {
    let (Some(Json::String(kind)), Some(value)) = (json.get("$type"), json.get("_value")) else {
        return Some(parameter(json));
    };
    let text = value.as_str();
    Some(match kind.as_str() {
        "Null" => Value::Null,
        "Boolean" => Value::Boolean(value.as_bool()?),
        "Integer" => Value::Integer(text?.parse().ok()?),
        "Float" => Value::Float(match text? {
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            number => number.parse().ok()?,
        }),
        "String" => Value::from(text?),
        "List" => Value::List(
            value
                .as_array()?
                .iter()
                .map(typed_parameter)
                .collect::<Option<_>>()?,
        ),
        "Map" => {
            let entries = value
                .as_object()?
                .iter()
                .map(|(key, value)| Some((key.clone(), typed_parameter(value)?)));
            Value::Map(entries.collect::<Option<_>>()?)
        }
        "Date" => parse_temporal("date", text?)?,
        "Time" => parse_temporal("time", text?)?,
        "LocalTime" => parse_temporal("localtime", text?)?,
        "LocalDateTime" => parse_temporal("localdatetime", text?)?,
        "OffsetDateTime" | "ZonedDateTime" => parse_temporal("datetime", text?)?,
        "Duration" => parse_temporal("duration", text?)?,
        _ => return None,
    })
}
