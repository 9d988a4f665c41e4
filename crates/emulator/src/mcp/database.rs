//! The database behind an MCP server: the database server of this process, or a real Neo4j by the
//! Query API or by Bolt. Rows have the encoding of the official MCP server.

pub(crate) mod bolt;
mod query_api;

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::go_json;
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::neo4j::login::LoginRefusal;
use crate::neo4j::render;
use crate::neo4j::server::{DatabaseServer, DatabaseSession};
use crate::scenarios::Scenario;
use crate::world::SharedWorld;
use cypher::{CypherError, StatementEffect};

/// The user agent of the MCP server's driver.
const AGENT: &str = "Go Driver/6.2.0";

/// The columns and rows of a result.
#[derive(Debug, Default)]
pub(crate) struct DatabaseRows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Json>>,
}

/// The error of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatabaseError {
    /// The status code and the message of Neo4j.
    Neo4j(String, String),
    /// The address at which no server answers.
    Unreachable(String),
}

impl DatabaseError {
    /// Formats the error as the Go driver does.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Neo4j(code, message) => format!("Neo4jError: {code} ({message})"),
            Self::Unreachable(address) => {
                format!("ConnectivityError: dial tcp {address}: connect: connection refused")
            }
        }
    }

    fn login(refusal: LoginRefusal) -> Self {
        let (code, message) = match refusal {
            LoginRefusal::Invalid => (
                "Unauthorized",
                "The client is unauthorized due to authentication failure.",
            ),
            LoginRefusal::LockedOut => (
                "AuthenticationRateLimit",
                "The client has provided incorrect authentication details too many times in a row.",
            ),
        };
        Self::Neo4j(
            format!("Neo.ClientError.Security.{code}"),
            message.to_owned(),
        )
    }
}

/// A statement and its credentials.
#[derive(Clone, Copy)]
pub(crate) struct DatabaseStatement<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    /// The connection pool: that of a program in its container.
    pub(crate) pool: &'a str,
    pub(crate) text: &'a str,
    pub(crate) parameters: &'a Map<String, Json>,
    /// Whether statements that write are refused.
    pub(crate) read_only: bool,
}

/// Plays the fault of the database hop for one tool call.
pub(crate) async fn pass(world: &SharedWorld, deployment: &Scenario) -> Result<(), DatabaseError> {
    match world.faults.take_hop(deployment.name, FaultPoint::Neo4j) {
        Some(FaultKind::Down | FaultKind::Paused | FaultKind::CutBefore | FaultKind::CutAfter) => {
            Err(DatabaseError::Unreachable(address(deployment)))
        }
        Some(FaultKind::LockedOut) => Err(DatabaseError::login(LoginRefusal::LockedOut)),
        Some(FaultKind::Slow) => {
            tokio::time::sleep(SLOWNESS).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn address(deployment: &Scenario) -> String {
    deployment
        .neo4j
        .uri
        .split("://")
        .nth(1)
        .unwrap_or_default()
        .split('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Explains a statement, as the official server does before it runs one. Returns whether the
/// statement only reads, or `None` if that is not known.
pub(crate) async fn explain(
    world: &SharedWorld,
    deployment: &Scenario,
    statement: &DatabaseStatement<'_>,
) -> Result<Option<bool>, DatabaseError> {
    let explained = format!("EXPLAIN {}", statement.text);
    let asked = DatabaseStatement {
        text: &explained,
        ..*statement
    };
    match stand_in(world, deployment) {
        Some(server) => ask(world, server, &deployment.neo4j.database, &asked)
            .await
            .map(|(effect, _)| Some(effect == StatementEffect::Read)),
        None => run(world, deployment, &asked).await.map(|_| None),
    }
}

/// Runs a statement at the database of a deployment.
pub(crate) async fn run(
    world: &SharedWorld,
    deployment: &Scenario,
    statement: &DatabaseStatement<'_>,
) -> Result<DatabaseRows, DatabaseError> {
    let seat = &deployment.neo4j;
    if let Some(server) = stand_in(world, deployment) {
        return ask(world, server, &seat.database, statement)
            .await
            .map(|(_, rows)| rows);
    }
    if seat.uri.starts_with("http") {
        return query_api::run(world, seat, statement).await;
    }
    bolt::run(seat, statement).await
}

/// Returns the stand-in server, where that is what stands behind the deployment.
fn stand_in(world: &SharedWorld, deployment: &Scenario) -> Option<Arc<DatabaseServer>> {
    let own = deployment
        .neo4j
        .uri
        .starts_with(&format!("{}/", world.base));
    world.neo4j.get(deployment.name).filter(|_| own)
}

async fn ask(
    world: &SharedWorld,
    server: Arc<DatabaseServer>,
    database: &str,
    statement: &DatabaseStatement<'_>,
) -> Result<(StatementEffect, DatabaseRows), DatabaseError> {
    let now = world.now();
    let login = (statement.user, statement.password);
    let change_required = server
        .log_in_pooled(login, statement.pool, AGENT, now)
        .map_err(DatabaseError::login)?;
    let session = DatabaseSession {
        user: statement.user.to_owned(),
        database: database.to_owned(),
        change_required,
        agent: AGENT.to_owned(),
        client: "127.0.0.1".to_owned(),
        http: false,
        read_only: statement.read_only,
    };
    let parameters = statement
        .parameters
        .iter()
        .map(|(key, value)| (key.clone(), render::parameter(value)))
        .collect();
    let text = statement.text.to_owned();
    // A statement is pure work: it must not keep the threads that serve connections.
    let finished = tokio::task::spawn_blocking(move || {
        let refused = |failure: &CypherError| {
            DatabaseError::Neo4j(failure.code.to_owned(), failure.message.clone())
        };
        let (answer, effect) = server
            .run(&session, &text, &parameters, now)
            .map_err(|failure| refused(&failure))?;
        if let Some(failure) = &answer.error {
            return Err(refused(failure));
        }
        let rows = answer
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|value| go_json::value(&answer, value))
                    .collect()
            })
            .collect();
        Ok((
            effect,
            DatabaseRows {
                columns: answer.columns.clone(),
                rows,
            },
        ))
    });
    finished
        .await
        .unwrap_or_else(|_| Err(DatabaseError::Unreachable("the stand-in".to_owned())))
}
