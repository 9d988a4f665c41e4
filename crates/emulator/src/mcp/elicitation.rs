//! Elicitation (MCP 2025-11-25): tools that ask the person in front of the client, by a form or by a
//! web page.
//!
//! The request goes out in the event stream of the call. The response comes as an HTTP request of its
//! own in the same session, and is handed to the call that waits for it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};

use super::message::{Message, event, event_response, text_result};
use super::outcome::ToolFailure;
use crate::containers::SessionKey;
use crate::http::{Request, Response, respond, streaming};
use crate::world::SharedWorld;

/// The tool that asks by a form.
pub(crate) const RATE_MOVIE: &str = "rate_movie";
/// The tool that asks by a web page.
pub(crate) const LINK_ACCOUNT: &str = "link_account";
/// The path of the pages, followed by the elicitation id.
pub(crate) const PAGE: &str = "/elicitations/";
/// Time limit for a person to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_mins(10);
/// Interval of the comments that keep an idle event stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The elicitations that wait for a response.
#[derive(Debug, Default)]
pub(crate) struct Elicitations {
    /// By session and request id.
    waiting: Mutex<HashMap<(SessionKey, String), oneshot::Sender<Value>>>,
    /// Pages that wait for the person's confirmation, by elicitation id.
    pages: Mutex<HashMap<String, oneshot::Sender<()>>>,
}

impl Elicitations {
    /// Hands a response to the call that waits for it. A response without a waiting call is dropped.
    pub(crate) fn answer(&self, place: &SessionKey, reply: &Value) {
        let Some(id) = reply.get("id").and_then(Value::as_str) else {
            return;
        };
        if let Some(sender) = self.waiting.lock().remove(&(place.clone(), id.to_owned())) {
            // The call may have ended in the meantime.
            let _ = sender.send(reply.clone());
        }
    }
}

/// The kinds of elicitation that a client declares in `initialize`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ElicitationModes {
    pub(crate) form: bool,
    pub(crate) url: bool,
}

impl ElicitationModes {
    /// Reads the capabilities of a client. An empty declaration means forms, as in 2025-06-18.
    pub(crate) fn of_initialize(params: &Value) -> Self {
        let declared = params
            .pointer("/capabilities/elicitation")
            .and_then(Value::as_object);
        declared.map_or_else(Self::default, |modes| Self {
            form: modes.is_empty() || modes.contains_key("form"),
            url: modes.contains_key("url"),
        })
    }
}

/// Returns the tools of this module.
pub(crate) fn tools() -> [Value; 2] {
    [
        json!({
            "name": RATE_MOVIE, "description": "Rate a movie: the rating itself is asked for on the way. Nothing is kept",
            "inputSchema": {"properties": {"movie": {"title": "Movie", "type": "string", "minLength": 1}}, "required": ["movie"],
                "title": "rate_movieArguments", "type": "object"},
            "annotations": {"title": "Rate a movie", "readOnlyHint": true},
        }),
        json!({
            "name": LINK_ACCOUNT, "description": "Link an account: a web page asks for the confirmation. Nothing is kept",
            "inputSchema": {"properties": {}, "title": "link_accountArguments", "type": "object"},
            "annotations": {"title": "Link an account", "readOnlyHint": true},
        }),
    ]
}

/// A request that waits for its response. Dropping it, because the client disconnected, withdraws it.
struct PendingElicitation {
    world: SharedWorld,
    key: (SessionKey, String),
    receiver: oneshot::Receiver<Value>,
}

impl PendingElicitation {
    fn new(world: &SharedWorld, place: &SessionKey) -> Self {
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

    /// Returns the JSON-RPC request with these parameters.
    fn request(&self, params: &Value) -> Value {
        json!({"jsonrpc": "2.0", "id": self.key.1, "method": "elicitation/create", "params": params})
    }
}

impl Drop for PendingElicitation {
    fn drop(&mut self) {
        self.world.elicitations.waiting.lock().remove(&self.key);
    }
}

/// The event stream of a call.
struct CallStream(mpsc::Sender<Bytes>);

impl CallStream {
    async fn send(&self, message: &Value) {
        // A client that disconnected no longer reads the stream.
        let _ = self.0.send(event(message)).await;
    }

