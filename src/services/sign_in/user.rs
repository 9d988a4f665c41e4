//! A person's sign-in at Cognito by user name and password (`USER_PASSWORD_AUTH`), repeated when the token ends.

use std::time::Duration;

use crate::{
    model::{Deployment, Failure, FailureKind, SecretSource, SecretText, SignIn},
    services::sign_in::SignIns,
};

use super::token::{AccessToken, Lifetime};

/// Variable for the user name, if the configuration names none.
const USERNAME: &str = "AGENTCORE_USERNAME";

/// Signs the person in.
///
/// # Errors
/// [`FailureKind::SignIn`] if it is refused; [`FailureKind::Usage`] if something is not configured.
pub(super) async fn fetch(
    sign_ins: &SignIns,
    deployment: &Deployment,
    sign_in: &SignIn,
) -> Result<AccessToken, Failure> {
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
    let facts = sign_ins.aws.stacks.facts(deployment).await?;
    let username = user_name(deployment, username, facts.username.as_deref())?;
    let doing = format!("signing in {username} to {}", deployment.name);
    let Some(client) = client_id.clone().or(facts.client_id) else {
        return Err(
            Failure::new(FailureKind::Usage, doing, "no app client is known")
                .hint("set client_id in this deployment's sign_in"),
        );
    };
    let secret = match client_secret {
        Some(source) => {
            let pool = facts.user_pool_id.as_deref();
            let secret = client_secret_of(sign_ins, deployment, &doing, source, pool, &client);
            Some(secret.await?)
        }
        None => None,
    };
    let password = sign_ins
        .secret_value_of(deployment, &doing, "the password", password)
        .await?;
    let tokens = sign_ins
        .aws
        .user_pools
        .sign_in_user(deployment, &client, secret.as_ref(), &username, &password)
        .await?;
    let lifetime = Lifetime {
        stated: Some(Duration::from_secs(tokens.seconds)),
        server_time: None,
    };
    Ok(AccessToken::new(tokens.access, Some(lifetime)))
}

/// Returns the configured user name, else the environment's, else the one that the stack offers for trying out.
fn user_name(
    deployment: &Deployment,
    configured: &str,
    offered: Option<&str>,
) -> Result<String, Failure> {
    let environment = std::env::var(USERNAME).ok();
    [Some(configured), environment.as_deref(), offered]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| {
            let doing = format!("signing in to {}", deployment.name);
            Failure::new(FailureKind::Usage, doing, "no user name is known").hint(format!(
                "set username in this deployment's sign_in, or export {USERNAME}"
            ))
        })
}

async fn client_secret_of(
    sign_ins: &SignIns,
    deployment: &Deployment,
    doing: &str,
    source: &SecretSource,
    pool: Option<&str>,
    client: &str,
) -> Result<SecretText, Failure> {
    if !matches!(source, SecretSource::UserPoolClient) {
        let what = "the client secret";
        return sign_ins
            .secret_value_of(deployment, doing, what, source)
            .await;
    }
    match pool {
        Some(pool) => {
            sign_ins
                .aws
                .user_pools
                .client_secret(deployment, pool, client)
                .await
        }
        None => Err(Failure::new(
            FailureKind::Usage,
            doing,
            "the client secret is to come from a user pool, and none is known",
        )),
    }
}
