//! A person's sign-in in the browser: OAuth 2.1 authorization code with PKCE (RFC 7636) and a loopback redirect (RFC 8252).
//!
//! The authorization server is the configured issuer, or the one that the endpoint's protected-resource metadata (RFC 9728)
//! names, or the stack's user pool. Tokens stay in memory; they are renewed by the refresh token, which is kept in the system's
//! keyring if the configuration says so. A token that lacks a scope is
//! replaced by one with the scope that the endpoint asks for (step-up).

mod authorization;
mod browser;
mod client;
pub(super) mod metadata;
pub(in crate::services) mod redirect;
mod scope;
mod stored_grant;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use crate::{
    model::{
        Deployment, Failure, FailureKind, McpTarget, SecretSource, SecretText, SignIn, TokenStorage,
    },
    services::sign_in::SignIns,
};

use super::{
    challenge::Challenge,
    token::AccessToken,
    token_endpoint::{self, TokenRequest, TokenResponse},
};
use authorization::CodeRequest;
use client::OAuthClient;
use metadata::{AuthorizationServer, ProtectedResource};
use redirect::{RedirectAnswer, RedirectListener};

pub(super) use scope::contains as scope_contains;
use stored_grant::StoredGrant;
pub(super) use stored_grant::{TokenKeyring, sign_out};

/// Time that a person has for the browser.
const PATIENCE: Duration = Duration::from_mins(5);

/// One sign-in, with everything that it needs.
pub(super) struct SignInRequest<'a> {
    /// Where everything is.
    pub(super) sign_ins: &'a SignIns,
    /// The deployment.
    pub(super) deployment: &'a Deployment,
    /// Its sign-in.
    pub(super) sign_in: &'a SignIn,
    /// The MCP endpoint that the token is for; `None`: the deployment's own.
    pub(super) endpoint: Option<&'a str>,
    /// What the endpoint said when it refused a request; `None`: it was not asked yet.
    pub(super) challenge: Option<&'a Challenge>,
    /// What is being done, for messages.
    pub(super) doing: String,
}

/// What the next sign-in can use of the last one: the client, and the refresh token.
#[derive(Clone)]
pub(super) struct OAuthGrant {
    /// The issuer that it belongs to. Nothing of it is sent to another one.
    issuer: String,
    client: OAuthClient,
    refresh: Option<SecretText>,
    /// Scopes that were requested.
    pub(super) scope: Option<String>,
}

/// Where a token comes from, and for what.
struct TokenSource {
    server: AuthorizationServer,
    resource: Option<ProtectedResource>,
}

impl TokenSource {
    /// Returns the address of the resource that tokens are for, if the endpoint's metadata names one.
    fn resource_address(&self) -> Option<&str> {
        self.resource.as_ref().map(|found| found.resource.as_str())
    }
}

/// A code with what its exchange needs.
struct AuthorizationCode {
    code: SecretText,
    redirect_uri: String,
    verifier: SecretText,
}

