//! All five deployments of the embedded stack through the same services: sign-in, tools, Cypher, consent.

use std::time::Duration;

use agentcore_console::{
    calls::{LoggedOutcome, join},
    doctor::{Hop, HopState},
    model::{CallOptions, FailureKind, Kind, McpTarget, Moment, SignIn, Tool},
    services::{
        McpOptions, McpSession, ServiceOptions, Services, SignInNotice, calls::CallSource,
        mcp::ConsentCall,
    },
};
use serde_json::{Map, Value, json};

use crate::stack::{self, World};

fn arguments(value: Value) -> Map<String, Value> {
    let Value::Object(arguments) = value else {
        panic!("an object")
    };
    arguments
}

fn cypher<'a>(tools: &'a [Tool], own: &str) -> &'a Tool {
    tools
        .iter()
        .find(|tool| tool.parts().1 == own)
        .unwrap_or_else(|| panic!("{own} of {tools:?}"))
}

async fn connect(services: &Services, world: &World, name: &str) -> McpSession {
    services
        .mcp
        .connect(
            &world.deployments[name],
            &McpTarget::Default,
            McpOptions::default(),
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn cypher_runs_through_gateways_and_runtimes_with_every_sign_in() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    for (name, sign_in) in [("a", "m2m"), ("b", "m2m"), ("c", "user"), ("d", "sigv4")] {
        let session = connect(&services, &world, name).await;
        assert_eq!(session.info().sign_in, sign_in);
        let tools = session.tools().await.unwrap();
        let read = cypher(&tools, "read-cypher");
        assert_eq!(read.annotations.read_only, Some(true), "{name}");
        let query = "MATCH (m:Movie) WHERE m.title = $title RETURN m.title AS title, m.released AS released";
        let asked = arguments(json!({"query": query, "params": {"title": "The Matrix"}}));
        let outcome = session
            .call(&read.name, asked, CallOptions::default())
            .await
            .unwrap();
        let table = outcome
            .table
            .unwrap_or_else(|| panic!("{name}: {}", outcome.raw));
        assert_eq!(table.columns, ["title", "released"], "{name}");
        assert_eq!(table.rows, [[json!("The Matrix"), json!(1999)]], "{name}");
        let wrong = session
            .call(
                &read.name,
                arguments(json!({"query": "MATCH (n"})),
                CallOptions::default(),
            )
            .await
            .unwrap();
        assert!(wrong.is_error && wrong.table.is_none(), "{name}");
        assert!(outcome.request_id.is_some());
        session.close().await;
    }
}

#[tokio::test]
async fn a_write_is_seen_by_the_next_read() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let session = connect(&services, &world, "b").await;
    let tools = session.tools().await.unwrap();
    let write = cypher(&tools, "write-cypher");
    assert_eq!(
        agentcore_console::tools::permission::effect(write),
        agentcore_console::tools::permission::ToolEffect::Writes
    );
    let create =
        arguments(json!({"query": "CREATE (n:Probe {name: $name})", "params": {"name": "Zoë"}}));
    assert!(
        !session
            .call(&write.name, create, CallOptions::default())
            .await
            .unwrap()
            .is_error
    );
    let read = arguments(json!({"query": "MATCH (n:Probe) RETURN n.name AS name"}));
    let outcome = session
        .call(
            &cypher(&tools, "read-cypher").name,
            read,
            CallOptions::default(),
        )
        .await
        .unwrap();
    assert_eq!(outcome.table.unwrap().rows, [[json!("Zoë")]]);
}

#[tokio::test]
async fn a_gateway_and_a_runtime_can_be_picked() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &world.deployments["a"];
    for kind in [Kind::Gateway, Kind::Target] {
        let key = services.aws.resources.list(a, kind).await.unwrap()[0]
            .key
            .clone();
        let session = services
            .mcp
            .connect(a, &McpTarget::Resource(key), McpOptions::default())
            .await
            .unwrap();
        assert!(!session.tools().await.unwrap().is_empty());
    }
    let d = &world.deployments["d"];
    let key = services.aws.resources.list(d, Kind::Runtime).await.unwrap()[0]
        .key
        .clone();
    let session = services
        .mcp
        .connect(d, &McpTarget::Resource(key), McpOptions::default())
        .await
        .unwrap();
    assert!(
        session
            .tools()
            .await
            .unwrap()
            .iter()
            .all(|tool| tool.parts().0.is_none())
    );
}

