//! Server-sent events of bounded size.

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream::BoxStream};
use rmcp::{model::RequestId, transport::streamable_http_client::SseError};
use serde_json::json;
use sse_stream::{Sse, SseStream};

use crate::{
    model::{Failure, FailureKind},
    net::http_client,
};

/// Why a stream of events ends early.
#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error("an event is longer than {0} bytes")]
    TooLong(usize),
    #[error("{0}")]
    Broken(String),
}

/// Returns the events of an answer. One longer than `limit` bytes ends the stream with an error, so that no server can make
/// memory grow without bound.
pub(crate) fn events(
    response: reqwest::Response,
    limit: usize,
) -> BoxStream<'static, Result<Sse, SseError>> {
    SseStream::from_bytes_stream(closed(bounded(response.bytes_stream(), limit))).boxed()
}

/// Returns the stream with an empty line at its end: a last event that the server did not close with one is delivered. What was
/// cut in the middle is no JSON and stays without effect.
fn closed<E: Send + 'static>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, E>> + Send + 'static {
    let end = futures::stream::once(async { Ok(Bytes::from_static(b"\n\n")) });
    chunks.chain(end)
}

fn bounded<S, E>(
    chunks: S,
    limit: usize,
) -> impl Stream<Item = Result<Bytes, StreamError>> + Send + 'static
where
    S: Stream<Item = Result<Bytes, E>> + Send + 'static,
    E: std::error::Error + 'static,
{
    let mut meter = EventSize {
        size: 0,
        line_is_empty: true,
    };
    chunks.map(move |chunk| {
        let chunk = chunk.map_err(|error| StreamError::Broken(http_client::chain(&error)))?;
        if meter.observe(&chunk) > limit {
            Err(StreamError::TooLong(limit))
        } else {
            Ok(chunk)
        }
    })
}

/// Measures the current event: it ends with an empty line.
struct EventSize {
    size: usize,
    line_is_empty: bool,
}

impl EventSize {
    fn observe(&mut self, chunk: &[u8]) -> usize {
        let mut longest = self.size;
        for byte in chunk {
            match byte {
                b'\n' if self.line_is_empty => self.size = 0,
                b'\n' => self.line_is_empty = true,
                b'\r' => {}
                _ => self.line_is_empty = false,
            }
            self.size += 1;
            longest = longest.max(self.size);
        }
        longest
    }
}

/// Returns whether a stream ended since an event was too long: resuming it would only bring the same event again.
pub(crate) fn is_too_long(error: &SseError) -> bool {
    matches!(error, SseError::Body(cause) if matches!(cause.downcast_ref(), Some(StreamError::TooLong(_))))
}

/// Returns why a stream ended before the answer.
pub(crate) fn broken(doing: &str, error: Option<&SseError>) -> Failure {
    match error {
        Some(error) if is_too_long(error) => Failure::new(
            FailureKind::Refused,
            doing,
            "the result is longer than the limit of 64 MB",
        )
        .hint("ask for less: LIMIT, or fewer columns"),
        Some(error) => super::wire::cut(doing).evidence(http_client::chain(error)),
        None => Failure::new(
            FailureKind::Network,
            doing,
            "the stream ended without an answer",
        ),
    }
}

/// Returns what rmcp gets in place of an answer that will not come; the failure itself is kept in the exchange.
pub(crate) fn error_event(id: &RequestId) -> Sse {
    let message = json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32000, "message": "the connection broke before the answer"}});
    Sse {
        event: None,
        data: Some(message.to_string()),
        id: None,
        retry: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str, limit: usize) -> Vec<Result<String, bool>> {
        // In chunks of three bytes, since the network cuts anywhere.
        let chunks: Vec<Result<Bytes, std::io::Error>> = text
            .as_bytes()
            .chunks(3)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let chunks = closed(bounded(futures::stream::iter(chunks), limit));
        let stream = SseStream::from_bytes_stream(chunks);
        stream
            .map(|event| {
                event
                    .map(|event| event.data.unwrap_or_default())
                    .map_err(|error| is_too_long(&error))
            })
            .take(5)
            .collect()
            .await
    }

    #[tokio::test]
    async fn the_last_event_is_delivered_without_an_empty_line_behind_it() {
        for text in [
            "data: 1\n\ndata: 2",
            "data: 1\r\n\r\ndata: 2\r\n",
            "data: 1\n\ndata: 2\n\n",
        ] {
            let found: Vec<String> = read(text, 40).await.into_iter().flatten().collect();
            assert_eq!(found, ["1", "2"], "{text:?}");
        }
    }

    #[tokio::test]
    async fn many_small_events_pass_and_a_long_one_is_an_error() {
        let small = "data: 12345678\n\n".repeat(4);
        assert_eq!(read(&small, 20).await, vec![Ok("12345678".to_owned()); 4]);
        assert_eq!(
            read("data: 12345678\r\n\r\ndata: 1\r\n\r\n", 24).await,
            [Ok("12345678".to_owned()), Ok("1".to_owned())]
        );
        let long = format!("data: ok\n\ndata: {}\n\n", "x".repeat(100));
        let found = read(&long, 40).await;
        assert_eq!(found[0], Ok("ok".to_owned()));
        assert_eq!(found[1], Err(true));
    }
}
