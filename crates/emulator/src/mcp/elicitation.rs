//! Form elicitation (MCP 2025-11-25): a tool that asks the person for more on the way. The question goes out in the stream of
//! the call; the answer comes as a request of its own in the same session, and finds the call that waits for it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::message::{Message, event, event_response, text_result};
use crate::containers::SessionKey;
use crate::http::{Response, respond, streaming};
use crate::world::SharedWorld;

/// The tool that asks.
pub(crate) const TOOL: &str = "rate_movie";
/// How long a person may think.
const PATIENCE: Duration = Duration::from_mins(10);
/// A stream says that it lives this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// The questions that wait for an answer, by session and by the id of the question.
#[derive(Debug, Default)]
pub(crate) struct Elicitations {
    waiting: Mutex<HashMap<(SessionKey, String), oneshot::Sender<Value>>>,
}

impl Elicitations {
    /// Hands an answer to the call that waits for it; one that nobody waits for is forgotten.
    pub(crate) fn answer(&self, place: &SessionKey, reply: &Value) {
        let Some(id) = reply.get("id").and_then(Value::as_str) else {
            return;
        };
        if let Some(sender) = self.waiting.lock().remove(&(place.clone(), id.to_owned())) {
            // Where the call is gone meanwhile, so is the need for an answer.
            let _ = sender.send(reply.clone());
        }
    }
}

/// Whether a client that says this of itself at initialize can be asked by a form. An empty declaration means forms, as in
/// 2025-06-18.
pub(crate) fn takes_forms(initialize: &Value) -> bool {
    let declared = initialize
        .pointer("/capabilities/elicitation")
        .and_then(Value::as_object);
    declared.is_some_and(|modes| modes.is_empty() || modes.contains_key("form"))
}

pub(crate) fn tool() -> Value {
    json!({
        "name": TOOL, "description": "Rate a movie: the rating itself is asked for on the way. Nothing is kept",
        "inputSchema": {"properties": {"movie": {"title": "Movie", "type": "string", "minLength": 1}}, "required": ["movie"],
            "title": "rate_movieArguments", "type": "object"},
        "annotations": {"title": "Rate a movie", "readOnlyHint": true},
    })
}

/// A question that was asked. Dropping it, because the client went away, takes it back.
struct Question {
    world: SharedWorld,
    key: (SessionKey, String),
    receiver: oneshot::Receiver<Value>,
}

