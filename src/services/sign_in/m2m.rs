//! A machine's sign-in: OAuth 2.0 client credentials (RFC 6749, section 4.4).

use serde_json::Value;

use crate::{
    model::{Deployment, Failure, FailureKind, SecretSource, SecretText, SignIn, StackFacts},
    services::sign_in::SignIns,
};

use super::{
    token::AccessToken,
    token_endpoint::{self, TokenRequest},
};

/// Fetches a token.
///
/// # Errors
/// [`FailureKind::SignIn`] if it is refused; [`FailureKind::Usage`] if something is neither configured nor in the stack.
pub(super) async fn fetch(
    sign_ins: &SignIns,
    deployment: &Deployment,
    sign_in: &SignIn,
) -> Result<AccessToken, Failure> {
    let doing = format!("signing in to {}", deployment.name);
    let request = token_request(sign_ins, deployment, sign_in, &doing).await?;
    let response = token_endpoint::request(&doing, &request).await?;
    Ok(AccessToken::from_response(response))
}

/// The user pool and app client of a machine's sign-in.
pub(crate) struct MachineClient {
    /// User pool id.
    pub(crate) pool: String,
    /// App client id.
    pub(crate) client_id: String,
}

/// Finds the user pool and app client of a deployment's machine sign-in in the configuration and the stack.
///
/// # Errors
/// [`FailureKind::Usage`] if the deployment has another sign-in, or the pool is not known.
pub(crate) async fn machine_client(
    sign_ins: &SignIns,
    deployment: &Deployment,
) -> Result<MachineClient, Failure> {
    let doing = format!("looking for the app client of {}", deployment.name);
    let SignIn::M2m {
        client_id,
        user_pool_id,
        ..
    } = &deployment.sign_in
    else {
        return Err(Failure::new(
            FailureKind::Usage,
            doing,
            "the deployment has no machine sign-in (m2m), and so no client secret",
        ));
    };
    let facts = match (client_id, user_pool_id) {
        (Some(_), Some(_)) => StackFacts::default(),
        _ => sign_ins.aws.stacks.facts(deployment).await?,
    };
    let pool = user_pool_id.clone().or(facts.user_pool_id);
    let client = client_id.clone().or(facts.client_id);
    Ok(MachineClient {
        pool: pool.ok_or_else(|| missing(&doing, "user pool", "user_pool_id"))?,
        client_id: client.ok_or_else(|| missing(&doing, "client id", "client_id"))?,
    })
}

/// The same deployment with this client secret in its sign-in.
pub(crate) fn with_client_secret(deployment: &Deployment, value: &SecretText) -> Deployment {
    let mut changed = deployment.clone();
    if let SignIn::M2m { client_secret, .. } = &mut changed.sign_in {
        *client_secret = SecretSource::Inline(value.clone());
    }
    changed
}

/// Requests a token with this client secret. A refusal of the client is `Ok(false)`.
///
/// # Errors
/// Any other answer says nothing about the secret.
pub(crate) async fn accepts(
    sign_ins: &SignIns,
    deployment: &Deployment,
    value: &SecretText,
) -> Result<bool, Failure> {
    let deployment = with_client_secret(deployment, value);
    match fetch(sign_ins, &deployment, &deployment.sign_in).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.code.as_deref() == Some("invalid_client") => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Fills what the configuration leaves open from the stack's outputs and the user pool.
async fn token_request(
    sign_ins: &SignIns,
    deployment: &Deployment,
    sign_in: &SignIn,
    doing: &str,
) -> Result<TokenRequest, Failure> {
    let SignIn::M2m {
        token_url,
        client_id,
        client_secret,
        scope,
        user_pool_id,
    } = sign_in
    else {
        return Err(Failure::new(
            FailureKind::Usage,
            doing,
            "the sign-in is not m2m",
        ));
    };
    let complete = token_url.is_some()
        && client_id.is_some()
        && !matches!(client_secret, SecretSource::UserPoolClient);
    let facts = match sign_ins.aws.stacks.facts(deployment).await {
        Ok(facts) => facts,
        // A complete sign-in works without the stack.
        Err(_) if complete => StackFacts::default(),
        Err(failure) => return Err(failure),
    };
    let pool = user_pool_id.clone().or(facts.user_pool_id.clone());
    let client_id = client_id
        .clone()
        .or(facts.client_id.clone())
        .ok_or_else(|| missing(doing, "client id", "client_id"))?;
    let known_url = token_url.clone().or(facts.token_url.clone());
    let url = match known_url {
        Some(url) => url,
        None => discover(sign_ins, deployment, doing, &facts, pool.as_deref()).await?,
    };
    let secret = client_secret_of(sign_ins, deployment, doing, client_secret, pool, &client_id);
    let secret = secret.await?;
    let scope = scope.clone().or(facts.scope);
    let mut form = vec![("grant_type", SecretText::from("client_credentials"))];
    form.extend(
        scope
            .as_deref()
            .filter(|scope| !scope.is_empty())
            .map(|scope| ("scope", SecretText::from(scope))),
    );
    let client = &sign_ins.aws.client;
    Ok(TokenRequest {
        http: client.web_client(deployment, doing, &url).await?,
        url,
        client_id,
        client_secret: Some(secret),
        scope,
        form,
    })
}

/// The token endpoint of a discovery document, or of the user pool.
async fn discover(
    sign_ins: &SignIns,
    deployment: &Deployment,
    doing: &str,
    facts: &StackFacts,
    pool: Option<&str>,
) -> Result<String, Failure> {
    let Some(discovery) = &facts.discovery_url else {
        return match pool {
            Some(pool) => {
                sign_ins
                    .aws
                    .user_pools
                    .pool_token_url(deployment, pool)
                    .await
            }
            None => Err(missing(doing, "token endpoint", "token_url")),
        };
    };
    let document = sign_ins.web.fetch_json(doing, discovery).await?;
    document
        .get("token_endpoint")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                doing,
                format!("{discovery} names no token endpoint"),
            )
        })
}

async fn client_secret_of(
    sign_ins: &SignIns,
    deployment: &Deployment,
    doing: &str,
    source: &SecretSource,
    pool: Option<String>,
    client_id: &str,
) -> Result<SecretText, Failure> {
    match (source, pool) {
        (SecretSource::UserPoolClient, Some(pool)) => {
            sign_ins
                .aws
                .user_pools
                .client_secret(deployment, &pool, client_id)
                .await
        }
        (SecretSource::UserPoolClient, None) => Err(missing(
            doing,
            "user pool, which holds the client secret,",
            "user_pool_id",
        )),
        (source, _) => {
            sign_ins
                .secret_value_of(deployment, doing, "the client secret", source)
                .await
        }
    }
}

fn missing(doing: &str, what: &str, setting: &str) -> Failure {
    Failure::new(
        FailureKind::Usage,
        doing,
        format!("no {what} is known: neither the configuration nor the stack names one"),
    )
    .hint(format!("set `{setting}` in this deployment's sign_in"))
}
