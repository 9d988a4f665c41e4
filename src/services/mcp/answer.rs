//! What an HTTP answer of an MCP endpoint means: pure judgement over status, headers and body.

mod http_status;

use http::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::{
    model::{Failure, FailureKind},
    net::http_client::{self, ReadError},
};

pub(crate) use http_status::{SignInUsed, http_error};

/// Returns the platform's id of an exchange.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    [
        "x-amzn-requestid",
        "x-amzn-request-id",
        "x-amz-request-id",
        "x-request-id",
    ]
    .into_iter()
    .find_map(|name| headers.get(name))
    .and_then(|id| id.to_str().ok())
    .map(str::to_owned)
}

/// Returns the platform's trace as W3C writes it: 32 hexadecimal digits. AWS sends `Root=1-{8 digits}-{24 digits}`, others a
/// `traceparent`.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let amazon = text("x-amzn-trace-id").and_then(|value| {
        let root = value
            .split(';')
            .find_map(|part| part.trim().strip_prefix("Root="))?;
        let (epoch, unique) = root.strip_prefix("1-")?.split_once('-')?;
        Some(format!("{epoch}{unique}"))
    });
    let w3c = || text("traceparent")?.split('-').nth(1).map(str::to_owned);
    amazon
        .or_else(w3c)
        .filter(|id| id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Returns the content type without parameters, in lower case; empty where there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Returns where a redirect that keeps method, body and origin leads to (`/mcp` to `/mcp/`).
pub(crate) fn redirect(url: &str, response: &reqwest::Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 307 | 308) {
        return None;
    }
    let location = response
        .headers()
        .get(http::header::LOCATION)?
        .to_str()
        .ok()?;
    let next = Url::parse(url).ok()?.join(location).ok()?;
    http_client::same_origin(url, next.as_str()).then(|| next.into())
}

/// Returns an answer that is not the protocol.
pub(crate) fn not_mcp(doing: &str, why: &str, body: &[u8]) -> Failure {
    let failure = Failure::new(
        FailureKind::Network,
        doing,
        format!("this is no MCP endpoint: {why}"),
    )
    .hint("check the address: a gateway's ends in /mcp, a runtime's in /invocations?qualifier=…");
    if body.is_empty() {
        failure
    } else {
        failure.evidence(http_client::preview(body))
    }
}

/// Returns an answer to a call that cannot be read. The endpoint has answered in MCP before: its address is right.
pub(crate) fn unreadable(doing: &str, why: &str, body: &[u8]) -> Failure {
    let cause = format!("the answer is not JSON-RPC: {why}");
    let failure = Failure::new(FailureKind::Network, doing, cause);
    if body.is_empty() {
        failure
    } else {
        failure.evidence(http_client::preview(body))
    }
}

/// Returns an answer that holds nothing.
pub(crate) fn empty(doing: &str, status: u16) -> Failure {
    Failure::new(
        FailureKind::Network,
        doing,
        format!("the answer is empty (status {status})"),
    )
    .status(status)
}

/// Returns an answer that is JSON and answers nothing: the server's own words, where it has any.
pub(crate) fn no_answer(doing: &str, body: &[u8]) -> Failure {
    let words = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| own_words(&value));
    match words {
        Some(words) => Failure::new(
            FailureKind::Network,
            doing,
            format!("the endpoint sent no JSON-RPC answer: {words}"),
        )
        .evidence(http_client::preview(body)),
        None => Failure::new(
            FailureKind::Network,
            doing,
            "the endpoint sent no JSON-RPC answer",
        )
        .evidence(http_client::preview(body)),
    }
}

/// Returns a content encoding that the request did not allow.
pub(crate) fn encoding(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_ENCODING)?.to_str().ok()?;
    let encoding = value.trim().to_ascii_lowercase();
    (!encoding.is_empty() && encoding != "identity").then_some(encoding)
}

