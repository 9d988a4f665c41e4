//! A machine's sign-in: OAuth 2.0 client credentials (RFC 6749, section 4.4).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    logs::redact,
    model::{Deployment, Failure, FailureKind, SecretSource, SecretText, SignIn, StackFacts},
    net::{http_client, retry},
    services::Services,
};

use super::token::Token;
use crate::net::secret_source;

/// Longest answer of a token endpoint.
const LONGEST: usize = 1 << 20;
/// Tries while the endpoint is throttled or broken.
const TRIES: u32 = 3;

/// Everything that a token request needs.
struct Grant {
    url: String,
    client: String,
    secret: SecretText,
    scope: Option<String>,
}

/// How the client names itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Basic,
    Body,
}

/// Fetches a token.
///
/// # Errors
/// [`FailureKind::SignIn`] where it is refused; [`FailureKind::Usage`] where something is neither configured nor in the stack.
pub(crate) async fn fetch(
    services: &Services,
    deployment: &Deployment,
    sign_in: &SignIn,
) -> Result<Token, Failure> {
    let doing = format!("signing in to {}", deployment.name);
    let grant = grant(services, deployment, sign_in, &doing).await?;
    let answer = match ask(services, &doing, &grant, Style::Basic).await {
        // Some endpoints know only the other of the two ways for a client to name itself.
        Err(failure)
            if matches!(
                failure.code.as_deref(),
                Some("invalid_client" | "invalid_request")
            ) =>
        {
            ask(services, &doing, &grant, Style::Body)
                .await
                .map_err(|other| {
                    if other.kind == FailureKind::SignIn {
                        failure
                    } else {
                        other
                    }
                })?
        }
        answer => answer?,
    };
    let token = answer
        .get("access_token")
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty());
    let Some(token) = token else {
        return Err(Failure::new(
            FailureKind::SignIn,
            doing,
            format!("{} answered without an access token", grant.url),
        ));
    };
    Ok(Token::new(
        SecretText::from(token),
        Some(
            answer
                .get("expires_in")
                .and_then(Value::as_u64)
                .unwrap_or(300),
        ),
    ))
}

/// Fills what the configuration leaves open from the stack's outputs and the user pool.
async fn grant(
    services: &Services,
    deployment: &Deployment,
    sign_in: &SignIn,
    doing: &str,
) -> Result<Grant, Failure> {
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
            "not a machine's sign-in",
        ));
    };
    let complete = token_url.is_some()
        && client_id.is_some()
        && !matches!(client_secret, SecretSource::UserPoolClient);
    let facts = match services.stack_facts(deployment).await {
        Ok(facts) => facts,
        // A complete sign-in works without the stack.
        Err(_) if complete => StackFacts::default(),
        Err(failure) => return Err(failure),
    };
    let pool = user_pool_id.clone().or(facts.user_pool_id);
    let client = client_id
        .clone()
        .or(facts.client_id)
        .ok_or_else(|| missing(doing, "client id", "client_id"))?;
    let url = match (
        token_url.clone().or(facts.token_url),
        facts.discovery_url,
        &pool,
    ) {
        (Some(url), _, _) => url,
        (None, Some(discovery), _) => {
            let document = services.inner.web.fetch_json(doing, &discovery).await?;
            let url = document
                .get("token_endpoint")
                .and_then(Value::as_str)
                .map(str::to_owned);
            url.ok_or_else(|| {
                Failure::new(
                    FailureKind::Usage,
                    doing,
                    format!("{discovery} names no token endpoint"),
                )
            })?
        }
        (None, None, Some(pool)) => services.pool_token_url(deployment, pool).await?,
        (None, None, None) => return Err(missing(doing, "token endpoint", "token_url")),
    };
    let secret = match (client_secret, &pool) {
        (SecretSource::UserPoolClient, Some(pool)) => {
            services.client_secret(deployment, pool, &client).await?
        }
        (SecretSource::UserPoolClient, None) => {
            return Err(missing(
                doing,
                "user pool, which holds the client secret,",
                "user_pool_id",
            ));
        }
        (source, _) => secret_source::read(doing, "the client secret", source).await?,
    };
    Ok(Grant {
        url,
        client,
        secret,
        scope: scope.clone().or(facts.scope),
    })
}

fn missing(doing: &str, what: &str, setting: &str) -> Failure {
    Failure::new(
        FailureKind::Usage,
        doing,
        format!("no {what} is known: neither the configuration nor the stack names one"),
    )
    .hint(format!("set `{setting}` in this deployment's sign_in"))
}

async fn ask(
    services: &Services,
    doing: &str,
    grant: &Grant,
    style: Style,
) -> Result<Value, Failure> {
    let mut failures = 0;
    loop {
        match ask_once(services, doing, grant, style).await {
            Err(failure)
                if matches!(failure.kind, FailureKind::Throttled | FailureKind::Server)
                    && failures + 1 < TRIES =>
            {
                failures += 1;
                tokio::time::sleep(retry::backoff(
                    failures,
                    Duration::from_millis(300),
                    Duration::from_secs(3),
                ))
                .await;
            }
            answer => return answer,
        }
    }
}

