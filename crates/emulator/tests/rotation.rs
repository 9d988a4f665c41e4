//! What a rotation finds in the embedded stack: secrets whose user alternates with a clone, and their administrator; the
//! Neo4j that knows them all; a runtime whose containers keep what they read. Spoken to by the real SDK crates and by plain
//! HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use aws_credential_types::Credentials;
use aws_sdk_bedrockagentcorecontrol as control;
use aws_sdk_secretsmanager as secrets;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use emulator::{Options, RealNeo4j, Stack};
use serde_json::{Value, json};

const REPORTS: &str = "neo4j-reports/credentials";
const ADMIN: &str = "neo4j-admin/credentials";

/// A client with the stack's credentials.
macro_rules! client {
    ($service:ident, $stack:expr) => {{
        let (key, secret) = $stack.credentials();
        let config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new("us-west-2"))
            .credentials_provider(Credentials::new(key, secret, None, None, "test"))
            .endpoint_url($stack.endpoint());
        $service::Client::from_conf(config.build())
    }};
}

struct World {
    stack: Stack,
    secrets: secrets::Client,
    control: control::Client,
    http: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        let stack = emulator::start(Options {
            seed: 7,
            quiet_world: true,
            ..Options::default()
        })
        .await
        .unwrap();
        let (secrets, control) = (client!(secrets, stack), client!(control, stack));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            stack,
            secrets,
            control,
            http,
        }
    }

    fn deployment(&self, name: &str) -> Value {
        self.stack.ready_line()["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|secret| secret["name"] == name)
            .unwrap()
            .clone()
    }

    async fn secret(&self, id: &str) -> (String, Value) {
        let answer = self
            .secrets
            .get_secret_value()
            .secret_id(id)
            .send()
            .await
            .unwrap();
        (
            answer.arn.unwrap(),
            serde_json::from_str(&answer.secret_string.unwrap()).unwrap(),
        )
    }

    /// A statement by the Query API at the address of a secret, as its user: the status and the error code or the rows.
    async fn query(
        &self,
        secret: &Value,
        database: &str,
        statement: &str,
        parameters: Value,
    ) -> (u16, Value) {
        let text = |name: &str| secret[name].as_str().unwrap();
        let answer = self
            .http
            .post(format!("{}/db/{database}/query/v2", text("uri")))
            .basic_auth(text("username"), Some(text("password")))
            .json(&json!({"statement": statement, "parameters": parameters}))
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        let told = body
            .pointer("/errors/0/code")
            .or_else(|| body.pointer("/data/values"))
            .cloned();
        (status, told.unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_and_its_clone_alternate_by_the_hand_of_the_administrator() {
    let world = World::start().await;
    let ((_, reports), (admin_arn, admin)) =
        (world.secret(REPORTS).await, world.secret(ADMIN).await);
    assert_eq!(reports["masterarn"], admin_arn.as_str());
    assert_eq!(
        (&reports["uri"], admin.get("masterarn")),
        (&admin["uri"], None)
    );
    assert_eq!(
        reports["uri"],
        world.stack.ready_line()["neo4j"]["query_api"],
        "it is the Neo4j of deployment a"
    );
    let one = "RETURN 1 AS one";
    for secret in [&reports, &admin] {
        assert_eq!(
            world.query(secret, "neo4j", one, json!({})).await,
            (202, json!([[1]]))
        );
    }

    let mut clone = reports.clone();
    clone["username"] = "reports_clone".into();
    clone["password"] = "first-password-of-the-clone".into();
    let refused = |code: &str| json!(format!("Neo.ClientError.{code}"));
    assert_eq!(
        world.query(&clone, "neo4j", one, json!({})).await,
        (401, refused("Security.Unauthorized"))
    );
    let parameters =
        |secret: &Value| json!({"user": secret["username"], "password": secret["password"]});
    let create = "CREATE USER $user SET PASSWORD $password CHANGE NOT REQUIRED";
    let alter = "ALTER USER $user SET PASSWORD $password CHANGE NOT REQUIRED";
    let argument = refused("Statement.ArgumentError");
    assert_eq!(
        world
            .query(&admin, "system", alter, parameters(&clone))
            .await,
        (400, argument.clone()),
        "nobody yet"
    );
    assert_eq!(
        world
            .query(&admin, "system", create, parameters(&clone))
            .await,
        (202, json!([]))
    );
    assert_eq!(
        world
            .query(&admin, "system", create, parameters(&clone))
            .await,
        (400, argument.clone()),
        "it exists"
    );
    assert_eq!(
        world
            .query(&admin, "system", alter, parameters(&clone))
            .await,
        (400, argument),
        "the same password"
    );
    for secret in [&reports, &clone] {
        assert_eq!(
            world.query(secret, "neo4j", one, json!({})).await,
            (202, json!([[1]])),
            "both work at once"
        );
    }
    let shown = "SHOW USERS YIELD user, passwordChangeRequired WHERE user STARTS WITH $user";
    let rows = json!([["reports", false], ["reports_clone", false]]);
    assert_eq!(
        world
            .query(&admin, "system", shown, json!({"user": "reports"}))
            .await,
        (202, rows)
    );

    // The other way round: the password of the first one changes while the clone works on.
    let mut next = reports.clone();
    next["password"] = "second-password-of-the-user".into();
    assert_eq!(
        world
            .query(&admin, "system", alter, parameters(&next))
            .await,
        (202, json!([]))
    );
    assert_eq!(world.query(&reports, "neo4j", one, json!({})).await.0, 401);
    for secret in [&next, &clone] {
        assert_eq!(world.query(secret, "neo4j", one, json!({})).await.0, 202);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_further_secrets_name_stands_only_at_an_embedded_neo4j() {
    let real = RealNeo4j {
        uri: "bolt://127.0.0.1:9".into(),
        user: "neo4j".into(),
        password: "their-password".into(),
    };
    let options = Options {
        seed: 7,
        quiet_world: true,
        neo4j: Some(real),
        ..Options::default()
    };
    for (options, expected) in [
        (
            Options {
                neo4j: None,
                ..options.clone()
            },
            2,
        ),
        (options, 0),
    ] {
        let stack = emulator::start(options).await.unwrap();
        let counts = stack
            .deployments()
            .iter()
            .map(|scenario| (scenario.extra_secrets.len(), scenario.extra_runtimes.len()))
            .collect::<Vec<_>>();
        assert_eq!(
            counts,
            [(expected, expected / 2), (0, 0), (0, 0), (0, 0), (0, 0)]
        );
    }
}

/// Sessions of a runtime, by bearer token.
struct Runtime<'a> {
    world: &'a World,
    arn: String,
    url: String,
    /// The secret of its deployment.
    secret_id: String,
    token: String,
}

impl<'a> Runtime<'a> {
    /// The runtime of deployment c, which reads its secret.
    async fn that_reads(world: &'a World) -> Self {
        let facts = world.deployment("c");
        let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": facts["client_id"],
            "AuthParameters": {"USERNAME": facts["username"], "PASSWORD": facts["password"]}});
        let request = world.http.post(world.stack.endpoint()).header(
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
        Self::new(
            world,
            &facts,
            &facts["runtime_arn"],
            &answer["AuthenticationResult"]["AccessToken"],
        )
    }

    /// The runtime beside that of deployment a, which has a copy of a user and a password.
    async fn that_has_a_copy(world: &'a World) -> Self {
        let facts = world.deployment("a");
        let text = |name: &str| facts[name].as_str().unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", text("scope")),
        ];
        let request = world
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
        let deployments = world.stack.deployments();
        let arn = deployments
            .iter()
            .flat_map(|scenario| &scenario.extra_runtimes)
            .next()
            .unwrap();
        Self::new(world, &facts, &arn.as_str().into(), &answer["access_token"])
    }

    fn new(world: &'a World, facts: &Value, arn: &Value, token: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let arn = text(arn);
        let encoded = arn.replace(':', "%3A").replace('/', "%2F");
        let url = format!(
            "{}/runtimes/{encoded}/invocations?qualifier=DEFAULT",
            world.stack.endpoint()
        );
        Self {
            world,
            arn,
            url,
            secret_id: text(&facts["secret_id"]),
            token: text(token),
        }
    }

    async fn send(&self, session: Option<&str>, method: &str, params: Value) -> (String, String) {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut request = self
            .world
            .http
            .post(&self.url)
            .bearer_auth(&self.token)
            .json(&message);
        request = request.header("accept", "application/json, text/event-stream");
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        let answer = request.send().await.unwrap();
        let session = answer.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        (session, answer.text().await.unwrap())
    }

    /// A new session: its id.
    async fn begin(&self) -> String {
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        self.send(None, "initialize", hello).await.0
    }

    /// What a query says in a session.
    async fn call(&self, session: &str) -> String {
        let params =
            json!({"name": "read-cypher", "arguments": {"query": "RETURN 'served' AS answer"}});
        let (kept, answer) = self.send(Some(session), "tools/call", params).await;
        assert_eq!(kept, session);
        answer
    }

    async fn stop(&self, session: &str) -> u16 {
        let url = self.url.replace("/invocations", "/stopruntimesession");
        let request = self
            .world
            .http
            .post(url)
            .bearer_auth(&self.token)
            .header("x-amzn-bedrock-agentcore-runtime-session-id", session);
        request.body("{}").send().await.unwrap().status().as_u16()
    }

    fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap()
    }

    /// The live version of DEFAULT, once no roll-out is under way.
    async fn rolled_out(&self) -> String {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            tick.tick().await;
            let endpoint = self
                .world
                .control
                .get_agent_runtime_endpoint()
                .agent_runtime_id(self.id())
                .endpoint_name("DEFAULT");
            let endpoint = endpoint.send().await.unwrap();
            if endpoint.status.as_str() == "READY" {
                return endpoint.live_version.unwrap();
            }
        }
    }

    /// UpdateAgentRuntime with everything as it is but the environment.
    async fn update(&self, environment: &[(&str, &str)]) {
        let known = self
            .world
            .control
            .get_agent_runtime()
            .agent_runtime_id(self.id())
            .send()
            .await
            .unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let request = self
            .world
            .control
            .update_agent_runtime()
            .agent_runtime_id(self.id())
            .role_arn(known.role_arn)
            .set_agent_runtime_artifact(known.agent_runtime_artifact)
            .set_network_configuration(known.network_configuration)
            .set_protocol_configuration(known.protocol_configuration)
            .set_authorizer_configuration(known.authorizer_configuration)
            .set_metadata_configuration(known.metadata_configuration)
            .set_environment_variables(Some(environment));
        request.send().await.unwrap();
    }
}

