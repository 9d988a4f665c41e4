//! What a server asks or tells while a call runs: forms, pages, consent, log messages, completions.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_elicitation_reaches_the_call_that_asked() {
    let world = World::start(options()).await;
    let can_be_asked = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {"form": {}}}, "clientInfo": {"name": "test", "version": "1"}});
    let rate = message(
        "tools/call",
        json!({"name": "rate_movie", "arguments": {"movie": "Top Gun"}}),
    );
    let accepted = json!({"action": "accept", "content": {"rating": 9, "place": "cinema"}});
    let cases = [
        (accepted, "Top Gun: 9 of 10"),
        (json!({"action": "decline"}), "declined"),
    ];
    for (answer, expected) in cases {
        let mut caller = world.caller("c").await;
        let refused = caller.post(&rate).await.text().await.unwrap();
        assert!(refused.contains("declared elicitation"), "{refused}");
        let hello = caller
            .post(&message("initialize", can_be_asked.clone()))
            .await;
        let session = hello.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        caller.headers.push(("mcp-session-id", session));
        let mut stream = caller.post(&rate).await;
        let question = next_message(&mut stream, |message| {
            message["method"] == "elicitation/create"
        })
        .await
        .unwrap();
        let schema = &question["params"]["requestedSchema"];
        assert_eq!(schema["required"], json!(["rating"]));
        let read: Result<rmcp::model::ElicitationSchema, _> =
            serde_json::from_value(schema.clone());
        assert!(read.is_ok(), "rmcp reads the form: {read:?}");
        // An answer to another question changes nothing.
        for id in [&json!("another"), &question["id"]] {
            let taken = caller
                .post(&json!({"jsonrpc": "2.0", "id": id, "result": answer}))
                .await;
            assert_eq!(taken.status(), StatusCode::ACCEPTED);
        }
        let result = next_message(&mut stream, |message| message["id"] == 1)
            .await
            .unwrap();
        assert!(
            result["result"]["content"][0]["text"]
                .as_str()
                .unwrap()
                .contains(expected),
            "{result}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_required_once_and_each_address_works_once() {
    let world = World::start(options()).await;
    let caller = world.caller("e").await;
    let asked = caller
        .call("github-mcp-server-schema-target___get_me", json!({}))
        .await;
    assert_eq!(asked["error"]["code"], -32042, "{asked}");
    let url = asked["error"]["data"]["elicitations"][0]["url"]
        .as_str()
        .unwrap();
    let page = world
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("<form method=\"post\""), "{page}");
    let agreed = world
        .http
        .post(url)
        .form(&[("decision", "agree")])
        .send()
        .await
        .unwrap();
    assert_eq!(agreed.status(), StatusCode::FOUND);
    assert!(
        agreed.headers()["location"]
            .to_str()
            .unwrap()
            .contains("session_id=urn%3Aietf")
    );
    let again = world
        .http
        .post(url)
        .form(&[("decision", "agree")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        again.status(),
        StatusCode::GONE,
        "the address is for single use"
    );
    let still = caller
        .call("github-mcp-server-schema-target___get_me", json!({}))
        .await;
    assert_eq!(
        still["error"]["code"], -32042,
        "the application has not confirmed yet"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_declines_is_sent_back_with_access_denied() {
    let world = World::start(options()).await;
    let caller = world.caller("e").await;
    let asked = caller
        .call("github-mcp-server-schema-target___get_me", json!({}))
        .await;
    let url = asked["error"]["data"]["elicitations"][0]["url"]
        .as_str()
        .unwrap();
    let page = world.http.get(url).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("value=\"decline\""), "{page}");
    let decline = || world.http.post(url).form(&[("decision", "decline")]).send();
    let declined = decline().await.unwrap();
    assert_eq!(declined.status(), StatusCode::FOUND);
    let back = declined.headers()["location"].to_str().unwrap();
    assert!(back.ends_with("?error=access_denied"), "{back}");
    assert_eq!(decline().await.unwrap().status(), StatusCode::GONE);
}

/// Initializes a session of deployment C with these client capabilities.
async fn session<'a>(world: &'a World, capabilities: &Value) -> Caller<'a> {
    let mut caller = world.caller("c").await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": {"name": "test", "version": "1"}});
    let answer = caller.post(&message("initialize", params)).await;
    let session = answer.headers()["mcp-session-id"].to_str().unwrap();
    caller.headers.push(("mcp-session-id", session.to_owned()));
    caller
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_elicitation_is_completed_on_its_page() {
    let world = World::start(options()).await;
    let link = message(
        "tools/call",
        json!({"name": "link_account", "arguments": {}}),
    );
    let forms = session(&world, &json!({"elicitation": {"form": {}}})).await;
    let refused = forms.post(&link).await.text().await.unwrap();
    assert!(refused.contains("did not declare URL"), "{refused}");

    let caller = session(&world, &json!({"elicitation": {"url": {}}})).await;
    let mut stream = caller.post(&link).await;
    let asked = next_message(&mut stream, |found| found["method"] == "elicitation/create")
        .await
        .unwrap();
    let params = &asked["params"];
    assert_eq!(params["mode"], "url");
    caller
        .post(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept"}}))
        .await;
    let url = params["url"].as_str().unwrap();
    let page = world.http.get(url).send().await.unwrap();
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("<form method=\"post\">")
    );
    let confirmed = world.http.post(url).send().await.unwrap();
    assert_eq!(confirmed.status(), StatusCode::OK);
    let rest = stream.text().await.unwrap();
    assert!(
        rest.contains("notifications/elicitation/complete"),
        "{rest}"
    );
    assert!(rest.contains("The account is linked."), "{rest}");
    let again = world.http.post(url).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::GONE, "a page works once");
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_completed_from_the_schema() {
    let world = World::start(options()).await;
    let caller = world.caller("c").await;
    let references = [
        json!({"type": "ref/prompt", "name": "explore_label"}),
        json!({"type": "ref/resource", "uri": "neo4j://schema/{label}"}),
    ];
    for reference in references {
        let params = json!({"ref": reference, "argument": {"name": "label", "value": "p"}});
        let answer = caller.ask("completion/complete", params).await;
        assert_eq!(
            answer["result"]["completion"]["values"],
            json!(["PRODUCED", "Person"]),
            "{answer}"
        );
    }
    let unknown = json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "label", "value": ""}});
    let answer = caller.ask("completion/complete", unknown).await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_messages_come_with_the_call_down_to_the_level_that_was_set() {
    let world = World::start(options()).await;
    let caller = session(&world, &json!({})).await;
    let count = message(
        "tools/call",
        json!({"name": "count_slowly", "arguments": {"to": 2, "pause_ms": 1}}),
    );
    let text = caller.post(&count).await.text().await.unwrap();
    assert_eq!(text.matches("notifications/message").count(), 2, "{text}");
    caller
        .ask("logging/setLevel", json!({"level": "error"}))
        .await;
    let text = caller.post(&count).await.text().await.unwrap();
    assert_eq!(text.matches("notifications/message").count(), 0, "{text}");
    let answer = caller
        .ask("logging/setLevel", json!({"level": "loud"}))
        .await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_changes_the_list_says_so() {
    let world = World::start(options()).await;
    let caller = session(&world, &json!({})).await;
    let listed = |names: &[String]| names.iter().any(|name| name == "export_ratings");
    assert!(!listed(&caller.tools().await.0));
    let enable = message(
        "tools/call",
        json!({"name": "enable_export", "arguments": {}}),
    );
    let text = caller.post(&enable).await.text().await.unwrap();
    assert!(text.contains("notifications/tools/list_changed"), "{text}");
    assert!(listed(&caller.tools().await.0));
    let other = world.caller("c").await;
    assert!(
        !listed(&other.tools().await.0),
        "other sessions keep theirs"
    );
}
