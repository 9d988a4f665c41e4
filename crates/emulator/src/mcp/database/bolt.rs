//! A real Neo4j by Bolt. The driver blocks, so each statement runs on a thread for such work, over a fresh connection.

use std::collections::HashMap;
use std::sync::Arc;

use neo4j::Neo4jError;
use neo4j::driver::auth::AuthToken;
use neo4j::driver::{ConnectionConfig, Driver, DriverConfig, RoutingControl};
use neo4j::value::graph;
use neo4j::{ValueReceive, ValueSend};
use serde_json::{Map, Value as Json, json};

use super::{DatabaseError, DatabaseRows, DatabaseStatement};
use crate::mcp::go_json;
use crate::scenarios::DatabaseLogin;

pub(crate) async fn run(
    seat: &DatabaseLogin,
    statement: &DatabaseStatement<'_>,
) -> Result<DatabaseRows, DatabaseError> {
    let uri = seat.uri.clone();
    let unreachable = DatabaseError::Unreachable(
        uri.trim_start_matches("bolt://")
            .trim_start_matches("neo4j://")
            .to_owned(),
    );
    let connection = ConnectionConfig::try_from(uri.as_str()).map_err(|_| unreachable.clone())?;
    let auth = AuthToken::new_basic_auth(statement.user, statement.password);
    let database = Arc::new(seat.database.clone());
    let text = statement.text.to_owned();
    let parameters: HashMap<String, ValueSend> = statement
        .parameters
        .iter()
        .map(|(key, value)| (key.clone(), send(value)))
        .collect();
    let routing = if statement.read_only {
        RoutingControl::Read
    } else {
        RoutingControl::Write
    };
    let finished = tokio::task::spawn_blocking(move || {
        let driver = Driver::new(connection, DriverConfig::new().with_auth(Arc::new(auth)));
        driver
            .execute_query(&text)
            .with_database(database)
            .with_routing_control(routing)
            .with_parameters(&parameters)
            .run()
    });
    let result = finished.await.map_err(|_| unreachable.clone())?;
    let eager = result.map_err(|error| match error {
        Neo4jError::ServerError { error, .. } => {
            DatabaseError::Neo4j(error.code().to_owned(), error.message().to_owned())
        }
        _ => unreachable,
    })?;
    let columns = eager.keys.iter().map(|key| key.as_ref().clone()).collect();
    let rows = eager
        .records
        .into_iter()
        .map(|record| record.into_values().map(receive).collect())
        .collect();
    Ok(DatabaseRows { columns, rows })
}

fn send(value: &Json) -> ValueSend {
    match value {
        Json::Null => ValueSend::Null,
        Json::Bool(value) => ValueSend::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => ValueSend::Integer(integer),
            None => ValueSend::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => ValueSend::String(text.clone()),
        Json::Array(items) => ValueSend::List(items.iter().map(send).collect()),
        Json::Object(map) => ValueSend::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), send(value)))
                .collect(),
        ),
    }
}

/// Returns a value as the Go driver's types encode it.
fn receive(value: ValueReceive) -> Json {
    match value {
        ValueReceive::Null => Json::Null,
        ValueReceive::Boolean(value) => json!(value),
        ValueReceive::Integer(value) => json!(value),
        ValueReceive::Float(value) => go_json::float(value),
        ValueReceive::String(text) => json!(text),
        ValueReceive::List(items) => Json::Array(items.into_iter().map(receive).collect()),
        ValueReceive::Map(map) => properties(map),
        ValueReceive::Node(node) => encode_node(node),
        ValueReceive::Relationship(found) => json!({
            "Id": found.id, "ElementId": found.element_id, "StartId": found.start_node_id, "StartElementId": found.start_node_element_id,
            "EndId": found.end_node_id, "EndElementId": found.end_node_element_id, "Type": found.type_, "Props": properties(found.properties),
        }),
        ValueReceive::Path(path) => encode_path(&path),
        ValueReceive::Cartesian2D(point) => {
            json!({"X": go_json::float(point.x()), "Y": go_json::float(point.y()), "SpatialRefId": point.srid()})
        }
        ValueReceive::WGS84_2D(point) => {
            json!({"X": go_json::float(point.longitude()), "Y": go_json::float(point.latitude()), "SpatialRefId": point.srid()})
        }
        ValueReceive::DateTimeFixed(moment) => json!(utc_as_z(&moment.to_rfc3339())),
        ValueReceive::DateTime(moment) => json!(utc_as_z(&moment.to_rfc3339())),
        ValueReceive::Duration(duration) => json!({
            "Months": duration.months(), "Days": duration.days(), "Seconds": duration.seconds(), "Nanos": duration.nanoseconds(),
        }),
        _ => json!({}),
    }
}

/// Go writes the offset of UTC as Z.
fn utc_as_z(text: &str) -> String {
    text.strip_suffix("+00:00")
        .map_or_else(|| text.to_owned(), |moment| format!("{moment}Z"))
}

fn properties(map: HashMap<String, ValueReceive>) -> Json {
    let mut entries: Vec<(String, Json)> = map
        .into_iter()
        .map(|(key, value)| (key, receive(value)))
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Json::Object(entries.into_iter().collect::<Map<_, _>>())
}

fn encode_node(node: graph::Node) -> Json {
    json!({"Id": node.id, "ElementId": node.element_id, "Labels": node.labels, "Props": properties(node.properties)})
}

fn encode_path(path: &graph::Path) -> Json {
    let (start, steps) = path.traverse();
    let mut nodes = vec![encode_node(start.clone())];
    let mut relationships = Vec::new();
    let mut here = start;
    for (direction, found, node) in steps {
        let (from, to) = match direction {
            graph::RelationshipDirection::From => (node, here),
            graph::RelationshipDirection::To => (here, node),
        };
        relationships.push(json!({
            "Id": found.id, "ElementId": found.element_id, "StartId": from.id, "StartElementId": from.element_id, "EndId": to.id,
            "EndElementId": to.element_id, "Type": found.type_, "Props": properties(found.properties.clone()),
        }));
        nodes.push(encode_node(node.clone()));
        here = node;
    }
    json!({"Nodes": nodes, "Relationships": relationships})
}
