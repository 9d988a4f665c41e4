//! The words in which an answer that a gateway logged says why a call failed.

use serde_json::Value;

use super::java_map;

/// Places of the words in an answer, the tool's own first.
const PLACES: [&str; 4] = [
    "/result/content/0/text",
    "/error/message",
    "/error/data",
    "/message",
];

/// Returns the text of an answer: of a tool result, of a JSON-RPC error, or as it is.
pub(crate) fn answer_text(answer: &str) -> String {
    let Some(value) = serde_json::from_str::<Value>(answer)
        .ok()
        .or_else(|| java_map::parse(answer))
    else {
        return answer.to_owned();
    };
    let text = PLACES
        .iter()
        .find_map(|place| value.pointer(place)?.as_str())
        .map_or_else(|| answer.to_owned(), str::to_owned);
    match value.pointer("/error/code") {
        Some(code) => format!("{text} ({code})"),
        None => text,
    }
}

/// Returns why the request of a structured line failed, in one line, if the line itself only says that it did: the error in a gateway's
/// `responseBody`, or the status message of a span.
pub fn failure_reason(text: &str) -> Option<String> {
    let text = text.trim_start();
    let may_have_one =
        text.starts_with('{') && (text.contains("\"responseBody\"") || text.contains("\"status\""));
    if !may_have_one {
        return None;
    }
    let record: Value = serde_json::from_str(text).ok()?;
    let words = match record.pointer("/body/responseBody") {
        Some(Value::String(answer)) => answer_text(answer),
        Some(answer @ (Value::Object(_) | Value::Array(_))) => answer_text(&answer.to_string()),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => record
            .pointer("/status/message")
            .and_then(Value::as_str)?
            .to_owned(),
    };
    let line = words.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_why_in_json_and_in_the_text_of_a_map() {
        for (answer, expected) in [
            (
                r#"{"result":{"isError":true,"content":[{"type":"text","text":"Neo.X: no"}]}}"#,
                "Neo.X: no",
            ),
            (
                "{jsonrpc=2.0, id=26, result={content=[{type=text, text=Neo.X: no {a} (1)}], isError=true}}",
                "Neo.X: no {a} (1)",
            ),
            (
                r#"{"error":{"code":-32042,"message":"consent"}}"#,
                "consent (-32042)",
            ),
            (
                "{jsonrpc=2.0, error={code=-32042, message=consent, please}}",
                "consent, please (-32042)",
            ),
            ("HTTP 502", "HTTP 502"),
        ] {
            assert_eq!(answer_text(answer), expected, "{answer}");
        }
    }

    #[test]
    fn the_reason_of_a_failed_request_is_in_its_answer() {
        let line = |body: &str| {
            serde_json::json!({"body": {"isError": true, "log": "Failed to process request with requestId: 26", "responseBody": body}})
                .to_string()
        };
        let map = "{id=26, result={content=[{type=text, text=Neo.X: no\nmore}], isError=true}}";
        assert_eq!(failure_reason(&line(map)).as_deref(), Some("Neo.X: no"));
        assert_eq!(
            failure_reason(&line("HTTP 500")).as_deref(),
            Some("HTTP 500")
        );
        let span = r#"{"name":"x","status":{"code":"ERROR","message":"it broke"}}"#;
        assert_eq!(failure_reason(span).as_deref(), Some("it broke"));
        for without in ["plain", r#"{"message":"x"}"#, r#"{"status":200}"#] {
            assert_eq!(failure_reason(without), None, "{without}");
        }
    }
}
