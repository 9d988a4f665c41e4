//! The MCP and Neo4j side of the embedded stack, spoken to by plain HTTP and by rmcp: sign-ins, paging, sessions, calls,
//! consent, faults by hop, and foreign parts (which are another embedded stack here).
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot get what it needs must stop"
)]

use emulator::{Options, RealNeo4j, Stack, faults};
use reqwest::StatusCode;
use rmcp::{ServiceExt, transport::StreamableHttpClientTransport};
use serde_json::{Value, json};

const CYPHER: &str =
    "MATCH (m:Movie {title: 'Cast Away'}) RETURN m.title AS title, m.released AS year";

fn options() -> Options {
    Options {
        seed: 7,
        quiet_world: true,
        ..Options::default()
    }
}

/// A stack, what it says of itself, and a client.
struct World {
    stack: Stack,
    facts: Value,
    http: reqwest::Client,
}

/// One MCP connection of a deployment, without any client library in between.
struct Caller<'a> {
    world: &'a World,
    url: String,
    headers: Vec<(&'static str, String)>,
}

impl World {
    async fn start(options: Options) -> Self {
        let stack = emulator::start(options).await.unwrap();
        let facts = stack.ready_line();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { stack, facts, http }
    }

    fn deployment(&self, name: &str) -> &Value {
        self.facts["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name)
            .unwrap()
    }

    async fn token(&self, name: &str) -> String {
        let deployment = self.deployment(name);
        let text = |key: &str| deployment[key].as_str().unwrap_or_default().to_owned();
        if deployment["sign_in"] == "m2m" {
            let form = [
                ("grant_type", "client_credentials".to_owned()),
                ("scope", text("scope")),
            ];
            let request = self
                .http
                .post(text("token_url"))
                .basic_auth(text("client_id"), Some(text("client_secret")));
            let answer: Value = request
                .form(&form)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            return answer["access_token"].as_str().unwrap().to_owned();
        }
        let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": text("client_id"),
            "AuthParameters": {"USERNAME": text("username"), "PASSWORD": text("password")}});
        let request = self.http.post(self.stack.endpoint()).header(
            "x-amz-target",
            "AWSCognitoIdentityProviderService.InitiateAuth",
        );
        let answer: Value = request
            .body(body.to_string())
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        answer["AuthenticationResult"]["AccessToken"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Signed in with a bearer token and, where the gateway keeps sessions, with a session.
    async fn caller(&self, name: &str) -> Caller<'_> {
        let url = self.deployment(name)["mcp_url"]
            .as_str()
            .unwrap()
            .to_owned();
        let headers = vec![
            (
                "authorization",
                format!("Bearer {}", self.token(name).await),
            ),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("mcp-protocol-version", "2025-11-25".to_owned()),
        ];
        let mut caller = Caller {
            world: self,
            url,
            headers,
        };
        let initialize = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let answer = caller.post(&message("initialize", initialize)).await;
        if let Some(session) = answer
            .headers()
            .get("mcp-session-id")
            .filter(|_| name == "b")
        {
            caller
                .headers
                .push(("mcp-session-id", session.to_str().unwrap().to_owned()));
        }
        caller
    }

    fn fault(&self, text: &str) {
        self.stack.clear_faults();
        for fault in faults::parse(text).unwrap() {
            self.stack.inject_fault(fault);
        }
    }

    fn hop_fault(&self, deployment: &str, hop: &str, fault: &str) {
        self.fault(&json!([{"deployment": deployment, "hop": hop, "fault": fault}]).to_string());
    }