impl SignInRequest<'_> {
    /// Obtains a token: by the refresh token if there is one that still counts, otherwise in the browser.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] if the person or the server refuses, or if nothing comes back in time.
    pub(super) async fn token(
        &self,
        last: &mut Option<OAuthGrant>,
    ) -> Result<AccessToken, Failure> {
        let source = self.source().await?;
        // A client and a refresh token belong to their authorization server alone.
        last.take_if(|grant| grant.issuer != source.server.issuer);
        if !self.is_step_up()
            && let Some(response) = self.renewed(&source, last).await?
        {
            return Ok(AccessToken::from_response(response));
        }
        let scope = self.scope(&source, last.as_ref())?;
        let (response, grant) = self.in_browser(&source, scope, last.as_ref()).await?;
        self.store_new(&source, last.insert(grant)).await;
        Ok(AccessToken::from_response(response))
    }

    /// Renews the token by the refresh token of the keyring or of memory. `None` if the person has to sign in.
    async fn renewed(
        &self,
        source: &TokenSource,
        last: &mut Option<OAuthGrant>,
    ) -> Result<Option<TokenResponse>, Failure> {
        let mut refused = None;
        loop {
            match self.stored_grant(source).await? {
                StoredGrant::Found(grant) => *last = Some(grant),
                // Another process has signed out.
                StoredGrant::Absent => return Ok(None),
                StoredGrant::Unknown => {}
            }
            let Some(grant) = last.as_mut() else {
                return Ok(None);
            };
            let Some(refresh) = grant.refresh.clone() else {
                return Ok(None);
            };
            if refused.as_ref() == Some(&refresh) {
                grant.refresh = None;
                self.delete_stored().await;
                return Ok(None);
            }
            match self.renew(source, grant, refresh.clone()).await {
                Ok(response) => {
                    if grant.refresh.as_ref() != Some(&refresh) {
                        self.store(source, grant).await;
                    }
                    return Ok(Some(response));
                }
                Err(failure) if failure.kind != FailureKind::SignIn => return Err(failure),
                Err(failure) => {
                    tracing::info!(%failure, "the refresh token is not accepted");
                    // Another process may have replaced it in the keyring meanwhile.
                    if failure.code.as_deref() != Some("invalid_grant") || refused.is_some() {
                        grant.refresh = None;
                        return Ok(None);
                    }
                    refused = Some(refresh);
                }
            }
        }
    }

    /// Returns whether a token is accepted and lacks a scope: no refresh token gives it another one.
    fn is_step_up(&self) -> bool {
        self.challenge
            .is_some_and(|challenge| challenge.error.as_deref() == Some("insufficient_scope"))
    }

    async fn in_browser(
        &self,
        source: &TokenSource,
        scope: Option<String>,
        last: Option<&OAuthGrant>,
    ) -> Result<(TokenResponse, OAuthGrant), Failure> {
        let server = &source.server;
        let registered = last.map(|grant| &grant.client);
        let port = self.settings()?.redirect_port;
        let listener = match registered.and_then(OAuthClient::redirect_port) {
            // A registered redirect counts with its port.
            Some(taken) => match RedirectListener::bind(&self.doing, Some(taken)).await {
                Ok(listener) => listener,
                Err(_) => RedirectListener::bind(&self.doing, port).await?,
            },
            None => RedirectListener::bind(&self.doing, port).await?,
        };
        let redirect_uri = listener.address();
        let client = self.client(server, &listener, registered).await?;
        let (verifier, state) = (self.random()?, self.random()?);
        let request = CodeRequest {
            redirect_uri: &redirect_uri,
            scope: scope.as_deref(),
            state: &state,
            verifier: &verifier,
            resource: source.resource_address(),
        };
        let address = request.url(server, &client).ok_or_else(|| {
            self.failure(
                FailureKind::Usage,
                format!("{} has no authorization endpoint", server.issuer),
            )
        })?;
        browser::open(self.sign_ins, address.as_str());
        let answer = self.answer(&listener, &state, &address).await?;
        let code = AuthorizationCode {
            code: self.judge(server, answer)?,
            redirect_uri,
            verifier,
        };
        let response = self
            .exchange(source, &client, code, scope.as_deref())
            .await?;
        let grant = OAuthGrant {
            issuer: server.issuer.clone(),
            client,
            refresh: response.refresh_token.clone(),
            scope,
        };
        Ok((response, grant))
    }

    async fn answer(
        &self,
        listener: &RedirectListener,
        state: &SecretText,
        address: &Url,
    ) -> Result<RedirectAnswer, Failure> {
        tokio::time::timeout(PATIENCE, listener.answer(state.reveal()))
            .await
            .map_err(|_| {
                self.failure(
                    FailureKind::SignIn,
                    format!(
                        "no sign-in was completed within {} minutes",
                        PATIENCE.as_secs() / 60
                    ),
                )
                .evidence(format!("address: {address}"))
            })?
    }

    fn settings(&self) -> Result<OAuthSettings<'_>, Failure> {
        let SignIn::OAuth {
            issuer,
            client_id,
            client_secret,
            scope,
            redirect_port,
            keep_tokens,
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
            keep_tokens: *keep_tokens,
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

    /// Returns the authorization server, and the resource that tokens are for if the endpoint's metadata names one.
    async fn source(&self) -> Result<TokenSource, Failure> {
        let web = &self.sign_ins.web;
        if let Some(issuer) = self.settings()?.issuer {
            let server = metadata::authorization_server(web, &self.doing, issuer).await?;
            return Ok(TokenSource {
                server,
                resource: None,
            });
        }
        let endpoint = self.endpoint_url().await?;
        let resource =
            metadata::protected_resource(web, &self.doing, &endpoint, self.challenge).await;
        match resource {
            Ok(resource) if !resource.authorization_servers.is_empty() => {
                let issuer = resource.authorization_servers.first();
                let issuer = issuer.map_or("", String::as_str);
                let server = metadata::authorization_server(web, &self.doing, issuer).await?;
                Ok(TokenSource {
                    server,
                    resource: Some(resource),
                })
            }
            Err(failure) if failure.kind == FailureKind::SignIn => Err(failure),
            other => self.source_of_stack(&endpoint, other.err()).await,
        }
    }

    /// Returns the MCP endpoint that the token is for.
    async fn endpoint_url(&self) -> Result<String, Failure> {
        if let Some(endpoint) = self.endpoint {
            return Ok(endpoint.to_owned());
        }
        let resources = &self.sign_ins.aws.resources;
        resources
            .mcp_url(self.deployment, &McpTarget::Default)
            .await
    }

    /// Returns the stack's user pool; otherwise the endpoint's own origin, as servers of MCP 2025-03-26 have it.
    async fn source_of_stack(
        &self,
        endpoint: &str,
        problem: Option<Failure>,
    ) -> Result<TokenSource, Failure> {
        let web = &self.sign_ins.web;
        let facts = self.sign_ins.aws.stacks.facts(self.deployment).await?;
        let pool = match &facts.user_pool_id {
            Some(pool) => {
                let account = self.sign_ins.aws.client.account(self.deployment).await?;
                Some(format!("{}/{pool}", account.address("cognito-idp")))
            }
            None => None,
        };
        let server = match facts.discovery_url.or(pool) {
            Some(issuer) => metadata::authorization_server(web, &self.doing, &issuer).await,
            None => metadata::server_of_origin(web, &self.doing, endpoint).await,
        };
        let server = server.map_err(|failure| {
            let failure = failure.hint("set `issuer` in this deployment's sign_in");
            match problem {
                Some(problem) => failure.evidence(problem.to_string()),
                None => failure,
            }
        })?;
        Ok(TokenSource {
            server,
            resource: None,
        })
    }

    fn scope(
        &self,
        source: &TokenSource,
        last: Option<&OAuthGrant>,
    ) -> Result<Option<String>, Failure> {
        let challenged = self.challenge.and_then(|found| found.scope.as_deref());
        let requested = last.and_then(|grant| grant.scope.as_deref());
        Ok(scope::select(&scope::ScopeFacts {
            configured: self.settings()?.scope,
            challenged,
            requested,
            resource: source.resource.as_ref().map_or(&[], |found| &found.scopes),
            server: &source.server.scopes,
        }))
    }

    /// Returns the code of an answer that is the authorization server's own (RFC 9207, section 2.4). Issuers are compared letter by
    /// letter.
    fn judge(
        &self,
        server: &AuthorizationServer,
        answer: RedirectAnswer,
    ) -> Result<SecretText, Failure> {
        let foreign = match &answer.issuer {
            Some(issuer) if *issuer != server.issuer => Some(issuer.as_str()),
            None if server.names_issuer_in_answers => Some("none"),
            Some(_) | None => None,
        };
        if let Some(issuer) = foreign {
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
                let (cause, hint) = match error.as_str() {
                    "access_denied" => (
                        "the sign-in was refused on the authorization server's page".to_owned(),
                        Some(
                            "sign in again and agree there; if nobody declined, its administrator must allow this user or client",
                        ),
                    ),
                    other => (format!("the authorization server refused: {other}"), None),
                };
                let mut failure = self.failure(FailureKind::SignIn, cause).code(error);
                failure.hint = hint.map(str::to_owned);
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
        source: &TokenSource,
        client: &OAuthClient,
        code: AuthorizationCode,
        scope: Option<&str>,
    ) -> Result<TokenResponse, Failure> {
        let form = vec![
            ("grant_type", SecretText::from("authorization_code")),
            ("code", code.code),
            ("redirect_uri", SecretText::new(code.redirect_uri)),
            ("code_verifier", code.verifier),
        ];
        self.request(source, client, form, scope).await
    }

    async fn renew(
        &self,
        source: &TokenSource,
        grant: &mut OAuthGrant,
        refresh: SecretText,
    ) -> Result<TokenResponse, Failure> {
        let form = vec![
            ("grant_type", SecretText::from("refresh_token")),
            ("refresh_token", refresh.clone()),
        ];
        let response = self.request(source, &grant.client, form, None).await?;
        // A server that does not rotate refresh tokens leaves the old one in force.
        grant.refresh = response.refresh_token.clone().or(Some(refresh));
        Ok(response)
    }

    async fn request(
        &self,
        source: &TokenSource,
        client: &OAuthClient,
        mut form: Vec<(&'static str, SecretText)>,
        scope: Option<&str>,
    ) -> Result<TokenResponse, Failure> {
        let url = source.server.token_endpoint.clone();
        let resource = source.resource_address();
        form.extend(resource.map(|address| ("resource", SecretText::from(address))));
        let web = self
            .sign_ins
            .aws
            .client
            .web_client(self.deployment, &self.doing, &url);
        let request = TokenRequest {
            http: web.await?,
            url,
            client_id: client.id.clone(),
            credential: client.credential.clone(),
            methods: client.methods(&source.server),
            scope: scope.map(str::to_owned),
            form,
        };
        token_endpoint::request(&self.doing, &request).await
    }
}

/// The settings of the configuration.
struct OAuthSettings<'a> {
    issuer: Option<&'a str>,
    client_id: Option<&'a str>,
    client_secret: Option<&'a SecretSource>,
    scope: Option<&'a str>,
    redirect_port: Option<u16>,
    keep_tokens: TokenStorage,
}
