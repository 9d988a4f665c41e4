//! `mcp-neo4j-cypher` 0.6.0, the labs server that the starter of late 2026 runs in its runtime: read-only, FastMCP's event
//! streams, rows as an array of objects without labels and ids (what the Python driver's `Record.data()` leaves of them).

use serde_json::{Map, Value, json};

use super::database::{self, DatabaseError, DatabaseRows};
use super::message::text_result;
use super::neo4j_server::{DatabaseCaller, statement};

const SCHEMA: &str = "get_neo4j_schema";
const READ: &str = "read_neo4j_cypher";
const READ_ONLY: &str = "Only MATCH queries are allowed for read-query";

pub(super) fn server_info() -> Value {
    // Its version is that of the framework.
    json!({"name": "mcp-neo4j-cypher", "version": "2.13.3"})
}

/// Returns whether a tool of that name works on the database.
pub(super) fn is_database_tool(tool: &str) -> bool {
    tool == SCHEMA || tool == READ
}

/// Returns the tools with `NEO4J_READ_ONLY`: the writing one is not registered.
pub(super) fn tools() -> Vec<Value> {
    let annotations = |title: &str| json!({"title": title, "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": true});
    vec![
        json!({
            "name": SCHEMA,
            "description": "Returns nodes, their properties (with types and indexed flags), and relationships using APOC's schema inspection.",
            "inputSchema": {
                "type": "object",
                "properties": {"sample_size": {
                    "type": "integer", "default": null,
                    "description": "The sample size used to infer the graph schema. Larger samples are slower, but more accurate.",
                }},
            },
            "annotations": annotations("Get Neo4j Schema"),
            "_meta": {"_fastmcp": {"tags": []}},
        }),
        json!({
            "name": READ,
            "description": "Execute a read Cypher query on the neo4j database.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "query": {"type": "string", "description": "The Cypher query to execute."},
                    "params": {
                        "type": "object", "default": {}, "additionalProperties": true,
                        "description": "The parameters to pass to the Cypher query.",
                    },
                },
                "required": ["query"],
            },
            "annotations": annotations("Read Neo4j Cypher"),
            "_meta": {"_fastmcp": {"tags": []}},
        }),
    ]
}

/// Returns the result of a call; `None` for a tool that the server does not have.
pub(super) async fn call(
    caller: DatabaseCaller<'_>,
    tool: &str,
    arguments: &Value,
) -> Option<Value> {
    let outcome = match tool {
        SCHEMA => schema(caller).await,
        READ => read(caller, arguments).await,
        _ => return None,
    };
    Some(match outcome {
        Ok(text) => text_result(&text, false),
        Err(text) => text_result(&text, true),
    })
}

async fn read(caller: DatabaseCaller<'_>, arguments: &Value) -> Result<String, String> {
    let Some(query) = arguments.get("query").and_then(Value::as_str) else {
        return Err(format!(
            "1 validation error for call[{READ}]\nquery\n  Missing required argument [type=missing_argument, input_value={arguments}, input_type=dict]"
        ));
    };
    let parameters = match arguments.get("params") {
        Some(Value::Object(map)) => map.clone(),
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            return Err(format!(
                "1 validation error for call[{READ}]\nparams\n  Input should be a valid dictionary [type=dict_type]"
            ));
        }
    };
    let failed = |error: &DatabaseError| {
        format!(
            "Neo4j Error: {}\n{query}\n{}",
            python_error(error),
            Value::Object(parameters.clone())
        )
    };
    let (world, deployment) = (caller.world, caller.deployment);
    let asked = statement(caller, query, &parameters, true);
    let passed = database::pass(world, deployment).await;
    passed.map_err(|error| failed(&error))?;
    let explained = database::explain(world, deployment, &asked).await;
    if explained.map_err(|error| failed(&error))? == Some(false) {
        return Err(format!("Error calling tool '{READ}': {READ_ONLY}"));
    }
    let rows = database::run(world, deployment, &asked).await;
    Ok(as_records(&rows.map_err(|error| failed(&error))?))
}

