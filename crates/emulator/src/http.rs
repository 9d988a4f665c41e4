//! HTTP of the embedded stack: the request and response types, small builders, and serving one connection.
//! Which handler answers is decided in `dispatch`.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::world::SharedWorld;

/// The largest request body: what the runtime data plane admits.
const LARGEST_BODY: usize = 100 * 1024 * 1024;

/// A request with its whole body.
pub(crate) type Request = http::Request<Bytes>;
/// What an answer's body is made of.
pub(crate) type ResponseBody = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;
/// An answer, whole or streaming.
pub(crate) type Response = http::Response<ResponseBody>;

/// Mark (as a response extension) of an answer that is never sent: the connection is closed instead.
#[derive(Clone, Copy, Debug)]
struct Cut;

/// Returns the fault "connection closed without an answer".
pub(crate) fn cut() -> Response {
    let mut response = Response::new(full(Bytes::new()));
    response.extensions_mut().insert(Cut);
    response
}

/// Returns a body that is known now.
pub(crate) fn full(bytes: impl Into<Bytes>) -> ResponseBody {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// Returns a body that comes piece by piece; an error cuts the connection.
pub(crate) fn streaming(
    pieces: impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static,
) -> ResponseBody {
    use futures::StreamExt as _;
    http_body_util::StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync()
}

/// Returns an answer with status, content type and body.
pub(crate) fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Returns a JSON answer.
pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    respond(status, "application/json", value.to_string())
}

/// 404 for an address that nothing serves.
pub(crate) fn not_found(path: &str) -> Response {
    json(
        StatusCode::NOT_FOUND,
        &serde_json::json!({"message": format!("nothing is served at {path}")}),
    )
}

/// Adds a header; a value that HTTP cannot carry is left out.
pub(crate) fn set_header(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Returns the text of a header.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Returns one decoded parameter of the query string.
pub(crate) fn query_parameter(uri: &http::Uri, name: &str) -> Option<String> {
    url::form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Returns whether a Host header names the loopback, on any port; `stream-` is what SDKs put before the host of StartLiveTail.
fn is_loopback_host(headers: &HeaderMap) -> bool {
    header(headers, HOST.as_str()).is_some_and(|host| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let name = name
            .strip_prefix("stream-")
            .or_else(|| name.strip_prefix("streaming-"))
            .unwrap_or(name);
        name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")
    })
}

/// Returns whether an Origin header, if there is one, is on loopback.
fn is_own_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(http::header::ORIGIN) else {
        return true;
    };
    origin
        .to_str()
        .ok()
        .and_then(|origin| url::Url::parse(origin).ok())
        .and_then(|origin| {
            origin
                .host_str()
                .map(|host| host == "127.0.0.1" || host == "localhost")
        })
        .unwrap_or(false)
}

/// Serves one connection of the worlds behind a port until its peer or the first world ends it.
pub(crate) async fn serve_connection(worlds: Arc<[SharedWorld]>, stream: TcpStream) {
    let Some(first) = worlds.first() else {
        return;
    };
    // Small answers must not wait for more: the console measures first bytes through here.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn({
        let worlds = Arc::clone(&worlds);
        move |request| answer(Arc::clone(&worlds), request)
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A peer that goes away is no error of ours, and there is nobody to tell.
        _ = connection.as_mut() => {}
        () = first.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(std::time::Duration::from_millis(500), connection).await;
        }
    }
}

/// Returns the world whose access key signed a request; the first where it is not signed, or by an unknown key.
fn addressed<'a>(worlds: &'a [SharedWorld], headers: &HeaderMap) -> Option<&'a SharedWorld> {
    let [only] = worlds else {
        let key = crate::signature::access_key(headers);
        let of_key = |world: &&SharedWorld| key == Some(&world.access_key_id);
        return worlds.iter().find(of_key).or(worlds.first());
    };
    Some(only)
}

/// Turns a marked answer into a closed connection.
async fn answer(
    worlds: Arc<[SharedWorld]>,
    request: http::Request<Incoming>,
) -> Result<Response, std::io::Error> {
    if !is_loopback_host(request.headers()) {
        return Ok(refuse(
            "this is the embedded stack of agentcore-console: it answers only to Host 127.0.0.1 or localhost",
        ));
    }
    if !is_own_origin(request.headers()) {
        return Ok(refuse(
            "this is the embedded stack of agentcore-console: it refuses requests of foreign web pages (Origin)",
        ));
    }
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            return Ok(json(
                StatusCode::PAYLOAD_TOO_LARGE,
                &serde_json::json!({"message": "the request body cannot be read"}),
            ));
        }
    };
    let Some(world) = addressed(&worlds, &parts.headers) else {
        return Err(std::io::Error::from(std::io::ErrorKind::NotConnected));
    };
    let response = crate::dispatch::dispatch(world, Request::from_parts(parts, body)).await;
    if response.extensions().get::<Cut>().is_some() {
        return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted));
    }
    Ok(response)
}

fn refuse(message: &str) -> Response {
    json(
        StatusCode::FORBIDDEN,
        &serde_json::json!({"message": message}),
    )
}
