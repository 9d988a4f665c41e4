//! Neo4j itself: logins, password changes, connections; over Bolt or the Query API as the address's scheme says.
//!
//! Nothing here tries again by itself: whether a wrong login may be repeated is the caller's business. Passwords travel as
//! parameters and headers, never in a statement's text.

mod bolt;
mod error_map;
mod query_api;
mod users;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::{
    AlterAnswer, Failure, FailureKind, LoginAnswer, Moment, Neo4jAddress, Neo4jConnection,
    Neo4jFailure, Neo4jScheme, SecretText, pluralize,
};
use crate::net::http_client::Web;

pub use users::UserSetting;

const ALTER: &str = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new";
const CONNECTIONS: &str = "CALL dbms.listConnections() YIELD connectionId, connectTime, connector, username, userAgent, clientAddress \
                           RETURN connectionId, connectTime, connector, username, userAgent, clientAddress";
const KILL: &str = "CALL dbms.killConnections($ids) YIELD connectionId RETURN connectionId";

/// One statement for one server.
struct Statement<'a> {
    /// In the user's words.
    doing: &'a str,
    /// `system` for administration.
    database: &'a str,
    text: &'a str,
    /// May hold passwords: wiped by whoever sends it as far as libraries allow.
    parameters: Value,
}

/// Why a statement brought no rows.
#[derive(Clone, Debug, PartialEq)]
enum Refusal {
    /// Neo4j itself said no: code and message.
    Server(String, String),
    /// It was never sent: nobody could be reached.
    Unreachable(Failure),
    /// It was sent, and no answer of Neo4j came.
    Lost(Failure),
    /// It was not sent, or something that is not Neo4j answered.
    Other(Failure),
}

/// Neo4j servers, by the address and login of each call.
#[derive(Clone)]
pub struct Neo4j {
    web: Arc<Web>,
}

impl Neo4j {
    pub(in crate::services) fn new(web: Arc<Web>) -> Self {
        Self { web }
    }

    /// Returns one login attempt on a new connection, and what it proves.
    ///
    /// # Errors
    /// [`Neo4jFailure`] where the answer proves nothing about the password.
    pub async fn login(
        &self,
        address: &Neo4jAddress,
        user: &str,
        password: &SecretText,
    ) -> Result<LoginAnswer, Neo4jFailure> {
        let doing = format!("logging in to {} as {user}", address.uri);
        let statement = Statement {
            doing: &doing,
            database: &address.database,
            text: "RETURN 1 AS ok",
            parameters: json!({}),
        };
        error_map::login(self.run(address, user, password, statement).await.map(drop))
    }

    /// Changes the user's own password; the server compares `from` and sets `to` in one step.
    ///
    /// # Errors
    /// [`Neo4jFailure`] where there is no answer to the question, or another than [`AlterAnswer`] knows.
    pub async fn alter_password(
        &self,
        address: &Neo4jAddress,
        user: &str,
        from: &SecretText,
        to: &SecretText,
    ) -> Result<AlterAnswer, Neo4jFailure> {
        let doing = format!("changing the password of {user} at {}", address.uri);
        let parameters = json!({"old": from.reveal(), "new": to.reveal()});
        let statement = Statement {
            doing: &doing,
            database: "system",
            text: ALTER,
            parameters,
        };
        error_map::alter(
            &doing,
            self.run(address, user, from, statement).await.map(drop),
        )
    }

    /// Returns who is connected, as far as this user may see.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] where the user may not see connections.
    pub async fn connections(
        &self,
        address: &Neo4jAddress,
        user: &str,
        password: &SecretText,
    ) -> Result<Vec<Neo4jConnection>, Failure> {
        let doing = format!("listing the connections of {}", address.uri);
        let statement = Statement {
            doing: &doing,
            database: "system",
            text: CONNECTIONS,
            parameters: json!({}),
        };
        let rows = self
            .run(address, user, password, statement)
            .await
            .map_err(|refusal| error_map::failure(&doing, refusal))?;
        Ok(rows.iter().map(|row| connection(row)).collect())
    }

    /// Ends connections by id; answers how many were ended.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] where the user may not end connections.
    pub async fn kill_connections(
        &self,
        address: &Neo4jAddress,
        user: &str,
        password: &SecretText,
        ids: &[String],
    ) -> Result<usize, Failure> {
        let doing = format!(
            "closing {} of {}",
            pluralize(ids.len(), "connection"),
            address.uri
        );
        let statement = Statement {
            doing: &doing,
            database: "system",
            text: KILL,
            parameters: json!({ "ids": ids }),
        };
        let rows = self
            .run(address, user, password, statement)
            .await
            .map_err(|refusal| error_map::failure(&doing, refusal))?;
        Ok(rows.len())
    }

    async fn run(
        &self,
        address: &Neo4jAddress,
        user: &str,
        password: &SecretText,
        statement: Statement<'_>,
    ) -> Result<Vec<Vec<Value>>, Refusal> {
        match Neo4jScheme::of(&address.uri) {
            Some(scheme) if scheme.is_query_api() => {
                query_api::run(&self.web, &address.uri, user, password, statement).await
            }
            Some(_) => bolt::run(&address.uri, user, password, statement).await,
            None => {
                let failure = Failure::new(
                    FailureKind::Usage,
                    statement.doing,
                    format!("{} is no address of Neo4j", address.uri),
                );
                let hint = format!("it begins with one of {}", Neo4jScheme::list());
                Err(Refusal::Other(failure.hint(hint)))
            }
        }
    }
}

/// Returns a row of [`CONNECTIONS`].
fn connection(row: &[Value]) -> Neo4jConnection {
    let text = |index: usize| {
        row.get(index)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Neo4jConnection {
        id: text(0),
        since: text(1)
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|at| Moment::from_millis(at.as_millisecond())),
        connector: text(2),
        user: text(3),
        agent: text(4),
        client_address: text(5),
    }
}
