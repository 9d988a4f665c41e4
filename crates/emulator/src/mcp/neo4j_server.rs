//! The tools of the official Neo4j MCP server 1.6.1, with its schemas, annotations, results and error texts (captured from
//! the real one). Which credentials a call has is decided by whoever runs the server.

use serde_json::{Map, Value, json};

use super::database::{self, DatabaseError, DatabaseRows, DatabaseStatement};
use super::go_json;
use super::message::text_result;
use crate::scenarios::Scenario;
use crate::world::SharedWorld;

pub(crate) const INSTRUCTIONS: &str = "This is the Neo4j official MCP server and can provide tool calling to interact with your Neo4j database,by inferring the schema with tools like get-schema and executing arbitrary Cypher queries with read-cypher.";

const READ_ONLY: &str = "read-cypher can only run read-only Cypher statements. For write operations (CREATE, MERGE, DELETE, SET, etc...), schema/admin commands, or PROFILE queries, use write-cypher instead.";
const NO_QUERY: &str = "Query parameter is required and cannot be empty";
const NO_DATA: &str = "The get-schema tool executed successfully; however, since the Neo4j instance contains no data, no schema information was returned.";

/// User and password for the database.
pub(crate) type BasicCredentials = (String, String);

pub(crate) fn server_info() -> Value {
    json!({"name": "neo4j-mcp", "version": "1.6.1"})
}

pub(crate) fn tools() -> Vec<Value> {
    let cypher = json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "The Cypher query to execute"},
            "params": {"type": "object", "description": "Parameters to pass to the Cypher query", "additionalProperties": true},
        },
        "required": ["query"],
        "additionalProperties": false,
    });
    let annotations = |title: &str, reads: bool| json!({"title": title, "readOnlyHint": reads, "destructiveHint": !reads, "idempotentHint": reads, "openWorldHint": true});
    vec![
        json!({
            "annotations": annotations("Get Neo4j Schema", true),
            "description": "\n\t\tRetrieve the schema information from the Neo4j database, including node labels, relationship types, and property keys.\n\t\tIf the database contains no data, no schema information is returned.",
            "inputSchema": {"properties": {}, "required": [], "type": "object"},
            "name": "get-schema",
        }),
        json!({"annotations": annotations("Read Cypher", true), "description": READ_ONLY, "inputSchema": cypher, "name": "read-cypher"}),
        json!({
            "annotations": annotations("Write Cypher", false),
            "description": "write-cypher executes any arbitrary Cypher query, with write access, against the user-configured Neo4j database.",
            "inputSchema": cypher,
            "name": "write-cypher",
        }),
    ]
}

/// Who calls a tool: with which credentials, and over whose connections.
#[derive(Clone, Copy)]
pub(crate) struct DatabaseCaller<'a> {
    pub(crate) world: &'a SharedWorld,
    pub(crate) deployment: &'a Scenario,
    pub(crate) credentials: &'a BasicCredentials,
    /// The container's session, where the program keeps a pool of its own.
    pub(crate) pool: &'a str,
}

/// Returns the result of a call; None for a tool that the server does not have.
pub(crate) async fn call(
    consumer: DatabaseCaller<'_>,
    tool: &str,
    arguments: &Value,
) -> Option<Value> {
    let outcome = match tool {
        "get-schema" => schema(consumer).await,
        "read-cypher" => read(consumer, arguments).await,
        "write-cypher" => write(consumer, arguments).await,
        _ => return None,
    };
    Some(match outcome {
        Ok(text) => text_result(&text, false),
        Err(text) => text_result(&text, true),
    })
}

async fn read(consumer: DatabaseCaller<'_>, arguments: &Value) -> Result<String, String> {
    let DatabaseCaller {
        world, deployment, ..
    } = consumer;
    let (query, parameters) = input(arguments, "ReadCypherInput")?;
    let statement = statement(consumer, &query, &parameters, true);
    let unknown = |error: DatabaseError| format!("error during GetQueryType: {}", error.text());
    database::pass(world, deployment).await.map_err(unknown)?;
    if database::explain(world, deployment, &statement)
        .await
        .map_err(unknown)?
        == Some(false)
    {
        return Err(READ_ONLY.to_owned());
    }
    match database::run(world, deployment, &statement).await {
        Ok(rows) => formatted(&rows),
        Err(DatabaseError::Neo4j(code, _)) if code == "Neo.ClientError.Statement.AccessMode" => {
            Err(READ_ONLY.to_owned())
        }
        Err(error) => Err(format!("failed to execute read query: {}", error.text())),
    }
}