    /// A statement at a stand-in database.
    async fn query(
        &self,
        deployment: &str,
        login: (&str, &str),
        database: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let url = format!(
            "{}/neo4j/{deployment}/db/{database}/query/v2",
            self.stack.endpoint()
        );
        let answer = self
            .http
            .post(url)
            .basic_auth(login.0, Some(login.1))
            .json(&body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

impl Caller<'_> {
    async fn post(&self, body: &Value) -> reqwest::Response {
        let request = self.world.http.post(&self.url).json(body);
        self.headers
            .iter()
            .fold(request, |request, (name, value)| {
                request.header(*name, value)
            })
            .send()
            .await
            .unwrap()
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let text = self
            .post(&message(method, params))
            .await
            .text()
            .await
            .unwrap();
        let data = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .next_back()
            .map_or(text.as_str(), |data| data);
        serde_json::from_str(data).unwrap_or_else(|_| json!({"unreadable": text}))
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// The text of a Cypher call.
    async fn cypher(&self, tool: &str) -> String {
        let answer = self.call(tool, json!({"query": CYPHER})).await;
        answer["result"]["content"][0]["text"]
            .as_str()
            .map_or_else(|| answer.to_string(), str::to_owned)
    }

    async fn tools(&self) -> (Vec<String>, usize) {
        let (mut names, mut largest, mut params) = (Vec::new(), 0, json!({}));
        loop {
            let answer = self.ask("tools/list", params).await;
            let page: Vec<String> = answer["result"]["tools"]
                .as_array()
                .unwrap()
                .iter()
                .map(|tool| tool["name"].as_str().unwrap().to_owned())
                .collect();
            largest = largest.max(page.len());
            names.extend(page);
            let Some(cursor) = answer["result"]["nextCursor"].as_str() else {
                return (names, largest);
            };
            params = json!({"cursor": cursor});
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers hand over what `json!` has just made"
)]
fn message(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

const ROWS: &str = "[\n  {\n    \"title\": \"Cast Away\",\n    \"year\": 2000\n  }\n]";

#[tokio::test(flavor = "multi_thread")]
async fn gateways_and_runtimes_list_and_call_tools() {
    let world = World::start(options()).await;
    for (name, tool, count) in [
        ("a", "mcp-server-target___read-cypher", 4),
        ("b", "neo4j-mcp___read-cypher", 3),
        ("c", "read-cypher", 7),
    ] {
        let caller = world.caller(name).await;
        let (names, largest) = caller.tools().await;
        assert_eq!(names.len(), count, "{name}: {names:?}");
        assert!(name == "c" || largest <= 2, "{name}: a page of {largest}");
        assert_eq!(caller.cypher(tool).await, ROWS, "{name}");
    }
}

/// The next message in an event stream that is wanted; none where the stream ends without it.
async fn next_message(
    stream: &mut reqwest::Response,
    wanted: impl Fn(&Value) -> bool,
) -> Option<Value> {
    let mut text = String::new();
    loop {
        text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap()?).unwrap());
        let mut messages = text
            .lines()
            .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
        if let Some(found) = messages.find(|message: &Value| wanted(message)) {
            return Some(found);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_asks_the_person_by_a_form_and_the_answer_finds_its_call() {
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
        assert!(refused.contains("did not declare elicitation"), "{refused}");
        let hello = caller
            .post(&message("initialize", can_be_asked.clone()))
            .await;
        let session = hello.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        caller.headers.push(("mcp-session-id", session));
        let mut stream = caller.post(&rate).await;
        let question = next_message(&mut stream, |one| one["method"] == "elicitation/create")
            .await
            .unwrap();
        assert_eq!(
            question["params"]["requestedSchema"]["required"],
            json!(["rating"])
        );
        // An answer to another question changes nothing.
        for id in [&json!("another"), &question["id"]] {
            let taken = caller
                .post(&json!({"jsonrpc": "2.0", "id": id, "result": answer}))
                .await;
            assert_eq!(taken.status(), StatusCode::ACCEPTED);
        }
        let result = next_message(&mut stream, |one| one["id"] == 1)
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
async fn what_is_no_valid_token_is_refused_with_the_way_to_one() {
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
async fn versions_sessions_and_the_accept_header_are_judged() {
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

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_asked_for_given_and_remembered() {
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

/// Each fault of the chain with what the caller of a tool sees.
#[tokio::test(flavor = "multi_thread")]
async fn faults_by_hop_are_seen_as_in_production() {
    let world = World::start(options()).await;
    let (a, b, c) = (
        world.caller("a").await,
        world.caller("b").await,
        world.caller("c").await,
    );
    let tool = |name: &str| match name {
        "a" => "mcp-server-target___read-cypher",
        "b" => "neo4j-mcp___read-cypher",
        _ => "read-cypher",
    };
    // deployment, hop, fault, HTTP status, a part of the body
    let cases = [
        (
            "b",
            "interceptor",
            "no-permission",
            500,
            "Internal Server Error",
        ),
        ("b", "interceptor", "broken", 500, "Internal Server Error"),
        (
            "b",
            "target",
            "down",
            200,
            "An internal error occurred. Please retry later.",
        ),
        (
            "a",
            "target",
            "down",
            200,
            "Failed to connect to the target",
        ),
        (
            "a",
            "credential-provider",
            "failing",
            200,
            "CredentialProviderException",
        ),
        ("b", "target", "unsynchronised", 200, "Unknown tool"),
        (
            "b",
            "secret",
            "stale",
            200,
            "Neo.ClientError.Security.Unauthorized",
        ),
        ("b", "secret", "access-denied", 500, "Internal Server Error"),
        ("b", "neo4j", "down", 200, "ConnectivityError"),
        ("b", "neo4j", "locked-out", 200, "AuthenticationRateLimit"),
        ("b", "gateway", "throttling", 429, "Too Many Requests"),
        (
            "c",
            "runtime",
            "cold-start",
            424,
            "Runtime initialization time exceeded",
        ),
        ("c", "runtime", "not-mmdsv2", 400, "not MMDSv2-enabled"),
        ("c", "runtime", "crash", 200, "-32010"),
        ("c", "runtime", "throttling", 200, "-32003"),
        ("c", "runtime", "access-denied", 403, "-32002"),
        ("c", "neo4j", "locked-out", 200, "AuthenticationRateLimit"),
    ];
    for (name, hop, fault, status, part) in cases {
        world.hop_fault(name, hop, fault);
        let caller = match name {
            "a" => &a,
            "b" => &b,
            _ => &c,
        };
        let answer = caller
            .post(&message(
                "tools/call",
                json!({"name": tool(name), "arguments": {"query": CYPHER}}),
            ))
            .await;
        assert_eq!(answer.status().as_u16(), status, "{name} {hop} {fault}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(part), "{name} {hop} {fault}: {text}");
        world.stack.clear_faults();
    }
    for (caller, name) in [(&a, "a"), (&b, "b"), (&c, "c")] {
        assert_eq!(
            caller.cypher(tool(name)).await,
            ROWS,
            "{name} is well again"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooled_connection_outlives_the_password_until_it_is_closed() {
    let world = World::start(options()).await;
    let caller = world.caller("b").await;
    let tool = "neo4j-mcp___read-cypher";
    assert_eq!(caller.cypher(tool).await, ROWS);
    let old = database_password(&world, "b").await;
    let change = json!({"statement": "ALTER CURRENT USER SET PASSWORD FROM $old TO $new", "parameters": {"old": old, "new": "another-password"}});
    let (status, body) = world.query("b", ("neo4j", &old), "system", change).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    assert_eq!(
        caller.cypher(tool).await,
        ROWS,
        "the open connection goes on"
    );
    let new = ("neo4j", "another-password");
    let list = json!({"statement": "CALL dbms.listConnections() YIELD connectionId, connector, userAgent WHERE connector = 'bolt' RETURN connectionId, userAgent"});
    let (_, body) = world.query("b", new, "neo4j", list).await;
    let rows = body["data"]["values"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0][1]), (1, &json!("Go Driver/6.2.0")));
    let kill = json!({"statement": "CALL dbms.killConnections($ids)", "parameters": {"ids": [rows[0][0]]}});
    let (_, body) = world.query("b", new, "neo4j", kill).await;
    assert_eq!(body["data"]["values"][0][2], "Connection found");
    assert!(
        caller.cypher(tool).await.contains("Security.Unauthorized"),
        "now the secret's password is refused"
    );
}

/// The password in a deployment's secret, which a database of the same seed has at its start.
async fn database_password(world: &World, name: &str) -> String {
    use aws_credential_types::Credentials;
    use aws_sdk_secretsmanager as secrets;
    let (key, secret) = world.stack.credentials();
    let config = secrets::Config::builder()
        .behavior_version(secrets::config::BehaviorVersion::latest())
        .region(secrets::config::Region::new("us-west-2"))
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .endpoint_url(world.stack.endpoint());
    let client = secrets::Client::from_conf(config.build());
    let id = world.deployment(name)["secret_id"].as_str().unwrap();
    let value = client
        .get_secret_value()
        .secret_id(id)
        .send()
        .await
        .unwrap();
    let value: Value = serde_json::from_str(value.secret_string().unwrap()).unwrap();
    value
        .get("password")
        .or(value.get("NEO4J_PASSWORD"))
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
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

#[tokio::test(flavor = "multi_thread")]
async fn every_passage_leaves_its_lines() {
    use aws_credential_types::Credentials;
    use aws_sdk_cloudwatchlogs as logs;
    let world = World::start(options()).await;
    assert_eq!(
        world
            .caller("a")
            .await
            .cypher("mcp-server-target___read-cypher")
            .await,
        ROWS
    );
    let (key, secret) = world.stack.credentials();
    let config = logs::Config::builder()
        .behavior_version(logs::config::BehaviorVersion::latest())
        .region(logs::config::Region::new("us-west-2"))
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .endpoint_url(world.stack.endpoint());
    let client = logs::Client::from_conf(config.build());
    let groups = world.deployment("a")["log_groups"].as_array().unwrap();
    let wanted = [
        "Started processing request",
        "FULL EVENT: ",
        "handled request",
        "tools/call",
    ];
    for (group, part) in groups.iter().zip(wanted) {
        let name = group.as_str().unwrap();
        let answer = client
            .filter_log_events()
            .log_group_name(name)
            .filter_pattern(format!("\"{part}\""))
            .send()
            .await
            .unwrap();
        assert!(
            answer
                .events()
                .iter()
                .any(|event| event.message().unwrap_or_default().contains(part)),
            "{name}: {part}"
        );
    }
}
