//! A database server: its users, its graph and its connections. `query_api` and the MCP server bring
//! the statements of logged-in users.

use std::sync::OnceLock;

use parking_lot::Mutex;

use jiff::Timestamp;

use super::administration;
use super::login::{LoginRefusal, Users};
use cypher::{
    CypherError, DatabaseHost, ErrorPhase, ExecutionMode, Graph, Map, PreparedStatement,
    QueryResult, StandaloneHost, StatementEffect, UserCommand, Value,
};

/// The version that the server reports.
pub(crate) const VERSION: &str = "5.26.30";
/// The statements that create the graph of a new server.
const MOVIES: &str = include_str!("../../assets/graphs/movies.cypher");

const SEMANTIC: &str = "Neo.ClientError.Statement.SemanticError";

/// A database server with its state.
pub(crate) struct DatabaseServer {
    /// DatabaseHost and port that clients reach.
    address: String,
    uuid: String,
    users: Mutex<Users>,
    /// Loaded at the first statement.
    graph: OnceLock<Mutex<Graph>>,
    connections: Mutex<PooledConnections>,
}

#[derive(Default)]
struct PooledConnections {
    opened: u64,
    open: Vec<PooledConnection>,
}

/// A connection that has logged in. It keeps working when the password changes, as in Neo4j.
struct PooledConnection {
    id: String,
    connector: &'static str,
    user: String,
    /// The password of the login, by which the pool finds a connection for the same credentials.
    password: String,
    /// The pool that holds the connection.
    pool: String,
    agent: String,
    client: String,
    since: Timestamp,
}

/// The user, the database and the connection of a statement.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseSession {
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) change_required: bool,
    /// The user agent, for `dbms.listConnections`.
    pub(crate) agent: String,
    pub(crate) client: String,
    /// Whether the session is an HTTP request rather than a pooled connection.
    pub(crate) http: bool,
    pub(crate) read_only: bool,
}

impl std::fmt::Debug for DatabaseServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl DatabaseServer {
    pub(crate) fn new(address: String, uuid: String, users: Users) -> Self {
        Self {
            address,
            uuid,
            users: Mutex::new(users),
            graph: OnceLock::new(),
            connections: Mutex::default(),
        }
    }

