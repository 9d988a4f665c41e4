//! MCP against servers that answer as servers in the field do, and as they should not.

use std::{sync::atomic::AtomicUsize, sync::atomic::Ordering, time::Duration};

use agentcore_console::{
    model::{
        CallOptions, Deployment, Failure, FailureKind, HeaderSpec, McpNotice, McpTarget,
        SecretSource, SignIn,
    },
    services::{McpOptions, McpSession, ServiceOptions, Services},
};
use serde_json::{Map, Value, json};

use crate::{
    fake::{Asked, Body, Fake, Reply, initialized},
    stack,
};

fn deployment(url: &str) -> Deployment {
    Deployment {
        mcp_url: Some(url.to_owned()),
        ..stack::deployment("fake")
    }
}

async fn connect(fake: &Fake) -> McpSession {
    let services = Services::new(ServiceOptions::default());
    services
        .mcp
        .connect(
            &deployment(&fake.url),
            &McpTarget::Default,
            McpOptions::default(),
        )
        .await
        .unwrap()
}

async fn refused(fake: &Fake) -> Failure {
    let services = Services::new(ServiceOptions::default());
    let connected = services
        .mcp
        .connect(
            &deployment(&fake.url),
            &McpTarget::Default,
            McpOptions::default(),
        )
        .await;
    connected.map(|session| session.info()).unwrap_err()
}

async fn call(fake: &Fake) -> Result<agentcore_console::model::CallOutcome, Failure> {
    connect(fake)
        .await
        .call("tool", Map::new(), CallOptions::default())
        .await
}

#[tokio::test]
async fn tools_of_all_pages_are_listed_as_they_came() {
    let fake = Fake::start(|asked| match asked.message.pointer("/params/cursor").and_then(Value::as_str) {
        None => Reply::result(asked, json!({"tools": [{"name": "odd"}], "nextCursor": "2"})),
        Some(_) => Reply::result(asked, json!({"tools": [{"name": "t___x", "inputSchema": {"type": "object"}, "novelty": [1]}]})),
    })
    .await;
    let tools = connect(&fake).await.tools().await.unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["odd", "t___x"]);
    assert_eq!(tools[1].raw["novelty"], json!([1]));
    assert_eq!(tools[0].input_schema, json!({"type": "object"}));
}

#[tokio::test]
async fn pages_without_an_end_are_an_error() {
    let fake = Fake::start(|asked| {
        Reply::result(
            asked,
            json!({"tools": [{"name": "x"}], "nextCursor": "again"}),
        )
    })
    .await;
    assert_eq!(
        connect(&fake).await.tools().await.unwrap_err().kind,
        FailureKind::Server
    );
}

