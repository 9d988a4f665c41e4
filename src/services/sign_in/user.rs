//! A person's sign-in at Cognito by user name and password (`USER_PASSWORD_AUTH`), repeated when the token ends.

use std::time::Duration;

use crate::{
    model::{Deployment, Failure, FailureKind, SecretSource, SignIn},
    services::Services,
};

use super::token::{Lifetime, Token};

/// Variable for the user name, if the configuration names none.
const USERNAME: &str = "AGENTCORE_USERNAME";

/// Signs the person in.
///
/// # Errors
/// [`FailureKind::SignIn`] if it is refused; [`FailureKind::Usage`] if something is not configured.
pub(super) async fn fetch(
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
            "the sign-in is not user",
        ));
    };
    let facts = services.stack_facts(deployment).await?;
    let username = match username.as_str() {
        "" => std::env::var(USERNAME).ok().or(facts.username),
        name => Some(name.to_owned()),
    };
    let Some(username) = username.filter(|name| !name.is_empty()) else {
        let doing = format!("signing in to {}", deployment.name);
        return Err(
            Failure::new(FailureKind::Usage, doing, "no user name is known").hint(format!(
                "set username in this deployment's sign_in, or export {USERNAME}"
            )),
        );
    };
    let doing = format!("signing in {username} to {}", deployment.name);
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
        Some(source) => Some(
            services
                .secret_value_of(deployment, &doing, "the client secret", source)
                .await?,
        ),
    };
    let password = services
        .secret_value_of(deployment, &doing, "the password", password)
        .await?;
    let tokens = services
        .sign_in_user(deployment, &client, secret.as_ref(), &username, &password)
        .await?;
    let lifetime = Lifetime {
        stated: Some(Duration::from_secs(tokens.seconds)),
        server_time: None,
    };
    Ok(Token::new(tokens.access, Some(lifetime)))
}
