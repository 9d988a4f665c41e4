//! Bolt, by a driver that blocks: each statement on a thread and a connection of its own, so that each one logs in again.

use std::{collections::HashMap, sync::Arc, time::Duration};

use neo4j::{
    Neo4jError, ValueReceive, ValueSend,
    driver::{ConnectionConfig, Driver, DriverConfig, RoutingControl, auth::AuthToken},
    session::SessionConfig,
};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::model::{Failure, FailureKind, SecretText};

use super::{Refusal, Statement};

/// Reaching the server.
const CONNECT: Duration = Duration::from_secs(5);
/// Reaching it and logging in, routing included.
const ACQUIRE: Duration = Duration::from_secs(8);
/// All of it; whoever waits longer is told that the answer is lost.
const TIMEOUT: Duration = Duration::from_secs(9);

/// Runs a statement; rows with their values in the order of RETURN.
pub(super) async fn run(
    uri: &str,
    user: &str,
    password: &SecretText,
    statement: Statement<'_>,
) -> Result<Vec<Vec<Value>>, Refusal> {
    let doing = statement.doing.to_owned();
    let job = Job {
        uri: uri.to_owned(),
        user: user.to_owned(),
        password: password.clone(),
        database: statement.database.to_owned(),
        text: statement.text.to_owned(),
        parameters: parameters(&statement.parameters),
        doing: doing.clone(),
    };
    let (send, receive) = oneshot::channel();
    // Not on the runtime's threads: a server that falls silent must not keep the program from ending.
    std::thread::spawn(move || {
        // The receiver is gone when the caller has given up.
        let _ = send.send(job.run());
    });
    let lost =
        |cause: &str| Refusal::Lost(Failure::new(FailureKind::Timeout, doing.as_str(), cause));
    match tokio::time::timeout(TIMEOUT, receive).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(lost("the Bolt driver gave up")),
        Err(_) => Err(lost("the server did not answer in time")),
    }
}

struct Job {
    uri: String,
    user: String,
    password: SecretText,
    database: String,
    text: String,
    parameters: HashMap<String, ValueSend>,
    doing: String,
}

impl Job {
    fn run(self) -> Result<Vec<Vec<Value>>, Refusal> {
        let Self {
            uri,
            user,
            password,
            database,
            text,
            parameters,
            doing,
        } = self;
        let address: ConnectionConfig = uri.parse().map_err(|error| {
            Refusal::Other(Failure::new(
                FailureKind::Usage,
                doing.as_str(),
                format!("{uri}: {error}"),
            ))
        })?;
        let config = DriverConfig::new()
            .with_user_agent(concat!("agentcore-console/", env!("CARGO_PKG_VERSION")).to_owned())
            .with_auth(Arc::new(AuthToken::new_basic_auth(user, password.reveal())))
            .with_connection_timeout(CONNECT)
            .with_connection_acquisition_timeout(ACQUIRE)
            .with_max_connection_pool_size(2)
            .with_telemetry(false);
        let driver = Driver::new(address, config);
        // First the connection and the login alone: where nobody could be reached, nothing was sent.
        driver
            .verify_connectivity()
            .map_err(|error| refusal(&doing, &uri, error, true))?;
        let mut session = driver.session(SessionConfig::new().with_database(Arc::new(database)));
        let result = session
            .auto_commit(text)
            .with_parameters(parameters)
            .with_routing_control(RoutingControl::Write)
            .run()
            .map_err(|error| refusal(&doing, &uri, error, false))?;
        Ok(result
            .records
            .into_iter()
            .map(|record| record.into_values().map(value).collect())
            .collect())
    }
}

fn refusal(doing: &str, uri: &str, error: Neo4jError, connecting: bool) -> Refusal {
    let failure = |kind: FailureKind, text: String| Failure::new(kind, doing, text);
    match error {
        Neo4jError::ServerError { error, .. } => {
            Refusal::Server(error.code().to_owned(), error.message().to_owned())
        }
        Neo4jError::InvalidConfig { message, .. } => {
            let hint =
                "check the scheme: +s wants a server with a certificate that this machine trusts";
            Refusal::Unreachable(
                failure(FailureKind::Network, format!("{uri}: {message}")).hint(hint),
            )
        }
        Neo4jError::Disconnect {
            message, source, ..
        } if connecting && is_unopened(&message) => {
            let cause = source.map_or(message, |source| source.to_string());
            Refusal::Unreachable(failure(
                FailureKind::Network,
                format!("{uri} was not reached: {cause}"),
            ))
        }
        // A connection that ends later may have carried the login: it may have been heard, and it may have been wrong.
        error => Refusal::Lost(failure(FailureKind::Network, format!("{uri}: {error}"))),
    }
}

/// Returns whether the driver says that no connection came about; with routing, it wraps that of the last member that it tried.
fn is_unopened(message: &str) -> bool {
    let last = message
        .strip_prefix("unable to retrieve routing information; last error: connection failed: ")
        .unwrap_or(message);
    ["failed to open connection", "no known routers left"]
        .iter()
        .any(|begin| last.starts_with(begin))
}

fn parameters(value: &Value) -> HashMap<String, ValueSend> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), sent(value)))
        .collect()
}

/// Returns what statements of this module send: texts, and lists of them.
fn sent(value: &Value) -> ValueSend {
    match value {
        Value::String(text) => ValueSend::String(text.clone()),
        Value::Array(items) => ValueSend::List(items.iter().map(sent).collect()),
        Value::Bool(yes) => ValueSend::Boolean(*yes),
        Value::Number(number) => number.as_i64().map_or(ValueSend::Null, ValueSend::Integer),
        Value::Null | Value::Object(_) => ValueSend::Null,
    }
}

/// Returns what statements of this module get: texts, numbers, and lists of them.
fn value(received: ValueReceive) -> Value {
    match received {
        ValueReceive::List(items) => Value::Array(items.into_iter().map(value).collect()),
        ValueReceive::String(text) => Value::String(text),
        ValueReceive::Integer(number) => Value::from(number),
        ValueReceive::Boolean(yes) => Value::Bool(yes),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_arrive_as_lists() {
        let text = |text: &str| ValueReceive::String(text.to_owned());
        let roles = ValueReceive::List(vec![text("PUBLIC"), text("reader")]);
        assert_eq!(value(roles), json!(["PUBLIC", "reader"]));
        assert_eq!(value(ValueReceive::Null), Value::Null);
    }
}
