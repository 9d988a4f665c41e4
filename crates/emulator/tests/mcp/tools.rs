//! Listing and calling tools, by plain HTTP and by rmcp.

use reqwest::StatusCode;
use serde_json::json;

use emulator::{Options, RealNeo4j};
use rmcp::{ServiceExt, transport::StreamableHttpClientTransport};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn gateways_and_runtimes_list_and_call_tools() {
    let world = World::start(options()).await;
    for (name, tool, count) in [
        ("a", "mcp-server-target___read-cypher", 4),
        ("b", "neo4j-mcp___read-cypher", 3),
        ("c", "read-cypher", 9),
    ] {
        let caller = world.caller(name).await;
        let (names, largest) = caller.tools().await;
        assert_eq!(names.len(), count, "{name}: {names:?}");
        assert!(name == "c" || largest <= 2, "{name}: a page of {largest}");
        assert_eq!(caller.cypher(tool).await, ROWS, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rmcp_lists_and_calls_through_a_gateway() {
    let world = World::start(options()).await;
    let config =
        rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig::with_uri(
            world.deployment("a")["mcp_url"]
                .as_str()
                .unwrap()
                .to_owned(),
        )
        .auth_header(world.token("a").await);
    let client = ()
        .serve(StreamableHttpClientTransport::with_client(
            world.http.clone(),
            config,
        ))
        .await
        .unwrap();
    let tools = client.list_all_tools().await.unwrap();
    assert!(
        tools
            .iter()
            .any(|tool| tool.name == "mcp-server-target___write-cypher"),
        "{tools:?}"
    );
    client.cancel().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_parts_stand_behind_the_gateways() {
    let foreign = World::start(options()).await;
    let password = database_password(&foreign, "b").await;
    let made = json!({"statement": "CREATE (:Movie {title: 'Only There', released: 2026})"});
    assert_eq!(
        foreign
            .query("b", ("neo4j", &password), "neo4j", made)
            .await
            .0,
        StatusCode::ACCEPTED
    );
    let real = RealNeo4j {
        uri: format!("{}/neo4j/b", foreign.stack.endpoint()),
        user: "neo4j".into(),
        password,
    };
    let mcp = format!("{}/external/neo4j-mcp/mcp", foreign.stack.endpoint())
        .parse()
        .unwrap();
    let world = World::start(Options {
        neo4j: Some(real),
        neo4j_mcp_url: Some(mcp),
        ..options()
    })
    .await;
    let query =
        json!({"query": "MATCH (m:Movie {title: 'Only There'}) RETURN m, m.released AS year"});
    let node = r#"{ "Id": 171, "ElementId": "#;
    for (name, tool) in [
        ("a", "mcp-server-target___read-cypher"),
        ("b", "neo4j-mcp___read-cypher"),
        ("c", "read-cypher"),
    ] {
        let answer = world.caller(name).await.call(tool, query.clone()).await;
        let text = answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            text.contains(node) && text.contains("\"year\": 2026"),
            "{name}: {answer}"
        );
    }
}
