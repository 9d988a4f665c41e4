//! Arguments of a tool that travel as HTTP headers too (`x-mcp-header`, MCP 2026-07-28, "Custom Headers from Tool Parameters").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// Keyword of a schema that names the header of a property.
const KEYWORD: &str = "x-mcp-header";
/// Marks a value in Base64.
const ENCODED: (&str, &str) = ("=?base64?", "?=");

/// A property that is sent as a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterHeader {
    /// Name of the header.
    pub name: String,
    /// Names of properties that lead from the arguments to the value.
    path: Vec<String>,
}

/// Reads which properties of a tool's schema are sent as headers.
///
/// # Errors
/// What is wrong with an annotation. A client must not call such a tool.
pub fn read(schema: &Value) -> Result<Vec<ParameterHeader>, String> {
    if schema.get(KEYWORD).is_some() {
        return Err(format!("{KEYWORD} stands at the root of the schema"));
    }
    if has_misplaced(schema, true) {
        return Err(format!(
            "{KEYWORD} stands where no plain property leads from the root"
        ));
    }
    let mut headers = Vec::new();
    collect(schema, &mut Vec::new(), &mut headers)?;
    Ok(headers)
}

/// Returns the headers for a call with these arguments: name and value. An argument that is missing or null has none.
pub fn values(headers: &[ParameterHeader], arguments: &Value) -> Vec<(String, String)> {
    let value = |header: &ParameterHeader| {
        let mut steps = header.path.iter();
        let text = match steps.try_fold(arguments, |value, name| value.get(name))? {
            Value::String(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((format!("mcp-param-{}", header.name), encoded(text)))
    };
    headers.iter().filter_map(value).collect()
}

fn collect(
    schema: &Value,
    path: &mut Vec<String>,
    headers: &mut Vec<ParameterHeader>,
) -> Result<(), String> {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return Ok(());
    };
    for (name, property) in properties {
        path.push(name.clone());
        if let Some(annotation) = property.get(KEYWORD) {
            let header = header_name(annotation)
                .map_err(|why| format!("{KEYWORD} of {}: {why}", path.join(".")))?;
            if !is_primitive(property) {
                return Err(format!(
                    "{KEYWORD} of {}: only a string, an integer or a boolean can be a header",
                    path.join(".")
                ));
            }
            let is_taken = |known: &ParameterHeader| known.name.eq_ignore_ascii_case(header);
            if headers.iter().any(is_taken) {
                return Err(format!("{KEYWORD} \"{header}\" stands twice in the schema"));
            }
            headers.push(ParameterHeader {
                name: header.to_owned(),
                path: path.clone(),
            });
        }
        collect(property, path, headers)?;
        path.pop();
    }
    Ok(())
}

/// Returns the name of a header: a token of RFC 9110.
fn header_name(annotation: &Value) -> Result<&str, String> {
    let name = annotation.as_str().ok_or("it is not a text")?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() {
        Err("it is empty".to_owned())
    } else if !name.bytes().all(is_token) {
        Err(format!("\"{name}\" is not the name of a header"))
    } else {
        Ok(name)
    }
}

fn is_primitive(property: &Value) -> bool {
    let kind = property.get("type").and_then(Value::as_str);
    matches!(kind, Some("string" | "integer" | "boolean"))
}

/// Returns whether an annotation stands anywhere but at properties of properties. `on_path` tells whether `schema` is the root or such a
/// property.
fn has_misplaced(schema: &Value, on_path: bool) -> bool {
    let Value::Object(members) = schema else {
        return false;
    };
    let any_of = |schemas: &Value, on_path: bool| match schemas {
        Value::Object(map) => map.values().any(|schema| has_misplaced(schema, on_path)),
        Value::Array(list) => list.iter().any(|schema| has_misplaced(schema, on_path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    members
        .iter()
        .any(|(keyword, value)| match keyword.as_str() {
            KEYWORD => !on_path,
            "properties" => any_of(value, on_path),
            "$defs" | "definitions" | "dependentSchemas" | "patternProperties" | "allOf"
            | "anyOf" | "oneOf" | "prefixItems" => any_of(value, false),
            // These hold data and names, not schemas.
            "default" | "const" | "enum" | "examples" | "dependentRequired" | "required" => false,
            _ => has_misplaced(value, false),
        })
}

/// Returns a value as a header carries it: as it is, or in Base64 where it would not survive.
fn encoded(text: String) -> String {
    let (start, end) = ENCODED;
    let is_plain = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
        && text.trim() == text
        && !(text.starts_with(start) && text.ends_with(end));
    if is_plain {
        text
    } else {
        format!("{start}{}{end}", STANDARD.encode(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(properties: &Value) -> Value {
        json!({"type": "object", "properties": properties})
    }

    #[test]
    fn annotated_arguments_become_headers() {
        let schema = schema(&json!({
            "region": {"type": "string", "x-mcp-header": "Region"},
            "count": {"type": "integer", "x-mcp-header": "Count"},
            "flag": {"type": "boolean", "x-mcp-header": "Flag"},
            "nothing": {"type": "string", "x-mcp-header": "Nothing"},
            "place": {"type": "object", "properties": {"city": {"type": "string", "x-mcp-header": "City"}}},
            "query": {"type": "string"},
        }));
        let arguments = json!({
            "region": "us west", "count": 42, "flag": false, "nothing": null,
            "place": {"city": "Zürich"}, "query": "x",
        });
        let headers = read(&schema).unwrap();
        assert_eq!(
            values(&headers, &arguments),
            [
                ("mcp-param-Region", "us west"),
                ("mcp-param-Count", "42"),
                ("mcp-param-Flag", "false"),
                ("mcp-param-City", "=?base64?WsO8cmljaA==?="),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn what_would_not_survive_in_a_header_is_encoded() {
        for text in [" padded", "padded ", "\tx", "a\nb", "ü", "=?base64?x?="] {
            assert!(
                encoded(text.to_owned()).starts_with("=?base64?"),
                "{text:?}"
            );
        }
        for text in ["", "plain", "in between", "=?base64?x"] {
            assert_eq!(encoded(text.to_owned()), text);
        }
    }

    #[test]
    fn a_tool_with_a_wrong_annotation_is_refused() {
        let property = |kind: &str, header: Value| {
            schema(&json!({"a": {"type": kind, "x-mcp-header": header}}))
        };
        for wrong in [
            property("string", json!("")),
            property("string", json!(1)),
            property("number", json!("A")),
            property("object", json!("A")),
            property("string", json!("My Region")),
            property("string", json!("Région")),
            property("string", json!("A:b")),
            schema(&json!({
                "a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"},
            })),
            schema(
                &json!({"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}),
            ),
            json!({"type": "object", "x-mcp-header": "A"}),
            json!({"anyOf": [{"properties": {"a": {"type": "string", "x-mcp-header": "A"}}}]}),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
        let data = schema(&json!({"a": {"type": "object", "default": {"x-mcp-header": "A"}}}));
        assert_eq!(read(&data), Ok(Vec::new()));
    }
}
