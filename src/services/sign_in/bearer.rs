//! A bearer token that somebody else made. Its source is read at each request, so a token pasted anew takes effect.

use futures::future::BoxFuture;

use crate::model::{Deployment, Failure, SecretSource};

use super::{
    Credentials, Headers,
    sigv4::Signable,
    token::{Token, bearer_headers},
};
use crate::net::secret_source;

/// Reads and decodes the token.
///
/// # Errors
/// [`crate::model::FailureKind::Usage`] where its source has none.
pub(crate) async fn read(deployment: &Deployment, source: &SecretSource) -> Result<Token, Failure> {
    let doing = format!("signing in to {}", deployment.name);
    Ok(Token::new(
        secret_source::read(&doing, "the bearer token", source).await?,
        None,
    ))
}

/// Signs with the pasted token.
pub(crate) struct Bearer {
    /// The deployment.
    pub(crate) deployment: Deployment,
    /// Where the token is.
    pub(crate) source: SecretSource,
}

impl Credentials for Bearer {
    fn authorize<'a>(&'a self, _: Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(async { bearer_headers(&read(&self.deployment, &self.source).await?.text) })
    }

    fn refused<'a>(&'a self, headers: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            // Worth it only when the source holds another token by now.
            let now = read(&self.deployment, &self.source)
                .await
                .and_then(|token| bearer_headers(&token.text));
            now.is_ok_and(|now| now != *headers)
        })
    }
}
