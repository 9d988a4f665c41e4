//! JSON-RPC messages of MCP: parsing requests, and building responses as JSON or as event streams.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::http::{Request, Response, header, json as json_response, respond, set_header};

/// Codes beyond those of JSON-RPC itself (MCP 2026-07-28 and the AgentCore developer guide).
pub(crate) const PARSE_ERROR: i64 = -32700;
pub(crate) const INVALID_REQUEST: i64 = -32600;
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;
pub(crate) const UNAUTHORIZED: i64 = -32001;
pub(crate) const ACCESS_DENIED: i64 = -32002;
pub(crate) const ACCEPT_HEADER: i64 = -32011;
pub(crate) const HEADER_MISMATCH: i64 = -32020;
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
pub(crate) const CONSENT_REQUIRED: i64 = -32042;

/// One message from a client.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Absent in a notification.
    pub(crate) id: Option<Value>,
    /// Empty in a response.
    pub(crate) method: String,
    pub(crate) params: Value,
    /// The whole message, if it is a response to a request of the server.
    pub(crate) reply: Option<Value>,
}

impl Message {
    /// Parses a body. The error is the response.
    pub(crate) fn read(body: &Bytes) -> Result<Self, Response> {
        let refuse = |code, message: &str| {
            json_response(
                StatusCode::BAD_REQUEST,
                &error(Some(Value::Null), code, message, None),
            )
        };
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Err(refuse(PARSE_ERROR, "Parse error: Invalid JSON"));
        };
        if value.is_array() {
            return Err(refuse(
                INVALID_REQUEST,
                "Invalid Request: batches are not supported",
            ));
        }
        let method = value
            .get("method")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let is_response = value.get("result").is_some() || value.get("error").is_some();
        if value.get("jsonrpc").and_then(Value::as_str) != Some("2.0")
            || (method.is_none() && !is_response)
        {
            return Err(refuse(
                INVALID_REQUEST,
                "Invalid Request: not a JSON-RPC 2.0 message",
            ));
        }
        let id = value
            .get("id")
            .filter(|id| id.is_string() || id.is_number())
            .cloned();
        Ok(Self {
            id: if method.is_some() { id } else { None },
            reply: method.is_none().then(|| value.clone()),
            method: method.unwrap_or_default(),
            params: value.get("params").cloned().unwrap_or(Value::Null),
        })
    }

    /// Returns whether the message expects no response: a notification or a response.
    pub(crate) fn is_notification(&self) -> bool {
        self.id.is_none()
    }

    /// Returns the name of the called tool.
    pub(crate) fn tool(&self) -> &str {
        self.params
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(crate) fn arguments(&self) -> Value {
        self.params
            .get("arguments")
            .cloned()
            .filter(|arguments| !arguments.is_null())
            .unwrap_or_else(|| json!({}))
    }

    /// Returns an entry of `_meta`.
    pub(crate) fn meta(&self, key: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(key)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "the result becomes part of the answer"
    )]
    pub(crate) fn result(&self, result: Value) -> Value {
        json!({"jsonrpc": "2.0", "id": self.id, "result": result})
    }

    pub(crate) fn error(&self, code: i64, message: &str, data: Option<Value>) -> Value {
        error(self.id.clone(), code, message, data)
    }
}

/// Builds an error response. AgentCore leaves the id out of some.
pub(crate) fn error(id: Option<Value>, code: i64, message: &str, data: Option<Value>) -> Value {
    let mut body = serde_json::Map::new();
    body.insert("jsonrpc".to_owned(), json!("2.0"));
    if let Some(id) = id {
        body.insert("id".to_owned(), id);
    }
    let mut error = json!({"code": code, "message": message});
    if let (Some(data), Some(members)) = (data, error.as_object_mut()) {
        members.insert("data".to_owned(), data);
    }
    body.insert("error".to_owned(), error);
    Value::Object(body)
}

/// Builds a tool result with one text.
pub(crate) fn text_result(text: &str, is_error: bool) -> Value {
    let mut result = json!({"content": [{"type": "text", "text": text}]});
    if let Some(members) = result.as_object_mut().filter(|_| is_error) {
        members.insert("isError".to_owned(), json!(true));
    }
    result
}

/// Returns whether the client accepts JSON and event streams, as Streamable HTTP requires.
pub(crate) fn accepts_both(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && accepts(headers, "text/event-stream")
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let accept = header(headers, "accept").unwrap_or_default();
    let main = kind.split('/').next().unwrap_or_default();
    accept
        .split(',')
        .map(|media_type| media_type.split(';').next().unwrap_or_default().trim())
        .any(|media_type| {
            media_type.eq_ignore_ascii_case(kind)
                || media_type == "*/*"
                || media_type.strip_suffix("/*") == Some(main)
        })
}

/// 202 without a body.
pub(crate) fn accepted() -> Response {
    respond(StatusCode::ACCEPTED, "application/json", "")
}

/// Only POST is served: MCP clients take 405 as "no stream here".
pub(crate) fn method_not_allowed() -> Response {
    let mut response = json_response(
        StatusCode::METHOD_NOT_ALLOWED,
        &error(None, -32000, "Method not allowed.", None),
    );
    set_header(&mut response, "allow", "POST");
    response
}

/// Returns one event of a stream.
pub(crate) fn event(message: &Value) -> Bytes {
    Bytes::from(format!("event: message\ndata: {message}\n\n"))
}

/// Returns a stream of one event.
pub(crate) fn event_response(message: &Value) -> Response {
    respond(StatusCode::OK, "text/event-stream", event(message))
}

/// Returns the last message of an event stream that answers the request with this id.
pub(crate) fn answer_in_stream(body: &[u8], id: Option<&Value>) -> Option<Value> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n");
    let messages = text.split("\n\n").filter_map(|block| {
        let data: Vec<&str> = block
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim_start)
            .collect();
        serde_json::from_str::<Value>(&data.join("\n")).ok()
    });
    messages
        .filter(|message| {
            message.get("id") == id
                && (message.get("result").is_some() || message.get("error").is_some())
        })
        .last()
}

/// Returns the MCP session id of a request.
pub(crate) fn session_id(request: &Request) -> Option<&str> {
    header(request.headers(), "mcp-session-id").filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let read = |text: &'static str| Message::read(&Bytes::from_static(text.as_bytes()));
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#)
                .unwrap()
                .id,
            Some(json!("a"))
        );
        assert!(
            read(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
                .unwrap()
                .is_notification()
        );
        assert!(
            read(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
                .unwrap()
                .is_notification()
        );
        for wrong in [
            "nonsense",
            "[]",
            r#"{"id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0"}"#,
        ] {
            assert_eq!(
                read(wrong).unwrap_err().status(),
                StatusCode::BAD_REQUEST,
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_answer_is_found_behind_progress() {
        let body = b"event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\r\n\r\n: ping\n\n\
            data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n";
        assert_eq!(
            answer_in_stream(body, Some(&json!(7))),
            Some(json!({"jsonrpc":"2.0","id":7,"result":{}}))
        );
        assert_eq!(answer_in_stream(body, Some(&json!(8))), None);
    }
}
