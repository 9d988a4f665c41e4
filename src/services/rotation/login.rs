//! Logins to Neo4j with the user and password of a version, and the change of the password.

use crate::{
    model::{Neo4jAddress, Neo4jFailure, SecretText, neo4j_address_with_scheme},
    rotation::{
        effect::{EffectError, Observation},
        labels::VersionId,
    },
};

use super::live_backend::LiveBackend;

impl LiveBackend {
    /// Returns where this version's database is, with user and password.
    pub(super) fn access(
        &self,
        version: &VersionId,
    ) -> Result<(Neo4jAddress, String, SecretText), Observation> {
        let shape = self.shape(version)?;
        let uri = self
            .neo4j_uri
            .clone()
            .or_else(|| shape.address().map(neo4j_address_with_scheme))
            .unwrap_or_default();
        let database = shape.database().or(self.database.as_deref());
        let database = database.unwrap_or("neo4j").to_owned();
        Ok((
            Neo4jAddress { uri, database },
            shape.user().to_owned(),
            SecretText::from(shape.password()),
        ))
    }

    pub(super) async fn login(&self, version: &VersionId) -> Result<Observation, Observation> {
        let (address, user, password) = self.access(version)?;
        let answer = self.services.neo4j.login(&address, &user, &password).await;
        Ok(answer.map_or_else(no_answer, Observation::Login))
    }

    pub(super) async fn alter(
        &self,
        from: &VersionId,
        to: &VersionId,
    ) -> Result<Observation, Observation> {
        let (address, user, old) = self.access(from)?;
        let new = SecretText::from(self.shape(to)?.password());
        let answer = self
            .services
            .neo4j
            .alter_password(&address, &user, &old, &new)
            .await;
        Ok(answer.map_or_else(no_answer, Observation::Altered))
    }
}

/// No conclusive answer; where Neo4j was not reached, with the ways to reach a private network.
fn no_answer(error: Neo4jFailure) -> Observation {
    let error = match error {
        Neo4jFailure::Unreachable(failure) if failure.hint.is_none() => {
            Neo4jFailure::Unreachable(failure.hint("if Neo4j is in a private network, `--neo4j-uri` names a tunnel to it, and a rotation function of the secret needs none"))
        }
        error => error,
    };
    Observation::Failed(EffectError::from(error))
}
