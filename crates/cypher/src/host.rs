//! What a statement may ask of the server that it runs on, so that the engine knows nothing of users and sockets.

use crate::value::Value;

/// The server around the graph.
pub trait Host {
    /// The version to report.
    fn version(&self) -> &str;
    /// Host and port that clients reach.
    fn address(&self) -> &str;
    /// Who runs the statement.
    fn user(&self) -> &str;
    /// The database that it runs in.
    fn database(&self) -> &str;
    /// Rows of `dbms.listConnections`.
    fn connections(&self) -> Vec<Vec<Value>>;
    /// Closes connections by id: rows of `dbms.killConnections`.
    fn kill_connections(&self, ids: &[String]) -> Vec<Vec<Value>>;
    /// Rows of SHOW USERS: the name and whether the password must be changed.
    fn users(&self) -> Vec<(String, bool)>;
}