/// Returns an answer that is compressed, although no compression was offered.
pub(crate) fn compressed(doing: &str, encoding: &str) -> Failure {
    Failure::new(
        FailureKind::Network,
        doing,
        format!("the answer is compressed by {encoding}, which the request did not allow"),
    )
    .hint("the server, or a proxy before it, must not compress without Accept-Encoding")
}

/// Characters of a server's words that are kept.
const WORDS: usize = 16 << 10;

/// Returns the words of a JSON-RPC error, in whatever form the server wrote it.
pub(crate) fn words_of(error: &Value) -> String {
    match error {
        Value::String(text) => bounded(text),
        other => own_words(other).unwrap_or_default(),
    }
}

/// Returns the sentence in an object that reports an error, also within an object or the first entry of a list: FastAPI writes
/// `{"detail": [{"msg": …}]}`, JSON:API `{"errors": [{"detail": …}]}`.
fn own_words(value: &Value) -> Option<String> {
    words_within(value, 3)
}

fn words_within(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) => Some(bounded(text)),
        Value::Array(values) if depth > 0 => words_within(values.first()?, depth - 1),
        Value::Object(members) if depth > 0 => [
            "message",
            "Message",
            "error_description",
            "error",
            "detail",
            "msg",
            "reason",
            "errors",
            "title",
        ]
        .into_iter()
        .filter_map(|name| members.get(name))
        .find_map(|member| words_within(member, depth - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Returns whether an error says that the server does not know the MCP session any more: a new one can be opened, and the
/// request, which was not looked at, sent again. A 404 without words says so by the protocol.
pub(crate) fn names_lost_session(status: u16, words: &str) -> bool {
    const LOST: [&str; 14] = [
        "not found",
        "invalid",
        "no valid",
        "expired",
        "unknown",
        "missing",
        "required",
        "terminated",
        "not exist",
        "no longer",
        "closed",
        "not initialized",
        "no session",
        "gone",
    ];
    let lower = bounded(words).to_lowercase();
    let names_session = lower.contains("session") && LOST.iter().any(|word| lower.contains(word));
    match status {
        200 | 400 | 401 | 410 => names_session,
        404 => names_session || lower.trim().is_empty() || lower.trim() == "not found",
        _ => false,
    }
}

/// Returns a JSON-RPC error as the server wrote it. The consent that -32042 asks for is kept as addresses.
pub(crate) fn rpc_error(doing: &str, error: &Value) -> Failure {
    let words = words_of(error);
    let said = if words.is_empty() {
        "the server reports an error and does not say which".to_owned()
    } else {
        words
    };
    let mut failure = Failure::new(FailureKind::Refused, doing, said);
    if let Some(code) = error.get("code").filter(|code| !code.is_null()) {
        failure = failure.code(match (code.as_str(), code.as_f64()) {
            (Some(text), _) => bounded(text),
            (None, Some(number)) if number.fract() == 0.0 => format!("{number:.0}"),
            _ => code.to_string(),
        });
    }
    let Some(data) = error.get("data").filter(|data| !data.is_null()) else {
        return failure;
    };
    if failure.code.as_deref() == Some(CONSENT) {
        failure = failure.hint("open the address in a browser, give consent, and call again");
        let listed = data
            .get("elicitations")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        return listed
            .filter_map(|elicitation| elicitation.get("url"))
            .chain(data.get("authorization_url"))
            .filter_map(Value::as_str)
            .fold(failure, Failure::consent_url);
    }
    failure.evidence(format!(
        "data: {}",
        data.to_string().chars().take(2000).collect::<String>()
    ))
}

/// `URLElicitationRequired`: a person must give consent first.
const CONSENT: &str = "-32042";

/// Returns an answer that could not be read to its end.
pub(crate) fn unread(doing: &str, url: &str, error: &ReadError) -> Failure {
    match error {
        ReadError::TooLong(_) => Failure::new(
            FailureKind::Refused,
            doing,
            "the result is longer than the limit of 64 MB",
        )
        .hint("ask for less: LIMIT, or fewer columns"),
        ReadError::Broken(_) => error.failure(doing, url),
    }
}
