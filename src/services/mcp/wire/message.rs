//! What a JSON value in the HTTP exchange of a request is: pure.

use serde_json::{Map, Value, json};

/// A value that a server sent.
#[derive(Debug, PartialEq)]
pub(super) enum ReceivedBody {
    /// The answer to the request, under whatever id: the id that it came with, and the value as JSON-RPC wants it.
    Answer {
        /// The id that the server wrote.
        id: Option<Value>,
        /// `Ok`: the result. `Err`: the error as the server wrote it.
        outcome: Result<Value, Value>,
    },
    /// A request or a notification of the server's.
    Message(Value),
    /// Neither: a heartbeat, a greeting, nothing.
    Nothing,
}

/// Reads a value. Of a batch, its answer counts.
pub(super) fn read(value: Value) -> ReceivedBody {
    match value {
        Value::Object(members) => read_object(members),
        Value::Array(items) => {
            let mut message = ReceivedBody::Nothing;
            for item in items {
                match read(item) {
                    answer @ ReceivedBody::Answer { .. } => return answer,
                    other @ ReceivedBody::Message(_) => message = other,
                    ReceivedBody::Nothing => {}
                }
            }
            message
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => ReceivedBody::Nothing,
    }
}

/// Takes the notifications that stand in a batch before its answer, in their order.
pub(super) fn notifications(value: &Value) -> Vec<Value> {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    let is_answer = |item: &&Value| item.get("result").is_some() || item.get("error").is_some();
    let before = items.iter().take_while(|item| !is_answer(item));
    before
        .filter(|item| item.get("method").is_some() && item.get("id").is_none())
        .cloned()
        .collect()
}

fn read_object(mut members: Map<String, Value>) -> ReceivedBody {
    if members.get("method").is_some_and(Value::is_string) {
        members.insert("jsonrpc".to_owned(), json!("2.0"));
        return ReceivedBody::Message(Value::Object(members));
    }
    let id = members.remove("id").filter(|id| !id.is_null());
    match (
        members.remove("error").filter(|error| !error.is_null()),
        members.remove("result"),
    ) {
        (Some(error), _) => ReceivedBody::Answer {
            id,
            outcome: Err(error),
        },
        (None, Some(result)) => ReceivedBody::Answer {
            id,
            outcome: Ok(result),
        },
        (None, None) => ReceivedBody::Nothing,
    }
}

/// Reads the data of an `event: error`: an error, in JSON-RPC's form or in the server's own words.
pub(super) fn read_error_event(data: &str) -> ReceivedBody {
    match serde_json::from_str::<Value>(data) {
        Ok(value) => match read(value.clone()) {
            ReceivedBody::Nothing => ReceivedBody::Answer {
                id: None,
                outcome: Err(value),
            },
            other @ (ReceivedBody::Answer { .. } | ReceivedBody::Message(_)) => other,
        },
        Err(_) if data.trim().is_empty() => ReceivedBody::Nothing,
        Err(_) => ReceivedBody::Answer {
            id: None,
            outcome: Err(Value::from(data.trim())),
        },
    }
}

/// Returns whether the id of an answer is the request's own: the same number or text, however it is written.
pub(super) fn is_own_id(id: Option<&Value>, own: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number
            .as_f64()
            .filter(|number| number.fract() == 0.0)
            .map_or_else(|| number.to_string(), |number| format!("{number:.0}")),
        other => other.to_string(),
    };
    id.is_some_and(|id| text(id) == text(own))
}

/// Returns an error as rmcp takes it. What the server wrote is kept elsewhere.
pub(super) fn error_for_rmcp(own: &Value, error: &Value) -> Value {
    let code = error
        .get("code")
        .and_then(Value::as_i64)
        .and_then(|code| i32::try_from(code).ok())
        .unwrap_or(-32_000);
    let message = error
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("error");
    let mut written = json!({"code": code, "message": message});
    if let (Some(members), Some(data)) = (written.as_object_mut(), error.get("data")) {
        members.insert("data".to_owned(), data.clone());
    }
    json!({"jsonrpc": "2.0", "id": own, "error": written})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_known_by_what_they_hold() {
        let answer = |id: Value, outcome| ReceivedBody::Answer {
            id: Some(id).filter(|id| !id.is_null()),
            outcome,
        };
        for (value, expected) in [
            (
                json!({"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}),
                answer(json!(1), Ok(json!({"a": 1}))),
            ),
            (
                json!({"id": "server-error", "error": {"code": 1}}),
                answer(json!("server-error"), Err(json!({"code": 1}))),
            ),
            (
                json!({"id": null, "result": [], "error": null}),
                answer(Value::Null, Ok(json!([]))),
            ),
            (
                json!({"error": "boom"}),
                answer(Value::Null, Err(json!("boom"))),
            ),
            (
                json!([{"method": "ping"}, {"id": 2, "result": {}}]),
                answer(json!(2), Ok(json!({}))),
            ),
            (json!({"type": "heartbeat"}), ReceivedBody::Nothing),
            (Value::Null, ReceivedBody::Nothing),
        ] {
            assert_eq!(read(value.clone()), expected, "{value}");
        }
        assert!(matches!(
            read(json!({"method": "ping", "id": 1})),
            ReceivedBody::Message(_)
        ));
        assert_eq!(
            read_error_event("no luck"),
            answer(Value::Null, Err(json!("no luck")))
        );
        assert_eq!(
            read_error_event(r#"{"detail":"no luck"}"#),
            answer(Value::Null, Err(json!({"detail": "no luck"})))
        );
    }

    #[test]
    fn an_id_is_the_same_as_number_text_and_fraction() {
        for id in [json!(3), json!("3"), json!(3.0)] {
            assert!(is_own_id(Some(&id), &json!(3)), "{id}");
        }
        for id in [Some(json!(0)), Some(json!("server-error")), None] {
            assert!(!is_own_id(id.as_ref(), &json!(3)), "{id:?}");
        }
    }
}