/// Changes the password of C's user at the database and in the secret, and closes the connections of before.
async fn rotate(world: &World, secret_id: &str) {
    let (_, old) = world.secret(secret_id).await;
    let mut new = old.clone();
    new["password"] = "the-password-after-the-rotation".into();
    let change = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new";
    let parameters = json!({"old": old["password"], "new": new["password"]});
    assert_eq!(world.query(&old, "system", change, parameters).await.0, 202);
    world
        .secrets
        .put_secret_value()
        .secret_id(secret_id)
        .secret_string(new.to_string())
        .send()
        .await
        .unwrap();
    let list = "CALL dbms.listConnections() YIELD connectionId, connector WHERE connector = 'bolt' RETURN connectionId";
    let (_, rows) = world.query(&new, "neo4j", list, json!({})).await;
    let ids: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row[0]).collect();
    assert_eq!(
        ids.len(),
        1,
        "the session of before has a connection of its own"
    );
    assert_eq!(
        world
            .query(
                &new,
                "neo4j",
                "CALL dbms.killConnections($ids)",
                json!({"ids": ids})
            )
            .await
            .0,
        202
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_keeps_what_its_container_began_with_until_it_is_stopped() {
    let world = World::start().await;
    let runtime = Runtime::that_reads(&world).await;
    let before = runtime.begin().await;
    assert!(runtime.call(&before).await.contains("served"));
    rotate(&world, &runtime.secret_id).await;
    assert!(
        runtime
            .call(&before)
            .await
            .contains("Neo.ClientError.Security.Unauthorized"),
        "it keeps the password of before"
    );
    let after = runtime.begin().await;
    assert!(
        runtime.call(&after).await.contains("served"),
        "a new session reads the new one"
    );
    assert_eq!(runtime.stop(&before).await, 200);
    assert!(
        runtime.call(&before).await.contains("served"),
        "the same session has a new container"
    );
    assert_eq!(
        runtime.stop("a-session-that-nobody-has-ever-begun").await,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_reaches_new_sessions_once_it_is_rolled_out() {
    let world = World::start().await;
    let runtime = Runtime::that_reads(&world).await;
    let (_, secret) = world.secret(&runtime.secret_id).await;
    let before = runtime.begin().await;
    assert!(runtime.call(&before).await.contains("served"));
    runtime
        .update(&[("NEO4J_PASSWORD", "a-copy-that-is-wrong")])
        .await;
    assert!(
        runtime
            .call(&runtime.begin().await)
            .await
            .contains("served"),
        "DEFAULT still serves the version of before"
    );
    assert_eq!(runtime.rolled_out().await, "4");
    assert!(
        runtime
            .call(&runtime.begin().await)
            .await
            .contains("Neo.ClientError.Security.Unauthorized")
    );
    assert!(
        runtime.call(&before).await.contains("served"),
        "a session that lives stays where it is"
    );
    runtime
        .update(&[("NEO4J_PASSWORD", secret["password"].as_str().unwrap())])
        .await;
    assert_eq!(runtime.rolled_out().await, "5");
    assert!(
        runtime
            .call(&runtime.begin().await)
            .await
            .contains("served")
    );
    // Nothing of the environment is kept that the request does not have: nobody names a secret any more.
    runtime.update(&[]).await;
    assert_eq!(runtime.rolled_out().await, "6");
    assert!(
        runtime
            .call(&runtime.begin().await)
            .await
            .contains("-32010")
    );
    let found = world
        .control
        .get_agent_runtime()
        .agent_runtime_id(runtime.id())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (found.environment_variables, found.description),
        (None, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_in_an_environment_is_old_until_a_new_version_is_rolled_out() {
    let world = World::start().await;
    let ((_, reports), (_, admin)) = (world.secret(REPORTS).await, world.secret(ADMIN).await);
    let runtime = Runtime::that_has_a_copy(&world).await;
    let before = runtime.begin().await;
    assert!(runtime.call(&before).await.contains("served"));
    let list = "CALL dbms.listConnections() YIELD username, connector WHERE connector = 'bolt' RETURN username";
    assert_eq!(
        world.query(&admin, "neo4j", list, json!({})).await,
        (202, json!([["reports"]]))
    );
    let alter = "ALTER USER reports SET PASSWORD $password CHANGE NOT REQUIRED";
    let next = "the-next-password-of-reports";
    assert_eq!(
        world
            .query(&admin, "system", alter, json!({"password": next}))
            .await
            .0,
        202
    );
    assert!(
        runtime
            .call(&runtime.begin().await)
            .await
            .contains("Neo.ClientError.Security.Unauthorized"),
        "every container has it"
    );
    assert!(
        runtime.call(&before).await.contains("served"),
        "a connection that is open outlives the password"
    );
    assert_eq!(runtime.stop(&before).await, 200);
    assert_eq!(
        world.query(&admin, "neo4j", list, json!({})).await,
        (202, json!([])),
        "its connections end with a container"
    );
    let user = reports["username"].as_str().unwrap();
    runtime
        .update(&[("NEO4J_USERNAME", user), ("NEO4J_PASSWORD", next)])
        .await;
    runtime.rolled_out().await;
    assert!(
        runtime
            .call(&runtime.begin().await)
            .await
            .contains("served")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_the_whole_of_it_and_the_same_request_makes_one_version() {
    let world = World::start().await;
    let runtime = Runtime::that_reads(&world).await;
    let known = world
        .control
        .get_agent_runtime()
        .agent_runtime_id(runtime.id())
        .send()
        .await
        .unwrap();
    let request = || {
        world
            .control
            .update_agent_runtime()
            .agent_runtime_id(runtime.id())
            .role_arn(known.role_arn.clone())
    };
    let without_artifact = request().set_network_configuration(known.network_configuration.clone());
    let without_network =
        request().set_agent_runtime_artifact(known.agent_runtime_artifact.clone());
    for request in [without_artifact, without_network.clone()] {
        let error = request.send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
    }
    let whole = without_network
        .set_network_configuration(known.network_configuration)
        .client_token("0123456789-".repeat(3) + "0");
    for _ in 0..2 {
        assert_eq!(
            whole.clone().send().await.unwrap().agent_runtime_version,
            "4"
        );
    }
    let error = whole
        .client_token("9876543210-".repeat(3) + "9")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.code(),
        Some("ConflictException"),
        "one after the other"
    );
    let found = world
        .control
        .get_agent_runtime()
        .agent_runtime_id(runtime.id())
        .send()
        .await
        .unwrap();
    assert!(found.authorizer_configuration.is_none() && found.protocol_configuration.is_none());
    assert!(
        found
            .metadata_configuration
            .is_none_or(|metadata| !metadata.require_mmdsv2)
    );
}
