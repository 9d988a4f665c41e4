//! A call as it went over the wire: request, answer, headers that matter, times.

use serde_json::{Map, Value};

use super::CallResult;
use crate::{
    model::{CallOutcome, HttpExchange},
    theme::Role,
    widgets::{StyledLine, json_beginning, json_lines},
};

/// Headers that say nothing about the call.
const IDLE: [&str; 7] = [
    "date",
    "connection",
    "vary",
    "keep-alive",
    "server",
    "cache-control",
    "transfer-encoding",
];

/// Returns the lines of the raw view; of the answer so many, and a few more where it has more.
pub(super) fn lines(result: &CallResult, most: usize) -> Vec<StyledLine> {
    let Some(exchange) = &result.exchange else {
        return result
            .answer
            .as_ref()
            .map_or_else(|_| Vec::new(), |call| json_beginning(&call.raw, most));
    };
    let mut lines = vec![vec![
        ("POST ".to_owned(), Role::Name),
        (exchange.url.clone(), Role::Text),
    ]];
    lines.extend(headers(&exchange.sent));
    lines.push(Vec::new());
    lines.extend(json_lines(&exchange.request));
    lines.push(Vec::new());
    lines.push(status(exchange));
    lines.extend(headers(&exchange.received));
    lines.push(Vec::new());
    lines.extend(answer(exchange, result.answer.as_ref().ok(), most));
    lines.push(Vec::new());
    lines.push(times(exchange));
    lines
}

/// Returns the same as text.
pub(super) fn text(result: &CallResult) -> String {
    let line = |line: StyledLine| line.into_iter().map(|(text, _)| text).collect::<String>();
    lines(result, usize::MAX)
        .into_iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn status(exchange: &HttpExchange) -> StyledLine {
    match exchange.status {
        Some(status) => {
            let role = if status < 400 {
                Role::Success
            } else {
                Role::Failed
            };
            let is_stream = exchange
                .received
                .iter()
                .any(|(name, value)| name == "content-type" && value.contains("event-stream"));
            let how = if is_stream {
                "   as an event stream"
            } else {
                ""
            };
            vec![
                ("HTTP ".to_owned(), Role::Name),
                (status.to_string(), role),
                (how.to_owned(), Role::Dim),
            ]
        }
        None => vec![("no answer".to_owned(), Role::Failed)],
    }
}

fn headers(headers: &[(String, String)]) -> Vec<StyledLine> {
    let telling = headers
        .iter()
        .filter(|(name, _)| !IDLE.contains(&name.as_str()));
    telling
        .map(|(name, value)| {
            vec![
                (name.clone(), Role::Accent),
                (": ".to_owned(), Role::Faint),
                (value.clone(), Role::Text),
            ]
        })
        .collect()
}

/// Returns the message with its result back in its place.
fn answer(exchange: &HttpExchange, call: Option<&CallOutcome>, most: usize) -> Vec<StyledLine> {
    match (&exchange.answer, call) {
        (Value::Object(members), Some(call)) => {
            let mut whole: Map<String, Value> = members.clone();
            whole.insert("result".to_owned(), call.raw.clone());
            json_beginning(&Value::Object(whole), most)
        }
        // A stream that was taken up again brings its answer by another way than the one that is watched.
        (_, Some(call)) => json_beginning(&call.raw, most),
        (Value::Null, None) => Vec::new(),
        (Value::String(text), None) => text
            .lines()
            .map(|line| vec![(line.to_owned(), Role::Text)])
            .collect(),
        (value, None) => json_beginning(value, most),
    }
}

fn times(exchange: &HttpExchange) -> StyledLine {
    vec![(super::result::elapsed_in_words(exchange.elapsed), Role::Dim)]
}
