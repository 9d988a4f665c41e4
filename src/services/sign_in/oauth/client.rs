//! The client of a sign-in: configured, known by the address of its metadata, or registered now.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{
    model::{Failure, FailureKind, SecretSource, SecretText},
    net::http_client,
};

use super::{
    super::token_endpoint::ClientCredential, SignInRequest, metadata::AuthorizationServer,
    redirect::RedirectListener,
};

/// The client that signs in.
#[derive(Clone)]
pub(super) struct OAuthClient {
    /// Client id.
    pub(super) id: String,
    /// What it authenticates with.
    pub(super) credential: ClientCredential,
    registration: Option<ClientRegistration>,
}

/// What counts of a client that was registered here.
#[derive(Clone)]
struct ClientRegistration {
    redirect_port: u16,
    authentication_method: Option<String>,
}

impl OAuthClient {
    /// Returns a client without a secret.
    pub(super) fn public(id: String) -> Self {
        Self {
            id,
            credential: ClientCredential::Public,
            registration: None,
        }
    }

    /// Returns how it may authenticate: as it was registered, otherwise as the server says.
    pub(super) fn methods(&self, server: &AuthorizationServer) -> Vec<String> {
        let registered = self
            .registration
            .as_ref()
            .and_then(|registration| registration.authentication_method.clone());
        match registered {
            Some(method) => vec![method],
            None => server.authentication_methods.clone(),
        }
    }

    /// Returns the port of the redirect that it was registered with.
    pub(super) fn redirect_port(&self) -> Option<u16> {
        let registration = self.registration.as_ref();
        registration.map(|registration| registration.redirect_port)
    }
}

/// A registered client between two runs, as members of a JSON object.
impl OAuthClient {
    /// Returns the members that describe the client. What the configuration says of it is not among them.
    pub(super) fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("client_id".into(), json!(self.id));
        if let Some(registration) = &self.registration {
            let secret = match &self.credential {
                ClientCredential::Secret(secret) => Some(secret.reveal()),
                ClientCredential::Public | ClientCredential::Key(_) => None,
            };
            members.insert("client_secret".into(), json!(secret));
            let port = registration.redirect_port;
            members.insert("redirect_port".into(), json!(port));
            let method = &registration.authentication_method;
            members.insert("token_endpoint_auth_method".into(), json!(method));
        }
        members
    }

    /// Returns the registered client that members describe; `None` if they describe a configured one.
    pub(super) fn registered_from(members: &Value) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let port = members.get("redirect_port").and_then(Value::as_u64)?;
        Some(Self::registered(
            text("client_id")?,
            text("client_secret"),
            text("token_endpoint_auth_method"),
            u16::try_from(port).ok()?,
        ))
    }

    fn registered(id: &str, secret: Option<&str>, method: Option<&str>, port: u16) -> Self {
        let secret = secret.map(SecretText::from);
        Self {
            id: id.to_owned(),
            credential: secret.map_or(ClientCredential::Public, ClientCredential::Secret),
            registration: Some(ClientRegistration {
                redirect_port: port,
                authentication_method: method.map(str::to_owned),
            }),
        }
    }
}

impl SignInRequest<'_> {
    /// Returns the configured client or the stack's; otherwise the one that was registered before with this redirect, or one that is
    /// registered now (RFC 7591).
    pub(super) async fn client(
        &self,
        server: &AuthorizationServer,
        listener: &RedirectListener,
        registered: Option<&OAuthClient>,
    ) -> Result<OAuthClient, Failure> {
        if let Some(client) = self.configured_client(server).await? {
            return Ok(client);
        }
        if let Some(client) =
            registered.filter(|client| client.redirect_port() == Some(listener.port()))
        {
            return Ok(client.clone());
        }
        match &server.registration_endpoint {
            Some(endpoint) => self.register(server, endpoint, listener).await,
            None => Err(self
                .failure(FailureKind::Usage, "no client id is known")
                .hint("set client_id in this deployment's sign_in")),
        }
    }

    /// Returns the configured client, or the stack's; `None` if a client is to be registered. A configured id that is an address
    /// counts where the server takes the address of a client's metadata.
    pub(super) async fn configured_client(
        &self,
        server: &AuthorizationServer,
    ) -> Result<Option<OAuthClient>, Failure> {
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
        let is_address = id.as_deref().is_some_and(|id| id.starts_with("https://"));
        let can_register = server.registration_endpoint.is_some();
        let Some(id) =
            id.filter(|_| !is_address || server.takes_client_metadata_address || !can_register)
        else {
            return Ok(None);
        };
        let credential = match settings.client_secret {
            Some(source) => ClientCredential::Secret(self.secret(source, &id).await?),
            None => ClientCredential::Public,
        };
        Ok(Some(OAuthClient {
            credential,
            ..OAuthClient::public(id)
        }))
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

    async fn register(
        &self,
        server: &AuthorizationServer,
        endpoint: &str,
        listener: &RedirectListener,
    ) -> Result<OAuthClient, Failure> {
        let http = self
            .sign_ins
            .aws
            .client
            .web_client(self.deployment, &self.doing, endpoint)
            .await?;
        let response = http
            .post(endpoint)
            .timeout(Duration::from_secs(15))
            .json(&registration(&listener.address(), server))
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
            Some(id) if (200..300).contains(&status) => Ok(OAuthClient::registered(
                id,
                text("client_secret"),
                text("token_endpoint_auth_method"),
                listener.port(),
            )),
            _ => Err(self
                .failure(
                    FailureKind::SignIn,
                    format!("the authorization server registers no client (status {status})"),
                )
                .hint("set client_id in this deployment's sign_in")),
        }
    }
}

/// Returns the request of a registration: a native client, which has no secret where the server allows that.
fn registration(redirect_uri: &str, server: &AuthorizationServer) -> Value {
    let methods = &server.authentication_methods;
    let method = ["none", "client_secret_basic", "client_secret_post"]
        .into_iter()
        .find(|method| methods.iter().any(|known| known == method))
        .unwrap_or("none");
    json!({
        "client_name": "agentcore-console",
        "application_type": "native",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_client_is_registered_as_the_server_lets_it_authenticate() {
        let method = |methods: &[&str]| {
            let server = AuthorizationServer {
                authentication_methods: methods.iter().map(|&name| name.to_owned()).collect(),
                ..AuthorizationServer::default()
            };
            let request = registration("http://127.0.0.1:1/callback", &server);
            assert_eq!(request["application_type"], "native");
            request["token_endpoint_auth_method"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(method(&[]), "none");
        assert_eq!(method(&["client_secret_post", "none"]), "none");
        assert_eq!(method(&["client_secret_post"]), "client_secret_post");
    }
}
