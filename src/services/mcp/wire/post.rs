//! Sending a message, and reading what comes back for it.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, RequestId, ServerJsonRpcMessage},
    transport::streamable_http_client::{StreamableHttpError, StreamableHttpPostResponse},
};
use serde_json::{Value, json};

use super::{
    ERROR_BODY, LONGEST, Wire, WireError,
    headers::head,
    lock,
    message::{self, ReceivedBody},
};
use crate::{
    model::loose_json,
    net::http_client,
    services::mcp::{
        answer::{self, SignInUsed},
        sse,
    },
    tools::parameter_headers,
};

/// A body longer than this is parsed beside the tasks that wait for the network.
const LARGE: usize = 256 << 10;

/// A message on its way.
#[derive(Clone, Copy)]
struct OutgoingRequest<'a> {
    /// The id of a request; `None` for a notification or a response.
    id: Option<&'a RequestId>,
    /// Whether its result is kept as it came.
    captured: bool,
    /// Whether it belongs to a session.
    in_session: bool,
}

impl Wire {
    pub(super) async fn post(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, WireError> {
        let body = serde_json::to_vec(message)?;
        let sending = OutgoingRequest {
            id: request_id(message),
            captured: is_captured(message),
            in_session: session.is_some(),
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
        if let Some(id) = sending.id {
            let request: Value = serde_json::from_slice(&body)?;
            headers.extend(self.parameter_headers(&request));
            // A request that is repeated in a new session starts afresh.
            self.exchange(id, |exchange| {
                exchange.failure = None;
                if sending.captured {
                    exchange.http.request = request;
                }
            });
        }
        let response = self
            .send(http::Method::POST, &body, &headers, sending.id)
            .await
            .map_err(|failure| self.fail(sending.id, failure))?;
        let status = response.status();
        match sending.id {
            None if status.is_success() => Ok(StreamableHttpPostResponse::Accepted),
            None if status == StatusCode::NOT_FOUND && sending.in_session => {
                Err(StreamableHttpError::SessionExpired)
            }
            _ if !status.is_success() => self.refused(sending, response).await,
            None => Ok(StreamableHttpPostResponse::Accepted),
            Some(id) => self.succeeded(id, sending, response).await,
        }
    }

    /// Returns the arguments of a call that are sent as headers.
    fn parameter_headers(&self, request: &Value) -> HeaderMap {
        let known = lock(&self.0.parameter_headers);
        let tool = request.pointer("/params/name").and_then(Value::as_str);
        let is_call = request.get("method").and_then(Value::as_str) == Some("tools/call");
        let headers = tool.filter(|_| is_call).and_then(|tool| known.get(tool));
        let (Some(Ok(headers)), Some(arguments)) = (headers, request.pointer("/params/arguments"))
        else {
            return HeaderMap::new();
        };
        let valid = |(name, value): (String, String)| {
            let name = HeaderName::try_from(name).ok()?;
            Some((name, HeaderValue::try_from(value).ok()?))
        };
        parameter_headers::values(headers, arguments)
            .into_iter()
            .filter_map(valid)
            .collect()
    }

    /// Returns an answer with a status of success.
    async fn succeeded(
        &self,
        id: &RequestId,
        sending: OutgoingRequest<'_>,
        response: reqwest::Response,
    ) -> Result<StreamableHttpPostResponse, WireError> {
        let (doing, status) = (&self.0.doing, response.status().as_u16());
        let session = response
            .headers()
            .get("mcp-session-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        if session.is_some() && !sending.in_session {
            self.0.stream_pending.send_replace(true);
        }
        let content_type = answer::content_type(response.headers());
        if content_type == "text/event-stream" {
            let events = self.watch(sse::events(response, LONGEST), id.clone(), sending.captured);
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        let encoding = answer::encoding(response.headers());
        let url = lock(&self.0.url).clone();
        let body = http_client::read_at_most(response, LONGEST)
            .await
            .map_err(|error| self.fail(Some(id), answer::unread(doing, &url, &error)))?;
        if let Some(encoding) = encoding {
            let failure = answer::compressed(doing, &encoding);
            return Err(self.fail(Some(id), failure));
        }
        if body.trim_ascii().is_empty() {
            return Err(self.fail(Some(id), answer::empty(doing, status)));
        }
        let message = self
            .judged(id, sending, status, &content_type, body)
            .await?;
        Ok(StreamableHttpPostResponse::Json(message, session))
    }

    /// Returns the message in the body of an answer, for rmcp.
    async fn judged(
        &self,
        id: &RequestId,
        sending: OutgoingRequest<'_>,
        status: u16,
        content_type: &str,
        body: Bytes,
    ) -> Result<ServerJsonRpcMessage, WireError> {
        let doing = &self.0.doing;
        self.exchange(id, |exchange| exchange.size = body.len());
        // What was sent after initialize goes to an address that has answered in MCP.
        let unread = |why: &str, body: &[u8]| {
            if sending.captured {
                answer::unreadable(doing, why, body)
            } else {
                answer::not_mcp(doing, why, body)
            }
        };
        let (body, parsed) = parse(body).await;
        let received = match parsed {
            Ok(value) => {
                for notification in message::notifications(&value) {
                    self.0.inbound.take(&notification).await;
                }
                message::read(value)
            }
            Err(error) => {
                let why = if content_type == "application/json" {
                    error
                } else if content_type.is_empty() {
                    "the answer comes without a content type".to_owned()
                } else {
                    format!("the answer comes with {content_type}")
                };
                return Err(self.fail(Some(id), unread(&why, &body)));
            }
        };
        let ReceivedBody::Answer { outcome, .. } = received else {
            return Err(self.fail(Some(id), answer::no_answer(doing, &body)));
        };
        if let Err(error) = &outcome
            && sending.in_session
            && answer::names_lost_session(status, &answer::words_of(error))
        {
            self.keep_failure(Some(id), answer::rpc_error(doing, error));
            return Err(StreamableHttpError::SessionExpired);
        }
        let message = self.answer(id, outcome, sending.captured);
        serde_json::from_value(message)
            .map_err(|error| self.fail(Some(id), unread(&error.to_string(), &body)))
    }

    /// Returns an answer that is no success: a lost session, a JSON-RPC error if the request itself was refused, else a failure.
    async fn refused(
        &self,
        sending: OutgoingRequest<'_>,
        response: reqwest::Response,
    ) -> Result<StreamableHttpPostResponse, WireError> {
        let doing = &self.0.doing;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let url = lock(&self.0.url).clone();
        let body = http_client::read_at_most(response, ERROR_BODY)
            .await
            .unwrap_or_default();
        let value: Option<Value> = serde_json::from_slice(&body).ok();
        if let Some(id) = sending.id {
            let said = value
                .clone()
                .unwrap_or_else(|| Value::String(http_client::preview(&body)));
            self.exchange(id, |exchange| exchange.http.answer = said);
        }
        let renewal = self.0.credentials.renewal_hint();
        let sign_in = SignInUsed {
            mode: self.0.mode,
            renewal: renewal.as_deref(),
        };
        let failure = || answer::http_error(doing, sign_in, &url, status, &headers, &body);
        let words = value
            .as_ref()
            .and_then(|value| value.get("error"))
            .map_or_else(
                || String::from_utf8_lossy(&body).into_owned(),
                answer::words_of,
            );
        if sending.in_session && answer::names_lost_session(status, &words) {
            self.keep_failure(sending.id, failure());
            return Err(StreamableHttpError::SessionExpired);
        }
        let is_refusal = is_refusal(sending, status, value.as_ref());
        if let (
            Some(id),
            true,
            Some(ReceivedBody::Answer {
                outcome: Err(error),
                ..
            }),
        ) = (sending.id, is_refusal, value.map(message::read))
        {
            let message = self.answer(id, Err(error), false);
            return serde_json::from_value::<ServerJsonRpcMessage>(message)
                .map(|message| StreamableHttpPostResponse::Json(message, None))
                .map_err(|_| self.fail(sending.id, failure()));
        }
        Err(self.fail(sending.id, failure()))
    }

    /// Returns the answer to a request as rmcp takes it. What the server sent is kept aside: a result that is `captured` as it
    /// came, and an error in every case.
    pub(super) fn answer(
        &self,
        id: &RequestId,
        outcome: Result<Value, Value>,
        captured: bool,
    ) -> Value {
        let own = serde_json::to_value(id).unwrap_or_default();
        match outcome {
            Ok(result) if captured => {
                let shown = json!({"jsonrpc": "2.0", "id": own, "result": {}});
                self.exchange(id, |exchange| {
                    exchange.result = Some(result);
                    exchange.http.answer = shown.clone();
                });
                shown
            }
            Ok(result) => json!({"jsonrpc": "2.0", "id": own, "result": result}),
            Err(error) => {
                self.keep_failure(Some(id), answer::rpc_error(&self.0.doing, &error));
                let message = message::error_for_rmcp(&own, &error);
                self.exchange(id, |exchange| {
                    exchange.http.answer = json!({"jsonrpc": "2.0", "id": own, "error": error});
                });
                message
            }
        }
    }
}

/// Returns whether an error with this status refuses the request itself. A call has a connection behind it: a JSON-RPC error of status
/// 404 speaks of the tool, not of the address.
fn is_refusal(sending: OutgoingRequest<'_>, status: u16, body: Option<&Value>) -> bool {
    match status {
        300..=399 | 401 | 403 | 429 | 500.. => false,
        404 => sending.captured && body.is_some_and(|body| body.pointer("/error/code").is_some()),
        _ => true,
    }
}

/// Returns the id of a request.
fn request_id(message: &ClientJsonRpcMessage) -> Option<&RequestId> {
    match message {
        ClientJsonRpcMessage::Request(request) => Some(&request.id),
        ClientJsonRpcMessage::Response(_)
        | ClientJsonRpcMessage::Notification(_)
        | ClientJsonRpcMessage::Error(_) => None,
    }
}

/// Returns whether the result of a message is kept as it came.
fn is_captured(message: &ClientJsonRpcMessage) -> bool {
    match message {
        ClientJsonRpcMessage::Request(request) => matches!(
            request.request,
            ClientRequest::CallToolRequest(_)
                | ClientRequest::ListToolsRequest(_)
                | ClientRequest::ListResourcesRequest(_)
                | ClientRequest::ListResourceTemplatesRequest(_)
                | ClientRequest::ListPromptsRequest(_)
                | ClientRequest::ReadResourceRequest(_)
                | ClientRequest::GetPromptRequest(_)
        ),
        ClientJsonRpcMessage::Response(_)
        | ClientJsonRpcMessage::Notification(_)
        | ClientJsonRpcMessage::Error(_) => false,
    }
}

/// Several messages in one body: JSON lines, or an event stream that is not called one.
fn lines(text: &str) -> Option<Value> {
    let messages = text
        .lines()
        .map(str::trim)
        .filter(|line| {
            let is_field = ["event:", "id:", "retry:", ":"]
                .iter()
                .any(|field| line.starts_with(field));
            !line.is_empty() && !is_field
        })
        .map(|line| loose_json(line.strip_prefix("data:").unwrap_or(line)).ok());
    let messages: Vec<Value> = messages.collect::<Option<_>>()?;
    (!messages.is_empty()).then_some(Value::Array(messages))
}

/// Reads JSON, with or without a byte order mark. Returns the body too, since a failure shows its beginning.
async fn parse(body: Bytes) -> (Bytes, Result<Value, String>) {
    let read = |body: &[u8]| {
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        loose_json(text).or_else(|error| lines(text).ok_or_else(|| error.to_string()))
    };
    if body.len() < LARGE {
        let parsed = read(&body);
        return (body, parsed);
    }
    let large = tokio::task::spawn_blocking(move || {
        let parsed = read(&body);
        (body, parsed)
    });
    large.await.unwrap_or_else(|error| {
        (
            Bytes::new(),
            Err(format!("the answer could not be read: {error}")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_messages_in_a_body_are_read_as_a_batch() {
        let answer = r#"{"id":1,"result":{}}"#;
        let noise = r#"{"method":"notifications/message"}"#;
        for body in [
            format!("{noise}\n{answer}\n"),
            format!("event: message\ndata: {noise}\n\nid: 7\ndata: {answer}\n\n"),
            format!(": hello\nretry: 5\ndata:{answer}"),
        ] {
            let read = lines(&body).map(message::read);
            let Some(ReceivedBody::Answer { outcome, .. }) = read else {
                panic!("{body}: {read:?}");
            };
            assert_eq!(outcome, Ok(json!({})), "{body}");
        }
        for body in ["", "\n\n", "<html>", "data: <html>", ": hello"] {
            assert_eq!(lines(body), None, "{body}");
        }
    }
}
