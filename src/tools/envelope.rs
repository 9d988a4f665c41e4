//! What the envelopes around a result say: that the call failed, what a Lambda's body is, and Neo4j's typed JSON.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

/// Nested values of typed JSON that are converted; what lies deeper stays as it came.
const DEPTH: usize = 64;

/// Returns whether an envelope reports a failure: a Lambda proxy response with a status of 400 or more, the error object of the
/// Lambda runtime, or the error list of Neo4j's HTTP and Query APIs.
pub(super) fn is_failure(value: &Value) -> bool {
    status(value).is_some_and(|status| status >= 400)
        || is_lambda_error(value)
        || is_neo4j_error(value)
}

/// Returns the status of a Lambda proxy response: a number, or a number as text.
fn status(value: &Value) -> Option<u64> {
    let status = value.get("statusCode")?;
    status
        .as_u64()
        .or_else(|| status.as_str()?.trim().parse().ok())
}

/// `{"errorMessage": …, "errorType": …}`, which the Lambda runtimes make of an exception.
fn is_lambda_error(value: &Value) -> bool {
    let is_text = |name: &str| value.get(name).is_some_and(Value::is_string);
    is_text("errorMessage") && is_text("errorType")
}

/// `{"errors": [{"code": "Neo.…", "message": …}]}`.
fn is_neo4j_error(value: &Value) -> bool {
    let errors = value.get("errors").and_then(Value::as_array);
    errors.is_some_and(|errors| {
        errors.iter().any(|error| {
            let code = error.get("code").and_then(Value::as_str);
            code.is_some_and(|code| code.starts_with("Neo."))
        })
    })
}

/// Takes the body out of a Lambda proxy response, decoded if it is Base64. `None` if the object is no such response.
pub(super) fn take_lambda_body(members: &mut Map<String, Value>) -> Option<Value> {
    if !members.contains_key("statusCode") {
        return None;
    }
    let body = members.remove("body")?;
    let is_encoded = members.get("isBase64Encoded") == Some(&Value::Bool(true));
    let decoded = body
        .as_str()
        .filter(|_| is_encoded)
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Some(decoded.map_or(body, Value::String))
}

/// Converts Neo4j's typed JSON (`application/vnd.neo4j.query`, members `$type` and `_value`) to plain JSON. Nodes and
/// relationships take the form in which the official MCP server writes them. Integers stay exact.
pub(super) fn without_types(value: Value) -> Value {
    untyped(value, DEPTH)
}

fn untyped(value: Value, depth: usize) -> Value {
    if depth == 0 {
        return value;
    }
    match value {
        Value::Array(values) => values
            .into_iter()
            .map(|value| untyped(value, depth - 1))
            .collect(),
        Value::Object(mut members) => {
            let name = members.get("$type").and_then(Value::as_str);
            match (name.map(str::to_owned), members.remove("_value")) {
                (Some(name), Some(inner)) => plain(&name, inner, depth - 1),
                (_, inner) => {
                    members.extend(inner.map(|inner| ("_value".to_owned(), inner)));
                    let members = members
                        .into_iter()
                        .map(|(name, value)| (name, untyped(value, depth - 1)));
                    Value::Object(members.collect())
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// Returns a value of a named type of Neo4j.
fn plain(name: &str, value: Value, depth: usize) -> Value {
    let parsed = match (name, &value) {
        ("Integer", Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        ("Float", Value::String(text)) => text
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Value::Number),
        ("Node", Value::Object(members)) => Some(node(members, depth)),
        ("Relationship", Value::Object(members)) => Some(relationship(members, depth)),
        _ => None,
    };
    parsed.unwrap_or_else(|| untyped(value, depth))
}

fn member(members: &Map<String, Value>, name: &str, depth: usize) -> Value {
    untyped(members.get(name).cloned().unwrap_or_default(), depth)
}

fn node(members: &Map<String, Value>, depth: usize) -> Value {
    json!({
        "ElementId": member(members, "_element_id", depth),
        "Labels": member(members, "_labels", depth),
        "Props": member(members, "_properties", depth),
    })
}

fn relationship(members: &Map<String, Value>, depth: usize) -> Value {
    json!({
        "ElementId": member(members, "_element_id", depth),
        "StartElementId": member(members, "_start_node_element_id", depth),
        "EndElementId": member(members, "_end_node_element_id", depth),
        "Type": member(members, "_type", depth),
        "Props": member(members, "_properties", depth),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_recognised_in_the_envelopes_of_lambda_and_neo4j() {
        for failure in [
            json!({"statusCode": 404, "body": "no"}),
            json!({"statusCode": "500", "body": "no"}),
            json!({"statusCode": 503}),
            json!({"errorMessage": "boom", "errorType": "KeyError", "stackTrace": []}),
            json!({"errors": [{"code": "Neo.ClientError.Statement.SyntaxError", "message": "bad"}]}),
            json!({"results": [], "errors": [{"code": "Neo.TransientError.General.DatabaseUnavailable", "message": "bad"}]}),
        ] {
            assert!(is_failure(&failure), "{failure}");
        }
        for success in [
            json!({"statusCode": 200, "body": "[]"}),
            json!({"statusCode": "created", "body": "[]"}),
            json!({"results": [], "errors": []}),
            json!([{"errorMessage": "a row about an error", "n": 1}]),
            json!({"errors": [{"message": "a partial answer of GraphQL"}]}),
        ] {
            assert!(!is_failure(&success), "{success}");
        }
    }

    #[test]
    fn a_body_in_base64_is_decoded() {
        let mut members =
            json!({"statusCode": 200, "isBase64Encoded": true, "body": "W3siYSI6MX1d"})
                .as_object()
                .cloned()
                .unwrap();
        assert_eq!(take_lambda_body(&mut members), Some(json!("[{\"a\":1}]")));
        let mut plain = json!({"statusCode": 200, "body": "W3siYSI6MX1d"})
            .as_object()
            .cloned()
            .unwrap();
        assert_eq!(take_lambda_body(&mut plain), Some(json!("W3siYSI6MX1d")));
    }

    #[test]
    fn typed_json_becomes_plain_and_integers_stay_exact() {
        let typed = json!([
            {"$type": "Integer", "_value": "9007199254740993"},
            {"$type": "Float", "_value": "2.5"},
            {"$type": "Float", "_value": "NaN"},
            {"$type": "List", "_value": [{"$type": "Null", "_value": null}, {"$type": "String", "_value": "x"}]},
            {"$type": "Date", "_value": "2026-11-28"},
            {"$type": "Node", "_value": {"_element_id": "4:x:1", "_labels": ["Person"], "_properties":
                {"born": {"$type": "Integer", "_value": "1964"}}}},
        ]);
        let expected = json!([
            9_007_199_254_740_993_i64,
            2.5,
            "NaN",
            [null, "x"],
            "2026-11-28",
            {"ElementId": "4:x:1", "Labels": ["Person"], "Props": {"born": 1964}},
        ]);
        assert_eq!(without_types(typed), expected);
        assert_eq!(without_types(json!({"_value": 1})), json!({"_value": 1}));
    }
}
