//! The HTTP side of an MCP connection, under rmcp: signs each request, keeps each answer as it came, names each failure.
//!
//! rmcp drives the protocol; results of calls and listings are kept here as the server sent them and rmcp gets an empty
//! one instead. So unknown content types and odd tools survive, and 64 MB are parsed once. One HTTP exchange carries one
//! answer: what comes back for a request is its answer, whatever its id and its content type.

mod events;
mod headers;
mod message;
mod pace;
mod post;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use futures::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rmcp::{
    model::{ClientJsonRpcMessage, RequestId},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use serde_json::Value;
use sse_stream::Sse;
use tokio::sync::watch;

use crate::{
    model::{Claims, Failure, FailureKind, HttpExchange},
    net::http_client,
    services::sign_in::{
        Credentials, Headers, SignInRefusal, challenge::Challenge, sigv4::Signable,
    },
    tools::parameter_headers::ParameterHeader,
};

use super::{answer, inbound::InboundMessages, sse};

use self::{
    headers::{head, shown},
    pace::StreamPace,
};

/// The longest answer, or event of a stream, that is taken: a result of 64 MB and its envelope.
pub(crate) const LONGEST: usize = (64 << 20) + (64 << 10);
/// Time limit for the endpoint's answer to the request for the stream of its own messages, before a call.
const STREAM: Duration = Duration::from_secs(1);
/// Redirects within the origin that are followed.
const REDIRECTS: usize = 3;
/// An error's body is kept up to this length.
const ERROR_BODY: usize = 64 << 10;

type WireError = StreamableHttpError<Failure>;
type EventStream = BoxStream<'static, Result<Sse, SseError>>;

/// What is known of one request and its answer.
#[derive(Default)]
pub(crate) struct Exchange {
    /// Getting a token or a signature.
    pub(crate) sign_in: Duration,
    /// From sending to the head of the answer.
    pub(crate) first_byte: Duration,
    /// The platform's request id.
    pub(crate) request_id: Option<String>,
    /// The platform's trace id.
    pub(crate) trace_id: Option<String>,
    /// The JSON-RPC result as it came.
    pub(crate) result: Option<Value>,
    /// Why there is none.
    pub(crate) failure: Option<Failure>,
    /// Bytes of the answer.
    pub(crate) size: usize,
    /// How it went over the wire.
    pub(crate) http: HttpExchange,
}

/// Which arguments of each tool are sent as headers, or why a tool must not be called.
pub(crate) type ToolParameterHeaders = HashMap<String, Result<Vec<ParameterHeader>, String>>;

/// A connection's HTTP side. Clones are the same connection.
#[derive(Clone)]
pub(crate) struct Wire(Arc<WireState>);

struct WireState {
    http: reqwest::Client,
    credentials: Arc<dyn Credentials>,
    headers: HeaderMap,
    doing: String,
    mode: &'static str,
    url: Mutex<String>,
    exchanges: Mutex<HashMap<RequestId, Exchange>>,
    last_failure: Mutex<Option<Failure>>,
    sign_in: Mutex<SignInClock>,
    pace: Mutex<StreamPace>,
    /// Whether the stream of the endpoint's own messages is still to be opened: from the start of a session until the endpoint
    /// answers the request for it.
    stream_pending: watch::Sender<bool>,
    inbound: InboundMessages,
    parameter_headers: Mutex<ToolParameterHeaders>,
}

/// Time spent on signing in.
#[derive(Default)]
struct SignInClock {
    done: Duration,
    /// Start of the sign-in that runs now.
    since: Option<Instant>,
}

impl SignInClock {
    fn add(&mut self, spent: Duration) {
        (self.done, self.since) = (self.done + spent, None);
    }

    fn total(&self) -> Duration {
        self.done + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Schemas of questions as the server wrote them, by the id of its request: rmcp's own type loses their order and what it
/// does not know. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawSchemas(Arc<Mutex<HashMap<String, Value>>>);

impl RawSchemas {
    /// Takes the schema of a question.
    pub(crate) fn take(&self, id: &RequestId) -> Option<Value> {
        lock(&self.0).remove(&id.to_string())
    }

    /// Keeps the schema of a question, and leaves an empty one in its place.
    fn keep(&self, message: &mut Value) {
        if message.get("method").and_then(Value::as_str) != Some("elicitation/create") {
            return;
        }
        let id = match message.get("id") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => return,
        };
        let mut schemas = lock(&self.0);
        if schemas.len() < super::elicitation::WAITING
            && let Some(schema) = message.pointer_mut("/params/requestedSchema")
        {
            let empty = serde_json::json!({"type": "object", "properties": {}});
            schemas.insert(id, std::mem::replace(schema, empty));
        }
    }
}

impl Wire {
    /// Returns a wire to `url`. `headers` are sent with every request, and win over those of the sign-in.
    pub(crate) fn new(
        http: reqwest::Client,
        credentials: Arc<dyn Credentials>,
        headers: HeaderMap,
        doing: String,
        mode: &'static str,
        url: &str,
        inbound: InboundMessages,
    ) -> Self {
        Self(Arc::new(WireState {
            inbound,
            http,
            credentials,
            headers,
            doing,
            mode,
            url: Mutex::new(url.to_owned()),
            exchanges: Mutex::default(),
            last_failure: Mutex::default(),
            sign_in: Mutex::default(),
            pace: Mutex::default(),
            stream_pending: watch::Sender::default(),
            parameter_headers: Mutex::default(),
        }))
    }