#[tokio::test]
async fn a_call_without_consent_names_the_page_that_gives_it() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let session = connect(&services, &world, "e").await;
    let tools = session.tools().await.unwrap();
    let mut asking = Vec::new();
    for tool in &tools {
        if let Err(failure) = session
            .call(&tool.name, Map::new(), CallOptions::default())
            .await
            && failure.code.as_deref() == Some("-32042")
        {
            asking.extend(failure.consent_urls().map(str::to_owned));
        }
    }
    assert!(!asking.is_empty(), "one of {tools:?} asks for consent");
    assert!(
        asking
            .iter()
            .all(|url| url.starts_with(&world.stack.endpoint())),
        "{asking:?}"
    );
    // The gateway's log says it too: such a call waits, and is neither a success nor an error.
    let deployment = world.deployments["e"].clone();
    let sources = [CallSource {
        groups: deployment.log_groups.clone(),
        owner_ids: deployment.gateways.clone(),
        deployment,
    }];
    let now = Moment::from_millis(jiff::Timestamp::now().as_millisecond());
    let logs = services
        .calls
        .call_logs(&sources, now.plus(-60_000), now.plus(60_000));
    let calls = join(logs.await.records);
    let waiting = calls
        .iter()
        .filter(|call| call.outcome == LoggedOutcome::Consent);
    assert_eq!(waiting.count(), asking.len(), "{calls:#?}");
}

/// A person's browser: agrees on the consent page, and follows the redirect.
async fn agree(address: String) {
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let (_, form) = address.split_once('?').unwrap();
    let page = browser
        .post(&address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    page.send().await.unwrap().error_for_status().unwrap();
}

#[tokio::test]
async fn a_consent_that_is_given_in_the_browser_lets_the_call_go_on_by_itself() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    services.sign_ins.set_announce(Box::new(|notice| {
        if let SignInNotice::ConsentAsked(request) = notice {
            drop(tokio::spawn(agree(request.address.clone())));
        }
    }));
    let session = connect(&services, &world, "e").await;
    let (mut consented, none) = (0, Map::new());
    for tool in &session.tools().await.unwrap() {
        let options = CallOptions::default();
        let first = session.call(&tool.name, Map::new(), options).await;
        if first.is_ok() {
            continue;
        }
        let call = ConsentCall {
            session: &session,
            deployment: &world.deployments["e"],
            tool: &tool.name,
            arguments: &none,
            options,
        };
        match services.mcp.call_with_consent(&call).await {
            Ok(_) => consented += 1,
            // A tool may still refuse empty arguments; it must not ask for consent again.
            Err(failure) => assert_eq!(failure.consent_urls().next(), None, "{failure:?}"),
        }
    }
    assert!(consented > 0);
}

#[tokio::test]
async fn the_wrong_sign_in_is_a_sign_in_failure() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    for name in ["a", "c", "d"] {
        let options = McpOptions {
            sign_in: Some(SignIn::None),
            ..McpOptions::default()
        };
        let failure = services
            .mcp
            .connect(&world.deployments[name], &McpTarget::Default, options)
            .await;
        let failure = failure.map(|session| session.info()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::SignIn, "{name}: {failure:?}");
    }
}

#[tokio::test]
async fn a_failing_hop_is_told_by_its_class() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    stack::fault(
        &world,
        r#"{"deployment": "a", "hop": "interceptor", "fault": "broken"}"#,
    );
    let connected = services
        .mcp
        .connect(
            &world.deployments["a"],
            &McpTarget::Default,
            McpOptions::default(),
        )
        .await;
    assert_eq!(
        connected.map(|session| session.info()).unwrap_err().kind,
        FailureKind::Server
    );
}

#[tokio::test]
async fn throttling_is_waited_out_and_a_cancelled_listing_is_gone() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &world.deployments["a"];
    stack::fault(
        &world,
        r#"{"service": "bedrock-agentcore-control", "operation": "GetGateway", "fault": "throttling", "times": 2}"#,
    );
    assert_eq!(
        services
            .aws
            .resources
            .list(a, Kind::Gateway)
            .await
            .unwrap()
            .len(),
        1
    );
    stack::fault(
        &world,
        r#"{"service": "bedrock-agentcore-control", "operation": "ListGateways", "fault": "slow"}"#,
    );
    // For a moment, what was read serves a second reader; the list that then is asked for is cancelled.
    let limit = Duration::from_millis(50);
    while tokio::time::timeout(limit, services.aws.resources.list(a, Kind::Gateway))
        .await
        .is_ok()
    {}
    world.stack.clear_faults();
    assert_eq!(
        services
            .aws
            .resources
            .list(a, Kind::Gateway)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_servers_resources_and_prompts_are_read_and_filled_in() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    assert_eq!(
        connect(&services, &world, "a").await.offers().await,
        [],
        "a gateway offers tools alone"
    );
    let session = connect(&services, &world, "c").await;
    let offers = session.offers().await;
    let names: Vec<&str> = offers
        .iter()
        .map(|offer| offer.tool.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "resource schema",
            "template schema-of-label",
            "prompt explore_label"
        ]
    );
    let [schema, of_label, prompt] = offers.as_slice() else {
        panic!("three of them")
    };
    let whole = session.fetch(schema, Map::new()).await.0.unwrap();
    assert!(
        whole.text().contains("\"Movie\"") && whole.text().contains("ACTED_IN"),
        "{}",
        whole.text()
    );
    let movie = session
        .fetch(of_label, arguments(json!({"label": "Movie"})))
        .await
        .0
        .unwrap()
        .text();
    assert!(
        movie.contains("released") && !movie.contains("\"key\":\"Person\""),
        "{movie}"
    );
    let missing = session
        .fetch(of_label, arguments(json!({"label": "Nothing"})))
        .await
        .0
        .unwrap_err();
    assert_eq!(
        (missing.kind, missing.code.as_deref()),
        (FailureKind::Refused, Some("-32002"))
    );
    let filled = session
        .fetch(prompt, arguments(json!({"label": "Movie"})))
        .await
        .0
        .unwrap()
        .text();
    assert!(
        filled.starts_with("user: ") && filled.contains("labelled Movie"),
        "{filled}"
    );
    assert!(
        session
            .fetch(prompt, Map::new())
            .await
            .0
            .unwrap_err()
            .cause
            .contains("label")
    );
}

