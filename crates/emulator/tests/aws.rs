//! The AWS side of the embedded stack, spoken to by the real SDK crates and by plain HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use aws_credential_types::Credentials;
use aws_sdk_bedrockagentcorecontrol as control;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_secretsmanager as secrets;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::context::BeforeTransmitInterceptorContextMut,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{
    config_bag::ConfigBag, error::metadata::ProvideErrorMetadata, retry::RetryConfig,
};
use emulator::{
    GeneratedLogs, Options, Stack,
    faults::{self, FaultKind},
};
use serde_json::Value;

fn options() -> Options {
    Options {
        seed: 7,
        quiet_world: true,
        ..Options::default()
    }
}

async fn quiet() -> Stack {
    emulator::start(options()).await.unwrap()
}

/// SDK configuration with the stack's credentials, or with a wrong secret.
macro_rules! client {
    ($service:ident, $stack:expr) => {
        client!($service, $stack, $stack.credentials().1)
    };
    ($service:ident, $stack:expr, $secret:expr) => {
        client!($service, $stack, $secret, None)
    };
    ($service:ident, $stack:expr, $secret:expr, $token:expr) => {{
        let config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new("us-west-2"))
            .credentials_provider(Credentials::new(
                $stack.credentials().0,
                $secret,
                $token,
                None,
                "test",
            ))
            .endpoint_url($stack.endpoint())
            .retry_config(RetryConfig::disabled());
        $service::Client::from_conf(config.build())
    }};
}

/// The SDK puts `stream-` before the host of StartLiveTail; loopback has no such name.
#[derive(Debug)]
struct PlainHost;

impl logs::config::Intercept for PlainHost {
    fn name(&self) -> &'static str {
        "PlainHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri().replacen("//stream-", "//", 1);
        context.request_mut().set_uri(uri)?;
        Ok(())
    }
}

