//! A machine's sign-in: OAuth 2.0 client credentials (RFC 6749, section 4.4).

use crate::{
    model::{Deployment, Failure, FailureKind, SecretSource, SecretText, SignIn, StackFacts},
    services::sign_in::SignIns,
};

use super::{
    challenge::Challenge,
    client_assertion::AssertionKey,
    oauth::metadata,
    token::AccessToken,
    token_endpoint::{self, ClientCredential, TokenRequest},
};

/// Fetches a token. `endpoint` is the MCP endpoint that it is for, and `challenge` what that said to a request without a token;
/// both count where neither the configuration nor the stack names a token endpoint.
///
/// # Errors
/// [`FailureKind::SignIn`] if it is refused; [`FailureKind::Usage`] if something is neither configured nor in the stack.
pub(super) async fn fetch(
    sign_ins: &SignIns,
    deployment: &Deployment,
    sign_in: &SignIn,
    endpoint: Option<&str>,
    challenge: Option<&Challenge>,
) -> Result<AccessToken, Failure> {
    let wanted = MachineSignIn {
        sign_ins,
        deployment,
        sign_in,
        endpoint,
        challenge,
        doing: format!("signing in to {}", deployment.name),
    };
    let request = wanted.token_request().await?;
    let response = token_endpoint::request(&wanted.doing, &request).await?;
    let mut token = AccessToken::from_response(response);
    token.requested_scope = request.scope;
    Ok(token)
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

/// Returns the same deployment with this client secret in its sign-in.
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
    let wanted = MachineSignIn {
        sign_ins,
        deployment: &deployment,
        sign_in: &deployment.sign_in,
        endpoint: None,
        challenge: None,
        doing: format!("signing in to {}", deployment.name),
    };
    let mut request = wanted.token_request().await?;
    // Exactly this value is asked about, whatever has replaced it in this process.
    request.credential = ClientCredential::Secret(value.clone());
    match token_endpoint::request(&wanted.doing, &request).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.code.as_deref() == Some("invalid_client") => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// A machine's sign-in, with everything that it needs.
struct MachineSignIn<'a> {
    sign_ins: &'a SignIns,
    deployment: &'a Deployment,
    sign_in: &'a SignIn,
    endpoint: Option<&'a str>,
    challenge: Option<&'a Challenge>,
    doing: String,
}

/// Where a machine's token comes from.
#[derive(Default)]
struct MachineTokenSource {
    token_url: String,
    issuer: Option<String>,
    methods: Vec<String>,
    /// The resource that the token is for, if the endpoint's metadata names one.
    resource: Option<String>,
    /// Scopes that the endpoint asks for.
    scope: Option<String>,
}

