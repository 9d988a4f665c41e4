//! What is said to and by a Neo4j server beside Cypher results: logins, password changes, connections.

use serde::Serialize;

use super::{failure::Failure, moment::Moment};

/// Where a Neo4j server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Neo4jAddress {
    /// `neo4j+s://…`, `bolt://…` and their siblings, or `https://…` for the Query API.
    pub uri: String,
    /// Database for Cypher; password changes always go to `system`.
    pub database: String,
}

/// What a login attempt proves about a password.
#[derive(Clone, Debug, PartialEq)]
pub enum LoginAnswer {
    /// The password is right.
    Accepted {
        /// Server name and version where it says so.
        server: Option<String>,
    },
    /// The password is wrong.
    WrongPassword,
    /// The user is locked out for some seconds: nothing is known of the password.
    RateLimited,
    /// The password is right, and must be changed before anything else.
    MustChange,
    /// The user is authenticated elsewhere (SSO, LDAP): the password cannot be changed here.
    External,
    /// The server was not reached: nothing is known of the password.
    Unreachable(Failure),
    /// Any other answer: nothing is known of the password.
    Other(Failure),
}

/// What became of `ALTER CURRENT USER SET PASSWORD FROM … TO …`.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterAnswer {
    /// The new password holds.
    Done,
    /// The old password was wrong; nothing changed.
    WrongOld,
    /// New and old are the same; nothing changed.
    Same,
    /// The server's password policy refuses the new one; nothing changed.
    Policy(String),
    /// This member of a cluster may not write; nothing changed. Names the leader where the server does.
    NotLeader(Option<String>),
    /// The command was sent and no answer came: it may or may not have been done.
    InDoubt(Failure),
    /// Refused or never sent; nothing changed.
    Refused(Failure),
}

/// What became of a user that an administrator was to set.
#[derive(Clone, Debug, PartialEq)]
pub enum UserAnswer {
    /// It is new, with these roles; its password holds.
    Created(Vec<String>),
    /// It was there; its password holds.
    Changed,
    /// The server's password policy refuses the new one.
    Policy(String),
    /// The administrator cannot do it; why.
    Unfit(String),
    /// Sent, and no answer came: it may or may not have been done.
    InDoubt(Failure),
    /// Refused for now, or never sent; nothing changed.
    Failed(Failure),
}

/// A user of a Neo4j server, as SHOW USERS shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Neo4jUser {
    /// Its name.
    pub name: String,
    /// Its roles; the Community edition has none.
    pub roles: Vec<String>,
    /// It may not log in.
    pub is_suspended: bool,
    /// Its home database, where one is set.
    pub home: Option<String>,
}

/// An open connection to a Neo4j server, as `dbms.listConnections` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Neo4jConnection {
    /// Connection id, `bolt-12`.
    pub id: String,
    /// User name.
    pub user: String,
    /// Connector: `bolt`, `http`.
    pub connector: String,
    /// User agent: names the consumer.
    pub agent: String,
    /// Client address and port.
    pub client_address: String,
    /// Since when.
    pub since: Option<Moment>,
}
