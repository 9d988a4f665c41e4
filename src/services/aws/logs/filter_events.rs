//! FilterLogEvents, sent and decoded by hand: a page holds up to ten thousand events, and decoding them straight into events
//! takes a third of what the SDK's decoder and the conversion of its types take.

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    cloudwatch_source::CloudWatchSource,
    source::{LogPage, PAGE_SIZE, PageRequest},
};
use crate::{
    model::{Failure, FailureKind, LogEvent, Moment},
    net::http_client,
    services::aws::{failure::AwsOperation, signed::SignedRequest},
};

/// Streams whose names are looked for before all others: neighbours on a page are mostly of a few streams.
const RECENT_STREAMS: usize = 8;

/// The members of a request. Source: the service's API reference.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterLogEventsRequest<'a> {
    log_group_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_pattern: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_from_head: Option<bool>,
}

/// The members of an answer that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterLogEventsAnswer<'a> {
    #[serde(borrow, default)]
    events: Vec<FilteredEvent<'a>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvent<'a> {
    #[serde(borrow, default)]
    log_stream_name: Cow<'a, str>,
    #[serde(default)]
    timestamp: i64,
    #[serde(default)]
    message: String,
    ingestion_time: Option<i64>,
    event_id: Option<String>,
}

/// Requests one page.
pub(super) async fn page(
    source: &CloudWatchSource,
    request: &PageRequest,
) -> Result<LogPage, Failure> {
    let text = format!("reading {}", request.group);
    let doing = AwsOperation {
        text: &text,
        action: "logs:FilterLogEvents",
        account: source.account.label(),
    };
    let body = FilterLogEventsRequest {
        log_group_name: &request.group,
        start_time: request.from.map(Moment::millis),
        end_time: request.until.map(Moment::millis),
        filter_pattern: source.pattern.as_deref(),
        next_token: request.token.as_deref(),
        limit: request.limit.clamp(1, PAGE_SIZE),
        start_from_head: request.newest_first.then_some(false),
    };
    let body = serde_json::to_vec(&body)
        .map_err(|error| Failure::new(FailureKind::Usage, &text, error.to_string()))?;
    let request_of_page = SignedRequest {
        method: http::Method::POST,
        service: Some("logs"),
        url: format!("{}/", source.account.address("logs")),
        headers: vec![
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "Logs_20140328.FilterLogEvents"),
        ],
        body,
    };
    let answer = source
        .client
        .send_signed(&source.account, doing, &request_of_page)
        .await?;
    decode(&answer.body, &request.group, |name| source.shared(name)).map_err(|error| {
        let cause = format!("the answer is not AWS's: {error}");
        Failure::new(FailureKind::Network, &text, cause)
            .evidence(http_client::preview(&answer.body))
    })
}

/// Decodes a page. `shared` returns the same text for the same name.
fn decode(
    body: &[u8],
    group: &str,
    shared: impl Fn(&str) -> Arc<str>,
) -> Result<LogPage, serde_json::Error> {
    let answer: FilterLogEventsAnswer<'_> = serde_json::from_slice(body)?;
    let group = shared(group);
    let mut recent: Vec<Arc<str>> = Vec::with_capacity(RECENT_STREAMS);
    let mut stream = |name: &str| {
        if let Some(known) = recent.iter().find(|known| ***known == *name) {
            return Arc::clone(known);
        }
        let stream = shared(name);
        if recent.len() == RECENT_STREAMS {
            recent.remove(0);
        }
        recent.push(Arc::clone(&stream));
        stream
    };
    let events = answer.events.into_iter().map(|event| LogEvent {
        timestamp: Moment::from_millis(event.timestamp),
        ingestion: Moment::from_millis(event.ingestion_time.unwrap_or(event.timestamp)),
        group: Arc::clone(&group),
        stream: stream(&event.log_stream_name),
        id: event.event_id,
        message: event.message,
    });
    Ok(LogPage {
        events: events.collect(),
        next: answer.next_token.filter(|token| !token.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_decoded_with_what_it_has() {
        let body = br#"{"events":[
            {"logStreamName":"a","timestamp":1,"message":"one \"word\"","ingestionTime":5,"eventId":"37"},
            {"logStreamName":"b\u0041","timestamp":2,"message":"two"},
            {"logStreamName":"a","timestamp":3,"message":"three","unknown":[1,{"x":null}]},
            {}],
            "searchedLogStreams":[],"nextToken":"t"}"#;
        let page = decode(body, "g", |name| Arc::from(name)).unwrap();
        assert_eq!(page.next.as_deref(), Some("t"));
        let events: Vec<_> = page
            .events
            .iter()
            .map(|event| {
                let times = (event.timestamp.millis(), event.ingestion.millis());
                (
                    &*event.stream,
                    times,
                    event.id.as_deref(),
                    event.message.as_str(),
                )
            })
            .collect();
        assert_eq!(
            events,
            [
                ("a", (1, 5), Some("37"), "one \"word\""),
                ("bA", (2, 2), None, "two"),
                ("a", (3, 3), None, "three"),
                ("", (0, 0), None, ""),
            ]
        );
        assert!(Arc::ptr_eq(&page.events[0].stream, &page.events[2].stream));
    }

    #[test]
    fn an_empty_page_has_a_successor_or_none() {
        for (body, next) in [
            (r#"{"events":[],"nextToken":"t"}"#, Some("t")),
            (r#"{"events":[],"nextToken":""}"#, None),
            (r#"{"searchedLogStreams":[]}"#, None),
        ] {
            let page = decode(body.as_bytes(), "g", |name| Arc::from(name)).unwrap();
            assert!(page.events.is_empty());
            assert_eq!(page.next.as_deref(), next, "{body}");
        }
        assert!(decode(b"<html>", "g", |name| Arc::from(name)).is_err());
    }
}
