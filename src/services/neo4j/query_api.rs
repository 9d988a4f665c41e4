//! The Query API v2: one POST a statement, each with its own login (statuses and bodies as seen on 5.26).

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    model::{Failure, FailureKind, SecretText},
    net::http_client::{self, Web},
};

use super::{Refusal, Statement};
use crate::services::neo4j::error_map::OF_NEO4J;

/// Nothing that is asked here takes long.
const TIMEOUT: Duration = Duration::from_secs(9);
/// Longest answer that is read.
const ANSWER: usize = 4 << 20;

/// Runs a statement; rows with their values in the order of RETURN.
pub(super) async fn run(
    web: &Web,
    base: &str,
    user: &str,
    password: &SecretText,
    statement: Statement<'_>,
) -> Result<Vec<Vec<Value>>, Refusal> {
    let doing = statement.doing;
    let address = format!(
        "{}/db/{}/query/v2",
        base.trim_end_matches('/'),
        statement.database
    );
    let client = web.client(doing, &address).map_err(Refusal::Other)?;
    let body = json!({"statement": statement.text, "parameters": statement.parameters});
    let sent = client
        .post(&address)
        .basic_auth(user, Some(password.reveal()))
        .header("accept", "application/json")
        .timeout(TIMEOUT)
        .json(&body)
        .send()
        .await;
    let response = sent.map_err(|error| {
        let failure = http_client::failure(doing, &address, &error);
        if error.is_connect() || error.is_builder() {
            Refusal::Unreachable(failure)
        } else {
            Refusal::Lost(failure)
        }
    })?;
    let status = response.status();
    let body = http_client::read_at_most(response, ANSWER)
        .await
        .map_err(|error| Refusal::Lost(error.failure(doing, &address)))?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = refusal(&answer) {
        return Err(refusal);
    }
    rows(&answer)
        .filter(|_| status.is_success())
        .ok_or_else(|| Refusal::Lost(foreign(doing, &address, status.as_u16())))
}

/// Neo4j's own error: a statement that fails while it runs is a 202 with errors. Load balancers and gateways have errors of their
/// own, which say nothing about the statement.
fn refusal(answer: &Value) -> Option<Refusal> {
    let error = answer.pointer("/errors/0")?;
    let text = |name: &str| {
        error
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let code = text("code");
    code.starts_with(OF_NEO4J)
        .then(|| Refusal::Server(code, text("message")))
}

/// Returns the rows of an answer without errors.
fn rows(answer: &Value) -> Option<Vec<Vec<Value>>> {
    let errors = answer.get("errors").and_then(Value::as_array);
    if errors.is_some_and(|errors| !errors.is_empty()) {
        return None;
    }
    let rows = answer.pointer("/data/values")?.as_array()?;
    let row = |row: &Value| row.as_array().cloned().unwrap_or_default();
    Some(rows.iter().map(row).collect())
}

/// Returns the answer of something that is not Neo4j's Query API.
fn foreign(doing: &str, address: &str, status: u16) -> Failure {
    let cause =
        format!("{address} answered with status {status}, and not as Neo4j's Query API does");
    Failure::new(FailureKind::Network, doing, cause)
        .status(status)
        .hint("check the address: the Query API is at http(s)://host:7474 or 7473, and on from Neo4j 5.25")
}