#[tokio::test]
async fn a_list_of_tools_is_bounded_in_sum() {
    let long = "x".repeat(12 << 20);
    let fake = Fake::start(move |asked| {
        let page = asked.message.pointer("/params/cursor").and_then(Value::as_str).map_or(0, |page| page.parse().unwrap());
        Reply::result(asked, json!({"tools": [{"name": "x", "description": long}], "nextCursor": (page + 1).to_string()}))
    })
    .await;
    let failure = connect(&fake).await.tools().await.unwrap_err();
    assert!(
        failure.kind == FailureKind::Server && failure.cause.contains("64 MB"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_result_comes_whole_with_times_and_request_id() {
    let content =
        json!([{"type": "hologram", "depth": 3}, {"type": "text", "text": "[{\"b\":1,\"a\":2}]"}]);
    let sent = content.clone();
    let fake = Fake::start(move |asked| {
        Reply::result(
            asked,
            json!({"content": sent, "structuredContent": {"x": 1}, "strange": true}),
        )
        .with("x-amzn-requestid", "req-1")
    })
    .await;
    let outcome = call(&fake).await.unwrap();
    assert_eq!(Value::from(outcome.content), content);
    assert_eq!(
        (outcome.raw["strange"].clone(), outcome.structured_content),
        (json!(true), Some(json!({"x": 1})))
    );
    assert_eq!(outcome.request_id.as_deref(), Some("req-1"));
    assert_eq!(outcome.table.unwrap().columns, ["b", "a"]);
    assert!(outcome.elapsed.total >= outcome.elapsed.first_byte);
}

#[tokio::test]
async fn every_request_after_initialize_names_the_protocol() {
    let fake = Fake::start(|asked| Reply::result(asked, json!({"content": []}))).await;
    call(&fake).await.unwrap();
    let asked = fake.wait_for(|asked| asked.rpc() == "tools/call").await;
    assert_eq!(asked.headers["mcp-protocol-version"], "2025-11-25");
    assert_eq!(
        asked.headers["accept"],
        "application/json, text/event-stream"
    );
}

#[tokio::test]
async fn an_event_stream_brings_progress_and_the_answer() {
    let fake = Fake::start(|asked| {
        let token = asked.message.pointer("/params/_meta/progressToken").cloned().unwrap_or_default();
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": 1, "total": 2}});
        let answer = json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": {"content": [{"type": "text", "text": "done"}]}});
        Reply::events(&[progress, answer], Body::Open)
    })
    .await;
    let (notices, mut heard) = agentcore_console::services::mcp::notices();
    let services = Services::new(ServiceOptions::default());
    let options = McpOptions {
        notices: Some(notices),
        ..McpOptions::default()
    };
    let session = services
        .mcp
        .connect(&deployment(&fake.url), &McpTarget::Default, options)
        .await
        .unwrap();
    let outcome = session
        .call("tool", Map::new(), CallOptions::default())
        .await
        .unwrap();
    assert_eq!(outcome.text(), "done");
    assert!(
        matches!(heard.recv().await, Some(McpNotice::Progress(progress)) if progress.total == Some(2.0))
    );
}

#[tokio::test]
async fn a_rejected_token_is_fetched_anew_once() {
    let tries = AtomicUsize::new(0);
    let fake = Fake::raw(move |asked| {
        if asked.path == "/token" {
            let token = format!("token-{}", tries.fetch_add(1, Ordering::SeqCst));
            return Reply::json(
                &json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}),
            );
        }
        match (asked.authorization.as_deref(), asked.rpc()) {
            (Some("Bearer token-1"), "initialize") => Reply::result(asked, initialized()),
            (Some("Bearer token-1"), "tools/call") => Reply::result(asked, json!({"content": []})),
            (Some("Bearer token-1"), _) => Reply {
                status: 202,
                headers: Vec::new(),
                body: Body::Whole(String::new()),
            },
            _ => Reply::text(
                401,
                "application/json",
                r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Invalid Bearer token"}}"#,
            ),
        }
    })
    .await;
    let sign_in = SignIn::M2m {
        token_url: Some(fake.url.replace("/mcp", "/token")),
        client_id: Some("id".into()),
        client_secret: SecretSource::Inline("secret".into()),
        private_key: None,
        key_id: None,
        scope: None,
        user_pool_id: None,
    };
    let services = Services::new(ServiceOptions::default());
    let options = McpOptions {
        sign_in: Some(sign_in),
        ..McpOptions::default()
    };
    let session = services
        .mcp
        .connect(&deployment(&fake.url), &McpTarget::Default, options)
        .await
        .unwrap();
    session
        .call("tool", Map::new(), CallOptions::default())
        .await
        .unwrap();
    assert_eq!(
        fake.asked()
            .iter()
            .filter(|asked| asked.path == "/token")
            .count(),
        2
    );
}

#[tokio::test]
async fn answers_that_are_no_success_are_told_apart() {
    let cases: [(Reply, FailureKind); 8] = [
        (
            Reply::text(401, "text/plain", "no")
                .with("www-authenticate", "Bearer error=\"invalid_token\""),
            FailureKind::SignIn,
        ),
        (Reply::text(401, "text/plain", "no"), FailureKind::SignIn),
        (
            Reply::text(403, "application/json", r#"{"message":"no"}"#),
            FailureKind::Denied,
        ),
        (
            Reply::text(404, "text/html", "<h1>gone</h1>"),
            FailureKind::Network,
        ),
        (
            Reply::text(500, "text/plain", "broken"),
            FailureKind::Server,
        ),
        (
            Reply::text(200, "text/html", "<h1>Sign in</h1>"),
            FailureKind::Network,
        ),
        (
            Reply::text(200, "application/json", r#"{"hello":"world"}"#),
            FailureKind::Network,
        ),
        (
            Reply::text(429, "text/plain", "slow down"),
            FailureKind::Throttled,
        ),
    ];
    for (reply, kind) in cases {
        let status = reply.status;
        let first = reply.clone();
        let at_start = refused(&Fake::raw(move |_| first.clone()).await).await;
        assert_eq!(at_start.kind, kind, "at start {status}: {at_start:?}");
        let later = call(&Fake::start(move |_| reply.clone()).await)
            .await
            .unwrap_err();
        assert_eq!(later.kind, kind, "at a call {status}: {later:?}");
    }
}

#[tokio::test]
async fn a_json_rpc_error_is_refused_with_its_code_even_without_an_id() {
    for id in [json!({"id": null}), json!({}), json!({"id": 0})] {
        let fake = Fake::start(move |_| {
            let mut error =
                json!({"jsonrpc": "2.0", "error": {"code": -32603, "message": "Internal error"}});
            error
                .as_object_mut()
                .unwrap()
                .extend(id.as_object().unwrap().clone());
            Reply::json(&error)
        })
        .await;
        let failure = call(&fake).await.unwrap_err();
        assert_eq!(
            (
                failure.kind,
                failure.code.as_deref(),
                failure.cause.as_str()
            ),
            (FailureKind::Refused, Some("-32603"), "Internal error")
        );
    }
}

#[tokio::test]
async fn whatever_comes_back_for_a_request_is_its_answer() {
    let result = json!({"content": [{"type": "text", "text": "[{\"n\":1}]"}]});
    let answers = [
        Reply::json(&json!({"jsonrpc": "2.0", "id": "other", "result": result})),
        Reply::json(&json!({"id": 1, "result": result, "error": null})),
        Reply::text(
            200,
            "",
            &json!({"jsonrpc": "2.0", "id": 99, "result": result}).to_string(),
        ),
        Reply::text(200, "text/plain", &json!({"result": result}).to_string()),
        Reply::events(
            &[
                json!({"type": "heartbeat"}),
                json!({"jsonrpc": "2.0", "id": 99, "result": result}),
            ],
            Body::Open,
        ),
    ];
    for answer in answers {
        let fake = Fake::start(move |_| answer.clone()).await;
        let outcome = call(&fake).await.unwrap();
        assert_eq!(outcome.table.unwrap().rows, [[json!(1)]]);
    }
}

#[tokio::test]
async fn an_exchange_without_an_answer_ends_the_call_with_the_servers_words() {
    for (answer, kind, words) in [
        (
            Reply::text(202, "", ""),
            FailureKind::Network,
            "empty (status 202)",
        ),
        (
            Reply::text(200, "application/json", ""),
            FailureKind::Network,
            "empty (status 200)",
        ),
        (
            Reply::text(400, "text/plain", "the query is too long"),
            FailureKind::Refused,
            "the query is too long",
        ),
        (
            Reply::json(&json!({"error": "boom"})),
            FailureKind::Refused,
            "boom",
        ),
        (
            Reply::json(&json!({"error": {"code": "E_FAIL", "message": "no"}})),
            FailureKind::Refused,
            "no",
        ),
        (
            Reply::text(200, "text/event-stream", "event: error\ndata: it broke\n\n"),
            FailureKind::Refused,
            "it broke",
        ),
    ] {
        let fake = Fake::start(move |_| answer.clone()).await;
        let failure = tokio::time::timeout(Duration::from_secs(20), call(&fake))
            .await
            .expect("no silence")
            .unwrap_err();
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.cause.contains(words), "{failure:?}");
    }
}

#[tokio::test]
async fn a_lost_session_is_opened_again_by_the_words_of_the_server_and_nothing_else_is_repeated() {
    for (status, words, calls) in [
        (400, "Bad Request: No valid session ID provided", 2),
        (401, "Unauthorized: Session not found", 2),
        (404, "Session not found", 2),
        (410, "the session has expired", 2),
        (400, "Bad Request: the query is too long", 1),
        (500, "session not found", 1),
    ] {
        let seen = std::sync::Arc::new(AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&seen);
        let fake = Fake::raw(move |asked| match asked.rpc() {
            "initialize" => Reply::json(&initialized_for(asked)).with("mcp-session-id", "s"),
            "tools/call" if count.fetch_add(1, Ordering::Relaxed) == 0 => {
                Reply::text(status, "text/plain", words)
            }
            "tools/call" => Reply::result(asked, json!({"content": []})),
            _ => Reply::text(202, "", ""),
        })
        .await;
        let outcome = call(&fake).await;
        assert_eq!(
            (seen.load(Ordering::Relaxed), outcome.is_ok()),
            (calls, calls == 2),
            "{status} {words}: {outcome:?}"
        );
    }
}

fn initialized_for(asked: &Asked) -> Value {
    json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": initialized()})
}

#[tokio::test]
async fn consent_that_is_missing_carries_its_address() {
    let fake = Fake::start(|asked| {
        let data = json!({"elicitations": [{"mode": "url", "elicitationId": "e", "url": "https://consent.example/1", "message": "Please login"}]});
        Reply::json(&json!({"jsonrpc": "2.0", "id": asked.message["id"], "error": {"code": -32042, "message": "more information", "data": data}}))
    })
    .await;
    let failure = call(&fake).await.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("-32042"));
    assert_eq!(
        failure.consent_urls().collect::<Vec<_>>(),
        ["https://consent.example/1"]
    );
}

#[tokio::test]
async fn a_redirect_is_followed_within_its_origin_and_refused_beyond() {
    let same = Fake::raw(|asked| match (asked.path.as_str(), asked.rpc()) {
        ("/mcp", _) => Reply::text(307, "text/plain", "").with("location", "/mcp/"),
        (_, "initialize") => Reply::result(asked, initialized()),
        (_, "tools/call") => Reply::result(asked, json!({"content": []})),
        _ => Reply {
            status: 202,
            headers: Vec::new(),
            body: Body::Whole(String::new()),
        },
    })
    .await;
    call(&same).await.unwrap();

    let other = Fake::start(|asked| Reply::result(asked, json!({"content": []}))).await;
    let elsewhere = other.url.clone();
    let first =
        Fake::raw(move |_| Reply::text(307, "text/plain", "").with("location", &elsewhere)).await;
    let failure = refused(&first).await;
    assert_eq!(
        (failure.kind, failure.status),
        (FailureKind::Network, Some(307))
    );
    assert!(other.asked().is_empty(), "nothing was sent there");
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_silence() {
    let json = Fake::start(|asked| Reply {
        body: Body::Cut(r#"{"jsonrpc":"2.0","id":1,"#.into()),
        ..Reply::result(asked, json!({}))
    })
    .await;
    assert_eq!(call(&json).await.unwrap_err().kind, FailureKind::Network);
    for body in [
        |chunks: Vec<String>| Body::Cut(chunks.concat()),
        |chunks: Vec<String>| Body::Whole(chunks.concat()),
    ] {
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}});
        let events =
            Fake::start(move |_| Reply::events(std::slice::from_ref(&progress), body)).await;
        let broken = tokio::time::timeout(Duration::from_secs(10), call(&events))
            .await
            .expect("it does not wait for ever");
        assert_eq!(broken.unwrap_err().kind, FailureKind::Network);
    }
}