    /// Waits until the stream of the endpoint's own messages is open, or known not to be offered. A question that a server asks
    /// during a call comes on it, and is lost where it is opened later. A server that never answers is waited for once.
    pub(crate) async fn wait_for_stream(&self) {
        let mut pending = self.0.stream_pending.subscribe();
        let opened = pending.wait_for(|pending| !*pending);
        if tokio::time::timeout(STREAM, opened).await.is_err() {
            self.0.stream_pending.send_replace(false);
        }
    }

    /// Sets which arguments are sent as headers, for all tools of the endpoint.
    pub(crate) fn set_parameter_headers(&self, headers: ToolParameterHeaders) {
        *lock(&self.0.parameter_headers) = headers;
    }

    /// Returns why a tool must not be called.
    pub(crate) fn unusable_tool(&self, name: &str) -> Option<String> {
        let headers = lock(&self.0.parameter_headers);
        headers.get(name).and_then(|found| found.clone().err())
    }

    /// Takes what is known of a request.
    pub(crate) fn take(&self, id: &RequestId) -> Exchange {
        lock(&self.0.exchanges).remove(id).unwrap_or_default()
    }

    /// Takes the last failure: that of a connection that did not come about.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        lock(&self.0.last_failure).take()
    }

    /// Returns the claims of the token that is in use.
    pub(crate) async fn claims(&self) -> Option<Claims> {
        self.0.credentials.claims().await
    }

    /// Time spent on signing so far.
    pub(crate) fn sign_in_time(&self) -> Duration {
        lock(&self.0.sign_in).total()
    }

    /// Runs `work` with a time limit. Time spent on signing in does not count: a person in the browser takes longer.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let (started, before) = (Instant::now(), self.sign_in_time());
        let mut work = std::pin::pin!(work);
        loop {
            let signing = self.sign_in_time().saturating_sub(before);
            let left = (limit + signing).saturating_sub(started.elapsed());
            if left.is_zero() {
                return None;
            }
            if let Ok(result) = tokio::time::timeout(left, &mut work).await {
                return Some(result);
            }
        }
    }

    /// Sends one request: signed, once more after each kind of refusal that another sign-in may change, following redirects
    /// within the origin.
    async fn send(
        &self,
        method: http::Method,
        body: &[u8],
        extra: &HeaderMap,
        id: Option<&RequestId>,
    ) -> Result<reqwest::Response, Failure> {
        let shared = &self.0;
        let (mut refusals, mut redirects) = (Vec::new(), 0);
        loop {
            let url = lock(&shared.url).clone();
            let started = Instant::now();
            lock(&shared.sign_in).since = Some(started);
            let authorization = self.authorize(&method, &url, body).await;
            let signing = started.elapsed();
            lock(&shared.sign_in).add(signing);
            let authorization = authorization?;
            let mut headers = extra.clone();
            headers.extend(authorization.iter().cloned());
            for (name, value) in &shared.headers {
                headers.insert(name, value.clone());
            }
            if let Some(id) = id {
                self.exchange(id, |exchange| {
                    exchange.sign_in += signing;
                    (exchange.http.url, exchange.http.sent) = (url.clone(), shown(&headers));
                });
            }
            let response = self.send_once(&method, &url, headers, body, id).await?;
            if self
                .is_worth_repeating(&response, &authorization, &mut refusals)
                .await
            {
                continue;
            }
            match answer::redirect(&url, &response) {
                Some(next) if redirects < REDIRECTS => {
                    redirects += 1;
                    *lock(&shared.url) = next;
                }
                _ => return Ok(response),
            }
        }
    }

    async fn send_once(
        &self,
        method: &http::Method,
        url: &str,
        headers: HeaderMap,
        body: &[u8],
        id: Option<&RequestId>,
    ) -> Result<reqwest::Response, Failure> {
        let sent = Instant::now();
        let sending = self
            .0
            .http
            .request(method.clone(), url)
            .headers(headers)
            .body(body.to_vec())
            .send();
        let response = sending
            .await
            .map_err(|error| http_client::failure(&self.0.doing, url, &error))?;
        if let Some(id) = id {
            self.exchange(id, |exchange| {
                exchange.first_byte = sent.elapsed();
                exchange.request_id = answer::request_id(response.headers());
                exchange.trace_id = answer::trace_id(response.headers());
                (exchange.http.status, exchange.http.received) =
                    (Some(response.status().as_u16()), shown(response.headers()));
            });
        }
        Ok(response)
    }