impl MachineSignIn<'_> {
    /// Fills what the configuration leaves open from the stack's outputs, the user pool and the endpoint's metadata.
    async fn token_request(&self) -> Result<TokenRequest, Failure> {
        let SignIn::M2m {
            token_url,
            client_id,
            client_secret,
            private_key,
            scope,
            user_pool_id,
            ..
        } = self.sign_in
        else {
            let cause = "the sign-in is not m2m";
            return Err(Failure::new(FailureKind::Usage, self.doing.as_str(), cause));
        };
        let has_credential =
            private_key.is_some() || !matches!(client_secret, SecretSource::UserPoolClient);
        let complete = token_url.is_some() && client_id.is_some() && has_credential;
        let facts = match self.sign_ins.aws.stacks.facts(self.deployment).await {
            Ok(facts) => facts,
            // A complete sign-in works without the stack.
            Err(_) if complete => StackFacts::default(),
            Err(failure) => return Err(failure),
        };
        let pool = user_pool_id.clone().or(facts.user_pool_id.clone());
        let client_id = client_id
            .clone()
            .or(facts.client_id.clone())
            .ok_or_else(|| missing(&self.doing, "client id", "client_id"))?;
        let source = match token_url.clone().or(facts.token_url.clone()) {
            Some(token_url) => MachineTokenSource {
                token_url,
                ..MachineTokenSource::default()
            },
            None => self.discover(&facts, pool.as_deref()).await?,
        };
        let credential = self.credential(&source, pool, &client_id).await?;
        let scope = scope.clone().or(facts.scope).or(source.scope);
        let mut form = vec![("grant_type", SecretText::from("client_credentials"))];
        let named = scope.as_deref().filter(|scope| !scope.is_empty());
        form.extend(named.map(|scope| ("scope", SecretText::from(scope))));
        form.extend(
            source
                .resource
                .map(|name| ("resource", SecretText::new(name))),
        );
        let web =
            self.sign_ins
                .aws
                .client
                .web_client(self.deployment, &self.doing, &source.token_url);
        Ok(TokenRequest {
            http: web.await?,
            url: source.token_url,
            client_id,
            credential,
            methods: source.methods,
            scope,
            form,
        })
    }

    /// Returns the token endpoint of a discovery document, of the user pool, or of the authorization server that the endpoint names.
    async fn discover(
        &self,
        facts: &StackFacts,
        pool: Option<&str>,
    ) -> Result<MachineTokenSource, Failure> {
        let web = &self.sign_ins.web;
        if let Some(discovery) = &facts.discovery_url {
            let server = metadata::authorization_server(web, &self.doing, discovery).await?;
            return Ok(MachineTokenSource {
                token_url: server.token_endpoint,
                issuer: Some(server.issuer),
                methods: server.authentication_methods,
                ..MachineTokenSource::default()
            });
        }
        if let Some(pool) = pool {
            return Ok(MachineTokenSource {
                token_url: self
                    .sign_ins
                    .aws
                    .user_pools
                    .pool_token_url(self.deployment, pool)
                    .await?,
                ..MachineTokenSource::default()
            });
        }
        let unknown = || missing(&self.doing, "token endpoint", "token_url");
        let endpoint = self.endpoint.ok_or_else(unknown)?;
        let resource =
            metadata::protected_resource(web, &self.doing, endpoint, self.challenge).await;
        let resource = match resource {
            Ok(resource) => resource,
            Err(failure) if failure.kind == FailureKind::SignIn => return Err(failure),
            Err(failure) => return Err(unknown().evidence(failure.to_string())),
        };
        let issuer = resource.authorization_servers.first().ok_or_else(unknown)?;
        let server = metadata::authorization_server(web, &self.doing, issuer).await?;
        let challenged = self.challenge.and_then(|challenge| challenge.scope.clone());
        let known = (!resource.scopes.is_empty()).then(|| resource.scopes.join(" "));
        Ok(MachineTokenSource {
            token_url: server.token_endpoint,
            issuer: Some(server.issuer),
            methods: server.authentication_methods,
            resource: Some(resource.resource),
            scope: challenged.or(known),
        })
    }

    /// Returns the private key if one is configured, otherwise the client secret.
    async fn credential(
        &self,
        source: &MachineTokenSource,
        pool: Option<String>,
        client_id: &str,
    ) -> Result<ClientCredential, Failure> {
        let SignIn::M2m {
            client_secret,
            private_key,
            key_id,
            ..
        } = self.sign_in
        else {
            return Ok(ClientCredential::Public);
        };
        let (sign_ins, deployment, doing) = (self.sign_ins, self.deployment, self.doing.as_str());
        if let Some(key) = private_key {
            let pem = sign_ins.secret_value_of(deployment, doing, "the private key", key);
            return Ok(ClientCredential::Key(AssertionKey {
                pem: pem.await?,
                id: key_id.clone(),
                audience: match &source.issuer {
                    Some(issuer) => issuer.clone(),
                    None => source.token_url.clone(),
                },
            }));
        }
        let secret = client_secret_of(sign_ins, deployment, doing, client_secret, pool, client_id);
        Ok(ClientCredential::Secret(secret.await?))
    }
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
            let value = sign_ins
                .secret_value_of(deployment, doing, "the client secret", source)
                .await?;
            Ok(sign_ins.client_secret_in_use(source, value))
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
