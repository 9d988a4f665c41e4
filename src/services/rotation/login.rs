//! Logins to Neo4j with the user and password of a version, and the change of the password.

use crate::{
    model::{
        AlterAnswer as Altered, Failure, FailureKind, LoginAnswer as Answered, Neo4jAddress,
        SecretText, neo4j_address_with_scheme,
    },
    rotation::{
        effect::{AlterAnswer, EffectError, EffectErrorClass, LoginAnswer, Observation},
        labels::VersionId,
    },
};

use super::live_backend::LiveBackend;

impl LiveBackend {
    /// Where this version's database is, with user and password.
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
        let answer = match self.services.neo4j.login(&address, &user, &password).await {
            Answered::Accepted { .. } => LoginAnswer::Accepted,
            Answered::WrongPassword => LoginAnswer::Wrong,
            Answered::RateLimited => LoginAnswer::Limited,
            Answered::MustChange => LoginAnswer::MustChange,
            Answered::External => LoginAnswer::External,
            Answered::Unreachable(failure) => {
                return Ok(Observation::Failed(unreachable(failure)));
            }
            Answered::Other(failure) => return Ok(Observation::Failed(EffectError::from(failure))),
        };
        Ok(Observation::Login(answer))
    }

    pub(super) async fn alter(
        &self,
        from: &VersionId,
        to: &VersionId,
    ) -> Result<Observation, Observation> {
        let (address, user, old) = self.access(from)?;
        let new = SecretText::from(self.shape(to)?.password());
        let answer = match self
            .services
            .neo4j
            .alter_password(&address, &user, &old, &new)
            .await
        {
            Altered::Done => AlterAnswer::Done,
            Altered::WrongOld => AlterAnswer::WrongOld,
            Altered::Same => AlterAnswer::Same,
            Altered::Policy(why) => AlterAnswer::Policy(why),
            Altered::NotLeader(_) => AlterAnswer::NotLeader,
            Altered::InDoubt(_) => return Ok(Observation::Failed(EffectError::in_doubt())),
            Altered::Refused(failure) if failure.kind == FailureKind::Denied => {
                AlterAnswer::Forbidden(failure.cause)
            }
            Altered::Refused(failure) => {
                return Ok(Observation::Failed(EffectError::from(failure)));
            }
        };
        Ok(Observation::Altered(answer))
    }
}

/// A failure to connect to Neo4j, with the ways to reach a private network.
fn unreachable(failure: Failure) -> EffectError {
    let failure = if failure.hint.is_some() {
        failure
    } else {
        failure.hint("if Neo4j is in a private network, `--neo4j-uri` names a tunnel to it, and a rotation function of the secret needs none")
    };
    EffectError::new(EffectErrorClass::Unreachable, failure)
}
