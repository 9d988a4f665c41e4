//! Logs of the embedded stack: filtered, followed, cut and polled.

use std::{ops::ControlFlow, time::Duration};

use agentcore_console::{
    logs::{Filter, LogRecord, RecordReader, store::LogStore},
    model::{Deployment, FailureKind, LogBatch, LogEvent, LogQuery, Moment, NoticeKind},
    services::{ServiceOptions, Services},
};
use aws_sdk_cloudwatchlogs::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::InputLogEvent,
};
use futures::StreamExt as _;

use crate::stack::{self, World};

/// A client of the stack that is not ours, to write with.
pub(crate) fn writer(world: &World) -> Client {
    let (id, secret) = world.stack.credentials();
    let config = aws_sdk_cloudwatchlogs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-west-2"))
        .endpoint_url(world.stack.endpoint())
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .build();
    Client::from_conf(config)
}

pub(crate) fn now() -> Moment {
    Moment::from_millis(jiff::Timestamp::now().as_millisecond())
}

async fn group(client: &Client, name: &str) {
    client
        .create_log_group()
        .log_group_name(name)
        .send()
        .await
        .unwrap();
    client
        .create_log_stream()
        .log_group_name(name)
        .log_stream_name("s")
        .send()
        .await
        .unwrap();
}

async fn write(client: &Client, name: &str, messages: impl IntoIterator<Item = String>) {
    let at = now().millis();
    let event = |message: String| {
        InputLogEvent::builder()
            .timestamp(at)
            .message(message)
            .build()
            .unwrap()
    };
    let events = messages.into_iter().map(event).collect();
    client
        .put_log_events()
        .log_group_name(name)
        .log_stream_name("s")
        .set_log_events(Some(events))
        .send()
        .await
        .unwrap();
}

async fn read(services: &Services, deployment: &Deployment, query: &LogQuery) -> Vec<LogEvent> {
    let mut events = Vec::new();
    let read = services.aws.logs.filter(deployment, query, |batch| {
        events.extend(batch.events);
        ControlFlow::Continue(())
    });
    read.await.unwrap();
    events
}

fn query(name: &str) -> LogQuery {
    LogQuery {
        groups: vec![name.to_owned()],
        since: Some(now().plus(-60_000)),
        ..LogQuery::default()
    }
}

#[tokio::test]
async fn all_pages_are_read_and_the_newest_are_the_last() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (client, a) = (writer(&world), &world.deployments["a"]);
    group(&client, "/test/pages").await;
    for round in 0..3 {
        write(
            &client,
            "/test/pages",
            (0..40).map(|number| format!("line {round} {number}")),
        )
        .await;
    }
    let query = query("/test/pages");
    let events = read(&services, a, &query).await;
    assert_eq!(events.len(), 120);
    let ids: std::collections::HashSet<_> = events.iter().map(|event| event.id.clone()).collect();
    assert_eq!(ids.len(), 120);
    let newest = read(
        &services,
        a,
        &LogQuery {
            limit: Some(5),
            ..query.clone()
        },
    )
    .await;
    let messages = |events: &[LogEvent]| {
        events
            .iter()
            .map(|event| event.message.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(messages(&newest).len(), 5);
    assert!(
        messages(&newest)
            .iter()
            .all(|message| message.starts_with("line 2 ")),
        "{newest:?}"
    );
    let found = read(
        &services,
        a,
        &LogQuery {
            pattern: Some("\"line 1 7\"".into()),
            ..query
        },
    )
    .await;
    assert_eq!(messages(&found), ["line 1 7"]);
}

#[tokio::test]
async fn a_group_that_does_not_exist_is_not_found_or_a_notice_beside_others() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (client, a) = (writer(&world), &world.deployments["a"]);
    let failure = services
        .aws
        .logs
        .filter(a, &query("/test/none"), |_| ControlFlow::Continue(()))
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    group(&client, "/test/some").await;
    let both = LogQuery {
        groups: vec!["/test/none".into(), "/test/some".into()],
        ..query("")
    };
    let mut notices = Vec::new();
    let read = services.aws.logs.filter(a, &both, |batch| {
        notices.extend(batch.notices);
        ControlFlow::Continue(())
    });
    read.await.unwrap();
    assert_eq!(
        notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        [NoticeKind::Missing]
    );
    let names = services.aws.logs.groups(a, "/test/").await.unwrap();
    assert_eq!(names, ["/test/some"]);
}

