//! Whose password a secret holds.

use crate::{
    model::{Deployment, Failure, FailureKind, SecretContent, SecretUser, VersionRef},
    rotation::{labels::CURRENT, secret_document::SecretDocument},
};

use super::Rotations;

impl Rotations {
    /// Reads the user and the address out of a secret's current version; the value is dropped at once. What the value does not
    /// name comes from the configuration, the stack or a runtime.
    ///
    /// # Errors
    /// The value cannot be read, or is of no form that a rotation knows.
    pub async fn secret_user(
        &self,
        deployment: &Deployment,
        secret: &str,
    ) -> Result<SecretUser, Failure> {
        let version = VersionRef::Stage(CURRENT.to_owned());
        let value = self
            .aws
            .secrets
            .secret_value(deployment, secret, &version)
            .await?;
        let unknown = |why: String| {
            let doing = format!("looking for the user of {secret}");
            Failure::new(FailureKind::Refused, doing, why)
        };
        let SecretContent::Text(text) = &value.content else {
            return Err(unknown("the value is binary".to_owned()));
        };
        let named = SecretDocument::parse(text.reveal()).ok();
        let address = deployment.neo4j_uri.clone().or_else(|| {
            let document = named.as_ref()?;
            document.address().map(str::to_owned)
        });
        if let (Some(document), Some(address)) = (&named, &address) {
            return Ok(SecretUser {
                name: document.user().to_owned(),
                address: Some(address.clone()),
            });
        }
        let place = self.aws.resources.database_place(deployment).await;
        let user = deployment.neo4j_user.clone().or(place.user);
        let user = user.unwrap_or_else(|| "neo4j".to_owned());
        let document = SecretDocument::parse_for(text.reveal(), &user)
            .map_err(|problem| unknown(problem.to_string()))?;
        Ok(SecretUser {
            name: document.user().to_owned(),
            address: address.or(place.uri),
        })
    }
}
