//! A person's sign-in at Cognito: user name and password, once, and again when the token ends.

use crate::{
    model::{Deployment, Failure, FailureKind, SecretSource, SignIn},
    services::Services,
};

use super::token::Token;
use crate::net::secret_source;

/// Signs the person in.
///
/// # Errors
/// [`FailureKind::SignIn`] where it is refused; [`FailureKind::Usage`] where something is not configured.
pub(crate) async fn fetch(
    services: &Services,
    deployment: &Deployment,
    sign_in: &SignIn,
) -> Result<Token, Failure> {
    let SignIn::User {
        client_id,
        client_secret,
        username,
        password,
    } = sign_in
    else {
        return Err(Failure::new(
            FailureKind::Usage,
            "signing in",
            "not a person's sign-in",
        ));
    };
    let doing = format!("signing in {username} to {}", deployment.name);
    let facts = services.stack_facts(deployment).await?;
    let Some(client) = client_id.clone().or(facts.client_id) else {
        return Err(
            Failure::new(FailureKind::Usage, doing, "no app client is known")
                .hint("set client_id in this deployment's sign_in"),
        );
    };
    let secret = match client_secret {
        None => None,
        Some(SecretSource::UserPoolClient) => {
            let pool = facts.user_pool_id.ok_or_else(|| {
                Failure::new(
                    FailureKind::Usage,
                    doing.as_str(),
                    "the client secret is to come from a user pool, and none is known",
                )
            })?;
            Some(services.client_secret(deployment, &pool, &client).await?)
        }
        Some(source) => Some(secret_source::read(&doing, "the client secret", source).await?),
    };
    let password = secret_source::read(&doing, "the password", password).await?;
    let tokens = services
        .sign_in_user(deployment, &client, secret.as_ref(), username, &password)
        .await?;
    Ok(Token::new(tokens.access, Some(tokens.seconds)))
}