/// A span of a gateway or runtime, and its id.
fn span(owner: &str, id: &str) -> String {
    let json = serde_json::json!({
        "traceId": "t", "spanId": id, "name": "invoke", "startTimeUnixNano": 1, "durationNano": 1,
        "attributes": {"aws.agent.id": owner},
    });
    json.to_string()
}

/// The part of a tail over one deployment: its groups with that of spans, and the ids of its gateways and runtimes.
fn part(world: &World, name: &str, limit: Option<usize>) -> (Deployment, LogQuery) {
    let deployment = world.deployments[name].clone();
    let runtimes = deployment.runtimes.iter();
    let ids = runtimes.filter_map(|arn| arn.rsplit('/').next().map(str::to_owned));
    let query = LogQuery {
        groups: vec![format!("/test/own-{name}"), "aws/spans".to_owned()],
        owner_ids: ids.chain(deployment.gateways.iter().cloned()).collect(),
        limit,
        ..query("")
    };
    (deployment, query)
}

#[tokio::test]
async fn a_window_of_several_deployments_of_an_account_reads_their_shared_group_once_and_leaves_strangers_out()
 {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let client = writer(&world);
    for name in ["a", "b", "c"] {
        let group_name = format!("/test/own-{name}");
        group(&client, &group_name).await;
        write(&client, &group_name, [format!("own {name}")]).await;
    }
    let stream = client.create_log_stream();
    let stream = stream.log_group_name("aws/spans").log_stream_name("s");
    if stream.send().await.is_err() {
        group(&client, "aws/spans").await;
    }
    let id_of = |name: &str| part(&world, name, None).1.owner_ids[0].clone();
    let mut spans: Vec<String> = ["a", "b", "c", "d"]
        .map(|name| span(&id_of(name), name))
        .to_vec();
    spans.push(r#"{"spanId":"nobody","name":"x"}"#.to_owned());
    write(&client, "aws/spans", spans).await;
    let since = now().plus(-60_000);
    for limit in [None, Some(100)] {
        for (names, expected) in [
            (
                &["a", "b", "c"][..],
                &["a", "b", "c", "nobody", "own a", "own b", "own c"][..],
            ),
            (&["c"][..], &["c", "nobody", "own c"][..]),
        ] {
            let parts = names.iter().map(|name| part(&world, name, limit));
            let mut read = Vec::new();
            let reading = services.aws.logs.read_together(parts.collect(), |batch| {
                read.extend(batch.events);
                std::future::ready(ControlFlow::Continue(()))
            });
            reading.await.unwrap();
            let mut found: Vec<String> = read
                .into_iter()
                .filter(|event| event.timestamp >= since && &*event.stream == "s")
                .map(|event| {
                    let span = serde_json::from_str::<serde_json::Value>(&event.message).ok();
                    let id = span.and_then(|span| span["spanId"].as_str().map(str::to_owned));
                    id.unwrap_or(event.message)
                })
                .collect();
            found.sort();
            assert_eq!(found, expected, "{names:?} {limit:?}");
        }
    }
}

/// Follows until `count` events and a notice of that kind have come.
async fn follow(
    tail: &mut agentcore_console::services::aws::logs::LogTail,
    count: usize,
    kind: Option<NoticeKind>,
) -> (Vec<String>, Vec<NoticeKind>) {
    let (mut messages, mut kinds) = (Vec::new(), Vec::new());
    let following = async {
        while messages.len() < count || kind.is_some_and(|kind| !kinds.contains(&kind)) {
            let batch = tail.next().await.expect("it goes on").unwrap();
            messages.extend(batch.events.into_iter().map(|event| event.message));
            kinds.extend(batch.notices.into_iter().map(|notice| notice.kind));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), following)
        .await
        .expect("all of it comes");
    (messages, kinds)
}

#[tokio::test]
async fn a_tail_shows_what_was_there_and_then_what_comes_once() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (client, a) = (writer(&world), &world.deployments["a"]);
    group(&client, "/test/tail").await;
    write(&client, "/test/tail", ["before".to_owned()]).await;
    let mut tail = services.aws.logs.tail_events(a, query("/test/tail"));
    let (messages, _) = follow(&mut tail, 1, Some(NoticeKind::Started)).await;
    assert_eq!(messages, ["before"]);
    write(
        &client,
        "/test/tail",
        ["after".to_owned(), "after".to_owned()],
    )
    .await;
    let (messages, _) = follow(&mut tail, 2, None).await;
    assert_eq!(messages, ["after", "after"]);
}