async fn write(consumer: DatabaseCaller<'_>, arguments: &Value) -> Result<String, String> {
    let DatabaseCaller {
        world, deployment, ..
    } = consumer;
    let (query, parameters) = input(arguments, "WriteCypherInput")?;
    let statement = statement(consumer, &query, &parameters, false);
    let failed = |error: DatabaseError| format!("failed to execute write query: {}", error.text());
    database::pass(world, deployment).await.map_err(failed)?;
    formatted(
        &database::run(world, deployment, &statement)
            .await
            .map_err(failed)?,
    )
}

async fn schema(consumer: DatabaseCaller<'_>) -> Result<String, String> {
    let DatabaseCaller {
        world, deployment, ..
    } = consumer;
    let parameters = Map::new();
    let statement = statement(
        consumer,
        "CALL apoc.meta.schema() YIELD value RETURN value",
        &parameters,
        true,
    );
    let failed = |error: DatabaseError| format!("failed to execute read query: {}", error.text());
    database::pass(world, deployment).await.map_err(failed)?;
    let rows = database::run(world, deployment, &statement)
        .await
        .map_err(failed)?;
    let described = rows
        .rows
        .first()
        .and_then(|row| row.first())
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    if described.is_empty() {
        return Ok(NO_DATA.to_owned());
    }
    let entries = described
        .iter()
        .map(|(key, value)| json!({"key": key, "value": condensed(value)}));
    Ok(go_json::compact(&Value::Array(entries.collect())))
}

/// Returns an entry of `apoc.meta.schema()` with only what the official server passes on; empty parts are left out.
fn condensed(entry: &Value) -> Value {
    let mut short = Map::new();
    short.insert(
        "type".to_owned(),
        entry.get("type").cloned().unwrap_or(Value::Null),
    );
    put(&mut short, "properties", types(entry));
    let mut relationships = Map::new();
    for (kind, found) in entry
        .get("relationships")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let mut one = Map::new();
        for key in ["direction", "labels"] {
            one.insert(
                key.to_owned(),
                found.get(key).cloned().unwrap_or(Value::Null),
            );
        }
        put(&mut one, "properties", types(found));
        relationships.insert(kind.clone(), Value::Object(one));
    }
    put(&mut short, "relationships", relationships);
    Value::Object(short)
}

fn put(into: &mut Map<String, Value>, key: &str, map: Map<String, Value>) {
    if !map.is_empty() {
        into.insert(key.to_owned(), Value::Object(map));
    }
}

fn types(entry: &Value) -> Map<String, Value> {
    let properties = entry
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    properties
        .map(|(name, property)| {
            (
                name.clone(),
                property.get("type").cloned().unwrap_or(Value::Null),
            )
        })
        .collect()
}

pub(super) fn statement<'a>(
    consumer: DatabaseCaller<'a>,
    text: &'a str,
    parameters: &'a Map<String, Value>,
    read_only: bool,
) -> DatabaseStatement<'a> {
    let (user, password) = consumer.credentials;
    DatabaseStatement {
        user,
        password,
        pool: consumer.pool,
        text,
        parameters,
        read_only,
    }
}

fn formatted(rows: &DatabaseRows) -> Result<String, String> {
    go_json::rows(&rows.columns, &rows.rows)
}

/// Query and parameters; the errors are those of Go's JSON decoder.
fn input(arguments: &Value, name: &str) -> Result<(String, Map<String, Value>), String> {
    let query = match arguments.get("query") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(query)) => query.clone(),
        Some(other) => {
            return Err(format!(
                "json: cannot unmarshal {} into Go struct field {name}.query of type string",
                go_kind(other)
            ));
        }
    };
    let parameters = match arguments.get("params") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) => map.clone(),
        Some(other) => {
            return Err(format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                go_kind(other)
            ));
        }
    };
    if query.is_empty() {
        return Err(NO_QUERY.to_owned());
    }
    Ok((query, parameters))
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
