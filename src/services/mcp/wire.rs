//! The HTTP side of an MCP connection, under rmcp: signs each request, keeps each answer as it came, names each failure.
//!
//! rmcp drives the protocol; results of calls and listings are kept here as the server sent them and rmcp gets an empty
//! one instead. So unknown content types and odd tools survive, 64 MB are parsed once, and errors without an id find
//! their request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, RequestId, ServerJsonRpcMessage},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use serde_json::{Value, json};
use sse_stream::Sse;

use crate::{
    logs::redact,
    model::{Failure, FailureKind, HttpExchange},
    net::http_client,
    services::sign_in::{Credentials, Headers, sigv4::Signable},
};

use super::{answer, sse};

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
    ) -> Self {
        Self(Arc::new(Shared {
            http,
            credentials,
            headers,
            doing,
            mode,
            url: Mutex::new(url.to_owned()),
            exchanges: Mutex::default(),
            last_failure: Mutex::default(),
            sign_in: Mutex::default(),
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
        *lock(&self.0.last_failure) = Some(failure.clone());
        if let Some(id) = id {
            lock(&self.0.exchanges)
                .entry(id.clone())
                .or_default()
                .failure = Some(failure.clone());
        }
        StreamableHttpError::Client(failure)
    }

    async fn post(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, WireError> {
        let body = serde_json::to_vec(message)?;
        let (id, captured) = match message {
            ClientJsonRpcMessage::Request(request) => (
                Some(request.id.clone()),
                matches!(
                    request.request,
                    ClientRequest::CallToolRequest(_)
                        | ClientRequest::ListToolsRequest(_)
                        | ClientRequest::ListResourcesRequest(_)
                        | ClientRequest::ListResourceTemplatesRequest(_)
                        | ClientRequest::ListPromptsRequest(_)
                        | ClientRequest::ReadResourceRequest(_)
                        | ClientRequest::GetPromptRequest(_)
                ),
            ),
            ClientJsonRpcMessage::Response(_)
            | ClientJsonRpcMessage::Notification(_)
            | ClientJsonRpcMessage::Error(_) => (None, false),
        };
        let mut headers = head(
            "application/json, text/event-stream",
            session.as_deref(),
            custom,
        );
        headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let id = id.as_ref();
        if let Some(id) = id.filter(|_| captured) {
            lock(&self.0.exchanges)
                .entry(id.clone())
                .or_default()
                .http
                .request = serde_json::from_slice(&body)?;
        }
        let response = self
            .send(http::Method::POST, &body, &headers, id)
            .await
            .map_err(|failure| self.fail(id, failure))?;
        let status = response.status();
        if status == StatusCode::ACCEPTED
            || status == StatusCode::NO_CONTENT
            || (id.is_none() && status.is_success())
        {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(StreamableHttpError::SessionExpired);
        }
        let session = response
            .headers()
            .get("mcp-session-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        if !status.is_success() {
            return self
                .error_answer(id, response)
                .await
                .map(|message| StreamableHttpPostResponse::Json(message, session));
        }
        let content_type = answer::content_type(response.headers());
        match content_type.as_str() {
            "text/event-stream" => {
                let events = sse::events(response, LONGEST);
                Ok(StreamableHttpPostResponse::Sse(
                    self.watch(events, id.cloned(), captured),
                    session,
                ))
            }
            "application/json" => {
                let url = lock(&self.0.url).clone();
                let body = http_client::read_at_most(response, LONGEST)
                    .await
                    .map_err(|error| self.fail(id, answer::unread(&self.0.doing, &url, &error)))?;
                let value = serde_json::from_slice(&body).map_err(|error| {
                    self.fail(
                        id,
                        answer::not_mcp(&self.0.doing, &error.to_string(), &body),
                    )
                })?;
                let message = self.receive(value, id, captured).map_err(|failure| {
                    self.fail(id, failure.evidence(http_client::preview(&body)))
                })?;
                Ok(StreamableHttpPostResponse::Json(message, session))
            }
            other => {
                let what = if other.is_empty() {
                    "without a content type".to_owned()
                } else {
                    format!("with {other}")
                };
                let body = http_client::read_at_most(response, ERROR_BODY)
                    .await
                    .unwrap_or_default();
                Err(self.fail(
                    id,
                    answer::not_mcp(&self.0.doing, &format!("the answer comes {what}"), &body),
                ))
            }
        }
    }

    /// An answer that is no success: a JSON-RPC error where the request itself was refused, else a failure.
    async fn error_answer(
        &self,
        id: Option<&RequestId>,
        response: reqwest::Response,
    ) -> Result<ServerJsonRpcMessage, WireError> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let url = lock(&self.0.url).clone();
        let body = http_client::read_at_most(response, ERROR_BODY)
            .await
            .unwrap_or_default();
        let value: Option<Value> = serde_json::from_slice(&body).ok();
        if let Some(id) = id {
            let said = value
                .clone()
                .unwrap_or_else(|| Value::String(http_client::preview(&body)));
            lock(&self.0.exchanges)
                .entry(id.clone())
                .or_default()
                .http
                .answer = said;
        }
        let rpc_error = value
            .as_ref()
            .is_some_and(|value| value.get("error").is_some_and(Value::is_object));
        if rpc_error
            && !matches!(status, 401 | 403 | 404 | 429 | 500..)
            && let Some(Ok(message)) = value.map(|value| self.receive(value, id, false))
        {
            return Ok(message);
        }
        Err(self.fail(
            id,
            answer::http_error(&self.0.doing, self.0.mode, &url, status, &headers, &body),
        ))
    }

    /// One message of the server: the answer to `id` is kept aside where it is `captured`.
    fn receive(
        &self,
        mut value: Value,
        id: Option<&RequestId>,
        captured: bool,
    ) -> Result<ServerJsonRpcMessage, Failure> {
        if let (Some(id), Some(members)) = (id, value.as_object_mut()) {
            let own = serde_json::to_value(id).unwrap_or_default();
            let is_answer = members.contains_key("result") || members.contains_key("error");
            // The platform's own errors come without an id, or with null or 0.
            let lost = matches!(members.get("id"), None | Some(Value::Null))
                || members.get("id") == Some(&json!(0));
            if is_answer && lost {
                members.insert("id".to_owned(), own.clone());
            }
            if captured
                && members.get("id") == Some(&own)
                && let Some(result) = members
                    .get_mut("result")
                    .filter(|result| result.is_object())
            {
                lock(&self.0.exchanges)
                    .entry(id.clone())
                    .or_default()
                    .result = Some(std::mem::replace(result, json!({})));
            }
            if captured && is_answer && members.get("id") == Some(&own) {
                lock(&self.0.exchanges)
                    .entry(id.clone())
                    .or_default()
                    .http
                    .answer = Value::Object(members.clone());
            }
        }
        serde_json::from_value(value)
            .map_err(|error| answer::not_mcp(&self.0.doing, &error.to_string(), b""))
    }

    /// Passes a request's event stream on, keeping its answer aside. A stream that ends or breaks before the answer, and
    /// cannot be resumed since no event had an id, ends with an error for the request instead of silence.
    fn watch(&self, events: EventStream, id: Option<RequestId>, captured: bool) -> EventStream {
        let Some(id) = id else { return events };
        let wire = self.clone();
        let state = (events, Some(id), false);
        futures::stream::unfold(state, move |(mut events, waiting, resumable)| {
            let wire = wire.clone();
            async move {
                let next = events.next().await;
                let Some(id) = waiting else {
                    return next.map(|event| (event, (events, None, resumable)));
                };
                match next {
                    Some(Ok(mut event)) => {
                        let resumable = resumable || event.id.is_some();
                        let answered = wire.keep(&mut event, &id, captured);
                        Some((Ok(event), (events, (!answered).then_some(id), resumable)))
                    }
                    Some(Err(error)) if resumable && !sse::is_too_long(&error) => {
                        Some((Err(error), (events, Some(id), true)))
                    }
                    None if resumable => None,
                    broken => {
                        let failure =
                            sse::broken(&wire.0.doing, broken.and_then(Result::err).as_ref());
                        drop(wire.fail(Some(&id), failure));
                        let end = sse::error_event(&id);
                        Some((Ok(end), (futures::stream::empty().boxed(), None, false)))
                    }
                }
            }
        })
        .boxed()
    }

    /// Keeps the answer of an event aside. Whether the event was the answer.
    fn keep(&self, event: &mut Sse, id: &RequestId, captured: bool) -> bool {
        let Some(data) = event.data.as_deref().filter(|data| !data.trim().is_empty()) else {
            return false;
        };
        let Ok(value) = serde_json::from_str::<Value>(data) else {
            return false;
        };
        if value.get("result").is_none() && value.get("error").is_none() {
            return false;
        }
        let Ok(message) = self.receive(value, Some(id), captured) else {
            return false;
        };
        let answers = match &message {
            ServerJsonRpcMessage::Response(response) => response.id == *id,
            ServerJsonRpcMessage::Error(error) => error.id.as_ref() == Some(id),
            ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => false,
        };
        if answers {
            event.data = serde_json::to_string(&message).ok();
        }
        answers
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
                Ok(sse::events(response, LONGEST))
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

fn head(
    accept: &'static str,
    session: Option<&str>,
    custom: HashMap<HeaderName, HeaderValue>,
) -> HeaderMap {
    let mut headers: HeaderMap = custom.into_iter().collect();
    headers.insert(http::header::ACCEPT, HeaderValue::from_static(accept));
    if let Some(Ok(session)) = session.map(HeaderValue::try_from) {
        headers.insert("mcp-session-id", session);
    }
    headers
}

/// Headers as a person may see them. Everything that signs in was marked as sensitive when it was made.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let one = |(name, value): (&HeaderName, &HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let name = name.as_str().to_owned();
        let is_secret = value.is_sensitive()
            || [
                "authorization",
                "cookie",
                "token",
                "secret",
                "api-key",
                "signature",
            ]
            .iter()
            .any(|word| name.contains(word));
        let shown = match text.split_once(' ') {
            // The scheme gives nothing away and is worth knowing.
            Some((scheme @ ("Bearer" | "Basic" | "AWS4-HMAC-SHA256"), _)) => {
                format!("{scheme} ***")
            }
            _ if is_secret => "***".to_owned(),
            _ => redact(&text).into_owned(),
        };
        (name, shown)
    };
    headers.iter().map(one).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
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