impl Question {
    fn ask(world: &SharedWorld, place: &SessionKey) -> Self {
        let (sender, receiver) = oneshot::channel();
        let key = (place.clone(), world.seed.next_uuid());
        world
            .elicitations
            .waiting
            .lock()
            .insert(key.clone(), sender);
        Self {
            world: Arc::clone(world),
            key,
            receiver,
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.world.elicitations.waiting.lock().remove(&self.key);
    }
}

/// The call: a stream with the question, and with the result once it is answered. `place`: the session, where the client
/// said that it can be asked.
pub(crate) fn rate_movie(
    world: &SharedWorld,
    place: Option<&SessionKey>,
    message: &Message,
) -> Response {
    let arguments = message.arguments();
    let movie = arguments
        .get("movie")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let refuse = |text: &str| event_response(&message.result(text_result(text, true)));
    if movie.is_empty() {
        return refuse(
            "Error executing tool rate_movie: 1 validation error for rate_movieArguments",
        );
    }
    let Some(place) = place else {
        return refuse(
            "This client cannot be asked for the rating: it did not declare elicitation at initialize.",
        );
    };
    let question = Question::ask(world, place);
    let asked = json!({"jsonrpc": "2.0", "id": question.key.1, "method": "elicitation/create", "params": {
        "mode": "form", "message": format!("How was {movie}?"), "requestedSchema": form(),
    }});
    let first = futures::stream::once(std::future::ready(Ok(event(&asked))));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let message = message.clone();
    let rest = futures::stream::unfold(Some(question), move |question| {
        let (message, movie) = (message.clone(), movie.clone());
        async move {
            let mut question = question?;
            let result = tokio::select! {
                reply = &mut question.receiver => judge(&movie, &reply.unwrap_or(Value::Null)),
                () = tokio::time::sleep_until(deadline) => text_result("Nobody has answered in time.", true),
                () = tokio::time::sleep(SIGN_OF_LIFE) => return Some((Ok(Bytes::from_static(b": waiting\n\n")), Some(question))),
            };
            Some((Ok(event(&message.result(result))), None))
        }
    });
    let mut response = respond(StatusCode::OK, "text/event-stream", "");
    *response.body_mut() = streaming(first.chain(rest));
    response
}

/// One field of each sort that a form may have.
fn form() -> Value {
    json!({
        "type": "object",
        "properties": {
            "rating": {"type": "integer", "title": "Rating", "description": "1 is the worst, 10 the best", "minimum": 1, "maximum": 10},
            "recommend": {"type": "boolean", "title": "Recommend it", "default": true},
            "place": {"type": "string", "title": "Seen", "enum": ["cinema", "home", "plane"], "default": "home"},
            "date": {"type": "string", "title": "Seen on", "format": "date"},
            "comment": {"type": "string", "title": "Comment", "description": "One sentence", "maxLength": 120},
        },
        "required": ["rating"],
    })
}

/// The result of the call, out of the client's answer.
fn judge(movie: &str, reply: &Value) -> Value {
    let result = reply.get("result").unwrap_or(&Value::Null);
    let content = result
        .get("content")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    match result.get("action").and_then(Value::as_str) {
        Some("accept") => match problem(&content) {
            None => rated(movie, content),
            Some(problem) => text_result(&format!("The form does not fit: {problem}."), true),
        },
        Some("decline") => text_result(&format!("{movie} was not rated: declined."), false),
        Some("cancel") => text_result(&format!("{movie} was not rated: cancelled."), false),
        _ => {
            let told = reply
                .pointer("/error/message")
                .and_then(Value::as_str)
                .unwrap_or("no action in it");
            text_result(
                &format!("The client did not answer the question: {told}."),
                true,
            )
        }
    }
}

fn problem(content: &Map<String, Value>) -> Option<&'static str> {
    let text = |name: &str| content.get(name).is_none_or(Value::is_string);
    let seen = content
        .get("place")
        .and_then(Value::as_str)
        .unwrap_or("home");
    let rating = content.get("rating").and_then(Value::as_i64);
    if rating.is_none_or(|rating| !(1..=10).contains(&rating)) {
        return Some("rating must be a whole number from 1 to 10");
    }
    if content
        .get("recommend")
        .is_some_and(|value| !value.is_boolean())
    {
        return Some("recommend must be true or false");
    }
    if !text("place") || !["cinema", "home", "plane"].contains(&seen) {
        return Some("place must be one of cinema, home, plane");
    }
    if !text("comment") || !text("date") {
        return Some("comment and date must be texts");
    }
    None
}

fn rated(movie: &str, mut content: Map<String, Value>) -> Value {
    let text = format!(
        "{movie}: {} of 10",
        content.get("rating").cloned().unwrap_or_default()
    );
    content.insert("movie".to_owned(), movie.into());
    json!({"content": [{"type": "text", "text": text}], "structuredContent": content, "isError": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_by_its_action_and_its_content() {
        let accepted = |content: Value| json!({"result": {"action": "accept", "content": content}});
        // (the client's answer, what the result's text has, whether it is an error)
        let cases = [
            (
                accepted(
                    json!({"rating": 8, "recommend": false, "place": "plane", "comment": "x"}),
                ),
                "Top Gun: 8 of 10",
                false,
            ),
            (accepted(json!({"rating": 11})), "rating must be", true),
            (accepted(json!({})), "rating must be", true),
            (
                accepted(json!({"rating": 8, "place": "nowhere"})),
                "place must be",
                true,
            ),
            (
                accepted(json!({"rating": 8, "recommend": "yes"})),
                "recommend must be",
                true,
            ),
            (json!({"result": {"action": "decline"}}), "declined", false),
            (json!({"result": {"action": "cancel"}}), "cancelled", false),
            (
                json!({"error": {"code": -32601, "message": "no such method"}}),
                "no such method",
                true,
            ),
        ];
        for (reply, text, is_error) in cases {
            let result = judge("Top Gun", &reply);
            assert!(
                result["content"][0]["text"]
                    .as_str()
                    .unwrap()
                    .contains(text),
                "{result}"
            );
            assert_eq!(
                result["isError"].as_bool().unwrap_or(false),
                is_error,
                "{reply}"
            );
        }
    }

    #[test]
    fn forms_are_for_clients_that_declare_them() {
        let declared = |elicitation: Value| {
            takes_forms(&json!({"capabilities": {"elicitation": elicitation}}))
        };
        assert!(
            declared(json!({}))
                && declared(json!({"form": {}}))
                && declared(json!({"form": {}, "url": {}}))
        );
        assert!(!declared(json!({"url": {}})) && !takes_forms(&json!({"capabilities": {}})));
    }
}
