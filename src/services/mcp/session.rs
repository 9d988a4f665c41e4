//! A connection to an MCP endpoint: its tools and its calls.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use rmcp::{
    RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CancelledNotification, CancelledNotificationParam,
        ClientRequest, ErrorData, RequestId,
    },
    service::{Peer, PeerRequestOptions, RunningService, ServiceError},
};
use serde_json::{Map, Value};

use crate::{
    model::{
        CallOptions, CallOutcome, Claims, ConnectionInfo, Elapsed, ElicitationAnswer, Failure,
        FailureKind, HttpExchange, show_duration,
    },
    tools::{cypher, table},
};

use super::{
    answer,
    cancellation::Cancellations,
    elicitation::Listener,
    subscription::{self, ChangingLists, SubscriptionTask},
    wire::{self, Exchange, Wire},
};

/// The member of `_meta` that asks for log messages from a level on.
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// Ending a session at the server.
const CLOSING: Duration = Duration::from_secs(5);

/// A connection to an MCP endpoint. Cheap to clone; it closes when the last clone is dropped.
#[derive(Clone)]
pub struct McpSession(Arc<SessionState>);

struct SessionState {
    info: ConnectionInfo,
    service: tokio::sync::Mutex<Option<RunningService<RoleClient, Listener>>>,
    peer: Peer<RoleClient>,
    listener: Listener,
    wire: Wire,
    timeout: Duration,
    /// The subscription to changes of the lists.
    subscription: Mutex<Option<SubscriptionTask>>,
    /// What signing in and connecting took: part of the first call's time.
    opening: Mutex<Option<Elapsed>>,
    cancellations: Cancellations,
}

impl McpSession {
    pub(crate) fn new(
        info: ConnectionInfo,
        service: RunningService<RoleClient, Listener>,
        wire: Wire,
        timeout: Duration,
        opening: Elapsed,
    ) -> Self {
        let (peer, listener) = (service.peer().clone(), service.service().clone());
        Self(Arc::new(SessionState {
            info,
            service: tokio::sync::Mutex::new(Some(service)),
            peer,
            listener,
            wire,
            timeout,
            subscription: Mutex::new(None),
            opening: Mutex::new(Some(opening)),
            cancellations: Cancellations::default(),
        }))
    }

    /// Subscribes to changes of the lists of tools, resources and prompts, if the server says that it tells them and does so only
    /// when it is asked.
    pub(super) fn subscribe(&self) {
        let lists = ChangingLists::of(&self.capabilities());
        if self.is_stateless() && lists.any() {
            let task = subscription::subscribe(self.0.peer.clone(), self.0.listener.clone(), lists);
            *self.0.subscription.lock() = Some(task);
        }
    }

    /// Returns whether requests stand alone, as from version 2026-07-28 on.
    fn is_stateless(&self) -> bool {
        self.0.info.protocol == rmcp::model::ProtocolVersion::V_2026_07_28.as_str()
    }

    /// Returns what connecting has learned.
    pub fn info(&self) -> ConnectionInfo {
        self.0.info.clone()
    }

