//! What the services ask and understand of CloudWatch's metrics.

use agentcore_console::{
    model::{CallOptions, Deployment, FailureKind, Kind, McpTarget, ResourceKey, Traffic},
    services::{McpOptions, ServiceOptions, Services},
};
use serde_json::{Map, Value, json};

use crate::{
    fake::{Asked, Fake, Reply},
    stack::{self, World},
};

async fn pluralize(services: &Services, deployment: &Deployment) -> Vec<(ResourceKey, Traffic)> {
    let mut keys = Vec::new();
    for kind in [Kind::Gateway, Kind::Runtime] {
        keys.extend(
            services
                .aws
                .resources
                .list(deployment, kind)
                .await
                .unwrap()
                .into_iter()
                .map(|resource| resource.key),
        );
    }
    let traffic = services
        .aws
        .metrics
        .traffic(deployment, &keys)
        .await
        .unwrap();
    assert!(traffic.iter().map(|(key, _)| key).eq(&keys), "{traffic:?}");
    traffic
}

#[tokio::test]
async fn a_call_is_counted_at_the_gateway_and_at_the_runtime_behind_it() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &deployments["a"];
    let before = pluralize(&services, a).await;
    assert_eq!(before.len(), 2);
    let session = services
        .mcp
        .connect(a, &McpTarget::Default, McpOptions::default())
        .await
        .unwrap();
    let tools = session.tools().await.unwrap();
    let read = tools
        .iter()
        .find(|tool| tool.name.ends_with("read-cypher"))
        .unwrap();
    let asked: Map<String, Value> = [("query".to_owned(), json!("RETURN 1 AS one"))]
        .into_iter()
        .collect();
    assert!(
        !session
            .call(&read.name, asked, CallOptions::default())
            .await
            .unwrap()
            .is_error
    );
    let after = pluralize(&services, a).await;
    for ((key, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(after.calls.len(), Traffic::STEPS);
        assert!(
            after.total() > before.total(),
            "{key:?}: {before:?} {after:?}"
        );
        assert!(after.is_lively(), "{after:?}");
    }
    // The gateway's latency as well as the runtime's.
    for (key, counted) in &after {
        assert!(
            counted
                .p50_ms
                .is_some_and(|p50| counted.p95_ms >= Some(p50)),
            "{key:?}: {counted:?}"
        );
    }
}

#[tokio::test]
async fn what_was_never_called_counts_nothing_and_no_permission_says_which() {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &world.deployments["a"];
    let unknown = ResourceKey {
        deployment: "a".into(),
        kind: Kind::Gateway,
        id: "gw-nobody".into(),
    };
    let traffic = services
        .aws
        .metrics
        .traffic(a, std::slice::from_ref(&unknown))
        .await
        .unwrap();
    assert_eq!(
        (&traffic[0].0, traffic[0].1.total(), traffic[0].1.p50_ms),
        (&unknown, 0, None)
    );
    stack::fault(
        &world,
        r#"{"service":"monitoring","operation":"ListMetrics","fault":"access-denied"}"#,
    );
    // Which series exist is remembered for what was asked, and asked again for something else.
    services
        .aws
        .metrics
        .traffic(a, std::slice::from_ref(&unknown))
        .await
        .unwrap();
    let refused = services.aws.metrics.traffic(a, &[]).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Denied);
    assert!(
        refused
            .hint
            .as_ref()
            .unwrap()
            .contains("cloudwatch:ListMetrics"),
        "{refused:?}"
    );
}

fn answer(asked: &Asked) -> Reply {
    let resource = |name: &str| json!({"Name": "Resource", "Value": format!("arn:aws:bedrock-agentcore:us-west-2:1:{name}")});
    let operation = |name: &str| json!({"Name": "Operation", "Value": name});
    let target = asked.headers["x-amz-target"].to_str().unwrap().to_owned();
    let next = asked.message.get("NextToken").and_then(Value::as_str);
    Reply::json(&match (target.as_str(), next) {
        ("GraniteServiceVersion20100801.ListMetrics", None) => json!({
            "Metrics": [{"Dimensions": [resource("gateway/gw-1"), operation("InvokeGateway")]}], "NextToken": "2"}),
        ("GraniteServiceVersion20100801.ListMetrics", Some("2")) => json!({"Metrics": [
            {"Dimensions": [resource("runtime/rt-1"), operation("InvokeAgentRuntime"), {"Name": "Name", "Value": "rt::DEFAULT"}]},
            {"Dimensions": [resource("runtime/rt-1"), operation("InvokeAgentRuntime"), {"Name": "Name", "Value": "rt::canary"}]}]}),
        ("GraniteServiceVersion20100801.GetMetricData", page) => {
            let (from, queries) = (
                asked.message["StartTime"].as_i64().unwrap(),
                &asked.message["MetricDataQueries"],
            );
            let results: Vec<Value> = queries
                .as_array()
                .unwrap()
                .iter()
                .filter(|query| query["MetricStat"]["Metric"]["MetricName"] == "Invocations")
                .map(|query| json!({"Id": query["Id"], "Timestamps": [from as f64 + 300.0], "Values": [600.0], "StatusCode": "PartialData"}))
                .collect();
            match page {
                None => json!({"MetricDataResults": results, "NextToken": "more"}),
                Some(_) => json!({"MetricDataResults": results}),
            }
        }
        other => panic!("nobody asked for {other:?}"),
    })
}

#[tokio::test]
async fn cloudwatch_is_asked_in_json_once_for_all_and_on_all_pages() {
    let fake = Fake::raw(answer).await;
    let services = Services::new(ServiceOptions::default());
    let endpoint = fake.url.trim_end_matches("/mcp").to_owned();
    let deployment = Deployment {
        endpoint_url: Some(endpoint),
        ..stack::deployment("fake")
    };
    let key = |kind, id: &str| ResourceKey {
        deployment: "fake".into(),
        kind,
        id: id.into(),
    };
    let keys = [key(Kind::Gateway, "gw-1"), key(Kind::Runtime, "rt-1")];
    let traffic = services
        .aws
        .metrics
        .traffic(&deployment, &keys)
        .await
        .unwrap();
    let totals: Vec<(u64, u64)> = traffic
        .iter()
        .map(|(_, traffic)| (traffic.total(), traffic.calls[1]))
        .collect();
    assert_eq!(totals, [(1200, 1200), (2400, 2400)]);
    services
        .aws
        .metrics
        .traffic(&deployment, &keys)
        .await
        .unwrap();
    let asked = fake.asked();
    let named = |name: &str| {
        asked
            .iter()
            .filter(|each| {
                each.headers["x-amz-target"]
                    .to_str()
                    .unwrap()
                    .ends_with(name)
            })
            .count()
    };
    // Two pages of series of calls, two of decisions of policies.
    assert_eq!((named(".ListMetrics"), named(".GetMetricData")), (4, 4));
    for each in &asked {
        assert_eq!(
            (
                each.path.as_str(),
                each.headers["content-type"].to_str().unwrap()
            ),
            ("/", "application/x-amz-json-1.0")
        );
        assert!(
            each.authorization
                .as_ref()
                .unwrap()
                .contains("/us-west-2/monitoring/aws4_request"),
            "{each:?}"
        );
    }
}
