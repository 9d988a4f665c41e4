//! Probes of the secret that the chain uses, and one login at Neo4j with its current password.

use super::{control::ChainParts, not_made, probe};
use crate::{
    doctor::{Evidence, PreviousPassword, Probe},
    model::{
        Deployment, Failure, HeaderSpec, Kind, LoginAnswer, Moment, Neo4jAddress, Neo4jFailure,
        SecretContent, SecretDetail, SecretText, SecretValue, VersionRef,
    },
    rotation::secret_document::SecretDocument,
    services::{aws::database_place::DatabasePlace, doctor::DoctorProbes},
};

/// What was probed of the secret that the chain uses.
pub(super) struct SecretProbes {
    pub(super) detail: Probe<SecretDetail>,
    pub(super) value: Probe<()>,
    pub(super) login: Probe<Result<LoginAnswer, Neo4jFailure>>,
    pub(super) previous: Probe<PreviousPassword>,
}

impl SecretProbes {
    fn not_made(detail: Probe<SecretDetail>, why: &str) -> Self {
        Self {
            detail,
            value: not_made(why),
            login: not_made(why),
            previous: not_made(why),
        }
    }
}

impl DoctorProbes {
    /// Reads the secret that the chain uses and tries its password once; if Neo4j refuses it, the previous one too.
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
                return SecretProbes::not_made(not_made(why), why);
            }
            Err(failure) => {
                let listed = Probe::Failed {
                    failure,
                    elapsed_ms: 0,
                };
                return SecretProbes::not_made(listed, "the secret must be known first");
            }
        };
        let version = VersionRef::Stage("AWSCURRENT".to_owned());
        let (detail, value) = futures::join!(
            probe(self.aws.secrets.secret_detail(deployment, &id)),
            probe(self.aws.secrets.secret_value(deployment, &id, &version))
        );
        let place = self.aws.resources.database_place(deployment).await;
        let login = self.probe_login(deployment, &place, &value).await;
        let previous = match login.value() {
            Some(Ok(LoginAnswer::WrongPassword)) => {
                self.probe_previous(deployment, &place, &id, &value, evidence.now)
                    .await
            }
            Some(_) | None => not_made("AWSCURRENT was not refused"),
        };
        SecretProbes {
            detail,
            value: value.map(|_| ()),
            login,
            previous,
        }
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

    /// Returns one login with AWSCURRENT. A wrong password counts once against Neo4j's lock-out, which takes three.
    async fn probe_login(
        &self,
        deployment: &Deployment,
        place: &DatabasePlace,
        value: &Probe<SecretValue>,
    ) -> Probe<Result<LoginAnswer, Neo4jFailure>> {
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
        match login_of(deployment, place, value) {
            Ok(login) => {
                probe(async {
                    Ok(self
                        .neo4j
                        .login(&login.address, &login.user, &login.password)
                        .await)
                })
                .await
            }
            Err(why) => not_made(why),
        }
    }

    /// Returns one login with AWSPREVIOUS, if it is another password, and who wrote the secret last.
    async fn probe_previous(
        &self,
        deployment: &Deployment,
        place: &DatabasePlace,
        id: &str,
        current: &Probe<SecretValue>,
        now: Moment,
    ) -> Probe<PreviousPassword> {
        let version = VersionRef::Stage("AWSPREVIOUS".to_owned());
        let previous = match self
            .aws
            .secrets
            .secret_value(deployment, id, &version)
            .await
        {
            Ok(previous) => previous,
            Err(failure) => return not_made(format!("AWSPREVIOUS: {}", failure.cause)),
        };
        let of = |value: &SecretValue| login_of(deployment, place, value);
        let login = match (current.value().map(of), of(&previous)) {
            (Some(Ok(current)), Ok(previous)) if current.password == previous.password => {
                return not_made("AWSPREVIOUS holds the same password");
            }
            (_, Ok(previous)) => previous,
            (_, Err(why)) => return not_made(why),
        };
        probe(async {
            let answer = self
                .neo4j
                .login(&login.address, &login.user, &login.password);
            let is_accepted = answer.await == Ok(LoginAnswer::Accepted);
            let overwritten = if is_accepted {
                self.aws.trail.last_secret_write(deployment, id, now).await
            } else {
                None
            };
            Ok(PreviousPassword {
                is_accepted,
                overwritten,
            })
        })
        .await
    }
}

/// Where and as whom a secret's value logs in.
struct SecretLogin {
    address: Neo4jAddress,
    user: String,
    password: SecretText,
}

/// Returns the login that a secret's value means; `place` fills what a bare password leaves open. The error says what is missing.
fn login_of(
    deployment: &Deployment,
    place: &DatabasePlace,
    value: &SecretValue,
) -> Result<SecretLogin, String> {
    let SecretContent::Text(text) = &value.content else {
        return Err("the secret is binary".to_owned());
    };
    let document =
        SecretDocument::parse_for(text.reveal(), place.user.as_deref().unwrap_or("neo4j"))
            .map_err(|error| format!("the secret holds no Neo4j credentials: {error}"))?;
    let uri = deployment
        .neo4j_uri
        .clone()
        .or_else(|| document.address().map(str::to_owned))
        .or_else(|| place.uri.clone())
        .ok_or(
            "neither the secret, the configuration, the stack nor a runtime names Neo4j's address",
        )?;
    let database = document.database().or(place.database.as_deref());
    Ok(SecretLogin {
        address: Neo4jAddress {
            uri,
            database: database.unwrap_or("neo4j").to_owned(),
        },
        user: document.user().to_owned(),
        password: SecretText::from(document.password()),
    })
}
