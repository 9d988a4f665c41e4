//! One stand-in database server: users, one graph, and who is connected. Statements come in with a user who has logged in;
//! how they travel is decided in `query_api` and in the MCP server.

use std::sync::OnceLock;

use parking_lot::Mutex;

use jiff::Timestamp;

use super::administration;
use super::login::{LoginRefusal, Users};
use cypher::{
    CypherError, DatabaseHost, ErrorPhase, ExecutionMode, Graph, Map, PreparedStatement,
    QueryResult, StandaloneHost, StatementEffect, UserCommand, Value,
};

/// The version that the stand-in gives out.
pub(crate) const VERSION: &str = "5.26.30";
/// The graph that every server begins with.
const MOVIES: &str = include_str!("../../assets/graphs/movies.cypher");

const SEMANTIC: &str = "Neo.ClientError.Statement.SemanticError";

/// A database server with its state.
pub(crate) struct Server {
    /// DatabaseHost and port that clients reach.
    address: String,
    uuid: String,
    users: Mutex<Users>,
    /// Loaded when it is first asked for.
    graph: OnceLock<Mutex<Graph>>,
    connections: Mutex<Connections>,
}

#[derive(Default)]
struct Connections {
    opened: u64,
    open: Vec<Connection>,
}

/// A connection that was logged in once. It goes on working when the password changes, as in Neo4j.
struct Connection {
    id: String,
    connector: &'static str,
    user: String,
    /// Only to recognise the credentials that a pool is asked for again.
    password: String,
    /// Whose pool it is in.
    pool: String,
    agent: String,
    client: String,
    since: Timestamp,
}

/// Who runs a statement, and where.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) change_required: bool,
    /// For `dbms.listConnections`: how this session came in.
    pub(crate) agent: String,
    pub(crate) client: String,
    /// Over HTTP; otherwise over a pooled connection that is listed anyway.
    pub(crate) http: bool,
    pub(crate) read_only: bool,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Server {
    pub(crate) fn new(address: String, uuid: String, users: Users) -> Self {
        Self {
            address,
            uuid,
            users: Mutex::new(users),
            graph: OnceLock::new(),
            connections: Mutex::default(),
        }
    }

    /// Logs in over HTTP, where every request does so: whether the password must be changed.
    pub(crate) fn log_in(
        &self,
        user: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<bool, LoginRefusal> {
        self.users.lock().log_in(user, password, now)
    }

    /// Logs in over a driver's pool: a connection that was opened with these credentials is used again without asking.
    pub(crate) fn log_in_pooled(
        &self,
        (user, password): (&str, &str),
        pool: &str,
        agent: &str,
        now: Timestamp,
    ) -> Result<bool, LoginRefusal> {
        let is_known =
            |one: &Connection| one.pool == pool && one.user == user && one.password == password;
        if self.connections.lock().open.iter().any(is_known) {
            return Ok(false);
        }
        let change_required = self.users.lock().log_in(user, password, now)?;
        let mut connections = self.connections.lock();
        connections.opened += 1;
        let number = connections.opened;
        connections.open.push(Connection {
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

    /// Closes the connections of a pool whose program has ended.
    pub(crate) fn close_pool(&self, pool: &str) {
        self.connections.lock().open.retain(|one| one.pool != pool);
    }

    fn graph(&self) -> &Mutex<Graph> {
        self.graph.get_or_init(|| Mutex::new(load(&self.uuid)))
    }

    /// Runs a statement. An error is one that Neo4j finds before it makes rows.
    pub(crate) fn run(
        &self,
        session: &Session,
        text: &str,
        parameters: &Map,
        now: Timestamp,
    ) -> Result<(QueryResult, StatementEffect), CypherError> {
        let prepared = cypher::prepare(text, parameters);
        if session.change_required && session.database != "system" {
            return Err(credentials_expired(&format!(
                "ACCESS on database '{}' is not allowed.",
                session.database
            )));
        }
        if !matches!(session.database.as_str(), "neo4j" | "system") {
            let message = format!("Graph not found: {}", session.database);
            return Err(CypherError::compile(
                "Neo.ClientError.Database.DatabaseNotFound",
                message,
            ));
        }
        let prepared = prepared?;
        if let Some(text) = prepared.unsupported() {
            let message = format!("Unsupported administration command: {text}");
            return Err(CypherError::compile(
                "Neo.ClientError.Statement.UnsupportedAdministrationCommand",
                message,
            ));
        }
        if session.database == "system" {
            refuse_on_system(&prepared, text)?;
        }
        let explained = prepared.mode() == ExecutionMode::Explain;
        let command = prepared.user_command();
        if session.change_required && !matches!(command, Some(UserCommand::AlterCurrent { .. })) {
            return Err(credentials_expired("Permission denied."));
        }
        if let Some(command) = command {
            let mut answer = QueryResult {
                mode: prepared.mode(),
                ..QueryResult::default()
            };
            if !explained {
                answer.counters.system_updates =
                    administration::change_users(&self.users, &session.user, command, parameters)?;
            }
            return Ok((answer, StatementEffect::System));
        }
        if session.read_only
            && !explained
            && matches!(
                prepared.effect,
                StatementEffect::Write | StatementEffect::Schema
            )
        {
            let message = format!(
                "Writing in read access mode not allowed. Attempted write to {}",
                session.database
            );
            return Err(CypherError::compile(
                "Neo.ClientError.Statement.AccessMode",
                message,
            ));
        }
        let host = Around {
            server: self,
            session,
            now,
        };
        let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
        let answer = cypher::run(
            &prepared,
            parameters,
            &mut self.graph().lock(),
            &host,
            zoned,
        );
        // A statement without columns does its work before the answer begins.
        let before_rows = |failure: &CypherError| match failure.phase {
            ErrorPhase::Compile => true,
            ErrorPhase::Run => answer.columns.is_empty(),
            ErrorPhase::Commit => false,
        };
        match answer.error.clone().filter(before_rows) {
            Some(failure) => Err(failure),
            None => Ok((answer, prepared.effect)),
        }
    }
}

/// What the `system` database refuses.
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

/// `denied`: what is not allowed.
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

/// The movies graph. What in it does not run is left out and found by a test.
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

/// The server as a running statement sees it.
struct Around<'a> {
    server: &'a Server,
    session: &'a Session,
    now: Timestamp,
}

fn moment(at: Timestamp) -> Value {
    Value::String(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

impl DatabaseHost for Around<'_> {
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
            .map(|one| {
                row(
                    &one.id,
                    one.since,
                    one.connector,
                    &one.user,
                    &one.agent,
                    &one.client,
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
            let found = connections.open.iter().position(|one| one.id == *id);
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
