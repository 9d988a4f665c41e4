//! A real Neo4j by its Query API, in the typed form, which loses nothing.

use serde_json::{Value as Json, json};

use super::{DatabaseError, DatabaseRows, DatabaseStatement};
use crate::mcp::go_json;
use crate::scenarios::DatabaseLogin;
use crate::world::SharedWorld;

const TYPED: &str = "application/vnd.neo4j.query";

pub(super) async fn run(
    world: &SharedWorld,
    seat: &DatabaseLogin,
    statement: &DatabaseStatement<'_>,
) -> Result<DatabaseRows, DatabaseError> {
    let url = format!(
        "{}/db/{}/query/v2",
        seat.uri.trim_end_matches('/'),
        seat.database
    );
    let body = json!({
        "statement": statement.text,
        "parameters": statement.parameters,
        "accessMode": if statement.read_only { "READ" } else { "WRITE" },
    });
    let request = world
        .client
        .post(&url)
        .basic_auth(statement.user, Some(statement.password))
        .header("accept", TYPED)
        .timeout(std::time::Duration::from_secs(30))
        .json(&body);
    let unreachable = |_| DatabaseError::Unreachable(seat.uri.clone());
    let answer: Json = request
        .send()
        .await
        .map_err(unreachable)?
        .json()
        .await
        .map_err(unreachable)?;
    if let Some(error) = answer.get("errors").and_then(|errors| errors.get(0)) {
        let text = |key: &str| error.get(key).and_then(Json::as_str).unwrap_or_default();
        return Err(refusal(text("code"), text("message")));
    }
    let data = answer.get("data").cloned().unwrap_or(Json::Null);
    let list = |key: &str| {
        data.get(key)
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let columns = list("fields")
        .iter()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect();
    let row = |row: &Json| {
        row.as_array()
            .map(|cells| cells.iter().map(encode).collect())
            .unwrap_or_default()
    };
    Ok(DatabaseRows {
        columns,
        rows: list("values").iter().map(row).collect(),
    })
}

/// Bolt, which the official server speaks, words the two login failures differently.
fn refusal(code: &str, message: &str) -> DatabaseError {
    let message = match code {
        "Neo.ClientError.Security.Unauthorized" => {
            "The client is unauthorized due to authentication failure."
        }
        "Neo.ClientError.Security.AuthenticationRateLimit" => {
            "The client has provided incorrect authentication details too many times in a row."
        }
        _ => message,
    };
    DatabaseError::Neo4j(code.to_owned(), message.to_owned())
}

/// Returns a typed value as the Go driver's types encode it.
fn encode(typed: &Json) -> Json {
    let kind = typed
        .get("$type")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let Some(value) = typed.get("_value") else {
        return typed.clone();
    };
    let text = value.as_str().unwrap_or_default();
    match kind {
        "Integer" => text
            .parse::<i64>()
            .map_or(Json::Null, |number| json!(number)),
        "Float" => go_json::float(match text {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            number => number.parse().unwrap_or(f64::NAN),
        }),
        "List" => Json::Array(
            value
                .as_array()
                .map(|items| items.iter().map(encode).collect())
                .unwrap_or_default(),
        ),
        "Map" => encode_map(value),
        "Node" => {
            let element = member(value, "_element_id");
            json!({"Id": number(&element), "ElementId": element, "Labels": value.get("_labels"), "Props": encode_map(&member(value, "_properties"))})
        }
        "Relationship" => {
            let (element, start, end) = (
                member(value, "_element_id"),
                member(value, "_start_node_element_id"),
                member(value, "_end_node_element_id"),
            );
            json!({
                "Id": number(&element), "ElementId": element, "StartId": number(&start), "StartElementId": start,
                "EndId": number(&end), "EndElementId": end, "Type": value.get("_type"), "Props": encode_map(&member(value, "_properties")),
            })
        }
        "Path" => {
            let steps: Vec<Json> = value
                .as_array()
                .map(|items| items.iter().map(encode).collect())
                .unwrap_or_default();
            let nodes: Vec<&Json> = steps.iter().step_by(2).collect();
            let relationships: Vec<&Json> = steps.iter().skip(1).step_by(2).collect();
            json!({"Nodes": nodes, "Relationships": relationships})
        }
        "OffsetDateTime" | "ZonedDateTime" => json!(text.split('[').next().unwrap_or_default()),
        "Date" | "Time" | "LocalTime" | "LocalDateTime" => json!({}),
        "Duration" => duration(text),
        "Point" => point(text),
        _ => value.clone(),
    }
}

fn member(value: &Json, key: &str) -> Json {
    value.get(key).cloned().unwrap_or(Json::Null)
}

fn encode_map(map: &Json) -> Json {
    let mut entries: Vec<(String, Json)> = map
        .as_object()
        .map(|map| {
            map.iter()
                .map(|(key, value)| (key.clone(), encode(value)))
                .collect()
        })
        .unwrap_or_default();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Json::Object(entries.into_iter().collect())
}

/// Returns the number at the end of an element id.
fn number(element: &Json) -> i64 {
    element
        .as_str()
        .and_then(|id| id.rsplit(':').next())
        .and_then(|id| id.parse().ok())
        .unwrap_or(-1)
}

fn duration(text: &str) -> Json {
    match cypher::parse_temporal("duration", text) {
        Some(cypher::Value::Duration(d)) => {
            json!({"Months": d.months, "Days": d.days, "Seconds": d.seconds, "Nanos": d.nanos})
        }
        _ => json!({}),
    }
}

/// `SRID=7203;POINT (1.0 2.0)`.
fn point(text: &str) -> Json {
    let srid = text
        .strip_prefix("SRID=")
        .and_then(|rest| rest.split(';').next())
        .and_then(|number| number.parse::<i64>().ok());
    let inner = text
        .split('(')
        .nth(1)
        .unwrap_or_default()
        .trim_end_matches(')');
    let numbers: Vec<f64> = inner
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    let mut point = serde_json::Map::new();
    for (name, number) in ["X", "Y", "Z"].into_iter().zip(numbers) {
        point.insert(name.to_owned(), go_json::float(number));
    }
    point.insert("SpatialRefId".to_owned(), json!(srid));
    Json::Object(point)
}