async fn schema(caller: DatabaseCaller<'_>) -> Result<String, String> {
    let (world, deployment, parameters) = (caller.world, caller.deployment, Map::new());
    let text = "CALL apoc.meta.schema() YIELD value RETURN value";
    let failed = |error: DatabaseError| format!("Neo4j Error: {}", python_error(&error));
    let asked = statement(caller, text, &parameters, true);
    database::pass(world, deployment).await.map_err(failed)?;
    let rows = database::run(world, deployment, &asked).await;
    let rows = rows.map_err(failed)?.rows;
    let described = rows.first().and_then(|row| row.first());
    Ok(cleaned(described.unwrap_or(&Value::Null)).to_string())
}

/// Returns the entries of `apoc.meta.schema()` with what the server passes on.
fn cleaned(described: &Value) -> Value {
    let entries = described.as_object().into_iter().flatten();
    let cleaned = entries.map(|(key, entry)| {
        let mut kept = picked(
            entry,
            &["type", "count", "labels", "properties", "relationships"],
        );
        let properties = kept.get_mut("properties").and_then(Value::as_object_mut);
        for property in properties.into_iter().flat_map(Map::values_mut) {
            *property = Value::Object(picked(property, &["indexed", "type"]));
        }
        (key.clone(), Value::Object(kept))
    });
    Value::Object(cleaned.collect())
}

fn picked(entry: &Value, names: &[&str]) -> Map<String, Value> {
    let member = |name: &&str| Some(((*name).to_owned(), entry.get(*name)?.clone()));
    names.iter().filter_map(member).collect()
}

/// Returns the rows as the Python driver's `Record.data()` gives them.
fn as_records(rows: &DatabaseRows) -> String {
    let records = rows.rows.iter().map(|row| {
        let cells = rows.columns.iter().cloned().zip(row.iter().map(data));
        Value::Object(cells.collect())
    });
    Value::Array(records.collect()).to_string()
}

/// Returns a value without what `data()` drops: a node is its properties, a relationship a list of three, a path their sequence.
fn data(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("Labels") && map.contains_key("Props") => {
            map.get("Props").map_or(Value::Null, data)
        }
        Value::Object(map) if map.contains_key("StartElementId") => {
            json!([{}, map.get("Type"), {}])
        }
        Value::Object(map) if map.contains_key("Nodes") && map.contains_key("Relationships") => {
            Value::Array(path(map))
        }
        Value::Object(map) => {
            let members = map.iter().map(|(key, value)| (key.clone(), data(value)));
            Value::Object(members.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(data).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn path(map: &Map<String, Value>) -> Vec<Value> {
    let list = |name: &str| {
        map.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let mut kinds = list("Relationships").map(|relationship| relationship.get("Type"));
    let mut steps = Vec::new();
    for node in list("Nodes") {
        steps.push(data(node));
        steps.extend(kinds.next().flatten().cloned());
    }
    steps
}

/// Returns an error as the Python driver prints it.
fn python_error(error: &DatabaseError) -> String {
    match error {
        DatabaseError::Neo4j(code, message) => format!("{{code: {code}}} {{message: {message}}}"),
        DatabaseError::Unreachable(address) => {
            format!(
                "Couldn't connect to {address} (resolved to ()):\nFailed to establish connection (reason [Errno 111] Connection refused)"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_hold_properties_only() {
        let node = |title: &str| json!({"Id": 1, "ElementId": "4:x:1", "Labels": ["Movie"], "Props": {"title": title}});
        let path = json!({"Nodes": [node("a"), node("b")], "Relationships": [{"Type": "NEXT", "StartElementId": "4:x:1"}]});
        let rows = DatabaseRows {
            columns: vec!["m".into(), "p".into(), "l".into()],
            rows: vec![vec![node("a"), path, json!([1, node("c")])]],
        };
        assert_eq!(
            serde_json::from_str::<Value>(&as_records(&rows)).unwrap(),
            json!([{"m": {"title": "a"}, "p": [{"title": "a"}, "NEXT", {"title": "b"}], "l": [1, {"title": "c"}]}])
        );
    }
}
