//! What a rotation finds in the embedded stack: secrets whose user alternates with a clone, and their administrator; the
//! Neo4j that knows them all. Spoken to by the real SDK crates and by plain HTTP.
#![cfg(feature = "local")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use agentcore_console::local::{self, Options, RealNeo4j, Stack};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager as secrets;
use serde_json::{Value, json};

const REPORTS: &str = "neo4j-reports/credentials";
const ADMIN: &str = "neo4j-admin/credentials";

struct World {
    stack: Stack,
    secrets: secrets::Client,
    http: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        let stack = local::start(Options { seed: 7, quiet_world: true, ..Options::default() }).await.unwrap();
        let (key, secret) = stack.credentials();
        let config = secrets::Config::builder()
            .behavior_version(secrets::config::BehaviorVersion::latest())
            .region(secrets::config::Region::new("us-west-2"))
            .credentials_provider(Credentials::new(key, secret, None, None, "test"))
            .endpoint_url(stack.endpoint());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { secrets: secrets::Client::from_conf(config.build()), stack, http }
    }

    async fn secret(&self, id: &str) -> (String, Value) {
        let answer = self.secrets.get_secret_value().secret_id(id).send().await.unwrap();
        (answer.arn.unwrap(), serde_json::from_str(&answer.secret_string.unwrap()).unwrap())
    }

    /// A statement by the Query API at the address of a secret, as its user: the status and the error code or the rows.
    async fn query(&self, secret: &Value, database: &str, statement: &str, parameters: Value) -> (u16, Value) {
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
        let told = body.pointer("/errors/0/code").or_else(|| body.pointer("/data/values")).cloned();
        (status, told.unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_and_its_clone_alternate_by_the_hand_of_the_administrator() {
    let world = World::start().await;
    let ((_, reports), (admin_arn, admin)) = (world.secret(REPORTS).await, world.secret(ADMIN).await);
    assert_eq!(reports["masterarn"], admin_arn.as_str());
    assert_eq!((&reports["uri"], admin.get("masterarn")), (&admin["uri"], None));
    assert_eq!(reports["uri"], world.stack.ready_line()["neo4j"]["query_api"], "it is the Neo4j of deployment a");
    let one = "RETURN 1 AS one";
    for secret in [&reports, &admin] {
        assert_eq!(world.query(secret, "neo4j", one, json!({})).await, (202, json!([[1]])));
    }

    let mut clone = reports.clone();
    clone["username"] = "reports_clone".into();
    clone["password"] = "first-password-of-the-clone".into();
    let refused = |code: &str| json!(format!("Neo.ClientError.{code}"));
    assert_eq!(world.query(&clone, "neo4j", one, json!({})).await, (401, refused("Security.Unauthorized")));
    let parameters = |secret: &Value| json!({"user": secret["username"], "password": secret["password"]});
    let create = "CREATE USER $user SET PASSWORD $password CHANGE NOT REQUIRED";
    let alter = "ALTER USER $user SET PASSWORD $password CHANGE NOT REQUIRED";
    let argument = refused("Statement.ArgumentError");
    assert_eq!(world.query(&admin, "system", alter, parameters(&clone)).await, (400, argument.clone()), "nobody yet");
    assert_eq!(world.query(&admin, "system", create, parameters(&clone)).await, (202, json!([])));
    assert_eq!(world.query(&admin, "system", create, parameters(&clone)).await, (400, argument.clone()), "it exists");
    assert_eq!(world.query(&admin, "system", alter, parameters(&clone)).await, (400, argument), "the same password");
    for secret in [&reports, &clone] {
        assert_eq!(world.query(secret, "neo4j", one, json!({})).await, (202, json!([[1]])), "both work at once");
    }
    let shown = "SHOW USERS YIELD user, passwordChangeRequired WHERE user STARTS WITH $user";
    let rows = json!([["reports", false], ["reports_clone", false]]);
    assert_eq!(world.query(&admin, "system", shown, json!({"user": "reports"})).await, (202, rows));

    // The other way round: the password of the first one changes while the clone works on.
    let mut next = reports.clone();
    next["password"] = "second-password-of-the-user".into();
    assert_eq!(world.query(&admin, "system", alter, parameters(&next)).await, (202, json!([])));
    assert_eq!(world.query(&reports, "neo4j", one, json!({})).await.0, 401);
    for secret in [&next, &clone] {
        assert_eq!(world.query(secret, "neo4j", one, json!({})).await.0, 202);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_further_secrets_name_stands_only_at_an_embedded_neo4j() {
    let real = RealNeo4j { uri: "bolt://127.0.0.1:9".into(), user: "neo4j".into(), password: "their-password".into() };
    let options = Options { seed: 7, quiet_world: true, neo4j: Some(real), ..Options::default() };
    for (options, expected) in [(Options { neo4j: None, ..options.clone() }, 2), (options, 0)] {
        let stack = local::start(options).await.unwrap();
        let counts: Vec<usize> = stack.deployments().iter().map(|one| one.further_secrets.len()).collect();
        assert_eq!(counts, [expected, 0, 0, 0, 0]);
    }
}