    /// Waits for a future, keeps the stream open meanwhile, and gives up after
    /// [`RESPONSE_TIMEOUT`] or when the client disconnects.
    async fn wait<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let deadline = tokio::time::Instant::now() + RESPONSE_TIMEOUT;
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                value = &mut future => return Some(value),
                () = tokio::time::sleep_until(deadline) => return None,
                () = self.0.closed() => return None,
                () = tokio::time::sleep(KEEP_ALIVE) => {
                    let _ = self.0.send(Bytes::from_static(b": waiting\n\n")).await;
                }
            }
        }
    }
}

/// Answers a call with an event stream whose messages `serve` sends.
fn call_stream<F: Future<Output = ()> + Send + 'static>(
    serve: impl FnOnce(CallStream) -> F,
) -> Response {
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(serve(CallStream(sender)));
    let pieces = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece| (Ok(piece), receiver))
    });
    let mut response = respond(StatusCode::OK, "text/event-stream", "");
    *response.body_mut() = streaming(pieces);
    response
}

fn refuse(message: &Message, text: &str) -> Response {
    let mut response = event_response(&message.result(text_result(text, true)));
    response.extensions_mut().insert(ToolFailure {
        text: text.to_owned(),
    });
    response
}

fn timed_out() -> Value {
    text_result("No answer came in time.", true)
}

/// Answers a call of [`RATE_MOVIE`]. `place` is the session of a client that declared forms.
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
    if movie.is_empty() {
        return refuse(
            message,
            "Error executing tool rate_movie: 1 validation error for rate_movieArguments",
        );
    }
    let Some(place) = place else {
        return refuse(
            message,
            "The rating cannot be asked for: that needs a session whose initialize declared elicitation.",
        );
    };
    let mut pending = PendingElicitation::new(world, place);
    let message = message.clone();
    call_stream(move |stream| async move {
        let params = json!({"mode": "form", "message": format!("How was {movie}?"), "requestedSchema": form()});
        stream.send(&pending.request(&params)).await;
        let result = match stream.wait(&mut pending.receiver).await {
            Some(reply) => judge(&movie, &reply.unwrap_or_default()),
            None => timed_out(),
        };
        stream.send(&message.result(result)).await;
    })
}

/// Answers a call of [`LINK_ACCOUNT`]. `place` is the session of a client that declared URLs.
pub(crate) fn link_account(
    world: &SharedWorld,
    place: Option<&SessionKey>,
    message: &Message,
) -> Response {
    let Some(place) = place else {
        return refuse(
            message,
            "This client cannot open a page: it did not declare URL elicitation at initialize.",
        );
    };
    let mut pending = PendingElicitation::new(world, place);
    let (world, message) = (Arc::clone(world), message.clone());
    call_stream(move |stream| async move {
        let id = world.seed.next_uuid();
        let (sender, confirmed) = oneshot::channel();
        world.elicitations.pages.lock().insert(id.clone(), sender);
        let url = format!("{}{PAGE}{id}", world.base);
        let params = json!({"mode": "url", "elicitationId": id, "url": url, "message": "Please confirm the link to your account on this page."});
        stream.send(&pending.request(&params)).await;
        let reply = stream.wait(&mut pending.receiver).await;
        let action = reply.and_then(Result::ok).and_then(|reply| {
            let action = reply.pointer("/result/action")?.as_str()?;
            Some(action.to_owned())
        });
        let result = match action.as_deref() {
            Some("accept") => match stream.wait(confirmed).await {
                Some(Ok(())) => {
                    let complete = json!({"jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": {"elicitationId": id}});
                    stream.send(&complete).await;
                    text_result("The account is linked.", false)
                }
                Some(Err(_)) | None => timed_out(),
            },
            Some("decline") => text_result("The account was not linked: declined.", false),
            Some("cancel") => text_result("The account was not linked: cancelled.", false),
            Some(_) | None => text_result("The client did not answer the request.", true),
        };
        world.elicitations.pages.lock().remove(&id);
        stream.send(&message.result(result)).await;
    })
}

