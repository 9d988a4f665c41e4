//! MCP 2026-07-28 against deployment C: tasks, subscriptions, completions, log messages.

use std::time::Duration;

use agentcore_console::{
    model::{ArgumentCompletion, CallOptions, FailureKind, McpNotice, McpTarget, OfferKind},
    services::{McpOptions, McpSession, ServiceOptions, Services, mcp},
};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::Receiver;

use crate::stack::{self, World};

const STATELESS: &str = "2026-07-28";

async fn connect(world: &World, protocol: &str) -> (McpSession, Receiver<McpNotice>) {
    let services = Services::new(ServiceOptions::default());
    let (notices, heard) = mcp::notices();
    let options = McpOptions {
        notices: Some(notices),
        subscribes: true,
        protocol: Some(protocol.to_owned()),
        ..McpOptions::default()
    };
    let session = services
        .mcp
        .connect(&world.deployments["c"], &McpTarget::Default, options)
        .await
        .unwrap();
    assert_eq!(session.info().protocol, protocol);
    (session, heard)
}

fn counting(to: u64, pause_ms: u64) -> Map<String, Value> {
    let arguments = json!({"to": to, "pause_ms": pause_ms});
    arguments.as_object().unwrap().clone()
}

async fn heard(heard: &mut Receiver<McpNotice>, wanted: impl Fn(&McpNotice) -> bool) -> McpNotice {
    let waiting = async {
        loop {
            let notice = heard.recv().await.unwrap();
            if wanted(&notice) {
                return notice;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_call_that_is_answered_with_a_task_ends_with_the_result_of_the_task() {
    let world = stack::quiet().await;
    let (session, mut notices) = connect(&world, STATELESS).await;
    let outcome = session
        .call("count_slowly", counting(2, 150), CallOptions::default())
        .await
        .unwrap();
    assert_eq!(outcome.text(), "counted to 2");
    assert!(outcome.elapsed.total >= 300, "{:?}", outcome.elapsed);
    let progress = heard(&mut notices, |notice| {
        matches!(notice, McpNotice::Progress(_))
    })
    .await;
    let McpNotice::Progress(progress) = progress else {
        panic!("progress")
    };
    assert!(progress.message.unwrap().contains("of 2"));
}

#[tokio::test]
async fn a_task_that_takes_longer_than_the_total_time_is_given_up() {
    let world = stack::quiet().await;
    let (session, _notices) = connect(&world, STATELESS).await;
    let options = CallOptions {
        timeout: Duration::from_secs(5),
        total: Duration::from_millis(400),
    };
    let failure = session
        .call("count_slowly", counting(100, 1_000), options)
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout, "{failure:?}");
    assert!(failure.cause.contains("task"), "{failure:?}");
    cancelled(&world).await;
}

/// Waits until the server was told to cancel a task.
async fn cancelled(world: &World) {
    tokio::time::timeout(Duration::from_secs(20), async {
        while world.stack.cancelled_tasks() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_call_that_is_dropped_cancels_its_task_at_the_server() {
    let world = stack::quiet().await;
    let (session, mut notices) = connect(&world, STATELESS).await;
    let calling = {
        let session = session.clone();
        tokio::spawn(async move {
            session
                .call("count_slowly", counting(100, 1_000), CallOptions::default())
                .await
        })
    };
    heard(&mut notices, |notice| {
        matches!(notice, McpNotice::Progress(_))
    })
    .await;
    assert_eq!(world.stack.cancelled_tasks(), 0);
    calling.abort();
    cancelled(&world).await;
}

#[tokio::test]
async fn a_session_that_is_closed_has_cancelled_the_tasks_of_dropped_calls() {
    let world = stack::quiet().await;
    let (session, mut notices) = connect(&world, STATELESS).await;
    let arguments = counting(100, 1_000);
    tokio::select! {
        outcome = session.call("count_slowly", arguments, CallOptions::default()) => panic!("{outcome:?}"),
        _ = heard(&mut notices, |notice| matches!(notice, McpNotice::Progress(_))) => {}
    }
    // As a command does that is stopped: nothing runs after this.
    session.close().await;
    assert_eq!(world.stack.cancelled_tasks(), 1);
}

#[tokio::test]
async fn a_server_without_sessions_tells_its_subscribers_that_its_tools_changed() {
    let world = stack::quiet().await;
    let (session, mut notices) = connect(&world, STATELESS).await;
    let names = |tools: Vec<agentcore_console::model::Tool>| -> Vec<String> {
        tools.into_iter().map(|tool| tool.name).collect()
    };
    let before = names(session.tools().await.unwrap());
    assert!(!before.contains(&"export_ratings".to_owned()), "{before:?}");
    // The subscription is made beside the connection: the change is made once it stands.
    tokio::time::timeout(Duration::from_secs(20), async {
        while world.stack.subscriptions() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    session
        .call("enable_export", Map::new(), CallOptions::default())
        .await
        .unwrap();
    heard(&mut notices, |notice| *notice == McpNotice::ToolsChanged).await;
    let after = names(session.tools().await.unwrap());
    assert!(after.contains(&"export_ratings".to_owned()), "{after:?}");
}

#[tokio::test]
async fn values_of_arguments_are_proposed_in_both_versions() {
    let world = stack::quiet().await;
    for protocol in ["2025-11-25", STATELESS] {
        let (session, _notices) = connect(&world, protocol).await;
        let offers = session.offers().await;
        for kind in [OfferKind::Prompt, OfferKind::Template] {
            let offer = offers.iter().find(|offer| offer.kind == kind).unwrap();
            let completion = ArgumentCompletion {
                argument: "label".to_owned(),
                typed: "mo".to_owned(),
                others: std::collections::HashMap::new(),
            };
            let values = session.complete(offer, &completion).await.unwrap();
            assert_eq!(values, ["Movie"], "{protocol} {kind:?}");
        }
    }
}

#[tokio::test]
async fn log_messages_of_a_call_arrive() {
    let world = stack::quiet().await;
    let (session, mut notices) = connect(&world, "2025-11-25").await;
    session
        .call("count_slowly", counting(2, 10), CallOptions::default())
        .await
        .unwrap();
    let message = heard(&mut notices, |notice| {
        matches!(notice, McpNotice::Message(..))
    })
    .await;
    assert_eq!(
        message,
        McpNotice::Message("info".to_owned(), json!("counted to 1"))
    );
}