#[tokio::test]
async fn an_examination_signs_in_anew() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &world.deployments["a"];
    let cause = |report: agentcore_console::doctor::DoctorReport| {
        report.break_cause().map(|verdict| verdict.hop)
    };
    assert_eq!(
        cause(Box::pin(services.doctor.examine(a, Moment::from_millis(0))).await),
        None
    );
    stack::fault(
        &world,
        r#"{"deployment": "a", "hop": "token", "fault": "invalid-client"}"#,
    );
    assert!(
        services.sign_ins.token(a, None).await.is_ok(),
        "the token that is in memory is good"
    );
    assert_eq!(
        cause(Box::pin(services.doctor.examine(a, Moment::from_millis(0))).await),
        Some(Hop::Token)
    );
    world.stack.clear_faults();
    assert_eq!(
        cause(Box::pin(services.doctor.examine(a, Moment::from_millis(0))).await),
        None
    );
}

#[tokio::test]
async fn a_running_examination_names_no_hop_that_it_takes_back() {
    let world = stack::quiet().await;
    stack::fault(
        &world,
        r#"{"deployment": "b", "hop": "interceptor", "fault": "no-permission"}"#,
    );
    let services = Services::new(ServiceOptions::default());
    let partial = std::sync::Mutex::new(Vec::new());
    let b = &world.deployments["b"];
    let keep = |report| partial.lock().unwrap().push(report);
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let now = Moment::from_millis(i64::try_from(since_1970).unwrap());
    let examined = services.doctor.examine_with(b, now, keep);
    let whole = Box::pin(examined).await;
    let cause = whole.verdict.as_ref().map(|verdict| verdict.hop);
    assert_eq!(cause, Some(Hop::Interceptor), "{:?}", whole.verdict);
    let partial = partial.into_inner().unwrap();
    assert!(partial.len() >= 3);
    for report in &partial {
        assert_eq!(report.verdict, None, "the logs are not read yet");
        for finding in &report.hops {
            let end = whole.finding(finding.hop).unwrap();
            assert!(
                finding.state != HopState::Failed || end.state == HopState::Failed,
                "{finding:?} became {end:?}"
            );
        }
    }
    let walked = partial.last().unwrap();
    for hop in [Hop::Gateway, Hop::Interceptor] {
        assert!(walked.finding(hop).unwrap().is_pending(), "{hop}");
    }
}

#[tokio::test]
async fn deployments_of_one_account_share_its_lists() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let count = |operation| world.stack.request_count(operation);
    let lists = || (count("ListGateways"), count("ListAgentRuntimes"));
    let refresh = async |names: &[&str]| {
        let lists = names.iter().flat_map(|name| {
            let deployment = &world.deployments[*name];
            let kinds = [Kind::Gateway, Kind::Runtime];
            kinds.map(|kind| services.aws.resources.list(deployment, kind))
        });
        for listed in futures::future::join_all(lists).await {
            listed.unwrap();
        }
    };
    let all = ["a", "b", "c", "d", "e"];
    refresh(&all).await;
    let read = (count("GetGateway"), count("GetAgentRuntime"));
    assert_eq!(lists(), (0, 0), "what is named is read without a list");
    // For a moment, what was read serves a second reader; then one deployment asks for the account's lists, page by page.
    while lists().0 == 0 || lists().1 == 0 {
        refresh(&["a"]).await;
    }
    let of_one = lists();
    refresh(&all).await;
    assert_eq!(lists(), of_one, "the others use the lists of the first");
    assert_eq!((count("GetGateway"), count("GetAgentRuntime")), read);
}
