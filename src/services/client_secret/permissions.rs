//! Whether every write of a rotation is permitted, asked before the first one.
//!
//! AWS checks permissions before it looks at parameters. Each request here has one parameter that the service's model forbids (a
//! client secret of one character, a request token of one character) or names something that does not exist, so it changes
//! nothing: where it is permitted it is refused as invalid, and otherwise as not permitted.

use serde_json::json;

use super::{
    backend::{Answered, ClientSecretBackend},
    providers::{is_external, secret_arn, text},
};
use crate::{
    client_secret::effect::ClientSecretObservation,
    model::{Failure, FailureKind, SecretText},
    rotation::labels::PENDING,
};

/// Shorter than any service accepts: a `ClientRequestToken` has 32 to 64 characters, a `ClientSecret` 24 to 64.
const INVALID: &str = "x";

impl ClientSecretBackend {
    /// Checks whether a provider, or the external secret that it reads, may be updated.
    pub(super) async fn check_provider(&self, index: usize) -> Answered {
        let provider = self.provider(index)?;
        if self.may_not_ask() {
            return Ok(ClientSecretObservation::Permitted);
        }
        let asked = if is_external(provider) {
            match secret_arn(provider) {
                Some(arn) => self.ask_to_put(arn).await,
                None => Ok(()),
            }
        } else {
            let body = json!({
                "name": text(provider, "name"),
                "credentialProviderVendor": text(provider, "credentialProviderVendor"),
                "oauth2ProviderConfigInput": {},
            });
            let asked = self
                .services
                .aws
                .providers
                .update_credential_provider(&self.deployment, &body);
            asked.await.map(drop)
        };
        is_permitted(asked)?;
        Ok(ClientSecretObservation::Permitted)
    }

    /// Checks whether Cognito and the journal may be written.
    pub(super) async fn check_permissions(&self) -> Answered {
        if self.may_not_ask() {
            return Ok(ClientSecretObservation::Permitted);
        }
        let (pool, client) = (&self.client.pool, &self.client.client_id);
        let value = SecretText::from(INVALID);
        let added =
            self.services
                .aws
                .user_pools
                .add_client_secret(&self.deployment, pool, client, &value);
        match added.await {
            // No service of AWS accepts it; what a stand-in has added is removed again.
            Ok((id, _)) => {
                self.services
                    .aws
                    .user_pools
                    .delete_client_secret(&self.deployment, pool, client, &id)
                    .await?;
            }
            Err(failure) => is_permitted(Err(failure))?,
        }
        let unknown = format!("{client}--1");
        is_permitted(
            self.services
                .aws
                .user_pools
                .delete_client_secret(&self.deployment, pool, client, &unknown)
                .await
                .map(drop),
        )?;
        self.check_journal().await?;
        Ok(ClientSecretObservation::Permitted)
    }

    async fn check_journal(&self) -> Result<(), Failure> {
        if !self.has_journal {
            return is_permitted(self.ask_to_create().await);
        }
        is_permitted(self.ask_to_put(&self.journal).await)?;
        let unknown = uuid::Uuid::new_v4().to_string();
        let moved = self.services.aws.secrets.move_stage(
            &self.deployment,
            &self.journal,
            PENDING,
            Some(&unknown),
            None,
        );
        is_permitted(moved.await.map(drop))
    }

    async fn ask_to_create(&self) -> Result<(), Failure> {
        let empty = SecretText::from("{}");
        let token = INVALID;
        self.services
            .aws
            .secrets
            .create_secret_with_token(&self.deployment, &self.journal, "", &empty, token)
            .await
            .map(drop)
    }

    async fn ask_to_put(&self, secret: &str) -> Result<(), Failure> {
        let empty = SecretText::from("{}");
        let asked = self.services.aws.secrets.put_secret_version(
            &self.deployment,
            secret,
            INVALID,
            &empty,
            &[],
        );
        asked.await.map(drop)
    }

    fn may_not_ask(&self) -> bool {
        self.services.aws.client.is_read_only(&self.deployment)
    }
}

/// Whatever a service says of the parameters means that it would have performed the operation.
///
/// # Errors
/// The operation is not permitted, or there was no conclusive answer.
fn is_permitted(asked: Result<(), Failure>) -> Result<(), Failure> {
    let Err(failure) = asked else { return Ok(()) };
    match failure.kind {
        FailureKind::Usage
        | FailureKind::NotFound
        | FailureKind::Conflict
        | FailureKind::Refused => Ok(()),
        FailureKind::Denied
        | FailureKind::SignIn
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Throttled
        | FailureKind::Cancelled => Err(failure),
    }
}