fn deployment<'a>(line: &'a Value, name: &str) -> &'a Value {
    line["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["name"] == name)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_world() {
    let (one, two) = (quiet().await, quiet().await);
    let plain = |stack: &Stack| {
        let mut line = stack.ready_line();
        for deployment in line["deployments"].as_array_mut().unwrap() {
            deployment
                .as_object_mut()
                .unwrap()
                .remove("token_signing_key");
        }
        line.to_string()
            .replace(&format!(":{}", stack.port()), ":PORT")
    };
    assert_eq!(plain(&one), plain(&two));
    assert!(one.text().contains("NOT AWS"));
    let other = emulator::start(Options {
        seed: 8,
        ..options()
    })
    .await
    .unwrap();
    assert_ne!(plain(&one), plain(&other));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_history_whose_ids_meet_in_all_groups() {
    let mut histories = Vec::new();
    for _ in 0..2 {
        let stack = quiet().await;
        let client = client!(logs, stack);
        let line = stack.ready_line();
        let groups = deployment(&line, "a")["log_groups"].as_array().unwrap();
        let mut ids = Vec::new();
        for group in groups {
            let search = client
                .filter_log_events()
                .log_group_name(group.as_str().unwrap());
            let events = search.send().await.unwrap().events.unwrap();
            assert!(events.len() > 20, "{group}");
            assert!(events.is_sorted_by_key(|event| event.timestamp), "{group}");
            ids.push(
                events
                    .iter()
                    .filter_map(|event| request_or_trace(event.message.as_deref()?))
                    .collect::<Vec<_>>(),
            );
        }
        let [gateway, interceptor, runtime, spans] = &ids[..] else {
            panic!("{groups:?}")
        };
        assert!(
            gateway
                .iter()
                .all(|(request, _)| interceptor.iter().any(|(other, _)| other == request))
        );
        assert!(
            gateway
                .iter()
                .all(|(request, _)| runtime.iter().any(|(other, _)| other == request))
        );
        assert!(
            gateway
                .iter()
                .all(|(_, trace)| spans.iter().any(|(_, other)| other == trace))
        );
        histories.push(ids);
    }
    assert_eq!(histories[0], histories[1]);
}

/// Request and trace id of a line, where it has them.
fn request_or_trace(message: &str) -> Option<(String, String)> {
    if let Some((_, rest)) = message.split_once("RequestId: ") {
        return Some((rest.chars().take(36).collect(), String::new()));
    }
    let record: Value = serde_json::from_str(message).ok()?;
    let text = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| record[*name].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    Some((
        text(["request_id", "requestId"]),
        text(["trace_id", "traceId"]),
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ready_line_says_what_a_foreign_client_needs() {
    let stack = quiet().await;
    let line = stack.ready_line();
    for (name, sign_in, has_tokens) in [
        ("a", "m2m", true),
        ("b", "m2m", true),
        ("c", "user", true),
        ("d", "sigv4", false),
        ("e", "m2m", true),
    ] {
        let one = deployment(&line, name);
        assert_eq!(one["sign_in"], sign_in, "{name}");
        assert!(
            one["mcp_url"]
                .as_str()
                .unwrap()
                .starts_with(&stack.endpoint()),
            "{name}"
        );
        let key = one["token_signing_key"].as_str();
        assert_eq!(
            key.is_some_and(|key| key.starts_with("-----BEGIN PRIVATE KEY-----")),
            has_tokens,
            "{name}"
        );
        assert_eq!(one["token_url"].is_string(), has_tokens, "{name}");
        assert!(!one["log_groups"].as_array().unwrap().is_empty(), "{name}");
    }
    assert_eq!(stack.deployments().len(), 5);
    assert!(
        !format!("{:?}", stack.deployments())
            .contains(deployment(&line, "a")["client_secret"].as_str().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_by_pages_and_bad_tokens_are_refused() {
    let stack = quiet().await;
    let client = client!(control, stack);
    let (mut names, mut pages) = (Vec::new(), 0);
    let mut paging = client.list_gateways().into_paginator().send();
    while let Some(page) = paging.next().await {
        pages += 1;
        names.extend(page.unwrap().items.into_iter().map(|item| item.name));
    }
    assert_eq!((names.len(), pages), (5, 3));
    let error = client
        .list_gateways()
        .next_token("nonsense")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    let error = client
        .get_gateway()
        .gateway_identifier("none-0123456789")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_the_models_do_not_know_arrive_as_they_are() {
    let stack = quiet().await;
    let client = client!(control, stack);
    let line = stack.ready_line();
    let gateway = deployment(&line, "e")["gateway_id"].as_str().unwrap();
    let targets = client
        .list_gateway_targets()
        .gateway_identifier(gateway)
        .send()
        .await
        .unwrap()
        .items;
    let modes: Vec<&str> = targets
        .iter()
        .filter_map(|target| target.listing_mode.as_ref())
        .map(control::types::ListingMode::as_str)
        .collect();
    assert!(modes.contains(&"ADAPTIVE"), "{modes:?}");
    let pending = targets
        .iter()
        .find(|target| target.status == control::types::TargetStatus::CreatePendingAuth)
        .unwrap();
    assert!(pending.authorization_data.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_signatures_are_refused_by_every_service() {
    let stack = quiet().await;
    let wrong = "x".repeat(40);
    let code = |error: &dyn ProvideErrorMetadata| error.code().unwrap_or_default().to_owned();
    let error = client!(control, stack, wrong.clone())
        .list_gateways()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "InvalidSignatureException");
    let error = client!(logs, stack, wrong.clone())
        .describe_log_groups()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "InvalidSignatureException");
    let error = client!(secrets, stack, wrong)
        .list_secrets()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "InvalidSignatureException");
    let foreign = client!(
        secrets,
        stack,
        stack.credentials().1,
        Some("a token that nobody gave out".into())
    );
    assert_eq!(
        code(&foreign.list_secrets().send().await.unwrap_err()),
        "UnrecognizedClientException"
    );
    let http = reqwest::Client::new();
    let answer = http
        .get(format!("{}/gateways/", stack.endpoint()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        answer.headers()["x-amzn-errortype"],
        "MissingAuthenticationTokenException"
    );
    assert!(answer.headers().contains_key("x-amzn-requestid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_loopback_hosts_and_origins_are_answered() {
    let stack = quiet().await;
    let http = reqwest::Client::new();
    let ask = |name: &'static str, value: &'static str| {
        http.get(format!("{}/us-west-2_none/x", stack.endpoint()))
            .header(name, value)
            .send()
    };
    assert_eq!(ask("host", "evil.example").await.unwrap().status(), 403);
    assert_eq!(
        ask("origin", "https://evil.example")
            .await
            .unwrap()
            .status(),
        403
    );
    assert_eq!(
        ask("host", "localhost:1").await.unwrap().status(),
        404,
        "a proxy on another port is welcome"
    );
    assert_eq!(
        ask("origin", "http://127.0.0.1:9").await.unwrap().status(),
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn staging_labels_follow_the_rules() {
    let stack = quiet().await;
    let client = client!(secrets, stack);
    let (first, second) = (
        "first-version-0123456789-0123456789",
        "second-version-0123456789-012345678",
    );
    client
        .create_secret()
        .name("s")
        .client_request_token(first)
        .secret_string("one")
        .send()
        .await
        .unwrap();
    let put = |value: &str| {
        client
            .put_secret_value()
            .secret_id("s")
            .client_request_token(second)
            .secret_string(value)
            .version_stages("AWSPENDING")
            .send()
    };
    put("two").await.unwrap();
    put("two").await.unwrap();
    let error = put("three").await.unwrap_err();
    assert!(
        error.into_service_error().is_resource_exists_exception(),
        "a version is immutable"
    );
    let promote = || {
        client
            .update_secret_version_stage()
            .secret_id("s")
            .version_stage("AWSCURRENT")
            .move_to_version_id(second)
    };
    let error = promote().send().await.unwrap_err();
    assert!(
        error.into_service_error().is_invalid_parameter_exception(),
        "the holder must be named"
    );
    promote()
        .remove_from_version_id(first)
        .send()
        .await
        .unwrap();
    let described = client
        .describe_secret()
        .secret_id("s")
        .send()
        .await
        .unwrap();
    let stages = described.version_ids_to_stages.unwrap();
    assert_eq!(stages[first], ["AWSPREVIOUS"]);
    assert_eq!(stages[second], ["AWSPENDING", "AWSCURRENT"]);
    assert_eq!(
        described.rotation_enabled, None,
        "rotation was never configured"
    );
    let error = client
        .rotate_secret()
        .secret_id("s")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_invalid_request_exception());
}

async fn write(client: &logs::Client, group: &str, messages: &[&str]) {
    let now = jiff::Timestamp::now().as_millisecond();
    let event = |message: &&str| {
        logs::types::InputLogEvent::builder()
            .timestamp(now)
            .message(*message)
            .build()
            .unwrap()
    };
    let events = messages.iter().map(event).collect();
    client
        .put_log_events()
        .log_group_name(group)
        .log_stream_name("s")
        .set_log_events(Some(events))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn live_tail_delivers_what_is_written_each_second() {
    let stack = quiet().await;
    let client = client!(logs, stack);
    let line = stack.ready_line();
    let group = deployment(&line, "a")["log_groups"][0].as_str().unwrap();
    client
        .create_log_stream()
        .log_group_name(group)
        .log_stream_name("s")
        .send()
        .await
        .unwrap();
    let arn = format!("arn:aws:logs:us-west-2:123456789012:log-group:{group}");
    let tail = client
        .start_live_tail()
        .log_group_identifiers(arn)
        .log_event_filter_pattern("wanted");
    let mut stream = tail
        .customize()
        .interceptor(PlainHost)
        .send()
        .await
        .unwrap()
        .response_stream;
    let start = stream.recv().await.unwrap().unwrap();
    assert!(start.is_session_start());
    write(&client, group, &["wanted one", "another", "wanted two"]).await;
    let mut found = Vec::new();
    while found.len() < 2 {
        let update = stream.recv().await.unwrap().unwrap();
        let update = update.as_session_update().unwrap().clone();
        assert_eq!(
            update.session_metadata.map(|metadata| metadata.sampled),
            Some(false)
        );
        found.extend(
            update
                .session_results
                .unwrap_or_default()
                .into_iter()
                .filter_map(|event| event.message),
        );
    }
    assert_eq!(found, ["wanted one", "wanted two"]);
    stack.stop().await;
    assert!(
        stream.recv().await.unwrap().is_none(),
        "the stream ends with the stack"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn live_tail_ends_with_the_exception_of_a_fault() {
    let stack = quiet().await;
    let client = client!(logs, stack);
    let line = stack.ready_line();
    let group = deployment(&line, "c")["log_groups"][0].as_str().unwrap();
    for fault in
        faults::parse(r#"[{"deployment":"c","hop":"logs","fault":"live-tail-timeout","times":1}]"#)
            .unwrap()
    {
        stack.inject_fault(fault);
    }
    let arn = format!("arn:aws:logs:us-west-2:123456789012:log-group:{group}");
    let tail = client.start_live_tail().log_group_identifiers(arn);
    let mut stream = tail
        .customize()
        .interceptor(PlainHost)
        .send()
        .await
        .unwrap()
        .response_stream;
    assert!(stream.recv().await.unwrap().unwrap().is_session_start());
    let error = stream.recv().await.unwrap_err();
    assert!(error.into_service_error().is_session_timeout_exception());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_may_have_empty_pages_and_finds_everything() {
    let stack = quiet().await;
    let client = client!(logs, stack);
    client
        .create_log_group()
        .log_group_name("/g")
        .send()
        .await
        .unwrap();
    client
        .create_log_stream()
        .log_group_name("/g")
        .log_stream_name("s")
        .send()
        .await
        .unwrap();
    write(
        &client,
        "/g",
        &[r#"{"n":1}"#, r#"{"n":2}"#, "text", r#"{"n":3}"#],
    )
    .await;
    let mut paging = client
        .filter_log_events()
        .log_group_name("/g")
        .filter_pattern("{ $.n > 1 }")
        .limit(1)
        .into_paginator()
        .send();
    let (mut sizes, mut found) = (Vec::new(), Vec::new());
    while let Some(page) = paging.next().await {
        let events = page.unwrap().events.unwrap_or_default();
        sizes.push(events.len());
        found.extend(events.into_iter().filter_map(|event| event.message));
    }
    assert_eq!(found, [r#"{"n":2}"#, r#"{"n":3}"#]);
    assert_eq!(
        sizes.first(),
        Some(&0),
        "the first page of a search is empty"
    );
    let error = client
        .filter_log_events()
        .log_group_name("/none")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_fault_has_its_service_s_shape_and_is_counted() {
    let stack = quiet().await;
    let client = client!(logs, stack);
    for (kind, code) in [
        ("throttling", Some("ThrottlingException")),
        ("access-denied", Some("AccessDeniedException")),
        ("internal-error", Some("ServiceUnavailableException")),
        ("expired-token", Some("ExpiredTokenException")),
        ("clock-skew", Some("InvalidSignatureException")),
        ("cut-before", None),
        ("cut-after", None),
    ] {
        let text = format!(
            r#"[{{"service":"logs","operation":"DescribeLogGroups","fault":"{kind}","times":1}}]"#
        );
        stack.inject_fault(faults::parse(&text).unwrap().remove(0));
        let error = client.describe_log_groups().send().await.unwrap_err();
        assert_eq!(error.code(), code, "{kind}");
        assert!(
            client.describe_log_groups().send().await.is_ok(),
            "{kind} happens once"
        );
    }
    let tried = [
        "throttling",
        "access-denied",
        "internal-error",
        "expired-token",
        "clock-skew",
        "cut-before",
        "cut-after",
        "slow",
    ];
    for kind in FaultKind::ALL.iter().filter(|kind| kind.fits_operations()) {
        assert!(
            tried.contains(&kind.name()),
            "{} is not tried here",
            kind.name()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_signed_by_the_published_key() {
    let stack = quiet().await;
    let line = stack.ready_line();
    let a = deployment(&line, "a");
    let text = |name: &str| a[name].as_str().unwrap();
    let http = reqwest::Client::new();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", text("scope")),
    ];
    let ask = || http.post(text("token_url")).form(&form);
    let token: Value = ask()
        .basic_auth(text("client_id"), Some(text("client_secret")))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = token["access_token"].as_str().unwrap();
    let discovery: Value = http
        .get(format!(
            "{}/.well-known/openid-configuration",
            text("issuer")
        ))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let keys: jsonwebtoken::jwk::JwkSet = http
        .get(discovery["jwks_uri"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key =
        jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_issuer(&[text("issuer")]);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["client_id"], a["client_id"]);
    assert_eq!(claims["token_use"], "access");
    assert!(claims.get("aud").is_none());
    let refused = ask()
        .basic_auth(text("client_id"), Some("wrong"))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(
        refused.json::<Value>().await.unwrap(),
        serde_json::json!({"error": "invalid_client"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_share_a_port_are_told_apart_by_their_access_keys() {
    let with_seed = |seed| Options { seed, ..options() };
    let stacks = emulator::start_together(vec![with_seed(7), with_seed(8)])
        .await
        .unwrap();
    let [first, second] = stacks.as_slice() else {
        panic!("two stacks");
    };
    assert_eq!(first.endpoint(), second.endpoint());
    let mut listed = Vec::new();
    for stack in &stacks {
        let gateways = client!(control, stack)
            .list_gateways()
            .send()
            .await
            .unwrap();
        let ids: Vec<String> = gateways
            .items
            .iter()
            .map(|one| one.gateway_id.clone())
            .collect();
        assert!(!ids.is_empty());
        listed.push(ids);
    }
    assert_ne!(listed[0], listed[1]);
    assert_eq!(first.request_count("ListGateways"), 1);
    assert_eq!(second.request_count("ListGateways"), 1);
    let foreign = client!(control, first, second.credentials().1);
    let refused = foreign.list_gateways().send().await.unwrap_err();
    assert!(refused.as_service_error().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_events_are_addressable_in_both_directions() {
    let generated = Some(GeneratedLogs {
        events: 10_000_000,
        per_second: 100_000,
    });
    let stack = emulator::start(Options {
        generated_logs: generated,
        ..options()
    })
    .await
    .unwrap();
    let client = client!(logs, stack);
    let group = "/local/generated";
    let streams = client
        .describe_log_streams()
        .log_group_name(group)
        .send()
        .await
        .unwrap()
        .log_streams
        .unwrap();
    let first = streams[0].first_event_timestamp.unwrap();
    let search = || {
        client
            .filter_log_events()
            .log_group_name(group)
            .start_time(first)
    };
    let sequence = |page: logs::operation::filter_log_events::FilterLogEventsOutput| {
        let message = page.events.unwrap()[0].message.clone().unwrap();
        serde_json::from_str::<Value>(&message).unwrap()["sequence"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(sequence(search().limit(1).send().await.unwrap()), 0);
    let page = search().limit(5).send().await.unwrap();
    let next = search()
        .limit(5)
        .next_token(page.next_token.unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(sequence(next), 5);
    let newest = sequence(
        search()
            .start_from_head(false)
            .limit(1)
            .send()
            .await
            .unwrap(),
    );
    assert!(newest >= 9_999_999, "{newest}");
}
