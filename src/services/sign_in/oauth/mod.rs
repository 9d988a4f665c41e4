//! A person's sign-in in the browser: OAuth 2.1 authorization code with PKCE (RFC 7636) and a loopback redirect (RFC 8252).
//!
//! The authorization server is the configured issuer, or the one that the endpoint's protected-resource metadata (RFC 9728)
//! names, or the stack's user pool. Tokens stay in memory; they are renewed by the refresh token.

mod browser;
mod metadata;
mod redirect;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    model::{Deployment, Failure, FailureKind, McpTarget, SecretSource, SecretText, SignIn},
    net::http_client,
    services::sign_in::SignIns,
};

use super::{
    token::AccessToken,
    token_endpoint::{self, TokenRequest},
};
use metadata::AuthorizationServer;
use redirect::{RedirectAnswer, RedirectListener};

/// Time that a person has for the browser.
const PATIENCE: Duration = Duration::from_mins(5);

/// One sign-in, with everything that it needs.
pub(super) struct SignInRequest<'a> {
    sign_ins: &'a SignIns,
    deployment: &'a Deployment,
    sign_in: &'a SignIn,
    doing: String,
}

/// The client that signs in.
struct OAuthClient {
    id: String,
    secret: Option<SecretText>,
}

/// A code with what its exchange needs.
struct Grant {
    code: SecretText,
    redirect_uri: String,
    verifier: SecretText,
}

impl<'a> SignInRequest<'a> {
    /// A sign-in to a deployment.
    pub(super) fn new(
        sign_ins: &'a SignIns,
        deployment: &'a Deployment,
        sign_in: &'a SignIn,
    ) -> Self {
        Self {
            sign_ins,
            deployment,
            sign_in,
            doing: format!("signing in to {}", deployment.name),
        }
    }

    /// Obtains a token: by the refresh token if there is one that still counts, otherwise in the browser.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] if the person or the server refuses, or if nothing comes back in time.
    pub(super) async fn token(&self, refresh: Option<SecretText>) -> Result<AccessToken, Failure> {
        let (server, resource) = self.server().await?;
        if let Some(refresh) = refresh {
            match self.renew(&server, refresh).await {
                Err(failure) if failure.kind == FailureKind::SignIn => {
                    tracing::info!(%failure, "the refresh token is not accepted");
                }
                result => return result,
            }
        }
        let listener = RedirectListener::bind(&self.doing, self.settings()?.redirect_port).await?;
        let redirect_uri = listener.address();
        let client = self.client(&server, Some(&redirect_uri)).await?;
        let (verifier, state) = (self.random()?, self.random()?);
        let scope = self.scope(&server);
        let address = authorization_url(
            &server,
            &client,
            &redirect_uri,
            scope.as_deref(),
            &state,
            &verifier,
            resource.as_deref(),
        );
        let address = address.ok_or_else(|| {
            self.failure(
                FailureKind::Network,
                "the authorization endpoint is no address",
            )
        })?;
        browser::open(self.sign_ins, address.as_str()).await;
        let answer = tokio::time::timeout(PATIENCE, listener.answer(state.reveal()))
            .await
            .map_err(|_| {
                self.failure(
                    FailureKind::SignIn,
                    format!(
                        "nobody signed in within {} minutes",
                        PATIENCE.as_secs() / 60
                    ),
                )
                .evidence(format!("address: {address}"))
            })??;
        let code = self.judge(&server, answer)?;
        let grant = Grant {
            code,
            redirect_uri,
            verifier,
        };
        self.exchange(&server, client, grant, scope, resource).await
    }