#[tokio::test]
async fn without_the_right_to_live_tail_it_polls() {
    let world = stack::quiet().await;
    stack::fault(
        &world,
        r#"{"service": "logs", "operation": "StartLiveTail", "fault": "access-denied"}"#,
    );
    let services = Services::new(ServiceOptions::default());
    let (client, a) = (writer(&world), &world.deployments["a"]);
    group(&client, "/test/poll").await;
    write(&client, "/test/poll", ["line".to_owned()]).await;
    let mut tail = services.aws.logs.tail_events(a, query("/test/poll"));
    let (messages, kinds) = follow(&mut tail, 1, Some(NoticeKind::Polling)).await;
    assert_eq!(
        (messages, kinds),
        (vec!["line".to_owned()], vec![NoticeKind::Polling])
    );
}

#[tokio::test]
async fn a_filter_written_as_a_query_finds_what_the_filter_finds() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (client, deployment) = (writer(&world), &world.deployments["a"]);
    let name = "/aws/bedrock-agentcore/runtimes/rt-queried-DEFAULT";
    group(&client, name).await;
    let messages = [
        r#"{"level":"INFO","message":"GET /mcp took 12 ms","sessionId":"s-1","attributes":{"http.status_code":200}}"#,
        r#"{"level":"ERROR","message":"GET /mcp (slow) took 2412 ms","sessionId":"s-2","attributes":{"http.status_code":503}}"#,
        r#"{"level":"WARN","message":"Größe: 5 of 10","sessionId":"s-1"}"#,
        "plain text, no level",
        "[ERROR] timeout after 30 s",
    ];
    write(&client, name, messages.map(str::to_owned)).await;
    let records = read(&services, deployment, &query(name)).await;
    let mut reader = RecordReader::default();
    let mut store = LogStore::default();
    store.push_batch(LogBatch {
        events: records
            .into_iter()
            .map(|event| reader.read(event))
            .collect(),
        ..LogBatch::default()
    });
    let window = (now().plus(-60_000), now().plus(60_000));
    for (text, expected) in [
        ("took", 2),
        ("-took", 3),
        ("\"(slow)\"", 1),
        ("größe", 1),
        ("/took \\d{4,} ms/", 1),
        ("/GET /mcp/", 2),
        ("session=s-1", 2),
        ("source=runtime", 5),
        ("source=gateway", 0),
        ("level>=warn", 3),
        ("level>=error -timeout", 1),
        ("http.status_code>=500", 1),
        (".http.status_code!=200", 1),
        ("pattern=\"GET /mcp took <*> ms\"", 1),
    ] {
        let filter = Filter::parse(text).unwrap();
        let query = filter.insights_query();
        store.set_filter(filter);
        assert_eq!(store.len(), expected, "{text} among the lines");
        let result = services
            .aws
            .logs
            .query(deployment, &query, &[name.to_owned()], window, None, |_| ())
            .await
            .unwrap_or_else(|failure| panic!("{query}: {failure}"));
        assert_eq!(result.rows.len(), expected, "{text}: {query}");
    }
}

#[tokio::test]
async fn the_lines_around_a_time_are_those_before_it_at_it_and_after_it() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (client, deployment) = (writer(&world), &world.deployments["a"]);
    let name = "/around";
    group(&client, name).await;
    let begin = now().plus(-60_000);
    let events = (0..40).map(|second| {
        InputLogEvent::builder()
            .timestamp(begin.plus(second * 1_000).millis())
            .message(format!("line {second}"))
            .build()
            .unwrap()
    });
    client
        .put_log_events()
        .log_group_name(name)
        .log_stream_name("s")
        .set_log_events(Some(events.collect()))
        .send()
        .await
        .unwrap();
    let lines = services
        .aws
        .logs
        .lines_around(deployment, &[name.to_owned()], begin.plus(20_000), 3)
        .await
        .unwrap();
    let texts: Vec<&str> = lines.iter().map(LogRecord::text).collect();
    let expected: Vec<String> = (17..24).map(|second| format!("line {second}")).collect();
    assert_eq!(texts, expected);
}
