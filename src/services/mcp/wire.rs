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
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

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

use crate::{
    model::{Failure, FailureKind, HttpExchange},
    net::http_client,
    services::sign_in::{Credentials, Headers, sigv4::Signable},
};

use super::{answer, sse};

use self::{
    headers::{head, shown},
    pace::StreamPace,
};

/// The longest answer, or event of a stream, that is taken: a result of 64 MB and its envelope.
pub(crate) const LONGEST: usize = (64 << 20) + (64 << 10);
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
    /// How it went over the wire.
    pub(crate) http: HttpExchange,
}

/// A connection's HTTP side. Clones are the same connection.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Shared>);

struct Shared {
    http: reqwest::Client,
    credentials: Arc<dyn Credentials>,
    headers: HeaderMap,
    doing: String,
    mode: &'static str,
    url: Mutex<String>,
    exchanges: Mutex<HashMap<RequestId, Exchange>>,
    last_failure: Mutex<Option<Failure>>,
    sign_in: Mutex<Duration>,
    pace: Mutex<StreamPace>,
    schemas: RawSchemas,
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
    /// A wire to `url`. `headers` are sent with every request, and win over those of the sign-in.
    pub(crate) fn new(
        http: reqwest::Client,
        credentials: Arc<dyn Credentials>,
        headers: HeaderMap,
        doing: String,
        mode: &'static str,
        url: &str,
        schemas: RawSchemas,
    ) -> Self {
        Self(Arc::new(Shared {
            schemas,
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
        }))
    }

    /// Takes what is known of a request.
    pub(crate) fn take(&self, id: &RequestId) -> Exchange {
        lock(&self.0.exchanges).remove(id).unwrap_or_default()
    }

    /// Takes the last failure: that of a connection that did not come about.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        lock(&self.0.last_failure).take()
    }

    /// Time spent on signing so far.
    pub(crate) fn sign_in_time(&self) -> Duration {
        *lock(&self.0.sign_in)
    }

    /// Sends one request: signed, once more after a 401, following redirects within the origin.
    async fn send(
        &self,
        method: http::Method,
        body: &[u8],
        extra: &HeaderMap,
        id: Option<&RequestId>,
    ) -> Result<reqwest::Response, Failure> {
        let shared = &self.0;
        let (mut refused, mut redirects) = (false, 0);
        loop {
            let url = lock(&shared.url).clone();
            let started = Instant::now();
            let authorization = self.authorize(&method, &url, body).await?;
            let signing = started.elapsed();
            *lock(&shared.sign_in) += signing;
            let mut headers = extra.clone();
            headers.extend(authorization.iter().cloned());
            for (name, value) in &shared.headers {
                headers.insert(name, value.clone());
            }
            if let Some(id) = id {
                let mut exchanges = lock(&shared.exchanges);
                let http = &mut exchanges.entry(id.clone()).or_default().http;
                (http.url, http.sent) = (url.clone(), shown(&headers));
            }
            let sent = Instant::now();
            let sending = shared
                .http
                .request(method.clone(), &url)
                .headers(headers)
                .body(body.to_vec())
                .send();
            let response = sending
                .await
                .map_err(|error| http_client::failure(&shared.doing, &url, &error))?;
            if let Some(id) = id {
                let mut exchanges = lock(&shared.exchanges);
                let exchange = exchanges.entry(id.clone()).or_default();
                exchange.sign_in += signing;
                exchange.first_byte = sent.elapsed();
                exchange.request_id = answer::request_id(response.headers());
                exchange.trace_id = answer::trace_id(response.headers());
                (exchange.http.status, exchange.http.received) =
                    (Some(response.status().as_u16()), shown(response.headers()));
            }
            if response.status() == StatusCode::UNAUTHORIZED
                && !refused
                && shared.credentials.refused(&authorization).await
            {
                refused = true;
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

    /// Remembers a failure for whoever waits, and gives it to rmcp.
    fn fail(&self, id: Option<&RequestId>, failure: Failure) -> WireError {
        self.keep_failure(id, failure.clone());
        StreamableHttpError::Client(failure)
    }

    /// Remembers why a request has no result.
    fn keep_failure(&self, id: Option<&RequestId>, failure: Failure) {
        *lock(&self.0.last_failure) = Some(failure.clone());
        if let Some(id) = id {
            lock(&self.0.exchanges)
                .entry(id.clone())
                .or_default()
                .failure = Some(failure);
        }
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
        let response = self
            .send(http::Method::GET, b"", &headers, None)
            .await
            .map_err(StreamableHttpError::Client)?;
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A failure of a request that never had an answer.
pub(crate) fn cut(doing: &str) -> Failure {
    Failure::new(
        FailureKind::Network,
        doing,
        "the connection broke before the answer",
    )
}