async fn ask_once(
    services: &Services,
    doing: &str,
    grant: &Grant,
    style: Style,
) -> Result<Value, Failure> {
    let client = services.inner.web.client(doing, &grant.url)?;
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(
        grant
            .scope
            .as_deref()
            .filter(|scope| !scope.is_empty())
            .map(|scope| ("scope", scope)),
    );
    let mut request = client
        .post(&grant.url)
        .header("accept", "application/json")
        .timeout(Duration::from_secs(15));
    match style {
        Style::Basic => {
            let encode = |text: &str| {
                url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
            };
            let pair = SecretText::new(format!(
                "{}:{}",
                encode(&grant.client),
                encode(grant.secret.reveal())
            ));
            let mut value =
                http::HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair.reveal())))
                    .map_err(|_| {
                        Failure::new(FailureKind::Usage, doing, "the client id cannot be sent")
                    })?;
            value.set_sensitive(true);
            request = request.header(http::header::AUTHORIZATION, value);
        }
        Style::Body => form.extend([
            ("client_id", grant.client.as_str()),
            ("client_secret", grant.secret.reveal()),
        ]),
    }
    let response = request
        .form(&form)
        .send()
        .await
        .map_err(|error| http_client::failure(doing, &grant.url, &error))?;
    let status = response.status().as_u16();
    let location = response
        .headers()
        .get("location")
        .and_then(|to| to.to_str().ok())
        .map(str::to_owned);
    let body = http_client::read_at_most(response, LONGEST)
        .await
        .map_err(|error| error.failure(doing, &grant.url))?;
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    match (status, json) {
        (200, Some(json)) => Ok(json),
        (300..=399, _) => {
            Err(
                http_client::redirect_refused(doing, &grant.url, location.as_deref())
                    .status(status),
            )
        }
        (_, Some(json)) if json.get("error").is_some_and(Value::is_string) => {
            Err(oauth(doing, grant, status, &json))
        }
        (429, _) => Err(Failure::new(
            FailureKind::Throttled,
            doing,
            "the token endpoint asks to slow down",
        )
        .status(429)),
        (500.., _) => Err(Failure::new(
            FailureKind::Server,
            doing,
            format!("the token endpoint failed with status {status}"),
        )
        .status(status)),
        _ => Err(no_token_endpoint(doing, grant, status, &body)),
    }
}

/// Something else answered. What may be a token is not shown.
fn no_token_endpoint(doing: &str, grant: &Grant, status: u16, body: &[u8]) -> Failure {
    let cause = format!(
        "{} answered with status {status} and is no token endpoint",
        grant.url
    );
    let failure = Failure::new(FailureKind::Network, doing, cause)
        .status(status)
        .hint("check token_url: it usually ends in /oauth2/token");
    if (200..300).contains(&status) {
        failure
    } else {
        failure.evidence(redact(&http_client::preview(body)))
    }
}

/// The errors of RFC 6749, section 5.2, in words that say what to change.
fn oauth(doing: &str, grant: &Grant, status: u16, json: &Value) -> Failure {
    let code = json
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let scope = grant.scope.as_deref().unwrap_or("(none)");
    let (cause, hint) = match code {
        "invalid_client" => (
            "wrong client id or secret".to_owned(),
            "check client_id and client_secret; the secret may have been rotated",
        ),
        "invalid_scope" => (
            format!("the client may not ask for the scope {scope}"),
            "check scope against the app client's allowed custom scopes",
        ),
        "unauthorized_client" => (
            "this client may not use client credentials".to_owned(),
            "allow the client_credentials grant for the app client",
        ),
        "invalid_grant" => (
            "the client is not enabled for OAuth".to_owned(),
            "switch on OAuth flows for the app client (AllowedOAuthFlowsUserPoolClient)",
        ),
        "unsupported_grant_type" => (
            "the token endpoint knows no client credentials".to_owned(),
            "check token_url",
        ),
        "invalid_request" => (
            "the token endpoint did not understand the request".to_owned(),
            "check token_url, client_id and scope",
        ),
        other => (
            format!("the token endpoint refused: {other}"),
            "check the sign_in of this deployment",
        ),
    };
    let mut failure = Failure::new(FailureKind::SignIn, doing, cause)
        .code(code)
        .status(status)
        .hint(hint);
    failure = failure
        .evidence(format!("token endpoint: {}", grant.url))
        .evidence(format!("client id: {}", grant.client));
    match json.get("error_description").and_then(Value::as_str) {
        Some(words) => failure.evidence(words),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_may_hold_a_token_is_not_shown() {
        let grant = Grant {
            url: "https://t.example".into(),
            client: "c".into(),
            secret: SecretText::from("s"),
            scope: None,
        };
        let shown = |status| {
            let failure = no_token_endpoint(
                "x",
                &grant,
                status,
                br#"{"page":"no such","access_token":"canary"}"#,
            );
            failure.evidence.join(" ")
        };
        assert_eq!(shown(201), "");
        assert!(
            shown(404).contains("no such") && !shown(404).contains("canary"),
            "{}",
            shown(404)
        );
    }
}
