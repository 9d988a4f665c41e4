//! The server on which a statement runs: what statements can ask about users and connections.

use crate::value::Value;

/// The database server around a graph.
///
/// The interpreter knows nothing of users and sockets; administrative procedures and `SHOW`
/// commands ask the server through this trait.
pub trait DatabaseHost {
    /// Returns the version of the server, for example `5.26.30`.
    fn version(&self) -> &str;
    /// Returns the host and port that clients connect to.
    fn address(&self) -> &str;
    /// Returns the name of the user who runs the statement.
    fn user(&self) -> &str;
    /// Returns the name of the database that the statement runs in.
    fn database(&self) -> &str;
    /// Returns the rows of `dbms.listConnections`.
    fn connections(&self) -> Vec<Vec<Value>>;
    /// Closes connections by id and returns the rows of `dbms.killConnections`.
    fn kill_connections(&self, ids: &[String]) -> Vec<Vec<Value>>;
    /// Returns the name of each user and whether the password must be changed.
    fn users(&self) -> Vec<(String, bool)>;
}

/// A host without users and connections, for statements that run outside a server.
#[derive(Debug, Clone, Copy)]
pub struct StandaloneHost;

impl DatabaseHost for StandaloneHost {
    fn version(&self) -> &'static str {
        "5.26.0"
    }

    fn address(&self) -> &'static str {
        ""
    }

    fn user(&self) -> &'static str {
        ""
    }

    fn database(&self) -> &'static str {
        "neo4j"
    }

    fn connections(&self) -> Vec<Vec<Value>> {
        Vec::new()
    }

    fn kill_connections(&self, _ids: &[String]) -> Vec<Vec<Value>> {
        Vec::new()
    }

    fn users(&self) -> Vec<(String, bool)> {
        Vec::new()
    }
}