    fn settings(&self) -> Result<OAuthSettings<'a>, Failure> {
        let SignIn::OAuth {
            issuer,
            client_id,
            client_secret,
            scope,
            redirect_port,
        } = self.sign_in
        else {
            return Err(self.failure(FailureKind::Usage, "the sign-in is not oauth"));
        };
        Ok(OAuthSettings {
            issuer: issuer.as_deref(),
            client_id: client_id.as_deref(),
            client_secret: client_secret.as_ref(),
            scope: scope.as_deref(),
            redirect_port: *redirect_port,
        })
    }

    fn failure(&self, kind: FailureKind, cause: impl Into<String>) -> Failure {
        Failure::new(kind, self.doing.as_str(), cause)
    }

    /// 32 random bytes as text.
    fn random(&self) -> Result<SecretText, Failure> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            self.failure(
                FailureKind::Usage,
                format!("the system gives no randomness: {error}"),
            )
        })?;
        Ok(SecretText::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The authorization server, and the resource that tokens are for if the endpoint's metadata names one.
    async fn server(&self) -> Result<(AuthorizationServer, Option<String>), Failure> {
        let web = &self.sign_ins.web;
        if let Some(issuer) = self.settings()?.issuer {
            let server = metadata::authorization_server(web, &self.doing, issuer).await?;
            return Ok((server, None));
        }
        let facts = self.sign_ins.aws.stacks.facts(self.deployment).await?;
        let endpoint = self
            .sign_ins
            .aws
            .resources
            .mcp_url(self.deployment, &McpTarget::Default)
            .await?;
        let resource = metadata::protected_resource(web, &self.doing, &endpoint).await;
        if let Ok(resource) = &resource
            && let Some(issuer) = resource.authorization_servers.first()
        {
            let mut server = metadata::authorization_server(web, &self.doing, issuer).await?;
            server.wanted_scope = resource.scope();
            return Ok((server, Some(resource.resource.clone())));
        }
        let pool = match &facts.user_pool_id {
            Some(pool) => {
                let account = self.sign_ins.aws.client.account(self.deployment).await?;
                Some(format!("{}/{pool}", account.address("cognito-idp")))
            }
            None => None,
        };
        match facts.discovery_url.or(pool) {
            Some(issuer) => {
                let server = metadata::authorization_server(web, &self.doing, &issuer).await?;
                Ok((server, None))
            }
            None => Err(self
                .failure(FailureKind::Usage, "no authorization server is known")
                .hint("set `issuer` in this deployment's sign_in")
                .evidence(match resource {
                    Ok(_) => "the endpoint's metadata names no authorization server".to_owned(),
                    Err(failure) => failure.to_string(),
                })),
        }
    }

    fn scope(&self, server: &AuthorizationServer) -> Option<String> {
        let settings = self.settings().ok()?;
        let configured = settings.scope.map(str::to_owned);
        configured.or_else(|| server.wanted_scope.clone())
    }

    /// The configured client, the stack's, or one that is registered now (RFC 7591).
    async fn client(
        &self,
        server: &AuthorizationServer,
        redirect_uri: Option<&str>,
    ) -> Result<OAuthClient, Failure> {
        let settings = self.settings()?;
        let id = match settings.client_id {
            Some(id) => Some(id.to_owned()),
            None => {
                self.sign_ins
                    .aws
                    .stacks
                    .facts(self.deployment)
                    .await?
                    .client_id
            }
        };
        if let Some(id) = id {
            let secret = match settings.client_secret {
                Some(source) => Some(self.secret(source, &id).await?),
                None => None,
            };
            return Ok(OAuthClient { id, secret });
        }
        match (&server.registration_endpoint, redirect_uri) {
            (Some(endpoint), Some(redirect_uri)) => self.register(endpoint, redirect_uri).await,
            (Some(_) | None, _) => Err(self
                .failure(FailureKind::Usage, "no client id is known")
                .hint("set client_id in this deployment's sign_in")),
        }
    }

    async fn secret(&self, source: &SecretSource, client: &str) -> Result<SecretText, Failure> {
        if !matches!(source, SecretSource::UserPoolClient) {
            return self
                .sign_ins
                .secret_value_of(self.deployment, &self.doing, "the client secret", source)
                .await;
        }
        let facts = self.sign_ins.aws.stacks.facts(self.deployment).await?;
        match facts.user_pool_id {
            Some(pool) => {
                self.sign_ins
                    .aws
                    .user_pools
                    .client_secret(self.deployment, &pool, client)
                    .await
            }
            None => Err(self.failure(
                FailureKind::Usage,
                "the client secret is to come from a user pool, and none is known",
            )),
        }
    }

    async fn register(&self, endpoint: &str, redirect_uri: &str) -> Result<OAuthClient, Failure> {
        let http = self
            .sign_ins
            .aws
            .client
            .web_client(self.deployment, &self.doing, endpoint)
            .await?;
        let body = json!({
            "client_name": "agentcore-console",
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        let response = http
            .post(endpoint)
            .timeout(Duration::from_secs(15))
            .json(&body)
            .send()
            .await
            .map_err(|error| http_client::failure(&self.doing, endpoint, &error))?;
        let status = response.status().as_u16();
        let body = http_client::read_at_most(response, 1 << 20)
            .await
            .map_err(|error| error.failure(&self.doing, endpoint))?;
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        match text("client_id") {
            Some(id) if (200..300).contains(&status) => Ok(OAuthClient {
                id: id.to_owned(),
                secret: text("client_secret").map(SecretText::from),
            }),
            _ => Err(self
                .failure(
                    FailureKind::SignIn,
                    format!("the authorization server registers no client (status {status})"),
                )
                .hint("set client_id in this deployment's sign_in")),
        }
    }

    /// The code of an answer that is the authorization server's own.
    fn judge(
        &self,
        server: &AuthorizationServer,
        answer: RedirectAnswer,
    ) -> Result<SecretText, Failure> {
        // RFC 9207: a code of another server must not be sent to this one.
        if let Some(issuer) = &answer.issuer
            && *issuer != server.issuer
        {
            return Err(self
                .failure(
                    FailureKind::SignIn,
                    "the answer came from another authorization server",
                )
                .evidence(format!("iss: {issuer}, expected: {}", server.issuer)));
        }
        match (answer.code, answer.error) {
            (Some(code), None) => Ok(code),
            (_, Some(error)) => {
                let cause = match error.as_str() {
                    "access_denied" => "the sign-in was refused".to_owned(),
                    other => format!("the authorization server refused: {other}"),
                };
                let failure = self.failure(FailureKind::SignIn, cause).code(error);
                Err(match answer.description {
                    Some(words) => failure.evidence(words),
                    None => failure,
                })
            }
            (None, None) => Err(self.failure(
                FailureKind::SignIn,
                "the authorization server gave neither a code nor an error",
            )),
        }
    }

    async fn exchange(
        &self,
        server: &AuthorizationServer,
        client: OAuthClient,
        grant: Grant,
        scope: Option<String>,
        resource: Option<String>,
    ) -> Result<AccessToken, Failure> {
        let mut form = vec![
            ("grant_type", SecretText::from("authorization_code")),
            ("code", grant.code),
            ("redirect_uri", SecretText::new(grant.redirect_uri)),
            ("code_verifier", grant.verifier),
        ];
        form.extend(resource.map(|resource| ("resource", SecretText::new(resource))));
        self.request(server, client, form, scope).await
    }

    async fn renew(
        &self,
        server: &AuthorizationServer,
        refresh: SecretText,
    ) -> Result<AccessToken, Failure> {
        let client = self.client(server, None).await?;
        let form = vec![
            ("grant_type", SecretText::from("refresh_token")),
            ("refresh_token", refresh.clone()),
        ];
        let mut token = self.request(server, client, form, None).await?;
        // A server that does not rotate refresh tokens leaves the old one in force.
        if token.refresh.is_none() {
            token.refresh = Some(refresh);
        }
        Ok(token)
    }

    async fn request(
        &self,
        server: &AuthorizationServer,
        client: OAuthClient,
        form: Vec<(&'static str, SecretText)>,
        scope: Option<String>,
    ) -> Result<AccessToken, Failure> {
        let url = server.token_endpoint.clone();
        let request = TokenRequest {
            http: self
                .sign_ins
                .aws
                .client
                .web_client(self.deployment, &self.doing, &url)
                .await?,
            url,
            client_id: client.id,
            client_secret: client.secret,
            scope,
            form,
        };
        let response = token_endpoint::request(&self.doing, &request).await?;
        Ok(AccessToken::from_response(response))
    }
}

/// The settings of the configuration.
struct OAuthSettings<'a> {
    issuer: Option<&'a str>,
    client_id: Option<&'a str>,
    client_secret: Option<&'a SecretSource>,
    scope: Option<&'a str>,
    redirect_port: Option<u16>,
}

fn authorization_url(
    server: &AuthorizationServer,
    client: &OAuthClient,
    redirect_uri: &str,
    scope: Option<&str>,
    state: &SecretText,
    verifier: &SecretText,
    resource: Option<&str>,
) -> Option<Url> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.reveal().as_bytes()));
    let mut url = Url::parse(&server.authorization_endpoint).ok()?;
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state.reveal())
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if let Some(scope) = scope.filter(|scope| !scope.is_empty()) {
        query.append_pair("scope", scope);
    }
    if let Some(resource) = resource {
        query.append_pair("resource", resource);
    }
    drop(query);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636() {
        let server = AuthorizationServer {
            issuer: "https://as.example".into(),
            authorization_endpoint: "https://as.example/authorize?tenant=1".into(),
            token_endpoint: "https://as.example/token".into(),
            registration_endpoint: None,
            wanted_scope: None,
        };
        let client = OAuthClient {
            id: "c".into(),
            secret: None,
        };
        let verifier = SecretText::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let url = authorization_url(
            &server,
            &client,
            "http://127.0.0.1:1/callback",
            Some("a/b openid"),
            &SecretText::from("st"),
            &verifier,
            None,
        )
        .unwrap();
        let value = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        assert_eq!(
            value("code_challenge").as_deref(),
            Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        );
        assert_eq!(value("tenant").as_deref(), Some("1"));
        assert_eq!(value("scope").as_deref(), Some("a/b openid"));
        assert_eq!(value("resource"), None);
    }
}
