//! A bearer token that was obtained elsewhere. Its source is read at each request, so that a new token takes effect at once.

use futures::future::BoxFuture;

use crate::{
    model::{Claims, Deployment, Failure, SecretSource},
    net::secret_source,
    services::sign_in::SignIns,
};

use super::{
    Credentials, Headers, SignInRefusal,
    sigv4::Signable,
    token::{AccessToken, bearer_headers},
};

/// Reads and decodes the token.
///
/// # Errors
/// [`crate::model::FailureKind::Usage`] if its source has none.
pub(super) async fn read(
    sign_ins: &SignIns,
    deployment: &Deployment,
    source: &SecretSource,
) -> Result<AccessToken, Failure> {
    let doing = format!("signing in to {}", deployment.name);
    let token = sign_ins
        .secret_value_of(deployment, &doing, "the bearer token", source)
        .await?;
    Ok(AccessToken::new(
        secret_source::without_scheme(&token),
        None,
    ))
}

/// Signs with a bearer token.
pub(super) struct Bearer {
    /// Where secrets are read.
    pub(super) sign_ins: SignIns,
    /// The deployment.
    pub(super) deployment: Deployment,
    /// Where the token is.
    pub(super) source: SecretSource,
}

impl Bearer {
    async fn headers(&self) -> Result<Headers, Failure> {
        bearer_headers(
            &read(&self.sign_ins, &self.deployment, &self.source)
                .await?
                .text,
        )
    }
}

impl Credentials for Bearer {
    fn authorize<'a>(&'a self, _: Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(self.headers())
    }

    fn refused<'a>(&'a self, headers: &'a Headers, _: SignInRefusal<'a>) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            // Another attempt is worth it only if the source holds another token by now.
            self.headers().await.is_ok_and(|now| now != *headers)
        })
    }

    fn claims(&self) -> BoxFuture<'_, Option<Claims>> {
        Box::pin(async {
            let token = read(&self.sign_ins, &self.deployment, &self.source).await;
            token.ok().map(|token| token.claims)
        })
    }
}