#[tokio::test]
async fn large_results_arrive_and_larger_ones_name_the_limit() {
    let big = |size: usize| {
        move |asked: &Asked| Reply {
            body: Body::Big(size),
            ..Reply::result(asked, json!({}))
        }
    };
    let outcome = call(&Fake::start(big(24 << 20)).await).await.unwrap();
    assert_eq!(outcome.text().len(), 24 << 20);
    let failure = call(&Fake::start(big(80 << 20)).await).await.unwrap_err();
    assert!(failure.cause.contains("64 MB"), "{failure:?}");
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_at_the_server() {
    let fake = Fake::start(|asked| match asked.rpc() {
        "tools/call" => Reply::events(&[], Body::Open),
        _ => Reply {
            status: 202,
            headers: Vec::new(),
            body: Body::Whole(String::new()),
        },
    })
    .await;
    let session = connect(&fake).await;
    let calling = {
        let session = session.clone();
        tokio::spawn(async move {
            session
                .call("tool", Map::new(), CallOptions::default())
                .await
        })
    };
    let asked = fake.wait_for(|asked| asked.rpc() == "tools/call").await;
    calling.abort();
    let cancelled = fake
        .wait_for(|asked| asked.rpc() == "notifications/cancelled")
        .await;
    assert_eq!(
        cancelled.message["params"]["requestId"],
        asked.message["id"]
    );
}

#[tokio::test]
async fn a_call_without_an_answer_times_out_and_is_cancelled() {
    let fake = Fake::start(|asked| match asked.rpc() {
        "tools/call" => Reply::events(&[], Body::Open),
        _ => Reply {
            status: 202,
            headers: Vec::new(),
            body: Body::Whole(String::new()),
        },
    })
    .await;
    let options = CallOptions {
        timeout: Duration::from_millis(200),
        total: Duration::from_secs(1),
    };
    let failure = connect(&fake)
        .await
        .call("tool", Map::new(), options)
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    fake.wait_for(|asked| asked.rpc() == "notifications/cancelled")
        .await;
}

/// A log message, numbered.
fn log_message(at: usize) -> Value {
    let level = ["debug", "info", "error"][at % 3];
    json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": level, "data": at}})
}

async fn connect_listening(fake: &Fake) -> (McpSession, tokio::sync::mpsc::Receiver<McpNotice>) {
    let (notices, heard) = agentcore_console::services::mcp::notices();
    let options = McpOptions {
        notices: Some(notices),
        ..McpOptions::default()
    };
    let services = Services::new(ServiceOptions::default());
    let session = services
        .mcp
        .connect(&deployment(&fake.url), &McpTarget::Default, options)
        .await
        .unwrap();
    (session, heard)
}

#[tokio::test]
async fn log_messages_come_in_their_order_and_before_the_answer() {
    const MANY: usize = 400;
    for as_lines in [false, true] {
        let fake = Fake::start(move |asked| {
            let answer =
                json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": {"content": []}});
            let messages = (0..MANY).map(log_message).chain([answer]);
            if as_lines {
                let lines: Vec<String> = messages.map(|message| message.to_string()).collect();
                Reply::text(200, "application/json", &lines.join("\n"))
            } else {
                let events: Vec<Value> = messages.collect();
                Reply::events(&events, |chunks| Body::Whole(chunks.concat()))
            }
        })
        .await;
        let (session, mut heard) = connect_listening(&fake).await;
        let calling = session.clone();
        let call = tokio::spawn(async move {
            calling
                .call("tool", Map::new(), CallOptions::default())
                .await
        });
        // A reader that is slower than the server.
        for at in 0..MANY {
            let notice = heard.recv().await.unwrap();
            let level = ["debug", "info", "error"][at % 3].to_owned();
            assert_eq!(notice, McpNotice::Message(level, json!(at)), "{as_lines}");
        }
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_a_server_logs_before_its_answer_waits_for_the_reader_when_the_answer_is_there() {
    let fake = Fake::start(|asked| {
        let answer =
            json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": {"content": []}});
        let events: Vec<Value> = (0..3).map(log_message).chain([answer]).collect();
        Reply::events(&events, |chunks| Body::Whole(chunks.concat()))
    })
    .await;
    let (session, mut heard) = connect_listening(&fake).await;
    session
        .call("tool", Map::new(), CallOptions::default())
        .await
        .unwrap();
    let arrived: Vec<McpNotice> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
    assert_eq!(arrived.len(), 3, "{arrived:?}");
}

#[tokio::test]
async fn changed_prompts_and_resources_are_told_as_changed_tools_are() {
    for method in [
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
    ] {
        let fake = Fake::start(move |asked| {
            let answer =
                json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": {"content": []}});
            let change = json!({"jsonrpc": "2.0", "method": method});
            Reply::events(&[change, answer], |chunks| Body::Whole(chunks.concat()))
        })
        .await;
        let (session, mut heard) = connect_listening(&fake).await;
        session
            .call("tool", Map::new(), CallOptions::default())
            .await
            .unwrap();
        let notice = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await;
        assert_eq!(notice.unwrap(), Some(McpNotice::OffersChanged), "{method}");
    }
}

#[tokio::test]
async fn an_elicitation_is_answered_or_cancelled() {
    let elicit = json!({"jsonrpc": "2.0", "id": "e1", "method": "elicitation/create", "params": {"message": "Which year?",
        "requestedSchema": {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}}});
    let fake = Fake::start(move |asked| match asked.rpc() {
        "tools/call" => Reply::events(std::slice::from_ref(&elicit), Body::Open),
        _ => Reply {
            status: 202,
            headers: Vec::new(),
            body: Body::Whole(String::new()),
        },
    })
    .await;
    let answered =
        |asked: &Asked| asked.message["id"] == "e1" && asked.message.get("result").is_some();
    // Nobody is there to be asked.
    let session = connect(&fake).await;
    let silent = tokio::spawn(async move {
        session
            .call("tool", Map::new(), CallOptions::default())
            .await
    });
    assert_eq!(
        fake.wait_for(answered).await.message["result"]["action"],
        "cancel"
    );
    silent.abort();
    // Somebody answers.
    let services = Services::new(ServiceOptions::default());
    let (notices, mut heard) = agentcore_console::services::mcp::notices();
    let options = McpOptions {
        notices: Some(notices),
        ..McpOptions::default()
    };
    let session = services
        .mcp
        .connect(&deployment(&fake.url), &McpTarget::Default, options)
        .await
        .unwrap();
    let asking = session.clone();
    let call = tokio::spawn(async move {
        asking
            .call("tool", Map::new(), CallOptions::default())
            .await
    });
    let Some(McpNotice::Elicitation(question)) = heard.recv().await else {
        panic!("a question")
    };
    assert_eq!(question.message, "Which year?");
    session.answer(
        question.id,
        agentcore_console::model::ElicitationAnswer::Accept(Some(json!({"year": 1999}))),
    );
    let accepted = fake
        .wait_for(|asked| asked.message["result"]["action"] == "accept")
        .await;
    assert_eq!(accepted.message["result"]["content"]["year"], 1999);
    call.abort();
}

#[tokio::test]
async fn an_extra_header_wins_and_its_value_is_read_at_each_connection() {
    let fake = Fake::start(|asked| Reply::result(asked, json!({"content": []}))).await;
    let services = Services::new(ServiceOptions::default());
    let header = HeaderSpec::Literal {
        name: "X-Custom".into(),
        value: SecretSource::Inline("canary".into()),
    };
    let options = McpOptions {
        headers: vec![header],
        ..McpOptions::default()
    };
    let session = services
        .mcp
        .connect(&deployment(&fake.url), &McpTarget::Default, options)
        .await
        .unwrap();
    session
        .call("tool", Map::new(), CallOptions::default())
        .await
        .unwrap();
    assert!(
        fake.asked()
            .iter()
            .all(|asked| asked.headers["x-custom"] == "canary")
    );
    let reserved = HeaderSpec::Literal {
        name: "Accept".into(),
        value: SecretSource::Inline("x".into()),
    };
    let options = McpOptions {
        headers: vec![reserved],
        ..McpOptions::default()
    };
    let failure = services
        .mcp
        .connect(&deployment(&fake.url), &McpTarget::Default, options)
        .await
        .map(|session| session.info())
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
}

#[tokio::test]
async fn credentials_never_go_out_unencrypted() {
    let services = Services::new(ServiceOptions::default());
    let via = McpTarget::Url("http://mcp.example/mcp".into());
    let failure = services
        .mcp
        .connect(&stack::deployment("x"), &via, McpOptions::default())
        .await
        .map(|session| session.info())
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
}

#[tokio::test]
async fn an_endpoint_that_says_nothing_is_given_up() {
    let fake = Fake::raw(|asked| Reply {
        body: Body::Never,
        ..Reply::result(asked, json!({}))
    })
    .await;
    let services = Services::new(ServiceOptions {
        timeout: Duration::from_millis(300),
        ..ServiceOptions::default()
    });
    let connected = services
        .mcp
        .connect(
            &deployment(&fake.url),
            &McpTarget::Default,
            McpOptions::default(),
        )
        .await;
    assert_eq!(
        connected.map(|session| session.info()).unwrap_err().kind,
        FailureKind::Timeout
    );
}

#[tokio::test]
async fn how_a_call_went_over_the_wire_is_kept_without_credentials() {
    let fake = Fake::start(|asked| Reply::result(asked, json!({"content": []}))).await;
    let mut fake_deployment = deployment(&fake.url);
    let value = SecretSource::Inline("canary".into());
    fake_deployment.headers = vec![HeaderSpec::Literal {
        name: "x-own".into(),
        value,
    }];
    fake_deployment.sign_in = SignIn::Bearer {
        token: SecretSource::Inline("canary".into()),
    };
    let services = Services::new(ServiceOptions::default());
    let session = services
        .mcp
        .connect(&fake_deployment, &McpTarget::Default, McpOptions::default())
        .await
        .unwrap();
    let (outcome, exchange) = session
        .watched_call("tool", Map::new(), CallOptions::default())
        .await;
    assert_eq!(outcome.unwrap().raw, json!({"content": []}));
    assert_eq!(
        (exchange.url.as_str(), exchange.status),
        (fake.url.as_str(), Some(200))
    );
    assert_eq!(exchange.request["params"]["name"], "tool");
    assert_eq!(
        exchange.answer["result"],
        json!({}),
        "the result is not kept twice"
    );
    let sent = |name: &str| {
        exchange
            .sent
            .iter()
            .find(|(each, _)| each == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (sent("authorization"), sent("x-own")),
        (Some("Bearer ***"), Some("***"))
    );
    assert!(sent("mcp-protocol-version").is_some());
    assert!(!format!("{exchange:?}").contains("canary"), "{exchange:?}");
}

#[tokio::test]
async fn what_is_offered_beside_tools_is_listed_over_its_pages_and_read() {
    let fake = Fake::raw(|asked| match (asked.rpc(), asked.message.pointer("/params/cursor").is_some()) {
        ("initialize", _) => Reply::result(asked, json!({
            "protocolVersion": "2025-11-25", "serverInfo": {"name": "fake", "version": "1"},
            "capabilities": {"tools": {}, "resources": {}, "prompts": {}}})),
        ("notifications/initialized", _) => Reply { status: 202, ..Reply::text(202, "text/plain", "") },
        ("resources/list", false) => Reply::result(asked, json!({"resources": [{"uri": "x://one", "name": "one"}], "nextCursor": "2"})),
        ("resources/list", true) => Reply::result(asked, json!({"resources": [{"uri": "x://two", "name": "two"}, {"odd": 1}]})),
        ("resources/templates/list", _) => Reply::result(asked, json!({"resourceTemplates": [{"uriTemplate": "x://{a}", "name": "any"}]})),
        ("prompts/list", _) => Reply::json(&json!({"jsonrpc": "2.0", "id": asked.message["id"], "error": {"code": -32601, "message": "no"}})),
        ("resources/read", _) => Reply::result(asked, json!({"contents": [
            {"uri": asked.message["params"]["uri"], "text": asked.message["params"]["uri"]}, {"uri": "x", "blob": "AAECAw==", "mimeType": "image/png"}]})),
        _ => Reply::result(asked, json!({})),
    })
    .await;
    let session = connect(&fake).await;
    let offers = session.offers().await;
    let names: Vec<&str> = offers
        .iter()
        .map(|offer| offer.tool.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["resource one", "resource two", "template any"],
        "prompts that cannot be had are left out"
    );
    let arguments = json!({"a": "b c"}).as_object().cloned().unwrap();
    let (outcome, exchange) = session.fetch(&offers[2], arguments).await;
    assert_eq!(outcome.unwrap().text(), "x://b%20c\n4 bytes of image/png");
    assert_eq!(exchange.request["method"], "resources/read");
}
