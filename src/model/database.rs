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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginAnswer {
    /// The password is right.
    Accepted,
    /// The password is right, and must be changed before anything else (`CredentialsExpired`).
    MustChange,
    /// The password is wrong (`Unauthorized`).
    WrongPassword,
    /// The user is locked for some seconds (`AuthenticationRateLimit`): nothing is known of the password.
    RateLimited,
}

/// What became of `ALTER CURRENT USER SET PASSWORD FROM … TO …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterAnswer {
    /// The new password holds.
    Done,
    /// The old password was wrong, at the login or in the statement; nothing changed.
    WrongOld,
    /// New and old are the same; nothing changed.
    Same,
    /// The server's password policy refuses the new one; nothing changed.
    Policy(String),
    /// This member of a cluster may not write; nothing changed.
    NotLeader,
    /// The user has no right to change its password; nothing changed.
    Forbidden(String),
}

/// Why a login or a statement has no conclusive answer of Neo4j.
#[derive(Clone, Debug, PartialEq)]
pub enum Neo4jFailure {
    /// It was never sent: the server was not reached.
    Unreachable(Failure),
    /// It was sent and no conclusive answer came: it may or may not have taken effect.
    InDoubt(Failure),
    /// It was refused, or not sent for another reason; nothing changed.
    Refused(Failure),
}

impl Neo4jFailure {
    /// Returns the failure behind it.
    pub const fn failure(&self) -> &Failure {
        let (Self::Unreachable(failure) | Self::InDoubt(failure) | Self::Refused(failure)) = self;
        failure
    }
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
