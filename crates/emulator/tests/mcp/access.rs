//! Who may call: tokens, signatures, protocol versions, sessions and addresses.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn invalid_tokens_are_refused_with_the_resource_metadata() {
    let world = World::start(options()).await;
    for name in ["a", "b", "e"] {
        let url = world.deployment(name)["mcp_url"].as_str().unwrap();
        let answer = world
            .http
            .post(url)
            .json(&message("tools/list", json!({})))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let challenge = answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .to_owned();
        let document = challenge
            .split("resource_metadata=\"")
            .nth(1)
            .unwrap()
            .trim_end_matches('"');
        let resource: Value = world
            .http
            .get(document)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(resource["resource"], url);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["error"]["code"], body.get("id")),
            (&json!(-32001), None)
        );
    }
    let runtime = world.deployment("c")["mcp_url"].as_str().unwrap();
    let garbage = world
        .http
        .post(runtime)
        .bearer_auth("garbage")
        .json(&message("ping", json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(garbage.status(), StatusCode::FORBIDDEN);
    let unsigned = world.deployment("d")["mcp_url"].as_str().unwrap();
    let unsigned = world
        .http
        .post(unsigned)
        .json(&message("ping", json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            unsigned.status(),
            unsigned.headers().get("www-authenticate")
        ),
        (StatusCode::FORBIDDEN, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_sessions_and_the_accept_header_are_checked() {
    let world = World::start(options()).await;
    let mut caller = world.caller("b").await;
    let ping = message("ping", json!({}));
    assert_eq!(caller.post(&ping).await.status(), StatusCode::OK);
    let session = caller.headers.pop().unwrap();
    assert_eq!(
        caller.post(&ping).await.status(),
        StatusCode::BAD_REQUEST,
        "no session id"
    );
    caller.headers.push(("mcp-session-id", "another".into()));
    assert_eq!(
        caller.post(&ping).await.status(),
        StatusCode::NOT_FOUND,
        "an unknown session"
    );
    caller.headers.pop();
    caller.headers.push(session);
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(
        caller.post(&notification).await.status(),
        StatusCode::ACCEPTED
    );
    caller.headers[1].1 = "application/json".into();
    assert_eq!(
        caller.post(&ping).await.status(),
        StatusCode::NOT_ACCEPTABLE
    );
    caller.headers[1].1 = "application/json, text/event-stream".into();
    caller.headers[2].1 = "1999-12-31".into();
    let refused = caller.post(&ping).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json::<Value>().await.unwrap()["error"]["code"],
        -32022
    );
}

/// Mints a token of a deployment's issuer with these claims over those of a real one.
async fn minted(world: &World, name: &str, changes: &Value) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    let real = world.token(name).await;
    let part = |index: usize| -> Value {
        let part = real.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let mut claims = part(1);
    for (claim, value) in changes.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    let header = Header {
        kid: part(0)["kid"].as_str().map(str::to_owned),
        ..Header::new(Algorithm::RS256)
    };
    let pem = world.deployment(name)["token_signing_key"]
        .as_str()
        .unwrap()
        .to_owned();
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_valid_yet_is_refused() {
    let world = World::start(options()).await;
    let now = jiff::Timestamp::now().as_second();
    for name in ["a", "b", "c"] {
        let url = world.deployment(name)["mcp_url"].as_str().unwrap();
        for (changes, expected) in [
            (json!({"nbf": now - 5}), StatusCode::OK),
            (json!({"nbf": now + 600}), StatusCode::UNAUTHORIZED),
            (json!({"exp": now - 5}), StatusCode::UNAUTHORIZED),
        ] {
            let token = minted(&world, name, &changes).await;
            let initialize = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
            let answer = world
                .http
                .post(url)
                .bearer_auth(token)
                .header("accept", "application/json, text/event-stream")
                .json(&message("initialize", initialize))
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), expected, "{name} {changes}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_is_not_found_under_an_arn_that_is_not_encoded() {
    let world = World::start(options()).await;
    let caller = world.caller("c").await;
    let arn = world.deployment("c")["runtime_arn"].as_str().unwrap();
    let plain = format!(
        "{}/runtimes/{arn}/invocations?qualifier=DEFAULT",
        world.stack.endpoint()
    );
    let request = world.http.post(&plain).json(&message("ping", json!({})));
    let answer = caller
        .headers
        .iter()
        .fold(request, |request, (name, value)| {
            request.header(*name, value)
        })
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        caller.post(&message("ping", json!({}))).await.status(),
        StatusCode::OK
    );
}