/// Answers at the page of an elicitation: GET shows a form, POST confirms.
pub(crate) fn page(world: &SharedWorld, id: &str, request: &Request) -> Response {
    let html = |status, body: &str| {
        let text = format!(
            "<!doctype html><html lang=\"en\"><title>Link an account</title><body>{body}</body></html>"
        );
        respond(status, "text/html; charset=utf-8", text)
    };
    let pages = &world.elicitations.pages;
    if !pages.lock().contains_key(id) {
        return html(
            StatusCode::GONE,
            "<p>This page was used already or is too old. Call the tool again for a new one.</p>",
        );
    }
    if request.method() != Method::POST {
        return html(
            StatusCode::OK,
            "<h1>Link an account</h1><p>The tool link_account asks for your confirmation. Nothing leaves this machine.</p>\
             <form method=\"post\"><button type=\"submit\">Confirm</button></form>",
        );
    }
    if let Some(sender) = pages.lock().remove(id) {
        // The call may have ended in the meantime.
        let _ = sender.send(());
    }
    html(
        StatusCode::OK,
        "<p>Confirmed. You can close this page and go back to the console.</p>",
    )
}

/// Returns the form of [`RATE_MOVIE`], with one field of each kind that a form may have.
fn form() -> Value {
    json!({
        "type": "object",
        "properties": {
            "rating": {"type": "integer", "title": "Rating", "description": "1 is the worst, 10 the best", "minimum": 1, "maximum": 10},
            "recommend": {"type": "boolean", "title": "Recommend it", "default": true},
            "place": {"type": "string", "title": "Seen", "enum": ["cinema", "home", "plane"], "default": "home"},
            "date": {"type": "string", "title": "Seen on", "format": "date"},
            "comment": {"type": "string", "title": "Comment", "description": "One sentence", "maxLength": 120},
            "company": {"type": "string", "title": "Seen with", "oneOf": [
                {"const": "alone", "title": "Nobody"}, {"const": "friends", "title": "Friends"}, {"const": "family", "title": "Family"},
            ]},
            "email": {"type": "string", "title": "Address for a reply", "format": "email"},
        },
        "required": ["rating"],
    })
}

/// Returns the result of the call for the client's response.
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

/// Returns what is wrong with the content of a form.
fn problem(content: &Map<String, Value>) -> Option<&'static str> {
    rating_problem(content).or_else(|| detail_problem(content))
}

/// Checks the fields beyond the rating's own.
fn detail_problem(content: &Map<String, Value>) -> Option<&'static str> {
    let one_of = |value: &Value, allowed: &[&str]| {
        value.as_str().is_some_and(|value| allowed.contains(&value))
    };
    let company = content.get("company");
    if company.is_some_and(|company| !one_of(company, &["alone", "friends", "family"])) {
        return Some("company must be one of alone, friends, family");
    }
    let email = content.get("email").map(Value::as_str);
    if email.is_some_and(|email| !email.is_some_and(|email| email.contains('@'))) {
        return Some("email must be an address");
    }
    None
}

fn rating_problem(content: &Map<String, Value>) -> Option<&'static str> {
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
                accepted(json!({"rating": 8, "company": "friends", "email": "nowhere"})),
                "email must be",
                true,
            ),
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
    fn declared_elicitation_modes_are_read() {
        let declared = |elicitation: Value| {
            let params = json!({"capabilities": {"elicitation": elicitation}});
            let modes = ElicitationModes::of_initialize(&params);
            (modes.form, modes.url)
        };
        assert_eq!(declared(json!({})), (true, false));
        assert_eq!(declared(json!({"form": {}})), (true, false));
        assert_eq!(declared(json!({"form": {}, "url": {}})), (true, true));
        assert_eq!(declared(json!({"url": {}})), (false, true));
        let none = ElicitationModes::of_initialize(&json!({"capabilities": {}}));
        assert_eq!(none, ElicitationModes::default());
    }
}