    /// Logs in for one HTTP request. Returns whether the password must be changed.
    pub(crate) fn log_in(
        &self,
        user: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<bool, LoginRefusal> {
        self.users.lock().log_in(user, password, now)
    }

    /// Logs in through a driver's pool, which reuses a connection with the same credentials without a
    /// new login.
    pub(crate) fn log_in_pooled(
        &self,
        (user, password): (&str, &str),
        pool: &str,
        agent: &str,
        now: Timestamp,
    ) -> Result<bool, LoginRefusal> {
        let is_known = |connection: &PooledConnection| {
            connection.pool == pool && connection.user == user && connection.password == password
        };
        if self.connections.lock().open.iter().any(is_known) {
            return Ok(false);
        }
        let change_required = self.users.lock().log_in(user, password, now)?;
        let mut connections = self.connections.lock();
        connections.opened += 1;
        let number = connections.opened;
        connections.open.push(PooledConnection {
            id: format!("bolt-{number}"),
            connector: "bolt",
            user: user.to_owned(),
            password: password.to_owned(),
            pool: pool.to_owned(),
            agent: agent.to_owned(),
            client: format!("127.0.0.1:{}", 40_000 + number % 20_000),
            since: now,
        });
        Ok(change_required)
    }

    /// Closes the connections of a pool when its program ends.
    pub(crate) fn close_pool(&self, pool: &str) {
        self.connections
            .lock()
            .open
            .retain(|connection| connection.pool != pool);
    }

    fn graph(&self) -> &Mutex<Graph> {
        self.graph.get_or_init(|| Mutex::new(load(&self.uuid)))
    }

    /// Runs a statement.
    ///
    /// # Errors
    ///
    /// The errors that Neo4j reports before the first row. Later errors are part of the result.
    pub(crate) fn run(
        &self,
        session: &DatabaseSession,
        text: &str,
        parameters: &Map,
        now: Timestamp,
    ) -> Result<(QueryResult, StatementEffect), CypherError> {
        let prepared = cypher::prepare(text, parameters);
        check_database(session)?;
        let prepared = prepared?;
        check_statement(session, &prepared, text)?;
        if let Some(command) = prepared.user_command() {
            let mut result = QueryResult {
                mode: prepared.mode(),
                ..QueryResult::default()
            };
            if prepared.mode() != ExecutionMode::Explain {
                result.counters.system_updates =
                    administration::change_users(&self.users, &session.user, command, parameters)?;
            }
            return Ok((result, StatementEffect::System));
        }
        let host = SessionHost {
            server: self,
            session,
            now,
        };
        let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
        let result = cypher::run(
            &prepared,
            parameters,
            &mut self.graph().lock(),
            &host,
            zoned,
        );
        // A statement without columns is executed before the response begins.
        let before_rows = |error: &CypherError| match error.phase {
            ErrorPhase::Compile => true,
            ErrorPhase::Run => result.columns.is_empty(),
            ErrorPhase::Commit => false,
        };
        match result.error.clone().filter(before_rows) {
            Some(error) => Err(error),
            None => Ok((result, prepared.effect)),
        }
    }
}

/// Checks that the session may use its database.
fn check_database(session: &DatabaseSession) -> Result<(), CypherError> {
    let database = session.database.as_str();
    if session.change_required && database != "system" {
        return Err(credentials_expired(&format!(
            "ACCESS on database '{database}' is not allowed."
        )));
    }
    if matches!(database, "neo4j" | "system") {
        return Ok(());
    }
    Err(CypherError::compile(
        "Neo.ClientError.Database.DatabaseNotFound",
        format!("Graph not found: {database}"),
    ))
}

/// Checks that the session may run a statement.
fn check_statement(
    session: &DatabaseSession,
    prepared: &PreparedStatement,
    text: &str,
) -> Result<(), CypherError> {
    if let Some(text) = prepared.unsupported() {
        return Err(CypherError::compile(
            "Neo.ClientError.Statement.UnsupportedAdministrationCommand",
            format!("Unsupported administration command: {text}"),
        ));
    }
    if session.database == "system" {
        refuse_on_system(prepared, text)?;
    }
    let changes_own_password = matches!(
        prepared.user_command(),
        Some(UserCommand::AlterCurrent { .. })
    );
    if session.change_required && !changes_own_password {
        return Err(credentials_expired("Permission denied."));
    }
    let writes = matches!(
        prepared.effect,
        StatementEffect::Write | StatementEffect::Schema
    );
    if session.read_only && writes && prepared.mode() != ExecutionMode::Explain {
        let message = format!(
            "Writing in read access mode not allowed. Attempted write to {}",
            session.database
        );
        return Err(CypherError::compile(
            "Neo.ClientError.Statement.AccessMode",
            message,
        ));
    }
    Ok(())
}

/// Refuses what the `system` database does not support.
fn refuse_on_system(prepared: &PreparedStatement, text: &str) -> Result<(), CypherError> {
    if let Some(clause) = prepared.refused_by_system() {
        let message = format!(
            "The following unsupported clauses were used: {clause}. \nThe system database supports a restricted set of Cypher clauses. The \
             supported clause structure for procedure calls is: CALL, YIELD, RETURN. YIELD and RETURN clauses are optional. The order of the \
             clauses is fixed and each can only occur once."
        );
        return Err(CypherError::compile(SEMANTIC, message));
    }
    if prepared.effect == StatementEffect::Schema || prepared.is_user_database_show() {
        let message = format!(
            "The following commands are not allowed on a system database: {}.",
            text.trim()
        );
        return Err(CypherError::compile(SEMANTIC, message));
    }
    if prepared.is_plain_return() {
        let message = format!(
            "Not a recognised system command or procedure. This Cypher command can only be executed in a user database: {}",
            text.trim()
        );
        return Err(CypherError::compile(SEMANTIC, message));
    }
    Ok(())
}

/// Returns the error of a user whose password must be changed first.
fn credentials_expired(denied: &str) -> CypherError {
    let message = format!(
        "{denied}\n\nThe credentials you provided were valid, but must be changed before you can use \
         this instance. If this is the first time you are using Neo4j, this is to ensure you are not using the default credentials in \
         production. If you are not using default credentials, you are getting this message because an administrator requires a password \
         change.\nTo change your password, issue an `ALTER CURRENT USER SET PASSWORD FROM 'current password' TO 'new password'` statement \
         against the system database."
    );
    CypherError::compile("Neo.ClientError.Security.CredentialsExpired", message)
}

/// Creates the movies graph. A test checks that all statements run.
fn load(uuid: &str) -> Graph {
    let mut graph = Graph::new(uuid.to_owned());
    for statement in MOVIES
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
    {
        let Ok(prepared) = cypher::prepare(statement, &Map::new()) else {
            continue;
        };
        cypher::run(
            &prepared,
            &Map::new(),
            &mut graph,
            &StandaloneHost,
            jiff::Zoned::default(),
        );
    }
    graph
}

/// The server as the statements of a session see it.
struct SessionHost<'a> {
    server: &'a DatabaseServer,
    session: &'a DatabaseSession,
    now: Timestamp,
}

fn moment(at: Timestamp) -> Value {
    Value::String(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

impl DatabaseHost for SessionHost<'_> {
    fn version(&self) -> &str {
        VERSION
    }

    fn address(&self) -> &str {
        &self.server.address
    }

    fn user(&self) -> &str {
        &self.session.user
    }

    fn database(&self) -> &str {
        &self.session.database
    }

    fn connections(&self) -> Vec<Vec<Value>> {
        let connections = self.server.connections.lock();
        let row = |id: &str, since, connector: &str, user: &str, agent: &str, client: &str| {
            let texts = [connector, user, agent, &self.server.address, client];
            [Value::from(id), moment(since)]
                .into_iter()
                .chain(texts.into_iter().map(Value::from))
                .collect()
        };
        let mut rows: Vec<Vec<Value>> = connections
            .open
            .iter()
            .map(|connection| {
                row(
                    &connection.id,
                    connection.since,
                    connection.connector,
                    &connection.user,
                    &connection.agent,
                    &connection.client,
                )
            })
            .collect();
        if self.session.http {
            rows.push(row(
                "http-1",
                self.now,
                "http",
                &self.session.user,
                &self.session.agent,
                &self.session.client,
            ));
        }
        rows
    }

    fn kill_connections(&self, ids: &[String]) -> Vec<Vec<Value>> {
        let mut connections = self.server.connections.lock();
        let mut rows = Vec::new();
        for id in ids {
            let found = connections
                .open
                .iter()
                .position(|connection| connection.id == *id);
            let (user, message) = match found {
                Some(index) => (connections.open.remove(index).user, "Connection found"),
                None if self.session.http && id == "http-1" => {
                    (self.session.user.clone(), "Connection found")
                }
                None => ("n/a".to_owned(), "No connection found with this id"),
            };
            rows.push(vec![
                Value::from(id.as_str()),
                Value::String(user),
                Value::from(message),
            ]);
        }
        rows
    }

    fn users(&self) -> Vec<(String, bool)> {
        self.server.users.lock().list()
    }
}

#[cfg(test)]
pub(crate) fn movies_statements() -> impl Iterator<Item = &'static str> {
    MOVIES
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
}
