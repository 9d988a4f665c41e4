//! A running stack and callers of its MCP endpoints, without any client library in between.

use emulator::{Options, Stack, faults};
use reqwest::StatusCode;
use serde_json::{Value, json};

pub(crate) const CYPHER: &str =
    "MATCH (m:Movie {title: 'Cast Away'}) RETURN m.title AS title, m.released AS year";

pub(crate) fn options() -> Options {
    Options {
        seed: 7,
        quiet_world: true,
        ..Options::default()
    }
}

/// A stack, what it says of itself, and a client.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) facts: Value,
    pub(crate) http: reqwest::Client,
}

/// One MCP connection of a deployment, without any client library in between.
pub(crate) struct Caller<'a> {
    pub(crate) world: &'a World,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl World {
    pub(crate) async fn start(options: Options) -> Self {
        let stack = emulator::start(options).await.unwrap();
        let facts = stack.ready_line();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { stack, facts, http }
    }

    pub(crate) fn deployment(&self, name: &str) -> &Value {
        self.facts["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|tool| tool["name"] == name)
            .unwrap()
    }

    pub(crate) async fn token(&self, name: &str) -> String {
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
    pub(crate) async fn caller(&self, name: &str) -> Caller<'_> {
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

    pub(crate) fn fault(&self, text: &str) {
        self.stack.clear_faults();
        for fault in faults::parse(text).unwrap() {
            self.stack.inject_fault(fault);
        }
    }

    pub(crate) fn hop_fault(&self, deployment: &str, hop: &str, fault: &str) {
        self.fault(&json!([{"deployment": deployment, "hop": hop, "fault": fault}]).to_string());
    }

    /// A statement at a stand-in database.
    pub(crate) async fn query(
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
    pub(crate) async fn post(&self, body: &Value) -> reqwest::Response {
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

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
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

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// The text of a Cypher call.
    pub(crate) async fn cypher(&self, tool: &str) -> String {
        let answer = self.call(tool, json!({"query": CYPHER})).await;
        answer["result"]["content"][0]["text"]
            .as_str()
            .map_or_else(|| answer.to_string(), str::to_owned)
    }

    pub(crate) async fn tools(&self) -> (Vec<String>, usize) {
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
pub(crate) fn message(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

pub(crate) const ROWS: &str = "[\n  {\n    \"title\": \"Cast Away\",\n    \"year\": 2000\n  }\n]";

/// The next message in an event stream that is wanted; none where the stream ends without it.
pub(crate) async fn next_message(
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

/// The password in a deployment's secret, which a database of the same seed has at its start.
pub(crate) async fn database_password(world: &World, name: &str) -> String {
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