    /// Returns whether a refused request is sent once more, with another sign-in: once after each status, and once more after an answer to a
    /// request without a token.
    async fn is_worth_repeating(
        &self,
        response: &reqwest::Response,
        authorization: &Headers,
        refusals: &mut Vec<(StatusCode, bool)>,
    ) -> bool {
        let status = response.status();
        let challenge = Challenge::from_headers(response.headers());
        let is_anonymous = authorization.is_empty();
        let asks =
            challenge.asks_to_sign_in(status) || (is_anonymous && status == StatusCode::FORBIDDEN);
        if !asks || refusals.contains(&(status, is_anonymous)) {
            return false;
        }
        refusals.push((status, is_anonymous));
        let refusal = SignInRefusal {
            status,
            challenge: &challenge,
        };
        self.0.credentials.refused(authorization, refusal).await
    }

    async fn authorize(
        &self,
        method: &http::Method,
        url: &str,
        body: &[u8],
    ) -> Result<Headers, Failure> {
        let content: &[(&str, &str)] = if body.is_empty() {
            &[]
        } else {
            &[("content-type", "application/json")]
        };
        self.0
            .credentials
            .authorize(Signable {
                method: method.as_str(),
                url,
                headers: content,
                body,
            })
            .await
    }

    /// Stores a failure for the waiting caller, and returns it to rmcp.
    fn fail(&self, id: Option<&RequestId>, failure: Failure) -> WireError {
        self.keep_failure(id, failure.clone());
        StreamableHttpError::Client(failure)
    }

    /// Remembers why a request has no result.
    fn keep_failure(&self, id: Option<&RequestId>, failure: Failure) {
        let mut failure = failure;
        if let Some(id) = id {
            self.exchange(id, |exchange| {
                failure = exchange.named(failure.clone());
                exchange.failure = Some(failure.clone());
            });
        }
        *lock(&self.0.last_failure) = Some(failure);
    }

    /// What is known of a request, to be changed.
    fn exchange(&self, id: &RequestId, change: impl FnOnce(&mut Exchange)) {
        change(lock(&self.0.exchanges).entry(id.clone()).or_default());
    }
}

impl StreamableHttpClient for Wire {
    type Error = Failure;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, WireError> {
        self.post(&message, session_id, custom).await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
        _: usize,
    ) -> Result<StreamableHttpPostResponse, WireError> {
        self.post(&message, session_id, custom).await
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session_id: Arc<str>,
        _: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), WireError> {
        let headers = head("application/json", Some(&session_id), custom);
        self.send(http::Method::DELETE, b"", &headers, None)
            .await
            .map(drop)
            .map_err(StreamableHttpError::Client)
    }

    async fn get_stream(
        &self,
        _: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<EventStream, WireError> {
        let pause = lock(&self.0.pace).pause(Instant::now(), last_event_id.as_deref());
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(StreamableHttpError::ServerDoesNotSupportSse),
        }
        let mut headers = head("text/event-stream", session_id.as_deref(), custom);
        if let Some(Ok(last)) = last_event_id.map(HeaderValue::try_from) {
            headers.insert("last-event-id", last);
        }
        let response = self.send(http::Method::GET, b"", &headers, None).await;
        self.0.stream_pending.send_replace(false);
        let response = response.map_err(StreamableHttpError::Client)?;
        match response.status() {
            StatusCode::METHOD_NOT_ALLOWED => Err(StreamableHttpError::ServerDoesNotSupportSse),
            StatusCode::NOT_FOUND if session_id.is_some() => {
                Err(StreamableHttpError::SessionExpired)
            }
            status
                if status.is_success()
                    && answer::content_type(response.headers()) == "text/event-stream" =>
            {
                lock(&self.0.pace).opened(Instant::now());
                Ok(self.messages_only(sse::events(response, LONGEST)))
            }
            status => Err(StreamableHttpError::UnexpectedServerResponse(
                format!("HTTP {status}").into(),
            )),
        }
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
        _: usize,
    ) -> Result<EventStream, WireError> {
        self.get_stream(uri, session_id, last_event_id, auth, custom)
            .await
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> parking_lot::MutexGuard<'_, T> {
    mutex.lock()
}

/// Returns a failure of a request that never had an answer.
pub(crate) fn cut(doing: &str) -> Failure {
    Failure::new(
        FailureKind::Network,
        doing,
        "the connection broke before the answer",
    )
}
