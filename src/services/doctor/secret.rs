//! Probes of the secret that the chain uses, and one login at Neo4j with its current password.

use super::{control::ChainParts, not_made, probe};
use crate::{
    doctor::{Evidence, Probe},
    model::{
        Deployment, Failure, HeaderSpec, Kind, LoginAnswer, Neo4jAddress, SecretContent,
        SecretDetail, SecretText, SecretValue, VersionRef,
    },
    rotation::secret_document::SecretDocument,
    services::doctor::DoctorProbes,
};

type SecretProbes = (Probe<SecretDetail>, Probe<()>, Probe<LoginAnswer>);

impl DoctorProbes {
    /// Reads the secret that the chain uses and tries its password once.
    pub(super) async fn probe_secret(
        &self,
        deployment: &Deployment,
        evidence: &Evidence,
        parts: &ChainParts,
    ) -> SecretProbes {
        let id = match self.chain_secret(deployment, evidence, parts).await {
            Ok(Some(id)) => id,
            Ok(None) => {
                let why = "no Neo4j secret in this chain";
                return (not_made(why), not_made(why), not_made(why));
            }
            Err(failure) => {
                let why = "the secret must be known first";
                let listed = Probe::Failed {
                    failure,
                    elapsed_ms: 0,
                };
                return (listed, not_made(why), not_made(why));
            }
        };
        let version = VersionRef::Stage("AWSCURRENT".to_owned());
        let (detail, value) = futures::join!(
            probe(self.aws.secrets.secret_detail(deployment, &id)),
            probe(self.aws.secrets.secret_value(deployment, &id, &version))
        );
        let login = self.probe_login(deployment, &value).await;
        (detail, value.map(|_| ()), login)
    }

    /// Id of the secret that the chain uses: the one of a header, the runtime's, the stack's, then the configured ones.
    async fn chain_secret(
        &self,
        deployment: &Deployment,
        evidence: &Evidence,
        parts: &ChainParts,
    ) -> Result<Option<String>, Failure> {
        let header = deployment.headers.iter().find_map(|header| match header {
            HeaderSpec::BasicFromSecret { secret_id, .. } => secret_id.clone(),
            HeaderSpec::Literal { .. } => None,
        });
        let stack = evidence.stack.value();
        let known = header
            .or_else(|| parts.secret().map(str::to_owned))
            .or_else(|| stack.and_then(|facts| facts.secret_arn.clone()))
            .or_else(|| deployment.secrets.first().cloned());
        if known.is_some() {
            return Ok(known);
        }
        let listed = self.aws.resources.list(deployment, Kind::Secret).await?;
        Ok(listed.first().map(|secret| secret.key.own_id().to_owned()))
    }

    /// One login with AWSCURRENT. A wrong password counts once against Neo4j's lock-out, which takes three.
    async fn probe_login(
        &self,
        deployment: &Deployment,
        value: &Probe<SecretValue>,
    ) -> Probe<LoginAnswer> {
        let value = match value {
            Probe::Answered { value, .. } => value,
            Probe::Failed { failure, .. } => {
                return not_made(format!(
                    "the secret's value could not be read: {}",
                    failure.cause
                ));
            }
            Probe::NotMade(why) => return not_made(why.as_str()),
        };
        let SecretContent::Text(text) = &value.content else {
            return not_made("the secret is binary");
        };
        let shape = match SecretDocument::parse(text.reveal()) {
            Ok(shape) => shape,
            Err(error) => {
                return not_made(format!("the secret holds no Neo4j credentials: {error}"));
            }
        };
        let uri = deployment
            .neo4j_uri
            .clone()
            .or_else(|| shape.address().map(str::to_owned));
        let Some(uri) = uri else {
            return not_made("neither the secret nor the configuration names Neo4j's address");
        };
        let address = Neo4jAddress {
            uri,
            database: shape.database().unwrap_or("neo4j").to_owned(),
        };
        let password = SecretText::from(shape.password());
        probe(async { Ok(self.neo4j.login(&address, shape.user(), &password).await) }).await
    }
}
