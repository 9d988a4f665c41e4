//! Neo4j itself: logins, password changes, connections; over Bolt or the Query API as the address's scheme says.

use crate::model::{AlterAnswer, Failure, FailureKind, LoginAnswer, Neo4jAddress, Neo4jConnection, SecretText};

use super::Services;

impl Services {
    /// One login attempt, and what it proves.
    pub async fn neo4j_login(&self, address: &Neo4jAddress, _user: &str, _password: &SecretText) -> LoginAnswer {
        LoginAnswer::Unreachable(pending(address))
    }

    /// Changes the user's own password; the server compares `from` and sets `to` in one step.
    pub async fn neo4j_alter_password(
        &self,
        address: &Neo4jAddress,
        _user: &str,
        _from: &SecretText,
        _to: &SecretText,
    ) -> AlterAnswer {
        AlterAnswer::Refused(pending(address))
    }

    /// Who is connected, as far as this user may see.
    pub async fn neo4j_connections(
        &self,
        address: &Neo4jAddress,
        _user: &str,
        _password: &SecretText,
    ) -> Result<Vec<Neo4jConnection>, Failure> {
        Err(pending(address))
    }

    /// Ends connections by id; answers how many were ended.
    pub async fn neo4j_kill_connections(
        &self,
        address: &Neo4jAddress,
        _user: &str,
        _password: &SecretText,
        _ids: &[String],
    ) -> Result<usize, Failure> {
        Err(pending(address))
    }
}

fn pending(address: &Neo4jAddress) -> Failure {
    Failure::new(FailureKind::Network, format!("asking {}", address.uri), "not connected yet")
}