    /// Returns the claims of the token that is in use; `None` if the sign-in has no token.
    pub async fn claims(&self) -> Option<Claims> {
        self.0.wire.claims().await
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// Time limit for an answer.
    pub(super) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    pub(super) fn listener(&self) -> &Listener {
        &self.0.listener
    }

    /// Returns what the server says that it can do; empty where it says nothing.
    pub(super) fn capabilities(&self) -> Value {
        let info = self
            .0
            .peer
            .peer_info()
            .and_then(|info| serde_json::to_value(&*info).ok());
        info.and_then(|info| info.get("capabilities").cloned())
            .unwrap_or_default()
    }

    /// Calls a tool. Dropping the future cancels the call at the server. A tool that reports an error is an `Ok` with `is_error`.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] with code and message for a JSON-RPC error; one that asks for consent (-32042) carries
    /// the addresses, see [`Failure::consent_urls`].
    pub async fn call(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> Result<CallOutcome, Failure> {
        self.watched_call(name, arguments, options).await.0
    }

    /// Returns the same, with how it went over the wire: worth most where it failed.
    ///
    /// # Errors
    /// Those of [`Self::call`].
    pub async fn watched_call(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> (Result<CallOutcome, Failure>, HttpExchange) {
        self.call_with_meta(name, arguments, None, options).await
    }

    /// Returns the same, with members of `_meta`.
    pub(super) async fn call_with_meta(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        meta: Option<Value>,
        options: CallOptions,
    ) -> (Result<CallOutcome, Failure>, HttpExchange) {
        let doing = format!("calling {name}");
        if let Some(why) = self.0.wire.unusable_tool(name) {
            let cause = format!("its schema is wrong, and clients must not call it: {why}");
            let failure = Failure::new(FailureKind::Refused, doing, cause);
            return (Err(failure), HttpExchange::default());
        }
        let statement = cypher::statement(&arguments).map(str::to_owned);
        let mut params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        let mut meta = meta.unwrap_or_else(|| Value::Object(Map::new()));
        if let (true, Some(members)) = (self.is_stateless(), meta.as_object_mut()) {
            // Without it a server of that version sends no log messages.
            members.insert(LOG_LEVEL.to_owned(), Value::from("info"));
        }
        let meta = Some(meta).filter(|meta| meta.as_object().is_none_or(|meta| !meta.is_empty()));
        params.meta = meta.and_then(|meta| serde_json::from_value(meta).ok());
        self.timed(
            &doing,
            ClientRequest::CallToolRequest(CallToolRequest::new(params)),
            options,
            statement.as_deref(),
        )
        .await
    }

    /// Returns a request whose result is kept as a call's, with how it went over the wire.
    pub(super) async fn timed(
        &self,
        doing: &str,
        request: ClientRequest,
        options: CallOptions,
        statement: Option<&str>,
    ) -> (Result<CallOutcome, Failure>, HttpExchange) {
        let (started, before) = (Instant::now(), self.0.listener.person_time());
        self.0.wire.wait_for_stream().await;
        let (answer, exchange) = self.request_with_input(doing, request, options).await;
        // What a person takes to answer a question of the server is no time of the call.
        let person = self.0.listener.person_time().saturating_sub(before);
        let took = started.elapsed().saturating_sub(person);
        let opening = self.0.opening.lock().take().unwrap_or_default();
        let elapsed = Elapsed {
            sign_in: opening.sign_in + millis(exchange.sign_in),
            connect: opening.connect,
            first_byte: millis(exchange.first_byte),
            total: opening.total + millis(took),
        };
        let http = HttpExchange {
            elapsed,
            ..exchange.http
        };
        let ids = (exchange.request_id, exchange.trace_id);
        let outcome = answer.map(|raw| outcome(raw, statement, elapsed, ids));
        (outcome, http)
    }

    /// Answers an elicitation. One that is already answered or given up is ignored.
    pub fn answer(&self, id: u64, answer: ElicitationAnswer) {
        self.0.listener.answer(id, answer);
    }

    /// Returns where cancellations are sent that nobody waits for.
    pub(super) fn cancellations(&self) -> &Cancellations {
        &self.0.cancellations
    }

    /// Ends the session at the server, after the cancellations of calls that were dropped (waits at most five seconds).
    pub async fn close(self) {
        drop(self.0.subscription.lock().take());
        let closing = async {
            self.0.cancellations.finish().await;
            if let Some(mut service) = self.0.service.lock().await.take() {
                let _ = service.close().await;
            }
        };
        if tokio::time::timeout(CLOSING, closing).await.is_err() {
            tracing::info!("the MCP session did not end in time");
        }
    }

    pub(super) async fn request(
        &self,
        doing: &str,
        request: ClientRequest,
        options: CallOptions,
    ) -> (Result<Value, Failure>, Exchange) {
        let how = PeerRequestOptions::with_timeout(options.timeout)
            .reset_timeout_on_progress()
            .with_max_total_timeout(options.total);
        let handle = match self.0.peer.send_request_with_option(request, how).await {
            Ok(handle) => handle,
            Err(error) => return (Err(failure(doing, error, None)), Exchange::default()),
        };
        let id = handle.id.clone();
        let mut guard = CancelWhenDropped {
            session: self.clone(),
            id: Some(id.clone()),
        };
        let answer = handle.await_response().await;
        guard.id = None;
        let mut exchange = self.0.wire.take(&id);
        exchange.request_id = exchange.request_id.or_else(|| Some(id.to_string()));
        let failed = exchange.failure.take();
        let result = match (answer, exchange.result.take()) {
            (Ok(_), Some(result)) => Ok(result),
            // A stream that was taken up again brings its answer by another way than the one that is watched.
            (Ok(answer), None) => match (failed, serde_json::to_value(answer)) {
                (None, Ok(result)) => Ok(result),
                (Some(failure), _) => Err(failure),
                (None, Err(_)) => Err(Failure::new(
                    FailureKind::Network,
                    doing,
                    "the answer holds no result",
                )),
            },
            (Err(error), _) => {
                let mut failure = failed.map_or_else(
                    || failure(doing, error, Some(options)),
                    |failure| Failure {
                        doing: doing.to_owned(),
                        ..failure
                    },
                );
                failure.request_id = failure.request_id.or_else(|| exchange.request_id.clone());
                Err(failure)
            }
        };
        (result, exchange)
    }
}

/// Returns a result as the console keeps it.
fn outcome(
    raw: Value,
    statement: Option<&str>,
    elapsed: Elapsed,
    (request_id, trace_id): (Option<String>, Option<String>),
) -> CallOutcome {
    let said_error = says_error(&raw);
    let content = content(&raw);
    let structured_content = raw
        .get("structuredContent")
        .filter(|content| !content.is_null())
        .cloned();
    let read = table::read(&content, structured_content.as_ref(), statement);
    CallOutcome {
        is_error: said_error || read.is_error,
        table: read.table.filter(|_| !said_error && !read.is_error),
        content,
        structured_content,
        json: read.json,
        raw,
        elapsed,
        request_id,
        trace_id,
    }
}

/// Returns whether a result calls itself an error, however the server spells that.
fn says_error(raw: &Value) -> bool {
    let is_yes = |value: &Value| match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    ["isError", "is_error"]
        .into_iter()
        .filter_map(|name| raw.get(name))
        .any(is_yes)
}

/// Members of a result beside its content. One that has others alone is the value itself.
const RESULT_MEMBERS: [&str; 6] = [
    "content",
    "structuredContent",
    "isError",
    "is_error",
    "_meta",
    "resultType",
];

/// Returns the content blocks of a result. One block alone, a list of blocks, and a value without blocks are taken for what they mean.
fn content(raw: &Value) -> Vec<Value> {
    let is_block = |block: &Value| block.get("type").is_some() || block.get("text").is_some();
    let text = |text: String| vec![serde_json::json!({"type": "text", "text": text})];
    match raw.get("content").unwrap_or(raw) {
        Value::Null => Vec::new(),
        Value::Array(blocks) if blocks.is_empty() || blocks.iter().any(is_block) => blocks.clone(),
        block @ Value::Object(_) if is_block(block) => vec![block.clone()],
        Value::Object(members)
            if members
                .keys()
                .all(|name| RESULT_MEMBERS.contains(&name.as_str())) =>
        {
            Vec::new()
        }
        Value::String(words) => text(words.clone()),
        value => text(value.to_string()),
    }
}

/// Cancels the request at the server when a call's future is dropped.
struct CancelWhenDropped {
    session: McpSession,
    id: Option<RequestId>,
}

impl Drop for CancelWhenDropped {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else {
            return;
        };
        let peer = self.session.0.peer.clone();
        drop(self.session.0.wire.take(&id));
        self.session.0.cancellations.spawn(async move {
            let params =
                CancelledNotificationParam::new(Some(id), Some("the user cancelled".to_owned()));
            let cancelled = CancelledNotification::new(params);
            if let Err(error) = peer.send_notification(cancelled.into()).await {
                tracing::debug!(%error, "the server was not told of the cancellation");
            }
        });
    }
}

/// Returns a failure of rmcp's that the wire does not know of.
fn failure(doing: &str, error: ServiceError, options: Option<CallOptions>) -> Failure {
    match error {
        ServiceError::McpError(error) => rpc(doing, &error),
        ServiceError::Timeout { timeout } => {
            let total = options.is_some_and(|options| {
                timeout == options.total && options.total != options.timeout
            });
            let cause = format!(
                "no answer within {}{}",
                show_duration(timeout),
                if total { " in total" } else { "" }
            );
            Failure::new(FailureKind::Timeout, doing, cause)
                .hint("the server was told to stop; --timeout allows more")
        }
        ServiceError::Cancelled { reason } => Failure::new(
            FailureKind::Cancelled,
            doing,
            reason.unwrap_or_else(|| "the call was cancelled".to_owned()),
        ),
        ServiceError::TransportSend(error) => transport(doing, &error),
        ServiceError::TransportClosed => wire::cut(doing).hint("connect again"),
        other => Failure::new(FailureKind::Network, doing, other.to_string()),
    }
}

/// Returns the failure that the wire gave to rmcp.
pub(crate) fn transport(doing: &str, error: &rmcp::transport::DynamicTransportError) -> Failure {
    use rmcp::transport::streamable_http_client::StreamableHttpError;
    match error.error.downcast_ref::<StreamableHttpError<Failure>>() {
        Some(StreamableHttpError::Client(failure)) => Failure {
            doing: doing.to_owned(),
            ..failure.clone()
        },
        Some(StreamableHttpError::SessionExpired) => Failure::new(
            FailureKind::Refused,
            doing,
            "the server has ended the session",
        )
        .status(404)
        .hint("connect again"),
        Some(other) => Failure::new(FailureKind::Network, doing, other.to_string()),
        None => wire::cut(doing),
    }
}

/// Returns a JSON-RPC error that rmcp found, or made up itself.
pub(crate) fn rpc(doing: &str, error: &ErrorData) -> Failure {
    answer::rpc_error(doing, &serde_json::to_value(error).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_is_an_error_however_that_is_spelt() {
        for raw in [
            json!({"isError": true}),
            json!({"isError": "True"}),
            json!({"isError": 1}),
            json!({"is_error": true}),
        ] {
            assert!(says_error(&raw), "{raw}");
        }
        for raw in [
            json!({"isError": false}),
            json!({"isError": "false", "is_error": null}),
            json!({"isError": 0}),
            json!({}),
        ] {
            assert!(!says_error(&raw), "{raw}");
        }
    }

    #[test]
    fn a_value_in_place_of_a_result_is_its_content() {
        let text = |text: &str| vec![json!({"type": "text", "text": text})];
        for (raw, expected) in [
            (
                json!({"content": [{"type": "text", "text": "a"}]}),
                text("a"),
            ),
            (json!([{"n": 1}]), text(r#"[{"n":1}]"#)),
            (json!({"rows": [{"n": 1}]}), text(r#"{"rows":[{"n":1}]}"#)),
            (json!({"content": [{"n": 1}]}), text(r#"[{"n":1}]"#)),
            (json!({"content": "a"}), text("a")),
            (json!(7), text("7")),
            (json!([]), Vec::new()),
            (
                json!({"structuredContent": {}, "isError": false}),
                Vec::new(),
            ),
            (json!({"content": null}), Vec::new()),
            (Value::Null, Vec::new()),
        ] {
            assert_eq!(content(&raw), expected, "{raw}");
        }
    }
}
