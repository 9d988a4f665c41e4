//! Resources, prompts and completions of the FastMCP server: the schema of its graph, and a prompt
//! about one label.

use serde_json::{Value, json};

use super::message::{INVALID_PARAMS, Message};
use super::neo4j_server::{self, DatabaseCaller};

/// `resources/read` of something that is not there, as servers of that version answer it.
const NOT_FOUND: i64 = -32002;
const SCHEMA: &str = "neo4j://schema";
const SCHEMA_OF_LABEL: &str = "neo4j://schema/{label}";
const PROMPT: &str = "explore_label";

/// Answers a listing; nothing for any other method.
pub(super) fn list(message: &Message) -> Option<Value> {
    Some(match message.method.as_str() {
        "resources/list" => message.result(json!({"resources": [{
            "uri": SCHEMA, "name": "schema", "title": "Schema of the graph", "mimeType": "application/json",
            "description": "Labels and relationship types with their properties",
        }]})),
        "resources/templates/list" => message.result(json!({"resourceTemplates": [{
            "uriTemplate": SCHEMA_OF_LABEL, "name": "schema-of-label", "title": "Schema of one label",
            "mimeType": "application/json", "description": "What the schema says of one label or relationship type",
        }]})),
        "prompts/list" => message.result(json!({"prompts": [{
            "name": PROMPT, "title": "Explore a label", "description": "Asks a model to look at the nodes of one label",
            "arguments": [{"name": "label", "description": "The label to look at", "required": true}],
        }]})),
        "prompts/get" => prompt(message),
        _ => return None,
    })
}

/// Answers `completion/complete`: the labels and relationship types that begin with the typed text, for
/// the argument `label` of the prompt and of the resource template.
pub(super) async fn complete(caller: DatabaseCaller<'_>, message: &Message) -> Value {
    let text = |pointer: &str| message.params.pointer(pointer).and_then(Value::as_str);
    let known = match text("/ref/type") {
        Some("ref/prompt") => text("/ref/name") == Some(PROMPT),
        Some("ref/resource") => text("/ref/uri") == Some(SCHEMA_OF_LABEL),
        Some(_) | None => false,
    };
    if !known {
        return message.error(INVALID_PARAMS, "Unknown reference", None);
    }
    let typed = text("/argument/value").unwrap_or_default().to_lowercase();
    let entries = match schema(caller).await {
        Ok(entries) => entries,
        Err(text) => return message.error(INVALID_PARAMS, &text, None),
    };
    let values: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.get("key").and_then(Value::as_str))
        .filter(|key| {
            text("/argument/name") == Some("label") && key.to_lowercase().starts_with(&typed)
        })
        .take(100)
        .collect();
    message
        .result(json!({"completion": {"values": values, "total": values.len(), "hasMore": false}}))
}

/// Returns the entries of `get-schema`.
async fn schema(caller: DatabaseCaller<'_>) -> Result<Vec<Value>, String> {
    let result = neo4j_server::call(caller, "get-schema", &json!({}))
        .await
        .unwrap_or_default();
    let text = result
        .pointer("/content/0/text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if result.get("isError").and_then(Value::as_bool) == Some(true) {
        return Err(text.to_owned());
    }
    Ok(serde_json::from_str(text).unwrap_or_default())
}

fn prompt(message: &Message) -> Value {
    let name = message
        .params
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if name != PROMPT {
        return message.error(INVALID_PARAMS, &format!("Unknown prompt: {name}"), None);
    }
    let Some(label) = message
        .params
        .pointer("/arguments/label")
        .and_then(Value::as_str)
    else {
        return message.error(
            INVALID_PARAMS,
            "Missing required arguments: {'label'}",
            None,
        );
    };
    let text = format!(
        "Look at ten nodes labelled {label} with read-cypher and say which properties they have in common."
    );
    message.result(json!({
        "description": "Explore a label",
        "messages": [{"role": "user", "content": {"type": "text", "text": text}}],
    }))
}

/// Reads a resource: the schema as the database has it now, or the part of one label.
pub(super) async fn read(caller: DatabaseCaller<'_>, message: &Message) -> Value {
    let uri = message
        .params
        .get("uri")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let unknown = || {
        message.error(
            NOT_FOUND,
            &format!("Unknown resource: {uri}"),
            Some(json!({"uri": uri})),
        )
    };
    let Some(rest) = uri.strip_prefix(SCHEMA) else {
        return unknown();
    };
    let schema = match schema(caller).await {
        Ok(entries) => Value::Array(entries),
        Err(text) => return message.error(INVALID_PARAMS, &text, None),
    };
    let found = match rest.strip_prefix('/') {
        None if rest.is_empty() => Some(&schema),
        Some(label) => schema
            .as_array()
            .into_iter()
            .flatten()
            .find(|entry| entry.get("key") == Some(&json!(label))),
        None => None,
    };
    match found {
        Some(found) => {
            message.result(json!({"contents": [{"uri": uri, "mimeType": "application/json", "text": found.to_string()}]}))
        }
        None => unknown(),
    }
}
